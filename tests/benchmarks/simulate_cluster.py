"""A run of `lunar_oxide_plugin.scaleout` on clusters larger than this machine, as discrete events.

Times of windows are drawn from measured ones (scaling.json, by `tests.benchmarks.scaling`). A
window waits for three things: the scheduler, one task after the other; a worker; and storage, one
transfer after the other at its bandwidth. A worker that is lost loses its window, which is
computed again, and is replaced. Run with

    .venv-scaleout/bin/python -m tests.benchmarks.simulate_cluster

to write the tables of docs/scaleout.md.
"""

from __future__ import annotations

import heapq
import json
import math
from collections import deque
from collections.abc import Sequence
from itertools import count
from typing import NamedTuple

import numpy as np

from .scaling import MEASURED, between_markers

#: Pixels per degree; the mosaic reaches around the Moon and from 65 N to 65 S.
WIDTH_DEGREES, HEIGHT_DEGREES = 360, 130

CORES = [4**power for power in range(7)]

#: Eight bands of 16 bits are read, without compression.
READ_BYTES = 8 * 2

#: Of the tables: bytes per second of all storage, seconds between losses of a worker, and until
#: it is replaced.
BANDWIDTH, LIFETIME, REPLACED = 1e9, 24 * 3600.0, 120.0


class Cluster(NamedTuple):
    """What a run has at its disposal."""

    workers: int
    #: Seconds the scheduler and the client are busy for each window
    per_task: float = 0.0
    #: Bytes per second of all storage together
    bandwidth: float = math.inf
    #: Mean seconds until a worker is lost, and seconds until another one is there
    lifetime: float = math.inf
    replaced: float = 0.0
    #: Windows under way for each worker
    ahead: int = 2


class Work(NamedTuple):
    """The windows of a run: seconds of computing, and bytes read and written, of each."""

    seconds: Sequence[float]
    read: float = 0.0
    written: float = 0.0


class Ended(NamedTuple):
    """A run."""

    seconds: float
    #: Windows that were lost with their workers
    lost: int


def simulate(cluster: Cluster, work: Work, seed: int = 0) -> Ended:
    """Let a cluster do some work."""
    run = _Run(cluster, work, seed)
    run.begin()
    while run.left:
        run.step()
    return Ended(run.now, run.lost)


class _Run:
    """The state of a simulation; events are functions, called at their times."""

    def __init__(self, cluster: Cluster, work: Work, seed: int) -> None:
        self._cluster, self._work = cluster, work
        self._random = np.random.default_rng(seed)
        self.now, self.left, self.lost = 0.0, len(work.seconds), 0
        self._events: list[tuple] = []
        self._number = count()  # of two events at one time the first planned comes first
        self._scheduler = self._storage = 0.0  # free from then on
        self._unsent = deque(work.seconds)
        self._ready: deque[float] = deque()
        self._idle = deque(range(cluster.workers))
        self._of_worker: dict[int, tuple[int, float] | None] = {}
        self._stage = count()

    def begin(self) -> None:
        for worker in range(self._cluster.workers):
            self._live(worker)
        for _ in range(self._cluster.workers * self._cluster.ahead):
            self._send()

    def step(self) -> None:
        self.now, _, event, arguments = heapq.heappop(self._events)
        event(*arguments)

    def _at(self, time: float, event, *arguments) -> None:
        heapq.heappush(self._events, (time, next(self._number), event, arguments))

    def _send(self) -> None:
        """The scheduler takes up the next window."""
        if self._unsent:
            self._scheduler = max(self._scheduler, self.now) + self._cluster.per_task
            self._at(self._scheduler, self._arrive, self._unsent.popleft())

    def _arrive(self, seconds: float) -> None:
        self._ready.append(seconds)
        self._assign()

    def _assign(self) -> None:
        while self._ready and self._idle:
            worker, seconds = self._idle.popleft(), self._ready.popleft()
            stage = next(self._stage)
            self._of_worker[worker] = stage, seconds
            self._at(self._transferred(self._work.read), self._compute, worker, stage, seconds)

    def _transferred(self, size: float) -> float:
        """When a transfer that is asked for now is over."""
        if size:
            self._storage = max(self._storage, self.now) + size / self._cluster.bandwidth
        return max(self._storage, self.now) if size else self.now

    def _compute(self, worker: int, stage: int, seconds: float) -> None:
        if self._is_at(worker, stage):
            self._at(self.now + seconds, self._write, worker, stage)

    def _write(self, worker: int, stage: int) -> None:
        if self._is_at(worker, stage):
            self._at(self._transferred(self._work.written), self._finish, worker, stage)

    def _finish(self, worker: int, stage: int) -> None:
        if self._is_at(worker, stage):
            self.left -= 1
            self._of_worker[worker] = None
            self._idle.append(worker)
            self._send()
            self._assign()

    def _is_at(self, worker: int, stage: int) -> bool:
        """Whether a worker is still at what it began: it was not lost."""
        task = self._of_worker.get(worker)
        return task is not None and task[0] == stage

    def _live(self, worker: int) -> None:
        if math.isfinite(self._cluster.lifetime):
            time = self.now + self._random.exponential(self._cluster.lifetime)
            self._at(time, self._lose, worker)

    def _lose(self, worker: int) -> None:
        task = self._of_worker.get(worker)
        if task is None:
            self._idle.remove(worker)
        else:
            self.lost += 1
            self._of_worker[worker] = None
            self._ready.appendleft(task[1])
        self._at(self.now + self._cluster.replaced, self._join, worker)
        self._assign()

    def _join(self, worker: int) -> None:
        self._idle.append(worker)
        self._live(worker)
        self._assign()


def moon(per_degree: int, window: int, measured: dict, seed: int = 0) -> Work:
    """The windows of the whole Moon, their times drawn from those measured."""
    width, height = WIDTH_DEGREES * per_degree, HEIGHT_DEGREES * per_degree
    windows = math.ceil(width / window) * math.ceil(height / window)
    mean_pixels = width * height / windows
    drawn = np.random.default_rng(seed).choice(measured["seconds_per_pixel"], windows)
    return Work(
        (drawn * mean_pixels).tolist(),
        READ_BYTES * mean_pixels,
        measured["bytes_per_pixel"] * mean_pixels,
    )


def _row(cores: int, work: Work, per_task: float) -> str:
    ideal = sum(work.seconds) / cores
    plain = Cluster(cores, per_task)
    ends = [
        simulate(cluster, work)
        for cluster in (
            plain,
            plain._replace(bandwidth=BANDWIDTH),
            plain._replace(lifetime=LIFETIME, replaced=REPLACED),
        )
    ]
    cells = [
        str(cores),
        _hours(ideal),
        *(f"{_hours(end.seconds)} ({100 * ideal / end.seconds:.0f} %)" for end in ends),
        str(ends[-1].lost),
    ]
    return f"| {' | '.join(cells)} |"


def _hours(seconds: float) -> str:
    return f"{seconds / 3600:.3g} h" if seconds >= 3600 else f"{seconds / 60:.3g} min"


def table(title: str, work: Work, per_task: float) -> str:
    """A run on more and more cores."""
    lines = [
        f"**{title}: {len(work.seconds):,} windows, {sum(work.seconds) / 3600:,.0f} core hours, "
        f"{len(work.seconds) * work.read / 1e12:.2g} TB read, "
        f"{len(work.seconds) * work.written / 1e12:.2g} TB written.**",
        "",
        f"| cores | ideal | simulated | storage of {BANDWIDTH / 1e9:g} GB/s in all | each worker "
        f"lost every {LIFETIME / 3600:g} h, replaced after {REPLACED / 60:g} min | windows lost |",
        "|---|---|---|---|---|---|",
        *(_row(cores, work, per_task) for cores in CORES),
    ]
    return "\n".join(lines)


def main() -> None:
    measured = json.loads(MEASURED.read_text(encoding="utf-8"))
    tables = [
        table(title, moon(per_degree, window, measured), measured["seconds_per_task"])
        for title, per_degree, window in (
            ("59 m (512 pixels per degree), windows of 2048 pixels", 512, 2048),
            ("59 m, windows of 512 pixels", 512, 512),
            ("14.8 m (2048 pixels per degree), windows of 4096 pixels", 2048, 4096),
        )
    ]
    between_markers("simulation", "\n\n".join(tables))


if __name__ == "__main__":
    main()
