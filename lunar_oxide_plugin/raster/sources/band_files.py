"""One file per wavelength, as the USGS mosaics of MI: read as one stack.

The stack is a VRT in memory that names the files; no pixel is copied.
"""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import NamedTuple

import numpy as np
from osgeo import gdal

from ...core.errors import RasterError
from ...core.spectra.bands import ARCHIVE_BANDS, MODEL_BANDS
from ..gdal_io.pixel_types import is_signed_byte
from ..gdal_io.virtual_files import file_name, is_file, opening
from ..moon.crs import Grid
from ..writing.storage import BandInfo
from ..writing.vrt import Vrt
from .location import Location
from .wavelengths import Recognised, band_of_file, without_band


class BandFile(NamedTuple):
    """A raster of one band: which MI band it is, where it lies, what its values mean."""

    place: Location
    band: Recognised | None
    grid: Grid
    data_type: str
    nodata: float | None
    scale: float | None
    offset: float | None
    #: Whether a mask, not a value, marks nodata.
    masked: bool
    signed_bytes: bool = False

    @property
    def path(self) -> str:
        """Its name."""
        return self.place.name


def band_file(place: Location) -> BandFile:
    """Describe a raster of one band; RasterError when it cannot be opened."""
    dataset = place.dataset_of_gdal()
    band = dataset.GetRasterBand(1)
    masked = bool(band.GetMaskFlags() & (gdal.GMF_PER_DATASET | gdal.GMF_ALPHA))
    real = band.DataType in (gdal.GDT_Float32, gdal.GDT_Float64)
    written = float(np.finfo(np.float32).min) if real else -32768.0  # where a mask marks nodata
    return BandFile(
        place,
        band_of_file(dataset, file_name(place.name)),
        place.grid(dataset),
        gdal.GetDataTypeName(band.DataType),
        written if masked else band.GetNoDataValue(),
        band.GetScale(),
        band.GetOffset(),
        masked,
        is_signed_byte(band),
    )


def siblings(path: str) -> list[str]:
    """The files of a file's set: names that differ in the wavelength alone, in order.

    The file itself is among them. Endings may differ in upper and lower case.
    """
    name = file_name(path)
    folder = path[: len(path) - len(name)]
    if without_band(name) == name:
        return [path]
    pattern = _set_name(name)
    listed = gdal.ReadDir(folder or ".") or []
    found = (folder + other for other in sorted(listed) if _set_name(other) == pattern)
    # Opening a pipe or a terminal would wait for ever.
    return [other for other in found if other == path or is_file(other)]


def _set_name(name: str) -> str:
    """What the names of a set have in common, with the ending in lower case."""
    stem, dot, ending = without_band(name).rpartition(".")
    return stem + dot + (ending.lower() if dot else ending)


def grouped(files: Sequence[BandFile]) -> list[list[BandFile]]:
    """Sets of files that lie on the same pixels, in the order of their first files."""
    sets: list[list[BandFile]] = []
    for file in files:
        for members in sets:
            if members[0].grid.same_pixels(file.grid):
                members.append(file)
                break
        else:
            sets.append([file])
    return sets


def require_one_grid(files: Sequence[BandFile]) -> None:
    """Refuse files that do not lie on the same pixels; RasterError names the first two."""
    for file in files[1:]:
        if not files[0].grid.same_pixels(file.grid):
            raise RasterError(
                f"{file_name(files[0].path)} and {file_name(file.path)} do not lie on the same "
                "pixels (size, position or projection). Files of one wavelength each must. "
                "Those made from MI tiles: import each tile with Import MI MAP tiles first, then "
                "warp the results; others: warp them to one grid first."
            )


def require_all_bands(files: Sequence[BandFile]) -> None:
    """Refuse a set that does not hold each of the eight model bands once; RasterError says why."""
    names = {file.path: file_name(file.path) for file in files}
    unknown = [names[file.path] for file in files if file.band is None]
    if unknown:
        raise RasterError(
            f"{', '.join(unknown)}: one band, and neither its description, its metadata nor its "
            "file name says of which wavelength. Put the wavelength into the name (such as "
            "moon_750nm.tif), or give all files in one list with their numbers in BANDS."
        )
    found = [file.band.band for file in files if file.band]
    for band in ARCHIVE_BANDS:
        if found.count(band) > 1:
            double = [names[f.path] for f in files if f.band and f.band.band is band]
            raise RasterError(
                f"{' and '.join(double)} both are {band.nominal} nm ({band.filter}). Give only "
                "one of them."
            )
    missing = [band for band in MODEL_BANDS if band not in found]
    # A file of "1000 nm" may be MV5 or MN1; the search for the bands says so.
    near = [f for f in files if f.band and f.band.band.filter == "MN1"]
    if missing and not (near and [band.filter for band in missing] == ["MV5"]):
        wanted = ", ".join(f"{band.nominal} nm ({band.filter})" for band in missing)
        raise RasterError(
            f"{next(iter(names.values()))} holds one band of a set of eight, and of the others "
            f"there is no file of {wanted}. Put all eight into one folder under names that differ "
            "in the wavelength alone, or give them all to Import MI MAP tiles."
        )


def stack(files: Sequence[BandFile]) -> gdal.Dataset:
    """Files of one band each as one raster, in their order; RasterError when one cannot be read."""
    vrt = Vrt(Path(), files[0].grid, {})
    for file in files:
        _add_band(vrt, file)
    with opening(f"{file_name(files[0].path)} and its set cannot be opened", files[0].path):
        return gdal.Open(vrt.text())


def _add_band(vrt: Vrt, file: BandFile) -> None:
    name = file_name(file.path)
    if file.band is not None:
        # An uncertain 1000 nm stays uncertain.
        found = file.band.band
        name = f"{found.filter} {found.nominal} nm" if file.band.certain else "1000 nm"
    scaling = {"Offset": file.offset, "Scale": file.scale}
    stated = {tag: value for tag, value in scaling.items() if value is not None}
    added = vrt.band(file.data_type, BandInfo(name), file.nodata, **stated)
    if file.signed_bytes:
        structure = added.add("Metadata", domain="IMAGE_STRUCTURE")
        structure.add("MDI", "SIGNEDBYTE", key="PIXELTYPE")
    source = added.add("ComplexSource" if file.masked else "SimpleSource")
    source.add("SourceFilename", file.path, relativeToVRT="0")
    source.add("SourceBand", "1")
    size = {"xOff": "0", "yOff": "0", "xSize": str(file.grid.width), "ySize": str(file.grid.height)}
    for rectangle in ("SrcRect", "DstRect"):  # as `vrt_sources` reads them
        source.add(rectangle, **size)
    if file.masked:
        source.add("UseMaskBand", "true")
