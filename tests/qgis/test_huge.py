"""A raster of 14,000,000,000 pixels: more than 32 bits count. Sparse, so that it takes no place."""

import numpy as np
import pytest
from osgeo import gdal

from tests import mi_tiles
from tests.polygons import lunar_crs, write_polygons

from .conftest import OXIDES, read
from .test_zonal_oxides import rows_in

WIDTH, HEIGHT = 200_000, 70_000
STEP = 360 / WIDTH
WEST, NORTH = -180.0, 63.0

#: What there is, in the last corner: its pixels have the highest numbers.
ROWS, COLUMNS = 40, 60
CORNER = (WEST + (WIDTH - COLUMNS) * STEP, NORTH - (HEIGHT - ROWS) * STEP)


def write(path, values, data_type, nodata, names, huge):
    """Values in the last corner of a huge raster, or alone."""
    width, height = (WIDTH, HEIGHT) if huge else (COLUMNS, ROWS)
    west, north = (WEST, NORTH) if huge else CORNER
    blocks = ["TILED=YES", "BLOCKXSIZE=2048", "BLOCKYSIZE=2048", "SPARSE_OK=TRUE", "BIGTIFF=YES"]
    dataset = gdal.GetDriverByName("GTiff").Create(
        str(path), width, height, len(values), data_type, blocks
    )
    dataset.SetProjection(lunar_crs().ExportToWkt())
    dataset.SetGeoTransform((west, STEP, 0, north, 0, -STEP))
    for index, (name, band) in enumerate(zip(names, values)):
        dataset.GetRasterBand(index + 1).SetDescription(name)
        dataset.GetRasterBand(index + 1).SetNoDataValue(nodata)
        dataset.GetRasterBand(index + 1).WriteArray(band, width - COLUMNS, height - ROWS)
    return path


def polygons(path):
    west, north = CORNER
    x = [west + STEP * at for at in (5.3, 31.8, 54.1)]
    y = [north - STEP * at for at in (3.7, 22.2, 35.9)]
    return write_polygons(
        path,
        {
            "triangle": f"POLYGON(({x[0]} {y[0]}, {x[2]} {y[1]}, {x[1]} {y[2]}, {x[0]} {y[0]}))",
            # Around the Moon almost, and empty but for its end.
            "wide": f"POLYGON((-179 {y[0]}, {x[2]} {y[0]}, {x[2]} {y[1]}, "
            f"-179 {y[1]}, -179 {y[0]}))",
        },
    )


def test_unit_statistics(succeed, tmp_path):
    """The same as of the corner alone."""
    random = np.random.default_rng(3)
    values = random.uniform(1, 25, (5, ROWS, COLUMNS)).astype(np.float32)
    zones = polygons(tmp_path / "zones.gpkg")
    found = {}
    for huge in (True, False):
        path = write(tmp_path / f"{huge}.tif", values, gdal.GDT_Float32, -9999, OXIDES, huge)
        output = tmp_path / f"{huge}.gpkg"
        given = {"INPUT": path, "ZONES": zones, "NAME_FIELD": "unit", "OUTPUT": output}
        succeed("zonaloxides", given)
        found[huge] = [feature.attributes() for feature in rows_in(output)]
        fields = [field.name() for field in rows_in(output)[0].fields()]
    for ours, alone in zip(found[True], found[False]):
        for name, one, other in zip(fields, ours, alone):
            if name == "remark":  # the corner alone is left by a unit that the whole holds
                continue
            same = pytest.approx(other, rel=1e-9) if isinstance(other, float) else other
            assert one == same, name


def test_import_of_its_corner(succeed, tmp_path):
    dn = mi_tiles.soils(ROWS, COLUMNS)[list(mi_tiles.MODEL_PLANES)]
    names = [f"{mi_tiles.CENTRES[plane]:.0f} nm" for plane in mi_tiles.MODEL_PLANES]
    path = write(tmp_path / "mi.tif", dn, gdal.GDT_Int16, -30000, names, True)
    west, north = CORNER
    extent = f"{west},{west + COLUMNS * STEP},{north - ROWS * STEP},{north} [IAU_2015:30100]"
    succeed("importmimap", {"INPUT": path, "EXTENT": extent, "OUTPUT": tmp_path / "corner.tif"})
    assert read(tmp_path / "corner.tif").shape == (8, ROWS, COLUMNS)
    np.testing.assert_allclose(read(tmp_path / "corner.tif"), dn * 2e-5, rtol=1e-6)
