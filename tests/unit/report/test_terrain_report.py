"""The report of a classified map."""

import sys

import numpy as np
import pytest

from lunar_oxide_plugin.core.mathematics.mixture import Histogram, fit_mixture
from lunar_oxide_plugin.core.results.terrain import ClassTotals, Limits, Scheme, classify, rules
from lunar_oxide_plugin.report.terrain_report import Picture, Terrain, html_report

from .test_page import Balanced

NAMES = ["FeO", "MgO", "TiO2", "Mg#"]


def terrain(scheme, extent=(-50, -49, 43, 44), feo=(6, 15), fitted=True):
    random = np.random.default_rng(0)
    values = np.stack([np.concatenate([random.normal(mean, 1, 500) for mean in feo])] * 4)
    values[1:] = [[8], [2], [0.6]]
    classes = classify(scheme, Limits(10.6), values[0], values[3 if scheme == 2 else 2])
    totals = ClassTotals(scheme, NAMES)
    totals.add(classes, values, np.ones(1000))
    histogram = Histogram(0, 40, 0.02)
    histogram.add(values[0], np.ones(1000))
    mixture = fit_mixture(histogram) if fitted else None
    picture = Picture(classes.reshape(25, 40), extent, 1.0)
    return Terrain(scheme, Limits(10.6), totals.summaries(), histogram, mixture, picture)


def text_of(found, **kwargs):
    page = html_report(found, ["Of map <1>."], ["SYNTHETIC"], {"a": "b"}, **kwargs)
    Balanced().feed(page)
    return page


@pytest.mark.parametrize("scheme", list(Scheme))
@pytest.mark.parametrize("fitted", [True, False])
def test_page(scheme, fitted):
    pytest.importorskip("matplotlib")
    page = text_of(terrain(scheme, fitted=fitted))
    assert page.count("data:image/svg+xml") == 2
    assert "Of map &lt;1&gt;." in page
    assert ("two Gaussians fitted" in page) == fitted
    assert all(rule in page for rule in rules(scheme, Limits(10.6)))
    assert ("Jolliff" in page) == (scheme is Scheme.TERRANES)
    assert ("Neal and Taylor" in page) == (scheme is Scheme.BASALTS)
    assert page == text_of(terrain(scheme, fitted=fitted))


def test_a_class_without_pixels_and_a_map_without_degrees():
    page = text_of(terrain(Scheme.MARE, extent=None, feo=(5, 6), fitted=False))
    assert "nan" not in page
    assert "Table 2, mare" not in page  # nothing to compare with it
    assert "Table 2, highlands" in page


def test_without_matplotlib_the_tables_stand(monkeypatch):
    monkeypatch.setitem(sys.modules, "matplotlib", None)
    page = text_of(terrain(Scheme.MARE))
    assert page.count("has no matplotlib") == 2
    assert "15.39" in page  # Table 2
