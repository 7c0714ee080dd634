"""Algorithm `predictoxides`."""

from __future__ import annotations

from typing import Any, NamedTuple

import numpy as np
from qgis.core import (
    QgsProcessingContext,
    QgsProcessingFeedback,
    QgsProcessingOutputNumber,
    QgsProcessingParameterEnum,
    QgsProcessingParameterFile,
    QgsProcessingParameterRasterDestination,
    QgsProcessingParameterRasterLayer,
)

from ...about import style
from ...core.errors import ModelError
from ...core.model import BUNDLED, DEFAULT_MODEL, OxideModel, Prediction, bundled_path
from ...core.oxides import OXIDES
from ...raster.mi_sources import open_mi_source
from ...raster.outputs import BandInfo
from ...raster.source import MiSource
from ..mi_input import MiAlgorithm
from ..progress import blocks_with_progress
from ..runtime import load_model


class _Product(NamedTuple):
    """One output raster: its parameter, style, bands and part of the prediction."""

    parameter: str
    style: str
    bands: tuple[BandInfo, ...]
    values: str


_PRODUCTS = (
    _Product("OUTPUT", "oxides", tuple(BandInfo(oxide, "wt%") for oxide in OXIDES), "oxides"),
    _Product(
        "OUTPUT_UNCERTAINTY",
        "uncertainty",
        tuple(BandInfo(f"{oxide} 1 sigma", "wt%") for oxide in OXIDES),
        "uncertainty",
    ),
    _Product("OUTPUT_DOMAIN", "domain", (BandInfo("domain distance"),), "domain_distance"),
)


class PredictOxides(MiAlgorithm):
    """Five oxides per pixel by a trained model."""

    NAME = "predictoxides"
    TITLE = "Predict oxides"
    GROUP = "Oxides"
    SUMMARY = "Predicts Al2O3, CaO, FeO, MgO and TiO2 in wt% from Kaguya MI reflectance."
    DETAILS = (
        "The bundled models are Gaussian processes on log-ratios of the oxides (the default) and "
        "methods of the literature, among them the 1D convolutional network of Zhang et al. (2023, "
        "Icarus 397, 115505), all trained on published MI reflectance of the same 38 sample sites "
        "(the default also on ten more). Their errors, from sites they had not seen, are in their "
        "model cards (Check installation shows them). A pixel is predicted only where all eight "
        "bands are valid. No oxide is below zero, and all five sum to at most 65 wt%. Where the "
        "domain distance is above 1, the spectrum is unlike every training site and the values "
        "are extrapolated."
    )
    TAGS = (
        "feo",
        "tio2",
        "mgo",
        "cao",
        "al2o3",
        "selene",
        "neural network",
        "gaussian process",
        "random forest",
        "onnx",
    )

    INPUT = "INPUT"
    MODEL = "MODEL"
    MODEL_FILE = "MODEL_FILE"
    OUTPUT = "OUTPUT"
    OUTPUT_UNCERTAINTY = "OUTPUT_UNCERTAINTY"
    OUTPUT_DOMAIN = "OUTPUT_DOMAIN"
    VALID_PIXELS = "VALID_PIXELS"
    EXTRAPOLATED_PERCENT = "EXTRAPOLATED_PERCENT"

    def initAlgorithm(self, configuration: dict[str, Any] | None = None) -> None:
        """Declare the parameters."""
        self.add(
            QgsProcessingParameterRasterLayer(self.INPUT, "MI raster"),
            "An MI MAP label (.lbl), or any raster with the eight MI bands as DN or reflectance.",
        )
        self.add(
            QgsProcessingParameterEnum(
                self.MODEL, "Model", [title for _, title in BUNDLED], defaultValue=DEFAULT_MODEL
            ),
            "One of the bundled models. At sites it has not seen the default does best for all "
            "oxides but MgO, where the 1D-CNN is a little better near known landing sites; the "
            "others are the methods of the literature, trained at the same sites.",
        )
        self.add(
            QgsProcessingParameterFile(
                self.MODEL_FILE, "Own model", fileFilter="ONNX model (*.onnx)", optional=True
            ),
            "An .onnx file with the same interface, used instead of the bundled model.",
            advanced=True,
        )
        self.add_mi_parameters()
        self.add(
            QgsProcessingParameterRasterDestination(self.OUTPUT, "Oxides"),
            "GeoTIFF, Float32, five bands in wt%: Al2O3, CaO, FeO, MgO, TiO2.",
        )
        self.add(
            QgsProcessingParameterRasterDestination(
                self.OUTPUT_UNCERTAINTY, "Uncertainty", optional=True, createByDefault=False
            ),
            "One standard deviation of each oxide in wt%, five bands.",
        )
        self.add(
            QgsProcessingParameterRasterDestination(
                self.OUTPUT_DOMAIN, "Domain distance", optional=True, createByDefault=False
            ),
            "Distance of each spectrum from the training sites: up to 1 is inside the domain.",
        )
        self.addOutput(QgsProcessingOutputNumber(self.VALID_PIXELS, "Valid pixels"))
        self.addOutput(
            QgsProcessingOutputNumber(self.EXTRAPOLATED_PERCENT, "Pixels outside the domain (%)")
        )

    def checkParameterValues(
        self, parameters: dict[str, Any], context: QgsProcessingContext
    ) -> tuple[bool, str]:
        """Also name what is wrong with MODEL_FILE; QGIS only says that something is."""
        own = self.parameterAsFile(parameters, self.MODEL_FILE, context)
        if own and not own.lower().endswith(".onnx"):
            return False, f"MODEL_FILE {own} is no .onnx file. Choose one, or leave it empty."
        return super().checkParameterValues(parameters, context)

    def compute(
        self,
        parameters: dict[str, Any],
        context: QgsProcessingContext,
        feedback: QgsProcessingFeedback,
    ) -> dict[str, Any]:
        """Predict block by block."""
        model = self._model(parameters, context)
        outputs = {p: self.output_path(parameters, p.parameter, context) for p in _PRODUCTS}
        outputs = {product: path for product, path in outputs.items() if path}
        _require_outputs(model, outputs)
        options = self.mi_options(parameters, context)
        source = open_mi_source(self.input_paths(self.INPUT)[0], **options)
        metadata = self._metadata(parameters, model, source)
        for line in source.report():
            feedback.pushInfo(line)

        valid_pixels, outside = 0, 0
        with self.output_files(source) as files:
            writers = {
                product: files.raster(
                    path, source.grid, product.bands, metadata, style=style(product.style)
                )
                for product, path in outputs.items()
            }
            for window in blocks_with_progress(source.grid.window, feedback):
                reflectance, valid = source.spectra(window)
                prediction = model.predict(reflectance[:, valid])
                for product, writer in writers.items():
                    writer.write(window, _spread(prediction, product, valid))
                valid_pixels += int(valid.sum())
                if prediction.domain_distance is not None:
                    outside += int((prediction.domain_distance > 1).sum())
            numbers: dict[str, float] = {self.VALID_PIXELS: valid_pixels}
            if model.gives("domain_distance"):
                percent = 100 * outside / valid_pixels if valid_pixels else 0.0
                numbers[self.EXTRAPOLATED_PERCENT] = percent
            for writer in writers.values():
                writer.set_metadata({f"LUNAR_OXIDE_{key}": repr(n) for key, n in numbers.items()})
        results: dict[str, Any] = {p.parameter: path for p, path in outputs.items()}
        results.update(numbers)
        self._report(results, source.grid.window.size, feedback)
        return results

    def _model(self, parameters: dict[str, Any], context: QgsProcessingContext) -> OxideModel:
        own = self.parameterAsFile(parameters, self.MODEL_FILE, context)
        if own:
            return load_model(own)
        model_id, _ = BUNDLED[self.parameterAsEnum(parameters, self.MODEL, context)]
        return load_model(bundled_path(model_id))

    def _metadata(
        self, parameters: dict[str, Any], model: OxideModel, source: MiSource
    ) -> dict[str, str]:
        metadata = self.provenance(parameters, source)
        metadata["LUNAR_OXIDE_MODEL"] = model.id
        metadata["LUNAR_OXIDE_MODEL_TITLE"] = model.title
        for key in (
            "training_set",
            "protocol",
            "metrics",
            "citation",
            "uncertainty",
            "error_correlation",
            "domain",
            "limits",
        ):
            if key in model.metadata:
                metadata[f"LUNAR_OXIDE_MODEL_{key.upper()}"] = model.metadata[key]
        metadata["LUNAR_OXIDE_SOURCE"] = "\n".join(source.report())
        metadata["LUNAR_OXIDE_BANDS"] = " ".join(map(str, source.bands))
        metadata["LUNAR_OXIDE_SCALE"] = " ".join(f"{value:g}" for value in source.scale)
        return metadata

    def _report(
        self, results: dict[str, Any], pixels: int, feedback: QgsProcessingFeedback
    ) -> None:
        valid = results[self.VALID_PIXELS]
        feedback.pushInfo(f"{valid} of {pixels} pixels are valid and were predicted.")
        outside = results.get(self.EXTRAPOLATED_PERCENT)
        if outside is None:
            feedback.pushInfo("The model does not tell where it extrapolates.")
        elif outside > 0:
            feedback.pushWarning(
                f"{outside:.2f} % of the valid pixels lie outside the model's training domain: "
                "their oxides are extrapolated. OUTPUT_DOMAIN maps where."
            )


def _require_outputs(model: OxideModel, outputs: dict[_Product, str]) -> None:
    for product in outputs:
        if not model.gives(product.values):
            raise ModelError(
                f"{model.title} gives no {product.values.replace('_', ' ')}. Leave "
                f"{product.parameter} empty, or choose a model that has it."
            )


def _spread(prediction: Prediction, product: _Product, valid: np.ndarray) -> np.ndarray:
    """Values of the valid pixels back in their places [bands, height, width], NaN elsewhere."""
    block = np.full((len(product.bands), *valid.shape), np.nan, np.float32)
    block[:, valid] = getattr(prediction, product.values)
    return block
