"""One file per wavelength, as USGS has its mosaics and as users make them."""

import itertools
import os
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from osgeo import gdal

from lunar_oxide_plugin.core.errors import RasterError
from lunar_oxide_plugin.raster.gdal_io.blocks import Window
from lunar_oxide_plugin.raster.moon.crs import EQUIRECTANGULAR_WKT, GEOGRAPHIC_WKT
from lunar_oxide_plugin.raster.sources.band_files import siblings
from lunar_oxide_plugin.raster.sources.mi_source import MiSource
from tests import signed_bytes
from tests.mi_tiles import FILTERS, MODEL_PLANES, scene

CENTRES = (414, 749, 901, 950, 1001, 1000, 1049, 1248, 1548)
USGS_NODATA = -3.4028226550889045e38

NAMES = {
    "USGS": lambda i: (
        f"Lunar_Kaguya_MIMap_Band{i + 1}_{FILTERS[i]}_{CENTRES[i]}nm_65N65S_512ppd.tif"
    ),
    "ISIS": lambda i: f"{FILTERS[i]}_MI_MAP_03_N44E310N43E311SC.cub.tif",
    "nm": lambda i: f"moon {CENTRES[i]} nm.tif",
    "number": lambda i: f"{CENTRES[i]}.tif",
    "micrometres": lambda i: f"site_{CENTRES[i] / 1000:.3f}um.tif",
}


def write_band(path, values, *, wkt=EQUIRECTANGULAR_WKT, transform=None, nodata=None, scale=None):
    kind = gdal.GDT_Float32 if values.dtype.kind == "f" else gdal.GDT_Int16
    height, width = values.shape
    made = gdal.GetDriverByName("GTiff").Create(str(path), width, height, 1, kind)
    if wkt:
        made.SetProjection(wkt)
    made.SetGeoTransform(transform or (1000.0, 59.0, 0.0, 2000.0, 0.0, -59.0))
    band = made.GetRasterBand(1)
    band.WriteArray(values)
    if nodata is not None:
        band.SetNoDataValue(nodata)
    if scale is not None:
        band.SetScale(scale)
    made = band = None
    return str(path)


def write_set(folder, name, planes=range(9), dn=None, **options):
    """A set of band files; returns their paths and the reflectance of the model bands."""
    reflectance = ((scene() if dn is None else dn) * 2e-5).astype(np.float32)
    paths = [write_band(folder / name(i), reflectance[i], **options) for i in planes]
    return paths, reflectance[list(MODEL_PLANES)]


@pytest.mark.parametrize("name", NAMES.values(), ids=NAMES)
@pytest.mark.parametrize("planes", [range(9), MODEL_PLANES], ids=["nine", "eight"])
def test_any_file_of_a_set_opens_the_set(tmp_path, name, planes):
    (tmp_path / "other_2009.tif").write_bytes(b"not of the set")
    paths, expected = write_set(tmp_path, name, planes, nodata=USGS_NODATA)
    for path in (paths[0], paths[4], paths[-1]):
        source = MiSource(path)
        found, valid = source.spectra(source.grid.window)
        assert valid.all()
        np.testing.assert_array_equal(found, expected)
        assert "one file per band" in source.report()[0]
        assert all(p.rsplit("/", 1)[-1] in source.report()[0] for p in paths)


def test_endings_in_upper_and_lower_case(tmp_path):
    paths, expected = write_set(tmp_path, NAMES["nm"])
    Path(paths[3]).rename(paths[3].replace(".tif", ".TIF"))
    for path in (paths[0], paths[3].replace(".tif", ".TIF")):
        source = MiSource(path)
        np.testing.assert_array_equal(source.spectra(source.grid.window)[0], expected)


@pytest.mark.skipif(not hasattr(os, "mkfifo"), reason="Windows has no named pipes")
def test_what_is_no_file_is_not_of_the_set(tmp_path):
    """A pipe would be waited for, for ever."""
    paths, _ = write_set(tmp_path, NAMES["nm"], MODEL_PLANES)
    os.mkfifo(tmp_path / "moon 1002 nm.tif")
    (tmp_path / "moon 1003 nm.tif").mkdir()
    assert sorted(siblings(paths[0])) == sorted(paths)


def test_a_relative_path(tmp_path, monkeypatch):
    _, expected = write_set(tmp_path, NAMES["number"])
    monkeypatch.chdir(tmp_path)
    np.testing.assert_array_equal(MiSource("950.tif").spectra(Window(0, 0, 48, 32))[0], expected)


def test_each_files_own_no_data_and_scale(tmp_path):
    """DN with the tag, DN with a no-data value of its own, reflectance: all in one set."""
    dn = scene()
    reflectance = (dn * 2e-5).astype(np.float32)
    for index in MODEL_PLANES:
        path = tmp_path / NAMES["nm"](index)
        if index == 0:
            write_band(path, np.where(dn[0] == dn[0, 0, 0], 7, dn[0]), nodata=7, scale=2e-5)
        elif index == 1:
            values = reflectance[1].copy()
            values[3, 4] = USGS_NODATA
            write_band(path, values, nodata=USGS_NODATA)
        else:
            write_band(path, dn[index], scale=2e-5)
    source = MiSource(str(path))
    found, valid = source.spectra(source.grid.window)
    expected_valid = dn[0] != dn[0, 0, 0]
    expected_valid[3, 4] = False
    np.testing.assert_array_equal(valid, expected_valid)
    np.testing.assert_allclose(
        found[:, valid], reflectance[list(MODEL_PLANES)][:, valid], rtol=1e-6
    )


def test_a_mask_beside_a_file(tmp_path):
    paths, _ = write_set(tmp_path, NAMES["nm"], MODEL_PLANES)
    opened = gdal.Open(paths[2], gdal.GA_Update)
    opened.CreateMaskBand(gdal.GMF_PER_DATASET)
    mask = np.full((32, 48), 255, np.uint8)
    mask[5, 6:9] = 0
    opened.GetRasterBand(1).GetMaskBand().WriteArray(mask)
    opened = None
    np.testing.assert_array_equal(MiSource(paths[0]).spectra(Window(0, 0, 48, 32))[1], mask > 0)


@pytest.mark.parametrize("missing", MODEL_PLANES)
def test_a_missing_file_is_named(tmp_path, missing):
    planes = [i for i in MODEL_PLANES if i != missing]
    paths, _ = write_set(tmp_path, NAMES["USGS"], planes)
    with pytest.raises(RasterError, match=rf"there is no file of \d+ nm \({FILTERS[missing]}\)"):
        MiSource(paths[0])


def test_mn1_does_not_stand_in_for_mv5(tmp_path):
    paths, _ = write_set(tmp_path, NAMES["USGS"], [i for i in range(9) if i != 4])
    with pytest.raises(RasterError, match=r"no band of 1001 nm \(MV5.*MN1.*BANDS"):
        MiSource(paths[0])
    paths, _ = write_set(tmp_path, NAMES["number"], [i for i in range(9) if i != 4])
    with pytest.raises(RasterError, match=r"says 1000 nm .* may be MV5"):
        MiSource(paths[0])


def test_two_files_of_one_wavelength(tmp_path):
    """Two copies of a set under the same pattern but for the band's number."""
    write_set(tmp_path, NAMES["USGS"])
    name = "Lunar_Kaguya_MIMap_Band9_MV2_749nm_65N65S_512ppd.tif"
    path = write_band(tmp_path / name, np.full((32, 48), 0.1, np.float32))
    with pytest.raises(RasterError, match=r"both are 750 nm \(MV2\)"):
        MiSource(path)


@pytest.mark.parametrize(
    "change",
    [
        {"transform": (1059.0, 59.0, 0.0, 2000.0, 0.0, -59.0)},
        {"transform": (1000.0, 59.1, 0.0, 2000.0, 0.0, -59.1)},
        {"wkt": GEOGRAPHIC_WKT},
        {"wkt": ""},
    ],
    ids=["shifted", "pixel size", "projection", "no projection"],
)
def test_files_on_other_pixels_are_refused(tmp_path, change):
    paths, expected = write_set(tmp_path, NAMES["nm"], MODEL_PLANES)
    write_band(paths[3], expected[3], **change)
    with pytest.raises(
        RasterError, match=r"do not lie on the same pixels.*Import MI MAP tiles first, then warp"
    ):
        MiSource(paths[0])


def test_a_lone_file_says_what_is_missing(tmp_path):
    path = write_band(tmp_path / "a_749nm.tif", np.full((4, 4), 0.1, np.float32))
    with pytest.raises(RasterError, match=r"there is no file of 415 nm .*1550 nm"):
        MiSource(path)
    path = write_band(tmp_path / "dem.tif", np.full((4, 4), 0.1, np.float32))
    with pytest.raises(RasterError, match=r"dem\.tif: one band, and neither"):
        MiSource(path)


@pytest.fixture(scope="module")
def flat(tmp_path_factory):
    """Bytes of a file for each band, brighter with its wavelength."""
    folder = tmp_path_factory.mktemp("flat")
    brightness = [0.05 + 0.01 * sorted(CENTRES).index(centre) for centre in CENTRES]
    paths = [
        write_band(folder / f"{index}.tif", np.full((4, 5), value, np.float32))
        for index, value in enumerate(brightness)
    ]
    return [Path(path).read_bytes() for path in paths]


@given(st.permutations(range(9)), st.sampled_from(sorted(NAMES)))
def test_the_order_of_the_files_does_not_matter(tmp_path_factory, flat, order, form):
    """Numbers before the names sort the files in any order."""
    folder = tmp_path_factory.mktemp("set")
    for position, index in enumerate(order):
        (folder / f"b{position + 1}_{NAMES[form](index)}").write_bytes(flat[index])
    path = next(str(file) for file in sorted(folder.iterdir()))
    found, _ = MiSource(path).spectra(Window(0, 0, 5, 4))
    expected = [0.05 + 0.01 * sorted(CENTRES).index(CENTRES[i]) for i in MODEL_PLANES]
    np.testing.assert_allclose(found[:, 2, 3], expected, rtol=1e-6)


def test_bands_count_the_files_in_their_order(tmp_path):
    paths, expected = write_set(tmp_path, NAMES["number"], MODEL_PLANES)
    numbers = [sorted(paths).index(path) + 1 for path in paths]
    assert numbers != list(range(1, 9))
    source = MiSource(paths[0], bands=numbers)
    np.testing.assert_array_equal(source.spectra(source.grid.window)[0], expected)


def test_pairs_of_forms_have_patterns_of_their_own(tmp_path):
    """Two complete sets in one folder do not mix."""
    for (_, one), (_, other) in itertools.combinations(NAMES.items(), 2):
        assert one(1) != other(1)
    paths, expected = write_set(tmp_path, NAMES["USGS"])
    write_set(tmp_path, NAMES["ISIS"], dn=scene(seed=5))
    np.testing.assert_array_equal(MiSource(paths[0]).spectra(Window(0, 0, 48, 32))[0], expected)


def test_a_set_of_signed_bytes_stays_signed(tmp_path):
    """The stack is a VRT, whose bands say so too."""
    stored = np.rint(scene() * 2e-5 * 200).astype(np.int8)
    stored[:, 3, 4] = -5
    for index in MODEL_PLANES:
        path = str(tmp_path / f"moon {CENTRES[index]} nm.tif")
        size = stored.shape[:0:-1]
        options = [signed_bytes.OPTION]
        made = gdal.GetDriverByName("GTiff").Create(path, *size, 1, gdal.GDT_Byte, options)
        made.SetProjection(EQUIRECTANGULAR_WKT)
        made.SetGeoTransform((1000.0, 59.0, 0.0, 2000.0, 0.0, -59.0))
        band = made.GetRasterBand(1)
        band.SetScale(0.005)
        signed_bytes.write(band, stored[index])
        made = band = None
    source = MiSource(path)
    read = source.read(source.grid.window, source.bands)
    np.testing.assert_array_equal(read, stored[list(MODEL_PLANES)])
    assert np.argwhere(~source.spectra(source.grid.window)[1]).tolist() == [[3, 4]]
