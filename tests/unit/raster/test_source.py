"""Reading: any MI source as spectra, compared with a plain decoding of its bytes."""

from pathlib import Path

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from osgeo import gdal, osr

from lunar_oxide_plugin.core.errors import RasterError, SpectraError
from lunar_oxide_plugin.raster.blocks import Window
from lunar_oxide_plugin.raster.moon import EQUIRECTANGULAR_WKT, is_moon
from lunar_oxide_plugin.raster.source import MiSource, Raster
from tests.mi_tiles import (
    HIGHLANDS_DN,
    INVALID_CODES,
    MARE_DN,
    MODEL_PLANES,
    scene,
    write_tile,
)

NOMINAL = (415, 750, 900, 950, 1001, 1050, 1250, 1550)
GEOTRANSFORM = (1000.0, 14.8, 0.0, 2000.0, 0.0, -14.8)


def planes(dn):
    return np.asarray(dn)[list(MODEL_PLANES)]


def geotiff(
    path,
    values,
    *,
    kind=gdal.GDT_Float32,
    wkt=EQUIRECTANGULAR_WKT,
    scale=None,
    nodata=None,
    names=True,
):
    made = gdal.GetDriverByName("GTiff").Create(
        str(path), values.shape[2], values.shape[1], values.shape[0], kind
    )
    if wkt:
        made.SetProjection(wkt)
    made.SetGeoTransform(GEOTRANSFORM)
    for index, plane in enumerate(values):
        band = made.GetRasterBand(index + 1)
        band.WriteArray(plane)
        if names:
            band.SetDescription(f"{NOMINAL[index]} nm")
        if scale is not None:
            band.SetScale(scale)
        if nodata is not None:
            band.SetNoDataValue(nodata)
    made = None
    return str(path)


def decoded(path, shape):
    """Reflectance and validity of a V3 tile, straight from its bytes."""
    height, width = shape
    words = np.fromfile(path, ">i2", offset=4 * height * width).reshape(9, height, width)
    dn = words[list(MODEL_PLANES)].astype(np.float64)
    return dn * 2e-5, ((dn > 500) & (dn < 32767)).all(axis=0)


dn_values = (
    st.integers(-32768, 32767)
    | st.sampled_from([*INVALID_CODES, 0, 1, 500, 501, 32766, 32767])
    | st.integers(1500, 9000)
)


@given(
    st.lists(
        st.tuples(st.integers(0, 8), st.integers(0, 31), st.integers(0, 47), dn_values), max_size=30
    ),
    st.integers(0, 47),
    st.integers(0, 31),
    st.integers(1, 48),
    st.integers(1, 32),
)
def test_spectra_are_the_files_bytes(tmp_path_factory, changes, x, y, width, height):
    dn = scene()
    for band, row, column, value in changes:
        dn[band, row, column] = value
    path = write_tile(tmp_path_factory.mktemp("tile"), dn)
    window = Window(x, y, min(width, 48 - x), min(height, 32 - y))
    found, found_valid = MiSource(str(path)).spectra(window)
    reflectance, valid = decoded(path.with_suffix(".img"), (32, 48))
    np.testing.assert_array_equal(found_valid, valid[window.slices])
    np.testing.assert_allclose(found, reflectance[(slice(None), *window.slices)], rtol=1e-6)
    assert found.dtype == np.float32


def test_the_sixth_band_of_a_tile_is_never_used(tmp_path):
    dn = scene()
    dn[5] = -30000
    source = MiSource(str(write_tile(tmp_path, dn)))
    assert source.bands == (1, 2, 3, 4, 5, 7, 8, 9)
    assert source.spectra(source.grid.window)[1].all()
    assert source.notes == []


@pytest.mark.parametrize(("attached", "limit"), [(False, 500), (True, 327)])
def test_shadow_is_that_of_the_products_label(tmp_path, attached, limit):
    dn = scene()
    dn[:, 0, 0], dn[:, 0, 1], dn[:, 0, 2] = limit, limit + 1, 0
    path = str(write_tile(tmp_path, dn, attached=attached))
    valid = MiSource(path).spectra(Window(0, 0, 48, 32))[1]
    assert valid[0, :3].tolist() == [False, True, False]
    valid = MiSource(path, mask_shadow=False).spectra(Window(0, 0, 48, 32))[1]
    assert valid[0, :3].tolist() == [True, True, False]


@pytest.mark.parametrize("opened", ["lbl", "img"])
def test_label_or_image_may_be_given(tmp_path, opened):
    path = write_tile(tmp_path, scene()).with_suffix(f".{opened}")
    source = MiSource(str(path))
    assert is_moon(source.grid.wkt)
    assert source.name == path.name
    assert source.scale == [2e-5] * 8
    assert source.band_names[0] == "MV1 414 nm"


@pytest.mark.parametrize("average", [MARE_DN, HIGHLANDS_DN], ids=["mare", "highlands"])
@pytest.mark.parametrize("tagged", [True, False])
def test_int16_stack(tmp_path, average, tagged):
    dn = planes(scene(average=average))
    dn[2, 4, 5], dn[:, 6, 7], dn[1, 8, 9] = -22000, -30000, -32768
    path = geotiff(
        tmp_path / "a.tif",
        dn,
        kind=gdal.GDT_Int16,
        scale=2e-5 if tagged else None,
        nodata=-32768,
    )
    source = MiSource(path)
    reflectance, valid = source.spectra(source.grid.window)
    assert bool(source.notes) == (not tagged)
    assert np.argwhere(~valid).tolist() == [[4, 5], [6, 7], [8, 9]]
    np.testing.assert_allclose(reflectance[:, valid], dn[:, valid] * 2e-5, rtol=1e-6)


@pytest.mark.parametrize("nodata", [-3.4028226550889045e38, -9999.0, 0.0, float("nan")])
@pytest.mark.parametrize("stale_tag", [True, False])
def test_float32_stack(tmp_path, nodata, stale_tag):
    values = (planes(scene()) * 2e-5).astype(np.float32)
    expected = values.copy()
    values[3, 1, 2] = nodata
    values[:, 5, 5] = np.nan
    values[4, 7, 7] = np.inf
    path = geotiff(tmp_path / "a.tif", values, nodata=nodata, scale=2e-5 if stale_tag else None)
    source = MiSource(path)
    reflectance, valid = source.spectra(source.grid.window)
    assert np.argwhere(~valid).tolist() == [[1, 2], [5, 5], [7, 7]]
    np.testing.assert_allclose(reflectance[:, valid], expected[:, valid], rtol=1e-6)


def test_a_mask_of_the_whole_dataset(tmp_path):
    path = geotiff(tmp_path / "a.tif", (planes(scene()) * 2e-5).astype(np.float32))
    opened = gdal.Open(path, gdal.GA_Update)
    gdal.SetConfigOption("GDAL_TIFF_INTERNAL_MASK", "YES")
    try:
        opened.CreateMaskBand(gdal.GMF_PER_DATASET)
    finally:
        gdal.SetConfigOption("GDAL_TIFF_INTERNAL_MASK", None)
    mask = np.full((32, 48), 255, np.uint8)
    mask[10:12, 20] = 0
    opened.GetRasterBand(1).GetMaskBand().WriteArray(mask)
    opened = None
    source = MiSource(path)
    np.testing.assert_array_equal(source.spectra(source.grid.window)[1], mask > 0)


@pytest.mark.parametrize("kind", [gdal.GDT_Int32, gdal.GDT_Float64])
def test_other_types(tmp_path, kind):
    dn = planes(scene()).astype(float)
    dn[0, 0, 0] = -1.7e308 if kind == gdal.GDT_Float64 else -(2**31)
    path = geotiff(tmp_path / "a.tif", dn, kind=kind, scale=2e-5, nodata=dn[0, 0, 0])
    source = MiSource(path)
    reflectance, valid = source.spectra(source.grid.window)
    assert np.argwhere(~valid).tolist() == [[0, 0]]
    np.testing.assert_allclose(reflectance[:, valid], dn[:, valid] * 2e-5, rtol=1e-6)


@pytest.mark.parametrize("place", [(0, 0), (299, 599), (1, 70), (170, 145)])
def test_one_valid_pixel_anywhere_is_found(tmp_path, place):
    """Columns 70 and 145 lie between the sampled windows of a raster 600 pixels wide."""
    dn = np.full((8, 300, 600), -30000, np.int16)
    dn[:, place[0], place[1]] = planes(scene())[:, 0, 0]
    source = MiSource(geotiff(tmp_path / "a.tif", dn, kind=gdal.GDT_Int16))
    valid = source.spectra(source.grid.window)[1]
    assert np.argwhere(valid).tolist() == [list(place)]
    assert source.scale[0] == 2e-5


@pytest.mark.parametrize("fill", [*INVALID_CODES, 0])
def test_no_valid_pixel_at_all(tmp_path, fill):
    dn = scene()
    dn[3] = fill
    with pytest.raises(RasterError, match=r"has no valid pixel: .*Use another tile"):
        MiSource(str(write_tile(tmp_path, dn)))


def test_bands_and_scale_of_the_user(tmp_path):
    dn = planes(scene())
    path = geotiff(tmp_path / "a.tif", (dn[::-1] * 0.2).astype(np.float32), names=False)
    with pytest.raises(SpectraError):
        MiSource(path)
    source = MiSource(path, bands=[8, 7, 6, 5, 4, 3, 2, 1], scale=1e-4)
    reflectance, valid = source.spectra(source.grid.window)
    assert valid.all()
    np.testing.assert_allclose(reflectance, dn * 2e-5, rtol=1e-5)


def test_the_earth_is_refused(tmp_path):
    earth = osr.SpatialReference()
    earth.ImportFromEPSG(4326)
    path = geotiff(tmp_path / "earth.tif", planes(scene()), wkt=earth.ExportToWkt())
    for kind in (Raster, MiSource):
        with pytest.raises(RasterError, match=r"earth\.tif lies on a body of 6378\.1 km"):
            kind(path)


def test_no_crs_is_noted(tmp_path):
    source = MiSource(geotiff(tmp_path / "a.tif", planes(scene()), wkt=""))
    assert not is_moon(source.grid.wkt)
    assert source.grid.wkt == ""
    assert any("no coordinate reference system" in note for note in source.notes)


def test_a_plain_raster(tmp_path):
    values = np.array([[[1, -9999], [3, 4]], [[5, 6], [7, 8]]], np.float32)
    raster = Raster(geotiff(tmp_path / "oxides.tif", values, nodata=-9999, names=False))
    assert raster.grid.geotransform == GEOTRANSFORM
    found = raster.read(Window(0, 0, 2, 2), [2, 1])
    np.testing.assert_array_equal(found[0], values[1])
    np.testing.assert_array_equal(found[1], [[1, np.nan], [3, 4]])
    np.testing.assert_array_equal(raster.read(Window(1, 1, 1, 1), [1]), [[[4]]])


@pytest.mark.parametrize(
    ("name", "content", "message"),
    [
        ("missing.tif", None, "there is no such file"),
        ("missing.lbl", None, "there is no such file"),
        ("text.tif", b"not a raster", "cannot be opened as a raster"),
        ("empty.tif", b"", "cannot be opened as a raster"),
        ("alone.img", bytes(1000), r"an MI tile needs its label \(.lbl\) beside it"),
        ("other.lbl", b"PDS_VERSION_ID = PDS3\r\nINSTRUMENT_ID = LOLA\r\nEND\r\n", "LOLA"),
    ],
)
def test_what_cannot_be_opened(tmp_path, name, content, message):
    path = tmp_path / name
    if content is not None:
        path.write_bytes(content)
    with pytest.raises(RasterError, match=message) as caught:
        MiSource(str(path))
    assert name in str(caught.value)


@pytest.mark.parametrize("exceptions", [False, True])
def test_a_damaged_geotiff_fails_as_a_raster_error(tmp_path, exceptions):
    """Found only while reading: the file opens, and its last rows are not there."""
    path = geotiff(tmp_path / "cut.tif", np.repeat(planes(scene()), 8, axis=1), kind=gdal.GDT_Int16)
    raster = Raster(path)
    with Path(path).open("r+b") as file:
        file.truncate(Path(path).stat().st_size // 2)
    used = gdal.GetUseExceptions()
    (gdal.UseExceptions if exceptions else gdal.DontUseExceptions)()
    try:
        with pytest.raises(RasterError, match=r"cut\.tif cannot be read at \(0, 0, 48, 256\): ."):
            raster.read(raster.grid.window, range(1, 9))
    finally:
        (gdal.UseExceptions if used else gdal.DontUseExceptions)()


@pytest.mark.parametrize("exceptions", [False, True])
def test_opening_errors_are_the_same_with_gdals_exceptions_on(tmp_path, exceptions):
    """Another plugin may have switched them on."""
    used = gdal.GetUseExceptions()
    (gdal.UseExceptions if exceptions else gdal.DontUseExceptions)()
    try:
        with pytest.raises(RasterError, match="there is no such file"):
            Raster(str(tmp_path / "missing.tif"))
        assert gdal.GetUseExceptions() == exceptions
    finally:
        (gdal.UseExceptions if used else gdal.DontUseExceptions)()


def test_a_tile_that_only_gdals_driver_can_reach_is_not_read_unmasked(tmp_path):
    """What does not begin as a label is not read as one, but GDAL looks further and mirrors V2."""
    path = write_tile(tmp_path, scene(), west=328.0, attached=True)
    path.write_bytes(b"/* a copy */" + path.read_bytes())
    assert gdal.Open(str(path)).GetDriver().ShortName == "PDS"
    with pytest.raises(RasterError, match="Unpack or download"):
        MiSource(str(path))


def test_values_are_scaled_as_qgis_shows_them(tmp_path):
    """Oxides stored as scaled integers: reading them raw would be wrong by their factor."""
    path = str(tmp_path / "scaled.tif")
    dataset = gdal.GetDriverByName("GTiff").Create(path, 3, 1, 2, gdal.GDT_UInt16)
    for index, (scale, offset) in enumerate([(0.001, -2.0), (None, None)]):
        band = dataset.GetRasterBand(index + 1)
        band.WriteArray(np.array([[0, 15000, 65535]], np.uint16))
        band.SetNoDataValue(65535)
        if scale is not None:
            band.SetScale(scale)
            band.SetOffset(offset)
    band = dataset = None
    values = Raster(path).values(Window(0, 0, 3, 1), [2, 1])
    np.testing.assert_allclose(values[:, 0], [[0, 15000, np.nan], [-2, 13, np.nan]], rtol=1e-6)


def test_values_of_a_tile_leave_out_the_invalid_codes(tmp_path):
    dn = scene(4, 6)
    for column, code in enumerate(INVALID_CODES):
        dn[2, 1, column] = code
    values = Raster(str(write_tile(tmp_path, dn))).values(Window(0, 0, 6, 4), [3, 1])
    expected = dn[[2, 0]] * 2e-5
    assert np.isnan(values[0, 1, :5]).all()
    expected[0, 1, :5] = np.nan
    np.testing.assert_allclose(values, expected, rtol=1e-6)
