"""MI's invalid codes: the one place that says which DN are not measurements.

Sources mask them as they read (`MiSource`), and a VRT of a mosaic maps them to nodata. Nothing
else knows them but the demo scenes, which contain each.
"""

from __future__ import annotations

from collections.abc import Collection, Iterable
from enum import IntEnum

import numpy as np
from numpy.typing import NDArray


class InvalidCode(IntEnum):
    """DN of MI MAP V2 and V3 tiles and level 3C5 strips, by INVALID_TYPE of their labels."""

    SATURATION = -20000
    MINUS = -21000
    DUMMY_DEFECT = -22000
    OTHER = -23000
    #: OUT_OF_IMAGE_BOUNDS_VALUE.
    OUTSIDE_IMAGE = -30000


def invalid_codes(stated: Iterable[int] = ()) -> tuple[int, ...]:
    """The codes of a product: those of all products, and those its label states."""
    return tuple(dict.fromkeys([*stated, *map(int, InvalidCode)]))


def mask_codes(stored: NDArray[np.float32], codes: Iterable[int]) -> None:
    """Make NaN of codes among stored values, in place."""
    for code in codes:
        stored[stored == code] = np.nan


def lookup_table(nodata: float, codes: Collection[int]) -> str:
    """GDAL's lookup table (LUT of a VRT's source) from Int16 DN without codes to themselves.

    Codes below zero and all DN below the highest of them become nodata, which is right as a
    negative reflectance is none; codes above zero become nodata one by one.
    """
    highest = max(code for code in codes if code < 0)
    steps = [(highest, f"{nodata:.0f}"), (highest + 1, highest + 1)]
    for code in sorted(code for code in codes if code > 0):
        steps += [(code - 1, code - 1), (code, f"{nodata:.0f}"), (code + 1, code + 1)]
    return ",".join(f"{dn}:{value}" for dn, value in [*steps, (32767, 32767)])
