"""The angle equations of Otake et al. (2012), fitted to the sites and judged like the networks.

``python -m training empirical`` writes ``training/reports/empirical.md``. The
fitted constants stand in ``lunar_oxide_plugin/core/empirical.py``; a test fits
them again.
"""

from __future__ import annotations

from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray
from scipy.optimize import curve_fit

from lunar_oxide_plugin.core.empirical import (
    OTAKE_PUBLISHED,
    WAVELENGTHS,
    AngleConstants,
    Method,
    angle_feo,
    angle_tio2,
    theta_fe,
    theta_ti,
)

from . import protocols
from .evaluate import Configuration, all_splits, scores
from .metrics import r2, rmse
from .tables import BAND_COLUMNS, ClementineTable, SiteTable

#: What these equations give, in the order of all arrays here.
OXIDES = ("FeO", "TiO2")

_COLUMNS = [BAND_COLUMNS.index(f"r{nm}") for nm in WAVELENGTHS]


#: R2 and RMSE by who predicted, protocol and oxide.
Scores = dict[str, dict[str, dict[str, dict[str, float]]]]


class Correlation(NamedTuple):
    """How a method does at measured sites: Pearson's r, R2, and RMSE and mean error in wt%."""

    oxide: str
    r: float
    r2: float
    rmse: float
    bias: float


def three_bands(table: SiteTable) -> NDArray[np.float64]:
    """Reflectance at 415, 750 and 950 nm, shape (n, 3)."""
    return table.reflectance[:, _COLUMNS]


def measured(table: SiteTable) -> NDArray[np.float64]:
    """FeO and TiO2 in wt%, shape (n, 2)."""
    return table.oxides[:, [2, 4]]


def fit_constants(reflectance: NDArray[np.float64], oxides: NDArray[np.float64]) -> AngleConstants:
    """Fit slope, intercept, factor and exponent; the origins stay as published.

    FeO is a line of its angle, by linear least squares. TiO2 is a power of its
    angle, by least squares of TiO2 itself (Levenberg-Marquardt from the published
    factor and exponent): of its logarithm, the many highland sites with less than
    1 wt% would decide.

    Parameters
    ----------
    reflectance : ndarray, shape (n, 3)
        At 415, 750 and 950 nm.
    oxides : ndarray, shape (n, 2)
        FeO and TiO2 in wt%.

    Returns
    -------
    AngleConstants
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
    return start._replace(
        fe_slope=float(slope),
        fe_intercept=float(intercept),
        ti_factor=float(factor),
        ti_exponent=float(exponent),
    )


def apply(constants: AngleConstants, reflectance: NDArray[np.float64]) -> NDArray[np.float64]:
    """FeO and TiO2 in wt%, shape (n, 2), of reflectance, shape (n, 3)."""
    r415, r750, r950 = reflectance.T
    return np.stack([angle_feo(r750, r950, constants), angle_tio2(r415, r750, constants)], axis=1)


def cross_validate(
    table: SiteTable, configuration: Configuration
) -> dict[str, NDArray[np.float64]]:
    """Predict every site under every protocol, with constants fitted to the training rows alone.

    Returns
    -------
    dict of str to ndarray, shape (repeats, n, 2)
        wt%, by protocol, on the same folds as the networks.
    """
    splits = all_splits(table, configuration)
    reflectance, oxides = three_bands(table), measured(table)
    predicted = {}
    for protocol in protocols.PROTOCOLS:
        repeats = 1 + max(split.repeat for split in splits if split.protocol == protocol)
        predicted[protocol] = np.full((repeats, *oxides.shape), np.nan)
    for split in splits:
        train, test = list(split.train), list(split.test)
        constants = fit_constants(reflectance[train], oxides[train])
        predicted[split.protocol][split.repeat, test] = apply(constants, reflectance[test])
    return predicted


def constants_without(table: SiteTable) -> dict[str, AngleConstants]:
    """What the fit gives with each mission left out."""
    reflectance, oxides = three_bands(table), measured(table)
    found = {}
    for mission in sorted(set(table.missions)):
        rows = [name != mission for name in table.missions]
        found[mission] = fit_constants(reflectance[rows], oxides[rows])
    return found


def pooled(table: SiteTable, predicted: NDArray[np.float64]) -> dict[str, dict[str, float]]:
    """R2 and RMSE (wt%) by oxide, of predictions (repeats, n, 2) pooled over repeats."""
    found = scores(measured(table), predicted)
    return {
        oxide: {name: float(found[name][column]) for name in ("r2", "rmse")}
        for column, oxide in enumerate(OXIDES)
    }


def judge_clementine(method: Method, table: ClementineTable) -> list[Correlation]:
    """How a Clementine method does at the Clementine sites, for each oxide it gives."""
    maps = method.maps(table.reflectance.T)
    return [
        Correlation(
            oxide,
            float(np.corrcoef(truth, maps[oxide])[0, 1]),
            float(r2(truth, maps[oxide])),
            float(rmse(truth, maps[oxide])),
            float(np.mean(maps[oxide] - truth)),
        )
        for oxide, truth in zip(OXIDES, table.oxides.T)
        if oxide in maps
    ]
