"""Writing results: all files of a run appear together, whole, or none of them does."""

from __future__ import annotations

import os
import secrets
import shutil
from collections.abc import Callable, Iterable, Mapping, Sequence
from contextlib import suppress
from pathlib import Path
from types import TracebackType
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray
from osgeo import gdal

from ..core.errors import RasterError
from .blocks import Window
from .gdal_errors import gdal_errors
from .moon import Grid
from .virtual import file_name, is_same_file

#: No-data value of every float raster we write.
NODATA = -9999.0

#: Part of a file's name until it is complete.
PARTIAL = ".partial"

#: In each of our styles; QGIS leaves it out when a user saves a style.
_OUR_STYLE = b"<!-- Lunar Oxide Mapper -->"

_CREATION_OPTIONS = (
    "TILED=YES",
    "COMPRESS=DEFLATE",
    "ZLEVEL=1",  # higher levels cost more time than predicting, for a few percent of size
    "NUM_THREADS=ALL_CPUS",
    # More than 2 GB before compression: overviews add a third, which stays below 4 GB.
    "BIGTIFF=IF_SAFER",
)
#: Overviews are added until the smaller side of the last is below this.
_SMALLEST_OVERVIEW = 256

#: Bands apart, as they are looked at one by one; colours together.
_FLOAT_OPTIONS = ("INTERLEAVE=BAND", "PREDICTOR=3")
_RGBA_OPTIONS = ("INTERLEAVE=PIXEL", "PREDICTOR=2", "PHOTOMETRIC=RGB", "ALPHA=YES")


class BandInfo(NamedTuple):
    """Name and unit of a band."""

    name: str
    unit: str = ""


class RasterWriter:
    """A GeoTIFF under construction; made by `OutputFiles.raster`."""

    def __init__(self, dataset: gdal.Dataset, path: Path) -> None:
        self._dataset = dataset
        self._failure = f"{path} cannot be written (is the disk full?)"

    def write(self, window: Window, values: NDArray[np.generic]) -> None:
        """Write values [bands, height, width]; NaN of float values becomes no data."""
        if values.dtype.kind == "f":
            values = np.where(np.isfinite(values), values, NODATA).astype(np.float32)
        with gdal_errors(self._failure):
            for index, plane in enumerate(values):
                band = self._dataset.GetRasterBand(index + 1)
                band.WriteArray(np.ascontiguousarray(plane), window.x, window.y)
            # Written now: errors come now, and GDAL's cache does not fill with the raster.
            self._dataset.FlushCache()

    def set_metadata(self, metadata: Mapping[str, str]) -> None:
        """Add items that are known only at the end."""
        with gdal_errors(self._failure):
            for key, value in metadata.items():
                self._dataset.SetMetadataItem(key, value)

    def add_overviews(self, go_on: Callable[[float], bool]) -> None:
        """Add averages at half, a quarter ... of the size, which large maps are shown from.

        Parameters
        ----------
        go_on : callable
            Called with the part that is done, 0 ... 1; returns False to stop.
        """
        smaller = min(self._dataset.RasterXSize, self._dataset.RasterYSize)
        levels = [1]
        while smaller / levels[-1] >= _SMALLEST_OVERVIEW:
            levels.append(2 * levels[-1])
        stopped = False

        def report(done: float, _message: str, _data: object) -> int:
            nonlocal stopped
            stopped = stopped or not go_on(done)
            return int(not stopped)

        # Opened anew: reading by several threads, as it is written, makes GDAL 3.6 print
        # thousands of needless errors.
        partial = self._dataset.GetDescription()
        self.close()
        try:
            with gdal_errors(self._failure):
                self._dataset = gdal.Open(partial, gdal.GA_Update)
                self._dataset.BuildOverviews("AVERAGE", levels[1:], report)
        except RasterError:
            if not stopped:  # which is an error to GDAL
                raise

    def close(self) -> None:
        """Finish the file. May be called again."""
        with gdal_errors(self._failure):
            if self._dataset is not None:
                self._dataset.FlushCache()
            self._dataset = None


class OutputFiles:
    """The files a run writes, as a context: renamed to their names at its end.

    Each is written under another name beside its own. When the block ends
    well, all are renamed; when it fails or is cancelled, all are removed and
    whatever stood under their names before is still there.

    Parameters
    ----------
    inputs : iterable of str
        Files that the run reads: none of them may be replaced.
    """

    def __init__(self, inputs: Iterable[str] = ()) -> None:
        self._inputs = list(inputs)
        self._renames: list[tuple[Path, Path]] = []
        self._writers: list[RasterWriter] = []
        self._stale: list[Path] = []
        # On a shared file system another machine's process may have the same number.
        self._mark = f"{PARTIAL}{os.getpid()}-{secrets.token_hex(4)}"

    def __enter__(self) -> OutputFiles:
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        traceback: TracebackType | None,
    ) -> None:
        try:
            if kind is None:
                for writer in self._writers:
                    writer.close()
                self._rename()
        finally:
            for writer in self._writers:
                with suppress(RasterError):  # after a failure, closing fails once more
                    writer.close()
            for partial, _ in self._renames:
                partial.unlink(missing_ok=True)

    def path(self, final: str | Path) -> Path:
        """A name to write to, which becomes the final one at the end.

        Raises
        ------
        RasterError
            When nothing can be written under the final name.
        """
        final = Path(final)
        folder = final.absolute().parent
        if final.is_dir():
            raise RasterError(f"{final} cannot be written: it is a folder.")
        if not folder.is_dir():
            raise RasterError(f"{final} cannot be written: there is no folder {folder}.")
        # A read-only file is somebody's decision, though it could be replaced.
        if not os.access(folder, os.W_OK) or (final.exists() and not os.access(final, os.W_OK)):
            raise RasterError(f"{final} cannot be written: no permission. Choose another place.")
        for file in self._inputs if final.exists() else ():
            if is_same_file(str(final), file):
                raise RasterError(
                    f"{final} cannot be written: it would overwrite the input, which is made of "
                    f"{file_name(file)} too. Choose another name."
                )
        if final.resolve() in [other.resolve() for _, other in self._renames]:
            raise RasterError(f"{final} is named for two outputs. Give each its own name.")
        partial = final.with_name(f"{final.stem}{self._mark}{final.suffix}")
        try:
            partial.touch()
        except OSError as error:
            raise RasterError(f"{final} cannot be written: {error.strerror}.") from error
        self._renames.append((partial, final))
        return partial

    def text(self, final: str | Path, content: str) -> None:
        """Write a text file in UTF-8.

        Raises
        ------
        RasterError
            When it cannot be written.
        """
        partial = self.path(final)
        try:
            with partial.open("w", encoding="utf-8", newline="") as file:
                file.write(content)
        except OSError as error:
            raise RasterError(f"{final} cannot be written: {error.strerror}.") from error

    def style(self, final: str | Path, style: Path) -> None:
        """Lay a QGIS style (.qml) beside a layer; QGIS applies it when the layer is opened.

        One that is there and not ours stays: the user's own, or that of another layer.

        Raises
        ------
        RasterError
            When it cannot be written.
        """
        beside = Path(final).with_suffix(".qml")
        try:
            if beside.is_file() and _OUR_STYLE not in beside.read_bytes():
                return
            shutil.copyfile(style, self.path(beside))
        except OSError as error:
            raise RasterError(f"{beside} cannot be written: {error.strerror}.") from error

    def raster(
        self,
        final: str | Path,
        grid: Grid,
        bands: Sequence[BandInfo],
        metadata: Mapping[str, str],
        *,
        rgba: bool = False,
        style: Path | None = None,
    ) -> RasterWriter:
        """Begin a tiled, compressed GeoTIFF.

        Parameters
        ----------
        final : path
            Its name, ending in .tif.
        grid : Grid
            Its position and size.
        bands : sequence of BandInfo
            Names and units of its bands.
        metadata : mapping of str to str
            Kept in the file.
        rgba : bool
            False: Float32, no data is -9999. True: Byte, four bands with alpha last.
        style : Path, optional
            A QGIS style (.qml) to lay beside it, as by `style`.

        Raises
        ------
        RasterError
            When it cannot be written.
        """
        final = Path(final)
        if final.suffix.lower() not in (".tif", ".tiff"):
            raise RasterError(f"{final} cannot be written: rasters are GeoTIFF, give a .tif name.")
        data_type = gdal.GDT_Byte if rgba else gdal.GDT_Float32
        options = [*_CREATION_OPTIONS, *(_RGBA_OPTIONS if rgba else _FLOAT_OPTIONS)]
        partial = self.path(final)
        with gdal_errors(f"{final} cannot be written"):
            dataset = gdal.GetDriverByName("GTiff").Create(
                str(partial), grid.width, grid.height, len(bands), data_type, options
            )
        writer = RasterWriter(dataset, final)
        self._writers.append(writer)
        with gdal_errors(f"{final} cannot be written"):
            if grid.wkt:
                dataset.SetProjection(grid.wkt)
            dataset.SetGeoTransform(grid.geotransform)
            dataset.SetMetadata(dict(metadata))
            for index, info in enumerate(bands):
                band = dataset.GetRasterBand(index + 1)
                band.SetDescription(info.name)
                band.SetUnitType(info.unit)
                if not rgba:
                    band.SetNoDataValue(NODATA)
        self._beside(final, style)
        return writer

    def vrt(self, final: str | Path, content: str, style: Path | None = None) -> None:
        """Write the XML of a virtual raster, with a style as `raster` does.

        Raises
        ------
        RasterError
            When it cannot be written.
        """
        self.text(final, content)
        self._beside(Path(final), style)

    def _beside(self, final: Path, style: Path | None) -> None:
        """What belongs to a raster: its style, and nothing of an older raster of this name."""
        if style is not None:
            self.style(final, style)
        # Statistics, pyramids and mask of an older file of this name are not the new one's.
        self._stale += [final.with_name(final.name + end) for end in (".aux.xml", ".ovr", ".msk")]

    def _rename(self) -> None:
        """Move all files to their names; when one cannot be moved, all earlier ones back."""
        moves = [*self._renames, *((None, file) for file in self._stale)]
        moved: list[tuple[Path, Path]] = []
        try:
            for partial, final in moves:
                previous = final.with_name(f"{final.name}{self._mark}.previous")
                if final.exists():
                    final.replace(previous)
                moved.append((final, previous))
                if partial is not None:
                    partial.replace(final)
        except OSError as error:
            for file, previous in reversed(moved):
                file.unlink(missing_ok=True)
                if previous.exists():
                    previous.replace(file)
            raise RasterError(f"{final} cannot be written: {error.strerror}.") from error
        for _, previous in moved:
            previous.unlink(missing_ok=True)
