"""Finding onnxruntime, the one library QGIS's Python does not bring."""

from __future__ import annotations

import os
import sys
from pathlib import Path
from types import ModuleType

from ..errors import OnnxruntimeError

#: Oldest onnxruntime that loads the bundled models (IR 8, opset 17) and is tested.
OLDEST = (1, 19)


def import_onnxruntime() -> ModuleType:
    """Import onnxruntime, so that it sends nothing.

    Its builds, that of 1.32 for Linux among them, report their use to Microsoft unless told not to.

    Imported when a model is first used, never at QGIS's start: a missing or
    broken library must not take the plugin down with it.

    OnnxruntimeError when it is missing, does not load or is older than 1.19.
    """
    os.environ["ORT_DISABLE_TELEMETRY"] = "1"  # read when it is first imported
    try:
        if "onnxruntime" not in sys.modules:
            _refuse_what_is_cut_off()
        import onnxruntime

        # A folder of that name without the library would be imported without an error.
        numbers, _ = onnxruntime.__version__.split(".")[:2], onnxruntime.InferenceSession
    except Exception as error:  # a broken binary raises more than ImportError
        raise OnnxruntimeError(
            f"onnxruntime, which runs the models, cannot be loaded ({error})."
        ) from error
    if tuple(map(int, numbers)) < OLDEST:
        raise OnnxruntimeError(
            f"onnxruntime {onnxruntime.__version__} is too old; "
            f"{OLDEST[0]}.{OLDEST[1]} or newer is needed."
        )
    onnxruntime.disable_telemetry_events()  # another plugin may have imported it before
    # Its warnings about the machine's hardware mean nothing to a geologist.
    onnxruntime.set_default_logger_severity(3)
    return onnxruntime


def _refuse_what_is_cut_off() -> None:
    """Compare the libraries' sizes with pip's list: loading one that is too short ends QGIS."""
    from importlib import metadata  # takes a sixth of what the plugin adds to QGIS's start

    try:
        files = metadata.files("onnxruntime") or []
    except metadata.PackageNotFoundError:
        return  # not by pip
    for file in files:
        path = Path(file.locate())
        if file.size and path.exists() and (size := path.stat().st_size) < file.size:
            raise ImportError(f"{path} is cut off: {size} of {file.size} bytes")
