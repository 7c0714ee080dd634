"""Units in which maps of oxides are published, and the way from each to wt% of the oxide."""

from __future__ import annotations

import re
from enum import IntEnum

import numpy as np
from numpy.typing import ArrayLike

from .oxides import OXIDES, is_fraction, oxide_described

#: Standard atomic weights, abridged (IUPAC 2021, Prohaska et al. 2022, Pure Appl. Chem. 94, 573).
ATOMIC_WEIGHT = {"Al": 26.982, "Ca": 40.078, "Fe": 55.845, "Mg": 24.305, "Ti": 47.867, "O": 15.999}

#: Element of each oxide, and its atoms and those of oxygen in the formula.
_FORMULA = {
    "Al2O3": ("Al", 2, 3),
    "CaO": ("Ca", 1, 1),
    "FeO": ("Fe", 1, 1),
    "MgO": ("Mg", 1, 1),
    "TiO2": ("Ti", 1, 2),
}


def element_of(oxide: str) -> str:
    """Symbol of the element that is oxidised."""
    return _FORMULA[oxide][0]


def oxide_per_element(oxide: str) -> float:
    """Mass of an oxide that holds a unit mass of its element: FeO 1.2865, TiO2 1.6685."""
    element, atoms, oxygen = _FORMULA[oxide]
    return 1 + oxygen * ATOMIC_WEIGHT["O"] / (atoms * ATOMIC_WEIGHT[element])


class ContentUnit(IntEnum):
    """What the numbers of a map are. Append only: saved models hold positions."""

    OXIDE_PERCENT = 0
    OXIDE_FRACTION = 1
    ELEMENT_PERCENT = 2
    ELEMENT_FRACTION = 3

    @property
    def title(self) -> str:
        """For users."""
        return CONTENT_UNITS[self]

    @property
    def elemental(self) -> bool:
        """Whether it is the content of the element, not of its oxide."""
        return self in (ContentUnit.ELEMENT_PERCENT, ContentUnit.ELEMENT_FRACTION)

    @property
    def fraction(self) -> bool:
        """Whether it lies in 0-1, not in 0-100."""
        return self in (ContentUnit.OXIDE_FRACTION, ContentUnit.ELEMENT_FRACTION)

    @property
    def other(self) -> ContentUnit:
        """The same substance as a fraction instead of per cent, or the other way round."""
        return ContentUnit(self ^ 1)

    def factor(self, oxide: str) -> float:
        """What a number is multiplied by to give wt% of the oxide."""
        return (100.0 if self.fraction else 1.0) * (
            oxide_per_element(oxide) if self.elemental else 1.0
        )

    def oxide_named(self, name: str) -> str | None:
        """Oxide whose content in this unit a band or column is named after; else None.

        Of elements, "Fe" or "Fe (wt%)"; "FeO" then is none, as it contradicts the unit.
        """
        if not self.elemental:
            return oxide_described(re.sub(r"(?i)(weight)?\s*fraction", "", name))
        words = re.sub(r"[\s\[\]()_.,]+", "", name.lower())
        for oxide in OXIDES:
            symbol = element_of(oxide).lower()
            if re.fullmatch(f"{symbol}(wt%|wtpercent|weightpercent|%|(weight)?fraction)?", words):
                return oxide
        return None

    def contradicted(self, oxide: str, values: ArrayLike) -> bool:
        """Whether values of a map cannot be in this unit.

        A fraction is nowhere above 1. Lunar soils hold at least 4 wt% Al2O3, 6 CaO, 2 FeO and
        3 MgO, and more than 0.4 wt% of their elements too: a map in per cent of one of these is
        not below 0.4 everywhere. Ti and TiO2 can be. The values are of pixels all over the map;
        what is not finite is ignored.
        """
        if not self.fraction:
            return is_fraction(oxide, values)
        found = np.asarray(values, np.float64)
        return bool((found[np.isfinite(found)] > 1).any())


#: Titles in the order of `ContentUnit`.
CONTENT_UNITS = (
    "wt% of the oxide",
    "weight fraction of the oxide (0-1)",
    "wt% of the element",
    "weight fraction of the element (0-1)",
)
