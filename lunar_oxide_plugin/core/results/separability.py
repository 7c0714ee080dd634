"""How far units lie apart: effect sizes of every two of them."""

from __future__ import annotations

import math
from collections.abc import Callable, Iterator, Sequence
from itertools import combinations
from typing import NamedTuple

from .units import Unit


class Separation(NamedTuple):
    """Two units in one band; NaN where one of them has no valid pixel."""

    first: str
    second: str
    band: str
    #: mean of the first minus that of the second
    difference: float
    #: the difference in standard deviations of the pixels (Cohen's d)
    effect_size: float
    #: the difference in 1-sigma model uncertainties; None where no uncertainty was given
    in_uncertainties: float | None


def separations(
    units: Sequence[Unit], check: Callable[[], None] = lambda: None
) -> Iterator[Separation]:
    """Compare every two units, band by band; `check` is called before each two, to stop.

    The effect size is Cohen's d = (m1 - m2) / sqrt((s1^2 + s2^2) / 2): the difference of the means
    in standard deviations of the pixels within the units. Unlike a p-value it does not grow with
    the number of pixels, which in a map depend on their neighbours. Two normal distributions have
    62 % in common at d = 1 and 13 % at d = 3.

    The model's uncertainty of the difference is sqrt(u1^2 + u2^2), as for independent errors.
    Errors that are alike in both units (neighbours, similar spectra) partly cancel in a difference,
    which is then better known than this.

    After Cohen (1988), Statistical Power Analysis for the Behavioral Sciences, 2nd ed.
    """
    for first, second in combinations(units, 2):
        check()
        for band, one in first.bands.items():
            other = second.bands[band]
            difference = one["mean"] - other["mean"]
            scatter = math.sqrt((one["std"] ** 2 + other["std"] ** 2) / 2)
            sigmas = [of["mean_uncertainty"] for of in (one, other) if "mean_uncertainty" in of]
            in_sigmas = _ratio(difference, math.hypot(*sigmas)) if len(sigmas) == 2 else None
            effect_size = _ratio(difference, scatter)
            yield Separation(first.name, second.name, band, difference, effect_size, in_sigmas)


def overlap(effect_size: float) -> float:
    """Area in common of two normal distributions of one width, 0-1: 2 Phi(-|d| / 2)."""
    return math.erfc(abs(effect_size) / 2 / math.sqrt(2))


def _ratio(difference: float, spread: float) -> float:
    """A difference in multiples of a spread; without spread 0 or infinite."""
    if spread > 0 or math.isnan(difference) or math.isnan(spread):
        return difference / spread
    return math.copysign(math.inf, difference) if difference else 0.0
