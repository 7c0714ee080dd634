"""Train and judge the networks under all three protocols."""

from __future__ import annotations

import os
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field

import numpy as np
from numpy.typing import NDArray

from lunar_oxide_plugin.core.oxides import OXIDES

from . import protocols
from .domain import fit_domain
from .metrics import r2, rmse
from .network import Network, Settings, train_network
from .protocols import Split
from .tables import SiteTable


@dataclass(frozen=True)
class Configuration:
    """Everything that decides the outcome besides the tables."""

    network: Settings = field(default_factory=Settings)
    folds: int = 10
    repeats: int = 10


@dataclass(frozen=True)
class Predictions:
    """What one protocol predicted, repeats first.

    Every site is predicted once per repeat, by a network that did not learn from
    it (except under fit-on-all).

    Attributes
    ----------
    fold : ndarray of int, shape (repeats, n)
        The fold that held the site out.
    predicted, baseline : ndarray of float64, shape (repeats, n, 5)
        Oxides in wt% from the network, and the mean of the fold's training sites.
    distance : ndarray of float64, shape (repeats, n)
        Domain distance from the fold's training sites.
    """

    fold: NDArray[np.int64]
    predicted: NDArray[np.float64]
    baseline: NDArray[np.float64]
    distance: NDArray[np.float64]


def all_splits(table: SiteTable, configuration: Configuration) -> list[Split]:
    """List the splits of the three protocols.

    The group of a site is the site itself: the Apollo 12 pixels are one row, their
    mean, and so cannot be divided between folds.
    """
    return [
        *protocols.fit_on_all(len(table.sites)),
        *protocols.grouped_k_fold(
            table.sites, configuration.folds, configuration.repeats, configuration.network.seed
        ),
        *protocols.leave_one_mission_out(table.missions, configuration.repeats),
    ]


def require_enough_sites(table: SiteTable, configuration: Configuration) -> None:
    """Refuse a table that the three protocols cannot judge.

    Raises
    ------
    ValueError
        Fewer sites than folds, a single mission, or a split that leaves fewer
        than two sites to learn from or sites that are all alike.
    """
    sites, missions = len(table.sites), set(table.missions)
    if sites < configuration.folds:
        raise ValueError(
            f"{table.own}: {sites} sites are too few, the {configuration.folds}-fold protocol "
            f"needs {configuration.folds}. Sample more of them"
        )
    if len(missions) < 2:
        raise ValueError(
            f"{table.own}: all sites are of one mission ({', '.join(missions)}), so leaving one "
            "mission out leaves none. Sample sites of another one, or name landing areas in mission"
        )
    for split in all_splits(table, configuration):
        train = list(split.train)
        values = np.concatenate([table.reflectance[train], table.oxides[train]], axis=1)
        if len(train) < 2 or (values == values[0]).all(axis=0).any():
            held_out = ", ".join(table.sites[row] for row in split.test)
            raise ValueError(
                f"{table.own}: too few sites: with {held_out} held out ({split.protocol}) a "
                "column is the same at all sites left to learn from. Sample more of them"
            )


def train_split(table: SiteTable, split: Split, oxide: int, settings: Settings) -> Network:
    """Train the network of one oxide from the training rows of one split."""
    train = list(split.train)
    return train_network(
        table.reflectance[train], table.oxides[train, oxide], settings, (*split.seed, oxide)
    )


def train_final(table: SiteTable, settings: Settings) -> list[Network]:
    """Train the five networks of the bundled model, those of the fit-on-all protocol."""
    (split,) = protocols.fit_on_all(len(table.sites))
    with ThreadPoolExecutor(os.cpu_count()) as pool:
        return list(
            pool.map(lambda oxide: train_split(table, split, oxide, settings), range(len(OXIDES)))
        )


def evaluate(
    table: SiteTable,
    pixel_noise: NDArray[np.float64],
    configuration: Configuration,
    progress: Callable[[str], None],
) -> dict[str, Predictions]:
    """Predict every site under every protocol.

    Parameters
    ----------
    table : SiteTable
    pixel_noise : ndarray, shape (8, 8)
        From `domain.pixel_covariance`.
    configuration : Configuration
    progress : callable
        Receives a line of text now and then.

    Returns
    -------
    dict of str to Predictions
        By protocol, in the order of `protocols.PROTOCOLS`.
    """
    splits = all_splits(table, configuration)
    results = {
        name: _empty(len(table.sites), sum(s.protocol == name and s.fold == 0 for s in splits))
        for name in protocols.PROTOCOLS
    }

    def run(split: Split) -> Split:
        _fill(results[split.protocol], table, split, pixel_noise, configuration.network)
        return split

    # The networks are too small to keep two cores busy one by one, and batching them
    # (vmap) was measured at half the speed of one network per thread.
    with ThreadPoolExecutor(os.cpu_count()) as pool:
        for done, split in enumerate(pool.map(run, splits), start=1):
            if done % 10 == 0 or done == len(splits):
                progress(f"{done} of {len(splits)} splits trained ({split.protocol})")
    return results


def scores(
    measured: NDArray[np.float64], predicted: NDArray[np.float64]
) -> dict[str, NDArray[np.float64]]:
    """R2 and RMSE per oxide, pooled over repeats and per repeat.

    Parameters
    ----------
    measured : ndarray, shape (n, 5)
    predicted : ndarray, shape (repeats, n, 5)

    Returns
    -------
    dict
        ``r2``, ``rmse`` of all predictions pooled, and mean and standard deviation
        over repeats (``r2_mean``, ``r2_sd``, ``rmse_mean``, ``rmse_sd``), each (5,).
        The standard deviations are zero for a single repeat.
    """
    repeats, n, oxides = predicted.shape
    pooled_measured = np.broadcast_to(measured, predicted.shape).reshape(repeats * n, oxides)
    pooled_predicted = predicted.reshape(repeats * n, oxides)
    each_r2 = np.array([r2(measured, one) for one in predicted])
    each_rmse = np.array([rmse(measured, one) for one in predicted])
    ddof = 1 if repeats > 1 else 0
    return {
        "r2": r2(pooled_measured, pooled_predicted),
        "rmse": rmse(pooled_measured, pooled_predicted),
        "r2_mean": each_r2.mean(axis=0),
        "r2_sd": each_r2.std(axis=0, ddof=ddof),
        "rmse_mean": each_rmse.mean(axis=0),
        "rmse_sd": each_rmse.std(axis=0, ddof=ddof),
    }


def standardised_errors(
    measured: NDArray[np.float64], judged: Predictions, k_fold: Predictions
) -> NDArray[np.float64]:
    """Held-out errors divided by the uncertainty the model would have stated.

    The stated 1 sigma is the k-fold RMSE times max(1, domain distance). For an honest
    check the RMSE leaves out the sites that are held out together with the judged one,
    and the distance is measured from the fold's training sites.

    Parameters
    ----------
    measured : ndarray, shape (n, 5)
    judged : Predictions
        The protocol to check.
    k_fold : Predictions
        The grouped k-fold, whose errors give the RMSE.

    Returns
    -------
    ndarray, shape (repeats, n, 5)
    """
    squared = np.mean((k_fold.predicted - measured) ** 2, axis=0)  # (n, 5)
    errors = np.empty_like(judged.predicted)
    for repeat, folds in enumerate(judged.fold):
        for fold in np.unique(folds):
            test = folds == fold
            sigma = np.sqrt(squared[~test].mean(axis=0))
            widened = sigma * np.maximum(1.0, judged.distance[repeat, test])[:, None]
            errors[repeat, test] = (judged.predicted[repeat, test] - measured[test]) / widened
    return errors


def _empty(sites: int, repeats: int) -> Predictions:
    oxides = (repeats, sites, len(OXIDES))
    return Predictions(
        np.full((repeats, sites), -1),
        np.full(oxides, np.nan),
        np.full(oxides, np.nan),
        np.full((repeats, sites), np.nan),
    )


def _fill(
    result: Predictions,
    table: SiteTable,
    split: Split,
    pixel_noise: NDArray[np.float64],
    settings: Settings,
) -> None:
    train, test = list(split.train), list(split.test)
    spectra = table.reflectance[test]
    result.fold[split.repeat, test] = split.fold
    result.baseline[split.repeat, test] = table.oxides[train].mean(axis=0)
    domain = fit_domain(table.reflectance[train], pixel_noise)
    result.distance[split.repeat, test] = domain.distance(spectra)
    for oxide in range(len(OXIDES)):
        network = train_split(table, split, oxide, settings)
        result.predicted[split.repeat, test, oxide] = network.predict(spectra)
