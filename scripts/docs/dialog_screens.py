"""Take the pictures of the reference. QGIS itself runs this, see scripts/docs/screenshots.py."""

from __future__ import annotations

from processing.modeler.ModelerDialog import ModelerDialog
from qgis.core import QgsApplication, QgsProcessingModelAlgorithm
from qgis.PyQt.QtWidgets import QDockWidget

from lunar_oxide_plugin.translation import Translation
from scripts.docs.windows import dialog_picture, save, settle, take

PROVIDER = "lunaroxide"
WIDTH = 800


def dialogs() -> None:
    """The dialog of every algorithm and workflow, as it opens."""
    for algorithm in QgsApplication.processingRegistry().providerById(PROVIDER).algorithms():
        shown = sum(not d.isDestination() for d in algorithm.parameterDefinitions())
        files = sum(d.isDestination() for d in algorithm.parameterDefinitions())
        height = min(1100, 240 + 50 * shown + 75 * files)
        dialog_picture(algorithm.name(), algorithm.name(), {}, (WIDTH, height))


def designer() -> None:
    """The bundled workflows in QGIS's model designer."""
    for algorithm in QgsApplication.processingRegistry().providerById(PROVIDER).algorithms():
        if not isinstance(algorithm, QgsProcessingModelAlgorithm):
            continue
        window = ModelerDialog.create(algorithm.create())
        window.show()
        window.resize(1250, 760)
        for dock in window.findChildren(QDockWidget):
            dock.setVisible(False)
        settle(500)
        window.view().fitInView(window.view().scene().itemsBoundingRect(), 1)  # keeps proportions
        settle(300)
        save(f"designer_{algorithm.name()}", window.grab())
        window.setModel(QgsProcessingModelAlgorithm())  # else it asks whether to save
        window.hide()


def japanese() -> None:
    """A dialog in another language."""
    registry = QgsApplication.processingRegistry()
    translation = Translation("ja")
    translation.install()
    registry.providerById(PROVIDER).refreshAlgorithms()
    dialog_picture("japanese", "predictoxides", {}, (WIDTH, 720))


take(dialogs, designer, japanese)
