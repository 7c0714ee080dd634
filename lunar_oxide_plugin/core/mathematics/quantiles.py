"""Exact quantiles of pixels that arrive block by block, weighted by area."""

from __future__ import annotations

from collections.abc import Sequence
from typing import NamedTuple

import numpy as np
from numpy.typing import ArrayLike, NDArray

#: Values are kept whose share of smaller ones is, by a sample, within this of a quantile's.
#: Of 64 windows spread over a map it holds for 2 and 98 %.
_MARGIN = 0.03

#: So few values are sorted in less time than it takes to go through a histogram of 2^12 bins.
_FEW, _BITS = 4096, 12

#: Bytes that an `ExactQuantile` takes, besides what it keeps.
HISTOGRAM_BYTES = 8 << 16

_Keys = NDArray[np.uint32]
_Weights = NDArray[np.float64]


class Counted(NamedTuple):
    """Values as `ExactQuantile` takes them: keys and weights [n], and the sums per upper bits."""

    keys: _Keys
    weights: _Weights | None
    sums: NDArray[np.float64] | NDArray[np.int64]


def counted(values: ArrayLike, weights: ArrayLike | None = None) -> Counted:
    """Count float32 values [n], not NaN, with positive weights [n]; by default all alike."""
    keys = _sortable(np.asarray(values, np.float32))
    w = None if weights is None else np.asarray(weights, np.float64)
    return Counted(keys, w, np.bincount(keys >> 16, w, 1 << 16))


class ExactQuantile:
    """Weighted quantile of float32 values in constant memory, in two passes or in one.

    The bits of a float32, suitably flipped, sort like the numbers. A first
    pass sums the weights per upper 16 bits, which gives the interval holding
    the quantile; a second pass does the same for the lower 16 bits inside it.
    The result is exactly the smallest value at which the cumulated weight
    reaches the fraction asked for.

    Values kept during the first pass save the second when the quantile lies
    among them: all of them while there is room, or those near the quantile of
    a sample.

    `room` is how many values may be kept, of 4 bytes each, or 12 with weights;
    `sample` are finite values spread like those to come: only values between its
    quantiles a little below and above the fraction (0 ... 1) are kept.

    Use: `add` all blocks; where `refine` says so, `add` them again; `value`.
    """

    def __init__(
        self, fraction: float = 0.5, room: int = 0, sample: ArrayLike | None = None
    ) -> None:
        if not 0 <= fraction <= 1:
            raise ValueError(f"a quantile's fraction lies in 0-1, not {fraction}")
        self._fraction = fraction
        self._weights = np.zeros(1 << 16)
        self._upper: int | None = None
        self._target = 0.0
        self._room = room
        self._near = _around(fraction, np.empty(0) if sample is None else np.asarray(sample))
        #: Keys and weights; None once there is no room.
        self._kept: list[tuple[_Keys, _Weights | None]] | None = [] if room else None

    def add(self, values: ArrayLike, weights: ArrayLike | None = None) -> None:
        """Add float32 values [n], not NaN, with positive weights [n]; by default all alike."""
        self.add_counted(counted(values, weights))

    def add_counted(self, block: Counted) -> None:
        """Add values that are counted already, for several quantiles of them."""
        keys, w, sums = block
        if self._upper is not None:
            self._add_lower(keys, w, self._upper)
            return
        self._keep(keys, w)
        self._weights += sums

    def refine(self) -> bool:
        """End the first pass; whether a second one is needed."""
        kept, self._kept = self._kept, None
        cumulated = np.cumsum(self._weights)
        if cumulated[-1] == 0:
            return False
        target = _target(self._fraction, cumulated[-1])
        ((upper, self._target),) = _reached(self._weights, cumulated, [target])
        self._weights = np.zeros(1 << 16)
        self._upper = upper
        if kept is None or not self._near[0] >> 16 <= upper <= self._near[1] >> 16:
            return True
        for keys, w in kept:
            self._add_lower(keys, w, upper)
        return False

    def value(self) -> float:
        """The quantile after both passes; NaN without values."""
        if self._upper is None:
            return np.nan
        ((lower, _),) = _reached(self._weights, np.cumsum(self._weights), [self._target])
        return _unsorted((self._upper << 16) | lower)

    def _add_lower(self, keys: _Keys, w: _Weights | None, upper: int) -> None:
        inside = keys >> 16 == upper
        self._weights += np.bincount(
            keys[inside] & 0xFFFF, None if w is None else w[inside], 1 << 16
        )

    def _keep(self, keys: _Keys, w: _Weights | None) -> None:
        if self._kept is None:
            return
        near = (keys >= self._near[0]) & (keys <= self._near[1])
        self._kept.append((keys[near], None if w is None else w[near]))
        self._room -= self._kept[-1][0].size
        if self._room < 0:
            self._kept = None


class ExactQuantiles:
    """Several weighted quantiles of the same float32 values, in two passes and constant memory.

    As `ExactQuantile`, with one histogram of the upper bits for all of them.

    Use: `add` all blocks; `refine`; `add` them again; `values`.
    """

    def __init__(self, fractions: Sequence[float]) -> None:
        self._fractions = fractions
        self._coarse: _Weights | None = np.zeros(1 << 16)
        #: For each upper 16 bits the number of its histogram of lower ones, or -1.
        self._slots = np.full(1 << 16, -1, np.int64)
        self._fine = np.zeros((0, 1 << 16))
        #: Upper bits, and the weight that is reached within them, of each quantile.
        self._targets: list[tuple[int, float]] = []

    @staticmethod
    def memory(fractions: Sequence[float]) -> int:
        """Bytes taken."""
        return (len(fractions) + 2) * HISTOGRAM_BYTES

    def add(self, values: ArrayLike, weights: ArrayLike) -> None:
        """Add float32 values [n], not NaN, with positive weights [n]."""
        keys, w = _sortable(np.asarray(values, np.float32)), np.asarray(weights, np.float64)
        if self._coarse is not None:
            self._coarse += np.bincount(keys >> 16, w, 1 << 16)
            return
        slots = self._slots[keys >> 16]
        near = slots >= 0
        places = (slots[near] << 16) + (keys[near] & 0xFFFF)
        self._fine += np.bincount(places, w[near], self._fine.size).reshape(self._fine.shape)

    def refine(self) -> None:
        """End the first pass."""
        coarse, self._coarse = self._coarse, None
        if coarse is None or not coarse.any():
            return
        cumulated = np.cumsum(coarse)
        targets = [_target(fraction, float(cumulated[-1])) for fraction in self._fractions]
        self._targets = _reached(coarse, cumulated, targets)
        uppers = sorted({upper for upper, _ in self._targets})
        self._slots[uppers] = np.arange(len(uppers))
        self._fine = np.zeros((len(uppers), 1 << 16))

    def values(self) -> list[float]:
        """The quantiles after both passes; NaN without values."""
        if not self._targets:
            return [np.nan] * len(self._fractions)
        found = []
        for upper, target in self._targets:
            fine = self._fine[self._slots[upper]]
            ((lower, _),) = _reached(fine, np.cumsum(fine), [target])
            found.append(_unsorted((upper << 16) | lower))
        return found


def quantiles(
    values: NDArray[np.float32], weights: _Weights, fractions: Sequence[float]
) -> list[float]:
    """Weighted quantiles as `ExactQuantiles` finds them, of values [n] that are all available."""
    if values.size == 0:
        return [np.nan] * len(fractions)
    total = float(weights.sum())
    return _selected(_sortable(values), weights, [_target(each, total) for each in fractions])


def _selected(keys: _Keys, weights: _Weights, targets: Sequence[float]) -> list[float]:
    """The values at which the cumulated weight reaches each target."""
    if keys.size <= _FEW:
        order = np.argsort(keys)
        sums = weights[order]
        cumulated = np.cumsum(sums)
        places = [place for place, _ in _reached(sums, cumulated, targets)]
        return [_unsorted(int(key)) for key in keys[order[places]]]
    low, high = int(keys.min()), int(keys.max())
    if low == high:
        return [_unsorted(low)] * len(targets)
    digits = keys - np.uint32(low)
    digits >>= np.uint32(max((high - low).bit_length() - _BITS, 0))
    sums = np.asarray(np.bincount(digits, weights), np.float64)
    cumulated = np.cumsum(sums)
    reached = _reached(sums, cumulated, targets)
    wanted_digits = {digit for digit, _ in reached}
    near = np.zeros(sums.size, bool)
    near[list(wanted_digits)] = True
    taken = near[digits]
    keys, weights, digits = keys[taken], weights[taken], digits[taken]
    found = [np.nan] * len(targets)
    for digit in wanted_digits:
        inside = digits == digit
        wanted = [index for index, (of, _) in enumerate(reached) if of == digit]
        rest = [reached[index][1] for index in wanted]
        for index, value in zip(wanted, _selected(keys[inside], weights[inside], rest)):
            found[index] = value
    return found


def _target(fraction: float, total: float) -> float:
    # A sum of many weights carries rounding; a tie must not fall to the next value for it.
    return (fraction - 1e-12) * total


def _reached(
    weights: _Weights, cumulated: _Weights, targets: Sequence[float]
) -> list[tuple[int, float]]:
    """Where cumulated weights reach targets, among those that are not zero, and what is left."""
    filled = np.flatnonzero(weights)
    places = np.searchsorted(cumulated[filled], targets)
    found = filled[np.minimum(places, filled.size - 1)].tolist()
    return [
        (index, target - float(cumulated[index] - weights[index]))
        for index, target in zip(found, targets)
    ]


def _around(fraction: float, sample: NDArray[np.floating]) -> tuple[np.uint32, np.uint32]:
    """Lowest and highest key a little around a quantile of a sample; of any without a sample."""
    least, most = 0, 0xFFFF
    if sample.size:
        if fraction > _MARGIN:
            least = _upper_bits(np.quantile(sample, fraction - _MARGIN))
        if fraction < 1 - _MARGIN:
            most = _upper_bits(np.quantile(sample, fraction + _MARGIN))
    return np.uint32(least << 16), np.uint32(most << 16 | 0xFFFF)


def _upper_bits(value: float) -> int:
    return int(_sortable(np.array([value], np.float32))[0]) >> 16


def _sortable(values: NDArray[np.float32]) -> _Keys:
    # + 0.0 turns -0.0 into 0.0, which would sort apart.
    bits = (values + np.float32(0)).view(np.int32)
    flips = bits >> 31
    flips |= np.int32(-(1 << 31))
    bits ^= flips
    return bits.view(np.uint32)


def _unsorted(key: int) -> float:
    bits = key & 0x7FFFFFFF if key >> 31 else ~key & 0xFFFFFFFF
    return float(np.array(bits, np.uint32).view(np.float32))
