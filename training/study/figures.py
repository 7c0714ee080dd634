"""Figures of the study, drawn from its record; the same record gives the same bytes."""

from __future__ import annotations

from pathlib import Path

import numpy as np
from matplotlib.ticker import FixedLocator, LogLocator, NullFormatter, ScalarFormatter

from ..figures import FORMULAS, grid, save
from ..methods import DEFAULT
from ..protocols import K_FOLD
from ..record import Record
from .sites import OTHER

#: Colours that differ in brightness too, and markers: the default, and what it is compared with.
_STYLES = {DEFAULT: ("#0b3c6f", "s", "-"), OTHER: ("#d98032", "o", "--")}


def tried(record: Record, path: Path) -> None:
    """R2 of the grouped k-fold of every variant, with the default's and the aim as lines."""
    names = [row["name"].replace("`", "") for row in record["tried"]]
    scores = np.array([row[K_FOLD] for row in record["tried"]])
    height = np.arange(len(names))[::-1]
    figure, axes = grid(1, len(record["oxides"]), (11.0, 4.2), sharey=True)
    for column, oxide in enumerate(record["oxides"]):
        axis = axes[0, column]
        colour, marker, _ = _STYLES[DEFAULT]
        axis.axvline(scores[0, column], color=colour, linewidth=1, label="default")
        axis.axvline(
            record["aims"][K_FOLD][column], color="black", linestyle=":", linewidth=1.2, label="aim"
        )
        axis.plot(scores[:, column], height, marker, color=colour, markersize=5)
        axis.set_title(FORMULAS[oxide], fontsize=11)
        axis.set_xlabel("R$^2$", fontsize=9)
        axis.grid(axis="y", color="#e0e0e0", linewidth=0.6)
        axis.set_axisbelow(True)
        axis.margins(x=0.12)
    axes[0, 0].set_yticks(height, names, fontsize=8)
    figure.legend(
        *axes[0, 0].get_legend_handles_labels(), loc="outside upper center", ncols=2, frameon=False
    )
    save(figure, path)


def learning(record: Record, path: Path) -> None:
    """RMSE against the number of training sites, both logarithmic: a power law is a line."""
    curve = record["learning"]
    sizes = np.array(curve["sizes"])
    figure, axes = grid(1, len(record["oxides"]), (11.0, 3.2))
    for column, oxide in enumerate(record["oxides"]):
        axis = axes[0, column]
        for name, (colour, marker, line) in _STYLES.items():
            rmse, low, high = (np.array(curve[name][key])[:, column] for key in _BAND)
            axis.fill_between(sizes, low, high, color=colour, alpha=0.2, linewidth=0)
            axis.plot(sizes, rmse, line, marker=marker, color=colour, markersize=4, label=name)
        axis.set_xscale("log")
        axis.set_yscale("log")
        axis.xaxis.set_major_locator(FixedLocator([8, 12, 16, 24, 36]))
        axis.yaxis.set_major_locator(LogLocator(subs=(1, 2, 3, 5)))
        for one in (axis.xaxis, axis.yaxis):
            one.set_major_formatter(ScalarFormatter())
            one.set_minor_formatter(NullFormatter())
        axis.set_title(FORMULAS[oxide], fontsize=11)
        axis.set_xlabel("training sites", fontsize=9)
    axes[0, 0].set_ylabel("RMSE (wt%)", fontsize=9)
    figure.legend(
        *axes[0, 0].get_legend_handles_labels(), loc="outside upper center", ncols=2, frameon=False
    )
    save(figure, path)


_BAND = ("rmse", "low", "high")
