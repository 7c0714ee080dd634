"""A small mosaic with the difficulties of a large one, runs of the command, and real clusters.

Schedulers and workers are processes of their own that talk over TCP on 127.0.0.1.
"""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import time
from pathlib import Path
from typing import NamedTuple

import numpy as np
import pytest
from osgeo import gdal

from lunar_oxide_plugin.core.models.model import BUNDLED, DEFAULT_MODEL, OxideModel, bundled_path
from tests import mi_tiles

ROOT = Path(__file__).resolve().parents[2]

#: Pixels per degree of the mosaic, and width of its tiles: each reaches into the next.
STEP, SIZE = 40, 48

#: Tiles from west to east, the first at this longitude: the mosaic lies across 180 degrees.
ROWS, COLUMNS, WEST, NORTH = 2, 4, 178, 10

PRODUCTS = ("oxides", "uncertainty", "domain_distance")


class Scene(NamedTuple):
    """A folder of tiles, and what a map of it has to hold: NaN where nothing is valid."""

    folder: Path
    oxides: np.ndarray
    uncertainty: np.ndarray
    domain_distance: np.ndarray

    @property
    def shape(self):
        return self.oxides.shape[1:]


def tile_name(row, column):
    west, north = (WEST + column) % 360, NORTH - row
    return f"MI_MAP_03_N{north:02}E{west:03}N{north - 1:02}E{west + 1:03}SC"


@pytest.fixture(scope="session")
def scene(tmp_path_factory):
    """Tiles that overlap with different values; one is missing, one is empty, one has holes."""
    folder = tmp_path_factory.mktemp("tiles")
    height, width = STEP * (ROWS - 1) + SIZE, STEP * (COLUMNS - 1) + SIZE
    dn = np.full((9, height, width), -30000)
    names = {}
    for row in range(ROWS):
        for column in range(COLUMNS):
            if (row, column) == (1, 2):
                continue
            tile = mi_tiles.scene(SIZE, SIZE, seed=10 * row + column)
            if (row, column) == (0, 1):
                tile[:] = -30000
            if (row, column) == (0, 0):
                tile[4, 3:9, 5] = -22000
                tile[2, 30:34, 38:47] = 100  # shadow
            names[tile_name(row, column)] = (row, column, tile)
    for name, (row, column, tile) in names.items():
        mi_tiles.write_tile(
            folder,
            tile,
            name=name,
            north=NORTH - row,
            west=(WEST + column) % 360,
            resolution=STEP,
        )
    # The first by name wins where it is valid: laid down last.
    for name in sorted(names, reverse=True):
        row, column, tile = names[name]
        place = dn[:, STEP * row : STEP * row + SIZE, STEP * column : STEP * column + SIZE]
        valid = (tile[list(mi_tiles.MODEL_PLANES)] > 500).all(axis=0)
        place[:, valid] = tile[:, valid]
    return Scene(folder, *truth(dn))


def truth(dn, model=BUNDLED[DEFAULT_MODEL][0]):
    """What a model says of DN [9, height, width], pixel by pixel, without the plugin's reading."""
    reflectance = dn[list(mi_tiles.MODEL_PLANES)].astype(np.float32) * np.float32(2e-5)
    valid = (dn[list(mi_tiles.MODEL_PLANES)] > 500).all(axis=0)
    prediction = OxideModel(bundled_path(model)).predict(reflectance[:, valid])
    maps = []
    for values in (prediction.oxides, prediction.uncertainty, prediction.domain_distance[None]):
        array = np.full((len(values), *dn.shape[1:]), np.nan, np.float32)
        array[:, valid] = values
        maps.append(array)
    return maps


def pixels(path):
    """Values [bands, height, width] of a raster, NaN where nodata."""
    values = gdal.Open(str(path)).ReadAsArray()
    values = values[np.newaxis] if values.ndim == 2 else values
    return np.where(values == -9999, np.nan, values)


def assert_same_pixels(folder, scene, products=PRODUCTS):
    """To the last bit."""
    for product in products:
        np.testing.assert_array_equal(pixels(folder / f"{product}.vrt"), getattr(scene, product))


def windows(folder):
    """Records and rasters of a run, with what changes when they are written again."""
    return {
        path.name: (path.stat().st_ino, path.stat().st_mtime_ns)
        for path in sorted((folder / "windows").glob("R????/*"))
        if path.name != "catalog.json"
    }


def records(folder):
    return sorted((folder / "windows").glob("R????/R????C????.json"))


def command(*arguments):
    return [sys.executable, "-m", "lunar_oxide_plugin.scaleout", *map(str, arguments)]


ENVIRONMENT = {**os.environ, "PYTHONPATH": str(ROOT)}


def run(*arguments, code=0, environment=()):
    """Run the command; what it says."""
    done = subprocess.run(
        command(*arguments),
        cwd="/",
        env={**ENVIRONMENT, **dict(environment)},
        capture_output=True,
        text=True,
        timeout=120,
        check=False,
    )
    assert done.returncode == code, done.stderr
    assert done.stdout == ""
    return done.stderr


class Run:
    """The command in the background, in a process group of its own."""

    def __init__(self, folder, *arguments, environment=()):
        self.log = folder / "stderr.txt"
        with self.log.open("w") as log:
            self.process = subprocess.Popen(
                command(*arguments),
                cwd="/",
                env={**ENVIRONMENT, **dict(environment)},
                stderr=log,
                start_new_session=True,
            )

    @property
    def said(self):
        return self.log.read_text()

    def finish(self, code=0):
        """Wait for its end; what it said."""
        found = self.process.wait(60)
        assert found == code, self.said
        return self.said

    def is_alive(self):
        """Whether it or any process that it started is there."""
        self.process.poll()
        try:
            os.killpg(self.process.pid, 0)
        except ProcessLookupError:
            return False
        return True

    def close(self):
        if self.is_alive():
            os.killpg(self.process.pid, signal.SIGKILL)
        self.process.wait()


@pytest.fixture
def start(tmp_path):
    """Start the command in the background; it ends with the test."""
    runs = []

    def begin(*arguments, **options):
        runs.append(Run(tmp_path, *arguments, **options))
        return runs[-1]

    yield begin
    for made in runs:
        made.close()


def until(condition, seconds=60.0):
    """Wait until something is true; give up after a while."""
    end = time.monotonic() + seconds
    while not (found := condition()):
        assert time.monotonic() < end, "waited in vain"
        time.sleep(0.01)
    return found


class Cluster:
    """A scheduler and any number of workers, all of them processes."""

    def __init__(self, folder, environment=ENVIRONMENT, *arguments):
        self.folder = folder
        self.file = folder / "scheduler.json"
        self.processes = []
        self._environment = environment
        self._logs = 0
        self.scheduler = self.start("scheduler", "--host", "127.0.0.1", "--port", "0", *arguments)
        until(self.file.exists)

    def start(self, kind, *arguments, environment=None):
        self._logs += 1
        with (self.folder / f"{kind}{self._logs}.log").open("w") as log:
            process = subprocess.Popen(
                [
                    *(sys.executable, "-m", f"distributed.cli.dask_{kind}"),
                    *("--scheduler-file", str(self.file), "--no-dashboard", *arguments),
                ],
                cwd=self.folder,
                env=environment or self._environment,
                stdout=log,
                stderr=log,
            )
        self.processes.append(process)
        return process

    def worker(self, code="", nanny=False, environment=None):
        """Start a worker of one thread; only a nanny starts it again when it dies.

        It runs `code` first.
        """
        (self.folder / "preload.py").write_text(code)
        return self.start(
            "worker",
            *("--nanny" if nanny else "--no-nanny", "--nthreads", "1", "--host", "127.0.0.1"),
            *("--local-directory", str(self.folder), "--preload", str(self.folder / "preload.py")),
            environment=environment,
        )

    def close(self):
        for process in self.processes:
            process.kill()
        for process in self.processes:
            process.wait()


@pytest.fixture
def cluster(tmp_path):
    folder = tmp_path / "cluster"
    folder.mkdir()
    made = Cluster(folder)
    yield made
    made.close()
