"""Sections 3 to 6 of the study's page: how many sites, which, and with which chemistry."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from ..figures import TITLES
from ..markdown import cells, join, listing, table, where
from ..methods import DEFAULT
from ..protocols import K_FOLD
from ..record import Record
from ..tables import FloatArray
from .estimates import sites_needed
from .sites import OTHER


def per_doubling(slope: Sequence[float] | FloatArray) -> FloatArray:
    """Change of RMSE in percent with twice as many sites."""
    return np.asarray(100 * (2 ** np.asarray(slope) - 1))


def _learning(record: Record) -> str:
    curve, oxides = record["learning"], record["oxides"]
    rows = [
        [str(size), name, *(f"{r:.2f} ({low:.2f}-{high:.2f})" for r, low, high in zip(*band))]
        for row, size in enumerate(curve["sizes"])
        for name in (DEFAULT, OTHER)
        for band in [[curve[name][key][row] for key in ("rmse", "low", "high")]]
    ]
    doubled = []
    for name in (DEFAULT, OTHER):
        slope, error = (np.array(curve[name][key]) for key in ("slope", "slope_error"))
        errors = 100 * 2**slope * np.log(2) * error
        found = [f"{p:+.0f} ± {s:.0f}" for p, s in zip(per_doubling(slope), errors)]
        doubled.append([f"`{name}`, RMSE per doubling (%)", *found])
    slope, error = (np.array(curve[DEFAULT][key]) for key in ("slope", "slope_error"))
    needed = [
        "reached" if r2 >= aim else _needed(sites_needed(len(record["sites"]), r2, aim, power))
        for r2, aim, power in zip(record["tried"][0][K_FOLD], record["aims"][K_FOLD], slope)
    ]
    doubled.append([f"`{DEFAULT}`, sites for the target", *needed])
    return f"""## 3. More sites

Models trained on some of the sites, without the extended set, and tested on the others:
{curve["draws"]} draws of each number, every site tested about equally often. RMSE of all draws, and
in brackets the range of the middle 68 % of the draws (wide where few sites are left to test; below
the RMSE where a few draws are very bad).

![RMSE against training sites](study_learning.png)

Shaded: the middle 68 % of draws. Both axes are logarithmic.

{table(["training sites", "model", *oxides], rows)}

The effect of twice as many sites, from the slope at {curve["slope_from"]} sites and more (± 1
standard error, by resampling draws), and how many sites like these the default would need for its
target if RMSE continued to fall that way:

{table(["", *oxides], doubled)}

Oxides for which the default's RMSE falls by more than two standard errors:
{where(oxides, slope < -2 * error)}. The last row is no more certain than its slope: read it as
"some" or "many". It also assumes that new sites resemble the present ones, most of which are from
two landing sites. Much of the error is at sites unlike all others (section 2): more of those should
help most, although nothing here can test it."""


def _needed(sites: float | None) -> str:
    if sites is None:
        return "does not fall"
    return f"about {sites:.0f}" if sites < 1000 else "over 1000"


def _farthest(record: Record) -> str:
    found, oxides = record["farthest"], record["oxides"]
    site, feo, mgo = found["site"], oxides.index("FeO"), oxides.index("MgO")
    spectra = {spectrum["name"]: spectrum for spectrum in found["spectra"]}
    rows = [
        [
            name,
            "-" if spectrum["known"] is None else f"{spectrum['known'][feo]:.1f}",
            *(f"{a:.2f} / {b:.2f}" for a, b in zip(spectrum["with"], spectrum["without"])),
        ]
        for name, spectrum in spectra.items()
    ]
    errors = found["rmse_others"]
    gain = np.subtract(errors["without"], errors["with"])
    itself, tiles = spectra[site], [s for s in spectra.values() if s["known"] is None]
    moved = np.abs([np.subtract(s["with"], s["without"]) for s in tiles]).max(axis=0)
    wrong = [
        f"{oxides[o]} {itself['without'][o]:.1f} instead of {itself['known'][o]:.1f}"
        for o in (feo, mgo)
    ]
    compared = [[word, *cells(errors[key])] for word, key in (("yes", "with"), ("no", "without"))]
    return f"""## 4. What {site} changes

RMSE at the other {len(record["sites"]) - 1} sites, same folds, with and without {site}:

{table([f"{site} among the training sites", *oxides], compared)}

Oxides with / without {site} among the training sites, and FeO as measured (of an equal mixture: the
mean of its two sites). All named sites except {site} are training sites of both models; {site}
itself "with" is a fit.

{table(["spectrum", "FeO measured", *oxides], rows)}

- Without it, {site} is predicted at {join(wrong)} wt%. The mixtures with it change as well: it
  extends the range, as the paper says.
- The other sites are predicted better for {where(oxides, gain > 0)} and worse for
  {where(oxides, gain < 0)} with it.
- Largest change at the two tile means: {listing(oxides, moved, ".2f")} wt%.
- FeO above that of all the other {len(record["sites"]) - 1} sites is supported by this site alone:
  nothing here can test it."""


def _other_tio2(record: Record) -> str:
    found, oxides = record["other_tio2"], record["oxides"]
    labels = [[x["site"], f"{x['used']:.2f}", f"{x['other']:.2f}"] for x in found["labels"]]
    sizes = [abs(label["other"] - label["used"]) for label in found["labels"]]
    scores = [
        [TITLES[protocol], name, *cells(r2[source])]
        for protocol, r2 in found["r2"].items()
        for source, name in (("used", "Table 1"), ("other", "the other source"))
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
    return f"""## 5. Four sites whose TiO2 differs between sources

The paper's Table 1, from which the models learn, and the column tio2_dlim of the data set published
with Yang et al. (2023, doi 10.1038/s41467-023-43358-0), where the two differ by 0.5 wt% or more:

{table(["site", "TiO2, Table 1", "TiO2, other source"], labels)}

The default trained and scored with either (R2):

{table(["protocol", "TiO2 from", *oxides], scores)}

Change of the predictions of the model trained on all sites, in wt% and in units of the sigma it
states there:

{table(["where", *oxides], changes)}

The choice of source changes TiO2 by at most {found["largest"]["sigma"][oxides.index("TiO2")]:.2f}
of the stated sigma at any site. The labels themselves differ by {min(sizes):.1f} to
{max(sizes):.1f} wt%. Which source is right is not known here, and a score cannot be more certain
than its labels."""


def _shuffled(record: Record) -> str:
    found = record["shuffled"]
    means = np.array([found[name]["mean"] for name in (DEFAULT, OTHER)])
    rows = [
        [f"`{name}`, {what}", *cells(found[name][what])]
        for name in (DEFAULT, OTHER)
        for what in ("mean", "largest")
    ]
    return f"""## 6. Shuffled labels

The chemistry of whole sites randomly reassigned among the spectra, {found["permutations"]} times
(without the extended set; one repeat of the folds each). A sound evaluation must then find nothing
to learn: R2 of zero or less, apart from chance.

{table(["R2", *record["oxides"]], rows)}

The mean is below zero for {(means < 0).sum()} of {means.size} pairs of model and oxide. The largest
of one shuffling is {max(max(found[name]["largest"]) for name in (DEFAULT, OTHER)):.2f}, by chance;
the default's smallest R2 with the true labels is {min(record["tried"][0][K_FOLD]):.2f}."""


SECTIONS = (_learning, _farthest, _other_tio2, _shuffled)
