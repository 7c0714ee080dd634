"""Several tiles read as one."""

import subprocess
import sys
import textwrap
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from osgeo import gdal

from lunar_oxide_plugin.core.errors import NoValidPixelError, RasterError, SpectraError
from lunar_oxide_plugin.raster.gdal_io.blocks import Window
from lunar_oxide_plugin.raster.moon.crs import GEOGRAPHIC_WKT
from lunar_oxide_plugin.raster.moon.extent import Extent
from lunar_oxide_plugin.raster.sources.mi_source import MiSource
from lunar_oxide_plugin.raster.sources.mosaic import Mosaic
from tests import mi_tiles
from tests.folders import ROOT

#: Pixels per degree of the test tiles: half a degree wide and high.
RESOLUTION = 32
SIZE = 16


@pytest.fixture(scope="module", params=[310.0, 359.5, 179.5], ids=lambda west: f"{west:g}E")
def quarters(request, tmp_path_factory):
    """A scene of 32 x 32 pixels cut into four tiles, and the mosaic of them, unsorted."""
    folder = tmp_path_factory.mktemp("quarters")
    whole = mi_tiles.scene(2 * SIZE, 2 * SIZE)
    whole[4, 3, 5] = -22000
    sources = []
    for row, column in ((1, 1), (0, 0), (0, 1), (1, 0)):
        path = mi_tiles.write_tile(
            folder,
            whole[:, row * SIZE : (row + 1) * SIZE, column * SIZE : (column + 1) * SIZE],
            name=f"T{row}{column}",
            north=10 - row * SIZE / RESOLUTION,
            west=(request.param + column * SIZE / RESOLUTION) % 360,
            resolution=RESOLUTION,
        )
        sources.append(MiSource(str(path)))
    return whole, Mosaic(sources), request.param


def test_grid(quarters):
    _, mosaic, west = quarters
    assert (mosaic.grid.width, mosaic.grid.height) == (2 * SIZE, 2 * SIZE)
    x, y = mosaic.grid.position(0.5, 0.5)
    degrees = 1737400 * np.pi / 180
    assert (x / degrees - west) % 360 == pytest.approx(0, abs=1e-9)
    assert y / degrees == pytest.approx(10, abs=1e-9)


@settings(max_examples=40, deadline=None)
@given(data=st.data())
def test_any_window(quarters, data):
    whole, mosaic, _ = quarters
    x, y = (data.draw(st.integers(0, 2 * SIZE - 1)) for _ in range(2))
    width, height = (data.draw(st.integers(1, 2 * SIZE - start)) for start in (x, y))
    reflectance, valid = mosaic.spectra(Window(x, y, width, height))
    expected = whole[list(mi_tiles.MODEL_PLANES), y : y + height, x : x + width]
    assert np.array_equal(valid, (expected > 0).all(axis=0))
    np.testing.assert_allclose(reflectance[:, valid], expected[:, valid] * 2e-5, rtol=1e-6)
    assert np.isnan(reflectance[:, ~valid]).all()


def write_row(folder, west, dn):
    """Tiles of one degree from west to east, DN [tiles, 9, height, width]; their paths."""
    return [
        str(
            mi_tiles.write_tile(
                folder,
                tile,
                name=f"T{number}",
                north=10,
                west=(west + number) % 360,
                resolution=tile.shape[-1],
            )
        )
        for number, tile in enumerate(dn)
    ]


def turned(lon, other):
    """The difference of two longitudes."""
    return (lon - other + 180) % 360 - 180


def opened(paths):
    return [MiSource(path) for path in paths]


@pytest.mark.parametrize("west", [170, 350, -10, 60])
def test_tiles_lie_where_they_span_least(tmp_path, west):
    """Any pair of tiles less than half the Moon apart, in either order."""
    dn = mi_tiles.scene(4, 4)
    near, far = write_row(tmp_path, west, [dn] * 13)[::12]
    for paths in ((near, far), (far, near)):
        mosaic = Mosaic(opened(paths))
        assert mosaic.grid.width == 13 * 4
        left = mosaic.grid.geotransform[0] / (1737400 * np.pi / 180)
        assert turned(left, west - 0.5 / 4) == pytest.approx(0, abs=1e-9)
        assert -181 < left < 180


@pytest.mark.parametrize("west", [10, 179, -180])
@pytest.mark.parametrize("turn", [-360, 0, 360])
def test_extent_at_any_turn(tmp_path, west, turn):
    dn = np.stack([mi_tiles.scene(8, 8, seed=number) for number in range(3)])
    paths = write_row(tmp_path, west, dn)
    box = (west + turn + 0.55, 9.05, west + turn + 2.2, 9.55)
    mosaic = Mosaic(opened(paths), Extent(GEOGRAPHIC_WKT, *box))
    # Pixel i spans (i -+ 1/2) / 8 degrees from the first centre.
    assert (mosaic.grid.width, mosaic.grid.height) == (18 - 4 + 1, 8 - 4)
    whole = np.concatenate(list(dn[:, list(mi_tiles.MODEL_PLANES)]), axis=2)
    reflectance, valid = mosaic.spectra(mosaic.grid.window)
    assert valid.all()
    np.testing.assert_allclose(reflectance, whole[:, 4:8, 4:19] * 2e-5, rtol=1e-6)
    left = mosaic.grid.geotransform[0] / (1737400 * np.pi / 180)
    assert turned(left, west + 3.5 / 8) == pytest.approx(0, abs=1e-6)
    assert -180 <= left < 180


def test_extent_across_the_edge_of_one_raster_around_the_moon(tmp_path):
    """A map from 180 W to 180 E is there on both sides of its edge."""
    dn = mi_tiles.scene(8, 720)
    path = mi_tiles.write_tile(tmp_path, dn, west=180, north=0, resolution=2)
    mosaic = Mosaic([MiSource(str(path))], Extent(GEOGRAPHIC_WKT, 177.8, -2.0, 183.2, -1.0))
    reflectance, _ = mosaic.spectra(mosaic.grid.window)
    columns = [716, 717, 718, 719, 0, 1, 2, 3, 4, 5, 6]
    expected = dn[list(mi_tiles.MODEL_PLANES), 2:5][:, :, columns] * 2e-5
    np.testing.assert_allclose(reflectance, expected, rtol=1e-6)


def test_own_extent_of_a_tile_at_180_degrees(tmp_path):
    """It begins half a pixel west of 180 W; with and without EXTENT the tile lies in one place."""
    path = write_row(tmp_path, 180, [mi_tiles.scene(8, 8)])
    grid = MiSource(path[0]).grid
    left, top = grid.position(0, 0)
    right, bottom = grid.position(8, 8)
    for turn in (0, -360 * 1737400 * np.pi / 180):
        extent = Extent(grid.wkt, left + turn, bottom, right + turn, top)
        mosaic = Mosaic(opened(path), extent)
        assert mosaic.grid.geotransform == pytest.approx(Mosaic(opened(path)).grid.geotransform)
        assert (mosaic.grid.width, mosaic.grid.height) == (8, 8)


def write_raster(path, geotransform, wkt=GEOGRAPHIC_WKT, width=8):
    """An 8-band GeoTIFF of 8 rows."""
    dn = mi_tiles.scene(8, width)[list(mi_tiles.MODEL_PLANES)]
    made = gdal.GetDriverByName("GTiff").Create(str(path), width, 8, 8, gdal.GDT_Int16)
    if wkt:
        made.SetProjection(wkt)
    if geotransform:
        made.SetGeoTransform(geotransform)
    made.WriteArray(dn)
    made = None  # closes it
    return str(path)


def test_extent_across_an_edge_where_pixels_do_not_go_on(tmp_path):
    """0 to 360 degrees in pixels of 0.7: not one half of what is wanted."""
    path = write_raster(tmp_path / "a.tif", (0, 0.7, 0, 10, 0, -0.7), width=514)
    for box in ((-10, 5, 10, 9), (350, 5, 370, 9), (-180, 5, 180, 9)):
        with pytest.raises(RasterError, match="lies across the edge of the raster"):
            Mosaic(opened([path]), Extent(GEOGRAPHIC_WKT, *map(float, box)))
    for box in ((-10, 5, 0, 9), (0, 5, 360, 9), (-170, 5, -10, 9)):
        mosaic = Mosaic(opened([path]), Extent(GEOGRAPHIC_WKT, *map(float, box)), 1.0)
        assert mosaic.grid.width * 0.7 >= box[2] - box[0] - 1.4
        assert mosaic.grid.geotransform[0] == pytest.approx(max(box[0] % 360 - 1, 0), abs=0.7)


def test_rasters_without_a_position_are_not_laid_on_each_other(tmp_path):
    paths = [
        write_raster(tmp_path / "a.tif", None),
        write_raster(tmp_path / "b.tif", None),
        write_raster(tmp_path / "c.tif", (0, 1, 0, 10, 0, -1), wkt=""),
        write_raster(tmp_path / "d.tif", (8, 1, 0, 10, 0, -1), wkt=""),
    ]
    for pair in (paths[:2], paths[2:]):
        with pytest.raises(RasterError, match="does not say where it is"):
            Mosaic(opened(pair))
        assert Mosaic(opened(pair[:1])).grid.width == 8


@pytest.mark.parametrize(
    "geotransform", [(10, 0.9, 0.4, 20, 0.4, -0.9), (10, 1, 0, 12, 0, 1), (18, -1, 0, 20, 0, -1)]
)
def test_extent_needs_north_up(tmp_path, geotransform):
    path = write_raster(tmp_path / "a.tif", geotransform)
    with pytest.raises(RasterError, match=r"a\.tif is not north up.*warp"):
        Mosaic(opened([path]), Extent(GEOGRAPHIC_WKT, 12.0, 14.0, 14.0, 16.0))
    assert Mosaic(opened([path])).grid.geotransform == geotransform


def test_extent_wider_than_the_moon(tmp_path):
    path = mi_tiles.write_tile(tmp_path, mi_tiles.scene(8, 720), west=180, north=0, resolution=2)
    with pytest.raises(RasterError, match="EXTENT is 400 degrees wide"):
        Mosaic(opened([str(path)]), Extent(GEOGRAPHIC_WKT, -200.0, -2.0, 200.0, -1.0))
    whole = Extent(GEOGRAPHIC_WKT, -180.0, -2.0, 180.0, -1.0)
    mosaic = Mosaic(opened([str(path)]), whole)
    assert mosaic.grid.width == 721  # half a pixel beyond each end
    left = Mosaic(opened([str(path)])).grid.geotransform[0]
    assert mosaic.grid.geotransform[0] == pytest.approx(left)


def test_empty_tiles_are_left_out(tmp_path):
    dn = np.stack([mi_tiles.scene(4, 4)] * 3)
    dn[1] = -30000
    mosaic = Mosaic(opened(write_row(tmp_path, 20, dn)))
    notes = list(mosaic.examine())
    assert [len(found) for found in notes] == [5, 1, 5]
    assert notes[0][0].startswith("T0.lbl: MI MAP V3 tile T0")
    assert notes[1][0].startswith("Left out: T1.lbl has no valid pixel")
    assert [source.name for source in mosaic.sources] == ["T0.lbl", "T2.lbl"]
    assert mosaic.spectra(mosaic.grid.window)[1].sum() == 32


def test_empty_tiles_are_left_out_where_nobody_examined_them(tmp_path):
    """As in a part of a mosaic that another process has arranged: the next choice is read."""
    dn = np.stack([mi_tiles.scene(4, 4)] * 2)
    dn[0] = -30000
    (tmp_path / "under").mkdir()
    empty, full = opened(write_row(tmp_path, 20, dn))
    (under,) = opened(write_row(tmp_path / "under", 20, dn[1:]))
    whole = Mosaic([empty, full, under])
    part = Mosaic.of_tiles(whole.grid, whole.tiles)
    examined = list(whole.examine())
    assert [len(found) for found in examined] == [1, 5, 5]
    for mosaic in (part, whole):
        reflectance, valid = mosaic.spectra(mosaic.grid.window)
        assert valid.all()
        assert [source.path for source in mosaic.sources] == [full.path, under.path]
    assert np.array_equal(reflectance, part.spectra(part.grid.window)[0])


def test_a_tile_of_another_scale_is_refused_by_name(tmp_path):
    paths = write_row(tmp_path, 20, np.stack([mi_tiles.scene(32, 32)] * 2))
    label = Path(paths[1])
    label.write_bytes(label.read_bytes().replace(b"2e-05", b"2e-04"))
    mosaic = Mosaic(opened(paths))
    first, second = (tile.place for tile in mosaic.tiles)
    assert mosaic.spectra(first)[1].all()
    with pytest.raises(SpectraError, match=r"^T1\.lbl: The values fit neither"):
        mosaic.spectra(second)


def test_tiles_of_different_grids_are_refused_with_what_to_do(tmp_path):
    """Not to warp the labels: gdalwarp makes an empty raster of a V3 tile east of 180 degrees."""
    fine = write_row(tmp_path, 200, [mi_tiles.scene(8, 8)])
    (tmp_path / "coarse").mkdir()
    coarse = write_row(tmp_path / "coarse", 200, [mi_tiles.scene(4, 4)])
    with pytest.raises(RasterError, match="Import each with Import MI MAP tiles first, then warp"):
        Mosaic(opened(fine + coarse))


def test_label_and_image_are_one_tile(tmp_path):
    label = write_row(tmp_path, 20, [mi_tiles.scene(4, 4)])[0]
    mosaic = Mosaic(opened([label, label.replace(".lbl", ".img")]))
    assert [source.path for source in mosaic.sources] == [label]
    assert mosaic.spectra(mosaic.grid.window)[1].all()


def test_only_empty_tiles_are_refused(tmp_path):
    dn = np.full((2, 9, 4, 4), -30000)
    mosaic = Mosaic(opened(write_row(tmp_path, 20, dn)))
    with pytest.raises(NoValidPixelError, match="None of the 2 tiles"):
        list(mosaic.examine())


MANY = textwrap.dedent(
    """
    import resource, sys
    from lunar_oxide_plugin.raster.gdal_io.blocks import blocks
    from lunar_oxide_plugin.raster.mi.mi_folder import mi_products
    from lunar_oxide_plugin.raster.sources.mosaic import Mosaic
    from lunar_oxide_plugin.raster.sources.mi_source import MiSource

    resource.setrlimit(resource.RLIMIT_NOFILE, (128, 128))
    mosaic = Mosaic(MiSource(path) for path in mi_products(sys.argv[1]))
    # How the first three are read, and nothing to note of the others.
    assert [len(lines) for lines in mosaic.examine() if lines] == [5, 5, 5]
    valid = sum(int(mosaic.spectra(part)[1].sum()) for part in blocks(mosaic.grid.window, 16, 8))
    print(len(mosaic.sources), valid, resource.getrusage(resource.RUSAGE_SELF).ru_maxrss)
    """
)


@pytest.fixture(scope="module")
def thousand(tmp_path_factory):
    """1,000 tiles of 4 x 4 pixels, 50 from west to east, in folders as the archive's."""
    folder = tmp_path_factory.mktemp("thousand")
    dn = mi_tiles.scene(4, 4)
    for number in range(1000):
        north, west = 10 - number // 50, (150 + number % 50)
        corners = [f"{'N' if lat >= 0 else 'S'}{abs(lat):02}" for lat in (north, north - 1)]
        name = f"MI_MAP_03_{corners[0]}E{west:03}{corners[1]}E{west + 1:03}SC"
        place = folder / f"{number // 100}" / f"lon{west:03}" / "data"
        place.mkdir(parents=True, exist_ok=True)
        mi_tiles.write_tile(place, dn, name=name, north=north, west=west, resolution=4)
    return folder


def test_a_thousand_tiles_need_few_files_and_little_memory(thousand):
    """With 128 files a process; 100 and 1,000 tiles differ by what is known of each only."""
    numbers = []
    for folder in (thousand / "0", thousand):
        done = subprocess.run(
            [sys.executable, "-c", MANY, str(folder)],
            cwd=ROOT,
            capture_output=True,
            text=True,
            check=False,
        )
        assert done.returncode == 0, done.stderr
        assert "rror" not in done.stderr
        numbers.append([int(word) for word in done.stdout.split()])
    (few, few_valid, few_kilobytes), (many, many_valid, many_kilobytes) = numbers
    assert (few, many) == (100, 1000)
    assert (few_valid, many_valid) == (1600, 16000)
    # Of each tile its label and scale stay, about 15 kB.
    assert (many_kilobytes - few_kilobytes) / 900 < 40


def test_without_any_valid_pixel_it_can_be_read_again(tmp_path):
    nothing = np.full((9, SIZE, SIZE), -30000, np.int16)
    paths = [
        mi_tiles.write_tile(
            tmp_path,
            nothing,
            name=f"T{column}",
            west=310 + column * SIZE / RESOLUTION,
            resolution=RESOLUTION,
        )
        for column in range(2)
    ]
    mosaic = Mosaic([MiSource(str(path)) for path in paths])
    for _ in range(2):
        blocks = mosaic.plan().blocks(mosaic.grid.window)
        assert not any(mosaic.spectra(window)[1].any() for window in blocks)


def test_a_closed_mosaic_reads_again(quarters):
    _, mosaic, _ = quarters
    before, _ = mosaic.spectra(mosaic.grid.window)
    mosaic.close()
    mosaic.close()
    after, _ = mosaic.spectra(mosaic.grid.window)
    np.testing.assert_array_equal(before, after)
