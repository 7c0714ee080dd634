"""Algorithm `zonaloxides`."""

from __future__ import annotations

import math
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from functools import partial
from typing import Any, NamedTuple, TypeVar

from qgis.core import (
    QgsFeature,
    QgsProcessing,
    QgsProcessingContext,
    QgsProcessingFeedback,
    QgsProcessingParameterEnum,
    QgsProcessingParameterField,
    QgsProcessingParameterFileDestination,
    QgsProcessingParameterVectorDestination,
)

from ...core.errors import RasterError
from ...core.results.separability import Separation, separations
from ...core.results.units import TABLE_COLUMNS, Unit, csv_table
from ...core.results.zone_statistics import ZoneSummary
from ...core.tables import csv_lines, distinct_names
from ...raster.gdal_io.blocks import Window, around
from ...raster.gdal_io.read_ahead import answering
from ...raster.maps.overview import outline_on, overview
from ...raster.maps.uncertainty import Uncertainty
from ...raster.maps.zone_plan import Zone
from ...raster.maps.zone_statistics import ZonalStatistics
from ...raster.moon.require_moon import require_moon
from ...raster.sources.auxiliary_bands import listed
from ...raster.sources.oxide_units import require_weight_percent
from ...raster.sources.raster import Raster
from ...raster.sources.same_run import domain_raster
from ...report.unit_report import UnitMap, html_report
from ..attributes import attribute_text
from ..base import LunarOxideAlgorithm
from ..inputs import FeatureParameter, RasterParameter
from ..progress import progress_or_cancel, stop_if_cancelled
from ..unit_layer import Key, key_of, write_units
from ..vector_input import VectorInput

T = TypeVar("T")

#: Units that are named where none can be measured.
_NAMED = 3

#: Rows that are written between two looks at the user's wish to cancel.
_PATIENCE = 1000

#: What the columns mean_uncertainty are; in the help and in reports.
_MODEL_UNCERTAINTY = (
    "The model sees nearly the same spectrum in neighbouring pixels of a unit and errs alike, so "
    "its errors do not average out with the number of pixels. The uncertainty of a mean is "
    "therefore the area-weighted mean of the pixels' uncertainties, as for fully correlated "
    "errors, and an upper bound for any others. A pixel counts where oxide and uncertainty are "
    "both valid. That of Mg# of the means follows by first-order error propagation (JCGM 100:2008, "
    "eq. 13) with the correlation of the model's errors in MgO and FeO; without a stated one, 0."
)


class ZonalOxides(LunarOxideAlgorithm):
    """Statistics of an oxide raster in geological units."""

    NAME = "zonaloxides"
    TITLE = "Unit statistics"
    GROUP = "Analysis"
    SUMMARY = "Statistics of every oxide inside each polygon: a table of geological units."
    DETAILS = (
        "For each polygon and band: number of valid pixels, valid fraction of the polygon's area, "
        "mean, standard deviation, minimum, maximum and the percentiles 5, 25, 50 (median), 75 and "
        "95, and the polygon's area on the sphere in km2. A pixel counts by the part of it that "
        "the polygon covers, times its area on the sphere, which a planar calculation on an "
        "equirectangular map gets wrong away from the equator. With MgO and FeO, Mg# is given "
        "twice: of the means (the unit's own composition) and as the mean of Mg# over the pixels. "
        "A polygon without a valid pixel has a row that says so. The report compares every two "
        "units by Cohen's d, the difference of their means beside the scatter of their pixels: "
        "unlike a p-value it does not grow with the number of pixels. Raster and "
        "polygons may be in any lunar CRS. In longitudes, an edge goes the shorter way around the "
        "Moon, and a ring that does not come back to its start goes around the nearer pole. The "
        "table begins with the columns of Tables 5 and 6 of Zhang et al. (2023). With an "
        "uncertainty raster, each mean gets the model's 1 sigma, which is not the scatter of the "
        "pixels: " + _MODEL_UNCERTAINTY
    )
    TAGS = ("zonal statistics", "polygons", "mean", "table", "report", "uncertainty")

    ZONES = "ZONES"
    INPUT = "INPUT"
    NAME_FIELD = "NAME_FIELD"
    UNCERTAINTY = "UNCERTAINTY"
    DOMAIN = "DOMAIN"
    EDGES = "EDGES"
    OUTPUT = "OUTPUT"
    TABLE = "TABLE"
    SEPARATION = "SEPARATION"
    REPORT = "REPORT"

    def initAlgorithm(self, configuration: dict[str, Any] | None = None) -> None:
        """Declare the parameters."""
        self.add(
            FeatureParameter(
                self.ZONES, "Units (polygons)", [QgsProcessing.SourceType.TypeVectorPolygon]
            ),
            "Polygons in a lunar coordinate reference system.",
        )
        self.add(
            RasterParameter(self.INPUT, "Oxide raster"),
            "Such as the result of Predict oxides or Mg number; all its bands are used but alpha "
            "and masks.",
        )
        self.add(
            QgsProcessingParameterField(
                self.NAME_FIELD,
                "Name field",
                parentLayerParameterName=self.ZONES,
                optional=True,
            ),
            "Holds the units' names. Empty: they are numbered.",
        )
        self.add(
            RasterParameter(self.UNCERTAINTY, "Uncertainty raster", None, True),
            "1 sigma of the oxides (bands described as FeO 1 sigma ...), on the same pixels: the "
            "result Uncertainty of the same run of Predict oxides. Adds the model's uncertainty of "
            "every mean.",
        )
        self.add(
            RasterParameter(self.DOMAIN, "Domain distance raster", None, True),
            "The result Domain distance of the same run of Predict oxides. Adds the part of every "
            "unit whose spectra are unlike all training sites (distance above 1).",
        )
        self.add(
            QgsProcessingParameterEnum(
                self.EDGES,
                "Pixels on the edge of a polygon",
                ["Count by the part that is covered", "Count when the centre lies inside"],
                defaultValue=0,
                optional=True,
            ),
            "Units of few pixels depend on it. The covered part is exact for straight edges; the "
            "other is the rule of QGIS's own zonal statistics.",
        )
        self.add(
            QgsProcessingParameterVectorDestination(self.OUTPUT, "Units with statistics"),
            "GeoPackage: the polygons with a column per oxide and statistic.",
        )
        self.add(
            QgsProcessingParameterFileDestination(
                self.TABLE, "Table", "CSV (*.csv)", optional=True, createByDefault=False
            ),
            "The statistics as CSV, means first.",
        )
        self.add(
            QgsProcessingParameterFileDestination(
                self.SEPARATION,
                "Separation of units",
                "CSV (*.csv)",
                optional=True,
                createByDefault=False,
            ),
            "Every two units as CSV: difference of the means, Cohen's d, and the difference in "
            "model uncertainties. Of n units n (n - 1) / 2 rows for each band.",
        )
        self.add(
            QgsProcessingParameterFileDestination(
                self.REPORT, "Report", "HTML (*.html)", optional=True, createByDefault=False
            ),
            "The statistics as a page to read and print: map, means, box plots, scatter plots, "
            "separation of units, and where all of it comes from.",
        )

    def compute(
        self,
        parameters: dict[str, Any],
        context: QgsProcessingContext,
        feedback: QgsProcessingFeedback,
    ) -> dict[str, Any]:
        """Measure polygon by polygon, then write all outputs."""
        zones = self.vector(self.ZONES)
        features = list(zones.features(lambda: stop_if_cancelled(feedback)))
        if not features:
            raise RasterError(f"The polygon layer {zones.name} (ZONES) has no polygon.")
        require_moon(zones.wkt, f"The polygon layer {zones.name} (ZONES)")
        key = key_of(zones.source.fields(), features)
        labels = self._labels(parameters, context, zones, features, key.numbers)
        raster = Raster(self.input_paths(self.INPUT)[0])
        require_weight_percent(raster, check=lambda: stop_if_cancelled(feedback))
        bands = _bands(raster)
        uncertainty = self._uncertainty(raster, bands)
        domains = self.input_paths(self.DOMAIN)
        domain = domain_raster(domains[0], raster) if domains else None
        correlation, remarks = _error_correlation(uncertainty, bands)
        remarks = [*_left_out(raster), *remarks]
        for remark in remarks:
            feedback.pushInfo(remark)
        statistics = ZonalStatistics(
            raster,
            bands,
            uncertainty,
            domain,
            correlation,
            self.parameterAsEnum(parameters, self.EDGES, context) == 1,
            self.threads(parameters, context),
        )
        on_grid = []
        for feature in features:
            stop_if_cancelled(feedback)
            try:
                wkb = bytes(feature.geometry().asWkb())
                zone = statistics.zone(wkb, zones.wkt, lambda: stop_if_cancelled(feedback))
            except RasterError as error:
                zone = Zone.unmeasured(str(error))  # it costs its own row, not the others'
            on_grid.append(zone)
        _require_any_on_raster(labels, on_grid, raster)
        summaries = statistics.summarise(on_grid, progress_or_cancel(feedback))
        units = [
            _unit(label, zone, summary, statistics.names, correlation)
            for label, zone, summary in zip(labels, on_grid, summaries)
        ]
        for unit in units:
            if unit.remark:
                feedback.pushWarning(f"Unit '{unit.name}': {unit.remark}.")
            lacking = _lacking(unit)
            if lacking:
                feedback.pushWarning(lacking)
                remarks.append(lacking)
        inputs = [raster]
        inputs += [uncertainty.raster] if uncertainty else []
        inputs += [domain] if domain else []
        measured = _Measured(
            zones, key, features, on_grid, units, [one.sample for one in summaries]
        )
        return self._write(parameters, context, feedback, measured, inputs, remarks)

    def _labels(
        self,
        parameters: dict[str, Any],
        context: QgsProcessingContext,
        zones: VectorInput,
        features: Sequence[QgsFeature],
        numbers: Sequence[int],
    ) -> list[str]:
        field = self.parameterAsString(parameters, self.NAME_FIELD, context)
        if not field:
            return list(map(str, numbers))
        fields = zones.source.fields().names()
        if field not in fields:
            raise RasterError(
                f"NAME_FIELD is {field}, but {zones.name} has the fields "
                f"{', '.join(fields)}. Choose one of them, or leave it empty."
            )
        names = [attribute_text(feature[field]) for feature in features]
        return [name if name.strip() else str(number) for number, name in zip(numbers, names)]

    def _uncertainty(self, raster: Raster, bands: Mapping[str, int]) -> Uncertainty | None:
        paths = self.input_paths(self.UNCERTAINTY)
        names = {number: name for name, number in bands.items()}
        return Uncertainty(Raster(paths[0]), raster, names) if paths else None

    def _write(
        self,
        parameters: dict[str, Any],
        context: QgsProcessingContext,
        feedback: QgsProcessingFeedback,
        measured: _Measured,
        inputs: Sequence[Raster],
        remarks: Sequence[str],
    ) -> dict[str, Any]:
        raster, units = inputs[0], measured.units
        results = {
            name: self.output_path(parameters, name, context)
            for name in (self.OUTPUT, self.TABLE, self.SEPARATION, self.REPORT)
        }
        results = {name: path for name, path in results.items() if path}
        provenance = {**raster.model_metadata(), **self.provenance(parameters, *inputs)}
        with self.output_files(*inputs) as files:
            renamed = write_units(
                files,
                results[self.OUTPUT],
                measured.zones.source.fields(),
                measured.zones.wkt,
                measured.key,
                measured.features,
                units,
            )
            for note in renamed:
                feedback.pushWarning(note)
            if self.TABLE in results:
                files.text(results[self.TABLE], csv_table(units))
            if self.SEPARATION in results:
                pairs = _cancellable(separations(units), feedback)
                files.text(results[self.SEPARATION], csv_lines(Separation._fields, pairs))
            if self.REPORT in results:
                notes = [
                    f"Statistics of {raster.name} inside {measured.zones.name}. Oxides in "
                    "wt%, Mg# as a molar fraction, areas on the sphere. A pixel counts "
                    + (
                        "wholly when its centre lies inside"
                        if self.parameterAsEnum(parameters, self.EDGES, context) == 1
                        else "by the part of it that the polygon covers"
                    )
                    + "; means, standard deviations and percentiles are weighted by area."
                ]
                if units[0].bands[next(iter(units[0].bands))].mean_uncertainty is not None:
                    notes.append(f"± is the model's 1-sigma uncertainty. {_MODEL_UNCERTAINTY}")
                image = _unit_map(raster, measured, lambda: stop_if_cancelled(feedback))
                page = html_report(
                    units,
                    [*notes, *remarks, *self.remarks()],
                    provenance,
                    synthetic=any(one.synthetic for one in inputs),
                    image=image,
                    samples=measured.samples,
                )
                files.text(results[self.REPORT], page)
        return results


class _Measured(NamedTuple):
    """The polygons as given and on the raster's grid, and what was found in them."""

    zones: VectorInput
    key: Key
    features: Sequence[QgsFeature]
    on_grid: Sequence[Zone]
    units: Sequence[Unit]
    samples: Sequence[Any]


def _cancellable(items: Iterable[T], feedback: QgsProcessingFeedback) -> Iterator[T]:
    """The same items, until the user cancels."""
    for count, item in enumerate(items):
        if count % _PATIENCE == 0:
            stop_if_cancelled(feedback)
        yield item


def _unit(
    label: str, zone: Zone, summary: ZoneSummary, names: Sequence[str], correlation: float
) -> Unit:
    return Unit(
        label,
        zone.area,
        dict(zip(names, summary.bands)),
        correlation,
        summary.outside_domain,
        zone.covered / zone.area,
        zone.note,
    )


def _require_any_on_raster(labels: Sequence[str], zones: Sequence[Zone], raster: Raster) -> None:
    if any(zone.touched is not None for zone in zones):
        return
    reasons = [
        f"'{label}': {zone.note if math.isnan(zone.area) else 'outside the raster'}"
        for label, zone in zip(labels[:_NAMED], zones)
    ]
    reasons += [f"{len(zones) - _NAMED} more"] if len(zones) > _NAMED else []
    raise RasterError(
        f"No unit of ZONES can be measured on {raster.name} ({'; '.join(reasons)}). Give polygons "
        "that lie on the raster."
    )


def _unit_map(raster: Raster, measured: _Measured, check: Callable[[], None]) -> UnitMap | None:
    """The part of the raster around the units, with their outlines; None when all lie beside it."""
    touched = [zone.touched for zone in measured.on_grid if zone.touched is not None]
    if not touched:
        return None
    window = around(touched)
    margin = max(window.width, window.height) // 20 + 1
    wider = Window(
        window.x - margin, window.y - margin, window.width + 2 * margin, window.height + 2 * margin
    )
    bands = _bands(raster)
    name = "FeO" if "FeO" in bands else next(iter(bands))
    shown = wider.intersection(raster.grid.window) or window
    image = overview(raster, bands[name], shown, check)
    outlines = [
        answering(partial(outline_on, image, zone.polygon), check) for zone in measured.on_grid
    ]
    return UnitMap(name, image, outlines)


def _error_correlation(
    uncertainty: Uncertainty | None, bands: Mapping[str, int]
) -> tuple[float, list[str]]:
    """Correlation of the errors of MgO and FeO, and what to say of the uncertainty raster."""
    if uncertainty is None:
        return 0.0, []
    known = {name for name, number in bands.items() if number in uncertainty.bands}
    if not {"MgO", "FeO"} <= known:
        return 0.0, uncertainty.notes
    value, said = uncertainty.correlation("MgO", "FeO")
    return value, [*uncertainty.notes, f"Correlation of the errors of MgO and FeO: {said}."]


def _lacking(unit: Unit) -> str:
    """Which pixels of a unit have no uncertainty, as a warning; "" when all have one."""
    lacking = [
        f"{band} {summary.without_uncertainty} of {summary.pixels}"
        for band, summary in unit.bands.items()
        if summary.without_uncertainty
    ]
    if not lacking:
        return ""
    return (
        f"Unit '{unit.name}': valid pixels without an uncertainty are not in the uncertainty of "
        f"the mean ({', '.join(lacking)}). Is the uncertainty raster of the same run?"
    )


def _bands(raster: Raster) -> dict[str, int]:
    """Numbers of the bands to measure, by their descriptions, made unique for tables and columns.

    Raises
    ------
    RasterError
        When none of them is a measurement.
    """
    raster.require_measurement()
    auxiliary = raster.auxiliary_bands
    described = {
        number: name or f"band{number}"
        for number, name in enumerate(raster.band_names, start=1)
        if number not in auxiliary
    }
    return dict(zip(distinct_names(list(described.values()), TABLE_COLUMNS), described))


def _left_out(raster: Raster) -> list[str]:
    auxiliary = raster.auxiliary_bands
    if not auxiliary:
        return []
    return [f"Bands of {raster.name} that are left out: {listed(auxiliary, auxiliary)}."]
