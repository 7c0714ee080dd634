"""Scores of predicted against measured oxides."""

from __future__ import annotations

import numpy as np

from .tables import FloatArray


def rmse(measured: FloatArray, predicted: FloatArray) -> FloatArray:
    """Root mean squared error over the first axis, in the unit of the arguments."""
    return np.asarray(np.sqrt(np.mean((predicted - measured) ** 2, axis=0)))


def r2(measured: FloatArray, predicted: FloatArray) -> FloatArray:
    """Coefficient of determination over the first axis.

    1 - SSE / SST, with SST about the mean of the same measured values. It is
    zero for a model as good as that mean and negative for a worse one.
    """
    residual = np.sum((predicted - measured) ** 2, axis=0)
    total = np.sum((measured - measured.mean(axis=0)) ** 2, axis=0)
    return np.asarray(1.0 - residual / total)
