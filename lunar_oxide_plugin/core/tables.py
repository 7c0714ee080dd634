"""Tables of results: names of columns, cells as text, and CSV."""

from __future__ import annotations

import csv
import math
import re
from collections.abc import Collection, Iterable, Iterator, Sequence
from itertools import count
from typing import NamedTuple

#: What a spreadsheet takes for a formula (OWASP, "CSV Injection"), also behind our own quotes.
_FORMULA = re.compile(r"'*[=+\-@\t\r\n\uff1d\uff0b\uff0d\uff20]")
_NUMBER = re.compile(r"[+-]?(\d+\.?\d*|\.\d+)([eE][+-]?\d+)?")


class Estimate(NamedTuple):
    """A value and its 1-sigma model uncertainty; None where no uncertainty was given."""

    value: float
    uncertainty: float | None


def distinct_names(wanted: Sequence[str], taken: Collection[str] = ()) -> list[str]:
    """Names of columns that differ from each other and from others, in any letter case.

    The first column of a name keeps it, unless it is taken; a later one gets the first free
    number from 2 on behind it: FeO_mean, FeO_mean_2. SQLite does not distinguish letter case.
    """
    used = {name.lower() for name in taken}
    names: list[str] = []
    later: list[int] = []
    for index, name in enumerate(wanted):
        if name.lower() in used:
            later.append(index)
        used.add(name.lower())
        names.append(name)
    for index in later:
        numbered = (f"{names[index]}_{number}" for number in count(2))
        names[index] = next(name for name in numbered if name.lower() not in used)
        used.add(names[index].lower())
    return names


def cell(value: object, decimals: int | None) -> str:
    """A value as text, "" where there is none.

    Numbers have so many decimals, or with None as many as distinguish them.
    """
    if isinstance(value, Estimate):
        parts = [cell(part, decimals) for part in value if part is not None]
        return " ± ".join(filter(None, parts))
    if isinstance(value, float):
        if decimals is None:
            return "" if math.isnan(value) else repr(float(value))
        # + 0.0: what rounds to nothing has no sign
        return "" if math.isnan(value) else f"{round(value, decimals) + 0.0:.{decimals}f}"
    return "" if value is None else str(value)


def quoted_formula(text: str) -> str:
    """A text for a CSV file: with a single quote before what a spreadsheet would compute.

    A number stays a number, also "-3.5". `unquoted_formula` gives the text back.
    """
    return f"'{text}" if _is_formula(text) else text


def unquoted_formula(text: str) -> str:
    """A text from a CSV file, without the quote of `quoted_formula`."""
    return text[1:] if text.startswith("'") and _is_formula(text[1:]) else text


def _is_formula(text: str) -> bool:
    return bool(_FORMULA.match(text)) and not _NUMBER.fullmatch(text)


def csv_lines(
    header: Sequence[str], rows: Iterable[Iterable[object]], decimals: int | None = 4
) -> Iterator[str]:
    """A table as the lines of a CSV file (RFC 4180).

    Numbers as `cell` writes them, texts and names of columns as `quoted_formula`.
    """
    writer = csv.writer(_Echo(), lineterminator="\r\n")
    yield writer.writerow(map(quoted_formula, header))
    for row in rows:
        yield writer.writerow(
            quoted_formula(value) if isinstance(value, str) else cell(value, decimals)
            for value in row
        )


class _Echo:
    """A file that gives back what is written to it; the CSV writer passes that on."""

    def write(self, line: str) -> str:
        return line


def csv_text(
    header: Sequence[str], rows: Iterable[Iterable[object]], decimals: int | None = 4
) -> str:
    """The lines of `csv_lines` as one text."""
    return "".join(csv_lines(header, rows, decimals))
