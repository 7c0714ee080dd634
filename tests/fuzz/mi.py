"""Random forms in which users keep MI reflectance, written from known DN."""

from __future__ import annotations

import gzip
import zipfile
from typing import NamedTuple

import numpy as np
from osgeo import gdal

from tests import mi_tiles

from .projections import geographic

#: Of the eight bands that models read, in the order of an archive's nine.
_PLANES = list(mi_tiles.MODEL_PLANES)

#: Nominal wavelengths of the models' bands in nm.
NOMINAL = (415, 750, 900, 950, 1001, 1050, 1250, 1550)

_FORMS = (
    "label",
    "label, zipped",
    "label attached",
    "label attached, gzipped",
    "strip",
    "translated",
    "DN without scale",
    "reflectance",
    "reflectance, ENVI",
    "reflectance without names",
    "integers times 10000",
    "one file per band",
)


class Measured(NamedTuple):
    """An MI raster on disk, and what is true in it."""

    path: str
    form: str
    #: parameters that the form needs
    options: dict
    #: [8, height, width] float32 in the models' order
    reflectance: np.ndarray
    #: [height, width]
    valid: np.ndarray
    #: degrees of the outer corner of the first pixel
    north: float = 0.0
    west: float = 0.0


class Tiles(NamedTuple):
    """Tiles that overlap, first choice first, and the mosaic of them."""

    paths: list
    #: [8, height, width] float32, NaN where no tile is valid
    reflectance: np.ndarray


def mosaic(random, folder) -> Tiles:
    """Two to four tiles around a place, at whole pixels of each other."""
    north, west = float(random.integers(-60, 61)), float(random.choice([0, 20, 179, 310, 359]))
    placed, paths = [], []
    for number in range(random.integers(2, 5)):
        height, width = (int(n) for n in random.integers(20, 60, 2))
        dn = mi_tiles.soils(height, width, seed=int(random.integers(1 << 30)))
        y, x = (int(n) for n in random.integers(0, 40, 2))
        dn[random.integers(9), 5:9, 3:15] = -22000
        where = {"north": north - y / 2048, "west": (west + x / 2048) % 360}
        paths.append(str(mi_tiles.write_tile(folder, dn, name=f"tile{number}", **where)))
        placed.append((y, x, dn))
    top, left = min(y for y, _, _ in placed), min(x for _, x, _ in placed)
    height = max(y + dn.shape[1] for y, _, dn in placed) - top
    width = max(x + dn.shape[2] for _, x, dn in placed) - left
    whole = np.full((8, height, width), np.nan, np.float32)
    for y, x, dn in reversed(placed):
        measured = _measured("", "", {}, dn[_PLANES], 500, as_stored=False)
        part = whole[:, y - top :, x - left :][:, : dn.shape[1], : dn.shape[2]]
        np.copyto(part, measured.reflectance, where=measured.valid)
    return Tiles(paths, whole)


def write(random, folder) -> Measured:
    """Write a scene in a random form."""
    height, width = (int(n) for n in random.integers(3, 70, 2))
    dn = mi_tiles.soils(height, width, seed=int(random.integers(1 << 30)))
    for code in random.choice(mi_tiles.INVALID_CODES, random.integers(0, 4)):
        y, x = random.integers(height), random.integers(width)
        bands = slice(None) if random.random() < 0.4 else random.integers(9)
        dn[bands, y : y + random.integers(1, 9), x : x + random.integers(1, 9)] = code
    shadow = random.random((height, width)) < 0.02
    dn[:, shadow] = random.integers(1, 500, int(shadow.sum()))
    form = str(random.choice(_FORMS))
    north = float(random.integers(-60, 61))
    west = float(random.integers(0, 360))
    measured = _FORM_WRITERS[form](random, folder, dn, form, {"north": north, "west": west})
    # A label gives the centre of the first pixel.
    half = 0.5 / 2048 if form in (*_FORMS[:5], "translated") else 0.0
    return measured._replace(north=north + half, west=west - half)


def _product(random, folder, dn, form, place):
    attached, strip = "attached" in form, form == "strip"
    newline = "\n" if random.random() < 0.3 else "\r\n"
    path = mi_tiles.write_tile(folder, dn, attached=attached, strip=strip, newline=newline, **place)
    limit = 327 if attached else 500
    if form == "label, zipped":
        with zipfile.ZipFile(folder / "tile.zip", "w", zipfile.ZIP_DEFLATED) as archive:
            for file in (path, path.with_suffix(".img")):
                archive.write(file, file.name)
        path = folder / "tile.zip"
    elif form == "label attached, gzipped":
        packed = path.with_name(f"{path.name}.gz")
        packed.write_bytes(gzip.compress(path.read_bytes()))
        path.unlink()
        path = packed
    return _measured(path, form, {}, dn[_PLANES], limit, as_stored=False)


def _translated(random, folder, dn, form, place):
    """gdal_translate of a label, with all bands in their order."""
    label = mi_tiles.write_tile(folder, dn, **place)
    gdal.Translate(str(folder / "copy.tif"), str(label))
    return _measured(folder / "copy.tif", form, {}, dn[_PLANES], 500, as_stored=False)


def _plain_dn(random, folder, dn, form, place):
    _stack(folder / "dn.tif", dn[_PLANES], place, gdal.GDT_Int16)
    return _measured(folder / "dn.tif", form, {}, dn[_PLANES], 500, as_stored=False)


def _reflectance(random, folder, dn, form, place):
    spectra = dn[_PLANES] * 2e-5
    fill = float(random.choice([-9999, np.nan, -3.4028234663852886e38]))
    stored = np.where(spectra < 0, fill, spectra)
    order = np.arange(8) if form == "reflectance without names" else random.permutation(8)
    names = None if form == "reflectance without names" else [f"{NOMINAL[i]} nm" for i in order]
    path, driver = folder / "spectra.tif", "GTiff"
    if form == "reflectance, ENVI":
        path, driver = folder / "spectra.img", "ENVI"
    _stack(
        path,
        stored[order],
        place,
        gdal.GDT_Float32,
        driver,
        nodata=fill if random.random() < 0.7 else None,
        names=names,
    )
    return _measured(path, form, {}, dn[_PLANES], 500)


def _integers(random, folder, dn, form, place):
    stored = np.where(dn[_PLANES] < 0, -32768, np.rint(dn[_PLANES] * 0.2))
    names = [f"{nm} nm" for nm in NOMINAL]
    _stack(folder / "integers.tif", stored, place, gdal.GDT_Int16, names=names, nodata=-32768)
    whole = np.where(stored > 0, stored * 5, -30000)
    measured = _measured(folder / "integers.tif", form, {"SCALE": 1e-4}, whole, 500)
    return measured._replace(reflectance=stored.astype(np.float32) * np.float32(1e-4))


def _one_per_band(random, folder, dn, form, place):
    for index, nominal in enumerate(NOMINAL):
        plane = dn[_PLANES[index]] * 2e-5
        stored = np.where(plane < 0, -9999, plane)[np.newaxis]
        _stack(folder / f"moon_{nominal}nm.tif", stored, place, gdal.GDT_Float32, nodata=-9999)
    return _measured(folder / "moon_750nm.tif", form, {}, dn[_PLANES], 500)


def _stack(path, planes, place, kind, driver="GTiff", *, nodata=None, names=None):
    count, height, width = planes.shape
    tiled = ["TILED=YES", "BLOCKXSIZE=32", "BLOCKYSIZE=16"] if driver == "GTiff" else []
    dataset = gdal.GetDriverByName(driver).Create(str(path), width, height, count, kind, tiled)
    dataset.SetProjection(geographic().wkt)
    west = place["west"] - 360 if place["west"] > 180 else place["west"]
    dataset.SetGeoTransform((west, 1 / 2048, 0, place["north"], 0, -1 / 2048))
    for index in range(count):
        band = dataset.GetRasterBand(index + 1)
        if names:
            band.SetDescription(names[index])
        if nodata is not None:
            band.SetNoDataValue(nodata)
        band.WriteArray(planes[index])
    dataset = None


def _measured(path, form, options, dn, shadow, as_stored=True):
    """What is true, rounded as the file has it, or as a float32 product of DN and scale.

    A forest's steps tell even the last bit.
    """
    reflectance = (dn * 2e-5).astype(np.float32)
    if not as_stored:
        reflectance = dn.astype(np.float32) * np.float32(2e-5)
    return Measured(str(path), form, options, reflectance, (dn > shadow).all(axis=0))


_FORM_WRITERS = {
    "translated": _translated,
    "DN without scale": _plain_dn,
    "reflectance": _reflectance,
    "reflectance, ENVI": _reflectance,
    "reflectance without names": _reflectance,
    "integers times 10000": _integers,
    "one file per band": _one_per_band,
    **dict.fromkeys(_FORMS[:5], _product),
}
