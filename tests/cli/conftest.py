"""qgis_process as users call it, in a QGIS profile that is thrown away."""

from __future__ import annotations

import os
import resource
import shutil
import signal
import subprocess
import sys
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import NamedTuple

import numpy as np
import pytest
from osgeo import gdal, ogr

ROOT = Path(__file__).resolve().parents[2]
PLUGIN = "lunar_oxide_plugin"

#: Debian 12's qgis_process is a wrapper that does not work; the program is beside it.
SEARCH = os.pathsep.join([str(Path(sys.executable).parent), "/usr/bin", "/bin"])
PROGRAM = shutil.which("qgis_process.bin", path=SEARCH) or shutil.which("qgis_process", path=SEARCH)


class Done(NamedTuple):
    """A finished run: exit code, and everything that was printed."""

    code: int
    text: str


class QgisProcess:
    """qgis_process with a profile of its own, in which the plugin is enabled."""

    def __init__(self, profile):
        self.profile = profile
        self.environment = {
            "PATH": SEARCH,
            "LANG": "C.UTF-8",
            "HOME": str(profile),
            "XDG_RUNTIME_DIR": str(profile),
            "QGIS_PLUGINPATH": str(ROOT),
            "QGIS_CUSTOM_CONFIG_PATH": str(profile),
            "QT_QPA_PLATFORM": "offscreen",
            # Compiled once, not at each start: a third of it where QGIS's own folder is read-only.
            "PYTHONPYCACHEPREFIX": str(ROOT / "build" / "pycache"),
            "PYTHONWARNINGS": "ignore",
            # A sixth of a start: databases and services that no test uses, and idle threads.
            "QGIS_PROVIDER_FILE": "none",
            "OPENBLAS_NUM_THREADS": "1",
        }

    def __call__(self, *arguments, before=(), environment=None, prepare=None):
        """Call it, perhaps with words before the program, more environment or a preexec_fn."""
        done = subprocess.run(
            [*before, PROGRAM, *map(str, arguments)],
            env={**self.environment, **(environment or {})},
            cwd=self.profile,
            preexec_fn=prepare,
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            text=True,
            errors="replace",
            timeout=120,
            check=False,
        )
        return Done(done.returncode, done.stdout)

    @property
    def python_folder(self):
        """Where the profile keeps packages and plugins of its own."""
        return self.profile / "profiles" / "default" / "python"

    def enable(self):
        """Enable the plugin in the profile."""
        done = self("plugins", "enable", PLUGIN)
        assert done.code == 0, done.text

    def run(self, algorithm, parameters, **options):
        """Run one of our algorithms."""
        given = [f"--{name}={value}" for name, value in parameters.items()]
        return self("run", f"lunaroxide:{algorithm}", *given, **options)

    def succeed(self, algorithm, parameters, **options):
        """Run one that has to succeed; its text."""
        done = self.run(algorithm, parameters, **options)
        assert done.code == 0, done.text
        return done.text


def side_by_side(call, items):
    """Results of independent calls, by item: as many at a time as there are processors."""
    items = list(items)
    with ThreadPoolExecutor(os.cpu_count()) as pool:
        return dict(zip(items, pool.map(call, items)))


@pytest.fixture(scope="session")
def qgis(tmp_path_factory):
    assert PROGRAM, f"no qgis_process in {SEARCH}"
    profile = tmp_path_factory.mktemp("profile")
    profile.chmod(0o700)
    program = QgisProcess(profile)
    program.enable()
    return program


@pytest.fixture()
def bare(tmp_path):
    """qgis_process with the plugin, in a profile of its own and without onnxruntime."""
    folder = tmp_path / "profile"
    folder.mkdir(mode=0o700)
    program = QgisProcess(folder)
    program.environment["PATH"] = "/usr/bin:/bin"  # the system's Python, not the tests'
    program.enable()
    return program


def bands(path):
    """Values [bands, height, width] of a raster."""
    values = gdal.Open(str(path)).ReadAsArray()
    return values[np.newaxis] if values.ndim == 2 else values


def rows(path):
    """Attributes of the features of a vector file, and its CRS."""
    dataset = ogr.Open(str(path))
    layer = dataset.GetLayer(0)
    return [feature.items() for feature in layer], layer.GetSpatialRef()


def small_files_only(size):
    """A preexec_fn under which a file cannot grow beyond a size, as on a full disk."""

    def prepare():
        signal.signal(signal.SIGXFSZ, signal.SIG_IGN)  # or the process is killed without a word
        resource.setrlimit(resource.RLIMIT_FSIZE, (size, resource.RLIM_INFINITY))

    return prepare


def contents(folder):
    """Names and bytes of a folder's files.

    Without the statistics that QGIS itself lays beside a raster as .aux.xml.
    """
    return {
        file.relative_to(folder): file.read_bytes()
        for file in sorted(folder.rglob("*"))
        if file.is_file() and not file.name.endswith(".aux.xml")
    }
