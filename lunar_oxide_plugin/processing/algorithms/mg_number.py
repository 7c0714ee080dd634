"""Algorithm `mgnumber`."""

from __future__ import annotations

from typing import Any

import numpy as np
from qgis.core import (
    QgsProcessingContext,
    QgsProcessingFeedback,
    QgsProcessingOutputNumber,
    QgsProcessingParameterBand,
    QgsProcessingParameterRasterDestination,
    QgsProcessingParameterRasterLayer,
)

from ...about import style
from ...core.errors import RasterError
from ...core.oxides import MG_NUMBER, mg_number
from ...core.statistics import Moments
from ...raster.areas import PixelAreas
from ...raster.outputs import BandInfo
from ...raster.oxide_units import require_weight_percent
from ...raster.raster import Raster
from ..base import LunarOxideAlgorithm
from ..progress import blocks_with_progress


class MgNumber(LunarOxideAlgorithm):
    """Mg# from an oxide raster."""

    NAME = "mgnumber"
    TITLE = "Mg number"
    GROUP = "Oxides"
    SUMMARY = "Computes Mg#, the molar fraction Mg / (Mg + Fe), from the MgO and FeO of a raster."
    DETAILS = (
        "Mg# = (MgO/40.304) / (MgO/40.304 + FeO/71.844), with MgO and FeO in wt%. Where either is "
        "negative, or both are zero, Mg# is not defined and becomes no data. The number MEAN is "
        "weighted by the pixels' areas on the sphere. Zhang et al. (2023) give means of 0.675 for "
        "the whole Moon, 0.527 for the maria and 0.705 for the highlands."
    )
    TAGS = ("magnesium", "mg#")

    INPUT = "INPUT"
    MGO_BAND = "MGO_BAND"
    FEO_BAND = "FEO_BAND"
    OUTPUT = "OUTPUT"
    MEAN = "MEAN"

    def initAlgorithm(self, configuration: dict[str, Any] | None = None) -> None:
        """Declare the parameters."""
        self.add(
            QgsProcessingParameterRasterLayer(self.INPUT, "Oxide raster"),
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
            QgsProcessingParameterRasterDestination(self.OUTPUT, "Mg number"),
            "GeoTIFF, Float32, one band.",
        )
        self.addOutput(QgsProcessingOutputNumber(self.MEAN, "Mean Mg number"))

    def compute(
        self,
        parameters: dict[str, Any],
        context: QgsProcessingContext,
        feedback: QgsProcessingFeedback,
    ) -> dict[str, Any]:
        """Compute block by block."""
        raster = Raster(self.input_paths(self.INPUT)[0])
        numbers = [
            self.oxide_band(parameters, name, raster, oxide, context)
            for name, oxide in ((self.MGO_BAND, "MgO"), (self.FEO_BAND, "FeO"))
        ]
        require_weight_percent(raster, dict(zip(numbers, ("MgO", "FeO"))))
        areas = PixelAreas(raster.grid, raster.name) if raster.grid.positioned else None
        if areas is None:
            feedback.pushWarning(
                f"{raster.name} does not say where on the Moon it lies, so MEAN counts every pixel "
                "the same."
            )
        output = self.output_path(parameters, self.OUTPUT, context)
        metadata = {**raster.model_metadata(), **self.provenance(parameters, raster)}
        moments = Moments()
        with self.output_files(raster) as files:
            writer = files.raster(
                output, raster.grid, [BandInfo(MG_NUMBER)], metadata, style=style("mgnumber")
            )
            for window in blocks_with_progress(raster.grid.window, feedback):
                values = mg_number(*raster.values(window, numbers))
                writer.write(window, values[np.newaxis])
                weights = np.broadcast_to(areas.of(window) if areas else 1.0, values.shape)
                defined = np.isfinite(values) & (weights > 0)
                moments.add(values[defined], weights[defined])
            if moments.count == 0:
                raise RasterError(
                    f"{raster.name} has no pixel where MgO and FeO give an Mg#. "
                    "Check MGO_BAND and FEO_BAND."
                )
        feedback.pushInfo(f"Mean Mg#: {moments.mean:.3f} over {moments.count} pixels.")
        return {self.OUTPUT: output, self.MEAN: moments.mean}
