"""The model's uncertainty in mgnumber and zonaloxides, against sampling and every pixel."""

import json
import math
from pathlib import Path

import numpy as np
import pytest
from osgeo import gdal
from qgis.core import QgsRasterLayer, QgsVectorLayer

from tests.polygons import write_polygons

from .conftest import OXIDES, Feedback, read
from .test_zonal_oxides import CENTRES, POLYGONS, brute_force, rows_in, rows_of

ONNX = Path(__file__).resolve().parents[1] / "data" / "onnx"
SIGMA_NAMES = [f"{oxide} 1 sigma" for oxide in OXIDES]
R = -0.45
MATRIX = np.eye(5)
MATRIX[2, 3] = MATRIX[3, 2] = R
STATED = {"LUNAR_OXIDE_MODEL_ERROR_CORRELATION": json.dumps(MATRIX.tolist())}


@pytest.fixture()
def pair(oxide_raster):
    """An oxide raster and the raster of its sigmas, as oxide_raster gives them."""
    random = np.random.default_rng(4)
    sigmas = random.uniform(0.1, 0.4, (5, 40, 60)).astype(np.float32)
    sigmas[:, 30:33, 5:50] = -9999
    return oxide_raster(), oxide_raster(values=sigmas, names=SIGMA_NAMES, metadata=STATED)


def sampled(mgo, feo, mgo_sigma, feo_sigma, correlation):
    """Standard deviation of Mg# when errors are drawn, for numbers or rows of them."""
    random = np.random.default_rng(8)
    one, other = random.standard_normal((2, 20_000, 1))
    other = correlation * one + math.sqrt(1 - correlation**2) * other

    def of_row(mgo, feo, mgo_sigma, feo_sigma):
        mg, fe = (mgo + mgo_sigma * one) / 40.304, (feo + feo_sigma * other) / 71.844
        return (mg / (mg + fe)).std(axis=0)

    rows = np.broadcast_arrays(*map(np.atleast_2d, (mgo, feo, mgo_sigma, feo_sigma)))
    return np.stack([of_row(*row) for row in zip(*rows)]).reshape(np.shape(mgo))


def metadata_of(path):
    return gdal.Open(str(path)).GetMetadata()


# mgnumber ----------------------------------------------------------------------------------------


def test_of_mg_number(succeed, pair, tmp_path):
    (oxides, values, *_), (sigmas, errors, *_) = pair
    outputs = {"OUTPUT": tmp_path / "mg.tif", "OUTPUT_UNCERTAINTY": tmp_path / "mg_sigma.tif"}
    results, feedback = succeed("mgnumber", {"INPUT": oxides, "UNCERTAINTY": sigmas, **outputs})
    assert results["OUTPUT_UNCERTAINTY"] == str(outputs["OUTPUT_UNCERTAINTY"])
    (found,) = read(outputs["OUTPUT_UNCERTAINTY"])
    expected = sampled(values[3], values[2], errors[3], errors[2], R)
    assert np.array_equal(np.isfinite(found), np.isfinite(expected))
    # First order needs sigmas that are small against the contents.
    small = np.isfinite(expected) & (np.minimum(values[2], values[3]) > 4)
    np.testing.assert_allclose(found[small], expected[small], rtol=0.05)
    assert any("MgO and FeO: -0.45, as stated in" in text for text in feedback.info)
    without = np.isfinite(values[3]) & np.isnan(errors[3])
    assert any(f"{without.sum()} pixels with an Mg#" in text for text in feedback.warnings)
    dataset = gdal.Open(str(outputs["OUTPUT_UNCERTAINTY"]))
    assert dataset.RasterCount == 1
    assert dataset.GetRasterBand(1).GetDescription() == "Mg# 1 sigma"
    assert dataset.GetRasterBand(1).GetNoDataValue() == -9999
    stated = metadata_of(outputs["OUTPUT_UNCERTAINTY"])
    assert stated["LUNAR_OXIDE_MGO_FEO_ERROR_CORRELATION"].startswith("-0.45, as stated in")
    layer = QgsRasterLayer(str(outputs["OUTPUT_UNCERTAINTY"]), "sigma")
    assert layer.renderer().classificationMax() == 0.2
    # The map of Mg# is the same without it.
    succeed("mgnumber", {"INPUT": oxides, "OUTPUT": tmp_path / "alone.tif"})
    assert np.array_equal(read(tmp_path / "alone.tif"), read(outputs["OUTPUT"]), equal_nan=True)


def test_of_mg_number_without_a_stated_correlation(succeed, pair, oxide_raster, tmp_path):
    (oxides, values, *_), (_, errors, *_) = pair
    filled = np.nan_to_num(errors, nan=0.2).astype(np.float32)
    silent, *_ = oxide_raster(values=filled, names=SIGMA_NAMES)
    output = tmp_path / "s.tif"
    given = {"INPUT": oxides, "UNCERTAINTY": silent, "OUTPUT": tmp_path / "mg.tif"}
    _, feedback = succeed("mgnumber", {**given, "OUTPUT_UNCERTAINTY": output})
    assert any("MgO and FeO: 0, assumed" in text for text in feedback.info)
    assert metadata_of(output)["LUNAR_OXIDE_MGO_FEO_ERROR_CORRELATION"].startswith("0, assumed")
    assert not feedback.warnings
    (found,) = read(output)
    expected = sampled(values[3], values[2], filled[3], filled[2], 0)
    small = np.isfinite(expected) & (np.minimum(values[2], values[3]) > 4)
    np.testing.assert_allclose(found[small], expected[small], rtol=0.05)


def test_uncertainty_of_given_bands(succeed, pair, oxide_raster, tmp_path):
    """Neither raster says what its bands are: MGO_BAND and FEO_BAND count in both."""
    (_, values, *_), (_, errors, *_) = pair
    named, *_ = pair[0]
    bare = tmp_path / "bare.tif"
    gdal.Translate(str(bare), str(named))
    dataset = gdal.Open(str(bare), gdal.GA_Update)
    for number in range(1, 6):
        dataset.GetRasterBand(number).SetDescription("")
    dataset = None
    filled = np.nan_to_num(errors, nan=0.2).astype(np.float32)
    sigmas, *_ = oxide_raster(values=filled, names=[""] * 5)
    output = tmp_path / "s.tif"
    given = {"INPUT": bare, "UNCERTAINTY": sigmas, "MGO_BAND": 1, "FEO_BAND": 5}
    _, feedback = succeed(
        "mgnumber", {**given, "OUTPUT": tmp_path / "mg.tif", "OUTPUT_UNCERTAINTY": output}
    )
    assert any("taken in the order of bare.tif" in text for text in feedback.info)
    (found,) = read(output)
    expected = sampled(values[0], values[4], filled[0], filled[4], 0)
    small = np.isfinite(expected) & (np.minimum(values[0], values[4]) > 4)
    np.testing.assert_allclose(found[small], expected[small], rtol=0.05)


def test_an_unused_uncertainty_is_said(succeed, pair, tmp_path):
    (oxides, *_), (sigmas, *_) = pair
    given = {"INPUT": oxides, "UNCERTAINTY": sigmas, "OUTPUT": tmp_path / "mg.tif"}
    results, feedback = succeed("mgnumber", given)
    assert "OUTPUT_UNCERTAINTY" not in results
    assert any("UNCERTAINTY is not used" in text for text in feedback.warnings)


def test_left_out_with_an_empty_name(succeed, pair, tmp_path):
    given = {"INPUT": pair[0][0], "UNCERTAINTY": "", "OUTPUT": tmp_path / "mg.tif"}
    _, feedback = succeed("mgnumber", given)
    assert not feedback.warnings


def test_refusals(refused, pair, oxide_raster, tmp_path):
    (oxides, *_), (sigmas, errors, *_) = pair
    zones = write_polygons(tmp_path / "z.gpkg", POLYGONS)
    shifted, *_ = oxide_raster(values=errors.astype(np.float32), names=SIGMA_NAMES, west=-49.0)
    broken, *_ = oxide_raster(
        values=errors.astype(np.float32),
        names=SIGMA_NAMES,
        metadata={"LUNAR_OXIDE_MODEL_ERROR_CORRELATION": "[[1]]"},
    )

    def mg(**given):
        outputs = {"OUTPUT": tmp_path / "mg.tif", "OUTPUT_UNCERTAINTY": tmp_path / "s.tif"}
        return refused("mgnumber", {"INPUT": oxides, **outputs, **given})

    def zonal(**given):
        given = {"ZONES": zones, "INPUT": oxides, "OUTPUT": tmp_path / "u.gpkg", **given}
        return refused("zonaloxides", given)

    assert "OUTPUT_UNCERTAINTY needs the uncertainty of MgO and FeO. Give" in mg()
    for algorithm in (mg, zonal):
        message = algorithm(UNCERTAINTY=shifted)
        assert f"{shifted.name} (UNCERTAINTY) does not have the pixels of {oxides.name}" in message
        assert "no single band described as" in algorithm(UNCERTAINTY=oxides)
        assert "is not a 5 x 5 matrix" in algorithm(UNCERTAINTY=broken)
    assert "would overwrite the input" in mg(UNCERTAINTY=sigmas, OUTPUT_UNCERTAINTY=sigmas)
    nowhere, *_ = oxide_raster(values=np.full((5, 40, 60), -9999, np.float32), names=SIGMA_NAMES)
    assert "has no pixel with an uncertainty" in mg(UNCERTAINTY=nowhere)


# zonaloxides -------------------------------------------------------------------------------------

#: Beside those of zonaloxides' own tests: over the gap in the sigmas, and beyond the raster.
UNITS = {
    **POLYGONS,
    "gap": "POLYGON((-49.9 43.6, -49.4 43.6, -49.4 43.45, -49.9 43.45, -49.9 43.6))",
    "far": "POLYGON((-40 43.6, -39 43.6, -39 43.45, -40 43.6))",
}
NEW = [f"{oxide}_mean_uncertainty" for oxide in OXIDES]
NEW += ["Mg_number_mean_uncertainty", "Mg_number_of_means_uncertainty"]


def columns_of(path):
    layer = QgsVectorLayer(str(path))
    return [field.name() for field in layer.fields()]


@pytest.fixture()
def zonal(succeed, pair, tmp_path):
    """Run zonaloxides, with the sigmas or without; (features, table, report, feedback)."""
    zones = write_polygons(tmp_path / "zones.gpkg", UNITS)

    def run(**given):
        name = f"units{len(list(tmp_path.iterdir()))}"
        outputs = {
            "OUTPUT": tmp_path / f"{name}.gpkg",
            "TABLE": tmp_path / f"{name}.csv",
            "REPORT": tmp_path / f"{name}.html",
        }
        given = {"INPUT": pair[0][0], "ZONES": zones, "NAME_FIELD": "unit", **given}
        given["EDGES"] = CENTRES
        _, feedback = succeed("zonaloxides", {**given, **outputs}, Feedback())
        features = {feature["unit"]: feature for feature in rows_in(outputs["OUTPUT"])}
        report = outputs["REPORT"].read_text(encoding="utf-8")
        columns = columns_of(outputs["OUTPUT"])
        return features, columns, rows_of(outputs["TABLE"]), report, feedback

    return run


def test_of_unit_means_against_brute_force(zonal, pair):
    (_, values, west, north, step), (sigmas, errors, *_) = pair
    features, columns, table, report, feedback = zonal(UNCERTAINTY=sigmas)
    both = np.where(np.isfinite(values), errors, np.nan)
    for name, wkt in UNITS.items():
        feature, row = features[name], table[name]
        if name == "far":
            continue
        expected = [mean for _, _, mean, *_ in brute_force(both, west, north, step, wkt)]
        found = [feature[f"{oxide}_mean_uncertainty"] for oxide in OXIDES]
        np.testing.assert_allclose(found, expected, rtol=1e-6)
        feo, mgo = feature["FeO_mean"], feature["MgO_mean"]
        drawn = sampled(mgo, feo, expected[3], expected[2], R)
        assert feature["Mg_number_of_means_uncertainty"] == pytest.approx(drawn, rel=0.03)
        assert float(row["FeO_mean_uncertainty"]) == pytest.approx(expected[2], abs=6e-5)
        assert float(row["Mg# of means uncertainty"]) == pytest.approx(drawn, rel=0.03)
        assert float(row["Mg# of means"]) == pytest.approx(feature["Mg_number_of_means"], abs=6e-5)
        assert f"<td>{feo:.2f} ± {expected[2]:.2f}</td>" in report
    assert "-0.45, as stated in" in report
    assert "do not average out" in report
    assert any("MgO and FeO: -0.45, as stated in" in text for text in feedback.info)
    # Nothing of what was there before is other or missing.
    plain, before, plain_table, plain_report, _ = zonal()
    assert set(columns) - set(before) == set(NEW)
    for name in UNITS:
        assert all(features[name][column] == plain[name][column] for column in before[1:])
        assert all(table[name][key] == text for key, text in plain_table[name].items())
    assert "±" not in plain_report
    assert not [key for key in plain_table["gap"] if "uncertainty" in key]


def test_pixels_without_an_uncertainty_are_said(zonal, pair):
    (_, values, west, north, step), (sigmas, errors, *_) = pair
    features, _, _, report, feedback = zonal(UNCERTAINTY=sigmas)
    lacking = np.where(np.isnan(errors), values, np.nan)
    missing = brute_force(lacking, west, north, step, UNITS["gap"])[2][0]
    pixels = features["gap"]["FeO_pixels"]
    assert 0 < missing < pixels
    (said,) = (text for text in feedback.warnings if "Unit 'gap'" in text)
    assert f"FeO {missing} of {pixels}" in said
    assert f"FeO {missing} of {pixels}" in report
    assert not any("Unit 'invalid pixels'" in text for text in feedback.warnings)


def test_a_unit_without_pixels(zonal, pair):
    features, _, table, _, feedback = zonal(UNCERTAINTY=pair[1][0])
    for column in NEW:
        assert not features["far"][column]
    assert table["far"]["FeO_mean_uncertainty"] == table["far"]["Mg# of means uncertainty"] == ""
    assert any("'far': outside the raster" in text for text in feedback.warnings)


def test_oxides_without_an_uncertainty_have_no_column(zonal, pair, tmp_path):
    """As where the uncertainty raster is of FeO alone."""
    only = tmp_path / "feo_sigma.tif"
    gdal.Translate(str(only), str(pair[1][0]), bandList=[3])
    _, columns, table, report, feedback = zonal(UNCERTAINTY=only)
    assert [name for name in columns if "uncertainty" in name] == ["FeO_mean_uncertainty"]
    assert "Mg_number_of_means_uncertainty" not in columns
    assert [key for key in table["gap"] if "uncertainty" in key] == ["FeO_mean_uncertainty"]
    said = "feo_sigma.tif holds no uncertainty of Al2O3, CaO, MgO, TiO2."
    assert said in feedback.info
    assert said in report


def test_of_a_map_of_mg_number(succeed, zonal, pair, tmp_path):
    """The outputs of mgnumber are a raster and its uncertainty as those of predictoxides are."""
    (oxides, _, west, north, step), (sigmas, *_) = pair
    outputs = {"OUTPUT": tmp_path / "mg.tif", "OUTPUT_UNCERTAINTY": tmp_path / "mg_sigma.tif"}
    succeed("mgnumber", {"INPUT": oxides, "UNCERTAINTY": sigmas, **outputs})
    features, *_ = zonal(INPUT=outputs["OUTPUT"], UNCERTAINTY=outputs["OUTPUT_UNCERTAINTY"])
    maps = read(outputs["OUTPUT_UNCERTAINTY"])
    ((_, _, expected, *_),) = brute_force(maps, west, north, step, UNITS["gap"])
    assert features["gap"]["Mg_number_mean_uncertainty"] == pytest.approx(expected, rel=1e-6)


# From the model on -------------------------------------------------------------------------------


def with_metadata(model, key, text):
    """An ONNX file with one more entry of metadata: its field 14, which repeats, at the end."""

    def field(number, content):
        length, size = len(content), []
        while length > 127:
            size.append(length % 128 + 128)
            length //= 128
        return bytes([number * 8 + 2, *size, length]) + content

    return model + field(14, field(1, key.encode()) + field(2, text.encode()))


@pytest.mark.parametrize("stated", [True, False])
def test_from_a_model_to_unit_means(succeed, tile, tmp_path, stated):
    """The model says how its errors correlate, and every result that needs it has it."""
    model = tmp_path / "model.onnx"
    matrix = json.dumps(MATRIX.tolist())
    content = (ONNX / "full.onnx").read_bytes()
    model.write_bytes(with_metadata(content, "error_correlation", matrix) if stated else content)
    oxides, sigmas = tmp_path / "oxides.tif", tmp_path / "sigmas.tif"
    outputs = {"OUTPUT": oxides, "OUTPUT_UNCERTAINTY": sigmas}
    succeed("predictoxides", {"INPUT": tile[0], "MODEL_FILE": model, **outputs})
    for path in outputs.values():
        assert metadata_of(path).get("LUNAR_OXIDE_MODEL_ERROR_CORRELATION") == (
            matrix if stated else None
        )
    r = R if stated else 0
    outputs = {"OUTPUT": tmp_path / "mg.tif", "OUTPUT_UNCERTAINTY": tmp_path / "mg_sigma.tif"}
    succeed("mgnumber", {"INPUT": oxides, "UNCERTAINTY": sigmas, **outputs})
    share, values = read(outputs["OUTPUT"])[0], read(oxides)
    # This model's sigmas are a tenth of its oxides, so what errors of MgO and FeO do is
    # Mg# (1 - Mg#) sqrt(a^2 + b^2 - 2 r a b) with a = b = 0.1.
    expected = share * (1 - share) * 0.1 * math.sqrt(2 - 2 * r)
    found = read(outputs["OUTPUT_UNCERTAINTY"])[0]
    assert np.isfinite(found).sum() == np.isfinite(values[3]).sum() > 2000
    np.testing.assert_allclose(found, expected, rtol=1e-4)
    wkt = "POLYGON((-49.995 43.990, -49.975 43.990, -49.985 43.982, -49.995 43.990))"
    zones = write_polygons(tmp_path / "z.gpkg", {"a": wkt})
    units = tmp_path / "u.gpkg"
    succeed(
        "zonaloxides", {"INPUT": oxides, "UNCERTAINTY": sigmas, "ZONES": zones, "OUTPUT": units}
    )
    (unit,) = rows_in(units)
    for oxide in OXIDES:
        assert unit[f"{oxide}_mean_uncertainty"] == pytest.approx(
            unit[f"{oxide}_mean"] / 10, rel=1e-5
        )
    share = unit["Mg_number_of_means"]
    assert unit["Mg_number_of_means_uncertainty"] == pytest.approx(
        share * (1 - share) * 0.1 * math.sqrt(2 - 2 * r), rel=1e-4
    )
