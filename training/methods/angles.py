"""Otake's angle equations: their constants fitted to training sites."""

from __future__ import annotations

from typing import NamedTuple

import numpy as np
from scipy.optimize import curve_fit, least_squares

from lunar_oxide_plugin.core.oxides.oxides import OXIDES
from lunar_oxide_plugin.core.spectra.empirical import (
    OTAKE_PUBLISHED,
    WAVELENGTHS,
    AngleConstants,
    angle_feo,
    angle_tio2,
    theta_fe,
    theta_ti,
)

from ..domain import FLOOR
from ..tables import BAND_COLUMNS, FloatArray, SiteTable

#: The oxides of the equations, and their columns in an array of all five.
ANGLE_OXIDES = ("FeO", "TiO2")
ANGLE_COLUMNS = [OXIDES.index(oxide) for oxide in ANGLE_OXIDES]

#: The bands of the equations, in an array of all eight.
BAND_INDEX = [BAND_COLUMNS.index(f"r{nm}") for nm in WAVELENGTHS]

#: The angles are not defined at and below their origin of 0.037 in R750, far darker than any
#: sunlit pixel of the training sites (0.051): such pixels get the angle of this R750.
DARKEST_750 = OTAKE_PUBLISHED.fe_origin[0] + 0.001

#: Name of the titanium angle in a graph.
TITANIUM_ANGLE = "theta_ti"

#: Difference in ln(1 + TiO2) beyond which a site pulls the robust power law less than a square.
_ROBUST_SCALE = 0.1


def fit_constants(
    reflectance: FloatArray, oxides: FloatArray, start: AngleConstants = OTAKE_PUBLISHED
) -> AngleConstants:
    """Fit slope, intercept, factor and exponent; the origins stay those of the start.

    Reflectance (n, 3) is at 415, 750 and 950 nm, oxides (n, 2) are FeO and TiO2 in wt%. FeO is a
    line of its angle, by linear least squares. TiO2 is a power of its angle, by least squares of
    TiO2 itself (Levenberg-Marquardt from the factor and exponent of the start): with its logarithm,
    the many highland sites with less than 1 wt% would dominate.
    Raises RuntimeError if TiO2 does not rise with its angle.
    """
    r415, r750, r950 = reflectance.T
    slope, intercept = np.polyfit(theta_fe(r750, r950, start.fe_origin), oxides[:, 0], 1)
    (factor, exponent), _ = curve_fit(
        lambda theta, c, d: c * theta**d,
        theta_ti(r415, r750, start.ti_origin),
        oxides[:, 1],
        p0=(start.ti_factor, start.ti_exponent),
        ftol=1e-14,
        xtol=1e-14,
    )
    if factor <= 0 or exponent <= 0:
        raise RuntimeError(f"TiO2 does not rise with its angle: {factor:g} theta^{exponent:g}")
    return start._replace(
        fe_slope=float(slope),
        fe_intercept=float(intercept),
        ti_factor=float(factor),
        ti_exponent=float(exponent),
    )


def apply_constants(constants: AngleConstants, reflectance: FloatArray) -> FloatArray:
    """FeO and TiO2 in wt%, shape (n, 2), of reflectance, shape (n, 3)."""
    r415, r750, r950 = reflectance.T
    return np.stack([angle_feo(r750, r950, constants), angle_tio2(r415, r750, constants)], axis=1)


class PowerLaw(NamedTuple):
    """TiO2 as a power of Otake's titanium angle: factor in wt%, exponent, origin of the angle."""

    factor: float
    exponent: float
    origin: tuple[float, float] = OTAKE_PUBLISHED.ti_origin

    def tio2(self, reflectance: FloatArray) -> FloatArray:
        """TiO2 in wt%, shape (n,), of spectra (n, 8); negative angles count as zero."""
        theta = titanium_angle(reflectance, self.origin)
        return np.asarray(self.factor * np.maximum(theta, 0) ** self.exponent)


def darkest(reflectance: FloatArray) -> FloatArray:
    """The three bands (n, 3) of spectra (n, 8), within the domain of the angles."""
    bands = np.maximum(reflectance[:, BAND_INDEX], FLOOR)
    bands[:, 1] = np.maximum(bands[:, 1], DARKEST_750)
    return bands


def iron_angle(reflectance: FloatArray) -> FloatArray:
    """Otake's iron angle (n,) of spectra (n, 8)."""
    _, r750, r950 = darkest(reflectance).T
    return np.asarray(theta_fe(r750, r950, OTAKE_PUBLISHED.fe_origin))


def titanium_angle(
    reflectance: FloatArray, origin: tuple[float, float] = OTAKE_PUBLISHED.ti_origin
) -> FloatArray:
    """Otake's titanium angle (n,) of spectra (n, 8)."""
    r415, r750, _ = darkest(reflectance).T
    return np.asarray(theta_ti(r415, r750, origin))


def fit_power_law(
    table: SiteTable, origin: tuple[float, float] = OTAKE_PUBLISHED.ti_origin
) -> PowerLaw | None:
    """Fit TiO2 to its angle, robustly; None when TiO2 does not rise with its angle.

    Least squares of ln(1 + TiO2) with a soft-L1 loss (scipy.optimize.least_squares) from the
    plain least-squares solution: near a square for small errors, linear for large ones. ln(1 +
    TiO2) counts an error of a tenth alike at 1 and at 10 wt%.
    """
    tio2 = table.oxides[:, ANGLE_COLUMNS[1]]
    try:
        start = fit_constants(
            darkest(table.reflectance),
            table.oxides[:, ANGLE_COLUMNS],
            OTAKE_PUBLISHED._replace(ti_origin=origin),
        )
    except (RuntimeError, TypeError, ValueError):  # TypeError: fewer sites than constants
        return None
    theta = np.maximum(titanium_angle(table.reflectance, origin), 0)
    found = least_squares(
        lambda p: np.log1p(p[0] * theta ** p[1]) - np.log1p(tio2),
        (start.ti_factor, start.ti_exponent),
        bounds=([0, 0], np.inf),
        loss="soft_l1",
        f_scale=_ROBUST_SCALE,
        x_scale=(1, 10),
    )
    return PowerLaw(float(found.x[0]), float(found.x[1]), origin) if found.success else None
