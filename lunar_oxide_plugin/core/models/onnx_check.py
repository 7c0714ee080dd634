"""Whether an ONNX file holds arithmetic only: seen before any of it reaches onnxruntime.

A model may be a stranger's (MODEL_FILE). The format also allows to name files that are then read
(external data), operators of other libraries, loops without an end and tensors of any size. The
file is a protocol buffer; its messages and field numbers are those of onnx.proto (ONNX 1.17,
https://github.com/onnx/onnx/blob/main/onnx/onnx.proto), its encoding that of
https://protobuf.dev/programming-guides/encoding.
"""

from __future__ import annotations

import math
from collections.abc import Iterator
from pathlib import Path

from ..errors import ModelError

#: Bytes of a file, and numbers of one tensor, at most. The largest bundled model has 1 MB.
_LARGEST_FILE, _LARGEST_TENSOR = 256 << 20, 1 << 26

#: How deep graphs may lie in each other; the bundled ones have one `If`.
_DEEPEST = 4

#: Operators without side effects, whose results are no larger than their inputs say.
_ARITHMETIC = frozenset(
    """
    Abs Acos Acosh Add And ArgMax ArgMin Asin Asinh Atan Atanh AveragePool BatchNormalization
    Cast Ceil Celu Clip Compress Concat Constant Conv Cos Cosh CumSum DepthToSpace Div Dropout
    Einsum Elu Equal Erf Exp Flatten Floor Gather GatherElements GatherND Gelu Gemm
    GlobalAveragePool GlobalMaxPool Greater GreaterOrEqual GroupNormalization HardSigmoid
    HardSwish Identity If InstanceNormalization IsInf IsNaN LRN LayerNormalization LeakyRelu
    Less LessOrEqual Log LogSoftmax LpNormalization LpPool MatMul Max MaxPool Mean
    MeanVarianceNormalization Min Mish Mod Mul Neg Not Or PRelu Pow Reciprocal ReduceL1
    ReduceL2 ReduceLogSum ReduceLogSumExp ReduceMax ReduceMean ReduceMin ReduceProd ReduceSum
    ReduceSumSquare Relu Reshape Round Selu Shape Sigmoid Sign Sin Sinh Size Slice Softmax
    Softplus Softsign Split Sqrt Squeeze Sub Sum Tan Tanh ThresholdedRelu TopK Transpose
    Unsqueeze Where Xor
    """.split()  # noqa: SIM905  a list of 110 lines says less
)
_OPERATORS = {
    "": _ARITHMETIC,
    "ai.onnx": _ARITHMETIC,
    "ai.onnx.ml": frozenset(
        {
            "ArrayFeatureExtractor",
            "Imputer",
            "LinearRegressor",
            "Normalizer",
            "SVMRegressor",
            "Scaler",
            "TreeEnsembleRegressor",
        }
    ),
}

_VARINT, _EIGHT, _BYTES, _FOUR = 0, 1, 2, 5


class _NotHarmlessError(Exception):
    """What is wrong with the file."""


def harmless_model(path: Path) -> bytes:
    """Read a model that holds arithmetic only, to be given to onnxruntime as it is here.

    The file may change afterwards. ModelError when it is not an ONNX model, or asks for more than
    arithmetic.
    """
    try:
        if path.stat().st_size > _LARGEST_FILE:
            raise _NotHarmlessError(f"it has more than {_LARGEST_FILE >> 20} MB")
        data = path.read_bytes()
        _check_model(memoryview(data))
    except OSError as error:
        raise ModelError(f"The model file {path} cannot be read: {error.strerror}.") from error
    except _NotHarmlessError as error:
        raise ModelError(
            f"{path.name} cannot be loaded as an ONNX model: {error}. Nothing of it was run."
        ) from error
    return data


def _check_model(data: memoryview) -> None:
    graphs = 0
    for number, value in _fields(data):
        if number == 7:
            graphs += 1
            _check_graph(_message(value), 1)
        elif number == 8:
            domain = _text(dict(_fields(_message(value))).get(1, b""))
            if domain not in _OPERATORS:
                raise _NotHarmlessError(f"it needs operators of '{domain}', which are not ONNX's")
        elif number in (20, 25):
            raise _NotHarmlessError("it holds functions or training steps of its own")
    if graphs != 1:
        raise _NotHarmlessError(
            "it is not an ONNX model" if not graphs else "it holds several graphs"
        )


def _check_graph(data: memoryview, depth: int) -> None:
    if depth > _DEEPEST:
        raise _NotHarmlessError(f"its graphs lie more than {_DEEPEST} deep in each other")
    for number, value in _fields(data):
        if number == 1:
            _check_node(_message(value), depth)
        elif number == 5:
            _check_tensor(_message(value))
        elif number == 15:
            raise _NotHarmlessError("it holds sparse tensors")


def _check_node(data: memoryview, depth: int) -> None:
    kind = domain = ""
    for number, value in _fields(data):
        if number == 4:
            kind = _text(value)
        elif number == 7:
            domain = _text(value)
        elif number == 5:
            _check_attribute(_message(value), depth)
    if kind not in _OPERATORS.get(domain, ()):
        named = f"{domain}.{kind}" if domain else kind
        raise _NotHarmlessError(
            f"it needs the operator '{named}', which is not among those allowed"
        )


def _check_attribute(data: memoryview, depth: int) -> None:
    for number, value in _fields(data):
        if number == 5:
            _check_tensor(_message(value))
        elif number == 6:
            _check_graph(_message(value), depth + 1)
        elif number in (10, 11, 22, 23):
            raise _NotHarmlessError("an operator of it holds lists of tensors or graphs")


def _check_tensor(data: memoryview) -> None:
    dimensions = []
    for number, value in _fields(data):
        if number == 1:
            dimensions += [value] if isinstance(value, int) else list(_packed(value))
        elif number == 13 or (number == 14 and value != 0):
            raise _NotHarmlessError("it wants to read other files (external data)")
    if math.prod(dimensions) > _LARGEST_TENSOR:
        raise _NotHarmlessError(f"it holds a tensor of {' x '.join(map(str, dimensions))} numbers")


def _fields(data: memoryview) -> Iterator[tuple[int, int | memoryview]]:
    """Numbers and values of a message's fields, in their order."""
    place = 0
    while place < len(data):
        key, place = _varint(data, place)
        number, kind = key >> 3, key & 7
        if kind == _VARINT:
            value, place = _varint(data, place)
            yield number, value
            continue
        if kind == _BYTES:
            size, place = _varint(data, place)
        elif kind in (_EIGHT, _FOUR):
            size = 8 if kind == _EIGHT else 4
        else:
            raise _NotHarmlessError("it is not an ONNX model, or damaged")
        if number == 0 or place + size > len(data):
            raise _NotHarmlessError("it is not an ONNX model, or cut off")
        yield number, data[place : place + size]
        place += size


def _varint(data: memoryview, place: int) -> tuple[int, int]:
    value = 0
    for shift in range(0, 70, 7):
        if place >= len(data):
            break
        byte = data[place]
        place += 1
        value |= (byte & 0x7F) << shift
        if byte < 0x80:
            return value, place
    raise _NotHarmlessError("it is not an ONNX model, or cut off")


def _packed(data: memoryview) -> Iterator[int]:
    place = 0
    while place < len(data):
        value, place = _varint(data, place)
        yield value


def _message(value: int | memoryview) -> memoryview:
    if isinstance(value, int):
        raise _NotHarmlessError("it is not an ONNX model, or damaged")
    return value


def _text(value: int | memoryview | bytes) -> str:
    return str(value) if isinstance(value, int) else bytes(value).decode("utf-8", "replace")
