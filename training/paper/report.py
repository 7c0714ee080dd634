"""The report "the paper's figures and tables beside ours", written from its record."""

from __future__ import annotations

from collections.abc import Iterable
from pathlib import Path

import numpy as np

from ..figures import TITLES
from ..markdown import cells, join, listing, pair, score_table, table, where, write_page
from ..methods.network import KERNEL
from ..protocols import FIT, K_FOLD
from ..record import Record, write_record
from . import figures as paper_figures

#: The file of the record, beside the report.
RECORD = "paper.json"


def write_paper_report(record: Record, folder: Path) -> Path:
    """Write ``paper.json``, the figures ``paper_*.png`` and ``paper.md``; returns the page.

    The record is from `study.make_paper_record`.
    """
    write_record(record, folder / RECORD)
    paper_figures.correlation(record, folder / "paper_correlation.png")
    paper_figures.regression(record, folder / "paper_regression.png")
    paper_figures.kernels(record, folder / "paper_kernels.png")
    sections = (_opening, _figure1, _figure2, _figure6, _table3, _table4, _table_s1, _table_s2)
    return write_page(folder / "paper.md", [section(record) for section in sections])


def _rmse(record: Record, scores: Record) -> list[float]:
    return [scores[oxide]["rmse"] for oxide in record["oxides"]]


def _opening(record: Record) -> str:
    oxides, splits = record["oxides"], record["random_splits"]
    paper, ours = (
        np.array(_rmse(record, scores))
        for scores in (record["scores"]["recomputed"]["our 38 sites"], record["scores"][FIT])
    )
    drop = [
        f"{o} {splits['training'][o]['r2']:.2f} to {splits['validation'][o]['r2']:.2f}"
        for o in oxides
    ]
    return f"""# The paper's figures and tables beside ours

"The paper" is Zhang et al. (2023, Icarus 397, 115505). All numbers here come from `paper.json`,
which `training/paper/study.py` computes. RMSE in wt%; R2 = 1 - SSE/SST, SST about the mean of the
measured values.

**Our spectra are not the paper's.** Its Dataset S1 is not available here. Each of our
{len(record["sites"])} spectra is a single Kaguya MI pixel (Apollo12LM: the mean of eight); the
paper averaged 2 x 2 or 3 x 3 pixels. Differences from the paper may come from this alone.

In short:

- Fit to the sites (Tables 3 and 4): our network has a larger RMSE than the paper's own predictions
  for {where(oxides, ours > paper)}.
- Kernel size (Table S1): the paper found {KERNEL} the best. Here, at sites not learnt, it is the
  best for {_agreement(record)} of the {len(oxides)} oxides, as far as {record["study"]["repeats"]}
  repeats can tell.
- 90/10 (Table S2): R2 falls from the sites learnt to the sites not learnt: {", ".join(drop)}."""


def _figure1(record: Record) -> str:
    oxides, r = record["oxides"], np.array(record["correlation"])
    best = np.abs(r).argmax(axis=0)
    rows = []
    for band, wavelength in enumerate(record["wavelengths"]):
        texts = [f"**{t}**" if b == band else t for t, b in zip(cells(r[band], "+.3f"), best)]
        rows.append([str(wavelength), *texts])
    bands = [f"{o} {record['wavelengths'][band]} nm" for o, band in zip(oxides, best)]
    return f"""## Fig. 1: correlation of reflectance and oxide

Pearson's r at the {len(record["sites"])} sites, the largest |r| of each oxide in bold.

{table(["nm", *oxides], rows)}

Best bands: {join(bands)}. The smallest |r| of any band is not far below
({listing(oxides, np.abs(r).min(axis=0), ".3f")}): all bands rise and fall with brightness, so which
of them is best says little. The paper's values are not available here.

![Correlation by wavelength](paper_correlation.png)"""


def _figure2(record: Record) -> str:
    rows, better = [], []
    for oxide, line in record["regression"].items():
        left_out = {"r2": line["loo_r2"], "rmse": line["loo_rmse"]}
        network = record["scores"][K_FOLD][oxide]
        band = str(record["wavelengths"][line["band"]])
        scores = [pair(score) for score in (line, left_out, network)]
        rows.append([oxide, band, paper_figures.equation(line), *scores])
        better.append(left_out["rmse"] < network["rmse"])
    headings = ["oxide", "nm", "oxide (wt%) =", "fit", "leave one site out", "network, k-fold"]
    return f"""## Fig. 2: one band, one line (R2 / RMSE)

R is the reflectance (a fraction) of the oxide's best band of Fig. 1.

{table(headings, rows)}

The last column is our network at sites not learnt. The line has the smaller RMSE there for
{where(record["oxides"], better)}. The comparison favours the line: it leaves out one site at a time
rather than a fold of them, and its band was chosen with all sites.

![One-band regressions](paper_regression.png)

Points: sites (CE-5 circled)."""


def _figure6(record: Record) -> str:
    return f"""## Fig. 6: predicted against measured

The paper shows fit and cross-validation: here "{TITLES[FIT]}" and "{TITLES[K_FOLD]}".

![Predicted against measured]({record["model"]}_predicted_vs_measured.png)"""


def _table3(record: Record) -> str:
    oxides, sites = record["oxides"], record["sites_side_by_side"]
    columns = ("measured", "paper", FIT, K_FOLD)
    rows = [
        [site, *(_slashed(found[c] and found[c][i] for c in columns) for i in range(len(oxides)))]
        for site, found in sites.items()
    ]
    shared = [found for found in sites.values() if found[FIT]]
    missing = [site for site, found in sites.items() if not found[FIT]]
    measured, paper, fit = (np.array([s[who] for s in shared]) for who in columns[:3])
    nearer = (np.abs(fit - measured) < np.abs(paper - measured)).sum(axis=0)
    return f"""## Table 3: site by site (wt%)

Measured / the paper's prediction / our fit on all sites / our grouped k-fold. The k-fold prediction
is the mean over repeats, usually nearer than a single one. {join(missing)} have no MI reflectance
here: a dash.

{table(["site", *oxides], rows)}

Number of sites, out of {len(shared)}, where our fit is nearer to the measured value than the
paper's: {listing(oxides, nearer, "d")}."""


def _table4(record: Record) -> str:
    scores = record["scores"]
    columns = {
        "printed": scores["printed"]["Zhang 2023"],
        **{f"recomputed, {sites}": found for sites, found in scores["recomputed"].items()},
        **{f"ours, {TITLES[p].lower()}": scores[p] for p in (FIT, K_FOLD)},
    }
    return f"""## Table 4: scores (R2 / RMSE)

{score_table(record["oxides"], columns)}

"Recomputed" follows from the paper's own Tables 1 and 3; the printed RMSEs do not. What that means,
the scores of other studies and the leave-one-mission-out scores are in [our training
report]({record["model"]}.md), "Published scores". The paper's table is a fit: compare only our fit
on all sites with it."""


def _table_s1(record: Record) -> str:
    oxides, kernels, study = record["oxides"], record["kernels"], record["study"]
    rows = [
        [TITLES[protocol], size, *(pair(found[protocol][o]) for o in oxides)]
        for protocol in (FIT, K_FOLD)
        for size, found in kernels.items()
    ]
    each = [
        [size, *(_slashed(one[o]["rmse"] for one in found["repeats"]) for o in oxides)]
        for size, found in kernels.items()
    ]
    fit, held_out = (_best_kernels(record, protocol) for protocol in (FIT, K_FOLD))
    # Whether a kernel has a smaller RMSE than the paper's in every repeat.
    always = [
        all(
            best[oxide]["rmse"] < papers[oxide]["rmse"]
            for best, papers in zip(kernels[str(size)]["repeats"], kernels[str(KERNEL)]["repeats"])
        )
        for oxide, size in zip(oxides, held_out)
    ]
    return f"""## Table S1: kernel size (R2 / RMSE)

{table(["", "kernel", *oxides], rows)}

RMSE of each of the {study["repeats"]} k-fold repeats, to show how much the folds and starting
weights alone change it (Table 4 has more repeats and the bundled model's physical limits, no oxide
below zero, so its k-fold differs slightly from kernel {KERNEL} here):

{table(["kernel", *oxides], each)}

Of the paper's results only the best kernel, {KERNEL}, is available here, no numbers. **At sites not
learnt ours agrees for {_agreement(record)} of the oxides.** The kernel of the smallest k-fold RMSE
is {listing(oxides, held_out, "d")}; that of the smallest fit RMSE is {listing(oxides, fit, "d")}.
The k-fold's is better than kernel {KERNEL} in every repeat for {where(oxides, always)}.
{study["repeats"]} repeats of {study["folds"]} folds on {len(record["sites"])} sites cannot settle
the order, and the fit is a single training. The bundled model keeps the paper's kernel: choosing
another by these scores would make the scores too good.

**Our choice, not the paper's:** with kernels 3 and 4 unpadded layers do not fit into 8 bands, and
the paper does not say what it did. Here a kernel k above 2 is padded with k - 2 zeros (for an odd
number the extra one at the long-wave end), so every layer has as many positions as with kernel 2:
7, 6, pooled 3, 2, 1. Kernel 1 loses no position (8, 8, pooled 4, 4, 4), and its dense layer reads 4
x 64 values instead of 64. Larger kernels also have more weights. Everything else is as for the
bundled model, including folds and seeds ({study["folds"]} folds, seed {study["network"]["seed"]}).

![RMSE by kernel size](paper_kernels.png)"""


def _table_s2(record: Record) -> str:
    found, study = record["random_splits"], record["study"]
    judged = found["sites_judged"]
    columns = {
        f"{found['sites_learnt']} sites learnt, mean over splits": found["training"],
        f"{judged} sites not learnt, pooled over splits": found["validation"],
    }
    return f"""## Table S2: 90 % for training, 10 % for validation (R2 / RMSE)

{score_table(record["oxides"], columns)}

{study["splits"]} random splits. Split i, from 0, is the shuffle of
`numpy.random.default_rng([{study["network"]["seed"]}, 90, i])`; its first {judged} sites validate.
R2 of {judged} sites alone means nothing, so the validation scores pool all splits. They include
{found["sites_ever_judged"]} of {len(record["sites"])} sites, some often. The paper's numbers are
not available here. A validation site usually has neighbours of its landing site among the sites
learnt: at a new landing site expect worse, see leave-one-mission-out in [our training
report]({record["model"]}.md)."""


def _best_kernels(record: Record, protocol: str) -> list[int]:
    """Kernel size of the smallest RMSE, by oxide."""
    sizes = list(record["kernels"])
    rmse = [_rmse(record, found[protocol]) for found in record["kernels"].values()]
    return [int(sizes[row]) for row in np.argmin(rmse, axis=0)]


def _agreement(record: Record) -> str:
    """Oxides for which the paper's kernel is the best at sites not learnt."""
    return where(record["oxides"], np.array(_best_kernels(record, K_FOLD)) == KERNEL)


def _slashed(values: Iterable[float | None]) -> str:
    return " / ".join("-" if value is None else f"{value:.2f}" for value in values)
