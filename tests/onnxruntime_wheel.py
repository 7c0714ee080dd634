"""The onnxruntime of this environment as the wheel that it was installed from."""

from __future__ import annotations

import importlib.metadata
import zipfile
from pathlib import Path


def write_wheel(folder: Path) -> Path:
    """Pack it again."""
    parts = importlib.metadata.distribution("onnxruntime")
    text = parts.read_text("WHEEL")
    tag = next(line.split()[1] for line in text.splitlines() if line.startswith("Tag:"))
    path = folder / f"onnxruntime-{parts.version}-{tag}.whl"
    with zipfile.ZipFile(path, "w", zipfile.ZIP_DEFLATED, compresslevel=1) as archive:
        for file in parts.files:
            # Not what pip adds: launchers, and its own notes.
            if not str(file).startswith("..") and file.name not in ("INSTALLER", "REQUESTED"):
                archive.write(parts.locate_file(file), str(file))
    return path
