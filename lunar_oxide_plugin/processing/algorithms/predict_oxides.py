"""Algorithm `predictoxides`."""

from __future__ import annotations

from typing import Any

from qgis.core import (
    QgsProcessingOutputNumber,
    QgsProcessingParameterEnum,
    QgsProcessingParameterFile,
    QgsProcessingParameterRasterDestination,
)

from ...core.errors import ModelError
from ...core.models.model import BUNDLED, DEFAULT_MODEL, OxideModel, bundled_path
from ...raster.maps.prediction import (
    DOMAIN_MAP,
    PRODUCTS,
    require_products,
    source_metadata,
    write_prediction,
)
from ...raster.maps.run import Run
from ...raster.sources.mi_source import open_mi_source
from ..inputs import RasterParameter
from ..mi_input import MiAlgorithm
from ..progress import FeedbackWatch
from ..runtime import load_model
from ..storage import StorageAlgorithm

#: Rasters by their parameters.
_PRODUCTS = {product.parameter: product for product in PRODUCTS}


class PredictOxides(StorageAlgorithm, MiAlgorithm):
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
        "are extrapolated. MgO, and with it Mg#, is not determined at places that were never "
        "sampled, and CaO not within the highlands: their contrasts there are smaller than the "
        "models' errors."
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
            RasterParameter(self.INPUT, "MI raster"),
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
        self.add_threads()
        self.add_storage(
            "0.001 wt% (domain distance: 0.001)",
            "UInt16, scaled: whole numbers of 0.001 wt%, about half the size, off by at most half "
            "of that; for software that applies the scale of a band, as QGIS does. Nodata is "
            "65535. A domain distance above 65.534 is kept as 65.534; oxides and uncertainties "
            "that do not fit, as below zero, are refused.",
        )
        self.add(
            QgsProcessingParameterRasterDestination(self.OUTPUT, "Oxides"),
            "GeoTIFF, five bands in wt%: Al2O3, CaO, FeO, MgO, TiO2.",
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

    def check(self) -> None:
        """Name what is wrong with MODEL_FILE; QGIS only says that something is."""
        own = self.file(self.MODEL_FILE)
        if own and not own.lower().endswith(".onnx"):
            raise ModelError(
                f"MODEL_FILE {own} is not an .onnx file. Choose one, or leave it empty."
            )

    def compute(self, watch: FeedbackWatch) -> dict[str, Any]:
        """Predict block by block."""
        storage = self.storage()
        model = self._model()
        outputs = self.output_paths()
        paths = {_PRODUCTS[name]: path for name, path in outputs.items()}
        require_products(model, paths)
        source = open_mi_source(
            self.input_paths(self.INPUT)[0],
            **self.mi_options(),
            check=watch.check,
        )
        for line in source.report():
            watch.note(line)
        threads = self.threads()
        with self.output_files(source) as files:
            metadata = {**self.provenance(source), **source_metadata(source)}
            run = Run(files, metadata, storage, threads, watch)
            counts = write_prediction(run, source, model, paths)
        watch.note(
            f"{counts.valid} of {source.grid.window.size} pixels are valid and were predicted."
        )
        numbers: dict[str, float] = {self.VALID_PIXELS: counts.valid}
        if model.gives(DOMAIN_MAP.values):
            numbers[self.EXTRAPOLATED_PERCENT] = counts.outside_percent
        else:
            watch.note("The model does not say where it extrapolates.")
        if counts.outside:
            watch.warn(
                f"{counts.outside_percent:.2f} % of the valid pixels are outside the model's "
                "training domain: their oxides are extrapolated. The output Domain distance "
                "(OUTPUT_DOMAIN) shows where."
            )
        return {**outputs, **numbers}

    def _model(self) -> OxideModel:
        own = self.file(self.MODEL_FILE)
        if own:
            return load_model(own)
        model_id, _ = BUNDLED[self.choice(self.MODEL)]
        return load_model(bundled_path(model_id))
