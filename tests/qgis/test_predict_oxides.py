"""Algorithm predictoxides."""

import json
import shutil
from pathlib import Path

import numpy as np
import onnxruntime
import pytest
from osgeo import gdal
from qgis.core import QgsRasterLayer

from lunar_oxide_plugin.core.models.model import BUNDLED, DEFAULT_MODEL, bundled_path
from tests import mi_tiles
from tests.polygons import lunar_crs

from .conftest import Feedback, expected_valid, read

ONNX = Path(__file__).resolve().parents[1] / "data" / "onnx"


def predicted(dn, name=BUNDLED[DEFAULT_MODEL][0]):
    """What onnxruntime itself makes of a tile's pixels: the bytes decoded by hand."""
    session = onnxruntime.InferenceSession(str(bundled_path(name)))
    reflectance = dn[list(mi_tiles.MODEL_PLANES)].astype(np.float64) * 2e-5
    flat = reflectance.reshape(8, -1).astype(np.float32)
    names = ("oxides", "uncertainty", "domain_distance")
    values = session.run(list(names), {"reflectance": flat})
    return {key: value.reshape(-1, *dn.shape[1:]) for key, value in zip(names, values)}


def test_every_pixel_of_every_output(succeed, tile, tmp_path):
    label, dn = tile
    outputs = {
        "OUTPUT": tmp_path / "oxides.tif",
        "OUTPUT_UNCERTAINTY": tmp_path / "sigma.tif",
        "OUTPUT_DOMAIN": tmp_path / "domain.tif",
    }
    results, feedback = succeed("predictoxides", {"INPUT": label, **outputs})
    valid = expected_valid(dn)
    expected = predicted(dn)
    for name, key in zip(outputs, ("oxides", "uncertainty", "domain_distance")):
        values = read(outputs[name])
        assert values.shape == expected[key].shape
        # Nowhere a value where a band is invalid, and everywhere else one.
        assert np.array_equal(np.isfinite(values).any(axis=0), valid)
        assert np.array_equal(np.isfinite(values).all(axis=0), valid)
        np.testing.assert_allclose(values[:, valid], expected[key][:, valid], atol=5e-4)
        assert results[name] == str(outputs[name])
        assert outputs[name].with_suffix(".qml").is_file()
    assert results["VALID_PIXELS"] == valid.sum()
    outside = 100 * (expected["domain_distance"][0][valid] > 1).mean()
    assert results["EXTRAPOLATED_PERCENT"] == pytest.approx(outside, abs=0.1)
    assert bool(feedback.warnings) == (outside > 0)


def test_reflectance_raster_gives_the_same(succeed, tile, tmp_path):
    """By way of importmimap, with and without its band names."""
    label, _ = tile
    succeed("predictoxides", {"INPUT": label, "OUTPUT": tmp_path / "direct.tif"})
    succeed("importmimap", {"INPUT": [str(label)], "OUTPUT": tmp_path / "r.tif"})
    succeed("predictoxides", {"INPUT": tmp_path / "r.tif", "OUTPUT": tmp_path / "a.tif"})
    direct = read(tmp_path / "direct.tif")
    np.testing.assert_allclose(read(tmp_path / "a.tif"), direct, atol=5e-4)
    # QGIS itself may store the layer's source with options behind it.
    layer = QgsRasterLayer(str(tmp_path / "r.tif"), "reflectance")
    succeed("predictoxides", {"INPUT": layer, "OUTPUT": tmp_path / "b.tif"})
    assert np.array_equal(read(tmp_path / "b.tif"), read(tmp_path / "a.tif"), equal_nan=True)


def test_nine_band_stack_with_own_band_numbers(succeed, tile, tmp_path):
    """A stack without any metadata, bands reversed, scale unknown to the file."""
    _, dn = tile
    path = tmp_path / "stack.tif"
    dataset = gdal.GetDriverByName("GTiff").Create(str(path), 60, 40, 9, gdal.GDT_Int16)
    dataset.SetProjection(lunar_crs("IAU_2015:30110").ExportToWkt())
    dataset.SetGeoTransform((0, 14.8, 0, 0, 0, -14.8))
    for index, plane in enumerate(dn[::-1]):
        dataset.GetRasterBand(index + 1).WriteArray(plane)
    dataset = None
    bands = ",".join(str(9 - plane) for plane in mi_tiles.MODEL_PLANES)
    parameters = {"INPUT": path, "BANDS": bands, "SCALE": 2e-5, "OUTPUT": tmp_path / "o.tif"}
    succeed("predictoxides", parameters)
    valid = expected_valid(dn)
    np.testing.assert_allclose(
        read(tmp_path / "o.tif")[:, valid], predicted(dn)["oxides"][:, valid], atol=5e-4
    )


def test_result_describes_itself(succeed, tile, tmp_path):
    results, _ = succeed("predictoxides", {"INPUT": tile[0], "OUTPUT": tmp_path / "o.tif"})
    dataset = gdal.Open(str(tmp_path / "o.tif"))
    bands = [dataset.GetRasterBand(i) for i in range(1, 6)]
    assert [b.GetDescription() for b in bands] == ["Al2O3", "CaO", "FeO", "MgO", "TiO2"]
    assert {b.GetUnitType() for b in bands} == {"wt%"}
    assert {b.GetNoDataValue() for b in bands} == {-9999}
    metadata = dataset.GetMetadata()
    assert metadata["LUNAR_OXIDE_MODEL"] == BUNDLED[DEFAULT_MODEL][0]
    assert "fit_on_all" in json.loads(metadata["LUNAR_OXIDE_MODEL_METRICS"])
    parameters = json.loads(metadata["LUNAR_OXIDE_PARAMETERS"])
    assert parameters["INPUT"] == [str(tile[0])]
    assert parameters["MASK_SHADOW"] is True
    assert "SYNTHETIC" not in metadata
    assert metadata["LUNAR_OXIDE_VALID_PIXELS"] == str(results["VALID_PIXELS"])
    percent = float(metadata["LUNAR_OXIDE_EXTRAPOLATED_PERCENT"])
    assert percent == results["EXTRAPOLATED_PERCENT"]
    layer = QgsRasterLayer(str(tmp_path / "o.tif"), "oxides")
    assert layer.renderer().type() == "singlebandpseudocolor"
    assert layer.renderer().band() == 3
    assert layer.crs().authid() == "IAU_2015:30110"


def test_own_model_without_optional_outputs(succeed, refused, tile, tmp_path):
    model = ONNX / "oxides_only.onnx"
    parameters = {"INPUT": tile[0], "MODEL_FILE": model, "OUTPUT": tmp_path / "o.tif"}
    results, feedback = succeed("predictoxides", parameters)
    assert "EXTRAPOLATED_PERCENT" not in results
    assert any("does not say where it extrapolates" in text for text in feedback.info)
    message = refused("predictoxides", {**parameters, "OUTPUT_DOMAIN": tmp_path / "d.tif"})
    assert "OUTPUT_DOMAIN" in message


def label_without_image(folder, label):
    (folder / f"{label.stem}.img").unlink()
    return label


def truncated(folder, label):
    image = folder / f"{label.stem}.img"
    image.write_bytes(image.read_bytes()[:-100])
    return label


def seven_bands(folder, label):
    path = folder / "seven.tif"
    gdal.Translate(str(path), str(label), bandList=[1, 2, 3, 4, 5, 7, 8])
    return path


def on_earth(folder, label):
    path = folder / "earth.tif"
    gdal.Translate(str(path), str(label), outputSRS="EPSG:32633")
    return path


def percent(folder, label):
    path = folder / "percent.tif"
    dn = gdal.Open(str(label)).ReadAsArray().astype(np.float32)
    dataset = gdal.GetDriverByName("GTiff").Create(str(path), 60, 40, 9, gdal.GDT_Float32)
    dataset.SetProjection(lunar_crs("IAU_2015:30110").ExportToWkt())
    dataset.WriteArray(dn * 2e-3)
    return path


def all_invalid(folder, label):
    dn = np.full((9, 20, 30), -22000, np.int16)
    return mi_tiles.write_tile(folder, dn, name="EMPTY")


@pytest.mark.parametrize(
    ("spoil", "says"),
    [
        (label_without_image, "not in the same folder"),
        (truncated, "Download it again"),
        (seven_bands, "BANDS"),
        (on_earth, "not on the Moon"),
        (percent, "set SCALE to 0.01"),
        (all_invalid, "no valid pixel"),
    ],
)
def test_bad_rasters_are_refused(refused, tile, tmp_path, spoil, says):
    path = spoil(tmp_path, tile[0])
    message = refused("predictoxides", {"INPUT": path, "OUTPUT": tmp_path / "o.tif"})
    assert says in message
    assert path.name in message or says == "set SCALE to 0.01"


@pytest.mark.parametrize(
    ("parameters", "says"),
    [
        ({"MODEL_FILE": ONNX / "input_rows.onnx"}, "is not an oxide model"),
        ({"MODEL_FILE": ONNX / "README.md"}, "is not an .onnx file"),
        ({"MODEL_FILE": ONNX / "missing.onnx"}, "does not exist"),
        ({"BANDS": "1,2,3"}, "needs 8 different band numbers"),
        ({"BANDS": "1,2,3,4,5,7,8,x"}, "whole numbers"),
        ({"BANDS": "1,2,3,4,5,7,8,12"}, "bands 1 to 9"),
        ({"BANDS": "9,8,7,5,4,3,2,1"}, "BANDS"),
        ({"SCALE": 1e-4}, "SCALE"),
    ],
)
def test_bad_parameters_are_refused(refused, tile, tmp_path, parameters, says):
    message = refused(
        "predictoxides", {"INPUT": tile[0], "OUTPUT": tmp_path / "o.tif", **parameters}
    )
    assert says in message


def test_input_is_never_overwritten(refused, succeed, tile, tmp_path):
    succeed("importmimap", {"INPUT": [str(tile[0])], "OUTPUT": tmp_path / "r.tif"})
    message = refused("predictoxides", {"INPUT": tmp_path / "r.tif", "OUTPUT": tmp_path / "r.tif"})
    assert "would overwrite the input" in message


def test_output_in_a_missing_folder(refused, tile, tmp_path):
    message = refused("predictoxides", {"INPUT": tile[0], "OUTPUT": tmp_path / "no" / "o.tif"})
    assert "o.tif" in message


def test_progress_and_cancel(succeed, refused, tmp_path):
    label = mi_tiles.write_tile(tmp_path, mi_tiles.soils(800, 40))
    feedback = Feedback()
    parameters = {"INPUT": label, "OUTPUT": tmp_path / "o.tif"}
    succeed("predictoxides", parameters, feedback)
    assert feedback.steps == sorted(feedback.steps)
    assert feedback.steps[-1] == 100
    assert len(feedback.steps) >= 4
    # What stood there before a cancelled run is still there: refused() compares all files.
    shutil.copy(tmp_path / "o.tif", tmp_path / "kept.tif")
    message = refused("predictoxides", parameters, Feedback(cancel_at=30))
    assert "Cancelled" in message
