"""Work side by side in threads."""

from __future__ import annotations

from collections.abc import Callable, Collection, Sequence
from concurrent.futures import ThreadPoolExecutor
from typing import Any

import numpy as np
from numpy.typing import NDArray

from lunar_oxide_plugin.core.models.model import OxideModel, Prediction

#: Pixels per call, as `raster.prediction.PIECE`, which cannot be imported without GDAL.
PIECE = 4096


def side_by_side(calls: Sequence[Callable[[], Any]]) -> list[Any]:
    """Results of calls, each in a thread of its own."""
    with ThreadPoolExecutor(len(calls)) as pool:
        return [done.result() for done in [pool.submit(call) for call in calls]]


def predict_in_memory(
    model: OxideModel, spectra: NDArray[np.float32], wanted: Collection[str], threads: int
) -> Prediction:
    """Predict spectra (8, n) as `predict_area` does, without reading and writing."""
    pieces = [spectra[:, start : start + PIECE] for start in range(0, spectra.shape[1], PIECE)]
    with ThreadPoolExecutor(threads) as pool:
        return Prediction.joined(list(pool.map(lambda piece: model.predict(piece, wanted), pieces)))
