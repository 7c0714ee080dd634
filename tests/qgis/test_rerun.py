"""A run again onto a result that QGIS shows as a layer."""

from qgis.core import QgsProject, QgsVectorLayer


def test_again_onto_a_layer(succeed, tmp_path):
    """A new layer shows the new file, also once the older layer, changed meanwhile, is closed."""
    path = tmp_path / "sites.gpkg"

    def layer():
        succeed("groundtruthsites", {"OUTPUT": path})
        opened = QgsVectorLayer(f"{path}|layername=sites", "sites")
        return QgsProject.instance().addMapLayer(opened)

    first = layer()
    before = [feature["FeO"] for feature in first.getFeatures()]
    assert first.startEditing()
    for feature in first.getFeatures():
        first.changeAttributeValue(feature.id(), first.fields().indexOf("FeO"), 99.0)
    assert first.commitChanges()
    assert {feature["FeO"] for feature in first.getFeatures()} == {99.0}
    second = layer()
    assert [feature["FeO"] for feature in second.getFeatures()] == before
    QgsProject.instance().removeMapLayer(first)
    assert [feature["FeO"] for feature in second.getFeatures()] == before
    QgsProject.instance().removeMapLayer(second)
    fresh = QgsVectorLayer(str(path), "fresh")
    assert [feature["FeO"] for feature in fresh.getFeatures()] == before
