"""The covariance of the Gaussian processes: likeness of spectra to the training spectra.

In each of the four descriptions of `features`, standardised by the training sites, two spectra
x and y of d numbers have the covariance::

    1 + (1 + x.y / d) (1 + q) exp(-q),    q = sqrt(3) |x - y| / (sqrt(d) LENGTH)

A constant, and a plane times a Matern 3/2 function: near the training sites a locally linear
map, far from them the mean. (Rasmussen and Williams 2006, Gaussian Processes for Machine
Learning, sections 2.2, 4.2 and 5.4.2.)
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from ..graph import Graph
from .features import FEATURES, add_basis, basis

#: In standard deviations of a feature.
LENGTH = 3.0


@dataclass(frozen=True)
class Kernel:
    """The covariances with a set of training spectra, one per description.

    Attributes
    ----------
    descriptions : tuple of str
        Names in `features.FEATURES`.
    mean, scale : tuple of ndarray
        Of the training spectra, one entry and one number per feature.
    points : tuple of ndarray
        Standardised training spectra, one (m, features) each.
    """

    descriptions: tuple[str, ...]
    mean: tuple[NDArray[np.float64], ...]
    scale: tuple[NDArray[np.float64], ...]
    points: tuple[NDArray[np.float64], ...]

    def with_training(self, reflectance: NDArray[np.float64]) -> NDArray[np.float64]:
        """Covariances (4, n, m) of spectra (n, 8) with the training spectra."""
        return np.stack(
            [_covariance(x, points) for x, points in zip(self._describe(reflectance), self.points)]
        )

    def variance(self, reflectance: NDArray[np.float64]) -> NDArray[np.float64]:
        """Covariance of each spectrum with itself, (4, n)."""
        return np.stack([2 + (x**2).mean(axis=1) for x in self._describe(reflectance)])

    def _describe(self, reflectance: NDArray[np.float64]) -> list[NDArray[np.float64]]:
        values = basis(reflectance)
        return [
            (values @ FEATURES[name] - mean) / scale
            for name, mean, scale in zip(self.descriptions, self.mean, self.scale)
        ]

    def add_to(self, graph: Graph) -> tuple[str, str]:
        """Add to a graph once.

        Returns
        -------
        tuple of str
            Covariances with the training spectra, float64 (4, m, n), and with itself, (4, 1, n).
        """
        together, alone = "covariance", "own_variance"
        if graph.has(together):
            return together, alone
        basis_name = add_basis(graph)
        with_training, own = [], []
        for name, mean, scale, points in zip(self.descriptions, self.mean, self.scale, self.points):
            matrix = FEATURES[name]
            size = matrix.shape[1]
            # Divided by sqrt(d), so that products are means over the features.
            matrix_name = graph.doubles(f"{name}_matrix", (matrix / scale).T / np.sqrt(size))
            offset = graph.doubles(f"{name}_offset", (mean / scale / np.sqrt(size))[:, None])
            rotated = graph.node("MatMul", [matrix_name, basis_name], f"{name}_raw")
            x = graph.node("Sub", [rotated, offset], f"{name}_features")
            scaled = points / np.sqrt(size)
            product = graph.node(
                "MatMul", [graph.doubles(f"{name}_points", scaled), x], f"{name}_product"
            )
            square = graph.node("Mul", [x, x], f"{name}_square")
            ones = graph.doubles(f"{name}_ones", np.ones((1, size)))
            norm = graph.node("MatMul", [ones, square], f"{name}_norm")
            own.append(graph.node("Unsqueeze", [norm, graph.integers("axis0", [0])], f"{name}_own"))
            with_training.append(_add_covariance(graph, name, product, norm, scaled))
        graph.node("Concat", with_training, together, axis=0)
        norms = graph.node("Concat", own, "own_norms", axis=0)
        graph.node("Add", [norms, graph.doubles("two_double", 2.0)], alone)
        return together, alone


def fit_kernel(
    reflectance: NDArray[np.float64], descriptions: tuple[str, ...] = tuple(FEATURES)
) -> Kernel:
    """Standardise descriptions of training spectra (m, 8)."""
    values = [basis(reflectance) @ FEATURES[name] for name in descriptions]
    mean = tuple(value.mean(axis=0) for value in values)
    scale = tuple(value.std(axis=0) for value in values)
    points = tuple((v - m) / s for v, m, s in zip(values, mean, scale))
    return Kernel(descriptions, mean, scale, points)


def _covariance(x: NDArray[np.float64], y: NDArray[np.float64]) -> NDArray[np.float64]:
    size = x.shape[1]
    product = x @ y.T / size
    squared = (x**2).mean(axis=1)[:, None] + (y**2).mean(axis=1) - 2 * product
    q = np.sqrt(3 * np.maximum(squared, 0)) / LENGTH
    return np.asarray(1 + (1 + product) * (1 + q) * np.exp(-q))


def _add_covariance(
    graph: Graph, name: str, product: str, norm: str, scaled: NDArray[np.float64]
) -> str:
    """Add `_covariance`, transposed: (1, m, n)."""
    one = graph.doubles("one_double", 1.0)
    doubled = graph.node("Mul", [product, graph.doubles("minus_two", -2.0)], f"{name}_doubled")
    norms = graph.doubles(f"{name}_norms", (scaled**2).sum(axis=1)[:, None])
    partial = graph.node("Add", [doubled, norms], f"{name}_partial")
    squared = graph.node("Add", [partial, norm], f"{name}_squared")
    positive = graph.node("Max", [squared, graph.doubles("zero_double", 0.0)], f"{name}_positive")
    distance = graph.node("Sqrt", [positive], f"{name}_distance")
    minus_q = graph.node(
        "Mul", [distance, graph.doubles("minus_rate", -np.sqrt(3) / LENGTH)], f"{name}_minus_q"
    )
    decay = graph.node("Exp", [minus_q], f"{name}_decay")
    plane = graph.node("Add", [product, one], f"{name}_plane")
    rise = graph.node("Sub", [one, minus_q], f"{name}_rise")
    matern = graph.node("Mul", [rise, decay], f"{name}_matern")
    local = graph.node("Mul", [plane, matern], f"{name}_local")
    total = graph.node("Add", [local, one], f"{name}_total")
    return graph.node("Unsqueeze", [total, graph.integers("axis0", [0])], f"{name}_covariance")
