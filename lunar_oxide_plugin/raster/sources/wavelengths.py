"""Which band of a raster is which MI band."""

from __future__ import annotations

import json
import re
from collections.abc import Iterator, Sequence
from typing import Any, NamedTuple

from osgeo import gdal

from ...core.errors import RasterError
from ...core.spectra.bands import ARCHIVE_BANDS, MODEL_BANDS, Band
from ..gdal_io.gdal_text import band_names, metadata, metadata_text, text_of
from ..gdal_io.virtual_files import file_name, opened_quietly
from ..gdal_io.vrt_sources import vrt_sources
from .auxiliary_bands import alpha_band

#: How far a stated wavelength may lie from the band's, in nm. Literature and
#: labels differ by up to 2 nm; the closest bands are 49 nm apart but for the
#: pair near 1 micron, which is distinguished by the exact value or the filter name.
_TOLERANCE = 4.0

_FILTER = re.compile(r"(?<![A-Za-z0-9])(MV[1-5]|MN[1-4])(?![0-9])", re.IGNORECASE)
_MICROMETRES = re.compile(
    r"(?<![\d.])(\d\.\d+)[\s_]*(?:[uµμ]m|microns?|micromet)(?![a-z]*/)", re.IGNORECASE
)
_NANOMETRES = re.compile(
    r"(?<![\d.])(\d{3,4}(?:\.\d+)?)[\s_]*(?:nm|nanomet)(?![a-z]*/)", re.IGNORECASE
)
_BARE_NANOMETRES = re.compile(r"(?<![\d.])(\d{3,4}(?:\.\d+)?)(?!\.?\d)")
_BARE_MICROMETRES = re.compile(r"(?<![\d.A-Za-z])([01]\.\d{2,4})(?!\.?\d)")

#: Of each band of a VRT so many files are asked.
_MOST_SOURCES = 20

_RATIO = re.compile(r"\d[^\d/]*/[^\d/]*\d")

_NOMINALS = tuple(band.nominal for band in MODEL_BANDS)
_ORDER = " ".join(map(str, _NOMINALS))

#: The two bands near 1 micron: of the VIS detector, which the models use, and of the NIR detector.
_MV5, _MN1 = (band for band in ARCHIVE_BANDS if band.filter in ("MV5", "MN1"))


class Recognised(NamedTuple):
    """A band found in a text, and whether the text leaves no doubt.

    Many write "1000 nm" for MV5, whose centre is 1001 nm, which then reads like
    MN1: only the filter name or a second band near 1 micron settles it.
    """

    band: Band
    certain: bool


class BandChoice(NamedTuple):
    """The eight model bands of a raster."""

    #: 1-based band numbers in the order of `bands.MODEL_BANDS`.
    numbers: tuple[int, ...]
    #: What they were identified from, for the report.
    told_by: str
    #: What was assumed, for the log; empty when the file says it.
    note: str = ""


def model_band_numbers(dataset: gdal.Dataset, name: str) -> BandChoice:
    """Find the eight model bands in a raster.

    Looked for, in this order: filter names and wavelengths in the band
    descriptions; in the metadata of the bands (``wavelength``, as from ENVI
    headers); in the files a VRT is made of, as GDAL's own VRTs drop the names
    of bands; in the metadata of the dataset (CENTER_FILTER_WAVELENGTH of PDS
    labels, ``wavelength``, the BandBin group of ISIS cubes); and the number of
    bands: nine are the archive's, in its order, eight are the models', in theirs.

    RasterError when a band is missing or cannot be determined.
    """
    count = _count(dataset)
    left_out = None
    for told_by, found in _statements(dataset):
        if _complete(found) and len(found) == count:
            return BandChoice(_numbers(found, name), told_by)
        if _complete(found):
            left_out = f"{told_by} names {len(found)}"
    if left_out:
        raise RasterError(
            f"{name} has {count} bands, but {left_out}: bands were left out or added. Give the "
            f"numbers of {_ORDER} nm in BANDS."
        )
    _refuse_contradiction([recognised(text) for text in _descriptions(dataset)], name)
    if count == len(ARCHIVE_BANDS):
        note = (
            f"{name} does not name its nine bands; they were taken to be in the order of the "
            f"archive ({' '.join(band.filter for band in ARCHIVE_BANDS)})."
        )
        archive = [Recognised(band, True) for band in ARCHIVE_BANDS]
        return BandChoice(_numbers(archive, name), "their number, nine", note)
    if count == len(MODEL_BANDS):
        note = f"{name} does not name its eight bands; they were taken to be {_ORDER} nm."
        return BandChoice(tuple(range(1, count + 1)), "their number, eight", note)
    raise RasterError(
        f"{name} has {count} band{'' if count == 1 else 's'} and does not say which wavelengths "
        f"they are; eight are needed: {_ORDER} nm. Give their band numbers in BANDS, in this order."
    )


def bands_of_wavelengths(dataset: gdal.Dataset, nominals: Sequence[int]) -> tuple[int, ...] | None:
    """Band numbers of some wavelengths (nominal, nm), identified as in `model_band_numbers`.

    For rasters of other instruments as well: only these bands need names. None
    where no statement names each of them once.
    """
    for _, found in _statements(dataset):
        named = [match.band.nominal if match else None for match in found]
        if len(named) == dataset.RasterCount and all(named.count(nm) == 1 for nm in nominals):
            return tuple(named.index(nm) + 1 for nm in nominals)
    return None


def sign_of_mi(dataset: gdal.Dataset) -> str:
    """What in a raster's names of bands only MI has, "" when there is nothing.

    Filter names (MV1 ... MN4), or a band at 1050 or 1550 nm: Clementine measured
    at 415, 750, 900, 950 and 1000 nm (UVVIS) and 1100, 1250, 1500, 2000, 2600 and
    2780 nm (NIR).
    """
    lists = [_descriptions(dataset), *(texts for _, texts in _dataset_lists(dataset))]
    named = _FILTER.search(" ".join(text for texts in lists for text in texts))
    if named:
        return f"the filter name {named[0]}"
    for _, found in _statements(dataset):
        for match in found:
            if match and match.band.nominal in (1050, 1550):
                return f"a band of {match.band.nominal} nm"
    return ""


def band_of_file(dataset: gdal.Dataset, file_name: str) -> Recognised | None:
    """The MI band a raster of one band holds, from its description, metadata or file name."""
    band = dataset.GetRasterBand(1)
    return (
        recognised(text_of(band.GetDescription()))
        or _of_band_metadata(band)
        or recognised(file_name, is_file_name=True)
    )


def without_band(file_name: str) -> str:
    """A file's name with all that may name its band replaced by a star.

    Files of one set, one a wavelength, have the same name then.
    """
    name = re.sub(r"(?i)(?<![a-z])b(?:and)?_?\d{1,2}(?![0-9])", "*", file_name)
    for pattern in (_FILTER, _MICROMETRES, _NANOMETRES):
        name = pattern.sub("*", name)
    return _BARE_NANOMETRES.sub(
        lambda match: "*" if _nearest(float(match[1])) is not None else match[0], name
    )


def checked_band_numbers(
    numbers: Sequence[int],
    count: int,
    name: str,
    wavelengths: Sequence[int] = _NOMINALS,
    data: str = "",
) -> tuple[int, ...]:
    """A user's own numbers of the bands of some wavelengths, by default those of the models.

    In the order of the wavelengths.

    RasterError when there are not as many different ones, all of which exist.
    """
    given, order = (" ".join(map(str, each)) for each in (numbers, wavelengths))
    if len(numbers) != len(wavelengths) or len(set(numbers)) != len(numbers):
        raise RasterError(
            f"BANDS needs {len(wavelengths)} different band numbers{data}, in the order "
            f"{order} nm; it has: {given}."
        )
    if min(numbers) < 1 or max(numbers) > count:
        raise RasterError(f"BANDS is {given}, but {name} has the bands 1 to {count}.")
    return tuple(numbers)


def recognised(text: str, *, is_file_name: bool = False) -> Recognised | None:
    """The MI band a text names; None when it names none, more than one, or a ratio.

    Such as ``MV2``, ``749 nm``, ``0.749 Micrometers``, ``Band 2 (749)``. In a file name, decimals
    without a unit are not wavelengths: they may be a version.
    """
    if _RATIO.search(text) and not is_file_name:
        return None
    filters = {name.upper() for name in _FILTER.findall(text)}
    if filters:
        named = [band for band in ARCHIVE_BANDS if band.filter in filters]
        return Recognised(named[0], True) if len(named) == 1 else None
    readings = [
        [1000 * float(value) for value in _MICROMETRES.findall(text)]
        + [float(value) for value in _NANOMETRES.findall(text)],
        [float(value) for value in _BARE_NANOMETRES.findall(text)],
        [] if is_file_name else [1000 * float(value) for value in _BARE_MICROMETRES.findall(text)],
    ]
    for values in readings:  # a number with its unit counts more than one without
        bands = {band for band in map(_nearest, values) if band is not None}
        if len(bands) == 1:
            band = bands.pop()
            return Recognised(band, band is not _MN1)
        if bands:
            return None
    return None


def _nearest(nanometres: float) -> Band | None:
    def distance(band: Band) -> float:
        return min(abs(band.centre - nanometres), abs(band.nominal - nanometres))

    band = min(ARCHIVE_BANDS, key=distance)
    if distance(band) > _TOLERANCE:
        return None
    # Between the two bands near 1 micron, nearer than half a nanometre to either is neither.
    if band in (_MV5, _MN1) and distance(_MV5) == distance(_MN1):
        return _MN1
    return band


def _statements(
    dataset: gdal.Dataset, of_sources: bool = True
) -> Iterator[tuple[str, list[Recognised | None]]]:
    """All that a raster says of its bands, and where it says so, the most reliable first."""
    yield "the band descriptions", [recognised(text) for text in _descriptions(dataset)]
    bands = [dataset.GetRasterBand(i + 1) for i in range(_count(dataset))]
    yield "the bands' metadata", [_of_band_metadata(band) for band in bands]
    if of_sources:
        yield "the files of the VRT", _of_vrt_sources(dataset)
    for key, texts in _dataset_lists(dataset):
        yield f"{key} of the metadata", [recognised(text) for text in texts]


def _count(dataset: gdal.Dataset) -> int:
    """Number of bands without an alpha band at their end, as gdalwarp adds one."""
    return int(dataset.RasterCount) - (alpha_band(dataset) is not None)


def _descriptions(dataset: gdal.Dataset) -> list[str]:
    return band_names(dataset, _count(dataset))


def _of_band_metadata(band: gdal.Band) -> Recognised | None:
    """The wavelength in a band's metadata, with its unit when that is given beside it."""
    for domain in ("", "IMAGERY"):
        items = metadata(band, domain)
        unit = next((v for k, v in items.items() if re.search(r"(?i)wavelength.?unit", k)), "")
        for key, value in items.items():
            if re.search(r"(?i)wavelength(?!.?unit)|^filter.?name$", key):
                suffix = re.search(r"(?i)_(um|nm)$", key)
                found = recognised(f"{value} {suffix[1] if suffix else unit}")
                if found:
                    return found
    return None


def _of_vrt_sources(dataset: gdal.Dataset) -> list[Recognised | None]:
    """What the first files of a VRT's bands say of them; None where they disagree."""
    files: dict[str, list[Recognised | None]] = {}
    found = []
    for sources in vrt_sources(dataset)[: _count(dataset)]:
        said = []
        for source in sources[:_MOST_SOURCES]:
            if source.path not in files:
                files[source.path] = _of_file(source.path)
            bands = files[source.path]
            said.append(bands[source.band - 1] if source.band <= len(bands) else None)
        found.append(said[0] if said and len(set(said)) == 1 else None)
    return found


def _of_file(path: str) -> list[Recognised | None]:
    """The bands a file names in any way, as far as GDAL can open it."""
    dataset = opened_quietly(path)
    if dataset is None:
        return []
    if dataset.RasterCount == 1:
        return [band_of_file(dataset, file_name(path))]
    # Not what its own files say, if it is a VRT too: two VRTs can name each other.
    for _, found in _statements(dataset, of_sources=False):
        if _complete(found) and len(found) == _count(dataset):
            return found
    return []


def _dataset_lists(dataset: gdal.Dataset) -> Iterator[tuple[str, list[str]]]:
    """Lists of the dataset's metadata that may name its bands in their order."""
    items = metadata(dataset)
    unit = next((v for k, v in items.items() if re.search(r"(?i)wavelength.?unit", k)), "")
    for key, text in items.items():
        # GDAL keeps it as "(414.0, 749.0, ...) <nm>" or with the unit behind each value.
        if re.search(r"(?i)filter.?name", key):
            yield key, _FILTER.findall(text)
        elif re.search(r"(?i)wavelength(?!.?unit)", key):
            yield key, [f"{v} {unit}" for v in re.findall(r"\d+(?:\.\d+)?", text)]
    band_bin = _isis_band_bin(dataset)
    for key in ("FilterName", "Center"):
        values = band_bin.get(key)
        if isinstance(values, list):  # of values, or of values with their units
            plain = [each.get("value") if isinstance(each, dict) else each for each in values]
            yield f"BandBin {key}", list(map(str, plain))


def _isis_band_bin(dataset: gdal.Dataset) -> dict[str, Any]:
    """The BandBin group of an ISIS cube."""
    try:
        band_bin = json.loads(metadata_text(dataset, "json:ISIS3"))["IsisCube"]["BandBin"]
    except (ValueError, KeyError, TypeError):  # no valid JSON, or a cube without the group
        return {}
    return band_bin if isinstance(band_bin, dict) else {}


def _complete(found: Sequence[Recognised | None]) -> bool:
    """Whether the bands are named, but for one that a message then can name.

    There may be others, such as an altitude.
    """
    return sum(match is not None for match in found) >= len(MODEL_BANDS) - 1


def _refuse_contradiction(found: Sequence[Recognised | None], name: str) -> None:
    """Refuse to assume an order that the few recognised names speak against."""
    assumed = {len(order): order for order in (ARCHIVE_BANDS, MODEL_BANDS)}.get(len(found), ())
    for number, (match, expected) in enumerate(zip(found, assumed), start=1):
        if match is not None and abs(match.band.centre - expected.centre) > _TOLERANCE:
            raise RasterError(
                f"{name} names only some of its {len(found)} bands, and band {number} is "
                f"{match.band.nominal} nm where the usual order has {expected.nominal} nm. Give "
                f"the numbers of {_ORDER} nm in BANDS."
            )


def _numbers(found: Sequence[Recognised | None], name: str) -> tuple[int, ...]:
    numbers = []
    for band in MODEL_BANDS:
        matches = [i + 1 for i, match in enumerate(found) if match and match.band is band]
        if len(matches) == 1:
            numbers.append(matches[0])
            continue
        if band is _MV5 and not matches:
            _refuse_without_mv5(found, name)
        problem = f"more than one band ({matches})" if matches else "no band"
        raise RasterError(
            f"{name} has {problem} of {band.nominal} nm ({band.filter}). All eight bands "
            f"{_ORDER} nm are needed once; if the names in the file are wrong, give the band "
            "numbers in BANDS."
        )
    return tuple(numbers)


def _refuse_without_mv5(found: Sequence[Recognised | None], name: str) -> None:
    """Say what is known of a band that may be MV5 or MN1."""
    near = [(i + 1, match) for i, match in enumerate(found) if match and match.band is _MN1]
    if not near:
        return
    listed = " and ".join(str(number) for number, _ in near)
    if all(match.certain for _, match in near):
        raise RasterError(
            f"{name} has no band of 1001 nm (MV5, VIS detector). Its band {listed} is MN1, 1000 nm "
            "of the NIR detector, which the models were not trained on. Use a file with MV5, or "
            "give the eight band numbers in BANDS to take MN1 in its place all the same."
        )
    raise RasterError(
        f"{name} says 1000 nm for band {listed}, which may be MV5 (1001 nm, VIS detector), as the "
        "models need, or MN1 (1000 nm, NIR detector). Find out which, and give the eight band "
        f"numbers of {_ORDER} nm in BANDS."
    )
