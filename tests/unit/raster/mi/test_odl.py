"""The label language, against an independent parser, and what it refuses."""

import datetime
import re
import tracemalloc

import pvl
import pytest
from hypothesis import given
from hypothesis import strategies as st

from lunar_oxide_plugin.core.errors import RasterError
from lunar_oxide_plugin.raster.mi.odl import DEEPEST, Quantity, parse_label
from tests.folders import DATA

LABELS = DATA / "labels"
V3 = LABELS / "MI_MAP_03_N51E124N50E125SC.lbl"
V2 = LABELS / "MI_MAP_02_N65E328N64E329SC.pvl"
STRIP = LABELS / "MIA_3C5_03_01351S791E0024SC.pvl"


def parsed(text):
    return parse_label(text, "tile.lbl").keywords


def plain(value):
    """What pvl or parse_label found, in one common form."""
    if isinstance(value, pvl.collections.MutableMappingSequence):
        value = dict(value.items())
    if isinstance(value, dict):
        value = {key.upper(): plain(inner) for key, inner in value.items()}
    elif isinstance(value, pvl.collections.Quantity):
        value = (plain(value.value), value.units)
    elif isinstance(value, Quantity):
        value = (plain(value.value), value.unit)
    elif isinstance(value, list):
        value = [plain(item) for item in value]
    elif isinstance(value, (set, frozenset)):
        value = sorted((plain(item) for item in value), key=str)
    elif isinstance(value, (bool, type(None))):
        value = {True: "TRUE", False: "FALSE", None: "NULL"}[value]
    elif isinstance(value, datetime.datetime):
        value = value.replace(tzinfo=None).isoformat()
    return value


@pytest.mark.parametrize("path", [V3, V2, STRIP], ids=["V3", "V2", "3C5"])
@pytest.mark.parametrize("newline", ["\n", "\r\n"])
def test_real_labels_parse_as_pvl_parses_them(path, newline):
    text = path.read_text("latin-1").replace("\n", newline)
    mine, theirs = plain(parsed(text)), plain(pvl.loads(text))
    # pvl reads a set as a Python set: order and repetitions are lost.
    for key in ("LEVEL2A_FILE_NAME", "DETECTOR_STATUS"):
        if key in theirs:
            assert len(mine.pop(key)) == len(theirs.pop(key))
    for name in ("DARK_FILE_NAME", "FLAT_FILE_NAME", "EFFIC_FILE_NAME", "NONLIN_FILE_NAME"):
        for label in (mine, theirs):
            block = label["PROCESSING_PARAMETERS"]
            items = block[name]
            nested = any(isinstance(item, list) for item in items)
            block[name] = [sorted(set(item)) for item in items] if nested else sorted(items)
    assert mine == theirs


keywords = st.from_regex(r"\A[A-Z][A-Z_]{0,12}[A-Z]\Z").filter(
    lambda word: not word.startswith(("END", "OBJECT", "GROUP", "BEGIN"))
)
words = st.from_regex(r"\A[A-Z][A-Za-z_]{1,8}[A-Z]\Z").filter(
    lambda word: (
        word.upper() not in ("NULL", "TRUE", "FALSE", "END", "INF", "NAN", "INFINITY")
        and not word.upper().startswith("END")
    )
)
numbers = st.integers(-(10**9), 10**9) | st.floats(-1e9, 1e9, allow_nan=False).map(
    lambda x: float(f"{x:.6e}")
)
quoted = st.text("abcXYZ 0123.,:;()=<>{}_/*", min_size=1, max_size=20).map(
    lambda text: " ".join(text.split())
)


@st.composite
def written_values(draw, depth=2):
    """(value, its text in a label)."""
    kind = draw(st.sampled_from(["word", "number", "quoted", "quantity"] + ["list"] * (depth > 0)))
    if kind == "word":
        word = draw(words)
        return word, word
    if kind == "number":
        number = draw(numbers)
        return number, repr(number)
    if kind == "quoted":
        text = draw(quoted.filter(bool))
        return text, f'"{text}"'
    if kind == "quantity":
        number = draw(numbers)
        return Quantity(number, "km/pixel"), f"{number!r} <km/pixel>"
    items = draw(st.lists(written_values(depth=depth - 1), min_size=1, max_size=4))
    gap = draw(st.sampled_from([", ", ",", ",\r\n      "]))
    return [value for value, _ in items], f"({gap.join(text for _, text in items)})"


@given(
    st.dictionaries(keywords, written_values(), min_size=1, max_size=5),
    st.dictionaries(keywords, written_values(), min_size=1, max_size=5),
    st.sampled_from(["\n", "\r\n"]),
    st.booleans(),
)
def test_made_up_labels(top, inner, newline, lower_case):
    lines = [f"{key} = {text}" for key, (_, text) in top.items()]
    lines += ["Object = IMAGE" if lower_case else "OBJECT = IMAGE", "/* a comment */"]
    lines += [f"  {key}={text}" for key, (_, text) in inner.items()]
    lines += ["End_Object" if lower_case else "END_OBJECT = IMAGE", "END", ""]
    text = newline.join(lines)
    label = parsed(text + "\0\1 = = =")
    expected = {key: value for key, (value, _) in top.items()}
    expected["IMAGE"] = {key: value for key, (value, _) in inner.items()}
    assert label == expected
    assert plain(label) == plain(pvl.loads(text))


@pytest.mark.parametrize(
    ("text", "value"),
    [
        ("04406_005", "04406_005"),  # Python's int() would drop the underscore
        ("1_0.5", "1_0.5"),
        ("NAN", "NAN"),
        ("Infinity", "Infinity"),
        ("+5", 5),
        ("-0.5", -0.5),
        (".5", 0.5),
        ("5.", 5.0),
        ("2e-05", 2e-5),
        ("2.0E+03", 2000.0),
        ("2011-10-25T04:31:02", "2011-10-25T04:31:02"),
        ("N/A", "N/A"),
        ("'single'", "single"),
        ('"two\r\n    lines"', "two lines"),
        ('"it says END\nEND\nhere"', "it says END END here"),
        ("{A, B}", ["A", "B"]),
        ("(1, 2) <nm>", Quantity([1, 2], "nm")),
        ("1" * 18, int("1" * 18)),
        ("1" * 19, 1111111111111111111.0),  # no 64-bit integer
        ("1" * 5000, "1" * 5000),  # Python refuses to make a number of it
        ("1e400", "1e400"),  # infinite as a double
        ("0." + "1" * 100, "0." + "1" * 100),
        ("inf", "inf"),
        ("N/*A", "N/*A"),
        ("()", []),
        ("{}", []),
    ],
)
def test_values(text, value):
    label = parsed(f"A = {text}\r\nB = 1\r\nEND\r\n")
    assert label == {"A": value, "B": 1}
    assert type(label["A"]) is type(value)


@pytest.mark.parametrize(
    ("text", "line", "keyword", "reason"),
    [
        ('"A" = 1\nEND', 1, "", "a keyword was expected, not '\"A\"'"),
        ("= 1\nEND", 1, "", "a keyword was expected, not '='"),
        ("END_OBJECT = IMAGE\nEND", 1, "END_OBJECT", "END_OBJECT without its beginning"),
        ("A = 1\nB C = 1\nEND", 2, "B", "'=' was expected, not 'C'"),
        ("A = 1\nB", 2, "B", "cut off, there is no END statement in 7 bytes"),
        ("A = 1\nB =", 2, "B", "cut off, there is no END statement"),
        ("A = 1\n", 2, "A", "cut off, there is no END statement"),
        ("", 1, "", "cut off, there is no END statement in 0 bytes"),
        ("A = = 1\nEND", 1, "A", "a value was expected, not '='"),
        ("A = 1\nB = \nC = 2\nEND", 3, "B", "a keyword was expected, not '='"),
        ("A = )\nEND", 1, "A", r"a value was expected, not '\)'"),
        ("A = <km>\nEND", 1, "A", "a value was expected, not 'km'"),
        ("A = 1 <km> <km>\nEND", 1, "A", "a keyword was expected, not 'km'"),
        ("A = (1, 2\nEND", 2, "A", "',' was expected, not 'END'"),
        ("A = (1 2)\nEND", 1, "A", "',' was expected, not '2'"),
        ("A = (1, 2}\nEND", 1, "A", "',' was expected, not '}'"),
        ("A = (1,)\nEND", 1, "A", r"a value was expected, not '\)'"),
        ("A = (,1)\nEND", 1, "A", "a value was expected, not ','"),
        ('A = 1\nB = "never closed\nEND', 2, "B", "what follows is not a PDS3 label"),
        ("A = 1 <never closed\nEND", 1, "A", "what follows is not a PDS3 label"),
        ("A = 1 /* never closed\nEND", 1, "A", "what follows is not a PDS3 label"),
        ("A = 1\n\0\0\nEND", 2, "A", r"not a PDS3 label: '\\x00\\x00\\nEND'"),
        ('A = "a\0b"\nEND', 1, "A", "what follows is not a PDS3 label"),
        ("A = \x7fELF\nEND", 1, "A", "what follows is not a PDS3 label"),
        ("OBJECT = IMAGE\nA = 1\nEND", 3, "A", "OBJECT IMAGE is not ended"),
        ("OBJECT = IMAGE\nEND_GROUP\nEND", 3, "END_GROUP", "END_GROUP without its beginning"),
        (f"OBJECT = {'A' * 9999}\nEND_OBJECT = B\nEND", 3, "END_OBJECT", r"A{100,500}\.\.\.\. The"),
        ("OBJECT = A\nEND_OBJECT = B\nEND", 3, "END_OBJECT", "it is A that is open"),
        ("OBJECT = 5\nEND_OBJECT = 5\nEND", 2, "OBJECT", "OBJECT needs a name"),
        ("OBJECT = (A, B)\nEND", 2, "OBJECT", "OBJECT needs a name"),
        ("OBJECT = A\nEND_OBJECT\nOBJECT = A\nEND_OBJECT\nEND", 4, "A", "OBJECT A stands twice"),
        ("A = 5\nOBJECT = A\nEND_OBJECT\nEND", 3, "A", "OBJECT A stands twice"),
        ("OBJECT = A\nEND_OBJECT\nA = 5\nEND", 4, "A", "A stands twice, with different values"),
        ("A = 5\nB = 2\nA = 6\nEND", 4, "A", "A stands twice, with different values"),
    ],
)
def test_damaged_labels_name_file_line_and_keyword(text, line, keyword, reason):
    at = f" at {re.escape(keyword)}" if keyword else ""
    with pytest.raises(RasterError, match=rf"^tile\.lbl, line {line}{at}: .*{reason}"):
        parsed(text)


def test_what_stands_twice_with_the_same_value_is_read():
    assert parsed("A = (1, 2)\nA = (1, 2)\nEND") == {"A": [1, 2]}


@pytest.mark.parametrize(("opening", "closing"), ["()", "{}"])
def test_lists_as_deep_as_they_may_be(opening, closing):
    def label(depth):
        return f"A = {opening * depth}1{closing * depth}\nEND"

    value = parsed(label(DEEPEST))["A"]
    for _ in range(DEEPEST):
        (value,) = value
    assert value == 1
    for depth in (DEEPEST + 1, 100_000):
        with pytest.raises(RasterError, match="line 1 at A: lists are nested deeper than 8"):
            parsed(label(depth))


def test_objects_as_deep_as_they_may_be():
    def label(depth):
        return "OBJECT = A\n" * depth + "B = 1\n" + "END_OBJECT\n" * depth + "END"

    value = parsed(label(DEEPEST))
    for _ in range(DEEPEST):
        value = value["A"]
    assert value == {"B": 1}
    for depth in (DEEPEST + 1, 20_000):
        with pytest.raises(RasterError, match="at OBJECT: objects are nested deeper than 8"):
            parsed(label(depth))


@pytest.mark.parametrize("path", [V3, V2, STRIP], ids=["V3", "V2", "3C5"])
def test_where_a_label_ends(path):
    text = path.read_text("latin-1")
    assert text[: parse_label(text + "= junk", "").length] == text.rstrip()


@given(st.integers(0, V3.stat().st_size - 2))
def test_a_cut_label_is_refused(length):
    with pytest.raises(RasterError, match=r"^tile\.lbl, line \d+"):
        parsed(V3.read_text("latin-1")[:length])


@pytest.mark.parametrize(
    "unit",
    [
        "A = 1\n",
        "/* ",
        "/**/",
        "(",
        "((1),",
        '"',
        "<",
        "1,",
        "a,",
        "1<a>,",
        "OBJECT = B\n",
        "= ",
        " ",
    ],
)
@pytest.mark.parametrize("start", ["", "A = ", "A = ("])
def test_memory_for_the_longest_label_is_bounded(start, unit):
    """At most 32 MiB, 128 times the 256 KiB that are read."""
    text = (start + unit * (1 << 18))[: 1 << 18]
    tracemalloc.start()
    with pytest.raises(RasterError):
        parsed(text)
    _, peak = tracemalloc.get_traced_memory()
    tracemalloc.stop()
    assert peak < 32 << 20
