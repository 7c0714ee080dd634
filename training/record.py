"""The record of an evaluation: one JSON file that the export and the report read."""

from __future__ import annotations

import json
import re
from collections.abc import Callable, Mapping
from dataclasses import asdict
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from lunar_oxide_plugin.core.oxides import OXIDES

from . import probes, tables
from .domain import Domain, fit_domain, pixel_covariance
from .evaluate import (
    Configuration,
    Predictions,
    evaluate,
    scores,
    standardised_errors,
    train_final,
)
from .metrics import r2, rmse
from .network import Network, Settings
from .protocols import K_FOLD, MISSION, PROTOCOLS

#: Percent of a normal distribution, and half-width in sigma of the interval that holds it.
COVERAGE = {"68": 1.0, "95": 1.96}

_DECIMALS = 5

Record = dict[str, Any]


def make_record(
    name: str,
    table: tables.SiteTable,
    configuration: Configuration,
    progress: Callable[[str], None],
) -> Record:
    """Evaluate the model and put everything the export and report need into one record.

    Parameters
    ----------
    name : str
        The model's id.
    table : SiteTable
        The sites to learn from. The record of a user's own table says so, and
        has no comparison with the paper and the extended set.
    configuration : Configuration
    progress : callable
        Receives a line of text now and then.

    Returns
    -------
    dict
        JSON-ready; oxide arrays have the oxide as last axis.
    """
    noise = pixel_covariance(tables.load_apollo12_pixels())
    results = evaluate(table, noise, configuration, progress)
    domain = fit_domain(table.reflectance, noise)
    shared = {
        "model": name,
        "tables_sha256": tables.tables_sha256(table),
        "configuration": asdict(configuration),
        "oxides": list(OXIDES),
        "sites": list(table.sites),
        "missions": list(table.missions),
        "measured": table.oxides.tolist(),
        "protocols": {name: _protocol(table.oxides, results[name]) for name in PROTOCOLS},
        "coverage": {
            name: _coverage(table.oxides, results[name], results[K_FOLD])
            for name in (K_FOLD, MISSION)
        },
    }
    if table.own:
        shared["own_table"] = {"file": table.own, "synthetic": table.synthetic}
    else:
        networks = train_final(table, configuration.network)
        shared["paper"] = _paper(table)
        shared["extended_set"] = _extended_set(networks, domain)
    shared["domain_distance"] = _domain_distances(table, domain)
    return shared


def configuration_of(record: Record) -> Configuration:
    """Read back the configuration a record was made with."""
    values = dict(record["configuration"])
    return Configuration(network=Settings(**values.pop("network")), **values)


def write_record(record: Record, path: Path) -> None:
    """Write a record as JSON, innermost lists on one line each."""
    path.parent.mkdir(parents=True, exist_ok=True)
    text = json.dumps(record, indent=1)
    compact = re.sub(r"\[[^\[\]{}]*\]", lambda match: re.sub(r"\s+", " ", match[0]), text)
    path.write_text(compact + "\n", encoding="utf-8")


def read_record(path: Path, table: tables.SiteTable | None = None) -> Record:
    """Read a record made from a table, by default the project's.

    Raises
    ------
    ValueError
        The record was made from other tables than the present ones.
    """
    record: Record = json.loads(path.read_text(encoding="utf-8"))
    if record["tables_sha256"] != tables.tables_sha256(table):
        raise ValueError(f"{path}: the tables have changed since; run the evaluation again")
    return record


def _protocol(measured: NDArray[np.float64], result: Predictions) -> dict[str, Any]:
    baseline = scores(measured, result.baseline)
    return {
        "metrics": _by_oxide(scores(measured, result.predicted)),
        "baseline_mean": _by_oxide({name: baseline[name] for name in ("r2", "rmse")}),
        "fold": result.fold.tolist(),
        "domain_distance": _rounded(result.distance),
        "predicted": _rounded(result.predicted),
    }


def _coverage(
    measured: NDArray[np.float64], result: Predictions, k_fold: Predictions
) -> dict[str, dict[str, float]]:
    """Fraction of held-out errors within the interval that should hold 68 or 95 %."""
    errors = np.abs(standardised_errors(measured, result, k_fold))
    return _by_oxide(
        {level: (errors <= width).mean(axis=(0, 1)) for level, width in COVERAGE.items()}
    )


def _paper(table: tables.SiteTable) -> dict[str, Any]:
    """Scores as printed, and those that follow from the paper's own Tables 1 and 3."""
    printed: dict[str, dict[str, dict[str, float]]] = {}
    for score in tables.load_published_scores():
        printed.setdefault(score.study, {})[score.oxide] = {"r2": score.r2, "rmse": score.rmse}
    measured = dict(zip(table.sites, table.oxides)) | tables.load_missing_sites()
    predicted = tables.load_paper_predictions()
    recomputed = {}
    for name, sites in (("all 40 sites", tuple(measured)), ("our 38 sites", table.sites)):
        truth = np.array([measured[site] for site in sites])
        theirs = np.array([predicted[site] for site in sites])
        recomputed[name] = _by_oxide({"r2": r2(truth, theirs), "rmse": rmse(truth, theirs)})
    return {"printed": printed, "recomputed": recomputed}


def _extended_set(networks: list[Network], domain: Domain) -> dict[str, Any]:
    """Judge the final networks at stations they have not learnt from."""
    extended = tables.load_extended_sites()
    predicted = np.stack([net.predict(extended.reflectance) for net in networks], axis=1)
    return {
        "sites": list(extended.sites),
        "measured": extended.oxides.tolist(),
        "predicted": _rounded(predicted),
        "domain_distance": _rounded(domain.distance(extended.reflectance)),
        "rmse": _rounded(rmse(extended.oxides, predicted)),
        "bias": _rounded((predicted - extended.oxides).mean(axis=0)),
    }


def _domain_distances(table: tables.SiteTable, domain: Domain) -> dict[str, Any]:
    def nearest(spectra: Mapping[str, NDArray[np.float64]]) -> dict[str, float]:
        return {
            name: round(float(domain.distance(values).min()), _DECIMALS)
            for name, values in spectra.items()
        }

    mixed = domain.distance(probes.mixtures(table))
    return {
        "training_sites": _rounded(domain.distance(table.reflectance)),
        "mixtures_of_two_sites": {
            "largest": round(float(mixed.max()), _DECIMALS),
            "percent_outside": round(float(100 * (mixed > 1).mean()), 2),
        },
        "lunar": nearest(probes.lunar_probes()),
        "scaled_sites": nearest(probes.scaled_sites(table)),
        "foreign": nearest(probes.foreign_probes()),
    }


def _by_oxide(values: Mapping[str, NDArray[np.float64]]) -> dict[str, dict[str, float]]:
    return {
        oxide: {name: round(float(array[i]), _DECIMALS) for name, array in values.items()}
        for i, oxide in enumerate(OXIDES)
    }


def _rounded(values: NDArray[np.float64]) -> Any:
    return np.round(values, _DECIMALS).tolist()
