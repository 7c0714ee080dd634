"""Tables and reports of geological units."""

from __future__ import annotations

import csv
import io
import math
from collections.abc import Iterable, Mapping, Sequence
from html import escape
from typing import NamedTuple

from .oxides import MG_NUMBER, mg_number

#: Order of the oxides in Tables 5 and 6 of Zhang et al. (2023).
TABLE_ORDER = ("MgO", "Al2O3", "CaO", "TiO2", "FeO")


class BandSummary(NamedTuple):
    """Statistics of one band inside one polygon; NaN where there is no valid pixel."""

    #: valid pixels whose centre lies inside
    pixels: int
    #: part of the polygon's area that is covered by valid pixels, 0-1
    valid_fraction: float
    #: area-weighted mean and population standard deviation
    mean: float
    std: float
    minimum: float
    #: smallest value up to which half of the area lies
    median: float
    maximum: float


class Unit(NamedTuple):
    """One polygon: its name, area in km2 and statistics by band name."""

    name: str
    area_km2: float
    bands: dict[str, BandSummary]

    def mg_number_of_means(self) -> float:
        """Mg# of the unit's mean MgO and FeO; NaN when it is not defined."""
        if not {"MgO", "FeO"} <= self.bands.keys():
            return math.nan
        return float(mg_number(self.bands["MgO"].mean, self.bands["FeO"].mean))


def table(units: Sequence[Unit]) -> tuple[list[str], list[list[str | float | int]]]:
    """Header and rows.

    The first columns are those of Tables 5 and 6 of Zhang et al. (2023): the
    unit and its mean MgO, Al2O3, CaO, TiO2 and FeO in wt%. Behind them follow
    Mg# of the means, the area, and the other statistics band by band.
    """
    present = list(units[0].bands)
    ordered = [name for name in TABLE_ORDER if name in present]
    ordered += [name for name in present if name not in TABLE_ORDER]
    with_mg = {"MgO", "FeO"} <= set(present)
    header = ["unit", *ordered, *([f"{MG_NUMBER} of means"] if with_mg else []), "area_km2"]
    statistics = [name for name in BandSummary._fields if name != "mean"]
    header += [f"{band}_{statistic}" for band in ordered for statistic in statistics]
    rows = []
    for unit in units:
        row: list[str | float | int] = [unit.name, *(unit.bands[band].mean for band in ordered)]
        row += [unit.mg_number_of_means()] if with_mg else []
        row.append(unit.area_km2)
        row += [getattr(unit.bands[band], name) for band in ordered for name in statistics]
        rows.append(row)
    return header, rows


def csv_table(units: Sequence[Unit]) -> str:
    """Make the table as CSV; numbers with four decimals, empty where there is none."""
    header, rows = table(units)
    text = io.StringIO()
    writer = csv.writer(text, lineterminator="\r\n")
    writer.writerow(header)
    writer.writerows([_cell(value, 4) for value in row] for row in rows)
    return text.getvalue()


def html_report(
    units: Sequence[Unit], title: str, notes: Iterable[str], provenance: Mapping[str, str]
) -> str:
    """Make a self-contained page: the units' means and spreads, and where they come from."""
    header, rows = table(units)
    first = header.index("area_km2") + 1
    summary = _html_table(header[:first], [row[:first] for row in rows])
    bands = [name for name in header[1:first] if name in units[0].bands]
    sections = "".join(
        f"<h2>{escape(band)}</h2>"
        + _html_table(
            ["unit", *BandSummary._fields], [[unit.name, *unit.bands[band]] for unit in units]
        )
        for band in bands
    )
    remarks = "".join(f"<p>{escape(note)}</p>" for note in notes)
    items = "".join(
        f"<dt>{escape(key)}</dt><dd>{escape(text)}</dd>" for key, text in provenance.items()
    )
    return (
        '<!DOCTYPE html>\n<html lang="en"><head><meta charset="utf-8">'
        f"<title>{escape(title)}</title><style>{_CSS}</style></head><body>"
        f"<h1>{escape(title)}</h1>{remarks}{summary}{sections}"
        f"<h2>How this was made</h2><dl>{items}</dl></body></html>\n"
    )


_CSS = (
    "body{font:15px/1.45 sans-serif;margin:2em auto;max-width:60em;padding:0 1em;color:#222}"
    "table{border-collapse:collapse;margin:1em 0}th,td{padding:.25em .7em;text-align:right;"
    "border-bottom:1px solid #ddd}th:first-child,td:first-child{text-align:left}"
    "thead th{border-bottom:2px solid #444}dt{font-weight:bold}"
    "dd{margin:0 0 .5em 1em;overflow-wrap:anywhere}"
)


def _html_table(header: Sequence[str], rows: Iterable[Iterable[object]]) -> str:
    # Two decimals as in the paper's tables; numbers between 0 and 1 need one more.
    decimals = [3 if MG_NUMBER in name or "fraction" in name else 2 for name in header]
    head = "".join(f"<th>{escape(name.replace('_', ' '))}</th>" for name in header)
    body = "".join(
        "<tr>"
        + "".join(f"<td>{escape(_cell(*cell))}</td>" for cell in zip(row, decimals))
        + "</tr>"
        for row in rows
    )
    return f"<table><thead><tr>{head}</tr></thead><tbody>{body}</tbody></table>"


def _cell(value: object, decimals: int) -> str:
    if isinstance(value, float):
        return "" if math.isnan(value) else f"{value:.{decimals}f}"
    return str(value)
