"""Random forms in which users keep oxide rasters: data types, tags, drivers, orders, archives."""

from __future__ import annotations

import zipfile
from typing import NamedTuple

import numpy as np
from osgeo import gdal

from tests import signed_bytes

from .scenes import OXIDES

gdal.UseExceptions()

_FLOAT_MIN = float(np.finfo(np.float32).min)


class Kind(NamedTuple):
    """How values become stored numbers: data type, step, offset, what marks nodata and its tag."""

    data_type: int
    step: float
    offset: float
    fill: float
    tag: float | None


_KINDS = {
    "float32": Kind(gdal.GDT_Float32, 0, 0, -9999.0, -9999.0),
    "float32, lowest": Kind(gdal.GDT_Float32, 0, 0, _FLOAT_MIN, _FLOAT_MIN),
    "float32, lowest by an inexact tag": Kind(gdal.GDT_Float32, 0, 0, _FLOAT_MIN, -3.4e38),
    "float32, lowest without a tag": Kind(gdal.GDT_Float32, 0, 0, _FLOAT_MIN, None),
    "float32, -32768 without a tag": Kind(gdal.GDT_Float32, 0, 0, -32768.0, None),
    "float32, 1e30 without a tag": Kind(gdal.GDT_Float32, 0, 0, 1e30, None),
    "float32, NaN": Kind(gdal.GDT_Float32, 0, 0, np.nan, None),
    "float32, NaN tagged": Kind(gdal.GDT_Float32, 0, 0, np.nan, np.nan),
    "float32 with a mask": Kind(gdal.GDT_Float32, 0, 0, 7.0, None),
    "float64": Kind(gdal.GDT_Float64, 0, 0, -1e300, -1e300),
    "int16": Kind(gdal.GDT_Int16, 0.01, 0, -32768, -32768),
    "int32": Kind(gdal.GDT_Int32, 0.001, 0, -(2**31), -(2**31)),
    "uint16": Kind(gdal.GDT_UInt16, 0.001, 0, 65535, 65535),
    "uint16 with an offset": Kind(gdal.GDT_UInt16, 0.002, -5.0, 0, 0),
    "byte": Kind(gdal.GDT_Byte, 0.2, 0, 255, 255),
    "signed byte": Kind(gdal.GDT_Byte, 0.25, 0, -128, -128),
}

_LAYOUTS = (
    (),
    ("TILED=YES", "BLOCKXSIZE=16", "BLOCKYSIZE=32"),
    ("TILED=YES", "BLOCKXSIZE=256", "BLOCKYSIZE=256", "COMPRESS=DEFLATE"),
    ("INTERLEAVE=BAND",),
    ("BLOCKYSIZE=1", "COMPRESS=LZW", "INTERLEAVE=BAND"),
    ("BLOCKYSIZE=7", "COMPRESS=ZSTD", "INTERLEAVE=PIXEL"),
)


class Stored(NamedTuple):
    """A raster on disk: what to give as input, what is true in it, and how it is kept."""

    path: str
    #: [5, height, width], NaN where nodata; rounded as the file keeps it
    values: np.ndarray
    form: str


def store(random, folder, place, values) -> Stored:
    """Write oxides in a random form."""
    names = list(_KINDS)
    name = names[random.integers(len(names))]
    kind = _KINDS[name]
    if kind.step:
        numbers = np.rint((values - kind.offset) / kind.step)
        true = numbers * kind.step + kind.offset
    else:
        numbers = true = values.astype(np.float32 if "32" in name else np.float64).astype(float)
    stored = np.where(np.isfinite(values), numbers, kind.fill)
    if name == "float32 with a mask":  # one for all bands
        true = np.where(np.isfinite(true).all(axis=0), true, np.nan)
    order = random.permutation(5) if random.random() < 0.3 else np.arange(5)
    path, driver = folder / "oxides.tif", "GTiff"
    options = list(_LAYOUTS[random.integers(len(_LAYOUTS))])
    if name == "signed byte":
        options.append(signed_bytes.OPTION)
    elif random.random() < 0.2 and _simple(place) and not kind.step and "mask" not in name:
        path, driver = folder / "oxides.img", "ENVI"
        options = [f"INTERLEAVE={random.choice(['BSQ', 'BIL', 'BIP'])}"]
    mask = np.isfinite(values).all(axis=0) if name == "float32 with a mask" else None
    _write(path, driver, options, place, stored, kind, order, mask)
    wrap = random.integers(8)
    if wrap == 0:
        given = folder / "view.vrt"
        gdal.Translate(str(given), str(path), format="VRT")
    elif wrap == 1 and driver == "GTiff" and kind.step == 0:
        with zipfile.ZipFile(folder / "oxides.zip", "w", zipfile.ZIP_DEFLATED) as archive:
            archive.write(path, path.name)
        path.unlink()
        given = folder / "oxides.zip"
    elif wrap == 2:
        gdal.Translate(str(folder / "inner.vrt"), str(path), format="VRT")
        given = folder / "outer.vrt"
        gdal.Translate(str(given), str(folder / "inner.vrt"), format="VRT")
    else:
        given = path
    return Stored(str(given), true, f"{name}, {driver} {' '.join(options)} as {given.name}")


def plain(path, place, values, names):
    """A float32 GeoTIFF of some bands; NaN becomes -9999, its nodata."""
    dataset = gdal.GetDriverByName("GTiff").Create(
        str(path), place.width, place.height, len(values), gdal.GDT_Float32
    )
    dataset.SetProjection(place.projection.wkt)
    dataset.SetGeoTransform(place.geotransform)
    for number, (plane, name) in enumerate(zip(values, names), start=1):
        band = dataset.GetRasterBand(number)
        band.SetDescription(name)
        band.SetNoDataValue(-9999)
        band.WriteArray(np.where(np.isfinite(plane), plane, -9999))
    dataset = None


def _simple(place):
    """Whether ENVI's header holds where it lies."""
    _, _, rx, _, ry, dy = place.geotransform
    return place.projection.name == "geographic" and rx == ry == 0 and dy < 0


def _write(path, driver, options, place, stored, kind, order, mask):
    gdal.SetConfigOption("GDAL_TIFF_INTERNAL_MASK", "YES")
    dataset = gdal.GetDriverByName(driver).Create(
        str(path), place.width, place.height, 5, kind.data_type, options
    )
    dataset.SetProjection(place.projection.wkt)
    dataset.SetGeoTransform(place.geotransform)
    for number, index in enumerate(order, start=1):
        band = dataset.GetRasterBand(number)
        band.SetDescription(OXIDES[index])
        if kind.step:
            band.SetScale(kind.step)
            band.SetOffset(kind.offset)
        if kind.tag is not None:
            band.SetNoDataValue(kind.tag)
        if signed_bytes.OPTION in options:
            signed_bytes.write(band, stored[index])
        else:
            band.WriteArray(stored[index])
    if mask is not None:
        dataset.CreateMaskBand(gdal.GMF_PER_DATASET)
        dataset.GetRasterBand(1).GetMaskBand().WriteArray(np.where(mask, 255, 0).astype(np.uint8))
    dataset = None
