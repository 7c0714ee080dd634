"""The convolutional networks of Zhang et al. (2023) as a method."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field, replace
from typing import ClassVar

import numpy as np

from ..graph import Graph
from ..tables import FloatArray, SiteTable
from .method import Fitted, Method
from .network import KERNEL, Layer, Network, Settings, train_network


@dataclass(frozen=True)
class FittedNetworks(Fitted):
    """One trained network per oxide, in the project's order."""

    networks: tuple[Network, ...]

    def oxides(self, reflectance: FloatArray) -> FloatArray:
        """Oxides in wt%, shape (n, 5)."""
        return np.stack([network.predict(reflectance) for network in self.networks], axis=1)

    def add_to(self, graph: Graph) -> str:
        """Write the networks as two-dimensional convolutions over images with a pixel per column.

        The bands of n pixels, (8, n) as in memory, are an image of 8 rows and n columns, and the
        paper's kernel of two bands is one of 2 x 1: no transpose, and onnxruntime's convolutions
        run near the speed of a large matrix product. Raises ValueError for other kernels.
        """
        if any(network.kernel != KERNEL for network in self.networks):
            raise ValueError(f"only networks with a kernel of {KERNEL} can be exported")
        first = self.networks[0]
        mean = graph.floats("input_mean", first.input_mean[:, None])
        scale = graph.floats("input_scale", 1.0 / first.input_sd[:, None])
        graph.node("Sub", ["reflectance", mean], "centred")
        graph.node("Mul", ["centred", scale], "standardised")
        axes = graph.integers("image_axes", [0, 1])
        graph.node("Unsqueeze", ["standardised", axes], "spectra")  # (1, 1, 8, n)
        oxides = [_add_network(graph, f"net{i}", net) for i, net in enumerate(self.networks)]
        joined = graph.node("Concat", oxides, "network_maps", axis=1)  # (1, 5, 1, n)
        return graph.node("Squeeze", [joined, graph.integers("map_axes", [0, 2])], "networks")


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
        networks = (
            train_network(table.reflectance, oxide, self.network, (*seed, number))
            for number, oxide in enumerate(table.oxides.T)
        )
        return FittedNetworks(tuple(networks))

    def quick(self) -> ConvolutionalNetworks:
        """Five epochs."""
        return ConvolutionalNetworks(replace(self.network, epochs=5))


def _add_network(graph: Graph, name: str, network: Network) -> str:
    """Add one network, from ``spectra`` (1, 1, 8, n) to its oxide (1, 1, 1, n)."""
    conv1, conv2, conv3, conv4, dense = network.parameters
    maps = _add_relu(graph, _add_convolution(graph, f"{name}_conv1", "spectra", conv1))
    maps = _add_relu(graph, _add_convolution(graph, f"{name}_conv2", maps, conv2))
    maps = graph.node("MaxPool", [maps], f"{name}_pool", kernel_shape=[2, 1], strides=[2, 1])
    maps = _add_relu(graph, _add_convolution(graph, f"{name}_conv3", maps, conv3))
    # The larger of a pair of maps, a and b, after ReLU is relu(a + relu(b - a)). b - a is a
    # convolution too, and one with ReLU and sum is a single operation to onnxruntime, which
    # Max is not: a tenth of the time.
    a, b = (Layer(conv4.weights[:, one::2], conv4.bias[one::2]) for one in (0, 1))
    rise = Layer(b.weights - a.weights, b.bias - a.bias)
    higher = _add_relu(graph, _add_convolution(graph, f"{name}_conv4_rise", maps, rise))
    sum_ = graph.node(
        "Add", [_add_convolution(graph, f"{name}_conv4", maps, a), higher], f"{name}_pair"
    )
    features = _add_relu(graph, sum_)
    # The target's standard deviation and mean are part of the dense layer.
    bias = dense.bias * network.target_sd + network.target_mean
    scaled = Layer(dense.weights * network.target_sd, bias)
    return _add_convolution(graph, f"{name}_oxide", features, scaled, kernel=1)


def _add_convolution(graph: Graph, name: str, maps: str, layer: Layer, kernel: int = KERNEL) -> str:
    """Convolve along the bands: (1, c, k, n) -> (1, columns, k - kernel + 1, n)."""
    rows, columns = layer.weights.shape
    # Rows are all channels of the first tap, then of the second; ONNX wants (out, in, tap, 1).
    weights = layer.weights.reshape(kernel, rows // kernel, columns).transpose(2, 1, 0)[..., None]
    inputs = [maps, graph.floats(f"{name}_weights", weights)]
    return graph.node(
        "Conv", [*inputs, graph.floats(f"{name}_bias", layer.bias)], name, kernel_shape=[kernel, 1]
    )


def _add_relu(graph: Graph, tensor: str) -> str:
    return graph.node("Relu", [tensor], f"{tensor}_relu")
