"""Which tiles a window is computed from, and whether they still are what they were.

A tile is told by what its files hold, not by their names. Of each file that is its size and the
time of its last change, and what it holds at its beginning and in its middle: all of a mosaic is
too much to read twice.
"""

from __future__ import annotations

import hashlib
from collections.abc import Iterable
from dataclasses import dataclass
from typing import NamedTuple

from ..core.errors import RasterError
from ..raster.gdal_io.blocks import Window
from ..raster.gdal_io.file_content import forget_remote, remote_state, sample_sha256
from ..raster.gdal_io.file_state import is_of_qgis
from ..raster.gdal_io.virtual_files import readable
from ..raster.sources.location import Location
from ..raster.sources.mi_source import MiSource
from ..raster.sources.mi_sources import open_mi_sources


@dataclass(frozen=True)
class Reading:
    """How the inputs are read, as of `open_mi_sources`."""

    bands: tuple[int, ...] | None = None
    scale: float | None = None
    mask_shadow: bool = True


class PlacedTile(NamedTuple):
    """A tile among the pixels of a window."""

    #: That `open_mi_sources` takes
    names: tuple[str, ...]
    place: Window
    #: As of `state_of`, and as of `sample_of`, when the run began
    state: str
    sample: str


def state_of(source: MiSource) -> str:
    """SHA-256 of the sizes and times of last change of a tile's files when it was opened.

    Of files that are on no disk, as on a server, also of what they hold.
    """
    local = [(file, state) for file, state in source.files.items() if not is_of_qgis(file)]
    return _digest([*local, *((file, remote_state(file)) for file in _remote(source))])


def sample_of(source: MiSource) -> str:
    """SHA-256 of the beginning and the middle of each of a tile's files."""
    files = [*source.files, *_remote(source)]
    return _digest((file, sample_sha256(file)) for file in files if not is_of_qgis(file))


def open_tile(names: tuple[str, ...], reading: Reading, state: str) -> MiSource:
    """Open a tile of a run.

    Parameters
    ----------
    names : tuple of str
    reading : Reading
    state : str
        Of it when the run began.

    Raises
    ------
    RasterError
        When it cannot be opened, or is another one by now.
    """
    source = _opened(names, reading)
    remote = _remote(source)
    if remote and state_of(source) != state:
        # GDAL keeps what an earlier run of this worker has read.
        for file in remote:
            forget_remote(file)
        source = _opened(names, reading)
    if state_of(source) != state:
        files = ", ".join([*source.files, *remote])
        raise RasterError(
            f"{source.name} has changed since this run began: its size, modification time or "
            f"content differs ({files}). When all tiles are complete, run the "
            "same command again: windows on changed tiles are computed again. Copies on several "
            "machines need the same modification times (cp -p, rsync -t)."
        )
    return source


def _opened(names: tuple[str, ...], reading: Reading) -> MiSource:
    (source,) = open_mi_sources(names, reading.bands, reading.scale, reading.mask_shadow)
    return source


def _remote(source: MiSource) -> list[str]:
    """The files of a tile that are not on a disk, under GDAL's names."""
    names = [readable(name) for name in source.names if Location(name).is_address]
    if names and source.label:
        names += [source.label.path, source.label.image_path()]
    return list(dict.fromkeys(names))


def _digest(facts: Iterable[tuple[str, object]]) -> str:
    return hashlib.sha256(repr(sorted(facts, key=lambda fact: fact[0])).encode()).hexdigest()
