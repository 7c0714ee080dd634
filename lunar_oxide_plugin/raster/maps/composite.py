"""Colour composites of three bands of a raster."""

from __future__ import annotations

import json
from collections.abc import Sequence
from pathlib import Path
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from ...about import style
from ...core.errors import RasterError
from ...core.mathematics.quantiles import Counted, ExactQuantile, counted
from ...core.oxides.composite import Limits, Stretch, to_rgba
from ...core.watch import Watch
from ..gdal_io.blocks import Window, sample_windows
from ..sources.oxide_units import require_weight_percent
from ..sources.raster import Raster
from ..writing.storage import BandInfo
from .each_block import each_block
from .run import Run

COLOURS = ("Red", "Green", "Blue")

#: Values that are kept for each percentile, 16 MiB: all of a tile, or about a tenth of 16 tiles.
_ROOM = 1 << 22

#: Of a larger raster, this many by this many samples first tell where its percentiles will be.
_SAMPLES = 8


class Composite(NamedTuple):
    """What a composite shows."""

    #: Names of the bands in red, green and blue, and the values that become 0 and 255.
    names: list[str]
    limits: list[Limits]
    #: Of its raster.
    metadata: dict[str, str]


def write_composite(
    run: Run,
    raster: Raster,
    path: str | Path,
    *,
    numbers: Sequence[int],
    stretch: Stretch,
    custom: Sequence[Limits] = (),
) -> Composite:
    """Write three bands as colours: RGBA, Byte, transparent where nodata.

    Parameters
    ----------
    run : Run
    raster : Raster
        Oxides in wt%.
    path : path
        Of the result, ending in .tif.
    numbers : sequence of three int
        Bands in red, green and blue.
    stretch : Stretch
        One of `STRETCHES`.
    custom : sequence of three (low, high)
        The limits of a custom stretch.

    Raises
    ------
    RasterError
        When the stretch has no limits for a band, or a band has no valid pixel.
    """
    require_weight_percent(raster, check=run.watch.check)
    names = [raster.band_names[number - 1] or f"band {number}" for number in numbers]
    steps = 1
    if stretch.custom:
        limits = list(custom)
    elif stretch.fractions is None:
        limits = stretch.limits_of(names)
    else:
        # Percentiles may need a second reading.
        measured, steps = (_ranges, 2) if stretch.fractions == (0, 1) else (_percentiles, 3)
        found = measured(raster, numbers, stretch.fractions, run.threads, run.watch)
        limits = [_widened(*pair) for pair in found]
    described = ", ".join(
        f"{colour.lower()} {name} {low:g} - {high:g}"
        for colour, name, (low, high) in zip(COLOURS, names, limits)
    )
    run.watch.note(f"Stretch: {described}")
    items = {**raster.model_metadata(), **run.metadata}
    items["LUNAR_OXIDE_STRETCH"] = described
    items["LUNAR_OXIDE_LIMITS"] = json.dumps(limits)
    bands = [BandInfo(f"{colour}: {name}") for colour, name in zip(COLOURS, names)]
    writer = run.files.raster(
        path,
        raster.grid,
        [*bands, BandInfo("Alpha")],
        items,
        rgba=True,
        style=style("rgb"),
        tile=raster.plan().tile,
    )

    def coloured(window: Window) -> NDArray[np.uint8]:
        return to_rgba(raster.values(window, numbers), limits)

    with each_block(coloured, raster, run.watch.step(steps - 1, steps), run.threads) as done:
        for window, rgba in done:
            writer.write(window, rgba)
    return Composite(names, limits, items)


def _ranges(
    raster: Raster,
    numbers: Sequence[int],
    _fractions: tuple[float, float],
    threads: int,
    watch: Watch,
) -> list[Limits]:
    """Lowest and highest value of each band; infinite without any."""

    def ends(window: Window) -> list[Limits]:
        return [
            (band.min(initial=np.inf), band.max(initial=-np.inf))
            for band in _finite(raster.values(window, numbers))
        ]

    with each_block(ends, raster, watch.step(0, 2), threads) as done:
        lows, highs = np.array([found for _, found in done]).transpose(2, 1, 0)
    return list(zip(lows.min(axis=1).tolist(), highs.max(axis=1).tolist()))


def _percentiles(
    raster: Raster,
    numbers: Sequence[int],
    fractions: tuple[float, float],
    threads: int,
    watch: Watch,
) -> list[Limits]:
    """Two quantiles of each band over its valid pixels; NaN without any."""
    area = raster.grid.window
    samples: list[NDArray[np.float32] | None] = [None] * len(numbers)
    if area.size > _ROOM:
        read = []
        for window in sample_windows(area, _SAMPLES):
            watch.check()
            read.append(raster.values(window, numbers).reshape(len(numbers), -1))
        samples = [*_finite(np.concatenate(read, axis=1))]
    quantiles = [
        [ExactQuantile(fraction, _ROOM, sample) for fraction in fractions] for sample in samples
    ]

    def finite(window: Window) -> list[Counted]:
        return [counted(band) for band in _finite(raster.values(window, numbers))]

    unsettled = quantiles
    for reading in range(2):
        with each_block(finite, raster, watch.step(reading, 3), threads) as done:
            for _, bands in done:
                for band, of_band in zip(bands, unsettled):
                    for quantile in of_band:
                        quantile.add_counted(band)
        if reading == 0:
            unsettled = [[one for one in of_band if one.refine()] for of_band in quantiles]
        if not any(unsettled):
            break
    return [(low.value(), high.value()) for low, high in quantiles]


def _finite(values: NDArray[np.float32]) -> list[NDArray[np.float32]]:
    """The finite values of each band."""
    return [band[np.isfinite(band)] for band in values]


def _widened(low: float, high: float) -> Limits:
    if not np.isfinite([low, high]).all():
        raise RasterError("One of the bands has no valid pixel to stretch. Choose another band.")
    return (low, high) if low < high else (low - 0.5, high + 0.5)
