"""XML as GDAL writes it, for the virtual rasters (VRT) that it reads."""

from __future__ import annotations

from typing import Any

from osgeo import gdal


class Element:
    """An element with its attributes, its text and the elements in it.

    Parameters
    ----------
    tag : str
    text : str
    **attributes : str
    """

    def __init__(self, tag: str, text: str = "", **attributes: str) -> None:
        self._node: list[Any] = [gdal.CXT_Element, tag]
        for name, value in attributes.items():
            self._node.append([gdal.CXT_Attribute, name, [gdal.CXT_Text, value]])
        if text:
            self._node.append([gdal.CXT_Text, text])

    def add(self, tag: str, text: str = "", **attributes: str) -> Element:
        """Put a new element into this one, behind the others; the new one."""
        child = Element(tag, text, **attributes)
        self._node.append(child._node)
        return child

    def xml(self) -> str:
        """All of it, one element per line."""
        text: str = gdal.SerializeXMLTree(self._node)
        return text
