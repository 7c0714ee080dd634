"""Reading any lunar raster by blocks."""

from __future__ import annotations

import math
import os
import threading
from collections.abc import Callable, Mapping, Sequence
from functools import cached_property
from typing import Any

import numpy as np
from numpy.typing import NDArray
from osgeo import gdal

from ...core.errors import RasterError
from ...core.oxides.valid_range import ValidRange, valid_range
from ...core.spectra.invalid_codes import invalid_codes, mask_codes
from ..gdal_io.blocks import (
    BLOCK_HEIGHT,
    BLOCK_WIDTH,
    BlockPlan,
    Window,
    in_wide_strips,
    plan_blocks,
    sample_windows,
    whole_blocks,
)
from ..gdal_io.file_state import file_states
from ..gdal_io.gdal_text import band_names, metadata, metadata_item
from ..gdal_io.own_blocks import own_blocks
from ..gdal_io.pixel_types import hidden_signed_bytes, is_complex, is_signed_byte, untagged_ends
from ..gdal_io.virtual_files import file_name, opening
from ..moon.require_moon import require_moon_grid
from .auxiliary_bands import alpha_band, auxiliary_bands, listed
from .location import Location
from .out_of_range import FEW, OutOfRange

#: Stored values of ISIS cubes that are not measurements (NULL and the low and high saturations),
#: by data type. GDAL marks NULL alone. Source: ISIS "Special Pixels", USGS.
_ISIS_SPECIAL = {
    gdal.GDT_Byte: (0, 255),
    gdal.GDT_UInt16: (0, 1, 2, 65534, 65535),
    gdal.GDT_Int16: (-32768, -32767, -32766, -32765, -32764),
}

#: GDAL's mask flags where we need no mask of its: that of an alpha band we make ourselves.
_NO_MASK = (gdal.GMF_ALL_VALID, gdal.GMF_PER_DATASET | gdal.GMF_ALPHA)

#: Drivers whose mask of a no-data value is GDAL's own, and data types that float32 holds: there
#: we compare with the value ourselves, in a fifth of the time that GDAL's mask band takes. GDAL
#: takes floats for equal that differ by less than this part of them, and a little less.
_PLAIN_DRIVERS = ("GTiff", "VRT", "ENVI", "MEM")
_PLAIN_TYPES = (gdal.GDT_Byte, gdal.GDT_UInt16, gdal.GDT_Int16, gdal.GDT_Float32)
_NEARLY = 1e-6


class Raster:
    """A raster opened for reading by blocks, in several threads at once if need be.

    Anything GDAL opens, or an MI product by its label or image. RasterError when it cannot be
    opened or is not on the Moon.
    """

    def __init__(self, path: str | Location) -> None:
        self.place = Location.of(path)
        self.path = self.place.name
        self.name = file_name(self.path) or self.path
        self.label = self.place.label
        self._of_thread = threading.local()
        self.grid = self.place.grid(self.dataset)
        #: What the user should know of how the file was read.
        self.notes: list[str] = []
        require_moon_grid(self.grid, self.name)
        with opening(f"{self.name} cannot be read", self.path):
            hidden = hidden_signed_bytes(self.dataset)
        if hidden:
            raise RasterError(
                f"{self.name} takes the signed bytes (-128 to 127) of {hidden} for bytes from 0 to "
                "255. Convert that file first (gdal_translate -ot Int16), and create the VRT again "
                "from the result."
            )
        if not self.grid.wkt:
            self.notes.append(f"{self.name} has no coordinate reference system; nor have results.")
        #: The files it is read from, as they were when it was opened.
        self.files = file_states(self.place.files)
        self._ranges: dict[int, ValidRange] = {}
        self._outside: dict[int, OutOfRange] = {}
        self._at_ends: dict[int, OutOfRange] = {}

    @property
    def dataset(self) -> gdal.Dataset:
        """The open file, for each thread its own; opened again after `close`."""
        own = self._of_this_process()
        if own.dataset is None:
            own.dataset = self._open()
        return own.dataset

    def plan(self, pixels: int = BLOCK_WIDTH * BLOCK_HEIGHT, rows: bool = True) -> BlockPlan:
        """The blocks to read it in, as of `plan_blocks`."""
        return plan_blocks(self.own_blocks, self.grid.size, pixels, rows)

    @property
    def in_wide_strips(self) -> bool:
        """Whether only whole rows can be read without decoding a part of it again."""
        return in_wide_strips(self.own_blocks, self.grid.size)

    @cached_property
    def own_blocks(self) -> tuple[int, int]:
        """Width and height of the blocks that its file is made of."""
        return own_blocks(self.dataset)

    def close(self) -> None:
        """Give this thread's handles of the file back until it reads again."""
        self._of_this_process().dataset = None

    def _of_this_process(self) -> Any:
        """What this thread has open; a copy of a process (fork) begins with nothing.

        Both would read on from one place in the file, each at wherever the other has left it.
        """
        own, here = self._of_thread, os.getpid()
        if getattr(own, "process", None) != here:
            # Kept: to close it would move that place, too.
            own.inherited = getattr(own, "dataset", None)
            own.dataset, own.process = None, here
        return own

    def _open(self) -> gdal.Dataset:
        return self.place.dataset()

    @cached_property
    def synthetic(self) -> bool:
        """Whether the file says it is a synthetic scene, not a measurement."""
        product = metadata_item(self.dataset, "PRODUCT_ID")
        return "SYNTHETIC" in product.upper() or metadata_item(self.dataset, "SYNTHETIC") == "YES"

    def model_metadata(self) -> dict[str, str]:
        """What a raster of ours says of the model behind it, for what is derived from it."""
        items = metadata(self.dataset)
        return {key: text for key, text in items.items() if key.startswith("LUNAR_OXIDE_MODEL")}

    @property
    def band_names(self) -> list[str]:
        """Band descriptions, empty where a band has none."""
        return band_names(self.dataset)

    @property
    def listed_bands(self) -> str:
        """For messages: "1 'FeO', 2 'MgO'"."""
        return ", ".join(f"{i} '{text}'" for i, text in enumerate(self.band_names, start=1))

    @property
    def auxiliary_bands(self) -> dict[int, str]:
        """What each band is that holds no measurement, by its number: opacity, a mask, a colour."""
        return auxiliary_bands(self.dataset)

    def require_measurement(self, numbers: Sequence[int] = (), parameter: str = "") -> None:
        """Refuse bands, by default all, of which none holds a measurement.

        The message begins "<raster><parameter>: band 1 is the red of an image".
        """
        auxiliary = self.auxiliary_bands
        numbers = numbers or range(1, 1 + self.dataset.RasterCount)
        if auxiliary.keys() >= set(numbers):
            raise RasterError(
                f"{self.name}{parameter}: {listed(auxiliary, numbers)}, not a measurement. Use the "
                "raster of oxides itself, not an image or a mask made from it."
            )

    def band_described(self, oxide: str, parameter: str = "") -> int:
        """Number of the one band that is described as an oxide.

        RasterError when there is none, or several; names the parameter to set, if there is one.
        """
        self.require_measurement()
        names = self.band_names
        if names.count(oxide) != 1:
            remedy = "Give its band this description (in GDAL: SetDescription)."
            if parameter:
                remedy = f"Give its number in {parameter}."
            raise RasterError(
                f"{self.name} has no single band described as {oxide}; it has {self.listed_bands}. "
                f"{remedy}"
            )
        return names.index(oxide) + 1

    def read(
        self, window: Window, numbers: Sequence[int], shape: tuple[int, int] | None = None
    ) -> NDArray[np.float32]:
        """Stored values of some bands, float32 [bands, height, width], NaN where nodata.

        With a shape (height, width) smaller than the window's, every n-th pixel.
        """
        shape = shape or (window.height, window.width)
        values = np.empty((len(numbers), *shape), np.float32)
        isis = self.dataset.GetDriver().ShortName in ("ISIS2", "ISIS3")
        with opening(f"{self.name} cannot be read at {tuple(window)}", self.path):
            self._forget_before(window)
            for plane, number in zip(values, numbers):
                band = self.dataset.GetRasterBand(number)
                if _is_sparse(band, window):
                    plane[:] = np.nan
                    continue
                if is_complex(band):
                    raise RasterError(
                        f"{self.name}: band {number} holds complex numbers "
                        f"({gdal.GetDataTypeName(band.DataType)}). Write what is to be measured "
                        "into a raster of real numbers first."
                    )
                _read(band, window, plane)
                if is_signed_byte(band):
                    np.subtract(plane, 256, out=plane, where=plane > 127)
                if isis:
                    plane[_isis_special(plane, band.DataType)] = np.nan
                if band.GetMaskFlags() not in _NO_MASK or is_signed_byte(band):
                    np.putmask(plane, _no_data(band, window, plane), np.nan)
            alpha = alpha_band(self.dataset)
            if alpha is not None:  # GDAL takes it for a mask in images of bytes only
                opaque = np.empty(values.shape[1:], np.float32)
                _read(alpha, window, opaque)
                values[:, opaque == 0] = np.nan
            self._forget_after(window)
        return values

    def _forget_before(self, window: Window) -> None:
        """Empty GDAL's cache of blocks of the file that were kept for other windows."""
        kept: Window | None = getattr(self._of_thread, "kept", None)
        if kept and not kept.intersection(window):
            self.dataset.FlushCache()

    def _forget_after(self, window: Window) -> None:
        """Empty GDAL's cache of what was read, but for blocks of the file that are wanted again.

        Else it keeps what was read until it is full (5 % of memory).
        """
        whole = whole_blocks(window, self.own_blocks, self.grid.size)
        if whole == window:
            self.dataset.FlushCache()
        self._of_thread.kept = None if whole == window else whole

    def sample(
        self, pixels: Callable[[Window], NDArray[np.float32]], enough: int
    ) -> NDArray[np.float32]:
        """Pixels [bands, n] that a function takes from windows spread over the raster.

        Where these are few, all of the raster is searched for enough of them.
        """
        spread = [pixels(window) for window in sample_windows(self.grid.window)]
        found = np.concatenate(spread, axis=1)
        if found.shape[1] >= enough:
            return found
        found = found[:, :0]
        for window in self.plan().blocks(self.grid.window):
            found = np.concatenate([found, pixels(window)], axis=1)
            if found.shape[1] >= enough:
                break
        return found

    def values(
        self, window: Window, numbers: Sequence[int], shape: tuple[int, int] | None = None
    ) -> NDArray[np.float32]:
        """Values of some bands as QGIS shows them: with the scale and offset of each band.

        For rasters of oxides, which others store as scaled integers. Float32
        [bands, height, width], NaN where nodata, one of MI's invalid codes or a value outside
        the band's valid range, which are counted (`remarks`); of a shape as `read` takes it.
        """
        values = self.read(window, numbers, shape)
        if self.label:
            mask_codes(values, invalid_codes(self.label.invalid_values()))
        for index, number in enumerate(numbers):
            band = self.dataset.GetRasterBand(number)
            scale, offset = band.GetScale(), band.GetOffset()
            self._count_ends(window, number, band, values[index])
            if scale not in (None, 1):
                values[index] *= np.float32(scale)
            if offset not in (None, 0):
                values[index] += np.float32(offset)
            self._mask_out_of_range(window, number, values[index])
        return values

    def expect(self, ranges: Mapping[int, ValidRange]) -> None:
        """Set the valid ranges of bands whose content a parameter gives, not their description.

        What was counted for another range is forgotten.
        """
        for number, limits in ranges.items():
            if self.range_of(number) != limits:
                self._ranges[number] = limits
                self._outside.pop(number, None)

    def range_of(self, number: int) -> ValidRange:
        """Valid range of a band's values, by what it is said or described to hold."""
        if number not in self._ranges:
            self._ranges[number] = valid_range(self.band_names[number - 1])
        return self._ranges[number]

    def out_of_range(self, number: int) -> OutOfRange:
        """What `values` met outside a band's valid range."""
        return self._outside.setdefault(number, OutOfRange())

    def remarks(self) -> list[str]:
        """What the user should know of the values that were read, a sentence or two each.

        RasterError when so many lie outside a band's valid range that it holds something else.
        """
        said = []
        for number, found in sorted(self._outside.items()):
            if not found.pixels:  # it was only asked for
                continue
            text = self.described_out_of_range(number)
            if found.many_values and found.pixels > FEW * self.grid.window.size:
                raise RasterError(f"{text}.")
            said.append(f"{text}. They were taken as nodata.")
        for number, found in sorted(self._at_ends.items()):
            said.append(
                f"{self.name}: {found.pixels} pixels of {self._described(number)} are stored as "
                f"{' and '.join(f'{value:g}' for value in found.values)}, an end of their data "
                "type, which often means nodata. They were measured; if they are nodata, "
                "set the nodata value of the file (gdal_edit.py -a_nodata)."
            )
        return said

    def described_out_of_range(self, number: int) -> str:
        """What `values` met outside a band's valid range, and what to do, without the full stop."""
        band = self._described(number)
        return f"{self.name}: {self.out_of_range(number).described(band, self.range_of(number))}"

    def _described(self, number: int) -> str:
        name = self.band_names[number - 1]
        return f"band {number} ({name})" if name else f"band {number}"

    def _count_ends(
        self, window: Window, number: int, band: gdal.Band, stored: NDArray[np.float32]
    ) -> None:
        """Count stored values at an end of their type that are in the valid range when scaled."""
        low, high = self.range_of(number)[:2]
        scale, offset = band.GetScale() or 1, band.GetOffset() or 0
        ends = [end for end in untagged_ends(band) if low <= end * scale + offset <= high]
        if not ends or stored.shape != (window.height, window.width):
            return
        found = np.isin(stored, np.array(ends, np.float32))
        if found.any():
            self._at_ends.setdefault(number, OutOfRange()).add(window, stored, found)

    def _mask_out_of_range(self, window: Window, number: int, plane: NDArray[np.float32]) -> None:
        """Make values outside a band's valid range NaN, and count them."""
        low, high, _, fills = self.range_of(number)
        # The ends first, which takes no memory, and half the time of comparing every value.
        least, most = np.fmin.reduce(plane, None), np.fmax.reduce(plane, None)
        filled = bool(fills) and least <= np.float32(max(fills))
        if not (least < low or most > high or filled):
            return
        outside = (plane < low) | (plane > high)
        if filled:
            outside |= np.isin(plane, np.array(fills, np.float32))
            if not outside.any():
                return
        if plane.shape == (window.height, window.width):  # else some of them, for a picture
            self.out_of_range(number).add(window, plane, outside)
        plane[outside] = np.nan


def _is_sparse(band: gdal.Band, window: Window) -> bool:
    """Whether a GeoTIFF left out a window as nodata: it need not be made up to be masked again."""
    if band.GetMaskFlags() != gdal.GMF_NODATA or band.GetDataset().GetDriver().ShortName != "GTiff":
        return False
    status, _ = band.GetDataCoverageStatus(*window, gdal.GDAL_DATA_COVERAGE_STATUS_DATA)
    return bool(status == gdal.GDAL_DATA_COVERAGE_STATUS_EMPTY)


def _no_data(band: gdal.Band, window: Window, values: NDArray[np.float32]) -> NDArray[np.bool_]:
    """Where values read from a band are masked by GDAL, bool [height, width]."""
    marked = _equal_to_no_data(band, values)
    if marked is None:
        mask = np.empty(values.shape, np.uint8)
        _read(band.GetMaskBand(), window, mask)
        marked = mask == 0
    return marked


def _equal_to_no_data(band: gdal.Band, values: NDArray[np.float32]) -> NDArray[np.bool_] | None:
    """Where values are a band's no-data value; None where GDAL's mask may say otherwise."""
    value = band.GetNoDataValue()
    plain = band.GetDataset().GetDriver().ShortName in _PLAIN_DRIVERS
    flags = band.GetMaskFlags()
    if is_signed_byte(band):
        # GDAL's mask takes them for unsigned, and -128 for no value of theirs.
        plain, flags = True, flags & ~gdal.GMF_ALL_VALID or gdal.GMF_NODATA
    if (
        flags != gdal.GMF_NODATA
        or not plain
        or band.DataType not in _PLAIN_TYPES
        or value is None
        or not math.isfinite(value)
        or (band.DataType != gdal.GDT_Float32 and value != int(value))
    ):
        return None
    reach = _NEARLY * abs(value)
    with np.errstate(over="ignore"):
        low, high = np.float32(value - reach), np.float32(value + reach)
    near: NDArray[np.bool_] = (values >= low) & (values <= high)
    return None if (values[near] != np.float32(value)).any() else near


def _isis_special(values: NDArray[np.float32], data_type: int) -> NDArray[np.bool_]:
    if data_type in _ISIS_SPECIAL:
        return np.isin(values, _ISIS_SPECIAL[data_type])
    return values < -3.4e38  # the five special values of real cubes end float32's range


def _read(band: gdal.Band, window: Window, buffer: NDArray[np.generic]) -> None:
    if band.ReadAsArray(*window, buf_obj=buffer) is None:
        raise RuntimeError(gdal.GetLastErrorMsg())
