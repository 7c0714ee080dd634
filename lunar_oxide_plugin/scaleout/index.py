"""The index over all windows of a run: a VRT for each product, and a static STAC collection."""

from __future__ import annotations

from collections.abc import Sequence
from itertools import groupby
from pathlib import Path
from typing import Any, NamedTuple

from ..about import style
from ..raster.gdal_io.blocks import Window
from ..raster.maps.prediction import Product
from ..raster.sources.location import Location
from ..raster.writing.outputs import OutputFiles
from ..raster.writing.vrt import Vrt
from .item import COLLECTION, EXTENSIONS, MISSION, STAC_VERSION, TITLES, footprint
from .job import PRODUCTS, Job, Part
from .results import Results, write_json

_VRT = "application/x-gdal-vrt"


class Finished(NamedTuple):
    """What the index needs of a finished window; kept small, as there may be 100,000s."""

    part: Part
    #: Those with a raster; none if no pixel is valid
    products: tuple[str, ...]
    #: Pixels
    valid: int

    @classmethod
    def of(cls, part: Part, record: dict[str, Any]) -> Finished:
        """From its record."""
        return cls(part, tuple(record["assets"]), record["properties"]["lunaroxide:valid_pixels"])


def remove_index(results: Results) -> None:
    """Remove the files of `write_index` and their sidecars, except the styles."""
    for product in PRODUCTS:
        for end in ("", ".aux.xml", ".ovr", ".msk"):
            results.folder.joinpath(f"{product}.vrt{end}").unlink(missing_ok=True)
    results.folder.joinpath("collection.json").unlink(missing_ok=True)


def write_index(
    job: Job, results: Results, finished: Sequence[Finished], metadata: dict[str, str]
) -> list[Path]:
    """Write the VRTs with their styles, and the STAC collection.

    Parameters
    ----------
    job : Job
    results : Results
    finished : sequence of Finished
        Windows with rasters, sorted by row.
    metadata : dict of str to str
        Written to the VRTs.

    Returns
    -------
    list of Path
        The VRTs.
    """
    written = []
    for product in job.rasters:
        parts = [done.part for done in finished if product.values in done.products]
        path = results.folder / f"{product.values}.vrt"
        text = _vrt(path, job, product, results, parts, metadata)
        with OutputFiles() as files:
            files.vrt(path, text, style(product.style))
        written.append(path)
    _write_collection(job, results, finished)
    return written


def _vrt(
    path: Path,
    job: Job,
    product: Product,
    results: Results,
    parts: Sequence[Part],
    metadata: dict[str, str],
) -> str:
    """The text of one VRT over all windows; nodata where there is no window."""
    vrt = Vrt(path, job.grid, metadata)
    encoding = job.encoding(product)
    files = [(str(results.raster(part, product.values)), part.window) for part in parts]
    # With these sizes GDAL opens the VRT without opening every file.
    block = Location(files[0][0]).dataset().GetRasterBand(1).GetBlockSize() if files else (0, 0)
    for number, info in enumerate(product.bands, start=1):
        scale = {"Offset": 0.0, "Scale": info.step} if encoding.scaled else {}
        band = vrt.band(encoding.type_name, info, encoding.nodata, **scale)
        for name, window in files:
            whole = Window(0, 0, window.width, window.height)
            source = vrt.source(band, "SimpleSource", name, number, whole, window)
            source.add(
                "SourceProperties",
                RasterXSize=str(window.width),
                RasterYSize=str(window.height),
                DataType=encoding.type_name,
                BlockXSize=str(block[0]),
                BlockYSize=str(block[1]),
            )
    return vrt.text()


def _write_collection(job: Job, results: Results, finished: Sequence[Finished]) -> None:
    """Write a collection of one catalog per row of windows, to keep the files small."""
    rows = []
    for row, of_row in groupby(finished, lambda done: done.part.row):
        records = [results.record(done.part) for done in of_row]
        catalog = records[0].with_name("catalog.json")
        rows.append(catalog.relative_to(results.folder).as_posix())
        links = [
            _link("root", "../../collection.json"),
            _link("parent", "../../collection.json"),
            *(_link("item", record.name, "application/geo+json") for record in records),
        ]
        write_json(catalog, _catalog(f"R{row:04}", f"Row {row} of windows", links))
    links = [_link("root", "collection.json"), *(_link("child", row) for row in rows)]
    whole = footprint(job.grid).get("bbox", [-180.0, -90.0, 180.0, 90.0])
    description = f"Oxide maps of the Moon from Kaguya MI by the model {Path(job.model).stem}."
    collection = {
        **_catalog(COLLECTION, description, links),
        "type": "Collection",
        "stac_extensions": EXTENSIONS[-1:],
        "license": "various",
        "ssys:targets": ["Moon"],
        "extent": {"spatial": {"bbox": [whole]}, "temporal": {"interval": [list(MISSION)]}},
        "assets": {
            name: {"href": f"{name}.vrt", "title": TITLES[name], "type": _VRT, "roles": ["data"]}
            for name in job.products
        },
    }
    write_json(results.folder / "collection.json", collection)


def _catalog(name: str, description: str, links: list[dict[str, str]]) -> dict[str, Any]:
    return {
        "type": "Catalog",
        "stac_version": STAC_VERSION,
        "id": name,
        "description": description,
        "links": links,
    }


def _link(relation: str, href: str, kind: str = "application/json") -> dict[str, str]:
    return {"rel": relation, "href": href, "type": kind}
