"""Oxide maps in Python, without QGIS: for notebooks, scripts on a cluster and other plugins.

    from lunar_oxide_plugin import api

    source = api.open_mi("MI_MAP_03_N44E309N43E310SC.lbl")
    prediction = api.predict(source, api.load_model(), window=(0, 0, 512, 512))
    feo = prediction.oxides[2]  # wt%, [512, 512]

The Processing algorithms and scale-out run the code that these functions run, so the numbers
agree to the last bit. They need numpy and GDAL; predictions need onnxruntime too. Every error
that a user can act on is a `LunarOxideError`: its text says what is wrong, where, and what to do.

Arrays are [band, row, column], rows counted from the top of the raster. Oxides come in the order
Al2O3, CaO, FeO, MgO, TiO2; MI bands in the order 415, 750, 900, 950, 1001, 1050, 1250, 1550 nm.
A window is (column, row, width, height) in pixels.
"""

from __future__ import annotations

import operator
import os
from collections.abc import Callable, Mapping, Sequence
from functools import partial
from os import PathLike
from pathlib import Path
from typing import Any, Union

import numpy as np
from numpy.typing import NDArray

from .about import provenance
from .core.errors import LunarOxideError, NoValidPixelError, RasterError
from .core.models.model import BUNDLED, DEFAULT_MODEL, OxideModel, Prediction, bundled_path
from .core.oxides.oxides import OXIDES, mg_number
from .core.results.units import Unit
from .core.sites.site_samples import Sample
from .core.spectra.bands import MODEL_BANDS
from .core.watch import SILENT, Watch
from .raster.gdal_io.blocks import Window
from .raster.maps.mg_number import write_mg_number
from .raster.maps.polygon_file import read_polygons
from .raster.maps.prediction import (
    DOMAIN_MAP,
    OXIDE_MAP,
    PRODUCTS,
    UNCERTAINTY_MAP,
    Counts,
    predict_area,
    source_metadata,
    write_prediction,
)
from .raster.maps.run import Run
from .raster.maps.site_sampler import sample_points
from .raster.maps.uncertainty import Uncertainty
from .raster.maps.units import unit_statistics as _unit_statistics
from .raster.moon.crs import GEOGRAPHIC_WKT
from .raster.sources.mi_source import MiSource, open_mi_sources
from .raster.sources.mosaic import Mosaic
from .raster.sources.raster import Raster
from .raster.sources.same_run import domain_raster
from .raster.writing.outputs import OutputFiles
from .raster.writing.storage import DEFAULT, Kind, Layout, Storage

__all__ = [
    "BUNDLED_MODELS",
    "MI_BANDS",
    "OXIDES",
    "Kind",
    "Layout",
    "LunarOxideError",
    "Storage",
    "Watch",
    "load_model",
    "mg_number",
    "mg_number_to_file",
    "open_mi",
    "predict",
    "predict_to_files",
    "read_spectra",
    "sample_spectra",
    "unit_statistics",
]

#: A file; also the address of one (https://...), an archive, or whatever else GDAL opens.
File = Union[str, "PathLike[str]"]

#: What spectra are read from.
Source = Union[MiSource, Mosaic]

#: Ids of the models that come with the plugin; the first argument of `load_model`.
BUNDLED_MODELS = tuple(model_id for model_id, _ in BUNDLED)

#: Nominal wavelengths of the bands in nm.
MI_BANDS = tuple(band.nominal for band in MODEL_BANDS)


def open_mi(
    files: File | Sequence[File],
    *,
    bands: Sequence[int] | None = None,
    scale: float | None = None,
    mask_shadow: bool = True,
) -> Source:
    """Open MI data of any form as one source of spectra.

    Parameters
    ----------
    files : file or sequence of files
        An MI MAP label (.lbl) or its image, an archive (.zip, .tar) of tiles, a raster with the
        eight MI bands, or one file per wavelength. Several tiles on one grid become a mosaic,
        in which the first valid pixel wins.
    bands : sequence of int, optional
        Numbers of the eight bands, counted from 1, in the order of `MI_BANDS`. By default they
        are identified from the file.
    scale : float, optional
        Reflectance per stored value, such as 2e-5 for MI's DN. By default it is determined from
        the file.
    mask_shadow : bool
        Whether pixels in shadow are nodata.

    Returns
    -------
    MiSource or Mosaic
        Its `grid` holds size, geotransform and CRS (`wkt`). Of a MiSource, `report()` says how it
        is read, and `close()` gives this thread's files back until it reads again. A Mosaic
        opens a few tiles at a time.

    Raises
    ------
    RasterError
        When a file cannot be opened, is not on the Moon or lacks a band, or tiles do not line up.
    SpectraError
        When reading, where the values are not MI reflectance in a scale that can be determined.
    """
    given = [files] if isinstance(files, (str, PathLike)) else files
    names = [_name(file) for file in given]
    if not names:
        raise RasterError("There is no file to open: the list of files is empty.")
    numbers = None if bands is None else [operator.index(band) for band in bands]
    factor = None if scale is None else float(scale)
    sources = open_mi_sources(names, numbers, factor, mask_shadow)
    return sources[0] if len(sources) == 1 else Mosaic(sources)


def read_spectra(
    source: Source, window: Sequence[int] | None = None
) -> tuple[NDArray[np.float32], NDArray[np.bool_]]:
    """Read reflectance.

    Parameters
    ----------
    source : MiSource or Mosaic
    window : (column, row, width, height), optional
        By default everything.

    Returns
    -------
    ndarray of float32, shape (8, height, width)
        Reflectance as a fraction; NaN where any band is nodata, an invalid code, saturated or,
        unless it was opened otherwise, in shadow.
    ndarray of bool, shape (height, width)
        Where it is valid.

    Raises
    ------
    RasterError, SpectraError
    """
    reflectance, valid = source.spectra(_window(source, window))
    return np.where(valid, reflectance, np.float32(np.nan)), valid


def load_model(model: File = BUNDLED[DEFAULT_MODEL][0]) -> OxideModel:
    """Load a bundled model by its id (`BUNDLED_MODELS`), or a model file (.onnx) of your own.

    Its `card()` tells training data, protocols and scores.

    Raises
    ------
    ModelError
        When the file is not an oxide model.
    OnnxruntimeError
        When onnxruntime is missing, too old or does not load.
    """
    name = _name(model)
    return OxideModel(bundled_path(name) if name in BUNDLED_MODELS else Path(name))


def predict(
    source: Source,
    model: OxideModel,
    window: Sequence[int] | None = None,
    *,
    threads: int = 1,
    watch: Watch = SILENT,
) -> Prediction:
    """Predict oxides of a window into memory: about 60 bytes a pixel, and 100 MB.

    Parameters
    ----------
    source : MiSource or Mosaic
    model : OxideModel
    window : (column, row, width, height), optional
        By default everything.
    threads : int
        How many compute.
    watch : Watch
        Takes progress; a subclass of yours may stop the run.

    Returns
    -------
    Prediction
        `oxides` in wt%, float32 [5, height, width], NaN where nodata; `uncertainty`, 1 sigma in
        wt%, of the same shape; `domain_distance` [height, width], at most 1 inside the model's
        training domain. The latter two are None where the model does not give them.

    Raises
    ------
    RasterError, SpectraError, ModelError
    """
    _require_threads(threads)
    area = _window(source, window)
    writers = {
        product: _Memory(len(product.bands), area)
        for product in PRODUCTS
        if model.gives(product.values)
    }
    predict_area(source, area, model, writers, threads, watch.progress)
    found = {product.values: writer.values for product, writer in writers.items()}
    distance = found.get("domain_distance")
    return Prediction(
        found["oxides"], found.get("uncertainty"), None if distance is None else distance[0]
    )


def predict_to_files(
    source: Source,
    model: OxideModel,
    oxides: File,
    *,
    uncertainty: File | None = None,
    domain: File | None = None,
    storage: Storage = DEFAULT,
    threads: int = 1,
    watch: Watch = SILENT,
) -> Counts:
    """Predict all pixels of a source into GeoTIFFs, block by block.

    Memory does not grow with the raster. The files appear whole at the end, or not at all.

    Parameters
    ----------
    source : MiSource or Mosaic
    model : OxideModel
    oxides : file
        The result, ending in .tif: five bands in wt%; nodata is -9999.
    uncertainty : file, optional
        1 sigma of each oxide in wt%, five bands.
    domain : file, optional
        Distance from the model's training domain, one band, at most 1 inside.
    storage : Storage
        How the files are kept: `Storage(Kind.FLOAT32, Layout.COG)` and so on.
    threads : int
        How many compute.
    watch : Watch
        Takes progress and messages; a subclass of yours may stop the run.

    Returns
    -------
    Counts
        `valid` pixels and how many of them are `outside` the domain.

    Raises
    ------
    RasterError, SpectraError, ModelError
    """
    _require_threads(threads)
    paths = {OXIDE_MAP: _name(oxides)}
    others = {UNCERTAINTY_MAP: uncertainty, DOMAIN_MAP: domain}
    paths.update((product, _name(path)) for product, path in others.items() if path)
    metadata = _provenance(predict_to_files, {"model": model.id}, source)
    if isinstance(source, MiSource):
        metadata.update(source_metadata(source))
    with OutputFiles(source.files, alone=True) as files:
        run = Run(files, metadata, storage, threads, watch)
        counts = write_prediction(run, source, model, paths)
        if not counts.valid:  # of a mosaic; a single source is refused when it is first read
            raise NoValidPixelError(
                "No pixel of the source is valid: everywhere at least one of the eight bands holds "
                "no data, one of MI's invalid codes or shadow. Use other tiles."
            )
        return counts


def mg_number_to_file(
    oxides: File,
    output: File,
    *,
    uncertainty: File | None = None,
    output_uncertainty: File | None = None,
    storage: Storage = DEFAULT,
    threads: int = 1,
    watch: Watch = SILENT,
) -> float:
    """Write Mg# of an oxide raster, and return its mean weighted by area on the sphere.

    All pixels weigh the same where the raster does not say where on the Moon it is.

    Parameters
    ----------
    oxides : file
        A raster with the bands MgO and FeO in wt%.
    output : file
        The result, ending in .tif: one band, a molar fraction.
    uncertainty, output_uncertainty : file, optional
        The raster of 1 sigma from the same prediction, and the 1 sigma of Mg# computed from it.
    storage, threads, watch
        As of `predict_to_files`.

    Raises
    ------
    RasterError
        When a band is missing, or no pixel has an Mg#, or so many values are none in wt% that a
        band must hold something else.
    """
    _require_threads(threads)
    raster = Raster(_name(oxides))
    mgo, feo = map(raster.band_described, ("MgO", "FeO"))
    sigmas = None
    if uncertainty and not output_uncertainty:
        watch.warn("uncertainty is not used, as there is no output_uncertainty: give it a name.")
    if output_uncertainty:
        if not uncertainty:
            raise RasterError("The uncertainty of Mg# needs that of MgO and FeO: give uncertainty.")
        names = {mgo: "MgO", feo: "FeO"}
        sigmas = Uncertainty(Raster(_name(uncertainty)), raster, names, every=True)
        for note in sigmas.notes:
            watch.note(note)
    inputs = [raster, *([sigmas.raster] if sigmas else [])]
    given = {file: state for one in inputs for file, state in one.files.items()}
    metadata = _provenance(mg_number_to_file, {"oxides": raster.path}, raster)
    with OutputFiles(given, alone=True, remarks=partial(_remarks, inputs)) as files:
        totals = write_mg_number(
            Run(files, metadata, storage, threads, watch),
            raster,
            _name(output),
            mgo=mgo,
            feo=feo,
            uncertainty=sigmas,
            uncertainty_path=_name(output_uncertainty or ""),
        )
    for remark in _remarks(inputs):
        watch.warn(remark)
    return totals.moments.mean


def unit_statistics(
    oxides: File,
    polygons: File,
    *,
    name_field: str = "",
    layer: str = "",
    uncertainty: File | None = None,
    domain: File | None = None,
    centres: bool = False,
    threads: int = 1,
    watch: Watch = SILENT,
) -> list[Unit]:
    """Statistics of an oxide raster inside polygons, weighted by area on the sphere.

    Parameters
    ----------
    oxides : file
        Oxides in wt%, with or without Mg#.
    polygons : file
        A vector file in a lunar CRS.
    name_field : str
        The field with the units' names; by default they are numbered.
    layer : str
        The layer of the vector file; needed where it has several.
    uncertainty, domain : file, optional
        The rasters of 1 sigma and of the domain distance from the same prediction.
    centres : bool
        Whether a pixel counts when its centre lies inside. By default it counts by the part of it
        that the polygon covers.
    threads : int
        How many read.
    watch : Watch
        As of `predict_to_files`.

    Returns
    -------
    list of Unit
        In the order of the polygons: `name`, `area_km2`, `remark`, and in `bands` the statistics
        of each band by name, as `bands["FeO"]["mean"]`; `means()` has Mg# of the means too.

    Raises
    ------
    RasterError
        When no polygon can be measured, the inputs do not fit each other, or so many values are
        none in wt% that a band must hold something else.
    """
    _require_threads(threads)
    raster = Raster(_name(oxides))
    found, wkt = read_polygons(_name(polygons), name_field, layer)
    sigmas = Raster(_name(uncertainty)) if uncertainty else None
    distances = domain_raster(_name(domain), raster) if domain else None
    measured = _unit_statistics(
        raster,
        found,
        wkt,
        name=_name(polygons),
        uncertainty=sigmas,
        domain=distances,
        centres=centres,
        threads=threads,
        watch=watch,
    )
    for remark in _remarks([one for one in (raster, sigmas, distances) if one]):
        watch.warn(remark)
    return measured.units


def sample_spectra(
    source: Source,
    points: Sequence[tuple[float, float]],
    *,
    wkt: str = GEOGRAPHIC_WKT,
    window: int = 3,
    watch: Watch = SILENT,
) -> list[Sample]:
    """Mean spectra of the valid pixels around points.

    Parameters
    ----------
    source : MiSource or Mosaic
    points : sequence of (x, y), or array [n, 2]
        Longitudes and latitudes in degrees, or positions in the CRS `wkt`.
    wkt : str
        A CRS on the Moon, as WKT.
    window : int
        Width of the square of pixels, as 2 or 3.
    watch : Watch
        As of `predict`.

    Returns
    -------
    list of Sample
        One per point: `status` says whether it was sampled, `mean` and `std` are reflectance [8]
        in the order of `MI_BANDS`, NaN where it was not, `pixels` how many are behind it.

    Raises
    ------
    RasterError, SpectraError
    """
    size = operator.index(window)
    if size < 1:
        raise RasterError(f"A window of {size} x {size} pixels holds none. Give 2 or 3.")
    return sample_points(source, wkt, points, size, watch.check)


def _provenance(
    function: Callable[..., Any], parameters: Mapping[str, Any], source: Source | Raster
) -> dict[str, str]:
    return provenance(f"{__name__}.{function.__name__}", parameters, source.synthetic)


def _name(file: File) -> str:
    """A file's name; of an entry of `os.scandir`, too, of which `str` is another."""
    return os.fsdecode(file)


def _require_threads(threads: int) -> None:
    if operator.index(threads) < 1:
        raise LunarOxideError(
            f"threads is {threads}, but at least one has to work. Give 1 or more."
        )


def _remarks(rasters: Sequence[Raster]) -> list[str]:
    """What is to be said of the values that were read; raises where they are something else."""
    return [remark for raster in rasters for remark in raster.remarks()]


class _Memory:
    """Holds what `predict_area` writes."""

    def __init__(self, bands: int, area: Window) -> None:
        self.values = np.full((bands, area.height, area.width), np.nan, np.float32)

    def write(self, window: Window, planes: NDArray[np.float32]) -> None:
        """Put the values of a part into their place."""
        self.values[(slice(None), *window.slices)] = planes


def _window(source: Source, window: Sequence[int] | None) -> Window:
    """A window inside the source's pixels."""
    whole = source.grid.window
    if window is None:
        return whole
    try:
        wanted = Window(*map(operator.index, window))
    except TypeError as error:
        raise RasterError(
            f"The window {window!r} is not four whole numbers: (column, row, width, height)."
        ) from error
    if wanted.intersection(whole) != wanted:
        raise RasterError(
            f"The window {tuple(wanted)} is not inside the raster of {whole.width} x "
            f"{whole.height} pixels. Give (column, row, width, height), counted from 0."
        )
    return wanted
