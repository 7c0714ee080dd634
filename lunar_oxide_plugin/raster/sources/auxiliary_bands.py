"""Bands that hold no measurement: opacity, masks, quality flags, colours of an image."""

from __future__ import annotations

from collections.abc import Iterable, Mapping

from osgeo import gdal

from ...core.oxides.oxides import auxiliary_described, names_quantity
from ..gdal_io.gdal_text import band_names, text_of

_ALPHA = "alpha (opacity)"

_COLOURS = {
    gdal.GCI_RedBand: "the red of an image",
    gdal.GCI_GreenBand: "the green of an image",
    gdal.GCI_BlueBand: "the blue of an image",
    gdal.GCI_PaletteIndex: "indices of a color table",
    gdal.GCI_AlphaBand: _ALPHA,
}

#: Data types of images. GDAL calls three bands of bytes red, green and blue, and a fourth alpha,
#: whatever they hold.
_IMAGE_TYPES = (gdal.GDT_Byte, gdal.GDT_UInt16)


def auxiliary_bands(dataset: gdal.Dataset) -> dict[int, str]:
    """What each band is that holds no measurement, by its number.

    Opacity or a colour by GDAL's colour interpretation, or a mask or quality flags by its
    description. Integers with a scale, or described as a quantity, are measurements even where
    GDAL calls them red, green, blue and alpha.
    """
    found = {}
    for number, described in enumerate(band_names(dataset), start=1):
        what = auxiliary_described(described) or _interpreted(dataset.GetRasterBand(number))
        if what:
            found[number] = what
    return found


def listed(auxiliary: Mapping[int, str], numbers: Iterable[int]) -> str:
    """For messages: "band 1 is the red of an image, band 4 is alpha (opacity)"."""
    return ", ".join(f"band {number} is {auxiliary[number]}" for number in numbers)


def alpha_band(dataset: gdal.Dataset) -> gdal.Band | None:
    """The band of opacity at the end of a raster, as gdalwarp adds one; None without."""
    count = dataset.RasterCount
    last = dataset.GetRasterBand(count) if count else None
    return last if last is not None and _interpreted(last) == _ALPHA else None


def _interpreted(band: gdal.Band) -> str | None:
    """What GDAL calls a band that is not a measurement; None for one that is."""
    scaled = band.GetScale() not in (None, 1)
    if scaled or names_quantity(text_of(band.GetDescription())):
        return None
    what = _COLOURS.get(band.GetColorInterpretation())
    return what if what == _ALPHA or band.DataType in _IMAGE_TYPES else None
