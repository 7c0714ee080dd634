"""Polygons of classes: their areas, limits of memory, and ends before the end."""

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from hypothesis.extra import numpy as arrays
from osgeo import gdal, ogr

from lunar_oxide_plugin.core.errors import CancelledError, RasterError
from lunar_oxide_plugin.raster.maps import class_polygons
from lunar_oxide_plugin.raster.maps.class_polygons import write_class_polygons
from lunar_oxide_plugin.raster.moon.crs import GEOGRAPHIC_WKT
from lunar_oxide_plugin.raster.writing.geotiff import unwatched

NAMES = ["highlands", "mare"]


def write(path, classes):
    """Half a degree a pixel, from 60 N."""
    height, width = classes.shape
    dataset = gdal.GetDriverByName("GTiff").Create(str(path), width, height, 1, gdal.GDT_Byte)
    dataset.SetProjection(GEOGRAPHIC_WKT)
    dataset.SetGeoTransform((20, 0.5, 0, 60, 0, -0.5))
    dataset.GetRasterBand(1).SetNoDataValue(0)
    dataset.GetRasterBand(1).WriteArray(classes)
    dataset = None
    return path


def cell_areas(shape):
    edges = np.sin(np.radians(60 - 0.5 * np.arange(shape[0] + 1)))
    return np.repeat(-np.diff(edges)[:, None] * 1737.4**2 * np.radians(0.5), shape[1], axis=1)


def connected(classes):
    """(class, pixels) of each area connected across sides, by flooding."""
    left = {tuple(place) for place in np.argwhere(classes)}
    found = []
    while left:
        front = [left.pop()]
        area = []
        while front:
            y, x = front.pop()
            area.append((y, x))
            for near in ((y + 1, x), (y - 1, x), (y, x + 1), (y, x - 1)):
                if near in left and classes[near] == classes[y, x]:
                    left.remove(near)
                    front.append(near)
        found.append((int(classes[area[0]]), area))
    return found


def polygons(path):
    dataset = ogr.Open(str(path))
    return [(f["class_id"], f["class"], f["area_km2"]) for f in dataset.GetLayer(0)]


def run(folder, classes, minimum=0.0, progress=unwatched):
    raster = write(folder / "c.tif", classes)
    output = folder / "c.gpkg"
    count = write_class_polygons(raster, NAMES, minimum, 1.0, output, "c.gpkg", progress)
    return count, polygons(output)


@given(
    arrays.arrays(
        np.uint8, st.tuples(st.integers(1, 9), st.integers(1, 9)), elements=st.integers(0, 2)
    )
)
@settings(max_examples=40)
def test_polygons_are_the_connected_areas(tmp_path_factory, classes):
    if not classes.any():
        return
    count, found = run(tmp_path_factory.mktemp("p"), classes)
    cells = cell_areas(classes.shape)
    expected = [(n, sum(cells[place] for place in area)) for n, area in connected(classes)]
    assert count == len(found) == len(expected)
    assert class_polygons._pieces(classes) >= count
    assert all(name == NAMES[number - 1] for number, name, _ in found)
    for number in (1, 2):
        areas = sorted(area for n, _, area in found if n == number)
        assert areas == pytest.approx(sorted(a for n, a in expected if n == number), rel=1e-9)


def test_a_small_area_alone_in_no_data_stays(tmp_path):
    classes = np.zeros((9, 9), np.uint8)
    classes[4, 4] = 2
    classes[6:, 6:] = 1
    assert sorted(each[0] for each in run(tmp_path, classes, 5.0)[1]) == [1, 2]


def checkerboard(size=40):
    return (1 + np.indices((size, size)).sum(axis=0) % 2).astype(np.uint8)


def test_bounds_count_what_they_say():
    assert class_polygons._pieces(checkerboard()) == 1600
    assert class_polygons._sides(checkerboard()) == 2 * 40 * 39
    assert class_polygons._pieces(np.ones((40, 40), np.uint8)) == 1
    assert class_polygons._sides(np.ones((40, 40), np.uint8)) == 0


@pytest.mark.parametrize(
    ("limit", "remedy"),
    [("_PIECES", "a smaller or coarser raster"), ("_SIDES", "a larger MINIMUM_AREA")],
)
def test_scattered_classes_are_refused(tmp_path, monkeypatch, limit, remedy):
    count, _, what, advice = getattr(class_polygons, limit)
    monkeypatch.setattr(class_polygons, limit, (count, 1000, what, advice))
    with pytest.raises(RasterError, match=remedy):
        run(tmp_path, checkerboard())
    assert [file.name for file in tmp_path.iterdir()] == ["c.tif"]


@pytest.mark.parametrize("at", [0.05, 0.15, 0.35, 0.5, 0.8])
def test_cancel_at_any_step(tmp_path, at):
    def stop(done):
        if done >= at:
            raise CancelledError("stopped")

    with pytest.raises(CancelledError, match="stopped"):
        run(tmp_path, checkerboard(), 2.0, stop)
    assert {file.name for file in tmp_path.iterdir()} <= {"c.tif", "c.gpkg"}


def test_cancel_among_the_holes_of_a_polygon(tmp_path):
    """One polygon may have 100,000 of them, which take seconds to measure."""
    classes = np.ones((41, 41), np.uint8)
    classes[1::2, 1::2] = 2
    reported = []
    assert run(tmp_path, classes, progress=reported.append)[0] == 401
    at = max(set(reported), key=reported.count)
    assert reported.count(at) > 400

    def stop(done):
        if done == at and next(left) == 200:
            raise CancelledError("stop")

    left = iter(range(401))
    with pytest.raises(CancelledError):
        run(tmp_path, classes, progress=stop)
    assert next(left) == 201


def test_progress_goes_up_to_one(tmp_path):
    steps = []
    classes = np.kron(checkerboard(8), np.ones((5, 5), np.uint8))
    run(tmp_path, classes, 3.0, steps.append)
    assert steps == sorted(steps)
    assert 0 <= steps[0] < steps[-1] <= 1
