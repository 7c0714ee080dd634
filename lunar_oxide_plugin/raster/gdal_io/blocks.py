"""Windows of a raster, so that memory does not grow with it."""

from __future__ import annotations

import math
from collections.abc import Iterable, Iterator
from typing import NamedTuple

#: Block size in pixels where the file allows: wide enough for the full lines of an MI tile, a
#: multiple of the tile size of the GeoTIFFs we write. One block of eight float32 bands is 16 MiB.
BLOCK_WIDTH, BLOCK_HEIGHT = 2048, 256

#: Pixels on the side of a tile of the GeoTIFFs we write.
TILE_SIZE = 256

#: Sides of tiles in a TIFF are multiples of this.
TILE_STEP = 16

#: Pixels of a file's own blocks that may wait in GDAL's cache for the next block of ours, in the
#: file's own type: 32 MiB of eight UInt16 bands.
_CACHED = 4 * BLOCK_WIDTH * BLOCK_HEIGHT

#: Pixels of a block of whole rows: one row of 360 degrees at 2048 pixels per degree fits.
WHOLE_ROWS = 2 * BLOCK_WIDTH * BLOCK_HEIGHT

#: The lowest tile, of about the usual size.
LOW_TILE = TILE_SIZE**2 // TILE_STEP, TILE_STEP


class Window(NamedTuple):
    """A rectangle of pixels: column and row of its corner, and its size."""

    x: int
    y: int
    width: int
    height: int

    @property
    def size(self) -> int:
        """Number of pixels."""
        return self.width * self.height

    @property
    def corner(self) -> tuple[int, int]:
        """Column and row behind the last."""
        return self.x + self.width, self.y + self.height

    def intersection(self, other: Window) -> Window | None:
        """The part in common, or None."""
        x, y = max(self.x, other.x), max(self.y, other.y)
        right = min(self.x + self.width, other.x + other.width)
        bottom = min(self.y + self.height, other.y + other.height)
        return Window(x, y, right - x, bottom - y) if right > x and bottom > y else None

    def relative_to(self, x: int, y: int) -> Window:
        """The same rectangle counted from pixel (x, y)."""
        return self._replace(x=self.x - x, y=self.y - y)

    @property
    def slices(self) -> tuple[slice, slice]:
        """Rows and columns, to index an array."""
        return slice(self.y, self.y + self.height), slice(self.x, self.x + self.width)


def around(windows: Iterable[Window]) -> Window:
    """The smallest rectangle of pixels around some others, at least one."""
    x, y, right, bottom = zip(*((w.x, w.y, w.x + w.width, w.y + w.height) for w in windows))
    return Window(min(x), min(y), max(right) - min(x), max(bottom) - min(y))


def blocks(
    area: Window, block_width: int = BLOCK_WIDTH, block_height: int = BLOCK_HEIGHT
) -> Iterator[Window]:
    """Windows that cover an area without overlap, row of blocks by row of blocks.

    They are aligned to multiples of the block size in the raster, so that
    blocks of different areas read whole tiles of the file.
    """
    right, bottom = area.x + area.width, area.y + area.height
    y = area.y
    while y < bottom:
        next_y = min((y // block_height + 1) * block_height, bottom)
        x = area.x
        while x < right:
            next_x = min((x // block_width + 1) * block_width, right)
            yield Window(x, y, next_x - x, next_y - y)
            x = next_x
        y = next_y


class BlockPlan(NamedTuple):
    """How a raster is read, so that each of its file's own blocks is decoded once."""

    #: Width and height of the blocks we work on.
    block: tuple[int, int]
    #: Width and height of what is read before anything else is: of whole blocks of the file,
    #: where these are known and not too large.
    unit: tuple[int, int]
    #: Width and height of the tiles, or strips, of a GeoTIFF that is written in these blocks.
    tile: tuple[int, int]

    def threads(self, most: int) -> int:
        """How many threads may read: one, where blocks share what it has in GDAL's cache."""
        return most if self.block == self.unit else 1

    def blocks(self, area: Window) -> Iterator[Window]:
        """Blocks that cover an area without overlap, unit by unit."""
        for unit in blocks(area, *self.unit):
            yield from blocks(unit, *self.block)


def plan_blocks(
    own: tuple[int, int],
    size: tuple[int, int],
    pixels: int = BLOCK_WIDTH * BLOCK_HEIGHT,
    rows: bool = True,
) -> BlockPlan:
    """Blocks for a raster whose file is made of blocks.

    Blocks of ours consist of whole blocks of the file and of whole tiles of the files we write.
    Where these would be too large, parts of them follow each other, and the file's blocks wait
    in GDAL's cache. Of strips too wide for that, we take whole rows, and write such, too.

    Parameters
    ----------
    own : (int, int)
        Width and height of the file's own blocks: tiles, strips, lines.
    size : (int, int)
        Width and height of the raster.
    pixels : int
        About as many in a block of ours, whatever the shape of the raster.
    rows : bool
        Whether blocks of whole rows of any width will do; else these are divided.
    """
    width, height = size
    tile = tile_shape(width, height)
    across, down = min(own[0], width), min(own[1], height)
    step = min(tile[0], width, LOW_TILE[0]), min(tile[1], height)
    unit = _common(across, step[0], width), _common(down, step[1], height)
    if unit[0] * unit[1] <= pixels:
        unit = (
            _multiple(unit[0], min(pixels // unit[1], width + unit[0] - 1)),
            _multiple(unit[1], pixels // width) if width <= step[0] else unit[1],
        )
        return BlockPlan(unit, unit, tile)
    large = unit[0] * unit[1] > _CACHED
    if large and in_wide_strips(own, size) and width * down <= WHOLE_ROWS:
        if not rows:
            return divided_rows(size)
        least = math.lcm(down, TILE_STEP)
        unit = width, _multiple(least if least * width <= pixels else down, pixels // width)
        return BlockPlan(unit, unit, _tile_of_rows(*unit))
    columns = _multiple(step[0], min(unit[0], pixels // step[1]))
    block = columns, _multiple(step[1], min(unit[1], pixels // columns))
    if large and unit != (across, down):
        unit = width, block[1]  # row by row: GDAL's cache keeps what it can
    return BlockPlan(block, unit, tile)


def in_wide_strips(own: tuple[int, int], size: tuple[int, int]) -> bool:
    """Whether a file is in strips of which GDAL's cache will not hold as many as a tile is high."""
    return min(own[0], size[0]) * min(TILE_SIZE, size[1]) > _CACHED


def divided_rows(size: tuple[int, int]) -> BlockPlan:
    """Blocks as low as tiles can be, one row of blocks after the other, for wide strips."""
    return BlockPlan(LOW_TILE, (size[0], TILE_STEP), LOW_TILE)


def tile_shape(width: int, height: int) -> tuple[int, int]:
    """Width and height of the tiles in which a raster is written; strips, where it is narrow.

    Tiles are written whole: of a raster of one column, 255 of 256 columns would be padding.
    """
    if width * height > TILE_SIZE**2 and width < TILE_SIZE:
        return width, 1 << (TILE_SIZE**2 // width).bit_length() - 1
    if width * height > TILE_SIZE**2 and height < TILE_SIZE:
        # A strip that is written in parts waits in GDAL's cache.
        return (width, height) if width * height <= 2 * _CACHED else LOW_TILE
    return TILE_SIZE, TILE_SIZE


def _tile_of_rows(width: int, rows: int) -> tuple[int, int]:
    """The tile, of about the usual size, for blocks of whole rows; else strips."""
    if rows % TILE_STEP:
        return width, rows
    return _multiple(TILE_STEP, TILE_SIZE**2 // rows), rows


def _common(own: int, tile: int, size: int) -> int:
    """The least multiple of a block's and of a tile's side; of what covers all, all."""
    return min(math.lcm(own, tile), size) if own < size else size


def _multiple(step: int, most: int) -> int:
    """The largest multiple of a step up to a number, at least one."""
    return step * max(most // step, 1)


def whole_blocks(window: Window, own: tuple[int, int], size: tuple[int, int]) -> Window:
    """The window of a raster of a size that a file's own blocks under another window make up."""
    x, y = window.x // own[0] * own[0], window.y // own[1] * own[1]
    right = min(-(-(window.x + window.width) // own[0]) * own[0], size[0])
    bottom = min(-(-(window.y + window.height) // own[1]) * own[1], size[1])
    return Window(x, y, right - x, bottom - y)


def sample_windows(area: Window, count: int = 4, size: int = 64) -> list[Window]:
    """At most `count` by `count` windows of at most `size` pixels a side, spread over an area."""
    width, height = min(size, area.width), min(size, area.height)
    return [
        Window(area.x + x, area.y + y, width, height)
        for y in _spread(area.height - height, count)
        for x in _spread(area.width - width, count)
    ]


def _spread(last: int, count: int) -> list[int]:
    """Different whole numbers from 0 to the last, evenly."""
    steps = max(count - 1, 1)
    return sorted({index * last // steps for index in range(count)})
