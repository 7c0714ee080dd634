"""Classes of lunar terrain from oxides: mare and highlands, basalt types, terranes."""

from __future__ import annotations

from collections.abc import Sequence
from enum import IntEnum
from typing import NamedTuple

import numpy as np
from numpy.typing import ArrayLike, NDArray

from ..mathematics.sphere import MOON_RADIUS_KM, unit_vectors
from ..mathematics.statistics import Moments
from ..oxides.oxides import MG_NUMBER, mg_number
from ..oxides.published import GLOBAL, HIGHLANDS, MARE, MARE_FEO, published

#: No class.
NO_DATA = 0


class Scheme(IntEnum):
    """How pixels are classified. Append only: saved models hold positions."""

    MARE = 0
    BASALTS = 1
    TERRANES = 2

    @property
    def title(self) -> str:
        """For users."""
        return SCHEMES[self]


#: Titles in the order of `Scheme`.
SCHEMES = ("Mare and highlands (FeO)", "Basalt types (TiO2 within mare)", "Terranes (Mg# and FeO)")


class TerrainClass(NamedTuple):
    """A class; its number in the raster is its position in `CLASSES`, from 1 on."""

    name: str
    #: For maps; differs in brightness too
    colour: str
    #: What belongs to it, with {feo} and {mg} for the limits
    rule: str
    #: Region of Table 2 to compare it with, if any
    region: str | None = None


_HIGHLANDS = TerrainClass("highlands", "#e8e2d4", "FeO below {feo} wt%", HIGHLANDS)

CLASSES = {
    Scheme.MARE: (_HIGHLANDS, TerrainClass("mare", "#3b4a6b", "FeO of {feo} wt% or more", MARE)),
    Scheme.BASALTS: (
        _HIGHLANDS,
        TerrainClass("very-low-Ti mare", "#7fc3a9", "mare with TiO2 below 1 wt%"),
        TerrainClass("low-Ti mare", "#3f7fb5", "mare with TiO2 from 1 to 6 wt%"),
        TerrainClass("high-Ti mare", "#3a1f5c", "mare with TiO2 above 6 wt%"),
    ),
    Scheme.TERRANES: (
        TerrainClass(
            "feldspathic (FHT-like)", "#e8e2d4", "FeO below {feo} wt% and Mg# of {mg} or more"
        ),
        TerrainClass(
            "mafic (PKT-like)",
            "#b2452f",
            "FeO of {feo} wt% or more and Mg# below {mg}, outside the South Pole-Aitken basin",
        ),
        TerrainClass(
            "mafic in South Pole-Aitken (SPAT-like)",
            "#3f7fb5",
            "FeO of {feo} wt% or more and Mg# below {mg}, inside the South Pole-Aitken basin",
        ),
        TerrainClass(
            "undecided", "#9a9a9a", "FeO and Mg# disagree: only one of them is on the mafic side"
        ),
    ),
}

#: Limits of TiO2 in wt% between very-low-Ti, low-Ti and high-Ti mare basalts.
#: Neal and Taylor (1992), Geochimica et Cosmochimica Acta 56, 2177.
TIO2_LIMITS = (1.0, 6.0)

#: Oxides that a scheme needs.
NEEDED = {Scheme.MARE: ("FeO",), Scheme.BASALTS: ("FeO", "TiO2"), Scheme.TERRANES: ("FeO", "MgO")}


def default_feo(scheme: Scheme) -> float:
    """FeO in wt% that divides two classes by default: for terranes the published global mean."""
    return published(GLOBAL).values["FeO"] if scheme is Scheme.TERRANES else MARE_FEO


#: Mg# that divides terranes by default: the published global mean.
DEFAULT_MG = published(GLOBAL).values[MG_NUMBER]


class Limits(NamedTuple):
    """What divides the classes."""

    feo: float
    #: Used for terranes only
    mg: float = DEFAULT_MG


def rules(scheme: Scheme, limits: Limits) -> list[str]:
    """What belongs to each class, in words."""
    said = {"feo": f"{limits.feo:.4g}", "mg": f"{limits.mg:.4g}"}
    return [one.rule.format(**said) for one in CLASSES[scheme]]


#: The South Pole-Aitken basin: latitude and longitude of its middle in degrees, both axes of the
#: ellipse in km, and the azimuth of the longer in degrees, counterclockwise from north.
#: Garrick-Bethell and Zuber (2009), Icarus 204, 399: it describes topography, iron and thorium.
SPA_LAT, SPA_LON, SPA_AXES, SPA_AZIMUTH = -53.0, 191.0, (2400.0, 2050.0), 19.0


def in_south_pole_aitken(lon: ArrayLike, lat: ArrayLike) -> NDArray[np.bool_]:
    """Whether places in degrees, broadcastable, lie inside the South Pole-Aitken basin.

    Its ellipse is drawn on the sphere by distance and direction from its middle; what is not
    finite lies outside.
    """
    lon, lat = np.broadcast_arrays(np.asarray(lon, np.float64), np.asarray(lat, np.float64))
    place = unit_vectors(lon, lat)
    up = unit_vectors(SPA_LON, SPA_LAT)
    eastward = unit_vectors(SPA_LON + 90, 0)
    northward = np.cross(up, eastward)
    height, x, y = place @ up, place @ eastward, place @ northward
    across = np.hypot(x, y)
    distance = MOON_RADIUS_KM * np.arctan2(across, height)
    turn = np.radians(SPA_AZIMUTH)
    along, aside = y * np.cos(turn) - x * np.sin(turn), x * np.cos(turn) + y * np.sin(turn)
    # In units of the half axes; at the middle itself there is no direction.
    scale = np.divide(distance, across, out=np.zeros_like(across), where=across > 0)
    major, minor = (axis / 2 for axis in SPA_AXES)
    with np.errstate(invalid="ignore"):
        inside = np.hypot(along * scale / major, aside * scale / minor) <= 1
    return np.asarray(inside & np.isfinite(height), np.bool_)


def classify(
    scheme: Scheme,
    limits: Limits,
    feo: NDArray[np.floating],
    other: NDArray[np.floating] | None = None,
    inside_spa: ArrayLike = False,
) -> NDArray[np.uint8]:
    """Class numbers of pixels: from 1 on, in the order of `CLASSES`.

    From FeO in wt% and the other value that a scheme needs, of the same shape: for basalts TiO2 in
    wt%, for terranes Mg#. `NO_DATA` where one of them is not finite. For terranes, `inside_spa`
    says which pixels lie in the South Pole-Aitken basin.
    """
    valid = np.isfinite(feo)
    with np.errstate(invalid="ignore"):
        rich = feo >= limits.feo
        if scheme is Scheme.MARE:
            found = np.where(rich, 2, 1)
        else:
            if other is None:
                raise ValueError(f"{scheme.title} without its second values")
            valid &= np.isfinite(other)
            if scheme is Scheme.BASALTS:
                low, high = TIO2_LIMITS
                titanium = 2 + (other >= low).astype(np.uint8) + (other > high)
                found = np.where(rich, titanium, 1)
            else:
                ferroan = other < limits.mg
                mafic = np.where(inside_spa, 3, 2)
                found = np.where(rich & ferroan, mafic, np.where(rich | ferroan, 4, 1))
    return np.where(valid, found, NO_DATA).astype(np.uint8)


class Quantity(NamedTuple):
    """Area-weighted mean and population standard deviation, and their area in km2."""

    mean: float
    std: float
    area: float


class ClassSummary(NamedTuple):
    """Results for a class or for several together."""

    name: str
    pixels: int
    area_km2: float
    #: Of all classified area, 0-100
    percent: float
    #: By oxide, and of Mg#
    quantities: dict[str, Quantity]
    region: str | None = None

    @property
    def mg_number_of_means(self) -> float:
        """Mg# of the mean MgO and FeO, which is not the mean of Mg#; NaN without them."""
        if not {"MgO", "FeO"} <= self.quantities.keys():
            return np.nan
        return float(mg_number(self.quantities["MgO"].mean, self.quantities["FeO"].mean))

    def published(self, name: str) -> float:
        """The mean in Table 2; NaN when there is none."""
        return published(self.region).values[name] if self.region else np.nan

    def difference(self, name: str) -> float:
        """Mean minus the published one; NaN when either is missing."""
        return self.quantities[name].mean - self.published(name)


class ClassTotals:
    """Pixels, areas and means (of oxides, and Mg#) of the classes of a map, from its blocks."""

    def __init__(self, scheme: Scheme, names: Sequence[str]) -> None:
        self._scheme = scheme
        self._names = names
        count = len(CLASSES[scheme])
        self.pixels = np.zeros(count, np.int64)
        self.areas = np.zeros(count)
        self._moments = [[Moments() for _ in names] for _ in range(count)]

    def add(
        self, classes: NDArray[np.uint8], values: NDArray[np.floating], areas: NDArray[np.float64]
    ) -> None:
        """Add pixels [n]: classes, values [quantities, n] with NaN where none, areas in km2.

        Pixels without class or area do not count.
        """
        for index, moments in enumerate(self._moments):
            chosen = (classes == index + 1) & (areas > 0)
            if not chosen.any():
                continue
            weights = areas[chosen]
            self.pixels[index] += weights.size
            self.areas[index] += weights.sum()
            for moment, row in zip(moments, values):
                inside = row[chosen]
                known = np.isfinite(inside)
                moment.add(inside[known], weights[known])

    def summaries(self) -> list[ClassSummary]:
        """The classes, then all mare where it is divided, then everything."""
        classes = CLASSES[self._scheme]
        found = [self._summary(one.name, [index], one.region) for index, one in enumerate(classes)]
        if self._scheme is Scheme.BASALTS:
            found.append(self._summary("mare, all types", [1, 2, 3], MARE))
        return [*found, self._summary("whole raster", range(len(classes)), GLOBAL)]

    def mare_percent(self) -> float:
        """Percentage of the classified area that is mare; NaN for terranes."""
        if self._scheme is Scheme.TERRANES:
            return np.nan
        return float(100 * self.areas[1:].sum() / self.areas.sum())

    def _summary(self, name: str, members: Sequence[int], region: str | None) -> ClassSummary:
        area = float(self.areas[list(members)].sum())
        whole = float(self.areas.sum())
        quantities = {
            quantity: _together([self._moments[member][index] for member in members])
            for index, quantity in enumerate(self._names)
        }
        pixels = int(self.pixels[list(members)].sum())
        percent = 100 * area / whole if whole else 0.0
        return ClassSummary(name, pixels, area, percent, quantities, region)


def _together(moments: Sequence[Moments]) -> Quantity:
    """Mean and standard deviation of several parts together."""
    parts = [part for part in moments if part.count]
    if not parts:
        return Quantity(np.nan, np.nan, 0.0)
    weights = np.array([part.weight for part in parts])
    means = np.array([part.mean for part in parts])
    variances = np.array([part.std for part in parts]) ** 2
    area = float(weights.sum())
    mean = float(weights @ means / area)
    variance = float(weights @ (variances + (means - mean) ** 2) / area)
    return Quantity(mean, float(np.sqrt(variance)), area)


def summary_table(summaries: Sequence[ClassSummary]) -> tuple[list[str], list[list[object]]]:
    """Header and rows of a table, a row for each class, with Table 2 and the difference to it."""
    names = list(summaries[0].quantities)
    header = ["class", "pixels", "area_km2", "area_percent"]
    header += [f"{name}_{kind}" for name in names for kind in ("mean", "std")]
    header += [f"{MG_NUMBER}_of_means", "published_region"]
    header += [f"{name}_{kind}" for name in names for kind in ("published", "difference")]
    rows = []
    for one in summaries:
        row: list[object] = [one.name, one.pixels, one.area_km2, one.percent]
        row += [value for name in names for value in one.quantities[name][:2]]
        row += [one.mg_number_of_means, one.region]
        row += [value for name in names for value in (one.published(name), one.difference(name))]
        rows.append(row)
    return header, rows
