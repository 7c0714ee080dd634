"""Checks before a run that processes on several machines compute the same pixels."""

from __future__ import annotations

import os
from collections.abc import Mapping

import numpy as np

from ..about import VERSION
from ..core.errors import RasterError
from ..core.models.model import CHUNK, OxideModel
from ..core.models.onnx_runtime import import_onnxruntime
from ..core.spectra.bands import MODEL_BANDS
from .job import CODE_SHA256, Job, sha256
from .models import model_of
from .results import Results

#: The one fact that may differ between machines; the last bits of results then differ.
ARITHMETIC = "rounding of the processor"


def facts(job: Job, folder: str) -> dict[str, str]:
    """Everything that affects the results of this process, by name.

    Raises
    ------
    LunarOxideError
        When it cannot run the job: no onnxruntime, no model, or no folder to write to.
    """
    results = Results(folder)
    if not os.access(results.windows, os.W_OK):
        raise RasterError(f"{results.windows} does not exist or is not writable.")
    runtime = import_onnxruntime()
    model = model_of(job.model_path, job.model_sha256)
    return {
        "plugin": f"{VERSION} with code {CODE_SHA256[:12]}",
        "onnxruntime": runtime.__version__,
        "model": model.sha256,
        "job.json in the folder of the run": sha256(results.job_file.read_bytes()),
        ARITHMETIC: _arithmetic(model),
    }


def differences(here: Mapping[str, str], there: Mapping[str, str]) -> list[str]:
    """The facts, except the arithmetic, in which another process differs."""
    return [
        f"{name}: {there.get(name)} there, {value} here"
        for name, value in here.items()
        if name != ARITHMETIC and there.get(name) != value
    ]


def _arithmetic(model: OxideModel) -> str:
    """SHA-256 of a model's output for test spectra, which depends on the processor.

    With AVX-512, onnxruntime adds in another order than without it.
    """
    rise = 1 + 0.1 * np.arange(len(MODEL_BANDS))
    spectra = np.outer(rise, np.linspace(0.03, 0.2, CHUNK)).astype(np.float32)
    values = [array.tobytes() for array in model.predict(spectra) if array is not None]
    return sha256(b"".join(values))
