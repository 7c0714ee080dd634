"""Two populations in a histogram: a mixture of two Gaussians, and the value that divides them."""

from __future__ import annotations

from typing import NamedTuple

import numpy as np
from numpy.typing import ArrayLike, NDArray

from ..errors import LunarOxideError
from .pieces import pieces

FloatArray = NDArray[np.float64]

#: Distance of two populations, Ashman's D, from which they are clearly apart; and part of the
#: area below which one does not count: a few pixels always lie apart.
LEAST_SEPARATION, LEAST_SHARE = 2.0, 0.01

#: Highest density of the values where they are divided, as a part of that around the lower of both
#: means: two Gaussians also fit a plateau, and then none of the values lies in a valley.
_HIGHEST_VALLEY = 0.9

#: At most so many steps, while the mean log-likelihood grows by more than this at each.
_MOST_ITERATIONS, _TOLERANCE = 5000, 1e-12

#: Parts of the weight below the cuts that fits begin at; the best fit is taken.
_STARTS = (0.1, 0.3, 0.5, 0.7, 0.9)


class BimodalityError(LunarOxideError):
    """A histogram does not show two populations; the message, without a subject, says why."""


class Histogram:
    """Weights in narrow bins from `low` to `high`, from values that arrive block by block.

    Values beyond count in the outermost bins.
    """

    def __init__(self, low: float, high: float, width: float) -> None:
        count = round((high - low) / width)
        self._low = low
        #: Of each bin.
        self.width = width
        self.edges: FloatArray = low + width * np.arange(count + 1, dtype=np.float64)
        self.weights: FloatArray = np.zeros(count)

    @property
    def centres(self) -> FloatArray:
        """Middles of the bins [n]."""
        return self.edges[:-1] + self.width / 2

    def add(self, values: ArrayLike, weights: ArrayLike) -> None:
        """Add values [n] with positive weights [n]; neither may hold NaN."""
        x, w = np.asarray(values), np.asarray(weights, np.float64)
        last = self.weights.size - 1
        for piece in pieces(x.size):
            # Clipped as floats: a value may lie beyond the whole numbers.
            bins = np.clip((x[piece].astype(np.float64) - self._low) / self.width, 0, last)
            self.weights += np.bincount(bins.astype(np.intp), w[piece], self.weights.size)

    def coarser(self, factor: int) -> tuple[FloatArray, FloatArray]:
        """Edges [m + 1] and weights [m] of bins so many times wider, for drawing."""
        starts = np.arange(0, self.weights.size, factor)
        edges = np.append(self.edges[starts], self.edges[-1])
        return edges, np.add.reduceat(self.weights, starts)


class Mixture(NamedTuple):
    """Two Gaussians, that of the lower mean first; shares add up to 1."""

    shares: tuple[float, float]
    means: tuple[float, float]
    sigmas: tuple[float, float]
    #: Mean log-likelihood of the values
    likelihood: float = np.nan

    @property
    def separation(self) -> float:
        """Ashman's D = sqrt(2) |mean1 - mean2| / sqrt(sigma1^2 + sigma2^2).

        Ashman, Bird and Zepf (1994), Astronomical Journal 108, 2348.
        """
        distance = self.means[1] - self.means[0]
        return float(np.sqrt(2) * distance / np.hypot(*self.sigmas))

    def log_densities(self, values: ArrayLike) -> FloatArray:
        """Logarithms of share times density of both, [2, n]."""
        x = np.asarray(values, np.float64)
        shares, means, sigmas = (np.asarray(each)[:, np.newaxis] for each in self[:3])
        with np.errstate(divide="ignore"):
            scale = np.log(shares) - np.log(sigmas * np.sqrt(2 * np.pi))
        return np.asarray(scale - ((x - means) / sigmas) ** 2 / 2, np.float64)

    def threshold(self) -> float:
        """The value between the means at which both are equally probable.

        BimodalityError when the two are not populations of their own: D below `LEAST_SEPARATION`, a
        share below `LEAST_SHARE`, or one is the more probable everywhere between the means.
        """
        if min(self.shares) < LEAST_SHARE:
            raise BimodalityError(
                f"one of its two components has {100 * min(self.shares):.2g} % of the area, and "
                f"{100 * LEAST_SHARE:g} % are needed"
            )
        if self.separation < LEAST_SEPARATION:
            raise BimodalityError(
                f"its two components, {self.means[0]:.2f} ± {self.sigmas[0]:.2f} and "
                f"{self.means[1]:.2f} ± {self.sigmas[1]:.2f}, are not apart: Ashman's D is "
                f"{self.separation:.2f}, and {LEAST_SEPARATION:g} is needed"
            )
        low, high = self.means
        if self._lead(low) <= 0 or self._lead(high) >= 0:
            raise BimodalityError("one of its two components hides the other")
        # The lead is a quadratic with a change of sign between the means, and so with only one.
        while (middle := (low + high) / 2) not in (low, high):
            if self._lead(middle) > 0:
                low = middle
            else:
                high = middle
        return high

    def _lead(self, value: float) -> float:
        """By how much the lower one is the more probable, as a logarithm."""
        lower, upper = self.log_densities([value])[:, 0]
        return float(lower - upper)


def fit_mixture(histogram: Histogram) -> Mixture:
    """Fit two Gaussians by expectation and maximisation, from several starts; the likeliest.

    A Gaussian is no narrower than a bin, as within one nothing is known. BimodalityError is raised
    when fewer than two bins hold values. Method: Dempster, Laird and Rubin (1977), Journal of the
    Royal Statistical Society B 39, 1.
    """
    filled = histogram.weights > 0
    if filled.sum() < 2:
        raise BimodalityError("all of its values are the same")
    x = histogram.centres[filled]
    w = histogram.weights[filled] / histogram.weights.sum()
    narrowest = histogram.width / np.sqrt(12)
    fits = [_maximised(x, w, cut, narrowest) for cut in sorted(_cuts(x, w))]
    return max(fits, key=lambda fit: fit.likelihood)


def divide(histogram: Histogram) -> tuple[Mixture, float]:
    """Fit two populations, and find the value at which both are equally probable.

    BimodalityError as `fit_mixture` and `Mixture.threshold` do, and when the values have no valley
    there.
    """
    fit = fit_mixture(histogram)
    threshold = fit.threshold()
    reach = max(min(fit.sigmas) / 2, 1.5 * histogram.width)
    valley, *hills = (
        histogram.weights[np.abs(histogram.centres - place) <= reach].sum()
        for place in (threshold, *fit.means)
    )
    if valley > _HIGHEST_VALLEY * min(hills):
        raise BimodalityError(
            f"there is no valley between its two components, {fit.means[0]:.2f} and "
            f"{fit.means[1]:.2f}: around {threshold:.2f} the values are "
            f"{100 * valley / min(hills):.0f} % as dense as around the rarer of them, and "
            f"{100 * _HIGHEST_VALLEY:g} % is the most"
        )
    return fit, threshold


def _cuts(x: FloatArray, w: FloatArray) -> set[int]:
    """Where to cut the bins for a start: at parts of the weight, and where Otsu (1979) would."""
    below = np.cumsum(w)[:-1]
    cuts = {int(np.clip(np.searchsorted(below, part) + 1, 1, x.size - 1)) for part in _STARTS}
    sums = np.cumsum(w * x)
    between = (sums[-1] * below - sums[:-1]) ** 2 / np.maximum(below * (1 - below), 1e-300)
    return cuts | {int(np.argmax(between)) + 1}


def _maximised(x: FloatArray, w: FloatArray, cut: int, narrowest: float) -> Mixture:
    belongs = np.stack([np.arange(x.size) < cut, np.arange(x.size) >= cut]).astype(np.float64)
    fit, last = _moments(x, w, belongs, narrowest), -np.inf
    for _ in range(_MOST_ITERATIONS):
        logs = fit.log_densities(x)
        highest = logs.max(axis=0)
        belongs = np.exp(logs - highest)
        total = belongs.sum(axis=0)
        likelihood = float(w @ (np.log(total) + highest))
        fit = fit._replace(likelihood=likelihood)
        if likelihood - last < _TOLERANCE:
            break
        last = likelihood
        fit = _moments(x, w, belongs / total, narrowest)
    if fit.means[0] <= fit.means[1]:
        return fit
    return Mixture(fit.shares[::-1], fit.means[::-1], fit.sigmas[::-1], fit.likelihood)


def _moments(x: FloatArray, w: FloatArray, belongs: FloatArray, narrowest: float) -> Mixture:
    """The mixture for how far each bin belongs to either Gaussian [2, n]."""
    weights = belongs * w
    shares = np.maximum(weights.sum(axis=1), 1e-300)
    means = weights @ x / shares
    variances = (weights * (x - means[:, np.newaxis]) ** 2).sum(axis=1) / shares
    sigmas = np.maximum(np.sqrt(variances), narrowest)
    return Mixture(_pair(shares), _pair(means), _pair(sigmas))


def _pair(values: FloatArray) -> tuple[float, float]:
    return float(values[0]), float(values[1])
