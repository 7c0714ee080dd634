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
from lunar_oxide_plugin.core.spectra.empirical import OTAKE_PUBLISHED, theta_fe, theta_ti

from ..domain import FLOOR
from ..graph import DOUBLE, FLOAT, Graph
from ..tables import FloatArray
from .angles import BAND_INDEX

_BANDS = len(MODEL_BANDS)
_R750 = BAND_INDEX[1]

#: The angles are not defined at and below their origin of 0.037 in R750, far darker than any
#: sunlit pixel of the training sites (0.051): such pixels get the angle of this R750.
DARKEST_750 = OTAKE_PUBLISHED.fe_origin[0] + 0.001

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
    r415, r750, r950 = positive[:, BAND_INDEX].T
    r750 = np.maximum(r750, DARKEST_750)
    angles = [
        theta_fe(r750, r950, OTAKE_PUBLISHED.fe_origin),
        theta_ti(r415, r750, OTAKE_PUBLISHED.ti_origin),
    ]
    return np.concatenate([positive, np.log(positive), np.stack(angles, axis=1)], axis=1)


def add_basis(graph: Graph) -> str:
    """Add the basis to a graph: float64 (18, n)."""
    floor = graph.floats("spectral_floor", FLOOR)
    positive = graph.node("Max", ["reflectance", floor], "spectral_positive")
    spectra = graph.cast(positive, DOUBLE, "spectral_double")
    logarithm = graph.node("Log", [spectra], "spectral_logarithm")
    rows = {
        nm: graph.rows(f"spectral_r{nm}", spectra, row, row + 1)
        for nm, row in zip((415, 750, 950), BAND_INDEX)
    }
    darkest = graph.doubles("darkest_750", DARKEST_750)
    r750 = graph.node("Max", [rows[750], darkest], "angle_r750")
    fe = _add_angle(graph, "theta_fe", (rows[950], r750), OTAKE_PUBLISHED.fe_origin)
    fe = graph.node("Neg", [fe], "theta_fe_rising")
    ti = _add_angle(graph, "theta_ti", (rows[415], r750), OTAKE_PUBLISHED.ti_origin)
    return graph.node("Concat", [spectra, logarithm, fe, ti], "spectral_basis", axis=0)


def _add_angle(graph: Graph, name: str, bands: tuple[str, str], origin: tuple[float, float]) -> str:
    """atan((band / R750 - y0) / (R750 - x0)); onnxruntime has no float64 arctangent."""
    ratio = graph.node("Div", list(bands), f"{name}_ratio")
    rise = graph.node("Sub", [ratio, graph.doubles(f"{name}_y0", origin[1])], f"{name}_rise")
    run = graph.node("Sub", [bands[1], graph.doubles(f"{name}_x0", origin[0])], f"{name}_run")
    slope = graph.cast(graph.node("Div", [rise, run], f"{name}_slope"), FLOAT, f"{name}_single")
    return graph.cast(graph.node("Atan", [slope], f"{name}_angle"), DOUBLE, name)
