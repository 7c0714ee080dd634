"""Which part of each pixel a polygon covers."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray

from ..gdal_io.blocks import Window
from .crs import FloatArray, Grid

#: Parts below this are rounding.
_ROUNDING = 1e-9


def edges_on_pixels(parts: Sequence[Sequence[FloatArray]], grid: Grid) -> FloatArray:
    """Edges of a polygon in pixel coordinates, in a direction that tells inside from outside.

    Parameters
    ----------
    parts : sequence of sequence of ndarray, shape (n, 2)
        Polygons that do not overlap: rings in map coordinates, the outer one first, its holes
        behind, in any direction; the first vertex is not repeated.
    grid : Grid
        What the polygon is laid over.

    Returns
    -------
    ndarray of float64, shape (edges, 4)
        Column and row of both ends.
    """
    found = []
    for rings in parts:
        for number, ring in enumerate(rings):
            x, y = grid.pixel(*ring.T)
            ends = np.column_stack([x, y, np.roll(x, -1), np.roll(y, -1)])
            # Small numbers keep the digits of their differences.
            u, v = x - x[0], y - y[0]
            clockwise = np.sum(u * np.roll(v, -1) - np.roll(u, -1) * v) > 0
            found.append(ends if clockwise == (number == 0) else ends[:, [2, 3, 0, 1]])
    return np.concatenate(found) if found else np.empty((0, 4))


def covered_part(edges: FloatArray, window: Window) -> FloatArray:
    """The part of each pixel that lies inside a polygon.

    Exact for straight edges: below and to the right of each piece of an edge that lies in one
    pixel, the signed area between it and the pixel's right side counts, and its height in all
    pixels farther to the right; what is left of a polygon's contributions is its area.

    Parameters
    ----------
    edges : ndarray, shape (edges, 4)
        As of `edges_on_pixels`.
    window : Window

    Returns
    -------
    ndarray of float64, shape (height, width)
        0 ... 1.
    """
    width, height = window.width, window.height
    x0, y0, x1, y1 = edges.T
    # Of a polygon of a million vertices, most lie elsewhere.
    seen = (np.minimum(y0, y1) < window.y + height) & (np.maximum(y0, y1) > window.y)
    seen &= (np.minimum(x0, x1) < window.x + width) & (y0 != y1)
    shifted = edges[seen] - np.array([window.x, window.y, window.x, window.y])
    row, rise, left, right = _in_columns(*_in_rows(shifted, height), width)
    middle = np.clip((left + right) / 2, 0, width)
    column = np.floor(middle).astype(np.int64)
    beside = middle - column
    if not middle.any():  # all edges lie to the left: rows are covered or not
        return np.broadcast_to(_part(_sums(row, rise, height))[:, np.newaxis], (height, width))
    places, size = row * (width + 2) + column, height * (width + 2)
    sums = _sums(places, rise * (1 - beside), size)
    sums += _sums(places + 1, rise * beside, size)
    return _part(sums.reshape(height, width + 2)[:, :width].cumsum(axis=1))


def _sums(places: NDArray[np.int64], values: FloatArray, size: int) -> FloatArray:
    # Without any value bincount counts in whole numbers.
    return np.bincount(places, values, size).astype(np.float64, copy=False)


def _part(covered: FloatArray) -> FloatArray:
    covered[covered < _ROUNDING] = 0
    return np.minimum(covered, 1, out=covered)


def _in_rows(
    edges: FloatArray, height: int
) -> tuple[NDArray[np.int64], FloatArray, FloatArray, FloatArray]:
    """Edges cut at the rows: the row, the signed height, and x at both ends of each piece."""
    top, bottom = np.minimum(edges[:, 1], edges[:, 3]), np.maximum(edges[:, 1], edges[:, 3])
    first = np.maximum(np.floor(top), 0).astype(np.int64)
    count = np.minimum(np.ceil(bottom), height).astype(np.int64) - first
    of, step = _repeated(count)
    row = first[of] + step
    x0, y0, x1, y1 = edges[of].T
    upper, lower = np.maximum(top[of], row), np.minimum(bottom[of], row + 1)
    slope = (x1 - x0) / (y1 - y0)
    a, b = x0 + (upper - y0) * slope, x0 + (lower - y0) * slope
    # Rows count downwards: the left side of what is inside goes up.
    rise = (lower - upper) * np.sign(y0 - y1)
    return row, rise, np.minimum(a, b), np.maximum(a, b)


def _in_columns(
    row: NDArray[np.int64], rise: FloatArray, left: FloatArray, right: FloatArray, width: int
) -> tuple[NDArray[np.int64], FloatArray, FloatArray, FloatArray]:
    """Pieces of rows cut at the columns as well."""
    first = np.clip(np.floor(left) + 1, 0, width + 1).astype(np.int64)
    last = np.clip(np.ceil(right) - 1, -1, width).astype(np.int64)
    cuts = np.maximum(last - first + 1, 0)
    of, step = _repeated(cuts + 1)
    start = np.where(step == 0, left[of], first[of] + step - 1)
    stop = np.where(step == cuts[of], right[of], first[of] + step)
    extent = (right - left)[of]
    share = np.divide(stop - start, extent, out=np.ones_like(extent), where=extent > 0)
    return row[of], rise[of] * share, start, stop


def _repeated(counts: NDArray[np.int64]) -> tuple[NDArray[np.int64], NDArray[np.int64]]:
    """The number of each item as often as it counts, and a count within it."""
    of = np.repeat(np.arange(counts.size), counts)
    return of, np.arange(of.size) - np.repeat(np.cumsum(counts) - counts, counts)
