"""Kaguya Multiband Imager (MI) bands.

Centre wavelengths and filter names are those of the MI MAP V3 labels
(CENTER_FILTER_WAVELENGTH, FILTER_NAME); the nominal wavelengths are the ones
used in the literature, for example Zhang et al. (2023), Icarus 397, 115505.
"""

from typing import NamedTuple


class Band(NamedTuple):
    """One MI band: filter name, centre wavelength and nominal wavelength in nm."""

    filter: str
    centre: float
    nominal: int


#: The nine bands of an MI MAP image, in file order: not sorted by wavelength,
#: and with two bands near 1 micron (MV5 of the VIS, MN1 of the NIR detector).
ARCHIVE_BANDS = (
    Band("MV1", 414.0, 415),
    Band("MV2", 749.0, 750),
    Band("MV3", 901.0, 900),
    Band("MV4", 950.0, 950),
    Band("MV5", 1001.0, 1001),
    Band("MN1", 1000.0, 1000),
    Band("MN2", 1049.0, 1050),
    Band("MN3", 1248.0, 1250),
    Band("MN4", 1548.0, 1550),
)

#: The eight bands a model reads, in the order of its input: all but MN1.
MODEL_BANDS = tuple(band for band in ARCHIVE_BANDS if band.filter != "MN1")

#: Reflectance per DN of MI MAP products (SCALING_FACTOR of the labels).
DN_SCALE = 2e-5

#: Reflectance from which MI MAP counts a pixel as saturated (REF_SATURATION_THRESHOLD).
SATURATED_REFLECTANCE = 0.65534

#: Reflectance up to which MI MAP V3 counts a pixel as shadow (SHADOWED_AREA_MAXIMUM 500 DN).
SHADOW_REFLECTANCE = 500 * DN_SCALE
