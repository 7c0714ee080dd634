"""Write the five networks, the uncertainty and the domain distance as one ONNX model.

Pixels are the last axis throughout, so a block of a raster, band first as it lies in
memory, passes without a transpose. The convolutions are written as matrix products of
neighbouring positions: as fast as Conv in onnxruntime, and valid for no pixels at all,
which Conv refuses.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

import numpy as np
import onnx
from numpy.typing import NDArray
from onnx import TensorProto, helper, numpy_helper

from .domain import FLOOR, Domain
from .network import KERNEL, Layer, Network

#: Read by onnxruntime from 1.19 on.
OPSET = 17
IR_VERSION = 8


class _Graph:
    """Nodes and constants of a graph under construction."""

    def __init__(self) -> None:
        self.nodes: list[onnx.NodeProto] = []
        self.constants: list[onnx.TensorProto] = []

    def constant(self, name: str, values: NDArray[np.generic]) -> str:
        self.constants.append(numpy_helper.from_array(np.ascontiguousarray(values), name))
        return name

    def floats(self, name: str, values: NDArray[np.float64] | float) -> str:
        return self.constant(name, np.asarray(values, dtype=np.float32))

    def integers(self, name: str, values: Sequence[int]) -> str:
        return self.constant(name, np.asarray(values, dtype=np.int64))

    def node(self, kind: str, inputs: Sequence[str], output: str, **attributes: Any) -> str:
        self.nodes.append(helper.make_node(kind, inputs, [output], name=output, **attributes))
        return output


def build_model(
    networks: Sequence[Network],
    domain: Domain,
    sigma: NDArray[np.float64],
    metadata: Mapping[str, str],
) -> onnx.ModelProto:
    """Build the model of the plugin's interface.

    Parameters
    ----------
    networks : sequence of Network
        One per oxide, in the project's order, all trained on the same sites.
    domain : Domain
    sigma : ndarray, shape (5,)
        Uncertainty inside the domain, 1 sigma in wt%.
    metadata : mapping of str to str
        Becomes the model's ``metadata_props``.

    Returns
    -------
    onnx.ModelProto
        Input ``reflectance`` float32 (8, n); outputs ``oxides`` and ``uncertainty``
        float32 (5, n) in wt% and ``domain_distance`` float32 (n).

    Raises
    ------
    ValueError
        The networks were not standardised alike, or their kernel is not 2.
    onnx.checker.ValidationError
        The graph is not valid ONNX.
    """
    if any(not np.array_equal(net.input_mean, networks[0].input_mean) for net in networks):
        raise ValueError("the networks of one model must share their training sites")
    if any(net.kernel != KERNEL for net in networks):
        raise ValueError(f"only networks with a kernel of {KERNEL} can be exported")
    graph = _Graph()
    _add_oxides(graph, networks)
    _add_domain(graph, domain)
    graph.node("Clip", ["domain_distance", graph.floats("one", 1.0)], "widening")
    graph.node("Mul", [graph.floats("sigma", sigma[:, None]), "widening"], "uncertainty")
    model = helper.make_model(
        helper.make_graph(
            graph.nodes,
            "lunar_oxides",
            [helper.make_tensor_value_info("reflectance", TensorProto.FLOAT, [8, "n"])],
            [
                helper.make_tensor_value_info("oxides", TensorProto.FLOAT, [5, "n"]),
                helper.make_tensor_value_info("uncertainty", TensorProto.FLOAT, [5, "n"]),
                helper.make_tensor_value_info("domain_distance", TensorProto.FLOAT, ["n"]),
            ],
            initializer=graph.constants,
        ),
        producer_name="lunar-oxide-mapper",
        opset_imports=[helper.make_opsetid("", OPSET)],
        ir_version=IR_VERSION,
    )
    helper.set_model_props(model, dict(metadata))
    onnx.checker.check_model(model, full_check=True)
    return model


def save_model(model: onnx.ModelProto, path: Path) -> None:
    """Write the model; the same model gives the same bytes."""
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_bytes(model.SerializeToString(deterministic=True))


def _add_oxides(graph: _Graph, networks: Sequence[Network]) -> None:
    first = networks[0]
    mean = graph.floats("input_mean", first.input_mean[:, None])
    scale = graph.floats("input_scale", 1.0 / first.input_sd[:, None])
    graph.node("Sub", ["reflectance", mean], "centred")
    graph.node("Mul", ["centred", scale], "standardised")
    graph.node("Unsqueeze", ["standardised", graph.integers("map_axis", [1])], "spectra")
    for name, value in {"zero": 0, "first": 1, "two": 2, "last": -1, "end": 8}.items():
        graph.integers(name, [value])
    graph.integers("joined_shape", [256, -1])
    oxides = [_add_network(graph, f"net{i}", network) for i, network in enumerate(networks)]
    graph.node("Concat", oxides, "oxides", axis=0)


def _add_network(graph: _Graph, name: str, network: Network) -> str:
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


def _add_convolution(graph: _Graph, name: str, maps: str, layer: Layer) -> str:
    """Kernel of two and ReLU: (k, c, n) -> (k - 1, columns, n)."""
    left = _add_slice(graph, f"{name}_left", maps, ("zero", "last", "first"))
    right = _add_slice(graph, f"{name}_right", maps, ("first", "end", "first"))
    return _add_dense(
        graph, name, graph.node("Concat", [left, right], f"{name}_pairs", axis=1), layer
    )


def _add_dense(graph: _Graph, name: str, rows: str, layer: Layer) -> str:
    """Weights, bias and ReLU: (..., rows, n) -> (..., columns, n)."""
    weights = graph.floats(f"{name}_weights", layer.weights.T)
    product = graph.node("MatMul", [weights, rows], f"{name}_product")
    bias = graph.floats(f"{name}_bias", layer.bias[:, None])
    return graph.node("Relu", [graph.node("Add", [product, bias], f"{name}_sum")], name)


def _add_slice(graph: _Graph, name: str, maps: str, limits: tuple[str, str, str]) -> str:
    """Slice the first axis, the positions along the spectrum, by (start, end, step)."""
    start, end, step = limits
    return graph.node("Slice", [maps, start, end, "zero", step], name)


def _add_domain(graph: _Graph, domain: Domain) -> None:
    graph.node("Clip", ["reflectance", graph.floats("floor", FLOOR)], "positive")
    graph.node("Log", ["positive"], "logarithm")
    centre = graph.floats("domain_centre", domain.centre[:, None])
    graph.node("Sub", ["logarithm", centre], "offset")
    graph.node("MatMul", [graph.floats("whitening", domain.whitening), "offset"], "whitened")
    graph.node("ReduceL2", ["whitened"], "domain_distance", axes=[0], keepdims=0)
