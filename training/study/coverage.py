"""Coverage of the default's uncertainty with nothing learnt from the judged mission.

The coverage in the models' reports leaves the judged sites' own errors out of the scale, but the
other sites' k-fold models had learnt from the judged ones. Here, for every mission, a k-fold among
the other missions alone gives the scale.
"""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import numpy as np
from numpy.typing import NDArray

from lunar_oxide_plugin.core.oxides.oxides import OXIDES

from .. import tables
from ..domain import pixel_covariance
from ..evaluate import Configuration, Predictions, evaluate, sigma, standardised_errors
from ..markdown import table as markdown_table
from ..methods import DEFAULT, METHODS
from ..protocols import K_FOLD, MISSION
from ..record import COVERAGE
from ..spread import highest, stated
from ..tables import SiteTable

#: Repeats of every inner k-fold.
REPEATS = 5


def coverage(
    table: SiteTable, configuration: Configuration, results: dict[str, Predictions]
) -> dict[str, dict[str, dict[str, float]]]:
    """Share of leave-one-mission-out errors within each interval.

    Parameters
    ----------
    table : SiteTable
    configuration : Configuration
        Its folds and seed; `REPEATS` repeats of the k-fold among the other missions.
    results : dict of str to Predictions
        Of the default.

    Returns
    -------
    dict
        As ``reported`` and ``nested``, by oxide and level.
    """
    reported = standardised_errors(table.oxides, results[MISSION], results[K_FOLD])
    return {
        "reported": _shares(reported[0]),
        "nested": _shares(_nested_errors(table, configuration, results[MISSION])),
    }


def _nested_errors(
    table: SiteTable, configuration: Configuration, judged: Predictions
) -> NDArray[np.float64]:
    noise = pixel_covariance(tables.load_apollo12_pixels())
    extended, missions = tables.load_extended_sites(), np.array(table.missions)
    inner = replace(configuration, repeats=min(REPEATS, configuration.repeats), mission_repeats=1)
    errors = np.empty_like(table.oxides)
    for mission in sorted(set(table.missions)):
        rows = missions == mission
        others = table.rows(np.flatnonzero(~rows).tolist())
        besides = [row for row, name in enumerate(extended.missions) if name != mission]
        # As a table of its own, so that no more stations join it.
        learnt = replace(others.and_(extended.rows(besides)), own=mission)
        found = evaluate(learnt, METHODS[DEFAULT], noise, inner, lambda _: None)[K_FOLD]
        scored = slice(0, len(others.sites))
        at_sites = replace(
            found, predicted=found.predicted[:, scored], width=found.width[:, scored]
        )
        errors[rows] = (judged.predicted[0, rows] - table.oxides[rows]) / stated(
            judged.width[0, rows],
            judged.predicted[0, rows],
            sigma(others.oxides, at_sites),
            highest(others.oxides),
        )
    return errors


def _shares(errors: NDArray[np.float64]) -> dict[str, dict[str, float]]:
    return {
        oxide: {
            level: round(float((np.abs(errors[:, column]) <= limit).mean()), 5)
            for level, limit in COVERAGE.items()
        }
        for column, oxide in enumerate(OXIDES)
    }


def section(record: dict[str, Any]) -> str:
    """Section 7 of the study."""
    found, reported = record["coverage"]["nested"], record["coverage"]["reported"]
    rows = [
        [f"{COVERAGE[level]:g} sigma, {name}", *(f"{100 * f[o][level]:.0f}" for o in OXIDES)]
        for level in COVERAGE
        for name, f in (("as reported", reported), ("nothing of the mission learnt", found))
    ]
    return f"""## 7. The uncertainty at unseen missions

Percent of leave-one-mission-out errors within 1 and 1.96 sigma (68 and 95 would be right). The
models' reports leave the judged sites' own errors out when they set the scale, but the other sites'
k-fold models had learnt from the judged ones. Here the scale comes from a k-fold among the other
missions (and their extended stations) alone:

{markdown_table(["", *OXIDES], rows)}

A map of unknown terrain is in the position of the second rows, and of terrain that no mission is
like even they know nothing."""
