"""Pairs of maps on the coarser grid, and means in cells."""

import numpy as np
import pytest

from lunar_oxide_plugin.core.errors import CancelledError, RasterError
from lunar_oxide_plugin.core.results.cells import Cells
from lunar_oxide_plugin.raster.maps.comparison import MapPairs, cell_means
from lunar_oxide_plugin.raster.maps.oxide_maps import OxideMap
from lunar_oxide_plugin.raster.moon.crs import Grid, Transform

from .test_regridding import GEOGRAPHIC, NORTH, written


def oxide_map(raster):
    return OxideMap(raster, [1], ["FeO"])


def test_the_coarser_grid_is_taken_and_the_same_pixels_as_they_are(tmp_path):
    values = np.random.default_rng(3).uniform(2, 20, (1, 40, 40)).astype(np.float32)
    fine = written(tmp_path / "a.tif", values, GEOGRAPHIC, (0, 0.1, 0, 4, 0, -0.1))
    same = written(tmp_path / "b.tif", values + 1, GEOGRAPHIC, (0, 0.1, 0, 4, 0, -0.1))
    coarse = written(tmp_path / "c.tif", values[:, :4, :4], GEOGRAPHIC, (0, 1, 0, 4, 0, -1))
    (pair,) = MapPairs(oxide_map(fine), oxide_map(same)).each(lambda done: None)
    np.testing.assert_array_equal(pair.reference - pair.values, pair.reference - values)
    for first, second in ((fine, coarse), (coarse, fine)):
        pairs = MapPairs(oxide_map(first), oxide_map(second))
        assert pairs.grid == coarse.grid
        assert "a.tif was averaged over the area of each pixel of c.tif" in pairs.description
        (pair,) = pairs.each(lambda done: None)
        ours, theirs = pair.values, pair.reference
        if first is coarse:
            ours, theirs = theirs, ours
        np.testing.assert_array_equal(theirs, values[:, :4, :4])
        assert ours.mean() == pytest.approx(values.mean(), rel=0.01)
    # Shifted by half a pixel: the reference's pixels.
    shifted = written(tmp_path / "d.tif", values, GEOGRAPHIC, (0.05, 0.1, 0, 4, 0, -0.1))
    assert MapPairs(oxide_map(fine), oxide_map(shifted)).grid == shifted.grid
    assert MapPairs(oxide_map(shifted), oxide_map(fine)).grid == fine.grid


def test_progress_grows_to_the_end_and_may_stop_the_run(tmp_path):
    values = np.full((1, 1200, 1200), 9.0)
    fine = written(tmp_path / "a.tif", values, GEOGRAPHIC, (0, 0.01, 0, 12, 0, -0.01))
    coarse = written(
        tmp_path / "c.tif", values[:, :300, :300], GEOGRAPHIC, (0, 0.04, 0, 12, 0, -0.04)
    )
    steps = []
    list(MapPairs(oxide_map(fine), oxide_map(coarse)).each(steps.append))
    assert steps == sorted(steps)
    assert steps[-1] == pytest.approx(1)
    assert len(set(steps)) > 5

    def stop(done):
        if done > 0.3:
            raise CancelledError("stop")

    with pytest.raises(CancelledError):
        list(MapPairs(oxide_map(fine), oxide_map(coarse)).each(stop))
    cells = Cells(np.array([[0.0, 5, 0, 5]]), {"FeO": np.array([1.0])})
    with pytest.raises(CancelledError):
        cell_means(oxide_map(fine), cells, stop)


def test_a_raster_without_a_position_is_refused(tmp_path):
    values = np.full((1, 4, 4), 9.0)
    good = written(tmp_path / "a.tif", values, GEOGRAPHIC, (0, 1, 0, 4, 0, -1))
    bare = written(tmp_path / "b.tif", values, "", (0, 1, 0, 0, 0, 1))
    for pair in ((good, bare), (bare, good)):
        with pytest.raises(RasterError, match=r"b\.tif has no coordinate reference system"):
            MapPairs(*map(oxide_map, pair))


def test_cells_of_a_polar_map(tmp_path):
    """Two classes: 5 north of 80 degrees, 9 south of it."""
    grid = Grid(NORTH, (-700e3, 2e3, 0, 700e3, 0, -2e3), 700, 700)
    columns, rows = np.meshgrid(np.arange(700) + 0.5, np.arange(700) + 0.5)
    lon, lat = Transform(NORTH)(*grid.position(columns, rows))
    values = np.where(lat > 80, 5.0, 9.0)
    values[(lon > 90) & (lon < 120)] = np.nan
    raster = written(tmp_path / "f.tif", values[None], *grid[:2])
    bounds = [[80, 90, -180, 180], [70, 80, 170, 200], [70, 90, -40, -20], [0, 10, 0, 10]]
    bounds += [[75, 85, 80, 130], [75, 85, 85, 125]]
    cells = Cells(np.array(bounds, float), {})
    found = cell_means(oxide_map(raster), cells, lambda done: None, threads=2)[0]
    sines = np.sin(np.radians([90, 80, 70]))
    share = (sines[0] - sines[1]) / (sines[0] - sines[2])
    assert found[0] == pytest.approx(5)
    assert found[1] == pytest.approx(9)
    assert found[2] == pytest.approx(5 * share + 9 * (1 - share), rel=1e-3)
    assert np.isnan(found[3])
    assert np.isnan(found[4])  # 20 of 50 degrees are valid
    assert np.isnan(found[5])
