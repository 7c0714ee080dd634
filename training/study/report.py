"""The page of the study, written from its record: no number in it is typed by hand.

Except in the sentences about how the default's design was decided, which no program can compute.
"""

from __future__ import annotations

from pathlib import Path

import numpy as np

from ..figures import TITLES
from ..markdown import cells, join, table, where, write_page
from ..methods import DEFAULT
from ..methods.gaussian_process import SETTINGS
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

{_decision(record)}"""


def _decision(record: Record) -> str:
    """Why the default is as it is, and what it was before."""
    balanced = [
        [TITLES[protocol], name, *cells(values, ".2f")]
        for protocol, by_name in record["balanced_rmse"].items()
        for name, values in by_name.items()
    ]
    origins = [
        [
            "as published" if not any(row["shift"]) else "{:+g}, {:+g}".format(*row["shift"]),
            *cells([row[K_FOLD], row[MISSION]]),
        ]
        for row in record["angle_origins"]
    ]
    return f"""### How the design was decided

The first design chose the noise of each oxide and the share of the angle equations by leave-one-out
errors inside the training folds. A re-analysis showed that this choice made FeO and TiO2 worse at
unseen missions than any fixed setting, and that the two-constant equation of Otake et al. (2012),
refitted, was as good there. The present design was decided before its scores were computed here,
with these reasons:

- **No choice inside the folds.** With 38 sites the smallest error is chosen by chance.
- **FeO**: sites of one mission share an error (variance {SETTINGS[2].mission:g}), as twenty
  stations of one landing are not twenty landings; the angles are not among its
  descriptions, and no angle equation is averaged.
- **TiO2**: three parts of a power law of the titanium angle to one part of the processes, with a
  robust fit. This rests on a decision that Luna 16 is an outlier: its spectrum is that of the soil
  of Apollo 17 LRV1, 5 to 7 % darker, but its TiO2 is 3 to 4.6 wt% lower. Whoever believes that
  soils like Luna 16's are common should trust TiO2 less than its sigma says.
- **Al2O3**: limited to the first three principal components of the training soils, all missions
  with the same weight.

The scores are not free of the past all the same: the descriptions, the kernel and the log-ratios
were found by people who compared about a thousand combinations by held-out scores at these same
sites, and the re-analysis from which the present settings come had seen scores, too. By how much
the scores are optimistic cannot be known from {len(record["sites"])} sites.

RMSE (wt%) with every mission weighted equally:

{table(["protocol", "model", *record["oxides"]], balanced)}

**Sensitivity.** The length of the kernel ({LENGTH:g} standard deviations of a feature) is a fixed
choice without a derivation; rows of other lengths are above. The origin of the titanium angle is
Otake's. R2 of TiO2 by the power law alone, one repeat of the k-fold, with the origin shifted in
R750 and in R415/R750:

{table(["shift of the origin", TITLES[K_FOLD], TITLES[MISSION]], origins)}"""


def _gains(record: Record) -> str:
    by_name = {row["name"]: row for row in record["tried"]}
    extended = "with the extended set"
    pairs = {
        "the extended set, in the default": ("default", "without the extended set"),
        "the power law, in the default": ("default", "TiO2 without the power law"),
        "the principal components, in the default": (
            "default",
            "Al2O3 without the principal components",
        ),
        "the error of missions, in the default": ("default", "FeO without the error of missions"),
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
