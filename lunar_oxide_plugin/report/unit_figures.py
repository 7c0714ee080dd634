"""Figures of geological units."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from typing import Any

import numpy as np
from numpy.typing import NDArray

from ..core.oxides.colours import SCALES
from ..core.results.histogram import unit_of
from ..core.results.units import Unit, UnitMap
from .figures import COLOURS, MARKERS, colour_map, drawn, formula, shortened

#: More units than this are not named on a map, nor drawn as boxes.
NAMED = 40

#: Which statistics matplotlib draws a box of.
_BOX = {"med": "median", "q1": "p25", "q3": "p75", "whislo": "p5", "whishi": "p95", "mean": "mean"}

#: Horizontal and vertical axis of each scatter plot.
_PAIRS = (("FeO", "Al2O3"), ("FeO", "MgO"), ("FeO", "TiO2"))


def unit_map(of: UnitMap, units: Sequence[Unit]) -> str | None:
    """A map with the units' outlines and their numbers in the table."""

    def draw(figure: Any) -> None:
        axes = figure.subplots()
        scale = colour_map(SCALES[of.band]) if of.band in SCALES else {"cmap": "viridis"}
        many = len(units) > NAMED
        axes.set_facecolor("0.85")
        values, extent, aspect = of.image.values, of.image.extent, of.image.aspect
        image = axes.imshow(values, extent=extent, aspect=aspect, interpolation="nearest", **scale)
        figure.colorbar(image, ax=axes, label=label(of.band), shrink=0.8, extend="both")
        for number, rings in enumerate(of.outlines):
            for ring in rings:
                closed = np.concatenate([ring, ring[:1]])
                # White below, so that the line is visible on any colour.
                for colour, width in (("white", 3.2), (_colour(number, units), 1.7)):
                    axes.plot(*closed.T, color=colour, linewidth=width, rasterized=many)
            if rings and not many:
                axes.annotate(
                    str(number + 1),
                    rings[0][np.argmax(rings[0][:, 1])],
                    xytext=(0, 2),
                    textcoords="offset points",
                    ha="center",
                    bbox={"boxstyle": "round,pad=0.15", "fc": "white", "ec": "none", "alpha": 0.8},
                    annotation_clip=True,
                )
        x, y = ("longitude (°)", "latitude (°)") if of.image.unit == "°" else ("x (km)", "y (km)")
        axes.set(xlim=extent[:2], ylim=extent[2:], xlabel=x, ylabel=y)
        axes.ticklabel_format(useOffset=False)

    return drawn(draw, 7.5, 5.5)


def box_plots(units: Sequence[Unit], numbers: Sequence[int], bands: Sequence[str]) -> str | None:
    """A box for each unit, with its number in the table, in a panel for each band."""

    def draw(figure: Any) -> None:
        rows = -(-len(bands) // 2)
        panels = figure.subplots(rows, 2, squeeze=False).ravel()
        for axes, band in zip(panels, bands):
            for place, unit in enumerate(units):
                found = unit.bands[band]
                if not found["pixels"]:
                    continue
                box = axes.bxp(
                    [{drawn_as: found[name] for drawn_as, name in _BOX.items()}],
                    positions=[place],
                    widths=0.6,
                    showmeans=True,
                    showfliers=False,
                    patch_artist=True,
                    meanprops={
                        "marker": "D",
                        "markersize": 3,
                        "markerfacecolor": "white",
                        "markeredgecolor": "black",
                    },
                    medianprops={"color": "black"},
                )
                box["boxes"][0].set(facecolor=_colour(place, units), alpha=0.55)
            axes.set(xlim=(-0.6, len(units) - 0.4), ylabel=label(band))
            ticks = list(range(0, len(units), -(-len(units) // 20)))
            axes.set_xticks(ticks, [str(numbers[tick]) for tick in ticks])
            axes.grid(axis="y", color="0.9")
        for axes in panels[len(bands) :]:
            axes.set_visible(False)
        figure.supxlabel("number of the unit")

    return drawn(draw, 7.5, 2.1 * -(-len(bands) // 2))


def scattered(bands: Iterable[str]) -> list[tuple[str, str]]:
    """The pairs of bands that `scatter` draws of these."""
    return [pair for pair in _PAIRS if set(pair) <= set(bands)]


def scatter(
    units: Sequence[Unit],
    numbers: Sequence[int],
    samples: Sequence[NDArray[np.float32]],
    bands: Sequence[str],
) -> str | None:
    """Oxides over FeO: some pixels [bands, n] of every unit, and its mean.

    `numbers` are those of the units in the table, `bands` the names of the samples' bands.
    """
    pairs = scattered(bands)
    labels = [f"{n}  {shortened(unit.name, 60)}" for n, unit in zip(numbers, units)]
    # As many columns as there is room for; a letter takes a hundredth of the width.
    columns = max(1, min(len(units), 4, 90 // (max(map(len, labels), default=0) + 6)))
    names = 0.3 + 0.2 * -(-len(units) // columns)  # inches

    def draw(figure: Any) -> None:
        grid = figure.add_gridspec(2, len(pairs), height_ratios=(2.9, names))
        panels = [figure.add_subplot(grid[0, index]) for index in range(len(pairs))]
        dots = {"s": 3, "alpha": 0.35, "linewidths": 0, "rasterized": True}
        for axes, (x, y) in zip(panels, pairs):
            for number, sample in enumerate(samples):
                across, up = sample[bands.index(x)], sample[bands.index(y)]
                axes.scatter(across, up, color=_colour(number, units), **dots)
            for number, unit in enumerate(units):
                axes.plot(
                    unit.bands[x]["mean"],
                    unit.bands[y]["mean"],
                    MARKERS[number % len(MARKERS)],
                    color=_colour(number, units),
                    markeredgecolor="black",
                    markersize=6,
                    label=labels[number].replace("$", r"\$"),
                )
            axes.set(xlabel=label(x), ylabel=label(y))
            axes.grid(color="0.9")
        legend = figure.add_subplot(grid[1, :])
        legend.axis("off")
        handles, _ = panels[0].get_legend_handles_labels()
        legend.legend(handles=handles, loc="center", ncol=columns, frameon=False)

    return drawn(draw, 7.5, 2.9 + names)


def label(band: str) -> str:
    """A band with its unit."""
    return f"{formula(band)} ({unit_of(band)})"


def _colour(number: int, units: Sequence[Unit]) -> str:
    return COLOURS[number] if len(units) <= len(COLOURS) else "#333333"
