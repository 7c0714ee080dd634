"""Oxide maps from spectra: blocks read, predicted by several threads, and written, at once."""

from __future__ import annotations

from collections import deque
from collections.abc import Callable, Collection, Mapping
from concurrent.futures import Future
from contextlib import closing
from typing import NamedTuple, Protocol

import numpy as np
from numpy.typing import NDArray

from ...core.models.model import OxideModel
from ...core.oxides.oxides import OXIDES
from ...core.oxides.uncertainty import uncertainty_name
from ...core.oxides.valid_range import DOMAIN_DISTANCE
from ...core.threads import ThreadPool
from ..gdal_io.blocks import BLOCK_HEIGHT, BLOCK_WIDTH, BlockPlan, Window
from ..gdal_io.read_ahead import finished, read_ahead
from ..writing.geotiff import RasterWriter
from ..writing.storage import WEIGHT_STEP, BandInfo

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
)


class Product(NamedTuple):
    """A raster that a model's prediction gives."""

    #: Name of the model's output
    values: str
    #: Name of its style
    style: str
    bands: tuple[BandInfo, ...]


OXIDE_MAP = Product(
    "oxides", "oxides", tuple(BandInfo(oxide, "wt%", WEIGHT_STEP) for oxide in OXIDES)
)
UNCERTAINTY_MAP = Product(
    "uncertainty",
    "uncertainty",
    tuple(BandInfo(uncertainty_name(oxide), "wt%", WEIGHT_STEP) for oxide in OXIDES),
)
#: Only whether a distance is above 1, and by how much up to 3, means anything: it may saturate.
DOMAIN_MAP = Product("domain_distance", "domain", (BandInfo(DOMAIN_DISTANCE, "", 0.001, True),))


class Spectra(Protocol):
    """What is read as spectra: `MiSource`, `Mosaic` or `Resampled`."""

    def spectra(self, window: Window) -> tuple[NDArray[np.float32], NDArray[np.bool_]]:
        """Reflectance [8, height, width] and validity [height, width] of a window."""

    def plan(self, pixels: int) -> BlockPlan:
        """The blocks to read it in, of about so many pixels."""


class Counts(NamedTuple):
    """Pixels of a map."""

    #: All eight bands valid, and so predicted
    valid: int = 0
    #: Of these, outside the model's training domain; 0 when it does not tell
    outside: int = 0


def predict_area(
    source: Spectra,
    area: Window,
    model: OxideModel,
    writers: Mapping[Product, RasterWriter],
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
    writers : mapping of Product to RasterWriter
        Rasters of the area's size, in the tiles of `prediction_plan`; only what they hold is
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
