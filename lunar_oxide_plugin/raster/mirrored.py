"""Mosaics that GDAL built over products it places on the wrong side of the Moon.

GDAL takes the position of an MI product from SAMPLE_PROJECTION_OFFSET, whose
sign is wrong in MAP version 2 and level 3C5 products: `gdalbuildvrt` over such
tiles makes a mosaic with every tile at the mirrored longitude.
"""

from __future__ import annotations

import re
from typing import Any

from osgeo import gdal

from ..core.errors import RasterError
from .mi_label import MiLabel, find_label
from .moon import Grid, Transform
from .virtual import file_name
from .vrt_sources import vrt_sources

#: Products GDAL places right, which need no look at their labels.
_PLACED_RIGHT = re.compile(r"MI_MAP_03_", re.IGNORECASE)

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
    sources = vrt_sources(dataset)
    if not sources or not grid.wkt:
        return
    for source in sources[0][:_MOST_LABELS]:
        product_name = file_name(source.path)
        label_path = None if _PLACED_RIGHT.match(product_name) else find_label(source.path)
        if label_path:
            product = MiLabel(label_path).grid()
            shown = Transform(grid.wkt)(*grid.position(source.shown_x, source.shown_y))
            right = Transform(product.wkt)(*product.position(source.taken_x, source.taken_y))
            _compare(shown, right, f"{name} shows {product_name}")


def _compare(shown: tuple[Any, Any], right: tuple[Any, Any], what: str) -> None:
    """Longitude and latitude of one corner, shown and right."""
    away = (shown[0] - right[0] + 180) % 360 - 180
    if max(abs(away), abs(shown[1] - right[1])) > _TOLERANCE:
        raise RasterError(
            f"{what} at {shown[0] % 360:.3f} E {shown[1]:.3f} N, but it lies at "
            f"{right[0] % 360:.3f} E {right[1]:.3f} N. GDAL mirrors products of MI MAP version 2 "
            "and level 3C5. Give their files or folder to Import MI MAP tiles; with an OUTPUT "
            "ending in .vrt it makes a mosaic in the right place without copying."
        )
