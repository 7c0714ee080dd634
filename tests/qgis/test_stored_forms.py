"""The same pixels in strips, lines or tiles of any size give the same results, read once."""

import csv
import threading

import numpy as np
import pytest
from osgeo import gdal
from qgis.core import QgsFeedback

from lunar_oxide_plugin.core.errors import CancelledError
from lunar_oxide_plugin.core.models.model import BUNDLED
from lunar_oxide_plugin.raster.gdal_io.blocks import BLOCK_HEIGHT, BLOCK_WIDTH
from lunar_oxide_plugin.raster.sources.clementine import ClementineSource
from lunar_oxide_plugin.raster.sources.raster import Raster
from tests import mi_tiles
from tests.polygons import lunar_crs, write_polygons

from .conftest import OXIDES

#: Wide and high enough that GDAL's cache is not meant to hold the strips under a row of tiles.
WIDTH, HEIGHT = 8500, 258

FORMS = {
    "strips of one row": ("GTiff", ["COMPRESS=DEFLATE", "BLOCKYSIZE=1"]),
    "odd tiles": ("GTiff", ["TILED=YES", "BLOCKXSIZE=240", "BLOCKYSIZE=48"]),
    "VRT of strips": ("VRT", []),
}
BLOCK = BLOCK_WIDTH * BLOCK_HEIGHT
LERC, MG_NUMBER_STEP = 2, 0.00002
MODEL = [name for name, _ in BUNDLED].index("plsr")


@pytest.fixture(scope="module")
def plain(tmp_path_factory):
    """Eight bands of reflectance and five of oxides in tiles of 256 pixels: two paths."""
    folder = tmp_path_factory.mktemp("plain")
    random = np.random.default_rng(3)
    dn = mi_tiles.soils(HEIGHT, WIDTH)[list(mi_tiles.MODEL_PLANES)]
    dn[:, 100:140, 4000:4700] = 0
    oxides = random.uniform(1, 25, (5, HEIGHT, WIDTH)).astype(np.float32)
    oxides[:, 100:140, 4000:4700] = -9999
    made = []
    for name, values, names, nodata in (
        ("mi", dn.astype(np.uint16), (415, 750, 900, 950, 1001, 1050, 1250, 1550), 0),
        ("oxides", oxides, OXIDES, -9999),
    ):
        path = folder / f"{name}.tif"
        kind = gdal.GDT_UInt16 if name == "mi" else gdal.GDT_Float32
        dataset = gdal.GetDriverByName("GTiff").Create(
            str(path), WIDTH, HEIGHT, len(values), kind, ["TILED=YES", "COMPRESS=DEFLATE"]
        )
        dataset.SetProjection(lunar_crs().ExportToWkt())
        dataset.SetGeoTransform((-50, 1 / 1024, 0, 44, 0, -1 / 1024))
        for number, (plane, described) in enumerate(zip(values, names), start=1):
            band = dataset.GetRasterBand(number)
            band.SetDescription(f"{described} nm" if name == "mi" else described)
            band.SetNoDataValue(nodata)
            if name == "mi":
                band.SetScale(2e-5)
            band.WriteArray(plane)
        dataset = None
        made.append(path)
    return made


def stored(paths, folder, form):
    """Copies of rasters in another form."""
    driver, options = FORMS[form]
    copies = []
    for path in paths:
        copy = folder / f"{path.stem}.{'vrt' if driver == 'VRT' else 'tif'}"
        source = path
        if driver == "VRT":
            source = folder / f"{path.stem}_strips.tif"
            strips = FORMS["strips of one row"][1]
            gdal.GetDriverByName("GTiff").CreateCopy(
                str(source), gdal.Open(str(path)), options=strips
            )
        gdal.GetDriverByName(driver).CreateCopy(
            str(copy), gdal.Open(str(source)), options=options
        ).FlushCache()
        copies.append(copy)
    return copies


def results(succeed, paths, folder):
    """All that the algorithms make of the rasters: arrays by name."""
    mi, oxides = map(str, paths)
    folder.mkdir()
    zones = write_polygons(
        folder / "zones.gpkg",
        {"a": "POLYGON((-49.9 43.99,-42.5 43.95,-42.6 43.77,-49 43.8,-49.9 43.99))"},
    )

    def to(name):
        return str(folder / name)

    succeed(
        "predictoxides",
        {"INPUT": mi, "MODEL": MODEL, "OUTPUT": to("oxides.tif")},
    )
    succeed("importmimap", {"INPUT": [mi], "RESOLUTION": 300, "OUTPUT": to("coarse.tif")})
    succeed("empiricaloxides", {"INPUT": mi, "OUTPUT": to("empirical.tif")})
    succeed("mgnumber", {"INPUT": oxides, "OUTPUT": to("mg.tif"), "STORAGE": LERC})
    succeed("oxidergb", {"INPUT": oxides, "OUTPUT": to("rgb.tif")})
    succeed("classifyterrain", {"INPUT": oxides, "OUTPUT": to("classes.tif")})
    succeed(
        "comparemaps",
        {
            "INPUT": oxides,
            "REFERENCE": oxides,
            "OXIDE": 2,
            "OUTPUT": to("difference.tif"),
            "REPORT": None,
        },
    )
    succeed(
        "zonaloxides",
        {
            "INPUT": oxides,
            "ZONES": str(zones),
            "OUTPUT": to("units.gpkg"),
            "TABLE": to("zones.csv"),
        },
    )
    succeed("oxidehistogram", {"INPUT": [oxides], "TABLE": to("histogram.csv"), "REPORT": None})
    found = {file.name: gdal.Open(str(file)).ReadAsArray() for file in folder.glob("*.tif")}
    for name in ("zones.csv", "histogram.csv"):
        with (folder / name).open(encoding="utf-8") as file:
            found[name] = list(csv.reader(file.read().replace(paths[1].name, "oxides").split("\n")))
    return found


@pytest.fixture(scope="module")
def expected(plain, tmp_path_factory):
    """Results from the tiles, made when first asked for."""
    return {"folder": tmp_path_factory.mktemp("expected") / "results"}


def same(name, found, other):
    if name == "mg.tif":  # within the error of LERC, which depends on the tiles
        return np.abs(found - other).max() <= 2 * MG_NUMBER_STEP
    if isinstance(found, np.ndarray):
        return np.array_equal(found, other)
    return len(found) == len(other) and all(map(_same_row, found, other))


def _same_row(found, other):
    for one, two in zip(found, other):
        try:
            if not np.isclose(float(one), float(two), rtol=1e-9):
                return False
        except ValueError:
            if one != two:
                return False
    return len(found) == len(other)


@pytest.fixture()
def asked_after(succeed, monkeypatch):
    """Run algorithms; the most pixels that each read before it asked for a cancel again."""
    since = {"asked": 0, "most": 0}
    lock = threading.Lock()
    read, is_cancelled = Raster.read, QgsFeedback.isCanceled

    def counting_read(self, window, numbers, shape=None):
        with lock:
            since["asked"] += window.size if shape is None else shape[0] * shape[1]
            since["most"] = max(since["most"], since["asked"])
        return read(self, window, numbers, shape)

    def counting_question(self):
        with lock:
            since["asked"] = 0
        return is_cancelled(self)

    monkeypatch.setattr(Raster, "read", counting_read)
    monkeypatch.setattr(QgsFeedback, "isCanceled", counting_question)
    most = {}

    def watched(name, parameters):
        since.update(asked=0, most=0)
        succeed(name, parameters)
        most[name] = since["most"]

    return watched, most


@pytest.mark.parametrize("form", FORMS)
def test_the_same_results_from_any_form(succeed, asked_after, plain, expected, tmp_path, form):
    """Cancel is asked for after a few blocks at most, whatever the time they take."""
    if "results" not in expected:
        expected["results"] = results(succeed, plain, expected["folder"])
    watched, most = asked_after
    found = results(watched, stored(plain, tmp_path, form), tmp_path / "results")
    assert found.keys() == expected["results"].keys()
    for name, other in expected["results"].items():
        assert same(name, found[name], other), name
    assert {name: count for name, count in most.items() if not 0 < count <= 4 * BLOCK} == {}


def test_a_search_in_clementine_data_can_be_stopped(tmp_path):
    path = tmp_path / "dark.tif"
    dataset = gdal.GetDriverByName("GTiff").Create(str(path), 700, 3000, 3)
    dataset.SetProjection(lunar_crs().ExportToWkt())
    dataset.SetGeoTransform((10, 0.01, 0, 20, 0, -0.01))
    for number, wavelength in enumerate((415, 750, 950), start=1):
        dataset.GetRasterBand(number).SetDescription(f"{wavelength} nm")
    dataset = None
    asked = []

    def check():
        asked.append(1)
        if len(asked) == 18:  # after the 16 samples
            raise CancelledError("Cancelled.")

    with pytest.raises(CancelledError):
        ClementineSource(str(path), check=check)
