"""Tables of cells; those of Lunar Prospector."""

import numpy as np
import pytest

from lunar_oxide_plugin.core.errors import RasterError
from lunar_oxide_plugin.core.oxides.content_units import ContentUnit
from lunar_oxide_plugin.core.oxides.oxides import OXIDES
from lunar_oxide_plugin.core.results.cells import LUNAR_PROSPECTOR, load_cells

SPHERE = 4 * np.pi * 1737.4**2


@pytest.fixture()
def lunar_prospector():
    return load_cells(LUNAR_PROSPECTOR, ContentUnit.OXIDE_PERCENT)


def test_lunar_prospector_covers_the_moon_once(lunar_prospector):
    assert len(lunar_prospector.bounds) == 114
    assert set(lunar_prospector.oxides) == set(OXIDES)
    assert lunar_prospector.areas.sum() == pytest.approx(SPHERE)
    lon, lat = np.meshgrid(np.arange(-180, 540, 3.7), np.linspace(-90, 90, 91))
    counts = sum(lunar_prospector.inside(index, lon, lat).astype(int) for index in range(114))
    assert (counts == 1).all()


def test_its_means_are_those_of_the_moon(lunar_prospector):
    """Near the global means of other maps, and the maria on the nearside."""
    means = {
        oxide: np.average(values, weights=lunar_prospector.areas)
        for oxide, values in lunar_prospector.oxides.items()
    }
    assert 22 < means["Al2O3"] < 26
    assert 6.5 < means["FeO"] < 8.5
    richest = lunar_prospector.bounds[lunar_prospector.oxides["FeO"].argmax()]
    assert -70 < richest[2] < 0


def written(path, text):
    path.write_text(text, "utf-8-sig")
    return path


def test_a_table_of_elements(tmp_path):
    text = "# source\nid, MINLAT,maxlat,minlon,maxlon,Fe,Ti\n1,-5,5,350,10,10,\n\n2,0,5,0,5,4,0.5\n"
    cells = load_cells(written(tmp_path / "c.csv", text), ContentUnit.ELEMENT_PERCENT)
    assert cells.bounds.tolist() == [[-5, 5, 350, 370], [0, 5, 0, 5]]
    np.testing.assert_allclose(cells.oxides["FeO"], [12.865, 5.146], rtol=1e-4)
    assert np.isnan(cells.oxides["TiO2"][0])
    lon = np.array([-10.0, -9.9, 0, 9.9, 10, 355, 715])
    assert cells.inside(0, lon, 0 * lon).tolist() == [True, True, True, True, False, True, True]


@pytest.mark.parametrize(
    ("unit", "value", "said"),
    [
        (
            ContentUnit.OXIDE_PERCENT,
            "-9999",
            r"c\.csv, row 2, feo is -9999, outside of -20 to 65.53",
        ),
        (ContentUnit.OXIDE_PERCENT, "1e20", r"row 2, feo is 1e\+20"),
        (ContentUnit.OXIDE_FRACTION, "-1", r"row 2, feo is -1, outside of -0\.2 to 0\.6553"),
    ],
)
def test_fill_values_in_a_table_are_refused(tmp_path, unit, value, said):
    text = f"minlat,maxlat,minlon,maxlon,feo\n-5,5,350,10,0.5\n0,5,0,5,{value}\n"
    path = written(tmp_path / "c.csv", text)
    with pytest.raises(RasterError, match=said):
        load_cells(path, unit)
    written(path, text.replace(value, ""))
    assert np.isnan(load_cells(path, unit).oxides["FeO"][1])
