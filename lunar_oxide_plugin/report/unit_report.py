"""The report of geological units."""

from __future__ import annotations

import json
from collections.abc import Iterable, Iterator, Mapping, Sequence

import numpy as np
from numpy.typing import NDArray

from ..core.oxides.oxides import MG_NUMBER, OXIDES
from ..core.results.histogram import decimals_of
from ..core.results.separability import overlap, separations
from ..core.results.units import STATISTICS, TABLE_ORDER, Unit, UnitMap
from .page import Page
from .unit_figures import NAMED, box_plots, label, scatter, scattered, unit_map

#: The report compares this many units, the largest, with each other.
_COMPARED = 12

#: It shows the statistics band by band of this many.
_DETAILED = 200

#: What the uncertainty of a mean is; in the help and in reports.
MODEL_UNCERTAINTY = (
    "The model sees nearly the same spectrum in neighbouring pixels of a unit, so its errors "
    "there are alike and do not average out with the number of pixels. The uncertainty of a mean "
    "is therefore the area-weighted mean of the pixels' uncertainties, as for fully correlated "
    "errors, and an upper bound for any others. A pixel counts where oxide and uncertainty are "
    "both valid. The uncertainty of Mg# of the means follows by first-order error propagation "
    "(JCGM 100:2008, eq. 13) with the correlation of the model's errors in MgO and FeO, or 0 where "
    "none is stated."
)

_CITATIONS = (
    "Zhang L. et al. (2023), Icarus 397, 115505: the maps, the network, and the layout of its "
    "Tables 5 and 6.",
    "Kaguya (SELENE) Multiband Imager data: JAXA/SELENE; Ohtake M. et al. (2008), Earth, Planets "
    "and Space 60, 257-264.",
    "Cohen J. (1988), Statistical Power Analysis for the Behavioral Sciences, 2nd ed.: effect "
    "sizes.",
)


def method(raster: str, zones: str, units: Sequence[Unit], centres: bool) -> Iterator[str]:
    """How the statistics of a raster in zones, both by name, were made, for the report."""
    rule = "when its centre lies inside" if centres else "by the part of it that the polygon covers"
    yield (
        f"Statistics of {raster} inside {zones}. Oxides in wt%, Mg# as a molar fraction, areas on "
        f"the sphere. A pixel counts {rule}; means, standard deviations and percentiles are "
        "weighted by area."
    )
    if "mean_uncertainty" in next(iter(units[0].bands.values())):
        yield f"± is the model's 1-sigma uncertainty. {MODEL_UNCERTAINTY}"


def html_report(
    units: Sequence[Unit],
    notes: Iterable[str],
    provenance: Mapping[str, str],
    *,
    synthetic: bool = False,
    image: UnitMap | None = None,
    samples: Sequence[NDArray[np.float32]] = (),
) -> str:
    """Make a self-contained page: map, means, spreads and separation of units.

    `notes` are sentences for the reader, `provenance` the algorithm, its parameters and the model;
    `synthetic` says that the raster is a synthetic scene. `samples` are some pixels [bands, n] of
    each unit to draw, the bands in the units' order.
    """
    page = Page("Unit statistics")
    if synthetic:
        page.warning("SYNTHETIC: the numbers are not measurements of the Moon.")
    for note in notes:
        page.paragraph(note)
    _means(page, units)
    measured = [name for name in units[0].means() if name in units[0].bands]
    largest = sorted(range(len(units)), key=lambda index: -np.nan_to_num(units[index].area_km2))
    some = sorted(largest[:NAMED])
    few, numbers = [units[index] for index in some], [index + 1 for index in some]
    of_all = "" if len(units) <= NAMED else f" The {NAMED} largest of {len(units)} units."
    if image is not None:
        page.figure(
            unit_map(image, units),
            f"{image.band} and the outlines of the units, numbered as in the table; grey is "
            "nodata.",
        )
    page.heading("Spread within units")
    page.figure(
        box_plots(few, numbers, measured),
        "Boxes: percentiles 25 to 75 with the median; whiskers: percentiles 5 and 95; diamonds: "
        f"means.{of_all}",
    )
    if samples and scattered(measured):
        page.figure(
            scatter(few, numbers, [samples[index] for index in some], list(units[0].bands)),
            f"Up to about 400 evenly spread pixels of each unit, and its mean.{of_all}",
        )
    compared = {index + 1: units[index] for index in sorted(largest[:_COMPARED])}
    _separation(page, compared, len(units))
    _details(page, units, measured)
    _model_card(page, provenance)
    page.heading("References")
    for citation in _CITATIONS:
        page.paragraph(citation)
    page.provenance(provenance)
    return page.html()


def _means(page: Page, units: Sequence[Unit]) -> None:
    domain = units[0].outside_domain is not None
    remarked = any(unit.remark for unit in units)
    named = ["mean of Mg#" if name == MG_NUMBER else name for name in units[0].means()]
    header = ["no.", "unit", *named, "area (km²)"]
    header += ["outside domain"] * domain + ["remark"] * remarked
    rows = [
        [number, unit.name, *unit.means().values(), unit.area_km2]
        + [unit.outside_domain] * domain
        + [unit.remark] * remarked
        for number, unit in enumerate(units, start=1)
    ]
    decimals = [3 if MG_NUMBER in name or "domain" in name else 2 for name in header]
    caption = "Means (wt%, Mg#: molar), as in Tables 5 and 6 of Zhang et al. (2023)."
    page.table(header, rows, decimals, caption)
    if domain:
        page.paragraph(
            "Outside domain: the part of a unit's valid area, 0-1, whose spectra are unlike all "
            "training sites of the model. Values there are extrapolated, and their uncertainty "
            "does not show it."
        )


def _separation(page: Page, units: Mapping[int, Unit], count: int) -> None:
    if len(units) < 2:
        return
    page.heading("Separation of units")
    page.paragraph(
        "Cohen's d of every two units: the difference of their means in standard deviations of "
        "their pixels. It does not grow with the number of pixels, which are not independent "
        "samples because they depend on their neighbours; by p-values every difference would be "
        f"significant. Two normal distributions overlap by {overlap(1):.0%} at d = 1, "
        f"{overlap(2):.0%} at 2 and {overlap(3):.0%} at 3. In brackets, where an uncertainty "
        "raster was given: the difference in 1-sigma model uncertainties, as if the errors in both "
        "units were independent; below 2 it may come from the model."
        + ("" if count <= _COMPARED else f" The {_COMPARED} largest of {count} units.")
    )
    # Two units may have the same name, but not the same number.
    numbered = [
        unit if unit.name == str(number) else unit._replace(name=f"{number} {unit.name}")
        for number, unit in units.items()
    ]
    names = [name for name in (*TABLE_ORDER, MG_NUMBER) if name in numbered[0].bands]
    pairs: dict[tuple[str, str], dict[str, str]] = {}
    for one in separations(numbered):
        text = "" if np.isnan(one.effect_size) else f"{one.effect_size:+.2f}"
        if text and one.in_uncertainties is not None and not np.isnan(one.in_uncertainties):
            text += f" ({one.in_uncertainties:+.1f})"
        pairs.setdefault((one.first, one.second), {})[one.band] = text
    rows = [[f"{a} - {b}", *(of[name] for name in names)] for (a, b), of in pairs.items()]
    page.table(["units", *names], rows)


def _details(page: Page, units: Sequence[Unit], bands: Sequence[str]) -> None:
    page.heading("Statistics by band")
    if len(units) > _DETAILED:
        page.paragraph(
            f"The first {_DETAILED} of {len(units)} units; the table (TABLE) and the layer "
            "(OUTPUT) hold all."
        )
    for band in bands:
        names = units[0].shown(band)
        rows = [[unit.name, *map(unit.bands[band].get, names)] for unit in units[:_DETAILED]]
        shown = [STATISTICS[name] for name in names]
        decimals = [decimals_of(band) if each.decimals is None else each.decimals for each in shown]
        page.table(["unit", *(each.title for each in shown)], rows, [0, *decimals], label(band))


def _model_card(page: Page, provenance: Mapping[str, str]) -> None:
    """The raster's metadata on its model, in words."""
    prefix = "LUNAR_OXIDE_MODEL"
    items = {key: text for key, text in provenance.items() if key.startswith(prefix)}
    if not items:
        return
    page.heading("Model")
    rows = [
        [key[len(prefix) :].strip("_").replace("_", " ").lower() or "model", _readable(text)]
        for key, text in items.items()
    ]
    page.table(["", "stated in the raster"], rows)


def _readable(text: str) -> str:
    """JSON without its punctuation; other text as it is."""
    try:
        value = json.loads(text)
    except ValueError:
        return text
    if isinstance(value, dict):
        return "; ".join(f"{key}: {_readable(json.dumps(item))}" for key, item in value.items())
    if isinstance(value, list):
        names = OXIDES if len(value) == len(OXIDES) else range(1, len(value) + 1)
        if all(isinstance(item, (int, float)) for item in value):
            return ", ".join(f"{name} {item:g}" for name, item in zip(names, value))
        return ", ".join(_readable(json.dumps(item)) for item in value)
    return str(value)
