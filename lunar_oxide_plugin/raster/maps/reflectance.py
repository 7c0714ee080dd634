"""Reflectance of MI tiles as one raster: copied, averaged to fewer pixels, or referred to."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path

from ...about import style
from ...core.spectra.bands import MODEL_BANDS
from ...core.watch import SILENT, Watch
from ..sources.mosaic import Mosaic
from ..sources.mosaic_vrt import mosaic_vrt
from ..sources.resampling import Resampled
from ..writing.outputs import OutputFiles
from ..writing.storage import BandInfo, Layout, Storage
from .each_block import each_block

_BANDS = [BandInfo(f"{band.filter} {band.nominal} nm") for band in MODEL_BANDS]

#: Names of products, and lines on how they are read, kept in the metadata of a result: those
#: of more tiles would fill it.
_MOST_NAMES = 100


def write_reflectance(
    files: OutputFiles,
    raster: Mosaic | Resampled,
    path: str | Path,
    metadata: Mapping[str, str],
    *,
    watch: Watch = SILENT,
) -> int | None:
    """Write the eight bands of a mosaic.

    Parameters
    ----------
    files : OutputFiles
        Of the run.
    raster : Mosaic or Resampled
        The tiles, at their own pixels or at fewer.
    path : path
        Of the result: a .tif, Float32 with overviews, or a .vrt that refers to the tiles' DN.
    metadata : mapping of str to str
        Of the result; what is known of the tiles is added.
    watch : Watch

    Returns
    -------
    int or None
        Valid pixels; None where a .vrt was written, which reads none.

    Raises
    ------
    RasterError, SpectraError
        As reading and writing raise them.
    """
    vrt = str(path).lower().endswith(".vrt")
    mosaic = raster.mosaic if isinstance(raster, Resampled) else raster
    examined = watch.step(0, 1 if vrt else 3)
    report: list[str] = []
    count = len(mosaic.sources)
    for number, lines in enumerate(mosaic.examine(), start=1):
        for line in lines:
            watch.note(line)
        report += lines
        examined.progress(number / count)
    names = [source.label.product if source.label else source.name for source in mosaic.sources]
    more = f" and {len(names) - _MOST_NAMES} more" if len(names) > _MOST_NAMES else ""
    items = {
        **metadata,
        "SOURCE_COUNT": str(len(names)),
        "SOURCE_PRODUCTS": " ".join(names[:_MOST_NAMES]) + more,
        "LUNAR_OXIDE_SOURCE": "\n".join(report[:_MOST_NAMES]),
    }
    if vrt:
        items["SOURCE_OVERLAPS"] = "first of SOURCE_PRODUCTS, valid or not"
        content = mosaic_vrt(mosaic, Path(path), _BANDS, items)
        files.vrt(path, content, style=style("reflectance"))
        return None
    items["SOURCE_OVERLAPS"] = "first valid pixel in the order of SOURCE_PRODUCTS"
    if isinstance(raster, Resampled):
        items["RESAMPLING"] = raster.description
    writer = files.raster(
        path,
        raster.grid,
        _BANDS,
        items,
        storage=Storage(layout=Layout.OVERVIEWS),
        style=style("reflectance"),
        tile=raster.plan().tile,
    )
    valid_pixels = 0
    # Blocks of the output, which then is written tile by tile.
    with each_block(raster.spectra, raster, watch.step(1, 3)) as done:
        for window, (reflectance, valid) in done:
            writer.write(window, reflectance)
            valid_pixels += int(valid.sum())
    files.finish(watch.step(2, 3).progress)
    watch.note(f"{valid_pixels} of {raster.grid.window.size} pixels are valid.")
    return valid_pixels
