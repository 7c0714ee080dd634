"""The look-up of Qt's names can fail."""

import pytest

from scripts.check.qt6 import PLUGIN, findings


def test_the_plugin_has_none():
    files = sorted(PLUGIN.rglob("*.py"))
    assert len(files) > 50
    assert [line for file in files for line in findings(file)] == []


@pytest.mark.parametrize(
    ("code", "words"),
    [
        ("from PyQt5.QtCore import Qt", "import from qgis.PyQt"),
        ("import PyQt5.QtCore", "by qgis.PyQt"),
        ("from qgis.PyQt.QtWidgets import QAction", "PyQt6.QtWidgets has no QAction"),
        ("from qgis.PyQt.QtCore import Qt\nQt.AlignLeft", "Qt 6 has no Qt.AlignLeft"),
        ("from qgis.PyQt.QtGui import QImage as I\nI.Format_ARGB32", "no I.Format_ARGB32"),
        ("from qgis.PyQt import QtCore\nQtCore.QVariant.Int", "no QtCore.QVariant.Int"),
        ("from qgis.PyQt.QtCore import QRegExp", "has no QRegExp"),
    ],
)
def test_found(tmp_path, code, words):
    path = tmp_path / "code.py"
    path.write_text(code)
    (line,) = findings(path)
    assert words in line
    assert f"{path}:{code.count(chr(10)) + 1}: " in line


def test_scoped_enums_and_slots_are_fine(tmp_path):
    path = tmp_path / "code.py"
    path.write_text(
        "from qgis.PyQt.QtCore import Qt\nfrom qgis.PyQt.QtGui import QAction\n"
        "Qt.AlignmentFlag.AlignLeft\nQAction.triggered\n"
    )
    assert list(findings(path)) == []
