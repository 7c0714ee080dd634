"""The fixed colour scales: the same value has the same colour in every map, legend and report.

The styles in `styles/` are written from these numbers by `make styles`.
"""

from __future__ import annotations

from typing import NamedTuple

import numpy as np
from numpy.typing import ArrayLike, NDArray

from .oxides import MG_NUMBER, OXIDES

#: viridis by Stefan van der Walt and Nathaniel Smith (matplotlib 2.0, CC0 1.0) at 17 equal steps.
#: Equal steps of a value are equal steps of lightness, in grey prints and for colour-blind readers
#: too. Straight lines between them stay within 6 of 255 of matplotlib's 256 colours.
VIRIDIS = (
    "#440154",
    "#48186a",
    "#472d7b",
    "#424086",
    "#3b528b",
    "#33638d",
    "#2c728e",
    "#26818e",
    "#21908c",
    "#1f9f88",
    "#28ae80",
    "#3ebc74",
    "#5dc963",
    "#82d34c",
    "#abdc32",
    "#d5e21a",
    "#fde725",
)

_RGB = np.array([[int(text[i : i + 2], 16) for text in VIRIDIS] for i in (1, 3, 5)], np.float64)


class Scale(NamedTuple):
    """What the colours of a quantity mean: its lowest and highest value, and their unit.

    A note stands in the legend, after the highest value.
    """

    name: str
    low: float
    high: float
    unit: str
    note: str = ""

    def stops(self) -> list[tuple[float, str]]:
        """Value and colour of each step of `VIRIDIS`."""
        values = np.linspace(self.low, self.high, len(VIRIDIS)).tolist()
        return [(round(value, 6), colour) for value, colour in zip(values, VIRIDIS)]

    def text(self, value: float) -> str:
        """A value with its unit and the quantity's name."""
        return f"{value:g} {self.unit} {self.name}" if self.unit else f"{self.name} {value:g}"

    def legend(self) -> tuple[str, str]:
        """What stands at the low and the high end of a legend."""
        return self.text(self.low), f"{self.text(self.high)}{self.note and f' ({self.note})'}"

    def share(self, values: ArrayLike) -> NDArray[np.float64]:
        """Where values lie between low (0) and high (1); beyond them 0 or 1, NaN stays."""
        found = (np.asarray(values, np.float64) - self.low) / (self.high - self.low)
        return np.clip(found, 0, 1)

    def colours(self, values: ArrayLike) -> NDArray[np.uint8]:
        """Colours of values [...] as QGIS draws them by the styles, RGBA [4, ...].

        Beyond the limits values have the colour of the limit; NaN is transparent black.
        """
        share = self.share(values)
        valid = ~np.isnan(share)
        steps = np.linspace(0, 1, len(VIRIDIS))
        channels = [np.interp(np.where(valid, share, 0), steps, channel) for channel in _RGB]
        rgba = np.stack([*channels, np.full(share.shape, 255.0)])
        return np.where(valid, np.rint(rgba), 0).astype(np.uint8)


#: Contents. The limits hold the sites of Table 1 of Zhang et al. (2023), the unit means of their
#: Tables 5 and 6, and all 114 cells of Lunar Prospector's map (Prettyman et al. 2006), with room
#: for what single pixels reach: anorthite is 36.6 wt% Al2O3 and 20.2 wt% CaO.
SCALES = {
    scale.name: scale
    for scale in (
        Scale("Al2O3", 5, 35, "wt%"),
        Scale("CaO", 8, 20, "wt%"),
        Scale("FeO", 0, 24, "wt%"),
        Scale("MgO", 2, 14, "wt%"),
        Scale("TiO2", 0, 12, "wt%"),
        Scale(MG_NUMBER, 0.3, 0.9, "", "not determined at places never sampled"),
    )
}

#: Their 1 sigma, from zero to about a third of what the content's scale spans.
UNCERTAINTY_SCALES = {
    name: Scale(f"{name} 1 sigma", 0, high, SCALES[name].unit)
    for name, high in zip((*OXIDES, MG_NUMBER), (10, 4, 8, 4, 4, 0.2))
}


class DomainClass(NamedTuple):
    """Domain distances up to a limit, with their colour (ColorBrewer RdBu, by C. Brewer)."""

    limit: float
    colour: str
    label: str


#: Classes, not a scale: what counts is whether a spectrum is like those of the training sites.
DOMAIN_CLASSES = (
    DomainClass(1, "#f7f7f7", "inside the training domain (up to 1)"),
    DomainClass(1.5, "#fddbc7", "1 - 1.5"),
    DomainClass(2, "#f4a582", "1.5 - 2"),
    DomainClass(3, "#d6604d", "2 - 3"),
    DomainClass(np.inf, "#b2182b", "above 3: unlike any site"),
)
