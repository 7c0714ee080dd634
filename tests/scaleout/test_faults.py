"""Runs on real schedulers and workers over TCP, of which some are killed in the middle."""

import json
import os
import re
import shutil
import signal
import time
import urllib.request

import pytest
from osgeo import gdal

from lunar_oxide_plugin.scaleout.cluster import ClusterError, remote_cluster, threads_of_workers

from .conftest import ENVIRONMENT, ROOT, assert_same_pixels, records, run, tile_name, until, windows

#: A worker that hangs in its first window, when its rasters are written but have no names yet.
HANGS = """
import time
from lunar_oxide_plugin.raster.writing.outputs import OutputFiles
OutputFiles._rename = lambda self: time.sleep(3600)
"""

#: A worker that takes its time for each window.
SLOW = """
import time
from lunar_oxide_plugin.scaleout import cluster, window
def slow(*arguments):
    time.sleep(0.1)
    return window.predict_window(*arguments)
cluster.predict_window = slow
"""

#: A worker that does not survive one of the windows, as when memory does not suffice.
DIES = """
import os
from lunar_oxide_plugin.scaleout import cluster, window
def dies(job, part, *arguments):
    if part.name == "R0000C0001":
        os._exit(9)
    return window.predict_window(job, part, *arguments)
cluster.predict_window = dies
"""


#: Windows of 28 pixels in the scene.
COUNT = 24


def arguments_of(scene, folder, cluster, window=28):
    return (
        *(scene.folder, "--output", folder, "--window", window),
        *("--scheduler-file", cluster.file),
    )


def test_workers_killed_in_the_middle(scene, tmp_path, cluster, start):
    """One hangs and one works; both are killed; the one that comes then does the rest."""
    folder = tmp_path / "out"
    hanging = cluster.worker(HANGS)
    command = start(*arguments_of(scene, folder, cluster))
    (left,) = until(lambda: list((folder / "windows").rglob("new/R*_oxides.tif")))
    slow = cluster.worker(SLOW)
    until(lambda: len(records(folder)) > 3)
    hanging.kill()
    slow.kill()
    hanging.wait()
    before = len(records(folder))
    assert before < 18
    assert command.process.poll() is None
    assert left.exists()
    cluster.worker()
    said = command.finish()
    assert f"{COUNT}/{COUNT} windows, 100.0 %" in said
    assert "failed" not in said
    assert_same_pixels(folder, scene, ["oxides"])
    # What the killed workers left goes with the next run, which has nothing else to do.
    after = windows(folder)
    run(*arguments_of(scene, folder, cluster))
    assert not left.exists()
    assert windows(folder) == {name: at for name, at in after.items() if "partial" not in name}


def test_a_worker_that_joins_takes_work(scene, tmp_path, cluster, start):
    folder = tmp_path / "out"
    first = cluster.worker(SLOW)
    command = start(*arguments_of(scene, folder, cluster))
    until(lambda: records(folder))
    # The first one hangs, so that all but what was under way can only be done by the other.
    first.send_signal(signal.SIGSTOP)
    cluster.worker()
    until(lambda: len(records(folder)) > 20)
    assert command.process.poll() is None
    first.send_signal(signal.SIGCONT)
    command.finish()
    assert_same_pixels(folder, scene, ["oxides"])


def test_interrupted_while_a_worker_hangs(scene, tmp_path, cluster, start):
    folder = tmp_path / "out"
    worker = cluster.worker(SLOW)
    command = start(*arguments_of(scene, folder, cluster))
    until(lambda: records(folder))
    worker.send_signal(signal.SIGSTOP)
    time.sleep(0.3)
    command.process.send_signal(signal.SIGINT)
    assert "Traceback" not in command.finish(130)


def test_client_killed_then_resumed(scene, tmp_path, cluster, start):
    folder = tmp_path / "out"
    cluster.worker(SLOW)
    cluster.worker(SLOW)
    command = start(*arguments_of(scene, folder, cluster))
    until(lambda: len(records(folder)) > 4)
    command.process.kill()
    command.process.wait()
    time.sleep(0.5)  # the windows under way may end
    before = windows(folder)
    count = len(records(folder))
    assert 4 < count < 18
    said = run(*arguments_of(scene, folder, cluster))
    assert f"{COUNT} windows of 28 pixels over 168 x 88, {count} of them already finished" in said
    assert before.items() <= windows(folder).items()
    assert_same_pixels(folder, scene, ["oxides"])


@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM])
def test_interrupted_then_resumed(scene, tmp_path, number, start):
    """Ctrl-C in a terminal reaches the workers of a local cluster too."""
    folder = tmp_path / "out"
    arguments = scene.folder, "--output", folder, "--window", 24, "--workers", 2
    command = start(*arguments, "--dashboard", "127.0.0.1:0")
    until(lambda: len(records(folder)) > 4)
    (link,) = [line.split()[1] for line in command.said.splitlines() if "Dashboard" in line]
    with urllib.request.urlopen(link, timeout=10) as page:  # noqa: S310 - ours
        assert b"Dask" in page.read()
    if number == signal.SIGINT:
        os.killpg(command.process.pid, number)
    else:
        command.process.send_signal(number)
    said = command.finish(130)
    assert "To resume, run the same command again" in said
    assert "Traceback" not in said
    until(lambda: not command.is_alive(), 10)
    before = windows(folder)
    assert not [name for name in before if "partial" in name]
    assert 4 < len(records(folder)) < 25
    run(*arguments[:-1], 0)
    assert before.items() <= windows(folder).items()
    assert_same_pixels(folder, scene, ["oxides"])


def test_workers_of_a_killed_client_end(scene, tmp_path, start):
    folder = tmp_path / "out"
    command = start(scene.folder, "--output", folder, "--window", 24, "--workers", 2)
    until(lambda: records(folder))
    command.process.kill()
    until(lambda: not command.is_alive(), 10)


def test_scheduler_killed(scene, tmp_path, cluster, start):
    folder = tmp_path / "out"
    cluster.worker(SLOW)
    command = start(*arguments_of(scene, folder, cluster))
    until(lambda: records(folder))
    cluster.scheduler.kill()
    said = command.finish(1)
    assert "The connection to the scheduler was lost" in said
    assert "Traceback" not in said


def test_scheduler_killed_while_it_is_asked(cluster):
    """Its connection breaks in the middle of a question, not between two."""
    cluster.worker()
    with remote_cluster(None, str(cluster.file), 30) as client:
        assert list(threads_of_workers(client).values()) == [1]
        cluster.scheduler.kill()
        with pytest.raises(ClusterError, match="connection to the scheduler was lost"):
            threads_of_workers(client)


def test_scheduler_is_asked_nothing_but_with_an_answer_for_its_end():
    """Each question of ours to Dask's client may be the one in which the scheduler goes."""
    questions = "nthreads|run|wait_for_workers|retire_workers|scheduler_info|gather|who_has"
    asked = 0
    for path in (ROOT / "lunar_oxide_plugin" / "scaleout").glob("*.py"):
        lines = path.read_text(encoding="utf-8").splitlines()
        for before, line in zip(lines, lines[1:]):
            if re.search(rf"client\.({questions})\(", line):
                assert before.strip() == "with _scheduler_needed():", (path.name, line)
                asked += 1
    assert asked == 4


def test_a_window_that_workers_do_not_survive(scene, tmp_path, cluster):
    folder = tmp_path / "out"
    cluster.worker(DIES, nanny=True)
    cluster.worker(DIES, nanny=True)
    run(*arguments_of(scene, folder, cluster, 64), "--attempts", 2, code=1)
    (entry,) = json.loads((folder / "failures.json").read_text())
    assert (entry["window"], entry["attempts"]) == ("R0000C0001", 2)
    assert "KilledWorker" in entry["error"]
    assert len(records(folder)) == 5


def test_a_tile_cut_off_in_the_middle(scene, tmp_path, cluster, start):
    """Its windows fail and are listed, the others end; when it is whole again, they follow."""
    folder = tmp_path / "out"
    shutil.copytree(scene.folder, tmp_path / "tiles")
    cluster.worker(SLOW)
    arguments = (tmp_path / "tiles", *arguments_of(scene, folder, cluster)[1:])
    command = start(*arguments, "--attempts", 2)
    until(lambda: records(folder))
    image = tmp_path / "tiles" / f"{tile_name(1, 3)}.img"
    content = image.read_bytes()
    image.write_bytes(content[:-5000])
    said = command.finish(1)
    listed = json.loads((folder / "failures.json").read_text())
    assert 2 < len(listed) < 12
    for entry in listed:
        assert entry["attempts"] == 2
        assert any(tile_name(1, 3) in name for name in entry["tiles"])
        assert f"Window {entry['window']} failed: " in said
        assert f"{image.name} is cut off" in entry["error"]
    assert len(records(folder)) == COUNT - len(listed)
    before = windows(folder)
    metadata = gdal.Open(str(folder / "oxides.vrt")).GetMetadata()
    assert metadata["LUNAR_OXIDE_MISSING_WINDOWS"] == str(len(listed))
    image.write_bytes(content)
    run(*arguments)
    assert before.items() <= windows(folder).items()
    assert_same_pixels(folder, scene, ["oxides"])


@pytest.fixture
def other_plugin(tmp_path):
    """The environment of a worker that has another state of the plugin."""
    shutil.copytree(ROOT / "lunar_oxide_plugin", tmp_path / "other" / "lunar_oxide_plugin")
    with (tmp_path / "other" / "lunar_oxide_plugin" / "about.py").open("a") as file:
        file.write("# newer\n")
    return {**ENVIRONMENT, "PYTHONPATH": str(tmp_path / "other")}


def test_workers_that_differ_are_refused(scene, tmp_path, cluster, other_plugin):
    cluster.worker(environment=other_plugin)
    said = run(*arguments_of(scene, tmp_path / "out", cluster), code=1)
    assert "Some workers cannot compute this run" in said
    assert "plugin: " in said
    assert "1 of 1 workers" in said
    assert not records(tmp_path / "out")


def test_a_worker_that_joins_and_differs_is_sent_away(
    scene, tmp_path, cluster, start, other_plugin
):
    folder = tmp_path / "out"
    cluster.worker(SLOW)
    command = start(*arguments_of(scene, folder, cluster))
    until(lambda: records(folder))
    other = cluster.worker(environment=other_plugin)
    other.wait(20)
    said = command.finish()
    assert "was removed: plugin: " in said
    assert f"{COUNT}/{COUNT} windows, 100.0 %, " in said
    assert_same_pixels(folder, scene, ["oxides"])


def test_no_scheduler_or_no_worker(scene, tmp_path, cluster):
    arguments = scene.folder, "--output", tmp_path / "out", "--wait", 1
    said = run(*arguments, "--scheduler", "tcp://127.0.0.1:1", code=1)
    assert "No scheduler could be reached at tcp://127.0.0.1:1" in said
    said = run(*arguments, "--scheduler-file", cluster.file, code=1)
    assert "had no worker within 1 s" in said
    assert "Traceback" not in said
