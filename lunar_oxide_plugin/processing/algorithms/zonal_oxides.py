"""Algorithm `zonaloxides`."""

from __future__ import annotations

import math
import re
from collections.abc import Sequence
from typing import Any

from qgis.core import (
    NULL,
    QgsFeature,
    QgsField,
    QgsFields,
    QgsProcessing,
    QgsProcessingContext,
    QgsProcessingException,
    QgsProcessingFeatureSource,
    QgsProcessingFeedback,
    QgsProcessingParameterFeatureSource,
    QgsProcessingParameterField,
    QgsProcessingParameterFileDestination,
    QgsProcessingParameterVectorDestination,
)
from qgis.PyQt.QtCore import QVariant

from ...core.errors import RasterError
from ...core.units import Unit, csv_table
from ...raster.geopackage import write_polygons
from ...raster.guard import require_moon
from ...raster.outputs import OutputFiles
from ...raster.oxide_units import require_weight_percent
from ...raster.raster import Raster
from ...raster.uncertainty import Uncertainty
from ...raster.zonal import ZonalStatistics
from ...report.unit_report import html_report
from ..base import LunarOxideAlgorithm
from ..inputs import RasterParameter, layer_wkt
from ..progress import progress_or_cancel, stop_if_cancelled

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
        "mean, standard deviation, minimum, median and maximum, and the polygon's area on the "
        "sphere in km2. A pixel belongs to a polygon when its centre lies inside; mean, standard "
        "deviation and median are weighted by the pixels' areas on the sphere, which a planar "
        "calculation on an equirectangular map gets wrong away from the equator. Raster and "
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
    OUTPUT = "OUTPUT"
    TABLE = "TABLE"
    REPORT = "REPORT"

    def initAlgorithm(self, configuration: dict[str, Any] | None = None) -> None:
        """Declare the parameters."""
        self.add(
            QgsProcessingParameterFeatureSource(
                self.ZONES, "Units (polygons)", [QgsProcessing.SourceType.TypeVectorPolygon]
            ),
            "Polygons in a lunar coordinate reference system.",
        )
        self.add(
            RasterParameter(self.INPUT, "Oxide raster"),
            "Such as the result of Predict oxides or Mg number; all its bands are used.",
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
                self.REPORT, "Report", "HTML (*.html)", optional=True, createByDefault=False
            ),
            "The statistics as a page to read, with their provenance.",
        )

    def prepareAlgorithm(
        self,
        parameters: dict[str, Any],
        context: QgsProcessingContext,
        feedback: QgsProcessingFeedback,
    ) -> bool:
        """Also note the CRS of the polygons: a layer may not be touched in a worker thread."""
        layer = self.parameterAsVectorLayer(parameters, self.ZONES, context)
        if layer is None:
            raise QgsProcessingException("ZONES cannot be loaded as a vector layer.")
        self._zones_wkt = layer_wkt(layer)
        prepared = super().prepareAlgorithm(parameters, context, feedback)
        self.keep(self.ZONES, layer)
        return prepared

    def compute(
        self,
        parameters: dict[str, Any],
        context: QgsProcessingContext,
        feedback: QgsProcessingFeedback,
    ) -> dict[str, Any]:
        """Measure polygon by polygon, then write all outputs."""
        zones = self.parameterAsSource(parameters, self.ZONES, context)
        features = list(zones.getFeatures())
        if not features:
            raise RasterError(f"The polygon layer {zones.sourceName()} (ZONES) has no polygon.")
        require_moon(self._zones_wkt, f"The polygon layer {zones.sourceName()} (ZONES)")
        raster = Raster(self.input_paths(self.INPUT)[0])
        require_weight_percent(raster, check=lambda: stop_if_cancelled(feedback))
        names = _band_names(raster)
        uncertainty = self._uncertainty(raster, names)
        correlation, remarks = _error_correlation(uncertainty, names)
        for remark in remarks:
            feedback.pushInfo(remark)
        threads = self.threads(parameters, context)
        statistics = ZonalStatistics(raster, range(1, len(names) + 1), uncertainty, threads)
        name_field = self.parameterAsString(parameters, self.NAME_FIELD, context)
        fields = zones.fields().names()
        if name_field and name_field not in fields:
            raise RasterError(
                f"NAME_FIELD is {name_field}, but {zones.sourceName()} has the fields "
                f"{', '.join(fields)}. Choose one of them, or leave it empty."
            )

        labels = [
            str(feature[name_field]) if name_field else str(number)
            for number, feature in enumerate(features, start=1)
        ]
        zones_on_grid = []
        for label, feature in zip(labels, features):
            stop_if_cancelled(feedback)
            try:
                wkb = bytes(feature.geometry().asWkb())
                zones_on_grid.append(statistics.zone(wkb, self._zones_wkt))
            except RasterError as error:
                raise RasterError(f"Unit '{label}' of ZONES: {error}.") from error
        summaries = statistics.summarise(zones_on_grid, progress_or_cancel(feedback))
        units = [
            Unit(label, zone.area, dict(zip(names, found)), correlation)
            for label, zone, found in zip(labels, zones_on_grid, summaries)
        ]
        for unit in units:
            if unit.bands[names[0]].pixels == 0:
                feedback.pushWarning(
                    f"Unit '{unit.name}' holds no valid pixel; its values are empty."
                )
            lacking = _lacking(unit)
            if lacking:
                feedback.pushWarning(lacking)
                remarks.append(lacking)
        inputs = [raster, *([uncertainty.raster] if uncertainty else [])]
        return self._write(parameters, context, (zones, features, units), inputs, remarks)

    def _uncertainty(self, raster: Raster, names: Sequence[str]) -> Uncertainty | None:
        paths = self.input_paths(self.UNCERTAINTY)
        return Uncertainty(Raster(paths[0]), raster, dict(enumerate(names, 1))) if paths else None

    def _write(
        self,
        parameters: dict[str, Any],
        context: QgsProcessingContext,
        measured: tuple[QgsProcessingFeatureSource, Sequence[QgsFeature], Sequence[Unit]],
        inputs: Sequence[Raster],
        remarks: Sequence[str],
    ) -> dict[str, Any]:
        zones, features, units = measured
        raster = inputs[0]
        results = {
            name: self.output_path(parameters, name, context)
            for name in (self.OUTPUT, self.TABLE, self.REPORT)
        }
        results = {name: path for name, path in results.items() if path}
        provenance = {**raster.model_metadata(), **self.provenance(parameters, *inputs)}
        with self.output_files(*inputs) as files:
            _write_layer(
                files, results[self.OUTPUT], zones.fields(), self._zones_wkt, features, units
            )
            if self.TABLE in results:
                files.text(results[self.TABLE], csv_table(units))
            if self.REPORT in results:
                notes = [
                    f"Statistics of {raster.name} inside {zones.sourceName()}. Oxides in wt%, "
                    "areas on the sphere; a pixel counts where its centre lies inside; means, "
                    "standard deviations and medians are weighted by area."
                ]
                if len(inputs) > 1:
                    notes.append(f"± is the model's 1-sigma uncertainty. {_MODEL_UNCERTAINTY}")
                notes += remarks
                if any(one.synthetic for one in inputs):
                    notes.insert(
                        0, "SYNTHETIC scene: these numbers are no measurement of the Moon."
                    )
                page = html_report(units, "Unit statistics", notes, provenance)
                files.text(results[self.REPORT], page)
        return results


def _error_correlation(
    uncertainty: Uncertainty | None, names: Sequence[str]
) -> tuple[float, list[str]]:
    """Correlation of the errors of MgO and FeO, and what to say of the uncertainty raster."""
    if uncertainty is None:
        return 0.0, []
    known = {names[number - 1] for number in uncertainty.bands}
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


def _band_names(raster: Raster) -> list[str]:
    """Band descriptions, made unique, for tables and columns."""
    names: list[str] = []
    for index, described in enumerate(raster.band_names):
        name = described or f"band{index + 1}"
        names.append(name if name not in names else f"{name}_{index + 1}")
    return names


def _write_layer(
    files: OutputFiles,
    path: str,
    fields: QgsFields,
    wkt: str,
    features: Sequence[QgsFeature],
    units: Sequence[Unit],
) -> None:
    """Write the polygons, their own columns and the statistics as a GeoPackage."""
    # The GeoPackage numbers its rows itself.
    kept = [field for field in fields if field.name().lower() not in ("fid", "geom")]
    columns = {field.name(): _python_type(field) for field in kept}
    statistics = [
        (band, name) for band, summary in units[0].bands.items() for name in summary.shown
    ]
    new = {"area_km2": float}
    new.update({f"{_column(b)}_{n}": int if n == "pixels" else float for b, n in statistics})
    with_mg = len(units[0].mg_number_columns()) > 1
    if with_mg:
        new.update({_column(name): float for name in units[0].mg_number_columns()})
    taken = {name.lower() for name in columns} & {name.lower() for name in new}
    if taken:
        raise RasterError(
            f"ZONES already has the columns {', '.join(sorted(taken))}. Rename or remove them, or "
            "use the layer without statistics."
        )
    rows = []
    for feature, unit in zip(features, units):
        values = [_plain(feature[field.name()], columns[field.name()]) for field in kept]
        values.append(unit.area_km2)
        values += [_plain(getattr(unit.bands[band], name), float) for band, name in statistics]
        if with_mg:
            values += [_plain(value, float) for value in unit.mg_number_columns().values()]
        rows.append((bytes(feature.geometry().asWkb()), values))
    write_polygons(
        files.path(path),
        "units",
        wkt,
        {**columns, **new},
        rows,
        f"{path} cannot be written",
    )


def _python_type(field: QgsField) -> type:
    if field.type() in (QVariant.Int, QVariant.LongLong, QVariant.UInt, QVariant.Bool):
        return int
    return float if field.type() == QVariant.Double else str


def _plain(value: Any, kind: type) -> Any:
    """A column's value for the GeoPackage: None for NULL and NaN, text for what is no number."""
    if value is None or value == NULL or (isinstance(value, float) and math.isnan(value)):
        return None
    return str(value) if kind is str else value


def _column(band: str) -> str:
    """A band's name as a column can carry it."""
    return re.sub(r"\W+", "_", band.replace("#", "_number")).strip("_")
