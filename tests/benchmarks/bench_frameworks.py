"""The networks of `zhang2023_cnn` against the same networks in other frameworks."""

from __future__ import annotations

import os
from functools import partial

import numpy as np
import pytest

from lunar_oxide_plugin.core.models.model import OxideModel, bundled_path
from lunar_oxide_plugin.core.oxides.oxides import within_limits

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


#: Threads as a library uses them by itself, and as we use ours.
WAYS = ("threads inside a call", "calls side by side")


def works(peer, rows, way):
    """Batches of several sizes, run in one of the ways."""

    def run(part, batch, threads):
        for start in range(0, len(part), batch):
            peer.predict(part[start : start + batch], threads)

    def run_side_by_side(batch):
        parts = np.array_split(rows, THREADS)
        side_by_side([partial(run, part, batch, 1) for part in parts])

    inside = way == WAYS[0]
    return {
        f"batches of {batch}, {THREADS} {way}": Work(
            partial(run, rows, batch, THREADS) if inside else partial(run_side_by_side, batch),
            len(rows),
        )
        for batch in BATCHES
    }


def compare(turns, record, ours, peer, rows, way, name, target):
    """Ours beside the fastest batches of a peer."""
    require_same_oxides(partial(peer.predict, threads=1), rows)
    batches, work = fastest(works(peer, rows, way))
    timed = turns(ours, {"peer": work}, rounds=9)
    record(
        "frameworks",
        f"{name}, {batches}",
        timed.other_speed("peer"),
        "pixels/s",
        timed.speed_ratio("peer"),
        "ours is {} times as fast",
        at_least(target),
    )


@pytest.mark.parametrize("way", WAYS)
def bench_plain_export(turns, record, ours, rows, way):
    peer = PlainExport(networks(), THREADS)
    compare(turns, record, ours, peer, rows, way, "exported layer by layer, onnxruntime", 12)


@pytest.mark.parametrize("way", WAYS)
def bench_torch(turns, record, missing, ours, rows, way):
    missing("torch", "frameworks", "PyTorch, Conv1d")
    from .torch_networks import TorchNetworks

    compare(turns, record, ours, TorchNetworks(networks()), rows, way, "PyTorch, Conv1d", 6)


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
