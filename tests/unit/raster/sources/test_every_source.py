"""Whatever form reflectance comes in: the same value at the same place, or a refusal.

Every case writes the same landscape (a marker per pixel, so that no two look
alike) in a form of its own and reads it back at longitude and latitude.
"""

import gzip
import zipfile
from pathlib import Path

import numpy as np
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from osgeo import gdal

from lunar_oxide_plugin.core.errors import LunarOxideError
from lunar_oxide_plugin.raster.gdal_io.blocks import blocks
from lunar_oxide_plugin.raster.moon.crs import (
    EQUIRECTANGULAR_WKT,
    GEOGRAPHIC_WKT,
    METRES_PER_DEGREE,
)
from lunar_oxide_plugin.raster.sources.mi_source import open_mi_source
from tests.mi_tiles import FILTERS, INVALID_CODES, MODEL_PLANES, write_tile

CENTRES = (414, 749, 901, 950, 1001, 1000, 1049, 1248, 1548)
TYPICAL = np.array([2016, 3624, 3950, 4000, 4146, 4084, 4291, 5298, 6594])

#: Ways to store reflectance: data type, factor to multiply it with, tag and offset of the bands.
STORED = {
    "DN": (gdal.GDT_Int16, 5e4, 2e-5, 0.0),
    "DN without a tag": (gdal.GDT_Int16, 5e4, None, None),
    "reflectance": (gdal.GDT_Float32, 1.0, None, None),
    "reflectance with a stale tag": (gdal.GDT_Float32, 1.0, 2e-5, 0.0),
    "times 10000, tagged": (gdal.GDT_UInt16, 1e4, 1e-4, None),
    "percent, tagged": (gdal.GDT_Float64, 100.0, 0.01, 0.0),
    "with an offset": (gdal.GDT_Int32, 5e4, 2e-5, 0.02),
}

NAMES = {
    "filter": lambda i: FILTERS[i],
    "nm": lambda i: f"{CENTRES[i]} nm",
    "um": lambda i: f"{CENTRES[i] / 1000:.3f} Micrometers",
    "both": lambda i: f"{FILTERS[i]} {CENTRES[i]} nm",
}


def landscape(height, width, seed):
    """DN [9, height, width] that differ from pixel to pixel, like lunar spectra."""
    brightness = np.random.default_rng(seed).permutation(height * width) / (height * width)
    return np.rint(TYPICAL[:, None, None] * (0.8 + 0.6 * brightness.reshape(height, width)))


def stored(dn, way):
    kind, factor, _, offset = STORED[way]
    values = (dn * 2e-5 - (offset or 0)) * factor
    return np.rint(values) if kind not in (gdal.GDT_Float32, gdal.GDT_Float64) else values


def write_stack(path, driver, dn, order, names, way, place):
    """A stack of bands in some order; `place` is (wkt, geotransform)."""
    kind, _, tag, offset = STORED[way]
    values = stored(dn, way)
    height, width = dn.shape[1:]
    made = gdal.GetDriverByName(driver).Create(str(path), width, height, len(order), kind)
    made.SetProjection(place[0])
    made.SetGeoTransform(place[1])
    for number, index in enumerate(order, start=1):
        band = made.GetRasterBand(number)
        band.SetDescription(NAMES[names](index))
        band.WriteArray(values[index])
        if tag is not None:
            band.SetScale(tag)
        if offset is not None:
            band.SetOffset(offset)
    made = band = None
    return str(path)


def place_of(north, west, resolution, geographic):
    """CRS and geotransform of a grid whose first pixel's centre is at (north, west)."""
    unit = 1.0 if geographic else METRES_PER_DEGREE
    pixel = unit / resolution
    left, top = (west - 0.5 / resolution) * unit, (north + 0.5 / resolution) * unit
    return (GEOGRAPHIC_WKT if geographic else EQUIRECTANGULAR_WKT), (left, pixel, 0, top, 0, -pixel)


def require_same(source, dn, valid, north, west, resolution, block):
    """Every pixel, found by its longitude and latitude, has its own reflectance."""
    height, width = dn.shape[1:]
    geographic = source.grid.geotransform[1] < 1
    unit = 1.0 if geographic else METRES_PER_DEGREE
    seen = np.zeros((height, width), bool)
    for window in blocks(source.grid.window, *block):
        reflectance, found_valid = source.spectra(window)
        rows, columns = np.mgrid[window.slices]
        x, y = source.grid.position(columns + 0.5, rows + 0.5)
        j = np.rint(((x / unit - west + 180) % 360 - 180) * resolution).astype(int)
        i = np.rint((north - y / unit) * resolution).astype(int)
        assert i.min() >= 0
        assert j.min() >= 0
        np.testing.assert_array_equal(found_valid, valid[i, j])
        expected = dn[:, i, j][list(MODEL_PLANES)] * 2e-5
        np.testing.assert_allclose(
            reflectance[:, found_valid], expected[:, found_valid], atol=5.1e-5
        )
        seen[i[found_valid], j[found_valid]] = True
    assert (seen == valid).all()


invalids = st.lists(
    st.tuples(
        st.sampled_from(MODEL_PLANES),
        st.integers(0, 4),
        st.integers(0, 6),
        st.sampled_from(INVALID_CODES),
    ),
    max_size=6,
)
longitudes = st.integers(0, 359 * 8).map(lambda n: n / 8)
latitudes = st.integers(-88 * 8, 88 * 8).map(lambda n: n / 8)
block_sizes = st.tuples(st.integers(1, 9), st.integers(1, 9))
quick = settings(
    max_examples=40, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture]
)


@quick
@given(
    st.sampled_from(["V3", "V2", "zip", "gz"]),
    st.sampled_from(["\r\n", "\n"]),
    st.booleans(),
    longitudes,
    latitudes,
    st.sampled_from([64, 2048]),
    invalids,
    block_sizes,
    st.integers(0, 9),
)
def test_products_of_the_archive(
    tmp_path_factory, form, newline, quoted, west, north, resolution, codes, block, seed
):
    folder = tmp_path_factory.mktemp("product")
    dn = landscape(5, 7, seed)
    valid = np.ones((5, 7), bool)
    for plane, row, column, code in codes:
        dn[plane, row, column] = code
        valid[row, column] = False
    path = write_tile(
        folder,
        dn.astype(np.int16),
        north=north,
        west=west,
        resolution=resolution,
        newline=newline,
        quoted=quoted,
        attached=form in ("V2", "gz"),
    )
    if form == "zip":
        archive = folder / "tile.zip"
        with zipfile.ZipFile(archive, "w", zipfile.ZIP_DEFLATED) as made:
            for file in (path, path.with_suffix(".img")):
                made.write(file, f"data/{file.name}")
                file.unlink()
        path = archive
    if form == "gz":
        packed = folder / f"{path.name}.gz"
        packed.write_bytes(gzip.compress(path.read_bytes()))
        path.unlink()
        path = packed
    before = sorted(file.name for file in folder.iterdir())
    source = open_mi_source(str(path))
    if valid.any():
        require_same(source, dn, valid, north, west, resolution, block)
    else:
        with pytest.raises(LunarOxideError, match="no valid pixel"):
            _ = source.scaling
    assert sorted(file.name for file in folder.iterdir()) == before


@quick
@given(
    st.sampled_from(["GTiff", "ENVI", "ISIS3", "VRT"]),
    st.sampled_from(sorted(STORED)),
    st.sampled_from(sorted(NAMES)),
    st.permutations(range(9)),
    st.booleans(),
    st.booleans(),
    longitudes,
    latitudes,
    block_sizes,
    st.integers(0, 9),
)
def test_stacks(
    tmp_path_factory, driver, way, names, order, all_nine, geographic, west, north, block, seed
):
    folder = tmp_path_factory.mktemp("stack")
    if driver == "ISIS3" and STORED[way][0] in (gdal.GDT_Int32, gdal.GDT_Float64):
        way = "DN"  # types that ISIS cubes do not have
    order = [i for i in order if all_nine or i != 5]
    dn = landscape(5, 7, seed)
    place = place_of(north, west, 64, geographic)
    path = folder / {"GTiff": "a.tif", "ENVI": "a.img", "ISIS3": "a.cub", "VRT": "a.tif"}[driver]
    path = write_stack(path, "GTiff" if driver == "VRT" else driver, dn, order, names, way, place)
    if driver == "VRT":
        path = str(folder / "a.vrt")
        gdal.BuildVRT(path, [str(folder / "a.tif")]).FlushCache()
    try:
        source = open_mi_source(path)
        scaling = source.scaling
    except LunarOxideError:
        # What a format does not keep (the scale alone, or the offset) may make it unreadable,
        # never wrong.
        assert driver in ("ENVI", "ISIS3")
        assert STORED[way][2:] != (None, None)
        return
    assert scaling.median_750 == pytest.approx(0.08, rel=0.3)
    require_same(source, dn, np.ones((5, 7), bool), north, west, 64, block)


@quick
@given(
    st.sampled_from(sorted(STORED)),
    st.permutations(range(9)),
    longitudes,
    latitudes,
    block_sizes,
    st.sampled_from(["{}_x.tif", "moon {}.tif", "A_{}_65N65S_512ppd.tif"]),
    st.sampled_from(["filter", "nm", "both"]),
)
def test_band_files(tmp_path_factory, way, order, west, north, block, pattern, names):
    folder = tmp_path_factory.mktemp("bands")
    dn = landscape(4, 6, 1)
    place = place_of(north, west, 64, True)
    paths = [
        write_stack(folder / pattern.format(NAMES[names](i)), "GTiff", dn, [i], names, way, place)
        for i in order
    ]
    for path in paths:
        opened = gdal.Open(path, gdal.GA_Update)
        opened.GetRasterBand(1).SetDescription("")
        opened = None
    source = open_mi_source(paths[0])
    require_same(source, dn, np.ones((4, 6), bool), north, west, 64, block)


def test_the_landscape_tells_every_pixel_apart():
    dn = landscape(5, 7, 0)
    assert len({tuple(spectrum) for spectrum in dn.reshape(9, -1).T}) == 35


@pytest.mark.parametrize("name", ["with space", "naïve ☾", "quote's", "a&b <c>"])
def test_names_of_folders(tmp_path, name):
    folder = Path(tmp_path / name)
    folder.mkdir()
    dn = landscape(5, 7, 2)
    tile = write_tile(folder, dn.astype(np.int16), resolution=64)
    valid = np.ones((5, 7), bool)
    require_same(open_mi_source(str(tile)), dn, valid, 44.0, 310.0, 64, (3, 3))
    place = place_of(44.0, 310.0, 64, False)
    for i in range(9):
        write_stack(folder / f"{FILTERS[i]}.tif", "GTiff", dn, [i], "nm", "reflectance", place)
    require_same(open_mi_source(str(folder / "MV2.tif")), dn, valid, 44.0, 310.0, 64, (3, 3))
