"""Figures of the study, drawn from its record; the same record gives the same bytes."""

from __future__ import annotations

from pathlib import Path

import numpy as np
from matplotlib.ticker import FixedLocator, LogLocator, NullFormatter, ScalarFormatter

from ..figures import legend_above, name_rows, oxide_panels, save
from ..methods import DEFAULT
from ..protocols import K_FOLD
from ..record import Record
from .sites import OTHER

#: Colours that also differ in brightness, and markers: the default, and the other method.
_STYLES = {DEFAULT: ("#0b3c6f", "s", "-"), OTHER: ("#d98032", "o", "--")}


def tried(record: Record, path: Path) -> None:
    """R2 of the grouped k-fold of every variant, with the default's and the target as lines."""
    names = [row["name"].replace("`", "") for row in record["tried"]]
    scores = np.array([row[K_FOLD] for row in record["tried"]])
    figure, axes = oxide_panels(record["oxides"], (11.0, 4.2), "R$^2$", sharey=True)
    height = name_rows(axes, names, 8)
    colour, marker, _ = _STYLES[DEFAULT]
    for axis, column, aim in zip(axes, scores.T, record["aims"][K_FOLD]):
        axis.axvline(column[0], color=colour, linewidth=1, label="default")
        axis.axvline(aim, color="black", linestyle=":", linewidth=1.2, label="aim")
        axis.plot(column, height, marker, color=colour, markersize=5)
    legend_above(figure, axes[0], 2)
    save(figure, path)


def learning(record: Record, path: Path) -> None:
    """RMSE against the number of training sites, both logarithmic: a power law is a line."""
    curve = record["learning"]
    sizes = np.array(curve["sizes"])
    figure, axes = oxide_panels(record["oxides"], (11.0, 3.2), "training sites")
    for column, axis in enumerate(axes):
        for name, (colour, marker, line) in _STYLES.items():
            rmse, low, high = (
                np.array(curve[name][key])[:, column] for key in ("rmse", "low", "high")
            )
            axis.fill_between(sizes, low, high, color=colour, alpha=0.2, linewidth=0)
            axis.plot(sizes, rmse, line, marker=marker, color=colour, markersize=4, label=name)
        axis.set_xscale("log")
        axis.set_yscale("log")
        axis.xaxis.set_major_locator(FixedLocator([8, 12, 16, 24, 36]))
        axis.yaxis.set_major_locator(LogLocator(subs=(1, 2, 3, 5)))
        for one in (axis.xaxis, axis.yaxis):
            one.set_major_formatter(ScalarFormatter())
            one.set_minor_formatter(NullFormatter())
    axes[0].set_ylabel("RMSE (wt%)", fontsize=9)
    legend_above(figure, axes[0], 2)
    save(figure, path)
