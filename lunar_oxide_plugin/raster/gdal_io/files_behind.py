"""All files on disk from which GDAL reads a source, whatever the source is called.

What a VRT is made of can lie in VRTs, archives, parts of files and subdatasets, each with a name
of its own. Two names are those of one file when the system says so (`is_same_file`).
"""

from __future__ import annotations

import os
import re
import stat
from collections.abc import Iterator
from html import escape, unescape
from pathlib import Path

from osgeo import gdal

from ...core.errors import RasterError
from .network import ASKING_DRIVERS, asking_driver, is_address
from .virtual_files import file_name, gdal_options, is_file, opened_quietly, read_head

#: Where in one of GDAL's names that of a file may begin, and where it may end.
_BEGINNINGS = re.compile(r"/vsi\w+[/?]|://|[:,={\"'?&|]")
_ENDS = re.compile(r"[\"'}?|&,:]")

#: An element of XML with its attributes and its text. `<` alone ends a text.
_ELEMENT = re.compile(r"<(\w+)((?:\s[^<>]*)?)>([^<]+)(?=<)")

#: Text that is written as it is.
_CDATA = re.compile(r"<!\[CDATA\[(.*?)\]\]>", re.DOTALL)

#: How XML begins that says where vector data lie.
_DESCRIBES = re.compile(r"(?:\s|\ufeff|<\?.*?\?>|<!--.*?-->)*<(?:OGR|GDAL|VRT|VSI)", re.DOTALL)

#: A CRS in GeoJSON that lies on a server, for which QGIS waits.
_LINKED_CRS = re.compile(rb'"crs"\s*:\s*\{[^"]*"[^]]{0,300}?"(?:href|url)"\s*:\s*"(https?:[^"]*)"')

_RELATIVE = re.compile(r"\brelative\w*\s*=\s*[\"']([01])", re.IGNORECASE)

#: Elements for people, or of a CRS: an address in them is not read, a name of a file may be.
_PROSE = ("MDI", "Description", "SRS", "Expression", "PixelFunctionCode", "Category", "Abstract")

#: The XML of a VRT of 100,000 sources has 50 MB.
_LONGEST_XML = 1 << 28

#: Characters; what is longer is no name.
_LONGEST_NAME = 4096

#: Drivers whose files are rasters or layers themselves, not parts of one.
_OF_SOURCES = ("DERIVED", "GTI", "OGR_VRT", "VRT")

#: How a TIFF begins: it refers to no other file.
_TIFF = (b"II*\0", b"MM\0*", b"II+\0", b"MM\0+")

#: Endings of files that belong to one of the same name; GDAL does not count all of them.
_BESIDE = (
    *(".aih", ".ain", ".aux", ".aux.xml", ".cpg", ".csvt", ".dbf", ".fbn", ".fbx", ".hdr"),
    *(".idm", ".ind", ".ixs", ".msk", ".mxs", ".ovr", ".prj", ".qix", ".qmd", ".qpj", ".rrd"),
    *(".sbn", ".sbx", ".shx", ".tfw", ".tiffw", ".tifw", ".wld", ".xml"),
)

_KINDS = {
    stat.S_ISFIFO: "a pipe",
    stat.S_ISSOCK: "a socket",
    stat.S_ISCHR: "a device",
    stat.S_ISBLK: "a device",
}


def disk_files(name: str, folder: str = "") -> list[str]:
    """Files on disk that are mentioned in one of GDAL's names, as the archive of its member.

    Parameters
    ----------
    name : str
        A path, ``/vsizip/a.zip/b.tif``, ``GTIFF_DIR:2:a.tif``, ``NETCDF:"a.nc":b`` ...
    folder : str
        Where relative paths in it begin; else in the working folder.
    """
    whole = Path(folder, name)
    if _is_there(whole):
        return [] if whole.is_dir() else [str(whole)]
    if len(name) > _LONGEST_NAME or name.lstrip().startswith("<"):
        return []
    found: dict[str, None] = {}
    for begin in [0, *(match.end() for match in _BEGINNINGS.finditer(name))]:
        rest = name[begin:]
        for end in [len(rest), *(match.start() for match in _ENDS.finditer(rest))]:
            file = _file_above(Path(folder, rest[:end])) if rest[:end] else None
            if file is not None:
                found[str(file)] = None
    return list(found)


def _file_above(path: Path) -> Path | None:
    """A file, or the archive that a path leads into."""
    there = next((one for one in (path, *path.parents) if _is_there(one)), None)
    return None if there is None or there.is_dir() else there


def _is_there(path: Path) -> bool:
    return os.path.lexists(path)  # also a link to nowhere; no error for what is no name at all


def is_same_file(one: str, other: str) -> bool:
    """Whether a file on disk is one that another of GDAL's names mentions, by links too."""
    for file in disk_files(other):
        try:
            if Path(one).samefile(file):
                return True
        except (OSError, ValueError):  # one is not there, or no name of a file at all
            continue
    return False


def require_plain(name: str, what: str, folders: _Folders | None = None) -> None:
    """Refuse a pipe, a device or a socket, of which reading may never end, and links to nowhere.

    Parameters
    ----------
    name : str
        Of a file, in GDAL's way or not.
    what : str
        Begins the message.
    folders : optional
        What is known of folders already.

    Raises
    ------
    RasterError
    """
    said = why_not_plain(name, folders)
    if said:
        raise RasterError(f"{what} cannot be read: {said}")


def why_not_plain(name: str, folders: _Folders | None = None) -> str:
    """What stands against reading a file, and the parts beside it; empty when nothing does."""
    folders = folders or _Folders()
    for file in disk_files(name):
        for part in (file, *folders.special_beside(file)):
            try:
                mode = Path(part).stat().st_mode
            except OSError as error:
                return f"{part}: {error.strerror}."
            for is_kind, kind in _KINDS.items():
                if is_kind(mode):
                    return f"{part} is {kind}, not a file. Save what it gives as a file first."
    return ""


def files_behind(name: str, vector: bool = False) -> list[str]:
    """Files on disk that a source is read from, and those that these are read from.

    Asks no server, and opens no pipe or device.

    Parameters
    ----------
    name : str
        As for GDAL, also the text of a VRT.
    vector : bool
        Whether it holds vector data, not a raster.

    Raises
    ------
    RasterError
        When one of them is a pipe, a device or a socket, or lies on a network.
    """
    kind = gdal.OF_VECTOR if vector else gdal.OF_RASTER
    title = "The text of a VRT" if name.lstrip().startswith("<") else file_name(name)
    found: dict[str, None] = {}
    seen = {name}
    to_read = [name]
    folders = _Folders()
    while to_read:
        source = to_read.pop()
        own = disk_files(source)
        for file in own:
            require_plain(file, title, folders)
            found.update(dict.fromkeys((file, *folders.parts_beside(file))))
        named, parts = _uses(source, kind, title)
        for other in (*named, *parts):
            if is_address(other) and not is_address(name):
                raise _on_network(title, other)
        for part in parts:
            require_plain(part, title, folders)
            found.update(dict.fromkeys(disk_files(part)))
        seen.update(parts)
        # What is in an archive, or in parts of files, refers to others, and so may that itself.
        for other in (*own, *named):
            if other not in seen:
                seen.add(other)
                to_read.append(other)
    return list(found)


class _Folders:
    """What lies beside files; each folder is listed once."""

    def __init__(self) -> None:
        self._names: dict[str, set[str]] = {}
        self._special: dict[str, list[str]] = {}

    def parts_beside(self, file: str) -> list[str]:
        """Files that belong to one: its name, or its stem, with certain endings."""
        folder, name = self._list(file)
        stem = name.rpartition(".")[0] or name
        candidates = dict.fromkeys(one + end for one in (name, stem) for end in _BESIDE)
        return [str(Path(folder, one)) for one in candidates if one in self._names[folder]]

    def special_beside(self, file: str) -> list[str]:
        """Pipes, devices and sockets that GDAL might take for such parts."""
        folder, name = self._list(file)
        stem = name.split(".")[0]
        return [
            str(Path(folder, one))
            for one in self._special[folder]
            if one.startswith((f"{stem}.", f"{name}."))
        ]

    def _list(self, file: str) -> tuple[str, str]:
        folder, name = os.path.split(file)
        if folder not in self._names:
            self._names[folder], self._special[folder] = set(), []
            try:
                with os.scandir(folder or ".") as entries:
                    for entry in entries:
                        self._names[folder].add(entry.name)
                        if not _is_file_or_folder(entry):
                            self._special[folder].append(entry.name)
            except OSError:  # a folder may be entered without being listed
                pass
        return folder, name


def _is_file_or_folder(entry: os.DirEntry[str]) -> bool:
    try:
        return entry.is_file() or entry.is_dir()
    except OSError:  # links that lead to each other
        return False


def _uses(source: str, kind: int, title: str) -> tuple[list[str], list[str]]:
    """Names of other sources that one refers to, and its own parts."""
    if source.lstrip().startswith("<"):
        return list(_named_in_xml(source, "", title)), []
    head = read_head(source, 256) if is_file(source) else b""
    if head.startswith(_TIFF) or (b"\0" in head and _has_header(source)):
        # Not opened: a mosaic may have thousands of them, and a CRS in a header takes 20 ms.
        return [], []
    named: list[str] = []
    if head.lstrip(b"\xef\xbb\xbf \r\n\t").startswith(b"<"):
        text = read_head(source, _LONGEST_XML).decode("utf-8", "replace")
        # KML, GML and others hold addresses that GDAL does not read.
        if kind == gdal.OF_RASTER or _DESCRIBES.match(text):
            named += _named_in_xml(text, source.removesuffix(file_name(source)), title)
    if kind == gdal.OF_VECTOR and head.lstrip(b"\xef\xbb\xbf \r\n\t").startswith(b"{"):
        linked = _LINKED_CRS.search(read_head(source, _LONGEST_XML))
        if linked:
            raise _on_network(title, f"crs: {linked[1][:200].decode('utf-8', 'replace')}")
    # Else GDAL lists the folder of every file that it opens.
    with gdal_options(GDAL_DISABLE_READDIR_ON_OPEN="TRUE"):
        dataset = opened_quietly(source, kind)
        driver = dataset.GetDriver().ShortName if dataset else asking_driver(source)
        listed = (dataset.GetFileList() or []) if dataset else []
    if driver in ASKING_DRIVERS:
        raise RasterError(
            f"{title} is, or refers to, a file of GDAL's driver {driver}, which asks servers for "
            "the data. Download them and use the copy."
        )
    return (named + listed, []) if driver in _OF_SOURCES else (named, listed)


def _has_header(source: str) -> bool:
    """Whether the header of raw values lies beside them (ENVI, EHdr), as `_Folders` counts it."""
    return any(is_file(name) for name in (f"{source}.hdr", str(Path(source).with_suffix(".hdr"))))


def _named_in_xml(text: str, folder: str, title: str) -> Iterator[str]:
    """What the texts in XML may name: files beside it or elsewhere, VRTs as text.

    Raises
    ------
    RasterError
        When one is an address on a network.
    """
    text = _CDATA.sub(lambda found: escape(found[1]), text)
    for tag, attributes, escaped in dict.fromkeys(_ELEMENT.findall(text)):
        name = unescape(escaped).strip()
        if tag in _PROSE:
            if _is_there(Path(folder, name)):
                yield from disk_files(name, folder)
            continue
        if is_address(name):
            raise _on_network(title, f"{tag}: {name[:200]}")
        if name.startswith("<"):
            yield name
            continue
        said = _RELATIVE.search(attributes)
        # Some drivers do not say from where: both are looked at.
        for place in {"0": [""], "1": [folder], "": ["", folder]}[said[1] if said else ""]:
            yield from _as_named(name, place)


def _on_network(title: str, what: str) -> RasterError:
    return RasterError(
        f"{title} refers to data on a network ({what}), which is not read "
        "because a file says so. Give that address itself as the input if you trust it, "
        "or download the data and refer to the copy."
    )


def _as_named(name: str, folder: str) -> Iterator[str]:
    """A name as GDAL reads it when there is such a file, else the files that it mentions."""
    if folder.startswith("/vsi"):
        if is_file(folder + name):
            yield folder + name
        return
    files = disk_files(name, folder)
    if files and not _is_there(Path(folder, name)):
        yield name
    yield from files
