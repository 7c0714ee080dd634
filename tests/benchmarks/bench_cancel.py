"""How long a user who presses Cancel waits."""

from __future__ import annotations

import random
import threading
import time

import pytest
from qgis.core import QgsProcessingFeedback

from lunar_oxide_plugin.core.model import BUNDLED

from .algorithms import algorithms
from .rows import Spread, at_most

MODELS = [name for name, _ in BUNDLED]
OUTPUTS = ("OUTPUT", "OUTPUT_UNCERTAINTY", "OUTPUT_DOMAIN")


@pytest.fixture(scope="module")
def run_algorithm():
    with algorithms() as run:
        yield run


@pytest.fixture()
def run(run_algorithm, tile, tmp_path):
    """Run predictoxides on the tile with a feedback; whether it ended well."""

    def run_with(feedback, model):
        parameters = {"INPUT": str(tile), "MODEL": MODELS.index(model)}
        parameters.update({name: str(tmp_path / f"{name}.tif") for name in OUTPUTS})
        return run_algorithm("predictoxides", parameters, feedback)

    return run_with


class Cancelling(QgsProcessingFeedback):
    """Is cancelled after some seconds, by another thread as by QGIS's, and notes when."""

    def __init__(self, seconds):
        super().__init__(False)
        self._timer = threading.Timer(seconds, self._cancel_now)
        self.cancelled_at = None

    def _cancel_now(self):
        self.cancelled_at = time.perf_counter()
        self.cancel()

    def __enter__(self):
        self._timer.start()
        return self

    def __exit__(self, *error):
        self._timer.cancel()
        self._timer.join()


@pytest.mark.parametrize("model", ["zhang2023_cnn", "random_forest"])
def bench_cancel(benchmark, record, quick, run, tmp_path, model):
    moments = random.Random(16)
    start = time.perf_counter()
    assert run(QgsProcessingFeedback(False), model)
    whole = time.perf_counter() - start
    for file in tmp_path.iterdir():
        file.unlink()
    answers = []

    def run_until_cancelled():
        with Cancelling(moments.uniform(0, 0.9 * whole)) as feedback:
            finished = run(feedback, model)
            answers.append(time.perf_counter() - feedback.cancelled_at)
        assert not finished
        assert not list(tmp_path.iterdir()), "a cancelled run leaves nothing behind"

    rounds = 2 if quick else 15
    benchmark.pedantic(run_until_cancelled, rounds=rounds)
    what = f"`{model}`, a tile, all three outputs, {rounds} random moments"
    record("cancel", f"{what}: median", Spread.of(answers).median, "s", target=at_most(0.5))
    record("cancel", f"{what}: longest", max(answers), "s", target=at_most(0.5))
