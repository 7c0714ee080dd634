"""The page of the study, written from its record: no number in it is typed by hand.

Except in the sentences about how the default's design was found, which no program can compute.
"""

from __future__ import annotations

from pathlib import Path

import numpy as np

from ..figures import TITLES
from ..markdown import join, table
from ..methods import DEFAULT
from ..protocols import K_FOLD, MISSION
from ..record import Record, write_record
from . import figures as study_figures
from .coverage import section
from .sites import OTHER
from .sites_report import cells, per_doubling, sections

NAME = "study"

#: The file of the record, beside the report.
RECORD = f"{NAME}.json"


def write_study(record: Record, folder: Path) -> Path:
    """Write ``study.md``, ``study.json`` and the figures into a folder; returns the page."""
    folder.mkdir(parents=True, exist_ok=True)
    write_record(record, folder / RECORD)
    study_figures.tried(record, folder / f"{NAME}_tried.png")
    study_figures.learning(record, folder / f"{NAME}_learning.png")
    parts = [
        *(part(record) for part in (_opening, _tried, _ceiling)),
        *sections(record),
        section(record),
    ]
    path = folder / f"{NAME}.md"
    path.write_text("\n\n".join(parts) + "\n", encoding="utf-8")
    return path


def _opening(record: Record) -> str:
    folds, repeats = (record["configuration"][name] for name in ("folds", "repeats"))
    return f"""# What was tried, and what {len(record["sites"])} sites allow

Which parts of the default model, `{DEFAULT}`, matter, why it does not reach further, and what
would help.

{_in_short(record)}

Generated from `study.json`. Unless said otherwise, scores are R2 of the grouped k-fold ({folds}
folds, {repeats} repeats), on the same folds for all. R2 = 1 - SSE/SST; it is negative for a model
worse than the mean. "Leave one mission out" is R2 at landing sites the model has never seen. RMSE
and oxides are in wt%."""


def _in_short(record: Record) -> str:
    bounds, aims, default = record["ceiling"], record["aims"], record["tried"][0]
    missed = []
    for protocol in (K_FOLD, MISSION):
        pairs = zip(record["oxides"], aims[protocol], default[protocol])
        short = [f"{oxide} by {aim - r2:.3f}" for oxide, aim, r2 in pairs if r2 < aim]
        missed.append(f"in the {TITLES[protocol].lower()} protocol: {join(short)}")
    share = 100 * np.array(bounds["lone_share"])
    doubling = per_doubling(record["learning"][DEFAULT]["slope"])
    hindsight = bounds["hindsight"][K_FOLD]["r2"]
    return f"""- Aims missed, in R2: {"; ".join(missed)}.
- Sites unlike all others ({join(bounds["lone_sites"])})
  make {share.min():.0f} to {share.max():.0f} % of the squared error. At the {_rest(record)} others
  R2 is as high as the aim for {_reaching(record, bounds["rest_r2"])}.
- With the best variant picked for each oxide by the test scores themselves, which nobody may do,
  R2 would be as high as the aim for {_reaching(record, hindsight)}.
- Going by models of fewer sites, twice as many sites like the present ones would change RMSE by
  {max(doubling):.0f} to {min(doubling):.0f} %, with large errors (section 3)."""


def _reaching(record: Record, scores: list[float]) -> str:
    pairs = zip(record["oxides"], scores, record["aims"][K_FOLD])
    return join([oxide for oxide, r2, aim in pairs if r2 >= aim])


def _rest(record: Record) -> int:
    return len(record["sites"]) - len(record["ceiling"]["lone_sites"])


def _tried(record: Record) -> str:
    rows = record["tried"]
    tables = [
        table(
            [TITLES[protocol], *record["oxides"]],
            [[row["name"], *cells(row[protocol])] for row in rows],
        )
        for protocol in (K_FOLD, MISSION)
    ]
    default = np.array(rows[0][K_FOLD])
    better = []
    for column, oxide in enumerate(record["oxides"]):
        names = [row["name"] for row in rows[1:] if row[K_FOLD][column] > default[column]]
        if names:
            better.append(f"- {oxide}: {join(names)}.")
    return f"""## 1. What was tried

{tables[0]}

![R2 of what was tried](study_tried.png)

{tables[1]}

The default learns from the extended set too (10 more stations; no score is counted at them).
`{OTHER}` and `random_forest` do not, so both are also given with it here.

Better than the default in the grouped k-fold:

{chr(10).join(better) or "- nothing."}

{_gains(record)}

What these tables do not show: the default's design (four descriptions, this kernel, log-ratios,
the share of the angle equations) was arrived at by people who compared about a thousand
combinations of kernel, features and noise by their held-out scores at these same sites. Only what
remains in the code, noise and share per oxide, is chosen inside the folds. Choosing one best
combination inside the folds did worse (R2 lower by .03 to .10) than averaging the four descriptions
with equal weights; weights by non-negative least squares inside the folds did no better than equal
ones; arc-cosine, squared-exponential and Matern kernels scored alike. So the held-out scores may be
slightly optimistic. By how much cannot be known from {len(record["sites"])} sites."""


def _gains(record: Record) -> str:
    by_name = {row["name"]: row for row in record["tried"]}
    pairs = {
        "the extended set, in the default": ("default", "without the extended set"),
        "the angle equations, in the default": ("default", "without the angle equations"),
        f"the extended set, in `{OTHER}`": (f"`{OTHER}` with the extended set", f"`{OTHER}`"),
        "the extended set, in `random_forest`": (
            "`random_forest` with the extended set",
            "`random_forest`",
        ),
    }
    rows = []
    for name, (more, less) in pairs.items():
        for protocol in (K_FOLD, MISSION):
            gain = np.array(by_name[more][protocol]) - np.array(by_name[less][protocol])
            rows.append([name, TITLES[protocol].lower(), *cells(gain, "+.3f")])
    heading = ["R2 gained by", "protocol", *record["oxides"]]
    return table(heading, rows)


def _ceiling(record: Record) -> str:
    bounds, oxides = record["ceiling"], record["oxides"]
    lone = join(bounds["lone_sites"])
    neighbour = np.array(list(bounds["neighbour_r2"].values()))
    aim = np.array(record["aims"][K_FOLD])
    above = [oxide for oxide, far in zip(oxides, neighbour.max(axis=0) < aim) if far]
    rows = [
        *_aim_rows(record, K_FOLD),
        ["pixel noise alone would leave", *cells(bounds["pixel_r2"])],
        ["nearest neighbours, most optimistic", *cells(neighbour.max(axis=0))],
        [f"reached at the {_rest(record)} other sites", *cells(bounds["rest_r2"])],
        ["best of section 1, in hindsight", *cells(bounds["hindsight"][K_FOLD]["r2"])],
    ]
    lomo = [
        *_aim_rows(record, MISSION),
        ["best of section 1, in hindsight", *cells(bounds["hindsight"][MISSION]["r2"])],
    ]
    return f"""## 2. The ceiling

{table([TITLES[K_FOLD], *oxides], rows)}

{table([TITLES[MISSION], *oxides], lomo)}

{table(["behind these rows", *oxides], _details(record))}

- **Pixel noise**: the default's predictions at the eight pixels around Apollo 12 scatter this much.
  They hold real variation too, so this is an upper bound of the noise there; but it is one place,
  and darker or brighter ground may differ. R2 left: 1 - scatter squared / variance of the oxide at
  the sites. It alone would allow the aim for {_reaching(record, bounds["pixel_r2"])}.
- **Nearest neighbours** (delta test; Evans and Jones 2002, Proc. R. Soc. A 458, 2759): half the
  mean squared difference of an oxide between each site and the one with the most similar spectrum
  estimates what no smooth function of the spectrum can explain: pixel noise, the distance between
  scooped soil and pixel, different soils with the same spectrum. With this few sites the neighbours
  are not close, which makes the estimate pessimistic, so a model can pass it. The aim is above even
  the most optimistic of the four descriptions for {join(above)}.
- **{lone}** have no like among the sites: held out, there is little to learn them from.
  They make the share of the squared error shown. The model of that row is the same (it learns from
  them too), only the score leaves them out.
- **In hindsight** the best variant was picked for each oxide by its score at the test sites. Nobody
  could have known: it is an optimistic bound on what choosing among these could give."""


def _details(record: Record) -> list[list[str]]:
    bounds = record["ceiling"]
    lone = join(bounds["lone_sites"])
    return [
        ["scatter over the Apollo 12 pixels (wt%)", *cells(bounds["pixel_sd"])],
        *(
            [f"nearest neighbours in `{name}`, R2", *cells(values)]
            for name, values in bounds["neighbour_r2"].items()
        ),
        [f"squared error at {lone} (%)"] + [f"{100 * share:.0f}" for share in bounds["lone_share"]],
        ["best in hindsight", *bounds["hindsight"][K_FOLD]["variant"]],
    ]


def _aim_rows(record: Record, protocol: str) -> list[list[str]]:
    aim = np.array(record["aims"][protocol])
    reached = np.array(record["tried"][0][protocol])
    short = [f"{gap:.3f}" if gap > 0 else "-" for gap in aim - reached]
    return [
        ["aim", *cells(aim, ".2f")],
        ["reached", *cells(reached)],
        ["short by", *short],
    ]
