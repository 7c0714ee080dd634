"""Geological units: the statistics of their bands, and the columns that tables have of them."""

from __future__ import annotations

import math
import re
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from functools import partial
from typing import Any, NamedTuple

import numpy as np
from numpy.typing import NDArray

from ..mathematics.statistics import Moments
from ..oxides.oxides import MG_NUMBER, mg_number
from ..oxides.uncertainty import mg_number_uncertainty
from ..tables import Estimate, distinct_names

#: Order of the oxides in Tables 5 and 6 of Zhang et al. (2023).
TABLE_ORDER = ("MgO", "Al2O3", "CaO", "TiO2", "FeO")

#: Parts above this are the whole, except for rounding.
_WHOLE = 0.999999

#: Mg# of a unit's mean MgO and FeO, which is not the mean of Mg#.
MG_NUMBER_OF_MEANS = f"{MG_NUMBER} of means"

_MG_SIGMA = f"{MG_NUMBER_OF_MEANS} uncertainty"

#: Columns of the table that belong to no band.
TABLE_COLUMNS = ("unit", MG_NUMBER_OF_MEANS, _MG_SIGMA, "area_km2", "outside_domain", "remark")

#: Percentiles by name: the smallest value up to which this part of a unit's valid area lies.
QUANTILES = {"p5": 0.05, "p25": 0.25, "median": 0.5, "p75": 0.75, "p95": 0.95}


class BandPixels(NamedTuple):
    """The valid pixels of one band inside one polygon, from which its statistics follow."""

    #: Weighted by area; pixels that are partly covered count too.
    values: Moments
    #: By the names of `QUANTILES`.
    quantiles: Mapping[str, float]
    #: Part of the polygon's area that they cover, 0-1.
    valid_fraction: float
    #: Of their 1-sigma uncertainties; None where no uncertainty was given.
    sigmas: Moments | None = None


class Statistic(NamedTuple):
    """A statistic of one band inside one polygon."""

    #: Heading in the report.
    title: str
    #: NaN where there is no valid pixel; None where it does not apply.
    of: Callable[[BandPixels], float | None]
    #: Of its column in the layer.
    kind: type = float
    #: In the report; None for those of the band.
    decimals: int | None = None
    #: Whether the layer, the table and the report show it.
    shown: bool = True


def _quantile(name: str, pixels: BandPixels) -> float:
    return pixels.quantiles[name]


#: All statistics, by the name that their columns end in. A new one needs an entry here only.
STATISTICS = {
    "pixels": Statistic("pixels", lambda pixels: pixels.values.count, int),
    "valid_fraction": Statistic("valid fraction", lambda pixels: pixels.valid_fraction, decimals=3),
    "mean": Statistic("mean", lambda pixels: pixels.values.mean),
    "std": Statistic("std", lambda pixels: pixels.values.std),
    "minimum": Statistic("minimum", lambda pixels: pixels.values.minimum),
    **{name: Statistic(name, partial(_quantile, name)) for name in QUANTILES},
    "maximum": Statistic("maximum", lambda pixels: pixels.values.maximum),
    # The model errs alike in neighbouring pixels, so errors do not average out.
    "mean_uncertainty": Statistic(
        "mean uncertainty", lambda pixels: pixels.sigmas.mean if pixels.sigmas else None
    ),
    "without_uncertainty": Statistic(
        "pixels without uncertainty",
        lambda pixels: pixels.values.count - pixels.sigmas.count if pixels.sigmas else None,
        int,
        shown=False,
    ),
}

#: The statistics that apply to a band, by their names in `STATISTICS`.
BandSummary = Mapping[str, float]


def summary(pixels: BandPixels) -> BandSummary:
    """All statistics of a band."""
    found = {name: statistic.of(pixels) for name, statistic in STATISTICS.items()}
    return {name: value for name, value in found.items() if value is not None}


class Unit(NamedTuple):
    """One polygon: its name, area in km2 and statistics by band name."""

    name: str
    area_km2: float
    bands: dict[str, BandSummary]
    #: Correlation of the model's errors in MgO and FeO.
    error_correlation: float = 0.0
    #: Part of the valid area outside the model's area of applicability; None where it was not
    #: asked for, NaN without a valid pixel.
    outside_domain: float | None = None
    #: Part of the polygon that lies on the raster, 0-1.
    on_raster: float = 1.0
    #: How its polygon was repaired, or, where its area is NaN, why it could not be measured.
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
        if not any(band["pixels"] for band in self.bands.values()):
            parts.append("no valid pixel")
        return "; ".join(parts)

    def shown(self, band: str) -> list[str]:
        """Names of the statistics of a band that tables show."""
        return [name for name in self.bands[band] if STATISTICS[name].shown]

    def means(self) -> dict[str, Estimate]:
        """Means in the order of tables, followed by Mg# of them; NaN where not defined."""
        ordered = [name for name in TABLE_ORDER if name in self.bands]
        ordered += [name for name in self.bands if name not in TABLE_ORDER]
        found = {
            name: Estimate(self.bands[name]["mean"], self.bands[name].get("mean_uncertainty"))
            for name in ordered
        }
        if {"MgO", "FeO"} <= found.keys():
            (mgo, u), (feo, v) = found["MgO"], found["FeO"]
            sigma = None
            if u is not None and v is not None:
                sigma = float(mg_number_uncertainty(mgo, feo, u, v, self.error_correlation))
            found[MG_NUMBER_OF_MEANS] = Estimate(float(mg_number(mgo, feo)), sigma)
        return found


class Overview(NamedTuple):
    """A band of a raster in few pixels, and where it lies."""

    #: float32 [height, width], NaN where nodata
    values: NDArray[np.float32]
    #: left, right, bottom, top on the axes
    extent: tuple[float, float, float, float]
    #: what one unit on the axes is: "°" or "km"
    unit: str
    #: map units of the raster in one unit on the axes
    scale: float
    #: height of one unit on the page beside the width of one
    aspect: float


class UnitMap(NamedTuple):
    """A band of a raster, and the rings [n, 2] of each unit on the axes of its image."""

    band: str
    image: Overview
    outlines: Sequence[Sequence[NDArray[np.float64]]]


class Column(NamedTuple):
    """A column of results, which has a value for each unit."""

    name: str
    kind: type
    of: Callable[[Unit], Any]


def layer_columns(units: Sequence[Unit]) -> list[Column]:
    """Columns of the layer: the bands in the raster's order, by names that any format takes."""
    first = units[0]
    bands = distinct_names([_plain(band) for band in first.bands])
    found = [*_extent(first)]
    for name, band in zip(bands, first.bands):
        found += _statistics(name, band, first.shown(band))
    found += [column._replace(name=_plain(column.name)) for column in _mg_number(first)]
    return [*found, _REMARK]


def table(units: Sequence[Unit]) -> tuple[list[str], list[list[Any]]]:
    """Header and rows of the table.

    The first columns are those of Tables 5 and 6 of Zhang et al. (2023): the unit and its mean
    MgO, Al2O3, CaO, TiO2 and FeO in wt%. Mg# of the means, the area, the part outside the model's
    area of applicability, the other statistics band by band, and the remark follow.
    """
    first = units[0]
    bands = [name for name in first.means() if name != MG_NUMBER_OF_MEANS]
    columns = [Column("unit", str, lambda unit: unit.name)]
    columns += [Column(band, float, partial(_statistic, band, "mean")) for band in bands]
    columns += [*_mg_number(first), *_extent(first)]
    for band in bands:
        columns += _statistics(band, band, [name for name in first.shown(band) if name != "mean"])
    columns.append(_REMARK)
    return [one.name for one in columns], [[one.of(unit) for one in columns] for unit in units]


_REMARK = Column("remark", str, lambda unit: unit.remark)


def _extent(first: Unit) -> Iterator[Column]:
    yield Column("area_km2", float, lambda unit: unit.area_km2)
    if first.outside_domain is not None:
        yield Column("outside_domain", float, lambda unit: unit.outside_domain)


def _mg_number(first: Unit) -> Iterator[Column]:
    """Mg# of the means, and its uncertainty where there is one."""
    name = MG_NUMBER_OF_MEANS
    estimate = first.means().get(name)
    if estimate is not None:
        yield Column(name, float, lambda unit: unit.means()[name].value)
        if estimate.uncertainty is not None:
            yield Column(_MG_SIGMA, float, lambda unit: unit.means()[name].uncertainty)


def _statistics(name: str, band: str, statistics: Iterable[str]) -> list[Column]:
    return [
        Column(f"{name}_{each}", STATISTICS[each].kind, partial(_statistic, band, each))
        for each in statistics
    ]


def _statistic(band: str, name: str, unit: Unit) -> float:
    return unit.bands[band][name]


def _plain(band: str) -> str:
    """A band's name as a column can carry it."""
    return re.sub(r"\W+", "_", band.replace("#", "_number")).strip("_") or "band"
