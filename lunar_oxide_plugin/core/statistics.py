"""Statistics over pixels that arrive block by block, weighted by area."""

from __future__ import annotations

import numpy as np
from numpy.typing import ArrayLike, NDArray

from .pieces import pieces

#: Values are kept whose share of smaller ones is, by a sample, within this of a quantile's.
#: Of 64 windows spread over a map it holds for 2 and 98 %.
_MARGIN = 0.03

#: So few values are sorted in less time than it takes to go through a histogram of 2^12 bins.
_FEW, _BITS = 4096, 12

_Keys = NDArray[np.uint32]
_Weights = NDArray[np.float64]


#: Bytes that an `ExactQuantile` takes, besides what it keeps.
HISTOGRAM_BYTES = 8 << 16


class Moments:
    """Count, weight, mean, standard deviation and range of values seen so far.

    Means and squared deviations of the blocks are combined with the pairwise
    update of Chan, Golub and LeVeque (1983), The American Statistician 37, so
    nothing is lost to cancellation however many blocks there are.
    """

    def __init__(self) -> None:
        self.count = 0
        self.weight = 0.0
        self.minimum = np.nan
        self.maximum = np.nan
        self._mean = 0.0
        self._squares = 0.0

    def add(self, values: ArrayLike, weights: ArrayLike) -> None:
        """Add values [n] with positive weights [n]; neither may hold NaN."""
        x, w = np.asarray(values), np.asarray(weights)
        for piece in pieces(x.size):
            self._add_piece(np.asarray(x[piece], np.float64), np.asarray(w[piece], np.float64))

    def _add_piece(self, x: NDArray[np.float64], w: NDArray[np.float64]) -> None:
        weight = float(w.sum())
        mean = float((w * x).sum() / weight)
        squares = float((w * (x - mean) ** 2).sum())
        total = self.weight + weight
        shift = mean - self._mean
        self._squares += squares + shift**2 * self.weight * weight / total
        self._mean += shift * weight / total
        self.weight = total
        self.count += x.size
        self.minimum = float(np.fmin(self.minimum, x.min()))
        self.maximum = float(np.fmax(self.maximum, x.max()))

    @property
    def mean(self) -> float:
        """Weighted mean; NaN without values."""
        return self._mean if self.count else np.nan

    @property
    def std(self) -> float:
        """Weighted population standard deviation; NaN without values."""
        return float(np.sqrt(self._squares / self.weight)) if self.count else np.nan


class ExactQuantile:
    """Weighted quantile of float32 values in constant memory, in two passes or in one.

    The bits of a float32, suitably flipped, sort like the numbers. A first
    pass sums the weights per upper 16 bits, which tells the interval holding
    the quantile; a second pass does the same for the lower 16 bits inside it.
    The result is exactly the smallest value at which the cumulated weight
    reaches the fraction asked for.

    Values kept during the first pass save the second when the quantile lies
    among them: all of them while there is room, or those near the quantile of
    a sample.

    Use: `add` all blocks; where `refine` says so, `add` them again; `value`.

    Parameters
    ----------
    fraction : float
        0 ... 1.
    room : int
        How many values may be kept, of 4 bytes each, or 12 with weights.
    sample : array_like, optional
        Finite values spread like those to come: only values between its
        quantiles a little below and above the fraction are kept.
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
        keys = _sortable(np.asarray(values, np.float32))
        w = None if weights is None else np.asarray(weights, np.float64)
        if self._upper is not None:
            self._add_lower(keys, w, self._upper)
            return
        self._keep(keys, w)
        self._weights += np.bincount(keys >> 16, w, 1 << 16)

    def refine(self) -> bool:
        """End the first pass; whether a second one is needed."""
        kept, self._kept = self._kept, None
        cumulated = np.cumsum(self._weights)
        if cumulated[-1] == 0:
            return False
        target = _target(self._fraction, cumulated[-1])
        upper, self._target = _reached(self._weights, cumulated, target)
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
        lower, _ = _reached(self._weights, np.cumsum(self._weights), self._target)
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


def quantile(values: NDArray[np.float32], weights: _Weights, fraction: float = 0.5) -> float:
    """Weighted quantile as `ExactQuantile` finds it, of values [n] that are all at hand."""
    if values.size == 0:
        return np.nan
    keys = _sortable(values)
    target = _target(fraction, float(weights.sum()))
    while keys.size > _FEW:
        low, high = int(keys.min()), int(keys.max())
        if low == high:
            return _unsorted(low)
        digits = (keys - np.uint32(low)) >> np.uint32(max((high - low).bit_length() - _BITS, 0))
        sums = np.asarray(np.bincount(digits, weights), np.float64)
        digit, target = _reached(sums, np.cumsum(sums), target)
        inside = digits == digit
        keys, weights = keys[inside], weights[inside]
    order = np.argsort(keys)
    index, _ = _reached(weights[order], np.cumsum(weights[order]), target)
    return _unsorted(int(keys[order[index]]))


def _target(fraction: float, total: float) -> float:
    # A sum of many weights carries rounding; a tie must not fall to the next value for it.
    return (fraction - 1e-12) * total


def _reached(weights: _Weights, cumulated: _Weights, target: float) -> tuple[int, float]:
    """Where cumulated weights reach a target, among those that are not zero, and what is left."""
    filled = np.flatnonzero(weights > 0)
    index = int(np.searchsorted(cumulated[filled], target))
    found = int(filled[min(index, filled.size - 1)])
    return found, target - float(cumulated[found] - weights[found])


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
    bits ^= (bits >> 31) | np.int32(-(1 << 31))
    return bits.view(np.uint32)


def _unsorted(key: int) -> float:
    bits = key & 0x7FFFFFFF if key >> 31 else ~key & 0xFFFFFFFF
    return float(np.array(bits, np.uint32).view(np.float32))
