"""Algorithm `checkinstallation`."""

from __future__ import annotations

import json
import platform
from typing import Any

import numpy
from qgis.core import (
    Qgis,
    QgsProcessingOutputBoolean,
    QgsProcessingOutputString,
    QgsProcessingParameterBoolean,
    QgsProcessingParameterFile,
)

from ...about import NAME, VERSION
from ...core.errors import LunarOxideError
from ...core.models.model import BUNDLED, OxideModel, bundled_path
from ...core.models.onnx_runtime import import_onnxruntime
from ..base import LunarOxideAlgorithm
from ..onnxruntime_install import install
from ..progress import FeedbackWatch
from ..runtime import load_model


class CheckInstallation(LunarOxideAlgorithm):
    """Whether everything the plugin needs is installed."""

    NAME = "checkinstallation"
    TITLE = "Check installation"
    GROUP = "Help"
    SUMMARY = (
        "Reports the versions in use, whether onnxruntime loads (and if not, the command that "
        "installs it), and the cards of the bundled models. On request it installs onnxruntime "
        "into this QGIS profile."
    )
    TAGS = ("onnxruntime", "install", "version", "model card")

    INSTALL = "INSTALL"
    WHEEL = "WHEEL"
    READY = "READY"
    REPORT = "REPORT"

    def initAlgorithm(self, configuration: dict[str, Any] | None = None) -> None:
        """Declare parameters and outputs."""
        self.add(
            QgsProcessingParameterBoolean(
                self.INSTALL,
                "Install onnxruntime into this profile",
                defaultValue=False,
                optional=True,
            ),
            "Downloads the newest onnxruntime from the Python Package Index (20 MB) with pip, "
            "without dependencies, into the Python folder of the profile, where updates of the "
            "plugin keep it. A working onnxruntime is left as it is. Nothing else on the computer "
            "changes.",
        )
        self.add(
            QgsProcessingParameterFile(
                self.WHEEL, "Wheel of onnxruntime", extension="whl", optional=True
            ),
            "For a computer without a network connection: a file onnxruntime-...-.whl for its "
            "system and the Python version of its QGIS, downloaded from pypi.org on another "
            "computer. Used with INSTALL.",
        )
        self.addOutput(QgsProcessingOutputBoolean(self.READY, "Ready to predict"))
        self.addOutput(QgsProcessingOutputString(self.REPORT, "Report"))

    def compute(self, watch: FeedbackWatch) -> dict[str, Any]:
        """Load runtime and models, and report what was found."""
        from osgeo import gdal

        lines = [
            f"{NAME} {VERSION}",
            f"QGIS {Qgis.QGIS_VERSION}, Python {platform.python_version()}, "
            f"GDAL {gdal.__version__}, numpy {numpy.__version__}",
        ]
        wheel = self.file(self.WHEEL)
        if self.flag(self.INSTALL):
            lines.append(install(wheel, watch.note, watch.feedback.isCanceled))
        elif wheel:
            raise LunarOxideError("WHEEL is given without INSTALL. Tick INSTALL to install it.")
        ready = True
        try:
            models = [load_model(bundled_path(model_id)) for model_id, _ in BUNDLED]
        except LunarOxideError as error:
            ready = False
            lines.append(str(error))
        else:
            runtime = import_onnxruntime()
            lines.append(f"onnxruntime {runtime.__version__} in {runtime.__path__[0]}")
            for model in models:
                lines += ["", *_card(model)]
        (watch.note if ready else watch.feedback.reportError)("\n".join(lines))
        return {self.READY: ready, self.REPORT: "\n".join(lines)}


def _card(model: OxideModel) -> list[str]:
    """The card of a model, a line per entry."""
    lines = [f"Model {model.id}: {model.title}"]
    for key, value in model.card().items():
        if key in ("id", "title"):
            continue
        if isinstance(value, dict):
            lines.append(f"  {key}:")
            lines += [f"    {name}: {json.dumps(entry)}" for name, entry in value.items()]
        else:
            lines.append(f"  {key}: {value}")
    return lines
