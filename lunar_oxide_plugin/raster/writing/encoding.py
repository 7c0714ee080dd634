"""From physical values to the numbers a file holds."""

from __future__ import annotations

from collections.abc import Sequence
from html import escape

import numpy as np
from numpy.typing import NDArray
from osgeo import gdal

from ...core.errors import RasterError
from ..gdal_io.blocks import Window
from .storage import DEFLATE, BandInfo, Codec, Kind, lerc, lossless, require_available

#: Nodata of every raster we write: of floats, of scaled integers, and of DN in a VRT, where it is
#: none of MI's own codes, which all become this one.
NODATA = -9999.0
NODATA_UINT16 = 65535
NODATA_DN = -32768

#: The highest scaled integer that is a value.
_HIGHEST = NODATA_UINT16 - 1


class Encoding:
    """How a raster's values are stored; the base of the ways there are."""

    data_type: int
    #: None: every number is a value
    nodata: float | None
    #: Whether value = stored x the band's step; else they are stored as they are
    scaled = False
    codec: Codec
    #: Of the codec, where it is lossless
    predictor: int
    #: Other creation options of GDAL's GTiff driver
    options: tuple[str, ...] = ("INTERLEAVE=BAND",)  # bands are looked at one by one
    #: Of numbers that stand for classes
    colours: gdal.ColorTable | None = None
    #: For users, kept in the file; "": nothing to say
    description = ""

    @property
    def type_name(self) -> str:
        """GDAL's name of the data type."""
        name: str = gdal.GetDataTypeName(self.data_type)
        return name

    def stored(self, values: NDArray[np.generic], window: Window) -> NDArray[np.generic]:
        """Numbers to store of values [bands, height, width] that lie at a window.

        Raises
        ------
        RasterError
            When a value cannot be stored.
        """
        raise NotImplementedError(type(self).__name__)


def encoding_of(kind: Kind, bands: Sequence[BandInfo]) -> Encoding:
    """That of a kind of storage.

    Raises
    ------
    RasterError
        When this GDAL cannot write it.
    ValueError
        When it needs the step of a band that has none.
    """
    require_available(kind)
    if kind in (Kind.LERC, Kind.UINT16) and not all(info.step > 0 for info in bands):
        raise ValueError(f"{kind.title}: bands without a step")
    return ScaledIntegers(bands) if kind is Kind.UINT16 else Floats(kind, bands)


class Floats(Encoding):
    """Float32; what is not finite is nodata, -9999."""

    data_type = gdal.GDT_Float32
    nodata = NODATA
    predictor = 3

    def __init__(self, kind: Kind, bands: Sequence[BandInfo]) -> None:
        self.description = kind.title
        self.codec = DEFLATE if kind is Kind.DEFLATE else lossless()
        if kind is Kind.LERC:
            error = min(info.step for info in bands)  # a file has one
            units = {info.unit for info in bands}
            unit = units.pop() if len(units) == 1 else ""
            self.codec = lerc(error)
            self.description += f": lossy, maximum error {error:g} {unit}".rstrip()

    def stored(self, values: NDArray[np.generic], window: Window) -> NDArray[np.generic]:
        """The values."""
        return np.where(np.isfinite(values), values, NODATA).astype(np.float32)


class ScaledIntegers(Encoding):
    """UInt16 in steps of each band's own; what is not finite is nodata, 65535."""

    data_type = gdal.GDT_UInt16
    nodata = NODATA_UINT16
    scaled = True
    predictor = 2

    def __init__(self, bands: Sequence[BandInfo]) -> None:
        self._bands = bands
        self.codec = lossless()
        described = dict.fromkeys(map(_described, bands))
        self.description = f"{Kind.UINT16.title}: {'; '.join(described)}"

    def stored(self, values: NDArray[np.generic], window: Window) -> NDArray[np.generic]:
        """The nearest steps; a value off their range is an error, but where the band saturates."""
        stored = np.full(values.shape, NODATA_UINT16, np.uint16)
        for plane, band, info in zip(stored, values, self._bands):
            valid = np.isfinite(band)
            steps = np.rint(band[valid].astype(np.float64) / info.step)
            if info.saturates:
                steps = np.minimum(steps, _HIGHEST)
            misfits = np.flatnonzero((steps < 0) | (steps > _HIGHEST))
            if misfits.size:
                row, column = np.argwhere(valid)[misfits[0]]
                raise RasterError(
                    f"{info.name} is {band[row, column]:g} at column {window.x + column}, row "
                    f"{window.y + row}, which STORAGE {Kind.UINT16:d} ({Kind.UINT16.title}) cannot "
                    f"hold: it reaches from 0 to {_highest(info)}. Choose {Kind.FLOAT32:d} "
                    f"({Kind.FLOAT32.title})."
                )
            plane[valid] = steps
        return stored


class Colours(Encoding):
    """Bytes of red, green, blue and alpha, in a compression that every program reads."""

    data_type = gdal.GDT_Byte
    nodata = None
    codec = DEFLATE
    predictor = 2
    options = ("INTERLEAVE=PIXEL", "PHOTOMETRIC=RGB", "ALPHA=YES")

    def stored(self, values: NDArray[np.generic], window: Window) -> NDArray[np.generic]:
        """The bytes."""
        return values


class Classes(Encoding):
    """Bytes that stand for classes from 1 on, with names and colours; 0 is nodata.

    Parameters
    ----------
    classes : sequence of (str, str)
        Name and colour (#rrggbb) of each.
    """

    data_type = gdal.GDT_Byte
    nodata = 0
    codec = DEFLATE
    predictor = 1

    def __init__(self, classes: Sequence[tuple[str, str]]) -> None:
        self._names = [name for name, _ in classes]
        self.colours = gdal.ColorTable()
        self.colours.SetColorEntry(0, (0, 0, 0, 0))
        for number, (_, colour) in enumerate(classes, start=1):
            red, green, blue = bytes.fromhex(colour[1:])
            self.colours.SetColorEntry(number, (red, green, blue, 255))

    def stored(self, values: NDArray[np.generic], window: Window) -> NDArray[np.generic]:
        """The bytes."""
        return values

    def names_beside(self) -> str:
        """Content of the .aux.xml that names the classes: a GeoTIFF has no place for them."""
        names = "".join(
            f"<Category>{escape(name, quote=False)}</Category>" for name in ["", *self._names]
        )
        return (
            f'<PAMDataset><PAMRasterBand band="1"><CategoryNames>{names}</CategoryNames>'
            "</PAMRasterBand></PAMDataset>\n"
        )


def _described(info: BandInfo) -> str:
    step = f"value = stored x {info.step:g} {info.unit}".rstrip()
    above = f", above it kept as {_highest(info)}" if info.saturates else ""
    return f"{step}, rounded by at most {info.step / 2:g}, up to {_highest(info)}{above}"


def _highest(info: BandInfo) -> str:
    """The highest value of a band."""
    return f"{_HIGHEST * info.step:g} {info.unit}".rstrip()
