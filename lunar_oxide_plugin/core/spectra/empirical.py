"""FeO, TiO2 and maturity from three bands: the published equations before the networks.

In a plot of R950/R750 over R750, soils of one FeO lie on a line through a common
origin while they weather, so the angle around that origin gives FeO and the
distance from it gives maturity; R415/R750 over R750 gives TiO2 likewise.

The angles are plain arctangents of a quotient. Where its denominator is not
positive (the pixel is darker than the origin) the arctangent jumps by pi, and
FeO would fall from its highest to below its lowest value from one pixel to the
next: these functions give NaN there. ``atan2`` would hide the jump by going on
to angles that no sample was ever fitted to.

All functions take reflectance as a fraction, bands of one shape, and give NaN
where R750 is not above zero; (x0, y0) is the origin.

References
----------
Lucey, Blewett and Jolliff (2000), JGR 105 (E8), 20297: FeO, TiO2.
Lucey, Blewett, Taylor and Hawke (2000), JGR 105 (E8), 20377: OMAT.
Wilcox, Lucey and Gillis (2005), JGR 110, E11001: FeO of the maria.
Otake et al. (2012), LPSC 43, abstract 1905: FeO, TiO2 of the Kaguya MI.
"""

from __future__ import annotations

from collections.abc import Callable
from functools import partial
from typing import NamedTuple

import numpy as np
from numpy.typing import ArrayLike, NDArray

#: What the equations read, in nm and in this order.
WAVELENGTHS = (415, 750, 950)

#: Instruments a method was made for; the reflectance of one does not fit the other.
MI, CLEMENTINE = "Kaguya MI", "Clementine UVVIS"

FEO, TIO2, OMAT = "FeO", "TiO2", "OMAT"

Maps = dict[str, NDArray[np.float64]]


class AngleConstants(NamedTuple):
    """Constants of FeO = slope * theta_Fe + intercept and TiO2 = factor * theta_Ti^exponent."""

    #: (R750, R950/R750) and (R750, R415/R750) of the points the angles turn around.
    fe_origin: tuple[float, float]
    ti_origin: tuple[float, float]
    fe_slope: float
    fe_intercept: float
    ti_factor: float
    ti_exponent: float


#: Lucey, Blewett and Jolliff (2000).
LUCEY = AngleConstants((0.08, 1.19), (0.0, 0.42), 17.427, -7.565, 3.708, 5.979)

#: Otake et al. (2012). The origins reproduce the angles published with the MI site
#: spectra of Yang et al. (2023); the four others are quoted from memory of the abstract.
OTAKE_PUBLISHED = AngleConstants((0.037, 1.25), (-0.108, 0.208), 20.527, -12.266, 0.72, 14.964)

#: The four others fitted to the 38 sites of ``training/data/sites.csv`` by
#: ``training/empirical/refit.py``, which a test repeats.
OTAKE_REFITTED = OTAKE_PUBLISHED._replace(
    fe_slope=22.696, fe_intercept=-14.584, ti_factor=0.72765, ti_exponent=14.623
)

#: Angle (rad), factor and offset of Wilcox et al. (2005), equation for FeO.
WILCOX_ANGLE, WILCOX_FACTOR, WILCOX_OFFSET = 1.3885, -137.97, 57.46


def theta_fe(r750: ArrayLike, r950: ArrayLike, origin: tuple[float, float]) -> NDArray[np.float64]:
    """Angle that rises with FeO, -atan((R950/R750 - y0) / (R750 - x0)).

    In radians, within -pi/2 ... pi/2; NaN where R750 is not above x0.
    """
    r750, ratio = _ratio(r950, r750)
    return -_arctangent(ratio - origin[1], r750 - origin[0])


def theta_ti(r415: ArrayLike, r750: ArrayLike, origin: tuple[float, float]) -> NDArray[np.float64]:
    """Angle that rises with TiO2, atan((R415/R750 - y0) / (R750 - x0)); otherwise as `theta_fe`."""
    r750, ratio = _ratio(r415, r750)
    return _arctangent(ratio - origin[1], r750 - origin[0])


def angle_feo(r750: ArrayLike, r950: ArrayLike, constants: AngleConstants) -> NDArray[np.float64]:
    """FeO in wt%, slope * `theta_fe` + intercept; NaN where the angle is."""
    theta = theta_fe(r750, r950, constants.fe_origin)
    return constants.fe_slope * theta + constants.fe_intercept


def angle_tio2(r415: ArrayLike, r750: ArrayLike, constants: AngleConstants) -> NDArray[np.float64]:
    """TiO2 in wt%, factor * `theta_ti` ** exponent; NaN where the angle is, or is negative.

    A negative number has no power of a fractional exponent.
    """
    theta = theta_ti(r415, r750, constants.ti_origin)
    powers = np.power(
        theta, constants.ti_exponent, out=np.full_like(theta, np.nan), where=theta >= 0
    )
    return constants.ti_factor * powers


def omat(r750: ArrayLike, r950: ArrayLike) -> NDArray[np.float64]:
    """Optical maturity, sqrt((R750 - x0)^2 + (R950/R750 - y0)^2): low where mature, no unit."""
    r750, ratio = _ratio(r950, r750)
    return np.hypot(r750 - LUCEY.fe_origin[0], ratio - LUCEY.fe_origin[1])


def wilcox_feo(r750: ArrayLike, r950: ArrayLike) -> NDArray[np.float64]:
    """FeO in wt% of the maria, -137.97 (R750 sin 1.3885 + R950/R750 cos 1.3885) + 57.46.

    Falls below zero in bright highlands, which the equation was not made for.
    """
    r750, ratio = _ratio(r950, r750)
    along = r750 * np.sin(WILCOX_ANGLE) + ratio * np.cos(WILCOX_ANGLE)
    return WILCOX_FACTOR * along + WILCOX_OFFSET


class Method(NamedTuple):
    """A method a user can choose."""

    id: str
    title: str
    #: `MI` or `CLEMENTINE`.
    instrument: str
    #: From reflectance [3, ...] in the order of `WAVELENGTHS` to maps by name.
    maps: Callable[[NDArray[np.floating]], Maps]
    #: Names of the maps, in their order.
    names: tuple[str, ...]
    #: The constants, in words for the metadata.
    constants: str
    citation: str


def _angle_maps(constants: AngleConstants, reflectance: NDArray[np.floating]) -> Maps:
    r415, r750, r950 = reflectance
    return {FEO: angle_feo(r750, r950, constants), TIO2: angle_tio2(r415, r750, constants)}


def _lucey_maps(reflectance: NDArray[np.floating]) -> Maps:
    _, r750, r950 = reflectance
    return {**_angle_maps(LUCEY, reflectance), OMAT: omat(r750, r950)}


def _wilcox_maps(reflectance: NDArray[np.floating]) -> Maps:
    _, r750, r950 = reflectance
    return {FEO: wilcox_feo(r750, r950)}


def _described(constants: AngleConstants) -> str:
    return ", ".join(f"{name} {value}" for name, value in constants._asdict().items())


_OTAKE = "Otake et al. (2012), LPSC 43, abstract 1905"
_LUCEY = (
    "Lucey, Blewett and Jolliff (2000), JGR 105 (E8), 20297; OMAT: Lucey, Blewett, Taylor and "
    "Hawke (2000), JGR 105 (E8), 20377"
)

#: In the order of METHOD. Append only: saved models hold positions.
METHODS = (
    Method(
        "otake2012_refitted",
        "Otake 2012, refitted on 38 MI sites",
        MI,
        partial(_angle_maps, OTAKE_REFITTED),
        (FEO, TIO2),
        f"{_described(OTAKE_REFITTED)} (fitted by this project; origins as published)",
        f"Equations: {_OTAKE}. Site spectra: Yang et al. (2023). Chemistry: Zhang et al. (2023).",
    ),
    Method(
        "otake2012_published",
        "Otake 2012, published constants",
        MI,
        partial(_angle_maps, OTAKE_PUBLISHED),
        (FEO, TIO2),
        f"{_described(OTAKE_PUBLISHED)} (slope, intercept, factor and exponent quoted from memory)",
        f"{_OTAKE}.",
    ),
    Method(
        "lucey2000",
        "Lucey 2000 (Clementine UVVIS)",
        CLEMENTINE,
        _lucey_maps,
        (FEO, TIO2, OMAT),
        _described(LUCEY),
        f"{_LUCEY}.",
    ),
    Method(
        "wilcox2005",
        "Wilcox 2005 (Clementine UVVIS)",
        CLEMENTINE,
        _wilcox_maps,
        (FEO,),
        f"angle {WILCOX_ANGLE}, factor {WILCOX_FACTOR}, offset {WILCOX_OFFSET}",
        "Wilcox, Lucey and Gillis (2005), JGR 110, E11001.",
    ),
)


def _ratio(
    numerator: ArrayLike, r750: ArrayLike
) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
    """R750 and a band's ratio to it, NaN where R750 is not above zero."""
    below = np.asarray(r750, np.float64)
    below = np.where(below > 0, below, np.nan)
    return below, np.asarray(numerator, np.float64) / below


def _arctangent(y: NDArray[np.float64], x: NDArray[np.float64]) -> NDArray[np.float64]:
    """Arctangent of y / x, NaN where x is not positive."""
    return np.arctan(y / np.where(x > 0, x, np.nan))
