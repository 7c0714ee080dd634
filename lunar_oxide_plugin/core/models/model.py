"""Oxide models: self-describing ONNX files, checked before use.

The interface, the same for bundled and users' own models: input `reflectance`
float32 [8, n] in the order of `bands.MODEL_BANDS`; output `oxides` float32
[5, n] in wt%, in the order of `oxides.OXIDES`; optional outputs `uncertainty`
[5, n] (1 sigma, wt%) and `domain_distance` [n] (<= 1 inside the training domain).
"""

from __future__ import annotations

import hashlib
import json
import re
from collections.abc import Collection, Sequence
from pathlib import Path
from typing import Any, NamedTuple

import numpy as np
from numpy.typing import NDArray

from ..errors import ModelError
from ..oxides.oxides import OXIDES
from ..spectra.bands import MODEL_BANDS
from .onnx_check import harmless_model
from .onnx_runtime import import_onnxruntime

#: Pixels per call: enough for matrix products to run at full speed, few enough that what a layer
#: hands to the next (1 kB per pixel in the CNN) stays in the processor's caches.
CHUNK = 1024

#: Calls have a multiple of this many pixels. Columns that are left over take another way through
#: a matrix product and are rounded differently; without any, a pixel's values are the same to the
#: last bit whatever pixels are computed with it.
_GRANULE = 64

#: The models that come with the plugin: id (file stem) and title, in the order
#: of the MODEL parameter. Saved workflows hold the position: append only.
BUNDLED = (
    ("zhang2023_cnn", "1D-CNN after Zhang et al. (2023)"),
    ("gaussian_process", "Gaussian processes (default)"),
    ("plsr", "Partial least squares (Wu 2012, Sun 2016)"),
    ("mlp", "Neural network (Xia 2019)"),
    ("svr", "Support vectors (Wang 2021, Bhatt 2020)"),
    ("random_forest", "Random forest (Qiu 2021)"),
)

#: Position of the model that is taken when none is chosen: at held-out sites the best for every
#: oxide but MgO (training/reports/README.md).
DEFAULT_MODEL = 1

#: As in "/src/model.cc:256 onnxruntime::Model::Model(const A&, B&) ".
_CPP_PLACE = re.compile(r"(?:[A-Z]:)?[\\/]\S*\.(?:cc|h):\d+ [^()]*\([^()]*\) ")

#: The outputs a model may have, in the order of `Prediction`.
OUTPUTS = ("oxides", "uncertainty", "domain_distance")

_INTERFACE = (
    f"A model has one input 'reflectance' float32 [{len(MODEL_BANDS)}, n] and the outputs "
    f"'oxides' float32 [{len(OXIDES)}, n] and, optionally, 'uncertainty' [{len(OXIDES)}, n] "
    "and 'domain_distance' [n], with n dynamic."
)


class Prediction(NamedTuple):
    """What a model says of n spectra."""

    #: wt%, float32 [5, n]
    oxides: NDArray[np.float32]
    #: 1 sigma in wt%, float32 [5, n], or None when the model gives none
    uncertainty: NDArray[np.float32] | None
    #: <= 1 inside the training domain, float32 [n], or None when the model gives none
    domain_distance: NDArray[np.float32] | None

    @classmethod
    def joined(cls, parts: Sequence[Prediction]) -> Prediction:
        """Predictions of one model, at least one, as one of all their spectra in order."""

        def join(values: Sequence[NDArray[np.float32] | None]) -> NDArray[np.float32] | None:
            given = [part for part in values if part is not None]
            return np.concatenate(given, axis=-1) if given else None

        oxides, uncertainty, distance = zip(*parts)
        return cls(np.concatenate(oxides, axis=-1), join(uncertainty), join(distance))


class OxideModel:
    """A loaded model.

    Attributes
    ----------
    id, title : str
        From the file's metadata; the file name when it has none.
    metadata : dict of str to str
        Everything the file says of itself: training set, protocol, metrics.
    sha256 : str
        Of the file as it was loaded; the file may be another one since.
    """

    def __init__(self, path: str | Path) -> None:
        """Load and check a model.

        Raises
        ------
        OnnxruntimeError
            When onnxruntime does not load.
        ModelError
            When the file is not an ONNX model, asks for more than arithmetic, or has another
            interface.
        """
        self.path = Path(path)
        onnxruntime = import_onnxruntime()
        if not self.path.is_file():
            raise ModelError(f"The model file {self.path} does not exist.")
        data = harmless_model(self.path)
        self.sha256 = hashlib.sha256(data).hexdigest()
        options = onnxruntime.SessionOptions()
        # Only the error that is raised; onnxruntime also prints it otherwise.
        options.log_severity_level = 4
        # A call has the work of one thread: threads of the caller's, each with spectra of its
        # own, wait for each other less than threads inside every operator of a call.
        options.intra_op_num_threads = options.inter_op_num_threads = 1
        try:
            self._session = onnxruntime.InferenceSession(
                data, options, providers=["CPUExecutionProvider"]
            )
            self.metadata: dict[str, str] = dict(self._session.get_modelmeta().custom_metadata_map)
            inputs, outputs = (
                {tensor.name: tensor for tensor in tensors}
                for tensors in (self._session.get_inputs(), self._session.get_outputs())
            )
        except Exception as error:  # onnxruntime's own error classes share no base of their own
            raise ModelError(
                f"{self.path.name} cannot be loaded as an ONNX model: {_first_line(error)}"
            ) from error
        self.id = self.metadata.get("id", self.path.stem)
        self.title = self.metadata.get("title", self.path.stem)
        self._check_interface(inputs, outputs)
        #: optional input that computes an output or leaves it out -> that output
        self._switches = {
            tensor.name: output
            for tensor in self._session.get_overridable_initializers()
            for output in self._outputs
            if tensor.name == f"with_{output}" and tensor.type == "tensor(bool)"
        }
        self._check_probe()

    def gives(self, output: str) -> bool:
        """Whether the model has an output: oxides, uncertainty or domain_distance."""
        return output in self._outputs

    def predict(
        self, reflectance: NDArray[np.float32], wanted: Collection[str] = OUTPUTS
    ) -> Prediction:
        """Predict oxides, in the calling thread. Several threads may call it at once.

        The values of a spectrum do not depend on the others, to the last bit.

        Parameters
        ----------
        reflectance : ndarray of float32, shape (8, n)
            Spectra, bands in the order of `bands.MODEL_BANDS`. Where one is not finite all results
            are NaN, whatever the model makes of it.
        wanted : collection of str
            Names of outputs besides the oxides; what is not wanted costs nothing where the model
            can leave it out, and is None.

        Raises
        ------
        ModelError
            When the spectra have another shape, or the model's results do.
        """
        reflectance = np.asarray(reflectance, np.float32)
        if reflectance.ndim != 2 or len(reflectance) != len(MODEL_BANDS):
            raise ModelError(
                f"The spectra are an array of shape {reflectance.shape}. {self.title} takes "
                f"[{len(MODEL_BANDS)}, n], one row for each band."
            )
        n = reflectance.shape[1]
        results = {
            name: np.empty((*shape, n), dtype=np.float32)
            for name, shape in self._outputs.items()
            if name == "oxides" or name in wanted
        }
        switches = {name: np.array(output in wanted) for name, output in self._switches.items()}
        for start in range(0, n, CHUNK):
            part = slice(start, min(start + CHUNK, n))
            spectra = _in_granules(reflectance[:, part])
            values = self._session.run(list(results), {"reflectance": spectra, **switches})
            for name, value in zip(results, values):
                target = results[name][..., part]
                if value.shape != (*target.shape[:-1], spectra.shape[1]):
                    raise ModelError(
                        f"{self.path.name} gives '{name}' of shape {list(value.shape)} "
                        f"for {spectra.shape[1]} spectra."
                    )
                target[...] = value[..., : target.shape[-1]]
        unknown = ~np.isfinite(reflectance).all(axis=0)
        if unknown.any():  # trees and maxima pass over them
            for values in results.values():
                values[..., unknown] = np.nan
        return Prediction(
            results["oxides"], results.get("uncertainty"), results.get("domain_distance")
        )

    def card(self) -> dict[str, Any]:
        """Metadata with the JSON values (metrics, training range) decoded."""
        return {key: _decoded(value) for key, value in sorted(self.metadata.items())}

    def _check_interface(self, inputs: dict[str, Any], outputs: dict[str, Any]) -> None:
        if list(inputs) != ["reflectance"]:
            self._refuse(f"its inputs are {_listed(inputs)}")
        self._check_tensor(inputs["reflectance"], [len(MODEL_BANDS)])
        if "oxides" not in outputs:
            self._refuse(f"its outputs are {_listed(outputs)}")
        rows = [len(OXIDES)]
        #: name -> shape of the output for one spectrum
        self._outputs = {
            name: shape for name, shape in zip(OUTPUTS, (rows, rows, [])) if name in outputs
        }
        for name, shape in self._outputs.items():
            self._check_tensor(outputs[name], shape)
        for key, expected in (
            ("band_centres_nm", " ".join(str(band.nominal) for band in MODEL_BANDS)),
            ("oxides", " ".join(OXIDES)),
        ):
            stated = self.metadata.get(key, expected)
            if stated != expected:
                self._refuse(f"it states {key} = {stated} where {expected} is needed")

    def _check_tensor(self, tensor: Any, of_spectrum: list[int]) -> None:
        *leading, last = tensor.shape or [0]  # the last is a name where it is dynamic
        if tensor.type != "tensor(float)" or leading != of_spectrum or isinstance(last, int):
            self._refuse(f"'{tensor.name}' is {tensor.type} {list(tensor.shape)}")

    def _check_probe(self) -> None:
        """Run three spectra, then one of them: declared shapes are a promise, not a proof."""
        probe = np.linspace(0.05, 0.15, len(MODEL_BANDS), dtype=np.float32)
        spectra = np.outer(probe, np.array([1, 1.5, 2], np.float32))
        try:
            together, alone = self.predict(spectra), self.predict(spectra[:, :1])
            only = self.predict(spectra, ())
        except ModelError:
            raise
        except Exception as error:
            raise ModelError(
                f"{self.path.name} fails on a test spectrum: {_first_line(error)}"
            ) from error
        if not np.isfinite(together.oxides).all():
            self._refuse("it gives no finite oxides for a plain test spectrum")
        if not np.allclose(together.oxides[:, :1], alone.oxides, rtol=1e-3, atol=1e-3):
            self._refuse("the oxides of a pixel depend on which others are computed with it")
        if not np.array_equal(only.oxides, together.oxides):
            self._refuse(f"its oxides depend on {' and '.join(self._switches)}")

    def _refuse(self, reason: str) -> None:
        raise ModelError(f"{self.path.name} is not an oxide model: {reason}. {_INTERFACE}")


def bundled_path(model_id: str) -> Path:
    """File of a bundled model."""
    return Path(__file__).resolve().parents[2] / "models" / f"{model_id}.onnx"


def _in_granules(spectra: NDArray[np.float32]) -> NDArray[np.float32]:
    """Spectra [8, n] as they lie in a call: repeated from the first on to a whole granule."""
    n = spectra.shape[1]
    if n % _GRANULE:
        spectra = spectra[:, np.arange(-(-n // _GRANULE) * _GRANULE) % n]
    return np.ascontiguousarray(spectra, dtype=np.float32)


def _first_line(error: Exception) -> str:
    """An error's first line without the C++ source line that onnxruntime puts before the reason."""
    lines = _CPP_PLACE.sub("", str(error)).strip().splitlines()
    return lines[0][:300] if lines else repr(error)


def _listed(tensors: dict[str, Any]) -> str:
    return ", ".join(f"'{name}' {list(tensor.shape)}" for name, tensor in tensors.items()) or "none"


def _decoded(value: str) -> Any:
    try:
        return json.loads(value)
    except ValueError:
        return value
