"""GDAL's errors as exceptions, without touching its process-wide settings.

`gdal.UseExceptions()` would change the behaviour of QGIS and of every other
plugin, and errors at closing a file never become exceptions in GDAL 3.6.
"""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager

from osgeo import gdal

from ...core.errors import RasterError


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
    except SystemError:  # `collect` cannot be called with a text that is no UTF-8
        messages.append("it holds a text in no known encoding, and is damaged")
    finally:
        gdal.PopErrorHandler()
    if messages:
        raise RasterError(f"{action}: {messages[0]}")


def close(dataset: gdal.Dataset) -> None:
    """Close a dataset, which writes what is left of it; not to be used any more.

    When the last reference to it goes, as is usual, an error is lost: where GDAL's exceptions are
    enabled (by another plugin, or by QGIS 3.40's own Processing), Python prints what is raised.
    """
    if hasattr(dataset, "Close"):  # GDAL 3.8
        dataset.Close()
    else:
        type(dataset).__swig_destroy__(dataset)
