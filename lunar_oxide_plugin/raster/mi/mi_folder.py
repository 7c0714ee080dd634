"""MI products in a folder, found by the names the archive gave them."""

from __future__ import annotations

import os
import re
from collections.abc import Iterator
from pathlib import Path
from typing import NamedTuple, NoReturn

from ...core.errors import RasterError
from ..moon.crs import GEOGRAPHIC_WKT
from ..moon.extent import Extent

_CORNER = r"([NS])(\d\d)E(\d\d\d)"
_TILE = re.compile(rf"MI_MAP_0([23])_{_CORNER}{_CORNER}SC", re.IGNORECASE)
_STRIP = re.compile(r"MIA_3C5_03_\w+", re.IGNORECASE)

#: Ends of file names, the preferred one first: a label leads to its image, and a
#: file as it is reads faster than an archive of it.
_ENDS = (".lbl", ".img", ".img.gz", ".zip", ".tar", ".tar.gz", ".tgz")

#: Names hold the centres of the outer pixels, which lie half a pixel (at most
#: 1/4096 degree) inside the edges.
_HALF_PIXEL = 1 / 2048


class _Product(NamedTuple):
    """A product's file; sorted, the best of several comes first."""

    rank: int  # V3 tiles 0, V2 tiles 1, strips 2
    name: str  # upper case, without its end
    form: int
    place: str  # within the folder
    path: str


def mi_products(folder: str | Path, extent: Extent | None = None) -> list[str]:
    """Paths of the MI products in a folder and the folders in it.

    Parameters
    ----------
    folder : path
        Searched to any depth, as the archive keeps its tiles in ``lonEEE/data``, and
        through links, as to tiles on another disk.
    extent : Extent, optional
        Only tiles whose names lie there. Names of level 3C5 strips do not
        tell where they lie, so these are always found.

    Returns
    -------
    list of str
        One path per product, however many files it has: MI MAP V3, then V2
        where there is no V3 of the same place, then strips; by name within
        each. The order does not depend on the file system.

    Raises
    ------
    RasterError
        When it is not a folder, one in it cannot be read, or no product is found.
    """
    folder = Path(folder)
    if not folder.is_dir():
        raise RasterError(f"FOLDER {folder} is not a folder. Choose the one with the MI products.")
    found = sorted(product for path in _files(folder) for product in _products(folder, path))
    if not found:
        raise RasterError(
            f"FOLDER {folder} holds no MI product. They are found by the archive's names, as "
            "MI_MAP_03_N44E310N43E311SC.lbl; give files with other names in INPUT."
        )
    chosen: dict[str, _Product] = {}
    for product in found:
        tile = _TILE.fullmatch(product.name)
        key = "".join(tile.groups()[1:]) if tile else product.name
        if extent is None or tile is None or _touches(tile, extent.to(GEOGRAPHIC_WKT)):
            chosen.setdefault(key, product)
    if not chosen:
        raise RasterError(
            f"None of the {len(found)} MI files in FOLDER {folder} touches EXTENT. Draw it over "
            "the tiles, or leave it empty."
        )
    return [product.path for product in chosen.values()]


def _files(folder: Path) -> Iterator[Path]:
    """All files in a folder and the folders in it; each folder once, however many links lead there.

    Raises
    ------
    RasterError
        When a folder cannot be read.
    """
    seen = {os.path.realpath(folder)}
    for place, folders, names in os.walk(folder, followlinks=True, onerror=_refuse):
        # In order, so that of several links to one folder always the same is followed.
        inside = [(name, os.path.realpath(Path(place) / name)) for name in sorted(folders)]
        folders[:] = []
        for name, real in inside:
            if real not in seen:
                seen.add(real)
                folders.append(name)
        yield from (Path(place) / name for name in names)


def _refuse(error: OSError) -> NoReturn:
    raise RasterError(
        f"FOLDER holds {error.filename}, which cannot be read: {error.strerror}. Change its "
        "permissions or move it elsewhere: its tiles would be missing."
    )


def _products(folder: Path, path: Path) -> list[_Product]:
    """What a file is: a product or nothing."""
    name = path.name.lower()
    for form, end in enumerate(_ENDS):
        stem = path.name[: -len(end)].upper()
        tile = _TILE.fullmatch(stem)
        if name.endswith(end) and (tile or _STRIP.fullmatch(stem)):
            rank = 3 - int(tile[1]) if tile else 2
            place = path.relative_to(folder).as_posix()
            return [_Product(rank, stem, form, place, str(path))]
    return []


def _touches(tile: re.Match[str], extent: Extent) -> bool:
    """Whether a tile's name lies in an extent in degrees, at any number of turns from it."""
    _, *north_west, south_side, south_degrees, east = tile.groups()
    north = _latitude(*north_west[:2]) + _HALF_PIXEL
    south = _latitude(south_side, south_degrees) - _HALF_PIXEL
    west = int(north_west[2]) - _HALF_PIXEL
    # 359 to 360 and 359 to 000 are both one degree.
    width = ((int(east) - int(north_west[2])) % 360 or 360) + 2 * _HALF_PIXEL
    beside = (
        (west - extent.left) % 360 < extent.right - extent.left
        or (extent.left - west) % 360 < width
    )  # fmt: skip
    return beside and south < extent.top and north > extent.bottom


def _latitude(side: str, degrees: str) -> int:
    return int(degrees) if side.upper() == "N" else -int(degrees)
