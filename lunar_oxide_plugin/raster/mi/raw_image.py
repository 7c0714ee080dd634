"""A rectangle of numbers at a place in a file, as a GDAL dataset."""

from __future__ import annotations

from collections.abc import Sequence
from typing import NamedTuple

from osgeo import gdal

from ..gdal_io.virtual_files import file_name, gdal_options, opening
from ..moon.crs import Grid


class RawImage(NamedTuple):
    """Band-sequential samples in a file.

    Parameters
    ----------
    path : str
        File, under the name by which GDAL reads it.
    offset : int
        Bytes before the first sample.
    bands, height, width : int
    data_type : int
        Of GDAL.
    byte_order : str
        MSB or LSB.
    """

    path: str
    offset: int
    bands: int
    height: int
    width: int
    data_type: int
    byte_order: str

    @property
    def end(self) -> int:
        """Bytes up to and with the last sample."""
        return self.offset + self.bands * self.height * self._line

    @property
    def _sample(self) -> int:
        return int(gdal.GetDataTypeSize(self.data_type)) // 8

    @property
    def _line(self) -> int:
        return self.width * self._sample

    def dataset(
        self, grid: Grid, names: Sequence[str], scale: float, offset: float
    ) -> gdal.Dataset:
        """Open it as a dataset in memory; samples are read when blocks of it are.

        Parameters
        ----------
        grid : Grid
            Where it lies.
        names : sequence of str
            Descriptions of the bands.
        scale, offset : float
            From sample to value, the same in every band.

        Raises
        ------
        RasterError
            When GDAL cannot open the file.
        """
        # Newer GDAL refuses raw files outside the VRT's folder by default; this one has no folder.
        with (
            gdal_options(GDAL_VRT_RAWRASTERBAND_ALLOWED_SOURCE="ALL"),
            opening(f"{file_name(self.path)} cannot be opened", self.path),
        ):
            dataset = gdal.GetDriverByName("VRT").Create("", self.width, self.height, 0)
            dataset.SetProjection(grid.wkt)
            dataset.SetGeoTransform(grid.geotransform)
            for index, name in enumerate(names):
                layout = {
                    "subClass": "VRTRawRasterBand",
                    "SourceFilename": self.path,
                    "relativeToVRT": "false",
                    "ImageOffset": self.offset + index * self.height * self._line,
                    "PixelOffset": self._sample,
                    "LineOffset": self._line,
                    "ByteOrder": self.byte_order,
                }
                dataset.AddBand(self.data_type, [f"{key}={item}" for key, item in layout.items()])
                band = dataset.GetRasterBand(index + 1)
                band.SetDescription(name)
                band.SetScale(scale)
                band.SetOffset(offset)
        return dataset
