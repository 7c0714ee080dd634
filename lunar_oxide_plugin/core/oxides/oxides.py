"""Oxides, their order everywhere in the project, and Mg#."""

from __future__ import annotations

import re

import numpy as np
from numpy.typing import ArrayLike, NDArray

#: Order of the oxide bands of every model, raster and table.
OXIDES = ("Al2O3", "CaO", "FeO", "MgO", "TiO2")

#: Name of the magnesium number.
MG_NUMBER = "Mg#"

#: Molar masses in g/mol, as used by Zhang et al. (2023).
MOLAR_MASS = {"MgO": 40.304, "FeO": 71.844}


#: Largest sum of the five oxides in wt% that a model may give. SiO2 is the rest, with a few wt% of
#: minor oxides; the lunar glasses poorest in SiO2 hold 33-35 wt% (Delano 1986, JGR 91, D201), soils
#: more than 37 wt%.
SUM_LIMIT = 65.0


def within_limits(oxides: NDArray[np.floating]) -> NDArray[np.floating]:
    """Bring predictions to what a rock can hold: none below zero, all five at most `SUM_LIMIT`.

    Negative values become zero. Where the five sum to more than `SUM_LIMIT`, all are scaled to
    it, which keeps their proportions. The models do this in their own graph; far outside the
    training sites, where it matters, the domain distance and the uncertainty say so.

    From wt% [5, ...] in the order of `OXIDES`.
    """
    positive = np.maximum(oxides, 0)
    return positive * np.minimum(1.0, SUM_LIMIT / np.maximum(positive.sum(axis=0), 1.0))


def mg_number(mgo: ArrayLike, feo: ArrayLike) -> NDArray[np.float64]:
    """Magnesium number as a molar fraction, Mg / (Mg + Fe), from wt% of broadcastable shapes.

    (MgO/40.304) / (MgO/40.304 + FeO/71.844), after Zhang et al. (2023), Icarus 397, 115505; NaN
    where it is not defined: either is not finite, masked or negative, or both are zero.
    """
    mg = _unmasked(mgo) / MOLAR_MASS["MgO"]
    fe = _unmasked(feo) / MOLAR_MASS["FeO"]
    total = mg + fe
    defined = (mg >= 0) & (fe >= 0) & (total > 0) & np.isfinite(total)
    return np.divide(mg, total, out=np.full(total.shape, np.nan), where=defined)


def _unmasked(values: ArrayLike) -> NDArray[np.float64]:
    """NaN where a masked array, as many libraries read nodata, holds nothing."""
    if isinstance(values, np.ma.MaskedArray):
        return np.ma.filled(values.astype(np.float64), np.nan)
    return np.asarray(values, np.float64)


def oxide_described(description: str) -> str | None:
    """Oxide whose content a band description names, such as "FeO" or "FeO (wt%)"; else None.

    "FeO uncertainty" names no content.
    """
    words = re.sub(r"[\s\[\]()_.,]+", "", description.lower())
    for oxide in OXIDES:
        if re.fullmatch(f"{oxide.lower()}(wt%|wtpercent|weightpercent|%)?", words):
            return oxide
    return None


_COLOUR = re.compile(r"\s*(red|green|blue)\s*(:.*)?", re.IGNORECASE | re.DOTALL)
_AUXILIARY = {
    "alpha": "alpha (opacity)",
    "opacity": "alpha (opacity)",
    "mask": "a mask",
    "quality": "quality flags",
    "qa": "quality flags",
    "flag": "quality flags",
    "flags": "quality flags",
}


def auxiliary_described(description: str) -> str | None:
    """What a band is that holds no measurement by its description; else None.

    A color of a composite ("Red: FeO"), opacity, a mask or quality flags.
    """
    colour = _COLOUR.fullmatch(description)
    if colour:
        return f"the {colour[1].lower()} of an image"
    # Words, also in "validMask" and "quality_flags".
    words = re.findall(r"[A-Z]?[a-z]+|[A-Z]+(?![a-z])", description)
    return next((_AUXILIARY[word.lower()] for word in words if word.lower() in _AUXILIARY), None)


def names_quantity(description: str) -> bool:
    """Whether a band's description has an oxide or Mg# in it, also "FeO 1 sigma"."""
    words = description.lower()
    return any(name.lower() in words for name in (*OXIDES, MG_NUMBER))


def is_fraction(oxide: str, values: ArrayLike) -> bool:
    """Whether the values of an oxide are weight fractions of 0-1 rather than wt%.

    Anorthite, the mineral richest in any of them, is 36.6 % Al2O3, so no
    fraction lies above 0.4; and lunar soils hold at least 4 wt% Al2O3, 6 CaO,
    2 FeO and 3 MgO, so a map of one of these nowhere above 0.4 is not in wt%.
    TiO2 does fall below 0.4 wt% and cannot decide.

    The values are of pixels all over the map; those that are not finite or positive are ignored,
    and without any other the answer is False.
    """
    found = np.asarray(values, np.float64)
    found = found[np.isfinite(found) & (found > 0)]
    return bool(oxide != "TiO2" and found.size and found.max() <= 0.4)
