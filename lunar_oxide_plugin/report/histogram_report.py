"""The report of oxide histograms, with its figure after Fig. 5 of Zhang et al. (2023)."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from typing import Any

import numpy as np

from ..core.mathematics.modes import CHANCE, DIP, LEAST_SHARE, MOST, SMOOTHING
from ..core.oxides.published import PUBLISHED_MEANS, PublishedMeans
from ..core.results.histogram import (
    BINS,
    QUANTITIES,
    AreaHistogram,
    RasterHistograms,
    decimals_of,
    unit_of,
)
from ..core.tables import cell
from .figures import COLOURS, drawn, formula
from .page import UNITS, Page

#: How modes are found; in the report and in the help.
MODE_RULE = (
    f"Modes are the peaks of the histogram, smoothed by a Gaussian of {SMOOTHING:g} bins, beside "
    f"which it falls by at least {100 * DIP:g} % of their height before it rises to a higher peak, "
    f"and by more than expected by chance ({CHANCE:g} standard deviations). Each holds at least "
    f"{100 * LEAST_SHARE:g} % of the area; at most {MOST} are listed, the highest always."
)

_CAPTION = (
    "Per cent of the valid area in each bin, on a logarithmic axis, after Fig. 5 of Zhang et al. "
    "(2023). Bins and axes are the same in every report. Triangles: modes. Grey lines: published "
    "means."
)

#: Columns of the table of a raster, and their decimals.
_HEADER = {
    "": 0,
    "mean": 0,
    "std": 0,
    "median": 0,
    "modes (share of area)": 0,
    "valid area (km²)": 2,
    "pixels": 0,
    "below (%)": 2,
    "above (%)": 2,
}

#: Per cent of area that the axes show, the same in all figures.
_LEAST, _MOST = 0.001, 300

#: Rasters whose modes are named in the figure; more names than these would hide each other.
_NAMED = 3

#: Letters of a name in the legend; the report's tables have all.
_LONGEST = 45

_LINES: tuple[Any, ...] = ("-", "--", "-.", ":")

#: How the published means are marked, in the order of `PUBLISHED_MEANS`.
_MARKS: tuple[Any, ...] = ("-", (0, (5, 2)), (0, (1, 1.5)), (0, (5, 2, 1, 2)), (0, (9, 3)))

_COLUMNS = 2


def html_report(
    rasters: Sequence[RasterHistograms],
    title: str,
    warnings: Iterable[str],
    provenance: Mapping[str, str],
) -> str:
    """Make a self-contained page: warnings, the figure, tables, where the numbers come from."""
    page = Page(title)
    for text in warnings:
        page.warning(text)
    page.paragraph(
        f"Histograms of {', '.join(raster.name for raster in rasters)}. Pixels are weighted by "
        "their areas on the sphere. Mean and standard deviation are of all valid pixels; the "
        "median is interpolated in its bin."
    )
    bins = "; ".join(
        f"{quantity} to {bins.upper} in steps of {1 / bins.per_unit:g}"
        for quantity, bins in BINS.items()
    )
    page.paragraph(
        f"Bins begin at 0: {bins}. The columns below and above count values beyond the bins."
    )
    page.paragraph(MODE_RULE)
    page.figure(histogram_figure(rasters), _CAPTION)
    page.heading("Means")
    means: list[list[object]] = []
    for raster in rasters:
        of = {name: histogram.moments.mean for name, histogram in raster.histograms.items()}
        means.append([raster.name, *map(of.get, QUANTITIES)])
    means += [
        [f"published: {_label(published)}", *map(published.values.get, QUANTITIES)]
        for published in PUBLISHED_MEANS
    ]
    page.table(["", *QUANTITIES], means, [0, *map(decimals_of, QUANTITIES)], UNITS)
    for raster in rasters:
        page.heading(raster.name)
        rows = [_row(quantity, of) for quantity, of in raster.histograms.items()]
        page.table(list(_HEADER), rows, list(_HEADER.values()), UNITS)
    page.provenance(provenance)
    return page.html()


def beyond_bins(rasters: Iterable[RasterHistograms]) -> list[str]:
    """Which values lie beyond the bins, as warnings."""
    found = []
    for raster in rasters:
        for quantity, histogram in raster.histograms.items():
            ends = (("below", 0, histogram.below), ("above", histogram.bins.upper, histogram.above))
            found += [
                f"{raster.name}: {quantity} lies {side} {end} {unit_of(quantity)}, beyond the "
                f"bins, in {histogram.percent(area):.2g} % of the area."
                for side, end, area in ends
                if area
            ]
    return found


def _row(quantity: str, histogram: AreaHistogram) -> list[object]:
    digits = decimals_of(quantity)
    # no line may break between a mode and its share
    modes = ", ".join(
        f"{mode.value:.{digits}f}\N{NO-BREAK SPACE}({100 * mode.share:.0f}\N{NO-BREAK SPACE}%)"
        for mode in histogram.modes()
    )
    moments = histogram.moments
    return [
        quantity,
        *(cell(value, digits) for value in (moments.mean, moments.std, histogram.median)),
        modes,
        histogram.area,
        moments.count,
        histogram.percent(histogram.below),
        histogram.percent(histogram.above),
    ]


def histogram_figure(rasters: Sequence[RasterHistograms]) -> str | None:
    """A panel for each oxide and Mg#, all rasters in it, as SVG; None without matplotlib."""
    legend_height = 0.4 + 0.18 * max(len(rasters) + 1, len(PUBLISHED_MEANS))
    rows = len(QUANTITIES) // _COLUMNS

    def draw(figure: Any) -> None:
        grid = figure.add_gridspec(rows + 1, _COLUMNS, height_ratios=[*[2.5] * rows, legend_height])
        for index, quantity in enumerate(QUANTITIES):
            axes = figure.add_subplot(grid[divmod(index, _COLUMNS)])
            _panel(axes, quantity, rasters)
        _legends(figure, grid[rows, :], rasters)

    return drawn(draw, 9, 2.5 * rows + legend_height)


def _panel(axes: Any, quantity: str, rasters: Sequence[RasterHistograms]) -> None:
    bins = BINS[quantity]
    for means, line in zip(PUBLISHED_MEANS, _MARKS):
        if quantity in means.values:
            axes.axvline(means.values[quantity], color="0.5", linestyle=line, linewidth=0.9)
    labels: list[tuple[float, str, str]] = []
    for number, raster in enumerate(rasters):
        histogram = raster.histograms.get(quantity)
        if histogram is None or not histogram.area:
            continue
        colour, line = _style(number)
        heights = histogram.percents
        steps = {"drawstyle": "steps-post", "linestyle": line, "linewidth": 1.2}
        axes.plot(histogram.bins.edges, np.append(heights, heights[-1]), color=colour, **steps)
        for mode in histogram.modes():
            height = float(heights[mode.bin])
            axes.plot([mode.value], [max(height, _LEAST)], "v", color=colour, markersize=4)
            if len(rasters) <= _NAMED:
                labels.append((mode.value, f"{mode.value:.{decimals_of(quantity)}f}", colour))
    _write_labels(axes, labels, bins.upper)
    axes.set(
        yscale="log",
        xlim=(0, bins.upper),
        ylim=(_LEAST, _MOST),
        xlabel=f"{formula(quantity)} ({unit_of(quantity)})",
        ylabel="area per bin (%)",
    )
    axes.yaxis.set_major_formatter("{x:g}")
    axes.grid(axis="y", color="0.93")


def _write_labels(axes: Any, labels: Sequence[tuple[float, str, str]], width: float) -> None:
    """Write modes (value, text, colour) at the top of a panel so wide, in rows side by side."""
    placed: list[tuple[float, int]] = []
    for value, text, colour in labels:
        x = min(max(value, 0.06 * width), 0.94 * width)  # not beyond the frame
        taken = {row for other, row in placed if abs(other - x) < 0.12 * width}
        row = next(row for row in range(len(labels)) if row not in taken)
        placed.append((x, row))
        axes.text(
            x,
            0.96 - 0.09 * row,
            text,
            transform=axes.get_xaxis_transform(),
            ha="center",
            va="top",
            color=colour,
            fontsize=8,
            bbox={"facecolor": "white", "edgecolor": "none", "alpha": 0.8, "pad": 0.6},
        )


def _legends(figure: Any, place: Any, rasters: Sequence[RasterHistograms]) -> None:
    """Name the maps and the published means below the panels."""
    from matplotlib.lines import Line2D

    axes = figure.add_subplot(place)
    axes.axis("off")
    curves = [
        Line2D([], [], color=colour, linestyle=line, label=formula(_short(raster.name)))
        for raster, (colour, line) in zip(rasters, map(_style, range(len(rasters))))
    ]
    curves.append(Line2D([], [], color="0.3", linestyle="", marker="v", label="mode"))
    means = [
        Line2D([], [], color="0.5", linestyle=line, label=_label(published))
        for published, line in zip(PUBLISHED_MEANS, _MARKS)
    ]
    common = {"fontsize": 8, "frameon": False, "borderaxespad": 0, "handlelength": 3.5}
    left = axes.legend(handles=curves, loc="upper left", title="maps", **common)
    axes.add_artist(left)
    axes.legend(handles=means, loc="upper right", title="published means", **common)


def _label(published: PublishedMeans) -> str:
    """What a published mean is called beside others."""
    return f"{published.region}, {published.source}"


def _short(name: str) -> str:
    """The end of a long name, in which two paths differ and which says SYNTHETIC."""
    return name if len(name) <= _LONGEST else f"...{name[3 - _LONGEST :]}"


def _style(number: int) -> tuple[str, Any]:
    """Colour and line of a raster; the first 28 differ."""
    again, colour = divmod(number, len(COLOURS))
    return COLOURS[colour], _LINES[(colour + again) % len(_LINES)]
