"""What a file holds, as far as it can be told without reading all of it."""

from __future__ import annotations

import hashlib

from osgeo import gdal

from ...core.errors import RasterError
from .virtual_files import opening

#: Bytes that are read at one place of a file; most labels are smaller.
_SAMPLE = 16384

#: In these GDAL reads all that lies before a place.
_COMPRESSED = ("/vsigzip/", "/vsizip/", "/vsitar/")


def sample_sha256(file: str) -> str:
    """SHA-256 of the beginning and the middle of a file under GDAL's name.

    Empty for what is not a file, as XML in place of a name.
    """
    try:
        with opening(file, file):
            handle = gdal.VSIFOpenL(file, "rb")
            if handle is None:
                return ""
            try:
                sample = bytes(gdal.VSIFReadL(1, _SAMPLE, handle) or b"")
                if len(sample) == _SAMPLE and not file.startswith(_COMPRESSED):
                    gdal.VSIFSeekL(handle, 0, 2)
                    gdal.VSIFSeekL(handle, gdal.VSIFTellL(handle) // 2, 0)
                    sample += bytes(gdal.VSIFReadL(1, _SAMPLE, handle) or b"")
            finally:
                gdal.VSIFCloseL(handle)
    except (RasterError, RuntimeError, TypeError, ValueError):
        return ""
    return hashlib.sha256(sample).hexdigest()


def remote_state(file: str) -> tuple[int, int, str] | None:
    """Size, time of the last change if the server tells it, and a sample, all as GDAL has them.

    GDAL keeps what it has read of a server: see `forget_remote`. None for what is not a file.
    """
    try:
        with opening(file, file):
            info = gdal.VSIStatL(file)
    except (RasterError, RuntimeError, TypeError, ValueError):
        return None
    return (info.size, info.mtime, sample_sha256(file)) if info else None


def forget_remote(file: str) -> None:
    """Have GDAL ask the server again for a file."""
    gdal.VSICurlPartialClearCache(file)
