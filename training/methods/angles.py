"""Otake's angle equations as part of a model: their constants fitted to training sites."""

from __future__ import annotations

import numpy as np
from scipy.optimize import curve_fit

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

from ..tables import BAND_COLUMNS, FloatArray

#: The oxides of the equations, and their columns in an array of all five.
ANGLE_OXIDES = ("FeO", "TiO2")
ANGLE_COLUMNS = [OXIDES.index(oxide) for oxide in ANGLE_OXIDES]

#: The bands of the equations, in an array of all eight.
BAND_INDEX = [BAND_COLUMNS.index(f"r{nm}") for nm in WAVELENGTHS]


def fit_constants(reflectance: FloatArray, oxides: FloatArray) -> AngleConstants:
    """Fit slope, intercept, factor and exponent; the origins stay as published.

    Reflectance (n, 3) is at 415, 750 and 950 nm, oxides (n, 2) are FeO and TiO2 in wt%. FeO is a
    line of its angle, by linear least squares. TiO2 is a power of its angle, by least squares of
    TiO2 itself (Levenberg-Marquardt from the published factor and exponent): with its logarithm,
    the many highland sites with less than 1 wt% would dominate.
    Raises RuntimeError if TiO2 does not rise with its angle.
    """
    r415, r750, r950 = reflectance.T
    start = OTAKE_PUBLISHED
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
