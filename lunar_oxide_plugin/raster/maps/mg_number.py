"""Maps of Mg# and of its uncertainty."""

from __future__ import annotations

from pathlib import Path

import numpy as np
from numpy.typing import ArrayLike, NDArray

from ...about import style
from ...core.errors import RasterError
from ...core.mathematics.pieces import pieces
from ...core.mathematics.statistics import Moments
from ...core.oxides.oxides import MG_NUMBER, mg_number
from ...core.oxides.uncertainty import mg_number_uncertainty, uncertainty_name
from ..gdal_io.blocks import Window
from ..moon.areas import PixelAreas
from ..sources.oxide_units import require_weight_percent
from ..sources.raster import Raster
from ..writing.storage import BandInfo
from .each_block import each_block
from .run import Run
from .uncertainty import Uncertainty

#: Mg# is at most 1, which scaled integers hold in these steps. Its uncertainty has no upper limit;
#: its steps reach to 6.5.
_MG_NUMBER = BandInfo(MG_NUMBER, step=0.00002)
_SIGMA = BandInfo(uncertainty_name(MG_NUMBER), step=0.0001)


class MgNumberTotals:
    """What is known of a whole map of Mg#, from its blocks."""

    def __init__(self) -> None:
        #: Of Mg#, weighted by the pixels' areas.
        self.moments = Moments()
        #: Pixels with an uncertainty, and pixels with an Mg# but without one.
        self.with_sigma = 0
        self.without_sigma = 0

    def add(
        self, values: NDArray[np.float64], sigmas: NDArray[np.float64] | None, areas: ArrayLike
    ) -> None:
        """Add a block: Mg#, its 1 sigma, and the pixels' areas, 0 where they do not count."""
        weights = np.broadcast_to(areas, values.shape)
        for rows in pieces(*values.shape):
            defined = np.isfinite(values[rows])
            if sigmas is not None:
                known = np.isfinite(sigmas[rows])
                self.with_sigma += int(known.sum())
                self.without_sigma += int((defined & ~known).sum())
            defined &= weights[rows] > 0
            self.moments.add(values[rows][defined], weights[rows][defined])


def write_mg_number(
    run: Run,
    raster: Raster,
    path: str | Path,
    *,
    mgo: int,
    feo: int,
    uncertainty: Uncertainty | None = None,
    uncertainty_path: str | Path = "",
) -> MgNumberTotals:
    """Write Mg# of a raster and, where the uncertainties are given, its 1 sigma.

    Parameters
    ----------
    run : Run
    raster : Raster
        Oxides in wt%.
    path : path
        Of the result, ending in .tif.
    mgo, feo : int
        The numbers of the bands.
    uncertainty : Uncertainty, optional
        Of these bands; the correlation of their errors is taken from its metadata.
    uncertainty_path : path
        Of its result, ending in .tif.

    Raises
    ------
    RasterError
        When no pixel has an Mg#, or none an uncertainty where they are given.
    """
    require_weight_percent(raster, {mgo: "MgO", feo: "FeO"}, run.watch.check)
    areas = PixelAreas(raster.grid, raster.name) if raster.grid.positioned else None
    if areas is None:
        run.watch.warn(
            f"{raster.name} does not say where on the Moon it is, so all pixels have the same "
            "weight in the mean."
        )
    metadata = {**raster.model_metadata(), **run.metadata}
    correlation = 0.0
    if uncertainty:
        correlation, source = uncertainty.correlation("MgO", "FeO")
        run.watch.note(f"Correlation of the errors of MgO and FeO: {source}.")
        metadata["LUNAR_OXIDE_MGO_FEO_ERROR_CORRELATION"] = source
    outputs = [(path, _MG_NUMBER, "mgnumber")]
    outputs += [(uncertainty_path, _SIGMA, "mgnumber_uncertainty")] if uncertainty else []
    writers = [
        run.files.raster(
            name,
            raster.grid,
            [band],
            metadata,
            storage=run.storage,
            style=style(its_style),
            tile=raster.plan().tile,
        )
        for name, band, its_style in outputs
    ]
    totals = MgNumberTotals()

    def planes(window: Window) -> list[NDArray[np.float64]]:
        return _planes(raster, window, (mgo, feo), uncertainty, correlation)

    with each_block(planes, raster, run.watch.step(0, run.storage.steps), run.threads) as done:
        for window, found in done:
            for writer, plane in zip(writers, found):
                writer.write(window, plane[np.newaxis])
            sigmas = found[1] if uncertainty else None
            totals.add(found[0], sigmas, areas.of(window) if areas else 1.0)
    if totals.moments.count == 0:
        raise RasterError(
            f"{raster.name} has no pixel where MgO and FeO give an Mg#. Check the MgO band "
            "(MGO_BAND) and the FeO band (FEO_BAND)."
        )
    if uncertainty and not totals.with_sigma:
        raise RasterError(
            f"{uncertainty.raster.name} (UNCERTAINTY) has no pixel with an uncertainty of MgO and "
            f"FeO where {raster.name} has an Mg#. Give the one from the same run."
        )
    run.files.finish(run.watch.step(1, run.storage.steps).progress)
    if totals.without_sigma and uncertainty:
        run.watch.warn(
            f"{totals.without_sigma} pixels with an Mg# have no uncertainty of MgO or FeO in "
            f"{uncertainty.raster.name} (UNCERTAINTY): they are nodata in the uncertainty of Mg#."
        )
    return totals


def _planes(
    raster: Raster,
    window: Window,
    numbers: tuple[int, int],
    uncertainty: Uncertainty | None,
    correlation: float,
) -> list[NDArray[np.float64]]:
    """Mg# and, where the uncertainties are given, its 1 sigma; NaN where not defined."""
    mgo, feo = raster.values(window, numbers)
    values = np.empty(mgo.shape)
    for rows in pieces(*mgo.shape):
        values[rows] = mg_number(mgo[rows], feo[rows])
    if not uncertainty:
        return [values]
    mgo_sigma, feo_sigma = uncertainty.values(window, numbers)
    sigmas = np.empty(mgo.shape)
    for rows in pieces(*mgo.shape):
        sigmas[rows] = mg_number_uncertainty(
            mgo[rows], feo[rows], mgo_sigma[rows], feo_sigma[rows], correlation
        )
    return [values, sigmas]
