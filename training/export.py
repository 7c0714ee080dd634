"""Write a fitted method, its uncertainty and the domain distance as one ONNX model.

Pixels are the last axis throughout, so a block of a raster, band first as in
memory, needs no transpose.
"""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path

import onnx
from onnx import helper

from lunar_oxide_plugin.core.oxides.oxides import SUM_LIMIT

from .evaluate import Trained
from .files import write_whole
from .graph import FLOAT, IR_VERSION, ML_OPSET, OPSET, Graph
from .tables import FloatArray


def build_model(
    trained: Trained, sigma: FloatArray, metadata: Mapping[str, str]
) -> onnx.ModelProto:
    """Build the model of the plugin's interface, with metadata as its ``metadata_props``.

    Sigma (5,) is the scale of the spread, from `spread.calibrate`. Input ``reflectance`` float32
    (8, n); outputs ``oxides`` and ``uncertainty`` float32 (5, n) in wt% and ``domain_distance``
    float32 (n). The optional input ``with_uncertainty`` omits the uncertainty if false.
    """
    graph = Graph()
    _add_limits(graph, trained.fitted.add_to(graph))
    trained.spread.add_to(graph, "oxides", sigma)
    trained.domain.add_to(graph)
    shapes: dict[str, list[str | int]] = {
        "reflectance": [8, "n"],
        "oxides": [5, "n"],
        "uncertainty": [5, "n"],
        "domain_distance": ["n"],
    }
    source, *results = (
        helper.make_tensor_value_info(name, FLOAT, shape) for name, shape in shapes.items()
    )
    inputs = [source, *graph.switches]
    trees = [helper.make_opsetid("ai.onnx.ml", ML_OPSET)] if graph.has_trees() else []
    model = helper.make_model(
        helper.make_graph(graph.nodes, "lunar_oxides", inputs, results, graph.constants),
        producer_name="lunar-oxide-mapper",
        opset_imports=[helper.make_opsetid("", OPSET), *trees],
        ir_version=IR_VERSION,
    )
    helper.set_model_props(model, dict(metadata))
    onnx.checker.check_model(model, full_check=True)
    return model


def save_model(model: onnx.ModelProto, path: Path) -> None:
    """Write the model; the same model gives the same bytes."""
    write_whole(path, model.SerializeToString(deterministic=True))


def _add_limits(graph: Graph, predicted: str) -> None:
    """Add `oxides.within_limits`."""
    positive = graph.node("Max", [predicted, graph.floats("zero_oxide", 0.0)], "positive_oxides")
    total = graph.node(
        "ReduceSum", [positive, graph.integers("axis0", [0])], "oxide_total", keepdims=1
    )
    safe = graph.node("Max", [total, graph.floats("one_percent", 1.0)], "oxide_total_safe")
    share = graph.node("Div", [graph.floats("sum_limit", SUM_LIMIT), safe], "limit_share")
    factor = graph.node("Min", [share, graph.floats("whole", 1.0)], "limit_factor")
    graph.node("Mul", [positive, factor], "oxides")
