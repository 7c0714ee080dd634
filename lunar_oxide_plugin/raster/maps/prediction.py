"""Oxide maps from spectra: blocks read, predicted by several threads, and written, at once."""

from __future__ import annotations

from collections import deque
from collections.abc import Callable, Collection, Iterable, Mapping
from concurrent.futures import Future
from contextlib import closing
from pathlib import Path
from typing import NamedTuple, Protocol

import numpy as np
from numpy.typing import NDArray

from ...about import style
from ...core.errors import ModelError
from ...core.models.model import OxideModel
from ...core.oxides.oxides import OXIDES
from ...core.oxides.uncertainty import uncertainty_name
from ...core.oxides.valid_range import DOMAIN_DISTANCE
from ...core.threads import ThreadPool
from ..gdal_io.blocks import BLOCK_HEIGHT, BLOCK_WIDTH, BlockPlan, Window
from ..gdal_io.read_ahead import finished, read_ahead
from ..moon.crs import Grid
from ..sources.clementine import ClementineSource
from ..sources.mi_source import MiSource
from ..writing.storage import WEIGHT_STEP, BandInfo
from .run import Run

#: Pixels that a thread predicts before it looks for other work. Small enough that a cancelled
#: run ends in a fraction of a second, large enough that handing it over costs nothing.
PIECE = 4096

#: About the pixels of a block: half of other algorithms', as several are in memory at a time.
_PIXELS = BLOCK_WIDTH * BLOCK_HEIGHT // 2

#: Blocks under way besides the one that is read: one computed, one that waits to be.
_QUEUE = 2

#: What a model says of itself that its maps carry on.
_FROM_MODEL = (
    "training_set",
    "protocol",
    "metrics",
    "citation",
    "uncertainty",
    "error_correlation",
    "domain",
    "limits",
    "not_determined",
)


class Product(NamedTuple):
    """A raster that a model's prediction gives."""

    #: What users call it, and the parameter that asks for it
    title: str
    parameter: str
    #: Name of the model's output
    values: str
    #: Name of its style
    style: str
    bands: tuple[BandInfo, ...]


OXIDE_MAP = Product(
    "Oxides",
    "OUTPUT",
    "oxides",
    "oxides",
    tuple(BandInfo(oxide, "wt%", WEIGHT_STEP) for oxide in OXIDES),
)
UNCERTAINTY_MAP = Product(
    "Uncertainty",
    "OUTPUT_UNCERTAINTY",
    "uncertainty",
    "uncertainty",
    tuple(BandInfo(uncertainty_name(oxide), "wt%", WEIGHT_STEP) for oxide in OXIDES),
)
#: Only whether a distance is above 1, and by how much up to 3, means anything: it may saturate.
DOMAIN_MAP = Product(
    "Domain distance",
    "OUTPUT_DOMAIN",
    "domain_distance",
    "domain",
    (BandInfo(DOMAIN_DISTANCE, "", 0.001, True),),
)
PRODUCTS = (OXIDE_MAP, UNCERTAINTY_MAP, DOMAIN_MAP)


class Spectra(Protocol):
    """What is read as spectra: `MiSource`, `Mosaic` or `Resampled`."""

    grid: Grid

    def spectra(self, window: Window) -> tuple[NDArray[np.float32], NDArray[np.bool_]]:
        """Reflectance [8, height, width] and validity [height, width] of a window."""

    def plan(self, pixels: int) -> BlockPlan:
        """The blocks to read it in, of about so many pixels."""


class Writer(Protocol):
    """Where a product goes: `RasterWriter`, or arrays in memory."""

    def write(self, window: Window, planes: NDArray[np.float32]) -> None:
        """Take values [bands, height, width] of a window; NaN is nodata."""


class Counts(NamedTuple):
    """Pixels of a map."""

    #: All eight bands valid, and so predicted
    valid: int = 0
    #: Of these, outside the model's training domain; 0 when the model gives no domain distance
    outside: int = 0

    @property
    def outside_percent(self) -> float:
        """Those outside, in per cent of the valid ones."""
        return 100 * self.outside / self.valid if self.valid else 0.0


def write_prediction(
    run: Run,
    source: Spectra,
    model: OxideModel,
    paths: Mapping[Product, str | Path],
    *,
    styled: bool = True,
) -> Counts:
    """Predict all pixels of a source into rasters, block by block.

    Parameters
    ----------
    run : Run
    source : MiSource, Mosaic or Resampled
    model : OxideModel
    paths : mapping of Product to path
        Names of the rasters, ending in .tif; only what they hold is computed.
    styled : bool
        Whether each gets its QGIS style beside it.

    Raises
    ------
    ModelError
        When the model does not give a product.
    RasterError
        As reading and writing raise it.
    """
    require_products(model, paths)
    writers = {
        product: run.files.raster(
            path,
            source.grid,
            product.bands,
            {**run.metadata, **model_metadata(model)},
            storage=run.storage,
            style=style(product.style) if styled else None,
            tile=prediction_plan(source).tile,
        )
        for product, path in paths.items()
    }
    pixels = run.watch.step(0, run.storage.steps)
    counts = predict_area(source, source.grid.window, model, writers, run.threads, pixels.progress)
    numbers: dict[str, float] = {"VALID_PIXELS": counts.valid}
    if model.gives(DOMAIN_MAP.values):
        numbers["EXTRAPOLATED_PERCENT"] = counts.outside_percent
    for writer in writers.values():
        writer.set_metadata({f"LUNAR_OXIDE_{key}": repr(value) for key, value in numbers.items()})
    run.files.finish(run.watch.step(1, run.storage.steps).progress)
    return counts


def require_products(model: OxideModel, products: Iterable[Product]) -> None:
    """Refuse products that a model does not give.

    Raises
    ------
    ModelError
    """
    for product in products:
        if not model.gives(product.values):
            raise ModelError(
                f"{model.title} gives no {product.title.lower()}. Leave {product.title} "
                f"({product.parameter}) empty, or choose a model that gives it."
            )


def predict_area(
    source: Spectra,
    area: Window,
    model: OxideModel,
    writers: Mapping[Product, Writer],
    threads: int,
    progress: Callable[[float], None],
) -> Counts:
    """Predict the pixels of an area and write them.

    One thread reads, `threads` predict and the caller's writes. At most a few blocks are
    under way, so memory does not grow with the area. Each pixel's values are the same to the
    last bit whatever the number of threads.

    Parameters
    ----------
    source : Spectra
    area : Window
        In pixels of the source.
    model : OxideModel
    writers : mapping of Product to Writer
        Of the area's size; rasters in the tiles of `prediction_plan`. Only what they hold is
        computed.
    threads : int
    progress : callable
        Called with the part that is done, 0 ... 1, at least every tenth of a second; raises
        to stop.

    Raises
    ------
    RasterError, ModelError
        As reading, predicting and writing raise them; nothing is under way any more then.
    """
    wanted = {product.values for product in writers}
    if model.gives(DOMAIN_MAP.values):
        wanted.add(DOMAIN_MAP.values)
    counts, done = Counts(), 0.0
    under_way: deque[_Block] = deque()

    def check() -> None:
        progress(done / area.size)

    def write_oldest() -> None:
        nonlocal counts, done
        window, maps, valid, pieces = under_way.popleft()
        before, outside = done, 0
        for number, piece in enumerate(pieces, start=1):
            outside += finished(piece, check)
            done = before + window.size * number / len(pieces)
        done = before + window.size
        counts = Counts(counts.valid + valid, counts.outside + outside)
        for product, planes in maps.items() if valid else ():  # else no data: never written
            shape = -1, window.height, window.width
            writers[product].write(window.relative_to(area.x, area.y), planes.reshape(shape))

    with (
        closing(read_ahead(source.spectra, prediction_plan(source).blocks(area), check)) as read,
        ThreadPool(threads, "predict") as workers,
    ):
        try:
            for window, (reflectance, valid) in read:
                places = np.flatnonzero(valid)
                spectra = reflectance.reshape(len(reflectance), -1)
                maps = {
                    product: np.full((len(product.bands), window.size), np.nan, np.float32)
                    for product in (writers if places.size else ())
                }
                pieces = [
                    workers.submit(
                        _predict_piece, model, spectra, places[start : start + PIECE], maps, wanted
                    )
                    for start in range(0, places.size, PIECE)
                ]
                under_way.append(_Block(window, maps, places.size, pieces))
                if len(under_way) > _QUEUE:
                    write_oldest()
            while under_way:
                write_oldest()
            check()
        finally:
            workers.shutdown(cancel_futures=True)
    return counts


def prediction_plan(source: Spectra) -> BlockPlan:
    """The blocks in which a source is predicted, and the tiles of the rasters that are written."""
    return source.plan(_PIXELS)


def model_metadata(model: OxideModel) -> dict[str, str]:
    """What a map carries of the model that made it."""
    items = {"LUNAR_OXIDE_MODEL": model.id, "LUNAR_OXIDE_MODEL_TITLE": model.title}
    for key in _FROM_MODEL:
        if key in model.metadata:
            items[f"LUNAR_OXIDE_MODEL_{key.upper()}"] = model.metadata[key]
    return items


def source_metadata(source: MiSource | ClementineSource) -> dict[str, str]:
    """What a map carries of the source it was made from: how its bands were read."""
    return {
        "LUNAR_OXIDE_SOURCE": "\n".join(source.report()),
        "LUNAR_OXIDE_BANDS": " ".join(map(str, source.bands)),
        "LUNAR_OXIDE_SCALE": " ".join(f"{value:g}" for value in source.scale),
    }


class _Block(NamedTuple):
    """A block being predicted, piece by piece of its valid pixels."""

    window: Window
    #: Each [bands, pixels], NaN where nothing is predicted
    maps: Mapping[Product, NDArray[np.float32]]
    #: Number of its valid pixels
    valid: int
    #: Each gives its number of pixels outside the domain
    pieces: list[Future[int]]


def _predict_piece(
    model: OxideModel,
    spectra: NDArray[np.float32],
    places: NDArray[np.intp],
    maps: Mapping[Product, NDArray[np.float32]],
    wanted: Collection[str],
) -> int:
    """Put what is predicted of some pixels into maps; how many are outside the domain.

    By their numbers: a boolean index of two dimensions takes four times as long.
    """
    prediction = model.predict(spectra.take(places, axis=1), wanted)
    for product, planes in maps.items():
        for plane, values in zip(planes, np.atleast_2d(getattr(prediction, product.values))):
            plane[places] = values
    if prediction.domain_distance is None:
        return 0
    return int((prediction.domain_distance > 1).sum())
