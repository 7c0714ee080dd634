"""Scores in README and docs, written from the records so that no text can contradict another.

A page holds them between ``<!-- scores: NAME -->`` and ``<!-- end scores -->``; what stands there
is
replaced when the reports are written.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import NamedTuple

import numpy as np

from .figures import TITLES
from .markdown import cells, join, listing, pair, table, wrapped
from .methods.angles import ANGLE_OXIDES
from .missions import INTERVAL
from .protocols import FIT, K_FOLD, MISSION, PROTOCOLS
from .record import Record, residuals, scores_of

#: Pages with scores, below the folder of the project.
PAGES = ("README.md", "docs/guide.md", "docs/science.md", "docs/reading-maps.md")

_BLOCK = re.compile(r"(<!-- scores: (\w+) -->\n).*?(<!-- end scores -->)", re.DOTALL)
_WIDTH = 118


class Records(NamedTuple):
    """All that scores are taken from."""

    default: Record
    networks: Record
    study: Record
    robustness: Record
    #: Of the angle equations, as of `empirical.refit.angle_scores`.
    angles: Mapping[str, Mapping[str, Mapping[str, Mapping[str, float]]]]


def rewritten(page: str, records: Records) -> str:
    """A page with its scores as the records have them.

    Raises KeyError for the name of a block that is not known.
    """

    def block(match: re.Match[str]) -> str:
        paragraphs = BLOCKS[match[2]](records).split("\n\n")
        text = "\n\n".join(wrapped(paragraph, _WIDTH) for paragraph in paragraphs)
        return f"{match[1]}{text}\n{match[3]}"

    return _BLOCK.sub(block, page)


def write_docs(records: Records, root: Path) -> None:
    """Write the scores into the pages of a project."""
    for name in PAGES:
        path = root / name
        path.write_text(rewritten(path.read_text(encoding="utf-8"), records), encoding="utf-8")


def _limits(records: Records) -> str:
    record = records.default
    unseen = scores_of(record, MISSION, "r2")
    mgo = unseen[record["oxides"].index("MgO")]
    learnt = len(record["sites"]) + len(record["learnt_besides"])
    return f"""- Trained on {len(record["sites"])} to {learnt} sites, mostly of Apollo 16 and 17. At
landing areas the default model had not seen, R2 is {_listed(record, unseen)}.
- **MgO, and with it Mg#, is not determined at places that were never sampled** (R2 of MgO
{mgo:.2f}), and CaO not within the highlands. {_nine(record)} missions cannot certify more."""


def _default(records: Records) -> str:
    record, oxides = records.default, records.default["oxides"]
    rows = [
        [oxide, *(pair(record["protocols"][p]["metrics"][oxide]) for p in PROTOCOLS)]
        for oxide in oxides
    ]
    headings = (
        "",
        "at the sites it learnt",
        "at new sites of known landing areas (10-fold)",
        "at landing areas it never saw",
    )
    tried = {row["name"]: row for row in records.study["tried"]}
    mgo = oxides.index("MgO")
    alone = tried["without the extended set"][MISSION][mgo]
    network = scores_of(records.networks, K_FOLD, "r2")[mgo]
    aims = records.study["aims"][K_FOLD]
    reached = [o for o, aim, r2 in zip(oxides, aims, scores_of(record, K_FOLD, "r2")) if r2 >= aim]
    return f"""{table(headings, rows)}

Only the first column compares with the R2 above 0.95 in the literature. The last is closest to what
a map needs: Al2O3 and FeO are good, CaO is fair, TiO2 needs care (its score rests on taking Luna 16
for an outlier). **MgO, and so Mg#, is not determined**: most of its R2 is the contrast of mare and
highlands ([science](science.md#what-the-maps-know)). Without the ten extra stations the R2 of MgO
at unseen landing areas would be {alone:.2f}; near known sites the 1D-CNN has {network:.3f}. Of the
aims set for the default ({join(cells(aims, ".2f"))} in the second column) {join(reached)} were
reached; the [study](../training/reports/study.md) describes what was tried and what limits the
scores. See also the [comparison of all models](../training/reports/README.md), what [light,
maturity and mixing](../training/reports/robustness.md) do to each, and the [paper's own figures and
tables](../training/reports/paper.md)."""


def _coverage(records: Records) -> str:
    reported, nested = (
        {
            level: 100 * np.array([found[oxide][level] for oxide in records.default["oxides"]])
            for level in ("68", "95")
        }
        for found in (
            records.default["coverage"][K_FOLD],
            records.study["coverage"]["nested"],
        )
    )
    photometric = listing(records.default["oxides"], records.default["photometric"], ".2f")
    return f"""For the default, with the scale set without the errors of the judged sites, 1 sigma
contains {_range(reported["68"])} of the errors at held-out sites and 1.96 sigma
{_range(reported["95"])}: near known landing areas sigma is too large by design. With nothing of the
judged mission learnt anywhere, 1 sigma contains {_range(nested["68"])} and 1.96 sigma
{_range(nested["95"])} of the errors at unseen landing areas ([study](../training/reports/study.md),
section 7). The photometric term of the default for
{100 * records.default["configuration"]["brightness_error"]:g} % of brightness is {photometric} wt%
(TiO2 times 1 wt% + TiO2). {_nine(records.default)} missions cannot certify a 95 % interval. Every
model states its uncertainty by the same rule, with its own scale; the reports give each one's
coverage. It holds for terrain like the sites: the error on rock that no mission sampled is
unknown."""


def _knows(records: Records) -> str:
    record, oxides = records.default, records.default["oxides"]
    k_fold, unseen = (record["protocols"][p] for p in (K_FOLD, MISSION))
    mgo, cao = oxides.index("MgO"), oxides.index("CaO")
    inside = k_fold["missions"]["r2_inside"]
    among = [
        f"{name.removeprefix('Apollo')}: {r2[mgo]:.2f} for MgO, {r2[cao]:.2f} for CaO"
        for name, r2 in inside.items()
    ]
    shares = unseen["missions"]["error_share"]
    worst = max(shares, key=lambda name: max(shares[name]))
    share = [f"{100 * s:.0f} % of {o}" for o, s in zip(oxides, shares[worst])]
    measured, ce5, feo = np.array(record["measured"]), record["sites"].index("CE-5"), 2
    next_feo = np.delete(measured[:, feo], ce5).max()
    off = residuals(record, MISSION).mean(axis=0)[ce5]
    intervals = [
        f"{o} {low:.2f} to {high:.2f}"
        for o, low, high in zip(oxides, *unseen["missions"]["bootstrap_r2"])
    ]
    return f"""- **MgO is not determined.** A baseline of two means, of sites darker and brighter
than a limit in R750, reaches a k-fold R2 of {k_fold["two_means"]["MgO"]["r2"]:.3f} for MgO; the
default reaches {k_fold["metrics"]["MgO"]["r2"]:.3f}. The same holds for Mg#. Among the sites of one
mission, whose own contrast is small, the k-fold R2 of the default is, for Apollo
{"; for Apollo ".join(among)}.
- Leave-one-mission-out R2 rests on few missions: {_mission(worst)} contributes {join(share)} to the
squared error of each oxide. A {INTERVAL} % bootstrap over the {_nine(record).lower()} missions
gives R2 of {join(intervals)}.
- RMSE at unseen missions with every mission weighted equally:
{listing(oxides, unseen["missions"]["balanced_rmse"], ".2f")} wt%; of two means by R750
{listing(oxides, unseen["missions"]["balanced_rmse_two_means"], ".2f")} wt%.
- FeO above {next_feo:.1f} wt% rests on CE-5 ({measured[ce5, feo]:.1f}) and, in the default, on
Apollo15S9a (20.2) of the extended set; young mare as such on CE-5 alone. Held out, the default
predicts its FeO {_off(off[feo])} and its MgO {_off(off[mgo])}."""


def _domain(records: Records) -> str:
    found = records.default["domain_distance"]
    rows = [
        ["outside by noise in every band", *(f"{p:.1f} %" for p in found["false_alarms"].values())]
    ]
    alarms = table(["", *(f"noise of {noise}" for noise in found["false_alarms"])], rows)
    detected = [f"{share:.0f} % at {factor} times" for factor, share in found["detected"].items()]
    return f"""{alarms}

Of the sites' spectra with all bands wrong by one factor, {join(detected)} their brightness are
found outside."""


def _robustness(records: Records) -> str:
    oxides = records.default["oxides"]
    found = records.robustness["models"][records.default["model"]]
    rows = [[title, *cells(change["rms"], ".1f")] for title, change in found["changes"].items()]
    reversed_ = listing(oxides, found["mixing_reversed_percent"], ".0f")
    return f"""{table(["the default model, RMS change in wt%", *oxides], rows)}

A contact between two units can look like a third rock: of the mixing lines between two sites, this
share (%) leaves the interval of its two ends by more than 0.1 wt%: {reversed_}."""


def _angles(records: Records) -> str:
    fitted, published = records.angles["refitted"], records.angles["published"]
    rows = []
    for oxide in ANGLE_OXIDES:
        rows += [
            [f"{oxide}, refitted", *(pair(fitted[p][oxide]) for p in PROTOCOLS)],
            [f"{oxide}, published", pair(published[FIT][oxide]), "the same", "the same"],
            *(
                [
                    f"{oxide}, `{record['model']}`",
                    *(pair(record["protocols"][p]["metrics"][oxide]) for p in PROTOCOLS),
                ]
                for record in (records.networks, records.default)
            ),
        ]
    return table(["", *(TITLES[p].lower() for p in (FIT, K_FOLD, MISSION))], rows)


BLOCKS: Mapping[str, Callable[[Records], str]] = {
    "limits": _limits,
    "default": _default,
    "coverage": _coverage,
    "knows": _knows,
    "domain": _domain,
    "robustness": _robustness,
    "angles": _angles,
}


def _listed(record: Record, values: object) -> str:
    return join([f"{v:.2f} ({o})" for o, v in zip(record["oxides"], np.asarray(values))])


def _range(values: object) -> str:
    low, high = np.min(np.asarray(values)), np.max(np.asarray(values))
    return f"{low:.0f} to {high:.0f} %"


def _off(error: float) -> str:
    return f"{abs(error):.1f} wt% too {'high' if error > 0 else 'low'}"


def _mission(name: str) -> str:
    """Apollo 17 of Apollo17."""
    return re.sub(r"(?<=[a-z])(?=\d)", " ", name)


def _nine(record: Record) -> str:
    count = len(set(record["missions"]))
    return {9: "Nine", 10: "Ten", 11: "Eleven", 12: "Twelve"}.get(count, str(count))
