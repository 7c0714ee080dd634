"""Four descriptions of a spectrum, in which Gaussian processes measure similarity.

All are linear in one basis of 18 numbers per spectrum: the eight reflectances, their natural
logarithms, and the two angles of Otake et al. (2012, LPSC 43, abstract 1905).

- ``reflectance``: the eight bands.
- ``logarithm``: their logarithms, in which brightness is a constant.
- ``ratios``: ln R750, and the seven other bands' logarithms minus it: shape without brightness.
- ``angles``: the two angles and ln R750, which carry iron, titanium and maturity.
"""

from __future__ import annotations

import numpy as np

from lunar_oxide_plugin.core.spectra.bands import MODEL_BANDS
from lunar_oxide_plugin.core.spectra.empirical import OTAKE_PUBLISHED

from ..domain import FLOOR
from ..graph import Graph
from ..tables import FloatArray
from .angles import BAND_INDEX, DARKEST_750, TITANIUM_ANGLE, iron_angle, titanium_angle

_BANDS = len(MODEL_BANDS)
_R750 = BAND_INDEX[1]

_IDENTITY = np.eye(2 * _BANDS + 2)
_LN = _IDENTITY[:, _BANDS : 2 * _BANDS]
_LN750 = _LN[:, [_R750]]

#: Basis to features, each (18, features).
FEATURES: dict[str, FloatArray] = {
    "reflectance": _IDENTITY[:, :_BANDS],
    "logarithm": _LN,
    "ratios": np.concatenate([_LN750, np.delete(_LN, _R750, axis=1) - _LN750], axis=1),
    "angles": np.concatenate([_IDENTITY[:, 2 * _BANDS :], _LN750], axis=1),
}


def basis(reflectance: FloatArray) -> FloatArray:
    """Basis of spectra, shape (n, 18), of reflectance (n, 8)."""
    positive = np.maximum(reflectance, FLOOR)
    angles = np.stack([iron_angle(reflectance), titanium_angle(reflectance)], axis=1)
    return np.concatenate([positive, np.log(positive), angles], axis=1)


def add_basis(graph: Graph) -> str:
    """Add the basis to a graph: float32 (18, n)."""
    floor = graph.floats("spectral_floor", FLOOR)
    spectra = graph.node("Max", ["reflectance", floor], "spectral_positive")
    logarithm = graph.node("Log", [spectra], "spectral_logarithm")
    rows = {
        nm: graph.rows(f"spectral_r{nm}", spectra, row, row + 1)
        for nm, row in zip((415, 750, 950), BAND_INDEX)
    }
    r750 = graph.node("Max", [rows[750], graph.floats("darkest_750", DARKEST_750)], "angle_r750")
    fe = _add_angle(graph, "theta_fe_falling", (rows[950], r750), OTAKE_PUBLISHED.fe_origin)
    fe = graph.node("Neg", [fe], "theta_fe")
    ti = _add_angle(graph, TITANIUM_ANGLE, (rows[415], r750), OTAKE_PUBLISHED.ti_origin)
    return graph.node("Concat", [spectra, logarithm, fe, ti], "spectral_basis", axis=0)


def _add_angle(graph: Graph, name: str, bands: tuple[str, str], origin: tuple[float, float]) -> str:
    """atan((band / R750 - y0) / (R750 - x0))."""
    ratio = graph.node("Div", list(bands), f"{name}_ratio")
    rise = graph.node("Sub", [ratio, graph.floats(f"{name}_y0", origin[1])], f"{name}_rise")
    run = graph.node("Sub", [bands[1], graph.floats(f"{name}_x0", origin[0])], f"{name}_run")
    return graph.node("Atan", [graph.node("Div", [rise, run], f"{name}_slope")], name)
