"""Algorithm `empiricaloxides`."""

from __future__ import annotations

from typing import Any

from qgis.core import (
    QgsProcessingOutputNumber,
    QgsProcessingParameterEnum,
    QgsProcessingParameterRasterDestination,
)

from ...core.spectra.empirical import METHODS
from ...raster.maps.empirical import open_for, write_empirical
from ...raster.maps.run import Run
from ..inputs import RasterParameter
from ..mi_input import MiAlgorithm
from ..progress import FeedbackWatch
from ..storage import StorageAlgorithm


class EmpiricalOxides(StorageAlgorithm, MiAlgorithm):
    """FeO, TiO2 and optical maturity by published equations of three bands."""

    NAME = "empiricaloxides"
    TITLE = "FeO and TiO2 by band ratios"
    GROUP = "Oxides"
    SUMMARY = "Computes FeO, TiO2 and optical maturity from reflectance at 415, 750 and 950 nm."
    DETAILS = (
        "Angles in a plot of R950/R750 and R415/R750 over R750, around an origin. For Kaguya MI: "
        "Otake et al. (2012, LPSC 43, 1905), FeO and TiO2, with constants fitted again to 38 "
        "sites, or as published (quoted from memory). For Clementine UVVIS: Lucey et al. (2000, "
        "JGR 105, 20297 and 20377), FeO, TiO2 and OMAT; Wilcox et al. (2005, JGR 110, E11001), "
        "FeO, for maria only. Reflectance of the two instruments is not interchangeable: at 44 "
        "sites MI is 0.50 to 0.73 of Clementine at 750 nm. TiO2 by Otake is far too high at Luna "
        "16 and 24, FeO too low at Chang'E-5; scores are in training/reports/empirical.md. A value "
        "is nodata where its angle is not defined, as in pixels darker than the origin."
    )
    TAGS = ("feo", "tio2", "omat", "maturity", "clementine", "uvvis", "band ratio", "selene")

    INPUT = "INPUT"
    METHOD = "METHOD"
    OUTPUT = "OUTPUT"
    VALID_PIXELS = "VALID_PIXELS"

    def initAlgorithm(self, configuration: dict[str, Any] | None = None) -> None:
        """Declare the parameters."""
        self.add(
            RasterParameter(self.INPUT, "Reflectance raster"),
            "For methods 0 and 1 an MI MAP label (.lbl), or any raster with the eight MI bands as "
            "DN or reflectance. For methods 2 and 3 Clementine UVVIS reflectance with bands of "
            "415, 750 and 950 nm.",
        )
        self.add(
            QgsProcessingParameterEnum(
                self.METHOD, "Method", [method.title for method in METHODS], defaultValue=0
            ),
            "The equations, their constants, and thereby the instrument.",
        )
        self.add_mi_parameters(" For methods 2 and 3: three numbers, for 415 750 950 nm.")
        # No scaled integers: the equations end neither at zero nor at what a rock can hold.
        self.add_storage("0.001 wt% (with OMAT: 0.0001)")
        self.add(
            QgsProcessingParameterRasterDestination(self.OUTPUT, "FeO and TiO2"),
            "GeoTIFF: FeO and TiO2 in wt%, by Lucey 2000 OMAT as well, by Wilcox 2005 FeO alone.",
        )
        self.addOutput(QgsProcessingOutputNumber(self.VALID_PIXELS, "Valid pixels"))

    def compute(self, watch: FeedbackWatch) -> dict[str, Any]:
        """Compute block by block."""
        storage = self.storage()
        method = METHODS[self.choice(self.METHOD)]
        output = self.output_path(self.OUTPUT)
        source = open_for(
            method,
            self.input_paths(self.INPUT)[0],
            **self.mi_options(),
            watch=watch,
        )
        for line in source.report():
            watch.note(line)
        threads = self.threads()
        with self.output_files(source) as files:
            run = Run(files, self.provenance(source), storage, threads, watch)
            counts = write_empirical(run, source, method, output)
        watch.note(f"{counts.valid} of {source.grid.window.size} pixels have all values.")
        if counts.undefined:
            watch.warn(
                f"{counts.undefined} measured pixels are nodata in a band: too dark, or too "
                f"unlike the sites, for the angles of {method.title}."
            )
        return {self.OUTPUT: output, self.VALID_PIXELS: counts.valid}
