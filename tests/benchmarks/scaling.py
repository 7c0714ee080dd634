"""How `lunar_oxide_plugin.scaleout` scales from one worker to two, into docs/scaleout.md.

    .venv-scaleout/bin/python -m tests.benchmarks.scaling

Real schedulers and worker processes over TCP on this machine. What was measured is kept in
scaling.json, from which `simulate_cluster` goes on.
"""

from __future__ import annotations

import json
import statistics
import tempfile
import time
from collections.abc import Sequence
from pathlib import Path
from unittest import mock

from lunar_oxide_plugin.core.demo_scene import SCENES
from lunar_oxide_plugin.core.demo_surface import Surface
from lunar_oxide_plugin.raster.blocks import Window
from lunar_oxide_plugin.raster.mi_tile import write_tile
from lunar_oxide_plugin.raster.outputs import OutputFiles
from lunar_oxide_plugin.raster.storage import Kind
from lunar_oxide_plugin.scaleout import cluster
from lunar_oxide_plugin.scaleout.job import Job, Part, Reading, make_job, open_mosaic
from lunar_oxide_plugin.scaleout.results import Results

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


def computed(workers: int, job: Job, parts: Sequence[Part], folder: Path) -> tuple[float, list]:
    """Seconds of a run on so many workers that are there, and its records."""
    with cluster.local_cluster(workers, "127.0.0.1:0") as client:
        client.wait_for_workers(workers)
        cluster.require_agreement(client, job, str(folder))  # loads the model
        start = time.perf_counter()
        outcomes = list(cluster.compute_on_cluster(client, job, parts, str(folder), 1, 1))
        seconds = time.perf_counter() - start
    return seconds, [outcome.record for outcome in outcomes if outcome is not None]


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
    for repeat in range(REPEATS):
        for workers in WORKERS:
            results = Results(folder / f"run{repeat}_{workers}")
            results.begin(job)
            seconds, records = computed(workers, job, parts, results.folder)
            walls[workers].append(seconds)
            windows[workers] += [found["properties"]["lunaroxide:seconds"] for found in records]
            print(f"{workers} workers: {seconds:.1f} s", flush=True)  # noqa: T201
    pixels = sum(part.window.size for part in parts)
    written = sum(file.stat().st_size for file in (folder / "run0_1").rglob("*.tif"))
    return {
        "machine": this_machine(),
        "pixels": pixels,
        "windows": len(parts),
        "walls": {str(workers): walls[workers] for workers in WORKERS},
        "window_seconds": {str(workers): windows[workers] for workers in WORKERS},
        "seconds_per_pixel": [s / (pixels / len(parts)) for s in windows[max(WORKERS)]],
        "bytes_per_pixel": written / pixels,
        "seconds_per_task": seconds_per_task(job, results.folder),
    }


def report(measured: dict) -> str:
    """The measured curve as a table."""
    from .simulate_cluster import Cluster, Work, simulate

    lines = [
        f"On {measured['machine']}; a synthetic tile of {measured['pixels'] / 1e6:.1f} Mpx in "
        f"{measured['windows']} windows of {WINDOW} pixels, `gaussian_process`, oxides alone; "
        f"medians of {REPEATS} runs by turns, workers started and model loaded before.",
        "",
        "| workers | seconds | Mpx/s | speed-up | seconds per window (median) | simulated seconds |",
        "|---|---|---|---|---|---|",
    ]
    first = statistics.median(measured["walls"][str(WORKERS[0])])
    for workers in WORKERS:
        wall = statistics.median(measured["walls"][str(workers)])
        times = measured["window_seconds"][str(workers)]
        mean = statistics.fmean(times)
        simulated = simulate(
            Cluster(workers, measured["seconds_per_task"]), Work([mean] * measured["windows"])
        )
        lines.append(
            f"| {workers} | {wall:.1f} | {measured['pixels'] / wall / 1e6:.2f} | "
            f"{first / wall:.2f} | {statistics.median(times):.2f} | {simulated.seconds:.1f} |"
        )
    lines += [
        "",
        f"A task without work takes {1000 * measured['seconds_per_task']:.1f} ms of client, "
        f"scheduler and two workers together ({NO_OPS:,} tasks, all on the same cores). A pixel "
        f"takes {measured['bytes_per_pixel']:.1f} bytes in the cloud-optimised GeoTIFFs of oxides, "
        "overviews included.",
    ]
    return "\n".join(lines)


def main() -> None:
    with tempfile.TemporaryDirectory() as folder:
        measured = measure(Path(folder))
    MEASURED.write_text(json.dumps(measured, indent=1) + "\n", encoding="utf-8")
    between_markers("scaling", report(measured))


if __name__ == "__main__":
    main()
