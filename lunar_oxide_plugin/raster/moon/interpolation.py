"""Polynomials through Chebyshev nodes: smooth functions of a window from few of their values."""

from __future__ import annotations

import numpy as np

from .crs import FloatArray

#: Nodes along each side of a window.
_NODES = 12

#: Chebyshev nodes of the second kind on 0-1, and their barycentric weights.
UNIT_NODES: FloatArray = np.sin(np.pi / 2 * np.linspace(0, 1, _NODES)) ** 2
_WEIGHTS: FloatArray = np.where(np.arange(_NODES) % 2, -1.0, 1.0)
_WEIGHTS[[0, -1]] /= 2


def interpolation(places: FloatArray) -> FloatArray:
    """Matrix [n, nodes] from values at the nodes to values at places in 0-1 (barycentric)."""
    difference = places[:, np.newaxis] - UNIT_NODES
    hit = difference == 0
    with np.errstate(divide="ignore", invalid="ignore"):
        terms = _WEIGHTS / difference
        matrix = terms / terms.sum(axis=1, keepdims=True)
    rows = hit.any(axis=1)
    matrix[rows] = hit[rows]
    return np.asarray(matrix, np.float64)
