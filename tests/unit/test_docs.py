"""The documentation: links, pictures, and the tutorial's commands against the public contract."""

import re
import shlex
from pathlib import Path

import pytest

from lunar_oxide_plugin.about import NAME, VERSION

ROOT = Path(__file__).resolve().parents[2]
DOCS = ROOT / "docs"
TUTORIAL = DOCS / "tutorial.md"
PAGES = sorted([ROOT / "README.md", ROOT / "CONTRIBUTING.md", *DOCS.rglob("*.md")])

_LINK = re.compile(r"!?\[[^\]]*\]\(([^)\s]+)\)")
_CODE = re.compile(r"^```.*?^```$", re.DOTALL | re.MULTILINE)
_PICTURE = re.compile(r"^!\[([^\]]*)\]\((images/[^)]+)\)$\n+^\*(.+?)\*$", re.DOTALL | re.MULTILINE)
_NAME = re.compile(r"(?:[a-z]+:)?[A-Z][A-Za-z0-9_]*")

OXIDES = ["MgO", "Al2O3", "CaO", "TiO2", "FeO"]
UNITS = ["unit", *OXIDES, "Mg# of means", "outside domain"]

#: Marker -> header of its table, and the first cells of its rows.
TABLES = {
    "mairan table": (UNITS, ["Northeast", "Mairan T", "Middle", "South", "mare", "highlands"]),
    "sosigenes table": (UNITS, ["Mound", "Hummocky", "Blocky", "mare"]),
    "mairan separation": (
        ["units", "Al2O3", "FeO", "TiO2"],
        [
            "Northeast - Mairan T",
            "Northeast - Middle",
            "Northeast - South",
            "Mairan T - Middle",
            "Mairan T - South",
            "Middle - South",
        ],
    ),
    "modes": (
        ["raster", "Al2O3", "CaO", "FeO", "MgO", "TiO2", "Mg#"],
        ["mairan (SYNTHETIC)", "sosigenes (SYNTHETIC)"],
    ),
    "terrain": (
        ["class", "pixels", "% of the area", "FeO, wt%", "TiO2, wt%"],
        [
            "highlands",
            "very-low-Ti mare",
            "low-Ti mare",
            "high-Ti mare",
            "mare, all types",
            "whole raster",
        ],
    ),
    "models": (
        ["oxide", "mean, default model", "mean, 1D-CNN", "bias", "RMSE", "R2"],
        ["Al2O3", "CaO", "FeO", "MgO", "TiO2"],
    ),
}


def read(path):
    return path.read_text("utf-8")


def anchors(path):
    """Anchors of a page's headings, as GitHub makes them."""
    found = set()
    for heading in re.findall(r"^#+ (.+)$", _CODE.sub("", read(path)), re.MULTILINE):
        plain = re.sub(r"\[([^\]]*)\]\([^)]*\)", r"\1", heading).lower()
        found.add(re.sub(r"[^\w\- ]", "", plain).replace(" ", "-"))
    return found


def links(path):
    """Relative links of a page: file and anchor."""
    for link in _LINK.findall(_CODE.sub("", read(path))):
        if not re.match(r"[a-z]+:", link):
            file, _, anchor = link.partition("#")
            yield (path.parent / file).resolve() if file else path, anchor


@pytest.mark.parametrize("page", PAGES, ids=lambda path: path.name)
def test_links_lead_somewhere(page):
    for target, anchor in links(page):
        assert target.exists(), target.relative_to(ROOT)
        if anchor and target.suffix == ".md":
            assert anchor in anchors(target), f"{target.name}#{anchor}"


def test_the_front_page_is_short():
    assert len(read(ROOT / "README.md").splitlines()) <= 100


def test_the_citation_is_of_this_version():
    text = read(ROOT / "CITATION.cff")
    assert f"\ntitle: {NAME}\nabstract" in text
    assert f"\nversion: {VERSION}\n" in text


def test_every_picture_is_shown():
    shown = {target for page in PAGES for target, _ in links(page)}
    assert {path for path in (DOCS / "images").iterdir() if path not in shown} == set()


def test_pictures_of_the_tutorial_are_small_and_called_synthetic():
    text = read(TUTORIAL)
    pictures = _PICTURE.findall(text)
    files = [DOCS / file for _, file, _ in pictures]
    assert len(files) == text.count("](images/") >= 10
    assert sum(file.stat().st_size for file in files) < 2_000_000
    for description, file, caption in pictures:
        assert description
        assert "SYNTHETIC" in caption, file


def contract():
    """Parameters and outputs of each algorithm by docs/architecture.md."""
    rows = re.findall(
        r"^\| `(lunaroxide:[a-z]+)` \| (.+?) \| (.+) \|$",
        read(DOCS / "architecture.md"),
        re.MULTILINE,
    )
    assert len(rows) > 10
    return {name: set(_NAME.findall(inputs + " " + outputs)) for name, inputs, outputs in rows}


def commands(page):
    """The page's calls of qgis_process run, in words."""
    for block in re.findall(r"^```[a-z]*\n(.*?)^```$", read(page), re.DOTALL | re.MULTILINE):
        for line in block.replace("\\\n", " ").splitlines():
            if line.startswith("qgis_process run"):
                yield shlex.split(line)


def test_algorithms_of_the_tutorial_are_in_the_contract():
    named = set(re.findall(r"lunaroxide:[a-z]+", read(TUTORIAL)))
    assert len(named) >= 8
    assert named <= set(contract())


@pytest.mark.parametrize(
    "page", [ROOT / "README.md", DOCS / "guide.md", TUTORIAL], ids=lambda path: path.name
)
def test_commands_use_parameters_of_the_contract(page):
    known = contract()
    calls = list(commands(page))
    assert calls
    for _, _, algorithm, *options in calls:
        for option in options:
            name, equals, value = option.partition("=")
            assert equals, option
            assert value, option
            assert name.removeprefix("--") in known[algorithm], (algorithm, option)


def between(name):
    """What stands between two markers of the tutorial."""
    (text,) = re.findall(rf"<!-- {name} -->\n(.*?)<!-- end {name} -->", read(TUTORIAL), re.DOTALL)
    return text.strip()


@pytest.mark.parametrize("name", sorted(TABLES))
def test_tables_of_the_tutorial(name):
    header, rows = TABLES[name]
    lines = [[cell.strip() for cell in line.split("|")[1:-1]] for line in between(name).split("\n")]
    assert lines[0] == header
    assert [line[0] for line in lines[2:]] == rows
    for line in lines[2:]:
        assert len(line) == len(header)
        # A class without a pixel has no means.
        number = r"[-+]?\d|-$" if line[1] == "0" else r"[-+]?\d"
        assert all(re.match(number, cell) for cell in line[1:])


def test_every_marker_of_the_tutorial_is_filled():
    text = read(TUTORIAL)
    ends = re.findall(r"<!-- end ([a-z ]+) -->", text)
    assert set(TABLES) < set(ends)
    assert all(between(name) for name in ends)


def test_no_page_names_a_folder_of_a_machine():
    for page in PAGES:
        assert not re.search(r"/(home|work|tmp|root|Users)/\w", read(page)), page.name


def test_where_do_i_change_names_files_that_are_there():
    text = read(ROOT / "CONTRIBUTING.md")
    table = text[text.index("## Where do I change") : text.index("## Without Debian")]
    rows = [line.split("|")[2] for line in table.splitlines() if line.startswith("| ")][2:]
    assert len(rows) >= 10
    for row in rows:
        for path in re.findall(r"`([^`]*/[^`]*)`", row):
            roots = [ROOT, ROOT / "lunar_oxide_plugin"]
            assert any((root / path).exists() for root in roots), path
        for file, name in re.findall(r"`([^`]+\.py)`, `([A-Z]+)`", row):
            source = read(ROOT / "lunar_oxide_plugin" / file)
            assert re.search(rf"^{name}\b.* = ", source, re.MULTILINE), (file, name)
