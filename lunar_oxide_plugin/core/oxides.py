"""Oxides, their order everywhere in the project, and Mg#."""

from __future__ import annotations

import numpy as np
from numpy.typing import ArrayLike, NDArray

#: Order of the oxide bands of every model, raster and table.
OXIDES = ("Al2O3", "CaO", "FeO", "MgO", "TiO2")

#: Name of the magnesium number.
MG_NUMBER = "Mg#"

#: Molar masses in g/mol, as used by Zhang et al. (2023).
MOLAR_MASS = {"MgO": 40.304, "FeO": 71.844}


def mg_number(mgo: ArrayLike, feo: ArrayLike) -> NDArray[np.float64]:
    """Magnesium number as a molar fraction, Mg / (Mg + Fe).

    Parameters
    ----------
    mgo, feo : array_like
        MgO and FeO in wt%, of one shape or broadcastable.

    Returns
    -------
    ndarray of float64
        (MgO/40.304) / (MgO/40.304 + FeO/71.844); NaN where it is not defined:
        either input not finite or negative, or both zero.

    References
    ----------
    Zhang et al. (2023), Icarus 397, 115505.
    """
    mg = np.asarray(mgo, dtype=np.float64) / MOLAR_MASS["MgO"]
    fe = np.asarray(feo, dtype=np.float64) / MOLAR_MASS["FeO"]
    total = mg + fe
    defined = (mg >= 0) & (fe >= 0) & (total > 0) & np.isfinite(total)
    return np.divide(mg, total, out=np.full(total.shape, np.nan), where=defined)
