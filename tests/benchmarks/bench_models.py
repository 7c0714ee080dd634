"""Speed of the bundled models with spectra in memory, and their numerical error."""

from __future__ import annotations

from functools import cache, partial

import numpy as np
import pytest

from lunar_oxide_plugin.core.models.model import (
    BUNDLED,
    DEFAULT_MODEL,
    OUTPUTS,
    OxideModel,
    bundled_path,
)
from training.tables import load_sites

from .float64 import write_float64
from .measure import Work
from .reference import CACHED, LARGE, matrix_products
from .rows import at_least, at_most
from .threads import predict_in_memory
from .trained import fitted, plausible_spectra

#: Of the five networks: each has 44,320 multiply-adds, counted as two operations.
FLOP_PER_PIXEL = 5 * 44_320 * 2

#: Of the Gaussian processes: products of the basis with the features (4 x 9 x 18), of these with
#: the 48 sites for distance and plane (2 x 4 x 48 x 10), and of the covariances with four sets of
#: five weights (20 x 192), counted as two operations each; and seven passes of one operation over
#: the 192 covariances, each of which reads and writes 4 bytes.
PROCESS_FLOP = 2 * (4 * 9 * 18 + 2 * 4 * 48 * 10 + 20 * 4 * 48) + 7 * 4 * 48
PROCESS_BYTES = 7 * 4 * 48 * 8

CNN = "zhang2023_cnn"
DEFAULT, _ = BUNDLED[DEFAULT_MODEL]
MODELS = [name for name, _ in BUNDLED]
WANTED = {"oxides alone": (), "with uncertainty and domain": OUTPUTS}


@pytest.fixture(scope="session")
def spectra(quick):
    return plausible_spectra(1 << (14 if quick else 17))


@cache
def model_of(name):
    return OxideModel(bundled_path(name))


def prediction(name, wanted, spectra, threads, amount_of_pixel=1):
    call = partial(predict_in_memory, model_of(name), spectra, WANTED[wanted], threads)
    return Work(call, spectra.shape[1] * amount_of_pixel)


@pytest.mark.parametrize(
    ("wanted", "threads", "size", "target"),
    [
        ("oxides alone", 2, LARGE, at_least(0.85)),
        ("oxides alone", 2, CACHED, None),
        ("oxides alone", 1, LARGE, None),
        ("with uncertainty and domain", 2, LARGE, None),
    ],
)
def bench_against_matrix_product(turns, record, quick, spectra, wanted, threads, size, target):
    networks = prediction(CNN, wanted, spectra, threads, FLOP_PER_PIXEL)
    timed = turns(networks, matrix_products(256 if quick else size, threads), rounds=15)
    record(
        "processor",
        f"`{CNN}`, {wanted}, {threads} thread{'s' * (threads > 1)}",
        timed.speed / 1e9,
        "GFLOP/s",
        timed.speed_ratio(),
        f"{{}} of matrix products of {size} x {size} with as many threads",
        target,
    )


@pytest.mark.parametrize("wanted", WANTED)
def bench_default_against_its_limits(turns, record, quick, spectra, wanted):
    """Roofline of the default: arithmetic, and bytes that pass through the caches."""
    processes = prediction(DEFAULT, wanted, spectra, 2, PROCESS_FLOP)
    timed = turns(processes, matrix_products(256 if quick else LARGE, 2), rounds=9)
    moved = timed.speed / PROCESS_FLOP * PROCESS_BYTES / 1e9
    record(
        "processor",
        f"`{DEFAULT}`, {wanted}, 2 threads ({PROCESS_FLOP:,} operations and {PROCESS_BYTES:,} "
        f"bytes a pixel: {moved:.0f} GB/s)",
        timed.speed / 1e9,
        "GFLOP/s",
        timed.speed_ratio(),
        f"{{}} of matrix products of {LARGE} x {LARGE} with as many threads",
    )


@pytest.mark.parametrize("wanted", WANTED)
def bench_float32(turns, record, spectra, tmp_path, wanted):
    """The default beside the same graph in float64, as its first design was."""
    double = OxideModel(write_float64(bundled_path(DEFAULT), tmp_path / "float64.onnx"))
    call = partial(predict_in_memory, double, spectra, WANTED[wanted], 2)
    single = prediction(DEFAULT, wanted, spectra, 2)
    timed = turns(single, {"float64": Work(call, spectra.shape[1])}, rounds=7)
    record(
        "models",
        f"`{DEFAULT}`, {wanted}, in float32",
        timed.speed,
        "pixels/s",
        timed.speed_ratio("float64"),
        "{} times as fast as in float64",
        at_least(3),
    )


@pytest.mark.parametrize("name", [CNN, DEFAULT])
def bench_second_thread(turns, record, spectra, name):
    two, one = (prediction(name, "oxides alone", spectra, threads) for threads in (2, 1))
    timed = turns(two, {"one": one}, rounds=9)
    record(
        "models",
        f"`{name}`, oxides alone: a second thread",
        timed.speed,
        "pixels/s",
        timed.speed_ratio("one"),
        "{} times the speed of 1 thread",
    )


@pytest.mark.parametrize("name", MODELS)
def bench_outputs(turns, record, spectra, name):
    everything, alone = (prediction(name, wanted, spectra, 2) for wanted in reversed(WANTED))
    timed = turns(everything, {"alone": alone}, rounds=7)
    record("models", f"`{name}`, oxides alone", timed.other_speed("alone"), "pixels/s")
    record(
        "models",
        f"`{name}`, with uncertainty and domain",
        timed.speed,
        "pixels/s",
        timed.speed_ratio("alone"),
        "{} of the speed with oxides alone",
        at_least(0.8) if name == CNN else None,
    )


@pytest.mark.parametrize("name", MODELS)
def bench_numerical_error(record, quick, name):
    """Not a time: the largest difference from the method trained again, in float64."""
    spectra = plausible_spectra(1000 if quick else 100_000)
    spectra = np.concatenate([load_sites().reflectance.T.astype(np.float32), spectra], axis=1)
    expected = fitted(name).predict(spectra.T.astype(np.float64)).T
    error = np.abs(model_of(name).predict(spectra, ()).oxides - expected).max()
    record(
        "error",
        f"`{name}`, largest of {spectra.shape[1]:,} spectra",
        float(error),
        "wt%",
        target=at_most(5e-4),
    )
