"""Labels of MI products, and their images as GDAL datasets.

GDAL's own PDS driver does not know the invalid codes of MI and takes the
position from the projection offsets, whose sign is wrong in V2 tiles east of
180 degrees and in level 3C5 strips. So the label is read here, and GDAL gets
the layout of the bytes and a position computed from WESTERNMOST_LONGITUDE and
MAXIMUM_LATITUDE.
"""

from __future__ import annotations

from typing import Any

from osgeo import gdal

from ...core.errors import RasterError
from ...core.mathematics.sphere import MOON_RADIUS_KM
from ..gdal_io.virtual_files import (
    archive_members,
    beside,
    file_name,
    is_archive,
    is_file,
    read_head,
    readable,
    size_up_to,
    split_ending,
)
from ..moon.crs import EQUIRECTANGULAR_WKT, METRES_PER_DEGREE, Grid, wrapped_longitude
from .keywords import Keywords
from .odl import Quantity, parse_label
from .raw_image import RawImage

#: Labels are 10 to 20 kB; no more than this is read of any file in search of their END.
LONGEST_LABEL = 256 * 1024

#: Pixels per degree up to which a label is believed; MI has 2048. With the
#: girth of the Moon it bounds the size of an image.
_FINEST = 65536

_BYTE_ORDERS = {"MSB_INTEGER": "MSB", "LSB_INTEGER": "LSB"}


class MiLabel:
    """The label of one MI product: what it says of its image.

    Read are MI MAP tiles of versions 2 and 3 and level 3C5 strips.

    Parameters
    ----------
    path : str
        Detached label, or image with its label attached, under any name GDAL
        can read (/vsizip/ ...); a .gz as it is.

    Raises
    ------
    RasterError
        When the file is not an MI label or does not say what size its image has.
        Here and in all methods the message names the file and the keyword.
    """

    def __init__(self, path: str) -> None:
        self.path = readable(path)
        name = file_name(path)
        # Latin-1 decodes any bytes: an attached label is followed by its image.
        head = read_head(self.path, LONGEST_LABEL).decode("latin-1")
        keywords, self._length = parse_label(head, name)
        self._label = Keywords(keywords, name)
        if "INSTRUMENT_ID" not in self._label or self._label.text("INSTRUMENT_ID") != "MI":
            raise self._label.error(
                "it is a PDS3 label, but not of the Multiband Imager "
                f"(INSTRUMENT_ID = {keywords.get('INSTRUMENT_ID', 'missing')})"
            )
        self.product = self._label.text("PRODUCT_ID")
        self._image = self._label.object("IMAGE")
        self._projection = self._label.object("IMAGE_MAP_PROJECTION")
        self.width = self._image.count("LINE_SAMPLES")
        self.height = self._image.count("LINES")

    @property
    def kind(self) -> str:
        """What product it is, for reports: "MI MAP V3 tile", "MI level 3C5 strip" ..."""
        names = " ".join(
            self._label.text(keyword)
            for keyword in ("PRODUCT_SET_ID", "DATA_SET_ID", "PRODUCT_ID")
            if keyword in self._label
        ).upper()
        if "3C5" in names:
            return "MI level 3C5 strip"
        if "MAP" not in names:
            return "MI product"
        version = (
            self._label.text("PRODUCT_VERSION_ID") if "PRODUCT_VERSION_ID" in self._label else ""
        ).lstrip("0")
        return f"MI MAP V{version} tile" if version.isdigit() else "MI MAP tile"

    def image_path(self) -> str:
        """The image's file, under the name by which GDAL reads it."""
        return self._image_location()[0]

    def image_name(self) -> str:
        """Name of the image's file, without its folder."""
        return file_name(self.image_path())

    def dataset(self) -> gdal.Dataset:
        """The image as a GDAL dataset of DN, with scale, band names and position.

        Raises
        ------
        RasterError
            When the image is missing, cut off or laid out in an unknown way,
            or the label contradicts itself about where it lies.
        """
        names = [
            f"{name} {centre:g} nm"
            for name, centre in zip(self._one_per_band("FILTER_NAME"), self.wavelengths())
        ]
        grid = self.grid()
        self._check_extent()
        image = self._raw_image()
        size = size_up_to(image.path, image.end)
        if size < image.end:
            raise self._label.error(
                f"{file_name(image.path)} is cut off: it has {size} bytes of {image.end}. "
                "Download it again"
            )
        scale = self._image.positive("SCALING_FACTOR")
        dataset = image.dataset(grid, names, scale, self._image.number("OFFSET"))
        dataset.SetMetadataItem("PRODUCT_ID", self.product)
        return dataset

    def wavelengths(self) -> list[float]:
        """Centre wavelengths in nm, in the order of the file's bands."""
        keyword = "CENTER_FILTER_WAVELENGTH"
        self._one_per_band(keyword)
        return self._label.numbers(keyword)

    def shadow_reflectance(self) -> float:
        """Reflectance up to which this product counts a pixel as shadow."""
        highest = max(self._image.numbers("SHADOWED_AREA_MAXIMUM"), default=0.0)
        return highest * self._image.positive("SCALING_FACTOR")

    def invalid_values(self) -> tuple[int, ...]:
        """The codes it states (INVALID_VALUE, OUT_OF_IMAGE_BOUNDS_VALUE); see `invalid_codes`."""
        return tuple(
            self._image.whole(keyword, value)
            for keyword in ("INVALID_VALUE", "OUT_OF_IMAGE_BOUNDS_VALUE")
            if keyword in self._image
            for value in self._image.items(keyword)
        )

    def grid(self) -> Grid:
        """Position of the image on the Moon, longitudes in -180 ... 180.

        MAXIMUM_LATITUDE and WESTERNMOST_LONGITUDE are pixel centres, so the
        edge lies half a pixel outside.
        """
        self._check_projection()
        resolution = self._resolution()
        west = wrapped_longitude(self._degrees("WESTERNMOST_LONGITUDE", 360))
        north = self._degrees("MAXIMUM_LATITUDE", 90)
        pixel = METRES_PER_DEGREE / resolution
        left = (west - 0.5 / resolution) * METRES_PER_DEGREE
        top = (north + 0.5 / resolution) * METRES_PER_DEGREE
        return Grid(
            EQUIRECTANGULAR_WKT, (left, pixel, 0.0, top, 0.0, -pixel), self.width, self.height
        )

    def _check_projection(self) -> None:
        projection = self._projection
        kind = projection.text("MAP_PROJECTION_TYPE").upper().replace("_", " ")
        if kind != "SIMPLE CYLINDRICAL":
            raise self._not_simple_cylindrical("MAP_PROJECTION_TYPE", kind)
        direction = projection.text("POSITIVE_LONGITUDE_DIRECTION").upper()
        if direction != "EAST":
            raise self._not_simple_cylindrical("POSITIVE_LONGITUDE_DIRECTION", direction)
        for keyword in ("CENTER_LONGITUDE", "CENTER_LATITUDE", "MAP_PROJECTION_ROTATION"):
            if projection.number(keyword) != 0:
                raise self._not_simple_cylindrical(keyword, projection.number(keyword))
        radius = projection.number("A_AXIS_RADIUS")
        if abs(radius - MOON_RADIUS_KM) > 1e-6:
            raise projection.error(
                f"A_AXIS_RADIUS = {radius:g} km is not the Moon's radius of {MOON_RADIUS_KM} km"
            )

    def _not_simple_cylindrical(self, keyword: str, value: Any) -> RasterError:
        return self._projection.error(
            f"its projection ({keyword} = {value}) is not the simple cylindrical one of MI "
            "products. Bring the image to GeoTIFF in its own projection first"
        )

    def _check_extent(self) -> None:
        """The two edges that `grid` does not use must lie where it puts them.

        A wrong resolution or position would go unnoticed until two maps are compared.
        """
        resolution = self._resolution()
        if self.width > 360 * resolution or self.height > 180 * resolution + 1:
            raise self._image.error(
                f"{self.height} LINES of {self.width} LINE_SAMPLES are more than the whole Moon "
                f"at MAP_RESOLUTION = {resolution:g}"
            )
        edges = {
            "MINIMUM_LATITUDE": (
                self._degrees("MAXIMUM_LATITUDE", 90) - (self.height - 1) / resolution,
                self._degrees("MINIMUM_LATITUDE", 90),
            ),
            "EASTERNMOST_LONGITUDE": (
                self._degrees("WESTERNMOST_LONGITUDE", 360) + (self.width - 1) / resolution,
                # Across the prime meridian it may be counted on beyond 360.
                self._degrees("EASTERNMOST_LONGITUDE", 720),
            ),
        }
        for keyword, (computed, written) in edges.items():
            difference = (computed - written + 180) % 360 - 180
            # One pixel, and the rounding of what is written to some decimals.
            if abs(difference) * resolution > 1.001:
                raise self._projection.error(
                    f"{keyword} = {written:g}, but {self.height} LINES of {self.width} "
                    f"LINE_SAMPLES at MAP_RESOLUTION = {resolution:g} end at {computed:.6f}. The "
                    "label contradicts itself: use it as the archive gives it"
                )

    def _resolution(self) -> float:
        """Pixels per degree."""
        resolution = self._projection.positive("MAP_RESOLUTION")
        if not 1 <= resolution <= _FINEST:
            raise self._projection.error(
                f"MAP_RESOLUTION = {resolution:g} is not between 1 and {_FINEST} pixels per degree"
            )
        return resolution

    def _degrees(self, keyword: str, largest: float) -> float:
        degrees = self._projection.number(keyword)
        if abs(degrees) > largest:
            raise self._projection.error(
                f"{keyword} = {degrees:g} is not between {-largest:g} and {largest:g} degrees"
            )
        return degrees

    def _raw_image(self) -> RawImage:
        """Where and how the samples are stored."""
        image = self._image
        storage = image.text("BAND_STORAGE_TYPE").upper().replace(" ", "_")
        if storage != "BAND_SEQUENTIAL":
            raise image.error(f"BAND_STORAGE_TYPE {storage} is not supported")
        sample_type = image.text("SAMPLE_TYPE").upper()
        if sample_type not in _BYTE_ORDERS:
            raise image.error(f"SAMPLE_TYPE {sample_type} is not supported")
        bits = image.count("SAMPLE_BITS")
        if bits != 16:
            raise image.error(f"SAMPLE_BITS = {bits}: images of {bits} bits are not supported")
        path, offset = self._image_location()
        return RawImage(
            path,
            offset,
            image.count("BANDS"),
            self.height,
            self.width,
            gdal.GDT_Int16,
            _BYTE_ORDERS[sample_type],
        )

    def _image_location(self) -> tuple[str, int]:
        """File and bytes before the image, from the ^IMAGE pointer in any of its forms."""
        keyword = "^IMAGE"
        value = self._label.value(keyword)
        parts = value if isinstance(value, list) else [value]
        name = parts[0] if parts and isinstance(parts[0], str) else ""
        places = parts[1:] if name else parts
        if len(places) > 1 or not (name or places):
            raise self._label.error(f"{keyword} is neither a file, nor a place, nor both")
        offset = self._bytes_before(keyword, places[0]) if places else 0
        path = self.path
        if name or split_ending(self.path)[1] == ".lbl":
            path = self._find(name)
        if path == self.path and offset < self._length:
            raise self._label.error(
                f"{keyword} points into the label itself, which has {self._length} bytes"
            )
        return path, offset

    def _bytes_before(self, keyword: str, place: Any) -> int:
        """A place is a byte or a record, both counted from 1."""
        in_bytes = isinstance(place, Quantity)
        first = self._label.whole(keyword, place.value if in_bytes else place)
        if first < 1:
            raise self._label.error(f"{keyword} = {first} is not above zero")
        if in_bytes or first == 1:
            return first - 1
        return (first - 1) * self._label.count("RECORD_BYTES")

    def _find(self, name: str) -> str:
        """The image beside the label, never elsewhere; also compressed.

        A label that names no file is a copy of the one at the head of the image.
        """
        name = file_name(name)
        own = f"{split_ending(self.path)[0]}.img"
        image = beside(self.path, [name, own, f"{name}.gz" if name else "", f"{own}.gz"])
        if image is None:
            raise self._label.error(
                f"its image file {name or own} is not in the same folder (^IMAGE). Put the .lbl "
                "and the .img of a tile together, under the names the archive gave them"
            )
        return image

    def _one_per_band(self, keyword: str) -> list[Any]:
        values = self._label.items(keyword)
        count = self._image.count("BANDS")
        if len(values) != count:
            raise self._label.error(f"{keyword} does not name its {count} bands")
        return values


def find_label(path: str) -> str | None:
    """The label that describes a file, as a name for `MiLabel`; None when there is none.

    The file itself (a detached label, or an image with its label attached),
    for an .img the label of the same name beside it, for an archive the one
    label in it. Any of them may be compressed (.gz).

    Raises
    ------
    RasterError
        When an archive cannot be read or holds several.
    """
    if is_archive(path):
        labels = labels_in_archive(path)
        if len(labels) > 1:
            raise RasterError(
                f"{path} holds {len(labels)} MI tiles. Unpack it, or give one of them: "
                f"{', '.join(labels[:5])}{' ...' if len(labels) > 5 else ''}"
            )
        return labels[0] if labels else None
    path = readable(path)
    if _starts_as_label(path):
        return path
    stem, ending = split_ending(path)
    if ending == ".img" and is_file(path):
        label = beside(path, [f"{stem}.lbl", f"{stem}.lbl.gz"])
        if label is not None and _starts_as_label(label):
            return label
    return None


def labels_in_archive(path: str) -> list[str]:
    """The labels of all tiles in a .zip, .tar, .tgz or .tar.gz, as names for `MiLabel`.

    Raises
    ------
    RasterError
        When it cannot be read as an archive.
    """
    members = archive_members(path)
    detached = [name for name in members if split_ending(name)[1] == ".lbl"]
    labels = [name for name in detached if _starts_as_label(name)]
    described = {split_ending(name)[0].lower() for name in labels}
    images = [
        name
        for name in members
        if split_ending(name)[1] == ".img" and split_ending(name)[0].lower() not in described
    ]
    return sorted(labels + [name for name in images if _starts_as_label(name)])


def _starts_as_label(path: str) -> bool:
    try:
        return read_head(path, 256).lstrip().startswith(b"PDS_VERSION_ID")
    except RasterError:  # no file at all: a URL, a VRT's text, a database table
        return False
