"""The contribution of each part of the default model, and the best that the data allow.

`make_study` computes every number of the report.
"""

from __future__ import annotations

from dataclasses import asdict, replace
from pathlib import Path
from typing import Any, NamedTuple

import numpy as np
from threadpoolctl import threadpool_limits

from lunar_oxide_plugin.core.oxides.oxides import OXIDES

from .. import evaluate, tables
from ..evaluate import Configuration, Predictions, Progress
from ..methods import DEFAULT, METHODS, Method
from ..methods.features import FEATURES
from ..methods.gaussian_process import SETTINGS, GaussianProcesses, Setting
from ..methods.kernel import fit_kernel
from ..missions import balanced_rmse
from ..protocols import K_FOLD, MISSION
from ..record import Record, configuration_of, method_of, read_record, rounded, scores_of
from ..tables import SiteTable
from .comparison import AIMS
from .coverage import coverage
from .estimates import error_share, neighbour_variance, r2_left, r2_of
from .origins import angle_origins
from .sites import learning_curve, other_tio2, r2_list, shuffled_labels, without_farthest

#: Sites unlike all others: young mare, and the maria Fecunditatis and Crisium.
LONE_SITES = ("CE-5", "Luna16", "Luna24")

#: Noises and kernel lengths that the default could have.
NOISES = (0.001, 0.003, 0.01, 0.03)
LENGTHS = (1.5, 2.0, 4.0, 6.0)

#: Name of the row of the default's first design.
EARLIER = "first design, settings chosen inside the folds"

_REPORTS = Path(__file__).parents[1] / "reports"


class Variant(NamedTuple):
    """A row of the table of what was tried."""

    name: str
    method: Method
    extended: bool


def make_study(
    table: SiteTable, configuration: Configuration, quick: bool, progress: Progress
) -> Record:
    """Compute the study of the project's 38 sites; quick only to try the command.

    The result is JSON-ready; oxide arrays have the oxide as last axis.
    """
    # Of the learning curve, and of the labels.
    draws, permutations = (3, 2) if quick else (38, 10)
    with threadpool_limits(1):  # sums repeat bit by bit
        tried, results = ablation(table, configuration, quick, progress)
        return {
            "tables_sha256": tables.tables_sha256(table),
            "configuration": asdict(configuration),
            "quick": quick,
            "oxides": list(OXIDES),
            "sites": list(table.sites),
            "aims": {name: [aims[oxide] for oxide in OXIDES] for name, aims in AIMS.items()},
            "tried": tried,
            "ceiling": ceiling(table, results, tried),
            "balanced_rmse": _balanced_rmse(table, results),
            "angle_origins": angle_origins(table, configuration),
            "learning": learning_curve(table, configuration, draws, progress),
            "farthest": without_farthest(table, configuration, results[K_FOLD], progress),
            "other_tio2": other_tio2(table, configuration, results, progress),
            "shuffled": shuffled_labels(table, configuration, permutations, progress),
            "coverage": coverage(table, configuration, results),
        }


def variants(quick: bool) -> list[Variant]:
    """The default first, then the default without one of its parts, then two other methods."""
    default = GaussianProcesses()

    def changed(**settings: Any) -> tuple[Setting, ...]:
        return tuple(replace(setting, **settings) for setting in SETTINGS)

    parts = [
        Variant("default", default, True),
        Variant("without the extended set", default, False),
        Variant("TiO2 without the power law", replace(default, law_share=0.0), True),
        Variant("TiO2 by the power law alone", replace(default, law_share=1.0), True),
        Variant("Al2O3 without the principal components", replace(default, components=5), True),
        Variant(
            "FeO without the error of missions", replace(default, oxides=changed(mission=0.0)), True
        ),
        Variant(
            "FeO with the angles",
            replace(default, oxides=changed(descriptions=tuple(FEATURES))),
            True,
        ),
        *(
            Variant(
                f"only the description `{name}`",
                replace(default, oxides=changed(descriptions=(name,))),
                True,
            )
            for name in FEATURES
        ),
        *(
            Variant(f"noise {noise:g} for all", replace(default, oxides=changed(noise=noise)), True)
            for noise in NOISES
        ),
        *(
            Variant(f"kernel length {length:g}", replace(default, length=length), True)
            for length in LENGTHS
        ),
    ]
    others = [METHODS[name] for name in ("plsr", "random_forest")]
    for method in (other.quick() if quick else other for other in others):
        parts.append(Variant(f"`{method.id}`", method, False))
        parts.append(Variant(f"`{method.id}` with the extended set", method, True))
    return parts


def ablation(
    table: SiteTable, configuration: Configuration, quick: bool, progress: Progress
) -> tuple[list[dict[str, Any]], dict[str, Predictions]]:
    """R2 of every variant, and the predictions of the default, which is the first."""
    tried: list[dict[str, Any]] = []
    default: dict[str, Predictions] = {}
    for variant in variants(quick):
        found = _recorded_r2(table, variant, configuration)
        if found is None:
            progress(f"study: {variant.name}")
            results = evaluate.evaluate(
                table, variant.method, configuration, use_extended=variant.extended
            )
            default = default or results
            found = {name: r2_list(table, results[name]) for name in (K_FOLD, MISSION)}
        tried.append({"name": variant.name, "extended": variant.extended, **found})
    earlier = {protocol: scores["r2"] for protocol, scores in tables.load_earlier_default().items()}
    tried.insert(1, {"name": EARLIER, "extended": True, **earlier})
    return tried, default


def ceiling(
    table: SiteTable, results: dict[str, Predictions], tried: list[dict[str, Any]]
) -> dict[str, Any]:
    """Bounds on R2 of the grouped k-fold, and where its squared error lies."""
    fitted = evaluate.train_final(table, METHODS[DEFAULT]).fitted
    scatter = fitted.predict(tables.load_apollo12_pixels()).std(axis=0, ddof=1)
    kernel = fit_kernel(table.reflectance)
    variances = np.stack([neighbour_variance(p, table.oxides) for p in kernel.points])
    predicted = results[K_FOLD].predicted
    lone = [table.sites.index(site) for site in LONE_SITES]
    rest = [row for row in range(len(table.sites)) if row not in lone]
    hindsight = {}
    for protocol in (K_FOLD, MISSION):
        each = np.array([row[protocol] for row in tried])
        best = each.argmax(axis=0)
        hindsight[protocol] = {
            "r2": each.max(axis=0).tolist(),
            "variant": [tried[row]["name"] for row in best],
        }
    return {
        "pixel_sd": rounded(scatter),
        "pixel_r2": rounded(r2_left(scatter**2, table.oxides)),
        "neighbour_r2": {
            name: rounded(r2_left(variance, table.oxides))
            for name, variance in zip(kernel.descriptions, variances)
        },
        "lone_sites": list(LONE_SITES),
        "lone_share": rounded(error_share(table.oxides, predicted, lone)),
        "rest_r2": rounded(r2_of(table.oxides, predicted, rest)),
        "hindsight": hindsight,
    }


def _balanced_rmse(
    table: SiteTable, results: dict[str, Predictions]
) -> dict[str, dict[str, list[float]]]:
    """RMSE with missions weighted equally, by protocol: default, first design, two means."""
    earlier = tables.load_earlier_default()
    return {
        protocol: {
            "default": rounded(balanced_rmse(table.oxides, result.predicted, table.missions)),
            EARLIER: earlier[protocol]["balanced_rmse"],
            "two means by R750": rounded(
                balanced_rmse(table.oxides, result.two_means, table.missions)
            ),
        }
        for protocol, result in results.items()
        if protocol in earlier
    }


def _recorded_r2(
    table: SiteTable, variant: Variant, configuration: Configuration
) -> dict[str, list[float]] | None:
    """R2 from the method's own record, if it is of the same training."""
    path = _REPORTS / f"{variant.method.id}.json"
    if variant.method.id == DEFAULT or variant.extended or not path.is_file():
        return None
    try:
        record = read_record(path, table)
        made_by = method_of(record), configuration_of(record)
    except ValueError:  # made from other tables or settings
        return None
    if made_by != (variant.method, configuration):
        return None
    return {name: scores_of(record, name, "r2").tolist() for name in (K_FOLD, MISSION)}
