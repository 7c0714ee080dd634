"""The report of oxide histograms."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence

from ..core.mathematics.modes import CHANCE, DIP, LEAST_SHARE, MOST, SMOOTHING
from ..core.oxides.published import PUBLISHED_MEANS
from ..core.results.histogram import (
    BINS,
    QUANTITIES,
    AreaHistogram,
    RasterHistograms,
    decimals_of,
    unit_of,
)
from ..core.tables import cell
from .histogram_figure import histogram_figure, mean_label
from .page import Page

#: How modes are found; in the report and in the help.
MODE_RULE = (
    f"Modes are the peaks of the histogram smoothed by a Gauss curve of {SMOOTHING:g} bins, beside "
    f"which it falls by at least {100 * DIP:g} % of their height before it rises to a higher one, "
    f"and by more than chance allows ({CHANCE:g} standard deviations). Each holds at least "
    f"{100 * LEAST_SHARE:g} % of the area; at most {MOST} are given. The highest is given in any "
    "case."
)

_CAPTION = (
    "Per cent of the valid area in each bin, on a logarithmic axis, after Fig. 5 of Zhang et al. "
    "(2023). Bins and axes are the same in every report. Triangles: modes. Grey lines: published "
    "means."
)

_UNITS = "Oxides in wt%, Mg# as a molar fraction; weighted by area."

_HEADER = (
    "",
    "mean",
    "std",
    "median",
    "modes (share of area)",
    "valid area, km2",
    "pixels",
    "below, %",
    "above, %",
)


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
        "their areas on the sphere. Mean and standard deviation are those of all valid pixels; the "
        "median is interpolated in its bin."
    )
    bins = "; ".join(
        f"{quantity} to {bins.upper} in steps of {1 / bins.per_unit:g}"
        for quantity, bins in BINS.items()
    )
    page.paragraph(
        f"Bins begin at 0: {bins}. The columns below and above count what lies beyond them."
    )
    page.paragraph(MODE_RULE)
    page.figure(histogram_figure(rasters), _CAPTION)
    page.heading("Means")
    page.table(
        ["", *QUANTITIES],
        [
            *([raster.name, *_means(raster)] for raster in rasters),
            *(
                [f"published: {mean_label(means)}", *(map(means.values.get, QUANTITIES))]
                for means in PUBLISHED_MEANS
            ),
        ],
        [0, *map(decimals_of, QUANTITIES)],
        _UNITS,
    )
    for raster in rasters:
        page.heading(raster.name)
        page.table(
            _HEADER,
            [_row(quantity, of) for quantity, of in raster.histograms.items()],
            [0, 0, 0, 0, 0, 2, 0, 2, 2],
            _UNITS,
        )
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


def _means(raster: RasterHistograms) -> list[float | None]:
    found = map(raster.histograms.get, QUANTITIES)
    return [histogram.moments.mean if histogram else None for histogram in found]


def _row(quantity: str, histogram: AreaHistogram) -> list[object]:
    digits = decimals_of(quantity)
    # no line may break between a mode and its share
    modes = ", ".join(
        f"{mode.value:.{digits}f}\N{NO-BREAK SPACE}({100 * mode.share:.0f}\N{NO-BREAK SPACE}%)"
        for mode in histogram.modes()
    )
    return [
        quantity,
        *(
            cell(value, digits)
            for value in (histogram.moments.mean, histogram.moments.std, histogram.median)
        ),
        modes,
        histogram.area,
        histogram.moments.count,
        histogram.percent(histogram.below),
        histogram.percent(histogram.above),
    ]
