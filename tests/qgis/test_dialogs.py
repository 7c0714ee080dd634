"""The dialog of each algorithm, as the toolbox opens it."""

import time
from pathlib import Path

import pytest
from qgis.core import QgsApplication, QgsProject, QgsRasterLayer
from qgis.gui import QgsBrowserGuiModel, QgsLayerTreeView
from qgis.PyQt.QtWidgets import QCheckBox, QComboBox, QTextBrowser, QTextEdit

from tests.polygons import write_polygons

from .test_provider import CONTRACT


@pytest.fixture()
def open_dialog(provider, qgis_iface):
    """Make an algorithm's dialog; all are closed at the end."""
    from processing.gui.AlgorithmDialog import AlgorithmDialog

    model = QgsBrowserGuiModel()
    tree = QgsLayerTreeView()
    qgis_iface.browserModel = lambda: model
    qgis_iface.layerTreeView = lambda: tree  # from QGIS 3.40 on, where results are placed
    opened = []

    def make(name):
        algorithm = QgsApplication.processingRegistry().createAlgorithmById(f"lunaroxide:{name}")
        dialog = AlgorithmDialog(algorithm)
        opened.append(dialog)
        dialog.show()
        QgsApplication.processEvents()
        return dialog

    yield make
    for dialog in opened:
        dialog.close()
        dialog.deleteLater()
    QgsApplication.processEvents()
    QgsProject.instance().clear()


def widgets(dialog):
    """Widgets of the parameters (a wrapper each), outputs included."""
    return dialog.mainWidget().wrappers


@pytest.mark.parametrize("name", sorted(CONTRACT))
def test_dialog_has_a_widget_for_every_parameter_and_help(open_dialog, name):
    dialog = open_dialog(name)
    algorithm = dialog.algorithm()
    assert algorithm.displayName() in dialog.windowTitle()
    parameters = {parameter.strip("?") for parameter in CONTRACT[name][0].split()}
    assert set(widgets(dialog)) == parameters
    (page,) = (
        browser for browser in dialog.findChildren(QTextBrowser) if browser.toPlainText().strip()
    )
    shown = page.toPlainText()
    assert shown.startswith(algorithm.displayName())
    # Every word of the help: none was taken for a tag.
    assert shown.split()[len(algorithm.displayName().split()) :] == (
        algorithm.shortHelpString().split()
    )


@pytest.mark.parametrize("name", ["zonaloxides", "samplesites", "oxideworkflow", "unitreport"])
def test_selected_features_can_be_chosen(open_dialog, name):
    boxes = [box.text() for box in open_dialog(name).findChildren(QCheckBox)]
    assert "Selected features only" in boxes


def test_layers_of_the_project_are_offered(open_dialog, succeed, tile, tmp_path):
    succeed("importmimap", {"INPUT": [str(tile[0])], "OUTPUT": tmp_path / "reflectance.tif"})
    layer = QgsRasterLayer(str(tmp_path / "reflectance.tif"), "reflectance of the tile")
    QgsProject.instance().addMapLayer(layer)
    dialog = open_dialog("predictoxides")
    combos = dialog.findChildren(QComboBox)
    offered = [combo.itemText(row) for combo in combos for row in range(combo.count())]
    assert any("reflectance of the tile" in text for text in offered)
    assert "1D-CNN after Zhang et al. (2023)" in offered


def run(dialog, parameters):
    """Fill the dialog in and run it in a task, as its button does; the results."""
    dialog.setParameters({name: str(value) for name, value in parameters.items()})
    dialog.runAlgorithm()
    end = time.monotonic() + 60
    while not dialog.wasExecuted() and time.monotonic() < end:
        QgsApplication.processEvents()
    return dialog.results()


def test_filled_in_and_run_to_the_end(open_dialog, tile, tmp_path):
    """The result is loaded under its name, on the Moon and with its style."""
    dialog = open_dialog("predictoxides")
    results = run(dialog, {"INPUT": tile[0], "OUTPUT": tmp_path / "oxides.tif"})
    assert results["OUTPUT"] == str(tmp_path / "oxides.tif")
    assert "OUTPUT_DOMAIN" not in results
    (layer,) = QgsProject.instance().mapLayers().values()
    assert layer.name() == "Oxides"
    assert layer.crs().authid() == "IAU_2015:30110"
    assert layer.renderer().type() == "singlebandpseudocolor"
    assert layer.renderer().band() == 3
    assert (layer.renderer().classificationMin(), layer.renderer().classificationMax()) == (0, 24)
    log = dialog.findChild(QTextEdit, "txtLog").toPlainText()
    assert "pixels are valid and were predicted" in log


def test_workflow_loads_every_result_with_its_style(open_dialog, tile, tmp_path):
    wkt = "POLYGON((-49.998 43.999, -49.975 43.999, -49.975 43.985, -49.998 43.999))"
    zones = write_polygons(tmp_path / "zones.gpkg", {"corner": wkt})
    rasters = {
        "predict:Oxides": ("oxides.tif", "singlebandpseudocolor"),
        "predict:Uncertainty": ("uncertainty.tif", "singlebandpseudocolor"),
        "predict:Domain": ("domain.tif", "singlebandpseudocolor"),
        "mg:MgNumber": ("mg.tif", "singlebandpseudocolor"),
        "rgb:RGB": ("rgb.tif", "multibandcolor"),
    }
    outputs = {name: tmp_path / file for name, (file, _) in rasters.items()}
    outputs["units:Units"] = tmp_path / "units.gpkg"
    run(open_dialog("oxideworkflow"), {"INPUT": tile[0], "ZONES": zones, **outputs})
    loaded = {
        Path(layer.source().split("|")[0]).name: layer
        for layer in QgsProject.instance().mapLayers().values()
    }
    assert set(loaded) == {path.name for path in outputs.values()}
    for file, kind in rasters.values():
        assert loaded[file].renderer().type() == kind
    assert loaded["mg.tif"].renderer().classificationMax() == 0.9
    assert loaded["units.gpkg"].crs().authid() == "IAU_2015:30100"
