"""Tables of units."""

import csv
import io
import math

import pytest

from lunar_oxide_plugin.core.results.units import STATISTICS, Statistic, Unit, table
from lunar_oxide_plugin.core.tables import csv_text

#: How far each statistic of the units below lies from the mean.
AROUND = {
    "mean": 0,
    "minimum": -1,
    "p5": -0.2,
    "p25": -0.1,
    "median": 0.01,
    "p75": 0.1,
    "p95": 0.2,
    "maximum": 1,
}


def unit(name, **means):
    bands = {
        band: {
            "pixels": 7,
            "valid_fraction": 0.5,
            "mean": mean,
            "std": 0.1,
            **{statistic: mean + by for statistic, by in AROUND.items()},
        }
        for band, mean in means.items()
    }
    return Unit(name, 12.5, bands)


def no_pixels(*more):
    names = ("mean", "std", *AROUND, *more)
    return {"pixels": 0, "valid_fraction": 0.0, **dict.fromkeys(names, math.nan)}


def csv_table(units):
    return csv_text(*table(units))


# Zhang et al. (2023), Table 5.
MAIRAN = [
    unit("Mairan T", Al2O3=21.95, CaO=13.61, FeO=8.95, MgO=8.40, TiO2=1.56),
    unit("mare", Al2O3=12.27, CaO=10.85, FeO=20.68, MgO=8.01, TiO2=6.33),
]
NOTHING = Unit("empty", 1.0, {"FeO": no_pixels()})


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
        "FeO_p5": "",
        "FeO_p25": "",
        "FeO_median": "",
        "FeO_p75": "",
        "FeO_p95": "",
        "FeO_maximum": "",
        "remark": "no valid pixel",
    }


def test_a_statistic_is_one_entry(monkeypatch):
    """In the table; tests/qgis/test_zonal_oxides.py asks for layer and report."""
    monkeypatch.setitem(STATISTICS, "range", Statistic("range of values", lambda pixels: 0.0))
    bands = {"FeO": {**unit("a", FeO=8.0).bands["FeO"], "range": 1.25}}
    (row,) = csv.DictReader(io.StringIO(csv_table([Unit("a", 1.0, bands)])))
    assert list(row)[-2:] == ["FeO_range", "remark"]
    assert row["FeO_range"] == "1.2500"


def test_other_bands_follow_the_oxides():
    header, _ = table([unit("a", **{"Mg#": 0.5, "FeO": 8.0})])
    assert header[:4] == ["unit", "FeO", "Mg#", "area_km2"]


SIGMAS = {"Al2O3": 1.57, "CaO": 0.97, "FeO": 1.49, "MgO": 0.82, "TiO2": 1.67}


def with_sigmas(unit, correlation=0.0, sigmas=SIGMAS):
    bands = {
        band: {**summary, **({"mean_uncertainty": sigmas[band]} if band in sigmas else {})}
        for band, summary in unit.bands.items()
    }
    return Unit(unit.name, unit.area_km2, bands, correlation)


def sigma_of_mg_number(mgo, feo, mgo_sigma, feo_sigma, correlation):
    """By differences of Mg#."""

    def share(mgo, feo):
        return (mgo / 40.304) / (mgo / 40.304 + feo / 71.844)

    h = 1e-5
    by_mgo = (share(mgo + h, feo) - share(mgo - h, feo)) / (2 * h) * mgo_sigma
    by_feo = (share(mgo, feo + h) - share(mgo, feo - h)) / (2 * h) * feo_sigma
    return math.sqrt(by_mgo**2 + by_feo**2 + 2 * correlation * by_mgo * by_feo)


def test_uncertainties_are_columns_of_their_own():
    units = [with_sigmas(unit, -0.4) for unit in MAIRAN]
    header, rows = table(units)
    assert header[:6] == ["unit", "MgO", "Al2O3", "CaO", "TiO2", "FeO"]
    assert header[6:9] == ["Mg# of means", "Mg# of means uncertainty", "area_km2"]
    row = dict(zip(header, rows[0]))
    assert {name: row[f"{name}_mean_uncertainty"] for name in SIGMAS} == SIGMAS
    expected = sigma_of_mg_number(8.40, 8.95, 0.82, 1.49, -0.4)
    assert row["Mg# of means uncertainty"] == pytest.approx(expected, rel=1e-6)
    # And nothing else is new or other.
    before, plain = table(MAIRAN)
    assert set(header) - set(before) == {
        "Mg# of means uncertainty",
        *(f"{name}_mean_uncertainty" for name in SIGMAS),
    }
    assert all(row[name] == value for name, value in zip(before, plain[0]))


def test_without_iron_s_sigma_mg_number_has_none():
    units = [with_sigmas(MAIRAN[0], sigmas={"MgO": 0.82})]
    header, _ = table(units)
    assert "MgO_mean_uncertainty" in header
    assert "FeO_mean_uncertainty" not in header
    assert "Mg# of means uncertainty" not in header


def test_a_unit_without_pixels_has_no_uncertainty():
    empty = Unit(
        "empty",
        1.0,
        {name: no_pixels("mean_uncertainty") for name in ("FeO", "MgO")},
    )
    (row,) = csv.DictReader(io.StringIO(csv_table([empty])))
    assert row["FeO_mean_uncertainty"] == row["Mg# of means uncertainty"] == ""


def test_a_unit_that_could_not_be_measured():
    nothing = {"FeO": no_pixels()}
    bad = Unit("bad", math.nan, nothing, on_raster=math.nan, note="it has no area")
    repaired = unit("mended", FeO=8.0)._replace(note="it was repaired", on_raster=0.5)
    beside = repaired._replace(on_raster=0)
    assert bad.remark == "it has no area"
    assert repaired.remark == "it was repaired; 50.0% of it lies beyond the raster"
    assert beside.remark == "it was repaired; outside the raster"
    row = next(csv.DictReader(io.StringIO(csv_table([bad]))))
    assert (row["area_km2"], row["FeO"], row["remark"]) == ("", "", "it has no area")
