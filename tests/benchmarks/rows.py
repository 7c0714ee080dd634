"""A line of the report: what was measured, as how much, and what it had to be."""

from __future__ import annotations

import json
from collections.abc import Iterable, Mapping
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any, NamedTuple

import numpy as np


class Spread(NamedTuple):
    """Median and quartiles of what was measured several times."""

    median: float
    lower: float
    upper: float

    @classmethod
    def of(cls, values: Iterable[float]) -> Spread:
        """Of one value or more."""
        lower, median, upper = np.percentile(list(values), [25, 50, 75])
        return cls(float(median), float(lower), float(upper))


class Target(NamedTuple):
    """What the row's ratio, or its value where it has none, has to reach."""

    limit: float
    at_least: bool

    def met_by(self, number: float) -> bool:
        """Whether a number reaches it."""
        return number >= self.limit if self.at_least else number <= self.limit


def at_least(limit: float) -> Target:
    """The more the better."""
    return Target(limit, at_least=True)


def at_most(limit: float) -> Target:
    """The less the better."""
    return Target(limit, at_least=False)


@dataclass(frozen=True)
class Row:
    """One measurement.

    Attributes
    ----------
    section : str
        Key of `report.SECTIONS`.
    what : str
        What was measured, in words.
    value : float, optional
        The median, in `unit`; None when it could not be measured.
    unit : str
    ratio : Spread, optional
        Of the ratios of the single rounds.
    to : str
        What the ratio compares, with {} in its place; or why there is no value.
    target : Target, optional
    """

    section: str
    what: str
    value: float | None = None
    unit: str = ""
    ratio: Spread | None = None
    to: str = ""
    target: Target | None = None

    def met(self) -> bool | None:
        """Whether the target is met; None without target or measurement."""
        number = self.ratio.median if self.ratio else self.value
        if self.target is None or number is None:
            return None
        return self.target.met_by(number)

    @classmethod
    def read(cls, items: Mapping[str, Any]) -> Row:
        """A row of a file that `write_part` wrote."""
        ratio, target = items["ratio"], items["target"]
        return cls(
            **{
                **items,
                "ratio": Spread(*ratio) if ratio else None,
                "target": Target(*target) if target else None,
            }
        )


class Part(NamedTuple):
    """What one environment measured, and the versions of what it measured with."""

    versions: dict[str, str]
    rows: list[Row]


def write_part(part: Part, path: Path) -> None:
    """Write a part as JSON."""
    path.parent.mkdir(parents=True, exist_ok=True)
    content = {"versions": part.versions, "rows": [asdict(row) for row in part.rows]}
    path.write_text(json.dumps(content, indent=1), encoding="utf-8")


def read_part(path: Path) -> Part:
    """Read a part."""
    content = json.loads(path.read_text(encoding="utf-8"))
    return Part(content["versions"], [Row.read(items) for items in content["rows"]])
