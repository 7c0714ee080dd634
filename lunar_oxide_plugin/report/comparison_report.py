"""The report of a comparison of two maps, with a figure for each oxide."""

from __future__ import annotations

import math
from collections.abc import Iterable, Mapping, Sequence
from typing import Any

import numpy as np
from numpy.typing import NDArray

from ..core.oxides.oxides import OXIDES
from ..core.oxides.published import GLOBAL, PUBLISHED_MEANS
from ..core.results.comparison import ALL, BINS, Agreement, CellPairs, Comparison, OxideComparison
from .figures import COLOURS, MARKERS, drawn, formula
from .page import Page

#: End of the colours of differences in wt%, as in styles/difference.qml.
_MOST = 5.0

#: Part of the area that may lie beyond the ends of an axis.
_CUT = 1e-4

#: What the numbers are.
_DEFINITIONS = (
    "All numbers are weighted by area on the sphere. Bias is the mean of input - reference, RMSE "
    "the root of the mean of its square, MAE the mean of its absolute value, std its standard "
    "deviation around the bias. R² is the square of Pearson's correlation, as usual between maps: "
    "it does not detect a bias or a wrong slope. R² of y = x is the coefficient of determination, "
    "1 - SSE / SST against the reference itself, which does; it is below 0 where the mean of the "
    "reference would be a better map. Slope and intercept are those of the least-squares line of "
    "the input on the reference, which is too flat where the reference has errors; the reduced "
    "major axis (RMA) allows for errors in both maps."
)

_HEADER = (
    "oxide",
    "class",
    "n",
    "area (km²)",
    "mean input",
    "mean reference",
    "bias",
    "RMSE",
    "MAE",
    "std",
    "R²",
    "R² of y = x",
)
_DECIMALS = (0, 0, 0, 0, 2, 2, 2, 2, 2, 2, 3, 3)
_LINES = ("oxide", "class", "slope", "intercept", "RMA slope", "RMA intercept")
_LINES_DECIMALS = (0, 0, 3, 2, 3, 2)


def html_report(
    comparison: Comparison,
    names: tuple[str, str],
    description: str,
    warnings: Iterable[str],
    provenance: Mapping[str, str],
) -> str:
    """Make a self-contained page: numbers by oxide and class, scatter plots and differences.

    `names` are those of the input and the reference, `description` how they were brought together.
    """
    page = Page("Comparison of maps")
    for warning in warnings:
        page.warning(warning)
    page.paragraph(f"Input: {names[0]}. Reference: {names[1]}. Contents in wt%.")
    page.paragraph(description)
    if comparison.mare_feo is not None:
        page.paragraph(
            f"Mare: FeO of the input at least {comparison.mare_feo:g} wt%, else highlands."
        )
    agreements = comparison.agreements
    page.table(_HEADER, [found[: len(_HEADER)] for found in agreements], _DECIMALS)
    page.paragraph(_DEFINITIONS)
    lines = [(*found[:2], *found[len(_HEADER) :]) for found in agreements]
    page.table(_LINES, lines, _LINES_DECIMALS, "Lines, input on reference")
    for oxide in comparison.oxides:
        if not oxide.agreements:
            continue
        page.heading(oxide.oxide)
        found = oxide.agreements[0]
        page.figure(figure(oxide, found), _caption(oxide, found))
    _add_means(page, agreements, names)
    page.provenance(provenance)
    return page.html()


def _caption(comparison: OxideComparison, found: Agreement) -> str:
    text = (
        f"{comparison.oxide}: input against reference, where both are valid (n = {found.n}); the "
        "differences, by area; and a map of them. Its colours end at -5 and 5 wt%, as in the style "
        "of the difference raster."
    )
    if comparison.outside > 0:
        share = 100 * comparison.outside / found.area_km2
        text += f" {share:.2g} % of the area lies outside the axes of the scatter plot."
    return text


def _add_means(page: Page, agreements: Sequence[Agreement], names: tuple[str, str]) -> None:
    """Table 2 of the paper, with the two maps in it."""
    oxides = [oxide for oxide in OXIDES if any(found.oxide == oxide for found in agreements)]
    page.heading("Mean contents")
    page.paragraph(
        "Means in wt% over the area where both maps are valid, beside published means. The "
        "published ones describe the whole Moon: they are comparable only where the common area "
        "covers nearly all of it."
    )
    means: dict[tuple[str, str], dict[str, float]] = {}
    for found in agreements:
        region = "all of the common area" if found.region == ALL else found.region
        means.setdefault((region, f"input, {names[0]}"), {})[found.oxide] = found.mean_input
        reference = means.setdefault((region, f"reference, {names[1]}"), {})
        reference[found.oxide] = found.mean_reference
    for published in PUBLISHED_MEANS:
        region = "whole Moon" if published.region == GLOBAL else published.region
        means[region, published.source] = published.values
    rows = [
        [region, source, *(values.get(oxide, math.nan) for oxide in oxides)]
        for (region, source), values in means.items()
    ]
    page.table(["region", "source", *oxides], rows)


def figure(comparison: OxideComparison, found: Agreement) -> str | None:
    """Scatter, histogram of differences and their map, as SVG; None without matplotlib."""
    differences = comparison.shown

    def draw(canvas: Any) -> None:
        widths = {"width_ratios": (1.15, 0.8, 1.25)}
        scatter, histogram, place = canvas.subplots(1, 3, gridspec_kw=widths)
        _draw_scatter(canvas, scatter, comparison, found)
        _draw_histogram(histogram, comparison, found)
        if isinstance(differences, CellPairs):
            colours = _draw_cells(place, differences)
        else:
            place.set(xticks=[], yticks=[], facecolor="0.85")
            scale = {"cmap": "RdBu_r", "vmin": -_MOST, "vmax": _MOST}
            colours = place.imshow(differences, interpolation="nearest", **scale)
        label = f"input - reference, {formula(comparison.oxide)} (wt%)"
        beside = {"ax": place, "orientation": "horizontal", "extend": "both"}
        canvas.colorbar(colours, label=label, **beside).outline.set_visible(False)

    return drawn(draw, 11, 3.8)


def _draw_scatter(canvas: Any, axes: Any, comparison: OxideComparison, found: Agreement) -> None:
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
    for name, slope, intercept, colour, style in (
        ("least squares", found.slope, found.intercept, COLOURS[1], "-"),
        ("RMA", found.rma_slope, found.rma_intercept, COLOURS[3], "--"),
    ):
        if np.isfinite(slope):
            label = f"{name}: {slope:.2f} x {intercept:+.2f}"
            along = intercept + slope * ends
            axes.plot(ends, along, color=colour, linewidth=1.2, linestyle=style, label=label)
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
    # In the two corners off the diagonal: lines in one, points in the other.
    lines = [line for line in axes.lines if line.get_linestyle() != "None"]
    points = [line for line in axes.lines if line.get_linestyle() == "None"]
    small = {"fontsize": 7, "framealpha": 0.6, "handlelength": 1.6}
    legend = axes.legend(handles=lines, loc="upper left", **small)
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
    edge = {"markersize": 4.5, "markeredgecolor": "black", "markeredgewidth": 0.4}
    for (label, chosen), colour, marker in zip(groups, (COLOURS[0], COLOURS[5]), MARKERS):
        x, y = cells.reference[chosen], cells.values[chosen]
        axes.plot(x, y, marker=marker, linestyle="None", color=colour, label=label, **edge)


def _range(comparison: OxideComparison) -> tuple[float, float]:
    """Ends of both axes of the scatter plot: a little wider than nearly all of the area."""
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
        ylabel="latitude (degrees)",
    )
    return shown
