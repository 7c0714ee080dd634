"""Several MI tiles as one."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray

from ..core.bands import MODEL_BANDS
from ..core.errors import RasterError
from .blocks import Window
from .moon import Grid, full_turn, spatial_reference
from .source import MiSource

#: A mosaic may be at most this many times larger than its tiles together.
_LARGEST_GAP = 10

#: Tiles of one grid lie at whole pixels of each other, within this part of a pixel.
_ALIGNMENT = 1e-3


class Mosaic:
    """Tiles on one common grid, read like a single `MiSource`.

    Where tiles overlap, the first one with a valid pixel there wins.

    Raises
    ------
    RasterError
        When the tiles have different projections, pixel sizes or grids that do
        not line up, or lie so far apart that the mosaic would be mostly empty.
    """

    def __init__(self, sources: Sequence[MiSource]) -> None:
        first = sources[0].grid
        for source in sources[1:]:
            _require_same_grid(first, source.grid, sources[0].name, source.name)
        _, dx, _, north, _, dy = first.geotransform
        lefts = _shortest_span([source.grid.geotransform[0] for source in sources], first)
        left = min(lefts)
        top = max(source.grid.geotransform[3] for source in sources)
        # The mosaic's corner is counted in whole pixels from the first tile's.
        column = round((left - lefts[0]) / dx)
        row = round((top - north) / dy)
        self._tiles = []
        for source, tile_left in zip(sources, lefts):
            x = round((tile_left - lefts[0]) / dx) - column
            y = round((source.grid.geotransform[3] - north) / dy) - row
            self._tiles.append((source, Window(x, y, source.grid.width, source.grid.height)))
        self.grid = Grid(
            first.wkt,
            (lefts[0] + column * dx, dx, 0.0, north + row * dy, 0.0, dy),
            max(window.x + window.width for _, window in self._tiles),
            max(window.y + window.height for _, window in self._tiles),
        )
        covered = sum(window.size for _, window in self._tiles)
        if self.grid.window.size > _LARGEST_GAP * covered:
            raise RasterError(
                f"The tiles lie far apart: one raster over all of them would have "
                f"{self.grid.width} x {self.grid.height} pixels, most of them empty. "
                "Import them one by one."
            )

    def spectra(self, window: Window) -> tuple[NDArray[np.float32], NDArray[np.bool_]]:
        """Reflectance [8, height, width] and validity [height, width] of a window."""
        reflectance = np.full((len(MODEL_BANDS), window.height, window.width), np.nan, np.float32)
        valid = np.zeros(reflectance.shape[1:], bool)
        for source, place in self._tiles:
            common = window.intersection(place)
            if common is None:
                continue
            found, found_valid = source.spectra(common.relative_to(place.x, place.y))
            rows, columns = common.relative_to(window.x, window.y).slices
            new = found_valid & ~valid[rows, columns]
            reflectance[:, rows, columns][:, new] = found[:, new]
            valid[rows, columns] |= new
        return reflectance, valid


def _require_same_grid(first: Grid, other: Grid, first_name: str, name: str) -> None:
    advice = "Warp them to one grid first, or import them one by one."
    if bool(first.wkt) != bool(other.wkt) or (
        first.wkt and not spatial_reference(first.wkt).IsSame(spatial_reference(other.wkt))
    ):
        raise RasterError(f"{first_name} and {name} have different projections. {advice}")
    x0, dx, rx, y0, ry, dy = first.geotransform
    x1, dx1, rx1, y1, ry1, dy1 = other.geotransform
    if any((rx, ry, rx1, ry1)) or not np.allclose([dx1, dy1], [dx, dy], rtol=1e-9, atol=0):
        raise RasterError(f"{first_name} and {name} have different pixel sizes. {advice}")
    columns, rows = (x1 - x0) / dx, (y1 - y0) / dy
    if max(abs(columns - round(columns)), abs(rows - round(rows))) > _ALIGNMENT:
        raise RasterError(f"The pixels of {first_name} and {name} do not line up. {advice}")


def _shortest_span(lefts: list[float], grid: Grid) -> list[float]:
    """Left edges on the side of 180 degrees where the tiles are closest together."""
    if not grid.wkt:
        return lefts
    eastern = [left + full_turn(grid.wkt) if left < 0 else left for left in lefts]
    return eastern if max(eastern) - min(eastern) < max(lefts) - min(lefts) else lefts
