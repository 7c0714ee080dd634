"""Signed bytes as GDAL keeps them: from 3.7 on a type of its own, before bytes that say so."""

import numpy as np
from osgeo import gdal

#: Of a new raster of the type Byte; GDAL from 3.7 on makes its own type of it.
OPTION = "PIXELTYPE=SIGNEDBYTE"

#: Whether GDAL has the type.
OWN_TYPE = hasattr(gdal, "GDT_Int8")


def write(band, plane):
    """Write values of -128 to 127, [height, width], into a band that was made with `OPTION`."""
    kind = gdal.GDT_Int8 if OWN_TYPE else gdal.GDT_Byte
    size = plane.shape[::-1]
    band.WriteRaster(0, 0, *size, plane.astype(np.int8).tobytes(), *size, kind)
