"""Values of any data type beside any nodata tag; fill values are no values."""

from concurrent.futures import ThreadPoolExecutor

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from osgeo import gdal, gdal_array

from lunar_oxide_plugin.core.errors import RasterError
from lunar_oxide_plugin.raster.gdal_io.blocks import Window, blocks
from lunar_oxide_plugin.raster.maps.uncertainty import Uncertainty
from lunar_oxide_plugin.raster.moon.crs import EQUIRECTANGULAR_WKT
from lunar_oxide_plugin.raster.sources.oxide_units import require_weight_percent
from lunar_oxide_plugin.raster.sources.raster import Raster
from tests import signed_bytes

LOWEST = float(np.finfo(np.float32).min)

#: Data types that GDAL 3.6 to 3.13 has, and what it keeps them in. Signed bytes: see below.
TYPES = {
    gdal.GDT_Byte: np.uint8,
    gdal.GDT_UInt16: np.uint16,
    gdal.GDT_Int16: np.int16,
    gdal.GDT_UInt32: np.uint32,
    gdal.GDT_Int32: np.int32,
    gdal.GDT_UInt64: np.uint64,
    gdal.GDT_Int64: np.int64,
    gdal.GDT_Float32: np.float32,
    gdal.GDT_Float64: np.float64,
}
TAGS = (None, 0, -1, 1, 255, -128, -9999, -9999.9, -32768, 65535, -3.4e38, LOWEST, float("nan"))


def written(path, planes, data_type=gdal.GDT_Float32, nodata=None, names=(), scale=None, **more):
    """A raster of [bands, height, width] with one tag for all bands."""
    planes = np.asarray(planes)
    options = more.get("options", [])
    count, height, width = planes.shape
    driver = gdal.GetDriverByName(more.get("driver", "GTiff"))
    dataset = driver.Create(str(path), width, height, count, data_type, options)
    dataset.SetProjection(EQUIRECTANGULAR_WKT)
    dataset.SetGeoTransform((0, 1000, 0, 0, 0, -1000))
    for number, plane in enumerate(planes, start=1):
        band = dataset.GetRasterBand(number)
        if names:
            band.SetDescription(names[number - 1])
        if scale is not None:
            band.SetScale(scale)
        if nodata is not None:
            band.SetNoDataValue(nodata)
        if plane.dtype == np.int8:
            signed_bytes.write(band, plane)
        else:
            band.WriteArray(plane)
    return str(path)


def signed(path, plane, nodata=None, **more):
    """A raster of signed bytes."""
    options = [signed_bytes.OPTION] if more.pop("said", True) else []
    planes = np.asarray([plane], np.int8)
    return written(path, planes, gdal.GDT_Byte, nodata, options=options, **more)


def whole(raster, numbers=(1,)):
    return raster.values(raster.grid.window, list(numbers))


@given(
    st.sampled_from(sorted(TYPES)),
    st.sampled_from(TAGS),
    st.lists(
        st.sampled_from([0, 1, 2.5, 12, 100, 127, 128, 255, -1, -128, -32768, -9999, -9999.9])
        | st.sampled_from([65535, 2**24 + 1, 4e9, -3.4e38, LOWEST, float("nan")]),
        min_size=6,
        max_size=6,
    ),
)
@settings(max_examples=150, deadline=None)
def test_any_type_and_tag(data_type, tag, values):
    """Masked is what GDAL's own mask band masks, and the rest is what GDAL reads as float64."""
    kind = TYPES[data_type]
    if np.issubdtype(kind, np.integer):
        info = np.iinfo(kind)
        values = [int(np.clip(np.nan_to_num(v), info.min, info.max // 2)) for v in values]
    name = "/vsimem/any.tif"
    plane = np.array(values, kind).reshape(2, 3)
    if tag is not None and not abs(tag) < 1e18 and np.issubdtype(kind, np.integer):
        tag = None
    if data_type in (gdal.GDT_UInt64, gdal.GDT_Int64):  # their tags are of their own type
        tag = max(int(tag), np.iinfo(kind).min) if tag is not None else None
    if tag == -128 and data_type == gdal.GDT_Byte:
        tag = None  # means signed bytes
    gdal.PushErrorHandler("CPLQuietErrorHandler")  # a tag the type cannot hold
    try:
        written(name, [plane], data_type, tag)
    finally:
        gdal.PopErrorHandler()
    raster = Raster(name)
    dataset = gdal.Open(name)
    masked = dataset.GetRasterBand(1).GetMaskBand().ReadAsArray() == 0
    right = np.where(masked, np.nan, plane.astype(np.float64))
    right[~(np.abs(right) <= 1e15)] = np.nan  # no measurement in any unit
    custom = np.array([-9999, -9999.9, -32768, -(2**31)], np.float32)
    right[np.isin(right.astype(np.float32), custom)] = np.nan
    assert whole(raster)[0] == pytest.approx(right.astype(np.float32), rel=0, abs=0, nan_ok=True)
    gdal.Unlink(name)


@pytest.mark.parametrize("nodata", [-128, None])
@pytest.mark.parametrize("driver", ["GTiff", "HFA"])
def test_signed_bytes(tmp_path, nodata, driver):
    plane = np.array([[-128, -127, -1], [0, 12, 127]], np.int8)
    path = signed(tmp_path / "s.img", plane, nodata, driver=driver, names=["elevation"])
    right = plane.astype(np.float32)
    if nodata is not None:
        right[0, 0] = np.nan
    np.testing.assert_array_equal(whole(Raster(path))[0], right)


def test_signed_bytes_of_a_copy_without_its_metadata_are_known_by_the_tag(tmp_path):
    plane = np.array([[-128, -100, -1], [0, 12, 127]], np.int8)
    path = signed(tmp_path / "s.tif", plane, -128)
    gdal.BuildVRT(str(tmp_path / "s.vrt"), [path]).FlushCache()
    (values,) = whole(Raster(str(tmp_path / "s.vrt")))
    np.testing.assert_array_equal(values, [[np.nan, -100, -1], [0, 12, 127]])


@pytest.mark.parametrize("depth", [1, 2])
@pytest.mark.parametrize("make", [gdal.BuildVRT, gdal.Warp], ids=["mosaic", "warped"])
def test_a_vrt_that_hides_signed_bytes_is_refused(tmp_path, make, depth):
    """Before GDAL 3.7, without a tag, nothing in the VRT says that its 255 is -1."""
    plane = np.array([[-100, -1], [12, 127]], np.int8)
    path = signed(tmp_path / "s.tif", plane, names=["elevation"])
    for level in range(depth):
        above = str(tmp_path / f"{level}.vrt")
        options = {"format": "VRT"} if make is gdal.Warp else {}
        make(above, [path], **options).FlushCache()
        path = above
    if signed_bytes.OWN_TYPE:  # nothing is hidden
        np.testing.assert_array_equal(whole(Raster(path))[0], plane)
        return
    with pytest.raises(RasterError, match=r"signed bytes .* of s\.tif .*gdal_translate -ot Int16"):
        Raster(path)


def test_a_vrt_that_says_signed_bytes_is_read(tmp_path):
    plane = np.array([[-100, -1], [12, 127]], np.int8)
    path = signed(tmp_path / "s.tif", plane)
    gdal.Translate(str(tmp_path / "s.vrt"), path, format="VRT").FlushCache()
    np.testing.assert_array_equal(whole(Raster(str(tmp_path / "s.vrt")))[0], plane)


@pytest.mark.parametrize("name", ["", "FeO_wt", "TiO2 (Lucey)"])
@pytest.mark.parametrize("fill", [-9999, -9999.9, -32768, -32767, -99999, -2147483648])
def test_usual_fill_values_of_a_band_of_unknown_content(tmp_path, name, fill):
    """Heights on the Moon, down to -9130 m, stay."""
    plane = np.array([[fill, 12.5], [-9130, fill]], np.float32)
    raster = Raster(written(tmp_path / "a.tif", [plane], names=[name]))
    np.testing.assert_array_equal(whole(raster)[0], [[np.nan, 12.5], [-9130, np.nan]])
    (remark,) = raster.remarks()
    assert "2 pixels of band 1" in remark and "usually mean nodata" in remark


def test_more_of_an_oxide_than_any_rock_holds(tmp_path):
    """65535 without a tag, in units of 0.001 wt% as STORAGE writes them, and 99.99."""
    stored = np.array([[65535, 12500], [20000, 65535]], np.uint16)
    scaled = written(tmp_path / "a.tif", [stored], gdal.GDT_UInt16, names=["FeO"], scale=0.001)
    right = np.array([[np.nan, 12.5], [20, np.nan]], np.float32)
    assert whole(Raster(scaled))[0] == pytest.approx(right, rel=1e-6, nan_ok=True)
    plane = np.nan_to_num(right, nan=99.99)
    raster = Raster(written(tmp_path / "b.tif", [plane], names=["FeO"]))
    np.testing.assert_array_equal(whole(raster)[0], right)
    assert "2 pixels of band 1 (FeO) with values outside of -20 to 65.53 wt%" in raster.remarks()[0]


@pytest.mark.parametrize(
    ("kind", "data_type", "end", "scale"),
    [
        (np.uint8, gdal.GDT_Byte, 255, 0.1),
        (np.uint16, gdal.GDT_UInt16, 65535, 0.0005),
        (np.int16, gdal.GDT_Int16, 32767, 0.001),
        (np.int16, gdal.GDT_Int16, -32768, 0.0005),
    ],
)
def test_scaled_integers_at_an_end_of_their_type_are_said_to_be_measured(
    tmp_path, kind, data_type, end, scale
):
    """25.5 wt% FeO may be a measurement or the fill value 255; a tag tells."""
    plane = np.array([[end, 100], [120, end]], kind)
    more = {"names": ["FeO"], "scale": scale}
    raster = Raster(written(tmp_path / "a.tif", [plane], data_type, **more))
    for _ in range(2):  # counted once
        assert whole(raster)[0] == pytest.approx(plane * scale, rel=1e-6)
    (remark,) = raster.remarks()
    assert f"2 pixels of band 1 (FeO) are stored as {end}, an end" in remark
    raster = Raster(written(tmp_path / "b.tif", [plane], data_type, nodata=end, **more))
    assert np.isnan(whole(raster)[0]).sum() == 2
    assert raster.remarks() == []


def test_signed_bytes_with_scale_and_fill(tmp_path):
    """13 wt% is stored as 26; -128 without a tag is -64 wt%, which no oxide is."""
    plane = np.array([[-128, 26], [-4, 127]], np.int8)
    raster = Raster(signed(tmp_path / "s.tif", plane, scale=0.5, names=["FeO"]))
    np.testing.assert_array_equal(whole(raster)[0], [[np.nan, 13], [-2, 63.5]])
    (remark,) = raster.remarks()
    assert "1 pixel of band 1" in remark and "(-64)" in remark


@pytest.mark.parametrize("data_type", [gdal.GDT_CInt16, gdal.GDT_CFloat32, gdal.GDT_CFloat64])
def test_complex_numbers_are_refused(tmp_path, data_type):
    """GDAL would give their real part."""
    plane = np.full((1, 2, 2), 3 + 4j, gdal_array.GDALTypeCodeToNumericTypeCode(data_type))
    raster = Raster(written(tmp_path / "c.tif", plane, data_type))
    with pytest.raises(RasterError, match=r"c\.tif: band 1 holds complex numbers \(C"):
        whole(raster)


@pytest.mark.parametrize(
    ("fill", "tag"),
    [
        (LOWEST, -3.4e38),
        (LOWEST, None),
        (-LOWEST, None),
        (np.inf, None),
        (9.96921e36, None),
        (1e20, None),
        (-32768, None),
        (-32767, -32768),
        (-9999.9, -9999),
        (65535, None),
        (255, None),
        (-99, None),
    ],
)
@pytest.mark.parametrize("name", ["FeO", "TiO2 (wt%)", "Mg#", "FeO 1 sigma"])
def test_fill_values_that_no_tag_matches(tmp_path, fill, tag, name):
    plane = np.linspace(0, 1, 600, dtype=np.float32).reshape(20, 30)
    right = plane.copy()
    plane[3:7, 5:10], right[3:7, 5:10] = fill, np.nan
    raster = Raster(written(tmp_path / "map.tif", [plane], nodata=tag, names=[name]))
    np.testing.assert_array_equal(whole(raster)[0], right)
    (remark,) = raster.remarks()
    assert remark.startswith("map.tif: 20 pixels of band 1 ")
    assert f"({np.float32(fill):.9g})" in remark and "nodata" in remark


def test_contents_computed_below_zero_stay(tmp_path):
    """Without them means of noise around zero would be too high."""
    plane = np.array([[-7.6, -0.5], [0, 64]], np.float32)
    raster = Raster(written(tmp_path / "map.tif", [plane], names=["FeO"]))
    np.testing.assert_array_equal(whole(raster)[0], plane)
    assert raster.remarks() == []


@pytest.mark.parametrize("name", ["", "elevation", "OMAT", "FeO difference"])
def test_of_a_band_of_unknown_content_only_impossible_numbers_are_masked(tmp_path, name):
    plane = np.array([[-9998, 65535, -32000], [LOWEST, 1e20, 3]], np.float32)
    raster = Raster(written(tmp_path / "map.tif", [plane], names=[name]))
    np.testing.assert_array_equal(
        whole(raster)[0], np.array([[-9998, 65535, -32000], [np.nan, np.nan, 3]], np.float32)
    )


@given(st.integers(0, 2**32 - 1))
@settings(max_examples=10, deadline=None)
def test_pixels_are_counted_once_however_they_are_read(seed):
    """In threads, again, in overlapping windows: against numpy."""
    generator = np.random.default_rng(seed)
    planes = generator.uniform(0, 30, (2, 600, 700)).astype(np.float32)
    fills = np.array([-9999.9, 1e20], np.float32)
    for plane in planes:
        where = generator.random(plane.shape) < 0.01
        plane[where] = generator.choice(fills, where.sum())
    name = "/vsimem/count.tif"
    written(name, planes, names=["FeO", "MgO"])
    raster = Raster(name)
    windows = list(blocks(raster.grid.window, 256, 256))
    for _ in range(40):
        x, y = generator.integers(0, 650), generator.integers(0, 550)
        size = generator.integers(1, 50, 2)
        windows.append(Window(int(x), int(y), int(size[0]), int(size[1])))
    windows += windows[:5]
    generator.shuffle(windows)
    with ThreadPoolExecutor(4) as readers:
        list(readers.map(lambda window: raster.values(Window(*map(int, window)), [1, 2]), windows))
    raster.values(raster.grid.window, [1], (60, 70))  # a picture counts nothing
    for number, plane in enumerate(planes, start=1):
        assert raster.out_of_range(number).pixels == np.isin(plane, fills).sum()
        assert sorted(raster.out_of_range(number).values) == pytest.approx(sorted(fills))
    raster.close()
    gdal.Unlink(name)


def test_only_the_pixels_that_were_read_are_counted(tmp_path):
    plane = np.full((20, 30), -9999.9, np.float32)
    raster = Raster(written(tmp_path / "map.tif", [plane], names=["FeO"]))
    raster.values(Window(0, 0, 10, 10), [1])
    raster.values(Window(5, 5, 10, 10), [1])
    assert raster.out_of_range(1).pixels == 175


@pytest.mark.parametrize(("name", "factor"), [("FeO", 1e4), ("Al2O3", 1e3), ("Mg#", 100)])
def test_another_unit_is_refused_with_an_example(tmp_path, name, factor):
    """In ppm, in 0.001 wt%, in per cent: all values are outside, and many different ones."""
    generator = np.random.default_rng(1)
    plane = factor * generator.uniform(0.3, 0.9, (64, 64))
    raster = Raster(written(tmp_path / "map.tif", [plane], nodata=-9999, names=[name]))
    with pytest.raises(RasterError, match=r"map\.tif: .* of band 1 .* many different .* unit"):
        require_weight_percent(raster)


def test_a_region_of_one_fill_value_is_masked_however_large(tmp_path):
    plane = np.full((80, 100), -32768, np.float32)
    plane[:20] = 12
    raster = Raster(written(tmp_path / "map.tif", [plane], names=["FeO"]))
    require_weight_percent(raster)
    assert np.isfinite(whole(raster)[0]).sum() == 2000
    assert raster.out_of_range(1).pixels == 6000
    assert len(raster.remarks()) == 1


def test_many_different_values_in_more_than_a_hundredth_end_the_run(tmp_path):
    """As where an untagged fill value was resampled: values inside the range are spoilt too."""
    plane = np.full((80, 100), 12, np.float32)
    plane[0] = np.linspace(-9000, -30, 100)
    raster = Raster(written(tmp_path / "map.tif", [plane], names=["FeO"]))
    whole(raster)
    with pytest.raises(RasterError, match=r"100 pixels of band 1 .* many different"):
        raster.remarks()
    plane[0, 20:] = 12
    raster = Raster(written(tmp_path / "few.tif", [plane], names=["FeO"]))
    whole(raster)
    (remark,) = raster.remarks()
    assert remark.startswith("few.tif: 20 pixels of band 1 ") and "many different" in remark
    assert remark.endswith("They were taken as nodata.")


def test_bands_without_a_name_are_what_the_parameters_say(tmp_path):
    path = written(tmp_path / "map.tif", np.full((2, 8, 8), 12.0))
    dataset = gdal.Open(path, gdal.GA_Update)
    dataset.GetRasterBand(2).WriteArray(np.full((2, 2), -9999.9, np.float32))
    dataset = None
    raster = Raster(path)
    require_weight_percent(raster, {2: "FeO"})
    assert np.isnan(whole(raster, [2])).sum() == 4
    assert np.isfinite(whole(raster, [1])).all()


def test_uncertainties_have_no_fill_values_either(tmp_path):
    planes = np.array([[[0.5, 0.0, -9999.9], [1e20, 255, np.inf]]], np.float32)
    of = Raster(written(tmp_path / "map.tif", np.full((1, 2, 3), 12.0), names=["FeO"]))
    raster = Raster(written(tmp_path / "sigma.tif", planes))
    (values,) = Uncertainty(raster, of, {1: "FeO"}).values(raster.grid.window, [1])
    np.testing.assert_array_equal(values, [[0.5, 0, np.nan], [np.nan] * 3])
    assert "4 pixels of band 1" in raster.remarks()[0]


def test_a_folder_is_said_to_be_one(tmp_path):
    with pytest.raises(RasterError, match="it is a folder"):
        Raster(str(tmp_path))
