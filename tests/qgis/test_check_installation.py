"""Algorithm checkinstallation: what it reports, and what of it is so."""

import json
import platform
import sys

import numpy
import onnxruntime
import pytest
from osgeo import gdal
from qgis.core import Qgis

from lunar_oxide_plugin.about import VERSION
from lunar_oxide_plugin.core.models.model import BUNDLED, bundled_path
from lunar_oxide_plugin.core.oxides.oxides import OXIDES


def test_versions_are_those_in_use(succeed):
    results, feedback = succeed("checkinstallation", {})
    assert results["READY"] is True
    lines = results["REPORT"].splitlines()
    assert lines[0] == f"Lunar Oxide Mapper {VERSION}"
    for name, version in (
        ("QGIS", Qgis.QGIS_VERSION),
        ("Python", platform.python_version()),
        ("GDAL", gdal.__version__),
        ("numpy", numpy.__version__),
    ):
        assert f"{name} {version}" in lines[1]
    assert lines[2].startswith(f"onnxruntime {onnxruntime.__version__} in ")
    assert "\n".join(feedback.info) == results["REPORT"]
    assert not feedback.errors


@pytest.mark.parametrize("model", [name for name, _ in BUNDLED])
def test_card_holds_the_scores_in_the_model_file(succeed, model):
    results, _ = succeed("checkinstallation", {})
    session = onnxruntime.InferenceSession(str(bundled_path(model)))
    metadata = session.get_modelmeta().custom_metadata_map
    report = results["REPORT"]
    assert f"Model {model}: {metadata['title']}" in report
    metrics = json.loads(metadata["metrics"])
    card = report.partition(f"Model {model}: ")[2].partition("\nModel ")[0]
    lines = [line.strip() for line in card.splitlines()]
    for protocol, scores in metrics.items():
        shown = [line for line in lines if line.startswith(f"{protocol}: {{")]
        assert [json.loads(line.partition(": ")[2]) for line in shown] == [scores]
        assert set(scores) == set(OXIDES)
    assert f"  citation: {metadata['citation']}" in card


@pytest.mark.parametrize("trouble", ["missing", "old"])
def test_without_a_usable_onnxruntime(succeed, monkeypatch, trouble):
    if trouble == "missing":
        monkeypatch.setitem(sys.modules, "onnxruntime", None)
    else:
        monkeypatch.setattr(onnxruntime, "__version__", "1.9.0")
    results, feedback = succeed("checkinstallation", {})
    assert results["READY"] is False
    reason = "cannot be loaded" if trouble == "missing" else "1.9.0 is too old"
    report = results["REPORT"]
    assert reason in report
    assert report.count("pip install --no-deps --only-binary :all: --target") == 1
    assert report.rstrip().endswith("onnxruntime")
    assert f"QGIS {Qgis.QGIS_VERSION}" in report
    assert feedback.errors == [report]  # in red
