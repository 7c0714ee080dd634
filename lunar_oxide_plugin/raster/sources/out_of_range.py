"""Values outside their band's valid range, counted."""

from __future__ import annotations

import threading
from collections import defaultdict

import numpy as np
from numpy.typing import NDArray

from ...core.oxides.valid_range import ValidRange
from ..gdal_io.blocks import BLOCK_HEIGHT, Window

#: A file has a few fill values at most: ISIS cubes five, MI tiles five. Where more different values
#: are impossible, they are something else.
FILL_VALUES = 8

#: Part of a raster's pixels that may have many different values outside: a few spoilt ones.
FEW = 0.01


class OutOfRange:
    """Pixels of a band outside its valid range, each counted once however often it is read.

    Windows that hold such pixels are kept, to know them again: some tens of bytes for a block.
    """

    def __init__(self) -> None:
        #: How many pixels.
        self.pixels = 0
        #: Different values met, at most `FILL_VALUES` and one more.
        self.values: list[float] = []
        self._lock = threading.Lock()
        self._seen: defaultdict[int, list[Window]] = defaultdict(list)

    def add(self, window: Window, plane: NDArray[np.float32], outside: NDArray[np.bool_]) -> None:
        """Count the pixels of a window [height, width] that are outside, and not counted yet."""
        with self._lock:
            rows = range(
                window.y // BLOCK_HEIGHT, (window.y + window.height - 1) // BLOCK_HEIGHT + 1
            )
            seen = {earlier for row in rows for earlier in self._seen[row]}
            if window in seen:
                return
            new = outside
            for earlier in seen:
                common = window.intersection(earlier)
                if common is not None:
                    new = outside.copy() if new is outside else new
                    new[common.relative_to(window.x, window.y).slices] = False
            for row in rows:
                self._seen[row].append(window)
            self.pixels += int(np.count_nonzero(new))
            self._note_values(plane[new])

    def _note_values(self, values: NDArray[np.float32]) -> None:
        """Keep those that are new, as long as they are few."""
        for known in self.values:
            values = values[values != np.float32(known)]
        while values.size and len(self.values) <= FILL_VALUES:
            self.values.append(float(values[0]))
            values = values[values != values[0]]

    @property
    def many_values(self) -> bool:
        """Whether more different values were met than fill values may be."""
        return len(self.values) > FILL_VALUES

    def described(self, band: str, limits: ValidRange) -> str:
        """What was met in a band, and what to do, without the full stop."""
        many = "1 pixel" if self.pixels == 1 else f"{self.pixels} pixels"
        said = f"{many} of {band} with values outside of {limits}"
        said += " or that usually mean nodata" if limits.fills else ""
        if self.many_values:
            first, second = self.values[:2]
            return (
                f"{said}, many different ones such as {first:.9g} and {second:.9g}. Check which "
                "unit the band is in, and whether the raster was resampled without its nodata "
                "value, which changes values inside this range too"
            )
        values = ", ".join(f"{value:.9g}" for value in sorted(self.values))
        return f"{said} ({values}), which the nodata value of the file does not mask"
