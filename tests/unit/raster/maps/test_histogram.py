"""Histograms of rasters against closed forms: constant, even and two-class scenes on the sphere."""

import numpy as np
import pytest
from osgeo import gdal

from lunar_oxide_plugin.core.errors import CancelledError, RasterError
from lunar_oxide_plugin.core.results.histogram import BINS
from lunar_oxide_plugin.core.watch import Watch
from lunar_oxide_plugin.raster.maps.histogram import OxideHistograms
from lunar_oxide_plugin.raster.moon.crs import EQUIRECTANGULAR_WKT
from lunar_oxide_plugin.raster.sources.raster import Raster

from ..lunar_crs import R, projected, wkt

GEOGRAPHIC = wkt("IAU_2015:30100")
RADIUS_KM = R / 1000
SPHERE = 4 * np.pi * RADIUS_KM**2


def written(path, bands, west=0.0, north=90.0, step=1.0, crs=GEOGRAPHIC, kind=gdal.GDT_Float32):
    """A raster of {description: array}."""
    height, width = next(iter(bands.values())).shape
    dataset = gdal.GetDriverByName("GTiff").Create(str(path), width, height, len(bands), kind)
    dataset.SetProjection(crs)
    if step:
        dataset.SetGeoTransform((west, step, 0, north, 0, -step))
    for number, (name, values) in enumerate(bands.items(), start=1):
        band = dataset.GetRasterBand(number)
        band.SetNoDataValue(-9999)
        band.SetDescription(name)
        band.WriteArray(np.ascontiguousarray(values))
    return str(path)


def measured(path, threads=1):
    return OxideHistograms(Raster(path)).measure(threads=threads)


def full(value, shape=(180, 360)):
    return np.full(shape, value, np.float32)


def test_constant_scene_of_the_whole_moon(tmp_path):
    found = measured(written(tmp_path / "a.tif", {"FeO": full(8.1), "MgO": full(6.0)}))
    assert list(found) == ["FeO", "MgO", "Mg#"]
    for histogram in found.values():
        assert histogram.area == pytest.approx(SPHERE, rel=1e-9)
        assert histogram.moments.count == 180 * 360
        assert histogram.moments.std == pytest.approx(0, abs=1e-9)
    assert found["FeO"].percents[32] == pytest.approx(100)
    assert found["MgO"].percents[48] == pytest.approx(100)
    mg = (6.0 / 40.304) / (6.0 / 40.304 + 8.1 / 71.844)
    assert found["Mg#"].moments.mean == pytest.approx(mg)
    assert found["Mg#"].percents[int(mg * 200)] == pytest.approx(100)


def test_two_classes_divided_by_a_parallel(tmp_path):
    """North of 60 N lies (1 - sin 60) / 2 of the sphere, of the pixels a sixth."""
    values = full(15.1)
    values[:30] = 5.1
    histogram = measured(written(tmp_path / "a.tif", {"FeO": values}))["FeO"]
    cap = (1 - np.sqrt(3) / 2) / 2
    assert histogram.percents[20] == pytest.approx(100 * cap, rel=1e-9)
    assert histogram.percents[60] == pytest.approx(100 * (1 - cap), rel=1e-9)
    assert histogram.moments.mean == pytest.approx(5.1 * cap + 15.1 * (1 - cap))
    assert [mode.bin for mode in histogram.modes()] == [20, 60]
    assert [mode.share for mode in histogram.modes()] == pytest.approx([cap, 1 - cap])


def test_gradient_along_a_parallel_is_even(tmp_path):
    """Al2O3 rises from 0 to 40 with longitude: the same area in every bin."""
    rising = np.broadcast_to((np.arange(640) + 0.5) / 16, (20, 640))
    path = written(tmp_path / "a.tif", {"Al2O3 (wt%)": rising}, 10, 80, 1 / 8)
    histogram = measured(path)["Al2O3"]
    np.testing.assert_allclose(histogram.percents, 100 / BINS["Al2O3"].number, rtol=1e-9)
    assert histogram.median == pytest.approx(20)
    assert histogram.moments.mean == pytest.approx(20)
    assert histogram.moments.std == pytest.approx(40 / np.sqrt(12), rel=1e-4)


def test_gradient_over_latitude_at_a_pole(tmp_path):
    """In metres, 80-90 N: the area between two parallels is 2 pi R^2 (sin b - sin a)."""
    rows = 240
    falling = np.broadcast_to(((np.arange(rows) + 0.5) / rows * 12)[:, None], (rows, 90))
    size = np.radians(10) * R / rows
    north = np.pi / 2 * R
    path = written(tmp_path / "a.tif", {"CaO": falling}, 0, north, size, EQUIRECTANGULAR_WKT)
    found = measured(path)["CaO"]
    edges = 90 - 10 * np.arange(97) / 96  # each bin of an eighth of wt% is 2.5 rows
    covered = np.pi / 2 - np.arange(rows + 1) * size / R
    areas = -np.diff(np.sin(covered)) * RADIUS_KM**2 * 90 * size / R
    expected, _ = np.histogram(falling[:, 0], BINS["CaO"].edges, weights=areas)
    np.testing.assert_allclose(found.areas, expected, rtol=1e-6)
    two = found.areas[:96].reshape(48, 2).sum(axis=1)
    shares = -np.diff(np.sin(np.radians(edges[::2])))
    np.testing.assert_allclose(two / found.area, shares / shares.sum(), rtol=1e-6)


def test_other_projections_are_weighted_by_their_own_areas(tmp_path):
    """An equal-area map of the same cap: the same shares as the geographic one."""
    size, half = 20e3, 30
    x = size * (np.arange(2 * half) - half + 0.5)
    distance = np.hypot(x, x[:, None])
    latitude = 90 - 2 * np.degrees(np.arcsin(distance / (2 * R)))
    values = np.where(latitude > 84, 5.1, 15.1).astype(np.float32)
    values[latitude < 75] = -9999
    crs = projected("laea +lat_0=90")
    path = written(tmp_path / "a.tif", {"FeO": values}, -size * half, size * half, size, crs)
    found = measured(path)["FeO"]
    pixels = np.count_nonzero(latitude > 84), np.count_nonzero(latitude >= 75)
    assert found.percents[20] == pytest.approx(100 * pixels[0] / pixels[1], rel=1e-6)
    assert found.area == pytest.approx(pixels[1] * (size / 1000) ** 2, rel=1e-6)


def test_no_data_counts_nowhere(tmp_path):
    values = full(5.1, (20, 30))
    values[0, :10] = -9999
    values[1, :10] = np.nan
    values[2, :10] = np.inf
    found = measured(written(tmp_path / "a.tif", {"FeO": values, "MgO": full(6, (20, 30))}))
    assert found["FeO"].moments.count == found["Mg#"].moments.count == 570
    assert found["MgO"].moments.count == 600
    assert found["FeO"].percents.sum() == pytest.approx(100)


def test_beyond_the_bins(tmp_path):
    values = full(5.1, (4, 10))
    values[:, 0] = -0.5
    values[:, 1:3] = 36
    found = measured(written(tmp_path / "a.tif", {"FeO": values}))["FeO"]
    assert found.percent(found.below) == pytest.approx(10)
    assert found.percent(found.above) == pytest.approx(20)
    assert found.percents.sum() == pytest.approx(70)


def test_a_band_of_mg_number_wins_over_mgo_and_feo(tmp_path):
    shape = (4, 5)
    bands = {"FeO": full(8, shape), "MgO": full(8, shape), "Mg#": full(0.25, shape)}
    assert measured(written(tmp_path / "a.tif", bands))["Mg#"].moments.mean == pytest.approx(0.25)
    alone = measured(written(tmp_path / "b.tif", {"Mg#": full(0.25, shape)}))
    assert list(alone) == ["Mg#"]


def test_scaled_integers_and_other_bands(tmp_path):
    bands = {"domain distance": full(3, (4, 5)), "TiO2": full(2100, (4, 5))}
    path = written(tmp_path / "a.tif", bands, kind=gdal.GDT_UInt16)
    dataset = gdal.Open(path, gdal.GA_Update)
    dataset.GetRasterBand(2).SetScale(0.001)
    dataset = None
    found = measured(path)
    assert list(found) == ["TiO2"]
    assert found["TiO2"].moments.mean == pytest.approx(2.1)


def test_blocks_and_threads_do_not_matter(tmp_path):
    random = np.random.default_rng(0)
    bands = {name: random.uniform(0, 30, (520, 2100)) for name in ("FeO", "MgO")}
    path = written(tmp_path / "a.tif", bands, 0, 80, 1 / 64)
    edges = np.radians(80 - np.arange(521) / 64)
    weights = -np.diff(np.sin(edges))[:, None] * np.ones(2100)
    stored = bands["FeO"].astype(np.float32).astype(float)
    expected, _ = np.histogram(stored, BINS["FeO"].edges, weights=weights)
    steps = []
    watch = Watch()
    watch.progress = steps.append
    found = OxideHistograms(Raster(path)).measure(watch, 3)
    np.testing.assert_allclose(found["FeO"].percents, 100 * expected / weights.sum(), rtol=1e-7)
    assert steps == sorted(steps)
    assert steps[-1] == 1
    assert len(set(steps)) >= 6  # a step for each block
    again = measured(path)
    assert np.array_equal(again["Mg#"].areas, found["Mg#"].areas)


def test_each_block_is_read_once(tmp_path, monkeypatch):
    path = written(tmp_path / "a.tif", {"FeO": full(5), "MgO": full(5)})
    source, windows, read = OxideHistograms(Raster(path)), [], Raster.values
    monkeypatch.setattr(
        Raster, "values", lambda self, window, n: windows.append(window) or read(self, window, n)
    )
    source.measure()
    assert sum(window.size for window in windows) == 180 * 360


def test_cancelling_ends_it(tmp_path):
    path = written(tmp_path / "a.tif", {"FeO": full(5)})

    class Cancelled(Watch):
        def check(self):
            raise CancelledError("stop")

    with pytest.raises(CancelledError):
        OxideHistograms(Raster(path)).measure(Cancelled())


@pytest.mark.parametrize(
    ("bands", "options", "message"),
    [
        ({"a": full(3), "": full(3)}, {}, r"no band described as .*Mg#; it has 1 'a', 2 ''"),
        ({"FeO": full(3), "feo (wt%)": full(3)}, {}, "bands 1 and 2 are both described as FeO"),
        ({"FeO": full(3)}, {"step": 0}, "no position"),
        ({"FeO": full(-9999), "Mg#": full(np.nan)}, {}, "no valid pixel in its bands FeO, Mg#"),
    ],
)
def test_refused(tmp_path, bands, options, message):
    path = written(tmp_path / "a.tif", bands, **options)
    with pytest.raises(RasterError, match=message):
        measured(path)


def test_the_fix_of_bands_without_names_works(tmp_path):
    path = written(tmp_path / "a.tif", {"": full(3)})
    with pytest.raises(RasterError) as caught:
        measured(path)
    code = str(caught.value).split("with: ")[1].replace("'a.tif'", repr(path))
    exec(code)  # noqa: S102
    assert list(measured(path)) == ["FeO"]
