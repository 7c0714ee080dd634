"""Texts that files hold, as `str`: GDAL gives bytes where they are no UTF-8.

Old headers have them ("µm" in Latin-1), and damaged files.
"""

from __future__ import annotations

from osgeo import gdal


def text_of(value: str | bytes | None) -> str:
    """A text as it is, or read as Latin-1, which any bytes are; "" for None."""
    return value.decode("latin-1") if isinstance(value, bytes) else value or ""


def metadata(holder: gdal.Dataset | gdal.Band, domain: str = "") -> dict[str, str]:
    """Metadata of a dataset or band."""
    items = holder.GetMetadata(domain) or {}
    return {text_of(key): text_of(text) for key, text in items.items()}


def metadata_item(holder: gdal.Dataset | gdal.Band, name: str, domain: str = "") -> str:
    """One item of it; "" where there is none."""
    return text_of(holder.GetMetadataItem(name, domain))


def metadata_text(holder: gdal.Dataset | gdal.Band, domain: str) -> str:
    """Metadata that is one text, as "xml:VRT"; "" where there is none."""
    return text_of((holder.GetMetadata_List(domain) or [""])[0])


def band_names(dataset: gdal.Dataset, count: int | None = None) -> list[str]:
    """Descriptions of the first `count` bands, or of all; empty where a band has none."""
    numbers = range(1, 1 + (dataset.RasterCount if count is None else count))
    return [text_of(dataset.GetRasterBand(number).GetDescription()) for number in numbers]
