"""A mosaic at a coarser resolution: spherical means over the area of each new pixel."""

from __future__ import annotations

import math
from collections.abc import Callable, Sequence

import numpy as np
from numpy.typing import NDArray

from ...core.errors import RasterError
from ...core.spectra.bands import MODEL_BANDS
from ..gdal_io.blocks import TILE_SIZE, BlockPlan, Window, blocks, plan_blocks
from ..moon.crs import EQUIRECTANGULAR_WKT, GEOGRAPHIC_WKT, METRES_PER_DEGREE, Grid
from ..moon.extent import Extent, PlateCarree
from .mosaic import Mosaic

#: Part of a pixel's area that has to be valid. MI tiles reach half a pixel beyond the whole
#: degrees where the new pixels end: with less, each tile would get a row and a column that
#: are made of this sliver alone, and with more, single bad pixels would grow into large ones.
_LEAST_AREA = 0.5

#: Differences up to this part of a pixel are rounding.
_ROUNDING = 1e-6


class Resampled:
    """A mosaic averaged to a resolution in pixels per degree, read like the mosaic itself.

    The edges of the new pixels are whole multiples of 1 / resolution degree
    from 180 W, 90 N, so that maps of one resolution line up whatever their
    extent; old pixels that lie across an edge count on each side with the
    part of their area there. A new pixel is the mean over the valid part of
    its area on the sphere,

        sum(w v) / sum(w),   w = (lon1 - lon0) (sin(lat1) - sin(lat0)),

    and valid where at least half of its area is. With an extent, only the new
    pixels that it touches are in the result; the mosaic should reach a new pixel
    further on each side. `check` is called before each block is read, and raises
    to stop.

    RasterError when the CRS is not geographic or equirectangular, the mosaic is coarser already, or
    no new pixel is half covered.
    """

    def __init__(
        self,
        mosaic: Mosaic,
        resolution: float,
        extent: Extent | None = None,
        check: Callable[[], None] = lambda: None,
    ) -> None:
        #: The tiles, at their own pixels.
        self.mosaic = mosaic
        self._resolution = resolution
        self._check = check
        x0, dx, _, y0, _, dy = mosaic.grid.geotransform
        cylinder = PlateCarree.of(mosaic.grid.wkt)
        if cylinder is None or dx <= 0 or dy >= 0:
            raise RasterError(
                "RESOLUTION needs tiles in a geographic or equirectangular CRS, north up. Leave "
                "it empty, or import them without it, warp the result to IAU_2015:30110 and give "
                "that."
            )
        west, north = cylinder.degrees(x0, y0)
        # Old pixels in units of new ones: the edge of the first, and their size.
        self._x, self._dx = (west + 180) * resolution, dx * cylinder.degrees_per_x * resolution
        self._y, self._dy = (90 - north) * resolution, -dy * cylinder.degrees_per_y * resolution
        if max(self._dx, self._dy) > 1 + _ROUNDING:
            raise RasterError(
                f"RESOLUTION is {resolution:g} pixels per degree, but the tiles have only "
                f"{resolution / max(self._dx, self._dy):.6g}. Give at most that, or leave it "
                "empty for the tiles' own pixels."
            )
        area = self._half_covered()
        if extent is not None:
            area = area and self._touched(extent.to(GEOGRAPHIC_WKT), area)
        if area is None:
            raise RasterError(
                f"No pixel of {resolution:g} pixels per degree is covered by half. Give a higher "
                "RESOLUTION or a larger extent."
            )
        self._area = area
        pixel = METRES_PER_DEGREE / resolution
        left = (area.x / resolution - 180) * METRES_PER_DEGREE
        top = (90 - area.y / resolution) * METRES_PER_DEGREE
        #: Where its pixels lie.
        self.grid = Grid(
            EQUIRECTANGULAR_WKT, (left, pixel, 0.0, top, 0.0, -pixel), area.width, area.height
        )

    @property
    def description(self) -> str:
        """How the pixels were made, for the metadata of a result."""
        return (
            f"mean over the valid area of each pixel on the sphere, at least {_LEAST_AREA:g} of "
            f"it; {self._resolution:g} pixels per degree of {self._resolution / self._dx:.6g}"
        )

    def plan(self) -> BlockPlan:
        """The blocks to read it in: whole rows, where the mosaic wants to be read so."""
        own = (self.grid.width, 1) if self.mosaic.in_wide_strips else (TILE_SIZE, TILE_SIZE)
        return plan_blocks(own, self.grid.size)

    def spectra(self, window: Window) -> tuple[NDArray[np.float32], NDArray[np.bool_]]:
        """Mean reflectance [8, height, width], NaN where not valid; validity [height, width]."""
        new = window.relative_to(-self._area.x, -self._area.y)
        # The last plane sums the valid area itself.
        sums = np.zeros((len(MODEL_BANDS) + 1, new.height, new.width))
        for block in self._source_blocks(new):
            self._check()
            reflectance, valid = self.mosaic.spectra(block)
            if not valid.any():
                continue
            planes = np.zeros((len(sums), block.height, block.width), np.float32)
            np.copyto(planes[:-1], reflectance, where=valid)
            planes[-1] = valid
            x, columns, west, east = _overlaps(
                self._x, self._dx, (block.x, block.width), (new.x, new.width)
            )
            y, rows, north, south = _overlaps(
                self._y, self._dy, (block.y, block.height), (new.y, new.height)
            )
            widths, heights = np.maximum(east - west, 0), self._sine_difference(north, south)
            touched = Window(x, y, columns.shape[1], rows.shape[1]).slices
            for total, plane in zip(sums, planes):
                by_rows = _summed(plane, rows, heights, axis=0)
                total[touched] += _summed(by_rows, columns, widths, axis=1)
        edges = np.arange(new.y, new.y + new.height + 1, dtype=np.float64)
        whole = self._sine_difference(edges[:-1], edges[1:])[:, np.newaxis]
        valid = sums[-1] >= (_LEAST_AREA - _ROUNDING) * whole
        reflectance = np.full(sums[:-1].shape, np.nan, np.float32)
        np.divide(sums[:-1], sums[-1], out=reflectance, where=valid, casting="same_kind")
        return reflectance, valid

    def _half_covered(self) -> Window | None:
        """The new pixels of which the mosaic covers at least half in both directions."""
        grid = self.mosaic.grid
        slack = _LEAST_AREA + _ROUNDING
        x, y = math.ceil(self._x - slack), max(math.ceil(self._y - slack), 0)
        right = math.floor(self._x + grid.width * self._dx + slack)
        bottom = math.floor(self._y + grid.height * self._dy + slack)
        bottom = min(bottom, math.ceil(180 * self._resolution - _ROUNDING))
        return Window(x, y, right - x, bottom - y) if right > x and bottom > y else None

    def _touched(self, extent: Extent, area: Window) -> Window | None:
        """The part of an area that an extent in degrees touches, at the nearest turn."""
        middle = (area.x + area.width / 2) / self._resolution - 180
        turns = round((middle - (extent.left + extent.right) / 2) / 360)
        left = (extent.left + 360 * turns + 180) * self._resolution
        right = (extent.right + 360 * turns + 180) * self._resolution
        top, bottom = (90 - extent.top) * self._resolution, (90 - extent.bottom) * self._resolution
        x, y = math.floor(left + _ROUNDING), math.floor(top + _ROUNDING)
        return Window(
            x, y, math.ceil(right - _ROUNDING) - x, math.ceil(bottom - _ROUNDING) - y
        ).intersection(area)

    def _source_blocks(self, new: Window) -> Sequence[Window]:
        """Blocks of the mosaic under some new pixels.

        They lie at multiples of a fixed size: a new pixel is summed in the
        same order, to the last bit, whatever window it is read with.
        """
        x = math.floor((new.x - self._x) / self._dx)
        y = math.floor((new.y - self._y) / self._dy)
        right = math.ceil((new.x + new.width - self._x) / self._dx)
        bottom = math.ceil((new.y + new.height - self._y) / self._dy)
        under = Window(x, y, right - x, bottom - y).intersection(self.mosaic.grid.window)
        return list(blocks(under)) if under else []

    def _sine_difference(
        self, low: NDArray[np.float64], high: NDArray[np.float64]
    ) -> NDArray[np.float64]:
        """Differences of sin(lat) between rows counted from 90 N; 0 when high is not below low."""
        last = 180 * self._resolution
        low, high = np.clip(low, 0, last), np.clip(high, 0, last)
        degrees = np.maximum(high - low, 0) / self._resolution
        middle = 90 - (low + high) / 2 / self._resolution
        # sin a - sin b without the rounding of the difference of two numbers near 1.
        return 2 * np.cos(np.radians(middle)) * np.sin(np.radians(degrees) / 2)


def _overlaps(
    edge: float, step: float, block: tuple[int, int], new: tuple[int, int]
) -> tuple[int, NDArray[np.int64], NDArray[np.float64], NDArray[np.float64]]:
    """Where old pixels of a block lie in new pixels, along one axis.

    `edge` and `step` are the edge of the first old pixel and the size of each, in new pixels;
    `block` and `new` are the first and the number of old and new pixels.

    Returns
    -------
    first : int
        The first new pixel that the block touches, counted from the first of `new`.
    old : ndarray of int, shape (n, new pixels touched)
        Old pixels in each new one, counted from the block's first; the last may lie outside,
        with no overlap.
    low, high : ndarray, shape (n, new pixels touched)
        Ends of the overlap; none when high <= low.
    """
    start, stop = block[0], sum(block)
    first = max(math.floor(edge + start * step), new[0])
    last = min(math.ceil(edge + stop * step), sum(new))
    pixels = np.arange(first, max(last, first))
    lowest = np.maximum(np.floor((pixels - edge) / step).astype(np.int64), start)
    # One more than fit, as both ends may lie inside an old pixel.
    count = min(math.ceil(1 / step) + 1, block[1])
    old = lowest + np.arange(count)[:, np.newaxis]
    low = np.maximum(edge + old * step, pixels)
    high = np.minimum(edge + (old + 1) * step, pixels + 1)
    high = np.where(old < stop, high, low)
    return first - new[0], np.minimum(old, stop - 1) - start, low, high


def _summed(
    values: NDArray[np.floating],
    old: NDArray[np.int64],
    weights: NDArray[np.float64],
    axis: int,
) -> NDArray[np.float64]:
    """Weighted sums along an axis, one term of all new pixels after the other."""
    shape = [1] * values.ndim
    shape[axis] = -1
    total: NDArray[np.float64] | None = None
    for index, weight in zip(old, weights):
        if not weight.any():  # none of the new pixels has one more
            continue
        term = np.multiply(_along(values, index, axis), weight.reshape(shape), dtype=np.float64)
        total = term if total is None else np.add(total, term, out=total)
    if total is None:
        total = np.zeros(
            [len(old[0]) if each == -1 else size for each, size in zip(shape, values.shape)]
        )
    return total


def _along(
    values: NDArray[np.floating], index: NDArray[np.int64], axis: int
) -> NDArray[np.floating]:
    """Values at some places of an axis; without a copy where these are evenly spaced."""
    step = int(index[1] - index[0]) if index.size > 1 else 1
    if step > 0 and (np.diff(index) == step).all():
        places = slice(int(index[0]), int(index[-1]) + 1, step)
        return values[places] if axis == 0 else values[:, places]
    return np.take(values, index, axis=axis)
