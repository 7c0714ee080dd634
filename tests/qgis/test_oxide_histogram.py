"""Algorithm oxidehistogram."""

import csv
import shutil
from pathlib import Path

import numpy as np
import pytest
from osgeo import gdal

from lunar_oxide_plugin.core.results.histogram import BINS
from tests.polygons import lunar_crs

from .conftest import Feedback


def table(path):
    """{(raster, quantity): (percent, area_km2)} with a value for every row."""
    found = {}
    with path.open(encoding="utf-8", newline="") as file:
        for row in csv.DictReader(file):
            rows = found.setdefault((row["raster"], row["quantity"]), ([], []))
            rows[0].append(float(row["percent"]))
            rows[1].append(float(row["area_km2"]))
    return found


def test_histograms_weighted_by_area(succeed, oxide_raster, tmp_path):
    path, values, _, north, step = oxide_raster()
    output = tmp_path / "h.csv"
    results, feedback = succeed("oxidehistogram", {"INPUT": [str(path)], "TABLE": output})
    assert results == {"TABLE": str(output)}
    found = table(output)
    edges = np.radians(north - step * np.arange(41))
    areas = -np.diff(np.sin(edges))[:, None] * np.radians(step) * 1737.4**2 * np.ones(60)
    magnesium, iron = values[3] / 40.304, values[2] / 71.844
    expected = dict(zip(("Al2O3", "CaO", "FeO", "MgO", "TiO2"), values))
    expected["Mg#"] = magnesium / (magnesium + iron)
    assert [quantity for _, quantity in found] == list(expected)
    for quantity, plane in expected.items():
        valid = np.isfinite(plane)
        inner, _ = np.histogram(plane[valid], BINS[quantity].edges, weights=areas[valid])
        percent, area = found[path.name, quantity]
        np.testing.assert_allclose(area[1:-1], inner, atol=1e-6)
        np.testing.assert_allclose(percent[1:-1], 100 * inner / areas[valid].sum(), atol=1e-5)
        above = areas[valid & (plane > BINS[quantity].upper)].sum()
        assert area[-1] == pytest.approx(above, abs=1e-6)
    assert any("TiO2 lies above 20 wt%" in text for text in feedback.warnings)
    assert not any("Al2O3" in text for text in feedback.warnings)
    assert any("FeO: mean" in text for text in feedback.info)


def test_report_of_several_rasters(succeed, oxide_raster, tmp_path):
    """Of other oxides, another projection and a file of the same name; one of them twice."""
    path, *_ = oxide_raster(metadata={"LUNAR_OXIDE_MODEL": "cnn", "SYNTHETIC": "YES"})
    polar, *_ = oxide_raster(
        30, 30, -6e5, 6e5, 4e4, crs=lunar_crs("IAU_2015:30130"), names=("a", "b", "FeO", "c", "d")
    )
    (tmp_path / "copy").mkdir()
    copy = shutil.copy(path, tmp_path / "copy")
    inputs = [str(path), str(polar), str(copy), str(path)]
    results, feedback = succeed(
        "oxidehistogram",
        {"INPUT": inputs, "REPORT": "TEMPORARY_OUTPUT", "TABLE": tmp_path / "t.csv"},
    )
    found = table(tmp_path / "t.csv")
    names = [f"{path} (SYNTHETIC)", polar.name, f"{copy} (SYNTHETIC)"]
    assert list(dict.fromkeys(raster for raster, _ in found)) == names
    assert [quantity for raster, quantity in found if raster == polar.name] == ["FeO"]
    assert found[names[0], "FeO"] == found[names[2], "FeO"]
    text = Path(results["REPORT"]).read_text(encoding="utf-8")
    assert '<p class="warning">SYNTHETIC: ' in text
    assert f"{polar.name}, " in text
    assert "<dt>SYNTHETIC</dt><dd>YES</dd>" in text
    assert f"<dt>{path} (SYNTHETIC): LUNAR_OXIDE_MODEL</dt><dd>cnn</dd>" in text
    assert "lunaroxide:oxidehistogram" in text
    assert any(text.startswith("SYNTHETIC") for text in feedback.warnings)


def test_dialogs_and_models_make_a_report_unless_told_otherwise(provider):
    algorithm = provider.algorithm("oxidehistogram")
    by_default = {
        name: algorithm.parameterDefinition(name).createByDefault() for name in ("REPORT", "TABLE")
    }
    assert by_default == {"REPORT": True, "TABLE": False}
    assert [output.type() for output in algorithm.outputDefinitions()] == [
        "outputHtml",
        "outputFile",
    ]


def test_progress_rises_over_all_rasters(succeed, oxide_raster, tmp_path):
    inputs = [str(oxide_raster(600, 2000)[0]), str(oxide_raster(300, 2000)[0])]
    _, feedback = succeed("oxidehistogram", {"INPUT": inputs, "TABLE": tmp_path / "t.csv"})
    assert feedback.steps == sorted(feedback.steps)
    assert feedback.steps[-1] == pytest.approx(100)
    between = [step for step in feedback.steps if 0 < step < 100]
    assert any(step == pytest.approx(100 * 600 / 900) for step in between)
    assert len(set(between)) >= 3


@pytest.mark.parametrize("share", [20, 80])
def test_cancel_leaves_nothing(run, oxide_raster, tmp_path, share):
    inputs = [str(oxide_raster(600, 2000)[0]), str(oxide_raster(600, 20)[0])]
    before = set(tmp_path.iterdir())
    outputs = {"REPORT": tmp_path / "r.html", "TABLE": tmp_path / "t.csv"}
    _, ok, feedback = run("oxidehistogram", {"INPUT": inputs, **outputs}, Feedback(share))
    assert not ok
    assert any("Cancelled" in text for text in feedback.errors)
    assert set(tmp_path.iterdir()) == before


def test_refusals(refused, oxide_raster, tmp_path):
    path, *_ = oxide_raster()

    def message(raster, **outputs):
        outputs = outputs or {"REPORT": tmp_path / "r.html", "TABLE": tmp_path / "t.csv"}
        return refused("oxidehistogram", {"INPUT": [str(path), str(raster)], **outputs})

    nameless, *_ = oxide_raster(names=("", "b", "FeO 1 sigma", "c", "d"))
    assert "no band described as Al2O3" in message(nameless)
    fractions, *_ = oxide_raster(values=np.full((5, 3, 3), 0.09, np.float32))
    assert "gdal_edit.py -scale 100" in message(fractions)
    empty, *_ = oxide_raster(values=np.full((5, 3, 3), -9999, np.float32))
    assert "no valid pixel" in message(empty)
    earth = tmp_path / "earth.tif"
    gdal.Translate(str(earth), str(path), outputSRS="EPSG:4326")
    assert "not on the Moon" in message(earth)
    assert "Give REPORT or TABLE" in message(path, REPORT="", TABLE="")
    assert "would overwrite the input" in message(path, TABLE=path)
    assert "no folder" in message(path, TABLE=tmp_path / "none" / "t.csv")
