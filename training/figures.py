"""Figures of the report, drawn from the record; the same record gives the same bytes."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

import matplotlib as mpl
import numpy as np
from matplotlib.axes import Axes
from matplotlib.figure import Figure
from numpy.typing import NDArray

from .protocols import FIT, K_FOLD, MISSION
from .record import Record
from .spread import stated
from .tables import FloatArray

mpl.use("Agg")

#: Names of the protocols in reports.
TITLES = {FIT: "Fit on all", K_FOLD: "Grouped k-fold", MISSION: "Leave one mission out"}

#: Markers, and colours that also differ in brightness, for grey prints and colour blindness.
_STYLES = {FIT: ("#9e9e9e", "o"), K_FOLD: ("#1f6fb4", "s"), MISSION: ("#b2182b", "^")}

#: Formulas of the oxides in figures.
FORMULAS = {"Al2O3": "Al$_2$O$_3$", "CaO": "CaO", "FeO": "FeO", "MgO": "MgO", "TiO2": "TiO$_2$"}

#: The site circled in figures and listed first in the report.
HIGHLIGHT = "CE-5"
_DPI = 95


def predicted_vs_measured(record: Record, path: Path) -> None:
    """Predicted against measured oxide for the three protocols, repeats averaged per site."""
    measured = np.array(record["measured"])
    figure, axes = grid(len(TITLES), len(record["oxides"]), (11.0, 7.0))
    for row, (protocol, title) in enumerate(TITLES.items()):
        result = record["protocols"][protocol]
        predicted = np.array(result["predicted"])
        for column, oxide in enumerate(record["oxides"]):
            axis = axes[row, column]
            _scatter(axis, measured[:, column], predicted[:, :, column], record["sites"], protocol)
            score = result["metrics"][oxide]
            text = f"R$^2$ {score['r2']:.2f}\nRMSE {score['rmse']:.2f}"
            axis.text(0.95, 0.05, text, transform=axis.transAxes, ha="right", fontsize=8)
            if row == 0:
                axis.set_title(FORMULAS[oxide], fontsize=11)
            if column == 0:
                axis.set_ylabel(f"{title}\npredicted (wt%)", fontsize=9)
            if row == len(TITLES) - 1:
                axis.set_xlabel("measured (wt%)", fontsize=9)
    for column in range(len(record["oxides"])):
        _share_square_limits(axes[:, column])
    save(figure, path)


def worst_sites(record: Record, sites: list[str], path: Path) -> None:
    """Residuals of some sites under the three protocols, averaged over repeats."""
    measured = np.array(record["measured"])
    rows = [record["sites"].index(site) for site in sites]
    label = "predicted - measured (wt%)"
    figure, axes = oxide_panels(record["oxides"], (11.0, 4.2), label, 8, sharey=True)
    height = name_rows(axes, sites, 9)
    for column, axis in enumerate(axes):
        axis.axvline(0, color="black", linewidth=0.8)
        for offset, (protocol, title) in zip((0.22, 0.0, -0.22), TITLES.items()):
            mean = np.array(record["protocols"][protocol]["predicted"]).mean(axis=0)
            colour, marker = _STYLES[protocol]
            residual = (mean - measured)[rows, column]
            axis.plot(residual, height + offset, marker, color=colour, markersize=5, label=title)
    legend_above(figure, axes[0], 3)
    save(figure, path)


def error_vs_width(record: Record, path: Path) -> None:
    """Size of held-out errors against the uncertainty stated for them, both in wt%."""
    measured = np.array(record["measured"])
    scale, ceiling = np.array(record["sigma_scale"]), np.array(record["sigma_ceiling"])
    figure, axes = oxide_panels(record["oxides"], (11.0, 3.0), "stated 1 sigma (wt%)")
    for column, axis in enumerate(axes):
        limit = 0.0
        for protocol in (K_FOLD, MISSION):
            result = record["protocols"][protocol]
            predicted = np.array(result["predicted"])
            width, photometric = np.array(result["width"]), np.array(result["photometric"])
            uncertainty = stated(width, predicted, scale, photometric, ceiling)
            error = np.abs(predicted - measured)[:, :, column].mean(axis=0)
            sigma = uncertainty[:, :, column].mean(axis=0)
            colour, marker = _STYLES[protocol]
            axis.plot(
                sigma, error, marker, color=colour, markersize=4, alpha=0.8, label=TITLES[protocol]
            )
            limit = max(limit, sigma.max())
        ends = np.array([0, limit])
        axis.plot(ends, ends, color="black", linewidth=1, label="1 sigma")
        axis.plot(ends, 1.96 * ends, "--", color="black", linewidth=1, label="1.96 sigma")
    axes[0].set_ylabel("|error| (wt%)", fontsize=9)
    legend_above(figure, axes[0], 4)
    save(figure, path)


def grid(
    rows: int, columns: int, size: tuple[float, float], sharey: bool = False, dpi: int = _DPI
) -> tuple[Figure, NDArray[np.object_]]:
    """Make an empty figure and its axes, a row of them per row; size in inches."""
    figure = Figure(figsize=size, dpi=dpi, layout="constrained")
    axes = figure.subplots(rows, columns, squeeze=False, sharey=sharey)
    for axis in axes.flat:
        axis.tick_params(labelsize=8)
    return figure, axes


def oxide_panels(
    oxides: list[str],
    size: tuple[float, float],
    xlabel: str,
    label_size: float = 9,
    sharey: bool = False,
) -> tuple[Figure, NDArray[np.object_]]:
    """Make a row of empty axes, one per oxide."""
    figure, axes = grid(1, len(oxides), size, sharey)
    for axis, oxide in zip(axes[0], oxides):
        axis.set_title(FORMULAS[oxide], fontsize=11)
        axis.set_xlabel(xlabel, fontsize=label_size)
    return figure, axes[0]


def name_rows(axes: NDArray[np.object_], names: Sequence[str], size: float) -> NDArray[np.int64]:
    """Name the rows of axes that share y; returns the heights of the rows."""
    height = np.arange(len(names))[::-1]
    for axis in axes:
        axis.grid(axis="y", color="#e0e0e0", linewidth=0.6)
        axis.set_axisbelow(True)
        axis.margins(x=0.12)
    axes[0].set_yticks(height, names, fontsize=size)
    return height


def legend_above(figure: Figure, axis: Axes, columns: int, size: float | None = None) -> None:
    """Put the legend of one axis, valid for all, above the figure."""
    figure.legend(
        *axis.get_legend_handles_labels(),
        loc="outside upper center",
        ncols=columns,
        fontsize=size,
        frameon=False,
    )


def _scatter(
    axis: Axes, measured: FloatArray, predicted: FloatArray, sites: list[str], protocol: str
) -> None:
    """One point per site at the mean over repeats, with a bar from lowest to highest."""
    colour, marker = _STYLES[protocol]
    mean = predicted.mean(axis=0)
    bars = np.abs([mean - predicted.min(axis=0), predicted.max(axis=0) - mean])
    axis.errorbar(
        measured, mean, yerr=bars, fmt=marker, color=colour, markersize=3.5, elinewidth=0.7
    )
    if HIGHLIGHT in sites:
        row = sites.index(HIGHLIGHT)
        axis.plot(measured[row], mean[row], marker, mfc="none", mec="black", markersize=8)


def _share_square_limits(axes: NDArray[np.object_]) -> None:
    low = min(min(*axis.get_xlim(), *axis.get_ylim()) for axis in axes)
    high = max(max(*axis.get_xlim(), *axis.get_ylim()) for axis in axes)
    for axis in axes:
        axis.set_xlim(low, high)
        axis.set_ylim(low, high)
        axis.set_aspect("equal")
        axis.axline((low, low), slope=1, color="black", linewidth=0.8, zorder=0)


def save(figure: Figure, path: Path) -> None:
    """Write a figure without the date and versions that would change its bytes."""
    path.parent.mkdir(parents=True, exist_ok=True)
    figure.savefig(path, metadata={"Software": None})
