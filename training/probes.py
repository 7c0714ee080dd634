"""Spectra that are not training sites, to test the domain distance."""

from __future__ import annotations

import numpy as np

from lunar_oxide_plugin.core.spectra.bands import DN_SCALE, MODEL_BANDS

from .tables import FloatArray, SiteTable

#: SCENE_AVERAGE_DN of two MI MAP V3 labels, without MN1 (JAXA/SELENE): real lunar spectra.
TILE_MEANS_DN = {
    "MI tile N51E124, highlands": (3740, 6791, 7729, 7955, 8313, 8416, 9692, 11512),
    "MI tile S16E035, mare": (2016, 3624, 3950, 4000, 4146, 4291, 5298, 6594),
}

#: Noise in every band with which training spectra should still be inside.
NOISES = (0.003, 0.006, 0.01)

#: Errors of calibration with which training spectra should be outside.
FACTORS = (2.0, 0.5)

_NOISE_SPECTRA = 1000
_NOISE_SEED = 20


def lunar_probes() -> dict[str, FloatArray]:
    """Mean spectra (1, 8) of real MI tiles, which should be inside the domain."""
    return {name: np.array([dn]) * DN_SCALE for name, dn in TILE_MEANS_DN.items()}


def mixtures(table: SiteTable) -> FloatArray:
    """Equal mixtures of all pairs of sites, shape (pairs, 8): lunar, near the domain."""
    first, second = np.triu_indices(len(table.sites), 1)
    return (table.reflectance[first] + table.reflectance[second]) / 2


def foreign_probes() -> dict[str, FloatArray]:
    """Spectral shapes that do not occur on the Moon, each (n, 8), to be outside the domain."""
    wavelength = np.array([band.nominal for band in MODEL_BANDS], dtype=np.float64)
    noise = np.random.default_rng(_NOISE_SEED).uniform(0.03, 0.30, (_NOISE_SPECTRA, 8))
    return {
        "flat 0.05": np.full((1, 8), 0.05),
        "flat 0.10": np.full((1, 8), 0.10),
        "flat 0.20": np.full((1, 8), 0.20),
        "blue slope": 0.1 * (750 / wavelength)[None],
        "vegetation-like": np.array([[0.04, 0.30, 0.45, 0.46, 0.46, 0.45, 0.40, 0.25]]),
        "terrestrial soil-like": np.array([[0.08, 0.20, 0.24, 0.25, 0.26, 0.27, 0.31, 0.35]]),
        "water ice-like": np.array([[0.90, 0.90, 0.85, 0.80, 0.70, 0.75, 0.60, 0.20]]),
        "uniform noise, nearest of 1000": noise,
    }


def noisy(table: SiteTable, noise: float) -> FloatArray:
    """Training spectra, each many times, with relative noise in every band, shape (n, 8)."""
    repeated = np.repeat(table.reflectance, _NOISE_SPECTRA, axis=0)
    rng = np.random.default_rng(_NOISE_SEED)
    return np.asarray(repeated * np.exp(rng.normal(0, noise, repeated.shape)))
