"""Copies and mosaics that GDAL made of products it places on the wrong side of the Moon.

GDAL takes the position of an MI product from SAMPLE_PROJECTION_OFFSET, whose
sign is wrong in MAP version 2 and level 3C5 products: what `gdalbuildvrt`,
`gdal_translate` or `gdalwarp` make of them lies at the mirrored longitude.
"""

from __future__ import annotations

import re
from typing import Any

from osgeo import gdal

from ...core.errors import RasterError
from ..gdal_io.gdal_text import metadata_item
from ..gdal_io.virtual_files import file_name, opened_quietly
from ..gdal_io.vrt_sources import vrt_sources
from ..mi.mi_label import MiLabel, find_label
from ..moon.crs import Grid, Transform, grid_of

#: Products that GDAL places correctly, whose labels need not be read.
_PLACED_RIGHT = re.compile(r"MI_MAP_03_", re.IGNORECASE)

#: The corner in a V2 tile's name in degrees, and the middle in a strip's in tenths.
_TILE = re.compile(r"MI_MAP_02_[NS]\d\dE(\d{3})", re.IGNORECASE)
_STRIP = re.compile(r"MIA_3C5_\d\d_\d{5}[NS]\d{3}E(\d{4})", re.IGNORECASE)

#: Degrees that the middle of a copy may lie from that of its product, as a crop's does; and that
#: a corner may: a whole tile is one, a pixel of the coarsest mosaics in use a hundredth.
_NEAR, _TOLERANCE = 0.6, 0.05

#: At most this many labels are read: one wrong tile is enough.
_MOST_LABELS = 100

_ADVICE = (
    "GDAL mirrors products of MI MAP version 2 and level 3C5. Give the product's own files or "
    "folder to Import MI MAP tiles; with an OUTPUT ending in .vrt it makes a mosaic in the right "
    "place without copying."
)


def refuse_mirrored(dataset: gdal.Dataset, grid: Grid, name: str, deep: int = 3) -> None:
    """Refuse a raster that shows an MI product elsewhere than its label or name says.

    A copy of a product is known by the PRODUCT_ID that GDAL keeps; of a VRT the files are read, and
    of VRTs within it those as many levels `deep`. `grid` and `name` are the raster's. RasterError
    names the first product that is misplaced.
    """
    if not grid.positioned:
        return
    _check_product(metadata_item(dataset, "PRODUCT_ID"), grid, name)
    sources = vrt_sources(dataset)
    for source in sources[0][:_MOST_LABELS] if sources else ():
        product_name = file_name(source.path)
        label_path = None if _PLACED_RIGHT.match(product_name) else find_label(source.path)
        if label_path:
            product = MiLabel(label_path).grid()
            shown = Transform(grid.wkt)(*grid.position(source.shown_x, source.shown_y))
            right = Transform(product.wkt)(*product.position(source.taken_x, source.taken_y))
            _compare(shown, right, f"{name} shows {product_name}")
        elif deep and not _PLACED_RIGHT.match(product_name):
            inner = opened_quietly(source.path)
            if inner is not None:
                refuse_mirrored(inner, grid_of(inner), f"{name}, made of {product_name},", deep - 1)


def _check_product(product: str, grid: Grid, name: str) -> None:
    """Compare a copy's middle with where its product's name says it lies."""
    tile, strip = _TILE.search(product), _STRIP.search(product)
    if tile:
        west = float(tile[1])
        right, mirrored = west + 0.5, -west + 0.5
    elif strip:
        right = float(strip[1]) / 10
        mirrored = -right
    else:
        return
    lon, _ = Transform(grid.wkt)(*grid.position(grid.width / 2, grid.height / 2))
    away, away_mirrored = (abs((lon - place + 180) % 360 - 180) for place in (right, mirrored))
    if away_mirrored < away and away > _NEAR:
        raise RasterError(
            f"{name} is a copy of {product}, which lies at {right % 360:.1f} E, but the copy at "
            f"{lon % 360:.1f} E. {_ADVICE}"
        )


def _compare(shown: tuple[Any, Any], right: tuple[Any, Any], what: str) -> None:
    """Longitude and latitude of one corner, shown and right."""
    away = (shown[0] - right[0] + 180) % 360 - 180
    if max(abs(away), abs(shown[1] - right[1])) > _TOLERANCE:
        raise RasterError(
            f"{what} at {shown[0] % 360:.3f} E {shown[1]:.3f} N, but it lies at "
            f"{right[0] % 360:.3f} E {right[1]:.3f} N. {_ADVICE}"
        )
