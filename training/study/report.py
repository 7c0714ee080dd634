"""The page of the study, written from its record: no number in it is typed by hand.

Except in the sentences about how the default's design was found, which no program can compute.
"""

from __future__ import annotations

from pathlib import Path

import numpy as np

from ..figures import TITLES
from ..markdown import cells, join, table, where, write_page
from ..methods import DEFAULT
from ..methods.kernel import LENGTH
from ..protocols import K_FOLD, MISSION
from ..record import Record, write_record
from . import coverage, sites_report
from . import figures as study_figures
from .comparison import aim_rows
from .sites import OTHER

#: The file of the record, beside the report.
RECORD = "study.json"


def write_study(record: Record, folder: Path) -> Path:
    """Write ``study.md``, ``study.json`` and the figures into a folder; returns the page."""
    write_record(record, folder / RECORD)
    study_figures.tried(record, folder / "study_tried.png")
    study_figures.learning(record, folder / "study_learning.png")
    parts = (_opening, _tried, _ceiling, *sites_report.SECTIONS, coverage.section)
    return write_page(folder / "study.md", [part(record) for part in parts])


def _opening(record: Record) -> str:
    folds, repeats = (record["configuration"][name] for name in ("folds", "repeats"))
    bounds, aims, default = record["ceiling"], record["aims"], record["tried"][0]
    missed = []
    for protocol in (K_FOLD, MISSION):
        pairs = zip(record["oxides"], aims[protocol], default[protocol])
        short = [f"{oxide} by {aim - r2:.3f}" for oxide, aim, r2 in pairs if r2 < aim]
        missed.append(f"in the {TITLES[protocol].lower()} protocol: {join(short)}")
    share = 100 * np.array(bounds["lone_share"])
    doubling = sites_report.per_doubling(record["learning"][DEFAULT]["slope"])
    return f"""# What was tried, and what {len(record["sites"])} sites allow

Which parts of the default model, `{DEFAULT}`, matter, what limits it, and what would help.

- Targets missed, in R2: {"; ".join(missed)}.
- Sites unlike all others ({join(bounds["lone_sites"])}) contribute {share.min():.0f} to
  {share.max():.0f} % of the squared error. At the {_rest(record)} others R2 reaches the target for
  {_reaching(record, bounds["rest_r2"])}.
- With the best variant picked for each oxide by the test scores themselves, which is not
  legitimate, R2 would reach the target for {_reaching(record, bounds["hindsight"][K_FOLD]["r2"])}.
- Extrapolated from models of fewer sites, twice as many sites like the present ones would change
  RMSE by {max(doubling):.0f} to {min(doubling):.0f} %, with large errors (section 3).

Generated from `study.json`. Unless stated otherwise, scores are R2 of the grouped k-fold ({folds}
folds, {repeats} repeats), on the same folds for all. R2 = 1 - SSE/SST; it is negative for a model
worse than the mean. "Leave one mission out" is R2 at landing sites the model has never seen. RMSE
and oxides are in wt%."""


def _reaching(record: Record, scores: list[float]) -> str:
    return where(record["oxides"], np.array(scores) >= record["aims"][K_FOLD])


def _rest(record: Record) -> int:
    return len(record["sites"]) - len(record["ceiling"]["lone_sites"])


def _tried(record: Record) -> str:
    rows, oxides = record["tried"], record["oxides"]
    k_fold, missions = (
        table([TITLES[p], *oxides], [[row["name"], *cells(row[p])] for row in rows])
        for p in (K_FOLD, MISSION)
    )
    better = []
    for column, oxide in enumerate(oxides):
        default = rows[0][K_FOLD][column]
        names = [row["name"] for row in rows if row[K_FOLD][column] > default]
        better += [f"- {oxide}: {join(names)}."] if names else []
    return f"""## 1. What was tried

{k_fold}

![R2 of what was tried](study_tried.png)

{missions}

The default also learns from the extended set (10 more stations, never scored). `{OTHER}` and
`random_forest` do not, so both are also given with it here.

Better than the default in the grouped k-fold:

{chr(10).join(better) or "- nothing."}

{_gains(record)}

What these tables do not show: the default's design (four descriptions, this kernel, log-ratios, the
share of the angle equations) was found by people who compared about a thousand combinations of
kernel, features and noise by their held-out scores at these same sites. Only what remains in the
code, noise and share per oxide, is chosen inside the folds. Choosing one best combination inside
the folds was worse (R2 lower by .03 to .10) than averaging the four descriptions with equal
weights; weights by non-negative least squares inside the folds were no better than equal ones;
arc-cosine, squared-exponential and Matern kernels had similar scores. The held-out scores may
therefore be slightly optimistic. By how much cannot be known from {len(record["sites"])} sites.

The length {LENGTH:g} of the kernel, in standard deviations of a feature, is a fixed choice without
a derivation. It matters: with a length of 6, leave one mission out gives an R2 of .325 for CaO and
.291 for TiO2."""


def _gains(record: Record) -> str:
    by_name = {row["name"]: row for row in record["tried"]}
    extended = "with the extended set"
    pairs = {
        "the extended set, in the default": ("default", "without the extended set"),
        "the angle equations, in the default": ("default", "without the angle equations"),
        **{
            f"the extended set, in `{name}`": (f"`{name}` {extended}", f"`{name}`")
            for name in (OTHER, "random_forest")
        },
    }
    rows = [
        [name, TITLES[p].lower(), *cells(np.subtract(by_name[more][p], by_name[less][p]), "+.3f")]
        for name, (more, less) in pairs.items()
        for p in (K_FOLD, MISSION)
    ]
    return table(["R2 gained by", "protocol", *record["oxides"]], rows)


def _ceiling(record: Record) -> str:
    bounds, oxides = record["ceiling"], record["oxides"]
    lone = join(bounds["lone_sites"])
    nearest = np.max(list(bounds["neighbour_r2"].values()), axis=0)
    middle = {
        K_FOLD: [
            ["limit by pixel noise alone", *cells(bounds["pixel_r2"])],
            ["limit by nearest neighbours, most optimistic", *cells(nearest)],
            [f"reached at the {_rest(record)} other sites", *cells(bounds["rest_r2"])],
        ],
        MISSION: [],
    }
    k_fold, missions = (
        table(
            [TITLES[p], *oxides],
            [
                *aim_rows(record["aims"][p], record["tried"][0][p]),
                *more,
                ["best of section 1, in hindsight", *cells(bounds["hindsight"][p]["r2"])],
            ],
        )
        for p, more in middle.items()
    )
    details = [
        ["scatter over the Apollo 12 pixels (wt%)", *cells(bounds["pixel_sd"])],
        *(
            [f"nearest neighbours in `{name}`, R2", *cells(values)]
            for name, values in bounds["neighbour_r2"].items()
        ),
        [f"squared error at {lone} (%)", *cells(100 * np.array(bounds["lone_share"]), ".0f")],
        ["best in hindsight", *bounds["hindsight"][K_FOLD]["variant"]],
    ]
    return f"""## 2. The ceiling

{k_fold}

{missions}

{table(["details of these rows", *oxides], details)}

- **Pixel noise**: the scatter of the default's predictions at the eight pixels around Apollo 12. It
  includes real variation, so it is an upper bound of the noise there; but it is one place, and
  darker or brighter ground may differ. R2 left: 1 - scatter squared / variance of the oxide at the
  sites. It alone would allow the target for {_reaching(record, bounds["pixel_r2"])}.
- **Nearest neighbours** (delta test; Evans and Jones 2002, Proc. R. Soc. A 458, 2759): half the
  mean squared difference of an oxide between each site and the one with the most similar spectrum
  estimates what no smooth function of the spectrum can explain: pixel noise, the distance between
  scooped soil and pixel, different soils with the same spectrum. With so few sites the neighbours
  are not close, which makes the estimate pessimistic, so a model can exceed it. The target is above
  even the most optimistic of the four descriptions for
  {where(oxides, nearest < record["aims"][K_FOLD])}.
- **{lone}** resemble no other site: when one is held out, little is left to learn it from. They
  contribute the share of the squared error shown. The row of the other sites is of the same model
  (it learns from all), only the score leaves them out.
- **In hindsight** the best variant was picked for each oxide by its score at the test sites. Nobody
  could have known it beforehand: it is an optimistic bound on choosing among these."""
