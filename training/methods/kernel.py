"""The covariance of the Gaussian processes: similarity of spectra to the training spectra.

In each of the four descriptions of `features`, standardised by the training sites, two spectra
x and y of d numbers have the covariance::

    1 + (1 + x.y / d) (1 + q) exp(-q),    q = sqrt(3) |x - y| / (sqrt(d) length)

A constant, and a plane times a Matern 3/2 function: near the training sites a locally linear
map, far from them the mean. (Rasmussen and Williams 2006, Gaussian Processes for Machine
Learning, sections 2.2, 4.2 and 5.4.2.)
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from ..graph import Graph
from ..tables import FloatArray
from .features import FEATURES, add_basis, basis

#: In standard deviations of a feature. A fixed choice without a derivation; what others give is in
#: ``training/reports/study.md``.
LENGTH = 3.0


@dataclass(frozen=True)
class Kernel:
    """The covariances with m training spectra, one per description (names in `FEATURES`).

    Each has the mean and scale (features,) of the training spectra, and the standardised training
    spectra themselves, points (m, features). The length is in standard deviations of a feature.
    """

    length: float
    descriptions: tuple[str, ...]
    mean: tuple[FloatArray, ...]
    scale: tuple[FloatArray, ...]
    points: tuple[FloatArray, ...]

    def with_training(self, reflectance: FloatArray) -> FloatArray:
        """Covariances (d, n, m) of spectra (n, 8) with the training spectra."""
        return np.stack(
            [
                _covariance(x, points, self.length)
                for x, points in zip(self._describe(reflectance), self.points)
            ]
        )

    def variance(self, reflectance: FloatArray) -> FloatArray:
        """Covariance of each spectrum with itself, (d, n)."""
        return np.stack([2 + (x**2).mean(axis=1) for x in self._describe(reflectance)])

    def _describe(self, reflectance: FloatArray) -> list[FloatArray]:
        values = basis(reflectance)
        return [
            (values @ FEATURES[name] - mean) / scale
            for name, mean, scale in zip(self.descriptions, self.mean, self.scale)
        ]

    def add_to(self, graph: Graph) -> tuple[str, str]:
        """Add to a graph once, as a few products of matrices for all descriptions together.

        Returns the names of the covariances with the training spectra without their constant 1,
        float32 (d, m, n) for d descriptions, and of that with itself, (d, 1, n). Where those of
        all descriptions are there already, they are rows of them. Features x are scaled so that q =
        |x - y|, and followed by a row of ones and the row x.x + 1. Then q.q and x.y + 1 are
        products with constants of the training spectra: every pass over all covariances that is
        avoided saves time, so exp(-q) is a division by exp(q), and the constant 1 is added to the
        much smaller products of the covariances.
        """
        whole, own_whole = (f"{name}_{len(FEATURES)}" for name in ("covariance", "own_variance"))
        local, alone = (
            f"{name}_{len(self.descriptions)}" for name in ("covariance", "own_variance")
        )
        if graph.has(whole) and local != whole:
            start = list(FEATURES).index(self.descriptions[0])
            end = start + len(self.descriptions)
            return graph.rows(local, whole, start, end), graph.rows(alone, own_whole, start, end)
        matrix, offset, squared, product = self._constants()
        count, rows, _ = matrix.shape
        flat = graph.node(
            "MatMul",
            [graph.floats("feature_matrix", matrix.reshape(count * rows, -1)), add_basis(graph)],
            "features_raw",
        )
        shape = graph.integers("feature_shape", [count, rows, -1])
        stacked = graph.node("Reshape", [flat, shape], "features_stacked")
        x = graph.node("Add", [stacked, graph.floats("feature_offset", offset)], "features")
        squares = graph.node("Mul", [x, x], "feature_squares")
        axis = graph.integers("axis1", [1])
        norm = graph.node("ReduceSum", [squares, axis], "feature_norm", keepdims=1)
        entries = graph.node("Concat", [x, norm], "feature_entries", axis=1)

        q2 = graph.node("MatMul", [graph.floats("squared_points", squared), entries], "q_squared")
        q2 = graph.node("Max", [q2, graph.floats("zero", 0.0)], "q_positive")
        q = graph.node("Sqrt", [q2], "q")
        growth = graph.node("Exp", [q], "q_growth")
        rise = graph.node("Add", [q, graph.floats("one", 1.0)], "q_rise")
        plane = graph.node("MatMul", [graph.floats("points", product), entries], "plane_covariance")
        graph.node("Div", [graph.node("Mul", [plane, rise], "risen"), growth], local)

        unscaled = self.length**2 / 3
        own = graph.node("Mul", [norm, graph.floats("own_scale", unscaled)], "own_scaled")
        graph.node("Add", [own, graph.floats("own_rest", 2 - unscaled)], alone)
        return local, alone

    def _constants(self) -> tuple[FloatArray, ...]:
        """Constants of the graph, descriptions first; those of fewer features end in zeros.

        Matrix (4, 9, 18) from the basis to scaled features, the last row zero; offset (4, 9, 1)
        added to them, the last one; and two (4, m, 10) which times (x, 1, x.x + 1) give q.q and
        x.y / d + 1.
        """
        # From a product of features in units of the graph to a mean over the features.
        unscaled = self.length**2 / 3
        widest = max(len(mean) for mean in self.mean)
        count, sites = len(self.descriptions), len(self.points[0])
        matrix = np.zeros((count, widest + 1, len(FEATURES[self.descriptions[0]])))
        offset = np.zeros((count, widest + 1, 1))
        offset[:, -1] = 1
        squared = np.zeros((count, sites, widest + 2))
        product = np.zeros_like(squared)
        for row, name in enumerate(self.descriptions):
            size = len(self.mean[row])
            unit = 1 / np.sqrt(size * unscaled)
            matrix[row, :size] = (FEATURES[name] / self.scale[row]).T * unit
            offset[row, :size, 0] = -self.mean[row] / self.scale[row] * unit
            y = self.points[row] * unit
            squared[row, :, :size] = -2 * y
            squared[row, :, -2] = (y**2).sum(axis=1) - 1
            squared[row, :, -1] = 1
            product[row, :, :size] = y * unscaled
            product[row, :, -2] = 1
        return matrix, offset, squared, product


def fit_kernel(
    reflectance: FloatArray,
    length: float = LENGTH,
    descriptions: tuple[str, ...] = tuple(FEATURES),
) -> Kernel:
    """Standardise descriptions, neighbours in `FEATURES`, of training spectra (m, 8)."""
    values = [basis(reflectance) @ FEATURES[name] for name in descriptions]
    mean = tuple(value.mean(axis=0) for value in values)
    scale = tuple(value.std(axis=0) for value in values)
    points = tuple((v - m) / s for v, m, s in zip(values, mean, scale))
    return Kernel(length, descriptions, mean, scale, points)


def _covariance(x: FloatArray, y: FloatArray, length: float) -> FloatArray:
    size = x.shape[1]
    product = x @ y.T / size
    squared = (x**2).mean(axis=1)[:, None] + (y**2).mean(axis=1) - 2 * product
    q = np.sqrt(3 * np.maximum(squared, 0)) / length
    return np.asarray(1 + (1 + product) * (1 + q) * np.exp(-q))
