"""Which band of a raster is which MI band."""

from __future__ import annotations

import re
from collections.abc import Sequence

from osgeo import gdal

from ..core.bands import ARCHIVE_BANDS, MODEL_BANDS, Band
from ..core.errors import RasterError

#: How far a stated wavelength may lie from the band's, in nm. Literature and
#: labels differ by up to 2 nm; the closest bands are 49 nm apart but for the
#: pair near 1 micron, which is told apart by the exact value or the filter name.
_TOLERANCE = 4.0

_FILTER = re.compile(r"(?<![A-Za-z0-9])(MV[1-5]|MN[1-4])(?![0-9])", re.IGNORECASE)
_MICROMETRES = re.compile(r"(\d*\.\d+)\s*_?(?:[uµμ]m|microns?|micromet)", re.IGNORECASE)
_NANOMETRES = re.compile(r"(?<![\d.])(\d{3,4}(?:\.\d+)?)(?:\s*_?nm)?(?![\d.])", re.IGNORECASE)


def model_band_numbers(dataset: gdal.Dataset, name: str) -> tuple[tuple[int, ...], str]:
    """Find the eight model bands in a raster.

    Looked for, in this order: filter names and wavelengths in the band
    descriptions, the dataset's CENTER_FILTER_WAVELENGTH (as GDAL's PDS driver
    keeps it), and the number of bands: nine are the archive's, in its order,
    eight are the models', in theirs.

    Returns
    -------
    numbers : tuple of int
        1-based band numbers in the order of `bands.MODEL_BANDS`.
    note : str
        What was assumed, for the log; empty when the file says it.

    Raises
    ------
    RasterError
        When a band is missing or cannot be told.
    """
    count = dataset.RasterCount
    descriptions = [dataset.GetRasterBand(i + 1).GetDescription() or "" for i in range(count)]
    stated = dataset.GetMetadataItem("CENTER_FILTER_WAVELENGTH") or ""
    # GDAL keeps it as "(414.0, 749.0, ...) <nm>" or with the unit behind each value.
    from_metadata = re.findall(r"\d{3,4}(?:\.\d+)?", stated)
    for labels in (descriptions, from_metadata):
        bands = [_recognised(label) for label in labels]
        if len(bands) == count and sum(band is not None for band in bands) >= len(MODEL_BANDS) - 1:
            return _numbers(bands, name), ""
    order = " ".join(str(band.nominal) for band in MODEL_BANDS)
    if from_metadata and len(from_metadata) != count:
        raise RasterError(
            f"{name} has {count} bands, but its CENTER_FILTER_WAVELENGTH names "
            f"{len(from_metadata)}: bands were left out. Give the numbers of {order} nm in BANDS."
        )
    _refuse_contradiction([_recognised(label) for label in descriptions], name)
    if count == len(ARCHIVE_BANDS):
        note = (
            f"{name} does not name its nine bands; they were taken to be in the order of the "
            f"archive ({' '.join(band.filter for band in ARCHIVE_BANDS)})."
        )
        return _numbers(list(ARCHIVE_BANDS), name), note
    if count == len(MODEL_BANDS):
        note = f"{name} does not name its eight bands; they were taken to be {order} nm."
        return tuple(range(1, count + 1)), note
    raise RasterError(
        f"{name} has {count} bands and does not say which wavelengths they are; eight are needed: "
        f"{order} nm. Give their band numbers in BANDS, in this order."
    )


def checked_band_numbers(numbers: Sequence[int], count: int, name: str) -> tuple[int, ...]:
    """A user's own band numbers, in model order.

    Raises
    ------
    RasterError
        When there are not eight different ones, all of which exist.
    """
    given = " ".join(map(str, numbers))
    if len(numbers) != len(MODEL_BANDS) or len(set(numbers)) != len(numbers):
        raise RasterError(
            f"BANDS needs {len(MODEL_BANDS)} different band numbers, in the order "
            f"{' '.join(str(band.nominal) for band in MODEL_BANDS)} nm; it has: {given}."
        )
    if min(numbers) < 1 or max(numbers) > count:
        raise RasterError(f"BANDS is {given}, but {name} has the bands 1 to {count}.")
    return tuple(numbers)


def _recognised(label: str) -> Band | None:
    filters = _FILTER.findall(label)
    if len(filters) == 1:
        return next(band for band in ARCHIVE_BANDS if band.filter == filters[0].upper())
    micrometres = [1000 * float(text) for text in _MICROMETRES.findall(label)]
    for value in micrometres or map(float, _NANOMETRES.findall(label)):
        nearest = min(
            ARCHIVE_BANDS, key=lambda b: min(abs(b.centre - value), abs(b.nominal - value))
        )
        if min(abs(nearest.centre - value), abs(nearest.nominal - value)) <= _TOLERANCE:
            return nearest
    return None


def _refuse_contradiction(bands: Sequence[Band | None], name: str) -> None:
    """Refuse to assume an order that the few recognised names speak against."""
    assumed = {len(order): order for order in (ARCHIVE_BANDS, MODEL_BANDS)}.get(len(bands), ())
    for number, (band, expected) in enumerate(zip(bands, assumed), start=1):
        if band is not None and abs(band.centre - expected.centre) > _TOLERANCE:
            raise RasterError(
                f"{name} names only some of its {len(bands)} bands, and band {number} is "
                f"{band.nominal} nm where the usual order has {expected.nominal} nm. Give the "
                f"numbers of {' '.join(str(b.nominal) for b in MODEL_BANDS)} nm in BANDS."
            )


def _numbers(bands: Sequence[Band | None], name: str) -> tuple[int, ...]:
    filters = [band.filter if band else "" for band in bands]
    # Many write "1000 nm" for the one micron band they kept; MN1 is it only beside MV5.
    if "MV5" not in filters:
        filters = ["MV5" if found == "MN1" else found for found in filters]
    numbers = []
    for band in MODEL_BANDS:
        matches = [i + 1 for i, found in enumerate(filters) if found == band.filter]
        if len(matches) != 1:
            problem = f"more than one band ({matches})" if matches else "no band"
            raise RasterError(
                f"{name} has {problem} of {band.nominal} nm ({band.filter}). All eight bands "
                f"{' '.join(str(b.nominal) for b in MODEL_BANDS)} nm are needed once; if the names "
                "in the file are wrong, give the band numbers in BANDS."
            )
        numbers.append(matches[0])
    return tuple(numbers)
