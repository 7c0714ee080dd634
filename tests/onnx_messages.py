"""ONNX files written field by field, so that they can hold what no library would write."""

from __future__ import annotations

import numpy as np

FLOAT, INT64 = 1, 7


def varint(value):
    """An integer as protocol buffers have it; negative ones as 64 bits."""
    value &= (1 << 64) - 1
    out = bytearray()
    while True:
        out.append((value & 0x7F) | (0x80 if value > 0x7F else 0))
        value >>= 7
        if not value:
            return bytes(out)


def field(number, value):
    """A field: an integer, a text or the bytes of a message."""
    if isinstance(value, int):
        return varint(number << 3) + varint(value)
    data = value.encode() if isinstance(value, str) else value
    return varint(number << 3 | 2) + varint(len(data)) + data


def join(*parts):
    return b"".join(parts)


def tensor(name, values, *more, dims=None):
    values = np.asarray(values, np.float32)
    shape = values.shape if dims is None else dims
    return join(
        *(field(1, size) for size in shape),
        field(2, FLOAT),
        field(8, name),
        field(9, values.tobytes()),
        *more,
    )


def node(kind, inputs, outputs, *attributes, domain=""):
    return join(
        *(field(1, name) for name in inputs),
        *(field(2, name) for name in outputs),
        field(4, kind),
        *(field(5, attribute) for attribute in attributes),
        field(7, domain) if domain else b"",
    )


def graph_attribute(name, graph):
    return join(field(1, name), field(6, graph), field(20, 5))


def value_info(name, rows, kind=FLOAT):
    sizes = [field(1, field(1, rows)), field(1, field(2, "n"))]
    return join(field(1, name), field(2, field(1, field(1, kind) + field(2, join(*sizes)))))


#: oxides = weights x reflectance
WEIGHTS = np.full((5, 8), 2, np.float32)
PLAIN = node("MatMul", ["weights", "reflectance"], ["oxides"])


def graph(nodes=(PLAIN,), tensors=None, *more, inputs=None, outputs=None):
    tensors = [tensor("weights", WEIGHTS)] if tensors is None else tensors
    inputs = [value_info("reflectance", 8)] if inputs is None else inputs
    outputs = [value_info("oxides", 5)] if outputs is None else outputs
    return join(
        *(field(1, one) for one in nodes),
        field(2, "graph"),
        *(field(5, one) for one in tensors),
        *(field(11, one) for one in inputs),
        *(field(12, one) for one in outputs),
        *more,
    )


def opset(version=17, domain=""):
    return join(field(1, domain) if domain else b"", field(2, version))


def model(of=None, *more, ir=8, opsets=None, metadata=()):
    opsets = [opset()] if opsets is None else opsets
    return join(
        field(1, ir),
        field(7, graph() if of is None else of),
        *(field(8, one) for one in opsets),
        *(field(14, field(1, key) + field(2, value)) for key, value in dict(metadata).items()),
        *more,
    )
