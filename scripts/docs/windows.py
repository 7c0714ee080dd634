"""What pictures of QGIS's windows have in common; imported inside QGIS (`qgis --code`)."""

from __future__ import annotations

import os
import sys
import traceback
from collections.abc import Callable
from pathlib import Path

from qgis import processing
from qgis.core import QgsApplication
from qgis.PyQt.QtCore import QEventLoop, QTimer
from qgis.PyQt.QtGui import QImage, QPixmap
from qgis.utils import iface

SCREENS = Path("screens")


def settle(milliseconds: int = 400) -> None:
    """Let QGIS draw."""
    loop = QEventLoop()
    QTimer.singleShot(milliseconds, loop.quit)
    loop.exec()
    iface.mapCanvas().waitWhileRendering()
    QgsApplication.processEvents()


def save(name: str, picture: QPixmap | QImage) -> None:
    """Keep a picture."""
    if picture.isNull() or not picture.save(str(SCREENS / f"{name}.png")):
        raise OSError(f"The picture {name} cannot be saved.")


def dialog_picture(
    name: str, algorithm: str, parameters: dict[str, object], size: tuple[int, int]
) -> None:
    """Keep an algorithm's dialog with its parameters filled in."""
    dialog = processing.createAlgorithmDialog(f"lunaroxide:{algorithm}", parameters)
    dialog.show()
    dialog.resize(*size)
    settle(600)
    save(name, dialog.grab())
    dialog.close()


def take(*exercises: Callable[[], None]) -> None:
    """Take all pictures once QGIS's window is there, and end QGIS; its code says how it went."""

    def work() -> None:
        code = 1
        try:
            SCREENS.mkdir(exist_ok=True)
            for exercise in exercises:
                exercise()
            code = 0
        except Exception:  # whatever it is: else QGIS's window would stay open for ever
            traceback.print_exc(file=sys.stderr)
        sys.stderr.flush()
        # Not QGIS's own way out, which asks whether to save the project.
        os._exit(code)

    QTimer.singleShot(1500, work)
