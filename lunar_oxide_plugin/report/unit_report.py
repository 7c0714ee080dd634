"""The report of geological units."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence

from ..core.colours import SCALES
from ..core.oxides import MG_NUMBER
from ..core.units import Unit
from .page import Page
from .unit_scale import Spread, unit_scale


def html_report(
    units: Sequence[Unit], title: str, notes: Iterable[str], provenance: Mapping[str, str]
) -> str:
    """Make a self-contained page: the units' means and spreads, and where they come from."""
    page = Page(title)
    for note in notes:
        page.paragraph(note)
    means = [unit.means() for unit in units]
    header = ["unit", *means[0], "area_km2"]
    rows = [[unit.name, *found.values(), unit.area_km2] for unit, found in zip(units, means)]
    _table(page, header, rows)
    for band in means[0]:
        if band not in units[0].bands:
            continue
        shown = units[0].bands[band].shown
        page.heading(band)
        found = [(unit.name, unit.bands[band]) for unit in units]
        if band in SCALES:
            spreads = [Spread(name, of.mean, of.std) for name, of in found]
            page.figure(
                unit_scale(SCALES[band], spreads),
                f"{band}: means and standard deviations of the units in the colours of the map",
            )
        _table(
            page,
            ["unit", *shown],
            [[name, *(getattr(of, each) for each in shown)] for name, of in found],
        )
    page.provenance(provenance)
    return page.html()


def _table(page: Page, header: Sequence[str], rows: Iterable[Iterable[object]]) -> None:
    # Two decimals as in the paper's tables; numbers between 0 and 1 need one more.
    decimals = [3 if MG_NUMBER in name or "fraction" in name else 2 for name in header]
    page.table([name.replace("_", " ") for name in header], rows, decimals)
