"""Estimates of the study that need no model: bounds, shares, draws and slopes."""

from __future__ import annotations

import numpy as np

from ..metrics import r2
from ..tables import FloatArray

#: Added to the seed of the folds, so that draws and resamplings differ from the folds' shuffles.
_DRAWS, _RESAMPLES, PERMUTATIONS = 1, 2, 3


def r2_left(variance: FloatArray, oxides: FloatArray) -> FloatArray:
    """R2 (5,) of a model whose only error has this variance (5,), at sites with oxides (n, 5)."""
    return np.asarray(1 - variance / oxides.var(axis=0))


def neighbour_variance(points: FloatArray, oxides: FloatArray) -> FloatArray:
    """Variance that no smooth function of the points explains, estimated from nearest neighbours.

    Shape (5,), from points (n, d) and oxides (n, 5): half the mean squared difference between each
    point and its nearest neighbour, the delta test (Evans and Jones 2002, Proc. R. Soc. A 458,
    2759). Few points have far neighbours, whose oxides truly differ: the estimate is too large.
    """
    squared = ((points[:, None] - points) ** 2).sum(axis=2)
    np.fill_diagonal(squared, np.inf)
    nearest = squared.argmin(axis=1)
    return np.asarray(((oxides - oxides[nearest]) ** 2).mean(axis=0) / 2)


def error_share(measured: FloatArray, predicted: FloatArray, rows: list[int]) -> FloatArray:
    """Share (5,) of the squared error that some sites have, predicted (repeats, n, 5)."""
    squared = ((predicted - measured) ** 2).sum(axis=0)
    return np.asarray(squared[rows].sum(axis=0) / squared.sum(axis=0))


def r2_of(measured: FloatArray, predicted: FloatArray, rows: list[int]) -> FloatArray:
    """R2 (5,) at some of the sites, all repeats pooled, predicted (repeats, n, 5)."""
    chosen = predicted[:, rows]
    truth = np.broadcast_to(measured[rows], chosen.shape)
    return r2(truth.reshape(-1, truth.shape[-1]), chosen.reshape(-1, truth.shape[-1]))


def learning_draws(
    sites: int, size: int, draws: int, seed: int
) -> list[tuple[list[int], list[int]]]:
    """Training and test rows of each draw.

    Shuffled circles of the sites, each turned by two sites from draw to draw: after a
    whole turn every site has been tested equally often. Independent draws would test
    the difficult sites (CE-5) more often at one size than at another, and the curve would jump.
    """
    turns = (sites + 1) // 2
    found = []
    for draw in range(draws):
        circle, turn = divmod(draw, turns)
        order = np.random.default_rng([seed, _DRAWS, circle]).permutation(sites)
        turned = np.roll(order, 2 * turn).tolist()
        found.append((turned[:size], turned[size:]))
    return found


def slopes(
    sizes: list[int], squared: FloatArray, resamples: int, seed: int
) -> tuple[FloatArray, FloatArray]:
    """Exponent of RMSE against the number of sites, and its standard error, each (5,).

    From the mean squared error of each draw (sizes, draws, 5), by resampling the draws with
    replacement (bootstrap).
    """

    def fit(chosen: FloatArray) -> FloatArray:
        rmse = np.sqrt(chosen.mean(axis=1))
        return np.asarray(np.polyfit(np.log(sizes), np.log(rmse), 1)[0])

    draws = squared.shape[1]
    rng = np.random.default_rng([seed, _RESAMPLES])
    again = [fit(squared[:, rng.integers(draws, size=draws)]) for _ in range(resamples)]
    return fit(squared), np.std(again, axis=0)


def sites_needed(sites: int, reached: float, aim: float, slope: float) -> float | None:
    """Sites for an aimed R2 if RMSE is a power of their number; None if it does not fall."""
    return None if slope >= 0 else float(sites * ((1 - aim) / (1 - reached)) ** (1 / (2 * slope)))
