"""Paths as users write them: those of inputs are understood, those of outputs never guessed."""

from __future__ import annotations

import os
import re
from pathlib import Path
from typing import Any

from qgis.core import (
    QgsProcessing,
    QgsProcessingOutputLayerDefinition,
    QgsProcessingParameterDefinition,
    QgsProcessingParameterExtent,
    QgsProcessingParameterFeatureSource,
    QgsProcessingParameterFile,
    QgsProcessingParameterMultipleLayers,
    QgsProcessingParameterRasterLayer,
    QgsProcessingParameterVectorLayer,
    QgsProperty,
)
from qgis.PyQt.QtCore import QUrl

from ..core.errors import RasterError

_FROM_FILES = (
    QgsProcessingParameterExtent,
    QgsProcessingParameterFeatureSource,
    QgsProcessingParameterFile,
    QgsProcessingParameterMultipleLayers,
    QgsProcessingParameterRasterLayer,
    QgsProcessingParameterVectorLayer,
)

#: The beginning of a database's or another service's address; C: is a drive.
_ADDRESS = re.compile(r"[A-Za-z][A-Za-z0-9+.-]+:")


def understood_paths(definition: QgsProcessingParameterDefinition, value: Any) -> Any:
    """The value of an input, with paths for ~/... and file://... where such files exist."""
    if not isinstance(definition, _FROM_FILES):
        return value
    if isinstance(value, (list, tuple)):
        return [_path(item) for item in value]
    return _path(value)


def require_output_file(name: str, value: Any) -> None:
    """Refuse an output that is not the path of a file.

    Raises
    ------
    RasterError
        When it is a place in a database, in memory or elsewhere, or begins with ~.
    """
    value = named_output(value)
    if value.startswith("~"):
        raise RasterError(
            f"{name} is {value}, but ~ is not replaced here. Give the whole path: "
            f"{Path(value).expanduser() if value.startswith('~/') else 'from the root on'}."
        )
    if value.lower().startswith("file:"):
        path = QUrl(value).toLocalFile()
        raise RasterError(f"{name} is the address {value}. Give the path of a file: {path}")
    if _ADDRESS.match(value):
        raise RasterError(
            f"{name} is {value}, but results are written to files only, not to databases or to "
            "memory. Give the path of a file, and load it from there."
        )


def named_output(value: Any) -> str:
    """The path that a user gave to an output; empty for a temporary one and for none."""
    if isinstance(value, QgsProcessingOutputLayerDefinition):
        value = value.sink
    if isinstance(value, QgsProperty):
        value = value.staticValue()
    named = isinstance(value, str) and value != QgsProcessing.TEMPORARY_OUTPUT
    return value if named else ""


def _path(value: Any) -> Any:
    if not isinstance(value, str):
        return value
    place, bar, rest = value.partition("|")  # a layer's name and filter stand behind it
    if place.startswith("~"):
        path = os.path.expanduser(place)  # noqa: PTH111 - Path raises where there is no such user
    elif place.lower().startswith("file:"):
        path = QUrl(place).toLocalFile()
    else:
        return value
    # What is there under the name as it was written comes first. Path.exists raises where a name
    # is too long or a folder is closed.
    as_written, there = map(os.path.exists, (place, path))
    return f"{path}{bar}{rest}" if there and not as_written else value
