"""Pages and figures of reports."""

import base64
import math
import re
import sys
import xml.etree.ElementTree as ET
from html.parser import HTMLParser

import pytest

from lunar_oxide_plugin.report.figures import drawn
from lunar_oxide_plugin.report.page import Page


class Balanced(HTMLParser):
    """Fails where tags are not closed in the order in which they were opened."""

    def __init__(self):
        super().__init__()
        self.open = []

    def handle_starttag(self, tag, attrs):
        if tag not in ("meta", "img"):
            self.open.append(tag)

    def handle_endtag(self, tag):
        assert self.open.pop() == tag


def line(figure):
    figure.subplots().plot([0, 1], [2, 5], label="$FeO")


def page(svg):
    made = Page("Title <1>")
    made.heading("A & B")
    made.paragraph("<script>alert(1)</script>")
    made.warning("SYNTHETIC")
    made.table(["unit", "FeO"], [["<a>", 1.234], ["b", math.nan], ["c", None]], [0, 1], "Cap<tion")
    made.figure(svg, 'A "line"')
    made.provenance({"<KEY>": "value & more"})
    return made.html()


def test_page_is_well_formed_and_needs_nothing():
    text = page(drawn(line, 3, 2))
    parser = Balanced()
    parser.feed(text)
    assert parser.open == []
    assert "<td>&lt;a&gt;</td><td>1.2</td>" in text
    assert "<td>b</td><td></td>" in text
    assert "<td>c</td><td></td>" in text
    assert "&lt;KEY&gt;" in text
    for forbidden in ("<script", "<link", "http:", "https:", "url("):
        assert forbidden not in text


def test_figure_is_svg_without_references_outside():
    image = re.search(r"data:image/svg\+xml;base64,([^\"]+)", page(drawn(line, 3, 2)))[1]
    root = ET.fromstring(base64.b64decode(image))
    assert root.tag == "{http://www.w3.org/2000/svg}svg"
    links = [value for node in root.iter() for key, value in node.attrib.items() if "href" in key]
    assert links
    assert all(link.startswith("#") for link in links)


def test_the_same_drawing_is_the_same_text():
    assert drawn(line, 3, 2) == drawn(line, 3, 2)
    assert drawn(line, 3, 2) != drawn(line, 3, 3)


def test_without_matplotlib_the_page_says_so(monkeypatch):
    monkeypatch.setitem(sys.modules, "matplotlib", None)
    svg = drawn(line, 3, 2)
    assert svg is None
    text = page(svg)
    assert "no matplotlib" in text
    assert "A &quot;line&quot;" in text
    assert "<img" not in text


def test_an_error_in_a_drawing_is_not_hidden():
    def broken(figure):
        raise ValueError("no such thing")

    with pytest.raises(ValueError, match="no such thing"):
        drawn(broken, 3, 2)


def test_what_rounds_to_nothing_has_no_sign():
    made = Page("t")
    made.table(["a", "b"], [[-0.001, -0.006]])
    assert "<td>0.00</td><td>-0.01</td>" in made.html()
