"""The record of an evaluation: one JSON file that the export and the report read."""

from __future__ import annotations

import json
import re
from collections.abc import Mapping
from dataclasses import asdict
from pathlib import Path
from typing import Any

import numpy as np

from lunar_oxide_plugin.core.oxides.oxides import OXIDES

from . import probes, tables
from .evaluate import (
    Configuration,
    Predictions,
    Progress,
    Trained,
    evaluate,
    scores,
    sigma,
    standardised_errors,
    train_final,
)
from .files import write_whole
from .methods import METHODS, Method
from .metrics import r2, rmse
from .missions import balanced_rmse, bootstrap_r2, error_shares, r2_inside
from .protocols import K_FOLD, MISSION, PROTOCOLS
from .spread import LEVELS
from .tables import FloatArray

#: Percent of a normal distribution, and half-width in sigma of the interval that contains it.
COVERAGE = {f"{100 * level:.0f}": width for level, width in LEVELS.items()}

Record = dict[str, Any]


def rounded(values: FloatArray | float) -> Any:
    """Numbers as records keep them: lists, five decimals."""
    return np.round(values, 5).tolist()


def by_oxide(values: Mapping[str, FloatArray]) -> dict[str, dict[str, float]]:
    """Scores (5,) by name, as records keep them: by oxide, then by name."""
    return {
        oxide: {name: rounded(array[i]) for name, array in values.items()}
        for i, oxide in enumerate(OXIDES)
    }


def score(measured: FloatArray, predicted: FloatArray) -> dict[str, dict[str, float]]:
    """R2 and RMSE by oxide, of arrays (n, 5)."""
    return by_oxide({"r2": r2(measured, predicted), "rmse": rmse(measured, predicted)})


def coverage_of(errors: FloatArray) -> dict[str, dict[str, float]]:
    """Fraction of standardised errors (..., 5) within each interval of `COVERAGE`, by oxide."""
    size = np.abs(errors).reshape(-1, len(OXIDES))
    return by_oxide({level: (size <= width).mean(axis=0) for level, width in COVERAGE.items()})


def make_record(
    name: str,
    table: tables.SiteTable,
    method: Method,
    configuration: Configuration,
    progress: Progress,
) -> Record:
    """Evaluate a method and put everything the export and report need into one record.

    It is JSON-ready; oxide arrays have the oxide as last axis. The record of a user's own table
    says so, and has no comparison with the paper and the extended set.
    """
    results = evaluate(table, method, configuration, progress)
    trained = train_final(table, method, configuration.brightness_error)
    scale = sigma(table.oxides, results[K_FOLD])
    errors = (results[K_FOLD].predicted - table.oxides).mean(axis=0)
    shared = {
        "model": name,
        "method": method.id,
        "settings": method.settings(),
        "chosen": trained.fitted.choices(),
        "tables_sha256": tables.tables_sha256(table),
        "configuration": asdict(configuration),
        "oxides": list(OXIDES),
        "sites": list(table.sites),
        "missions": list(table.missions),
        "learnt_besides": [site for site in trained.sites.sites if site not in table.sites],
        "measured": table.oxides.tolist(),
        "protocols": {
            name: _protocol(table, results[name], configuration.seed) for name in PROTOCOLS
        },
        "coverage": {
            name: coverage_of(standardised_errors(table.oxides, results[name], results[K_FOLD]))
            for name in (K_FOLD, MISSION)
        },
        "sigma_scale": rounded(scale),
        "sigma_ceiling": rounded(trained.spread.ceiling),
        "photometric": rounded(trained.spread.photometric),
        "error_correlation": rounded(np.corrcoef(errors, rowvar=False)),
    }
    if table.own:
        shared["own_table"] = {"file": table.own, "synthetic": table.synthetic}
    else:
        shared["paper"] = _paper(table)
        if not method.extended:
            shared["extended_set"] = _extended_set(trained)
    shared["scene_averages"] = _scene_averages(trained, scale)
    shared["domain_distance"] = _domain_distances(table, trained)
    return shared


def residuals(record: Record, protocol: str) -> FloatArray:
    """Predicted minus measured, shape (repeats, n, 5), in wt%."""
    return np.subtract(record["protocols"][protocol]["predicted"], record["measured"])


def scores_of(record: Record, protocol: str, name: str) -> FloatArray:
    """A score, such as "r2", of each oxide under a protocol, shape (5,)."""
    metrics = record["protocols"][protocol]["metrics"]
    return np.array([metrics[oxide][name] for oxide in record["oxides"]])


def configuration_of(record: Record) -> Configuration:
    """Read back the configuration a record was made with."""
    return Configuration(**record["configuration"])


def method_of(record: Record) -> Method:
    """The method of a record with the settings it was made with.

    Raises ValueError if these are neither the present ones nor their quick form.
    """
    method = METHODS[record["method"]]
    for candidate in (method, method.quick()):
        if json.loads(json.dumps(candidate.settings())) == record["settings"]:
            return candidate
    raise ValueError(
        f"{record['model']}: the settings of {method.id} have changed since; run the evaluation "
        "again"
    )


def write_record(record: Record, path: Path) -> None:
    """Write a record as JSON, innermost lists on one line each."""
    text = json.dumps(record, indent=1, allow_nan=False)
    compact = re.sub(r"\[[^\[\]{}]*\]", lambda match: re.sub(r"\s+", " ", match[0]), text)
    write_whole(path, compact + "\n")


def read_json(path: Path) -> Record:
    """Read a record without a check."""
    record: Record = json.loads(path.read_text(encoding="utf-8"))
    return record


def read_record(path: Path, table: tables.SiteTable | None = None) -> Record:
    """Read a record made from a table, by default the project's.

    Raises ValueError if the file is not a record, or is of other tables than the present ones.
    """
    try:
        record = read_json(path)
        made_from = record["tables_sha256"]
    except (KeyError, TypeError, ValueError) as error:
        raise ValueError(f"{path} is not a record of an evaluation: {error!r}") from error
    if made_from != tables.tables_sha256(table):
        raise ValueError(f"{path}: the tables have changed since; run the evaluation again")
    return record


def _protocol(table: tables.SiteTable, result: Predictions, seed: int) -> dict[str, Any]:
    measured = table.oxides
    baselines = {"baseline_mean": result.baseline, "two_means": result.two_means}
    return {
        "metrics": by_oxide(scores(measured, result.predicted)),
        **{
            name: by_oxide({key: scores(measured, values)[key] for key in ("r2", "rmse")})
            for name, values in baselines.items()
        },
        "missions": _missions(table, result, seed),
        "fold": result.fold.tolist(),
        "domain_distance": rounded(result.distance),
        "width": rounded(result.width),
        "photometric": rounded(result.photometric),
        "predicted": rounded(result.predicted),
    }


def _missions(table: tables.SiteTable, result: Predictions, seed: int) -> dict[str, Any]:
    """What the scores rest on, mission by mission."""
    measured, missions = table.oxides, table.missions

    def each(found: dict[str, FloatArray]) -> dict[str, Any]:
        return {name: rounded(values) for name, values in found.items()}

    return {
        "balanced_rmse": rounded(balanced_rmse(measured, result.predicted, missions)),
        "balanced_rmse_two_means": rounded(balanced_rmse(measured, result.two_means, missions)),
        "error_share": each(error_shares(measured, result.predicted, missions)),
        "r2_inside": each(r2_inside(measured, result.predicted, missions)),
        "bootstrap_r2": rounded(bootstrap_r2(measured, result.predicted, missions, seed)),
    }


def _paper(table: tables.SiteTable) -> dict[str, Any]:
    """Scores as printed, and those that follow from the paper's own Tables 1 and 3."""
    measured = dict(zip(table.sites, table.oxides)) | tables.load_missing_sites()
    predicted = tables.load_paper_predictions()
    recomputed = {}
    for name, sites in (("all 40 sites", tuple(measured)), ("our 38 sites", table.sites)):
        truth = np.array([measured[site] for site in sites])
        theirs = np.array([predicted[site] for site in sites])
        recomputed[name] = score(truth, theirs)
    return {"printed": tables.load_published_scores(), "recomputed": recomputed}


def _extended_set(trained: Trained) -> dict[str, Any]:
    """Judge the final model at stations it has not learnt from."""
    extended = tables.load_extended_sites()
    predicted = trained.fitted.predict(extended.reflectance)
    return {
        "sites": list(extended.sites),
        "measured": extended.oxides.tolist(),
        "predicted": rounded(predicted),
        "domain_distance": rounded(trained.domain.distance(extended.reflectance)),
        "rmse": rounded(rmse(extended.oxides, predicted)),
        "bias": rounded((predicted - extended.oxides).mean(axis=0)),
    }


def _scene_averages(trained: Trained, scale: FloatArray) -> dict[str, Any]:
    """Oxides of the mean spectra of real tiles, whose chemistry was never measured."""
    found = {}
    for name, spectrum in probes.lunar_probes().items():
        oxides = trained.fitted.predict(spectrum)
        found[name] = {
            "predicted": rounded(oxides[0]),
            "sigma": rounded(trained.spread.stated(spectrum, oxides, scale)[0]),
            "domain_distance": rounded(trained.domain.distance(spectrum)[0]),
        }
    return found


def _domain_distances(table: tables.SiteTable, trained: Trained) -> dict[str, Any]:
    learnt, domain = trained.sites, trained.domain

    def nearest(spectra: Mapping[str, FloatArray]) -> dict[str, float]:
        return {name: rounded(domain.distance(values).min()) for name, values in spectra.items()}

    def outside(spectra: FloatArray) -> float:
        return round(float(100 * (domain.distance(spectra) > 1).mean()), 2)

    mixed = domain.distance(probes.mixtures(learnt))
    return {
        "training_sites": dict(zip(learnt.sites, rounded(domain.distance(learnt.reflectance)))),
        "mixtures_of_two_sites": {
            "largest": rounded(mixed.max()),
            "percent_outside": outside(probes.mixtures(learnt)),
        },
        "false_alarms": {
            f"{noise:.1%}": outside(probes.noisy(learnt, noise)) for noise in probes.NOISES
        },
        "detected": {
            f"{factor:g}": outside(factor * learnt.reflectance) for factor in probes.FACTORS
        },
        "lunar": nearest(probes.lunar_probes()),
        "foreign": nearest(probes.foreign_probes()),
    }
