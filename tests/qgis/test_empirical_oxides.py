"""Algorithm empiricaloxides, pixel by pixel against the equations written out."""

import json

import numpy as np
import pytest
from osgeo import gdal

from tests.polygons import lunar_crs

from .conftest import expected_valid, read

NOMINAL = (415, 750, 900, 950, 1000)

#: Clementine reflectance at 415, 750, 900, 950 and 1000 nm (Wilcox et al. 2005).
LUNA20 = (0.092, 0.1547, 0.1639, 0.1674, 0.172)
APOLLO11 = (0.0607, 0.0918, 0.0957, 0.0971, 0.0996)


def otake(r415, r750, r950, a, b, c, d):
    """FeO = a theta_Fe + b, TiO2 = c theta_Ti^d."""
    iron = -np.arctan((r950 / r750 - 1.25) / (r750 - 0.037))
    titanium = np.arctan((r415 / r750 - 0.208) / (r750 + 0.108))
    with np.errstate(invalid="ignore"):  # invalid pixels
        return np.array([a * iron + b, c * titanium**d])


def lucey(r415, r750, r950):
    ratio = r950 / r750
    feo = 17.427 * -np.arctan((ratio - 1.19) / (r750 - 0.08)) - 7.565
    with np.errstate(invalid="ignore"):
        tio2 = 3.708 * np.arctan((r415 / r750 - 0.42) / r750) ** 5.979
    return np.array([feo, tio2, np.sqrt((r750 - 0.08) ** 2 + (ratio - 1.19) ** 2)])


def wilcox(r415, r750, r950):
    return np.array([-137.97 * (r750 * np.sin(1.3885) + r950 / r750 * np.cos(1.3885)) + 57.46])


@pytest.fixture
def clementine(tmp_path):
    """Make a Clementine raster: (path, float64 reflectance [5, 20, 30])."""

    def make(name="uvvis.tif", scale=1.0, nodata=None, names=True):
        random = np.random.default_rng(3)
        share = random.uniform(0, 1, (1, 20, 30))
        first, second = (np.array(s)[:, None, None] for s in (LUNA20, APOLLO11))
        values = (share * first + (1 - share) * second) / scale
        values = np.rint(values) if scale != 1 else values.astype(np.float32).astype(float)
        if nodata is not None:
            values[:, 2, 3:9] = nodata
        kind = gdal.GDT_Int16 if scale != 1 else gdal.GDT_Float32
        path = tmp_path / name
        dataset = gdal.GetDriverByName("GTiff").Create(str(path), 30, 20, 5, kind)
        dataset.SetProjection(lunar_crs().ExportToWkt())
        dataset.SetGeoTransform((10, 0.01, 0, 20, 0, -0.01))
        for index, plane in enumerate(values):
            band = dataset.GetRasterBand(index + 1)
            band.WriteArray(plane)
            if names:
                band.SetDescription(f"{NOMINAL[index]} nm")
            if nodata is not None:
                band.SetNoDataValue(nodata)
            if scale != 1:
                band.SetScale(scale)
        dataset = band = None
        return path, values * scale

    return make


@pytest.mark.parametrize(
    ("method", "constants"),
    [(0, (22.696, -14.584, 0.72765, 14.623)), (1, (20.527, -12.266, 0.72, 14.964))],
)
def test_every_pixel_of_a_tile(succeed, tile, tmp_path, method, constants):
    label, dn = tile
    output = tmp_path / "feo.tif"
    results, feedback = succeed(
        "empiricaloxides", {"INPUT": label, "METHOD": method, "OUTPUT": output}
    )
    expected = otake(*(dn[[0, 1, 3]] * 2e-5), *constants)
    valid = expected_valid(dn)
    found = read(output)
    assert found.shape == expected.shape
    assert (np.isfinite(found) == valid).all()
    np.testing.assert_allclose(found[:, valid], expected[:, valid], rtol=2e-5, atol=2e-5)
    assert results["VALID_PIXELS"] == valid.sum()
    assert not feedback.warnings
    assert output.with_suffix(".qml").is_file()


def test_metadata(succeed, tile, tmp_path):
    succeed("empiricaloxides", {"INPUT": tile[0], "OUTPUT": tmp_path / "feo.tif"})
    dataset = gdal.Open(str(tmp_path / "feo.tif"))
    bands = [dataset.GetRasterBand(index + 1) for index in range(dataset.RasterCount)]
    assert [(b.GetDescription(), b.GetUnitType()) for b in bands] == [
        ("FeO", "wt%"),
        ("TiO2", "wt%"),
    ]
    assert {b.GetNoDataValue() for b in bands} == {-9999}
    metadata = dataset.GetMetadata()
    assert metadata["LUNAR_OXIDE_ALGORITHM"] == "lunaroxide:empiricaloxides"
    assert json.loads(metadata["LUNAR_OXIDE_PARAMETERS"])["METHOD"] == 0
    assert metadata["LUNAR_OXIDE_MODEL"] == "otake2012_refitted"
    assert "22.696" in metadata["LUNAR_OXIDE_MODEL_CONSTANTS"]
    assert "Otake et al. (2012)" in metadata["LUNAR_OXIDE_MODEL_CITATION"]
    assert "750 nm = 2" in metadata["LUNAR_OXIDE_SOURCE"]


@pytest.mark.parametrize(
    ("method", "equation", "names"),
    [(2, lucey, ["FeO", "TiO2", "OMAT"]), (3, wilcox, ["FeO"])],
)
def test_every_pixel_of_a_clementine_raster(succeed, clementine, tmp_path, method, equation, names):
    path, reflectance = clementine(nodata=-1)
    given = {"INPUT": path, "METHOD": method, "OUTPUT": tmp_path / "feo.tif"}
    results, feedback = succeed("empiricaloxides", given)
    expected = equation(*reflectance[[0, 1, 3]])
    valid = reflectance[1] > 0
    assert not valid.all()
    found = read(tmp_path / "feo.tif")
    assert (np.isfinite(found) == valid).all()
    np.testing.assert_allclose(found[:, valid], expected[:, valid], rtol=1e-4, atol=1e-4)
    assert results["VALID_PIXELS"] == valid.sum()
    assert any("not interchangeable" in text for text in feedback.warnings)
    dataset = gdal.Open(str(tmp_path / "feo.tif"))
    assert [dataset.GetRasterBand(i + 1).GetDescription() for i in range(len(names))] == names
    assert dataset.RasterCount == len(names)


def test_scale_and_band_numbers(succeed, clementine, tmp_path):
    """Scaled integers by the file, by SCALE, and without names by BANDS, give the same."""
    path, reflectance = clementine(scale=1e-4)
    expected = lucey(*reflectance[[0, 1, 3]])
    bare, _ = clementine("bare.tif", scale=1e-4, names=False)
    dataset = gdal.Open(str(bare), gdal.GA_Update)
    for number in range(1, 6):
        dataset.GetRasterBand(number).SetScale(1)
    dataset = None
    for name, given in (
        ("a.tif", {"INPUT": path}),
        ("b.tif", {"INPUT": bare, "BANDS": "1,2,4", "SCALE": 1e-4}),
    ):
        succeed("empiricaloxides", {**given, "METHOD": 2, "OUTPUT": tmp_path / name})
        np.testing.assert_allclose(read(tmp_path / name), expected, rtol=1e-4, atol=1e-4)


def test_undefined_pixels_are_no_data_and_told(succeed, clementine, tmp_path):
    """Four pixels at R750 = 0.07, left of Lucey's origin: no FeO, but TiO2 and OMAT."""
    path, _ = clementine()
    dataset = gdal.Open(str(path), gdal.GA_Update)
    dark = np.array(APOLLO11) * 0.07 / APOLLO11[1]
    for index, value in enumerate(dark):
        dataset.GetRasterBand(index + 1).WriteArray(np.full((1, 4), value), 5, 6)
    dataset = None
    given = {"INPUT": path, "METHOD": 2, "OUTPUT": tmp_path / "feo.tif"}
    results, feedback = succeed("empiricaloxides", given)
    found = read(tmp_path / "feo.tif")
    assert np.argwhere(np.isnan(found[0])).tolist() == [[6, column] for column in range(5, 9)]
    np.testing.assert_allclose(found[1:, 6, 5], lucey(*dark[[0, 1, 3]])[1:], rtol=1e-4)
    assert results["VALID_PIXELS"] == 20 * 30 - 4
    assert any(text.startswith("4 measured pixels") for text in feedback.warnings)


@pytest.mark.parametrize("method", [2, 3])
def test_mi_data_are_refused_by_clementine_methods(refused, succeed, tile, tmp_path, method):
    label, _ = tile
    succeed("importmimap", {"INPUT": [str(label)], "OUTPUT": tmp_path / "r.tif"})
    gdal.Translate(str(tmp_path / "three.tif"), str(tmp_path / "r.tif"), bandList=[1, 2, 4])
    output = {"METHOD": method, "OUTPUT": tmp_path / "feo.tif"}
    for path, sign in (
        (label, "an MI label"),
        (tmp_path / "r.tif", "MV1"),
        (tmp_path / "three.tif", "MV1"),
    ):
        message = refused("empiricaloxides", {"INPUT": path, **output})
        assert "is Kaguya MI data" in message
        assert sign in message
        assert "Choose METHOD 0 or 1" in message
    # Filter names gone, the bands of the infrared detector still tell.
    dataset = gdal.Open(str(tmp_path / "r.tif"), gdal.GA_Update)
    for index, nm in enumerate((415, 750, 900, 950, 1001, 1050, 1250, 1550)):
        dataset.GetRasterBand(index + 1).SetDescription(f"{nm} nm")
    dataset = None
    assert "a band of 1050 nm" in refused(
        "empiricaloxides", {"INPUT": tmp_path / "r.tif", **output}
    )


@pytest.mark.parametrize("method", [0, 1])
def test_clementine_data_are_refused_by_mi_methods(refused, clementine, tmp_path, method):
    path, _ = clementine()
    given = {"INPUT": path, "METHOD": method, "OUTPUT": tmp_path / "feo.tif"}
    message = refused("empiricaloxides", given)
    assert "eight are needed" in message
    assert "choose METHOD 2 or 3" in message


def test_other_refusals(refused, clementine, tmp_path):
    path, _ = clementine()
    bare, _ = clementine("bare.tif", names=False)
    output = {"METHOD": 2, "OUTPUT": tmp_path / "feo.tif"}

    def message(**given):
        return refused("empiricaloxides", {"INPUT": path, **output, **given})

    assert "three numbers in BANDS" in message(INPUT=bare)
    # Not said of a raster that names no bands of Clementine.
    assert "METHOD 2" not in message(INPUT=bare, METHOD=0)
    assert "3 different band numbers" in message(BANDS="1,2,3,4")
    assert "bands 1 to 5" in message(BANDS="1,2,6")
    assert "BANDS holds 'x'" in message(BANDS="x")
    assert "in SCALE" in message(SCALE=0.01)
    assert "darker at 415 nm" in message(BANDS="2,1,4")
    assert "METHOD is 4" in message(METHOD=4)
    dataset = gdal.Open(str(path), gdal.GA_Update)
    for number in range(1, 6):
        dataset.GetRasterBand(number).Fill(0)
    dataset = None
    assert "no pixel above zero" in message()


def test_shadow_of_a_clementine_raster(succeed, clementine, tmp_path):
    """Any of the three bands up to 0.01; the bands that are not read do not count."""
    path, _ = clementine()
    dataset = gdal.Open(str(path), gdal.GA_Update)
    dataset.GetRasterBand(1).WriteArray(np.full((1, 2), 0.01), 4, 3)
    dataset.GetRasterBand(3).WriteArray(np.full((1, 2), 0.005), 10, 3)
    dataset = None
    given = {"INPUT": path, "METHOD": 3, "OUTPUT": tmp_path / "feo.tif"}
    results, _ = succeed("empiricaloxides", given)
    assert np.argwhere(np.isnan(read(tmp_path / "feo.tif")[0])).tolist() == [[3, 4], [3, 5]]
    assert results["VALID_PIXELS"] == 598
    results, _ = succeed("empiricaloxides", {**given, "MASK_SHADOW": False})
    assert results["VALID_PIXELS"] == 600
