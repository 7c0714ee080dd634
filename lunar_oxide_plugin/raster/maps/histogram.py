"""Histograms of the oxides and the Mg# of rasters, weighted by area on the sphere."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray

from ...core.errors import RasterError
from ...core.mathematics.pieces import pieces
from ...core.oxides.oxides import MG_NUMBER, mg_number, oxide_described
from ...core.results.histogram import BINS, QUANTITIES, AreaHistogram, RasterHistograms
from ...core.watch import SILENT, Watch
from ..gdal_io.blocks import Window
from ..moon.areas import PixelAreas
from ..sources.oxide_units import require_weight_percent
from ..sources.raster import Raster
from .each_block import each_block

_Planes = dict[str, NDArray[np.floating]]


def raster_histograms(
    rasters: Sequence[Raster], watch: Watch = SILENT, threads: int = 1
) -> list[RasterHistograms]:
    """Measure several rasters, after all of them have been checked."""
    sources = []
    for raster in rasters:
        sources.append(OxideHistograms(raster))
        require_weight_percent(raster, check=watch.check)
    total, done = sum(raster.grid.window.size for raster in rasters), 0
    measured = []
    for raster, name, source in zip(rasters, _called(rasters), sources):
        size = raster.grid.window.size
        found = source.measure(watch.step(done / size, total / size), threads)
        measured.append(RasterHistograms(name, found))
        done += size
    return measured


def _called(rasters: Sequence[Raster]) -> list[str]:
    """What rasters are called: by their file names, or paths where two have the same name."""
    names = [raster.name for raster in rasters]
    shown = [raster.name if names.count(raster.name) == 1 else raster.path for raster in rasters]
    return [
        f"{name} (SYNTHETIC)" if raster.synthetic else name for name, raster in zip(shown, rasters)
    ]


class OxideHistograms:
    """Histograms of a raster's oxides in wt%, and of Mg# from a band of it or from MgO and FeO.

    Bands are found by their descriptions. A raster without any, with two of the same, or without a
    position on the Moon is refused.
    """

    def __init__(self, raster: Raster) -> None:
        self._raster = raster
        self._areas = PixelAreas(raster.grid, raster.name)
        self._bands = _bands(raster)
        known = set(self._bands)
        if {"MgO", "FeO"} <= known:
            known.add(MG_NUMBER)
        #: The oxides, and Mg#, that there are, in order.
        self.quantities = [name for name in QUANTITIES if name in known]

    def measure(self, watch: Watch = SILENT, threads: int = 1) -> dict[str, AreaHistogram]:
        """Read the raster once, block by block: a histogram of each quantity, in order.

        A raster without a valid pixel is refused. Each thread holds another block in memory.
        """
        histograms = {name: AreaHistogram(BINS[name]) for name in self.quantities}
        with each_block(self._planes, self._raster, watch, threads) as done:
            for window, planes in done:
                areas = np.broadcast_to(self._areas.of(window), (window.height, window.width))
                for name, plane in planes.items():
                    for rows in pieces(*plane.shape):
                        # Without area: beyond the projection's edge.
                        valid = np.isfinite(plane[rows]) & (areas[rows] > 0)
                        histograms[name].add(plane[rows][valid], areas[rows][valid])
        if not any(histogram.moments.count for histogram in histograms.values()):
            raise RasterError(
                f"{self._raster.name} has no valid pixel in its bands "
                f"{', '.join(self._bands)}, so there is no histogram of it."
            )
        return histograms

    def _planes(self, window: Window) -> _Planes:
        """Values of a block by quantity, each [height, width], NaN where there is none."""
        values = self._raster.values(window, list(self._bands.values()))
        planes: _Planes = dict(zip(self._bands, values))
        if MG_NUMBER in self.quantities and MG_NUMBER not in planes:
            computed = np.empty((window.height, window.width))
            for rows in pieces(window.height, window.width):
                computed[rows] = mg_number(planes["MgO"][rows], planes["FeO"][rows])
            planes[MG_NUMBER] = computed
        return planes


def _bands(raster: Raster) -> dict[str, int]:
    """Numbers of the bands described as an oxide or Mg#, in the raster's order."""
    found: dict[str, int] = {}
    for number, described in enumerate(raster.band_names, start=1):
        is_mg = described.strip().lower() == MG_NUMBER.lower()
        name = MG_NUMBER if is_mg else oxide_described(described)
        if name in found:
            raise RasterError(
                f"{raster.name}: bands {found[name]} and {number} are both described as {name}. "
                f"Keep one of them, with: gdal_translate -b {number} {raster.name} {name}.tif"
            )
        if name:
            found[name] = number
    if not found:
        raster.require_measurement()
        listed = ", ".join(f"{i} '{text}'" for i, text in enumerate(raster.band_names, 1))
        raise RasterError(
            f"{raster.name} has no band described as {', '.join(QUANTITIES[:-1])} or {MG_NUMBER}; "
            f"it has {listed}. Describe them, in QGIS's Python console with: from osgeo import "
            f"gdal; d = gdal.Open('{raster.name}', 1); d.GetRasterBand(1).SetDescription('FeO'); "
            "d = None"
        )
    return found
