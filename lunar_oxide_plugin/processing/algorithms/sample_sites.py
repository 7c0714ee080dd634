"""Algorithm `samplesites`."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from qgis.core import (
    QgsProcessing,
    QgsProcessingOutputNumber,
    QgsProcessingParameterField,
    QgsProcessingParameterFileDestination,
    QgsProcessingParameterNumber,
    QgsProcessingParameterVectorDestination,
)

from ...about import style
from ...core.sites.site_samples import (
    SAMPLED,
    Sample,
    Site,
    table_columns,
    table_row,
)
from ...core.tables import csv_lines
from ...raster.maps.site_sampler import longitudes_latitudes, sample_sources
from ...raster.moon.crs import GEOGRAPHIC_WKT
from ...raster.sources.mi_source import MiSource, open_mi_sources
from ...raster.writing.geopackage import write_points
from ..inputs import FeatureParameter, RasterListParameter
from ..mi_input import MiAlgorithm
from ..progress import FeedbackWatch
from ..sites import bundled_sites, in_clementine_frame, sites_of_layer


class SampleSites(MiAlgorithm):
    """MI spectra at sites, as a table to train on."""

    NAME = "samplesites"
    TITLE = "Sample sites"
    GROUP = "Data"
    SUMMARY = "Reads MI reflectance at sites of known chemistry and writes a table to train on."
    DETAILS = (
        "Each spectrum is the mean over the valid pixels of a small window, as in Zhang et al. "
        "(2023, Icarus 397, 115505), with the sample standard deviation of each band and the "
        "number of pixels. At a raster's edge the window is what the raster has of it: import "
        "neighbouring tiles as one raster where that matters. Every site is in both results, also "
        "the ones outside, with a status that says so. Of the sites that come with the plugin, "
        "landers are placed to some tens of metres, stations only in the Clementine frame, which "
        "may miss the place by kilometres: check these against the image before you use them. The "
        "table goes to: python -m training fit --sites TABLE --output FOLDER."
    )
    TAGS = ("apollo", "samples", "stations", "ground truth", "spectra", "training", "points")

    INPUT = "INPUT"
    SITES = "SITES"
    SITE_FIELD = "SITE_FIELD"
    MISSION_FIELD = "MISSION_FIELD"
    WINDOW = "WINDOW"
    OUTPUT = "OUTPUT"
    TABLE = "TABLE"
    SAMPLED = "SAMPLED"

    def initAlgorithm(self, configuration: dict[str, Any] | None = None) -> None:
        """Declare the parameters."""
        self.add(
            RasterListParameter(self.INPUT, "MI rasters", QgsProcessing.SourceType.TypeRaster),
            "MI MAP labels (.lbl), rasters with the eight MI bands, or files of one band each, in "
            "any lunar CRS. A site is read from the first one that has a valid pixel there.",
        )
        self.add(
            FeatureParameter(
                self.SITES, "Sites", [QgsProcessing.SourceType.TypeVectorPoint], optional=True
            ),
            "Points in a lunar CRS, with the fields site or name, mission, and Al2O3, CaO, FeO, "
            "MgO, TiO2 in wt%. Empty: the 40 sites of Zhang et al. (2023).",
        )
        for name, title, default in (
            (self.SITE_FIELD, "Field with the sites' names", "site or name"),
            (self.MISSION_FIELD, "Field with the missions", "mission"),
        ):
            self.add(
                QgsProcessingParameterField(
                    name, title, parentLayerParameterName=self.SITES, optional=True
                ),
                f"Empty: the field called {default}, in capitals or not.",
                advanced=True,
            )
        self.add(
            QgsProcessingParameterNumber(
                self.WINDOW,
                "Width of the window (2 or 3 pixels)",
                QgsProcessingParameterNumber.Type.Integer,
                defaultValue=2,
                minValue=2,
                maxValue=3,
            ),
            "2: the block of four pixels whose centres surround the point. 3: the pixel that "
            "holds the point and its eight neighbours.",
        )
        self.add_mi_parameters()
        self.add(
            QgsProcessingParameterVectorDestination(self.OUTPUT, "Sampled sites"),
            "GeoPackage with a point per site, its spectrum and its status.",
        )
        self.add(
            QgsProcessingParameterFileDestination(
                self.TABLE, "Table", "CSV (*.csv)", optional=True, createByDefault=False
            ),
            "The same as CSV, in the columns that training reads.",
        )
        self.addOutput(QgsProcessingOutputNumber(self.SAMPLED, "Sites sampled"))

    def compute(self, watch: FeedbackWatch) -> dict[str, Any]:
        """Sample raster by raster, then write all sites."""
        layer = self.optional_vector(self.SITES)
        if layer is None:
            self._wkt, sites = GEOGRAPHIC_WKT, bundled_sites()
        else:
            self._wkt = layer.wkt
            site_field, mission_field = (
                self.text(name) for name in (self.SITE_FIELD, self.MISSION_FIELD)
            )
            sites = sites_of_layer(layer, site_field, mission_field, watch.check)
        rasters = open_mi_sources(
            self.input_paths(self.INPUT), **self.mi_options(), check=watch.check
        )
        points = [site.point or None for site in sites]
        samples = sample_sources(rasters, self._wkt, points, self.whole(self.WINDOW), watch)
        results = self._write(sites, samples, rasters)
        self._report(sites, samples, watch)
        return {**results, self.SAMPLED: sum(sample.status == SAMPLED for sample in samples)}

    def _write(
        self,
        sites: Sequence[Site],
        samples: Sequence[Sample],
        rasters: Sequence[MiSource],
    ) -> dict[str, Any]:
        results = self.output_paths()
        columns = table_columns(sites)
        points = [site.point for site in sites if site.point]
        places = iter(map(tuple, longitudes_latitudes(self._wkt, points).tolist()))
        rows = [
            table_row(site, sample, next(places) if site.point else None)
            for site, sample in zip(sites, samples)
        ]
        output = results[self.OUTPUT]
        with self.output_files(*rasters) as files:
            write_points(
                files.path(output),
                "sites",
                self._wkt,
                columns,
                [(s.point, [row[name] for name in columns]) for s, row in zip(sites, rows)],
                f"{output} cannot be written",
                self.provenance(*rasters),
            )
            files.style(output, style("sites"))
            if self.TABLE in results:
                cells = ([row[name] for name in columns] for row in rows)
                files.text(results[self.TABLE], csv_lines(list(columns), cells, decimals=None))
        return results

    def _report(
        self, sites: Sequence[Site], samples: Sequence[Sample], watch: FeedbackWatch
    ) -> None:
        by_status: dict[str, list[Site]] = {}
        for site, sample in zip(sites, samples):
            by_status.setdefault(sample.status, []).append(site)
        for status, found in by_status.items():
            watch.note(f"{status} ({len(found)}): {', '.join(site.site for site in found)}")
        doubtful = [s.site for s in by_status.get(SAMPLED, []) if in_clementine_frame(s)]
        if doubtful:
            watch.warn(
                "These positions are in the Clementine frame and may miss the place by "
                f"kilometres; check them against the image: {', '.join(doubtful)}."
            )
        if any(sample.synthetic for sample in samples):
            watch.warn("SYNTHETIC raster: these spectra are not measurements of the Moon.")
