"""Class rasters and class polygons of terrain."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import NamedTuple

import numpy as np

from ...about import style
from ...core.errors import RasterError
from ...core.mathematics.mixture import BimodalityError, Histogram, Mixture, divide
from ...core.results.terrain import CLASSES, NEEDED, Limits, Scheme, default_feo, rules
from ...core.watch import Watch
from ..moon.areas import PixelAreas
from ..sources.oxide_units import require_weight_percent
from ..sources.raster import Raster
from ..writing.encoding import Classes
from ..writing.storage import BandInfo
from .class_polygons import write_class_polygons
from .each_block import each_block
from .run import Run
from .terrain import FEO_BINS, TerrainMap, TerrainSummary, add_feo


class Threshold(NamedTuple):
    """The FeO in wt% that divides classes, where it is from, and the fit behind it."""

    feo: float
    source: str
    mixture: Mixture | None = None
    histogram: Histogram | None = None

    @classmethod
    def default(cls, scheme: Scheme) -> Threshold:
        """The value for a scheme by Table 2 of Zhang et al. (2023)."""
        source = "the middle between the means of maria and highlands"
        if scheme is Scheme.TERRANES:
            source = "the mean of the whole Moon"
        paper = "Table 2 of Zhang et al. (2023, Icarus 397, 115505)"
        return cls(default_feo(scheme), f"{source} in {paper}")

    def __str__(self) -> str:
        return f"{self.feo:.4g} wt%, {self.source}"


class TerrainResult(NamedTuple):
    """What was found."""

    limits: Limits
    threshold: Threshold
    summary: TerrainSummary
    #: Of the raster.
    metadata: dict[str, str]


def write_terrain(
    run: Run,
    raster: Raster,
    bands: Mapping[str, int],
    scheme: Scheme,
    path: str | Path,
    *,
    threshold: Threshold | None,
    mg_number: float,
    polygons: str | Path = "",
    minimum_area: float = 0.0,
) -> TerrainResult:
    """Classify a raster, and draw the connected areas of each class if wanted.

    Parameters
    ----------
    run : Run
    raster : Raster
        Oxides in wt%, placed on the Moon.
    bands : mapping of str to int
        Band number of each oxide, those that the scheme needs among them.
    scheme : Scheme
    path : path
        Of the class raster, ending in .tif.
    threshold : Threshold or None
        The FeO that divides classes; None: fitted to the raster's own FeO.
    mg_number : float
        The Mg# that divides terranes.
    polygons : path
        A GeoPackage for the polygons; empty: none.
    minimum_area : float
        km2 of the smallest polygon.

    Raises
    ------
    RasterError
        When no pixel has a class, the fit does not find two populations, or the classes are too
        scattered for polygons.
    """
    needed = {bands[oxide]: oxide for oxide in NEEDED[scheme]}
    require_weight_percent(raster, needed, run.watch.check)
    areas = PixelAreas(raster.grid, raster.name)
    terrain = TerrainMap(raster, bands, scheme)
    fit = threshold is None
    steps = 1 + fit + bool(polygons)
    if threshold is None:
        threshold = _fitted(terrain, raster, areas, run.watch.step(0, steps), run.threads)
    run.watch.note(f"FeO threshold: {threshold}.")
    limits = Limits(threshold.feo, mg_number)
    named = zip(CLASSES[scheme], rules(scheme, limits))
    items = {
        **raster.model_metadata(),
        **run.metadata,
        "LUNAR_OXIDE_CLASSES": "; ".join(
            f"{number} {one.name}: {rule}" for number, (one, rule) in enumerate(named, 1)
        ),
        "LUNAR_OXIDE_FEO_THRESHOLD": f"{threshold.feo:.6g} wt%, {threshold.source}",
    }
    summary = TerrainSummary(terrain, scheme, raster.grid.window, threshold.histogram)
    writer = run.files.raster(
        path,
        raster.grid,
        [BandInfo("terrain class")],
        items,
        classes=Classes([(one.name, one.colour) for one in CLASSES[scheme]]),
        style=style(f"terrain_{scheme.name.lower()}"),
        tile=raster.plan().tile,
    )
    pixels = run.watch.step(int(fit), steps)
    with each_block(lambda at: terrain.block(at, limits), raster, pixels, run.threads) as done:
        for window, block in done:
            if block.classes.any():
                writer.write(window, block.classes[np.newaxis])
            summary.add(window, block, areas.of(window))
    totals = summary.totals
    if not totals.pixels.any():
        raise _nothing(raster, scheme)
    if polygons:
        run.files.finish()  # the polygons are drawn from the finished file
        count = write_class_polygons(
            writer.path,
            [one.name for one in CLASSES[scheme]],
            minimum_area,
            float(totals.areas.sum() / totals.pixels.sum()),
            run.files.path(polygons),
            str(polygons),
            run.watch.step(1 + fit, steps).progress,
        )
        run.watch.note(f"{count} polygons.")
    return TerrainResult(limits, threshold, summary, items)


def _nothing(raster: Raster, scheme: Scheme) -> RasterError:
    needed = NEEDED[scheme]
    return RasterError(
        f"{raster.name} has no pixel with {' and '.join(needed)}, which the classes need. Check "
        f"its bands ({', '.join(f'{oxide.upper()}_BAND' for oxide in needed)})."
    )


def _fitted(
    terrain: TerrainMap, raster: Raster, areas: PixelAreas, watch: Watch, threads: int
) -> Threshold:
    """The FeO that divides two populations, by a first reading of the whole raster."""
    histogram = Histogram(*FEO_BINS)
    with each_block(terrain.feo, raster, watch, threads) as done:
        for window, feo in done:
            add_feo(histogram, feo, areas.of(window))
    if not histogram.weights.any():
        raise _nothing(raster, terrain.scheme)
    try:
        mixture, dividing = divide(histogram)
        return Threshold(dividing, _described(mixture), mixture, histogram)
    except BimodalityError as error:
        message = str(error)
    raise RasterError(
        f"The FeO of {raster.name} does not show two populations: {message}. Choose a fixed FeO "
        "(METHOD 0), with your own FeO threshold (THRESHOLD) if needed, or a raster with both "
        "mare and highlands."
    )


def _described(mixture: Mixture) -> str:
    first, second = (
        f"{mean:.2f} ± {sigma:.2f} wt% ({100 * share:.1f} %)"
        for share, mean, sigma in zip(mixture.shares, mixture.means, mixture.sigmas)
    )
    return (
        f"where two Gaussians fitted to the raster's FeO are equally probable: {first} and "
        f"{second} of the area, Ashman's D {mixture.separation:.2f}"
    )
