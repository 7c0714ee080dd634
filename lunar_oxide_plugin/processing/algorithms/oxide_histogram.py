"""Algorithm `oxidehistogram`."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from qgis.core import (
    QgsProcessing,
)

from ...core.errors import RasterError
from ...core.results.histogram import COLUMNS, RasterHistograms, decimals_of, rows, unit_of
from ...core.tables import csv_lines
from ...raster.maps.histogram import raster_histograms
from ...raster.sources.raster import Raster
from ...report.histogram_report import MODE_RULE, beyond_bins, html_report
from ..base import LunarOxideAlgorithm
from ..inputs import RasterListParameter
from ..progress import FeedbackWatch


class OxideHistogram(LunarOxideAlgorithm):
    """Histograms of oxides and Mg#, of several rasters side by side."""

    NAME = "oxidehistogram"
    TITLE = "Oxide histograms"
    GROUP = "Analysis"
    SUMMARY = (
        "Histograms of every oxide and of Mg# in per cent of the area, of one or several rasters, "
        "with their modes beside published means."
    )
    DETAILS = (
        "After Fig. 5 of Zhang et al. (2023, Icarus 397, 115505): per cent of the valid area in "
        "each bin, on a logarithmic axis. Pixels are weighted by their areas on the sphere, so "
        "that rasters of any projection and resolution can be compared. Bins are the same for "
        "every raster; values below and above them are counted too. Mg# is taken from a band of "
        "that name, or computed from MgO and FeO pixel by pixel. " + MODE_RULE + " The published "
        "means are those of Table 2 of the paper."
    )
    TAGS = ("histogram", "distribution", "modes", "mg#", "report", "compare")

    INPUT = "INPUT"
    REPORT = "REPORT"
    TABLE = "TABLE"

    def initAlgorithm(self, configuration: dict[str, Any] | None = None) -> None:
        """Declare the parameters."""
        self.add(
            RasterListParameter(self.INPUT, "Oxide rasters", QgsProcessing.SourceType.TypeRaster),
            "One or several rasters, for example results of Predict oxides or Mg number. Bands "
            "described as Al2O3, CaO, FeO, MgO, TiO2 (in wt%) or Mg# are used.",
        )
        self.add_file(
            self.REPORT,
            "Report",
            "HTML (*.html)",
            "A page with the figure, means, modes and published means.",
            create=True,
        )
        self.add_file(
            self.TABLE,
            "Table",
            "CSV (*.csv)",
            "The histograms as CSV: one row per raster, oxide and bin.",
        )

    def compute(self, watch: FeedbackWatch) -> dict[str, Any]:
        """Measure raster by raster, then write."""
        results = self.output_paths()
        if not results:
            raise RasterError("There is nothing to write. Give REPORT or TABLE a file name.")
        rasters = [Raster(path) for path in dict.fromkeys(self.input_paths(self.INPUT))]
        threads = self.threads()
        measured = raster_histograms(rasters, watch, threads)
        warnings = beyond_bins(measured)
        if any(raster.synthetic for raster in rasters):
            names = ", ".join(raster.name for raster in rasters if raster.synthetic)
            warnings.insert(0, f"SYNTHETIC: {names}. The numbers are not measurements of the Moon.")
        for text in warnings:
            watch.warn(text)
        for raster in measured:
            for quantity, histogram in raster.histograms.items():
                digits = decimals_of(quantity)
                modes = ", ".join(f"{mode.value:.{digits}f}" for mode in histogram.modes())
                watch.note(
                    f"{raster.name}, {quantity}: mean {histogram.moments.mean:.{digits}f}, "
                    f"modes {modes or 'none'} ({unit_of(quantity)})."
                )
        with self.output_files(*rasters) as files:
            if self.REPORT in results:
                made = {**_models(rasters, measured), **self.provenance(*rasters)}
                page = html_report(measured, self.TITLE, [*warnings, *self.remarks()], made)
                files.text(results[self.REPORT], page)
            if self.TABLE in results:
                files.text(results[self.TABLE], csv_lines(COLUMNS, rows(measured), decimals=6))
        return results


def _models(rasters: Sequence[Raster], measured: Sequence[RasterHistograms]) -> dict[str, str]:
    """The rasters' metadata on their models, each under its name where there are several."""
    if len(rasters) == 1:
        return rasters[0].model_metadata()
    return {
        f"{of.name}: {key}": text
        for of, raster in zip(measured, rasters)
        for key, text in raster.model_metadata().items()
    }
