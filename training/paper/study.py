"""The paper's Figs. 1 and 2 and Tables 3, 4, S1 and S2 with the project's sites.

`make_paper_record` computes every number of the report.
"""

from __future__ import annotations

import os
from collections.abc import Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import asdict, dataclass, replace
from typing import Any

import numpy as np
from numpy.typing import NDArray

from lunar_oxide_plugin.core.oxides.oxides import OXIDES

from .. import protocols, tables
from ..evaluate import Progress
from ..methods.convolutional import ConvolutionalNetworks
from ..methods.network import Settings
from ..metrics import r2, rmse
from ..protocols import FIT, K_FOLD
from ..record import Record, by_oxide, rounded, score
from ..tables import BAND_COLUMNS, FloatArray, SiteTable

#: Kernel sizes that the paper's Table S1 compares.
KERNELS = (1, 2, 3, 4)

#: First of the numbers that seed Table S2, as a protocol's number is for its splits.
_RANDOM_SPLITS = 90


@dataclass(frozen=True)
class Study:
    """Settings of the networks of Tables S1 and S2.

    Table S1 varies the network's kernel, in a grouped k-fold; Table S2 has random 90/10 splits.
    """

    network: Settings
    folds: int = 10
    repeats: int = 2
    splits: int = 20


#: Small enough for a test; its scores mean nothing. One batch contains all sites, so that
#: networks are compiled once per kernel.
QUICK = Study(Settings(epochs=5, batch=40), folds=2, repeats=1, splits=2)


#: Rows to learn from, and what seeds the networks.
Training = tuple[Sequence[int], tuple[int, ...]]


def make_paper_record(
    table: SiteTable, cnn_record: Record, quick: bool, progress: Progress
) -> Record:
    """Compute everything that is compared with the paper's figures and tables.

    Tables 3 and 4 have the predictions and scores of the bundled networks, from their record;
    ValueError if that is of other tables. The result is JSON-ready; oxide arrays have the oxide as
    last axis. Quick only to try the command.
    """
    if cnn_record["tables_sha256"] != tables.tables_sha256(table):
        raise ValueError(f"the record of {cnn_record['model']} was made from other tables")
    study = QUICK if quick else Study(Settings())
    r = correlations(table)
    return {
        "model": cnn_record["model"],
        "tables_sha256": cnn_record["tables_sha256"],
        "study": asdict(study),
        "oxides": list(OXIDES),
        "sites": list(table.sites),
        "wavelengths": [int(column[1:]) for column in BAND_COLUMNS],
        "reflectance": table.reflectance.tolist(),
        "measured": table.oxides.tolist(),
        "correlation": rounded(r),
        "regression": _regressions(table, np.abs(r).argmax(axis=0)),
        "sites_side_by_side": _sites_side_by_side(table, cnn_record),
        "scores": {
            **cnn_record["paper"],
            **{name: cnn_record["protocols"][name]["metrics"] for name in (FIT, K_FOLD)},
        },
        "kernels": {str(kernel): _kernel(table, study, kernel, progress) for kernel in KERNELS},
        "random_splits": _random_splits(table, study, progress),
    }


def random_splits(sites: int, splits: int, seed: int) -> list[tuple[list[int], list[int]]]:
    """Training rows and test rows, a tenth of the sites, drawn again each time.

    Split i is the shuffle of ``numpy.random.default_rng([seed, 90, i])``.
    """
    judged = round(sites / 10)
    found = []
    for split in range(splits):
        order = np.random.default_rng([seed, _RANDOM_SPLITS, split]).permutation(sites).tolist()
        found.append((sorted(order[judged:]), sorted(order[:judged])))
    return found


def predict_sites(
    table: SiteTable, settings: Settings, trainings: Sequence[Training]
) -> list[FloatArray]:
    """Train networks and predict all sites, learnt or not: (n, 5) in wt% for every training."""

    def predict(training: Training) -> FloatArray:
        rows, seed = training
        fitted = ConvolutionalNetworks(settings).fit(table.rows(rows), seed)
        return fitted.oxides(table.reflectance)

    with ThreadPoolExecutor(os.cpu_count()) as pool:
        return list(pool.map(predict, trainings))


def correlations(table: SiteTable) -> FloatArray:
    """Pearson's r of reflectance and oxide over the sites, shape (8, 5): the paper's Fig. 1."""
    bands = table.reflectance.shape[1]
    together = np.corrcoef(table.reflectance, table.oxides, rowvar=False)
    return np.asarray(together[:bands, bands:])


def regress(reflectance: FloatArray, oxide: FloatArray) -> dict[str, float]:
    """Fit an oxide (wt%) to the reflectance of one band, both (n,), by least squares: Fig. 2.

    ``loo_r2`` and ``loo_rmse`` judge each site by the line through the others. The error at a
    site left out is the fit's divided by one minus the site's leverage, which saves n fits.
    """
    offset = reflectance - reflectance.mean()
    spread = np.sum(offset**2)
    slope = np.sum(offset * oxide) / spread
    intercept = oxide.mean() - slope * reflectance.mean()
    fitted = slope * reflectance + intercept
    leverage = 1 / len(oxide) + offset**2 / spread
    left_out = oxide + (fitted - oxide) / (1 - leverage)
    return {
        "slope": float(slope),
        "intercept": float(intercept),
        "r2": float(r2(oxide, fitted)),
        "rmse": float(rmse(oxide, fitted)),
        "loo_r2": float(r2(oxide, left_out)),
        "loo_rmse": float(rmse(oxide, left_out)),
    }


def _regressions(table: SiteTable, best: NDArray[np.intp]) -> dict[str, dict[str, float]]:
    """The line of every oxide by its best-correlated band."""
    found: dict[str, dict[str, float]] = {}
    for i, oxide in enumerate(OXIDES):
        line = regress(table.reflectance[:, best[i]], table.oxides[:, i])
        numbers = {name: rounded(value) for name, value in line.items()}
        found[oxide] = {"band": int(best[i]), **numbers}
    return found


def _sites_side_by_side(table: SiteTable, cnn_record: Record) -> dict[str, dict[str, Any]]:
    """All sites of the paper, with what it and the bundled networks predict; ours may be None."""
    fit, k_fold = (
        dict(zip(table.sites, np.mean(cnn_record["protocols"][name]["predicted"], axis=0)))
        for name in (FIT, K_FOLD)
    )
    measured = dict(zip(table.sites, table.oxides)) | tables.load_missing_sites()
    return {
        site: {
            "measured": measured[site].tolist(),
            "paper": paper.tolist(),
            FIT: rounded(fit[site]) if site in fit else None,
            K_FOLD: rounded(k_fold[site]) if site in k_fold else None,
        }
        for site, paper in tables.load_paper_predictions().items()
    }


def _kernel(table: SiteTable, study: Study, kernel: int, progress: Progress) -> dict[str, Any]:
    """Table S1 for one kernel size: the splits and seeds are those of the bundled networks."""
    settings = replace(study.network, kernel=kernel)
    splits = [
        *protocols.fit_on_all(len(table.sites)),
        *protocols.grouped_k_fold(table.sites, study.folds, study.repeats, settings.seed),
    ]
    fit, *others = predict_sites(table, settings, [(s.train, s.seed) for s in splits])
    held_out = np.empty((study.repeats, *table.oxides.shape))
    for split, predicted in zip(splits[1:], others):
        held_out[split.repeat, list(split.test)] = predicted[list(split.test)]
    progress(f"kernel {kernel}: {len(splits)} splits trained")
    repeated = np.concatenate([table.oxides] * study.repeats)
    return {
        FIT: score(table.oxides, fit),
        K_FOLD: score(repeated, np.concatenate(held_out)),
        "repeats": [score(table.oxides, one) for one in held_out],
    }


def _random_splits(table: SiteTable, study: Study, progress: Progress) -> dict[str, Any]:
    """Table S2: scores of the rows learnt, split by split, and of all judged rows pooled."""
    splits = random_splits(len(table.sites), study.splits, study.network.seed)
    # The shuffle of the split has the same seed without its last number.
    trainings = [(learnt, (_RANDOM_SPLITS, i, 1)) for i, (learnt, _) in enumerate(splits)]
    predicted = predict_sites(table, study.network, trainings)
    progress(f"90/10: {len(splits)} splits trained")
    learnt = {
        name: np.mean([f(table.oxides[r], each[r]) for (r, _), each in zip(splits, predicted)], 0)
        for name, f in (("r2", r2), ("rmse", rmse))
    }
    rows = [row for _, validation in splits for row in validation]
    judged = [each[validation] for (_, validation), each in zip(splits, predicted)]
    return {
        "sites_learnt": len(splits[0][0]),
        "sites_judged": len(splits[0][1]),
        "sites_ever_judged": len(set(rows)),
        "training": by_oxide(learnt),
        "validation": score(table.oxides[rows], np.concatenate(judged)),
    }
