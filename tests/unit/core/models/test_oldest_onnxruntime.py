"""The bundled models in the oldest onnxruntime that the plugin accepts."""

import json
import re
import subprocess

import numpy as np
import pytest

from lunar_oxide_plugin.core.models.model import BUNDLED, OxideModel, bundled_path
from tests.folders import ROOT

OLDEST = ROOT / ".venv-oldest" / "bin" / "python"

PREDICT = """
import json, sys
import numpy, onnxruntime
from lunar_oxide_plugin.core.models.model import OxideModel
prediction = OxideModel(sys.argv[1]).predict(numpy.load(sys.argv[2]))
values = [array.tolist() for array in prediction]
print(json.dumps({"version": onnxruntime.__version__, "values": values}))
"""


@pytest.fixture(scope="module")
def spectra():
    """From dark mare to fresh highlands, and shapes that no soil has; float32 [8, n]."""
    rng = np.random.default_rng(19)
    slope = np.linspace(1, 3, 8)[:, None] ** rng.uniform(0.5, 1.2, 500)
    lunar = rng.uniform(0.02, 0.12, 500) * slope * np.exp(rng.normal(0, 0.01, (8, 500)))
    return np.concatenate([lunar, rng.uniform(0, 1, (8, 20))], axis=1).astype(np.float32)


@pytest.mark.parametrize("model_id", [model_id for model_id, _ in BUNDLED])
def test_gives_what_the_newest_gives(model_id, spectra, tmp_path):
    np.save(tmp_path / "spectra.npy", spectra)
    arguments = [OLDEST, "-c", PREDICT, bundled_path(model_id), tmp_path / "spectra.npy"]
    run = subprocess.run(arguments, cwd=ROOT, capture_output=True, text=True, check=True)
    found = json.loads(run.stdout)
    assert re.match(r"1\.19\.", found["version"])
    for oldest, newest in zip(found["values"], OxideModel(bundled_path(model_id)).predict(spectra)):
        np.testing.assert_allclose(oldest, newest, rtol=2e-4, atol=5e-4)
