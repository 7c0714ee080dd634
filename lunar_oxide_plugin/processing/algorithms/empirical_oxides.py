"""Algorithm `empiricaloxides`."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np
from qgis.core import (
    QgsProcessingContext,
    QgsProcessingFeedback,
    QgsProcessingOutputNumber,
    QgsProcessingParameterEnum,
    QgsProcessingParameterRasterDestination,
)

from ...about import style
from ...core.errors import RasterError
from ...core.mathematics.pieces import pieces
from ...core.spectra.bands import MODEL_BANDS
from ...core.spectra.empirical import CLEMENTINE, METHODS, OMAT, WAVELENGTHS, Method
from ...raster.gdal_io.blocks import Window
from ...raster.sources.clementine import ClementineSource
from ...raster.sources.mi_source import MiSource
from ...raster.sources.mi_sources import open_mi_source
from ...raster.sources.raster import Raster
from ...raster.sources.wavelengths import bands_of_wavelengths, sign_of_mi
from ...raster.writing.storage import WEIGHT_STEP, BandInfo
from ..inputs import RasterParameter
from ..mi_input import MiAlgorithm
from ..progress import each_block, stop_if_cancelled
from ..storage import StorageAlgorithm

#: Where the three wavelengths stand among the bands of an MI source.
_OF_MI = [[band.nominal for band in MODEL_BANDS].index(nm) for nm in WAVELENGTHS]


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
        "is no data where its angle is not defined, as in pixels darker than the origin."
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

    def compute(
        self,
        parameters: dict[str, Any],
        context: QgsProcessingContext,
        feedback: QgsProcessingFeedback,
    ) -> dict[str, Any]:
        """Compute block by block."""
        storage = self.storage(parameters, context)
        method = METHODS[self.parameterAsEnum(parameters, self.METHOD, context)]
        output = self.output_path(parameters, self.OUTPUT, context)
        source = _opened(
            method,
            self.input_paths(self.INPUT)[0],
            self.mi_options(parameters, context),
            lambda: stop_if_cancelled(feedback),
        )
        metadata = self._metadata(parameters, method, source)
        for line in source.report():
            feedback.pushInfo(line)
        if method.instrument == CLEMENTINE:
            feedback.pushWarning(
                f"{source.name} is taken for Clementine UVVIS data, which its values cannot prove. "
                "Reflectance of Clementine and MI is not interchangeable (at 44 sites MI is 0.50 "
                "to 0.73 of Clementine at 750 nm): MI data give wrong oxides here."
            )
        bands = [
            BandInfo(name, step=0.0001) if name == OMAT else BandInfo(name, "wt%", WEIGHT_STEP)
            for name in method.names
        ]
        valid_pixels, undefined = 0, 0
        steps = self.steps(storage, feedback)
        threads = self.threads(parameters, context)

        def mapped(window: Window) -> tuple[np.ndarray, int]:
            """The maps [bands, height, width], NaN where not defined, and measured pixels."""
            reflectance, valid = source.spectra(window)
            values = np.empty((len(bands), *valid.shape), np.float32)
            for rows in pieces(*valid.shape):
                three = _three_bands(source, reflectance[:, rows])
                maps = method.maps(np.where(valid[rows], three, np.float32(np.nan)))
                for plane, name in zip(values, method.names):
                    plane[rows] = maps[name]
            return values, int(valid.sum())

        with self.output_files(source) as files:
            writer = files.raster(
                output,
                source.grid,
                bands,
                metadata,
                storage=storage,
                style=style("feo"),
                tile=source.plan().tile,
            )
            with each_block(mapped, source, steps, threads) as done:
                for window, (values, measured) in done:
                    writer.write(window, values)
                    defined = int(np.isfinite(values).all(axis=0).sum())
                    valid_pixels += defined
                    undefined += measured - defined
            if valid_pixels == 0:
                raise RasterError(
                    f"{source.name} has no pixel where {method.title} is defined: all are darker "
                    "than its equations allow. Check METHOD and SCALE."
                )
            writer.set_metadata({"LUNAR_OXIDE_VALID_PIXELS": str(valid_pixels)})
            self.finish(files, steps)
        feedback.pushInfo(f"{valid_pixels} of {source.grid.window.size} pixels have all values.")
        if undefined:
            feedback.pushWarning(
                f"{undefined} measured pixels have no data in a band: too dark, or too unlike the "
                f"sites, for the angles of {method.title}."
            )
        return {self.OUTPUT: output, self.VALID_PIXELS: valid_pixels}

    def _metadata(
        self, parameters: dict[str, Any], method: Method, source: MiSource | ClementineSource
    ) -> dict[str, str]:
        return {
            **self.provenance(parameters, source),
            "LUNAR_OXIDE_MODEL": method.id,
            "LUNAR_OXIDE_MODEL_TITLE": method.title,
            "LUNAR_OXIDE_MODEL_CONSTANTS": method.constants,
            "LUNAR_OXIDE_MODEL_CITATION": method.citation,
            "LUNAR_OXIDE_SOURCE": "\n".join(source.report()),
            "LUNAR_OXIDE_BANDS": " ".join(map(str, source.bands)),
            "LUNAR_OXIDE_SCALE": " ".join(f"{value:g}" for value in source.scale),
        }


def _opened(
    method: Method, path: str, options: dict[str, Any], check: Callable[[], None]
) -> MiSource | ClementineSource:
    """The raster as data of the method's instrument.

    Raises
    ------
    RasterError
        When it is not, naming the methods that are for it.
    """
    if method.instrument == CLEMENTINE:
        return ClementineSource(path, **options, check=check)
    try:
        return open_mi_source(path, **options, check=check)
    except RasterError as error:
        if not _may_be_clementine(path):
            raise
        raise RasterError(
            f"{error} {method.title} is for Kaguya MI; if this is Clementine UVVIS data, choose "
            "METHOD 2 or 3."
        ) from error


def _may_be_clementine(path: str) -> bool:
    raster = Raster(path)
    named = bands_of_wavelengths(raster.dataset, WAVELENGTHS)
    return not raster.label and named is not None and not sign_of_mi(raster.dataset)


def _three_bands(source: MiSource | ClementineSource, reflectance: np.ndarray) -> np.ndarray:
    """Reflectance at 415, 750 and 950 nm of a source's bands."""
    return reflectance[_OF_MI] if isinstance(source, MiSource) else reflectance
