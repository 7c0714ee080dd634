"""Spectra of sites, averaged over a few pixels, and the table that training reads."""

from __future__ import annotations

import math
from collections.abc import Sequence
from typing import Any, NamedTuple

import numpy as np
from numpy.typing import NDArray

from ..oxides.oxides import OXIDES
from ..spectra.bands import MODEL_BANDS

#: What became of a site.
SAMPLED, OUTSIDE = "sampled", "outside the raster"
NO_VALID_PIXEL, NO_POSITION = "no valid pixel", "no position"

#: Columns of mean reflectance and of its standard deviation, in model order.
MEAN_COLUMNS = tuple(f"r{band.nominal}" for band in MODEL_BANDS)
STD_COLUMNS = tuple(f"s{band.nominal}" for band in MODEL_BANDS)

#: Columns that are copied from the sites to the results.
SOURCE_COLUMNS = ("chemistry_source", "position_source", "position_quality")

#: Columns of the table and their types; oxides that no site has are left out.
COLUMNS: dict[str, type] = {
    "site": str,
    "mission": str,
    **dict.fromkeys(MEAN_COLUMNS, float),
    **dict.fromkeys(OXIDES, float),
    "chemistry_source": str,
    "reflectance_source": str,
    "status": str,
    "pixels": int,
    **dict.fromkeys(STD_COLUMNS, float),
    "longitude": float,
    "latitude": float,
    "position_source": str,
    "position_quality": str,
    "synthetic": str,
}

#: Of reflectance 1/200 of a DN, without float32's noise; of degrees 3 mm.
_DECIMALS = 7


class Site(NamedTuple):
    """A place and what is known of it."""

    site: str
    mission: str
    #: x and y in the sites' own CRS; None where not known.
    point: tuple[float, float] | None
    #: wt%, of the oxides that are known.
    oxides: dict[str, float]
    #: Text by the names of `SOURCE_COLUMNS`.
    sources: dict[str, str]


#: Of samples without a pixel, which share it: nobody may write into it.
_UNDEFINED = np.full(len(MODEL_BANDS), np.nan)
_UNDEFINED.flags.writeable = False


class Sample(NamedTuple):
    """What a raster holds at a site."""

    status: str
    #: Number of valid pixels behind the mean.
    pixels: int = 0
    #: Mean reflectance and sample standard deviation (n - 1), [8] each; NaN where undefined.
    mean: NDArray[np.float64] = _UNDEFINED
    std: NDArray[np.float64] = _UNDEFINED
    #: The raster it comes from, and how.
    source: str = ""
    synthetic: bool = False


def first_pixel(position: float, size: int) -> int:
    """First of the `size` neighbouring pixels whose centres are nearest to a position.

    Positions are in pixels along a row or column; whole numbers are edges of pixels. With size 3
    it is the pixel of the position and one on either side, with 2 the two pixels whose centres lie
    on either side of it.
    """
    return math.floor(position - (size - 1) / 2)


def window_sample(
    reflectance: NDArray[np.floating], valid: NDArray[np.bool_], source: str, synthetic: bool
) -> Sample:
    """Average the valid pixels [height, width] of a window of reflectance [8, height, width]."""
    spectra = reflectance[:, valid].astype(np.float64)
    pixels = spectra.shape[1]
    if pixels == 0:
        return Sample(NO_VALID_PIXEL)
    std = spectra.std(axis=1, ddof=1) if pixels > 1 else np.full(len(spectra), np.nan)
    return Sample(SAMPLED, pixels, spectra.mean(axis=1), std, source, synthetic)


def table_columns(sites: Sequence[Site]) -> dict[str, type]:
    """Columns that a table of these sites has, and their types."""
    known = {oxide for site in sites for oxide in site.oxides}
    return {name: kind for name, kind in COLUMNS.items() if name not in OXIDES or name in known}


def table_row(site: Site, sample: Sample, lon_lat: tuple[float, float] | None) -> dict[str, Any]:
    """Values by the names of `COLUMNS`, None where there is none; the place in degrees."""
    lon, lat = lon_lat or (None, None)
    values = {
        "site": site.site,
        "mission": site.mission,
        **dict(zip(MEAN_COLUMNS, sample.mean.tolist())),
        **site.oxides,
        **site.sources,
        "reflectance_source": sample.source,
        "status": sample.status,
        "pixels": sample.pixels,
        **dict(zip(STD_COLUMNS, sample.std.tolist())),
        "longitude": lon,
        "latitude": lat,
        "synthetic": "SYNTHETIC" if sample.synthetic else "",
    }
    return {name: _plain(values.get(name)) for name in COLUMNS}


def _plain(value: Any) -> Any:
    if isinstance(value, float):
        return None if math.isnan(value) else round(value, _DECIMALS)
    return value or None if isinstance(value, str) else value
