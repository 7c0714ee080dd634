"""A bundled model with its arithmetic in float64: what float32 is measured against."""

from __future__ import annotations

from collections.abc import Iterable
from pathlib import Path

import numpy as np
import onnx
from onnx import TensorProto, helper, numpy_helper

#: Operators that onnxruntime has for float32 only.
_SINGLE = ("Atan",)


def write_float64(source: Path, target: Path) -> Path:
    """Write the model whose inputs and outputs are float32, and all between them float64."""
    model = onnx.load(source)
    _convert(model.graph, {})
    onnx.save(model, target)
    return target


def _convert(graph: onnx.GraphProto, renamed: dict[str, str], whole: bool = True) -> None:
    """Constants and nodes of a graph; renamed are tensors that have another name in float64."""
    renamed = dict(renamed)
    before, after = [], []
    if whole:
        for tensor in graph.input:
            if tensor.type.tensor_type.elem_type == TensorProto.FLOAT:
                renamed[tensor.name] = f"{tensor.name}_double"
                before.append(_cast(tensor.name, renamed[tensor.name], TensorProto.DOUBLE))
    _widen(graph.initializer)
    for tensor in graph.output:
        if whole:
            renamed[tensor.name] = f"{tensor.name}_double"
            after.append(_cast(renamed[tensor.name], tensor.name, TensorProto.FLOAT))
        else:
            tensor.type.tensor_type.elem_type = TensorProto.DOUBLE
    nodes = []
    for node in graph.node:
        for attribute in node.attribute:
            if attribute.HasField("g"):
                _convert(attribute.g, renamed, whole=False)
        node.input[:] = [renamed.get(name, name) for name in node.input]
        node.output[:] = [renamed.get(name, name) for name in node.output]
        if node.op_type in _SINGLE:
            (given,), (found,) = node.input, node.output
            node.input[:], node.output[:] = [f"{found}_in"], [f"{found}_out"]
            nodes += [
                _cast(given, f"{found}_in", TensorProto.FLOAT),
                node,
                _cast(f"{found}_out", found, TensorProto.DOUBLE),
            ]
        else:
            nodes.append(node)
    copies = [onnx.NodeProto.FromString(n.SerializeToString()) for n in [*before, *nodes, *after]]
    del graph.node[:]
    graph.node.extend(copies)


def _widen(constants: Iterable[onnx.TensorProto]) -> None:
    """Make float32 constants float64."""
    for constant in constants:
        if constant.data_type == TensorProto.FLOAT:
            values = numpy_helper.to_array(constant).astype(np.float64)
            constant.CopyFrom(numpy_helper.from_array(values, constant.name))


def _cast(given: str, found: str, kind: int) -> onnx.NodeProto:
    return helper.make_node("Cast", [given], [found], to=kind)
