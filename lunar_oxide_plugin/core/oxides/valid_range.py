"""The valid range of each quantity a raster may hold: a value outside is not a measurement.

Files hold fill values that no nodata tag matches: -3.4028235e38 beside a tag of -3.4e38, -32768,
-9999.9, 255, 1e20. Taken as measurements they are highlands, or a mean of -3e37 wt%.
"""

from __future__ import annotations

from typing import NamedTuple

from .oxides import MG_NUMBER, oxide_described
from .uncertainty import uncertainty_name

#: Band description of the distance from the model's training domain.
DOMAIN_DISTANCE = "domain distance"

#: Values within the range of any quantity that mean nodata by custom: ASCII grids, GDAL, ISIS
#: and netCDF. No height on the Moon in m is so low (the lowest is -9130).
_FILLS = (-9999.0, -9999.9, -32767.0, -32768.0, -99999.0, -999999.0, -2147483648.0)


class ValidRange(NamedTuple):
    """Lowest and highest value that may be a measurement."""

    low: float
    high: float
    unit: str = ""
    #: Negative values between them that are not measurements.
    fills: tuple[float, ...] = ()

    def __str__(self) -> str:
        """For messages: "-20 to 65.53 wt%"."""
        return f"{self.low:g} to {self.high:g} {self.unit}".rstrip()

    def before(self, factor: float) -> ValidRange:
        """That of numbers which a factor brings into this range's unit."""
        return self if factor == 1 else ValidRange(self.low / factor, self.high / factor)


#: Of any quantity: the fill values of netCDF (1e20, 9.97e36) and those at the end of float32 lie
#: outside, and no quantity that is mapped.
ANY = ValidRange(-1e15, 1e15, fills=_FILLS)

#: Above the 65 wt% that a model gives at most of all five oxides, more than any rock holds, and
#: below 65.535, which is the fill value 65535 in steps of 0.001. A content cannot be negative
#: either, but what is computed may be, and has to stay, as means would be too high without it:
#: models that are linear in the spectrum cross zero, by noise or outside of their training domain.
#: FeO by Lucey et al. (2000, JGR 105, 20297) is -7.6 wt% where R950/R750 is 1.19, the origin of its
#: angle, below which lunar soils stay; -20 leaves as much again.
OXIDE = ValidRange(-20.0, 65.53, "wt%")

#: A molar fraction, but for rounding.
MAGNESIUM_NUMBER = ValidRange(-0.001, 1.001)

#: A standard deviation of a content, which is at most 100 wt%.
SIGMA = ValidRange(0.0, 100.0)

#: A distance, which has no upper end.
DISTANCE = ValidRange(0.0, ANY.high)

#: End of the description of a band of standard deviations.
_SIGMA_OF = uncertainty_name("")


def valid_range(content: str) -> ValidRange:
    """Valid range of what a band is described to hold; `ANY` when that is not known.

    As "FeO", "FeO (wt%)", "Mg#", "FeO 1 sigma" or "domain distance".
    """
    described = content.strip()
    if described.endswith(_SIGMA_OF):
        of = valid_range(described[: -len(_SIGMA_OF)])
        return SIGMA if of is not ANY else SIGMA._replace(high=ANY.high)
    if oxide_described(described):
        return OXIDE
    if described.lower() == MG_NUMBER.lower():
        return MAGNESIUM_NUMBER
    return DISTANCE if described == DOMAIN_DISTANCE else ANY
