"""Where the pixels of one grid lie among those of another, in any two lunar projections."""

from __future__ import annotations

import math
from collections.abc import Iterator, Sequence

import numpy as np
from numpy.typing import NDArray

from ...core.mathematics.pieces import pieces
from ...core.mathematics.sphere import unit_vectors
from ..gdal_io.blocks import Window
from .crs import FloatArray, Grid, Transform, cylinder
from .interpolation import UNIT_NODES, interpolation

#: Largest error of a polynomial for the places of a window, in pixels of the other grid.
_TOLERANCE = 1e-3

#: Windows this small are transformed pixel by pixel when a polynomial does not fit.
_SMALL = 16

#: Nodes along each side of a window to find the smallest cap around it, and what is added for
#: what lies between them.
_CAP_NODES, _CAP_SLACK = 5, 1.1

_MIDDLE: FloatArray = np.array([0.5])
_FIVE: FloatArray = np.linspace(0, 1, 5)


class Places:
    """Pixels of a source grid as columns and rows of a target grid.

    Polynomials through the Chebyshev nodes of a window, where these fit; windows
    where they do not, such as at a pole or a map's edge, are divided.

    Parameters
    ----------
    source, target : Grid
        On the Moon, with a position.
    """

    def __init__(self, source: Grid, target: Grid) -> None:
        self._source, self._target = source, target
        measures = cylinder(target.wkt)
        _, dx, rx, _, ry, _ = target.geotransform
        #: Columns of the target once around the Moon; 0 where it does not close.
        self.turn = 0.0
        if measures and rx == ry == 0:
            self.turn = measures.turn / abs(dx)

    def of(self, window: Window) -> Iterator[Place]:
        """The places of a window's pixels, in one or more parts; without those that have none."""
        nodes = self._unwrapped(*self._at(window, UNIT_NODES, UNIT_NODES))
        if np.isfinite(nodes).all():
            between: FloatArray = (UNIT_NODES[:-1] + UNIT_NODES[1:]) / 2
            matrix = interpolation(between)
            off = np.abs(matrix @ nodes @ matrix.T - self._at(window, between, between))
            if self.turn:
                off[0] = np.abs(off[0] - self.turn * np.round(off[0] / self.turn))
            if off.max() < _TOLERANCE:
                yield Place(self, window, nodes)
                return
        if max(window.width, window.height) <= _SMALL:
            yield Place(self, window, None)
        elif window.width >= window.height:
            half = window.width // 2
            yield from self.of(window._replace(width=half))
            yield from self.of(window._replace(x=window.x + half, width=window.width - half))
        else:
            half = window.height // 2
            yield from self.of(window._replace(height=half))
            yield from self.of(window._replace(y=window.y + half, height=window.height - half))

    def _at(self, window: Window, x: FloatArray, y: FloatArray) -> FloatArray:
        """Columns and rows [2, n, m] of the crossings of places x [m] and y [n], in 0-1."""
        return self.exact(window.x + window.width * x, window.y + window.height * y)

    def exact(self, columns: FloatArray, rows: FloatArray) -> FloatArray:
        """Where crossings of columns [m] and rows [n] lie: [2, n, m], NaN outside of a map."""
        x, y = self._source.position(*np.meshgrid(columns, rows))
        if self._source.wkt != self._target.wkt:
            # Not kept: each thread has its own.
            x, y = Transform(self._source.wkt, self._target.wkt)(x, y)
        x0, dx, rx, y0, ry, dy = self._target.geotransform
        with np.errstate(invalid="ignore"):
            x, y = x - x0, y - y0
            found = np.stack([dy * x - rx * y, dx * y - ry * x]) / (dx * dy - rx * ry)
        found[:, ~np.isfinite(found).all(axis=0)] = np.nan
        return found

    def _unwrapped(self, columns: FloatArray, rows: FloatArray) -> FloatArray:
        """Without jumps from one edge of a cylindrical map to the other."""
        if self.turn:
            scale = 2 * np.pi / self.turn
            columns[:, 0] = np.unwrap(columns[:, 0] * scale) / scale
            columns = np.unwrap(columns * scale, axis=1) / scale
        return np.stack([columns, rows])


class Place:
    """The places of the pixels of a window.

    Parameters
    ----------
    places : Places
    window : Window
        In the source.
    nodes : ndarray, shape (2, nodes, nodes), optional
        Columns and rows at the Chebyshev nodes; None: no polynomial fits.
    """

    def __init__(self, places: Places, window: Window, nodes: FloatArray | None) -> None:
        self._places, self._nodes = places, nodes
        self.window = window

    @property
    def smooth(self) -> bool:
        """Whether a polynomial fits: neither a pole nor a map's edge is in the window."""
        return self._nodes is not None

    @property
    def separable(self) -> bool:
        """Whether columns become columns and rows rows, as between two cylindrical maps."""
        if self._nodes is None:
            return False
        columns, rows = self._nodes
        return bool(
            np.ptp(columns, axis=0).max() < _TOLERANCE and np.ptp(rows, axis=1).max() < _TOLERANCE
        )

    def edges(self) -> tuple[FloatArray, FloatArray]:
        """Of a separable window: target columns [width + 1] and rows [height + 1] of the edges."""
        (columns, _), (_, rows) = (
            self._on(np.arange(self.window.width + 1.0), _MIDDLE * self.window.height),
            self._on(_MIDDLE * self.window.width, np.arange(self.window.height + 1.0)),
        )
        return columns[0], rows[:, 0]

    def at(self, x: float, y: float, part: Window) -> tuple[FloatArray, FloatArray]:
        """Target columns and rows [height, width] of a place inside each pixel of a part.

        Parameters
        ----------
        x, y : float
            0 ... 1; 0.5 is a pixel's centre.
        part : Window
            In the source, inside of the window.
        """
        across = np.arange(part.width, dtype=np.float64) + (part.x - self.window.x + x)
        down = np.arange(part.height, dtype=np.float64) + (part.y - self.window.y + y)
        columns, rows = self._on(across, down)
        return columns, rows

    def pixel_size(self) -> float:
        """Largest side of a source pixel in target pixels, of some spread over the window."""
        x: FloatArray = _FIVE * (self.window.width - 1)
        y: FloatArray = _FIVE * (self.window.height - 1)
        sizes = []
        for shift in ((1, 0), (0, 1)):
            step = self._on(x + shift[0], y + shift[1]) - self._on(x, y)
            if self._places.turn:
                step[0] -= self._places.turn * np.round(step[0] / self._places.turn)
            sizes.append(np.abs(step))
        both = sizes[0] + sizes[1]
        return float(np.nanmax(both)) if np.isfinite(both).any() else math.nan

    def _on(self, x: FloatArray, y: FloatArray) -> FloatArray:
        """Target columns and rows [2, n, m] at pixel positions in the window."""
        if self._nodes is None:
            return self._places.exact(self.window.x + x, self.window.y + y)
        across, down = interpolation(x / self.window.width), interpolation(y / self.window.height)
        found: FloatArray = down @ self._nodes @ across.T
        return found


class Caps:
    """Caps of the sphere around windows of a grid, to tell which of two grids' can touch.

    A pole and the longitude of 180 degrees are places like any other.

    Parameters
    ----------
    grid : Grid
    windows : sequence of Window
    """

    def __init__(self, grid: Grid, windows: Sequence[Window]) -> None:
        transform = Transform(grid.wkt)
        corners = np.array(windows, np.float64).reshape(-1, 4, 1, 1)
        nodes = np.linspace(0, 1, _CAP_NODES)
        centres, radii = [], []
        for piece in pieces(len(corners), _CAP_NODES**2):
            x, y, width, height = np.moveaxis(corners[piece], 1, 0)
            columns, rows = np.broadcast_arrays(
                x + width * nodes, y + height * nodes[:, np.newaxis]
            )
            places = transform(*grid.position(columns, rows))
            found = _caps(unit_vectors(*places).reshape(len(columns), -1, 3))
            centres.append(found[0])
            radii.append(found[1])
        self._centres, self._radii = np.concatenate(centres), np.concatenate(radii)

    def touching(self, others: Caps) -> NDArray[np.bool_]:
        """Which of these, bool [n], may touch the one cap of others."""
        chord = np.linalg.norm(self._centres - others._centres[0], axis=1)
        angle = 2 * np.arcsin(np.minimum(chord / 2, 1))
        touching: NDArray[np.bool_] = angle <= self._radii + others._radii[0]
        return touching


def _caps(vectors: FloatArray) -> tuple[FloatArray, FloatArray]:
    """Centres [n, 3] and radii [n] in radians of caps around places [n, nodes, 3].

    The whole sphere where it is not known, as for windows that lie in part outside of the map.
    """
    centres = vectors.mean(axis=1)
    lengths = np.linalg.norm(centres, axis=1)
    known = lengths > 0.1
    centres = np.where(known[:, np.newaxis], centres, [0.0, 0.0, 1.0])
    centres /= np.where(known, lengths, 1.0)[:, np.newaxis]
    chords = np.linalg.norm(vectors - centres[:, np.newaxis], axis=2).max(axis=1)
    radii = _CAP_SLACK * 2 * np.arcsin(np.minimum(chords / 2, 1.0))
    return centres, np.where(known, radii, np.pi)
