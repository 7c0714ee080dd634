"""The other bundled models against scikit-learn, which they were trained with."""

from __future__ import annotations

from functools import partial

import numpy as np
import pytest
from sklearn.ensemble import RandomForestRegressor

from lunar_oxide_plugin.core.models.model import OxideModel, bundled_path

from .measure import Work, fastest
from .threads import predict_in_memory, side_by_side
from .trained import fitted, plausible_spectra

THREADS = 2


def with_threads(method, threads):
    """The forest can use threads of its own."""
    for estimator in method.estimators:
        if isinstance(estimator, RandomForestRegressor):
            estimator.n_jobs = threads
    return method


@pytest.mark.parametrize("name", ["plsr", "mlp", "svr", "random_forest"])
def bench_scikit(turns, record, quick, name):
    spectra = plausible_spectra(1 << (13 if quick else 17))
    model, method = OxideModel(bundled_path(name)), fitted(name)
    rows = np.ascontiguousarray(spectra.T, dtype=np.float64)
    ours = partial(predict_in_memory, model, spectra, (), THREADS)
    np.testing.assert_allclose(method.predict(rows).T, ours().oxides, rtol=0, atol=1e-3)

    def inside():
        return with_threads(method, THREADS).oxides(rows)

    def outside():
        single = with_threads(method, 1)
        parts = np.array_split(rows, THREADS)
        return side_by_side([partial(single.oxides, part) for part in parts])

    pixels = len(rows)
    ways = {
        "one call": Work(inside, pixels),
        f"{THREADS} calls side by side": Work(outside, pixels),
    }
    way, work = fastest(ways)
    timed = turns(Work(ours, pixels), {"scikit": work}, rounds=7)
    record(
        "scikit",
        f"`{name}`, scikit-learn, {way}",
        timed.other_speed("scikit"),
        "pixels/s",
        timed.speed_ratio("scikit"),
        "ours is {} times as fast",
    )
