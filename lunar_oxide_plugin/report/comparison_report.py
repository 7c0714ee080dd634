"""The report of a comparison of two maps."""

from __future__ import annotations

import math
from collections.abc import Iterable, Mapping, Sequence

from ..core.oxides.oxides import OXIDES
from ..core.oxides.published import GLOBAL, PUBLISHED_MEANS
from ..core.results.comparison import ALL, Agreement, Comparison, OxideComparison
from .comparison_figures import figure
from .page import Page

#: What the numbers are.
_DEFINITIONS = (
    "All numbers are weighted by area on the sphere. Bias is the mean of input - reference, RMSE "
    "the root of the mean of its square, MAE the mean of its absolute value, std its standard "
    "deviation around the bias. R2 is the square of Pearson's correlation, as usual between maps: "
    "it does not see a bias or a wrong slope. R2 of y = x is the coefficient of determination, 1 - "
    "SSE / SST against the reference itself, which does; it is below 0 where the reference's mean "
    "would be the better map. Slope and intercept are those of least squares of the input on the "
    "reference, which is too flat where the reference has errors of its own; the reduced major "
    "axis (RMA) takes both maps to have errors."
)

_HEADER = (
    "oxide",
    "class",
    "n",
    "area km2",
    "mean input",
    "mean reference",
    "bias",
    "RMSE",
    "MAE",
    "std",
    "R2",
    "R2 of y = x",
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

    Parameters
    ----------
    comparison : Comparison
    names : (str, str)
        Of the input and of the reference.
    description : str
        How both were brought together.
    warnings : iterable of str
    provenance : mapping of str to str
    """
    page = Page("Comparison of maps")
    for warning in warnings:
        page.warning(warning)
    page.paragraph(f"Input: {names[0]}. Reference: {names[1]}. Contents in wt%.")
    page.paragraph(description)
    if comparison.mare_feo is not None:
        page.paragraph(
            f"Mare is where the FeO of the input is at least {comparison.mare_feo:g} wt%, "
            "highlands where it is less."
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
        "differences, by area; and where they lie. Colours of the map end at -5 and 5 wt%, as in "
        "the style of the difference raster."
    )
    if comparison.outside > 0:
        share = 100 * comparison.outside / found.area_km2
        text += f" {share:.2g} % of the area lies outside of the scatter plot's axes."
    return text


def _add_means(page: Page, agreements: Sequence[Agreement], names: tuple[str, str]) -> None:
    """Table 2 of the paper, with the two maps in it."""
    oxides = [oxide for oxide in OXIDES if any(found.oxide == oxide for found in agreements)]
    page.heading("Mean contents")
    page.paragraph(
        "Means over the area where both maps are valid, beside published means. Those are of the "
        "whole Moon: they compare only where the common area is nearly that."
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
