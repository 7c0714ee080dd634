"""Areas of a grid's pixels on the lunar sphere, in any projection."""

from __future__ import annotations

import math

import numpy as np
from numpy.typing import ArrayLike, NDArray

from ...core.errors import RasterError
from ...core.mathematics.sphere import MOON_RADIUS_KM, cell_area, unit_vectors
from ..gdal_io.blocks import Window
from .crs import GEOGRAPHIC_WKT, FloatArray, Grid, Transform, cylinder
from .extent import PlateCarree
from .interpolation import UNIT_NODES, interpolation
from .require_moon import require_moon_grid

#: Largest relative error of the polynomial through them, as seen between the nodes.
_TOLERANCE = 1e-7

#: Windows this small are computed pixel by pixel when the polynomial does not fit.
_SMALL = 16

#: A window no larger than this without a node on the Moon holds no pixel on it.
_EMPTY = 128

#: Step of the derivatives in radians: smaller ones lose digits (PROJ places a point
#: near a pole only to 1e-8), larger ones bend.
_STEP = 1e-4


class PixelAreas:
    """Areas in km2 of a grid's pixels on the sphere of 1737.4 km.

    Where rows are parallels of latitude, R^2 dlon (sin lat1 - sin lat2), exactly.
    In any other projection, and in rotated grids, |dn/dx x dn/dy| R^2 with the
    unit vector n of a place on the sphere, which has no pole and no edge at 180
    degrees: computed at Chebyshev nodes of a window, and integrated over the
    pixels between them by Simpson's rule. Windows where a polynomial does not
    fit, such as at the limb of an orthographic map, are divided.

    Parameters
    ----------
    grid : Grid
        Any grid on the Moon: north-up, flipped or rotated.
    name : str
        Begins the messages.

    Raises
    ------
    RasterError
        When the grid has no lunar CRS, no position, or lies elsewhere.

    References
    ----------
    Snyder (1987), USGS Professional Paper 1395.
    """

    def __init__(self, grid: Grid, name: str) -> None:
        if not grid.positioned:
            missing = "position (geotransform)" if grid.wkt else "coordinate reference system"
            raise RasterError(
                f"{name} has no {missing}, so its pixels have no area. Georeference it on the "
                "Moon first."
            )
        require_moon_grid(grid, name)
        self._grid = grid
        self._plate: PlateCarree | None = None
        self._to_degrees = Transform(grid.wkt)
        self._from_degrees = Transform(GEOGRAPHIC_WKT, grid.wkt)
        measures = cylinder(grid.wkt)
        self._turn = measures.turn if measures else 0.0
        _, dx, rx, _, ry, _ = grid.geotransform
        self._along_parallels = measures is not None and rx == ry == 0
        # Where latitudes are linear, PROJ is not asked: of a narrow raster, for every pixel.
        plate = PlateCarree.of(grid.wkt)
        if plate and measures and math.isclose(plate.turn, measures.turn, rel_tol=1e-9):
            self._plate = plate
        if measures and self._along_parallels:
            self._dlon = 360 * abs(dx) / measures.turn
        else:
            self._step = self._derivative_step()

    def of(self, window: Window) -> FloatArray:
        """Areas of the pixels of a window.

        Returns
        -------
        ndarray of float64, shape (height, 1) or (height, width)
            km2; one column where all pixels of a row have the same area. 0 for
            pixels outside the projection, such as beyond an orthographic disc.
        """
        return self._rows(window) if self._along_parallels else self._adaptive(window)

    def _rows(self, window: Window) -> FloatArray:
        edges = np.arange(window.y, window.y + window.height + 1)
        # Beyond a pole is nothing; MI's polar tiles reach half a pixel there.
        to_degrees = self._plate.degrees if self._plate else self._to_degrees
        lat = np.clip(to_degrees(*self._grid.position(0, edges))[1], -90, 90)
        return cell_area(lat[:-1], lat[1:], self._dlon)[:, np.newaxis]

    def _adaptive(self, window: Window) -> FloatArray:
        x, y, width, height = window
        columns, rows = x + width * UNIT_NODES, y + height * UNIT_NODES
        nodes = self._density(columns, rows)
        if np.isfinite(nodes).all():
            between: FloatArray = (UNIT_NODES[:-1] + UNIT_NODES[1:]) / 2
            matrix = interpolation(between)
            seen = self._density(x + width * between, y + height * between)
            error = np.abs(matrix @ nodes @ matrix.T / seen - 1).max()
            if error < _TOLERANCE:
                return _pixel_means(height) @ nodes @ _pixel_means(width).T
        elif not np.isfinite(nodes).any() and max(width, height) <= _EMPTY:
            return np.zeros((height, width))
        if max(width, height) <= _SMALL:
            centres = self._density(x + np.arange(width) + 0.5, y + np.arange(height) + 0.5)
            return np.nan_to_num(centres, nan=0.0)
        if width >= height:
            left = self._adaptive(window._replace(width=width // 2))
            right = window._replace(x=x + width // 2, width=width - width // 2)
            return np.concatenate([left, self._adaptive(right)], axis=1)
        upper = self._adaptive(window._replace(height=height // 2))
        lower = window._replace(y=y + height // 2, height=height - height // 2)
        return np.concatenate([upper, self._adaptive(lower)])

    def _density(self, columns: ArrayLike, rows: ArrayLike) -> FloatArray:
        """km2 per pixel at every crossing of columns and rows; NaN outside the projection."""
        c, r = np.meshgrid(columns, rows)
        h = self._step
        along_x = (self._vectors(c + h, r) - self._vectors(c - h, r)) / (2 * h)
        along_y = (self._vectors(c, r + h) - self._vectors(c, r - h)) / (2 * h)
        area = MOON_RADIUS_KM**2 * np.linalg.norm(np.cross(along_x, along_y), axis=-1)
        return np.where(self._inside(c, r), area, np.nan)

    def _vectors(self, columns: FloatArray, rows: FloatArray) -> FloatArray:
        return unit_vectors(*self._to_degrees(*self._grid.position(columns, rows)))

    def _inside(self, columns: FloatArray, rows: FloatArray) -> NDArray[np.bool_]:
        """Whether PROJ's way to the sphere leads back: beyond some maps' edges it starts again."""
        x, y = self._grid.position(columns, rows)
        lon, lat = self._to_degrees(x, y)
        back_x, back_y = self._from_degrees(lon, lat)
        _, dx, rx, _, ry, dy = self._grid.geotransform
        with np.errstate(invalid="ignore"):
            off = np.abs(back_x - x)
            if self._turn:
                off = np.minimum(off % self._turn, -off % self._turn)
            off += np.abs(back_y - y)
            return (np.abs(lat) <= 90) & (off < 1e-3 * min(np.hypot(dx, ry), np.hypot(rx, dy)))

    def _derivative_step(self) -> float:
        """Half the distance of the points a derivative is taken from, in pixels."""
        c, r = np.meshgrid(*(np.linspace(0, n, 33) for n in self._grid.window[2:]))
        ahead = self._vectors(c + 1e-3, r) - self._vectors(c - 1e-3, r)
        sizes = np.linalg.norm(ahead, axis=-1) / 2e-3
        return float(_STEP / np.nanmedian(sizes))


def _pixel_means(count: int) -> FloatArray:
    """Matrix [count, nodes] from values at the nodes to means over each pixel (Simpson)."""
    halves = interpolation(np.arange(2 * count + 1) / (2 * count))
    means: FloatArray = (halves[:-2:2] + 4 * halves[1::2] + halves[2::2]) / 6
    return means
