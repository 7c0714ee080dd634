"""The rule of invalid codes, beside GDAL's own reading of a lookup table."""

import numpy as np
import pytest
from osgeo import gdal

from lunar_oxide_plugin.core.spectra.invalid_codes import (
    InvalidCode,
    invalid_codes,
    lookup_table,
    mask_codes,
)
from tests.mi_tiles import INVALID_CODES


def test_codes_are_those_of_the_archive():
    assert tuple(InvalidCode) == INVALID_CODES
    assert invalid_codes() == INVALID_CODES


def test_a_label_adds_its_own():
    assert invalid_codes([-1, -20000]) == (-1, *INVALID_CODES)


def test_codes_become_nan_and_nothing_else():
    stored = np.array([1, -20000, -19999, 4321, -30000, 0], np.float32)
    mask_codes(stored, invalid_codes([4321]))
    np.testing.assert_array_equal(stored, [1, np.nan, -19999, np.nan, np.nan, 0])


@pytest.mark.parametrize("more", [(), (4321,)])
def test_gdal_reads_the_lookup_table_so(more):
    dn = np.arange(-32768, 32768, dtype=np.int16)[np.newaxis]
    memory = gdal.GetDriverByName("GTiff").Create("/vsimem/dn.tif", 65536, 1, 1, gdal.GDT_Int16)
    memory.WriteArray(dn)
    memory = None
    table = lookup_table(-32768, invalid_codes(more))
    vrt = gdal.Open(
        '<VRTDataset rasterXSize="65536" rasterYSize="1"><VRTRasterBand dataType="Int16" band="1">'
        "<ComplexSource><SourceFilename>/vsimem/dn.tif</SourceFilename>"
        f"<SourceBand>1</SourceBand><LUT>{table}</LUT></ComplexSource>"
        "</VRTRasterBand></VRTDataset>"
    )
    found = vrt.ReadAsArray()
    vrt = None
    gdal.Unlink("/vsimem/dn.tif")
    expected = np.where((dn <= -20000) | np.isin(dn, more), -32768, dn)
    np.testing.assert_array_equal(found, expected)
