"""The report of a comparison."""

import re
import sys
import xml.etree.ElementTree as ET

import numpy as np
import pytest

from lunar_oxide_plugin.core.results.comparison import CellPairs, Comparison, Thumbnail
from lunar_oxide_plugin.report.comparison_report import figure, html_report


def compared(classes=True):
    random = np.random.default_rng(1)
    reference = random.uniform(2, 20, (2, 30, 40))
    values = reference + random.normal(1, 1, reference.shape)
    comparison = Comparison(["FeO", "TiO2"], 10.6 if classes else None)
    flat = values.reshape(2, -1)
    comparison.add(flat, reference.reshape(2, -1), np.ones(1200), flat[0])
    return comparison, values, reference


def shown_as_pictures():
    comparison, values, reference = compared()
    for oxide, plane in zip(comparison.oxides, values - reference):
        picture = Thumbnail(40, 30, 20)
        picture.add(0, 0, plane)
        oxide.shown = picture.means
    return comparison


def shown_as_cells(mare):
    comparison, values, reference = compared(mare)
    bounds = np.array([[-10.0, 0, 170, 190], [0, 10, -20, 0], [80, 90, -180, 180]])
    classes = np.array([True, False, False]) if mare else None
    for oxide, v, r in zip(comparison.oxides, values, reference):
        oxide.shown = CellPairs(bounds, v[0, :3], r[0, :3], classes)
    return comparison


@pytest.mark.parametrize(
    "comparison", [shown_as_pictures(), shown_as_cells(True), shown_as_cells(False)]
)
def test_figures_are_drawn(comparison):
    for oxide in comparison.oxides:
        svg = figure(oxide, oxide.agreements[0])
        assert ET.fromstring(svg).tag == "{http://www.w3.org/2000/svg}svg"


def test_constant_maps_and_few_pairs_can_be_drawn():
    comparison = Comparison(["FeO"], None)
    comparison.add(np.array([[5.0]]), np.array([[5.0]]), np.array([2.0]))
    oxide = comparison.oxides[0]
    oxide.shown = CellPairs(np.array([[0.0, 9, 0, 9]]), np.array([5.0]), np.array([5.0]), None)
    assert figure(oxide, oxide.agreements[0])
    oxide.shown = np.zeros((1, 1))
    assert figure(oxide, oxide.agreements[0])
    beyond = Comparison(["FeO"], None)
    beyond.add(np.array([[90.0, 95]]), np.array([[80.0, 99]]), np.ones(2))
    oxide = beyond.oxides[0]
    oxide.shown = np.zeros((2, 1))
    assert figure(oxide, oxide.agreements[0])


def test_the_page(monkeypatch):
    monkeypatch.setitem(sys.modules, "matplotlib", None)
    shown = shown_as_pictures()
    text = html_report(shown, ("a<b.tif", "c.tif"), "Averaged.", ["SYNTHETIC"], {"KEY": "value"})
    assert "a&lt;b.tif" in text
    assert '<p class="warning">SYNTHETIC</p>' in text
    assert text.count("no matplotlib") == 2
    found = shown.oxides[0].agreements[0]
    row = re.search(r"<tr><td>FeO</td><td>all</td>(.*?)</tr>", text)[1]
    assert f"<td>{found.rmse:.2f}</td>" in row
    assert f"<td>{found.r2:.3f}</td>" in row
    means = text.split("Mean contents")[1]
    assert "<th>FeO</th><th>TiO2</th></tr>" in means
    assert (
        "<td>mare</td><td>Zhang et al. (2023), Icarus 397, 115505, Table 2</td><td>15.39</td>"
        in (means)
    )
