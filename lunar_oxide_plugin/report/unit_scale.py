"""Means of units on the colour scale of their map, without matplotlib."""

from __future__ import annotations

import math
from collections.abc import Sequence
from html import escape
from typing import NamedTuple

from ..core.colours import Scale

#: Sizes in pixels: names to the left, the scale beside them, a row per unit.
_NAMES, _SCALE, _MARGIN, _ROW, _BAR = 190, 420, 40, 18, 14

#: Longer names are cut; tables have them in full.
_LETTERS = 28


class Spread(NamedTuple):
    """Mean and standard deviation of a unit; NaN where it has no valid pixel."""

    unit: str
    mean: float
    std: float


def unit_scale(scale: Scale, spreads: Sequence[Spread]) -> str:
    """Draw units over the colour bar of a map: the reader finds a unit's colour in the map.

    Parameters
    ----------
    scale : Scale
        Of the map.
    spreads : sequence of Spread
        One row each: a dot of the map's colour at the mean, a line to one standard deviation on
        both sides. What lies beyond the scale is drawn at its end, as the map does.

    Returns
    -------
    str
        SVG.
    """
    rows = [_row(scale, spread, number) for number, spread in enumerate(spreads)]
    top = _ROW * len(rows) + 6
    stops = "".join(
        f'<stop offset="{share:.4f}" stop-color="{colour}"/>'
        for share, (_, colour) in zip(scale.share([v for v, _ in scale.stops()]), scale.stops())
    )
    ends = "".join(
        f'<text x="{_x(scale, value):.1f}" y="{top + _BAR + 14}" text-anchor="middle">'
        f"{escape(f'{value:g} {scale.unit}'.strip())}</text>"
        for value in (scale.low, (scale.low + scale.high) / 2, scale.high)
    )
    width, height = _NAMES + _SCALE + _MARGIN, top + _BAR + 22
    return (
        f'<svg xmlns="http://www.w3.org/2000/svg" width="{width}" height="{height}" '
        f'viewBox="0 0 {width} {height}" font-family="sans-serif" font-size="12">'
        f'<defs><linearGradient id="scale">{stops}</linearGradient></defs>'
        f"{''.join(rows)}"
        f'<rect x="{_NAMES}" y="{top}" width="{_SCALE}" height="{_BAR}" fill="url(#scale)"/>'
        f"{ends}</svg>"
    )


def _row(scale: Scale, spread: Spread, number: int) -> str:
    y = _ROW * number + _ROW / 2
    # XML knows no control characters.
    name = "".join(letter if letter.isprintable() else " " for letter in spread.unit)
    name = name if len(name) <= _LETTERS else f"{name[: _LETTERS - 3]}..."
    text = f'<text x="{_NAMES - 12}" y="{y + 4}" text-anchor="end">{escape(name)}</text>'
    if not math.isfinite(spread.mean):
        return text
    std = spread.std if math.isfinite(spread.std) else 0.0
    left, right = (_x(scale, spread.mean + sign * std) for sign in (-1, 1))
    colour = bytes(scale.colours(spread.mean)[:3]).hex()
    return (
        f'{text}<line x1="{left:.1f}" x2="{right:.1f}" y1="{y}" y2="{y}" stroke="#444"/>'
        f'<circle cx="{_x(scale, spread.mean):.1f}" cy="{y}" r="5" fill="#{colour}" '
        'stroke="#222"/>'
    )


def _x(scale: Scale, value: float) -> float:
    return _NAMES + _SCALE * float(scale.share(value))
