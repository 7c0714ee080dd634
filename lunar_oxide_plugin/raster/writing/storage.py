"""What a user chooses of how a raster is kept: stored numbers, compression, order in the file."""

from __future__ import annotations

from enum import IntEnum
from typing import NamedTuple

from osgeo import gdal

from ...core.errors import RasterError

#: Step of contents in wt% and of their uncertainties: far below what any model can tell, and with
#: 65.534 as the highest scaled integer, above the 65 wt% that all five oxides may reach.
WEIGHT_STEP = 0.001


class Kind(IntEnum):
    """What is stored. Append only: saved models hold positions."""

    FLOAT32 = 0
    DEFLATE = 1
    LERC = 2
    UINT16 = 3

    @property
    def title(self) -> str:
        """For users."""
        return KINDS[self]


#: Titles in the order of `Kind`.
KINDS = ("Float32, lossless", "Float32, DEFLATE", "Float32, LERC", "UInt16, scaled")


class Layout(IntEnum):
    """How a file is laid out. Append only: saved models hold positions."""

    GEOTIFF = 0
    OVERVIEWS = 1
    COG = 2


#: Titles in the order of `Layout`.
LAYOUTS = ("GeoTIFF", "GeoTIFF with overviews", "Cloud-optimised GeoTIFF")


class Storage(NamedTuple):
    """Both choices."""

    kind: Kind = Kind.FLOAT32
    layout: Layout = Layout.GEOTIFF

    @property
    def steps(self) -> int:
        """Steps of a run that take time: the pixels, and all layouts but a plain GeoTIFF's."""
        return 1 if self.layout is Layout.GEOTIFF else 2


DEFAULT = Storage()


class BandInfo(NamedTuple):
    """What a band holds."""

    name: str
    unit: str = ""
    #: Largest error with LERC, and the unit of scaled integers; 0: of lossless kinds only
    step: float = 0.0
    #: Whether values above the range of scaled integers may be kept as the highest of it
    saturates: bool = False


class Codec(NamedTuple):
    """A compression of GeoTIFFs."""

    name: str
    level: int = 0
    #: Largest error; 0: lossless
    max_error: float = 0.0

    def of_geotiff(self, predictor: int) -> list[str]:
        """Creation options of GDAL's GTiff driver."""
        if self.max_error:
            # Without threads: a file that threads have written has to be opened again for
            # overviews, and they would not know the largest error any more.
            return [f"COMPRESS={self.name}", f"MAX_Z_ERROR={self.max_error}"]
        level = {"DEFLATE": "ZLEVEL", "ZSTD": "ZSTD_LEVEL"}[self.name]
        return [
            f"COMPRESS={self.name}",
            f"{level}={self.level}",
            f"PREDICTOR={predictor}",
            "NUM_THREADS=ALL_CPUS",
        ]

    def of_cog(self) -> list[str]:
        """Creation options of GDAL's COG driver, which finds the predictor itself."""
        own = [f"LEVEL={self.level}", "PREDICTOR=YES"]
        if self.max_error:
            own = [f"MAX_Z_ERROR={self.max_error}"]
        return [f"COMPRESS={self.name}", *own, "NUM_THREADS=ALL_CPUS"]


#: Higher levels cost time and save little: docs/outputs.md has the figures.
DEFLATE = Codec("DEFLATE", 1)


def lossless() -> Codec:
    """ZSTD where this GDAL has it, as it is the fastest."""
    return Codec("ZSTD", 1) if _has("ZSTD") else DEFLATE


def lerc(max_error: float) -> Codec:
    """Lossy; for floats below 256, the largest error holds after their rounding to Float32 too."""
    return Codec("LERC", max_error=0.99 * max_error)


def require_available(kind: Kind) -> None:
    """Refuse what this GDAL cannot write.

    Raises
    ------
    RasterError
        Naming what to choose instead.
    """
    if kind is Kind.LERC and not _has("LERC"):
        raise RasterError(
            f"STORAGE {kind:d} ({kind.title}) needs a GDAL that writes LERC, which this one "
            f"({gdal.VersionInfo('RELEASE_NAME')}) does not. Choose {Kind.UINT16:d} "
            f"({Kind.UINT16.title}) for small files, or {Kind.FLOAT32:d} ({Kind.FLOAT32.title})."
        )


def _has(codec: str) -> bool:
    """Whether this GDAL writes GeoTIFFs of a compression."""
    options: str = gdal.GetDriverByName("GTiff").GetMetadataItem("DMD_CREATIONOPTIONLIST")
    return f"<Value>{codec}</Value>" in options
