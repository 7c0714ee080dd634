"""Algorithm importmimap."""

import json
import os

import numpy as np
import pytest
from osgeo import gdal, osr
from qgis.core import (
    QgsProcessing,
    QgsProcessingContext,
    QgsProcessingOutputLayerDefinition,
    QgsProject,
    QgsRasterLayer,
)

from lunar_oxide_plugin.raster.mi import mi_folder
from lunar_oxide_plugin.raster.sources.mi_source import MiSource
from tests import mi_tiles
from tests.polygons import lunar_crs

from .conftest import Feedback, expected_valid, read

#: Metres of a degree at the equator.
DEGREE = 1737400 * np.pi / 180


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
    dn = mi_tiles.soils(30, 50)
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
    whole = mi_tiles.soils(64, 96)
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
    first, second = mi_tiles.soils(20, 20, seed=1), mi_tiles.soils(20, 20, seed=2)
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
    dn = mi_tiles.soils(16, 16)
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
    far = mi_tiles.write_tile(tmp_path, mi_tiles.soils(20, 20), name="FAR", north=8, west=19)
    coarse = mi_tiles.write_tile(tmp_path, mi_tiles.soils(20, 20), name="COARSE", resolution=512)
    shifted = mi_tiles.write_tile(
        tmp_path, mi_tiles.soils(20, 20), name="SHIFTED", north=44 + 0.3 / 2048
    )

    def message(**parameters):
        return refused("importmimap", {"INPUT": [str(label)], "OUTPUT": output, **parameters})

    assert "far apart" in message(INPUT=[str(label), str(far)])
    assert "different pixel sizes" in message(INPUT=[str(label), str(coarse)])
    assert "do not line up" in message(INPUT=[str(label), str(shifted)])
    assert "not on the Moon" in message(EXTENT="-50,-49,43,44 [EPSG:4326]")
    assert "does not touch" in message(EXTENT="10,11,43,44 [IAU_2015:30100]")


def tile_name(north, west, version=3):
    corners = [
        f"{'N' if lat >= 0 else 'S'}{abs(lat):02}E{lon % 360:03}"
        for lat, lon in ((north, west), (north - 1, west + 1))
    ]
    return f"MI_MAP_0{version}_{corners[0]}{corners[1]}SC"


@pytest.fixture()
def archive(tmp_path):
    """A folder like the archive's with 2 x 4 tiles around 180 E: (folder, DN of all of them)."""
    whole = mi_tiles.soils(64, 128)
    whole[3, 10, 60:70] = -21000
    for row in range(2):
        for column in range(4):
            west = 178 + column
            place = tmp_path / "archive" / f"lon{west % 360:03}" / "data"
            place.mkdir(parents=True, exist_ok=True)
            mi_tiles.write_tile(
                place,
                whole[:, row * 32 : row * 32 + 32, column * 32 : column * 32 + 32],
                name=tile_name(10 - row, west),
                north=10 - row,
                west=west,
                resolution=32,
            )
    return tmp_path / "archive", whole


def model_values(dn):
    """Reflectance [8, height, width], NaN where DN are invalid."""
    values = dn[list(mi_tiles.MODEL_PLANES)] * 2e-5
    values[:, ~expected_valid(dn)] = np.nan
    return values


def test_folder(succeed, archive, tmp_path):
    folder, whole = archive
    results, _ = succeed("importmimap", {"FOLDER": folder, "OUTPUT": tmp_path / "m.tif"})
    np.testing.assert_allclose(read(tmp_path / "m.tif"), model_values(whole), rtol=1e-6)
    assert results["VALID_PIXELS"] == expected_valid(whole).sum()
    metadata = gdal.Open(str(tmp_path / "m.tif")).GetMetadata()
    assert metadata["SOURCE_COUNT"] == "8"
    assert len(metadata["SOURCE_PRODUCTS"].split()) == 8
    assert "first valid" in metadata["SOURCE_OVERLAPS"]


@pytest.mark.parametrize("resolution", [None, 8])
def test_shuffled_folder_gives_the_same_bytes(succeed, archive, tmp_path, monkeypatch, resolution):
    folder, _ = archive
    parameters = {"FOLDER": folder, "OUTPUT": tmp_path / "m.tif"}
    if resolution:
        parameters["RESOLUTION"] = resolution
    succeed("importmimap", parameters)
    first = (tmp_path / "m.tif").read_bytes()
    walk = [(place, [], names[::-1]) for place, _, names in os.walk(folder)]
    monkeypatch.setattr(mi_folder.os, "walk", lambda *_, **__: walk[::-1])
    succeed("importmimap", parameters)
    assert (tmp_path / "m.tif").read_bytes() == first


@pytest.mark.parametrize(
    "extent",
    [
        "179.3,180.8,8.6,9.4 [IAU_2015:30100]",
        "-180.7,-179.2,8.6,9.4 [IAU_2015:30100]",
        f"{179.3 * DEGREE},{180.8 * DEGREE},{8.6 * DEGREE},{9.4 * DEGREE} [IAU_2015:30110]",
    ],
)
def test_extent_across_180_degrees(succeed, archive, tmp_path, extent):
    """At full and reduced resolution, from the tiles that its corners touch only."""
    folder, whole = archive
    for path in folder.rglob("*E178*"):
        path.write_bytes(b"no tile")  # not opened
    parameters = {"FOLDER": folder, "EXTENT": extent}
    succeed("importmimap", {**parameters, "OUTPUT": tmp_path / "m.tif"})
    columns = slice(int((179.3 - 178) * 32 + 0.5), int((180.8 - 178) * 32 + 0.5) + 1)
    rows = slice(int((10 - 9.4) * 32 + 0.5), int((10 - 8.6) * 32 + 0.5) + 1)
    expected = model_values(whole)[:, rows, columns]
    np.testing.assert_allclose(read(tmp_path / "m.tif"), expected, rtol=1e-6)

    succeed("importmimap", {**parameters, "RESOLUTION": 8, "OUTPUT": tmp_path / "c.tif"})
    dataset = gdal.Open(str(tmp_path / "c.tif"))
    x0, dx, _, y0, _, _ = dataset.GetGeoTransform()
    assert dx == pytest.approx(DEGREE / 8)
    assert (x0 / DEGREE - 179.25 + 180) % 360 == pytest.approx(180, abs=1e-9)
    assert y0 / DEGREE == pytest.approx(9.5, abs=1e-9)
    assert (dataset.RasterXSize, dataset.RasterYSize) == (13, 8)
    assert "8 pixels per degree of 32" in dataset.GetMetadataItem("RESAMPLING")
    # Pixels from 180 E on: columns 64 - 1/2 ... of the tiles, 5 of them with two halves.
    values = read(tmp_path / "c.tif")
    old = model_values(whole)[:, 16:21, 64:69]
    weights = np.outer([0.5, 1, 1, 1, 0.5], [0.5, 1, 1, 1, 0.5])
    expected = (old * weights).sum(axis=(1, 2)) / weights.sum()
    np.testing.assert_allclose(values[:, 0, 6], expected, rtol=1e-4)


def test_input_comes_before_folder_and_version_3_before_2(succeed, tmp_path):
    dn = {name: mi_tiles.soils(8, 8, seed=seed) for seed, name in enumerate(("own", "V3", "V2"))}
    dn["own"][1, :, :4] = -22000
    dn["V3"][1, :2] = -22000
    folder = tmp_path / "folder"
    folder.mkdir()
    options = {"north": 5, "west": 20, "resolution": 8}
    mi_tiles.write_tile(folder, dn["V2"], name=tile_name(5, 20, 2), attached=True, **options)
    mi_tiles.write_tile(folder, dn["V3"], name=tile_name(5, 20), **options)
    own = mi_tiles.write_tile(tmp_path, dn["own"], name="OWN", **options)
    succeed("importmimap", {"INPUT": [str(own)], "FOLDER": folder, "OUTPUT": tmp_path / "m.tif"})
    expected = model_values(dn["own"])
    expected[:, :, :4] = model_values(dn["V3"])[:, :, :4]
    np.testing.assert_allclose(read(tmp_path / "m.tif"), expected, rtol=1e-6)
    products = gdal.Open(str(tmp_path / "m.tif")).GetMetadataItem("SOURCE_PRODUCTS")
    assert products == f"OWN {tile_name(5, 20)}"


def test_empty_tile_is_left_out(succeed, archive, tmp_path):
    folder, whole = archive
    whole[:, :32, :32] = -30000
    place = folder / "lon178" / "data"
    name = tile_name(10, 178)
    mi_tiles.write_tile(place, whole[:, :32, :32], name=name, north=10, west=178, resolution=32)
    _, feedback = succeed("importmimap", {"FOLDER": folder, "OUTPUT": tmp_path / "m.tif"})
    assert any(text.startswith(f"Left out: {name}.lbl") for text in feedback.info)
    np.testing.assert_allclose(read(tmp_path / "m.tif"), model_values(whole), rtol=1e-6)


def test_one_degree_at_512(succeed, tmp_path):
    """A tile of whole degrees gives whole degrees, without slivers of its outer half pixels."""
    label = mi_tiles.write_tile(
        tmp_path, mi_tiles.soils(64, 64), north=44, west=310, resolution=64, name="T"
    )
    parameters = {"INPUT": [str(label)], "RESOLUTION": 16, "OUTPUT": tmp_path / "m.tif"}
    results, _ = succeed("importmimap", parameters)
    dataset = gdal.Open(str(tmp_path / "m.tif"))
    assert dataset.GetGeoTransform() == pytest.approx(
        (-50 * DEGREE, DEGREE / 16, 0, 44 * DEGREE, 0, -DEGREE / 16)
    )
    assert (dataset.RasterXSize, dataset.RasterYSize) == (16, 16)
    assert results["VALID_PIXELS"] == 256
    assert dataset.GetSpatialRef().IsSame(lunar_crs("IAU_2015:30110"))


def test_overviews(succeed, tmp_path):
    label = mi_tiles.write_tile(tmp_path, mi_tiles.soils(300, 280))
    succeed("importmimap", {"INPUT": [str(label)], "OUTPUT": tmp_path / "m.tif"})
    dataset = gdal.Open(str(tmp_path / "m.tif"))
    assert dataset.GetRasterBand(8).GetOverviewCount() == 1


def test_vrt(succeed, archive, tmp_path):
    """The spectra of the GeoTIFF, in a file of a few kB that refers to the tiles."""
    folder, _ = archive
    given = {"FOLDER": folder, "EXTENT": "179.3,180.8,8.6,9.4 [IAU_2015:30100]"}
    results, _ = succeed("importmimap", {**given, "OUTPUT": tmp_path / "m.vrt"})
    assert "VALID_PIXELS" not in results
    succeed("importmimap", {**given, "OUTPUT": tmp_path / "m.tif"})
    assert (tmp_path / "m.qml").is_file()
    vrt, tif = (MiSource(str(tmp_path / f"m.{end}")) for end in ("vrt", "tif"))
    assert vrt.grid[1:] == tif.grid[1:]
    assert vrt.band_names == tif.band_names
    (values, valid), (expected, expected_valid) = (
        source.spectra(source.grid.window) for source in (vrt, tif)
    )
    np.testing.assert_array_equal(valid, expected_valid)
    np.testing.assert_array_equal(values[:, valid], expected[:, valid])
    # QGIS applies the scale.
    layer = QgsRasterLayer(str(tmp_path / "m.vrt"), "m")
    block = layer.dataProvider().block(1, layer.extent(), layer.width(), layer.height())
    assert block.value(0, 0) == pytest.approx(values[0, 0, 0])


@pytest.mark.parametrize(
    ("name", "options"),
    [
        ("predictoxides", {}),
        ("mgnumber", {"MGO_BAND": 1, "FEO_BAND": 2}),
        ("oxidergb", {"RED_BAND": 1, "GREEN_BAND": 2, "BLUE_BAND": 3, "STRETCH": 1}),
    ],
)
def test_only_import_writes_vrt(refused, tile, tmp_path, name, options):
    """The others have pixels of their own to write."""
    oxides = str(tmp_path / "oxides.tif")
    gdal.Translate(
        oxides, gdal.Open(str(tile[0])), bandList=[1, 2], outputType=gdal.GDT_Float32,
        scaleParams=[[0, 1, 9, 9]], options=["-a_scale", "1"],
    )  # fmt: skip
    source = oxides if name == "mgnumber" else str(tile[0])
    parameters = {"INPUT": source, "OUTPUT": tmp_path / "r.vrt", **options}
    assert "rasters are GeoTIFF, give a .tif name" in refused(name, parameters)


def test_check_asks_for_no_layer(provider, archive):
    """Else QGIS looks for a second, missing result when the algorithm is done."""
    context = QgsProcessingContext()
    output = QgsProcessingOutputLayerDefinition(QgsProcessing.TEMPORARY_OUTPUT)
    output.destinationProject = QgsProject.instance()
    parameters = {"FOLDER": str(archive[0]), "RESOLUTION": 8, "OUTPUT": output}
    accepted, _ = provider.algorithm("importmimap").checkParameterValues(parameters, context)
    assert accepted
    assert context.layersToLoadOnCompletion() == {}


def test_refusals_of_parameters(refused, archive, tmp_path):
    folder, _ = archive

    def message(**parameters):
        return refused("importmimap", {"OUTPUT": tmp_path / "r.tif", **parameters})

    assert "Give the tiles in INPUT, or the folder" in message()
    assert "Give the tiles in INPUT, or the folder" in message(INPUT=[], FOLDER="")
    assert "is not a folder" in message(FOLDER=tmp_path / "nowhere")
    assert "is not a folder" in message(FOLDER=tmp_path / ("x" * 300))
    assert "above 0" in message(FOLDER=folder, RESOLUTION=0)
    assert "have only 32" in message(FOLDER=folder, RESOLUTION=33)
    assert "needs its CRS" in message(FOLDER=folder, RESOLUTION=8, EXTENT="0,1000,0,900")
    assert "cannot have another RESOLUTION" in message(
        FOLDER=folder, RESOLUTION=8, OUTPUT=tmp_path / "r.vrt"
    )
    assert "touches EXTENT" in message(FOLDER=folder, EXTENT="0,1,0,1 [IAU_2015:30100]")


@pytest.mark.parametrize("cancel_at", [20, 40, 75])
def test_cancel_leaves_nothing(refused, tmp_path, cancel_at):
    """While tiles are examined, copied and overviews are made."""
    label = mi_tiles.write_tile(tmp_path, mi_tiles.soils(600, 300))
    feedback = Feedback(cancel_at=cancel_at)
    message = refused(
        "importmimap", {"INPUT": [str(label)], "OUTPUT": tmp_path / "r.tif"}, feedback
    )
    assert "Cancelled" in message
    assert max(feedback.steps) < 100
