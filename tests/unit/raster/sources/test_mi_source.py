"""Reading: any MI source as spectra, compared with a plain decoding of its bytes."""

from pathlib import Path

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from osgeo import gdal, osr

from lunar_oxide_plugin.core.errors import (
    CancelledError,
    NoValidPixelError,
    RasterError,
    SpectraError,
)
from lunar_oxide_plugin.raster.gdal_io.blocks import BlockPlan, Window
from lunar_oxide_plugin.raster.moon.crs import EQUIRECTANGULAR_WKT
from lunar_oxide_plugin.raster.moon.require_moon import is_moon
from lunar_oxide_plugin.raster.sources.mi_source import MiSource, open_mi_source
from lunar_oxide_plugin.raster.sources.raster import Raster
from tests.mi_tiles import HIGHLANDS_DN, INVALID_CODES, MARE_DN, MODEL_PLANES, scene, write_tile

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


def beside_codes(values):
    """Measurements whose stored value happens to be one of MI's codes, moved by one."""
    return values + np.isin(values, INVALID_CODES)


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
        _ = MiSource(str(write_tile(tmp_path, dn))).scaling


def test_a_long_search_for_valid_pixels_can_be_stopped(tmp_path, monkeypatch):
    monkeypatch.setattr(MiSource, "plan", lambda self: BlockPlan((8, 8), (8, 8), (256, 256)))
    dn = np.full((9, 200, 200), -30000, np.int16)
    asked = []

    def check():
        asked.append(1)
        if len(asked) == 50:  # after the samples
            raise CancelledError("Cancelled.")

    source = open_mi_source(str(write_tile(tmp_path, dn)), check=check)
    asked.clear()
    with pytest.raises(CancelledError):
        source.report()
    assert len(asked) == 50
    assert source.read(Window(0, 0, 1, 1), [1]) == -30000


def test_bands_and_scale_of_the_user(tmp_path):
    dn = planes(scene())
    path = geotiff(tmp_path / "a.tif", (dn[::-1] * 0.2).astype(np.float32), names=False)
    with pytest.raises(SpectraError):
        _ = MiSource(path).scaling
    source = MiSource(path, bands=[8, 7, 6, 5, 4, 3, 2, 1], scale=1e-4)
    reflectance, valid = source.spectra(source.grid.window)
    assert valid.all()
    np.testing.assert_allclose(reflectance, dn * 2e-5, rtol=1e-5)


def test_the_earth_is_refused(tmp_path):
    earth = osr.SpatialReference()
    earth.ImportFromEPSG(4326)
    path = geotiff(tmp_path / "earth.tif", planes(scene()), wkt=earth.ExportToWkt())
    for kind in (Raster, MiSource):
        with pytest.raises(
            RasterError,
            match=r"earth\.tif is not on the Moon: its CRS .* has a body of radius 6378\.1 km",
        ):
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
    with pytest.raises(RasterError, match=r"label was not found\. Give its \.lbl"):
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


@pytest.mark.parametrize(
    ("kind", "special"),
    [
        (gdal.GDT_Int16, (-32768, -32767, -32766, -32765, -32764)),
        (
            gdal.GDT_Float32,
            (-3.4028226550889045e38, -3.4028228579130005e38, -3.4028234663852886e38),
        ),
    ],
    ids=["int16", "float32"],
)
def test_special_pixels_of_isis_cubes(tmp_path, kind, special):
    """GDAL marks NULL alone; the base of the cube lifts the other special values into the range."""
    base, multiplier = (1.355, 4e-5) if kind == gdal.GDT_Int16 else (0.0, 1.0)
    reflectance = planes(scene(average=HIGHLANDS_DN)) * 2e-5
    stored = (reflectance - base) / multiplier
    if kind == gdal.GDT_Int16:
        stored = beside_codes(np.rint(stored))
        assert special[0] * multiplier + base > 0.04
    stored[:, 0, : len(special)] = special
    path = str(tmp_path / "a.cub")
    made = gdal.GetDriverByName("ISIS3").Create(path, 48, 32, 8, kind)
    made.SetProjection(EQUIRECTANGULAR_WKT)
    made.SetGeoTransform(GEOTRANSFORM)
    for index, plane in enumerate(stored):
        band = made.GetRasterBand(index + 1)
        band.SetScale(multiplier)
        band.SetOffset(base)
        band.WriteArray(plane)
    made = None
    source = MiSource(path)
    found, valid = source.spectra(source.grid.window)
    assert not valid[0, : len(special)].any()
    assert valid[0, len(special) :].all()
    assert valid[1:].all()
    np.testing.assert_allclose(found[:, valid], reflectance[:, valid], atol=6.1e-5)


def test_invalid_codes_that_an_offset_lifts_above_zero(tmp_path):
    dn = planes(scene())
    path = geotiff(tmp_path / "a.tif", dn - 9000, kind=gdal.GDT_Int16, scale=3e-5)
    opened = gdal.Open(path, gdal.GA_Update)
    for number in range(1, 9):
        band = opened.GetRasterBand(number)
        values = beside_codes(np.rint((dn[number - 1] * 2e-5 - 0.75) / 3e-5))
        values[2, : len(INVALID_CODES)] = INVALID_CODES
        band.WriteArray(values)
        band.SetOffset(0.75)
    opened = band = None
    source = MiSource(path)
    found, valid = source.spectra(source.grid.window)
    assert np.argwhere(~valid).tolist() == [[2, i] for i in range(len(INVALID_CODES))]
    np.testing.assert_allclose(found[:, valid], dn[:, valid] * 2e-5, atol=4.6e-5)


@pytest.mark.parametrize("factor", [1e4, 1e3, 5e4])
def test_envis_own_scale_factor(tmp_path, factor):
    """ENVI divides by it; GDAL reads the keyword and does not apply it."""
    reflectance = planes(scene(average=HIGHLANDS_DN)) * 2e-5
    path = tmp_path / "a.img"
    np.rint(reflectance * factor).astype("<i2").tofile(path)
    path.with_suffix(".hdr").write_text(
        "ENVI\nsamples = 48\nlines = 32\nbands = 8\nheader offset = 0\nfile type = ENVI Standard\n"
        "data type = 2\ninterleave = bsq\nbyte order = 0\n"
        f"wavelength = {{{', '.join(map(str, NOMINAL))}}}\nreflectance scale factor = {factor}\n"
    )
    source = MiSource(str(path))
    assert source.scale == pytest.approx([1 / factor] * 8)
    found, _ = source.spectra(source.grid.window)
    np.testing.assert_allclose(found, reflectance, atol=0.51 / factor)
    assert not any("scale" in note for note in source.notes)


def test_bright_reflectance_times_ten_thousand_does_not_pass_as_dark_dn(tmp_path):
    """A 750 nm median of 2200 is mare DN of 0.044, or highlands of 0.22 times 10,000."""
    values = planes(scene()) * (2200 / MARE_DN[1])
    path = geotiff(tmp_path / "a.tif", values.astype(np.int16), kind=gdal.GDT_Int16)
    with pytest.raises(SpectraError, match=r"^a\.tif: .*or MI DN: .* SCALE to 0\.0001 or 2e-05"):
        _ = MiSource(path).scaling
    assert MiSource(path, scale=2e-5).scaling.median_750 == pytest.approx(0.044, rel=0.05)
    tagged = geotiff(tmp_path / "b.tif", values.astype(np.int16), kind=gdal.GDT_Int16, scale=2e-5)
    assert MiSource(tagged).scaling.median_750 == pytest.approx(0.044, rel=0.05)


def test_the_report_says_what_was_decided(tmp_path):
    tile = MiSource(str(write_tile(tmp_path, scene())))
    text = "\n".join(tile.report())
    for part in (
        "MI_MAP_03_N44E310N43E311SC",
        "415 nm = 1, 750 nm = 2, 900 nm = 3, 950 nm = 4, 1001 nm = 5, 1050 nm = 7",
        "the band descriptions",
        "x 2e-05 + 0, as the metadata say; median at 750 nm 0.07",
        "shadow (reflectance up to 0.01)",
        "48 x 32 pixels of 14.8063",
        "Equirectangular",
    ):
        assert part in text
    stack = MiSource(
        geotiff(tmp_path / "a.tif", planes(scene()), kind=gdal.GDT_Int16, names=False),
        mask_shadow=False,
    )
    text = "\n".join(stack.report())
    assert "GTiff raster of 8 bands" in text
    assert "identified from their number, eight" in text
    assert "Note: a.tif does not name its eight bands" in text
    assert "as the values can only be MI DN" in text
    assert "shadow" not in text


def test_opening_reads_no_pixel(tmp_path, monkeypatch):
    path = write_tile(tmp_path, scene())
    monkeypatch.setattr(Raster, "read", lambda *_: pytest.fail("pixels were read"))
    source = MiSource(str(path))
    assert source.bands == (1, 2, 3, 4, 5, 7, 8, 9)
    assert source.grid.width == 48


def test_gdals_vrt_drops_the_names_of_bands(tmp_path):
    """gdalbuildvrt over a stack in another order: the names are taken from the stack itself."""
    order = [0, 3, 1, 2, 5, 4, 7, 6]
    stacked = planes(scene())[order]
    path = geotiff(tmp_path / "a.tif", stacked, kind=gdal.GDT_Int16, scale=2e-5, names=False)
    opened = gdal.Open(path, gdal.GA_Update)
    for number, index in enumerate(order, start=1):
        opened.GetRasterBand(number).SetDescription(f"{NOMINAL[index]} nm")
    opened = None
    gdal.BuildVRT(str(tmp_path / "a.vrt"), [path]).FlushCache()
    assert gdal.Open(str(tmp_path / "a.vrt")).GetRasterBand(1).GetDescription() == ""
    source = MiSource(str(tmp_path / "a.vrt"))
    assert source.bands == tuple(order.index(i) + 1 for i in range(8))
    assert "identified from the files of the VRT" in source.report()[1]


def test_a_vrt_of_one_file_per_band(tmp_path):
    order = [5, 0, 7, 1, 6, 2, 4, 3]
    paths = []
    for index in order:
        plane = planes(scene())[index : index + 1]
        path = tmp_path / f"moon_{NOMINAL[index]}nm.tif"
        paths.append(geotiff(path, plane, kind=gdal.GDT_Int16, names=False))
    gdal.BuildVRT(str(tmp_path / "a.vrt"), paths, separate=True).FlushCache()
    source = MiSource(str(tmp_path / "a.vrt"))
    assert source.bands == tuple(order.index(i) + 1 for i in range(8))
    np.testing.assert_allclose(
        source.spectra(source.grid.window)[0], planes(scene()) * 2e-5, rtol=1e-6
    )


def test_two_vrts_that_name_each_other(tmp_path):
    text = (
        '<VRTDataset rasterXSize="4" rasterYSize="4">{}</VRTDataset>',
        '<VRTRasterBand dataType="Int16" band="{}"><SimpleSource><SourceFilename '
        'relativeToVRT="1">{}.vrt</SourceFilename><SourceBand>1</SourceBand><SourceProperties '
        'RasterXSize="4" RasterYSize="4" DataType="Int16" BlockXSize="4" BlockYSize="4"/>'
        '<SrcRect xOff="0" yOff="0" xSize="4" ySize="4"/><DstRect xOff="0" yOff="0" xSize="4" '
        'ySize="4"/></SimpleSource></VRTRasterBand>',
    )
    for own, other in (("a", "b"), ("b", "a")):
        bands = "".join(text[1].format(i + 1, other) for i in range(8))
        (tmp_path / f"{own}.vrt").write_text(text[0].format(bands))
    with pytest.raises(RasterError):
        _ = MiSource(str(tmp_path / "a.vrt")).scaling


@pytest.mark.parametrize("swap", [(1, 2), (3, 4), (4, 5), (2, 5), (6, 7), (0, 1)])
@pytest.mark.parametrize("average", [MARE_DN, HIGHLANDS_DN], ids=["mare", "highlands"])
def test_unnamed_bands_that_do_not_rise_are_refused(tmp_path, swap, average):
    dn = planes(scene(average=average))
    dn[list(swap)] = dn[list(swap[::-1])]
    path = geotiff(tmp_path / "a.tif", dn, kind=gdal.GDT_Int16, scale=2e-5, names=False)
    with pytest.raises(SpectraError, match="BANDS"):
        _ = MiSource(path).scaling


@pytest.mark.parametrize("average", [MARE_DN, HIGHLANDS_DN], ids=["mare", "highlands"])
def test_nine_unnamed_bands_sorted_by_wavelength_are_refused(tmp_path, average):
    """Taken for the archive's order, MN1 would stand in for MV5."""
    dn = scene(average=average)
    archive = geotiff(tmp_path / "a.tif", dn, kind=gdal.GDT_Int16, scale=2e-5, names=False)
    assert MiSource(archive).scaling.median_750 > 0
    in_order = dn[[0, 1, 2, 3, 5, 4, 6, 7, 8]]
    path = geotiff(tmp_path / "b.tif", in_order, kind=gdal.GDT_Int16, scale=2e-5, names=False)
    with pytest.raises(
        SpectraError, match=r"bands 5 and 6 .*BANDS to 1 2 3 4 5 7 8 9 .*or to 1 2 3 4 6"
    ):
        _ = MiSource(path).scaling
    assert MiSource(path, bands=[1, 2, 3, 4, 6, 7, 8, 9]).scaling.median_750 > 0


def high_latitude(size=64, fall=1.0):
    """DN [9, ...] where NIR bands lie a third of a pixel aside, and MN1 is brighter than MV5."""
    albedo = np.random.default_rng(1).normal(1, 0.08, (size, size + 1)).clip(0.7, 1.3)
    aside = (2 * albedo[:, :-1] + albedo[:, 1:]) / 3
    average = np.array(HIGHLANDS_DN, float)
    average[5:] *= 1.08
    average[8] = fall * average[7] if fall < 1 else average[8]
    dn = np.where(np.arange(9)[:, None, None] < 5, albedo[:, :-1], aside)
    return np.rint(dn * average[:, None, None]).astype(np.int16)


def test_the_archives_order_is_known_where_mn1_is_the_brighter_one(tmp_path):
    dn = high_latitude()
    assert np.median(dn[5]) > np.median(dn[4])
    path = geotiff(tmp_path / "a.tif", dn, kind=gdal.GDT_Int16, scale=2e-5, names=False)
    assert MiSource(path).bands == (1, 2, 3, 4, 5, 7, 8, 9)
    assert MiSource(path).scaling.medians == pytest.approx(
        np.median(planes(dn), axis=(1, 2)) * 2e-5, rel=0.02
    )
    exchanged = dn[[0, 1, 2, 3, 5, 4, 6, 7, 8]]
    path = geotiff(tmp_path / "b.tif", exchanged, kind=gdal.GDT_Int16, scale=2e-5, names=False)
    with pytest.raises(SpectraError, match="bands 5 and 6"):
        _ = MiSource(path).scaling


@pytest.mark.parametrize("fall", [0.99, 0.965])
def test_a_spectrum_that_falls_at_1550_nm_is_the_moons(tmp_path, fall):
    """Of a labelled tile, of named and of unnamed bands, and with BANDS."""
    dn = high_latitude(fall=fall)
    assert MiSource(str(write_tile(tmp_path, dn))).scale == [2e-5] * 8
    options = {"kind": gdal.GDT_Int16, "scale": 2e-5}
    named = geotiff(tmp_path / "named.tif", planes(dn), **options)
    unnamed = geotiff(tmp_path / "unnamed.tif", planes(dn), names=False, **options)
    for source in (MiSource(named), MiSource(unnamed), MiSource(unnamed, bands=range(1, 9))):
        assert source.scale == [2e-5] * 8


@pytest.mark.parametrize("fill", [np.inf, 1e20, 3.4e38])
def test_fill_values_above_all_reflectance_do_not_hide_the_scale(tmp_path, fill):
    """Most of the raster is fill without a tag; the rest is what it is."""
    values = (planes(scene()) * 2e-5).astype(np.float32)
    values[:, :20] = fill
    source = MiSource(geotiff(tmp_path / "a.tif", values))
    reflectance, valid = source.spectra(source.grid.window)
    assert not valid[:20].any() and valid[20:].all()
    np.testing.assert_array_equal(reflectance[:, 20:], values[:, 20:])
    values[:] = fill
    with pytest.raises(NoValidPixelError, match=r"no valid pixel: .* infinity"):
        _ = MiSource(geotiff(tmp_path / "b.tif", values)).scaling


@pytest.mark.parametrize("fill", [255, 6000, 9999, 32000, 65535])
@pytest.mark.parametrize("declared", [2e-5, None])
@pytest.mark.parametrize("stored_as", [gdal.GDT_UInt16, gdal.GDT_Float32])
def test_one_value_in_all_bands_is_a_fill_value(tmp_path, fill, declared, stored_as):
    """9999 in more than half of a raster of reflectance made the fill DN, and the Moon shadow."""
    values = planes(scene()).astype(np.float64)
    if stored_as == gdal.GDT_Float32:
        values, declared = values * 2e-5, None
    right = planes(scene()) * 2e-5
    values[:, :20] = fill
    source = MiSource(geotiff(tmp_path / "a.tif", values, kind=stored_as, scale=declared))
    reflectance, valid = source.spectra(source.grid.window)
    assert not valid[:20].any() and valid[20:].all()
    np.testing.assert_allclose(reflectance[:, 20:], right[:, 20:], rtol=1e-6)


def test_a_tile_all_in_shadow_has_no_valid_pixel(tmp_path):
    path = str(write_tile(tmp_path, (scene() * 0.05).astype(np.int16)))
    with pytest.raises(NoValidPixelError, match=r"no valid pixel: .*shadow"):
        MiSource(path).report()
    # Wanted all the same, it is read as the label says.
    source = MiSource(path, mask_shadow=False)
    assert source.scale == [2e-5] * 8
    assert source.spectra(source.grid.window)[1].all()


@pytest.mark.parametrize("odd", [[300] * 9, range(8000, 7100, -100)], ids=["shadow", "falling"])
def test_one_odd_pixel_does_not_stand_for_a_tile(tmp_path, odd):
    """The corner is sampled, and what is measured lies between the samples."""
    dn = np.full((9, 512, 512), -30000, np.int16)
    dn[:, 80:140, :] = scene(512, 512)[:, 80:140, :]
    dn[:, 0, 0] = odd
    source = MiSource(str(write_tile(tmp_path, dn)))
    assert source.scaling.median_750 == pytest.approx(0.0725, rel=0.05)


def test_few_pixels_of_a_product_are_read_as_its_label_says(tmp_path):
    dn = np.full((9, 64, 64), -30000, np.int16)
    dn[:, 5, 5] = range(8000, 7100, -100)
    source = MiSource(str(write_tile(tmp_path, dn)))
    reflectance, valid = source.spectra(source.grid.window)
    assert np.argwhere(valid).tolist() == [[5, 5]]
    expected = dn[list(MODEL_PLANES), 5, 5] * 2e-5
    np.testing.assert_allclose(reflectance[:, 5, 5], expected, rtol=1e-6)
    assert "as the label says" in "".join(source.report())


@pytest.mark.parametrize("names", [True, False])
def test_an_alpha_band_is_no_wavelength(tmp_path, names):
    """As gdalwarp -dstalpha adds one; it masks the others."""
    dn = planes(scene())
    path = geotiff(tmp_path / "a.tif", dn, kind=gdal.GDT_Int16, scale=2e-5, names=names)
    warped = str(tmp_path / "alpha.tif")
    gdal.Warp(warped, path, dstAlpha=True)
    opened = gdal.Open(warped, gdal.GA_Update)
    assert opened.RasterCount == 9
    alpha = opened.GetRasterBand(9).ReadAsArray()
    alpha[3, 4] = 0
    opened.GetRasterBand(9).WriteArray(alpha)
    opened = None
    source = MiSource(warped)
    assert source.bands == tuple(range(1, 9))
    assert np.argwhere(~source.spectra(source.grid.window)[1]).tolist() == [[3, 4]]
