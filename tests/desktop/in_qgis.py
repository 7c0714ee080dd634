"""What a user does with the zip, done inside QGIS's window; what came of it goes to a file.

Run by test_install.py: qgis --code in_qgis.py, with the names of files in the environment.
"""

import json
import os
import sys
import traceback
from pathlib import Path

import pyplugin_installer
from qgis import processing, utils
from qgis.core import QgsApplication, QgsProject
from qgis.PyQt.QtCore import QTimer
from qgis.PyQt.QtWidgets import QApplication

NAME = "lunar_oxide_plugin"
found = {}


def algorithms():
    provider = QgsApplication.processingRegistry().providerById("lunaroxide")
    return sorted(one.name() for one in provider.algorithms()) if provider else None


def menus():
    of_plugins = utils.iface.pluginMenu().actions()
    return {
        action.text(): [entry.text() for entry in action.menu().actions()]
        for action in of_plugins
        if action.menu() and "Lunar" in action.text()
    }


def entry(text):
    """Choose an entry of our menu; the dialog that it opens, closed again."""
    (menu,) = (a.menu() for a in utils.iface.pluginMenu().actions() if "Lunar" in a.text())
    next(action for action in menu.actions() if action.text() == text).trigger()
    QApplication.processEvents()
    dialog = next(w for w in QApplication.topLevelWidgets() if "Check inst" in w.windowTitle())
    said = {"title": dialog.windowTitle(), "parameters": dialog.createProcessingParameters()}
    dialog.grab().save(os.environ["DIALOG"])
    dialog.close()
    dialog.deleteLater()
    return said


def check(**parameters):
    return processing.run("lunaroxide:checkinstallation", parameters)


def steps():
    pyplugin_installer.instance().installFromZipFile(os.environ["ZIP"])
    found["loaded"] = NAME in utils.plugins
    found["algorithms"] = algorithms()
    found["menu"] = menus()
    found["at start"] = "onnxruntime" in sys.modules
    before = check()
    found["without"] = [before["READY"], before["REPORT"]]
    found["entry"] = entry("Install onnxruntime...")
    after = check(INSTALL=True, WHEEL=os.environ["WHEEL"])
    found["with"] = [after["READY"], after["REPORT"]]
    result = processing.runAndLoadResults(
        "lunaroxide:predictoxides", {"INPUT": os.environ["TILE"], "OUTPUT": os.environ["OUTPUT"]}
    )
    found["output"] = result["OUTPUT"]
    found["layers"] = [layer.name() for layer in QgsProject.instance().mapLayers().values()]
    folder = utils.pluginDirectory(NAME)
    pyplugin_installer.instance().uninstallPlugin(NAME, quiet=True)
    found["uninstalled"] = [algorithms(), menus(), Path(folder).exists()]


def main():
    try:
        steps()
    except BaseException:
        found["error"] = traceback.format_exc()
    Path(os.environ["FOUND"]).write_text(json.dumps(found, default=str), encoding="utf-8")
    QgsProject.instance().clear()
    QgsApplication.instance().exit(0)


QTimer.singleShot(0, main)
