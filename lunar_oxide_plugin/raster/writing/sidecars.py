"""Files beside a file that programs take for a part of it, found by their names alone.

Those of an earlier file would be applied to the one that replaces it: the journal of an older
database makes a new one unreadable, pyramids and statistics show the older map, a world file
places a raster that has no place.
"""

from __future__ import annotations

import stat
from contextlib import suppress
from pathlib import Path

# As GDAL finds them. Not .wld, .prj and .cpg, which files of other kinds have under the same name
# (a .png, a shapefile), and not styles (.qml) and descriptions (.qmd, .xml), which users write.
_OF_RASTERS = (".aux.xml", ".aux", ".ovr", ".ovr.aux.xml", ".msk", ".msk.ovr", ".vat.dbf")

#: Added to the name.
_ADDED = {
    ".tif": _OF_RASTERS,
    ".tiff": _OF_RASTERS,
    ".vrt": _OF_RASTERS,
    ".png": (".aux.xml", ".ovr", ".msk"),
    ".gpkg": ("-wal", "-shm", "-journal", ".aux.xml"),
}
#: Instead of the name's ending.
_INSTEAD = {
    ".tif": (".tfw", ".tifw"),
    ".tiff": (".tfw", ".tiffw"),
    ".png": (".pgw", ".pngw"),
    ".csv": (".csvt",),
}


def sidecars(path: Path) -> list[Path]:
    """Those that are there, whether or not the file is; a link to one counts as one."""
    ending = path.suffix.lower()
    parts = [(path.name, added) for added in _ADDED.get(ending, ())]
    parts += [(path.stem, instead) for instead in _INSTEAD.get(ending, ())]
    found: list[Path] = []
    for start, end in parts:
        for variant in (end, end.upper()):  # GDAL finds both
            file = path.with_name(start + variant)
            if _is_file_or_link(file) and not any(_is_same(file, other) for other in found):
                found.append(file)
    return found


def _is_file_or_link(path: Path) -> bool:
    with suppress(OSError):  # its name is too long for the disk
        mode = path.lstat().st_mode
        return stat.S_ISREG(mode) or stat.S_ISLNK(mode)
    return False


def _is_same(one: Path, other: Path) -> bool:
    """Whether they are one file on a disk where letter case does not matter."""
    return one.name.lower() == other.name.lower() and one.lstat().st_ino == other.lstat().st_ino
