"""A code that is added to the one rule is masked in every form of MI data."""

from enum import IntEnum

import numpy as np
import pytest
from osgeo import gdal

from lunar_oxide_plugin.core.spectra.bands import MODEL_BANDS
from lunar_oxide_plugin.core.spectra.invalid_codes import InvalidCode
from lunar_oxide_plugin.raster.maps.reflectance import write_reflectance
from lunar_oxide_plugin.raster.maps.run import Run
from lunar_oxide_plugin.raster.sources.mi_source import open_mi_source
from lunar_oxide_plugin.raster.sources.mosaic import Mosaic
from lunar_oxide_plugin.raster.sources.raster import Raster
from lunar_oxide_plugin.raster.writing.outputs import OutputFiles
from tests.mi_tiles import MODEL_PLANES, scene, write_tile

from ..lunar_crs import wkt

#: A DN that could be a measurement.
NEW = 4321


@pytest.fixture(autouse=True)
def one_more_code(monkeypatch):
    codes = {code.name: int(code) for code in InvalidCode}
    extended = IntEnum("InvalidCode", {**codes, "NEW": NEW})
    monkeypatch.setattr("lunar_oxide_plugin.core.spectra.invalid_codes.InvalidCode", extended)


def cube():
    dn = scene()
    dn[dn == NEW] += 1
    dn[2, 7, 9] = NEW
    return dn


def labelled(folder):
    return write_tile(folder, cube())


def mosaic_as_vrt(folder):
    path = folder / "tiles.vrt"
    with OutputFiles() as files:
        write_reflectance(Run(files, {}), Mosaic([open_mi_source(str(labelled(folder)))]), path)
    return path


def write_bands(path, planes, names):
    height, width = planes.shape[1:]
    driver = gdal.GetDriverByName("GTiff")
    dataset = driver.Create(str(path), width, height, len(planes), gdal.GDT_Int16)
    dataset.SetProjection(wkt("IAU_2015:30100"))
    dataset.SetGeoTransform((310, 1 / 2048, 0, 44, 0, -1 / 2048))
    for number, (plane, name) in enumerate(zip(planes, names), start=1):
        dataset.GetRasterBand(number).WriteArray(plane)
        dataset.GetRasterBand(number).SetDescription(name)
    return path


def stack(folder):
    names = [f"{band.nominal} nm" for band in MODEL_BANDS]
    return write_bands(folder / "stack.tif", cube()[list(MODEL_PLANES)], names)


def one_file_per_band(folder):
    for plane, band in zip(cube()[list(MODEL_PLANES)], MODEL_BANDS):
        path = write_bands(folder / f"MI_{band.nominal}nm.tif", plane[np.newaxis], [""])
    return path


@pytest.mark.parametrize("form", [labelled, stack, one_file_per_band, mosaic_as_vrt])
def test_every_form_masks_it(tmp_path, form):
    source = open_mi_source(str(form(tmp_path)))
    _, valid = source.spectra(source.grid.window)
    assert np.argwhere(~valid).tolist() == [[7, 9]]


def test_the_values_of_a_labelled_tile_lack_it_too(tmp_path):
    raster = Raster(str(labelled(tmp_path)))
    values = raster.values(raster.grid.window, [2, 3])
    assert np.argwhere(np.isnan(values)).tolist() == [[1, 7, 9]]
