"""Colour composites of three bands."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray

from .pieces import pieces

#: Lower and upper limit of a stretch.
Limits = tuple[float, float]

#: Limits in wt% of the composites of Zhang et al. (2023), Icarus 397, 115505:
#: the Mairan domes (Fig. 8) and the irregular mare patch Sosigenes (Fig. 9).
PUBLISHED_STRETCHES: dict[str, dict[str, Limits]] = {
    "Mairan": {"FeO": (0.50, 31.10), "MgO": (1.48, 13.81), "Al2O3": (9.17, 32.50)},
    "Sosigenes": {"FeO": (15.50, 25.58), "MgO": (4.31, 9.43), "Al2O3": (7.52, 17.12)},
}


def to_rgba(values: NDArray[np.floating], limits: Sequence[Limits]) -> NDArray[np.uint8]:
    """Stretch three bands linearly to colours.

    Parameters
    ----------
    values : ndarray, shape (3, height, width)
        Red, green and blue; NaN where no data.
    limits : sequence of three (low, high)
        Values that become 0 and 255; values beyond are clipped.

    Returns
    -------
    ndarray of uint8, shape (4, height, width)
        RGBA; transparent black where any band has no data.
    """
    rgba = np.zeros((4, *values.shape[1:]), np.uint8)
    for rows in pieces(*values.shape[1:]):
        valid = np.isfinite(values[:, rows]).all(axis=0)
        for colour, band, (low, high) in zip(rgba, values, limits):
            share = (band[rows].astype(np.float64) - low) / (high - low)
            share[~valid] = 0
            colour[rows] = np.rint(255 * np.clip(share, 0, 1))
        rgba[3, rows] = np.where(valid, 255, 0)
    return rgba
