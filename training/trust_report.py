"""How far to trust a model: the sections of its report on missions, uncertainty and domain."""

from __future__ import annotations

import numpy as np

from . import card
from .figures import TITLES
from .markdown import cells, join, listing, table, where
from .missions import INTERVAL
from .protocols import K_FOLD, MISSION
from .record import COVERAGE, Record, residuals, scores_of
from .spread import WIDENED

_HELD_OUT = (K_FOLD, MISSION)


def rests_on(record: Record) -> str:
    """Scores mission by mission, and what they can certify."""
    oxides, found = record["oxides"], {p: record["protocols"][p]["missions"] for p in _HELD_OUT}
    balanced, bootstrap, inside = [], [], []
    for protocol, scores in found.items():
        title = TITLES[protocol]
        balanced += [
            [title, "this model", *cells(scores["balanced_rmse"], ".2f")],
            [title, "two means by R750", *cells(scores["balanced_rmse_two_means"], ".2f")],
        ]
        ends = zip(*scores["bootstrap_r2"])
        bootstrap.append([title, *(f"{low:.2f} to {high:.2f}" for low, high in ends)])
        for mission, r2 in scores["r2_inside"].items():
            inside.append([title, mission, *cells(r2, ".2f")])
    shares = found[MISSION]["error_share"]
    largest = sorted(shares, key=lambda mission: -max(shares[mission]))
    share_rows = [[mission, *cells(100 * np.array(shares[mission]), ".0f")] for mission in largest]
    undetermined = ""
    if "own_table" not in record:
        undetermined = f"""

{card.UNDETERMINED} Two means by R750 alone score a k-fold R2 of
{record["protocols"][K_FOLD]["two_means"]["MgO"]["r2"]:.2f} for MgO; this model scores
{record["protocols"][K_FOLD]["metrics"]["MgO"]["r2"]:.2f}."""
    among = ""
    if inside:
        among = f"""R2 among the sites of one mission, where the contrast between mare and highlands
does not help:

{table(["protocol", "mission", *oxides], inside)}

"""
    return f"""## What the scores rest on

RMSE (wt%) with every mission weighted equally, instead of every site:

{table(["protocol", "model", *oxides], balanced)}

{among}Share of each mission in the squared error of leave one mission out (%):

{table(["mission", *oxides], share_rows)}

{INTERVAL} % intervals of R2 when other missions had flown (missions drawn again with replacement,
the models unchanged):

{table(["protocol", *oxides], bootstrap)}

{len(shares)} missions cannot certify more than these intervals say.{undetermined}"""


def uncertainty(record: Record) -> str:
    """What sigma means, and how many held-out errors are within it."""
    oxides, coverage = record["oxides"], record["coverage"]
    rows = [
        [
            TITLES[protocol],
            f"{width:g} sigma (should contain {level} %)",
            *(f"{100 * found[oxide][level]:.0f} %" for oxide in oxides),
        ]
        for protocol, found in coverage.items()
        for level, width in COVERAGE.items()
    ]
    few = [
        any(coverage[MISSION][oxide][level] < int(level) / 100 - 0.05 for level in COVERAGE)
        for oxide in oxides
    ]
    verdict = """In this check no interval falls short by more than 5 percentage points at unseen
landing sites."""
    if any(few):
        verdict = f"""At an unseen landing site the stated sigma is too small (by more than 5
percentage points) for {where(oxides, few)}."""
    if "own_table" not in record:
        verdict += """ The check is slightly optimistic; for the default model the
[study](study.md), section 7, repeats it with nothing learnt from the judged mission. Terrain unlike
every site can be worse still, and nine missions cannot certify a 95 % interval."""
    brightness = record["configuration"]["brightness_error"]
    correlation = [[o, *cells(row, "+.2f")] for o, row in zip(oxides, record["error_correlation"])]
    return f"""## Uncertainty

1 sigma per pixel and oxide, of two terms in quadrature. The first is the posterior standard
deviation of a Gaussian process with the training spectra, small near one of them and growing away
from them, times a scale per oxide. The scale is set so that 1 and 1.96 sigma contain about 68 and
95 % of the grouped k-fold errors (normalised conformal prediction), and then multiplied by
{WIDENED:g} for places that were never sampled. The second is photometric: the change of an oxide by
an error of {100 * brightness:g} % in brightness, as a slope of 5 degrees makes it
({listing(oxides, record["photometric"], ".2f")} wt%). For TiO2 both are multiplied by 1 wt% + TiO2.
Sigma approaches two standard deviations of the oxide among the training sites
({listing(oxides, record["sigma_ceiling"])} wt%) and never exceeds them.

The table gives the percentage of held-out errors inside. The scale is set without the
errors of the sites that are judged; the models of the other sites had learnt from these, so the
percentages are slightly optimistic:

{table(["held-out errors", "interval", *oxides], rows)}

{verdict}

![Error and stated sigma]({record["model"]}_error_vs_sigma.png)

Correlation between the oxides' errors, from each site's mean k-fold error. Mg# and sums of oxides
need it; it is in the model file:

{table(["", *oxides], correlation)}"""


def domain(record: Record) -> str:
    """Which spectra are inside the domain."""
    found = record["domain_distance"]
    names, sites = list(found["training_sites"]), np.array(list(found["training_sites"].values()))
    order = np.argsort(-sites)[:5]
    rows = [
        [name, kind.replace("_", " "), f"{distance:.2f}"]
        for kind in ("lunar", "foreign")
        for name, distance in found[kind].items()
    ]
    alarms = [
        f"{share:.1f} % with noise of {noise}" for noise, share in found["false_alarms"].items()
    ]
    detected = [f"{share:.0f} % at {factor} times" for factor, share in found["detected"].items()]
    mixed = found["mixtures_of_two_sites"]
    return f"""## Domain distance

At most 1 means inside: by leave-one-out, 95 % of new sites would be (an area of applicability,
Meyer and Pebesma 2021). The farthest training sites:
{listing([names[row] for row in order], sites[order], ".2f")}; the median site is at
{np.median(sites):.2f}. Equal mixtures of two sites reach {mixed["largest"]:.2f}
({mixed["percent_outside"]:.0f} % outside).

{table(["spectrum", "kind", "distance"], rows)}

Training sites that are outside by mistake: {join(alarms)} in every band. Training sites that are
found outside when all bands are wrong by a factor: {join(detected)} their brightness.

Inside means that a spectrum resembles the training sites as a whole, not that a rock like
it was sampled: the distance cannot detect an empty region between the sites. Nor does it promise a
small error: of the predictions at unseen landing sites with an error of more than twice the k-fold
RMSE, {_inside_percent(record):.0f} % were at sites inside (at most 1)."""


def _inside_percent(record: Record) -> float:
    """Share of the large leave-one-mission-out errors that the domain distance does not flag."""
    large = np.abs(residuals(record, MISSION)) > 2 * scores_of(record, K_FOLD, "rmse")
    inside = np.array(record["protocols"][MISSION]["domain_distance"]) <= 1
    return float(100 * (large & inside[:, :, None]).sum() / max(large.sum(), 1))
