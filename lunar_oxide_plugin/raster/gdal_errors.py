"""GDAL's errors as exceptions, without touching its process-wide settings.

`gdal.UseExceptions()` would change the behaviour of QGIS and of every other
plugin, and errors at closing a file never become exceptions in GDAL 3.6.
"""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager

from osgeo import gdal

from ..core.errors import RasterError


@contextmanager
def gdal_errors(action: str) -> Iterator[None]:
    """Turn every GDAL error inside the block into one RasterError.

    Parameters
    ----------
    action : str
        What was being done to what; begins the message.

    Raises
    ------
    RasterError
        "<action>: <GDAL's first error>", when GDAL reported any, or when it
        raised because some other plugin enabled its exceptions.
    """
    messages: list[str] = []

    def collect(severity: int, _number: int, text: str) -> None:
        if severity >= gdal.CE_Failure:
            messages.append(text)

    gdal.PushErrorHandler(collect)
    try:
        yield
    except (AttributeError, RuntimeError) as error:
        # Without exceptions GDAL reports an error and returns None, on which the next call fails.
        raised = isinstance(error, RuntimeError) and gdal.GetUseExceptions()
        if not messages and not raised:
            raise
        messages.append(str(error))
    finally:
        gdal.PopErrorHandler()
    if messages:
        raise RasterError(f"{action}: {messages[0]}")


@contextmanager
def without_exceptions() -> Iterator[None]:
    """Let GDAL report errors to `gdal_errors` alone, for as long as it closes a dataset.

    Where its exceptions are enabled (by another plugin, or by QGIS 3.40's own Processing), Python
    prints what closing raises, which reaches nobody, and the dataset stays open.
    """
    enabled = gdal.GetUseExceptions()
    gdal.DontUseExceptions()
    try:
        yield
    finally:
        if enabled:
            gdal.ErrorReset()  # else the next call raises it
            gdal.UseExceptions()
