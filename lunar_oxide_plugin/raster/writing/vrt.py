"""The XML of virtual rasters (VRT): files at their places, referred to and not copied."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path

from ..gdal_io.blocks import Window
from ..gdal_io.xml_tree import Element
from ..moon.crs import Grid
from .storage import BandInfo


class Vrt:
    """A VRT under construction.

    Parameters
    ----------
    path : Path
        Where it will lie: files in its folder or below are named relative to it.
    grid : Grid
        Its position and size.
    metadata : mapping of str to str
        Kept in the file.
    """

    def __init__(self, path: Path, grid: Grid, metadata: Mapping[str, str]) -> None:
        self._folder = path.absolute().parent
        self._bands = 0
        self._root = Element(
            "VRTDataset", rasterXSize=str(grid.width), rasterYSize=str(grid.height)
        )
        if grid.wkt:
            self._root.add("SRS", grid.wkt)
        self._root.add("GeoTransform", ",".join(map(repr, grid.geotransform)))
        items = self._root.add("Metadata")
        for key, text in metadata.items():
            items.add("MDI", text, key=key)

    def band(self, data_type: str, info: BandInfo, nodata: float | None, **more: float) -> Element:
        """Add a band; `more` are its Offset and Scale."""
        self._bands += 1
        band = self._root.add("VRTRasterBand", dataType=data_type, band=str(self._bands))
        band.add("Description", info.name)
        if info.unit:
            band.add("UnitType", info.unit)
        for tag, value in {"NoDataValue": nodata, **more}.items():
            if value is not None:
                band.add(tag, repr(value))
        return band

    def source(
        self,
        band: Element,
        kind: str,
        name: str,
        number: int,
        taken: Window,
        shown: Window,
    ) -> Element:
        """Add a window of a file to a band.

        Parameters
        ----------
        kind : str
            SimpleSource or ComplexSource.
        name : str
            The file, by the name under which GDAL reads it.
        number : int
            Of the band in the file.
        taken, shown : Window
            In pixels of the file and of the VRT.
        """
        source = band.add(kind)
        relative = self._relative(name)
        source.add("SourceFilename", relative or absolute(name), relativeToVRT="01"[bool(relative)])
        source.add("SourceBand", str(number))
        for tag, window in (("SrcRect", taken), ("DstRect", shown)):
            x, y, width, height = map(str, window)
            source.add(tag, xOff=x, yOff=y, xSize=width, ySize=height)
        return source

    def text(self) -> str:
        """Everything, for `OutputFiles.vrt`."""
        return self._root.xml()

    def _relative(self, name: str) -> str | None:
        """A file's name as seen from the folder of the VRT, when it lies there or below."""
        if name.startswith("/vsi"):
            return None
        try:
            return Path(name).absolute().relative_to(self._folder).as_posix()
        except ValueError:
            return None


def absolute(name: str) -> str:
    """A file's name as it can be read from any folder."""
    return name if name.startswith("/vsi") else str(Path(name).absolute())
