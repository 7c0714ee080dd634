"""Sections of the study's page that vary the sites: how many, which, with which chemistry."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np

from ..figures import TITLES
from ..markdown import join, table
from ..methods import DEFAULT
from ..protocols import K_FOLD
from ..record import Record
from .estimates import sites_needed
from .sites import OTHER


def sections(record: Record) -> list[str]:
    """Sections 3 to 6."""
    return [part(record) for part in (_learning, _farthest, _other_tio2, _shuffled)]


def cells(values: Sequence[float] | Any, form: str = ".3f") -> list[str]:
    """Cells of a row of numbers."""
    return [f"{value:{form}}" for value in values]


def _learning(record: Record) -> str:
    curve, oxides = record["learning"], record["oxides"]
    draws = curve["draws"]
    rows = [
        [str(size), name, *(f"{r:.2f} ({a:.2f}-{b:.2f})" for r, a, b in zip(*band))]
        for row, size in enumerate(curve["sizes"])
        for name in (DEFAULT, OTHER)
        for band in [[curve[name][key][row] for key in ("rmse", "low", "high")]]
    ]
    return f"""## 3. More sites

Models of some of the sites, without the extended set, asked about the others: {draws} draws of
each number, every site tested about equally often. RMSE of all draws, and in brackets the range of
the middle 68 % of the draws (wide where few sites are left to test; below the RMSE where a few
draws are very bad).

![RMSE against training sites](study_learning.png)

Shaded: the middle 68 % of draws. Both axes are logarithmic.

{table(["training sites", "model", *oxides], rows)}

{_more_sites(record)}"""


def _more_sites(record: Record) -> str:
    curve, oxides = record["learning"], record["oxides"]
    rows = []
    for name in (DEFAULT, OTHER):
        slope, error = (np.array(curve[name][key]) for key in ("slope", "slope_error"))
        spread = 100 * 2**slope * np.log(2) * error
        found = [f"{p:+.0f} ± {s:.0f}" for p, s in zip(per_doubling(slope), spread)]
        rows.append([f"`{name}`, RMSE per doubling (%)", *found])
    slope, error = (np.array(curve[DEFAULT][key]) for key in ("slope", "slope_error"))
    sure = [oxide for oxide, falls in zip(oxides, slope < -2 * error) if falls]
    needed = [
        "reached" if r2 >= aim else _needed(sites_needed(len(record["sites"]), r2, aim, power))
        for r2, aim, power in zip(record["tried"][0][K_FOLD], record["aims"][K_FOLD], slope)
    ]
    rows.append([f"`{DEFAULT}`, sites for the aim", *needed])
    start = curve["slope_from"]
    return f"""What twice as many sites would do, from the slope of {start} sites and more (± 1
standard error, by resampling draws), and how many sites like these the default would need for its
aim if RMSE went on falling that way:

{table(["", *oxides], rows)}

Oxides for which the default's RMSE falls by more than two standard errors: {join(sure)}. The
last row is worth no more than its slope: read it as "some" or "many". It also takes new sites to be
like the present ones, most of which are from two landing sites. Much of the error is at sites
unlike all others (section 2): more of those should help most, though nothing here can test it."""


def per_doubling(slope: Sequence[float] | Any) -> Any:
    """Change of RMSE in percent with twice as many sites."""
    return 100 * (2 ** np.asarray(slope) - 1)


def _needed(sites: float | None) -> str:
    if sites is None:
        return "does not fall"
    return f"about {sites:.0f}" if sites < 1000 else "over 1000"


def _farthest(record: Record) -> str:
    found, oxides = record["farthest"], record["oxides"]
    site, feo = found["site"], oxides.index("FeO")
    errors = found["rmse_others"]
    rows = [
        [
            spectrum["name"],
            "-" if spectrum["known"] is None else f"{spectrum['known'][feo]:.1f}",
            *(f"{a:.2f} / {b:.2f}" for a, b in zip(spectrum["with"], spectrum["without"])),
        ]
        for spectrum in found["spectra"]
    ]
    return f"""## 4. What {site} changes

RMSE at the other {len(record["sites"]) - 1} sites, same folds, learning from {site} and not:

{
        table(
            [f"{site} among the training sites", *oxides],
            [["yes", *cells(errors["with"])], ["no", *cells(errors["without"])]],
        )
    }

Oxides with / without {site} among the training sites, and FeO as measured (of an equal mixture: the
mean of its two sites). All named sites but {site} are training sites of both models; {site} itself
"with" is a fit.

{table(["spectrum", "FeO measured", *oxides], rows)}

{_with_and_without(record)}"""


def _with_and_without(record: Record) -> str:
    found, oxides = record["farthest"], record["oxides"]
    site, feo, mgo = found["site"], oxides.index("FeO"), oxides.index("MgO")
    errors = found["rmse_others"]
    itself = next(s for s in found["spectra"] if s["name"] == site)
    tiles = [s for s in found["spectra"] if s["known"] is None]
    moved = np.abs([np.subtract(s["with"], s["without"]) for s in tiles]).max(axis=0)
    measured, without = itself["known"], itself["without"]
    choices = [
        f"noise {chosen['FeO']['noise']:g}, angle share {chosen['FeO']['angle_share']:g}"
        for chosen in (found["choices"]["with"], found["choices"]["without"])
    ]
    gain = np.subtract(errors["without"], errors["with"])
    better = " and ".join(
        f"{word} for {join([o for o, g in zip(oxides, gain * sign) if g > 0])}"
        for word, sign in (("better", 1), ("worse", -1))
    )
    wrong = [f"{oxides[o]} {without[o]:.1f} instead of {measured[o]:.1f}" for o in (feo, mgo)]
    return f"""- Without it, {site} is predicted at {join(wrong)} wt%.
  The mixtures with it change with it: it extends the range, as the paper says.
- The other sites are predicted {better} with it.
- It also decides what is chosen inside the training sites. For FeO: {choices[0]} with it,
  {choices[1]} without.
- Largest change at the two tile means: {_listing(oxides, moved)} wt%.
- FeO above that of all other sites rests on this one site: nothing here can test it."""


def _other_tio2(record: Record) -> str:
    found, oxides = record["other_tio2"], record["oxides"]
    labels = [[x["site"], f"{x['used']:.2f}", f"{x['other']:.2f}"] for x in found["labels"]]
    scores = [
        [TITLES[protocol], {"used": "Table 1", "other": "the other source"}[source], *cells(r2)]
        for protocol, by_source in found["r2"].items()
        for source, r2 in by_source.items()
    ]
    changes = [
        [f"{place} ({unit})", *cells(values, signs)]
        for place, units, signs in (
            ("all sites, largest", found["largest"], ".3f"),
            ("all sites, root mean square", found["rms"], ".3f"),
            *((name, units, "+.3f") for name, units in found["tiles"].items()),
        )
        for unit, values in units.items()
    ]
    largest = found["largest"]["sigma"][oxides.index("TiO2")]
    return f"""## 5. Four sites whose TiO2 differs between sources

The paper's Table 1, which the models learn, and the column tio2_dlim of the data set published with
Yang et al. (2023, doi 10.1038/s41467-023-43358-0), where the two differ by 0.5 wt% or more:

{table(["site", "TiO2, Table 1", "TiO2, other source"], labels)}

The default trained and scored with either (R2):

{table(["protocol", "TiO2 from", *oxides], scores)}

By how much the predictions of the model of all sites change, in wt% and in units of the sigma it
states there:

{table(["where", *oxides], changes)}

The choice of source moves TiO2 by at most {largest:.2f} of the stated sigma at any site. The labels
themselves differ by {_range(found["labels"])} wt%. Which source is right is not known
here, and a score cannot be better known than its labels."""


def _shuffled(record: Record) -> str:
    found = record["shuffled"]
    times = found["permutations"]
    means = [mean for name in (DEFAULT, OTHER) for mean in found[name]["mean"]]
    below = sum(mean < 0 for mean in means)
    largest = max(max(found[name]["largest"]) for name in (DEFAULT, OTHER))
    lowest = min(record["tried"][0][K_FOLD])
    rows = [
        [f"`{name}`, {what}", *cells(found[name][what])]
        for name in (DEFAULT, OTHER)
        for what in ("mean", "largest")
    ]
    return f"""## 6. Shuffled labels

The chemistry of whole sites dealt out among the spectra at random, {times} times (without
the extended set; one repeat of the folds each). A sound evaluation must then find nothing to learn:
R2 of zero or less, but for chance.

{table(["R2", *record["oxides"]], rows)}

The mean is below zero for {below} of {len(means)} pairs of model and oxide. The largest of one
shuffling is {largest:.2f}, by chance; the default's smallest R2 with the true labels is
{lowest:.2f}."""


def _listing(oxides: list[str], values: Any, form: str = ".2f") -> str:
    return ", ".join(f"{oxide} {value:{form}}" for oxide, value in zip(oxides, values))


def _range(labels: list[dict[str, Any]]) -> str:
    sizes = [abs(label["other"] - label["used"]) for label in labels]
    return f"{min(sizes):.1f} to {max(sizes):.1f}"
