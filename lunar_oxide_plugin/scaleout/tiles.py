"""The tiles of a window, and whether they have changed since the run began.

A tile is identified by its files' contents, not by their names: by the size and modification time
of each file, and samples of its beginning and middle. A whole mosaic is too large to read twice.
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
from ..raster.sources.mi_source import MiSource, open_mi_sources


@dataclass(frozen=True)
class Reading:
    """How the inputs are read, as of `open_mi_sources`."""

    bands: tuple[int, ...] | None = None
    scale: float | None = None
    mask_shadow: bool = True


class PlacedTile(NamedTuple):
    """A tile and its position in a window."""

    #: As for `open_mi_sources`
    names: tuple[str, ...]
    place: Window
    #: Of `state_of` and `sample_of`, when the run began
    state: str
    sample: str


def state_of(source: MiSource) -> str:
    """SHA-256 of the sizes and modification times of a tile's files when it was opened.

    For remote files, samples of their content are included.
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
        Its `state_of` when the run began.

    Raises
    ------
    RasterError
        When it cannot be opened or has changed.
    """
    source = _opened(names, reading)
    remote = _remote(source)
    if remote and state_of(source) != state:
        # GDAL may have cached it in an earlier run of this worker.
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
    """The remote files of a tile, by their GDAL names."""
    names = [readable(name) for name in source.names if Location(name).is_address]
    if names and source.label:
        names += [source.label.path, source.label.image_path()]
    return list(dict.fromkeys(names))


def _digest(facts: Iterable[tuple[str, object]]) -> str:
    return hashlib.sha256(repr(sorted(facts, key=lambda fact: fact[0])).encode()).hexdigest()
