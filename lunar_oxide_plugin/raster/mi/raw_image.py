"""A rectangle of numbers at a place in a file, as a GDAL dataset."""

from __future__ import annotations

from collections.abc import Sequence
from typing import NamedTuple

from osgeo import gdal

from ..gdal_io.virtual_files import file_name, gdal_options, opening
from ..gdal_io.xml_tree import Element
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
        root = Element("VRTDataset", rasterXSize=str(self.width), rasterYSize=str(self.height))
        root.add("SRS", grid.wkt)
        root.add("GeoTransform", ",".join(map(repr, grid.geotransform)))
        for index, name in enumerate(names):
            band = root.add(
                "VRTRasterBand",
                dataType=gdal.GetDataTypeName(self.data_type),
                band=str(index + 1),
                subClass="VRTRawRasterBand",
            )
            for tag, text in (
                ("Description", name),
                ("Offset", repr(offset)),
                ("Scale", repr(scale)),
                ("ImageOffset", str(self.offset + index * self.height * self._line)),
                ("PixelOffset", str(self._sample)),
                ("LineOffset", str(self._line)),
                ("ByteOrder", self.byte_order),
            ):
                band.add(tag, text)
            band.add("SourceFilename", self.path, relativetoVRT="0")
        # Newer GDAL refuses raw files outside the VRT's folder unless told; this
        # VRT is made here and lies nowhere.
        with (
            gdal_options(GDAL_VRT_RAWRASTERBAND_ALLOWED_SOURCE="ALL"),
            opening(f"{file_name(self.path)} cannot be opened", self.path),
        ):
            return gdal.Open(root.xml())
