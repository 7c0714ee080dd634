"""The report of units."""

import math

from lunar_oxide_plugin.core.results.units import STATISTICS, Statistic, Unit
from lunar_oxide_plugin.report.unit_report import html_report, method

from ..core.results.test_units import (
    MAIRAN,
    NOTHING,
    no_pixels,
    sigma_of_mg_number,
    unit,
    with_sigmas,
)


def test_report_stands_alone():
    page = html_report(MAIRAN, ["SYNTHETIC scene"], {"MODEL": "x"})
    assert page.startswith("<!DOCTYPE html>")
    assert "SYNTHETIC scene" in page
    assert "<td>Mairan T</td><td>8.40</td><td>21.95</td>" in page
    assert "<td>0.626</td>" in page  # Mg# of means: 8.40/40.304 to 8.95/71.844
    for forbidden in ("<script", "<link", "http:", "https:", "url("):
        assert forbidden not in page


def test_report_shows_means_with_their_uncertainty():
    page = html_report([with_sigmas(unit) for unit in MAIRAN], [], {})
    expected = sigma_of_mg_number(8.40, 8.95, 0.82, 1.49, 0)
    assert "<td>Mairan T</td><td>8.40 ± 0.82</td><td>21.95 ± 1.57</td>" in page
    assert f"<td>0.626 ± {expected:.3f}</td>" in page
    assert page.count("<th>mean uncertainty</th>") == 5
    assert "±" not in html_report(MAIRAN, [], {})
    assert "mean uncertainty" not in html_report(MAIRAN, [], {})


def test_the_largest_units_are_drawn_whatever_has_no_area(monkeypatch):
    """Without an area a unit is the smallest; NaN compared as a number would mix the order."""
    nothing = {"FeO": no_pixels()}
    bad = Unit("bad", math.nan, nothing, on_raster=math.nan, note="it has no area")
    good = [unit(f"unit {i}", FeO=8.0)._replace(area_km2=float(i % 7 + i)) for i in range(40)]
    drawn = []

    def box_plots(units, *others):
        drawn.extend(units)
        return "<svg></svg>"

    monkeypatch.setattr("lunar_oxide_plugin.report.unit_report.box_plots", box_plots)
    page = html_report([one for each in good for one in (each, bad)], [], {})
    assert drawn == good
    assert "The 40 largest of 80 units." in page
    assert "<td>nan</td>" not in page


def test_names_are_quoted():
    page = html_report([unit("<b>bold</b> & more", FeO=1.0)], [], {"KEY": "<i>value</i>"})
    assert "<b>bold" not in page
    assert "&lt;b&gt;bold&lt;/b&gt; &amp; more" in page
    assert "<i>value" not in page


def test_what_is_missing_stays_empty():
    names = ("FeO", "MgO")
    empty = Unit("empty", 1.0, {name: no_pixels("mean_uncertainty") for name in names})
    for units in ([NOTHING], [empty]):
        page = html_report(units, [], {})
        assert "nan" not in page.lower()
        assert "±" not in page
    assert "8.40 ± 0.82" in html_report([with_sigmas(MAIRAN[0], sigmas={"MgO": 0.82})], [], {})


def test_a_statistic_is_one_entry(monkeypatch):
    monkeypatch.setitem(STATISTICS, "range", Statistic("range of values", lambda pixels: 0.0))
    bands = {"FeO": {**unit("a", FeO=8.0).bands["FeO"], "range": 1.25}}
    page = html_report([Unit("a", 1.0, bands)], [], {})
    assert "<th>range of values</th>" in page
    assert "<td>1.25</td></tr>" in page


def test_the_method_is_stated():
    (one,) = method("a.tif", "zones", MAIRAN, centres=True)
    assert "a.tif inside zones" in one
    assert "A pixel counts when its centre lies inside;" in one
    parts, sigma = method("a.tif", "zones", [with_sigmas(MAIRAN[0])], centres=False)
    assert "counts by the part of it that the polygon covers;" in parts
    assert sigma.startswith("± is the model's 1-sigma uncertainty.")
