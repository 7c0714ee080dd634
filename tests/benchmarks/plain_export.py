"""The networks as frameworks export them: layer by layer, a spectrum per row."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray
from onnx import TensorProto, helper

from training.graph import IR_VERSION, OPSET, Graph
from training.methods.network import KERNEL, Layer, Network

from .reference import session


class PlainExport:
    """The nodes that PyTorch's exporter writes for Conv1d, ReLU, MaxPool1d and Linear."""

    def __init__(self, networks: Sequence[Network], threads: int) -> None:
        model = plain_export(networks)
        self._sessions = {count: session(model, count) for count in {1, threads}}

    def predict(self, rows: NDArray[np.float32], threads: int) -> NDArray[np.float32]:
        """Oxides (n, 5) of reflectance (n, 8)."""
        (oxides,) = self._sessions[threads].run(None, {"spectra": rows[:, None, :]})
        return oxides


def plain_export(networks: Sequence[Network]) -> bytes:
    """An ONNX model from ``spectra`` float32 (n, 1, 8) to ``oxides`` (n, 5)."""
    graph = Graph()
    first = networks[0]
    graph.node("Sub", ["spectra", graph.floats("mean", first.input_mean)], "centred")
    graph.node("Div", ["centred", graph.floats("sd", first.input_sd)], "standardised")
    columns = [_add_network(graph, f"net{i}", network) for i, network in enumerate(networks)]
    graph.node("Concat", columns, "oxides", axis=1)
    model = helper.make_model(
        helper.make_graph(
            graph.nodes,
            "plain_export",
            [helper.make_tensor_value_info("spectra", TensorProto.FLOAT, ["n", 1, 8])],
            [helper.make_tensor_value_info("oxides", TensorProto.FLOAT, ["n", 5])],
            graph.constants,
        ),
        opset_imports=[helper.make_opsetid("", OPSET)],
        ir_version=IR_VERSION,
    )
    return model.SerializeToString()


def convolution_weights(layer: Layer) -> NDArray[np.float32]:
    """Weights (maps out, maps in, taps), as Conv has them."""
    taps = layer.weights.reshape(KERNEL, -1, layer.weights.shape[1])
    return np.ascontiguousarray(taps.transpose(2, 1, 0), dtype=np.float32)


def _add_network(graph: Graph, name: str, network: Network) -> str:
    conv1, conv2, conv3, conv4, dense = network.parameters
    maps = _add_convolution(graph, f"{name}_conv1", "standardised", conv1)
    maps = _add_convolution(graph, f"{name}_conv2", maps, conv2)
    maps = graph.node("MaxPool", [maps], f"{name}_pool", kernel_shape=[2], strides=[2])
    maps = _add_convolution(graph, f"{name}_conv3", maps, conv3)
    maps = _add_convolution(graph, f"{name}_conv4", maps, conv4)  # (n, 128, 1)
    turned = graph.node("Transpose", [maps], f"{name}_turned", perm=[0, 2, 1])
    pairs = graph.node("MaxPool", [turned], f"{name}_pairs", kernel_shape=[2], strides=[2])
    features = graph.node("Flatten", [pairs], f"{name}_features", axis=1)  # (n, 64)
    weights = graph.floats(f"{name}_dense_weights", dense.weights.T)
    bias = graph.floats(f"{name}_dense_bias", dense.bias)
    output = graph.node("Gemm", [features, weights, bias], f"{name}_dense", transB=1)
    scale = graph.floats(f"{name}_scale", network.target_sd)
    offset = graph.floats(f"{name}_offset", network.target_mean)
    scaled = graph.node("Mul", [output, scale], f"{name}_scaled")
    return graph.node("Add", [scaled, offset], f"{name}_oxide")


def _add_convolution(graph: Graph, name: str, maps: str, layer: Layer) -> str:
    weights = graph.constant(f"{name}_weights", convolution_weights(layer))
    bias = graph.floats(f"{name}_bias", layer.bias)
    output = graph.node("Conv", [maps, weights, bias], f"{name}_conv", kernel_shape=[KERNEL])
    return graph.node("Relu", [output], name)
