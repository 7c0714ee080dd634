"""The report of oxide histograms."""

import base64
import gc
import re
import sys
import weakref
import xml.etree.ElementTree as ET

import numpy as np
import pytest

from lunar_oxide_plugin.core.results.histogram import (
    BINS,
    QUANTITIES,
    AreaHistogram,
    RasterHistograms,
)
from lunar_oxide_plugin.report import histogram_report
from lunar_oxide_plugin.report.histogram_report import html_report

from .test_page import Balanced


def of_values(name, **values):
    histograms = {}
    for quantity, found in values.items():
        quantity = "Mg#" if quantity == "mg" else quantity  # noqa: PLW2901
        histograms[quantity] = AreaHistogram(BINS[quantity])
        histograms[quantity].add(np.asarray(found, float), np.full(len(found), 0.5))
    return RasterHistograms(name, histograms)


RANDOM = np.random.default_rng(0)
SOILS = of_values(
    "soils <1>.tif",
    Al2O3=RANDOM.normal(20, 3, 3000),
    CaO=RANDOM.normal(13, 1, 3000),
    FeO=np.concatenate([RANDOM.normal(5.4, 1, 2000), RANDOM.normal(16.2, 1, 1000)]),
    MgO=RANDOM.normal(7, 1, 3000),
    TiO2=RANDOM.gamma(2, 1, 3000),
    mg=RANDOM.normal(0.6, 0.05, 3000),
)
ONE = of_values("one.tif", FeO=[8.1, -1.0, 36.0, 8.1])
EMPTY = of_values("empty.tif", FeO=[8.1], TiO2=[])


def report(*rasters):
    return html_report(rasters, "Oxide histograms", ["SYNTHETIC: one.tif."], {"KEY": "value"})


def table(text, heading):
    """Cells of the first table below a heading, by the first cell of each row."""
    part = text.split(f"<h2>{heading}</h2>")[1].split("</table>")[0]
    rows = [re.findall(r"<t[dh]>(.*?)</t[dh]>", row) for row in part.split("<tr>")[1:]]
    return {row[0]: dict(zip(rows[0], row)) for row in rows[1:]}


def test_page_holds_statistics_modes_and_published_means():
    text = report(SOILS, ONE)
    parser = Balanced()
    parser.feed(text)
    assert parser.open == []
    assert '<p class="warning">SYNTHETIC: one.tif.</p>' in text
    means = table(text, "Means")
    assert len(means) == 2 + 5
    assert means["one.tif"]["FeO"] == "12.80"
    assert means["one.tif"]["TiO2"] == ""
    published = means["published: mare, Zhang et al. (2023), Icarus 397, 115505, Table 2"]
    assert list(published.values())[1:] == ["15.36", "11.36", "15.39", "9.25", "2.89", "0.527"]
    row = table(text, "one.tif")["FeO"]
    assert row["modes (share of area)"].replace("\N{NO-BREAK SPACE}", " ") == "8.12 (50 %)"
    assert (row["below (%)"], row["above (%)"]) == ("25.00", "25.00")
    assert (row["valid area (km²)"], row["pixels"], row["median"]) == ("2.00", "4", "8.12")
    assert list(table(text, "soils &lt;1&gt;.tif")) == list(QUANTITIES)
    assert "FeO to 35 in steps of 0.25" in text


def test_an_oxide_without_a_pixel_stays_empty():
    row = table(report(EMPTY), "empty.tif")["TiO2"]
    assert (row["mean"], row["median"], row["above (%)"], row["pixels"]) == ("", "", "", "0")


def drawn_axes(monkeypatch, rasters):
    """The panels as matplotlib has them."""
    figure_module = pytest.importorskip("matplotlib.figure")
    figure = figure_module.Figure()
    monkeypatch.setattr(histogram_report, "drawn", lambda draw, width, height: draw(figure))
    histogram_report.histogram_figure(rasters)
    return figure.axes


def test_figure_shows_the_numbers(monkeypatch):
    axes = drawn_axes(monkeypatch, [SOILS, ONE])
    assert len(axes) == len(QUANTITIES) + 1
    iron = axes[QUANTITIES.index("FeO")]
    assert iron.get_yscale() == "log"
    assert iron.get_xlim() == (0, 35)
    lines = iron.get_lines()
    published = [line.get_xdata()[0] for line in lines[:5]]
    assert published == [7.42, 15.39, 5.81, 6.42, 7.40]
    curves = [line for line in lines if line.get_drawstyle() == "steps-post"]
    np.testing.assert_array_equal(curves[0].get_xdata(), BINS["FeO"].edges)
    np.testing.assert_array_equal(curves[0].get_ydata()[:-1], SOILS.histograms["FeO"].percents)
    assert curves[0].get_color() != curves[1].get_color()
    modes = [float(text.get_text()) for text in iron.texts]
    assert modes == pytest.approx([5.4, 16.2, 8.12], abs=0.2)
    magnesium = axes[QUANTITIES.index("Mg#")]
    assert len([line for line in magnesium.get_lines() if line.get_linestyle() != "None"]) == 3 + 1


def test_labels_do_not_hide_each_other(monkeypatch):
    axes = drawn_axes(monkeypatch, [SOILS, SOILS, SOILS])
    for panel in axes[:-1]:
        places = [text.get_position() for text in panel.texts]
        assert len(set(places)) == len(places)
        for index, (x, y) in enumerate(places):
            same_row = [other for other, row in places[index + 1 :] if row == y]
            assert all(abs(other - x) >= 0.12 * panel.get_xlim()[1] for other in same_row)


def test_many_rasters_look_different(monkeypatch):
    axes = drawn_axes(monkeypatch, [SOILS] * 20)
    looks = {
        (line.get_color(), line.get_linestyle())
        for line in axes[0].get_lines()
        if line.get_drawstyle() == "steps-post"
    }
    assert len(looks) == 20
    assert not axes[0].texts  # they would hide each other


def test_long_names_are_cut_in_the_legend(monkeypatch):
    name = f"/data/{'moon/' * 20}a$b.tif (SYNTHETIC)"
    axes = drawn_axes(monkeypatch, [SOILS._replace(name=name), ONE])
    (legend,) = (artist for artist in axes[-1].artists if hasattr(artist, "get_texts"))
    texts = [text.get_text().replace("\\$", "$") for text in legend.get_texts()]
    assert texts == [f"...{name[-42:]}", "one.tif", "mode"]


def test_a_figure_keeps_nothing_of_who_asked_for_it():
    """QGIS's objects must end with the run, not when Python next collects garbage."""
    pytest.importorskip("matplotlib")

    class Held:
        pass

    def caller():
        held = Held()
        report(SOILS)
        return weakref.ref(held)

    gc.disable()
    try:
        assert caller()() is None
    finally:
        gc.enable()


def test_figure_is_in_the_page():
    pytest.importorskip("matplotlib")
    text = report(SOILS, EMPTY)
    image = re.search(r"data:image/svg\+xml;base64,([^\"]+)", text)[1]
    assert ET.fromstring(base64.b64decode(image)).tag.endswith("svg")
    assert text == report(SOILS, EMPTY)


def test_without_matplotlib_the_tables_are_there(monkeypatch):
    monkeypatch.setitem(sys.modules, "matplotlib", None)
    text = report(SOILS)
    assert "no matplotlib" in text
    assert list(table(text, "soils &lt;1&gt;.tif")) == list(QUANTITIES)
