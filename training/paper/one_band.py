"""How a single band tells an oxide: the paper's Figs. 1 and 2."""

from __future__ import annotations

from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from ..metrics import r2, rmse
from ..tables import SiteTable


class Line(NamedTuple):
    """A straight line through the sites: oxide (wt%) = slope * reflectance + intercept.

    ``loo_r2`` and ``loo_rmse`` judge each site by the line through the others.
    """

    slope: float
    intercept: float
    r2: float
    rmse: float
    loo_r2: float
    loo_rmse: float


def correlations(table: SiteTable) -> NDArray[np.float64]:
    """Pearson's r of reflectance and oxide over the sites, shape (8, 5)."""
    bands = table.reflectance.shape[1]
    together = np.corrcoef(table.reflectance, table.oxides, rowvar=False)
    return np.asarray(together[:bands, bands:])


def regress(reflectance: NDArray[np.float64], oxide: NDArray[np.float64]) -> Line:
    """Fit an oxide (wt%) by the reflectance of one band, both of shape (n,); least squares.

    The error at a site left out is the fit's divided by one minus the site's leverage,
    which spares fitting n times.
    """
    offset = reflectance - reflectance.mean()
    spread = np.sum(offset**2)
    slope = np.sum(offset * oxide) / spread
    intercept = oxide.mean() - slope * reflectance.mean()
    fitted = slope * reflectance + intercept
    leverage = 1 / len(oxide) + offset**2 / spread
    left_out = oxide + (fitted - oxide) / (1 - leverage)
    return Line(
        float(slope),
        float(intercept),
        float(r2(oxide, fitted)),
        float(rmse(oxide, fitted)),
        float(r2(oxide, left_out)),
        float(rmse(oxide, left_out)),
    )
