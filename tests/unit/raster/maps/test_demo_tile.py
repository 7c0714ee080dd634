"""Synthetic tiles: written as the archive writes them, read back by three readers."""

from pathlib import Path

import numpy as np
import pvl
import pytest
from osgeo import gdal

from lunar_oxide_plugin.core.demo.scene import SCENES, TILE_SIZE
from lunar_oxide_plugin.core.errors import CancelledError, RasterError
from lunar_oxide_plugin.core.spectra.bands import ARCHIVE_BANDS, MODEL_BANDS
from lunar_oxide_plugin.core.spectra.invalid_codes import InvalidCode
from lunar_oxide_plugin.raster.gdal_io.blocks import Window
from lunar_oxide_plugin.raster.maps.demo_tile import (
    IMAGE_START,
    band_counts,
    image_path,
    write_tile,
)
from lunar_oxide_plugin.raster.moon.crs import METRES_PER_DEGREE
from lunar_oxide_plugin.raster.sources.mi_source import MiSource
from lunar_oxide_plugin.raster.writing.outputs import OutputFiles
from tests.unit.scenes import dn_of, surface_of

MODEL = [ARCHIVE_BANDS.index(band) for band in MODEL_BANDS]


class Tile:
    """A scene, its planes and the label it was written under."""

    def __init__(self, name, folder):
        self.scene = SCENES[name]
        self.surface = surface_of(name)
        self.dn = dn_of(name)
        self.label = folder / f"{name}.lbl"
        self.progress = []
        with OutputFiles() as files:
            self.image = write_tile(files, self.label, self.surface, self.progress.append)


@pytest.fixture(scope="module", params=SCENES)
def tile(request, tmp_path_factory):
    return Tile(request.param, tmp_path_factory.mktemp(request.param))


@pytest.fixture(scope="module")
def mairan():
    return surface_of("Mairan")


def test_files_and_sizes(tile):
    assert sorted(path.name for path in tile.label.parent.iterdir()) == [
        tile.label.name,
        f"{tile.scene.name}_SYNTHETIC.img",
    ]
    assert tile.image.stat().st_size == 92_274_688
    assert IMAGE_START == 16_777_217


def test_progress_rises_to_one(tile):
    assert tile.progress == sorted(tile.progress)
    assert len(tile.progress) == 9
    assert tile.progress[-1] == 1


def test_bytes_are_the_archives(tile):
    content = np.fromfile(tile.image, np.uint8)
    altitude = content[: IMAGE_START - 1].view(">f4").reshape(TILE_SIZE, TILE_SIZE)
    np.testing.assert_array_equal(altitude, tile.surface.altitude)
    planes = content[IMAGE_START - 1 :].view(">i2").reshape(9, TILE_SIZE, TILE_SIZE)
    np.testing.assert_array_equal(planes, tile.dn)


def test_plugin_reads_it_back_exactly(tile):
    source = MiSource(str(tile.label))
    assert source.notes == []
    assert source.scale == pytest.approx([2e-5] * 8)
    stored = source.read(source.grid.window, source.bands)
    np.testing.assert_array_equal(stored, tile.dn[MODEL])


def test_plugin_masks_faults_and_shadow(tile):
    source = MiSource(str(tile.label))
    _, valid = source.spectra(Window(0, 0, TILE_SIZE, TILE_SIZE))
    np.testing.assert_array_equal(valid, (tile.dn[MODEL] > 500).all(axis=0))
    assert 0.97 < valid.mean() < 1


def test_position(tile):
    x, dx, rx, y, ry, dy = MiSource(str(tile.label)).grid.geotransform
    assert (rx, ry) == (0, 0)
    assert dx == -dy == pytest.approx(14.806323445, abs=1e-8)
    # The outer edge lies half a pixel outside the first pixel's centre.
    assert x == pytest.approx(tile.scene.west * METRES_PER_DEGREE - dx / 2, abs=1e-6)
    assert y == pytest.approx(tile.scene.north * METRES_PER_DEGREE + dx / 2, abs=1e-6)


def test_gdals_own_driver_reads_it(tile):
    dataset = gdal.Open(str(tile.label))
    assert dataset.GetDriver().ShortName == "PDS"
    assert (dataset.RasterXSize, dataset.RasterYSize, dataset.RasterCount) == (2048, 2048, 9)
    band = dataset.GetRasterBand(1)
    assert (band.DataType, band.GetScale(), band.GetOffset()) == (gdal.GDT_Int16, 2e-5, 0)
    np.testing.assert_array_equal(dataset.ReadAsArray(), tile.dn)
    x, _, _, y, _, _ = dataset.GetGeoTransform()
    # GDAL keeps 0-360 degrees, and MAP_SCALE has eleven digits.
    assert x == pytest.approx((tile.scene.west % 360 - 0.5 / 2048) * METRES_PER_DEGREE, abs=0.01)
    assert y == pytest.approx((tile.scene.north + 0.5 / 2048) * METRES_PER_DEGREE, abs=0.01)


def test_label_follows_the_syntax_of_pds(tile):
    label = pvl.load(tile.label)
    assert label["^IMAGE"][0] == label["FILE_NAME"] == tile.image.name
    assert tuple(label["^IMAGE"][1]) == (16777217, "BYTES")
    assert tuple(label["^GEOMETRIC_DATA_ALTITUDE"][1]) == (1, "BYTES")
    assert label["DATA_SET_ID"] == "SLN-L-MI-5-MAP-V3.0"
    assert label["FILTER_NAME"] == [band.filter for band in ARCHIVE_BANDS]
    wavelengths = [quantity.value for quantity in label["CENTER_FILTER_WAVELENGTH"]]
    assert wavelengths == [band.centre for band in ARCHIVE_BANDS]
    assert list(label)[-1][0] == "PROCESSING_PARAMETERS"


def test_label_lines(tile):
    text = tile.label.read_bytes()
    assert text.isascii()
    assert text.count(b"\n") == text.count(b"\r\n") > 90
    assert text.endswith(b"\r\nEND\r\n")


def test_label_says_synthetic(tile):
    label = pvl.load(tile.label)
    corners = {"Mairan": "N44E310N43E311", "Sosigenes": "N09E019N08E020"}[tile.scene.name]
    assert label["PRODUCT_ID"] == f"MI_MAP_03_{corners}SC_SYNTHETIC"
    for keyword in ("DATA_SET_NAME", "NOTE", "FILE_NAME"):
        assert "SYNTHETIC" in label[keyword]
    assert MiSource(str(tile.label)).dataset.GetMetadataItem("PRODUCT_ID").endswith("SYNTHETIC")


def test_statistics_of_the_label_are_those_of_the_data(tile):
    image = pvl.load(tile.label)["IMAGE"]
    assert image["INVALID_VALUE"] == list(InvalidCode)[:4]
    for index, plane in enumerate(tile.dn):
        valid = plane[plane >= 0].astype(float)
        assert image["SCENE_AVERAGE_DN"][index] == pytest.approx(valid.mean(), abs=0.051)
        assert image["SCENE_STDEV_DN"][index] == pytest.approx(valid.std(), abs=0.051)
        assert image["SCENE_MAXIMUM_DN"][index] == valid.max()
        assert image["SCENE_MINIMUM_DN"][index] == valid.min()
        invalid = [np.count_nonzero(plane == code) for code in InvalidCode]
        assert [*image["INVALID_PIXELS"][index], image["OUT_OF_IMAGE_BOUNDS_PIXELS"][index]] == (
            invalid
        )


def test_band_counts():
    dn = np.array([[7, 7, 9, 400], [600, -20000, -23000, -30000]], np.int16)
    counts = band_counts(dn)
    assert (counts.minimum, counts.maximum, counts.mode) == (7, 600, 7)
    assert counts.mean == pytest.approx(204.6)
    assert counts.deviation == pytest.approx(np.std([7, 7, 9, 400, 600]))
    assert counts.shadow_percent == 50
    assert counts.invalid == (1, 0, 0, 1, 1)


@pytest.mark.parametrize(
    ("label", "image"),
    [
        ("a.lbl", "a_SYNTHETIC.img"),
        ("Demo_Synthetic.LBL", "Demo_Synthetic.img"),
        ("MI_MAP_03_N44E310N43E311SC_SYNTHETIC.lbl", "MI_MAP_03_N44E310N43E311SC_SYNTHETIC.img"),
        ("two.dots.lbl", "two.dots_SYNTHETIC.img"),
    ],
)
def test_image_name(label, image):
    assert image_path(Path("folder") / label) == Path("folder") / image


@pytest.mark.parametrize("name", ["tile.img", "tile", "tile.tif", "Mähre.lbl", 'a"b.lbl'])
def test_unfit_names_are_refused(tmp_path, mairan, name):
    with pytest.raises(RasterError, match="cannot be written"), OutputFiles() as files:
        write_tile(files, tmp_path / name, mairan)
    assert list(tmp_path.iterdir()) == []


def test_cancel_leaves_nothing(tmp_path, mairan):
    def cancel(share):
        if share > 0.2:
            raise CancelledError

    with pytest.raises(CancelledError), OutputFiles() as files:
        write_tile(files, tmp_path / "tile.lbl", mairan, cancel)
    assert list(tmp_path.iterdir()) == []


def test_missing_folder(tmp_path, mairan):
    with pytest.raises(RasterError, match="no folder"), OutputFiles() as files:
        write_tile(files, tmp_path / "none" / "tile.lbl", mairan)


def test_name_in_a_folder_of_any_name(tmp_path, mairan):
    folder = tmp_path / "Mond Fläche"
    folder.mkdir()
    with OutputFiles() as files:
        write_tile(files, folder / "tile_synthetic.LBL", mairan)
    assert (folder / "tile_synthetic.img").is_file()
    assert MiSource(str(folder / "tile_synthetic.LBL")).grid.width == TILE_SIZE
