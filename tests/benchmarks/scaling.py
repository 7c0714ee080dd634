"""How `lunar_oxide_plugin.scaleout` scales from one worker to two, into docs/scaleout.md.

    .venv-scaleout/bin/python -m tests.benchmarks.scaling

Real schedulers and worker processes over TCP on this machine. What was measured is kept in
scaling.json, from which `simulate_cluster` goes on.
"""

from __future__ import annotations

import json
import multiprocessing
import os
import statistics
import tempfile
import time
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from unittest import mock

from lunar_oxide_plugin.core.demo.scene import SCENES
from lunar_oxide_plugin.core.demo.surface import Surface
from lunar_oxide_plugin.raster.gdal_io.blocks import Window
from lunar_oxide_plugin.raster.maps.demo_tile import write_tile
from lunar_oxide_plugin.raster.writing.outputs import OutputFiles
from lunar_oxide_plugin.raster.writing.storage import Kind
from lunar_oxide_plugin.scaleout import cluster
from lunar_oxide_plugin.scaleout.agreement import facts
from lunar_oxide_plugin.scaleout.job import Job, Part, make_job, open_mosaic
from lunar_oxide_plugin.scaleout.results import Results
from lunar_oxide_plugin.scaleout.tiles import Reading
from lunar_oxide_plugin.scaleout.window import compute_here

from .machine import this_machine

ROOT = Path(__file__).resolve().parents[2]
PAGE = ROOT / "docs" / "scaleout.md"
MEASURED = Path(__file__).with_name("scaling.json")

WINDOW = 512
REPEATS = 3
WORKERS = (1, 2)
NO_OPS = 3000


def between_markers(name: str, text: str, page: Path = PAGE) -> None:
    """Replace what stands between <!-- name --> and <!-- /name --> of a page."""
    begin, end = f"<!-- {name} -->", f"<!-- /{name} -->"
    before, rest = page.read_text(encoding="utf-8").split(begin)
    _, after = rest.split(end)
    page.write_text(f"{before}{begin}\n{text}\n{end}{after}", encoding="utf-8")


def job_of(tile: str, window: int = WINDOW) -> tuple[Job, list[Part]]:
    """Oxides of a tile by the default model."""
    mosaic = open_mosaic([tile], None, Reading(), lambda: None)
    return make_job(
        mosaic, [tile], None, Reading(), "gaussian_process", ["oxides"], Kind.FLOAT32, window
    )


@contextmanager
def on_cores(number: int) -> Iterator[None]:
    """All processes and threads that are started inside, together on so many cores."""
    every = os.sched_getaffinity(0)
    os.sched_setaffinity(0, sorted(every)[:number])
    try:
        yield
    finally:
        os.sched_setaffinity(0, every)


def begun(job: Job, folder: Path) -> Results:
    """The folder of a run."""
    results = Results(folder)
    results.begin(job)
    return results


def computed(workers: int, job: Job, parts: Sequence[Part], folder: Path) -> tuple[float, list]:
    """Seconds of a run on so many workers that are there, and its records."""
    with cluster.local_cluster(workers) as client:
        client.wait_for_workers(workers)
        cluster.require_agreement(client, job, str(folder))  # loads the model
        start = time.perf_counter()
        outcomes = list(cluster.compute_on_cluster(client, job, parts, str(folder), 1, 1))
        seconds = time.perf_counter() - start
    return seconds, [outcome.record for outcome in outcomes if outcome is not None]


def plain(workers: int, job: Job, parts: Sequence[Part], folder: Path) -> tuple[float, float]:
    """Seconds, and processor seconds, of as many processes that share the windows without Dask.

    What this machine itself gives: the cluster can do no better.
    """
    context = multiprocessing.get_context("spawn")
    barrier, ended = context.Barrier(workers), context.Queue()
    processes = [
        context.Process(
            target=_plain, args=(job, parts[number::workers], str(folder), barrier, ended)
        )
        for number in range(workers)
    ]
    for process in processes:
        process.start()
    walls, processor = zip(*(ended.get() for _ in processes))
    for process in processes:
        process.join()
    return max(walls), sum(processor)


def _plain(job: Job, parts: Sequence[Part], folder: str, barrier, ended) -> None:
    facts(job, folder)  # loads the model, as in workers
    barrier.wait()
    wall, processor = time.perf_counter(), time.process_time()
    for outcome in compute_here(job, parts, folder, 1, 1):
        if outcome.record is None:
            raise AssertionError(outcome.error)
    ended.put((time.perf_counter() - wall, time.process_time() - processor))


def no_work(job: Job, part: Part, folder: str, threads: int, expected: object) -> dict:
    """In place of a window: a record of usual size."""
    return {"id": part.name, "filler": "x" * 3000}


def seconds_per_task(job: Job, folder: Path, tasks: int = NO_OPS) -> float:
    """Of client, scheduler and workers together, when windows take no time."""
    parts = [Part(row, 0, Window(0, 0, 1, 1), ()) for row in range(tasks)]
    with mock.patch.object(cluster, "_on_worker", no_work):
        seconds, records = computed(2, job, parts, folder)
    if len(records) != tasks:
        raise AssertionError(f"{len(records)} of {tasks} tasks came back")
    return seconds / tasks


def measure(folder: Path) -> dict:
    """One worker and two by turns."""
    label = folder / "scaling_SYNTHETIC.lbl"
    with OutputFiles() as files:
        write_tile(files, label, Surface(SCENES["Mairan"]))
    job, parts = job_of(str(label))
    walls: dict[int, list[float]] = {workers: [] for workers in WORKERS}
    windows: dict[int, list[float]] = {workers: [] for workers in WORKERS}
    without: dict[int, list[float]] = {workers: [] for workers in WORKERS}
    processor = []
    for repeat in range(REPEATS):
        for workers in WORKERS:
            results = begun(job, folder / f"plain{repeat}_{workers}")
            with on_cores(workers):
                seconds, used = plain(workers, job, parts, results.folder)
            without[workers].append(seconds)
            processor.append(used)
            results = begun(job, folder / f"run{repeat}_{workers}")
            with on_cores(workers):
                seconds, records = computed(workers, job, parts, results.folder)
            walls[workers].append(seconds)
            windows[workers] += [found["properties"]["lunaroxide:seconds"] for found in records]
            print(f"{workers}: {without[workers][-1]:.1f} s plain, {seconds:.1f} s", flush=True)
    pixels = sum(part.window.size for part in parts)
    written = sum(file.stat().st_size for file in results.folder.rglob("*.tif"))
    return {
        "machine": this_machine(),
        "pixels": pixels,
        "windows": len(parts),
        "walls": {str(workers): walls[workers] for workers in WORKERS},
        "plain_walls": {str(workers): without[workers] for workers in WORKERS},
        "processor_seconds": processor,
        "window_seconds": {str(workers): windows[workers] for workers in WORKERS},
        "seconds_per_pixel": _core_seconds_per_pixel(windows[1], processor, pixels),
        "bytes_per_pixel": written / pixels,
        "seconds_per_task": seconds_per_task(job, results.folder),
    }


def _core_seconds_per_pixel(
    windows: Sequence[float], processor: Sequence[float], pixels: int
) -> list[float]:
    """Processor seconds per pixel, spread as the windows' times are.

    Time on the clock would count what else the machine did.
    """
    mean = statistics.median(processor) / pixels
    return [mean * seconds / statistics.fmean(windows) for seconds in windows]


def report(measured: dict) -> str:
    """The measured curve as a table."""
    from .simulate_cluster import Cluster, Work, simulate

    lines = [
        f"On {measured['machine']}; a synthetic tile of {measured['pixels'] / 1e6:.1f} Mpx in "
        f"{measured['windows']} windows of {WINDOW} pixels, `gaussian_process`, oxides alone; "
        f"medians of {REPEATS} runs by turns, workers started and models loaded before; client, "
        "scheduler and workers together on one core, or two. Plain: as "
        "many processes that share the windows without Dask, which is what the machine itself "
        "gives. Simulated: from the windows' times in the same runs.",
        "",
        "| workers, cores | seconds | Mpx/s | speed-up | plain: s | plain: speed-up | simulated |",
        "|---|---|---|---|---|---|---|",
    ]
    first = {kind: statistics.median(measured[kind]["1"]) for kind in ("walls", "plain_walls")}
    for workers in WORKERS:
        wall, without = (
            statistics.median(measured[kind][str(workers)]) for kind in ("walls", "plain_walls")
        )
        mean = statistics.fmean(measured["window_seconds"][str(workers)])
        simulated = simulate(
            Cluster(workers, measured["seconds_per_task"]), Work([mean] * measured["windows"])
        )
        lines.append(
            f"| {workers} | {wall:.1f} | {measured['pixels'] / wall / 1e6:.2f} | "
            f"{first['walls'] / wall:.2f} | {without:.1f} | "
            f"{first['plain_walls'] / without:.2f} | {simulated.seconds:.1f} |"
        )
    processor = statistics.median(measured["processor_seconds"])
    lines += [
        "",
        f"- A pixel takes {1e6 * processor / measured['pixels']:.2f} us of a core (processor "
        f"time) and {measured['bytes_per_pixel']:.1f} bytes as cloud-optimised GeoTIFF, overviews "
        "included.",
        f"- A task without work takes {1000 * measured['seconds_per_task']:.1f} ms of client, "
        f"scheduler and two workers together ({NO_OPS:,} tasks, all on the same cores).",
    ]
    return "\n".join(lines)


def main() -> None:
    with tempfile.TemporaryDirectory() as folder:
        measured = measure(Path(folder))
    MEASURED.write_text(json.dumps(measured, indent=1) + "\n", encoding="utf-8")
    between_markers("scaling", report(measured))


if __name__ == "__main__":
    main()
