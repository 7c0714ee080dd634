"""The algorithms that compute little, beside reading and writing the same pixels bare."""

from __future__ import annotations

from .pixel_algorithms import REPEATS, SIZE, measured


def bench_pixel_algorithms(benchmark, record, quick):
    size, repeats = (1024, 2) if quick else (SIZE, REPEATS)
    cases = benchmark.pedantic(lambda: measured(size, repeats), rounds=1)
    for case in cases:
        written = f", {case.writing:.2f} s to write" if case.writing else ""
        record(
            "pixels",
            case.name,
            case.seconds,
            "s",
            case.ratio,
            f"{{}} of that bare ({case.reading:.2f} s to read{written})",
        )
