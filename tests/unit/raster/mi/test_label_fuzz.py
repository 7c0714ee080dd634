"""Whatever a label holds: a tile, or one RasterError that names the file. No more than 32 MiB."""

import re
import tempfile
import tracemalloc

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from lunar_oxide_plugin.core.errors import RasterError
from lunar_oxide_plugin.raster.mi.mi_label import MiLabel, find_label
from tests.folders import DATA
from tests.mi_tiles import scene, write_tile

LABELS = DATA / "labels"
REAL = {path.stem: path.read_bytes() for path in sorted(LABELS.iterdir()) if path.suffix != ".md"}


def written(**layout):
    """The label of a small tile, that the plugin can open."""
    with tempfile.TemporaryDirectory() as folder:
        text = write_tile(folder, scene(), name="T", **layout).read_bytes()
    return text.partition(b"\r\nEND\r\n")[0] + b"\r\nEND\r\n"


WRITTEN = {"V3": written(), "V2": written(attached=True), "3C5": written(strip=True)}

#: The bands, where any of the three layouts has them.
IMAGE = bytes(2 * (16384 + scene().nbytes))

#: Python's memory while a label is read and used, beside that of the label's text.
PEAK = 32 << 20

EXTREMES = (
    *("0", "-1", "1.5", "-0.0", "1e-320", "1e308", "-1e308", "1e400", "inf", "NaN", "N/A", "UNK"),
    *("2147483647", "2147483648", "4294967296", "9223372036854775807", "18446744073709551616"),
    *("9" * 400, "9" * 5000, "1e" + "9" * 30, "0." + "0" * 5000 + "1", "16#FF#", "1_000"),
    *('""', "''", "()", "{}", "(1, 2)", "((1))", '"a" <b>', "1 <BYTES>", "999999999 <BYTES>"),
    *('("../../etc/passwd", 1)', '"/etc/passwd"', '"T.lbl"', '("T.lbl", 1)', '"/vsizip/x.zip/a"'),
    *('"\xff\xfe"', "\0", "/*", "<", "(", '"', "END", "= =", "OBJECT = IMAGE", "(" * 2000),
)

NUMBER = re.compile(rb"-?\d+(\.\d+)?(e-\d+)?")
VALUE = re.compile(rb"(?<== )[^\r\n]+")


@st.composite
def damaged(draw, labels):
    """A label with one to four faults."""
    text = draw(st.sampled_from(labels))
    for _ in range(draw(st.integers(1, 4))):
        start = draw(st.integers(0, len(text)))
        stop = min(len(text), start + draw(st.sampled_from([1, 2, 10, 100, 3000])))
        kind = draw(st.sampled_from(["flip", "delete", "repeat", "cut", "swap", "number", "value"]))
        if kind == "flip":
            bits = draw(st.integers(1, 255))
            text = (
                text[:start] + bytes(b ^ bits for b in text[start : start + 1]) + text[start + 1 :]
            )
        elif kind == "delete":
            text = text[:start] + text[stop:]
        elif kind == "repeat":
            times = draw(st.sampled_from([2, 3, 100]))
            text = text[:start] + text[start:stop] * times + text[stop:]
        elif kind == "cut":
            text = text[:start]
        elif kind == "swap":
            lines = text.split(b"\n")
            i, j = (draw(st.integers(0, len(lines) - 1)) for _ in range(2))
            lines[i], lines[j] = lines[j], lines[i]
            text = b"\n".join(lines)
        else:
            found = list((NUMBER if kind == "number" else VALUE).finditer(text))
            if found:
                match = draw(st.sampled_from(found))
                extreme = draw(st.sampled_from(EXTREMES)).encode("latin-1")
                text = text[: match.start()] + extreme + text[match.end() :]
    return text


def use(path):
    """Read a label and all that it says; return how many of the steps succeeded."""
    tracemalloc.start()
    done = 0
    try:
        assert find_label(str(path)) in (None, str(path))
        label = MiLabel(str(path))
        steps = (
            lambda: label.kind,
            label.image_name,
            label.wavelengths,
            label.shadow_reflectance,
            label.invalid_values,
            label.grid,
            lambda: ends_of(label.dataset()),
        )
        for step in steps:
            try:
                step()
                done += 1
            except RasterError as error:
                assert path.name in str(error)
                assert len(str(error)) < 1000
    except RasterError as error:
        assert path.name in str(error)
        assert len(str(error)) < 1000
    finally:
        peak = tracemalloc.get_traced_memory()[1]
        tracemalloc.stop()
    assert peak < PEAK
    return done


def ends_of(dataset):
    """The first and the last pixel: what is opened can be read."""
    for x, y in ((0, 0), (dataset.RasterXSize - 1, dataset.RasterYSize - 1)):
        assert dataset.ReadAsArray(x, y, 1, 1) is not None


@pytest.fixture(scope="module")
def folder(tmp_path_factory):
    return tmp_path_factory.mktemp("fuzz")


@pytest.mark.parametrize("text", WRITTEN.values(), ids=WRITTEN)
def test_undamaged_all_steps_succeed(folder, text):
    """Else the tests below would say little."""
    (folder / "T.img").write_bytes(IMAGE)
    for name in ("T.lbl", "A.img"):
        (folder / name).write_bytes(text.ljust(16384) + IMAGE)
        assert use(folder / name) == 7


@settings(max_examples=400)
@given(damaged([*REAL.values(), *WRITTEN.values()]))
def test_damaged_detached_labels(folder, text):
    (folder / "T.img").write_bytes(IMAGE)
    (folder / "T.lbl").write_bytes(text)
    use(folder / "T.lbl")


@settings(max_examples=200)
@given(damaged([*REAL.values(), *WRITTEN.values()]))
def test_damaged_attached_labels(folder, text):
    (folder / "A.img").write_bytes(text.ljust(16384) + IMAGE)
    use(folder / "A.img")


@given(st.binary(max_size=2000), st.booleans())
def test_random_bytes(folder, junk, announced):
    (folder / "T.lbl").write_bytes((b"PDS_VERSION_ID = PDS3\r\n" if announced else b"") + junk)
    use(folder / "T.lbl")


@given(
    st.lists(
        st.sampled_from(
            (
                *("A", "IMAGE", "^IMAGE", "OBJECT", "GROUP", "END_OBJECT", "END", "= 5", "(", ")"),
                *(
                    "{",
                    "}",
                    "=",
                    ",",
                    "<km>",
                    '"text"',
                    "1e400",
                    "\n",
                    "/* c */",
                    "INSTRUMENT_ID = MI",
                ),
            )
        ),
        max_size=60,
    )
)
def test_random_tokens(folder, tokens):
    (folder / "T.lbl").write_text(" ".join(["PDS_VERSION_ID = PDS3", *tokens]))
    use(folder / "T.lbl")


@pytest.mark.parametrize(
    "unit",
    [
        "A = 1\n",
        "(",
        "((1),",
        "/* ",
        "/**/",
        '"',
        "<",
        "OBJECT = A\n",
        "1,",
        "1 <a>,",
        "9",
        "\0",
        " ",
    ],
)
@pytest.mark.parametrize("start", ["", "A = ", "A = (", "LINES = "])
def test_huge_repeated_structures(folder, start, unit):
    """A file of 8 MiB: no more than the beginning is read."""
    text = f"PDS_VERSION_ID = PDS3\n{start}{unit * ((8 << 20) // len(unit))}"
    (folder / "T.lbl").write_text(text)
    with pytest.raises(RasterError, match=r"^T\.lbl, line \d+ at \S+: "):
        MiLabel(str(folder / "T.lbl"))
    use(folder / "T.lbl")


def test_keywords_without_end(folder):
    """As many different ones as fit, and a list as long as fits."""
    for text in ("".join(f"K{i} = {i}\n" for i in range(30000)), f"K = ({'1 <m>,' * 50000}"):
        (folder / "T.lbl").write_text(f"PDS_VERSION_ID = PDS3\n{text}")
        assert use(folder / "T.lbl") == 0
