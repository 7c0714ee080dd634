"""Units on the colour scale of their map, and matplotlib's maps by it."""

import math
import xml.etree.ElementTree as ET

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from lunar_oxide_plugin.core.colours import SCALES, VIRIDIS
from lunar_oxide_plugin.report.figures import colour_map
from lunar_oxide_plugin.report.unit_scale import Spread, unit_scale

FEO = SCALES["FeO"]
SVG = "{http://www.w3.org/2000/svg}"


def drawing(*spreads, scale=FEO):
    return ET.fromstring(unit_scale(scale, spreads))


def test_colour_bar_is_that_of_the_map():
    root = drawing(Spread("mare", 15, 1))
    stops = [(float(s.get("offset")), s.get("stop-color")) for s in root.iter(f"{SVG}stop")]
    assert [colour for _, colour in stops] == list(VIRIDIS)
    np.testing.assert_allclose([at for at, _ in stops], np.linspace(0, 1, 17), atol=1e-4)
    texts = [text.text for text in root.iter(f"{SVG}text")]
    assert texts == ["mare", "0 wt%", "12 wt%", "24 wt%"]


def test_dot_and_line_stand_over_their_values():
    root = drawing(Spread("mare", 18, 3), Spread("beyond", 40, 1))
    bar = next(root.iter(f"{SVG}rect"))
    start, width = float(bar.get("x")), float(bar.get("width"))
    mare, beyond = root.iter(f"{SVG}circle")
    assert float(mare.get("cx")) == pytest.approx(start + width * 0.75, abs=0.1)
    assert mare.get("fill") == VIRIDIS[12]
    line = next(root.iter(f"{SVG}line"))
    assert float(line.get("x1")) == pytest.approx(start + width * 15 / 24, abs=0.1)
    assert float(line.get("x2")) == pytest.approx(start + width * 21 / 24, abs=0.1)
    assert float(beyond.get("cx")) == start + width
    assert beyond.get("fill") == VIRIDIS[-1]


def test_unit_without_a_value_has_its_name_only():
    root = drawing(Spread("dark", math.nan, math.nan), Spread("one pixel", 10, math.nan))
    assert len(list(root.iter(f"{SVG}circle"))) == 1
    assert [text.text for text in root.iter(f"{SVG}text")][:2] == ["dark", "one pixel"]


spreads_of_any_kind = st.builds(
    Spread,
    st.text(max_size=60),
    st.floats(-1e9, 1e9) | st.just(math.nan),
    st.floats(0, 1e9),
)


@given(st.sampled_from(list(SCALES.values())), st.lists(spreads_of_any_kind, max_size=5))
def test_all_lies_inside_the_drawing(scale, spreads):
    root = drawing(*spreads, scale=scale)
    width, height = float(root.get("width")), float(root.get("height"))
    for circle in root.iter(f"{SVG}circle"):
        assert 5 <= float(circle.get("cx")) <= width - 5
        assert 5 <= float(circle.get("cy")) <= height - 5
    assert all(len(text.text or "") <= 28 for text in root.iter(f"{SVG}text"))


def test_matplotlib_draws_the_same_colours():
    pytest.importorskip("matplotlib")
    options = colour_map(FEO)
    assert (options["vmin"], options["vmax"]) == (0, 24)
    values = np.linspace(0, 24, 100)
    theirs = np.rint(np.array(options["cmap"](values / 24)) * 255)[:, :3]
    assert np.abs(theirs - FEO.colours(values)[:3].T).max() <= 2
