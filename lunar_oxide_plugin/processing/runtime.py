"""onnxruntime in QGIS's Python: where it may lie, and how a user gets it."""

from __future__ import annotations

import sys
from pathlib import Path

from qgis.core import QgsApplication

from ..core.errors import OnnxruntimeError
from ..core.models.model import OxideModel


def load_model(path: str | Path) -> OxideModel:
    """Load a model; without onnxruntime, say how to install it.

    Raises
    ------
    OnnxruntimeError, ModelError
        See `core.model.OxideModel`.
    """
    extend_path()
    try:
        return OxideModel(path)
    except OnnxruntimeError as error:
        raise OnnxruntimeError(
            f"{error} Run Check installation (group Help) with INSTALL ticked, or this command, "
            f"and restart QGIS:\n  {install_command()}"
        ) from error


def profile_folder() -> Path:
    """The `python` folder of the QGIS profile: on sys.path, and kept when plugins are updated."""
    return Path(QgsApplication.qgisSettingsDirPath()) / "python"


def extend_path() -> None:
    """Also look where the qpip plugin installs.

    qgis_process never loads qpip. Its folder goes last: it may hold a numpy
    that QGIS's GDAL cannot work with.
    """
    version = f"{sys.version_info.major}.{sys.version_info.minor}"
    for folder in (profile_folder(), profile_folder() / "dependencies" / version):
        if folder.is_dir() and str(folder) not in sys.path:
            sys.path.append(str(folder))


def install_command() -> str:
    """The command that installs onnxruntime for this QGIS.

    Without its dependencies: with them, pip would lay a numpy beside it that
    breaks QGIS's GDAL, and onnxruntime runs without the others.
    """
    if sys.platform == "win32":
        python = "python3"  # in the OSGeo4W Shell that comes with QGIS
    elif sys.platform == "darwin":
        # sys.executable is QGIS itself there; its Python lies beside it.
        python = f'"{Path(sys.exec_prefix) / "bin" / "python3"}"'
    else:
        python = "/usr/bin/python3"
    return (
        f"{python} -m pip install --no-deps --only-binary :all: "
        f'--target "{profile_folder()}" onnxruntime'
    )
