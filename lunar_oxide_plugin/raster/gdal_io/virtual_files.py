"""Files under the names GDAL gives them: plain, compressed, in archives, on servers.

GDAL reads all of them through one set of calls (virtual file systems:
/vsizip/, /vsigzip/, /vsitar/, /vsicurl/, /vsis3/ ...). Names are strings and
reach GDAL as they are: pathlib would make /vsicurl/https:/a of
/vsicurl/https://a.
"""

from __future__ import annotations

import stat
from collections.abc import Iterable, Iterator
from contextlib import contextmanager

from osgeo import gdal

from ...core.errors import RasterError
from .gdal_errors import gdal_errors
from .network import network_options

_GZIP = "/vsigzip/"
_ARCHIVES = {".zip": "/vsizip/", ".tar": "/vsitar/", ".tgz": "/vsitar/", ".tar.gz": "/vsitar/"}

#: Whether it is there and a file, without its size: that of a .gz takes reading all of it.
_NATURE = gdal.VSI_STAT_EXISTS_FLAG | gdal.VSI_STAT_NATURE_FLAG

_CHUNK = 1 << 20

#: GDAL writes the size of a .gz into a .properties file beside it. Of a mosaic's files, which it
#: opens when it reads them, it holds 100, each with a decompressor and a block of every band, two
#: megabytes and more; with no more than a few blocks of the mosaic touch it is as fast.
_SETTINGS = {"CPL_VSIL_GZIP_WRITE_PROPERTIES": "NO", "GDAL_MAX_DATASET_POOL_SIZE": "32"}


@contextmanager
def gdal_options(**options: str | None) -> Iterator[None]:
    """Set GDAL options for this thread, and put back what was there."""
    previous = {name: gdal.GetThreadLocalConfigOption(name) for name in options}
    try:
        for name, value in options.items():
            gdal.SetThreadLocalConfigOption(name, value)
        yield
    finally:
        for name, value in previous.items():
            gdal.SetThreadLocalConfigOption(name, value)


@contextmanager
def reaching(name: str) -> Iterator[None]:
    """Let this thread reach a network only for a source that is an address on one.

    GDAL leaves no file behind meanwhile, and holds few open.
    """
    with gdal_options(**_SETTINGS, **network_options(name)):
        yield


@contextmanager
def opening(action: str, name: str = "") -> Iterator[None]:
    """Open files or read through GDAL: it raises its errors, leaves no file behind, holds few open.

    Parameters
    ----------
    action : str
        Begins the message.
    name : str
        What is read. No network is used unless this is an address on one.

    Raises
    ------
    RasterError
        "<action>: <GDAL's first error>".
    """
    with reaching(name), gdal_errors(action):
        yield


def readable(path: str) -> str:
    """The name under which GDAL reads a file: a .gz is decompressed, others stay as they are."""
    compressed = path.lower().endswith(".gz") and not path.startswith(_GZIP)
    return _GZIP + path if compressed and _archive_root(path) is None else path


def is_archive(path: str) -> bool:
    """Whether there is such a .zip, .tar, .tgz or .tar.gz."""
    root = _archive_root(path)
    return root is not None and (root == path or is_file(path))


def _archive_root(path: str) -> str | None:
    """The folder that GDAL sees in an archive; None when the name is not that of one."""
    for ending, system in _ARCHIVES.items():
        if path.lower().endswith(ending):
            if not path.startswith(system):
                return system + path
            # Already that folder (of one file GDAL makes that file), or an archive in an archive.
            if is_file(path) and not is_file(path[len(system) :]):
                return f"{system}{{{path}}}"
            return path
    return None


def file_name(path: str) -> str:
    """The last part of a name, whichever slashes it has."""
    return path[max(path.rfind("/"), path.rfind("\\")) + 1 :]


def split_ending(path: str) -> tuple[str, str]:
    """Name without folder and ending, and the ending in lower case without .gz.

    ``/vsigzip//data/TILE.IMG.gz`` is ("TILE", ".img").
    """
    name = file_name(path)
    if name.lower().endswith(".gz"):
        name = name[:-3]
    stem, dot, ending = name.rpartition(".")
    return (stem, dot + ending.lower()) if stem else (name, "")


def is_file(path: str) -> bool:
    """Whether there is such a file; False for whatever is not a file name at all."""
    try:
        with opening(path, path):
            info = gdal.VSIStatL(path, _NATURE)
    except (RasterError, RuntimeError, TypeError, ValueError):  # SQL, JSON, text in no encoding
        return False
    # Reading a pipe or a terminal would wait for ever.
    return info is not None and stat.S_ISREG(info.mode)


def opened_quietly(path: str, kind: int = gdal.OF_RASTER) -> gdal.Dataset | None:
    """What GDAL makes of a file, without a word; None when it cannot open it."""
    gdal.PushErrorHandler("CPLQuietErrorHandler")
    try:
        with reaching(path):
            return gdal.OpenEx(path, kind)
    except RuntimeError:  # where another plugin enabled GDAL's exceptions
        return None
    finally:
        gdal.PopErrorHandler()


def read_head(path: str, length: int) -> bytes:
    """At most `length` bytes from the beginning of a file.

    Raises
    ------
    RasterError
        When there is no such file or it cannot be read.
    """
    if not is_file(path):
        raise RasterError(f"{path} cannot be read: there is no such file.")
    with _opened(path) as file:
        return bytes(gdal.VSIFReadL(1, length, file) or b"")


def size_up_to(path: str, limit: int) -> int:
    """Size of a file in bytes; a compressed one is counted no further than `limit`.

    Raises
    ------
    RasterError
        When the file cannot be read.
    """
    if not path.startswith(_GZIP):
        with opening(f"{path} cannot be read", path):
            return int(gdal.VSIStatL(path).size)
    # A .gz ends in its size modulo 4 GiB. Cut off, it ends in arbitrary bytes;
    # of several parts, in the size of the last. So only a likely size is believed.
    with _opened(path[len(_GZIP) :]) as file:
        gdal.VSIFSeekL(file, -4, 2)
        trailer = int.from_bytes(gdal.VSIFReadL(1, 4, file) or b"", "little")
    if limit <= trailer < 2 * limit:
        return trailer
    size = 0
    with _opened(path, "is cut off or damaged, download it again. GDAL says") as file:
        while size < limit:
            read = len(gdal.VSIFReadL(1, min(_CHUNK, limit - size), file) or b"")
            if not read:
                break
            size += read
    return size


def beside(path: str, names: Iterable[str]) -> str | None:
    """The first of some names in the folder of a file, in this or else in any case.

    Archives and copies differ in upper and lower case. None when there is none.
    """
    plain = path[len(_GZIP) :] if path.startswith(_GZIP) else path
    folder = plain[: len(plain) - len(file_name(plain))]
    wanted = [name for name in names if name]
    for name in wanted:
        if is_file(readable(folder + name)):
            return readable(folder + name)
    try:
        with opening(folder, folder):
            listing = gdal.ReadDir(folder or ".") or []
    except RasterError:  # a server that lists nothing
        return None
    found = {name.lower(): name for name in sorted(listing, reverse=True)}
    for name in wanted:
        other = readable(folder + found.get(name.lower(), ""))
        if name.lower() in found and is_file(other):
            return other
    return None


def archive_members(path: str) -> list[str]:
    """Names under which GDAL reads the files in an archive, sorted.

    Raises
    ------
    RasterError
        When it cannot be read as an archive.
    """
    root = _archive_root(path)
    with opening(f"{path} cannot be read as an archive", path):
        names = gdal.ReadDirRecursive(root)
    if names is None:
        raise RasterError(f"{path} cannot be read as an archive. Is it there, and whole?")
    return [readable(f"{root}/{name}") for name in sorted(names) if not name.endswith("/")]


@contextmanager
def _opened(path: str, failing: str = "cannot be read") -> Iterator[gdal.VSILFILE]:
    with opening(f"{path} {failing}", path):
        file = gdal.VSIFOpenL(path, "rb")
        if file is None:
            raise RasterError(f"{path} cannot be read: it cannot be opened.")
        try:
            yield file
        finally:
            gdal.VSIFCloseL(file)
