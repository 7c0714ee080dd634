"""Scores of predicted against measured oxides."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray


def rmse(measured: NDArray[np.float64], predicted: NDArray[np.float64]) -> NDArray[np.float64]:
    """Root mean squared error over the first axis, in the unit of the arguments."""
    return np.asarray(np.sqrt(np.mean((predicted - measured) ** 2, axis=0)))


def r2(measured: NDArray[np.float64], predicted: NDArray[np.float64]) -> NDArray[np.float64]:
    """Coefficient of determination over the first axis.

    1 - SSE / SST, with SST about the mean of the same measured values. It is
    zero for a model as good as that mean and negative for a worse one.
    """
    residual = np.sum((predicted - measured) ** 2, axis=0)
    total = np.sum((measured - measured.mean(axis=0)) ** 2, axis=0)
    return np.asarray(1.0 - residual / total)
