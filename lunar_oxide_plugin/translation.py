"""What users see in the toolbox, dialogs and menu, in the language of QGIS.

Messages, logs, reports and files stay English, which those write who publish.
"""

from __future__ import annotations

from qgis.core import QgsApplication
from qgis.PyQt.QtCore import QCoreApplication, QLocale, QTranslator

from .about import FOLDER

CONTEXT = "LunarOxide"


def tr(text: str) -> str:
    """A text in the language of QGIS; as it is where there is no translation of it."""
    return QCoreApplication.translate(CONTEXT, text) if text else text


class Translation:
    """The bundled translation into QGIS's language, where there is one.

    Parameters
    ----------
    language : str
        Such as "ja"; "" for that of QGIS (Options > General, else the system's).
    """

    def __init__(self, language: str = "") -> None:
        self._translator = QTranslator()
        locale = QLocale(language or QgsApplication.instance().locale())
        self._loaded = self._translator.load(locale, "lunar_oxide", "_", str(FOLDER / "i18n"))

    def install(self) -> None:
        """Use it from now on."""
        if self._loaded:
            QCoreApplication.installTranslator(self._translator)

    def remove(self) -> None:
        """Use it no more."""
        QCoreApplication.removeTranslator(self._translator)
