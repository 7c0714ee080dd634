"""The figure of oxide histograms, after Fig. 5 of Zhang et al. (2023)."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np

from ..core.oxides.published import PUBLISHED_MEANS, PublishedMeans
from ..core.results.histogram import (
    BINS,
    QUANTITIES,
    AreaHistogram,
    RasterHistograms,
    decimals_of,
    unit_of,
)
from .figures import COLOURS, drawn, formula

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


def histogram_figure(rasters: Sequence[RasterHistograms]) -> str | None:
    """Draw a panel for each oxide and Mg#, all rasters in it.

    Parameters
    ----------
    rasters : sequence of RasterHistograms

    Returns
    -------
    str or None
        SVG; None where there is no matplotlib.
    """
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
        _curve(axes, histogram, colour, line)
        for mode in histogram.modes():
            height = float(histogram.percents[mode.bin])
            axes.plot([mode.value], [max(height, _LEAST)], "v", color=colour, markersize=4)
            if len(rasters) <= _NAMED:
                text = f"{mode.value:.{decimals_of(quantity)}f}"
                labels.append((mode.value, text, colour))
    _write_labels(axes, labels, bins.upper)
    axes.set_yscale("log")
    axes.set_xlim(0, bins.upper)
    axes.set_ylim(_LEAST, _MOST)
    axes.set_xlabel(f"{formula(quantity)} ({unit_of(quantity)})")
    axes.set_ylabel("area per bin (%)")
    axes.yaxis.set_major_formatter("{x:g}")
    axes.grid(axis="y", color="0.93")


def _curve(axes: Any, histogram: AreaHistogram, colour: str, line: Any) -> None:
    heights = histogram.percents
    axes.plot(
        histogram.bins.edges,
        np.append(heights, heights[-1]),
        drawstyle="steps-post",
        color=colour,
        linestyle=line,
        linewidth=1.2,
    )


def _write_labels(axes: Any, labels: Sequence[tuple[float, str, str]], width: float) -> None:
    """Write the modes' values at the top of a panel, in rows so that none hides another.

    Parameters
    ----------
    axes : Axes
    labels : sequence of (float, str, str)
        Where a mode lies, its value as text, and its colour.
    width : float
        Of the panel, in the unit of the modes.
    """
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
    """Write below the panels what is a map and what a published mean."""
    from matplotlib.lines import Line2D

    axes = figure.add_subplot(place)
    axes.axis("off")
    curves = []
    for number, raster in enumerate(rasters):
        colour, line = _style(number)
        curves.append(
            Line2D([], [], color=colour, linestyle=line, label=formula(_short(raster.name)))
        )
    curves.append(Line2D([], [], color="0.3", linestyle="", marker="v", label="mode"))
    means = [
        Line2D([], [], color="0.5", linestyle=line, label=mean_label(published))
        for published, line in zip(PUBLISHED_MEANS, _MARKS)
    ]
    common = {"fontsize": 8, "frameon": False, "borderaxespad": 0, "handlelength": 3.5}
    left = axes.legend(handles=curves, loc="upper left", title="maps", **common)
    axes.add_artist(left)
    axes.legend(handles=means, loc="upper right", title="published means", **common)


def mean_label(published: PublishedMeans) -> str:
    """What a published mean is called beside others."""
    return f"{published.region}, {published.source}"


def _short(name: str) -> str:
    """Return the end of a long name: what two paths differ in, and whether it is SYNTHETIC."""
    return name if len(name) <= _LONGEST else f"...{name[3 - _LONGEST :]}"


def _style(number: int) -> tuple[str, Any]:
    """Colour and line of a raster; no two of the first 28 are alike."""
    again, colour = divmod(number, len(COLOURS))
    return COLOURS[colour], _LINES[(colour + again) % len(_LINES)]
