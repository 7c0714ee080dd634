"""Which block of a raster is read when, and for which zones: each once if memory allows."""

from __future__ import annotations

import math
from collections.abc import Iterable, Sequence
from typing import NamedTuple

import numpy as np
from osgeo import ogr

from ...core.results.zone_statistics import ZoneStatistics
from ..gdal_io.blocks import BlockPlan, Window, around, blocks
from ..moon.crs import FloatArray, Grid

#: Bytes that the zones under way may take at once.
MEMORY = 256 << 20


class Zone(NamedTuple):
    """A polygon on a raster's grid."""

    polygon: ogr.Geometry
    #: On the sphere, km2, of all of it and of the part that lies on the raster.
    area: float
    covered: float
    #: The pixels around it; None where it lies outside the raster.
    touched: Window | None
    #: Its edges in pixels of the raster, as of `edges_on_pixels`.
    edges: FloatArray
    #: How it was repaired, or why it cannot be measured; "" when there is nothing to say.
    note: str = ""

    @classmethod
    def unmeasured(cls, reason: str) -> Zone:
        """A polygon that cannot be measured: without area and outside the raster."""
        nothing = ogr.Geometry(ogr.wkbMultiPolygon)
        return cls(nothing, math.nan, 0.0, None, np.empty((0, 4)), reason)

    def pixels(self, grid: Grid) -> float:
        """About how many pixels it has."""
        if self.touched is None:
            return 0
        _, dx, rx, _, ry, dy = grid.geotransform
        return min(self.polygon.GetArea() / abs(dx * dy - rx * ry), self.touched.size)


class Part(NamedTuple):
    """What a block has of a zone."""

    zone: int
    window: Window
    #: Whether the zone's pixels are kept, and need no second pass.
    keep: bool
    #: Whether it is the zone's last part in a pass.
    last: bool


class Block(NamedTuple):
    """A block of the raster, cut to the zones in it."""

    window: Window
    parts: list[Part]


class Pass(NamedTuple):
    """Blocks that are read one after the other, for the first or the second time."""

    again: bool
    blocks: list[Block]


def passes(zones: Sequence[Zone], grid: Grid, plan: BlockPlan, bands: int) -> list[Pass]:
    """How to read a raster of some bands, with these blocks, for zones."""
    found = []
    for members in _rounds(zones, grid, plan, bands):
        found.append(Pass(False, _blocks(members)))
        large = [member for member in members if not member.keep]
        if large:
            found.append(Pass(True, _blocks(large)))
    return found


class _Member(NamedTuple):
    """A zone by its number, with what each block has of it, by the block's number."""

    zone: int
    cuts: dict[int, Window]
    keep: bool


class _Round:
    """Zones that are measured together."""

    def __init__(self, block_count: int, bands: int) -> None:
        self.members: list[_Member] = []
        self._bands = bands
        #: Bytes that zones under way take at each block.
        self._taken = np.zeros(block_count)

    def takes(self, zone: int, cuts: dict[int, Window], pixels: float) -> bool:
        """Take a zone in, its pixels kept while there is memory; False when there is none."""
        # Zones that are not kept take memory until the end.
        for keep, lasts in ((True, slice(min(cuts), max(cuts) + 1)), (False, slice(None))):
            needed = ZoneStatistics.memory(self._bands, pixels, keep)
            alone = not (keep or self.members)
            if alone or self._taken[lasts].max() + needed <= MEMORY:
                self._taken[lasts] += needed
                self.members.append(_Member(zone, cuts, keep))
                return True
        return False


def _rounds(zones: Sequence[Zone], grid: Grid, plan: BlockPlan, bands: int) -> list[list[_Member]]:
    """Zones that are measured together; small ones first, so that most are kept."""
    width, height = plan.block
    across, down = math.ceil(grid.width / width), math.ceil(grid.height / height)
    found = [
        (zone.pixels(grid), number, zone.touched)
        for number, zone in enumerate(zones)
        if zone.touched is not None
    ]
    rounds: list[_Round] = []
    for pixels, number, touched in sorted(found):
        cuts = {
            window.y // height * across + window.x // width: window
            for window in blocks(touched, width, height)
        }
        if not any(one.takes(number, cuts, pixels) for one in rounds):
            rounds.append(_Round(across * down, bands))
            rounds[-1].takes(number, cuts, pixels)
    return [one.members for one in rounds]


def _blocks(members: Iterable[_Member]) -> list[Block]:
    parts: dict[int, list[Part]] = {}
    for zone, cuts, keep in members:
        last = max(cuts)
        for number, window in cuts.items():
            parts.setdefault(number, []).append(Part(zone, window, keep, number == last))
    return [Block(around(part.window for part in of), of) for _, of in sorted(parts.items())]
