"""What every product is given by whoever starts its run."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

from ...core.watch import SILENT, Watch
from ..writing.outputs import OutputFiles
from ..writing.storage import DEFAULT, Storage


@dataclass(frozen=True)
class Run:
    """Where the files of a run go, how they are stored, and who watches it."""

    files: OutputFiles
    #: Of all rasters; a product adds what it knows of its inputs.
    metadata: Mapping[str, str]
    #: Of rasters of values; colours and classes are stored as bytes.
    storage: Storage = DEFAULT
    #: How many compute.
    threads: int = 1
    watch: Watch = SILENT
