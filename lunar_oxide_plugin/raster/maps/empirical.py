"""Maps of FeO, TiO2 and optical maturity by published equations of three bands."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from ...about import style
from ...core.errors import RasterError
from ...core.mathematics.pieces import pieces
from ...core.spectra.bands import MODEL_BANDS
from ...core.spectra.empirical import CLEMENTINE, OMAT, WAVELENGTHS, Method
from ...core.watch import SILENT, Watch
from ..gdal_io.blocks import Window
from ..sources.clementine import ClementineSource
from ..sources.location import Location
from ..sources.mi_source import MiSource, open_mi_source
from ..sources.raster import Raster
from ..sources.wavelengths import bands_of_wavelengths, sign_of_mi
from ..writing.storage import WEIGHT_STEP, BandInfo
from .each_block import each_block
from .prediction import source_metadata
from .run import Run

#: Where the three wavelengths stand among the bands of an MI source.
_OF_MI = [[band.nominal for band in MODEL_BANDS].index(nm) for nm in WAVELENGTHS]


class EmpiricalCounts(NamedTuple):
    """Pixels of a map."""

    #: With all values of the method
    valid: int = 0
    #: Measured, but without one of the values
    undefined: int = 0


def open_for(
    method: Method,
    path: str | Location,
    bands: Sequence[int] | None = None,
    scale: float | None = None,
    mask_shadow: bool = True,
    watch: Watch = SILENT,
) -> MiSource | ClementineSource:
    """Open a raster as data of the instrument that a method was made for.

    Raises
    ------
    RasterError
        When it is not from that instrument, naming the methods for the other.
    """
    if method.instrument == CLEMENTINE:
        source = ClementineSource(path, bands, scale, mask_shadow, check=watch.check)
        watch.warn(
            f"{source.name} is taken for Clementine UVVIS data, which its values cannot prove. "
            "Reflectance of Clementine and MI is not interchangeable (at 44 sites MI is 0.50 to "
            "0.73 of Clementine at 750 nm): MI data give wrong oxides here."
        )
        return source
    try:
        return open_mi_source(path, bands, scale, mask_shadow, watch.check)
    except RasterError as error:
        if not _may_be_clementine(path):
            raise
        raise RasterError(
            f"{error} {method.title} is for Kaguya MI; if this is Clementine UVVIS data, choose "
            "METHOD 2 or 3."
        ) from error


def write_empirical(
    run: Run,
    source: MiSource | ClementineSource,
    method: Method,
    path: str | Path,
) -> EmpiricalCounts:
    """Write the maps of a method, one band each.

    Parameters
    ----------
    run : Run
    source : MiSource or ClementineSource
        As `open_for` opens it.
    method : Method
        One of `METHODS`.
    path : path
        Of the result, ending in .tif.

    Raises
    ------
    RasterError
        When no pixel has all values.
    """
    bands = [
        BandInfo(name, step=0.0001) if name == OMAT else BandInfo(name, "wt%", WEIGHT_STEP)
        for name in method.names
    ]

    def mapped(window: Window) -> tuple[NDArray[np.float32], int]:
        """The maps [bands, height, width], NaN where not defined, and measured pixels."""
        reflectance, valid = source.spectra(window)
        values = np.empty((len(bands), *valid.shape), np.float32)
        for rows in pieces(*valid.shape):
            three = reflectance[:, rows]
            if isinstance(source, MiSource):
                three = three[_OF_MI]
            maps = method.maps(np.where(valid[rows], three, np.float32(np.nan)))
            for plane, name in zip(values, method.names):
                plane[rows] = maps[name]
        return values, int(valid.sum())

    writer = run.files.raster(
        path,
        source.grid,
        bands,
        {
            **run.metadata,
            "LUNAR_OXIDE_MODEL": method.id,
            "LUNAR_OXIDE_MODEL_TITLE": method.title,
            "LUNAR_OXIDE_MODEL_CONSTANTS": method.constants,
            "LUNAR_OXIDE_MODEL_CITATION": method.citation,
            **source_metadata(source),
        },
        storage=run.storage,
        style=style("feo"),
        tile=source.plan().tile,
    )
    counts = EmpiricalCounts()
    with each_block(mapped, source, run.watch.step(0, run.storage.steps), run.threads) as done:
        for window, (values, measured) in done:
            writer.write(window, values)
            defined = int(np.isfinite(values).all(axis=0).sum())
            counts = EmpiricalCounts(counts.valid + defined, counts.undefined + measured - defined)
    if counts.valid == 0:
        raise RasterError(
            f"{source.name} has no pixel where {method.title} is defined: all are darker than its "
            "equations allow. Check Method (METHOD) and Scale factor (SCALE)."
        )
    writer.set_metadata({"LUNAR_OXIDE_VALID_PIXELS": str(counts.valid)})
    run.files.finish(run.watch.step(1, run.storage.steps).progress)
    return counts


def _may_be_clementine(path: str | Location) -> bool:
    raster = Raster(path)
    named = bands_of_wavelengths(raster.dataset, WAVELENGTHS)
    return not raster.label and named is not None and not sign_of_mi(raster.dataset)
