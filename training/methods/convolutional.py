"""The convolutional networks of Zhang et al. (2023) as a method."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field, replace
from typing import ClassVar

import numpy as np
from numpy.typing import NDArray
from onnx import helper

from lunar_oxide_plugin.core.oxides import OXIDES

from ..graph import Graph
from ..network import KERNEL, Layer, Network, Settings, train_network
from ..tables import SiteTable
from .method import Fitted, Method


@dataclass(frozen=True)
class FittedNetworks(Fitted):
    """One trained network per oxide, in the project's order."""

    networks: tuple[Network, ...]

    def oxides(self, reflectance: NDArray[np.float64]) -> NDArray[np.float64]:
        """Oxides in wt%, shape (n, 5)."""
        return np.stack([network.predict(reflectance) for network in self.networks], axis=1)

    def add_to(self, graph: Graph) -> str:
        """Write the networks as matrix products of neighbouring positions.

        As fast as Conv in onnxruntime, and valid for no pixels at all, which Conv refuses.

        Raises
        ------
        ValueError
            The networks' kernel is not 2.
        """
        if any(network.kernel != KERNEL for network in self.networks):
            raise ValueError(f"only networks with a kernel of {KERNEL} can be exported")
        first = self.networks[0]
        mean = graph.floats("input_mean", first.input_mean[:, None])
        scale = graph.floats("input_scale", 1.0 / first.input_sd[:, None])
        graph.node("Sub", ["reflectance", mean], "centred")
        graph.node("Mul", ["centred", scale], "standardised")
        graph.node("Unsqueeze", ["standardised", graph.integers("map_axis", [1])], "spectra")
        for name, value in {"zero": 0, "first": 1, "two": 2, "last": -1, "end": 8}.items():
            graph.integers(name, [value])
        graph.integers("joined_shape", [256, -1])
        oxides = [_add_network(graph, f"net{i}", net) for i, net in enumerate(self.networks)]
        return graph.node("Concat", oxides, "networks", axis=0)


@dataclass(frozen=True)
class ConvolutionalNetworks(Method):
    """The paper's network, one per oxide."""

    network: Settings = field(default_factory=Settings)

    id: ClassVar[str] = "zhang2023_cnn"
    title: ClassVar[str] = "1D-CNN after Zhang et al. (2023)"
    description: ClassVar[str] = (
        "Five one-dimensional convolutional networks, one per oxide, of the architecture of "
        "Zhang et al. (2023). These are not the paper's own weights: its spectra are not published."
    )
    citation: ClassVar[str] = "Zhang L. et al. (2023), Icarus 397, 115505"
    random: ClassVar[bool] = True

    def fit(self, table: SiteTable, seed: Sequence[int]) -> FittedNetworks:
        """Train the five networks."""
        return FittedNetworks(
            tuple(
                train_network(
                    table.reflectance, table.oxides[:, oxide], self.network, (*seed, oxide)
                )
                for oxide in range(len(OXIDES))
            )
        )

    def quick(self) -> ConvolutionalNetworks:
        """Five epochs."""
        return ConvolutionalNetworks(replace(self.network, epochs=5))


def _add_network(graph: Graph, name: str, network: Network) -> str:
    """Add one network, from ``spectra`` (8, 1, n) to its oxide (1, n)."""
    conv1, conv2, conv3, conv4, dense = network.parameters
    maps = _add_convolution(graph, f"{name}_conv1", "spectra", conv1)
    maps = _add_convolution(graph, f"{name}_conv2", maps, conv2)
    even = _add_slice(graph, f"{name}_even", maps, ("zero", "end", "two"))
    odd = _add_slice(graph, f"{name}_odd", maps, ("first", "end", "two"))
    maps = graph.node("Max", [even, odd], f"{name}_pool")
    maps = _add_convolution(graph, f"{name}_conv3", maps, conv3)
    # Even maps first, then odd ones: their pairs can then be pooled half against half.
    order = np.r_[0:128:2, 1:128:2]
    paired = Layer(conv4.weights[:, order], conv4.bias[order])
    # Two positions of 128 maps already lie in memory as the 256 rows the kernel wants.
    joined = graph.node("Reshape", [maps, "joined_shape"], f"{name}_joined")
    maps = _add_dense(graph, f"{name}_conv4", joined, paired)  # (128, n)
    halves = [f"{name}_half0", f"{name}_half1"]
    graph.nodes.append(helper.make_node("Split", [maps], halves, name=f"{name}_split", axis=0))
    features = graph.node("Max", halves, f"{name}_features")  # (64, n)
    # The target's standard deviation and mean are part of the dense layer.
    weights = graph.floats(f"{name}_dense_weights", dense.weights.T * network.target_sd)
    bias = graph.floats(f"{name}_dense_bias", dense.bias * network.target_sd + network.target_mean)
    product = graph.node("MatMul", [weights, features], f"{name}_dense")
    return graph.node("Add", [product, bias], f"{name}_oxide")


def _add_convolution(graph: Graph, name: str, maps: str, layer: Layer) -> str:
    """Kernel of two and ReLU: (k, c, n) -> (k - 1, columns, n)."""
    left = _add_slice(graph, f"{name}_left", maps, ("zero", "last", "first"))
    right = _add_slice(graph, f"{name}_right", maps, ("first", "end", "first"))
    return _add_dense(
        graph, name, graph.node("Concat", [left, right], f"{name}_pairs", axis=1), layer
    )


def _add_dense(graph: Graph, name: str, rows: str, layer: Layer) -> str:
    """Weights, bias and ReLU: (..., rows, n) -> (..., columns, n)."""
    weights = graph.floats(f"{name}_weights", layer.weights.T)
    product = graph.node("MatMul", [weights, rows], f"{name}_product")
    bias = graph.floats(f"{name}_bias", layer.bias[:, None])
    return graph.node("Relu", [graph.node("Add", [product, bias], f"{name}_sum")], name)


def _add_slice(graph: Graph, name: str, maps: str, limits: tuple[str, str, str]) -> str:
    """Slice the first axis, the positions along the spectrum, by (start, end, step)."""
    start, end, step = limits
    return graph.node("Slice", [maps, start, end, "zero", step], name)
