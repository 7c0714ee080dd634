"""Algorithm `mgnumber`."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from qgis.core import (
    QgsProcessingOutputNumber,
    QgsProcessingParameterBand,
    QgsProcessingParameterRasterDestination,
)

from ...core.errors import RasterError
from ...raster.maps.mg_number import write_mg_number
from ...raster.maps.run import Run
from ...raster.maps.uncertainty import Uncertainty
from ...raster.sources.raster import Raster
from ..inputs import RasterParameter
from ..progress import FeedbackWatch
from ..storage import StorageAlgorithm


class MgNumber(StorageAlgorithm):
    """Mg# from an oxide raster."""

    NAME = "mgnumber"
    TITLE = "Mg number"
    GROUP = "Oxides"
    SUMMARY = "Computes Mg#, the molar fraction Mg / (Mg + Fe), from the MgO and FeO of a raster."
    DETAILS = (
        "Mg# = (MgO/40.304) / (MgO/40.304 + FeO/71.844), with MgO and FeO in wt%. Where either is "
        "negative, or both are zero, Mg# is not defined and becomes nodata. The number MEAN is "
        "weighted by the pixels' areas on the sphere. Zhang et al. (2023) give means of 0.675 for "
        "the whole Moon, 0.527 for the maria and 0.705 for the highlands. With the model's "
        "uncertainty of MgO and FeO, that of Mg# follows by first-order error propagation (JCGM "
        "100:2008, eq. 13): Mg# (1 - Mg#) times the root of a^2 + b^2 - 2 r a b, where a and b "
        "are the relative uncertainties of MgO and FeO and r is the correlation of the model's "
        "errors in both. r is taken from the metadata of the uncertainty raster; without it, it is "
        "0. The log says which. Where the uncertainties are not small against the contents, it is "
        "a rough number: Mg# ends at 0 and 1, the uncertainty does not. MgO, and with it Mg#, is "
        "not determined by the bundled models at places that were never sampled, beyond the "
        "contrast of mare and highlands."
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
            "them; for software that applies the scale of a band, as QGIS does. Nodata is 65535. "
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

    def compute(self, watch: FeedbackWatch) -> dict[str, Any]:
        """Compute block by block."""
        storage = self.storage()
        outputs = self.output_paths()
        raster = Raster(self.input_paths(self.INPUT)[0])
        mgo, feo = (
            self.oxide_band(name, raster, oxide)
            for name, oxide in ((self.MGO_BAND, "MgO"), (self.FEO_BAND, "FeO"))
        )
        uncertainty = self._uncertainty(outputs, raster, {mgo: "MgO", feo: "FeO"}, watch)
        inputs = [raster, *([uncertainty.raster] if uncertainty else [])]
        threads = self.threads()
        with self.output_files(*inputs) as files:
            totals = write_mg_number(
                Run(files, self.provenance(*inputs), storage, threads, watch),
                raster,
                outputs[self.OUTPUT],
                mgo=mgo,
                feo=feo,
                uncertainty=uncertainty,
                uncertainty_path=outputs.get(self.OUTPUT_UNCERTAINTY, ""),
            )
        mean = totals.moments.mean
        watch.note(f"Mean Mg#: {mean:.3f} over {totals.moments.count} pixels.")
        return {**outputs, self.MEAN: mean}

    def _uncertainty(
        self,
        outputs: Mapping[str, str],
        raster: Raster,
        names: Mapping[int, str],
        watch: FeedbackWatch,
    ) -> Uncertainty | None:
        """That of MgO and FeO, where that of Mg# is wanted."""
        paths = self.input_paths(self.UNCERTAINTY)
        if self.OUTPUT_UNCERTAINTY not in outputs:
            if paths:
                watch.warn(
                    "UNCERTAINTY is not used, as OUTPUT_UNCERTAINTY is empty: give it a name."
                )
            return None
        if not paths:
            raise RasterError(
                "OUTPUT_UNCERTAINTY needs the uncertainty of MgO and FeO. Give the uncertainty "
                "raster (OUTPUT_UNCERTAINTY) of Predict oxides as UNCERTAINTY, or leave "
                "OUTPUT_UNCERTAINTY empty."
            )
        uncertainty = Uncertainty(Raster(paths[0]), raster, names, every=True)
        for note in uncertainty.notes:
            watch.note(note)
        return uncertainty
