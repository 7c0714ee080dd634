"""The yardstick: a large float32 matrix product in the onnxruntime that runs the models."""

from __future__ import annotations

from collections.abc import Callable

import numpy as np
import onnxruntime
from numpy.typing import NDArray
from onnx import TensorProto, helper, numpy_helper

from .measure import Work
from .threads import side_by_side


def session(model: bytes, threads: int) -> onnxruntime.InferenceSession:
    """A session whose calls compute in so many threads."""
    options = onnxruntime.SessionOptions()
    options.log_severity_level = 4
    options.intra_op_num_threads = threads
    options.inter_op_num_threads = 1
    return onnxruntime.InferenceSession(model, options, providers=["CPUExecutionProvider"])


#: A side that fits the cache: the most that products reach. And a large one.
CACHED, LARGE = 512, 2048


def matrix_products(size: int, threads: int) -> dict[str, Work]:
    """The ways to multiply with all threads: inside one call, and by calls side by side.

    The second matrix is a constant, as weights are, which onnxruntime packs beforehand. The product
    goes where the last one was: new memory for each would cost a fifth of the time.
    """
    rng = np.random.default_rng(0)
    first, second = rng.normal(size=(2, size, size)).astype(np.float32)
    square = [size, size]
    graph = helper.make_graph(
        [helper.make_node("MatMul", ["first", "second"], ["product"])],
        "product",
        [helper.make_tensor_value_info("first", TensorProto.FLOAT, square)],
        [helper.make_tensor_value_info("product", TensorProto.FLOAT, square)],
        [numpy_helper.from_array(second, "second")],
    )
    model = helper.make_model(
        graph, opset_imports=[helper.make_opsetid("", 17)], ir_version=8
    ).SerializeToString()
    times = (LARGE // size) ** 3
    operations = 2 * size**3 * times
    inside, alone = session(model, threads), session(model, 1)
    ways = {"one call": Work(_products(inside, first, times), operations)}
    if threads > 1:
        calls = [_products(alone, first, times) for _ in range(threads)]
        ways["calls side by side"] = Work(lambda: side_by_side(calls), threads * operations)
    return ways


def _products(
    running: onnxruntime.InferenceSession, first: NDArray[np.float32], times: int
) -> Callable[[], NDArray[np.float32]]:
    """A call that multiplies so many times, into memory of its own."""
    product = np.empty_like(first)
    binding = running.io_binding()
    binding.bind_cpu_input("first", first)
    binding.bind_output("product", "cpu", 0, np.float32, product.shape, product.ctypes.data)

    def multiply() -> NDArray[np.float32]:
        for _ in range(times):
            running.run_with_iobinding(binding)
        return product

    return multiply
