"""The part of the study that varies the sites: how many, which, and with which chemistry."""

from __future__ import annotations

from dataclasses import replace
from functools import partial
from typing import Any

import numpy as np

from lunar_oxide_plugin.core.oxides.oxides import OXIDES

from .. import evaluate, probes, tables
from ..evaluate import Configuration, Predictions, Progress
from ..methods import DEFAULT, METHODS, Method
from ..metrics import r2
from ..protocols import K_FOLD, MISSION, Split, grouped_k_fold, repeats
from ..record import rounded
from ..tables import FloatArray, SiteTable
from .estimates import PERMUTATIONS, learning_draws, slopes

#: The site with much more FeO than the others.
FARTHEST = "CE-5"

#: Sites with much FeO, also tried mixed in halves with `FARTHEST`.
MARE_SITES = ("Apollo12LM", "Luna16", "Luna24")

#: Training sites of the learning curve; its slope is of those from `SLOPE_FROM` on.
SIZES = (8, 12, 16, 20, 24, 28, 32, 36)
SLOPE_FROM = 16

#: What the default is compared with.
OTHER = "plsr"

_RESAMPLES = 500


def learning_curve(
    table: SiteTable, configuration: Configuration, draws: int, progress: Progress
) -> dict[str, Any]:
    """RMSE against the number of training sites, without the extended set."""
    found: dict[str, Any] = {"sizes": list(SIZES), "slope_from": SLOPE_FROM, "draws": draws}
    used = [row for row, size in enumerate(SIZES) if size >= SLOPE_FROM]
    for name in (DEFAULT, OTHER):
        progress(f"study: learning curve of {name}")
        errors = np.array(
            [_drawn_errors(table, METHODS[name], size, draws, configuration) for size in SIZES]
        )
        slope, error = slopes(
            [SIZES[row] for row in used], errors[used], _RESAMPLES, configuration.seed
        )
        low, high = np.quantile(np.sqrt(errors), (0.16, 0.84), axis=1)
        found[name] = {
            "rmse": rounded(np.sqrt(errors.mean(axis=1))),
            "low": rounded(low),
            "high": rounded(high),
            "slope": rounded(slope),
            "slope_error": rounded(error),
        }
    return found


def without_farthest(
    table: SiteTable, configuration: Configuration, k_fold: Predictions, progress: Progress
) -> dict[str, Any]:
    """Predictions of the default trained without CE-5; k_fold is of one trained with it."""
    progress(f"study: without {FARTHEST}")
    row = table.sites.index(FARTHEST)
    others = [other for other in range(len(table.sites)) if other != row]
    default = METHODS[DEFAULT]
    folds = (configuration.folds, configuration.repeats, configuration.seed)
    splits = [_without(row, split) for split in grouped_k_fold(table.sites, *folds)]
    alone = _held_out(table, default, default.extended, splits)

    def error(predicted: FloatArray) -> Any:
        squared = (predicted - table.oxides)[:, others] ** 2
        return rounded(np.sqrt(squared.mean(axis=(0, 1))))

    with_it = evaluate.train_final(table, default).fitted
    without = evaluate.train_final(table.rows(others), default).fitted
    spectra, known = _mare_spectra(table)
    return {
        "site": FARTHEST,
        "rmse_others": {"with": error(k_fold.predicted), "without": error(alone)},
        "spectra": [
            {
                "name": name,
                "known": known.get(name),
                "with": rounded(with_it.predict(spectrum)[0]),
                "without": rounded(without.predict(spectrum)[0]),
            }
            for name, spectrum in spectra.items()
        ],
    }


def other_tio2(
    table: SiteTable,
    configuration: Configuration,
    results: dict[str, Predictions],
    progress: Progress,
) -> dict[str, Any]:
    """The default with another source's TiO2 at the sites where the two differ."""
    progress("study: other TiO2")
    column = OXIDES.index("TiO2")
    labels = {table.sites.index(site): value for site, value in tables.load_other_tio2().items()}
    changed = replace(table, oxides=table.oxides.copy())
    changed.oxides[list(labels), column] = list(labels.values())
    again = evaluate.evaluate(changed, METHODS[DEFAULT], configuration)
    return {
        "labels": [
            {"site": table.sites[row], "used": table.oxides[row, column], "other": value}
            for row, value in labels.items()
        ],
        "r2": {
            protocol: {
                "used": r2_list(table, results[protocol]),
                "other": r2_list(changed, again[protocol]),
            }
            for protocol in (K_FOLD, MISSION)
        },
        **_changes(table, changed, evaluate.sigma(table.oxides, results[K_FOLD])),
    }


def _changes(table: SiteTable, changed: SiteTable, scale: FloatArray) -> dict[str, Any]:
    """Change of the default's predictions, in wt% and in units of its sigma with a scale (5,)."""
    before, after = (evaluate.train_final(t, METHODS[DEFAULT]) for t in (table, changed))

    def change(spectra: FloatArray) -> dict[str, FloatArray]:
        oxides = before.fitted.predict(spectra)
        difference = after.fitted.predict(spectra) - oxides
        return {
            "wt%": difference,
            "sigma": difference / before.spread.stated(spectra, oxides, scale),
        }

    at_sites = change(table.reflectance)
    return {
        "largest": {unit: rounded(np.abs(d).max(axis=0)) for unit, d in at_sites.items()},
        "rms": {unit: rounded(np.sqrt((d**2).mean(axis=0))) for unit, d in at_sites.items()},
        "tiles": {
            name: {unit: rounded(d[0]) for unit, d in change(spectrum).items()}
            for name, spectrum in probes.lunar_probes().items()
        },
    }


def shuffled_labels(
    table: SiteTable, configuration: Configuration, count: int, progress: Progress
) -> dict[str, Any]:
    """R2 of the grouped k-fold when the sites' chemistry is shuffled among them.

    Without the extended set, whose chemistry is not shuffled.
    """
    found: dict[str, Any] = {"permutations": count}
    splits = grouped_k_fold(table.sites, configuration.folds, 1, configuration.seed)
    for name in (DEFAULT, OTHER):
        progress(f"study: shuffled labels, {name}")
        each = []
        for number in range(count):
            rng = np.random.default_rng([configuration.seed, PERMUTATIONS, number])
            shuffled = replace(table, oxides=table.oxides[rng.permutation(len(table.sites))])
            each.append(r2(shuffled.oxides, _held_out(shuffled, METHODS[name], False, splits)[0]))
        found[name] = {
            "mean": rounded(np.mean(each, axis=0)),
            "largest": rounded(np.max(each, axis=0)),
        }
    return found


def r2_list(table: SiteTable, result: Predictions) -> Any:
    """R2 of each oxide, all repeats pooled."""
    return rounded(evaluate.scores(table.oxides, result.predicted)["r2"])


def _drawn_errors(
    table: SiteTable, method: Method, size: int, draws: int, configuration: Configuration
) -> FloatArray:
    """Mean squared errors (draws, 5) of models of some sites, at the other sites."""
    drawn = learning_draws(len(table.sites), size, draws, configuration.seed)
    splits = [
        Split(K_FOLD, draw, size, tuple(train), tuple(test))
        for draw, (train, test) in enumerate(drawn)
    ]
    errors = _held_out(table, method, False, splits) - table.oxides
    return np.asarray(np.nanmean(errors**2, axis=1))


def _without(row: int, split: Split) -> Split:
    """The same split without one site, neither for training nor for testing."""
    return replace(
        split,
        train=tuple(r for r in split.train if r != row),
        test=tuple(r for r in split.test if r != row),
    )


def _mare_spectra(table: SiteTable) -> tuple[dict[str, FloatArray], dict[str, list[float]]]:
    """Spectra (1, 8) to compare two models at, and the oxides of those whose oxides are known.

    An equal mixture of two spectra is taken to have the mean of their oxides.
    """
    spectra, known = probes.lunar_probes(), {}
    far = table.sites.index(FARTHEST)
    rows = [table.sites.index(site) for site in MARE_SITES]
    halves = {f"half {table.sites[r]}, half {FARTHEST}": [r, far] for r in rows}
    for name, parts in {**{table.sites[r]: [r] for r in [far, *rows]}, **halves}.items():
        spectra[name] = table.reflectance[parts].mean(axis=0, keepdims=True)
        known[name] = rounded(table.oxides[parts].mean(axis=0))
    return spectra, known


def _held_out(table: SiteTable, method: Method, extended: bool, splits: list[Split]) -> FloatArray:
    """Oxides (repeats, n, 5) of every site by the split that held it out; NaN where none did."""
    found = np.full((repeats(splits, K_FOLD), *table.oxides.shape), np.nan)
    predict = partial(_predict, table, method, extended)
    for split, values in zip(splits, evaluate.workers().map(predict, splits, chunksize=4)):
        found[split.repeat, list(split.test)] = values
    return found


def _predict(table: SiteTable, method: Method, extended: bool, split: Split) -> FloatArray:
    if not split.test:
        return np.empty((0, len(OXIDES)))
    train = evaluate.learnt_from(table, split, extended)
    return method.fit(train, split.seed).predict(table.reflectance[list(split.test)])
