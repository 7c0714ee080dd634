"""The bundled models' methods trained again, and spectra like those they learnt from."""

from __future__ import annotations

from functools import cache

import numpy as np
from numpy.typing import NDArray

from training.evaluate import train_final
from training.methods import METHODS, Fitted
from training.methods.network import Network
from training.tables import load_sites


@cache
def fitted(method_id: str) -> Fitted:
    """A method after training on all its sites, in float64."""
    return train_final(load_sites(), METHODS[method_id])[0]


def networks() -> tuple[Network, ...]:
    """The networks of `zhang2023_cnn`, one per oxide."""
    return fitted("zhang2023_cnn").networks


def plausible_spectra(pixels: int) -> NDArray[np.float32]:
    """Reflectance (8, pixels): mixtures of the sites, brighter or darker, with noise."""
    rng = np.random.default_rng(8)
    sites = load_sites().reflectance
    mixed = rng.dirichlet(np.full(len(sites), 0.2), pixels) @ sites
    brightness = np.exp(rng.normal(0, 0.2, (pixels, 1)) + rng.normal(0, 0.02, mixed.shape))
    return np.ascontiguousarray((mixed * brightness).T, dtype=np.float32)
