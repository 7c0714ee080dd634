"""Train and evaluate a method under all three protocols."""

from __future__ import annotations

import multiprocessing
import os
from collections.abc import Callable
from concurrent.futures import ProcessPoolExecutor
from dataclasses import dataclass
from functools import cache, partial
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray
from threadpoolctl import threadpool_limits

from lunar_oxide_plugin.core.oxides.oxides import OXIDES

from . import protocols
from .domain import Domain, fit_domain
from .methods import Fitted, Method
from .metrics import r2, rmse
from .missions import two_means
from .protocols import Split
from .spread import BRIGHTNESS_ERROR, Spread, calibrate, fit_spread, growth, highest, stated
from .tables import BAND_COLUMNS, FloatArray, SiteTable, load_extended_sites

#: Receives lines of text.
Progress = Callable[[str], None]

#: Fewest sites a method can learn from: as many as its inner cross-validation has folds.
FEWEST_SITES = 5


@dataclass(frozen=True)
class Configuration:
    """Settings of the evaluation, the same for all methods.

    Folds, repeats and seed of the grouped k-fold; repeats of leave-one-mission-out for methods
    that draw random numbers; the relative error of brightness that the uncertainty contains.
    """

    folds: int = 10
    repeats: int = 20
    mission_repeats: int = 5
    seed: int = 115505
    brightness_error: float = BRIGHTNESS_ERROR


#: Small enough for a test of the commands; its scores mean nothing.
QUICK = Configuration(folds=3, repeats=1, mission_repeats=1)


@dataclass(frozen=True)
class Predictions:
    """Predictions under one protocol.

    Every site is predicted once per repeat, by a model that did not learn from it (except under
    fit-on-all). Of shape (repeats, n): the fold that held the site out, its domain distance and
    relative width (`spread`) by the fold's training sites. Of shape (repeats, n, 5), in wt%: the
    oxides predicted, the mean and the two means (`missions.two_means`) of the fold's training
    sites, and the photometric term of `spread`.
    """

    fold: NDArray[np.int64]
    predicted: FloatArray
    baseline: FloatArray
    two_means: FloatArray
    distance: FloatArray
    width: FloatArray
    photometric: FloatArray

    @classmethod
    def empty(cls, repeats: int, sites: int) -> Predictions:
        """Arrays to be filled, NaN."""
        fold = np.full((repeats, sites), -1)

        def missing(*more: int) -> FloatArray:
            return np.full((repeats, sites, *more), np.nan)

        oxides = len(OXIDES)
        return cls(
            fold=fold,
            predicted=missing(oxides),
            baseline=missing(oxides),
            two_means=missing(oxides),
            distance=missing(),
            width=missing(),
            photometric=missing(oxides),
        )

    def relative_errors(self, measured: FloatArray) -> FloatArray:
        """Errors in units of the uncalibrated width, shape (repeats, n, 5)."""
        width = growth(self.predicted) * self.width[:, :, None]
        return np.asarray((self.predicted - measured) / width)


def all_splits(table: SiteTable, configuration: Configuration, random: bool = True) -> list[Split]:
    """List the splits of the three protocols.

    The group of a site is the site itself: the Apollo 12 pixels are one row, their
    mean, and so cannot be divided between folds.
    """
    return [
        *protocols.fit_on_all(len(table.sites)),
        *protocols.grouped_k_fold(
            table.sites, configuration.folds, configuration.repeats, configuration.seed
        ),
        *protocols.leave_one_mission_out(
            table.missions, configuration.mission_repeats if random else 1
        ),
    ]


def require_enough_sites(table: SiteTable, configuration: Configuration) -> None:
    """Raise ValueError for a table that the three protocols cannot evaluate.

    It has fewer sites than folds, a single mission, a column with the same value at all sites, or
    a split leaves fewer than `FEWEST_SITES` to learn from.
    """
    sites, missions = len(table.sites), set(table.missions)
    if sites < configuration.folds:
        raise ValueError(
            f"{table.own}: {sites} sites are too few, the {configuration.folds}-fold protocol "
            f"needs {configuration.folds}. Sample more sites"
        )
    if len(missions) < 2:
        raise ValueError(
            f"{table.own}: all sites are of one mission ({', '.join(missions)}), so leaving "
            "one mission out leaves none. Sample sites of another mission, or name landing areas "
            "in the column mission"
        )
    columns = np.array([*BAND_COLUMNS, *OXIDES])
    for split in all_splits(table, configuration):
        train = list(split.train)
        held_out = ", ".join(table.sites[row] for row in split.test)
        place = "" if split.protocol == protocols.FIT else f" with {held_out} held out"
        if len(train) < FEWEST_SITES:
            raise ValueError(
                f"{table.own}: too few sites:{place} ({split.protocol}) {len(train)} are left to "
                f"learn from, {FEWEST_SITES} are needed. Sample more sites"
            )
        values = np.concatenate([table.reflectance[train], table.oxides[train]], axis=1)
        constant = columns[(values == values[0]).all(axis=0)]
        if len(constant):
            raise ValueError(
                f"{table.own}: {', '.join(constant)}: a column is the same at all sites{place} "
                f"({split.protocol}), so it cannot be learnt. Sample other sites"
            )


def learnt_from(table: SiteTable, split: Split, use_extended: bool) -> SiteTable:
    """The sites a method learns from in one split.

    The extended set, if used, joins without the stations of a mission that is held
    out. A user's own table has no extended set.
    """
    train = table.rows(split.train)
    if not use_extended or table.own:
        return train
    held_out = set()
    if split.protocol == protocols.MISSION:
        held_out = {table.missions[row] for row in split.test}
    return train.and_(load_extended_sites().without_missions(held_out))


def stations(table: SiteTable, split: Split) -> SiteTable:
    """The sites of one split whose spectra are known, for the domain: with the extended set.

    So that all bundled models have one domain, and enough sites for its edge.
    """
    return learnt_from(table, split, True)


class Trained(NamedTuple):
    """A fitted method, the sites it learnt from, and their spread and domain."""

    fitted: Fitted
    sites: SiteTable
    spread: Spread
    domain: Domain


def train_final(
    table: SiteTable, method: Method, brightness_error: float = BRIGHTNESS_ERROR
) -> Trained:
    """Train the bundled model, that of the fit-on-all protocol."""
    (split,) = protocols.fit_on_all(len(table.sites))
    sites = learnt_from(table, split, method.extended)
    with threadpool_limits(1):  # as in the evaluation, to the last bit
        fitted = method.fit(sites, split.seed)
    spread = fit_spread(sites, fitted.predict, brightness_error)
    return Trained(fitted, sites, spread, fit_domain(stations(table, split).reflectance))


def silent(text: str) -> None:
    """Report no progress."""


def evaluate(
    table: SiteTable,
    method: Method,
    configuration: Configuration,
    progress: Progress = silent,
    use_extended: bool | None = None,
) -> dict[str, Predictions]:
    """Predict every site under every protocol, in the order of `protocols.PROTOCOLS`.

    By default the method decides whether the extended set is used too.
    """
    splits = all_splits(table, configuration, method.random)
    results = {
        name: Predictions.empty(protocols.repeats(splits, name), len(table.sites))
        for name in protocols.PROTOCOLS
    }
    extended = method.extended if use_extended is None else use_extended
    judge = partial(_judge, table, method, extended, configuration.brightness_error)
    for done, (split, found) in enumerate(
        zip(splits, workers().map(judge, splits, chunksize=4)), start=1
    ):
        test = list(split.test)
        result = results[split.protocol]
        result.fold[split.repeat, test] = split.fold
        for name, values in found.items():
            getattr(result, name)[split.repeat, test] = values
        if done % 50 == 0 or done == len(splits):
            progress(f"{method.id}: {done} of {len(splits)} splits ({split.protocol})")
    return results


def scores(measured: FloatArray, predicted: FloatArray) -> dict[str, FloatArray]:
    """R2 and RMSE (5,) of predictions (repeats, n, 5) of measured oxides (n, 5).

    ``r2`` and ``rmse`` pool the repeats; ``r2_mean``, ``r2_sd``, ``rmse_mean`` and ``rmse_sd``
    are their mean and standard deviation (zero for a single repeat).
    """
    oxides, repeats = measured.shape[1], len(predicted)
    pooled = np.broadcast_to(measured, predicted.shape).reshape(-1, oxides)
    metrics = {"r2": r2, "rmse": rmse}
    found = {name: f(pooled, predicted.reshape(-1, oxides)) for name, f in metrics.items()}
    for name, f in metrics.items():
        each = np.array([f(measured, one) for one in predicted])
        found[f"{name}_mean"] = each.mean(axis=0)
        found[f"{name}_sd"] = each.std(axis=0, ddof=min(1, repeats - 1))
    return found


def sigma(measured: FloatArray, k_fold: Predictions) -> FloatArray:
    """Scale (5,) of the relative width that the model states, from all k-fold errors."""
    return calibrate(k_fold.relative_errors(measured).reshape(-1, measured.shape[1]))


def standardised_errors(
    measured: FloatArray, judged: Predictions, k_fold: Predictions
) -> FloatArray:
    """Held-out errors (repeats, n, 5) of a protocol, divided by the uncertainty stated for them.

    The scale is calibrated by the k-fold without the sites that are held out together with the
    judged one, and the width is by the fold's training sites. The other sites' k-fold models have
    learnt from the judged site, though, so the check is slightly optimistic; `study.coverage`
    repeats it for the default with nothing of the judged mission.
    """
    relative = k_fold.relative_errors(measured)  # (repeats, n, 5)
    errors = judged.predicted - measured
    for repeat, folds in enumerate(judged.fold):
        for fold in np.unique(folds):
            test = folds == fold
            errors[repeat, test] /= stated(
                judged.width[repeat, test],
                judged.predicted[repeat, test],
                calibrate(relative[:, ~test].reshape(-1, measured.shape[1])),
                judged.photometric[repeat, test],
                highest(measured[~test]),
            )
    return errors


def _judge(
    table: SiteTable, method: Method, use_extended: bool, brightness_error: float, split: Split
) -> dict[str, FloatArray]:
    """The arrays of `Predictions` at the test sites of one split."""
    spectra = table.reflectance[list(split.test)]
    train = learnt_from(table, split, use_extended)
    fitted = method.fit(train, split.seed)
    spread = fit_spread(train, fitted.predict, brightness_error)
    return {
        "predicted": fitted.predict(spectra),
        "baseline": np.broadcast_to(train.oxides.mean(axis=0), (len(spectra), len(OXIDES))),
        "two_means": two_means(learnt_from(table, split, False), spectra),
        "distance": fit_domain(stations(table, split).reflectance).distance(spectra),
        "width": spread.width(spectra),
        "photometric": np.broadcast_to(spread.photometric, (len(spectra), len(OXIDES))),
    }


@cache
def workers() -> ProcessPoolExecutor:
    """One process per core, kept for the run: the models are too small for more than one core.

    One thread each for matrix products, so that sums repeat bit by bit.
    """
    return ProcessPoolExecutor(
        os.cpu_count(), multiprocessing.get_context("spawn"), threadpool_limits, (1,)
    )
