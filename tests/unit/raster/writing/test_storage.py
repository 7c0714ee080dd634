"""What is stored: each kind against GDAL's own reading and the bounds it states."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.extra import numpy as npst
from osgeo import gdal

from lunar_oxide_plugin.core.errors import RasterError
from lunar_oxide_plugin.raster.gdal_io.blocks import Window, blocks
from lunar_oxide_plugin.raster.moon.crs import EQUIRECTANGULAR_WKT, Grid
from lunar_oxide_plugin.raster.sources.raster import Raster
from lunar_oxide_plugin.raster.writing import storage
from lunar_oxide_plugin.raster.writing.encoding import ScaledIntegers, encoding_of
from lunar_oxide_plugin.raster.writing.outputs import OutputFiles
from lunar_oxide_plugin.raster.writing.storage import (
    KINDS,
    LAYOUTS,
    BandInfo,
    Kind,
    Layout,
    Storage,
)

GRID = Grid(EQUIRECTANGULAR_WKT, (-1516174.92, 14.8, 0.0, 1334234.8, 0.0, -14.8), 600, 300)
BANDS = (BandInfo("FeO", "wt%", 0.001), BandInfo("MgO", "wt%", 0.001))
ALL = Window(0, 0, 600, 300)


def oxides(seed=0, low=0.0, high=65.5):
    """Noise, scattered and whole areas of no data, and a tile without any value."""
    random = np.random.default_rng(seed)
    found = random.uniform(low, high, (2, 300, 600)).astype(np.float32)
    found[:, random.uniform(size=(300, 600)) < 0.1] = np.nan
    found[1, 40:80, 30:90] = np.nan
    found[:, :256, 256:512] = np.nan
    return found


def write(path, data, kind, layout=Layout.GEOTIFF, bands=BANDS):
    with OutputFiles() as files:
        writer = files.raster(path, GRID, bands, {}, storage=Storage(kind, layout))
        for window in blocks(GRID.window, 512, 256):
            writer.write(window, data[(slice(None), *window.slices)])
    return gdal.Open(str(path))


def physical(dataset):
    """Values by the tags of the file, NaN where it says no data."""
    planes = []
    for number in range(1, dataset.RasterCount + 1):
        band = dataset.GetRasterBand(number)
        stored = band.ReadAsArray().astype(np.float64)
        stored[stored == band.GetNoDataValue()] = np.nan
        scale = band.GetScale()
        planes.append(stored if scale is None else stored * scale + band.GetOffset())
    return np.stack(planes)


def compression(dataset):
    return dataset.GetMetadataItem("COMPRESSION", "IMAGE_STRUCTURE")


def test_the_order_of_the_choices_is_a_contract():
    assert [*map(int, Kind)] == [0, 1, 2, 3]
    assert KINDS == ("Float32, lossless", "Float32, DEFLATE", "Float32, LERC", "UInt16, scaled")
    assert [kind.name for kind in Kind] == ["FLOAT32", "DEFLATE", "LERC", "UINT16"]
    assert [layout.name for layout in Layout] == ["GEOTIFF", "OVERVIEWS", "COG"]
    assert LAYOUTS == ("GeoTIFF", "GeoTIFF with overviews", "Cloud-optimised GeoTIFF")


@pytest.mark.parametrize("layout", Layout)
@pytest.mark.parametrize(("kind", "codec"), [(Kind.FLOAT32, "ZSTD"), (Kind.DEFLATE, "DEFLATE")])
def test_floats_come_back_to_the_last_bit(tmp_path, kind, codec, layout):
    data = oxides(low=-20)
    dataset = write(tmp_path / "a.tif", data, kind, layout)
    np.testing.assert_array_equal(dataset.ReadAsArray(), np.where(np.isnan(data), -9999, data))
    assert dataset.GetRasterBand(1).DataType == gdal.GDT_Float32
    assert dataset.GetRasterBand(1).GetScale() is None
    assert compression(dataset) == codec
    assert dataset.GetMetadataItem("PREDICTOR", "IMAGE_STRUCTURE") == "3"
    assert dataset.GetMetadataItem("LUNAR_OXIDE_STORAGE") == KINDS[kind]


@pytest.mark.parametrize("layout", Layout)
@pytest.mark.parametrize("step", [0.001, 0.00002])
def test_lerc_keeps_to_its_error_and_no_data_is_exact(tmp_path, layout, step):
    data = oxides(low=-20) if step == 0.001 else oxides(high=1)
    bands = [info._replace(step=step) for info in BANDS]
    dataset = write(tmp_path / "a.tif", data, Kind.LERC, layout, bands)
    found = dataset.ReadAsArray()
    assert (found[np.isnan(data)] == -9999).all()
    errors = np.abs(found.astype(np.float64) - data)[np.isfinite(data)]
    assert 0.9 * step < errors.max() <= step
    assert compression(dataset) == "LERC"
    said = dataset.GetMetadataItem("LUNAR_OXIDE_STORAGE")
    assert said == f"Float32, LERC: lossy, maximum error {step:g} wt%"


def test_lerc_takes_the_smallest_step_of_a_file(tmp_path):
    bands = (BandInfo("FeO", "wt%", 0.001), BandInfo("OMAT", step=0.0001))
    data = oxides(high=20)
    dataset = write(tmp_path / "a.tif", data, Kind.LERC, bands=bands)
    errors = np.abs(dataset.ReadAsArray().astype(np.float64) - data)
    assert 0.00009 < np.nanmax(errors[np.isfinite(data)]) <= 0.0001
    assert "maximum error 0.0001" in dataset.GetMetadataItem("LUNAR_OXIDE_STORAGE")
    assert "wt%" not in dataset.GetMetadataItem("LUNAR_OXIDE_STORAGE")


def test_lerc_loses_only_once(tmp_path):
    """Part of a tile, read back and compressed again with the rest, would lose twice."""
    with OutputFiles() as files:
        writer = files.raster(tmp_path / "a.tif", GRID, BANDS, {}, storage=Storage(Kind.LERC))
        for window in (Window(0, 0, 128, 256), Window(0, 0, 256, 30), Window(10, 0, 246, 256)):
            with pytest.raises(ValueError, match="whole tiles"):
                writer.write(window, np.zeros((2, window.height, window.width)))
        writer.write(Window(512, 256, 88, 44), np.ones((2, 44, 88)))  # the edge
    assert gdal.Open(str(tmp_path / "a.tif")).ReadAsArray(512, 256, 88, 44).max() == 1


@pytest.mark.parametrize("layout", Layout)
@pytest.mark.parametrize("step", [0.001, 0.00002])
def test_scaled_integers_are_off_by_half_a_step_at_most(tmp_path, layout, step):
    data = oxides(high=65534 * step)
    bands = [info._replace(step=step) for info in BANDS]
    dataset = write(tmp_path / "a.tif", data, Kind.UINT16, layout, bands)
    found = physical(dataset)
    np.testing.assert_array_equal(np.isnan(found), np.isnan(data))
    assert np.nanmax(np.abs(found - data)) <= step / 2 * (1 + 1e-9)
    for number, info in enumerate(bands, start=1):
        band = dataset.GetRasterBand(number)
        assert band.DataType == gdal.GDT_UInt16
        assert (band.GetScale(), band.GetOffset(), band.GetNoDataValue()) == (step, 0, 65535)
        assert (band.GetDescription(), band.GetUnitType()) == (info.name, info.unit)
    assert compression(dataset) == "ZSTD"
    assert dataset.GetMetadataItem("LUNAR_OXIDE_STORAGE") == (
        f"UInt16, scaled: value = stored x {step:g} wt%, rounded by at most {step / 2:g}, up to "
        f"{65534 * step:g} wt%"
    )


@pytest.mark.parametrize("kind", Kind)
def test_our_own_reader_gives_the_values(tmp_path, kind):
    data = oxides()
    write(tmp_path / "a.tif", data, kind)
    found = Raster(str(tmp_path / "a.tif")).values(ALL, [1, 2])
    np.testing.assert_array_equal(np.isnan(found), np.isnan(data))
    assert np.nanmax(np.abs(found.astype(np.float64) - data)) <= 0.001


STEPS = st.sampled_from([0.001, 0.0001, 0.00002])


@given(STEPS, st.data())
def test_any_value_in_range_survives(step, draws):
    elements = st.floats(0, 65534.49 * step) | st.sampled_from([np.nan, np.inf, -np.inf, -0.0])
    values = draws.draw(npst.arrays(np.float64, (1, 4, 5), elements=elements))
    encoded = ScaledIntegers([BandInfo("FeO", "wt%", step)]).stored(values, Window(0, 0, 5, 4))
    assert encoded.dtype == np.uint16
    np.testing.assert_array_equal(encoded == 65535, ~np.isfinite(values))
    valid = np.isfinite(values)
    errors = np.abs(encoded[valid].astype(np.float64) * step - values[valid])
    assert (errors <= step / 2 * (1 + 1e-9)).all()


@given(
    STEPS,
    st.floats(0.51, 1e9) | st.floats(-1e9, -0.51),
    st.integers(0, 3),
    st.integers(0, 4),
    st.booleans(),
)
def test_a_value_off_the_range_is_never_cut(step, off, row, column, float32):
    values = np.full((2, 4, 5), 1.0, np.float32 if float32 else np.float64)
    values[:, 0, 0] = np.nan
    misfit = off * step if off < 0 else (65534 + max(off, 1)) * step
    values[1, row, column] = misfit
    encoder = ScaledIntegers([info._replace(step=step) for info in BANDS])
    with pytest.raises(RasterError) as raised:
        encoder.stored(values, Window(100, 200, 5, 4))
    given = values[1, row, column]  # rounded to float32
    assert f"MgO is {given:g} at column {100 + column}, row {200 + row}," in str(raised.value)
    assert "Choose 0 (Float32, lossless)." in str(raised.value)


def test_a_misfit_leaves_nothing(tmp_path):
    data = oxides()
    data[0, 299, 7] = -0.0006
    with pytest.raises(RasterError, match=r"FeO is -0\.0006 at column 7, row 299"):
        write(tmp_path / "a.tif", data, Kind.UINT16)
    assert list(tmp_path.iterdir()) == []


def test_only_a_band_that_may_saturates_and_says_so(tmp_path):
    bands = (BandInfo("domain distance", step=0.001, saturates=True), BANDS[0])
    data = oxides()
    data[0, 0, :3] = 65.5341, 70, 1e30
    dataset = write(tmp_path / "a.tif", data, Kind.UINT16, bands=bands)
    np.testing.assert_allclose(physical(dataset)[0, 0, :3], 65.534, rtol=1e-12)
    assert "up to 65.534, above it kept as 65.534; value = stored x 0.001 wt%" in (
        dataset.GetMetadataItem("LUNAR_OXIDE_STORAGE")
    )
    data[0, 0, 0] = -1  # no distance
    with pytest.raises(RasterError, match="domain distance is -1 "):
        write(tmp_path / "b.tif", data, Kind.UINT16, bands=bands)


@pytest.mark.parametrize("kind", [Kind.LERC, Kind.UINT16])
def test_a_band_without_a_step_is_not_stored_with_loss(kind):
    with pytest.raises(ValueError, match="without a step"):
        encoding_of(kind, [BANDS[0], BandInfo("reflectance")])


@pytest.mark.parametrize("codec", ["ZSTD", "LERC", "DEFLATE", "FANCY"])
def test_what_this_gdal_writes_is_told_right(tmp_path, codec):
    gdal.PushErrorHandler("CPLQuietErrorHandler")
    options = [f"COMPRESS={codec}"]
    gdal.GetDriverByName("GTiff").Create(
        str(tmp_path / "a.tif"), 8, 8, 1, gdal.GDT_Float32, options
    )
    opened = gdal.Open(str(tmp_path / "a.tif"))
    made = opened is not None and compression(opened) == codec
    gdal.PopErrorHandler()
    assert storage._has(codec) is made
    assert made is (codec != "FANCY")


def test_without_zstd_floats_and_integers_are_deflated(tmp_path, monkeypatch):
    monkeypatch.setattr(storage, "_has", lambda codec: codec != "ZSTD")
    for layout in Layout:
        for kind in (Kind.FLOAT32, Kind.UINT16):
            path = tmp_path / f"{layout}{kind}.tif"
            assert compression(write(path, oxides(), kind, layout)) == "DEFLATE"


def test_without_lerc_it_is_refused_with_the_way_out(tmp_path, monkeypatch):
    monkeypatch.setattr(storage, "_has", lambda codec: codec != "LERC")
    with pytest.raises(RasterError, match=r"STORAGE 2 \(Float32, LERC\) .* Choose 3 \(UInt16"):
        write(tmp_path / "a.tif", oxides(), Kind.LERC)
    assert list(tmp_path.iterdir()) == []


def test_sizes_are_in_the_order_that_is_said(tmp_path):
    """Of smooth maps with noise, as real ones are."""
    y, x = np.mgrid[:300, :600] / 100
    noise = np.random.default_rng(0).normal(0, 0.2, (2, 300, 600))
    data = (15 + 5 * np.sin(x) * np.cos(y) + noise).astype(np.float32)
    sizes = {}
    for kind in Kind:
        write(tmp_path / f"{kind}.tif", data, kind)
        sizes[kind] = (tmp_path / f"{kind}.tif").stat().st_size
    assert sizes[Kind.LERC] < 0.6 * sizes[Kind.FLOAT32]
    assert sizes[Kind.UINT16] < 0.6 * sizes[Kind.FLOAT32]
