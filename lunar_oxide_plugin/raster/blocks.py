"""Windows of a raster, so that memory does not grow with it."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from typing import NamedTuple

#: Block size in pixels: wide enough for the full lines of an MI tile, a
#: multiple of the tile size of the GeoTIFFs we write. One block of eight
#: float32 bands is 16 MiB.
BLOCK_WIDTH, BLOCK_HEIGHT = 2048, 256


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
