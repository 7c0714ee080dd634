"""What a VRT is made of: which band of which file goes where."""

from __future__ import annotations

import re
from html import unescape
from typing import NamedTuple

from osgeo import gdal

from .gdal_text import metadata_text
from .virtual_files import file_name

#: What GDAL's own writing of a VRT says of one source.
_SOURCE = re.compile(
    r'<SourceFilename[^>]*relativeToVRT="(\d)"[^>]*>([^<]*)</SourceFilename>\s*'
    r"(?:<[^<]*</OpenOptions>\s*)?<SourceBand>(\d+)</SourceBand>"
    r'(?:(?!<SourceFilename).)*?<SrcRect xOff="([^"]*)" yOff="([^"]*)"'
    r'(?:(?!<SourceFilename).)*?<DstRect xOff="([^"]*)" yOff="([^"]*)"',
    re.DOTALL,
)


class VrtSource(NamedTuple):
    """One band of a file in a VRT: from which pixel of the file to which of the VRT."""

    path: str
    band: int
    taken_x: float
    taken_y: float
    shown_x: float
    shown_y: float


def vrt_sources(dataset: gdal.Dataset) -> list[list[VrtSource]]:
    """The sources of each band of a VRT; an empty list for any other raster."""
    if dataset.GetDriver().ShortName != "VRT":
        return []
    text = metadata_text(dataset, "xml:VRT")
    own = dataset.GetDescription()
    folder = own.removesuffix(file_name(own))
    found = []
    for band in text.split("<VRTRasterBand")[1:]:
        sources = []
        for relative, name, number, *places in _SOURCE.findall(band):
            path = folder * (relative == "1") + unescape(name)
            sources.append(VrtSource(path, int(number), *map(float, places)))
        found.append(sources)
    return found
