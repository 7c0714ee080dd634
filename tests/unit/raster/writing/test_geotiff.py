"""The file itself: overviews, cloud-optimised order, sparse and large rasters."""

import gc
import struct
import textwrap
import weakref
from pathlib import Path

import numpy as np
import pytest
from osgeo import gdal

from lunar_oxide_plugin.core.errors import CancelledError, RasterError
from lunar_oxide_plugin.raster.gdal_io.blocks import Window, blocks
from lunar_oxide_plugin.raster.moon.crs import EQUIRECTANGULAR_WKT, Grid
from lunar_oxide_plugin.raster.writing.geotiff import stoppable
from lunar_oxide_plugin.raster.writing.outputs import OutputFiles
from lunar_oxide_plugin.raster.writing.storage import BandInfo, Kind, Layout, Storage

from .test_outputs import in_another_process, names

GRID = Grid(EQUIRECTANGULAR_WKT, (-1516174.92, 14.8, 0.0, 1334234.8, 0.0, -14.8), 1100, 520)
BANDS = (BandInfo("FeO", "wt%", 0.001), BandInfo("MgO", "wt%", 0.001))
METADATA = {"model": "cnn", "note": "Ünïcode & <signs>\nand lines", "long": "x" * 5000}
LAID_OUT = [Layout.OVERVIEWS, Layout.COG]


def plane():
    """Noise with a hole of no data [1, 520, 1100]."""
    found = np.random.default_rng(0).uniform(1, 2, (1, 520, 1100)).astype(np.float32)
    found[:, :9, :7] = np.nan
    return found


def write(files, path, data, storage, bands=BANDS):
    grid = GRID._replace(width=data.shape[2], height=data.shape[1])
    writer = files.raster(path, grid, bands[: len(data)], METADATA, storage=storage)
    for window in blocks(grid.window, 512, 256):
        writer.write(window, data[(slice(None), *window.slices)])
    writer.set_metadata({"valid_pixels": "571"})


def written(path, data, storage):
    with OutputFiles() as files:
        write(files, path, data, storage)
    return gdal.Open(str(path))


def tiff_directories(path):
    """(offset, {tag: numbers}) of every directory of a TIFF, classic or Big: an own reading."""
    content = path.read_bytes()
    assert content[:2] == b"II"
    big = content[2] == 43
    offset = struct.unpack_from("<Q" if big else "<I", content, 8 if big else 4)[0]
    sizes = {1: "B", 2: "B", 3: "H", 4: "I", 12: "d", 16: "Q"}
    found = []
    while offset:
        count = struct.unpack_from("<Q" if big else "<H", content, offset)[0]
        start, entry = (offset + 8, 20) if big else (offset + 2, 12)
        tags = {}
        for at in range(start, start + count * entry, entry):
            tag, kind = struct.unpack_from("<HH", content, at)
            number = struct.unpack_from("<Q" if big else "<I", content, at + 4)[0]
            form = f"<{number}{sizes[kind]}"
            value = at + (12 if big else 8)
            if struct.calcsize(form) > (8 if big else 4):
                value = struct.unpack_from("<Q" if big else "<I", content, value)[0]
            tags[tag] = struct.unpack_from(form, content, value)
        found.append((offset, tags))
        offset = struct.unpack_from("<Q" if big else "<I", content, start + count * entry)[0]
    return found


def overviews(dataset, number=1):
    band = dataset.GetRasterBand(number)
    return [band.GetOverview(index) for index in range(band.GetOverviewCount())]


@pytest.mark.parametrize("layout", LAID_OUT)
def test_overviews_average_what_is_valid(tmp_path, capfd, layout):
    done = []
    data = plane()
    with OutputFiles() as files:
        write(files, tmp_path / "a.tif", data, Storage(layout=layout))
        files.finish(done.append)
        assert "a.tif" not in names(tmp_path)
    assert capfd.readouterr().err == ""
    assert names(tmp_path) == ["a.tif"]
    assert done == sorted(done)
    assert done[-1] == pytest.approx(1)
    assert len(set(done)) >= 3
    dataset = gdal.Open(str(tmp_path / "a.tif"))
    np.testing.assert_array_equal(
        dataset.ReadAsArray(), np.where(np.isnan(data[0]), -9999, data[0])
    )
    smaller = overviews(dataset)
    assert [(one.XSize, one.YSize) for one in smaller] == [(550, 260), (275, 130)]
    groups = data[0].reshape(260, 2, 550, 2).transpose(0, 2, 1, 3).reshape(260, 550, 4)
    counts = np.isfinite(groups).sum(axis=2)
    expected = np.nansum(groups, axis=2) / np.maximum(counts, 1)
    expected[counts == 0] = -9999
    assert (counts == 2).any()
    assert (counts == 0).any()
    np.testing.assert_allclose(smaller[0].ReadAsArray(), expected, rtol=1e-6)


@pytest.mark.parametrize("layout", LAID_OUT)
@pytest.mark.parametrize("kind", [Kind.LERC, Kind.UINT16])
def test_overviews_of_lossy_kinds(tmp_path, kind, layout):
    """Of the stored pixels, or in a LERC COG of the pixels before: never a lossless ballast."""
    off = 0.002 if (kind, layout) == (Kind.LERC, Layout.OVERVIEWS) else 0.001
    data = plane()
    full = written(tmp_path / "full.tif", data, Storage(kind))
    dataset = written(tmp_path / "a.tif", data, Storage(kind, layout))
    band = overviews(dataset)[0]
    stored = band.ReadAsArray().astype(np.float64)
    scale = dataset.GetRasterBand(1).GetScale() or 1
    assert stored[0, 0] == full.GetRasterBand(1).GetNoDataValue()
    expected = data[0].reshape(260, 2, 550, 2).mean(axis=(1, 3))
    valid = np.isfinite(expected)
    assert np.abs(stored * scale - expected)[valid].max() <= off * (1 + 1e-6)
    sizes = [(tmp_path / name).stat().st_size for name in ("full.tif", "a.tif")]
    assert sizes[1] < 1.5 * sizes[0]


@pytest.mark.parametrize("layout", LAID_OUT)
def test_small_rasters_have_no_overviews(tmp_path, layout):
    data = plane()[:, :40, :70]
    dataset = written(tmp_path / "a.tif", data, Storage(layout=layout))
    assert overviews(dataset) == []
    np.testing.assert_array_equal(
        dataset.ReadAsArray(), np.where(np.isnan(data[0]), -9999, data[0])
    )


@pytest.mark.parametrize("kind", Kind)
def test_a_cog_is_one_by_its_structure(tmp_path, kind):
    data = np.concatenate([plane(), 2 * plane()])
    dataset = written(tmp_path / "a.tif", data, Storage(kind, Layout.COG))
    assert dataset.GetMetadataItem("LAYOUT", "IMAGE_STRUCTURE") == "COG"
    assert b"LAYOUT=IFDS_BEFORE_DATA" in (tmp_path / "a.tif").read_bytes()[:300]
    directories = tiff_directories(tmp_path / "a.tif")
    widths = [tags[256][0] for _, tags in directories]
    assert widths == [1100, 550, 275]
    tiles = [tags[324] for _, tags in directories]  # TileOffsets; a KeyError if it is in strips
    offsets = [offset for offset, _ in directories]
    assert offsets == sorted(offsets)
    assert offsets[-1] < min(map(min, tiles))
    for larger, smaller in zip(tiles, tiles[1:]):
        assert max(smaller) < min(larger)
    assert names(tmp_path) == ["a.tif"]


@pytest.mark.parametrize("layout", LAID_OUT)
@pytest.mark.parametrize("kind", Kind)
def test_a_layout_keeps_all_that_is_said_of_the_raster(tmp_path, kind, layout):
    data = np.concatenate([plane(), 2 * plane()])
    plain = written(tmp_path / "plain.tif", data, Storage(kind))
    other = written(tmp_path / "other.tif", data, Storage(kind, layout))
    for key, text in {**METADATA, "valid_pixels": "571"}.items():
        assert other.GetMetadataItem(key) == text
    assert other.GetMetadata() == plain.GetMetadata()
    assert other.GetMetadataItem("LUNAR_OXIDE_STORAGE")
    assert other.GetGeoTransform() == plain.GetGeoTransform()
    assert other.GetSpatialRef().IsSame(plain.GetSpatialRef())
    assert other.GetSpatialRef().GetSemiMajor() == 1737400
    for one, two in zip(*(map(raster.GetRasterBand, (1, 2)) for raster in (plain, other))):
        for said in ("Description", "UnitType", "Scale", "Offset", "NoDataValue"):
            assert getattr(one, f"Get{said}")() == getattr(two, f"Get{said}")()
        assert one.DataType == two.DataType
        assert one.GetDescription()


def test_colours_as_a_cog_stay_colours(tmp_path):
    data = np.random.default_rng(0).integers(0, 255, (4, 520, 1100)).astype(np.uint8)
    bands = [BandInfo(name) for name in ("red", "green", "blue", "alpha")]
    with OutputFiles() as files:
        storage = Storage(layout=Layout.COG)
        writer = files.raster(tmp_path / "a.tif", GRID, bands, {}, rgba=True, storage=storage)
        writer.write(GRID.window, data)
    opened = gdal.Open(str(tmp_path / "a.tif"))
    np.testing.assert_array_equal(opened.ReadAsArray(), data)
    assert opened.GetRasterBand(4).GetColorInterpretation() == gdal.GCI_AlphaBand
    assert opened.GetMetadataItem("LAYOUT", "IMAGE_STRUCTURE") == "COG"


def test_progress_over_several_rasters(tmp_path):
    done = []
    with OutputFiles() as files:
        for name in "abc":
            write(files, tmp_path / f"{name}.tif", plane(), Storage(layout=Layout.COG))
        files.finish(done.append)
        before = len(done)
    assert len(done) == before  # all was finished
    assert done == sorted(done)
    assert done[0] < 0.1
    assert done[-1] == pytest.approx(1)
    assert names(tmp_path) == ["a.tif", "b.tif", "c.tif"]


@pytest.mark.parametrize("layout", LAID_OUT)
@pytest.mark.parametrize("kind", [Kind.FLOAT32, Kind.LERC])
@pytest.mark.parametrize("stop", [CancelledError, KeyboardInterrupt])
def test_a_stop_amid_the_layout_leaves_nothing(tmp_path, capfd, layout, kind, stop):
    (tmp_path / "a.tif").write_bytes(b"before")
    calls = []

    def progress(done):
        calls.append(done)
        if done > 0.4:
            raise stop("as the user wishes")

    def run():
        with OutputFiles() as files:
            for name in ("a.tif", "b.tif"):
                write(files, tmp_path / name, plane(), Storage(kind, layout))
            files.finish(progress)

    with pytest.raises(stop, match="as the user wishes"):
        run()
    assert sum(done > 0.4 for done in calls) == 1
    assert names(tmp_path) == ["a.tif"]
    assert (tmp_path / "a.tif").read_bytes() == b"before"
    assert capfd.readouterr().err == ""


def test_a_cog_that_cannot_take_its_place_leaves_nothing(tmp_path, monkeypatch):
    """As on Windows, when a virus scanner has it open."""

    def fails(self, target):
        raise PermissionError(13, "Permission denied")

    def run():
        with OutputFiles() as files:
            write(files, tmp_path / "a.tif", plane(), Storage(layout=Layout.COG))
            monkeypatch.setattr(Path, "replace", fails)

    with pytest.raises(RasterError, match=r"a\.tif cannot be written: Permission denied"):
        run()
    assert names(tmp_path) == []


FULL_DISK = """
    import resource, signal
    from tests.unit.raster.writing import test_geotiff as t
    signal.signal(signal.SIGXFSZ, signal.SIG_IGN)
    folder, layout = Path(sys.argv[1]), t.Layout(int(sys.argv[2]))
    try:
        with OutputFiles() as files:
            t.write(files, folder / "a.tif", t.plane(), t.Storage(layout=layout))
            size = next(folder.glob("*/new/a.tif")).stat().st_size
            resource.setrlimit(resource.RLIMIT_FSIZE, (size // 8 * 9, resource.RLIM_INFINITY))
    except RasterError as error:
        print(error)
"""


@pytest.mark.parametrize("layout", LAID_OUT)
def test_a_disk_that_is_full_amid_the_layout(tmp_path, layout):
    (tmp_path / "a.tif").write_bytes(b"before")
    found = in_another_process(textwrap.dedent(FULL_DISK), tmp_path, int(layout))
    assert "a.tif cannot be written (is the disk full?)" in found
    assert names(tmp_path) == ["a.tif"]
    assert (tmp_path / "a.tif").read_bytes() == b"before"


def write_one_block(path, width, height, storage, block):
    with OutputFiles() as files:
        grid = GRID._replace(width=width, height=height)
        writer = files.raster(path, grid, BANDS[:1], {}, storage=storage)
        writer.write(block, np.full((1, block.height, block.width), 7.5))
    return gdal.Open(str(path))


@pytest.mark.parametrize(("kind", "nodata"), [(Kind.FLOAT32, -9999), (Kind.UINT16, 65535)])
def test_a_huge_raster_costs_what_is_written(tmp_path, kind, nodata):
    block = Window(20480, 10240, 2048, 256)
    path = tmp_path / "a.tif"
    dataset = write_one_block(path, 100_000, 50_000, Storage(kind), block)
    # 76,636 tiles of an 8-byte offset and a 4- or 8-byte size; the values take up a few kB.
    assert path.stat().st_size < 2e6
    assert path.open("rb").read(4) == b"II+\x00"  # BigTIFF: version 43
    band = dataset.GetRasterBand(1)
    assert band.ReadAsArray(*block).min() == band.ReadAsArray(*block).max()
    assert band.ReadAsArray(*block)[0, 0] * (band.GetScale() or 1) == pytest.approx(7.5)
    for x, y in ((0, 0), (20479, 10240), (20480, 10239), (22528, 10240), (99_999, 49_999)):
        assert band.ReadAsArray(x, y, 1, 1)[0, 0] == nodata
        assert band.GetMaskBand().ReadAsArray(x, y, 1, 1)[0, 0] == 0


def test_blocks_written_as_no_data_cost_nothing_either(tmp_path):
    sizes = []
    for skip in (True, False):
        with OutputFiles() as files:
            writer = files.raster(tmp_path / "a.tif", GRID, BANDS, {})
            for window in [] if skip else blocks(GRID.window):
                writer.write(window, np.full((2, window.height, window.width), np.nan))
        sizes.append((tmp_path / "a.tif").stat().st_size)
        assert (gdal.Open(str(tmp_path / "a.tif")).ReadAsArray() == -9999).all()
    assert max(sizes) < 2000


@pytest.mark.parametrize("layout", LAID_OUT)
def test_a_sparse_raster_stays_small(tmp_path, layout):
    block = Window(2048, 512, 2048, 256)
    dataset = write_one_block(tmp_path / "a.tif", 9000, 6000, Storage(layout=layout), block)
    assert (tmp_path / "a.tif").stat().st_size < 100e3
    assert dataset.GetRasterBand(1).ReadAsArray(*block).min() == 7.5
    whole = dataset.GetRasterBand(1).ReadAsArray()
    assert (whole != -9999).sum() == block.size
    quarter = overviews(dataset)[1].ReadAsArray()
    assert (quarter != -9999).sum() == block.size / 16


def test_unwritten_colours_are_transparent(tmp_path):
    bands = [BandInfo(name) for name in ("red", "green", "blue", "alpha")]
    with OutputFiles() as files:
        writer = files.raster(tmp_path / "a.tif", GRID, bands, {}, rgba=True)
        writer.write(Window(0, 0, 256, 256), np.full((4, 256, 256), 255, np.uint8))
    found = gdal.Open(str(tmp_path / "a.tif")).ReadAsArray()
    assert (found[:, :256, :256] == 255).all()
    assert (found[:, 256:] == 0).all()
    assert (found[:, :, 256:] == 0).all()


@pytest.mark.parametrize(
    ("kind", "side", "layout", "version"),
    [
        (Kind.FLOAT32, 22_272, Layout.GEOTIFF, 42),  # 1.98 GB in whole tiles
        (Kind.FLOAT32, 22_400, Layout.GEOTIFF, 43),  # 2.01 GB
        (Kind.UINT16, 31_488, Layout.GEOTIFF, 42),
        (Kind.UINT16, 31_700, Layout.GEOTIFF, 43),
        (Kind.FLOAT32, 22_400, Layout.COG, 43),
    ],
)
def test_more_than_2_gb_before_compression_are_big_tiff(tmp_path, kind, side, layout, version):
    """With overviews, a third more, what is below stays below the 4 GB of a classic TIFF."""
    path = tmp_path / "a.tif"
    write_one_block(path, side, side, Storage(kind, layout), Window(0, 0, 256, 256))
    assert struct.unpack("<2sH", path.open("rb").read(4)) == (b"II", version)


def test_a_stopped_step_keeps_no_reference_to_itself():
    """Else all that was open lives until Python looks for cycles, perhaps after QGIS has ended."""

    def stop(_done):
        raise CancelledError("stopped")

    gc.collect()
    gc.disable()
    try:
        try:
            with stoppable(stop, "failed") as report:
                assert report(0.5, "", None) == 0
        except CancelledError as error:
            kept = weakref.ref(error)
        assert kept() is None
    finally:
        gc.enable()
