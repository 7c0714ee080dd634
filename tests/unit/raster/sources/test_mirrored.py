"""Mosaics built by GDAL over products that GDAL places on the wrong side of the Moon."""

import numpy as np
import pytest
from osgeo import gdal

from lunar_oxide_plugin.core.errors import RasterError
from lunar_oxide_plugin.raster.moon.crs import GEOGRAPHIC_WKT, full_turn
from lunar_oxide_plugin.raster.sources.mi_source import MiSource
from tests.mi_tiles import scene, write_tile


def vrt(path, sources, **options):
    made = gdal.BuildVRT(str(path), [str(source) for source in sources], **options)
    made.FlushCache()
    return str(path)


@pytest.mark.parametrize("west", [328.0, 200.5, 359.0])
def test_gdals_mosaic_of_version_2_tiles_is_refused(tmp_path, west):
    tile = write_tile(
        tmp_path, scene(), west=west, attached=True, name="MI_MAP_02_N65E328N64E329SC"
    )
    path = vrt(tmp_path / "mosaic.vrt", [tile])
    left = gdal.Open(path).GetGeoTransform()[0]
    assert left > 0, "GDAL places it right now: the guard can go"
    with pytest.raises(RasterError, match=rf"mosaic\.vrt shows MI_MAP_02.*lies at {west:.2f}\d E"):
        MiSource(path)


def test_gdals_mosaic_of_version_3_tiles_is_read(tmp_path):
    dn = scene()
    one = write_tile(tmp_path, dn[:, :, :24])
    other = write_tile(
        tmp_path, dn[:, :, 24:], west=310 + 24 / 2048, name="MI_MAP_03_N44E311N43E312SC"
    )
    for name, sources in (("a", [one, other]), ("b", [other, one])):
        source = MiSource(vrt(tmp_path / f"{name}.vrt", sources))
        found, valid = source.spectra(source.grid.window)
        assert valid.all()
        np.testing.assert_allclose(found[0], dn[0] * 2e-5, rtol=1e-6)
        turn = full_turn(source.grid.wkt)  # GDAL leaves 310 E at 310 E
        ours = MiSource(str(one)).grid.geotransform[0]
        assert source.grid.geotransform[0] == pytest.approx(
            ours + turn, abs=0.5
        )  # MAP_SCALE is rounded


def test_a_right_vrt_over_a_version_2_tile_is_read(tmp_path):
    """Its position was given by hand."""
    tile = write_tile(
        tmp_path, scene(), west=328.0, attached=True, name="MI_MAP_02_N65E328N64E329SC"
    )
    right = MiSource(str(tile)).grid
    made = gdal.BuildVRT(str(tmp_path / "a.vrt"), [str(tile)])
    made.SetGeoTransform(right.geotransform)
    made.FlushCache()
    made = None
    source = MiSource(str(tmp_path / "a.vrt"))
    np.testing.assert_allclose(source.grid.geotransform, right.geotransform)
    assert source.spectra(source.grid.window)[1].all()


@pytest.mark.parametrize("relative", [True, False])
def test_relative_and_absolute_sources(tmp_path, relative):
    folder = tmp_path / "tiles"
    folder.mkdir()
    tile = write_tile(folder, scene(), west=328.0, attached=True, name="MI_MAP_02_N65E328N64E329SC")
    path = vrt(tmp_path / "mosaic.vrt", [tile])
    text = (tmp_path / "mosaic.vrt").read_text()
    assert 'relativeToVRT="1"' in text
    if not relative:
        text = text.replace('relativeToVRT="1">', f'relativeToVRT="0">{tmp_path}/')
        (tmp_path / "mosaic.vrt").write_text(text)
    with pytest.raises(RasterError, match="GDAL mirrors"):
        MiSource(path)


def copies(folder, tile):
    """What GDAL makes of a product that it has placed itself."""
    gdal.Translate(str(folder / "copy.tif"), str(tile))
    gdal.Translate(str(folder / "crop.tif"), str(tile), srcWin=[4, 4, 16, 16])
    gdal.Warp(str(folder / "warped.tif"), str(tile), dstSRS=GEOGRAPHIC_WKT)
    gdal.Warp(str(folder / "warped.vrt"), str(tile), dstSRS=GEOGRAPHIC_WKT, format="VRT")
    gdal.BuildVRT(str(folder / "inner.vrt"), [str(tile)]).FlushCache()
    gdal.BuildVRT(str(folder / "outer.vrt"), [str(folder / "inner.vrt")]).FlushCache()
    return ("copy.tif", "crop.tif", "warped.tif", "warped.vrt", "outer.vrt")


@pytest.mark.parametrize(
    ("name", "west", "options"),
    [
        ("MI_MAP_02_N44E310N43E311SC", 310.0, {"attached": True}),
        ("MI_MAP_02_N44E200N43E201SC", 200.0, {"attached": True}),
        ("MIA_3C5_03_01351N439E0124SC", 12.3, {"strip": True}),
        ("MIA_3C5_03_01351N439E3004SC", 300.3, {"strip": True}),
    ],
)
def test_gdals_copies_are_refused(tmp_path, name, west, options):
    dn = scene(32, 512) if "strip" in options else scene(32, 48)
    tile = write_tile(tmp_path, dn, west=west, name=name, **options)
    for copy in copies(tmp_path, tile):
        with pytest.raises(RasterError, match=rf"{name}.* lies at .*GDAL mirrors products"):
            MiSource(str(tmp_path / copy))


def test_copies_in_the_right_place_are_read(tmp_path):
    """Of V3, and of V2 west of 180 degrees, which GDAL places right; and by a right position."""
    tile = write_tile(tmp_path, scene(), west=310.0)
    for copy in copies(tmp_path, tile):
        if not copy.startswith("warped"):  # GDAL warps what it places beyond 180 E to nothing
            assert MiSource(str(tmp_path / copy)).scaling
    (tmp_path / "v2").mkdir()
    tile = write_tile(
        tmp_path / "v2", scene(), west=310.0, attached=True, name="MI_MAP_02_N44E310N43E311SC"
    )
    right = MiSource(str(tile)).grid
    gdal.Translate(str(tmp_path / "v2/copy.tif"), str(tile))
    opened = gdal.Open(str(tmp_path / "v2/copy.tif"), gdal.GA_Update)
    opened.SetGeoTransform(right.geotransform)
    opened = None
    assert MiSource(str(tmp_path / "v2/copy.tif")).scaling


def test_gdals_copies_of_single_bands_are_refused(tmp_path):
    name = "MI_MAP_02_N44E310N43E311SC"
    tile = write_tile(tmp_path, scene(), west=310.0, attached=True, name=name)
    for number, nm in enumerate((414, 749, 901, 950, 1001, 1000, 1049, 1248, 1548), start=1):
        gdal.Translate(str(tmp_path / f"moon_{nm}nm.tif"), str(tile), bandList=[number])
    with pytest.raises(RasterError, match=rf"{name}.* lies at .*GDAL mirrors products"):
        MiSource(str(tmp_path / "moon_749nm.tif"))
