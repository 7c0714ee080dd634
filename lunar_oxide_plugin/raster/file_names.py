"""Names of files, of GDAL's virtual file systems too."""

from __future__ import annotations


def file_name(path: str) -> str:
    """The last part of a path, of GDAL's virtual file systems too."""
    return path.replace("\\", "/").rstrip("/").rsplit("/", 1)[-1] or path
