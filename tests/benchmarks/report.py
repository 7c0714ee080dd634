"""docs/performance.md, from the rows that the benchmarks left."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from .rows import Row, Spread

#: Key of a section -> its title and what to know of it.
SECTIONS = {
    "processor": (
        "Near the processor's limit",
        "Arithmetic of the five networks of `zhang2023_cnn` (443,200 floating-point operations a "
        "pixel, whatever else the graph does not counted) beside products of two float32 matrices "
        "in the same onnxruntime, large ones and such as fit the cache, which are the fastest of "
        "all: threads inside one call, or calls side by side, whichever is faster.",
    ),
    "models": (
        "The models, spectra in memory",
        "Two threads share one session where nothing else is said.",
    ),
    "frameworks": (
        "The same networks elsewhere",
        "The five networks of `zhang2023_cnn` with the same weights. Each gave the same oxides "
        "within 0.001 wt% before it was timed. Of PyTorch and the layer-by-layer export the "
        "fastest of five batch sizes: with threads inside a call, as the libraries use them by "
        "themselves, and with calls side by side, as the plugin does.",
    ),
    "scikit": (
        "scikit-learn",
        "The estimators that the models were exported from, in the faster of two ways to use two "
        "threads; they gave the same oxides within 0.001 wt% before.",
    ),
    "tile": (
        "A full tile, end to end",
        "From an opened MI MAP tile (2048 x 2048 x 9) to GeoTIFFs under their names, 2 threads.",
    ),
    "reading": ("Reading", ""),
    "pixels": (
        "Algorithms that compute little",
        "Of 8192 x 8192 pixels (`importmimap` and `empiricaloxides`: a tile), 2 threads. Bare: the "
        "same blocks read by GDAL alone, in one thread, and what was written, written from memory.",
    ),
    "process": (
        "The whole process",
        "`qgis_process run lunaroxide:predictoxides`, QGIS's start included.",
    ),
    "memory": ("Peak memory", "Of the same processes."),
    "cancel": (
        "Cancelling",
        "From Cancel to the end of the run, with nothing left behind.",
    ),
    "error": (
        "Numerical error",
        "The bundled model against its method trained again, in float64.",
    ),
}

_INTRODUCTION = """\
# Performance

Written by `make bench`; not to be edited. Machines differ and are noisy, so what is compared ran
by turns, and a ratio is the median of the rounds' own ratios, with its quartiles in brackets. All
tiles are synthetic.
"""

_QUICK = "\n**A quick run, to try the code: its numbers mean nothing.**\n"


def report(
    rows: Sequence[Row], machine: str, versions: Mapping[str, Mapping[str, str]], quick: bool
) -> str:
    """The page.

    Parameters
    ----------
    rows : sequence of Row
        In the order in which they were measured.
    machine : str
    versions : mapping of str to mapping of str to str
        What was measured with, by environment.
    quick : bool
        Whether the numbers mean nothing.
    """
    environments = [
        f"- {name}: {', '.join(f'{what} {number}' for what, number in found.items())}"
        for name, found in versions.items()
    ]
    parts = [
        _INTRODUCTION + _QUICK * quick,
        "\n".join([f"- Machine: {machine}", *environments]) + "\n",
        summary(rows),
    ]
    for key, (title, text) in SECTIONS.items():
        found = [row for row in rows if row.section == key]
        if found:
            parts.append("\n".join(filter(None, [f"## {title}", text and f"\n{text}"])) + "\n")
            parts.append(table(found))
    return "\n".join(parts)


def summary(rows: Sequence[Row]) -> str:
    """How many targets were met, and which were not."""
    judged = [row for row in rows if row.met() is not None]
    missed = [row for row in judged if not row.met()]
    lines = [f"{len(judged) - len(missed)} of {len(judged)} targets are met."]
    if missed:
        titles = [f"- {SECTIONS[row.section][0]}: {row.what}" for row in missed]
        lines += ["Missed:", "", *titles]
    return "\n".join(lines) + "\n"


def table(rows: Sequence[Row]) -> str:
    """Rows as a table in Markdown."""
    lines = ["| what | value | ratio | target |", "|---|---|---|---|"]
    return "\n".join([*lines, *map(line, rows)]) + "\n"


def line(row: Row) -> str:
    """One row of the table."""
    return f"| {row.what} | {_value(row)} | {_ratio(row)} | {_target(row)} |"


def number(value: float) -> str:
    """A number with three digits that count, and commas in thousands."""
    if value == 0 or not 1e-3 <= abs(value) < 1e12:
        return f"{value:.2g}"
    digits = 2 - _magnitude(value)
    return f"{round(value, digits):,.{max(digits, 0)}f}"


def _magnitude(value: float) -> int:
    """Power of ten of the first digit after rounding to three."""
    return int(f"{value:.2e}".split("e")[1])


def _value(row: Row) -> str:
    if row.value is None:
        return f"not measured: {row.to}"
    return f"{number(row.value)} {row.unit}".rstrip()


def _ratio(row: Row) -> str:
    if row.ratio is None:
        return ""
    median, lower, upper = map(number, row.ratio)
    spread = "" if row.ratio == Spread.of([row.ratio.median]) else f" ({lower} to {upper})"
    return row.to.format(f"{median}{spread}")


def _target(row: Row) -> str:
    if row.target is None:
        return ""
    bound = "at least" if row.target.at_least else "at most"
    unit = "" if row.ratio or not row.unit else f" {row.unit}"
    verdict = {True: "met", False: "**missed**", None: "not measured"}[row.met()]
    return f"{bound} {row.target.limit:g}{unit}: {verdict}"
