"""STORAGE and LAYOUT in a real QGIS: what is written, and what our tools and QGIS read of it."""

import csv

import numpy as np
import pytest
from osgeo import gdal
from qgis.core import QgsPointXY, QgsRaster, QgsRasterLayer

from lunar_oxide_plugin.raster.writing import storage
from tests import mi_tiles
from tests.polygons import write_polygons

from .conftest import OXIDES, Feedback, expected_valid, read

LERC, UINT16 = 2, 3
COG = 2


def physical(path):
    """Values [bands, height, width] by the file's own tags, NaN where it says no data."""
    dataset = gdal.Open(str(path))
    planes = []
    for number in range(1, dataset.RasterCount + 1):
        band = dataset.GetRasterBand(number)
        stored = band.ReadAsArray().astype(np.float64)
        stored[stored == band.GetNoDataValue()] = np.nan
        planes.append(stored * (band.GetScale() or 1) + (band.GetOffset() or 0))
    return np.stack(planes)


def image_structure(path):
    return gdal.Open(str(path)).GetMetadata("IMAGE_STRUCTURE")


def named(folder, prefix, *names):
    return {name: folder / f"{prefix}{name}.tif" for name in names}


PREDICTED = ("OUTPUT", "OUTPUT_UNCERTAINTY", "OUTPUT_DOMAIN")


@pytest.fixture()
def maps(succeed, tile, tmp_path):
    """Make all maps of the tile with a kind of storage: their paths by parameter."""

    def make(prefix, **choice):
        outputs = named(tmp_path, prefix, *PREDICTED)
        succeed("predictoxides", {"INPUT": tile[0], **outputs, **choice})
        return outputs

    return make


@pytest.mark.parametrize("layout", [0, 1, 2])
@pytest.mark.parametrize(
    ("kind", "error", "data_type", "codec"),
    [
        (0, 0, gdal.GDT_Float32, "ZSTD"),
        (1, 0, gdal.GDT_Float32, "DEFLATE"),
        (LERC, 0.001, gdal.GDT_Float32, "LERC"),
        (UINT16, 0.0005, gdal.GDT_UInt16, "ZSTD"),
    ],
)
def test_predicted_maps(maps, tile, kind, error, data_type, codec, layout):
    exact = maps("exact")
    found = maps("found", STORAGE=kind, LAYOUT=layout)
    valid = expected_valid(tile[1])
    for name in PREDICTED:
        values = physical(found[name])
        assert np.array_equal(np.isfinite(values).all(axis=0), valid)
        assert np.array_equal(np.isfinite(values).any(axis=0), valid)
        difference = np.abs(values - physical(exact[name]))[:, valid].max()
        assert difference <= error * (1 + 1e-6)
        assert difference > error / 2 or kind < LERC
        dataset, plain = gdal.Open(str(found[name])), gdal.Open(str(exact[name]))
        assert dataset.GetRasterBand(1).DataType == data_type
        assert image_structure(found[name])["COMPRESSION"] == codec
        assert (image_structure(found[name]).get("LAYOUT") == "COG") is (layout == COG)
        for number in range(1, dataset.RasterCount + 1):
            band, other = dataset.GetRasterBand(number), plain.GetRasterBand(number)
            assert band.GetDescription() == other.GetDescription()
            assert band.GetUnitType() == other.GetUnitType()
        ours, theirs = dataset.GetMetadata(), plain.GetMetadata()
        different = {key for key in theirs if ours[key] != theirs[key]}
        assert different <= {"LUNAR_OXIDE_PARAMETERS", "LUNAR_OXIDE_STORAGE"}
        assert f'"STORAGE": {kind}' in ours["LUNAR_OXIDE_PARAMETERS"]
        assert ours["LUNAR_OXIDE_STORAGE"].startswith(storage.KINDS[kind])
        assert ours["LUNAR_OXIDE_VALID_PIXELS"] == str(valid.sum())


def test_every_tool_reads_scaled_integers_as_it_reads_floats(succeed, maps, tmp_path):
    """Mg#, its uncertainty, colours and unit statistics, from either."""
    exact, scaled = maps("exact"), maps("scaled", STORAGE=UINT16)
    zones = write_polygons(
        tmp_path / "zones.gpkg",
        {"unit": "POLYGON((-50 44,-49.98 44,-49.98 43.985,-50 43.985,-50 44))"},
    )
    results = {}
    for key, source, choice in (("exact", exact, {}), ("scaled", scaled, {"STORAGE": UINT16})):
        mg = named(tmp_path, f"mg {key}", "OUTPUT", "OUTPUT_UNCERTAINTY")
        given = {"INPUT": source["OUTPUT"], "UNCERTAINTY": source["OUTPUT_UNCERTAINTY"]}
        numbers, _ = succeed("mgnumber", {**given, **mg, **choice})
        rgb, table = tmp_path / f"rgb {key}.tif", tmp_path / f"{key}.csv"
        succeed("oxidergb", {"INPUT": source["OUTPUT"], "STRETCH": 2, "OUTPUT": rgb})
        succeed(
            "zonaloxides",
            {**given, "ZONES": zones, "OUTPUT": tmp_path / f"{key}.gpkg", "TABLE": table},
        )
        with table.open(newline="", encoding="utf-8") as file:
            (row,) = csv.DictReader(file)
        results[key] = [physical(path) for path in mg.values()], numbers["MEAN"], read(rgb), row
    (maps_exact, mean_exact, rgb_exact, row_exact), (maps_scaled, mean, rgb, row) = (
        results["exact"],
        results["scaled"],
    )
    for ours, theirs, bound in zip(maps_scaled, maps_exact, (1e-4, 2e-3)):
        assert np.array_equal(np.isfinite(ours), np.isfinite(theirs))
        assert 0 < np.nanmax(np.abs(ours - theirs)) < bound
    assert mean == pytest.approx(mean_exact, abs=1e-5)
    assert np.array_equal(rgb[3], rgb_exact[3])
    assert np.nanmax(np.abs(rgb - rgb_exact)) <= 1
    assert row.keys() == row_exact.keys()
    numbers = {key: float(text) for key, text in row.items() if text and key != "unit"}
    assert len(numbers) > 10
    assert {"MgO", "FeO"} < numbers.keys()
    for key, number in numbers.items():
        assert number == pytest.approx(float(row_exact[key]), abs=6e-4), key


def test_mg_number_in_steps_of_its_own(succeed, oxide_raster, tmp_path):
    """Of every composition there is: 0 to 1 fit."""
    values = np.random.default_rng(5).uniform(0, 25, (5, 40, 60)).astype(np.float32)
    values[3, 0, :9] = 0
    values[2, 1, :9] = 0
    path, *_ = oxide_raster(values=values)
    output = tmp_path / "mg.tif"
    succeed("mgnumber", {"INPUT": path, "STORAGE": UINT16, "LAYOUT": COG, "OUTPUT": output})
    mg, fe = values[3] / 40.304, values[2] / 71.844
    found = physical(output)[0]
    np.testing.assert_allclose(found, mg / (mg + fe), rtol=0, atol=1.01e-5)
    assert (found.min(), found.max()) == (0, 1)


def test_a_value_that_does_not_fit_is_refused(refused, oxide_raster, tmp_path):
    """Where hardly any MgO and FeO are, the uncertainty of Mg# has no end."""
    values = np.full((5, 40, 60), 8, np.float32)
    values[2:4, 12, 34] = 0.01
    sigmas = np.full((5, 40, 60), 0.5, np.float32)
    oxides, *_ = oxide_raster(values=values)
    uncertainty, *_ = oxide_raster(values=sigmas, names=[f"{oxide} 1 sigma" for oxide in OXIDES])
    message = refused(
        "mgnumber",
        {
            "INPUT": oxides,
            "UNCERTAINTY": uncertainty,
            "STORAGE": UINT16,
            **named(tmp_path, "mg", "OUTPUT", "OUTPUT_UNCERTAINTY"),
        },
    )
    assert "Mg# 1 sigma is 16." in message
    assert "at column 34, row 12" in message
    assert "0 to 6.5534" in message
    assert "Choose 0 (Float32, lossless)" in message


def test_fractions_as_scaled_integers_are_refused_too(refused, oxide_raster, tmp_path):
    floats, *_ = oxide_raster(values=np.full((5, 20, 20), 0.09, np.float32))
    path = tmp_path / "fractions.tif"
    gdal.Translate(
        str(path), str(floats), outputType=gdal.GDT_UInt16, scaleParams=[[0, 1, 0, 1000]] * 5
    )
    dataset = gdal.Open(str(path), gdal.GA_Update)
    for number in range(1, 6):
        dataset.GetRasterBand(number).SetScale(0.001)
    dataset = None
    assert np.nanmax(physical(path)) == pytest.approx(0.09)
    message = refused("mgnumber", {"INPUT": path, "OUTPUT": tmp_path / "mg.tif"})
    assert "weight fractions and not wt%" in message


def rendered(layer):
    """The pixels as QGIS shows them, ARGB [height, width, 4]."""
    provider = layer.dataProvider()
    block = layer.renderer().block(1, layer.extent(), layer.width(), layer.height())
    assert provider.isValid()
    image = block.image()
    pixels = image.constBits().asarray(image.byteCount())
    return np.array(pixels, np.uint8).reshape(image.height(), image.width(), 4).astype(int)


def centre(path, row, column):
    """Of a pixel, in map coordinates."""
    west, dx, _, north, _, dy = gdal.Open(str(path)).GetGeoTransform()
    return QgsPointXY(west + (column + 0.5) * dx, north + (row + 0.5) * dy)


@pytest.mark.parametrize("layout", [0, COG])
@pytest.mark.parametrize("kind", [LERC, UINT16])
def test_qgis_shows_values_no_data_and_style(maps, tile, kind, layout):
    exact, found = maps("exact"), maps("found", STORAGE=kind, LAYOUT=layout)
    valid = expected_valid(tile[1])
    lit, masked = np.argwhere(valid)[500], np.argwhere(~valid)[3]
    for name, bands in zip(PREDICTED, (5, 5, 1)):
        layer, other = (QgsRasterLayer(str(paths[name]), name) for paths in (found, exact))
        provider = layer.dataProvider()
        values = physical(exact[name])[:, lit[0], lit[1]]
        there, not_there = (centre(found[name], *pixel) for pixel in (lit, masked))
        identified, nothing = (
            provider.identify(point, QgsRaster.IdentifyFormatValue).results()
            for point in (there, not_there)
        )
        for number in range(1, bands + 1):
            sampled, ok = provider.sample(there, number)
            assert ok
            assert sampled == pytest.approx(values[number - 1], abs=0.0011)
            assert identified[number] == pytest.approx(sampled, rel=1e-6)  # a float32
            assert not provider.sample(not_there, number)[1]
            assert nothing[number] is None
        assert layer.renderer().type() == "singlebandpseudocolor"
        assert layer.renderer().classificationMax() == other.renderer().classificationMax()
        ours, theirs = rendered(layer), rendered(other)
        assert np.array_equal(ours[..., 3] > 0, valid)
        # A value may fall on the other side of a class's limit.
        assert (np.abs(ours - theirs).max(axis=2) <= 1).mean() > 0.995
        assert len(np.unique(theirs.reshape(-1, 4), axis=0)) > (10 if bands == 5 else 1)


def test_progress_and_cancel_amid_the_layout(succeed, refused, tmp_path):
    label = mi_tiles.write_tile(tmp_path, mi_tiles.soils(800, 600))
    outputs = named(tmp_path, "", *PREDICTED)
    feedback = Feedback()
    parameters = {"INPUT": label, **outputs, "LAYOUT": COG}
    succeed("predictoxides", parameters, feedback)
    assert feedback.steps == sorted(feedback.steps)
    assert feedback.steps[-1] == pytest.approx(100)
    assert sum(step > 50 for step in feedback.steps) > 10
    # What stood there before a cancelled run is still there: refused() compares all files.
    feedback = Feedback(cancel_at=80)
    assert "Cancelled" in refused("predictoxides", parameters, feedback)
    assert feedback.steps[-1] >= 80


def test_without_lerc_nothing_begins(refused, tile, oxide_raster, tmp_path, monkeypatch):
    monkeypatch.setattr(storage, "_has", lambda codec: codec != "LERC")
    feedback = Feedback()
    given = {"INPUT": tile[0], "STORAGE": LERC, "OUTPUT": tmp_path / "o.tif"}
    for name, inputs in (
        ("predictoxides", {}),
        ("empiricaloxides", {}),
        ("mgnumber", {"INPUT": oxide_raster()[0]}),
    ):
        message = refused(name, {**given, **inputs}, feedback)
        assert "STORAGE 2 (Float32, LERC) needs a GDAL that writes LERC" in message
    assert feedback.info == feedback.steps == []


def test_empirical_maps(succeed, refused, tile, tmp_path):
    """Not as scaled integers: the equations may fall below zero."""
    given = {"INPUT": tile[0], "METHOD": 0}
    succeed("empiricaloxides", {**given, "OUTPUT": tmp_path / "exact.tif"})
    chosen = {**given, "STORAGE": LERC, "LAYOUT": COG, "OUTPUT": tmp_path / "lerc.tif"}
    succeed("empiricaloxides", chosen)
    exact, found = physical(tmp_path / "exact.tif"), physical(tmp_path / "lerc.tif")
    assert np.array_equal(np.isfinite(found), np.isfinite(exact))
    assert 0.0005 < np.nanmax(np.abs(found - exact)) <= 0.001
    assert image_structure(tmp_path / "lerc.tif")["LAYOUT"] == "COG"
    message = refused("empiricaloxides", {**chosen, "STORAGE": UINT16})
    assert "STORAGE is 3. Choose one of: 0 (Float32, lossless)" in message


def test_imported_tiles_have_overviews_and_no_loss(succeed, tmp_path):
    dn = mi_tiles.soils(600, 520)
    label = mi_tiles.write_tile(tmp_path, dn)
    output = tmp_path / "r.tif"
    succeed("importmimap", {"INPUT": [str(label)], "OUTPUT": output})
    dataset = gdal.Open(str(output))
    assert dataset.GetRasterBand(1).GetOverviewCount() == 2
    assert image_structure(output)["COMPRESSION"] == "ZSTD"
    expected = dn[list(mi_tiles.MODEL_PLANES)] * 2e-5
    np.testing.assert_allclose(physical(output), expected, rtol=1e-6)
