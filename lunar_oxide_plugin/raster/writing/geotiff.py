"""A GeoTIFF under construction: its blocks, then its overviews or cloud-optimised form."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from pathlib import Path

import numpy as np
from numpy.typing import NDArray
from osgeo import gdal

from ...core.errors import RasterError
from ..gdal_io.blocks import LOW_TILE, TILE_STEP, WHOLE_ROWS, Window, tile_shape, whole_blocks
from ..gdal_io.gdal_cache import small_cache
from ..gdal_io.gdal_errors import close, gdal_errors
from ..moon.crs import Grid
from .encoding import Encoding
from .storage import BandInfo, Layout, lossless

_OPTIONS = (
    "SPARSE_OK=TRUE",  # what is never written takes no place and is read as no data
    # Above 2 GB before compression: overviews add a third, so what is below cannot pass 4 GB.
    "BIGTIFF=IF_SAFER",
)
#: Overviews are added until the smaller side of the last is below this.
_SMALLEST_OVERVIEW = 256

#: Called with the part that is done, 0 ... 1; raises to stop.
Progress = Callable[[float], None]


def unwatched(_done: float) -> None:
    """Progress that nobody looks at."""


@contextmanager
def stoppable(progress: Progress, failure: str) -> Iterator[Callable[[float, str, object], int]]:
    """A report of progress for GDAL, and what it has raised: GDAL passes no exceptions on.

    GDAL's own errors are raised as `gdal_errors` does, with `failure` before them.
    """
    raised: list[BaseException] = []

    def report(done: float, _message: str, _data: object) -> int:
        try:
            progress(done)
        except BaseException as error:
            raised.append(error)
        return int(not raised)

    try:
        with gdal_errors(failure):
            yield report
    except RasterError:
        if not raised:  # which is an error to GDAL
            raise
    if raised:
        # Not kept here: it refers to this place, so to itself, and to all that is open.
        raise raised.pop()


class RasterWriter:
    """A GeoTIFF under construction; made by `OutputFiles.raster`.

    Parameters
    ----------
    partial : Path
        Where to write.
    final : Path
        What users are told of.
    grid : Grid
        Its size.
    count : int
        Number of bands.
    encoding : Encoding
        How their values are stored.
    layout : Layout
        What `finish` makes of it.
    tile : (int, int), optional
        Width and height of its tiles; as wide as the raster and of any height: strips.

    Raises
    ------
    RasterError
        When it cannot be written, as from all methods.
    """

    def __init__(
        self,
        partial: Path,
        final: Path,
        grid: Grid,
        count: int,
        encoding: Encoding,
        layout: Layout,
        tile: tuple[int, int] | None = None,
    ) -> None:
        self._partial = partial
        self._encoding = encoding
        self._layout = layout
        self._refusal = f"{final} cannot be written"
        self._failure = f"{self._refusal} (is the disk full?)"
        # Lossy just once: what becomes a COG is without loss until then.
        codec = lossless() if layout is Layout.COG else encoding.codec
        self._once = codec.max_error > 0
        self._size = grid.size
        self._tile = tile or tile_shape(*grid.size)
        if self._once and self._tile[0] * self._tile[1] > WHOLE_ROWS:
            self._tile = LOW_TILE  # which is never written in parts
        with gdal_errors(self._refusal):
            self._dataset = gdal.GetDriverByName("GTiff").Create(
                str(partial),
                grid.width,
                grid.height,
                count,
                encoding.data_type,
                [
                    *_OPTIONS,
                    *_tiled(*self._tile),
                    *encoding.options,
                    *codec.of_geotiff(encoding.predictor),
                ],
            )

    @property
    def path(self) -> Path:
        """Where it is written; to be read from once it is finished."""
        return self._partial

    def describe(self, grid: Grid, bands: Sequence[BandInfo], metadata: Mapping[str, str]) -> None:
        """Say where it lies and what it holds, before anything is written."""
        with gdal_errors(self._failure):
            if grid.wkt:
                self._dataset.SetProjection(grid.wkt)
            self._dataset.SetGeoTransform(grid.geotransform)
            for index, info in enumerate(bands):
                band = self._dataset.GetRasterBand(index + 1)
                band.SetDescription(info.name)
                band.SetUnitType(info.unit)
                if self._encoding.nodata is not None:
                    band.SetNoDataValue(self._encoding.nodata)
                if self._encoding.colours is not None:
                    band.SetColorTable(self._encoding.colours)
                if self._encoding.scaled:
                    band.SetScale(info.step)
                    band.SetOffset(0)
        self.set_metadata(metadata)

    def write(self, window: Window, values: NDArray[np.generic]) -> None:
        """Write values [bands, height, width] in the bands' units; NaN becomes nodata.

        What is never written is nodata, too.
        """
        stored = self._encoding.stored(values, window)
        tiles = whole_blocks(window, self._tile, self._size)
        if self._once and tiles != window:
            # A tile that is read back and compressed again would lose twice.
            raise ValueError(f"{window} does not consist of whole tiles")
        with gdal_errors(self._failure):
            for index, plane in enumerate(stored):
                band = self._dataset.GetRasterBand(index + 1)
                band.WriteArray(np.ascontiguousarray(plane), window.x, window.y)
            # Written now: errors come now, and GDAL's cache does not fill with the raster. Of a
            # tile that is written in parts, once it has the last.
            if tiles.corner == window.corner:
                self._dataset.FlushCache()

    def set_metadata(self, metadata: Mapping[str, str]) -> None:
        """Add items, before the raster is finished."""
        with gdal_errors(self._failure):
            for key, value in metadata.items():
                self._dataset.SetMetadataItem(key, value)

    def finish(
        self, progress: Progress = unwatched, metadata: Mapping[str, str] | None = None
    ) -> None:
        """Bring the file into its layout and close it. May be called again.

        Parameters
        ----------
        progress : callable
            Called with the part that is done; what it raises ends the work and is passed on.
        metadata : mapping of str to str, optional
            Items to add, as `set_metadata` does.
        """
        if self._dataset is None:
            return
        self.set_metadata(metadata or {})
        if self._layout is Layout.OVERVIEWS:
            self._add_overviews(progress)
        self.close()
        if self._layout is Layout.COG:
            self._become_cog(progress)

    def _add_overviews(self, progress: Progress) -> None:
        """Averages at half, a quarter ... of the size, which large maps are shown from."""
        smaller = min(self._dataset.RasterXSize, self._dataset.RasterYSize)
        levels = [1]
        while smaller / levels[-1] >= _SMALLEST_OVERVIEW:
            levels.append(2 * levels[-1])
        with small_cache(), stoppable(progress, self._failure) as report:
            if not self._once:
                # Opened anew: reading by several threads, as it is written, makes GDAL 3.6 print
                # thousands of needless errors.
                self._dataset.FlushCache()
                self._dataset = None
                self._dataset = gdal.Open(str(self._partial), gdal.GA_Update)
            self._dataset.BuildOverviews("AVERAGE", levels[1:], report)

    def _become_cog(self, progress: Progress) -> None:
        """Copied in the order of a COG, with overviews: averages of what is valid."""
        copy = self._partial.with_suffix(".cog.tif")
        options = [
            *self._encoding.codec.of_cog(),
            "RESAMPLING=AVERAGE",
            "SPARSE_OK=TRUE",
            "BIGTIFF=IF_SAFER",
        ]
        try:
            with small_cache(), stoppable(progress, self._failure) as report:
                source = gdal.Open(str(self._partial))
                made = gdal.GetDriverByName("COG").CreateCopy(
                    str(copy), source, False, options, report
                )
                source = made = None  # noqa: F841 - closed, then moved
            copy.replace(self._partial)
        except OSError as error:
            raise RasterError(f"{self._refusal}: {error.strerror}.") from error
        finally:
            copy.unlink(missing_ok=True)

    def close(self) -> None:
        """Close the file as it is. May be called again."""
        dataset, self._dataset = self._dataset, None
        if dataset is not None:
            with gdal_errors(self._failure):
                close(dataset)


def _tiled(width: int, height: int) -> list[str]:
    """Creation options of GDAL's GTiff driver for tiles, or for strips where TIFF has no such."""
    if width % TILE_STEP or height % TILE_STEP:
        return [f"BLOCKYSIZE={height}"]
    return ["TILED=YES", f"BLOCKXSIZE={width}", f"BLOCKYSIZE={height}"]
