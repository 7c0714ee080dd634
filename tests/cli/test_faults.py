"""Runs that are killed, stopped and disturbed from outside, while they compute."""

import os
import signal
import subprocess
import time

import numpy as np
import pytest

from tests import mi_tiles

from .conftest import PROGRAM, bands, contents

WORK = "lunar_oxide.partial-"


@pytest.fixture(scope="module")
def tile(tmp_path_factory):
    """A tile that takes a second: the ensemble of trees is slow."""
    return mi_tiles.write_tile(
        tmp_path_factory.mktemp("tile"), mi_tiles.soils(400, 400), name="TILE"
    )


@pytest.fixture()
def begun(qgis, tile, tmp_path):
    """Start a run onto a file that is there; return it once it has begun to write."""
    output = tmp_path / "oxides.tif"
    output.write_bytes(b"before")
    running = []

    def begin(source=tile):
        given = {"INPUT": source, "OUTPUT": output, "MODEL": 5, "THREADS": 1}
        process = subprocess.Popen(
            [PROGRAM, "run", "lunaroxide:predictoxides", *(f"--{k}={v}" for k, v in given.items())],
            env=qgis.environment,
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            text=True,
        )
        running.append(process)
        end = time.monotonic() + 60
        while not list(tmp_path.glob(f"{WORK}*/new/oxides.tif")):
            assert process.poll() is None, process.stdout.read()
            assert time.monotonic() < end
            time.sleep(0.01)
        return process

    yield begin
    for process in running:
        process.kill()
        process.communicate()


def test_killed_and_run_again(qgis, begun, tile, tmp_path):
    process = begun()
    process.kill()
    process.wait()
    (left,) = tmp_path.glob(f"{WORK}*")
    assert len(list(left.glob(f"*-{process.pid}.lock"))) == 1
    assert (tmp_path / "oxides.tif").read_bytes() == b"before"
    qgis.succeed("predictoxides", {"INPUT": tile, "OUTPUT": tmp_path / "oxides.tif"})
    assert sorted(path.name for path in tmp_path.iterdir()) == ["oxides.qml", "oxides.tif"]
    assert bands(tmp_path / "oxides.tif").shape == (5, 400, 400)


def test_two_runs_onto_one_output(qgis, begun, tile, tmp_path):
    process = begun()
    os.kill(process.pid, signal.SIGSTOP)
    done = qgis.run("predictoxides", {"INPUT": tile, "OUTPUT": tmp_path / "oxides.tif"})
    assert done.code != 0
    assert f"is being written by another run (process {process.pid})" in done.text
    assert "Wait until that ends, or choose another name." in done.text
    assert (tmp_path / "oxides.tif").read_bytes() == b"before"
    os.kill(process.pid, signal.SIGCONT)
    text, _ = process.communicate(timeout=120)
    assert process.returncode == 0, text
    assert bands(tmp_path / "oxides.tif").shape == (5, 400, 400)


@pytest.mark.parametrize("replaced", [False, True])
def test_input_changed_during_the_run(begun, tmp_path, replaced):
    """Written to, or exchanged for another file as a download does it."""
    source = mi_tiles.write_tile(tmp_path, mi_tiles.soils(400, 400), name="TILE")
    process = begun(source)
    image = tmp_path / "TILE.img"
    if replaced:
        (tmp_path / "new.img").write_bytes(np.flip(np.fromfile(image, np.uint8)).tobytes())
        (tmp_path / "new.img").replace(image)
    else:
        with image.open("r+b") as file:
            file.write(b"\0\1" * 1000)
    text, _ = process.communicate(timeout=120)
    assert process.returncode != 0
    assert "TILE.img was changed while it was read" in text
    assert "Nothing was written" in text
    assert "Traceback" not in text
    names = {str(name) for name in contents(tmp_path)}
    assert names == {"TILE.img", "TILE.lbl", "oxides.tif"}
    assert (tmp_path / "oxides.tif").read_bytes() == b"before"
