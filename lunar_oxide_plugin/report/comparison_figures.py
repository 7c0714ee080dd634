"""The figure of one oxide in a comparison of maps."""

from __future__ import annotations

from typing import Any

import numpy as np
from numpy.typing import NDArray

from ..core.results.comparison import BINS, Agreement, CellPairs, OxideComparison
from .figures import COLOURS, MARKERS, drawn, formula

FloatArray = NDArray[np.float64]

#: End of the colours of differences in wt%, as in styles/difference.qml.
_MOST = 5.0

#: Part of the area that may lie beyond the ends of an axis.
_CUT = 1e-4


def figure(comparison: OxideComparison, found: Agreement) -> str | None:
    """Scatter, histogram of differences and their map, as SVG; None without matplotlib."""
    differences = comparison.shown

    def draw(canvas: Any) -> None:
        scatter, histogram, place = canvas.subplots(
            1, 3, gridspec_kw={"width_ratios": (1.15, 0.8, 1.25)}
        )
        _draw_scatter(canvas, scatter, comparison, found)
        _draw_histogram(histogram, comparison, found)
        if isinstance(differences, CellPairs):
            colours = _draw_cells(place, differences)
        else:
            place.set(xticks=[], yticks=[], facecolor="0.85")
            colours = place.imshow(
                differences, cmap="RdBu_r", vmin=-_MOST, vmax=_MOST, interpolation="nearest"
            )
        label = f"input - reference, {formula(comparison.oxide)} (wt%)"
        bar = canvas.colorbar(
            colours, ax=place, orientation="horizontal", extend="both", label=label
        )
        bar.outline.set_visible(False)

    return drawn(draw, 11, 3.8)


def _draw_scatter(
    canvas: Any,
    axes: Any,
    comparison: OxideComparison,
    found: Agreement,
) -> None:
    low, high = _range(comparison)
    cells = comparison.shown
    if isinstance(cells, CellPairs):
        _draw_points(axes, cells)
        both = np.concatenate([cells.values, cells.reference])
        both = both[np.isfinite(both)]
        margin = max(0.05 * float(np.ptp(both)), 0.2)
        low, high = float(both.min()) - margin, float(both.max()) + margin
    else:
        _draw_density(canvas, axes, comparison)
    ends = np.array([low, high])
    axes.plot(ends, ends, color="black", linewidth=1, label="y = x")
    if np.isfinite(found.slope):
        axes.plot(
            ends,
            found.intercept + found.slope * ends,
            color=COLOURS[1],
            linewidth=1.2,
            label=f"least squares: {found.slope:.2f} x {found.intercept:+.2f}",
        )
    if np.isfinite(found.rma_slope):
        axes.plot(
            ends,
            found.rma_intercept + found.rma_slope * ends,
            color=COLOURS[3],
            linewidth=1.2,
            linestyle="--",
            label=f"RMA: {found.rma_slope:.2f} x {found.rma_intercept:+.2f}",
        )
    axes.set(xlim=ends, ylim=ends, aspect="equal")
    axes.set_yticks(axes.get_xticks())
    axes.set(
        xlim=ends,
        ylim=ends,
        xlabel=f"reference {formula(comparison.oxide)} (wt%)",
        ylabel=f"input {formula(comparison.oxide)} (wt%)",
        title=f"R² {found.r2:.3f}   RMSE {found.rmse:.2f}   bias {found.bias:+.2f}",
    )
    axes.title.set_fontsize(9)
    # Two corners off the diagonal: lines in the one, points in the other.
    lines = [line for line in axes.lines if line.get_linestyle() != "None"]
    points = [line for line in axes.lines if line.get_linestyle() == "None"]
    legend = axes.legend(
        handles=lines, loc="upper left", fontsize=7, framealpha=0.6, handlelength=1.6
    )
    if points:
        axes.add_artist(legend)
        axes.legend(handles=points, loc="lower right", fontsize=7)


def _draw_density(canvas: Any, axes: Any, comparison: OxideComparison) -> None:
    from matplotlib.colors import LogNorm

    share = 100 * comparison.scatter.T / max(comparison.scatter.sum(), 1e-300)
    filled = share[share > 0]
    if not filled.size:
        return
    most = float(filled.max())
    image = axes.imshow(
        np.where(share > 0, share, np.nan),
        origin="lower",
        extent=(0, comparison.highest, 0, comparison.highest),
        norm=LogNorm(max(float(filled.min()), most / 1e4), most * 1.0001),
        cmap="viridis",
        interpolation="nearest",
    )
    # Not as powers in mathtext: see FORMULAS.
    canvas.colorbar(image, ax=axes, label="% of the area", shrink=0.8, format="%g")


def _draw_points(axes: Any, cells: CellPairs) -> None:
    groups: list[tuple[str, NDArray[np.bool_]]] = [("cells", np.ones(len(cells.values), bool))]
    if cells.mare is not None:
        groups = [("highlands", ~cells.mare), ("mare", cells.mare)]
    for (label, chosen), colour, marker in zip(groups, (COLOURS[0], COLOURS[5]), MARKERS):
        axes.plot(
            cells.reference[chosen],
            cells.values[chosen],
            marker=marker,
            linestyle="None",
            color=colour,
            markersize=4.5,
            markeredgecolor="black",
            markeredgewidth=0.4,
            label=label,
        )


def _range(comparison: OxideComparison) -> tuple[float, float]:
    """Both axes of the scatter plot: where nearly all of the area lies, a little wider."""
    step = comparison.highest / BINS
    ends = []
    for axis in (0, 1):
        along = np.cumsum(comparison.scatter.sum(axis=axis))
        if not along[-1] > 0:
            return 0.0, comparison.highest
        low, high = np.searchsorted(along, [_CUT * along[-1], (1 - _CUT) * along[-1]])
        ends.append((low * step, (high + 1) * step))
    low_end, high_end = min(low for low, _ in ends), max(high for _, high in ends)
    margin = 0.05 * (high_end - low_end)
    return max(low_end - margin, 0.0), min(high_end + margin, comparison.highest)


def _draw_histogram(axes: Any, comparison: OxideComparison, found: Agreement) -> None:
    share = 100 * comparison.differences / comparison.differences.sum()
    edges = np.linspace(-comparison.highest / 2, comparison.highest / 2, BINS + 1)
    axes.axvline(0, color="black", linewidth=1)
    axes.axvline(found.bias, color=COLOURS[1], linewidth=1.2)
    filled = np.flatnonzero(share > 0)
    first, last = filled[0], filled[-1]
    heights = np.append(share[first : last + 1], share[last])
    axes.fill_between(edges[first : last + 2], heights, step="post", color=COLOURS[4], linewidth=0)
    axes.set_ylim(bottom=0)
    reach = max(float(np.abs(edges[[first, last + 1]]).max()), 4 * (edges[1] - edges[0]))
    axes.set(
        xlim=(-reach, reach),
        xlabel=f"input - reference, {formula(comparison.oxide)} (wt%)",
        ylabel="% of the area",
        title=f"bias {found.bias:+.2f}   std {found.std_difference:.2f}",
    )
    axes.title.set_fontsize(9)


def _draw_cells(axes: Any, cells: CellPairs) -> Any:
    from matplotlib.collections import PolyCollection

    corners, values = [], []
    for (south, north, west, east), value in zip(cells.bounds, cells.values - cells.reference):
        for turn in (-360, 0, 360):  # both parts of a cell across 180 degrees
            left, right = max(west + turn, -180), min(east + turn, 180)
            if left < right:
                corners.append([(left, south), (right, south), (right, north), (left, north)])
                values.append(value)
    shown = PolyCollection(corners, cmap="RdBu_r", edgecolors="0.6", linewidths=0.3)
    shown.set_array(np.ma.masked_invalid(values))
    shown.set_clim(-_MOST, _MOST)
    axes.add_collection(shown)
    axes.set(
        xlim=(-180, 180),
        ylim=(-90, 90),
        xticks=range(-180, 181, 90),
        yticks=range(-90, 91, 45),
        aspect="equal",
        facecolor="0.85",
        xlabel="longitude (degrees east)",
        ylabel="latitude",
    )
    return shown
