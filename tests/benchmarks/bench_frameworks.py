"""The networks of `zhang2023_cnn` against the same networks in other frameworks."""

from __future__ import annotations

import os
from functools import partial

import numpy as np
import pytest

from lunar_oxide_plugin.core.model import OxideModel, bundled_path
from lunar_oxide_plugin.core.oxides import within_limits

from .measure import Work, fastest
from .plain_export import PlainExport
from .rows import at_least
from .threads import predict_in_memory, side_by_side
from .trained import networks, plausible_spectra

THREADS = 2
BATCHES = (64, 256, 1024, 4096, 16384)

#: Pixels of an image row, which published code predicts at a time.
ROW = 2048


@pytest.fixture(scope="module")
def ours(quick):
    """Our model with spectra in memory."""
    model = OxideModel(bundled_path("zhang2023_cnn"))
    spectra = plausible_spectra(1 << (14 if quick else 17))
    return Work(lambda: predict_in_memory(model, spectra, (), THREADS), spectra.shape[1])


@pytest.fixture(scope="module")
def rows(quick):
    """Spectra (n, 8), as the other frameworks have them, of rows of an image."""
    return np.ascontiguousarray(plausible_spectra((2 if quick else 16) * ROW).T)


def require_same_oxides(predict, rows):
    """Nothing is compared before it is known to give the same."""
    model = OxideModel(bundled_path("zhang2023_cnn"))
    oxides = within_limits(predict(rows).T)
    np.testing.assert_allclose(oxides, model.predict(rows.T, ()).oxides, rtol=0, atol=1e-3)


def ways(peer, rows):
    """Batches of several sizes, threads inside every call or calls side by side."""

    def run(part, batch, threads):
        for start in range(0, len(part), batch):
            peer.predict(part[start : start + batch], threads)

    def run_side_by_side(batch):
        parts = np.array_split(rows, THREADS)
        side_by_side([partial(run, part, batch, 1) for part in parts])

    pixels = len(rows)
    inside = {
        f"batches of {batch}, {THREADS} threads inside a call": Work(
            partial(run, rows, batch, THREADS), pixels
        )
        for batch in BATCHES
    }
    outside = {
        f"batches of {batch}, {THREADS} calls side by side": Work(
            partial(run_side_by_side, batch), pixels
        )
        for batch in BATCHES
    }
    return {**inside, **outside}


def bench_plain_export(turns, record, ours, rows):
    plain = PlainExport(networks(), THREADS)
    require_same_oxides(partial(plain.predict, threads=1), rows)
    way, work = fastest(ways(plain, rows))
    timed = turns(ours, {"plain": work}, rounds=9)
    record(
        "frameworks",
        f"exported layer by layer, onnxruntime, {way}",
        timed.other_speed("plain"),
        "pixels/s",
        timed.speed_ratio("plain"),
        "ours is {} times as fast",
        at_least(12),
    )


def bench_torch(turns, record, missing, ours, rows):
    missing("torch", "frameworks", "PyTorch, Conv1d")
    from .torch_networks import TorchNetworks

    peer = TorchNetworks(networks())
    require_same_oxides(partial(peer.predict, threads=1), rows)
    way, work = fastest(ways(peer, rows))
    timed = turns(ours, {"torch": work}, rounds=9)
    record(
        "frameworks",
        f"PyTorch, Conv1d, {way}",
        timed.other_speed("torch"),
        "pixels/s",
        timed.speed_ratio("torch"),
        "ours is {} times as fast",
        at_least(6),
    )


def bench_keras(turns, record, missing, ours, rows):
    missing("keras", "frameworks", "Keras, predict per image row")
    os.environ["KERAS_BACKEND"] = "jax"
    from .keras_networks import KerasNetworks

    peer = KerasNetworks(networks())
    require_same_oxides(partial(peer.predict, width=ROW), rows)
    work = Work(partial(peer.predict, rows, ROW), len(rows))
    timed = turns(ours, {"keras": work}, rounds=3)
    record(
        "frameworks",
        f"Keras on JAX, a model per oxide, predict per row of {ROW} pixels",
        timed.other_speed("keras"),
        "pixels/s",
        timed.speed_ratio("keras"),
        "ours is {} times as fast",
    )
