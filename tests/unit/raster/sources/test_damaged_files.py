"""GeoTIFF and VRT files with bytes changed, cut out or doubled."""

import random

import pytest
from osgeo import gdal

from tests import mi_tiles
from tests.verdicts import verdicts

from ..lunar_crs import wkt

#: Reads each file named; says how it went. Of its own, as a crash would end it.
READS = """
import sys
from osgeo import gdal
from lunar_oxide_plugin.core.errors import LunarOxideError
from lunar_oxide_plugin.raster.gdal_io.blocks import blocks
from lunar_oxide_plugin.raster.sources.mi_source import MiSource
gdal.PushErrorHandler("CPLQuietErrorHandler")
for path in sys.argv[1:]:
    try:
        source = MiSource(path)
        if source.grid.width * source.grid.height > 1 << 24:
            raise LunarOxideError("too large for this test")
        for window in blocks(source.grid.window, 64, 64):
            reflectance, valid = source.spectra(window)
            assert reflectance.shape[1:] == valid.shape
        print("verdict: read")
    except LunarOxideError as error:
        print("verdict: refused" if len(str(error)) > 20 else "verdict: unclear")
"""


def damaged(data, seed):
    """A damaged copy; the same of the same seed."""
    chance = random.Random(seed)  # noqa: S311 - the same files each time, no secret
    data = bytearray(data)
    for _ in range(1 + seed % 4):
        # Half of the time where the structure is: in the first and the last bytes.
        place = chance.choice([chance.randrange(600), chance.randrange(len(data))]) % len(data)
        kind = chance.randrange(4)
        if kind == 0:
            data[place] = chance.randrange(256)
        elif kind == 1:
            data[place : place + 8] = chance.choice([b"\xff" * 8, b"\0" * 8, b"\x7f" * 8])
        elif kind == 2:
            del data[place : place + chance.randrange(1, 40)]
        else:
            del data[place + 200 :]
    return bytes(data)


@pytest.mark.parametrize("form", ["tif", "vrt"])
def test_rasters(tmp_path, form):
    dn = mi_tiles.scene(60, 70)[list(mi_tiles.MODEL_PLANES)]
    honest = tmp_path / f"honest.{form}"
    made = gdal.GetDriverByName("GTiff").Create(
        str(tmp_path / "honest.tif"), 70, 60, 8, gdal.GDT_Int16, ["TILED=YES", "COMPRESS=DEFLATE"]
    )
    made.SetProjection(wkt("IAU_2015:30100"))
    made.SetGeoTransform((-50, 1 / 64, 0, 44, 0, -1 / 64))
    for index, plane in enumerate(dn):
        made.GetRasterBand(index + 1).WriteArray(plane)
        made.GetRasterBand(index + 1).SetNoDataValue(-30000)
    made = None
    if form == "vrt":
        gdal.Translate(str(honest), str(tmp_path / "honest.tif"), format="VRT")
    data = honest.read_bytes()
    paths = []
    for seed in range(120):
        paths.append(tmp_path / f"{seed}.{form}")
        paths[-1].write_bytes(damaged(data, seed) if seed else data)
    said = verdicts(READS, paths)
    assert said[0] == "read"
    assert set(said) == {"read", "refused"}
    assert said.count("refused") > 40
