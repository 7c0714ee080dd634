"""Algorithm `comparemaps`."""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from contextlib import closing
from pathlib import Path
from typing import Any, NamedTuple

import numpy as np
from qgis.core import (
    QgsProcessingContext,
    QgsProcessingFeedback,
    QgsProcessingOutputNumber,
    QgsProcessingParameterBand,
    QgsProcessingParameterEnum,
    QgsProcessingParameterFile,
    QgsProcessingParameterFileDestination,
    QgsProcessingParameterNumber,
    QgsProcessingParameterRasterDestination,
)

from ...about import style
from ...core.errors import RasterError
from ...core.oxides.content_units import CONTENT_UNITS, ContentUnit, element_of
from ...core.oxides.oxides import OXIDES, oxide_described
from ...core.oxides.published import MARE_FEO
from ...core.results.cells import LUNAR_PROSPECTOR, LUNAR_PROSPECTOR_TITLE, Cells, load_cells
from ...core.results.comparison import ALL, Comparison, Thumbnail, csv_table
from ...raster.maps.comparison import MapPairs, OxideMap, cell_means, require_unit
from ...raster.sources.oxide_units import require_weight_percent
from ...raster.sources.raster import Raster
from ...raster.writing.outputs import OutputFiles
from ...raster.writing.storage import BandInfo
from ...report.comparison_figures import CellPairs, Picture
from ...report.comparison_report import Shown, html_report
from ..base import LunarOxideAlgorithm
from ..inputs import RasterParameter
from ..progress import progress_or_cancel, stop_if_cancelled

#: Beyond, what is done with the blocks takes longer than reading.
_MOST_THREADS = 4

#: Fewer pairs than this make no line.
_FEW = 3


class _Compared(NamedTuple):
    """What came out, for the files to be written."""

    comparison: Comparison
    shown: list[Shown]
    #: How the maps were brought together.
    description: str


class CompareMaps(LunarOxideAlgorithm):
    """Agreement of an oxide map with another one or with a table of cells."""

    NAME = "comparemaps"
    TITLE = "Compare maps"
    GROUP = "Analysis"
    SUMMARY = "Compares an oxide map with another map, or with Lunar Prospector's measurements."
    DETAILS = (
        "The check of a map by one that does not depend on it, as in Fig. S1 and Table 2 of Zhang "
        "et al. (2023). The finer map is averaged over the area of each pixel of the coarser one "
        "on the sphere; a pixel counts where at least half of its area is valid. Both may be in "
        "any lunar CRS. Pixels that lie across an edge are divided there when rows and columns of "
        "both maps are parallel, as in cylindrical maps; else they are cut into parts at most a "
        "quarter as large as the coarser pixel (but no more than 16 x 16), which count "
        "where their centres lie. Without REFERENCE and REFERENCE_TABLE the map is compared with "
        "the oxides of the Lunar Prospector gamma-ray spectrometer in 114 cells of 20 degrees "
        "(Prettyman et al. 2006), which needs a map of large parts of the Moon. Compared are all "
        "oxides that both have, or the one chosen by OXIDE or by a band. The numbers R2, RMSE "
        "and BIAS (mean of input minus reference) are those of that one, or of the first common "
        "one in the order Al2O3, CaO, FeO, MgO, TiO2. R2 is the square of Pearson's correlation, "
        "weighted by area; TABLE and REPORT also hold the coefficient of determination against "
        "the reference, which sees a bias too, the lines of least squares and of the reduced major "
        "axis, and mare and highlands apart: by the FeO of the input, where it has a band of it."
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
            "The map to be checked, in wt%, such as the result of Predict oxides.",
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
            "east) and one per oxide, such as feo. Empty, without a reference raster too: the "
            "bundled table of Lunar Prospector.",
        )
        self.add(
            QgsProcessingParameterEnum(self.OXIDE, "Oxide", list(OXIDES), optional=True),
            "The one to compare. Empty: all that both have, or the one of a band given below.",
        )
        for name, title, parent in (
            (self.INPUT_BAND, "Input band", self.INPUT),
            (self.REFERENCE_BAND, "Reference band", self.REFERENCE),
        ):
            self.add(
                QgsProcessingParameterBand(
                    name, title, parentLayerParameterName=parent, optional=True
                ),
                "The band of the one oxide to compare. Empty: found by its description, such as "
                "FeO. A band without a description needs OXIDE too.",
            )
        self.add(
            QgsProcessingParameterEnum(
                self.REFERENCE_UNIT, "Unit of the reference", list(CONTENT_UNITS), defaultValue=0
            ),
            "Of REFERENCE or REFERENCE_TABLE. Contents of elements (bands or columns named Fe, "
            "Ti, Al, Ca, Mg) become oxides by the atomic weights of IUPAC: FeO = 1.2865 Fe, TiO2 "
            "= 1.6685 Ti, Al2O3 = 1.8894 Al, CaO = 1.3992 Ca, MgO = 1.6583 Mg.",
        )
        self.add(
            QgsProcessingParameterNumber(
                self.CLASS_THRESHOLD,
                "FeO of mare from (wt%)",
                QgsProcessingParameterNumber.Type.Double,
                MARE_FEO,
                minValue=0,
                maxValue=100,
            ),
            "FeO of the input, averaged like the oxides, from which a place is mare; below it is "
            "highlands. 10.6 is the middle between the means of both in Table 2 of Zhang et al. "
            "(2023), 15.39 and 5.81.",
            advanced=True,
        )
        self.add(
            QgsProcessingParameterRasterDestination(
                self.OUTPUT, "Difference", optional=True, createByDefault=False
            ),
            "Input minus reference in wt%, on the pixels of the coarser one: GeoTIFF, one band per "
            "oxide. Only with a reference raster.",
        )
        self.add(
            QgsProcessingParameterFileDestination(
                self.TABLE, "Table", "CSV (*.csv)", optional=True, createByDefault=False
            ),
            "The numbers as CSV, one row per oxide and class.",
        )
        self.add(
            QgsProcessingParameterFileDestination(
                self.REPORT, "Report", "HTML (*.html)", optional=True
            ),
            "A page to read, with scatter plots, histograms and maps of the differences.",
        )
        for name, title in ((self.R2, "R2"), (self.RMSE, "RMSE (wt%)"), (self.BIAS, "Bias (wt%)")):
            self.addOutput(QgsProcessingOutputNumber(name, title))

    def compute(
        self,
        parameters: dict[str, Any],
        context: QgsProcessingContext,
        feedback: QgsProcessingFeedback,
    ) -> dict[str, Any]:
        """Compare block by block, then write all outputs."""
        outputs = {
            name: self.output_path(parameters, name, context)
            for name in (self.OUTPUT, self.TABLE, self.REPORT)
        }
        outputs = {name: path for name, path in outputs.items() if path}
        raster = Raster(self.input_paths(self.INPUT)[0])
        reference = self._reference(parameters, context, outputs)
        unit = ContentUnit(self.parameterAsEnum(parameters, self.REFERENCE_UNIT, context))
        bands = self._bands(parameters, context, raster, reference, unit)
        ours = _with_feo(raster, [(number, oxide) for oxide, (number, _) in bands.items()])

        def check() -> None:
            stop_if_cancelled(feedback)

        require_weight_percent(raster, dict(zip(ours.numbers, ours.oxides)), check)
        threshold = self.parameterAsDouble(parameters, self.CLASS_THRESHOLD, context)
        comparison = Comparison(list(bands), threshold if "FeO" in ours.oxides else None)
        if comparison.mare_feo is None:
            feedback.pushInfo(f"{raster.name} has no band of FeO, so there are no classes.")
        inputs = [raster, *([reference] if isinstance(reference, Raster) else [])]
        threads = min(self.threads(parameters, context), _MOST_THREADS)
        metadata = {**raster.model_metadata(), **self.provenance(parameters, *inputs)}
        progress = progress_or_cancel(feedback)
        with self.output_files(*inputs) as files:
            if isinstance(reference, Cells):
                shown = _compare_cells(ours, reference, comparison, progress, threads)
                description = (
                    f"{raster.name} was averaged over the area of each cell, where at least half "
                    "of it is valid; a pixel belongs to the cell its centre lies in."
                )
            else:
                numbers = [number for _, number in bands.values()]
                require_unit(reference, dict(zip(numbers, bands)), unit, check)
                pairs = MapPairs(ours, OxideMap(reference, numbers, list(bands), unit), threads)
                description = pairs.description
                metadata["LUNAR_OXIDE_COMPARISON"] = description
                path = outputs.get(self.OUTPUT, "")
                shown = _compare_maps(pairs, comparison, progress, (files, path, metadata))
            if not comparison.agreements:
                raise RasterError(
                    f"{raster.name} and {self._name(reference)} have nothing to compare: no pixel "
                    "or cell is covered by valid values of both by at least half. Do they show "
                    "the same place, and is the one not much smaller than a pixel of the other?"
                )
            compared = _Compared(comparison, shown, description)
            self._write(files, outputs, compared, (inputs, self._name(reference)), metadata)
        return {**outputs, **self._numbers(comparison, feedback)}

    def _reference(
        self,
        parameters: dict[str, Any],
        context: QgsProcessingContext,
        outputs: Mapping[str, str],
    ) -> Raster | Cells:
        """The map or the cells to compare with."""
        paths, tables = self.input_paths(self.REFERENCE), self._kept[self.REFERENCE_TABLE]
        if paths and tables:
            raise RasterError(
                "REFERENCE and REFERENCE_TABLE are both given. Give one of them, or none to "
                "compare with Lunar Prospector."
            )
        if paths:
            return Raster(paths[0])
        if self.OUTPUT in outputs:
            raise RasterError(
                "OUTPUT, the difference as a raster, needs a raster as REFERENCE. Leave it empty "
                "to compare with a table of cells; REPORT shows the differences."
            )
        if parameters.get(self.REFERENCE_BAND) is not None:
            raise RasterError("REFERENCE_BAND is given without REFERENCE. Leave it empty.")
        unit = ContentUnit(self.parameterAsEnum(parameters, self.REFERENCE_UNIT, context))
        if tables:
            return load_cells(Path(tables[0]), unit)
        if unit is not ContentUnit.OXIDE_PERCENT:
            raise RasterError(
                f"REFERENCE_UNIT is {unit:d} ({unit.title}), but there is neither REFERENCE nor "
                "REFERENCE_TABLE, and the bundled table of Lunar Prospector is in wt% of oxides."
            )
        return load_cells(LUNAR_PROSPECTOR, unit)

    def _name(self, reference: Raster | Cells) -> str:
        """That of the reference, for users."""
        if isinstance(reference, Raster):
            return reference.name
        tables = self._kept[self.REFERENCE_TABLE]
        return Path(tables[0]).name if tables else LUNAR_PROSPECTOR_TITLE

    def _bands(
        self,
        parameters: dict[str, Any],
        context: QgsProcessingContext,
        raster: Raster,
        reference: Raster | Cells,
        unit: ContentUnit,
    ) -> dict[str, tuple[int, int]]:
        """The oxides to compare, with the band numbers of both (0 in a table of cells)."""
        raster.require_measurement()
        ours = _named({i: oxide_described(name) for i, name in enumerate(raster.band_names, 1)})
        if isinstance(reference, Raster):
            reference.require_measurement(parameter=f" ({self.REFERENCE})")
            names = enumerate(reference.band_names, 1)
            theirs = _named({i: unit.oxide_named(name) for i, name in names})
        else:
            theirs = dict.fromkeys(reference.oxides, 0)
        given = [
            self._given(parameters, context, self.INPUT_BAND, raster, ours),
            self._given(parameters, context, self.REFERENCE_BAND, reference, theirs),
        ]
        oxide = None
        if parameters.get(self.OXIDE) not in (None, ""):
            oxide = OXIDES[self.parameterAsEnum(parameters, self.OXIDE, context)]
        elif any(given):
            told = [found.oxide for found in given if found and found.oxide]
            if len(set(told)) != 1:
                raise RasterError(
                    "INPUT_BAND and REFERENCE_BAND do not tell which oxide they hold"
                    + (f" ({' and '.join(told)})." if told else ", as they have no description.")
                    + " Give it as OXIDE."
                )
            oxide = told[0]
        if oxide is None:
            common = [name for name in OXIDES if name in ours and name in theirs]
            if not common:
                raise RasterError(
                    f"{raster.name} and {self._name(reference)} have no oxide in common: the one "
                    f"has {_listed(raster.band_names)}, the other "
                    f"{_listed(_names(reference))}, of which names of {unit.title} count "
                    f"({', '.join(_wanted(unit))}). Give OXIDE, INPUT_BAND and REFERENCE_BAND, or "
                    "another REFERENCE_UNIT."
                )
            return {name: (ours[name], theirs[name]) for name in common}
        numbers = []
        for found, named, name, names in (
            (given[0], ours, self.INPUT_BAND, raster.band_names),
            (given[1], theirs, self.REFERENCE_BAND, _names(reference)),
        ):
            if found is None and oxide not in named:
                raise RasterError(
                    f"No single one of {_listed(names)} is named {oxide}"
                    + (
                        f". Give its number in {name}, or another OXIDE."
                        if isinstance(reference, Raster) or name == self.INPUT_BAND
                        else f" in {self._name(reference)}. Choose another OXIDE."
                    )
                )
            numbers.append(found.number if found else named[oxide])
        return {oxide: (numbers[0], numbers[1])}

    def _given(
        self,
        parameters: dict[str, Any],
        context: QgsProcessingContext,
        name: str,
        raster: Raster | Cells,
        named: Mapping[str, int],
    ) -> _Given | None:
        """A band whose number is given."""
        if parameters.get(name) in (None, "") or not isinstance(raster, Raster):
            return None
        number = self.oxide_band(parameters, name, raster, "", context)
        return _Given(number, next((o for o, n in named.items() if n == number), None))

    def _write(
        self,
        files: OutputFiles,
        outputs: Mapping[str, str],
        compared: _Compared,
        sources: tuple[Sequence[Raster], str],
        metadata: Mapping[str, str],
    ) -> None:
        """Write the table and the report."""
        inputs, reference = sources
        if self.TABLE in outputs:
            files.text(outputs[self.TABLE], csv_table(compared.comparison.agreements))
        if self.REPORT in outputs:
            notes = [compared.description]
            if compared.comparison.mare_feo is not None:
                notes.append(
                    f"Mare is where the FeO of the input is at least "
                    f"{compared.comparison.mare_feo:g} wt%, highlands where it is less."
                )
            warnings = self.remarks()
            if any(one.synthetic for one in inputs):
                warnings.append("SYNTHETIC scene: these numbers are no measurement of the Moon.")
            names = (inputs[0].name, reference)
            page = html_report(compared.shown, names, notes, warnings, metadata)
            files.text(outputs[self.REPORT], page)

    def _numbers(self, comparison: Comparison, feedback: QgsProcessingFeedback) -> dict[str, float]:
        """R2, RMSE and BIAS; R2 is left out where it is not defined."""
        for found in comparison.agreements:
            if found.region == ALL:
                feedback.pushInfo(
                    f"{found.oxide}: n {found.n}, R2 {found.r2:.3f}, RMSE {found.rmse:.3f} wt%, "
                    f"bias {found.bias:+.3f} wt%."
                )
        first = comparison.agreements[0]
        if first.n < _FEW or math.isnan(first.r2):
            feedback.pushWarning(
                f"{first.oxide}: R2 of {first.n} pairs says nothing, or one map is constant there."
            )
        numbers = {self.R2: first.r2, self.RMSE: first.rmse, self.BIAS: first.bias}
        return {name: value for name, value in numbers.items() if not math.isnan(value)}


class _Given(NamedTuple):
    """A band by its number, and the oxide its description tells."""

    number: int
    oxide: str | None


def _with_feo(raster: Raster, bands: Sequence[tuple[int, str]]) -> OxideMap:
    """The bands to compare, and behind them that of FeO, for the classes."""
    chosen = list(bands)
    described = [i for i, name in enumerate(raster.band_names, 1) if oxide_described(name) == "FeO"]
    if "FeO" not in [oxide for _, oxide in chosen] and len(described) == 1:
        chosen.append((described[0], "FeO"))
    return OxideMap(raster, [number for number, _ in chosen], [oxide for _, oxide in chosen])


def _compare_maps(
    pairs: MapPairs,
    comparison: Comparison,
    progress: Any,
    output: tuple[OutputFiles, str, Mapping[str, str]],
) -> list[Shown]:
    """Compare two maps block by block, and write their difference where it is wanted."""
    files, path, metadata = output
    writer = None
    if path:
        bands = [BandInfo(f"{each.oxide} difference", "wt%") for each in comparison.oxides]
        kept = {"style": style("difference"), "tile": pairs.plan.tile}
        writer = files.raster(path, pairs.grid, bands, metadata, **kept)
    pictures = [Thumbnail(*pairs.grid.size) for _ in comparison.oxides]
    with closing(pairs.each(progress)) as each:
        for window, values, reference, areas in each:
            flat = values.reshape(len(values), -1)
            _add(comparison, flat, reference.reshape(-1, areas.size), areas.ravel(), pairs.oxides)
            differences = values[: len(reference)] - reference
            differences[:, areas <= 0] = np.nan
            for picture, plane in zip(pictures, differences):
                picture.add(window.x, window.y, plane)
            if writer:
                writer.write(window, differences)
    return _shown(comparison, [Picture(picture.means) for picture in pictures])


def _compare_cells(
    ours: OxideMap, cells: Cells, comparison: Comparison, progress: Any, threads: int
) -> list[Shown]:
    """Compare a map with a table of cells."""
    names = [each.oxide for each in comparison.oxides]
    means = cell_means(ours, cells, progress, threads)
    reference = np.stack([cells.oxides[name] for name in names])
    _add(comparison, means, reference, cells.areas, ours.oxides)
    mare = None
    if comparison.mare_feo is not None:
        mare = means[ours.oxides.index("FeO")] >= comparison.mare_feo
    pairs = [
        CellPairs(cells.bounds, values, theirs, mare) for values, theirs in zip(means, reference)
    ]
    return _shown(comparison, pairs)


def _add(
    comparison: Comparison,
    values: np.ndarray,
    reference: np.ndarray,
    areas: np.ndarray,
    oxides: Sequence[str],
) -> None:
    feo = values[oxides.index("FeO")] if "FeO" in oxides else None
    comparison.add(values, reference, areas, feo)


def _shown(comparison: Comparison, differences: Sequence[Picture | CellPairs]) -> list[Shown]:
    """The oxides that have pairs."""
    return [Shown(each, of) for each, of in zip(comparison.oxides, differences) if each.agreements]


def _named(found: Mapping[int, str | None]) -> dict[str, int]:
    """Band numbers by oxide, of those that one band alone is named after."""
    oxides = list(found.values())
    return {oxide: i for i, oxide in found.items() if oxide and oxides.count(oxide) == 1}


def _names(reference: Raster | Cells) -> list[str]:
    return reference.band_names if isinstance(reference, Raster) else list(reference.oxides)


def _listed(names: Sequence[str]) -> str:
    return ", ".join(f"'{name}'" for name in names)


def _wanted(unit: ContentUnit) -> list[str]:
    return [element_of(oxide) if unit.elemental else oxide for oxide in OXIDES]
