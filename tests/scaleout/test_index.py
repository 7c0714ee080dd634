"""The VRTs and the STAC collection over all windows, as other software reads them."""

import hashlib
import json
from pathlib import Path

import numpy as np
import pystac
import pytest
from osgeo import gdal

from lunar_oxide_plugin.scaleout.__main__ import main

from .conftest import COLUMNS, NORTH, ROWS, SIZE, STEP, WEST, assert_same_pixels, records


@pytest.fixture(scope="module")
def done(scene, tmp_path_factory):
    """A folder that was moved after the run: all names in it are relative."""
    folder = tmp_path_factory.mktemp("run") / "out"
    arguments = [str(scene.folder), "--output", str(folder), "--window", "64", "--workers", "0"]
    assert main([*arguments, "--uncertainty", "--domain"]) == 0
    return folder.rename(folder.with_name("moved"))


def test_vrts(scene, done):
    assert_same_pixels(done, scene)
    for name, units in (("oxides", "wt%"), ("uncertainty", "wt%"), ("domain_distance", "")):
        vrt = gdal.Open(str(done / f"{name}.vrt"))
        for number in range(1, vrt.RasterCount + 1):
            band = vrt.GetRasterBand(number)
            tif = gdal.Open(str(done / "windows" / "R0000" / f"R0000C0001_{name}.tif"))
            assert band.GetDescription() == tif.GetRasterBand(number).GetDescription() != ""
            assert (band.GetUnitType(), band.GetNoDataValue()) == (units, -9999)
        metadata = vrt.GetMetadata()
        assert metadata["LUNAR_OXIDE_VALID_PIXELS"] == str(np.isfinite(scene.oxides[0]).sum())
        assert json.loads(metadata["LUNAR_OXIDE_PARAMETERS"])["window"] == 64
        assert "LUNAR_OXIDE_MISSING_WINDOWS" not in metadata
        assert b"<qgis" in (done / f"{name}.qml").read_bytes()
        assert str(done) not in (done / f"{name}.vrt").read_text()


def test_collection(done):
    collection = pystac.Collection.from_file(str(done / "collection.json"))
    items = list(collection.get_items(recursive=True))
    assert {item.id for item in items} == {path.stem for path in records(done)}
    assert collection.extra_fields["ssys:targets"] == ["Moon"]
    west, south, east, north = collection.extent.spatial.bboxes[0]
    half = 0.5 / STEP  # labels of MI give the centres of pixels
    assert (west, north) == pytest.approx((WEST - half, NORTH + half), abs=1e-9)
    assert south == pytest.approx(NORTH + half - ROWS + 1 - SIZE / STEP, abs=1e-9)
    assert east == pytest.approx(WEST - half + COLUMNS - 1 + SIZE / STEP - 360, abs=1e-9)
    for item in items:
        assert item.get_root().id == item.get_collection().id == collection.id
        assert item.properties["ssys:targets"] == ["Moon"]
        for asset in item.assets.values():
            content = Path(asset.get_absolute_href()).read_bytes()
            assert asset.extra_fields["file:size"] == len(content)
            found = asset.extra_fields["file:checksum"]
            assert found == "1220" + hashlib.sha256(content).hexdigest()
            tif = gdal.Open(asset.get_absolute_href())
            x0, dx, _, y0, _, dy = tif.GetGeoTransform()
            assert item.properties["proj:transform"] == [dx, 0, x0, 0, dy, y0]
            assert item.properties["proj:shape"] == [tif.RasterYSize, tif.RasterXSize]
            assert len(asset.extra_fields["raster:bands"]) == tif.RasterCount
    crossing = [item for item in items if item.geometry["type"] == "MultiPolygon"]
    assert {item.id for item in crossing} == {"R0000C0001", "R0001C0001"}
    for item in crossing:
        assert item.bbox[0] > item.bbox[2]
