"""What scores at unseen places mean when a few landing sites have most of the stations.

A score over all sites is mostly that of the missions with many of them. These figures say so:
errors with every mission counted alike, the share of each mission in the squared error, R2 among
the sites of one mission, and how far the scores move when other missions had flown (a bootstrap
over missions).
"""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from .metrics import r2
from .tables import BAND_COLUMNS, FloatArray, SiteTable

#: Sites of a mission from which R2 among them is stated.
FEWEST_INSIDE = 5

#: Percent of the bootstrap interval, and its resamples.
INTERVAL = 90
_RESAMPLES = 2000


def two_means(table: SiteTable, reflectance: FloatArray) -> FloatArray:
    """Oxides (n, 5) by two means each: of the training sites darker and brighter than a limit.

    The limit in R750 is that with the smallest squared error at the training sites, for each oxide
    its own: little more than "mare or highlands". What a model does not do better, it has not
    learnt from the shape of the spectra.
    """
    r750 = BAND_COLUMNS.index("r750")
    order = np.argsort(table.reflectance[:, r750])
    known, oxides = table.reflectance[order, r750], table.oxides[order]
    found = np.empty((len(reflectance), oxides.shape[1]))
    for column, oxide in enumerate(oxides.T):
        steps = range(1, len(oxide))
        best = min(steps, key=lambda k: oxide[:k].var() * k + oxide[k:].var() * (len(oxide) - k))
        brighter = reflectance[:, r750] > known[best - 1 : best + 1].mean()
        found[:, column] = np.where(brighter, oxide[best:].mean(), oxide[:best].mean())
    return found


def balanced_rmse(
    measured: FloatArray, predicted: FloatArray, missions: Sequence[str]
) -> FloatArray:
    """RMSE (5,) with every mission of the same weight, of predictions (repeats, n, 5)."""
    squared = ((predicted - measured) ** 2).mean(axis=0)
    rows = _rows(missions).values()
    return np.asarray(np.sqrt(np.mean([squared[row].mean(axis=0) for row in rows], axis=0)))


def error_shares(
    measured: FloatArray, predicted: FloatArray, missions: Sequence[str]
) -> dict[str, FloatArray]:
    """Share (5,) of each mission in the squared error of all sites."""
    squared = ((predicted - measured) ** 2).sum(axis=0)
    total = squared.sum(axis=0)
    return {name: squared[row].sum(axis=0) / total for name, row in _rows(missions).items()}


def r2_inside(
    measured: FloatArray, predicted: FloatArray, missions: Sequence[str]
) -> dict[str, FloatArray]:
    """R2 (5,) among the sites of each mission with at least `FEWEST_INSIDE`, repeats pooled.

    A mission whose sites all have the same of an oxide is left out: there is no R2 among them.
    """
    return {
        name: _pooled_r2(measured, predicted, row)
        for name, row in _rows(missions).items()
        if len(row) >= FEWEST_INSIDE and _varies(measured[row])
    }


def bootstrap_r2(
    measured: FloatArray, predicted: FloatArray, missions: Sequence[str], seed: int
) -> FloatArray:
    """Lower and upper end (2, 5) of R2 when the missions are drawn anew with replacement.

    Efron's percentile interval (1979, Ann. Stat. 7, 1), of whole missions, as their sites are not
    independent; of the models as they are: none is fitted again.
    """
    rows = list(_rows(missions).values())
    rng = np.random.default_rng([seed, len(rows)])
    found = []
    for _ in range(_RESAMPLES):
        drawn = np.concatenate([rows[i] for i in rng.integers(len(rows), size=len(rows))])
        if _varies(measured[drawn]):
            found.append(_pooled_r2(measured, predicted, drawn))
    tail = (100 - INTERVAL) / 2
    return np.asarray(np.percentile(found, (tail, 100 - tail), axis=0))


def _varies(measured: FloatArray) -> bool:
    """Whether sites differ in every oxide; without, as a single site, they have no R2."""
    return bool(np.ptp(measured, axis=0).all())


def _rows(missions: Sequence[str]) -> dict[str, np.ndarray]:
    """Row numbers of the sites of each mission."""
    names = np.array(missions)
    return {name: np.flatnonzero(names == name) for name in sorted(set(missions))}


def _pooled_r2(measured: FloatArray, predicted: FloatArray, rows: np.ndarray) -> FloatArray:
    chosen = predicted[:, rows]
    truth = np.broadcast_to(measured[rows], chosen.shape)
    return r2(truth.reshape(-1, truth.shape[-1]), chosen.reshape(-1, truth.shape[-1]))
