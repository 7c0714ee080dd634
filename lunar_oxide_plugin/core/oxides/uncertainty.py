"""The model's 1-sigma uncertainty in what is computed from the oxides."""

from __future__ import annotations

import json

import numpy as np
from numpy.typing import ArrayLike, NDArray

from .oxides import MOLAR_MASS, OXIDES, mg_number

#: Correlations are written with a few digits.
_ROUNDING = 1e-3


def uncertainty_name(name: str) -> str:
    """Description of the band with the 1-sigma uncertainty of a band."""
    return f"{name} 1 sigma"


def mg_number_uncertainty(
    mgo: ArrayLike,
    feo: ArrayLike,
    mgo_sigma: ArrayLike,
    feo_sigma: ArrayLike,
    correlation: float = 0.0,
) -> NDArray[np.float64]:
    """1-sigma uncertainty of Mg# by first-order propagation of the errors of MgO and FeO.

    With m = MgO/40.304 and f = FeO/71.844, dMg#/dm = (1 - Mg#)/(m + f) and
    dMg#/df = -Mg#/(m + f). First order holds while the sigmas are small
    against m + f; beyond, Mg# ends at 0 and 1 and this number does not.

    Contents and sigmas are in wt%, of one shape or broadcastable; the correlation is that between
    the errors of MgO and of FeO, in -1 ... 1. The result is a molar fraction, as Mg#; NaN where
    Mg# is not defined, and where a sigma is negative or not finite.

    References
    ----------
    JCGM 100:2008 (GUM), eq. 13.
    """
    share = mg_number(mgo, feo)
    mg, fe = (
        np.asarray(oxide, np.float64) / MOLAR_MASS[name]
        for name, oxide in (("MgO", mgo), ("FeO", feo))
    )
    total = np.where(np.isfinite(share), mg + fe, np.nan)
    by_mgo = (1 - share) * _sigma(mgo_sigma) / MOLAR_MASS["MgO"] / total
    by_feo = share * _sigma(feo_sigma) / MOLAR_MASS["FeO"] / total
    # Eq. 13 is by_mgo^2 + by_feo^2 - 2 r by_mgo by_feo (the derivatives differ in sign); in this
    # order both terms are at least zero, so rounding at r = 1 cannot make a root of less.
    unlike = 1 - np.clip(correlation, -1, 1)
    variance: NDArray[np.float64] = (by_mgo - by_feo) ** 2 + 2 * unlike * by_mgo * by_feo
    return np.sqrt(variance)


def error_correlation(text: str, one: str, other: str) -> float:
    """Correlation between a model's errors in two oxides, from what it states of all.

    The text is JSON: a 5 x 5 matrix in the order of `OXIDES`; ValueError when it is something else.
    """
    count = len(OXIDES)
    try:
        matrix = np.array(json.loads(text), np.float64)
    except (TypeError, ValueError):
        matrix = np.empty(0)
    if (
        matrix.shape != (count, count)
        or not np.isfinite(matrix).all()
        or np.abs(matrix - matrix.T).max() > _ROUNDING
        or np.abs(np.diag(matrix) - 1).max() > _ROUNDING
        or np.abs(matrix).max() > 1 + _ROUNDING
    ):
        raise ValueError(
            f"is not a {count} x {count} matrix of correlations in the order {', '.join(OXIDES)}"
        )
    return float(matrix[OXIDES.index(one), OXIDES.index(other)])


def _sigma(values: ArrayLike) -> NDArray[np.float64]:
    sigma = np.asarray(values, np.float64)
    return np.where(np.isfinite(sigma) & (sigma >= 0), sigma, np.nan)
