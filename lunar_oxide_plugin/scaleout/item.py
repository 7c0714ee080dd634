"""The STAC items of windows: their footprint on the Moon and their files.

STAC 1.0 with the extensions projection, file, raster and solar system (stac-extensions.github.io).
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from ..raster.maps.prediction import Counts, Product
from ..raster.moon.crs import Grid, wrapped_longitude
from ..raster.moon.extent import PlateCarree
from .job import PRODUCTS, Job, Part
from .results import COMPUTED_FROM, Results, checksum

STAC_VERSION = "1.0.0"

#: Id of the collection of a run.
COLLECTION = "lunar-oxides"

EXTENSIONS = [
    "https://stac-extensions.github.io/projection/v1.1.0/schema.json",
    "https://stac-extensions.github.io/file/v2.1.0/schema.json",
    "https://stac-extensions.github.io/raster/v1.1.0/schema.json",
    "https://stac-extensions.github.io/ssys/v1.1.0/schema.json",
]

#: From the launch of SELENE to its impact: labels of mosaics give no closer dates.
MISSION = ("2007-09-14T00:00:00Z", "2009-06-10T23:59:59Z")

_COG = "image/tiff; application=geotiff; profile=cloud-optimized"

TITLES = {
    "oxides": "Al2O3, CaO, FeO, MgO, TiO2",
    "uncertainty": "1 sigma of Al2O3, CaO, FeO, MgO, TiO2",
    "domain_distance": "Distance from the training domain",
}


def item(
    job: Job, part: Part, results: Results, written: Sequence[str], counts: Counts, seconds: float
) -> dict[str, Any]:
    """The STAC item of a finished window, which is also its record.

    Parameters
    ----------
    written : sequence of str
        The products with a raster; none if no pixel is valid.
    counts : Counts
        Of its pixels.
    seconds : float
        Computing time.
    """
    grid = job.grid.part(part.window)
    x0, dx, rx, y0, ry, dy = grid.geotransform
    properties: dict[str, Any] = {
        "datetime": None,
        "start_datetime": MISSION[0],
        "end_datetime": MISSION[1],
        "ssys:targets": ["Moon"],
        "proj:epsg": None,
        "proj:shape": [grid.height, grid.width],
        "proj:transform": [dx, rx, x0, ry, dy, y0],
        "lunaroxide:valid_pixels": counts.valid,
        "lunaroxide:outside_domain_pixels": counts.outside,
        "lunaroxide:seconds": round(seconds, 3),
        COMPUTED_FROM: part.sha256(job),
    }
    if grid.wkt:
        properties["proj:wkt2"] = grid.wkt
    assets = {}
    for name in written:
        file = results.raster(part, name)
        assets[name] = {
            "href": file.name,
            "title": TITLES[name],
            "type": _COG,
            "roles": ["data"],
            "raster:bands": _bands(job, PRODUCTS[name]),
            "file:size": file.stat().st_size,
            "file:checksum": checksum(file),
        }
    return {
        "type": "Feature",
        "stac_version": STAC_VERSION,
        "stac_extensions": EXTENSIONS,
        "id": part.name,
        "collection": COLLECTION,
        **footprint(grid),
        "properties": properties,
        "links": [
            {"rel": "root", "href": "../../collection.json", "type": "application/json"},
            {"rel": "collection", "href": "../../collection.json", "type": "application/json"},
            {"rel": "parent", "href": "catalog.json", "type": "application/json"},
        ],
        "assets": assets,
    }


def _bands(job: Job, product: Product) -> list[dict[str, Any]]:
    """The STAC description of the bands of a product."""
    encoding = job.encoding(product)
    described: list[dict[str, Any]] = []
    for info in product.bands:
        band = {"data_type": encoding.type_name.lower(), "nodata": encoding.nodata}
        if info.unit:
            band["unit"] = info.unit
        if encoding.scaled:
            band.update(scale=info.step, offset=0)
        described.append(band)
    return described


def footprint(grid: Grid) -> dict[str, Any]:
    """Geometry and bbox in longitude and latitude, in two polygons if it crosses 180 degrees.

    The geometry is None, without a bbox, where meridians and parallels are not straight lines in
    the grid; there only `proj:transform` gives the position.
    """
    cylinder = PlateCarree.of(grid.wkt)
    _, _, rx, _, ry, _ = grid.geotransform
    if cylinder is None or rx or ry:
        return {"geometry": None}
    west, north = cylinder.degrees(*grid.position(0, 0))
    east, south = cylinder.degrees(*grid.position(grid.width, grid.height))
    south, north = max(min(south, north), -90.0), min(max(south, north), 90.0)
    width = abs(east - west)
    if width >= 360:
        return _boxes(-180.0, south, 180.0, north)
    west = wrapped_longitude(min(west, east))
    return _boxes(west, south, west + width, north)


def _boxes(west: float, south: float, east: float, north: float) -> dict[str, Any]:
    pieces = [(west, min(east, 180.0))]
    if east > 180:
        pieces.append((-180.0, east - 360))
    polygons = [[[[w, south], [e, south], [e, north], [w, north], [w, south]]] for w, e in pieces]
    geometry: dict[str, Any] = {"type": "Polygon", "coordinates": polygons[0]}
    if len(polygons) > 1:
        geometry = {"type": "MultiPolygon", "coordinates": polygons}
    return {"geometry": geometry, "bbox": [west, south, pieces[-1][1], north]}
