"""Tables of geological units."""

from __future__ import annotations

import math
from collections.abc import Sequence
from typing import NamedTuple

from ..oxides.oxides import MG_NUMBER, mg_number
from ..oxides.uncertainty import mg_number_uncertainty
from ..tables import Estimate, csv_text

#: Order of the oxides in Tables 5 and 6 of Zhang et al. (2023).
TABLE_ORDER = ("MgO", "Al2O3", "CaO", "TiO2", "FeO")

#: A part above this is all of it, but for rounding.
_WHOLE = 0.999999

#: Mg# of a unit's mean MgO and FeO, which is not the mean of Mg#.
MG_NUMBER_OF_MEANS = f"{MG_NUMBER} of means"

#: Columns of the table that are no band's.
TABLE_COLUMNS = (
    "unit",
    MG_NUMBER_OF_MEANS,
    f"{MG_NUMBER_OF_MEANS} uncertainty",
    "area_km2",
    "outside_domain",
    "remark",
)

#: Parts of a unit's area up to which the smallest values reach, in the order of `BandSummary`.
FRACTIONS = (0.05, 0.25, 0.5, 0.75, 0.95)


class BandSummary(NamedTuple):
    """Statistics of one band inside one polygon; NaN where there is no valid pixel."""

    #: valid pixels that count, wholly or in part
    pixels: int
    #: part of the polygon's area that is covered by valid pixels, 0-1
    valid_fraction: float
    #: area-weighted mean and population standard deviation
    mean: float
    std: float
    minimum: float
    #: smallest values up to which 5, 25, 50, 75 and 95 % of the area lie
    p5: float
    p25: float
    median: float
    p75: float
    p95: float
    maximum: float
    #: 1 sigma of the model for the mean: the area-weighted mean of the pixels' sigmas, as their
    #: errors are alike and do not average out; None where no uncertainty was given
    mean_uncertainty: float | None = None
    #: valid pixels without a sigma, which are not part of it
    without_uncertainty: int = 0

    @property
    def shown(self) -> list[str]:
        """Names of the statistics for tables."""
        hidden = {"without_uncertainty"}
        if self.mean_uncertainty is None:
            hidden.add("mean_uncertainty")
        return [name for name in self._fields if name not in hidden]


class Unit(NamedTuple):
    """One polygon: its name, area in km2 and statistics by band name."""

    name: str
    area_km2: float
    bands: dict[str, BandSummary]
    #: correlation of the model's errors in MgO and FeO
    error_correlation: float = 0.0
    #: part of the valid area whose spectra the model does not know; None where it was not asked
    #: for, NaN without a valid pixel
    outside_domain: float | None = None
    #: part of the polygon that lies on the raster, 0-1
    on_raster: float = 1.0
    #: how its polygon was repaired, or, where its area is NaN, why it could not be measured
    note: str = ""

    @property
    def remark(self) -> str:
        """What to know before its numbers are used; "" when there is nothing."""
        if math.isnan(self.area_km2):
            return self.note
        parts = [self.note] if self.note else []
        if self.on_raster == 0:
            return "; ".join([*parts, "outside the raster"])
        if self.on_raster < _WHOLE:
            parts.append(f"{1 - self.on_raster:.1%} of it lies beyond the raster")
        if not any(summary.pixels for summary in self.bands.values()):
            parts.append("no valid pixel")
        return "; ".join(parts)

    def means(self) -> dict[str, Estimate]:
        """Means in the order of tables, with Mg# of them behind; NaN where not defined."""
        ordered = [name for name in TABLE_ORDER if name in self.bands]
        ordered += [name for name in self.bands if name not in TABLE_ORDER]
        found = {
            name: Estimate(self.bands[name].mean, self.bands[name].mean_uncertainty)
            for name in ordered
        }
        if {"MgO", "FeO"} <= found.keys():
            found[MG_NUMBER_OF_MEANS] = self._mg_number(found["MgO"], found["FeO"])
        return found

    def mg_number_columns(self) -> dict[str, float]:
        """Mg# of the means, and its uncertainty where there is one, by the columns' names."""
        found = self.means().get(MG_NUMBER_OF_MEANS)
        if found is None:
            return {}
        columns = {MG_NUMBER_OF_MEANS: found.value}
        if found.uncertainty is not None:
            columns[f"{MG_NUMBER_OF_MEANS} uncertainty"] = found.uncertainty
        return columns

    def _mg_number(self, mgo: Estimate, feo: Estimate) -> Estimate:
        value = float(mg_number(mgo.value, feo.value))
        if mgo.uncertainty is None or feo.uncertainty is None:
            return Estimate(value, None)
        sigma = mg_number_uncertainty(
            mgo.value, feo.value, mgo.uncertainty, feo.uncertainty, self.error_correlation
        )
        return Estimate(value, float(sigma))


def table(units: Sequence[Unit]) -> tuple[list[str], list[list[str | float | int]]]:
    """Header and rows.

    The first columns are those of Tables 5 and 6 of Zhang et al. (2023): the
    unit and its mean MgO, Al2O3, CaO, TiO2 and FeO in wt%. Behind them follow
    Mg# of the means, the area, what the model does not know, the other
    statistics band by band, and the remark.
    """
    means = [unit.means() for unit in units]
    bands = [name for name in means[0] if name != MG_NUMBER_OF_MEANS]
    statistics = [
        (band, name) for band in bands for name in units[0].bands[band].shown if name != "mean"
    ]
    mg = units[0].mg_number_columns()
    domain = [] if units[0].outside_domain is None else ["outside_domain"]
    header = ["unit", *bands, *mg, "area_km2", *domain]
    header += [*(f"{band}_{name}" for band, name in statistics), "remark"]
    rows = []
    for unit, found in zip(units, means):
        row: list[str | float | int] = [unit.name, *(found[band].value for band in bands)]
        row += [*unit.mg_number_columns().values(), unit.area_km2]
        if unit.outside_domain is not None:
            row.append(unit.outside_domain)
        row += [getattr(unit.bands[band], name) for band, name in statistics]
        rows.append([*row, unit.remark])
    return header, rows


def csv_table(units: Sequence[Unit]) -> str:
    """Make the table as CSV; numbers with four decimals, empty where there is none."""
    return csv_text(*table(units))
