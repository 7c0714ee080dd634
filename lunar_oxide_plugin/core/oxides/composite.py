"""Colour composites of three bands."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from ..errors import RasterError
from ..mathematics.pieces import pieces
from .colours import SCALES

#: Lower and upper limit of a stretch.
Limits = tuple[float, float]


class Stretch(NamedTuple):
    """How values become colours: limits by band name, or measured, or given by the user."""

    title: str
    #: Limits of each band, by its name.
    limits: Mapping[str, Limits] = {}
    #: Fractions of the valid pixels that lie below the two limits.
    fractions: tuple[float, float] | None = None

    @property
    def custom(self) -> bool:
        """Whether the user gives the limits."""
        return not self.limits and self.fractions is None

    def limits_of(self, names: Sequence[str]) -> list[Limits]:
        """Limits of three bands by their names; RasterError when it has none for one of them."""
        for name in names:
            if name not in self.limits:
                raise RasterError(
                    f"The stretch '{self.title}' has limits for {', '.join(self.limits)}, not for "
                    f"'{name}'. Choose these bands, or another stretch (STRETCH)."
                )
        return [self.limits[name] for name in names]


#: All stretches, in the order of the parameter STRETCH: saved models hold positions, append only.
#: Published: the composites of Zhang et al. (2023), Icarus 397, 115505, in wt%.
STRETCHES = (
    Stretch("Percentiles 2-98", fractions=(0.02, 0.98)),
    Stretch("Minimum to maximum", fractions=(0.0, 1.0)),
    Stretch(
        "Mairan domes (Zhang et al. 2023, Fig. 8)",
        {"FeO": (0.50, 31.10), "MgO": (1.48, 13.81), "Al2O3": (9.17, 32.50)},
    ),
    Stretch(
        "Sosigenes (Zhang et al. 2023, Fig. 9)",
        {"FeO": (15.50, 25.58), "MgO": (4.31, 9.43), "Al2O3": (7.52, 17.12)},
    ),
    Stretch("Custom limits"),
    Stretch(
        "Fixed scales of the oxide maps",
        {name: (scale.low, scale.high) for name, scale in SCALES.items()},
    ),
)


def to_rgba(values: NDArray[np.floating], limits: Sequence[Limits]) -> NDArray[np.uint8]:
    """Stretch bands [3, height, width], red, green and blue, linearly to RGBA [4, height, width].

    The two limits of each band become 0 and 255, and values beyond are clipped. Transparent black
    where any band is NaN.
    """
    rgba = np.zeros((4, *values.shape[1:]), np.uint8)
    for rows in pieces(*values.shape[1:]):
        valid = np.isfinite(values[:, rows]).all(axis=0)
        for colour, band, (low, high) in zip(rgba, values, limits):
            share = (band[rows].astype(np.float64) - low) / (high - low)
            share[~valid] = 0
            colour[rows] = np.rint(255 * np.clip(share, 0, 1))
        rgba[3, rows] = np.where(valid, 255, 0)
    return rgba


def triangle(limits: Sequence[Limits], height: int) -> NDArray[np.uint8]:
    """Colours of all mixtures of three bands, for a legend.

    Red's corner is at the top, green's at the lower left, blue's at the lower right. A pixel's
    distances from the sides are the proportions of the bands, each counted from its lower limit
    as part of its range. The largest of them is brought to its upper limit: the triangle shows
    the brightest colour of each proportion, from the corner of one band alone over the sides of
    two to white, all three at their upper limits. The same proportions with less of all are darker.

    As `to_rgba` makes them, [4, height, width], transparent beside the triangle. There are at least
    2 rows. The sides are equal, and the number of columns is odd.
    """
    half = round((height - 1) / np.sqrt(3))
    row = np.arange(height)[:, None] / (height - 1)
    column = np.arange(-half, half + 1)[None, :] / half
    red = np.broadcast_to(1 - row, (height, 2 * half + 1))
    parts = np.stack([red, (row - column) / 2, (row + column) / 2])
    parts[:, (parts < -1e-9).any(axis=0)] = np.nan
    return to_rgba(_values(np.abs(parts) / parts.max(axis=0), limits), limits)


def greys(limits: Sequence[Limits], width: int) -> NDArray[np.uint8]:
    """Colours from all three bands at their lower limits to all at their upper, for a legend.

    As `to_rgba` makes them, [4, 1, width].
    """
    share = np.broadcast_to(np.linspace(0, 1, width), (3, 1, width))
    return to_rgba(_values(share, limits), limits)


def _values(share: NDArray[np.floating], limits: Sequence[Limits]) -> NDArray[np.floating]:
    """Values of three bands that lie at these parts between their limits."""
    low, high = np.array(limits, np.float64).T[:, :, None, None]
    return low + share * (high - low)
