"""PDS3 labels of MI products, and their images as GDAL datasets.

GDAL's own PDS driver does not know the invalid codes of MI and takes the
position from the projection offsets, whose sign is wrong in V2 products east
of 180 degrees. So the label is read here, and GDAL gets the layout of the
bytes and a position computed from WESTERNMOST_LONGITUDE and MAXIMUM_LATITUDE.

Label syntax: Planetary Data System Standards Reference 3.8, chapter 12 (ODL).
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from pathlib import Path
from typing import Any, NamedTuple
from xml.etree import ElementTree

import numpy as np
from osgeo import gdal

from ..core.errors import RasterError
from ..core.sphere import MOON_RADIUS_KM
from .gdal_errors import gdal_errors
from .moon import EQUIRECTANGULAR_WKT, METRES_PER_DEGREE, Grid, wrapped_longitude

#: Labels are about 12 kB; an attached V2 label is somewhat longer.
_LONGEST_LABEL = 1 << 20

_TOKEN = re.compile(
    r"""\s+|/\*.*?\*/
    |(?P<quoted>"[^"]*"|'[^']*')
    |<(?P<unit>[^>]*)>
    |(?P<symbol>[=(){},])
    |(?P<word>[^\s=(){},<"']+)""",
    re.VERBOSE | re.DOTALL,
)

#: Narrower than Python's own numbers: 04406_005 and NaN are words.
_INTEGER = re.compile(r"[+-]?\d+")
_REAL = re.compile(r"[+-]?(\d+\.?\d*|\.\d+)(E[+-]?\d+)?", re.IGNORECASE)

_SAMPLE_TYPES = {
    "MSB_INTEGER": ("MSB", {16: gdal.GDT_Int16}),
    "LSB_INTEGER": ("LSB", {16: gdal.GDT_Int16}),
}


class Quantity(NamedTuple):
    """A number with its unit, as in ``2048.0 <pixel/deg>``."""

    value: Any
    unit: str


def parse_label(text: str) -> dict[str, Any]:
    """Parse a PDS3 label.

    Parameters
    ----------
    text : str
        The label; what follows its END statement is ignored.

    Returns
    -------
    dict
        Upper-case keyword to str, int, float, `Quantity`, list (sequences and
        sets) or, for an OBJECT or GROUP, a nested dict.

    Raises
    ------
    RasterError
        When the text does not follow the syntax.
    """
    tokens = _tokens(text)
    root: dict[str, Any] = {}
    stack = [root]
    statement = next(tokens, None)
    while statement is not None:
        kind, word = statement
        keyword = word.upper()
        if kind != "word":
            raise RasterError(f"The label is damaged: a keyword was expected, not '{word}'.")
        if keyword == "END":
            break
        after = next(tokens, None)
        if keyword in ("END_OBJECT", "END_GROUP"):
            if len(stack) == 1:
                raise RasterError(f"The label is damaged: {keyword} without its beginning.")
            stack.pop()
            statement = _skip_value(after, tokens)
            continue
        if after != ("symbol", "="):
            raise RasterError(f"The label is damaged after the keyword {word}.")
        value, statement = _value(tokens)
        if keyword in ("OBJECT", "GROUP"):
            inner: dict[str, Any] = {}
            stack[-1][str(value).upper()] = inner
            stack.append(inner)
        else:
            stack[-1][keyword] = value
    if len(stack) > 1:
        raise RasterError("The label is cut off: an OBJECT is not ended.")
    return root


Token = tuple[str, str]


def _tokens(text: str) -> Iterator[Token]:
    position = 0
    while position < len(text):
        match = _TOKEN.match(text, position)
        if match is None:
            raise RasterError(f"The label is damaged near '{text[position : position + 20]!r}'.")
        if match.lastgroup is not None:
            yield match.lastgroup, match.group(match.lastgroup)
        position = match.end()


def _skip_value(token: Token | None, tokens: Iterator[Token]) -> Token | None:
    """Pass over the optional ``= NAME`` of an END_OBJECT."""
    if token != ("symbol", "="):
        return token
    next(tokens, None)
    return next(tokens, None)


def _value(tokens: Iterator[Token]) -> tuple[Any, Token | None]:
    """A value with its unit, and the token after it."""
    return _value_from(next(tokens, ("", "")), tokens)


def _value_from(first: Token, tokens: Iterator[Token]) -> tuple[Any, Token | None]:
    kind, text = first
    value: Any
    if kind == "quoted":
        value = " ".join(text[1:-1].split())
    elif kind == "word":
        value = _number(text)
    elif (kind, text) in (("symbol", "("), ("symbol", "{")):
        value = _sequence(tokens, ")" if text == "(" else "}")
    else:
        raise RasterError(f"The label is damaged: a value was expected, not '{text}'.")
    after = next(tokens, None)
    if after is not None and after[0] == "unit":
        return Quantity(value, after[1].strip()), next(tokens, None)
    return value, after


def _sequence(tokens: Iterator[Token], closing: str) -> list[Any]:
    items: list[Any] = []
    first = next(tokens, ("", ""))
    if first == ("symbol", closing):
        return items
    while True:
        item, after = _value_from(first, tokens)
        items.append(item)
        if after == ("symbol", closing):
            return items
        if after != ("symbol", ","):
            raise RasterError("The label is damaged: a list is not closed.")
        first = next(tokens, ("", ""))


def _number(word: str) -> str | int | float:
    if _INTEGER.fullmatch(word):
        return int(word)
    return float(word) if _REAL.fullmatch(word) else word


def _plain(value: Any) -> Any:
    """A value without its unit."""
    return value.value if isinstance(value, Quantity) else value


class MiLabel:
    """The label of one MI MAP product: what it says of its image.

    Raises
    ------
    RasterError
        When the file is no MI MAP label or lacks what is needed to read its image.
    """

    def __init__(self, path: str | Path) -> None:
        self.path = Path(path)
        try:
            with self.path.open("rb") as file:
                head = file.read(_LONGEST_LABEL)
        except OSError as error:
            raise RasterError(f"{self.path} cannot be read: {error.strerror}.") from error
        try:
            # Latin-1 decodes any bytes: an attached label is followed by its image.
            self._label = parse_label(head.decode("latin-1"))
        except RasterError as error:
            raise RasterError(f"{self.path.name}: {error}") from error
        if self._label.get("INSTRUMENT_ID") != "MI":
            raise RasterError(
                f"{self.path.name} is a PDS3 label, but not of the Multiband Imager "
                f"(INSTRUMENT_ID = {self._label.get('INSTRUMENT_ID', 'missing')})."
            )
        self.product = str(self._get("PRODUCT_ID"))
        self._image = self._object("IMAGE")
        self._projection = self._object("IMAGE_MAP_PROJECTION")
        self.width = int(self._positive("LINE_SAMPLES", self._image))
        self.height = int(self._positive("LINES", self._image))

    def dataset(self) -> gdal.Dataset:
        """The image as a GDAL dataset of DN, with scale, band names and position.

        Raises
        ------
        RasterError
            When the image is missing, cut off or laid out in an unknown way.
        """
        image, offset = self._image_location()
        byte_order, types = self._sample_type()
        bits = int(self._positive("SAMPLE_BITS", self._image))
        if bits not in types:
            raise self._error(f"images of {bits} bits per sample are not supported")
        filters = [str(name) for name in self._list("FILTER_NAME")]
        self._check_size(image, offset, len(filters) * self.width * self.height * bits // 8)

        grid = self.grid()
        root = ElementTree.Element(
            "VRTDataset", rasterXSize=str(self.width), rasterYSize=str(self.height)
        )
        ElementTree.SubElement(root, "SRS").text = grid.wkt
        ElementTree.SubElement(root, "GeoTransform").text = ",".join(map(repr, grid.geotransform))
        for index, (name, centre) in enumerate(zip(filters, self.wavelengths())):
            band = ElementTree.SubElement(
                root,
                "VRTRasterBand",
                dataType=gdal.GetDataTypeName(types[bits]),
                band=str(index + 1),
                subClass="VRTRawRasterBand",
            )
            line, sample = self.width * bits // 8, bits // 8
            for tag, text in (
                ("Description", f"{name} {centre:g} nm"),
                ("Offset", repr(self._number("OFFSET", self._image))),
                ("Scale", repr(self._positive("SCALING_FACTOR", self._image))),
                ("ImageOffset", str(offset + index * line * self.height)),
                ("PixelOffset", str(sample)),
                ("LineOffset", str(line)),
                ("ByteOrder", byte_order),
            ):
                ElementTree.SubElement(band, tag).text = text
            source = ElementTree.SubElement(band, "SourceFilename", relativetoVRT="0")
            source.text = str(image.absolute())
        # Newer GDAL refuses raw files outside the VRT's folder unless told; this
        # VRT is made here and lies nowhere.
        option = "GDAL_VRT_RAWRASTERBAND_ALLOWED_SOURCE"
        previous = gdal.GetThreadLocalConfigOption(option)
        gdal.SetThreadLocalConfigOption(option, "ALL")
        try:
            with gdal_errors(f"{image.name} cannot be opened"):
                dataset = gdal.Open(ElementTree.tostring(root, encoding="unicode"))
        finally:
            gdal.SetThreadLocalConfigOption(option, previous)
        dataset.SetMetadataItem("PRODUCT_ID", self.product)
        return dataset

    def wavelengths(self) -> list[float]:
        """Centre wavelengths in nm, in the order of the file's bands."""
        keyword = "CENTER_FILTER_WAVELENGTH"
        return [self._as_number(keyword, value) for value in self._list(keyword)]

    def shadow_reflectance(self) -> float:
        """Reflectance up to which this product counts a pixel as shadow."""
        keyword = "SHADOWED_AREA_MAXIMUM"
        maximum = _plain(self._get(keyword, self._image))
        values = maximum if isinstance(maximum, list) else [maximum]
        highest = max(self._as_number(keyword, value) for value in values)
        return highest * self._positive("SCALING_FACTOR", self._image)

    def grid(self) -> Grid:
        """Position of the image on the Moon, longitudes in -180 ... 180.

        MAXIMUM_LATITUDE and WESTERNMOST_LONGITUDE are pixel centres, so the
        edge lies half a pixel outside.
        """
        projection = self._projection
        kind = str(self._get("MAP_PROJECTION_TYPE", projection)).upper().replace("_", " ")
        direction = str(self._get("POSITIVE_LONGITUDE_DIRECTION", projection)).upper()
        centre = self._number("CENTER_LONGITUDE", projection)
        radius = self._number("A_AXIS_RADIUS", projection)
        if kind != "SIMPLE CYLINDRICAL" or direction != "EAST" or centre != 0:
            raise self._error(
                f"its projection ({kind}, longitude {direction}, centre {centre:g}) is not the "
                "simple cylindrical one of the MI MAP products"
            )
        if not np.isclose(radius, MOON_RADIUS_KM, rtol=0, atol=1e-6):
            raise self._error(f"its radius of {radius} km is not that of the Moon")
        resolution = self._positive("MAP_RESOLUTION", projection)
        west = wrapped_longitude(self._number("WESTERNMOST_LONGITUDE", projection))
        north = self._number("MAXIMUM_LATITUDE", projection)
        pixel = METRES_PER_DEGREE / resolution
        left = (west - 0.5 / resolution) * METRES_PER_DEGREE
        top = (north + 0.5 / resolution) * METRES_PER_DEGREE
        return Grid(
            EQUIRECTANGULAR_WKT, (left, pixel, 0.0, top, 0.0, -pixel), self.width, self.height
        )

    def _image_location(self) -> tuple[Path, int]:
        """File and byte offset of the image, from the ^IMAGE pointer in any of its forms."""
        pointer = self._get("^IMAGE")
        parts = pointer if isinstance(pointer, list) else [pointer]
        name = parts[0] if isinstance(parts[0], str) else None
        place = parts[-1] if not isinstance(parts[-1], str) else 1
        if isinstance(place, Quantity):
            offset = int(place.value) - 1
        elif place == 1:
            offset = 0
        else:
            offset = (int(place) - 1) * int(self._positive("RECORD_BYTES"))
        return (self._find(name) if name else self.path), offset

    def _find(self, name: str) -> Path:
        """The image beside the label; archives and copies differ in upper and lower case."""
        name = re.split(r"[\\/]", name)[-1]  # beside the label, never elsewhere
        folder = self.path.absolute().parent
        if (folder / name).is_file():
            return folder / name
        beside = {file.name.lower(): file for file in folder.iterdir()}
        for candidate in (name.lower(), f"{self.path.stem}.img".lower()):
            if candidate in beside:
                return beside[candidate]
        raise self._error(
            f"its image file {name} is not in the same folder. Put the .lbl and the .img of a "
            "tile together, under the names the archive gave them"
        )

    def _check_size(self, image: Path, offset: int, length: int) -> None:
        size = image.stat().st_size
        if size < offset + length:
            raise self._error(
                f"{image.name} is cut off: it has {size} bytes of {offset + length}. "
                "Download it again"
            )

    def _sample_type(self) -> tuple[str, dict[int, int]]:
        storage = str(self._get("BAND_STORAGE_TYPE", self._image)).upper().replace(" ", "_")
        if storage != "BAND_SEQUENTIAL":
            raise self._error(f"BAND_STORAGE_TYPE {storage} is not supported")
        sample_type = str(self._get("SAMPLE_TYPE", self._image)).upper()
        if sample_type not in _SAMPLE_TYPES:
            raise self._error(f"SAMPLE_TYPE {sample_type} is not supported")
        return _SAMPLE_TYPES[sample_type]

    def _list(self, keyword: str) -> list[Any]:
        values = _plain(self._get(keyword))
        count = int(self._positive("BANDS", self._image))
        if not isinstance(values, list) or len(values) != count:
            raise self._error(f"{keyword} does not name its {count} bands")
        return values

    def _get(self, keyword: str, block: dict[str, Any] | None = None) -> Any:
        block = self._label if block is None else block
        if keyword not in block:
            raise self._error(f"the keyword {keyword} is missing from the label")
        return block[keyword]

    def _object(self, keyword: str) -> dict[str, Any]:
        value = self._get(keyword)
        if not isinstance(value, dict):
            raise self._error(f"{keyword} is no OBJECT in the label")
        return value

    def _number(self, keyword: str, block: dict[str, Any] | None = None) -> float:
        return self._as_number(keyword, self._get(keyword, block))

    def _positive(self, keyword: str, block: dict[str, Any] | None = None) -> float:
        number = self._number(keyword, block)
        if number <= 0:
            raise self._error(f"{keyword} = {number:g} is not above zero")
        return number

    def _as_number(self, keyword: str, value: Any) -> float:
        number = _plain(value)
        if not isinstance(number, (int, float)):
            raise self._error(f"{keyword} = {number} is not a number")
        return float(number)

    def _error(self, reason: str) -> RasterError:
        return RasterError(f"{self.path.name}: {reason}.")


def find_label(path: str | Path) -> Path | None:
    """The PDS3 label that describes a file, or None when there is none.

    The file itself (a detached label, or an image with its label attached),
    or for an .img the label of the same name beside it.
    """
    path = Path(path)
    if _starts_as_label(path):
        return path
    if path.suffix.lower() == ".img" and path.is_file():
        for beside in path.absolute().parent.iterdir():
            if beside.name.lower() == f"{path.stem}.lbl".lower() and _starts_as_label(beside):
                return beside
    return None


def _starts_as_label(path: Path) -> bool:
    try:
        with path.open("rb") as file:
            return file.read(256).lstrip().startswith(b"PDS_VERSION_ID")
    except (OSError, ValueError):  # no file at all: a URL, a VRT's text, a database table
        return False
