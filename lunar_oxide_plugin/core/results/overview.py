"""A small image of a raster."""

from __future__ import annotations

from collections.abc import Sequence
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray


class Overview(NamedTuple):
    """A band of a raster in few pixels, and where it lies."""

    #: float32 [height, width], NaN where no data
    values: NDArray[np.float32]
    #: left, right, bottom, top on the axes
    extent: tuple[float, float, float, float]
    #: what one unit on the axes is: "°" or "km"
    unit: str
    #: map units of the raster in one unit on the axes
    scale: float
    #: height of one unit on the page beside the width of one
    aspect: float


class UnitMap(NamedTuple):
    """A band of a raster, and the rings [n, 2] of each unit on the axes of its image."""

    band: str
    image: Overview
    outlines: Sequence[Sequence[NDArray[np.float64]]]
