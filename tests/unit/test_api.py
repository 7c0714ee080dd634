"""The functions for notebooks, beside the algorithms' own code, closed forms and by hand."""

from __future__ import annotations

import os
import subprocess
import sys
from concurrent.futures import ThreadPoolExecutor
from functools import partial

import numpy as np
import pytest
from osgeo import gdal

from lunar_oxide_plugin import api
from tests.folders import DATA, ROOT
from tests.mi_tiles import INVALID_CODES, MODEL_PLANES, soils, write_tile
from tests.polygons import UNITS, write_units

#: Reflectance per DN of the archive's products.
SCALE = 2e-5


@pytest.fixture
def tile(tmp_path):
    """A tile whose first row holds invalid codes, and its DN [9, 40, 60]."""
    dn = soils()
    dn[3, 0, : len(INVALID_CODES)] = INVALID_CODES
    return write_tile(tmp_path, dn, west=310.0, north=44.0), dn


def test_spectra_are_dn_times_scale_where_no_band_is_invalid(tile):
    label, dn = tile
    spectra, valid = api.read_spectra(api.open_mi(label), (0, 0, 20, 10))
    part = dn[list(MODEL_PLANES), :10, :20]
    expected = ~np.isin(part, INVALID_CODES).any(axis=0)
    assert not expected[0, : len(INVALID_CODES)].any()
    np.testing.assert_array_equal(valid, expected)
    np.testing.assert_allclose(spectra[:, valid], SCALE * part[:, valid], rtol=1e-6)
    assert np.isnan(spectra[:, ~valid]).all()


def test_a_prediction_is_the_model_of_each_spectrum(tile):
    source = api.open_mi(tile[0])
    model = api.load_model("plsr")
    prediction = api.predict(source, model, (5, 3, 30, 20), threads=2)
    spectra, valid = api.read_spectra(source, (5, 3, 30, 20))
    expected = model.predict(spectra[:, valid])
    np.testing.assert_array_equal(prediction.oxides[:, valid], expected.oxides)
    np.testing.assert_array_equal(prediction.uncertainty[:, valid], expected.uncertainty)
    np.testing.assert_array_equal(prediction.domain_distance[valid], expected.domain_distance)
    assert np.isnan(prediction.oxides[:, ~valid]).all()


def test_a_model_without_uncertainty_gives_none(tile):
    prediction = api.predict(api.open_mi(tile[0]), api.load_model(DATA / "onnx/oxides_only.onnx"))
    assert prediction.oxides.shape == (5, 40, 60)
    assert prediction.uncertainty is None
    assert prediction.domain_distance is None


def test_tiles_side_by_side_become_a_mosaic(tile, tmp_path):
    label, _ = tile
    other = write_tile(
        tmp_path,
        soils(seed=1),
        name="MI_MAP_03_N44E311N43E312SC",
        west=310.0 + 60 / 2048,
        north=44.0,
    )
    mosaic = api.open_mi([label, other])
    assert mosaic.grid.size == (120, 40)
    spectra, _ = api.read_spectra(mosaic, (60, 5, 60, 1))
    np.testing.assert_allclose(
        spectra[:, 0], SCALE * soils(seed=1)[list(MODEL_PLANES), 5], rtol=1e-6
    )


@pytest.mark.parametrize("window", [(0, 0, 61, 1), (-1, 0, 5, 5), (0, 0, 0, 5), (70, 0, 5, 5)])
def test_a_window_outside_the_raster_is_refused(tile, window):
    with pytest.raises(api.LunarOxideError, match="not inside the raster of 60 x 40 pixels"):
        api.read_spectra(api.open_mi(tile[0]), window)


def test_samples_are_means_around_points(tile):
    label, dn = tile
    degrees = 1 / 2048
    point = (-50 + 20 * degrees, 44 - 10 * degrees)
    inside, outside = api.sample_spectra(api.open_mi(label), [point, (10.0, 10.0)], window=3)
    assert inside.status == "sampled"
    assert inside.pixels == 9
    expected = SCALE * dn[list(MODEL_PLANES), 9:12, 19:22].mean(axis=(1, 2))
    np.testing.assert_allclose(inside.mean, expected, rtol=1e-5)
    assert outside.status == "outside the raster"


def test_the_bundled_models_load_by_their_ids():
    assert "gaussian_process" in api.BUNDLED_MODELS
    assert api.load_model().id == "gaussian_process"
    for model_id in api.BUNDLED_MODELS:
        assert api.load_model(model_id).card()["oxides"] == " ".join(api.OXIDES)


def test_a_foreign_model_is_refused():
    with pytest.raises(api.LunarOxideError, match="not an oxide model"):
        api.load_model(DATA / "onnx" / "input_name.onnx")


def test_no_qgis_is_needed():
    code = "import sys; from lunar_oxide_plugin import api; sys.exit('qgis' in sys.modules)"
    assert subprocess.run([sys.executable, "-c", code], cwd=ROOT, check=False).returncode == 0


def test_what_it_offers_is_there_and_documented():
    for name in api.__all__:
        offered = getattr(api, name)
        assert not callable(offered) or offered.__doc__, name


def test_files_hold_what_predict_gives(tile, tmp_path):
    source, model = api.open_mi(tile[0]), api.load_model("plsr")
    names = {name: tmp_path / f"{name}.tif" for name in ("oxides", "uncertainty", "domain")}
    counts = api.predict_to_files(source, model, **names)
    prediction = api.predict(source, model)
    for name, expected in zip(names, prediction):
        found = gdal.Open(str(names[name])).ReadAsArray()
        np.testing.assert_array_equal(np.where(found == -9999, np.nan, found), expected)
        assert names[name].with_suffix(".qml").is_file()
    assert counts.valid == np.isfinite(prediction.oxides[0]).sum()
    assert counts.outside == (prediction.domain_distance > 1).sum()
    metadata = gdal.Open(str(names["oxides"])).GetMetadata()
    assert metadata["LUNAR_OXIDE_ALGORITHM"] == "lunar_oxide_plugin.api.predict_to_files"
    assert metadata["LUNAR_OXIDE_MODEL"] == "plsr"
    assert metadata["LUNAR_OXIDE_VALID_PIXELS"] == str(counts.valid)


def test_a_run_that_is_stopped_leaves_nothing(tile, tmp_path):
    class Impatient(api.Watch):
        def check(self):
            raise KeyboardInterrupt

    (tmp_path / "maps").mkdir()
    with pytest.raises(KeyboardInterrupt):
        api.predict_to_files(
            api.open_mi(tile[0]),
            api.load_model("plsr"),
            tmp_path / "maps" / "o.tif",
            watch=Impatient(),
        )
    assert list((tmp_path / "maps").iterdir()) == []


def test_an_input_is_never_replaced(tile, tmp_path):
    model = api.load_model("plsr")
    api.predict_to_files(api.open_mi(tile[0]), model, tmp_path / "o.tif")
    before = (tmp_path / "o.tif").read_bytes()
    with pytest.raises(api.LunarOxideError, match=r"o\.tif cannot be written"):
        api.mg_number_to_file(tmp_path / "o.tif", tmp_path / "o.tif")
    assert (tmp_path / "o.tif").read_bytes() == before


def test_mg_number_of_a_raster(tile, tmp_path):
    api.predict_to_files(
        api.open_mi(tile[0]),
        api.load_model("plsr"),
        tmp_path / "o.tif",
        uncertainty=tmp_path / "u.tif",
    )
    mean = api.mg_number_to_file(
        tmp_path / "o.tif",
        tmp_path / "mg.tif",
        uncertainty=tmp_path / "u.tif",
        output_uncertainty=tmp_path / "mgu.tif",
    )
    oxides = gdal.Open(str(tmp_path / "o.tif")).ReadAsArray().astype(float)
    valid = oxides[0] != -9999
    mgo, feo = oxides[3] / 40.304, oxides[2] / 71.844
    expected = (mgo / (mgo + feo))[valid]
    found = gdal.Open(str(tmp_path / "mg.tif")).ReadAsArray()
    np.testing.assert_allclose(found[valid], expected, atol=1e-6)
    assert mean == pytest.approx(expected.mean(), abs=1e-5)  # areas differ by 0.03 % in 40 rows
    assert (gdal.Open(str(tmp_path / "mgu.tif")).ReadAsArray()[valid] > 0).all()


def test_units_are_weighted_means_inside_polygons(tmp_path):
    label = write_tile(tmp_path, soils(), west=310.0, north=44.0)
    write_units(tmp_path / "units.gpkg")
    source, model = api.open_mi(label), api.load_model("plsr")
    api.predict_to_files(source, model, tmp_path / "o.tif", domain=tmp_path / "d.tif")
    units = api.unit_statistics(
        tmp_path / "o.tif",
        tmp_path / "units.gpkg",
        name_field="unit",
        domain=tmp_path / "d.tif",
        centres=True,
    )
    feo = api.predict(source, model).oxides[2]
    rows, columns = np.mgrid[:40, :60]
    lon, lat = -50 + columns / 2048, 44 - rows / 2048
    for unit in units:
        west, north, east, south = UNITS[unit.name]
        inside = (lon > west) & (lon < east) & (lat < north) & (lat > south)
        weights = np.cos(np.radians(lat[inside]))
        expected = np.average(feo[inside], weights=weights)
        assert unit.bands["FeO"]["mean"] == pytest.approx(expected, rel=1e-6)
        assert unit.bands["FeO"]["pixels"] == inside.sum()
        radius = 1737.4
        area = np.radians(east - west) * (np.sin(np.radians(north)) - np.sin(np.radians(south)))
        assert unit.area_km2 == pytest.approx(radius**2 * area, rel=1e-4)
    assert [unit.name for unit in units] == list(UNITS)


@pytest.mark.parametrize(
    ("options", "message"),
    [
        ({"name_field": "geology"}, "has no field geology; it has unit"),
        ({"layer": "maria"}, "has the layers zones"),
    ],
)
def test_polygons_that_are_not_there(tile, tmp_path, options, message):
    write_units(tmp_path / "units.gpkg")
    api.predict_to_files(api.open_mi(tile[0]), api.load_model("plsr"), tmp_path / "o.tif")
    with pytest.raises(api.LunarOxideError, match=message):
        api.unit_statistics(tmp_path / "o.tif", tmp_path / "units.gpkg", **options)


def test_polygons_on_earth_are_refused(tile, tmp_path):
    write_units(tmp_path / "units.gpkg", "EPSG:4326")
    api.predict_to_files(api.open_mi(tile[0]), api.load_model("plsr"), tmp_path / "o.tif")
    with pytest.raises(api.LunarOxideError, match="6378"):
        api.unit_statistics(tmp_path / "o.tif", tmp_path / "units.gpkg")


@pytest.mark.parametrize("kind", [np.int64, np.int32, np.uint8])
def test_a_window_may_be_of_numpys_whole_numbers(tile, kind):
    source = api.open_mi(tile[0])
    found, _ = api.read_spectra(source, np.array([3, 2, 5, 4], kind))
    expected, _ = api.read_spectra(source, (3, 2, 5, 4))
    np.testing.assert_array_equal(found, expected)


@pytest.mark.parametrize("window", [(0.5, 0, 5, 5), (0, 0, 5), "0055", (0, 0, None, 5), 5])
def test_a_window_that_is_not_four_whole_numbers(tile, window):
    with pytest.raises(api.LunarOxideError, match="four whole numbers"):
        api.predict(api.open_mi(tile[0]), api.load_model("plsr"), window)


def test_no_threads_are_refused(tile, tmp_path):
    source, model = api.open_mi(tile[0]), api.load_model("plsr")
    for run in (
        lambda: api.predict(source, model, threads=0),
        lambda: api.predict_to_files(source, model, tmp_path / "o.tif", threads=0),
        lambda: api.mg_number_to_file(tmp_path / "o.tif", tmp_path / "m.tif", threads=-1),
        lambda: api.unit_statistics(tmp_path / "o.tif", tmp_path / "z.gpkg", threads=0),
    ):
        with pytest.raises(api.LunarOxideError, match="at least one has to work"):
            run()


def test_no_files_are_refused():
    with pytest.raises(api.LunarOxideError, match="list of files is empty"):
        api.open_mi([])


def test_files_may_be_entries_of_a_folder_and_bands_an_array(tile):
    label, _ = tile
    entry = next(entry for entry in os.scandir(label.parent) if entry.name == label.name)
    source = api.open_mi(entry, bands=np.array(MODEL_PLANES) + 1)
    np.testing.assert_array_equal(
        api.read_spectra(source)[0], api.read_spectra(api.open_mi(label))[0]
    )


def test_a_result_without_a_name_is_refused(tile):
    with pytest.raises(api.LunarOxideError, match=r"give a \.tif name"):
        api.predict_to_files(api.open_mi(tile[0]), api.load_model("plsr"), "")


def test_samples_of_a_mosaic_are_means_across_its_tiles(tile, tmp_path):
    label, dn = tile
    east = soils(seed=1)
    other = write_tile(
        tmp_path, east, name="MI_MAP_03_N44E311N43E312SC", west=310.0 + 60 / 2048, north=44.0
    )
    seam = (-50 + 59.6 / 2048, 44 - 10 / 2048)  # in the first pixel of the second tile
    (sample,) = api.sample_spectra(api.open_mi([label, other]), [seam], window=3)
    pixels = np.concatenate([dn[:, 9:12, 59:], east[:, 9:12, :2]], axis=2)[list(MODEL_PLANES)]
    assert sample.pixels == 9
    np.testing.assert_allclose(sample.mean, SCALE * pixels.mean(axis=(1, 2)), rtol=1e-5)
    assert "Mosaic of 2 tiles" in sample.source


@pytest.mark.parametrize("shape", [(2, 3), (4, 3), (2,), (1, 2, 2)])
def test_points_that_are_not_pairs_are_refused(tile, shape):
    with pytest.raises(api.LunarOxideError, match="not pairs"):
        api.sample_spectra(api.open_mi(tile[0]), np.full(shape, 44.0))


def test_no_points_give_no_samples(tile):
    assert api.sample_spectra(api.open_mi(tile[0]), []) == []


def test_a_sample_of_no_pixels_is_refused(tile):
    with pytest.raises(api.LunarOxideError, match="holds none"):
        api.sample_spectra(api.open_mi(tile[0]), [(-49.99, 43.99)], window=0)


class Listening(api.Watch):
    """Keeps what it is told."""

    def __init__(self):
        self.warnings = []

    def warn(self, text):
        self.warnings.append(text)


def _with_odd_values(path, band, count):
    """Give some pixels of a band different values that no content has."""
    dataset = gdal.Open(str(path), gdal.GA_Update)
    values = dataset.GetRasterBand(band).ReadAsArray()
    values[30:].flat[:count] = 300 + np.arange(count)
    dataset.GetRasterBand(band).WriteArray(values)


@pytest.fixture
def results(tile, tmp_path):
    """Oxides, their uncertainty and domain distance, and two polygons on them."""
    names = {name: tmp_path / f"{name}.tif" for name in ("oxides", "uncertainty", "domain")}
    api.predict_to_files(api.open_mi(tile[0]), api.load_model("plsr"), **names)
    return {**names, "polygons": write_units(tmp_path / "units.gpkg")}


@pytest.mark.parametrize("odd", ["oxides", "uncertainty"])
def test_units_of_values_in_another_unit_are_refused(results, odd):
    _with_odd_values(results[odd], 3, 500)
    with pytest.raises(api.LunarOxideError, match=rf"{odd}\.tif: \d+ pixels .* many different"):
        api.unit_statistics(**results)


def test_units_warn_of_values_that_are_no_content(results):
    _with_odd_values(results["oxides"], 3, 4)
    watch = Listening()
    api.unit_statistics(**results, watch=watch)
    assert any("4 pixels of band 3 (FeO)" in text for text in watch.warnings)


@pytest.mark.parametrize("odd", ["oxides", "uncertainty"])
def test_mg_numbers_of_values_in_another_unit_are_refused(results, odd, tmp_path):
    _with_odd_values(results[odd], 3, 500)
    with pytest.raises(api.LunarOxideError, match=rf"{odd}\.tif: 500 pixels .* many different"):
        api.mg_number_to_file(
            results["oxides"],
            tmp_path / "mg.tif",
            uncertainty=results["uncertainty"],
            output_uncertainty=tmp_path / "mgu.tif",
        )
    assert not (tmp_path / "mg.tif").exists()


def test_mg_numbers_warn_of_values_that_are_no_content(results, tmp_path):
    _with_odd_values(results["oxides"], 3, 4)
    watch = Listening()
    api.mg_number_to_file(
        results["oxides"], tmp_path / "mg.tif", uncertainty=results["uncertainty"], watch=watch
    )
    assert any("4 pixels of band 3 (FeO)" in text for text in watch.warnings)
    assert any("uncertainty is not used" in text for text in watch.warnings)


def test_oxides_without_descriptions_say_how_to_give_them(results, tmp_path):
    dataset = gdal.Open(str(results["oxides"]), gdal.GA_Update)
    for band in range(1, 6):
        dataset.GetRasterBand(band).SetDescription("")
    del dataset
    with pytest.raises(api.LunarOxideError, match=r"MgO.*SetDescription"):
        api.mg_number_to_file(results["oxides"], tmp_path / "mg.tif")


@pytest.mark.parametrize("name", ["missing.gpkg", "", "oxides.tif"])
def test_polygons_in_a_file_that_is_none(results, name, tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    with pytest.raises(api.LunarOxideError, match="cannot be read"):
        api.unit_statistics(results["oxides"], name)


def test_a_mosaic_without_a_valid_pixel_is_not_written(tmp_path):
    nothing = np.full((9, 40, 60), INVALID_CODES[-1], np.int16)
    tiles = [
        write_tile(tmp_path, nothing, name=f"T{column}", west=310.0 + column * 60 / 2048)
        for column in range(2)
    ]
    with pytest.raises(api.LunarOxideError, match="No pixel of the source is valid"):
        api.predict_to_files(api.open_mi(tiles), api.load_model("plsr"), tmp_path / "o.tif")
    assert not list(tmp_path.glob("*.tif"))


def test_threads_may_share_a_source_and_a_model(tile):
    source, model = api.open_mi(tile[0]), api.load_model("plsr")
    windows = [(column, row, 20, 8) for column in range(0, 40, 4) for row in range(0, 32, 8)]
    expected = [api.predict(source, model, window).oxides for window in windows]
    with ThreadPoolExecutor(8) as threads:
        found = list(threads.map(partial(api.predict, source, model), windows))
    for prediction, oxides in zip(found, expected):
        np.testing.assert_array_equal(prediction.oxides, oxides)


_FORKED = """
import multiprocessing, sys
import numpy as np
from osgeo import gdal
from lunar_oxide_plugin import api

def read(window):
    return api.read_spectra(source, window)[0].tobytes()

source = api.open_mi(sys.argv[1])
windows = [(x, y, 100, 64) for x in range(0, 900, 50) for y in range(0, 900, 50)]
expected = [read(window) for window in windows]
with multiprocessing.get_context("fork").Pool(4) as pool:
    sys.exit(pool.map(read, windows, chunksize=1) != expected)
"""


@pytest.mark.skipif(not hasattr(os, "fork"), reason="Windows has no fork")
def test_copies_of_a_process_read_for_themselves(tmp_path):
    gdal.Translate(
        str(tmp_path / "stack.tif"), str(write_tile(tmp_path, soils(1000, 1000))), noData="none"
    )
    command = [sys.executable, "-c", _FORKED, str(tmp_path / "stack.tif")]
    assert subprocess.run(command, cwd=ROOT, check=False).returncode == 0
