"""The simulated cluster of the runbook: against closed forms, and against a real one."""

import math
import time
from pathlib import Path
from unittest import mock

import numpy as np
import pytest

from lunar_oxide_plugin.raster.gdal_io.blocks import Window
from lunar_oxide_plugin.scaleout import cluster as real
from lunar_oxide_plugin.scaleout.job import Part
from lunar_oxide_plugin.scaleout.results import Results
from tests.benchmarks.scaling import between_markers, job_of
from tests.benchmarks.simulate_cluster import Cluster, Work, moon, simulate

from .conftest import tile_name


@pytest.mark.parametrize(("workers", "windows"), [(1, 7), (4, 12), (4, 13), (50, 7)])
def test_equal_windows_come_in_rounds(workers, windows):
    seconds = simulate(Cluster(workers), Work([2.0] * windows)).seconds
    assert seconds == pytest.approx(2 * math.ceil(windows / workers))


def test_a_slow_scheduler_is_all_that_counts():
    """The last of 1000 windows is sent after 1000 times 10 ms, and takes 0.5 s."""
    ended = simulate(Cluster(200, per_task=0.01), Work([0.5] * 1000))
    assert ended.seconds == pytest.approx(1000 * 0.01 + 0.5)


def test_a_fast_scheduler_works_while_workers_compute():
    ended = simulate(Cluster(4, per_task=0.01), Work([1.0] * 40))
    assert ended.seconds == pytest.approx(10, abs=0.05)


def test_slow_storage_is_all_that_counts():
    """1000 windows of 30 bytes read and 10 written, at 100 bytes a second."""
    ended = simulate(Cluster(500, bandwidth=100), Work([0.1] * 1000, 30, 10))
    assert ended.seconds == pytest.approx(400, rel=0.01)


def test_one_worker_reads_computes_and_writes_in_turn():
    ended = simulate(Cluster(1, bandwidth=10, ahead=1), Work([1.0, 2.0], 10, 20))
    assert ended.seconds == pytest.approx(2 * (1 + 2) + 3)


def test_unequal_windows_within_the_bounds_of_list_scheduling():
    """Graham (1966): no later than the mean share and the longest window together."""
    times = np.random.default_rng(1).lognormal(0, 1, 500)
    for workers in (3, 17, 100):
        seconds = simulate(Cluster(workers), Work(times.tolist())).seconds
        share = times.sum() / workers
        assert max(share, times.max()) <= seconds + 1e-9
        assert seconds <= share + times.max()


def test_lost_workers_cost_what_theory_says():
    """A window of c seconds at a loss rate r takes (exp(r c) - 1) / r, when replaced at once."""
    windows, seconds, lifetime = 20_000, 1.0, 2.0
    ended = simulate(Cluster(1, lifetime=lifetime), Work([seconds] * windows))
    each = (math.exp(seconds / lifetime) - 1) * lifetime
    assert ended.seconds / windows == pytest.approx(each, rel=0.03)
    # Tries of a window are geometric: exp(r c) of them, of which one is the last.
    assert ended.lost / windows == pytest.approx(math.exp(seconds / lifetime) - 1, rel=0.03)


def test_replacements_take_their_time():
    """Each loss adds the time until another worker is there."""
    work = Work([1.0] * 20_000)
    fast = simulate(Cluster(1, lifetime=10.0), work, seed=3)
    slow = simulate(Cluster(1, lifetime=10.0, replaced=5.0), work, seed=3)
    losses = slow.seconds - fast.seconds
    assert losses / 5.0 == pytest.approx(20_000 / 10.0, rel=0.15)


def test_the_whole_moon():
    measured = {"seconds_per_pixel": [1e-6], "bytes_per_pixel": 10.0}
    work = moon(512, 2048, measured)
    assert len(work.seconds) == 90 * 33
    assert sum(work.seconds) == pytest.approx(184320 * 66560 * 1e-6)
    assert len(work.seconds) * work.written == pytest.approx(184320 * 66560 * 10)
    assert len(work.seconds) * work.read == pytest.approx(184320 * 66560 * 16)


def sleep(job, part, folder, threads, expected):
    """In place of a window: known times, unequal."""
    time.sleep(seconds_of(part.row))
    return {}


def seconds_of(number):
    return 0.05 + 0.1 * (number % 3)


@pytest.mark.parametrize("workers", [1, 2])
def test_a_real_cluster_takes_as_long_as_the_simulated_one(scene, tmp_path, workers):
    """Client, scheduler and workers over TCP; the windows sleep, as cores are few here."""
    job, _ = job_of(str(scene.folder / f"{tile_name(1, 3)}.lbl"))
    Results(tmp_path / "out").begin(job)
    parts = [Part(row, 0, Window(0, 0, 1, 1), ()) for row in range(30 * workers)]
    with (
        mock.patch.object(real, "_on_worker", sleep),
        real.local_cluster(workers) as client,
    ):
        client.wait_for_workers(workers)
        start = time.perf_counter()
        ends = list(real.compute_on_cluster(client, job, parts, str(tmp_path / "out"), 1, 1))
        measured = time.perf_counter() - start
    assert len([end for end in ends if end is not None]) == len(parts)
    work = Work([seconds_of(part.row) for part in parts])
    simulated = simulate(Cluster(workers, per_task=0.005), work).seconds
    assert simulated == pytest.approx(4.5, rel=0.05)
    assert measured == pytest.approx(simulated, rel=0.25)


def test_tables_stand_between_markers(tmp_path):
    page = Path(tmp_path / "page.md")
    page.write_text("a\n<!-- x -->\nold\n<!-- /x -->\nb\n")
    between_markers("x", "new", page)
    assert page.read_text() == "a\n<!-- x -->\nnew\n<!-- /x -->\nb\n"
