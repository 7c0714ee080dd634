"""Tables of results: cells as text, and CSV."""

from __future__ import annotations

import csv
import io
import math
from collections.abc import Iterable, Sequence
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


def csv_text(header: Sequence[str], rows: Iterable[Iterable[object]], decimals: int = 4) -> str:
    """Make a table as CSV (RFC 4180); numbers with so many decimals, empty where there is none."""
    text = io.StringIO()
    writer = csv.writer(text, lineterminator="\r\n")
    writer.writerow(header)
    writer.writerows([cell(value, decimals) for value in row] for row in rows)
    return text.getvalue()
