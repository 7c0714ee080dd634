"""Algorithm `comparemaps`."""

from __future__ import annotations

import math
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from qgis.core import (
    QgsProcessingOutputNumber,
    QgsProcessingParameterBand,
    QgsProcessingParameterEnum,
    QgsProcessingParameterFile,
    QgsProcessingParameterNumber,
    QgsProcessingParameterRasterDestination,
)

from ...about import style
from ...core.errors import RasterError
from ...core.oxides.content_units import CONTENT_UNITS, ContentUnit
from ...core.oxides.oxides import OXIDES
from ...core.oxides.published import MARE_FEO
from ...core.results.cells import LUNAR_PROSPECTOR, LUNAR_PROSPECTOR_TITLE, load_cells
from ...core.results.comparison import ALL, COLUMNS, Comparison
from ...core.tables import csv_text
from ...raster.maps.comparison import CELLS_DESCRIPTION, MapPairs, compare_cells, compare_maps
from ...raster.maps.oxide_maps import OxideMap, Reference, chosen_bands, require_unit, with_feo
from ...raster.sources.oxide_units import require_weight_percent
from ...raster.sources.raster import Raster
from ...raster.writing.storage import BandInfo
from ...report.comparison_report import html_report
from ..base import LunarOxideAlgorithm
from ..inputs import RasterParameter
from ..progress import FeedbackWatch

#: Fewer pairs than this determine no line.
_FEW = 3


class CompareMaps(LunarOxideAlgorithm):
    """Agreement of an oxide map with another one or with a table of cells."""

    NAME = "comparemaps"
    TITLE = "Compare maps"
    GROUP = "Analysis"
    SUMMARY = "Compares an oxide map with another map, or with Lunar Prospector's measurements."
    DETAILS = (
        "Checks a map by an independent one, as in Fig. S1 and Table 2 of Zhang et al. (2023). The "
        "finer map is averaged over the area of each pixel of the coarser one on the sphere; a "
        "pixel counts where at least half of its area is valid. Both may be in any lunar CRS. "
        "Pixels across an edge are divided there when rows and columns of both maps are parallel, "
        "as in cylindrical maps; otherwise they are cut into parts at most a quarter as large as "
        "the coarser pixel (but no more than 16 x 16), which count where their centres lie. "
        "Without REFERENCE and REFERENCE_TABLE the map is compared with the oxides of the Lunar "
        "Prospector gamma-ray spectrometer in 114 cells of 20 degrees (Prettyman et al. 2006), "
        "which requires a map of large parts of the Moon. All oxides that both have are compared, "
        "or the one chosen by OXIDE or by a band. The numbers R2, RMSE and BIAS (mean of input "
        "minus reference) belong to that one, or to the first common one in the order Al2O3, CaO, "
        "FeO, MgO, TiO2. R2 is the square of Pearson's correlation, weighted by area; TABLE and "
        "REPORT also hold the coefficient of determination against the reference, which detects a "
        "bias too, the least-squares and reduced-major-axis lines, and mare and highlands "
        "separately, by the FeO of the input where it has an FeO band."
    )
    TAGS = ("validation", "scatter", "difference", "lunar prospector", "gamma-ray", "R2", "RMSE")

    INPUT = "INPUT"
    REFERENCE = "REFERENCE"
    REFERENCE_TABLE = "REFERENCE_TABLE"
    OXIDE = "OXIDE"
    INPUT_BAND = "INPUT_BAND"
    REFERENCE_BAND = "REFERENCE_BAND"
    REFERENCE_UNIT = "REFERENCE_UNIT"
    CLASS_THRESHOLD = "CLASS_THRESHOLD"
    OUTPUT = "OUTPUT"
    TABLE = "TABLE"
    REPORT = "REPORT"
    R2 = "R2"
    RMSE = "RMSE"
    BIAS = "BIAS"

    def initAlgorithm(self, configuration: dict[str, Any] | None = None) -> None:
        """Declare the parameters."""
        self.add(
            RasterParameter(self.INPUT, "Oxide raster"),
            "The map to check, in wt%, for example the result of Predict oxides.",
        )
        self.add(
            RasterParameter(self.REFERENCE, "Reference raster", None, True),
            "Another map of one or more of the same oxides, in any lunar CRS and resolution.",
        )
        self.add(
            QgsProcessingParameterFile(
                self.REFERENCE_TABLE, "Reference table of cells", extension="csv", optional=True
            ),
            "Instead of a raster: CSV with the columns minlat, maxlat, minlon, maxlon (degrees "
            "east) and one per oxide, such as feo. If both are empty: the bundled table of Lunar "
            "Prospector.",
        )
        self.add(
            QgsProcessingParameterEnum(self.OXIDE, "Oxide", list(OXIDES), optional=True),
            "The oxide to compare. Empty: all that both have, or that of a band given below.",
        )
        for name, title, parent in (
            (self.INPUT_BAND, "Input band", self.INPUT),
            (self.REFERENCE_BAND, "Reference band", self.REFERENCE),
        ):
            self.add(
                QgsProcessingParameterBand(
                    name, title, parentLayerParameterName=parent, optional=True
                ),
                "The band of the oxide to compare. Empty: found by its description, such as FeO. A "
                "band without a description needs OXIDE too.",
            )
        self.add(
            QgsProcessingParameterEnum(
                self.REFERENCE_UNIT, "Unit of the reference", list(CONTENT_UNITS), defaultValue=0
            ),
            "Unit of REFERENCE or REFERENCE_TABLE. Contents of elements (bands or columns named "
            "Fe, Ti, Al, Ca, Mg) are converted to oxides by IUPAC atomic weights: FeO = 1.2865 Fe, "
            "TiO2 = 1.6685 Ti, Al2O3 = 1.8894 Al, CaO = 1.3992 Ca, MgO = 1.6583 Mg.",
        )
        self.add(
            QgsProcessingParameterNumber(
                self.CLASS_THRESHOLD,
                "Minimum FeO of mare (wt%)",
                QgsProcessingParameterNumber.Type.Double,
                MARE_FEO,
                minValue=0,
                maxValue=100,
            ),
            "A place is mare where the FeO of the input, averaged like the oxides, is at least "
            "this, and highlands below. 10.6 is the middle between the means of both in Table 2 of "
            "Zhang et al. (2023), 15.39 and 5.81.",
            advanced=True,
        )
        self.add(
            QgsProcessingParameterRasterDestination(
                self.OUTPUT, "Difference", optional=True, createByDefault=False
            ),
            "Input minus reference in wt%, on the pixels of the coarser map: GeoTIFF, one band per "
            "oxide. Only with a reference raster.",
        )
        self.add_file(
            self.TABLE, "Table", "CSV (*.csv)", "The numbers as CSV, one row per oxide and class."
        )
        self.add_file(
            self.REPORT,
            "Report",
            "HTML (*.html)",
            "A page with scatter plots, histograms and maps of the differences.",
            create=True,
        )
        for name, title in ((self.R2, "R2"), (self.RMSE, "RMSE (wt%)"), (self.BIAS, "Bias (wt%)")):
            self.addOutput(QgsProcessingOutputNumber(name, title))

    def compute(self, watch: FeedbackWatch) -> dict[str, Any]:
        """Compare block by block, then write all outputs."""
        outputs = self.output_paths()
        raster = Raster(self.input_paths(self.INPUT)[0])
        reference = self._reference(outputs)
        bands = self._bands(raster, reference)
        ours = with_feo(raster, bands)
        require_weight_percent(raster, dict(zip(ours.numbers, ours.oxides)), watch.check)
        threshold = self.number(self.CLASS_THRESHOLD)
        comparison = Comparison(list(bands), threshold if "FeO" in ours.oxides else None)
        if comparison.mare_feo is None:
            watch.note(f"{raster.name} has no FeO band, so classes are not compared.")
        inputs = [raster]
        if isinstance(reference.source, Raster):
            inputs.append(reference.source)
        threads = self.threads()
        metadata = {**raster.model_metadata(), **self.provenance(*inputs)}
        with self.output_files(*inputs) as files:
            if isinstance(reference.source, Raster):
                contents = {number: oxide for oxide, (_, number) in bands.items()}
                require_unit(reference.source, contents, reference.unit, watch.check)
                theirs = OxideMap(reference.source, contents, bands, reference.unit)
                pairs = MapPairs(ours, theirs, threads)
                description = metadata["LUNAR_OXIDE_COMPARISON"] = pairs.description
                writer = None
                if self.OUTPUT in outputs:
                    writer = files.raster(
                        outputs[self.OUTPUT],
                        pairs.grid,
                        [BandInfo(f"{oxide} difference", "wt%") for oxide in bands],
                        metadata,
                        style=style("difference"),
                        tile=pairs.plan.tile,
                    )
                compare_maps(pairs, comparison, watch.progress, writer.write if writer else None)
            else:
                compare_cells(ours, reference.source, comparison, watch.progress, threads)
                description = CELLS_DESCRIPTION.format(raster.name)
            if not comparison.agreements:
                raise RasterError(
                    f"{raster.name} and {reference.name} have nothing to compare: in no pixel or "
                    "cell do valid values of both cover at least half of the area. Check that both "
                    "show the same place, and that neither is much smaller than a pixel of the "
                    "other."
                )
            if self.TABLE in outputs:
                files.text(outputs[self.TABLE], csv_text(COLUMNS, comparison.agreements))
            if self.REPORT in outputs:
                warnings = self.remarks()
                if any(one.synthetic for one in inputs):
                    warnings.append("SYNTHETIC: the numbers are not measurements of the Moon.")
                names = (raster.name, reference.name)
                page = html_report(comparison, names, description, warnings, metadata)
                files.text(outputs[self.REPORT], page)
        return {**outputs, **self._numbers(comparison, watch)}

    def _reference(
        self,
        outputs: Mapping[str, str],
    ) -> Reference:
        """The map or the cells to compare with."""
        paths, tables = self.input_paths(self.REFERENCE), self.kept_files(self.REFERENCE_TABLE)
        unit = ContentUnit(self.choice(self.REFERENCE_UNIT))
        if paths and tables:
            raise RasterError(
                "REFERENCE and REFERENCE_TABLE are both given. Give one of them, or neither to "
                "compare with Lunar Prospector."
            )
        if paths:
            raster = Raster(paths[0])
            return Reference(raster, raster.name, unit)
        if self.OUTPUT in outputs:
            raise RasterError(
                "OUTPUT, the difference as a raster, needs a raster as REFERENCE. Leave it empty "
                "to compare with a table of cells; REPORT shows the differences."
            )
        if self.value(self.REFERENCE_BAND) is not None:
            raise RasterError("REFERENCE_BAND is given without REFERENCE. Leave it empty.")
        if tables:
            path = Path(tables[0])
            return Reference(load_cells(path, unit), path.name, unit)
        if unit is not ContentUnit.OXIDE_PERCENT:
            raise RasterError(
                f"REFERENCE_UNIT is {unit:d} ({unit.title}), but neither REFERENCE nor "
                "REFERENCE_TABLE is given, and the bundled table of Lunar Prospector holds wt% of "
                "oxides."
            )
        return Reference(load_cells(LUNAR_PROSPECTOR, unit), LUNAR_PROSPECTOR_TITLE, unit)

    def _bands(
        self,
        raster: Raster,
        reference: Reference,
    ) -> dict[str, tuple[int, int]]:
        """The oxides to compare, with the band numbers of both (0 in a table of cells)."""
        raster.require_measurement()
        if isinstance(reference.source, Raster):
            reference.source.require_measurement(parameter=f" ({self.REFERENCE})")
        given = [
            self.oxide_band(name, source, "")
            if isinstance(source, Raster) and self.value(name) not in (None, "")
            else None
            for name, source in (
                (self.INPUT_BAND, raster),
                (self.REFERENCE_BAND, reference.source),
            )
        ]
        oxide = None
        if self.value(self.OXIDE) not in (None, ""):
            oxide = OXIDES[self.choice(self.OXIDE)]
        return chosen_bands(raster, reference, oxide, given)

    def _numbers(self, comparison: Comparison, watch: FeedbackWatch) -> dict[str, float]:
        """R2, RMSE and BIAS; those not defined are left out."""
        for found in comparison.agreements:
            if found.region == ALL:
                watch.note(
                    f"{found.oxide}: n {found.n}, R2 {found.r2:.3f}, RMSE {found.rmse:.3f} wt%, "
                    f"bias {found.bias:+.3f} wt%."
                )
        first = comparison.agreements[0]
        if first.n < _FEW or math.isnan(first.r2):
            watch.warn(f"{first.oxide}: R2 is meaningless, with {first.n} pairs or a constant map.")
        numbers = {self.R2: first.r2, self.RMSE: first.rmse, self.BIAS: first.bias}
        return {name: value for name, value in numbers.items() if not math.isnan(value)}
