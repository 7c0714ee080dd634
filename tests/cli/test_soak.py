"""The beginning of `make soak`: leaks of files show in a few runs."""

import os
import re
import subprocess
import sys

from .conftest import ROOT


def test_many_runs_in_one_process(tmp_path):
    done = subprocess.run(
        [sys.executable, "-m", "tests.soak", "24"],
        cwd=ROOT,
        env={**os.environ, "QT_QPA_PLATFORM": "offscreen", "XDG_RUNTIME_DIR": str(tmp_path)},
        capture_output=True,
        text=True,
        timeout=200,
        check=False,
    )
    grew = done.stdout.strip().splitlines()[-1]
    # Of so few runs memory is still filling with what QGIS keeps.
    assert grew == "Nothing grew." or grew.startswith("memory:"), done.stdout + done.stderr
    memory = [int(found) for found in re.findall(r"'memory': (\d+)", done.stdout)]
    assert len(memory) == 3
    assert memory[-1] < 1.5 * memory[0]
