"""A mosaic as a VRT: the same spectra, nothing copied."""

import shutil
import zipfile

import numpy as np
import pytest
from osgeo import gdal

from lunar_oxide_plugin.core.errors import RasterError
from lunar_oxide_plugin.core.spectra.bands import MODEL_BANDS
from lunar_oxide_plugin.core.spectra.invalid_codes import invalid_codes, lookup_table
from lunar_oxide_plugin.raster.moon.crs import EQUIRECTANGULAR_WKT, GEOGRAPHIC_WKT
from lunar_oxide_plugin.raster.moon.extent import Extent
from lunar_oxide_plugin.raster.sources.mi_source import MiSource, open_mi_sources
from lunar_oxide_plugin.raster.sources.mosaic import Mosaic
from lunar_oxide_plugin.raster.sources.mosaic_vrt import mosaic_vrt
from lunar_oxide_plugin.raster.writing.storage import BandInfo
from tests import mi_tiles
from tests.unit.raster.sources.test_band_files import NAMES, write_set

BANDS = [BandInfo(f"{band.filter} {band.nominal} nm") for band in MODEL_BANDS]


def written(path, mosaic):
    list(mosaic.examine())
    path.write_text(mosaic_vrt(mosaic, path, BANDS, {"NOTE": "a < b"}), encoding="utf-8")
    return path


@pytest.fixture()
def tiles(tmp_path):
    """V3 at 327 E, V2 (which GDAL places at 32 W) at 328 E, with invalid codes and shadow."""
    folder = tmp_path / "tiles"
    folder.mkdir()
    dn = np.stack([mi_tiles.scene(16, 16, seed=seed) for seed in (1, 2)])
    for index, code in enumerate(mi_tiles.INVALID_CODES):
        dn[:, index, 3, 4 + index] = code
    dn[:, 4, 9, 9] = 400, 300
    options = {"north": 65, "resolution": 16}
    return [
        mi_tiles.write_tile(folder, dn[0], name="V3", west=327, **options),
        mi_tiles.write_tile(folder, dn[1], name="V2", west=328, attached=True, **options),
    ], dn


@pytest.mark.parametrize("box", [None, (-32.6, 64.2, -31.7, 64.6), (327.4, 64.2, 328.3, 64.6)])
def test_same_spectra(tmp_path, tiles, box):
    paths, _ = tiles
    extent = Extent(GEOGRAPHIC_WKT, *box) if box else None
    mosaic = Mosaic((MiSource(str(path)) for path in paths), extent)
    source = MiSource(str(written(tmp_path / "m.vrt", mosaic)))
    assert source.grid == mosaic.grid
    assert source.notes == []
    expected, expected_valid = mosaic.spectra(mosaic.grid.window)
    reflectance, valid = source.spectra(source.grid.window)
    np.testing.assert_array_equal(valid, expected_valid)
    np.testing.assert_array_equal(reflectance[:, valid], expected[:, valid])


def test_what_gdal_and_so_qgis_see(tmp_path, tiles):
    paths, dn = tiles
    path = written(tmp_path / "m.vrt", Mosaic(MiSource(str(path)) for path in paths))
    dataset = gdal.Open(str(path))
    assert dataset.GetMetadataItem("NOTE") == "a < b"
    for index, (info, plane) in enumerate(zip(BANDS, mi_tiles.MODEL_PLANES)):
        band = dataset.GetRasterBand(index + 1)
        assert band.GetDescription() == info.name
        assert (band.GetScale(), band.GetOffset()) == (2e-5, 0)
        assert band.GetNoDataValue() == -32768
        expected = np.concatenate(list(dn[:, plane]), axis=1)
        expected[np.isin(expected, mi_tiles.INVALID_CODES)] = -32768
        np.testing.assert_array_equal(band.ReadAsArray(), expected)


def test_every_dn_stays(tmp_path):
    """All integers from the largest invalid code to the largest one."""
    planes = np.arange(-20000, 32768).astype(np.int16).reshape(32, -1)
    dn = mi_tiles.scene(*planes.shape)
    dn[8] = planes
    path = mi_tiles.write_tile(tmp_path, dn, resolution=256)
    mosaic = Mosaic([MiSource(str(path), scale=2e-5)])
    dataset = gdal.Open(str(written(tmp_path / "m.vrt", mosaic)))
    planes[planes == -20000] = -32768
    np.testing.assert_array_equal(dataset.GetRasterBand(8).ReadAsArray(), planes)


def test_shadow_is_that_of_version_3(tmp_path):
    """A VRT has no label: DN of 328-500, lit in a V2 tile, count as shadow."""
    dn = mi_tiles.scene(8, 8)
    dn[0, 2, 2] = 400
    mosaic = Mosaic([MiSource(str(mi_tiles.write_tile(tmp_path, dn, attached=True)))])
    assert mosaic.spectra(mosaic.grid.window)[1].all()
    _, valid = MiSource(str(written(tmp_path / "m.vrt", mosaic))).spectra(mosaic.grid.window)
    assert np.argwhere(~valid).tolist() == [[2, 2]]


def test_moves_with_its_tiles(tmp_path, tiles):
    paths, _ = tiles
    (tmp_path / "maps").mkdir()
    mosaic = Mosaic(MiSource(str(path)) for path in paths)
    above = written(tmp_path / "above.vrt", mosaic)
    written(tmp_path / "maps" / "beside.vrt", mosaic)
    assert 'relativeToVRT="1">tiles/V3.lbl<' in above.read_text()
    assert f'relativeToVRT="0">{paths[1]}<' in (tmp_path / "maps" / "beside.vrt").read_text()
    expected = gdal.Open(str(above)).ReadAsArray()
    elsewhere = tmp_path / "elsewhere"
    elsewhere.mkdir()
    shutil.move(above, elsewhere)
    shutil.move(tmp_path / "tiles", elsewhere)
    np.testing.assert_array_equal(gdal.Open(str(elsewhere / above.name)).ReadAsArray(), expected)


def test_a_relative_input_is_found_from_another_folder(tmp_path, tiles, monkeypatch):
    paths, _ = tiles
    monkeypatch.chdir(tmp_path)
    (tmp_path / "maps").mkdir()
    mosaic = Mosaic([MiSource(str(path.relative_to(tmp_path))) for path in paths])
    path = written(tmp_path / "maps" / "m.vrt", mosaic)
    expected, _ = mosaic.spectra(mosaic.grid.window)
    monkeypatch.chdir("/")
    found, valid = MiSource(str(path)).spectra(mosaic.grid.window)
    np.testing.assert_array_equal(found[:, valid], expected[:, valid])


def test_first_tile_wins_whole(tmp_path):
    """No spectrum of two tiles: what is invalid in one band of the first stays invalid."""
    dn = [mi_tiles.scene(8, 8, seed=seed) for seed in (1, 2)]
    dn[0][3, 2, 2] = -21000
    paths = [
        mi_tiles.write_tile(tmp_path, tile, name=f"T{i}", resolution=8) for i, tile in enumerate(dn)
    ]
    mosaic = Mosaic(MiSource(str(path)) for path in paths)
    reflectance, valid = MiSource(str(written(tmp_path / "m.vrt", mosaic))).spectra(
        mosaic.grid.window
    )
    assert np.argwhere(~valid).tolist() == [[2, 2]]
    expected = dn[0][list(mi_tiles.MODEL_PLANES)] * 2e-5
    np.testing.assert_allclose(reflectance[:, valid], expected[:, valid], rtol=1e-6)


def write_stack(path, values, nodata, west=0.0, wkt=EQUIRECTANGULAR_WKT):
    kind = gdal.GDT_Float32 if values.dtype.kind == "f" else gdal.GDT_Int16
    dataset = gdal.GetDriverByName("GTiff").Create(str(path), 8, 8, 8, kind)
    dataset.SetProjection(wkt)
    size = 0.01 if wkt == GEOGRAPHIC_WKT else 15
    dataset.SetGeoTransform((west * size, size, 0, 8 * size, 0, -size))
    for number in range(1, 9):
        dataset.GetRasterBand(number).WriteArray(values[number - 1])
        if nodata is not None:
            dataset.GetRasterBand(number).SetNoDataValue(nodata)
    dataset = None  # closes it
    return MiSource(str(path))


@pytest.mark.parametrize("nodata", [-9999, 0, None])
@pytest.mark.parametrize("factor", [1, 2e-5])
def test_other_rasters(tmp_path, nodata, factor):
    """Stacks of DN or reflectance with their own no data, with a gap between them."""
    values = mi_tiles.scene(8, 8)[list(mi_tiles.MODEL_PLANES)] * factor
    values = values.astype(np.float32 if factor < 1 else np.int16)
    values[2, 3, 3] = -1 if nodata is None else nodata
    sources = [
        write_stack(tmp_path / f"{name}.tif", values, nodata, west)
        for name, west in (("a", 0.0), ("b", 10.0))
    ]
    mosaic = Mosaic(sources)
    source = MiSource(str(written(tmp_path / "m.vrt", mosaic)))
    expected, expected_valid = mosaic.spectra(mosaic.grid.window)
    reflectance, valid = source.spectra(mosaic.grid.window)
    assert valid.sum() == 2 * 63
    np.testing.assert_array_equal(valid, expected_valid)
    np.testing.assert_allclose(reflectance[:, valid], expected[:, valid], rtol=1e-6)


def test_nan_as_no_data(tmp_path):
    values = (mi_tiles.scene(8, 8)[list(mi_tiles.MODEL_PLANES)] * 2e-5).astype(np.float32)
    values[:, 3, 3] = np.nan
    mosaic = Mosaic(
        write_stack(tmp_path / f"{west}.tif", values, float("nan"), west) for west in (0, 8)
    )
    source = MiSource(str(written(tmp_path / "m.vrt", mosaic)))
    reflectance, valid = source.spectra(mosaic.grid.window)
    assert np.argwhere(~valid).tolist() == [[3, 3], [3, 11]]
    np.testing.assert_array_equal(reflectance[:, :, :8][:, valid[:, :8]], values[:, valid[:, :8]])


def test_longitude_comes_first(tmp_path):
    """As in the raster it refers to, though the CRS itself begins with latitude."""
    values = mi_tiles.scene(8, 8)[list(mi_tiles.MODEL_PLANES)]
    source = write_stack(tmp_path / "a.tif", values, None, wkt=GEOGRAPHIC_WKT)
    dataset = gdal.Open(str(written(tmp_path / "m.vrt", Mosaic([source]))))
    assert dataset.GetSpatialRef().GetDataAxisToSRSAxisMapping() == [2, 1]
    assert dataset.GetGeoTransform() == source.grid.geotransform


def test_refusals(tmp_path, tiles):
    paths, _ = tiles
    values = mi_tiles.scene(8, 8)[list(mi_tiles.MODEL_PLANES)]
    one = write_stack(tmp_path / "a.tif", values, None)
    other = write_stack(tmp_path / "b.tif", (values * 2e-5).astype(np.float32), None)
    with pytest.raises(RasterError, match=r"a\.tif and b\.tif are stored in different ways"):
        written(tmp_path / "m.vrt", Mosaic([one, other]))
    # GDAL looks for the image under the label's name only.
    paths[0].with_suffix(".img").rename(paths[0].with_name("v3.IMG"))
    with pytest.raises(RasterError, match=r"GDAL alone does not read V3\.lbl.*GeoTIFF"):
        written(tmp_path / "m.vrt", Mosaic([MiSource(str(paths[0]))]))
    assert not (tmp_path / "m.vrt").exists()


def test_band_files_and_tiles_in_archives(tmp_path):
    """A VRT names the files themselves: eight of one band each, or those in a .zip."""
    _, expected = write_set(tmp_path, NAMES["USGS"])
    mosaic = Mosaic(open_mi_sources([str(tmp_path / NAMES["USGS"](2))]))
    path = written(tmp_path / "bands.vrt", mosaic)
    found, valid = MiSource(str(path)).spectra(mosaic.grid.window)
    assert valid.all()
    np.testing.assert_array_equal(found, expected)
    assert 'relativeToVRT="1">Lunar_Kaguya_MIMap_Band2_MV2' in path.read_text()

    (tmp_path / "tile").mkdir()
    dn = mi_tiles.scene(8, 8)
    label = mi_tiles.write_tile(tmp_path / "tile", dn, attached=True, west=328.0)
    with zipfile.ZipFile(tmp_path / "tile.zip", "w", zipfile.ZIP_DEFLATED) as archive:
        archive.write(label, label.name)
    label.unlink()
    mosaic = Mosaic(open_mi_sources([str(tmp_path / "tile.zip")]))
    path = written(tmp_path / "tile.vrt", mosaic)
    found, _ = MiSource(str(path)).spectra(mosaic.grid.window)
    np.testing.assert_allclose(found, dn[list(mi_tiles.MODEL_PLANES)] * 2e-5, rtol=1e-6)
    assert 'relativeToVRT="0">/vsizip/' in path.read_text()
    assert mosaic.grid.geotransform[0] < 0


@pytest.mark.parametrize("more", [(), (4321,)])
def test_gdal_reads_the_lookup_table_so(more):
    dn = np.arange(-32768, 32768, dtype=np.int16)[np.newaxis]
    memory = gdal.GetDriverByName("GTiff").Create("/vsimem/dn.tif", 65536, 1, 1, gdal.GDT_Int16)
    memory.WriteArray(dn)
    memory = None
    table = lookup_table(-32768, invalid_codes(more))
    vrt = gdal.Open(
        '<VRTDataset rasterXSize="65536" rasterYSize="1"><VRTRasterBand dataType="Int16" band="1">'
        "<ComplexSource><SourceFilename>/vsimem/dn.tif</SourceFilename>"
        f"<SourceBand>1</SourceBand><LUT>{table}</LUT></ComplexSource>"
        "</VRTRasterBand></VRTDataset>"
    )
    found = vrt.ReadAsArray()
    vrt = None
    gdal.Unlink("/vsimem/dn.tif")
    expected = np.where((dn <= -20000) | np.isin(dn, more), -32768, dn)
    np.testing.assert_array_equal(found, expected)
