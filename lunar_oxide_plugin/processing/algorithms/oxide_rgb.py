"""Algorithm `oxidergb`."""

from __future__ import annotations

import json
import math
import re
from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np
from qgis.core import (
    QgsProcessingContext,
    QgsProcessingFeedback,
    QgsProcessingMultiStepFeedback,
    QgsProcessingParameterBand,
    QgsProcessingParameterEnum,
    QgsProcessingParameterFileDestination,
    QgsProcessingParameterRasterDestination,
    QgsProcessingParameterString,
)

from ...about import style
from ...core.errors import RasterError
from ...core.mathematics.quantiles import Counted, ExactQuantile, counted
from ...core.oxides.colours import SCALES
from ...core.oxides.composite import PUBLISHED_STRETCHES, Limits, to_rgba
from ...raster.gdal_io.blocks import Window, sample_windows
from ...raster.sources.oxide_units import require_weight_percent
from ...raster.sources.raster import Raster
from ...raster.writing.outputs import OutputFiles
from ...raster.writing.storage import BandInfo
from ..base import LunarOxideAlgorithm
from ..inputs import RasterParameter
from ..progress import each_block, stop_if_cancelled
from ..rgb_legend import Channel, legend

_PERCENTILE, _MIN_MAX, _MAIRAN, _SOSIGENES, _CUSTOM, _FIXED = range(6)

_FRACTIONS = (0.02, 0.98)

#: Values that are kept for each percentile, 16 MiB: all of a tile, or about a tenth of 16 tiles.
_ROOM = 1 << 22

#: Of a larger raster, this many by this many samples tell first where its percentiles will lie.
_SAMPLES = 8


class OxideRgb(LunarOxideAlgorithm):
    """Three oxides as a colour composite."""

    NAME = "oxidergb"
    TITLE = "Oxide RGB composite"
    GROUP = "Oxides"
    SUMMARY = "Makes a colour composite of three oxides, by default FeO, MgO and Al2O3."
    DETAILS = (
        "Each band is stretched linearly between two limits, which are kept in the result's "
        "metadata; no data is transparent. The Mairan and Sosigenes stretches are those of Figs. 8 "
        "and 9 of Zhang et al. (2023), for FeO, MgO and Al2O3, so that a map can be compared with "
        "theirs. The fixed scales are those of the single oxides' maps: all composites made with "
        "them can be compared with each other."
    )
    TAGS = ("colour", "color", "false colour")

    INPUT = "INPUT"
    BANDS = (
        ("RED_BAND", "Red", "FeO"),
        ("GREEN_BAND", "Green", "MgO"),
        ("BLUE_BAND", "Blue", "Al2O3"),
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
                [
                    "Percentiles 2-98",
                    "Minimum to maximum",
                    "Mairan domes (Zhang et al. 2023, Fig. 8)",
                    "Sosigenes (Zhang et al. 2023, Fig. 9)",
                    "Custom limits",
                    "Fixed scales of the oxide maps",
                ],
                defaultValue=_PERCENTILE,
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

    def compute(
        self,
        parameters: dict[str, Any],
        context: QgsProcessingContext,
        feedback: QgsProcessingFeedback,
    ) -> dict[str, Any]:
        """Find the limits, then colour block by block."""
        raster = Raster(self.input_paths(self.INPUT)[0])
        numbers = [
            self.oxide_band(parameters, name, raster, oxide, context)
            for name, _, oxide in self.BANDS
        ]
        require_weight_percent(raster, check=lambda: stop_if_cancelled(feedback))
        names = [raster.band_names[number - 1] or f"band {number}" for number in numbers]
        stretch = self.parameterAsEnum(parameters, self.STRETCH, context)
        threads = self.threads(parameters, context)
        passes = {_PERCENTILE: 3, _MIN_MAX: 2}.get(stretch, 1)
        steps = QgsProcessingMultiStepFeedback(passes, feedback)
        steps.setCurrentStep(0)
        if stretch == _CUSTOM:
            limits = _parsed_limits(self.parameterAsString(parameters, self.LIMITS, context))
        elif stretch in (_MAIRAN, _SOSIGENES):
            limits = _published_limits("Mairan" if stretch == _MAIRAN else "Sosigenes", names)
        elif stretch == _FIXED:
            limits = _fixed_limits(names)
        else:
            measured = _percentiles if stretch == _PERCENTILE else _ranges
            limits = [_widened(*pair) for pair in measured(raster, numbers, threads, steps)]
            steps.setCurrentStep(passes - 1)
        described = [
            f"{colour.lower()} {name} {low:g} - {high:g}"
            for (_, colour, _), name, (low, high) in zip(self.BANDS, names, limits)
        ]
        feedback.pushInfo("Stretch: " + ", ".join(described))
        metadata = {**raster.model_metadata(), **self.provenance(parameters, raster)}
        metadata["LUNAR_OXIDE_STRETCH"] = ", ".join(described)
        metadata["LUNAR_OXIDE_LIMITS"] = json.dumps(limits)
        output = self.output_path(parameters, self.OUTPUT, context)
        results = {self.OUTPUT: output}
        bands = [BandInfo(f"{colour}: {name}") for (_, colour, _), name in zip(self.BANDS, names)]
        with self.output_files(raster) as files:
            writer = files.raster(
                output,
                raster.grid,
                [*bands, BandInfo("Alpha")],
                metadata,
                rgba=True,
                style=style("rgb"),
                tile=raster.plan().tile,
            )

            def coloured(window: Window) -> np.ndarray:
                return to_rgba(raster.values(window, numbers), limits)

            with each_block(coloured, raster, steps, threads) as done:
                for window, rgba in done:
                    writer.write(window, rgba)
            path = self.output_path(parameters, self.LEGEND, context)
            if path:
                results[self.LEGEND] = path
                channels = [Channel(*pair) for pair in zip(names, limits)]
                _write_legend(files, path, channels, metadata)
        return results


def _write_legend(
    files: OutputFiles, path: str, channels: Sequence[Channel], metadata: Mapping[str, str]
) -> None:
    """Write the legend as PNG, with its limits in full and what made it as texts in the file."""
    image = legend(channels, synthetic="SYNTHETIC" in metadata)
    for key in ("LUNAR_OXIDE_LIMITS", "LUNAR_OXIDE_VERSION", "SYNTHETIC"):
        image.setText(key, metadata.get(key, ""))
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
            f"LIMITS is '{text}'; custom limits are six numbers, lower and upper for red, green "
            "and blue, for example 0,25,4,12,8,30."
        )
    return pairs


def _published_limits(place: str, names: Sequence[str]) -> list[Limits]:
    known = PUBLISHED_STRETCHES[place]
    for name in names:
        if name not in known:
            raise RasterError(
                f"The {place} stretch is published for {', '.join(known)}, not for '{name}'. "
                "Choose these bands, or another STRETCH."
            )
    return [known[name] for name in names]


def _fixed_limits(names: Sequence[str]) -> list[Limits]:
    for name in names:
        if name not in SCALES:
            raise RasterError(
                f"There are fixed scales for {', '.join(SCALES)}, not for '{name}'. Choose these "
                "bands, or another STRETCH."
            )
    return [(SCALES[name].low, SCALES[name].high) for name in names]


def _ranges(
    raster: Raster, numbers: Sequence[int], threads: int, steps: QgsProcessingMultiStepFeedback
) -> list[Limits]:
    """Lowest and highest value of each band; infinite without any."""

    def ends(window: Window) -> list[Limits]:
        return [
            (band.min(initial=np.inf), band.max(initial=-np.inf))
            for band in _finite(raster.values(window, numbers))
        ]

    with each_block(ends, raster, steps, threads) as done:
        lows, highs = np.array([found for _, found in done]).transpose(2, 1, 0)
    return list(zip(lows.min(axis=1).tolist(), highs.max(axis=1).tolist()))


def _percentiles(
    raster: Raster, numbers: Sequence[int], threads: int, steps: QgsProcessingMultiStepFeedback
) -> list[Limits]:
    """Percentiles 2 and 98 of each band over its valid pixels; NaN without any."""
    area = raster.grid.window
    samples: list[np.ndarray | None] = [None] * len(numbers)
    if area.size > _ROOM:
        read = []
        for window in sample_windows(area, _SAMPLES):
            stop_if_cancelled(steps)
            read.append(raster.values(window, numbers).reshape(len(numbers), -1))
        samples = _finite(np.concatenate(read, axis=1))
    quantiles = [
        [ExactQuantile(fraction, _ROOM, sample) for fraction in _FRACTIONS] for sample in samples
    ]

    def finite(window: Window) -> list[Counted]:
        return [counted(band) for band in _finite(raster.values(window, numbers))]

    unsettled = quantiles
    for step in range(2):
        steps.setCurrentStep(step)
        with each_block(finite, raster, steps, threads) as done:
            for _, bands in done:
                for band, of_band in zip(bands, unsettled):
                    for quantile in of_band:
                        quantile.add_counted(band)
        if step == 0:
            unsettled = [[one for one in of_band if one.refine()] for of_band in quantiles]
        if not any(unsettled):
            break
    return [(low.value(), high.value()) for low, high in quantiles]


def _finite(values: np.ndarray) -> list[np.ndarray]:
    """The finite values of each band."""
    return [band[np.isfinite(band)] for band in values]


def _widened(low: float, high: float) -> Limits:
    if not np.isfinite([low, high]).all():
        raise RasterError("One of the bands has no valid pixel to stretch. Choose another band.")
    return (low, high) if low < high else (low - 0.5, high + 0.5)
