"""Tables of results: cells as text, and CSV."""

from __future__ import annotations

import csv
import io
import math
from collections.abc import Iterable, Iterator, Sequence
from typing import NamedTuple


class Estimate(NamedTuple):
    """A value and its 1-sigma model uncertainty; None where no uncertainty was given."""

    value: float
    uncertainty: float | None


def cell(value: object, decimals: int) -> str:
    """A value as text: numbers with so many decimals, "" where there is none."""
    if isinstance(value, Estimate):
        parts = [cell(part, decimals) for part in value if part is not None]
        return " ± ".join(filter(None, parts))
    if isinstance(value, float):
        # + 0.0: what rounds to nothing has no sign
        return "" if math.isnan(value) else f"{round(value, decimals) + 0.0:.{decimals}f}"
    return "" if value is None else str(value)


def csv_lines(
    header: Sequence[str], rows: Iterable[Iterable[object]], decimals: int = 4
) -> Iterator[str]:
    """A table as the lines of a CSV file (RFC 4180); numbers with so many decimals."""
    line = io.StringIO()
    writer = csv.writer(line, lineterminator="\r\n")
    writer.writerow(header)
    for row in rows:
        yield _emptied(line)
        writer.writerow([cell(value, decimals) for value in row])
    yield _emptied(line)


def csv_text(header: Sequence[str], rows: Iterable[Iterable[object]], decimals: int = 4) -> str:
    """The lines of `csv_lines` as one text."""
    return "".join(csv_lines(header, rows, decimals))


def _emptied(line: io.StringIO) -> str:
    text = line.getvalue()
    line.seek(0)
    line.truncate()
    return text
