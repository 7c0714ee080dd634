"""Modes of a histogram: its peaks, distinguished from chance and from each other."""

from __future__ import annotations

import math
from collections.abc import Iterator
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

FloatArray = NDArray[np.float64]

#: Standard deviation, in bins, of the Gauss curve a histogram is smoothed with.
SMOOTHING = 2.0

#: Beside a mode the smoothed histogram falls by at least this part of the mode's height, before it
#: rises to a higher one. Relative, as a histogram on a logarithmic axis is seen: maria hold a sixth
#: of the Moon, and their mode is an order of magnitude lower than that of the highlands. And by at
#: least so many standard deviations of the height, if each pixel fell into its bin by chance:
#: five, as some hundred bins are looked at.
DIP, CHANCE = 0.2, 5.0

#: A mode holds at least this part of the area, and there are at most so many.
LEAST_SHARE, MOST = 0.02, 5

_REACH = round(4 * SMOOTHING)
_KERNEL: FloatArray = np.exp(-0.5 * (np.arange(-_REACH, _REACH + 1) / SMOOTHING) ** 2)
_KERNEL /= _KERNEL.sum()


class Peak(NamedTuple):
    """A mode in a histogram."""

    #: Its bin, counted from 0, and its place, in bins from the lower end of the first one.
    bin: int
    place: float
    #: Part of the area, 0-1, between the lowest bins that divide it from its neighbours.
    share: float


def find_modes(parts: FloatArray, pixels: int) -> list[Peak]:
    """Modes of a histogram by a fixed rule, so that two histograms can be compared.

    The histogram is smoothed by a Gauss curve of `SMOOTHING` bins, at its ends by its mirror image.
    Local maxima of it are modes when their prominence is at least `DIP` of their height and
    `CHANCE` standard deviations of it; then, of those that hold less than `LEAST_SHARE` of the
    area or are more than `MOST`, the smallest is taken to its neighbours until all fit. The
    highest maximum is a mode in any case. The place is that of a parabola's vertex through the
    maximum and its neighbours.

    `parts` is the part of the area in each bin [bins], at most 1 in all, of so many `pixels`. The
    modes are in the order of their places; there is none where all bins are empty.
    """
    smooth = np.convolve(np.pad(parts, _REACH, mode="symmetric"), _KERNEL, mode="valid")
    highest = float(smooth.max(initial=0.0))
    if highest <= 0:
        return []
    heights = np.round(smooth / highest, 9)  # else rounding errors were peaks of a level place
    noise = float((_KERNEL**2).sum()) / (pixels * highest)
    found = [
        place
        for place, prominence in peaks(heights)
        if prominence == 1
        or prominence >= max(DIP * heights[place], CHANCE * math.sqrt(heights[place] * noise))
    ]
    shares = _shares(parts, heights, found)
    while len(found) > 1 and (min(shares) < LEAST_SHARE or len(found) > MOST):
        del found[shares.index(min(shares))]
        shares = _shares(parts, heights, found)
    return [Peak(p, p + 0.5 + _vertex(heights, p), share) for p, share in zip(found, shares)]


def peaks(heights: FloatArray) -> Iterator[tuple[int, float]]:
    """Local maxima of heights [n], none of which is negative, and their prominence.

    The prominence is how far one must go down from a peak before one can climb a higher one, at
    most to 0, which lies around all heights. Of peaks as high as each other the first counts as
    higher. Where a top is level it is in the middle.
    """
    around = np.concatenate([[0.0], heights, [0.0]])
    starts = np.flatnonzero(np.diff(around, prepend=-1.0))
    ends = np.append(starts[1:], around.size) - 1
    levels = around[starts]  # no two neighbours are the same
    tops = np.flatnonzero((levels[1:-1] > levels[:-2]) & (levels[1:-1] > levels[2:])) + 1
    for top in tops:
        level, left, right = levels[top], levels[:top], levels[top + 1 :]
        before, behind = np.flatnonzero(left >= level), np.flatnonzero(right > level)
        left = left[before[-1] if before.size else 0 :]
        right = right[: behind[0] if behind.size else None]
        base = max(left.min(), right.min())
        yield int(starts[top] + ends[top]) // 2 - 1, float(level - base)


def _shares(parts: FloatArray, heights: FloatArray, found: list[int]) -> list[float]:
    """Part of the area of each of some peaks, divided where the heights between are lowest."""
    valleys = [a + int(heights[a:b].argmin()) for a, b in zip(found, found[1:])]
    edges = [0, *valleys, parts.size]
    return [float(parts[a:b].sum()) for a, b in zip(edges, edges[1:])]


def _vertex(heights: FloatArray, place: int) -> float:
    """How far from a peak's bin the parabola has its vertex, in bins: at most half of one."""
    if not 0 < place < heights.size - 1:
        return 0.0
    before, at, behind = heights[place - 1 : place + 2]
    bend = before - 2 * at + behind
    return float((before - behind) / (2 * bend)) if bend < 0 else 0.0
