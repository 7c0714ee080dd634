"""Timing by turns: what is compared runs in the same round, so that a noisy machine slows both."""

from __future__ import annotations

import time
from collections.abc import Callable, Mapping, Sequence
from typing import Any, NamedTuple

from .rows import Spread


class Work(NamedTuple):
    """Something to time, and how much it gets done: pixels, or floating-point operations."""

    call: Callable[[], object]
    amount: float


class Turns(NamedTuple):
    """Seconds of the rounds, of the work and of each of the others."""

    work: Work
    seconds: Sequence[float]
    others: Mapping[str, Work]
    other_seconds: Mapping[str, Sequence[float]]

    @property
    def speed(self) -> float:
        """Median amount per second of the work."""
        return Spread.of(self.work.amount / seconds for seconds in self.seconds).median

    @property
    def duration(self) -> float:
        """Median seconds of the work."""
        return Spread.of(self.seconds).median

    def other_speed(self, name: str) -> float:
        """Median amount per second of one of the others."""
        amount = self.others[name].amount
        return Spread.of(amount / seconds for seconds in self.other_seconds[name]).median

    def speed_ratio(self, *names: str) -> Spread:
        """Speed of the work to that of one of the others, the fastest of several."""
        return min(self._ratios(names or tuple(self.others)), key=lambda ratio: ratio.median)

    def time_ratio(self, name: str) -> Spread:
        """Time that the work takes to that of another, for the same amount."""
        ratio = self.speed_ratio(name)
        return Spread(1 / ratio.median, 1 / ratio.upper, 1 / ratio.lower)

    def _ratios(self, names: Sequence[str]) -> list[Spread]:
        return [
            Spread.of(
                self.work.amount / mine / (self.others[name].amount / other)
                for mine, other in zip(self.seconds, self.other_seconds[name])
            )
            for name in names
        ]


def take_turns(benchmark: Any, work: Work, others: Mapping[str, Work], rounds: int) -> Turns:
    """Time the work with pytest-benchmark, and before each of its rounds the others."""
    other_seconds: dict[str, list[float]] = {name: [] for name in others}

    def time_others() -> None:
        for name, other in others.items():
            other_seconds[name].append(seconds_of(other.call))

    benchmark.pedantic(work.call, setup=time_others, rounds=rounds, warmup_rounds=1)
    counted = {name: seconds[-rounds:] for name, seconds in other_seconds.items()}
    return Turns(work, benchmark.stats.stats.data, others, counted)


def fastest(ways: Mapping[str, Work], tries: int = 3) -> tuple[str, Work]:
    """The way that gets most done per second, in the best of a few tries by turns."""
    for work in ways.values():
        work.call()
    best = {
        name: min(seconds)
        for name, seconds in zip(
            ways,
            zip(*([seconds_of(work.call) for work in ways.values()] for _ in range(tries))),
        )
    }
    name = max(ways, key=lambda name: ways[name].amount / best[name])
    return name, ways[name]


def seconds_of(call: Callable[[], object]) -> float:
    """Time of one call."""
    start = time.perf_counter()
    call()
    return time.perf_counter() - start
