"""Sources on a network: read where the user names one, never because a file says so.

A file that was sent by somebody may name a server. To ask it would tell that server who opens the
file, and would wait for its answer as long as it likes.
"""

from __future__ import annotations

import re

from osgeo import gdal

#: Names that lead to other machines: GDAL's file systems over HTTP, addresses, databases, services.
_ADDRESS = re.compile(
    r"""(?:^|[/\\{}:,;"'=&?\s])          # at the beginning, or inside of another name
    (?:/vsi(?:curl|s3|gs|az|adls|oss|swift|hdfs|webhdfs)(?:_streaming)?[/?]
    |(?:https?|ftps?|s3|gs|jpips?|rasdaman|postgresql)://)
    |^(?:PG|WMS|WCS|WMTS|OGCAPI|EEDAI?|PLScenes|PLMosaic|NGW|GEORASTER|GEOR|OCI|MYSQL|MSSQL|HTTP)
    :(?![\\/][^/])                       # no drive of one of these letters
    """,
    re.VERBOSE | re.IGNORECASE,
)

#: Drivers that ask servers for what a local file describes.
ASKING_DRIVERS = (
    *("DAAS", "EEDA", "EEDAI", "GeoRaster", "HTTP", "JPIPKAK", "NGW", "OGCAPI", "PLMOSAIC"),
    *("PLSCENES", "PostGISRaster", "RASDAMAN", "STACIT", "STACTA", "WCS", "WMS", "WMTS"),
)

#: Nothing answers at this port of the user's own machine; no request leaves it.
_NOWHERE = "http://127.0.0.1:1"

#: Of this thread while it may not reach a network: GDAL's file systems over HTTP then know no
#: file, and other requests end at once.
_OFFLINE = {
    "CPL_VSIL_CURL_ALLOWED_FILENAME": "-",
    "GDAL_HTTP_PROXY": _NOWHERE,
    "GDAL_HTTPS_PROXY": _NOWHERE,
    # Of a server that the system's NO_PROXY names, no answer is waited for.
    "GDAL_HTTP_TIMEOUT": "1",
}

#: Of this thread while it reads from a network: seconds until a server must be reached, and for
#: which it may send less than a byte a second.
_PATIENT = {
    "GDAL_HTTP_CONNECTTIMEOUT": "10",
    "GDAL_HTTP_LOW_SPEED_TIME": "20",
    "GDAL_HTTP_LOW_SPEED_LIMIT": "1",
}


def is_address(name: str) -> bool:
    """Whether a name leads to another machine; the text of a VRT does not, whatever it names."""
    return not name.lstrip().startswith("<") and _ADDRESS.search(name) is not None


def asking_driver(name: str) -> str:
    """The driver that asks servers, where GDAL would read a file by one; else empty."""
    gdal.PushErrorHandler("CPLQuietErrorHandler")
    try:
        driver = gdal.IdentifyDriverEx(name, gdal.OF_RASTER)
    except RuntimeError:  # where another plugin enabled GDAL's exceptions
        return ""
    finally:
        gdal.PopErrorHandler()
    return driver.ShortName if driver is not None and driver.ShortName in ASKING_DRIVERS else ""


def network_options(name: str) -> dict[str, str | None]:
    """GDAL's options while a source is read; what the user has set himself stays."""
    if not is_address(name):
        return {**_OFFLINE}
    patient = {k: value for k, value in _PATIENT.items() if gdal.GetConfigOption(k) is None}
    # Another source may be open, which is not to reach a network.
    return {**dict.fromkeys(_OFFLINE), **patient}
