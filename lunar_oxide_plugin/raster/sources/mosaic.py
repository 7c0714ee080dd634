"""Several MI tiles as one."""

from __future__ import annotations

import math
from collections.abc import Iterable, Iterator, Sequence
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from ...core.errors import NoValidPixelError, RasterError
from ...core.spectra.bands import MODEL_BANDS
from ..gdal_io.blocks import (
    BLOCK_HEIGHT,
    BLOCK_WIDTH,
    BlockPlan,
    Window,
    around,
    in_wide_strips,
    plan_blocks,
)
from ..gdal_io.file_state import FileState
from ..moon.crs import Grid, spatial_reference
from ..moon.extent import Extent, PlateCarree
from .mi_source import MiSource

#: A mosaic may be at most this many times larger than its tiles together.
_LARGEST_GAP = 10

#: Tiles of one grid lie at whole pixels of each other, within this part of a pixel.
_ALIGNMENT = 1e-3

#: At most this many tiles are open at a time. A block touches about four, and opening one
#: again costs half a millisecond. A tile takes one file in GDAL 3.6; were it one for each of
#: its nine bands, 72 would still be few of the 256 that a program on macOS may have.
_MOST_OPEN = 8

#: Tiles of one product are read alike: of so many it is said in full how.
_FULL_REPORTS = 3


class Tile(NamedTuple):
    """A source and its place among the pixels of a mosaic."""

    source: MiSource
    place: Window


class Mosaic:
    """Tiles on one common grid, read like a single `MiSource`.

    Where tiles overlap, the first one with a valid pixel there wins. They are
    closed as they come, and few of them are open at a time, so that their number
    is not limited. With an extent, only the pixels that it touches, and `margin`
    degrees beyond it on every side, are in the mosaic; it may lie across 180
    degrees, and then the mosaic does.

    RasterError when the tiles have different projections, pixel sizes or grids that do not line up,
    do not touch the extent or, without one, lie so far apart that the mosaic would be mostly empty.
    """

    def __init__(
        self, sources: Iterable[MiSource], extent: Extent | None = None, margin: float = 0.0
    ) -> None:
        kept: list[MiSource] = []
        labels: set[str] = set()
        for source in sources:
            # A product may be given by its label and by its image.
            if source.label and source.label.path in labels:
                source.close()
                continue
            if source.label:
                labels.add(source.label.path)
            if kept:
                _require_same_grid(kept[0], source)
            _ = source.synthetic  # found out while it is open, and kept
            source.close()
            kept.append(source)
        _require_positions(kept)
        first = kept[0].grid
        tiles = [Tile(source, _place(source.grid, first)) for source in kept]
        cylinder = PlateCarree.of(first.wkt)
        turn = cylinder.turn / first.geotransform[1] if cylinder else 0.0
        if extent is None:
            tiles = _closest_together(tiles, turn)
            area = around(tile.place for tile in tiles)
            if area.size > _LARGEST_GAP * sum(tile.place.size for tile in tiles):
                raise RasterError(
                    "The tiles are far apart: one raster over all of them would have "
                    f"{area.width} x {area.height} pixels, most of them empty. Import them one by "
                    "one, or give an EXTENT."
                )
        else:
            _require_north_up(first, kept[0].name)
            degree = first.geotransform[1] * (cylinder.degrees_per_x if cylinder else 1.0)
            bounds = _bounds(extent.to(first.wkt), first, cylinder, margin)
            tiles, area = _within(tiles, bounds, turn, margin / degree)
        placed = [Tile(s, place.relative_to(area.x, area.y)) for s, place in tiles]
        self._arrange(first.part(area), placed)

    @classmethod
    def of_tiles(cls, grid: Grid, tiles: Iterable[Tile]) -> Mosaic:
        """A mosaic of tiles, first choice first, whose places in a grid are known already."""
        made = cls.__new__(cls)
        made._arrange(grid, list(tiles))
        return made

    def _arrange(self, grid: Grid, tiles: list[Tile]) -> None:
        #: Where its pixels lie.
        self.grid = grid
        #: The tiles at their places, first choice first.
        self.tiles = tiles
        self._open: dict[MiSource, None] = {}

    def examine(self) -> Iterator[list[str]]:
        """Decide the scale of one tile after the other; drop tiles without a valid pixel.

        Yields how a tile is read: of the first few all that was decided, of the others what the
        user should know. At the end, NoValidPixelError is raised when no tile is left.
        """
        empty = []
        sources = self.sources
        for number, source in enumerate(sources):
            self._opened(source)
            try:
                report = source.report()
            except NoValidPixelError as error:
                if len(sources) == 1:
                    raise
                empty.append(source)
                yield [f"Left out: {error}"]
            else:
                yield report if number < _FULL_REPORTS else source.notes
        self.tiles = [tile for tile in self.tiles if tile.source not in empty]
        if not self.tiles:
            raise NoValidPixelError(
                f"None of the {len(empty)} tiles has a valid pixel: everywhere at least one of "
                "the eight bands holds no data or one of MI's invalid codes. Use other tiles."
            )

    @property
    def synthetic(self) -> bool:
        """Whether any tile says it is a synthetic scene."""
        return any(source.synthetic for source in self.sources)

    @property
    def files(self) -> dict[str, FileState]:
        """The files of all tiles, as they were when these were opened."""
        return {file: state for source in self.sources for file, state in source.files.items()}

    @property
    def sources(self) -> list[MiSource]:
        """The tiles' sources, first choice first."""
        return list(dict.fromkeys(tile.source for tile in self.tiles))

    def plan(self, pixels: int = BLOCK_WIDTH * BLOCK_HEIGHT) -> BlockPlan:
        """The blocks to read it in, as of `plan_blocks`, by its widest tile."""
        return plan_blocks(self._own_blocks(), self.grid.size, pixels)

    @property
    def in_wide_strips(self) -> bool:
        """Whether only whole rows can be read without decoding a part of them again."""
        return in_wide_strips(self._own_blocks(), self.grid.size)

    def _own_blocks(self) -> tuple[int, int]:
        widest, _ = max(self.tiles, key=lambda tile: tile.place.width)
        return self._opened(widest).own_blocks

    def spectra(self, window: Window) -> tuple[NDArray[np.float32], NDArray[np.bool_]]:
        """Reflectance [8, height, width], NaN where not valid, and validity [height, width].

        The scale of a tile is decided when it is first read, if `examine` has not. Errors are
        those of `MiSource`; a tile without a valid pixel is left out, as by `examine`.
        """
        reflectance = np.full((len(MODEL_BANDS), window.height, window.width), np.nan, np.float32)
        valid = np.zeros(reflectance.shape[1:], bool)
        for source, place in self.tiles:
            common = window.intersection(place)
            if common is None:
                continue
            rows, columns = common.relative_to(window.x, window.y).slices
            if valid[rows, columns].all():
                continue
            try:
                found, found_valid = self._opened(source).spectra(
                    common.relative_to(place.x, place.y)
                )
            except NoValidPixelError:
                left = [tile for tile in self.tiles if tile.source is not source]
                self.tiles = left or self.tiles  # the last one says how wide its blocks are
                continue
            new = found_valid & ~valid[rows, columns]
            np.copyto(reflectance[:, rows, columns], found, where=new)
            valid[rows, columns] |= new
        return reflectance, valid

    def close(self) -> None:
        """Give this thread's handles of the tiles back until they are read again."""
        for source in list(self._open):
            source.close()

    def _opened(self, source: MiSource) -> MiSource:
        """A source about to be read; the one not used for longest is closed for it."""
        self._open.pop(source, None)
        self._open[source] = None
        if len(self._open) > _MOST_OPEN:
            oldest = next(iter(self._open))
            del self._open[oldest]
            oldest.close()
        return source


def _require_same_grid(first: MiSource, other: MiSource) -> None:
    # GDAL places V3 tiles east of 180 E beyond the CRS's edge, and gdalwarp makes nothing of them.
    advice = (
        "Import each with Import MI MAP tiles first, then warp the results to one grid; warped "
        "by GDAL alone, MI tiles east of 180 degrees become empty."
    )
    both = f"{first.name} and {other.name}"
    wkt, other_wkt = first.grid.wkt, other.grid.wkt
    if wkt != other_wkt and (
        not (wkt and other_wkt) or not spatial_reference(wkt).IsSame(spatial_reference(other_wkt))
    ):
        raise RasterError(f"{both} have different projections. {advice}")
    x0, dx, rx, y0, ry, dy = first.grid.geotransform
    x1, dx1, rx1, y1, ry1, dy1 = other.grid.geotransform
    if any((rx, ry, rx1, ry1)) or not np.allclose([dx1, dy1], [dx, dy], rtol=1e-9, atol=0):
        raise RasterError(f"{both} have different pixel sizes. {advice}")
    columns, rows = (x1 - x0) / dx, (y1 - y0) / dy
    if max(abs(columns - round(columns)), abs(rows - round(rows))) > _ALIGNMENT:
        raise RasterError(f"The pixels of {both} do not line up. {advice}")


def _require_positions(sources: Sequence[MiSource]) -> None:
    """Refuse several tiles when one does not say where it is: it would cover others."""
    for source in sources if len(sources) > 1 else ():
        if not source.grid.positioned:
            raise RasterError(
                f"{source.name} does not say where it is (no coordinate reference system or no "
                "geotransform), so it cannot be mosaicked. Import it separately, or "
                "georeference it first."
            )


def _require_north_up(grid: Grid, name: str) -> None:
    """Refuse a grid in which an extent is not a rectangle of pixels counted from its top."""
    _, dx, rx, _, ry, dy = grid.geotransform
    if rx or ry or dx <= 0 or dy >= 0:
        raise RasterError(
            f"{name} is not north up (it is rotated, mirrored or south up, or does not say where "
            "it lies), and EXTENT needs that. Import it with EXTENT left empty first, then warp "
            "the result: gdalwarp makes it north up."
        )


def _place(grid: Grid, first: Grid) -> Window:
    """Where a grid lies among the pixels of the first one."""
    x0, dx, _, y0, _, dy = first.geotransform
    left, top = grid.position(0, 0)
    return Window(round((left - x0) / dx), round((top - y0) / dy), grid.width, grid.height)


def _bounds(
    extent: Extent, grid: Grid, cylinder: PlateCarree | None, margin: float
) -> tuple[float, float, float, float]:
    """Left, top, right and bottom of an extent in pixels of a grid, beginning in 180 W - 180 E.

    The margin in degrees is added after that: it may begin further west.
    """
    x0, dx, _, y0, _, dy = grid.geotransform
    if cylinder:
        # A pixel more is what a map of the whole Moon has when its pixels lie across its edge.
        if extent.right - extent.left > cylinder.turn + dx * (1 + _ALIGNMENT):
            width = (extent.right - extent.left) * cylinder.degrees_per_x
            raise RasterError(
                f"EXTENT is {width:.6g} degrees wide, more than once around the Moon. Give at most "
                "360 degrees, as -180 to 180, or leave it empty for everything."
            )
        # Tiles at 180 W begin half a pixel west of it, and so do their own extents.
        lon, _ = cylinder.degrees(extent.left + abs(dx), extent.top)
        extent = extent.moved(-math.floor((lon + 180) / 360) * cylinder.turn)
        extent = extent.grown(margin / cylinder.degrees_per_x, margin / cylinder.degrees_per_y)
    return (
        (extent.left - x0) / dx,
        (extent.top - y0) / dy,
        (extent.right - x0) / dx,
        (extent.bottom - y0) / dy,
    )


def _is_whole(turn: float) -> bool:
    """Whether pixels line up with themselves after a turn; 0 stands for no turns at all."""
    return turn > 0 and abs(turn - round(turn)) <= _ALIGNMENT


def _closest_together(tiles: list[Tile], turn: float) -> list[Tile]:
    """The tiles at those turns around the Moon where they span least; turn in pixels."""
    columns = sorted({tile.place.x for tile in tiles})
    if not _is_whole(turn) or len(columns) == 1:
        return tiles
    gaps = [right - left for left, right in zip(columns, columns[1:])]
    widest = max(range(len(gaps)), key=gaps.__getitem__)
    if gaps[widest] <= turn - (columns[-1] - columns[0]) + 1:
        return tiles
    start = columns[widest + 1]  # what lies before the widest gap comes after the rest
    return [Tile(s, p._replace(x=p.x if p.x >= start else p.x + round(turn))) for s, p in tiles]


def _within(
    tiles: Sequence[Tile], bounds: tuple[float, float, float, float], turn: float, margin: float
) -> tuple[list[Tile], Window]:
    """The tiles that bounds in pixels touch, at every turn around the Moon, and the area.

    Refused when they touch none, or touch also, beyond the margin, what is there only after a turn
    that is not a whole number of pixels.
    """
    left, top, right, bottom = bounds
    # Pixels that are not themselves again after a turn stay, and the bounds are moved.
    turns = range(-2, 3) if _is_whole(turn) else (0,)
    moved = [
        Tile(source, place._replace(x=place.x + round(count * turn)))
        for source, place in tiles
        for count in turns
    ]
    found: list[tuple[float, list[Tile], Window]] = []
    for shift in (0.0,) if _is_whole(turn) or turn == 0 else (0.0, turn, -turn):
        # A millionth of a pixel is not counted: rounding of an edge does not add a row.
        x, y = math.floor(left + shift + 1e-6), math.floor(top + 1e-6)
        width = math.ceil(right + shift - 1e-6) - x
        wanted = Window(x, y, width, math.ceil(bottom - 1e-6) - y)
        touched = [tile for tile in moved if wanted.intersection(tile.place)]
        area = wanted.intersection(around(tile.place for tile in touched)) if touched else None
        if area is not None:
            ends = min(right + shift, area.x + area.width), max(left + shift, area.x)
            found.append((ends[0] - ends[1], touched, area))
    if not found:
        raise RasterError("EXTENT does not touch the tiles. Draw it over them, or leave it empty.")
    found.sort(key=lambda part: -part[0])
    # A pixel is not counted, as the edges of an extent are seldom those of pixels.
    if len(found) > 1 and found[1][0] > margin + 1:
        raise RasterError(
            "EXTENT lies across the edge of the raster, where its pixels do not go on: a turn "
            f"around the Moon is {turn:.9g} of them, not a whole number. Import the tiles' labels "
            "instead of copies, or each side of the edge separately."
        )
    return found[0][1:]
