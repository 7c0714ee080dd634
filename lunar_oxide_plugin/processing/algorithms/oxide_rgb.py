"""Algorithm `oxidergb`."""

from __future__ import annotations

import math
import re
from typing import Any

from qgis.core import (
    QgsProcessingParameterBand,
    QgsProcessingParameterEnum,
    QgsProcessingParameterFileDestination,
    QgsProcessingParameterRasterDestination,
    QgsProcessingParameterString,
)

from ...core.errors import RasterError
from ...core.oxides.composite import STRETCHES, Limits
from ...raster.maps.composite import COLOURS, Composite, write_composite
from ...raster.maps.run import Run
from ...raster.sources.raster import Raster
from ...raster.writing.outputs import OutputFiles
from ..base import LunarOxideAlgorithm
from ..inputs import RasterParameter
from ..progress import FeedbackWatch
from ..rgb_legend import Channel, legend


class OxideRgb(LunarOxideAlgorithm):
    """Three oxides as a colour composite."""

    NAME = "oxidergb"
    TITLE = "Oxide RGB composite"
    GROUP = "Oxides"
    SUMMARY = "Makes a colour composite of three oxides, by default FeO, MgO and Al2O3."
    DETAILS = (
        "Each band is stretched linearly between two limits, which are kept in the result's "
        "metadata; nodata is transparent. The Mairan and Sosigenes stretches are those of Figs. 8 "
        "and 9 of Zhang et al. (2023), for FeO, MgO and Al2O3, so that a map can be compared with "
        "theirs. The fixed scales are those of the single oxides' maps: all composites made with "
        "them can be compared with each other."
    )
    TAGS = ("colour", "color", "false colour")

    INPUT = "INPUT"
    BANDS = tuple(
        (f"{colour.upper()}_BAND", colour, oxide)
        for colour, oxide in zip(COLOURS, ("FeO", "MgO", "Al2O3"))
    )
    STRETCH = "STRETCH"
    LIMITS = "LIMITS"
    OUTPUT = "OUTPUT"
    LEGEND = "LEGEND"

    def initAlgorithm(self, configuration: dict[str, Any] | None = None) -> None:
        """Declare the parameters."""
        self.add(
            RasterParameter(self.INPUT, "Oxide raster"),
            "Such as the result of Predict oxides.",
        )
        for name, colour, oxide in self.BANDS:
            self.add(
                QgsProcessingParameterBand(
                    name, f"{colour} band", parentLayerParameterName=self.INPUT, optional=True
                ),
                f"Empty: the band described as {oxide}.",
            )
        self.add(
            QgsProcessingParameterEnum(
                self.STRETCH,
                "Stretch",
                [stretch.title for stretch in STRETCHES],
                defaultValue=0,
            ),
            "How values become colours. The first two are computed from all valid pixels.",
        )
        self.add(
            QgsProcessingParameterString(self.LIMITS, "Custom limits", optional=True),
            "Six numbers for Custom limits: lower and upper for red, green and blue, for example "
            "0,25,4,12,8,30.",
        )
        self.add(
            QgsProcessingParameterRasterDestination(self.OUTPUT, "RGB composite"),
            "GeoTIFF, Byte, four bands: red, green, blue, alpha.",
        )
        self.add(
            QgsProcessingParameterFileDestination(
                self.LEGEND, "Legend", "PNG (*.png)", optional=True, createByDefault=False
            ),
            "An image of the colours: a triangle with the three oxides at its corners, and the "
            "limits of each.",
        )

    def compute(self, watch: FeedbackWatch) -> dict[str, Any]:
        """Find the limits, then colour block by block."""
        raster = Raster(self.input_paths(self.INPUT)[0])
        numbers = [self.oxide_band(name, raster, oxide) for name, _, oxide in self.BANDS]
        stretch = STRETCHES[self.choice(self.STRETCH)]
        limits = self.text(self.LIMITS)
        results = self.output_paths()
        with self.output_files(raster) as files:
            run = Run(
                files,
                self.provenance(raster),
                threads=self.threads(),
                watch=watch,
            )
            composite = write_composite(
                run,
                raster,
                results[self.OUTPUT],
                numbers=numbers,
                stretch=stretch,
                custom=_parsed_limits(limits) if stretch.custom else (),
            )
            if self.LEGEND in results:
                _write_legend(files, results[self.LEGEND], composite)
        return results


def _write_legend(files: OutputFiles, path: str, composite: Composite) -> None:
    """Write the legend as PNG, with its limits in full and what made it as texts in the file."""
    channels = [Channel(*pair) for pair in zip(composite.names, composite.limits)]
    image = legend(channels, synthetic="SYNTHETIC" in composite.metadata)
    for key in ("LUNAR_OXIDE_LIMITS", "LUNAR_OXIDE_VERSION", "SYNTHETIC"):
        image.setText(key, composite.metadata.get(key, ""))
    if not image.save(str(files.path(path)), "PNG"):
        raise RasterError(f"{path} cannot be written.")


def _parsed_limits(text: str) -> list[Limits]:
    words = [word for word in re.split(r"[\s,;]+", text.strip()) if word]
    try:
        values = [float(word) for word in words]
    except ValueError:
        values = []
    pairs = list(zip(values[::2], values[1::2]))
    if len(values) != 6 or not all(-math.inf < low < high < math.inf for low, high in pairs):
        raise RasterError(
            f"LIMITS is '{text}'. Custom limits are six numbers, lower and upper for red, green "
            "and blue, for example 0,25,4,12,8,30."
        )
    return pairs
