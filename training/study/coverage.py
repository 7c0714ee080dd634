"""Coverage of the default's uncertainty with nothing learnt from the judged mission.

The coverage in the models' reports leaves the judged sites' own errors out of the scale, but the
other sites' k-fold models had learnt from the judged ones. Here, for every mission, a k-fold among
the other missions only gives the scale.
"""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import numpy as np

from .. import tables
from ..evaluate import Configuration, Predictions, evaluate, sigma, standardised_errors
from ..markdown import cells, table, where
from ..methods import DEFAULT, METHODS
from ..protocols import K_FOLD, MISSION
from ..record import COVERAGE, Record, coverage_of
from ..spread import highest, stated
from ..tables import FloatArray, SiteTable

#: Repeats of every inner k-fold.
REPEATS = 5


def coverage(
    sites: SiteTable, configuration: Configuration, results: dict[str, Predictions]
) -> dict[str, Any]:
    """Share of the default's leave-one-mission-out errors within each interval.

    As ``reported`` and ``nested``, by oxide and level; ``by_mission``, the number of sites and how
    many of them are within each interval, nested, for each oxide. The k-fold among the other
    missions has the folds and seed of the configuration, and `REPEATS` repeats.
    """
    reported = standardised_errors(sites.oxides, results[MISSION], results[K_FOLD])
    nested = _nested_errors(sites, configuration, results[MISSION])
    missions = np.array(sites.missions)
    return {
        "reported": coverage_of(reported[0]),
        "nested": coverage_of(nested),
        "by_mission": {
            mission: {
                "sites": int((missions == mission).sum()),
                **{
                    level: (np.abs(nested[missions == mission]) <= width).sum(axis=0).tolist()
                    for level, width in COVERAGE.items()
                },
            }
            for mission in sorted(set(sites.missions))
        },
    }


def _nested_errors(
    sites: SiteTable, configuration: Configuration, judged: Predictions
) -> FloatArray:
    extended, missions = tables.load_extended_sites(), np.array(sites.missions)
    inner = replace(configuration, repeats=min(REPEATS, configuration.repeats), mission_repeats=1)
    errors = np.empty_like(sites.oxides)
    for mission in sorted(set(sites.missions)):
        rows = missions == mission
        others = sites.without_missions({mission})
        # As a user's table, so that no more stations join it.
        learnt = replace(others.and_(extended.without_missions({mission})), own=mission)
        found = evaluate(learnt, METHODS[DEFAULT], inner)[K_FOLD]
        n = len(others.sites)
        at_sites = replace(found, predicted=found.predicted[:, :n], width=found.width[:, :n])
        errors[rows] = (judged.predicted[0, rows] - sites.oxides[rows]) / stated(
            judged.width[0, rows],
            judged.predicted[0, rows],
            sigma(others.oxides, at_sites),
            judged.photometric[0, rows],
            highest(others.oxides),
        )
    return errors


def section(record: Record) -> str:
    """Section 7 of the study."""
    oxides, found = record["oxides"], record["coverage"]
    shares = {
        (level, kind): np.array([100 * found[kind][oxide][level] for oxide in oxides])
        for level in COVERAGE
        for kind in ("reported", "nested")
    }
    names = {"reported": "as reported", "nested": "nothing learnt from the mission"}
    rows = [
        [f"{COVERAGE[level]:g} sigma, {names[kind]}", *cells(values, ".0f")]
        for (level, kind), values in shares.items()
    ]
    nested = np.array([shares[level, "nested"] for level in COVERAGE])  # (levels, 5)
    few = (nested < np.array([[float(level) - 5] for level in COVERAGE])).sum(axis=0)
    inside = [
        f"{o} ({' and '.join(cells(column, '.0f'))} %)" for o, column in zip(oxides, nested.T)
    ]
    by_mission = [
        [
            mission,
            str(counts["sites"]),
            *(f"{a} / {b}" for a, b in zip(*(counts[c] for c in COVERAGE))),
        ]
        for mission, counts in found["by_mission"].items()
    ]
    verdict = """No interval is then short by more than 5 percentage points."""
    if few.any():
        verdict = f"""More than 5 percentage points are then missing for {where(inside, few)}: their
stated sigma is too small at an unseen landing site."""
    return f"""## 7. The uncertainty at unseen missions

Percentage of leave-one-mission-out errors within 1 and 1.96 sigma (68 and 95 would be right). The
models' reports leave out the judged sites' own errors when they set the scale, but the other sites'
k-fold models had learnt from the judged ones. Here the scale comes from a k-fold among the other
missions (and their extended stations) alone:

{table(["", *oxides], rows)}

{verdict} Sites within 1 and 1.96 sigma, mission by mission:

{table(["mission", "sites", *oxides], by_mission)}

A map of unknown terrain corresponds to the rows with nothing learnt from the mission; terrain that
resembles no mission can be worse still. Nine missions can certify little: if all nine were within
an interval, the share of future missions within it would be at least 72 % with 95 % confidence
(0.05 to the power of 1/9). No 95 % interval can be certified with them.

The width uses two of the four descriptions, ratios and angles. They were chosen for their speed,
after the coverage of all subsets had been seen; with all four it is the same within two sites."""
