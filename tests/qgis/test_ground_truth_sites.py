"""Algorithm groundtruthsites: what the file holds, as QGIS reads it."""

import csv

from osgeo import gdal
from qgis.core import QgsVectorLayer

from .conftest import ROOT


def bundled_rows():
    path = ROOT / "lunar_oxide_plugin" / "core" / "sites" / "ground_truth_sites.csv"
    with path.open(newline="", encoding="utf-8") as file:
        return list(csv.DictReader(line for line in file if not line.startswith("#")))


def test_every_site_with_its_chemistry(succeed, tmp_path):
    results, feedback = succeed("groundtruthsites", {"OUTPUT": tmp_path / "sites.gpkg"})
    layer = QgsVectorLayer(results["OUTPUT"], "sites")
    features = {feature["site"]: feature for feature in layer.getFeatures()}
    rows = bundled_rows()
    assert list(features) == [row["site"] for row in rows]
    assert len(rows) == 40
    for row in rows:
        feature = features[row["site"]]
        for oxide in ("Al2O3", "CaO", "FeO", "MgO", "TiO2"):
            assert feature[oxide] == float(row[oxide])
        mg, fe = float(row["MgO"]) / 40.304, float(row["FeO"]) / 71.844
        assert abs(feature["Mg_number"] - mg / (mg + fe)) < 1e-4
        assert feature["position_quality"] == row["position_quality"]
        if row["longitude"]:
            point = feature.geometry().asPoint()
            assert (point.x(), point.y()) == (float(row["longitude"]), float(row["latitude"]))
    without = [name for name, feature in features.items() if feature.geometry().isNull()]
    assert without == ["Apollo17S4"]
    assert any("no position: Apollo17S4" in text for text in feedback.info)


def test_lies_on_the_moon_and_is_labelled_by_site(succeed, tmp_path):
    results, _ = succeed("groundtruthsites", {"OUTPUT": tmp_path / "sites.gpkg"})
    layer = QgsVectorLayer(results["OUTPUT"], "sites")
    assert layer.crs().authid() == "IAU_2015:30100"
    assert layer.labelsEnabled()
    assert layer.labeling().settings().fieldName == "site"
    assert layer.renderer().symbol().symbolLayer(0).size() == 2.4
    dataset = gdal.OpenEx(results["OUTPUT"])  # keeps its layer alive
    metadata = dataset.GetLayer(0).GetMetadata()
    assert metadata["LUNAR_OXIDE_ALGORITHM"] == "lunaroxide:groundtruthsites"
