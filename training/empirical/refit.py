"""The angle equations of Otake et al. (2012), fitted to the sites and evaluated like the networks.

``make train`` writes ``training/reports/empirical.md``. The fitted constants are in
``lunar_oxide_plugin/core/spectra/empirical.py``; a test fits them again.
"""

from __future__ import annotations

from typing import NamedTuple

import numpy as np

from lunar_oxide_plugin.core.spectra.empirical import OTAKE_PUBLISHED, AngleConstants, Method

from .. import protocols
from ..evaluate import Configuration, all_splits, scores
from ..methods.angles import ANGLE_COLUMNS, ANGLE_OXIDES, BAND_INDEX, apply_constants, fit_constants
from ..metrics import r2, rmse
from ..tables import ClementineTable, FloatArray, SiteTable


class Correlation(NamedTuple):
    """Accuracy of a method at measured sites: Pearson's r, R2, and RMSE and mean error in wt%."""

    oxide: str
    r: float
    r2: float
    rmse: float
    bias: float


def three_bands(table: SiteTable) -> FloatArray:
    """Reflectance at 415, 750 and 950 nm, shape (n, 3)."""
    return table.reflectance[:, BAND_INDEX]


def measured(table: SiteTable) -> FloatArray:
    """FeO and TiO2 in wt%, shape (n, 2)."""
    return table.oxides[:, ANGLE_COLUMNS]


def cross_validate(table: SiteTable, configuration: Configuration) -> dict[str, FloatArray]:
    """Predict every site, with constants fitted to the training rows only.

    (repeats, n, 2) in wt% by protocol, on the same folds as the networks.
    """
    splits = all_splits(table, configuration)
    reflectance, oxides = three_bands(table), measured(table)
    predicted = {
        protocol: np.full((protocols.repeats(splits, protocol), *oxides.shape), np.nan)
        for protocol in protocols.PROTOCOLS
    }
    for split in splits:
        train, test = list(split.train), list(split.test)
        constants = fit_constants(reflectance[train], oxides[train])
        predicted[split.protocol][split.repeat, test] = apply_constants(
            constants, reflectance[test]
        )
    return predicted


def constants_without(table: SiteTable) -> dict[str, AngleConstants]:
    """Fit with each mission left out."""
    others = {m: table.without_missions({m}) for m in sorted(set(table.missions))}
    return {m: fit_constants(three_bands(rest), measured(rest)) for m, rest in others.items()}


def angle_scores(
    table: SiteTable, configuration: Configuration
) -> dict[str, dict[str, dict[str, dict[str, float]]]]:
    """R2 and RMSE of the ``refitted`` and ``published`` equations, by protocol and oxide."""
    refitted = cross_validate(table, configuration)
    published = apply_constants(OTAKE_PUBLISHED, three_bands(table))[np.newaxis]
    return {
        "refitted": {protocol: pooled(table, values) for protocol, values in refitted.items()},
        "published": dict.fromkeys(protocols.PROTOCOLS, pooled(table, published)),
    }


def pooled(table: SiteTable, predicted: FloatArray) -> dict[str, dict[str, float]]:
    """R2 and RMSE (wt%) by oxide, of predictions (repeats, n, 2) pooled over repeats."""
    found = scores(measured(table), predicted)
    return {
        oxide: {name: float(found[name][column]) for name in ("r2", "rmse")}
        for column, oxide in enumerate(ANGLE_OXIDES)
    }


def judge_clementine(method: Method, table: ClementineTable) -> list[Correlation]:
    """The accuracy of a Clementine method at the Clementine sites, for each oxide it gives."""
    maps = method.maps(table.reflectance.T)
    return [
        Correlation(
            oxide,
            float(np.corrcoef(truth, maps[oxide])[0, 1]),
            float(r2(truth, maps[oxide])),
            float(rmse(truth, maps[oxide])),
            float(np.mean(maps[oxide] - truth)),
        )
        for oxide, truth in zip(ANGLE_OXIDES, table.oxides.T)
        if oxide in maps
    ]
