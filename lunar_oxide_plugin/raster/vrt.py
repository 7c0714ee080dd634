"""The XML of virtual rasters (VRT): files at their places, referred to and not copied."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from xml.etree import ElementTree

from .blocks import Window
from .moon import Grid
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
        self._root = ElementTree.Element(
            "VRTDataset", rasterXSize=str(grid.width), rasterYSize=str(grid.height)
        )
        if grid.wkt:
            add(self._root, "SRS", grid.wkt)
        add(self._root, "GeoTransform", ",".join(map(repr, grid.geotransform)))
        items = ElementTree.SubElement(self._root, "Metadata")
        for key, text in metadata.items():
            add(items, "MDI", text, key=key)

    def band(
        self, data_type: str, info: BandInfo, nodata: float | None, **more: float
    ) -> ElementTree.Element:
        """Add a band; `more` are its Offset and Scale."""
        number = len(self._root.findall("VRTRasterBand")) + 1
        band = ElementTree.SubElement(
            self._root, "VRTRasterBand", dataType=data_type, band=str(number)
        )
        add(band, "Description", info.name)
        if info.unit:
            add(band, "UnitType", info.unit)
        for tag, value in {"NoDataValue": nodata, **more}.items():
            if value is not None:
                add(band, tag, repr(value))
        return band

    def source(
        self,
        band: ElementTree.Element,
        kind: str,
        name: str,
        number: int,
        taken: Window,
        shown: Window,
    ) -> ElementTree.Element:
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
        source = ElementTree.SubElement(band, kind)
        relative = self._relative(name)
        add(
            source, "SourceFilename", relative or absolute(name), relativeToVRT="01"[bool(relative)]
        )
        add(source, "SourceBand", str(number))
        for tag, window in (("SrcRect", taken), ("DstRect", shown)):
            x, y, width, height = map(str, window)
            ElementTree.SubElement(source, tag, xOff=x, yOff=y, xSize=width, ySize=height)
        return source

    def text(self) -> str:
        """Everything, for `OutputFiles.vrt`."""
        ElementTree.indent(self._root)
        return ElementTree.tostring(self._root, encoding="unicode")

    def _relative(self, name: str) -> str | None:
        """A file's name as seen from the folder of the VRT, when it lies there or below."""
        if name.startswith("/vsi"):
            return None
        try:
            return Path(name).absolute().relative_to(self._folder).as_posix()
        except ValueError:
            return None


def add(parent: ElementTree.Element, tag: str, text: str, **attributes: str) -> None:
    """Add an element with a text."""
    ElementTree.SubElement(parent, tag, attributes).text = text


def absolute(name: str) -> str:
    """A file's name as it can be read from any folder."""
    return name if name.startswith("/vsi") else str(Path(name).absolute())
