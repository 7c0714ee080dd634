"""Algorithm `zonaloxides`."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from qgis.core import (
    QgsFeature,
    QgsProcessing,
    QgsProcessingParameterEnum,
    QgsProcessingParameterField,
    QgsProcessingParameterVectorDestination,
)

from ...core.errors import RasterError
from ...core.results.separability import Separation, separations
from ...core.results.units import table
from ...core.tables import csv_lines
from ...raster.maps.units import UnitPolygon, unit_map, unit_statistics
from ...raster.sources.raster import Raster
from ...raster.sources.same_run import domain_raster
from ...report.unit_report import MODEL_UNCERTAINTY, html_report, method
from ..attributes import attribute_text
from ..base import LunarOxideAlgorithm
from ..inputs import FeatureParameter, RasterParameter
from ..progress import FeedbackWatch
from ..unit_layer import UnitLayer, key_of, write_units
from ..vector_input import VectorInput


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
        "the polygon covers, times its area on the sphere; a planar calculation on an "
        "equirectangular map is wrong away from the equator. With MgO and FeO, Mg# is given "
        "twice: of the means (the composition of the unit) and as the mean of Mg# over the pixels. "
        "A polygon without a valid pixel has a row that says so. The report compares every two "
        "units by Cohen's d, the difference of their means in standard deviations of the pixels: "
        "unlike a p-value it does not grow with the number of pixels. Raster and polygons may be "
        "in any lunar CRS. In longitude an edge goes the shorter way around the Moon, and a ring "
        "that does not return to its start goes around the nearer pole. The table begins with the "
        "columns of Tables 5 and 6 of Zhang et al. (2023). With an uncertainty raster, each mean "
        "gets the model's 1-sigma uncertainty, which is not the scatter of the pixels. "
        + MODEL_UNCERTAINTY
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
            "For example the result of Predict oxides or Mg number. All its bands are used, except "
            "alpha and masks.",
        )
        self.add(
            QgsProcessingParameterField(
                self.NAME_FIELD, "Name field", parentLayerParameterName=self.ZONES, optional=True
            ),
            "The field with the names of the units. Empty: the units are numbered.",
        )
        self.add(
            RasterParameter(self.UNCERTAINTY, "Uncertainty raster", None, True),
            "1 sigma of the oxides (bands described as FeO 1 sigma ...), on the same pixels: the "
            "output Uncertainty of the same run of Predict oxides. Adds the model's uncertainty of "
            "every mean.",
        )
        self.add(
            RasterParameter(self.DOMAIN, "Domain distance raster", None, True),
            "The output Domain distance of the same run of Predict oxides. Adds the part of every "
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
            "Matters for units of few pixels. The covered part is exact for straight edges; the "
            "other is the rule of QGIS's zonal statistics.",
        )
        self.add(
            QgsProcessingParameterVectorDestination(self.OUTPUT, "Units with statistics"),
            "GeoPackage: the polygons with a column per oxide and statistic.",
        )
        self.add_file(self.TABLE, "Table", "CSV (*.csv)", "The statistics as CSV, means first.")
        self.add_file(
            self.SEPARATION,
            "Separation of units",
            "CSV (*.csv)",
            "Every two units as CSV: difference of the means, Cohen's d, and the difference in "
            "model uncertainties. For n units n (n - 1) / 2 rows for each band.",
        )
        self.add_file(
            self.REPORT,
            "Report",
            "HTML (*.html)",
            "A page to read and print: map, means, box plots, scatter plots, separation of units, "
            "and how the statistics were made.",
        )

    def compute(self, watch: FeedbackWatch) -> dict[str, Any]:
        """Measure polygon by polygon, then write all outputs."""
        zones = self.vector(self.ZONES)
        features = list(zones.features(watch.check))
        if not features:
            raise RasterError(f"The polygon layer {zones.name} (ZONES) has no polygon.")
        key = key_of(zones.source.fields(), features)
        labels = self._labels(zones, features, key.numbers)
        raster = Raster(self.input_paths(self.INPUT)[0])
        uncertainty = next(map(Raster, self.input_paths(self.UNCERTAINTY)), None)
        domains = self.input_paths(self.DOMAIN)
        domain = domain_raster(domains[0], raster) if domains else None
        centres = self.choice(self.EDGES) == 1
        polygons = [
            UnitPolygon(label, bytes(feature.geometry().asWkb()))
            for label, feature in zip(labels, features)
        ]
        measured = unit_statistics(
            raster,
            polygons,
            zones.wkt,
            name=f"The polygon layer {zones.name} (ZONES)",
            uncertainty=uncertainty,
            domain=domain,
            centres=centres,
            threads=self.threads(),
            watch=watch,
        )
        inputs = [one for one in (raster, uncertainty, domain) if one]
        results = self.output_paths()
        with self.output_files(*inputs) as files:
            layer = UnitLayer(zones.source.fields(), zones.wkt, key, features)
            for note in write_units(files, results[self.OUTPUT], layer, measured.units):
                watch.warn(note)
            if self.TABLE in results:
                files.text(results[self.TABLE], csv_lines(*table(measured.units)))
            if self.SEPARATION in results:
                lines = csv_lines(Separation._fields, separations(measured.units, watch.check))
                files.text(results[self.SEPARATION], lines)
            if self.REPORT in results:
                # Before the remarks: they are on values that have been read.
                image = unit_map(raster, measured.zones, watch.check)
                notes = [*method(raster.name, zones.name, measured.units, centres)]
                notes += [*measured.notes, *self.remarks()]
                page = html_report(
                    measured.units,
                    notes,
                    {**raster.model_metadata(), **self.provenance(*inputs)},
                    synthetic=any(one.synthetic for one in inputs),
                    image=image,
                    samples=measured.samples,
                )
                files.text(results[self.REPORT], page)
        return results

    def _labels(
        self,
        zones: VectorInput,
        features: Sequence[QgsFeature],
        numbers: Sequence[int],
    ) -> list[str]:
        """What the units are called: as the name field says, or else by their numbers."""
        field = self.text(self.NAME_FIELD)
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
