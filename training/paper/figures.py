"""Figures beside the paper's, drawn from the record of `paper.study`.

They are as wide as a printed page, so that text keeps its size in print.
"""

from __future__ import annotations

from pathlib import Path

import numpy as np
from matplotlib.axes import Axes

from ..figures import FORMULAS, HIGHLIGHT, TITLES, grid, legend_above, save
from ..methods.network import KERNEL
from ..protocols import FIT, K_FOLD
from ..record import Record
from ..tables import FloatArray

#: Colour, marker and line of an oxide; colours differ in brightness, for grey prints.
_STYLES = {
    "Al2O3": {"color": "#000000", "marker": "o", "linestyle": "-"},
    "CaO": {"color": "#7f7f7f", "marker": "s", "linestyle": "--"},
    "FeO": {"color": "#b2182b", "marker": "^", "linestyle": "-"},
    "MgO": {"color": "#2c7fb8", "marker": "D", "linestyle": ":"},
    "TiO2": {"color": "#e08214", "marker": "v", "linestyle": "-."},
}

_DPI = 150


def correlation(record: Record, path: Path) -> None:
    """Fig. 1: |r| of reflectance and oxide by wavelength."""
    figure, axes = grid(1, 1, (6.5, 3.8), dpi=_DPI)
    axis = axes[0, 0]
    _draw_oxides(axis, record["wavelengths"], np.abs(record["correlation"]), record["oxides"])
    axis.set_xlabel("wavelength (nm)", fontsize=9)
    axis.set_ylabel("|r| of reflectance and oxide", fontsize=9)
    axis.legend(fontsize=9, ncols=5, loc="lower center", bbox_to_anchor=(0.5, 1.0), frameon=False)
    save(figure, path)


def regression(record: Record, path: Path) -> None:
    """Fig. 2: every oxide against its best-correlated band, with the line through the sites."""
    reflectance, measured = np.array(record["reflectance"]), np.array(record["measured"])
    figure, axes = grid(2, 3, (6.5, 5.0), dpi=_DPI)
    axes[1, 2].set_axis_off()
    for column, oxide in enumerate(record["oxides"]):
        axis = axes[divmod(column, 3)]
        line = record["regression"][oxide]
        x, y = reflectance[:, line["band"]], measured[:, column]
        axis.plot(x, y, "o", color="#555555", markersize=3.5)
        site = record["sites"].index(HIGHLIGHT)
        axis.plot(x[site], y[site], "o", mfc="none", mec="black", markersize=8)
        axis.axline((0, line["intercept"]), slope=line["slope"], color="black", linewidth=1)
        axis.set_title(
            f"{FORMULAS[oxide]} = {equation(line)}\n"
            f"R$^2$ {line['r2']:.2f}, RMSE {line['rmse']:.2f}\n"
            f"left out: R$^2$ {line['loo_r2']:.2f}, RMSE {line['loo_rmse']:.2f}",
            fontsize=8,
        )
        axis.set_xlabel(f"R at {record['wavelengths'][line['band']]} nm", fontsize=9)
        axis.set_ylabel(f"{FORMULAS[oxide]} (wt%)", fontsize=9)
        # Infinite lines would otherwise extend the axes to zero.
        axis.set_xlim(0, 1.05 * x.max())
        axis.set_ylim(0, 1.1 * y.max())
    save(figure, path)


def kernels(record: Record, path: Path) -> None:
    """Table S1: RMSE by kernel size, in units of that of the paper's kernel."""
    sizes = [int(kernel) for kernel in record["kernels"]]
    figure, axes = grid(1, 2, (6.5, 3.2), sharey=True, dpi=_DPI)
    for column, protocol in enumerate((FIT, K_FOLD)):
        axis = axes[0, column]
        rmse = np.array(
            [
                [score["rmse"] for score in found[protocol].values()]
                for found in record["kernels"].values()
            ]
        )
        _draw_oxides(axis, sizes, rmse / rmse[sizes.index(KERNEL)], record["oxides"])
        axis.axhline(1, color="#bdbdbd", linewidth=0.8, zorder=0)
        axis.set_title(TITLES[protocol], fontsize=10)
        axis.set_xticks(sizes)
        axis.set_xlabel("kernel size", fontsize=9)
    axes[0, 0].set_ylabel(f"RMSE / RMSE of kernel {KERNEL}", fontsize=9)
    legend_above(figure, axes[0, 0], 5, 9)
    save(figure, path)


def equation(line: dict[str, float]) -> str:
    """A line of Fig. 2 as text, R being the reflectance."""
    sign = "-" if line["intercept"] < 0 else "+"
    return f"{line['slope']:.2f} R {sign} {abs(line['intercept']):.2f}"


def _draw_oxides(axis: Axes, x: list[int], values: FloatArray, oxides: list[str]) -> None:
    """One line per oxide; values of shape (len(x), oxides)."""
    for column, oxide in enumerate(oxides):
        (line,) = axis.plot(x, values[:, column], markersize=5, linewidth=1.3)
        line.set(label=FORMULAS[oxide], **_STYLES[oxide])
