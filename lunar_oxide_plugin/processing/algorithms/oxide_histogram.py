"""Algorithm `oxidehistogram`."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any

from qgis.core import (
    QgsProcessing,
    QgsProcessingContext,
    QgsProcessingFeedback,
    QgsProcessingParameterFileDestination,
)

from ...core.errors import RasterError
from ...core.results.histogram import RasterHistograms, csv_table, decimals_of, unit_of
from ...raster.maps.histogram import OxideHistograms
from ...raster.sources.oxide_units import require_weight_percent
from ...raster.sources.raster import Raster
from ...report.histogram_report import MODE_RULE, html_report
from ..base import LunarOxideAlgorithm
from ..inputs import RasterListParameter
from ..progress import progress_or_cancel, stop_if_cancelled

#: Threads that read a raster; more take memory and no time away.
_MOST_THREADS = 4


class OxideHistogram(LunarOxideAlgorithm):
    """Histograms of oxides and Mg#, of several rasters side by side."""

    NAME = "oxidehistogram"
    TITLE = "Oxide histograms"
    GROUP = "Analysis"
    SUMMARY = (
        "Histograms of every oxide and of Mg# in per cent of area, of one raster or several, with "
        "their modes beside published means."
    )
    DETAILS = (
        "After Fig. 5 of Zhang et al. (2023, Icarus 397, 115505): per cent of the valid area in "
        "each bin, on a logarithmic axis. Pixels are weighted by their areas on the sphere, so "
        "that rasters of any projection and resolution can be compared. Bins are the same for "
        "every raster; what lies beyond them is counted below and above. Mg# is taken from a band "
        "of that name, or computed from MgO and FeO pixel by pixel. " + MODE_RULE + " The "
        "published means are those of the paper's Table 2."
    )
    TAGS = ("histogram", "distribution", "modes", "mg#", "report", "compare")

    INPUT = "INPUT"
    REPORT = "REPORT"
    TABLE = "TABLE"

    def initAlgorithm(self, configuration: dict[str, Any] | None = None) -> None:
        """Declare the parameters."""
        self.add(
            RasterListParameter(self.INPUT, "Oxide rasters", QgsProcessing.SourceType.TypeRaster),
            "One raster or several, such as results of Predict oxides or Mg number. Bands "
            "described as Al2O3, CaO, FeO, MgO, TiO2 (in wt%) or Mg# are used.",
        )
        self.add(
            QgsProcessingParameterFileDestination(
                self.REPORT, "Report", "HTML (*.html)", optional=True
            ),
            "A page with the figure, means, modes and published means.",
        )
        self.add(
            QgsProcessingParameterFileDestination(
                self.TABLE, "Table", "CSV (*.csv)", optional=True, createByDefault=False
            ),
            "The histograms as CSV: a row per raster, oxide and bin.",
        )

    def compute(
        self,
        parameters: dict[str, Any],
        context: QgsProcessingContext,
        feedback: QgsProcessingFeedback,
    ) -> dict[str, Any]:
        """Measure raster by raster, then write."""
        results = {
            name: path
            for name in (self.REPORT, self.TABLE)
            if (path := self.output_path(parameters, name, context))
        }
        if not results:
            raise RasterError("There is nothing to write. Give REPORT or TABLE a file name.")
        rasters = [Raster(path) for path in dict.fromkeys(self.input_paths(self.INPUT))]
        sources = []
        for raster in rasters:
            sources.append(OxideHistograms(raster))
            require_weight_percent(raster, check=lambda: stop_if_cancelled(feedback))
        measured = []
        sizes = [raster.grid.window.size for raster in rasters]
        threads = min(self.threads(parameters, context), _MOST_THREADS)
        for number, (name, source) in enumerate(zip(_names(rasters), sources)):
            progress = _part(progress_or_cancel(feedback), sizes, number)
            measured.append(RasterHistograms(name, source.measure(progress, threads)))
        warnings = [*_synthetic(rasters), *_beyond(measured)]
        for text in warnings:
            feedback.pushWarning(text)
        for of in measured:
            _say_modes(of, feedback)
        with self.output_files(*rasters) as files:
            if self.REPORT in results:
                provenance = {**_models(rasters), **self.provenance(parameters, *rasters)}
                warnings += self.remarks()
                page = html_report(measured, self.TITLE, warnings, provenance)
                files.text(results[self.REPORT], page)
            if self.TABLE in results:
                files.text(results[self.TABLE], csv_table(measured))
        return results


def _names(rasters: Sequence[Raster]) -> list[str]:
    """What rasters are called: by their files' names, or paths where two have one name."""
    names = [raster.name for raster in rasters]
    called = [raster.name if names.count(raster.name) == 1 else raster.path for raster in rasters]
    return [
        f"{name} (SYNTHETIC)" if raster.synthetic else name for name, raster in zip(called, rasters)
    ]


def _part(
    progress: Callable[[float], None], sizes: Sequence[int], number: int
) -> Callable[[float], None]:
    """Progress of one of several rasters that are read one after the other."""
    before, total = sum(sizes[:number]), sum(sizes)
    return lambda done: progress((before + done * sizes[number]) / total)


def _synthetic(rasters: Sequence[Raster]) -> list[str]:
    names = [raster.name for raster in rasters if raster.synthetic]
    if not names:
        return []
    return [f"SYNTHETIC: {', '.join(names)}. These numbers are no measurement of the Moon."]


def _beyond(measured: Sequence[RasterHistograms]) -> list[str]:
    """What lies beyond the bins, as warnings."""
    found = []
    for raster in measured:
        for quantity, histogram in raster.histograms.items():
            ends = (("below", 0, histogram.below), ("above", histogram.bins.upper, histogram.above))
            found += [
                f"{raster.name}: {quantity} lies {side} {end} {unit_of(quantity)}, beyond the "
                f"bins, in {histogram.percent(area):.2g} % of the area."
                for side, end, area in ends
                if area
            ]
    return found


def _say_modes(raster: RasterHistograms, feedback: QgsProcessingFeedback) -> None:
    for quantity, histogram in raster.histograms.items():
        digits = decimals_of(quantity)
        modes = ", ".join(f"{mode.value:.{digits}f}" for mode in histogram.modes())
        feedback.pushInfo(
            f"{raster.name}, {quantity}: mean {histogram.moments.mean:.{digits}f}, "
            f"modes {modes or 'none'} ({unit_of(quantity)})."
        )


def _models(rasters: Sequence[Raster]) -> dict[str, str]:
    """What the rasters say of their models, each under its name where there are several."""
    if len(rasters) == 1:
        return rasters[0].model_metadata()
    return {
        f"{name}: {key}": text
        for name, raster in zip(_names(rasters), rasters)
        for key, text in raster.model_metadata().items()
    }
