"""What onnxruntime does beside running models."""

import os
import subprocess
import sys

from lunar_oxide_plugin.core.models.model import bundled_path
from tests.folders import ROOT

PREDICT = """
import sys
import numpy as np
from lunar_oxide_plugin.core.models.model import OxideModel
OxideModel(sys.argv[1]).predict(np.full((8, 64), 0.1, np.float32))
"""


def test_nothing_is_gathered_to_be_sent(tmp_path):
    """onnxruntime 1.32 keeps a database of events for its maker in the user's cache folder."""
    environment = {key: text for key, text in os.environ.items() if "TELEMETRY" not in key}
    subprocess.run(
        [sys.executable, "-c", PREDICT, bundled_path("plsr")],
        check=True,
        cwd=ROOT,
        env={**environment, "HOME": str(tmp_path), "XDG_CACHE_HOME": str(tmp_path / "cache")},
    )
    assert list(tmp_path.rglob("*")) == []
