"""Files that are no honest models: refused with a reason, before anything of theirs is run."""

import random

import numpy as np
import onnxruntime
import pytest

from lunar_oxide_plugin.core.errors import ModelError
from lunar_oxide_plugin.core.models.model import BUNDLED, OxideModel, bundled_path
from lunar_oxide_plugin.core.models.onnx_check import harmless_model
from tests.onnx_messages import (
    INT64,
    PLAIN,
    WEIGHTS,
    field,
    graph,
    graph_attribute,
    join,
    model,
    node,
    opset,
    tensor,
    value_info,
)
from tests.verdicts import verdicts


def external(location):
    return graph(tensors=[tensor("weights", WEIGHTS, field(13, location), field(14, 1))])


def located(path, **more):
    entries = {"location": path, **more}
    return join(*(field(1, key) + field(2, text) for key, text in entries.items()))


def nested(depth):
    inner = graph([node("Identity", ["weights"], ["inner"])])
    for _ in range(depth):
        inner = graph([node("If", ["c"], ["r"], graph_attribute("then_branch", inner))])
    return inner


def many(kind, domain=""):
    return graph([node(kind, ["reflectance"], ["oxides"], domain=domain)])


#: What is refused without onnxruntime ever seeing it: (file, words of the reason).
NOT_SHOWN = {
    "empty": (b"", "not an ONNX model"),
    "text": (b"Hello, I am a model.\n" * 50, "not an ONNX model"),
    "zip": (b"PK\x03\x04" + bytes(200), "not an ONNX model"),
    "pickle": (b"\x80\x04\x95cposix\nsystem\n(S'touch owned'\ntR.", "not an ONNX model"),
    "no graph": (join(field(1, 8), field(8, opset())), "not an ONNX model"),
    "two graphs": (model(None, field(7, graph())), "several graphs"),
    "a graph that is a number": (join(field(1, 8), field(7, 3)), "damaged"),
    "a size beyond the end": (model()[:-3], "cut off"),
    "an endless number": (b"\xff" * 40, "not an ONNX model"),
    "field zero": (field(0, b"a"), "cut off"),
    "groups of old": (b"\x0b\x0c", "damaged"),
    "external": (model(external(located("weights.bin"))), "external data"),
    "external above": (model(external(located("../../../../etc/passwd"))), "external data"),
    "external absolute": (model(external(located("/etc/passwd"))), "external data"),
    "external windows": (model(external(located("C:\\Windows\\win.ini"))), "external data"),
    "external remote": (model(external(located("//host/share/file"))), "external data"),
    "external huge": (model(external(located("w", offset="0", length="9" * 30))), "external data"),
    "external in a constant": (
        model(
            graph(
                [
                    node(
                        "Constant",
                        [],
                        ["weights"],
                        join(field(1, "value"), field(5, tensor("w", WEIGHTS, field(14, 1)))),
                    ),
                    PLAIN,
                ],
                [],
            )
        ),
        "external data",
    ),
    "external in a branch": (
        model(
            graph(
                [
                    node(
                        "If",
                        ["c"],
                        ["oxides"],
                        graph_attribute("then_branch", external(located("a"))),
                    )
                ]
            )
        ),
        "external data",
    ),
    "loop": (model(many("Loop")), "'Loop'"),
    "scan": (model(many("Scan")), "'Scan'"),
    "random": (model(many("RandomNormal")), "'RandomNormal'"),
    "grows": (model(many("Tile")), "'Tile'"),
    "grows too": (model(many("ConstantOfShape")), "'ConstantOfShape'"),
    "strings": (model(many("RegexFullMatch")), "'RegexFullMatch'"),
    "unknown": (model(many("RunProgram")), "'RunProgram'"),
    "domain": (model(many("Add", "com.evil")), "'com.evil.Add'"),
    "microsoft": (model(many("PyOp", "com.microsoft")), "'com.microsoft.PyOp'"),
    "opset of a domain": (model(opsets=[opset(), opset(1, "com.evil")]), "'com.evil'"),
    "functions": (model(None, field(25, field(1, "f"))), "functions"),
    "training": (model(None, field(20, b"")), "training steps"),
    "sparse": (model(graph((PLAIN,), None, field(15, b""))), "sparse"),
    "graph lists": (
        model(graph([node("If", ["c"], ["r"], join(field(1, "g"), field(11, graph())))])),
        "lists of tensors or graphs",
    ),
    "deep": (model(nested(6)), "deep in each other"),
    "very deep": (model(nested(400)), "deep in each other"),
    "huge tensor": (model(graph(tensors=[tensor("w", [], dims=[1 << 40, 8])])), "tensor of"),
    "negative tensor": (model(graph(tensors=[tensor("w", [], dims=[-5])])), "tensor of"),
    "packed sizes": (
        model(graph(tensors=[join(field(1, b"\xff\xff\xff\xff\x0f\x08"), field(8, "w"))])),
        "tensor of",
    ),
}

#: What only onnxruntime, or the test spectra, can tell.
REFUSED = {
    "cycle": graph([node("Add", ["b", "b"], ["a"]), node("Add", ["a", "a"], ["b"]), PLAIN]),
    "self": graph([node("Add", ["oxides", "oxides"], ["oxides"])]),
    "no such input": graph([node("MatMul", ["weights", "nothing"], ["oxides"])]),
    "two of one name": graph([PLAIN, PLAIN]),
    "short tensor": graph(tensors=[tensor("weights", [1.0], dims=[5, 8])]),
    "not a number": graph(tensors=[tensor("weights", WEIGHTS * np.nan)]),
    "infinite": graph(tensors=[tensor("weights", WEIGHTS * np.inf)]),
    "other input": graph(inputs=[value_info("spectrum", 8)]),
    "two inputs": graph(inputs=[value_info("reflectance", 8), value_info("b", 8)]),
    "seven bands": graph(inputs=[value_info("reflectance", 7)]),
    "integers": graph(inputs=[value_info("reflectance", 8, INT64)]),
    "other output": graph(outputs=[value_info("weights", 5)]),
    "six oxides": graph(outputs=[value_info("oxides", 6)]),
    "no output": graph(outputs=[]),
}


@pytest.fixture()
def written(tmp_path):
    def write(data):
        path = tmp_path / "own model.onnx"
        path.write_bytes(data)
        return path

    return write


def test_the_honest_one_is_read(written):
    spectra = np.full((8, 3), 0.5, np.float32)
    assert OxideModel(written(model())).predict(spectra).oxides.tolist() == [[8] * 3] * 5


@pytest.mark.parametrize("name", NOT_SHOWN)
def test_never_shown_to_onnxruntime(written, monkeypatch, name):
    data, words = NOT_SHOWN[name]
    monkeypatch.setattr(onnxruntime, "InferenceSession", None)
    with pytest.raises(ModelError) as raised:
        OxideModel(written(data))
    said = str(raised.value)
    assert words in said
    assert said.startswith("own model.onnx cannot be loaded as an ONNX model: ")
    assert said.endswith("Nothing of it was run.")


@pytest.mark.parametrize("name", REFUSED)
def test_refused(written, name):
    with pytest.raises(ModelError, match=r"^own model\.onnx "):
        OxideModel(written(model(REFUSED[name])))


@pytest.mark.parametrize(
    "data",
    [
        model(None, field(14, field(1, "id") + field(2, b"\xff\xfe"))),
        model(graph(inputs=[value_info(b"\xff", 8)])),
        model(graph(outputs=[value_info("oxides", 5), value_info(b"\xff", 5)])),
    ],
)
def test_names_that_are_no_text(written, data):
    with pytest.raises(ModelError, match=r"^own model\.onnx "):
        OxideModel(written(data))


@pytest.mark.parametrize(
    "given",
    [
        {"ir": 99},
        {"ir": 1 << 62},
        {"opsets": [opset(999)]},
        {"opsets": [opset(0)]},
        {"opsets": []},
        {"metadata": {"oxides": "gold"}},
        {"metadata": {"band_centres_nm": "\x00" * 9}},
    ],
)
def test_versions_and_metadata_are_refused(written, given):
    with pytest.raises(ModelError, match=r"^own model\.onnx "):
        OxideModel(written(model(**given)))


def test_too_large_a_file(written):
    path = written(b"")
    with path.open("r+b") as file:
        file.truncate((256 << 20) + 1)
    with pytest.raises(ModelError, match="more than 256 MB"):
        OxideModel(path)


def test_what_is_checked_is_what_is_run(written, monkeypatch):
    """A file that is exchanged between the check and the loading is not read again."""
    path = written(model())
    honest = onnxruntime.InferenceSession

    def exchanged(given, *more, **named):
        path.write_bytes(NOT_SHOWN["external absolute"][0])
        return honest(given, *more, **named)

    monkeypatch.setattr(onnxruntime, "InferenceSession", exchanged)
    assert OxideModel(path).predict(np.ones((8, 1), np.float32)).oxides[0, 0] == 16


@pytest.mark.parametrize("name", [name for name, _ in BUNDLED])
def test_bundled_models_are_harmless(name):
    assert harmless_model(bundled_path(name)) == bundled_path(name).read_bytes()


#: Loads each file named; says how it went. Of its own, as a crash would end it.
LOADS = """
import sys
import numpy as np
from lunar_oxide_plugin.core.errors import ModelError
from lunar_oxide_plugin.core.models.model import OxideModel
for path in sys.argv[1:]:
    try:
        oxides = OxideModel(path).predict(np.full((8, 2), 0.1, np.float32)).oxides
        print("verdict:", "read" if oxides.shape == (5, 2) else "wrong")
    except ModelError as error:
        print("verdict:", "refused" if "model" in str(error) else "unclear")
"""


def test_damaged_files_neither_crash_nor_hang(tmp_path):
    """Bytes changed, cut out or doubled, in 120 copies of a bundled model."""
    honest = bundled_path("zhang2023_cnn").read_bytes()
    paths = []
    for seed in range(120):
        chance = random.Random(seed)  # noqa: S311 - the same files each time, no secret
        data = bytearray(honest)
        # The first and last bytes are structure, the middle is weights.
        place = chance.choice([chance.randrange(400), -chance.randrange(1, 4000)])
        if seed % 3 == 0:
            data[place] = chance.randrange(256)
        elif seed % 3 == 1:
            del data[place : place + chance.randrange(1, 50) or None]
        else:
            data[place:place] = data[place : place + 30]
        paths.append(tmp_path / f"{seed}.onnx")
        paths[-1].write_bytes(bytes(data))
    said = verdicts(LOADS, paths)
    assert set(said) <= {"read", "refused"}
    assert said.count("refused") > 40
