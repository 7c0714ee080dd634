"""Algorithm importmimap."""

import json

import numpy as np
import pytest
from osgeo import gdal, osr

from tests import mi_tiles

from .conftest import Feedback, expected_valid, lunar_crs, read, site_mixtures


def lon_lat(path, column, row):
    """Position of a pixel's centre through the file's own CRS."""
    dataset = gdal.Open(str(path))
    reference = dataset.GetSpatialRef()
    geographic = reference.CloneGeogCS()
    geographic.SetAxisMappingStrategy(osr.OAMS_TRADITIONAL_GIS_ORDER)
    x0, dx, _, y0, _, dy = dataset.GetGeoTransform()
    transformation = osr.CoordinateTransformation(reference, geographic)
    return transformation.TransformPoint(x0 + (column + 0.5) * dx, y0 + (row + 0.5) * dy)[:2]


def test_reflectance_is_dn_times_scale(succeed, tile, tmp_path):
    label, dn = tile
    results, _ = succeed("importmimap", {"INPUT": [str(label)], "OUTPUT": tmp_path / "r.tif"})
    values = read(tmp_path / "r.tif")
    valid = expected_valid(dn)
    assert values.shape[0] == 8
    assert np.array_equal(np.isfinite(values).all(axis=0), valid)
    assert np.array_equal(np.isfinite(values).any(axis=0), valid)
    expected = dn[list(mi_tiles.MODEL_PLANES)] * 2e-5
    np.testing.assert_allclose(values[:, valid], expected[:, valid], rtol=1e-6)
    assert results["VALID_PIXELS"] == valid.sum()


def test_shadow_is_kept_on_request(succeed, tile, tmp_path):
    label, dn = tile
    parameters = {"INPUT": [str(label)], "MASK_SHADOW": False, "OUTPUT": tmp_path / "r.tif"}
    results, _ = succeed("importmimap", parameters)
    assert results["VALID_PIXELS"] == expected_valid(dn, shadow=0).sum()
    assert results["VALID_PIXELS"] == expected_valid(dn).sum() + 10


def test_raster_describes_itself(succeed, tile, tmp_path):
    succeed("importmimap", {"INPUT": [str(tile[0])], "OUTPUT": tmp_path / "r.tif"})
    dataset = gdal.Open(str(tmp_path / "r.tif"))
    names = [dataset.GetRasterBand(i).GetDescription() for i in range(1, 9)]
    assert names[0] == "MV1 415 nm"
    assert names[5] == "MN2 1050 nm"
    assert dataset.GetRasterBand(1).GetNoDataValue() == -9999
    assert dataset.GetRasterBand(1).DataType == gdal.GDT_Float32
    metadata = dataset.GetMetadata()
    assert metadata["LUNAR_OXIDE_ALGORITHM"] == "lunaroxide:importmimap"
    assert json.loads(metadata["LUNAR_OXIDE_PARAMETERS"])["INPUT"] == [str(tile[0])]
    assert metadata["SOURCE_PRODUCTS"] == "MI_MAP_03_N44E310N43E311SC"
    assert dataset.GetSpatialRef().IsSame(lunar_crs("IAU_2015:30110"))
    assert (tmp_path / "r.qml").is_file()


@pytest.mark.parametrize(("west", "expected"), [(310.0, -50.0), (19.0, 19.0), (180.0, -180.0)])
def test_marker_comes_back_at_its_place(succeed, tmp_path, west, expected):
    """Whole chain, to 1e-6 degrees, also west of the prime meridian."""
    dn = site_mixtures(30, 50)
    dn[:, 17, 31] = 30000 - np.arange(9)[::-1] * 100
    label = mi_tiles.write_tile(tmp_path, dn, name="TILE", west=west, north=44.0)
    succeed("importmimap", {"INPUT": [str(label)], "OUTPUT": tmp_path / "r.tif"})
    values = read(tmp_path / "r.tif")
    row, column = np.argwhere(values[0] == values[0].max())[0]
    assert (row, column) == (17, 31)
    lon, lat = lon_lat(tmp_path / "r.tif", column, row)
    # Label positions are the centres of the first pixel.
    assert lon == pytest.approx(expected + 31 / 2048, abs=1e-6)
    assert lat == pytest.approx(44.0 - 17 / 2048, abs=1e-6)


@pytest.mark.parametrize("west", [310.0, 359.5, 179.5])
def test_neighbours_become_one_raster(succeed, tmp_path, west):
    """Four tiles around a corner, also across 0 and 180 degrees, in any order."""
    whole = site_mixtures(64, 96)
    parts = {}
    for name, rows, columns in (
        ("SE", slice(32, 64), slice(48, 96)),
        ("NW", slice(0, 32), slice(0, 48)),
        ("NE", slice(0, 32), slice(48, 96)),
        ("SW", slice(32, 64), slice(0, 48)),
    ):
        parts[name] = mi_tiles.write_tile(
            tmp_path,
            whole[:, rows, columns],
            name=name,
            north=44.0 - rows.start / 96,
            west=(west + columns.start / 96) % 360,
            resolution=96,
        )
    succeed(
        "importmimap", {"INPUT": [str(p) for p in parts.values()], "OUTPUT": tmp_path / "m.tif"}
    )
    values = read(tmp_path / "m.tif")
    np.testing.assert_allclose(values, whole[list(mi_tiles.MODEL_PLANES)] * 2e-5, rtol=1e-6)
    lon, lat = lon_lat(tmp_path / "m.tif", 70, 40)
    assert (lon - (west + 70 / 96) + 180) % 360 - 180 == pytest.approx(0, abs=1e-6)
    assert lat == pytest.approx(44 - 40 / 96, abs=1e-6)


def test_first_valid_pixel_wins_where_tiles_overlap(succeed, tmp_path):
    first, second = site_mixtures(20, 20, seed=1), site_mixtures(20, 20, seed=2)
    first[3, 5:10, 5:10] = -22000
    paths = [
        str(mi_tiles.write_tile(tmp_path, dn, name=name))
        for name, dn in (("A", first), ("B", second))
    ]
    succeed("importmimap", {"INPUT": paths, "OUTPUT": tmp_path / "m.tif"})
    expected = first.copy()
    expected[:, 5:10, 5:10] = second[:, 5:10, 5:10]
    expected = expected[list(mi_tiles.MODEL_PLANES)] * 2e-5
    np.testing.assert_allclose(read(tmp_path / "m.tif"), expected, rtol=1e-6)


@pytest.mark.parametrize(
    "extent",
    [
        "-49.995,-49.985,43.985,43.995 [IAU_2015:30100]",
        "310.005,310.015,43.985,43.995 [IAU_2015:30100]",
    ],
)
def test_extent_cuts_whole_pixels(succeed, tile, tmp_path, extent):
    label, dn = tile
    succeed(
        "importmimap",
        {"INPUT": [str(label)], "EXTENT": extent, "OUTPUT": tmp_path / "part.tif"},
    )
    part = read(tmp_path / "part.tif")
    # Pixel i spans west + (i -+ 0.5) / 2048 degrees.
    first, last = int(np.floor(0.005 * 2048 + 0.5)), int(np.floor(0.015 * 2048 + 0.5))
    expected = dn[list(mi_tiles.MODEL_PLANES), first : last + 1, first : last + 1] * 2e-5
    valid = expected_valid(dn)[first : last + 1, first : last + 1]
    assert part.shape == expected.shape
    np.testing.assert_allclose(part[:, valid], expected[:, valid], rtol=1e-6)
    lon, lat = lon_lat(tmp_path / "part.tif", 0, 0)
    assert lon == pytest.approx(-50 + first / 2048, abs=1e-6)
    assert lat == pytest.approx(44 - first / 2048, abs=1e-6)


def test_extent_of_a_mosaic_across_180_degrees(succeed, tmp_path):
    """The tile at 180 E lies at 180, not at -180, when the one at 179 E is beside it."""
    dn = site_mixtures(16, 16)
    tiles = [
        str(mi_tiles.write_tile(tmp_path, dn, name=name, west=west, resolution=32))
        for name, west in (("W", 179.5), ("E", 180.0))
    ]
    extent = "-179.9,-179.7,43.6,43.9 [IAU_2015:30100]"
    succeed("importmimap", {"INPUT": tiles, "EXTENT": extent, "OUTPUT": tmp_path / "p.tif"})
    lon, lat = lon_lat(tmp_path / "p.tif", 0, 0)
    column, row = round((lon % 360 - 180) * 32), round((44 - lat) * 32)
    assert (column, row) == (3, 3)
    part = read(tmp_path / "p.tif")
    rows, columns = part.shape[1:]
    expected = dn[list(mi_tiles.MODEL_PLANES), 3 : 3 + rows, 3 : 3 + columns] * 2e-5
    np.testing.assert_allclose(part, expected, rtol=1e-6)


def test_refusals(refused, tile, tmp_path):
    label, _ = tile
    output = tmp_path / "r.tif"
    far = mi_tiles.write_tile(tmp_path, site_mixtures(20, 20), name="FAR", north=8, west=19)
    coarse = mi_tiles.write_tile(tmp_path, site_mixtures(20, 20), name="COARSE", resolution=512)
    shifted = mi_tiles.write_tile(
        tmp_path, site_mixtures(20, 20), name="SHIFTED", north=44 + 0.3 / 2048
    )

    def message(**parameters):
        return refused("importmimap", {"INPUT": [str(label)], "OUTPUT": output, **parameters})

    assert "far apart" in message(INPUT=[str(label), str(far)])
    assert "different pixel sizes" in message(INPUT=[str(label), str(coarse)])
    assert "do not line up" in message(INPUT=[str(label), str(shifted)])
    assert "not on the Moon" in message(EXTENT="-50,-49,43,44 [EPSG:4326]")
    assert "does not touch" in message(EXTENT="10,11,43,44 [IAU_2015:30100]")


def test_cancel_leaves_nothing(refused, tmp_path):
    label = mi_tiles.write_tile(tmp_path, site_mixtures(600, 40))
    feedback = Feedback(cancel_at=40)
    message = refused(
        "importmimap", {"INPUT": [str(label)], "OUTPUT": tmp_path / "r.tif"}, feedback
    )
    assert "Cancelled" in message
    assert max(feedback.steps) < 100
