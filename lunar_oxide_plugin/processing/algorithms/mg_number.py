"""Algorithm `mgnumber`."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np
from qgis.core import (
    QgsProcessingContext,
    QgsProcessingFeedback,
    QgsProcessingOutputNumber,
    QgsProcessingParameterBand,
    QgsProcessingParameterRasterDestination,
)

from ...about import style
from ...core.errors import RasterError
from ...core.oxides.oxides import MG_NUMBER
from ...core.oxides.uncertainty import uncertainty_name
from ...raster.maps.mg_number import MgNumberMap, MgNumberTotals
from ...raster.maps.uncertainty import Uncertainty
from ...raster.moon.areas import PixelAreas
from ...raster.sources.oxide_units import require_weight_percent
from ...raster.sources.raster import Raster
from ...raster.writing.storage import BandInfo
from ..inputs import RasterParameter
from ..progress import each_block, stop_if_cancelled
from ..storage import StorageAlgorithm

#: Mg# is at most 1, which scaled integers hold in these steps; its uncertainty has no end, and its
#: steps reach to 6.5.
_MG_NUMBER = BandInfo(MG_NUMBER, step=0.00002)
_SIGMA = BandInfo(uncertainty_name(MG_NUMBER), step=0.0001)


class MgNumber(StorageAlgorithm):
    """Mg# from an oxide raster."""

    NAME = "mgnumber"
    TITLE = "Mg number"
    GROUP = "Oxides"
    SUMMARY = "Computes Mg#, the molar fraction Mg / (Mg + Fe), from the MgO and FeO of a raster."
    DETAILS = (
        "Mg# = (MgO/40.304) / (MgO/40.304 + FeO/71.844), with MgO and FeO in wt%. Where either is "
        "negative, or both are zero, Mg# is not defined and becomes no data. The number MEAN is "
        "weighted by the pixels' areas on the sphere. Zhang et al. (2023) give means of 0.675 for "
        "the whole Moon, 0.527 for the maria and 0.705 for the highlands. With the model's "
        "uncertainty of MgO and FeO, that of Mg# follows by first-order error propagation (JCGM "
        "100:2008, eq. 13): Mg# (1 - Mg#) times the root of a^2 + b^2 - 2 r a b, where a and b "
        "are the relative uncertainties of MgO and FeO and r is the correlation of the model's "
        "errors in both. r is taken from the metadata of the uncertainty raster; without it, it is "
        "0. The log says which. Where the uncertainties are not small against the contents, it is "
        "a rough number: Mg# ends at 0 and 1, the uncertainty does not."
    )
    TAGS = ("magnesium", "mg#", "uncertainty")

    INPUT = "INPUT"
    MGO_BAND = "MGO_BAND"
    FEO_BAND = "FEO_BAND"
    UNCERTAINTY = "UNCERTAINTY"
    OUTPUT = "OUTPUT"
    OUTPUT_UNCERTAINTY = "OUTPUT_UNCERTAINTY"
    MEAN = "MEAN"

    def initAlgorithm(self, configuration: dict[str, Any] | None = None) -> None:
        """Declare the parameters."""
        self.add(
            RasterParameter(self.INPUT, "Oxide raster"),
            "A raster with MgO and FeO in wt%, such as the result of Predict oxides.",
        )
        for name, oxide in ((self.MGO_BAND, "MgO"), (self.FEO_BAND, "FeO")):
            self.add(
                QgsProcessingParameterBand(
                    name, f"{oxide} band", parentLayerParameterName=self.INPUT, optional=True
                ),
                f"Empty: the band described as {oxide}.",
            )
        self.add(
            RasterParameter(self.UNCERTAINTY, "Uncertainty raster", None, True),
            "1 sigma of MgO and FeO in wt% (bands described as MgO 1 sigma and FeO 1 sigma), on "
            "the same pixels: the result Uncertainty of the same run of Predict oxides. Needed for "
            "the uncertainty of Mg#.",
        )
        self.add_storage(
            "0.00002 (uncertainty: 0.0001)",
            "UInt16, scaled: whole numbers of these, about half the size, off by at most half of "
            "them; for software that applies the scale of a band, as QGIS does. No data is 65535. "
            "An uncertainty above 6.5534 is refused.",
        )
        self.add(
            QgsProcessingParameterRasterDestination(self.OUTPUT, "Mg number"),
            "GeoTIFF, one band: a molar fraction.",
        )
        self.add(
            QgsProcessingParameterRasterDestination(
                self.OUTPUT_UNCERTAINTY,
                "Uncertainty of Mg number",
                optional=True,
                createByDefault=False,
            ),
            "One standard deviation of Mg#: GeoTIFF, one band.",
        )
        self.addOutput(QgsProcessingOutputNumber(self.MEAN, "Mean Mg number"))

    def compute(
        self,
        parameters: dict[str, Any],
        context: QgsProcessingContext,
        feedback: QgsProcessingFeedback,
    ) -> dict[str, Any]:
        """Compute block by block."""
        storage = self.storage(parameters, context)
        outputs = {
            name: self.output_path(parameters, name, context)
            for name in (self.OUTPUT, self.OUTPUT_UNCERTAINTY)
        }
        outputs = {name: path for name, path in outputs.items() if path}
        raster = Raster(self.input_paths(self.INPUT)[0])
        numbers = [
            self.oxide_band(parameters, name, raster, oxide, context)
            for name, oxide in ((self.MGO_BAND, "MgO"), (self.FEO_BAND, "FeO"))
        ]
        require_weight_percent(
            raster, dict(zip(numbers, ("MgO", "FeO"))), lambda: stop_if_cancelled(feedback)
        )
        uncertainty = self._uncertainty(outputs, raster, numbers, feedback)
        areas = PixelAreas(raster.grid, raster.name) if raster.grid.positioned else None
        if areas is None:
            feedback.pushWarning(
                f"{raster.name} does not say where on the Moon it lies, so MEAN counts every pixel "
                "the same."
            )
        inputs = [raster, *([uncertainty.raster] if uncertainty else [])]
        metadata = {**raster.model_metadata(), **self.provenance(parameters, *inputs)}
        correlation = 0.0
        if uncertainty:
            correlation, said = uncertainty.correlation("MgO", "FeO")
            feedback.pushInfo(f"Correlation of the errors of MgO and FeO: {said}.")
            metadata["LUNAR_OXIDE_MGO_FEO_ERROR_CORRELATION"] = said
        mg_map = MgNumberMap(raster, numbers, uncertainty, correlation)
        totals = MgNumberTotals()
        threads = self.threads(parameters, context)
        steps = self.steps(storage, feedback)
        with self.output_files(*inputs) as files:
            writers = [
                files.raster(
                    outputs[self.OUTPUT],
                    raster.grid,
                    [_MG_NUMBER],
                    metadata,
                    storage=storage,
                    style=style("mgnumber"),
                    tile=raster.plan().tile,
                )
            ]
            if uncertainty:
                writers.append(
                    files.raster(
                        outputs[self.OUTPUT_UNCERTAINTY],
                        raster.grid,
                        [_SIGMA],
                        metadata,
                        storage=storage,
                        style=style("mgnumber_uncertainty"),
                        tile=raster.plan().tile,
                    )
                )
            with each_block(mg_map.planes, raster, steps, threads) as done:
                for window, planes in done:
                    for writer, plane in zip(writers, planes):
                        writer.write(window, plane[np.newaxis])
                    totals.add(planes, areas.of(window) if areas else 1.0)
            if totals.moments.count == 0:
                raise RasterError(
                    f"{raster.name} has no pixel where MgO and FeO give an Mg#. "
                    "Check MGO_BAND and FEO_BAND."
                )
            if uncertainty and not totals.with_sigma:
                raise RasterError(
                    f"{uncertainty.raster.name} (UNCERTAINTY) has no pixel with an uncertainty of "
                    f"MgO and FeO where {raster.name} has an Mg#. Give that of the same run."
                )
            self.finish(files, steps)
        mean = totals.moments.mean
        feedback.pushInfo(f"Mean Mg#: {mean:.3f} over {totals.moments.count} pixels.")
        if totals.without_sigma:
            feedback.pushWarning(
                f"{totals.without_sigma} pixels with an Mg# have no uncertainty of MgO or FeO in "
                f"{inputs[-1].name} (UNCERTAINTY): they are no data in OUTPUT_UNCERTAINTY."
            )
        return {**outputs, self.MEAN: mean}

    def _uncertainty(
        self,
        outputs: Mapping[str, str],
        raster: Raster,
        numbers: Sequence[int],
        feedback: QgsProcessingFeedback,
    ) -> Uncertainty | None:
        """That of MgO and FeO, where that of Mg# is wanted."""
        paths = self.input_paths(self.UNCERTAINTY)
        if self.OUTPUT_UNCERTAINTY not in outputs:
            if paths:
                feedback.pushWarning(
                    "UNCERTAINTY is not used, as OUTPUT_UNCERTAINTY is empty: give it a name."
                )
            return None
        if not paths:
            raise RasterError(
                "OUTPUT_UNCERTAINTY needs the uncertainty of MgO and FeO. Give the uncertainty "
                "raster (OUTPUT_UNCERTAINTY) of Predict oxides as UNCERTAINTY, or leave "
                "OUTPUT_UNCERTAINTY empty."
            )
        names = dict(zip(numbers, ("MgO", "FeO")))
        uncertainty = Uncertainty(Raster(paths[0]), raster, names, every=True)
        for note in uncertainty.notes:
            feedback.pushInfo(note)
        return uncertainty
