"""Tables and reports of units."""

import csv
import io
import math

import pytest

from lunar_oxide_plugin.core.units import BandSummary, Unit, csv_table, html_report, table


def unit(name, **means):
    bands = {
        band: BandSummary(7, 0.5, mean, 0.1, mean - 1, mean + 0.01, mean + 1)
        for band, mean in means.items()
    }
    return Unit(name, 12.5, bands)


# Zhang et al. (2023), Table 5.
MAIRAN = [
    unit("Mairan T", Al2O3=21.95, CaO=13.61, FeO=8.95, MgO=8.40, TiO2=1.56),
    unit("mare", Al2O3=12.27, CaO=10.85, FeO=20.68, MgO=8.01, TiO2=6.33),
]
NOTHING = Unit("empty", 1.0, {"FeO": BandSummary(0, 0.0, *[math.nan] * 5)})


def test_first_columns_are_the_papers():
    header, rows = table(MAIRAN)
    assert header[:8] == ["unit", "MgO", "Al2O3", "CaO", "TiO2", "FeO", "Mg# of means", "area_km2"]
    assert rows[0][:6] == ["Mairan T", 8.40, 21.95, 13.61, 1.56, 8.95]
    mg, fe = 8.40 / 40.304, 8.95 / 71.844
    assert rows[0][6] == pytest.approx(mg / (mg + fe))
    assert all(len(row) == len(header) for row in rows)


def test_csv_is_read_back():
    rows = list(csv.DictReader(io.StringIO(csv_table(MAIRAN))))
    assert rows[1]["unit"] == "mare"
    assert rows[1]["TiO2"] == "6.3300"
    assert rows[1]["TiO2_pixels"] == "7"
    assert rows[1]["TiO2_maximum"] == "7.3300"


def test_names_that_need_quoting():
    names = ['a "b", c', "d;e\nf", "<b>bold</b> & more"]
    units = [unit(name, FeO=1.0) for name in names]
    assert [
        row["unit"] for row in csv.DictReader(io.StringIO(csv_table(units), newline=""))
    ] == names
    page = html_report(units, "t", [], {"KEY": "<i>value</i>"})
    assert "<b>bold" not in page
    assert "&lt;b&gt;bold&lt;/b&gt; &amp; more" in page
    assert "<i>value" not in page


def test_a_unit_without_pixels_has_empty_cells():
    (row,) = csv.DictReader(io.StringIO(csv_table([NOTHING])))
    assert row == {
        "unit": "empty",
        "FeO": "",
        "area_km2": "1.0000",
        "FeO_pixels": "0",
        "FeO_valid_fraction": "0.0000",
        "FeO_std": "",
        "FeO_minimum": "",
        "FeO_median": "",
        "FeO_maximum": "",
    }
    assert "nan" not in html_report([NOTHING], "t", [], {}).lower()


def test_other_bands_follow_the_oxides():
    header, _ = table([unit("a", **{"Mg#": 0.5, "FeO": 8.0})])
    assert header[:4] == ["unit", "FeO", "Mg#", "area_km2"]


def test_report_stands_alone():
    page = html_report(MAIRAN, "Unit statistics", ["SYNTHETIC scene"], {"MODEL": "x"})
    assert page.startswith("<!DOCTYPE html>")
    assert "SYNTHETIC scene" in page
    assert "<td>Mairan T</td><td>8.40</td><td>21.95</td>" in page
    assert "<td>0.626</td>" in page  # Mg# of means: 8.40/40.304 to 8.95/71.844
    for forbidden in ("<script", "<link", "<img", "http:", "https:", "url("):
        assert forbidden not in page
