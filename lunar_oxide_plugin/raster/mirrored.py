"""Mosaics that GDAL built over products it places on the wrong side of the Moon.

GDAL takes the position of an MI product from SAMPLE_PROJECTION_OFFSET, whose
sign is wrong in MAP version 2 and level 3C5 products: `gdalbuildvrt` over such
tiles makes a mosaic with every tile at the mirrored longitude.
"""

from __future__ import annotations

import re
from xml.sax.saxutils import unescape  # undoes three entities, parses nothing

from osgeo import gdal, osr

from ..core.errors import RasterError
from .band_files import file_name
from .moon import Grid, spatial_reference
from .pds3 import MiLabel, find_label

#: Products GDAL places right, which need no look at their labels.
_PLACED_RIGHT = re.compile(r"MI_MAP_03_", re.IGNORECASE)

#: What GDAL's own writing of a VRT says of one source: file, and where from and to.
_SOURCE = re.compile(
    r'<SourceFilename[^>]*relativeToVRT="(\d)"[^>]*>([^<]*)<.*?'
    r'<SrcRect xOff="([^"]*)" yOff="([^"]*)".*?<DstRect xOff="([^"]*)" yOff="([^"]*)"',
    re.DOTALL,
)

#: Degrees; a whole tile is one, a pixel of the coarsest mosaics in use a hundredth.
_TOLERANCE = 0.05

#: At most this many labels are read: one wrong tile tells.
_MOST_LABELS = 100


def refuse_mirrored(dataset: gdal.Dataset, grid: Grid, name: str) -> None:
    """Refuse a VRT that shows an MI product elsewhere than its label's corner says.

    Parameters
    ----------
    dataset : gdal.Dataset
        Any open raster; only VRTs are looked into.
    grid : Grid
        Its position.
    name : str
        Its name, for messages.

    Raises
    ------
    RasterError
        Naming the first product that is misplaced.
    """
    if dataset.GetDriver().ShortName != "VRT" or not grid.wkt:
        return
    text = (dataset.GetMetadata_List("xml:VRT") or [""])[0]
    first_band = text.split("</VRTRasterBand>")[0]
    for relative, source, *offsets in _SOURCE.findall(first_band)[:_MOST_LABELS]:
        path = unescape(source)
        if relative == "1":
            path = dataset.GetDescription().removesuffix(file_name(dataset.GetDescription())) + path
        label_path = None if _PLACED_RIGHT.match(file_name(path)) else find_label(path)
        if label_path:
            product = MiLabel(label_path).grid()
            taken_x, taken_y, shown_x, shown_y = map(float, offsets)
            left, top = grid.position(shown_x, shown_y)
            _compare(
                _degrees(grid.wkt, left, top),
                _degrees(product.wkt, *product.position(taken_x, taken_y)),
                f"{name} shows {file_name(path)}",
            )


def _compare(shown: tuple[float, float], right: tuple[float, float], what: str) -> None:
    away = (shown[0] - right[0] + 180) % 360 - 180
    if max(abs(away), abs(shown[1] - right[1])) > _TOLERANCE:
        raise RasterError(
            f"{what} at {shown[0] % 360:.3f} E {shown[1]:.3f} N, but it lies at "
            f"{right[0] % 360:.3f} E {right[1]:.3f} N. GDAL mirrors products of MI MAP version 2 "
            "and level 3C5. Give their files or folder to Import MI MAP tiles; with an OUTPUT "
            "ending in .vrt it makes a mosaic in the right place without copying."
        )


def _degrees(wkt: str, x: float, y: float) -> tuple[float, float]:
    """Longitude and latitude of map coordinates."""
    reference = spatial_reference(wkt)
    geographic = reference.CloneGeogCS()
    geographic.SetAxisMappingStrategy(osr.OAMS_TRADITIONAL_GIS_ORDER)
    lon, lat, _ = osr.CoordinateTransformation(reference, geographic).TransformPoint(x, y)
    return lon, lat
