"""An ONNX graph under construction, band first: pixels are the last axis of every tensor."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np
import onnx
from numpy.typing import NDArray
from onnx import TensorProto, compose, helper, numpy_helper

from .tables import FloatArray

#: Read by onnxruntime from 1.19 on.
OPSET = 17
ML_OPSET = 3
IR_VERSION = 8

FLOAT, DOUBLE = TensorProto.FLOAT, TensorProto.DOUBLE


class Graph:
    """Nodes and constants of a graph; every method returns the name of its result.

    The input is ``reflectance``, float32 (8, n).
    """

    def __init__(self) -> None:
        self.nodes: list[onnx.NodeProto] = []
        self.constants: list[onnx.TensorProto] = []
        self.switches: list[onnx.ValueInfoProto] = []

    def constant(self, name: str, values: NDArray[np.generic]) -> str:
        """Add a constant once; the same name later is the same constant."""
        if all(known.name != name for known in self.constants):
            self.constants.append(numpy_helper.from_array(np.asarray(values, order="C"), name))
        return name

    def floats(self, name: str, values: FloatArray | float) -> str:
        """Add a float32 constant."""
        return self.constant(name, np.asarray(values, dtype=np.float32))

    def doubles(self, name: str, values: FloatArray | float) -> str:
        """Add a float64 constant."""
        return self.constant(name, np.asarray(values, dtype=np.float64))

    def integers(self, name: str, values: Sequence[int]) -> str:
        """Add an int64 constant."""
        return self.constant(name, np.asarray(values, dtype=np.int64))

    def node(self, kind: str, inputs: Sequence[str], output: str, **attributes: Any) -> str:
        """Add a node once; the same output later is the same node."""
        if not self.has(output):
            self.nodes.append(helper.make_node(kind, inputs, [output], name=output, **attributes))
        return output

    def has(self, output: str) -> bool:
        """Whether a node already has this output."""
        return any(output in node.output for node in self.nodes)

    def cast(self, tensor: str, kind: int, output: str) -> str:
        """Convert to `FLOAT` or `DOUBLE`."""
        return self.node("Cast", [tensor], output, to=kind)

    def rows(self, name: str, tensor: str, start: int, end: int) -> str:
        """Rows start to end (exclusive) of a tensor."""
        limits = [self.integers(f"int_{value}", [value]) for value in (start, end, 0)]
        return self.node("Slice", [tensor, *limits], name)

    def add_switch(self, since: int, result: str, oxides: str, output: str) -> str:
        """Make the nodes added after the first `since` ones optional.

        The switch is the input ``with_<output>``, a bool that is true unless given: an initializer
        that a caller may override, so that the model still has only one required input.

        Their result (5, n) must have no other use than `output`. If it is switched off, the output
        is NaN in the shape of `oxides`.
        """
        switch = f"with_{output}"
        self.constant(switch, np.array(True))
        self.switches.append(helper.make_tensor_value_info(switch, TensorProto.BOOL, []))
        left_out = f"{output}_left_out"
        nan = self.floats("not_a_number", np.nan)
        nothing = helper.make_node("Mul", [oxides, nan], [left_out])
        then, otherwise = (
            helper.make_graph(
                nodes, name, [], [helper.make_tensor_value_info(name, FLOAT, [5, "n"])]
            )
            for name, nodes in ((result, self.nodes[since:]), (left_out, [nothing]))
        )
        del self.nodes[since:]
        return self.node("If", [switch], output, then_branch=then, else_branch=otherwise)

    def has_trees(self) -> bool:
        """Whether a node is a machine-learning operator."""
        return any(node.domain == "ai.onnx.ml" for node in self.nodes)

    def merge(self, model: onnx.ModelProto, prefix: str, source: str) -> str:
        """Add all of another model with one input and one output; its input becomes `source`."""
        prefixed = compose.add_prefix_graph(model.graph, f"{prefix}_")
        (entry,), (result,) = prefixed.input, prefixed.output
        for node in prefixed.node:
            node.input[:] = [source if name == entry.name else name for name in node.input]
        self.constants.extend(prefixed.initializer)
        self.nodes.extend(prefixed.node)
        return str(result.name)
