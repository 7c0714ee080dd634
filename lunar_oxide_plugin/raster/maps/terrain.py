"""Classes of terrain of an oxide raster, by blocks."""

from __future__ import annotations

from collections.abc import Mapping
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from ...core.mathematics.mixture import Histogram
from ...core.mathematics.pieces import pieces
from ...core.oxides.oxides import MG_NUMBER, OXIDES, mg_number
from ...core.results.terrain import (
    NEEDED,
    NO_DATA,
    ClassTotals,
    Limits,
    Scheme,
    classify,
    in_south_pole_aitken,
)
from ..gdal_io.blocks import Window
from ..moon.crs import FloatArray, Grid, Transform, cylinder
from ..sources.raster import Raster

#: FeO in wt% is counted from and to, in bins of this width: no lunar rock holds more.
FEO_BINS = (0.0, 40.0, 0.02)

#: Longest side of the small picture of a map, in pixels.
_PICTURE = 700


class TerrainBlock(NamedTuple):
    """A block of a classified raster."""

    #: Class numbers, uint8 [height, width]
    classes: NDArray[np.uint8]
    #: `TerrainMap.names`, NaN where there is none, float32 [names, height, width]
    values: NDArray[np.float32]


class TerrainMap:
    """Classes of a raster's pixels, read by blocks, in several threads at once if need be.

    Parameters
    ----------
    raster : Raster
        Oxides in wt%, placed on the Moon.
    bands : mapping of str to int
        Band number of each oxide, those that the scheme needs among them.
    scheme : Scheme
    """

    def __init__(self, raster: Raster, bands: Mapping[str, int], scheme: Scheme) -> None:
        self._raster = raster
        self.scheme = scheme
        self._oxides = [oxide for oxide in OXIDES if oxide in bands]
        self._numbers = [bands[oxide] for oxide in self._oxides]
        self._needed = [bands[oxide] for oxide in NEEDED[scheme]]
        #: The quantities of each pixel: oxides, and Mg# where they give it.
        self.names = list(self._oxides)
        if {"MgO", "FeO"} <= bands.keys():
            self.names.append(MG_NUMBER)

    def feo(self, window: Window) -> NDArray[np.float32]:
        """FeO in wt% [height, width], NaN where a pixel has no class."""
        feo, *others = self._raster.values(window, self._needed)
        # Where there is a class depends on no limit.
        other = self._second(feo, others[0]) if others else None
        feo[classify(self.scheme, Limits(0.0), feo, other) == NO_DATA] = np.nan
        return feo

    def block(self, window: Window, limits: Limits) -> TerrainBlock:
        """Classes and all values of a block."""
        values = np.empty((len(self.names), window.height, window.width), np.float32)
        values[: len(self._numbers)] = self._raster.values(window, self._numbers)
        if self.names[-1] == MG_NUMBER:
            values[-1] = self._mg(self._plane(values, "MgO"), self._plane(values, "FeO"))
        other = {
            Scheme.MARE: None,
            Scheme.BASALTS: "TiO2",
            Scheme.TERRANES: MG_NUMBER,
        }[self.scheme]
        inside = self._inside_spa(window) if self.scheme is Scheme.TERRANES else False
        classes = classify(
            self.scheme,
            limits,
            self._plane(values, "FeO"),
            None if other is None else self._plane(values, other),
            inside,
        )
        return TerrainBlock(classes, values)

    def _plane(self, values: NDArray[np.float32], name: str) -> NDArray[np.float32]:
        return values[self.names.index(name)]

    def _second(self, feo: NDArray[np.float32], other: NDArray[np.float32]) -> NDArray[np.float32]:
        return self._mg(other, feo) if self.scheme is Scheme.TERRANES else other

    @staticmethod
    def _mg(mgo: NDArray[np.float32], feo: NDArray[np.float32]) -> NDArray[np.float32]:
        found = np.empty(mgo.shape, np.float32)
        for rows in pieces(*mgo.shape):
            found[rows] = mg_number(mgo[rows], feo[rows])
        return found

    def _inside_spa(self, window: Window) -> NDArray[np.bool_]:
        """Which pixels' centres lie in the South Pole-Aitken basin [height, width]."""
        inside = np.empty((window.height, window.width), np.bool_)
        for rows in pieces(window.height, window.width):
            part = window._replace(y=window.y + rows.start, height=rows.stop - rows.start)
            inside[rows] = in_south_pole_aitken(*self._degrees(part))
        return inside

    def _degrees(self, window: Window) -> tuple[FloatArray, FloatArray]:
        """Longitudes and latitudes of pixels' centres, to be broadcast."""
        grid = self._raster.grid
        columns = window.x + 0.5 + np.arange(window.width, dtype=np.float64)
        rows = window.y + 0.5 + np.arange(window.height, dtype=np.float64)[:, np.newaxis]
        to_degrees = Transform(grid.wkt)
        _, _, rx, _, ry, _ = grid.geotransform
        if cylinder(grid.wkt) and rx == ry == 0:  # a column has one longitude, a row one latitude
            lon = to_degrees(*grid.position(columns, window.y + 0.5))[0]
            lat = to_degrees(*grid.position(window.x + 0.5, rows))[1]
            return lon, lat
        return to_degrees(*grid.position(columns, rows))


class TerrainSummary:
    """What is known of a whole map, from its blocks.

    Parameters
    ----------
    terrain : TerrainMap
    scheme : Scheme
    window : Window
        All of the raster.
    histogram : Histogram, optional
        Of FeO, when it has been made already.
    """

    def __init__(
        self,
        terrain: TerrainMap,
        scheme: Scheme,
        window: Window,
        histogram: Histogram | None = None,
    ) -> None:
        self.totals = ClassTotals(scheme, terrain.names)
        self._feo = terrain.names.index("FeO")
        self._count = histogram is None
        self.histogram = Histogram(*FEO_BINS) if histogram is None else histogram
        self._every = max(-(-max(window.width, window.height) // _PICTURE), 1)
        shape = (-(-window.height // self._every), -(-window.width // self._every))
        #: The class of every n-th pixel, for a small picture.
        self.picture: NDArray[np.uint8] = np.zeros(shape, np.uint8)

    def add(self, window: Window, block: TerrainBlock, areas: FloatArray) -> None:
        """Add a block, with the pixels' areas in km2 [height, width] or [height, 1]."""
        weights = np.broadcast_to(areas, block.classes.shape)
        for rows in pieces(*block.classes.shape):
            classes, values = block.classes[rows].ravel(), block.values[:, rows]
            flat, area = values.reshape(len(values), -1), weights[rows].ravel()
            self.totals.add(classes, flat, area)
            if self._count:
                counted = (classes != NO_DATA) & (area > 0)
                self.histogram.add(flat[self._feo][counted], area[counted])
        every = self._every
        first_row, first_column = -(-window.y // every), -(-window.x // every)
        seen = block.classes[
            first_row * every - window.y :: every, first_column * every - window.x :: every
        ]
        self.picture[
            first_row : first_row + seen.shape[0], first_column : first_column + seen.shape[1]
        ] = seen


def add_feo(histogram: Histogram, feo: NDArray[np.float32], areas: FloatArray) -> None:
    """Add what `TerrainMap.feo` gave, with the pixels' areas as in `TerrainSummary.add`."""
    weights = np.broadcast_to(areas, feo.shape)
    for rows in pieces(*feo.shape):
        counted = np.isfinite(feo[rows]) & (weights[rows] > 0)
        histogram.add(feo[rows][counted], weights[rows][counted])


def extent(grid: Grid) -> tuple[float, float, float, float] | None:
    """West, east, south and north edge in degrees, west below east; None where they are none."""
    measures = cylinder(grid.wkt)
    _, dx, rx, _, ry, dy = grid.geotransform
    if measures is None or rx != 0 or ry != 0 or dx < 0 or dy > 0:
        return None
    to_degrees = Transform(grid.wkt)
    lon, north = to_degrees(*grid.position(0, 0))
    south = to_degrees(*grid.position(0, grid.height))[1]
    west = float(lon)
    return west, west + grid.width * dx / measures.turn * 360, float(south), float(north)
