"""Reflectance of MI tiles as one raster: copied, averaged to fewer pixels, or referred to."""

from __future__ import annotations

from pathlib import Path

from ...about import style
from ...core.spectra.bands import MODEL_BANDS
from ..sources.mosaic import Mosaic
from ..sources.mosaic_vrt import mosaic_vrt
from ..sources.resampling import Resampled
from ..writing.storage import BandInfo, Layout, Storage
from .each_block import each_block
from .run import Run

_BANDS = [BandInfo(f"{band.filter} {band.nominal} nm") for band in MODEL_BANDS]

#: Names of products, and lines on how they are read, kept in the metadata of a result: those
#: of more tiles would fill it.
_MOST_NAMES = 100


def write_reflectance(
    run: Run,
    raster: Mosaic | Resampled,
    path: str | Path,
) -> int | None:
    """Write the eight bands of a mosaic.

    Parameters
    ----------
    run : Run
    raster : Mosaic or Resampled
        The tiles, at their own pixels or at fewer.
    path : path
        Of the result: a .tif, Float32 with overviews, or a .vrt that refers to the tiles' DN.

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
    examined = run.watch.step(0, 1 if vrt else 3)
    report: list[str] = []
    count = len(mosaic.sources)
    for number, lines in enumerate(mosaic.examine(), start=1):
        for line in lines:
            run.watch.note(line)
        report += lines
        examined.progress(number / count)
    names = [source.label.product if source.label else source.name for source in mosaic.sources]
    more = f" and {len(names) - _MOST_NAMES} more" if len(names) > _MOST_NAMES else ""
    items = {
        **run.metadata,
        "SOURCE_COUNT": str(len(names)),
        "SOURCE_PRODUCTS": " ".join(names[:_MOST_NAMES]) + more,
        "LUNAR_OXIDE_SOURCE": "\n".join(report[:_MOST_NAMES]),
    }
    if vrt:
        items["SOURCE_OVERLAPS"] = "first of SOURCE_PRODUCTS, valid or not"
        content = mosaic_vrt(mosaic, Path(path), _BANDS, items)
        run.files.vrt(path, content, style=style("reflectance"))
        return None
    items["SOURCE_OVERLAPS"] = "first valid pixel in the order of SOURCE_PRODUCTS"
    if isinstance(raster, Resampled):
        items["RESAMPLING"] = raster.description
    writer = run.files.raster(
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
    with each_block(raster.spectra, raster, run.watch.step(1, 3)) as done:
        for window, (reflectance, valid) in done:
            writer.write(window, reflectance)
            valid_pixels += int(valid.sum())
    run.files.finish(run.watch.step(2, 3).progress)
    run.watch.note(f"{valid_pixels} of {raster.grid.window.size} pixels are valid.")
    return valid_pixels
