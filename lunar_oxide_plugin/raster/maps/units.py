"""Geological units: statistics of an oxide raster inside polygons, and a map of them."""

from __future__ import annotations

import math
from collections.abc import Callable, Mapping, Sequence
from functools import partial
from typing import NamedTuple

from ...core.errors import RasterError
from ...core.results.units import TABLE_COLUMNS, Unit, UnitMap
from ...core.results.zone_statistics import Values
from ...core.tables import distinct_names
from ...core.watch import SILENT, Watch
from ..gdal_io.blocks import Window, around
from ..gdal_io.read_ahead import answering
from ..moon.require_moon import require_moon
from ..sources.auxiliary_bands import listed
from ..sources.oxide_units import require_weight_percent
from ..sources.raster import Raster
from .overview import outline_on, overview
from .uncertainty import Uncertainty
from .zone_plan import Zone
from .zone_statistics import ZonalStatistics

#: Units that are named when none can be measured.
_NAMED = 3


class UnitPolygon(NamedTuple):
    """A unit before it is measured: its name, and its polygon or multipolygon."""

    name: str
    wkb: bytes


class UnitStatistics(NamedTuple):
    """What was found, in the order of the polygons."""

    units: list[Unit]
    #: The polygons on the raster's grid.
    zones: list[Zone]
    #: Some pixels of each unit to draw, float32 [bands, n], the bands in the units' order.
    samples: list[Values]
    #: What a reader should know of the inputs, and of pixels without an uncertainty.
    notes: list[str]


def unit_statistics(
    raster: Raster,
    polygons: Sequence[UnitPolygon],
    wkt: str,
    *,
    name: str = "The polygon layer",
    uncertainty: Raster | None = None,
    domain: Raster | None = None,
    centres: bool = False,
    threads: int = 1,
    watch: Watch = SILENT,
) -> UnitStatistics:
    """Measure all bands of a raster of oxides in wt%, except alpha and masks, inside polygons.

    The unit of a polygon that cannot be measured says why in its remark. Inputs that do not fit
    each other, and polygons of which none can be measured, are refused.

    Parameters
    ----------
    wkt, name : str
        CRS of the polygons, on the Moon, and what messages call them.
    uncertainty, domain : Raster, optional
        1 sigma of the oxides, and distances from the model's training domain (`domain_raster`), on
        the same pixels.
    centres : bool
        Whether a pixel counts when its centre lies inside; otherwise by the part that is covered.
    threads : int
        How many read.
    watch : Watch
        Takes progress, notes on the inputs and warnings on units.
    """
    require_moon(wkt, name)
    require_weight_percent(raster, check=watch.check)
    bands = _bands(raster)
    auxiliary = raster.auxiliary_bands
    notes = []
    if auxiliary:
        notes.append(f"Bands of {raster.name} that are left out: {listed(auxiliary, auxiliary)}.")
    correlation, sigmas = 0.0, None
    if uncertainty:
        names = {number: band for band, number in bands.items()}
        sigmas = Uncertainty(uncertainty, raster, names)
        notes += sigmas.notes
        if all(bands.get(oxide) in sigmas.bands for oxide in ("MgO", "FeO")):
            correlation, source = sigmas.correlation("MgO", "FeO")
            notes.append(f"Correlation of the errors of MgO and FeO: {source}.")
    for note in notes:
        watch.note(note)
    statistics = ZonalStatistics(raster, bands, sigmas, domain, correlation, centres, threads)
    zones = []
    for polygon in polygons:
        watch.check()
        try:
            zones.append(statistics.zone(polygon.wkb, wkt, watch.check))
        except RasterError as error:
            zones.append(Zone.unmeasured(str(error)))
    if all(zone.touched is None for zone in zones):
        raise _none_on_raster(polygons, zones, raster)
    found = statistics.summarise(zones, watch.progress)
    units = [
        Unit(
            name=polygon.name,
            area_km2=zone.area,
            bands=dict(zip(statistics.names, summary.bands)),
            error_correlation=correlation,
            outside_domain=summary.outside_domain,
            on_raster=zone.covered / zone.area,
            note=zone.note,
        )
        for polygon, zone, summary in zip(polygons, zones, found)
    ]
    for unit in units:
        if unit.remark:
            watch.warn(f"Unit '{unit.name}': {unit.remark}.")
        lacking = _without_uncertainty(unit)
        if lacking:
            watch.warn(lacking)
            notes.append(lacking)
    return UnitStatistics(units, zones, [one.sample for one in found], notes)


def unit_map(raster: Raster, zones: Sequence[Zone], check: Callable[[], None]) -> UnitMap | None:
    """FeO, or else the first band, around the units, and their outlines; None without any."""
    touched = [zone.touched for zone in zones if zone.touched is not None]
    if not touched:
        return None
    window = around(touched)
    margin = max(window.width, window.height) // 20 + 1
    x, y, width, height = window
    wider = Window(x - margin, y - margin, width + 2 * margin, height + 2 * margin)
    bands = _bands(raster)
    name = "FeO" if "FeO" in bands else next(iter(bands))
    shown = wider.intersection(raster.grid.window) or window
    image = overview(raster, bands[name], shown, check)
    outlines = [answering(partial(outline_on, image, zone.polygon), check) for zone in zones]
    return UnitMap(name, image, outlines)


def _bands(raster: Raster) -> Mapping[str, int]:
    """Numbers of the bands to measure, by their descriptions, made unique for tables."""
    raster.require_measurement()
    auxiliary = raster.auxiliary_bands
    described = {
        number: name or f"band{number}"
        for number, name in enumerate(raster.band_names, start=1)
        if number not in auxiliary
    }
    return dict(zip(distinct_names(list(described.values()), TABLE_COLUMNS), described))


def _none_on_raster(
    polygons: Sequence[UnitPolygon], zones: Sequence[Zone], raster: Raster
) -> RasterError:
    reasons = [
        f"'{polygon.name}': {zone.note if math.isnan(zone.area) else 'outside the raster'}"
        for polygon, zone in zip(polygons[:_NAMED], zones)
    ]
    reasons += [f"{len(zones) - _NAMED} more"] if len(zones) > _NAMED else []
    return RasterError(
        f"No unit of ZONES can be measured on {raster.name} ({'; '.join(reasons)}). Give polygons "
        "that lie on the raster."
    )


def _without_uncertainty(unit: Unit) -> str:
    """Which pixels of a unit have no uncertainty, as a warning; "" when all have one."""
    lacking = ", ".join(
        f"{band} {summary['without_uncertainty']} of {summary['pixels']}"
        for band, summary in unit.bands.items()
        if summary.get("without_uncertainty")
    )
    if not lacking:
        return ""
    return (
        f"Unit '{unit.name}': valid pixels without an uncertainty do not count in the uncertainty "
        f"of the mean ({lacking}). Is the uncertainty raster from the same run?"
    )
