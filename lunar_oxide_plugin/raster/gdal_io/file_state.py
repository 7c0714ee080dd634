"""Whether a file is still what it was when it was opened."""

from __future__ import annotations

import os
import stat
from collections.abc import Iterable, Mapping
from pathlib import Path
from typing import Optional

from ...core.errors import RasterError
from .files_behind import disk_files, is_same_file
from .virtual_files import file_name

#: Size in bytes and time of the last change; None for what is not on a disk of this machine.
FileState = Optional[tuple[int, int]]

#: What QGIS itself lays beside rasters while it shows them: no pixel is read from it.
_OF_QGIS = (".aux.xml", ".ovr")


def file_states(files: Iterable[str]) -> dict[str, FileState]:
    """States of files under GDAL's names; of a file in an archive that of the archive."""
    return {file: _state(file) for file in files}


def require_no_input(final: str | Path, files: Iterable[str], what: str) -> None:
    """Refuse to write where one of the files lies that are read.

    Parameters
    ----------
    final : path
        To be written.
    files : iterable of str
        What is read, under GDAL's names.
    what : str
        What would be written, for the message.

    Raises
    ------
    RasterError
    """
    there = os.path.exists(final)  # noqa: PTH110 - Path raises where a name is too long
    for file in files if there else ():
        if is_same_file(str(final), file):
            raise RasterError(
                f"{what} would overwrite the input, which is made of {file_name(file)} too. "
                "Choose another name."
            )


def is_of_qgis(file: str) -> bool:
    """Whether QGIS may write a file while it shows a raster, and no pixel is read from it."""
    return file.lower().endswith(_OF_QGIS)


def require_unchanged(before: Mapping[str, FileState]) -> None:
    """Refuse to go on when a file was changed.

    Raises
    ------
    RasterError
        When it was written to, replaced or removed.
    """
    for file, state in before.items():
        if not is_of_qgis(file) and _state(file) != state:
            raise RasterError(
                f"{file_name(file)} was changed while it was read ({file}). Nothing was written, "
                "as it would be of two files. Run it again when the file is complete."
            )


def _state(file: str) -> FileState:
    for part in disk_files(file):
        try:
            info = Path(part).stat()
        except OSError:  # not there
            continue
        if stat.S_ISREG(info.st_mode):
            return info.st_size, info.st_mtime_ns
    return None
