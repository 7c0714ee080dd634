"""Algorithm classifyterrain, against sums over all pixels."""

import csv
import math

import numpy as np
import pytest
from osgeo import gdal, ogr

from lunar_oxide_plugin.about import style
from lunar_oxide_plugin.core.results.terrain import CLASSES, Scheme
from tests.polygons import lunar_crs

from .conftest import OXIDES, Feedback, read

#: Table 2 of Zhang et al. (2023), and Mg# from its text.
HIGHLANDS = (25.07, 14.97, 5.81, 7.46, 1.04)
MARE = (15.36, 11.36, 15.39, 9.25, 2.89)
WHOLE = (23.44, 14.37, 7.42, 7.76, 1.34)


def weights(values, north, step):
    """km2 of every pixel [height, width] of a map in degrees."""
    edges = np.sin(np.radians(north - step * np.arange(values.shape[1] + 1)))
    column = -np.diff(edges)[:, None] * 1737.4**2 * np.radians(step)
    return np.repeat(column, values.shape[2], axis=1)


def table(path):
    with path.open(newline="", encoding="utf-8") as file:
        return {row["class"]: row for row in csv.DictReader(file)}


def mg(values):
    return values[3] / 40.304 / (values[3] / 40.304 + values[2] / 71.844)


def expected_classes(scheme, values, feo=10.6, ratio=0.675):
    """Every pixel's class by its rule in words; Mg# as the map holds it."""
    found = np.zeros(values.shape[1:], int)
    number = mg(values).astype(np.float32)
    for row, column in np.ndindex(found.shape):
        iron, titanium = values[2, row, column], values[4, row, column]
        if not np.isfinite(iron):
            continue
        if scheme == 2:
            ferroan = number[row, column] < ratio
            if (iron >= feo) != ferroan:
                found[row, column] = 4
            else:
                found[row, column] = 2 if ferroan else 1
        elif iron < feo:
            found[row, column] = 1
        elif scheme == 0:
            found[row, column] = 2
        else:
            found[row, column] = 2 if titanium < 1 else 3 if titanium <= 6 else 4
    return found


@pytest.mark.parametrize(("scheme", "feo"), [(0, 10.6), (1, 10.6), (2, 7.42)])
def test_classes_and_table_equal_sums_over_all_pixels(succeed, oxide_raster, tmp_path, scheme, feo):
    random = np.random.default_rng(7)
    values = random.uniform(1, 25, (5, 50, 40)).astype(np.float32)
    values[4] = random.uniform(0, 9, (50, 40))
    values[:, 4:8, 10:20] = -9999
    path, values, _, north, step = oxide_raster(values=values, north=70.0, step=1.0)
    outputs = {"OUTPUT": tmp_path / "t.tif", "TABLE": tmp_path / "t.csv"}
    results, feedback = succeed("classifyterrain", {"INPUT": path, "SCHEME": scheme, **outputs})
    expected = expected_classes(scheme, values, feo)
    assert np.array_equal(np.nan_to_num(read(tmp_path / "t.tif")[0]), expected)
    assert results["FEO_THRESHOLD"] == feo
    assert any("Table 2" in text for text in feedback.info)
    area = weights(values, north, step)
    found = table(tmp_path / "t.csv")
    groups = {one.name: [n] for n, one in enumerate(CLASSES[Scheme(scheme)], start=1)}
    if scheme == 1:
        groups["mare, all types"] = [2, 3, 4]
    groups["whole raster"] = [1, 2, 3, 4]
    assert list(found) == list(groups)
    total = area[expected > 0].sum()
    for name, members in groups.items():
        inside, row = np.isin(expected, members), found[name]
        assert int(row["pixels"]) == inside.sum()
        assert float(row["area_km2"]) == pytest.approx(area[inside].sum(), rel=1e-6)
        assert float(row["area_percent"]) == pytest.approx(
            100 * area[inside].sum() / total, abs=1e-4
        )
        for quantity, plane in [*zip(OXIDES, values), ("Mg#", mg(values))]:
            if not inside.any():
                assert row[f"{quantity}_mean"] == ""
                continue
            mean = np.average(plane[inside], weights=area[inside])
            spread = math.sqrt(np.average((plane[inside] - mean) ** 2, weights=area[inside]))
            assert float(row[f"{quantity}_mean"]) == pytest.approx(mean, abs=6e-5)
            assert float(row[f"{quantity}_std"]) == pytest.approx(spread, abs=6e-5)
    if scheme == 2:
        assert "MARE_PERCENT" not in results
    else:
        share = 100 * area[expected > 1].sum() / total
        assert results["MARE_PERCENT"] == pytest.approx(share, rel=1e-9)


@pytest.fixture()
def table_2(oxide_raster):
    """A whole Moon of maria and highlands as in Table 2; mare covers 16.8 % of the sphere."""
    values = np.empty((5, 90, 125), np.float32)
    values[:] = np.array(HIGHLANDS, np.float32)[:, None, None]
    values[:, :, :21] = np.array(MARE, np.float32)[:, None, None]  # 21 of 125 columns
    return oxide_raster(values=values, west=-125.0, north=90.0, step=2.0)[0]


@pytest.mark.parametrize("method", [0, 1])
def test_table_2_gives_back_its_values(succeed, table_2, tmp_path, method):
    outputs = {name: tmp_path / f"t{end}" for name, end in (("OUTPUT", ".tif"), ("TABLE", ".csv"))}
    results, _ = succeed("classifyterrain", {"INPUT": table_2, "METHOD": method, **outputs})
    assert results["FEO_THRESHOLD"] == pytest.approx(10.6, abs=0.02)
    assert results["MARE_PERCENT"] == pytest.approx(16.8, abs=1e-6)
    found = table(tmp_path / "t.csv")
    for name, region, means in (
        ("highlands", "highlands", HIGHLANDS),
        ("mare", "mare", MARE),
        ("whole raster", "global", WHOLE),
    ):
        assert found[name]["published_region"] == region
        for oxide, mean in zip(OXIDES, means):
            # Table 2's own global means are rounded.
            accuracy = 0.015 if region == "global" else 1e-4
            assert float(found[name][f"{oxide}_published"]) == mean
            assert float(found[name][f"{oxide}_mean"]) == pytest.approx(mean, abs=accuracy)
            assert float(found[name][f"{oxide}_difference"]) == pytest.approx(0, abs=accuracy)


def two_populations(share, apart, seed=2):
    random = np.random.default_rng(seed)
    values = random.uniform(1, 9, (5, 120, 150)).astype(np.float32)
    mare = random.uniform(0, 1, values.shape[1:]) < share
    values[2] = np.where(
        mare, random.normal(6 + apart, 2, mare.shape), random.normal(6, 1, mare.shape)
    )
    return values


def test_fit_divides_where_both_are_equally_probable(succeed, oxide_raster, tmp_path):
    path, *_ = oxide_raster(values=two_populations(0.3, 9))
    results, feedback = succeed(
        "classifyterrain", {"INPUT": path, "METHOD": 1, "OUTPUT": tmp_path / "t.tif"}
    )
    x = np.linspace(6, 15, 90001)
    lead = 0.7 * np.exp(-((x - 6) ** 2) / 2) - 0.3 / 2 * np.exp(-(((x - 15) / 2) ** 2) / 2)
    truth = x[np.argmin(np.abs(lead))]
    assert results["FEO_THRESHOLD"] == pytest.approx(truth, abs=0.1)
    assert results["MARE_PERCENT"] == pytest.approx(30, abs=1)
    assert any("Ashman's D" in text for text in feedback.info)
    said = gdal.Open(str(tmp_path / "t.tif")).GetMetadataItem("LUNAR_OXIDE_FEO_THRESHOLD")
    assert "two Gaussians" in said


@pytest.mark.parametrize("scheme", [0, 1, 2])
def test_fit_is_refused_without_two_populations(refused, oxide_raster, tmp_path, scheme):
    given = {"METHOD": 1, "SCHEME": scheme, "OUTPUT": tmp_path / "t.tif"}
    path, *_ = oxide_raster(values=two_populations(0.3, 2))
    message = refused("classifyterrain", {"INPUT": path, **given})
    assert "does not show two populations" in message
    assert "THRESHOLD" in message
    few, *_ = oxide_raster(values=two_populations(0.004, 14))
    assert "1 % are needed" in refused("classifyterrain", {"INPUT": few, **given})
    constant, *_ = oxide_raster(values=np.full((5, 9, 9), 8, np.float32))
    assert "the same" in refused("classifyterrain", {"INPUT": constant, **given})


def test_given_threshold(succeed, refused, oxide_raster, tmp_path):
    path, values, *_ = oxide_raster()
    given = {"INPUT": path, "THRESHOLD": 17.5, "OUTPUT": tmp_path / "t.tif"}
    results, _ = succeed("classifyterrain", given)
    assert results["FEO_THRESHOLD"] == 17.5
    assert np.array_equal(
        np.nan_to_num(read(tmp_path / "t.tif")[0]), expected_classes(0, values, 17.5)
    )
    given["OUTPUT"] = tmp_path / "other.tif"
    assert "Leave THRESHOLD empty" in refused("classifyterrain", {**given, "METHOD": 1})


def test_names_colours_and_style(succeed, oxide_raster, tmp_path):
    path, *_ = oxide_raster()
    for scheme, classes in CLASSES.items():
        output = tmp_path / f"{scheme.name}.tif"
        succeed("classifyterrain", {"INPUT": path, "SCHEME": int(scheme), "OUTPUT": output})
        dataset = gdal.Open(str(output))
        band = dataset.GetRasterBand(1)
        assert band.DataType == gdal.GDT_Byte
        assert band.GetNoDataValue() == 0
        assert band.GetCategoryNames() == ["", *(one.name for one in classes)]
        styled = output.with_suffix(".qml").read_text(encoding="utf-8")
        assert styled == style(f"terrain_{scheme.name.lower()}").read_text(encoding="utf-8")
        for number, one in enumerate(classes, start=1):
            entry = f'value="{number}" color="{one.colour}" alpha="255" label="{one.name}"'
            assert entry in styled
            found = "#{:02x}{:02x}{:02x}".format(*band.GetColorTable().GetColorEntry(number)[:3])
            assert found == one.colour
            assert f"{number} {one.name}: " in dataset.GetMetadataItem("LUNAR_OXIDE_CLASSES")


def test_south_pole_aitken_in_a_polar_map(succeed, oxide_raster, tmp_path):
    """All mafic: SPAT-like near the basin's middle, PKT-like at the pole's other side."""
    values = np.full((5, 80, 80), 9, np.float32)
    values[2] = 14
    path, *_ = oxide_raster(
        values=values, west=-2.4e6, north=2.4e6, step=60e3, crs=lunar_crs("IAU_2015:30135")
    )
    succeed("classifyterrain", {"INPUT": path, "SCHEME": 2, "OUTPUT": tmp_path / "t.tif"})
    found = np.nan_to_num(read(tmp_path / "t.tif")[0])
    assert set(np.unique(found)) == {2, 3}
    # Snyder (1987), eq. 21-30 for the south pole: rho = 2 R tan(colatitude / 2).
    for lat, lon, number in ((-53, 191, 3), (-53, 11, 2), (-89, 191, 3), (-60, 101, 2)):
        rho = 2 * 1737400 * math.tan(math.radians(90 + lat) / 2)
        x, y = rho * math.sin(math.radians(lon)), rho * math.cos(math.radians(lon))
        assert found[int((2.4e6 - y) // 60e3), int((x + 2.4e6) // 60e3)] == number


@pytest.fixture()
def patches(oxide_raster):
    """Highlands with three maria and a hole of no data, in degrees at 60 N."""
    values = np.full((5, 40, 60), 7, np.float32)
    values[2] = 5
    values[2, 5:15, 5:25] = 15
    values[2, 8:11, 10:14] = 5  # highlands inside a mare
    values[2, 20:22, 40:43] = 15
    values[2, 30, 50] = 15
    values[:, 35:, 10:20] = -9999
    return oxide_raster(values=values, north=60.0, step=0.25)


def features(path):
    layer = ogr.Open(str(path))
    found = layer.GetLayer(0)
    assert found.GetSpatialRef().GetName().startswith("Moon")
    return [(f["class"], f["class_id"], f["area_km2"], f.GetGeometryRef().Clone()) for f in found]


def test_polygons_have_the_areas_of_their_pixels(succeed, patches, tmp_path):
    path, values, _, north, step = patches
    outputs = {"OUTPUT": tmp_path / "t.tif", "POLYGONS": tmp_path / "t.gpkg"}
    succeed("classifyterrain", {"INPUT": path, **outputs})
    area = weights(values, north, step)
    mare = values[2] > 10
    parts = {
        "all around": np.isfinite(values[2]) & ~mare & (np.indices(mare.shape)[0] >= 0),
        "first": mare & (np.indices(mare.shape)[0] < 15),
        "second": mare & (np.indices(mare.shape)[0] // 2 == 10),
        "third": mare & (np.indices(mare.shape)[0] == 30),
        "island": np.zeros_like(mare),
    }
    parts["island"][8:11, 10:14] = True
    parts["all around"] &= ~parts["island"]
    expected = sorted(area[part].sum() for part in parts.values())
    found = features(tmp_path / "t.gpkg")
    assert sorted(each[2] for each in found) == pytest.approx(expected, rel=1e-9)
    assert sorted(each[:2] for each in found) == [("highlands", 1)] * 2 + [("mare", 2)] * 3
    assert sum(each[2] for each in found) == pytest.approx(area[np.isfinite(values[2])].sum())


def test_small_polygons_join_their_neighbour(succeed, patches, tmp_path):
    path, values, _, north, step = patches
    pixel = weights(values, north, step)[np.isfinite(values[2])].mean()
    counts = {}
    for pixels in (1, 2, 6, 7, 13):
        outputs = {"OUTPUT": tmp_path / "t.tif", "POLYGONS": tmp_path / f"{pixels}.gpkg"}
        succeed(
            "classifyterrain", {"INPUT": path, "MINIMUM_AREA": float(pixels * pixel), **outputs}
        )
        found = features(tmp_path / f"{pixels}.gpkg")
        counts[pixels] = len(found)
        valid = np.isfinite(values[2])
        assert sum(each[2] for each in found) == pytest.approx(
            weights(values, north, step)[valid].sum()
        )
        assert (read(tmp_path / "t.tif")[0] == 2).sum() == (values[2] > 10).sum()
    # one pixel, then one of 6 and one of 12 join their neighbour.
    assert counts == {1: 5, 2: 4, 6: 4, 7: 3, 13: 2}
    assert not [file for file in tmp_path.iterdir() if "sieved" in file.name]


def test_report(succeed, oxide_raster, tmp_path):
    values = two_populations(0.3, 9)
    path, *_ = oxide_raster(values=values, metadata={"SYNTHETIC": "YES"})
    for scheme in (0, 1, 2):
        report = tmp_path / f"{scheme}.html"
        given = {"SCHEME": scheme, "METHOD": 1, "REPORT": report, "OUTPUT": tmp_path / "t.tif"}
        succeed("classifyterrain", {"INPUT": path, **given})
        text = report.read_text(encoding="utf-8")
        assert "SYNTHETIC" in text
        assert "Ashman&#x27;s D" in text
        assert text.count("data:image/svg+xml") == 2
        assert "Table 2, global" in text
        assert ("not the terranes of Jolliff" in text) == (scheme == 2)
        assert ("Table 2, mare" in text) == (scheme != 2)


def test_a_pixel_needs_the_oxides_of_its_scheme_only(succeed, oxide_raster, tmp_path):
    values = np.full((5, 4, 4), 12, np.float32)
    values[0, 0, 0] = values[4, 1, 1] = values[3, 2, 2] = -9999
    values[3, 3, 3] = -1  # no Mg#
    path, *_ = oxide_raster(values=values)
    for scheme, missing in ((0, []), (1, [[1, 1]]), (2, [[2, 2], [3, 3]])):
        outputs = {"OUTPUT": tmp_path / "t.tif", "TABLE": tmp_path / "t.csv"}
        succeed("classifyterrain", {"INPUT": path, "SCHEME": scheme, **outputs})
        found = read(tmp_path / "t.tif")[0]
        assert np.argwhere(~np.isfinite(found)).tolist() == missing
    assert float(table(tmp_path / "t.csv")["whole raster"]["Al2O3_mean"]) == pytest.approx(12)


def test_one_band_given_by_number(succeed, oxide_raster, tmp_path):
    values = np.full((1, 6, 6), 5, np.float32)
    values[0, :3] = 15
    path, *_ = oxide_raster(values=values, names=["iron"])
    outputs = {"OUTPUT": tmp_path / "t.tif", "TABLE": tmp_path / "t.csv"}
    results, _ = succeed("classifyterrain", {"INPUT": path, "FEO_BAND": 1, **outputs})
    assert results["MARE_PERCENT"] == pytest.approx(50, abs=0.1)
    assert float(table(tmp_path / "t.csv")["mare"]["FeO_mean"]) == 15
    assert table(tmp_path / "t.csv")["mare"]["Mg#_of_means"] == ""


def test_refusals(refused, oxide_raster, tmp_path):
    output = {"OUTPUT": tmp_path / "t.tif"}
    fractions, *_ = oxide_raster(values=np.full((5, 3, 3), 0.09, np.float32))
    assert "gdal_edit.py -scale 100" in refused("classifyterrain", {"INPUT": fractions, **output})
    path, *_ = oxide_raster()
    bare = tmp_path / "bare.tif"
    gdal.Translate(str(bare), str(path), bandList=[1, 2])
    assert "FEO_BAND" in refused("classifyterrain", {"INPUT": bare, **output})
    iron = tmp_path / "iron.tif"
    gdal.Translate(str(iron), str(path), bandList=[3])
    for scheme, band in ((1, "TIO2_BAND"), (2, "MGO_BAND")):
        assert band in refused("classifyterrain", {"INPUT": iron, "SCHEME": scheme, **output})
    empty, *_ = oxide_raster(values=np.full((5, 3, 3), -9999, np.float32))
    for method in (0, 1):
        given = {"INPUT": empty, "METHOD": method, **output}
        assert "no pixel with FeO" in refused("classifyterrain", given)
    placeless = tmp_path / "placeless.tif"
    dataset = gdal.GetDriverByName("GTiff").Create(str(placeless), 4, 4, 1, gdal.GDT_Float32)
    dataset.GetRasterBand(1).SetDescription("FeO")
    dataset.GetRasterBand(1).Fill(8)
    dataset = None
    assert "no area" in refused("classifyterrain", {"INPUT": placeless, **output})


@pytest.mark.parametrize("at", [0, 30, 60, 80, 99])
def test_cancel_leaves_nothing(refused, oxide_raster, tmp_path, at):
    path, *_ = oxide_raster(values=two_populations(0.3, 9))
    outputs = {
        "OUTPUT": tmp_path / "t.tif",
        "POLYGONS": tmp_path / "t.gpkg",
        "MINIMUM_AREA": 1,
        "TABLE": tmp_path / "t.csv",
        "REPORT": tmp_path / "t.html",
    }
    given = {"INPUT": path, "METHOD": 1, **outputs}
    assert "Cancelled" in refused("classifyterrain", given, Feedback(cancel_at=at))
