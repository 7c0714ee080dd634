"""`qgis_process run lunaroxide:predictoxides`: time and memory, also as rasters grow."""

from __future__ import annotations

import pytest

from lunar_oxide_plugin.core.models.model import (
    BUNDLED,
    DEFAULT_MODEL,
    OUTPUTS,
    OxideModel,
    bundled_path,
)

from .measure import Work
from .processes import process_in
from .rows import Spread, at_most
from .threads import predict_in_memory
from .tiles import as_stack, repeated

THREADS = 2
MODELS = [name for name, _ in BUNDLED]
DEFAULT = MODELS[DEFAULT_MODEL]

OXIDES_ALONE = ("OUTPUT",)
ALL_THREE = ("OUTPUT", "OUTPUT_UNCERTAINTY", "OUTPUT_DOMAIN")

#: Rasters are enlarged so many times in each direction.
TIMES = (1, 2, 4)

#: The model that the largest raster is mapped with, as it is the fastest.
FAST = "plsr"


@pytest.fixture(scope="module")
def predict(tmp_path_factory):
    """Run predictoxides in a process of its own: (raster, model, outputs) -> Ran."""
    run = process_in(tmp_path_factory.mktemp("profile"))

    def predicted(raster, model, outputs):
        given = {"INPUT": raster, "MODEL": MODELS.index(model), "THREADS": THREADS}
        return run("predictoxides", given, outputs)

    return predicted


@pytest.fixture(scope="module")
def start_up(predict, source, tmp_path_factory):
    """Seconds of a run that has next to nothing to map."""
    raster = as_stack(source, tmp_path_factory.mktemp("small") / "small_SYNTHETIC.tif", 64)
    return min(predict(raster, FAST, OXIDES_ALONE).seconds for _ in range(3))


def bench_start_up(record, start_up):
    record("process", "start-up: the whole run for 64 x 64 pixels", start_up, "s")


@pytest.mark.parametrize(
    ("name", "outputs"),
    [(DEFAULT, OXIDES_ALONE), (DEFAULT, ALL_THREE), ("zhang2023_cnn", OXIDES_ALONE)],
)
def bench_whole_run(turns, record, predict, tile, tile_spectra, name, outputs):
    model, wanted = OxideModel(bundled_path(name)), OUTPUTS[: len(outputs)]
    alone = Work(lambda: predict_in_memory(model, tile_spectra, wanted, THREADS), 1)
    ran = []
    timed = turns(Work(lambda: ran.append(predict(tile, name, outputs)), 1), {"alone": alone}, 3)
    what = f"`{name}`, {'all three outputs' if outputs == ALL_THREE else 'OUTPUT alone'}, a tile"
    share = "{} of it is the model's own time, spectra in memory"
    record("process", what, timed.duration, "s", timed.speed_ratio("alone"), share)
    record("memory", what, max(run.mebibytes for run in ran), "MiB", target=at_most(600))


def bench_growing_rasters(benchmark, record, quick, predict, source, start_up, tmp_path_factory):
    folder = tmp_path_factory.mktemp("large")
    side = 256 if quick else source.grid.width
    stack = as_stack(source, folder / "stack_SYNTHETIC.tif", side)
    rasters = [repeated(stack, times) for times in TIMES]
    ran = benchmark.pedantic(
        lambda: [predict(raster, FAST, ALL_THREE) for raster in rasters], rounds=1
    )
    pixels = [(times * side) ** 2 for times in TIMES]
    costs = [(run.seconds - start_up) / count for run, count in zip(ran, pixels)]
    for times, run, cost in zip(TIMES, ran, costs):
        what = f"`{FAST}`, all three outputs, {times**2} x the pixels"
        relative = Spread.of([cost / costs[0]])
        to = "a pixel costs {} times that of 1 x, start-up left out"
        record("process", what, run.seconds, "s", relative, to)
        record("memory", what, run.mebibytes, "MiB", target=at_most(600))
    growth = Spread.of([ran[-1].mebibytes / ran[0].mebibytes])
    what = f"`{FAST}`, growth from 1 x to {TIMES[-1] ** 2} x the pixels"
    more = ran[-1].mebibytes - ran[0].mebibytes
    record("memory", what, more, "MiB", growth, "{} times that of 1 x", at_most(1.1))
