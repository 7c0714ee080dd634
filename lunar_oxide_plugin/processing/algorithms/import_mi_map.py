"""Algorithm `importmimap`."""

from __future__ import annotations

import os
from pathlib import Path
from typing import Any

from qgis.core import (
    QgsProcessing,
    QgsProcessingOutputNumber,
    QgsProcessingParameterExtent,
    QgsProcessingParameterFile,
    QgsProcessingParameterNumber,
    QgsProcessingParameterRasterDestination,
)

from ...core.errors import RasterError
from ...raster.maps.reflectance import write_reflectance
from ...raster.maps.run import Run
from ...raster.mi.mi_folder import mi_products
from ...raster.moon.crs import GEOGRAPHIC_WKT
from ...raster.moon.extent import Extent
from ...raster.sources.location import Location
from ...raster.sources.mi_source import MiSource, open_mi_sources
from ...raster.sources.mosaic import Mosaic
from ...raster.sources.resampling import Resampled
from ..inputs import RasterListParameter, plain_value
from ..mi_input import MiAlgorithm
from ..progress import FeedbackWatch


class ImportMiMap(MiAlgorithm):
    """MI MAP tiles as one georeferenced reflectance raster."""

    NAME = "importmimap"
    TITLE = "Import MI MAP tiles"
    GROUP = "Data"
    SUMMARY = (
        "Reads one or more Kaguya MI MAP tiles and writes their reflectance as one 8-band raster "
        "on the Moon."
    )
    DETAILS = (
        "The bands are 415, 750, 900, 950, 1001, 1050, 1250 and 1550 nm; the second micron band of "
        "the archive (MN1, 1000 nm) is left out. A pixel with one of MI's invalid codes in any "
        "band becomes nodata in all bands. Longitudes run from 180 W to 180 E, and on beyond "
        "where tiles lie on both sides. Where tiles overlap, the first one with a valid pixel is "
        "taken: those of INPUT in their order, then those of FOLDER, version 3 before 2 before "
        "strips, by name. Importing is not needed before predicting: Predict oxides reads a label "
        "directly."
    )
    TAGS = ("selene", "pds", "mosaic", "reflectance", "resample", "vrt")

    INPUT = "INPUT"
    FOLDER = "FOLDER"
    EXTENT = "EXTENT"
    RESOLUTION = "RESOLUTION"
    OUTPUT = "OUTPUT"
    VALID_PIXELS = "VALID_PIXELS"

    def initAlgorithm(self, configuration: dict[str, Any] | None = None) -> None:
        """Declare the parameters."""
        self.add(
            RasterListParameter(
                self.INPUT,
                "MI MAP labels or rasters",
                QgsProcessing.SourceType.TypeRaster,
                optional=True,
            ),
            "The .lbl files of the tiles (each with its .img beside it), archives (.zip, .tar) of "
            "tiles, MI rasters in any format GDAL reads, or files of one wavelength each: those "
            "on the same pixels are put together. INPUT or FOLDER or both are needed.",
        )
        self.add(
            QgsProcessingParameterFile(
                self.FOLDER,
                "Folder of MI products",
                QgsProcessingParameterFile.Behavior.Folder,
                optional=True,
            ),
            "MI products in this folder and the folders in it are found by the archive's names "
            "(MI_MAP_03_*, MI_MAP_02_*, MIA_3C5_03_*). With an extent, only tiles whose names lie "
            "in it are opened.",
        )
        self.add(
            QgsProcessingParameterExtent(self.EXTENT, "Extent", optional=True),
            "Only this part is written, in whole pixels. It may lie across 180 degrees, as 179 to "
            "181, and be at most 360 degrees wide. Empty: everything.",
        )
        self.add(
            QgsProcessingParameterNumber(
                self.RESOLUTION,
                "Pixels per degree",
                QgsProcessingParameterNumber.Type.Double,
                optional=True,
                minValue=0,
            ),
            "The tiles have 2048 (15 m); 512 are the 59 m of global mosaics. Each pixel is the "
            "mean over the valid part of its area, and nodata when less than half of its area is "
            "valid. Empty: the tiles' own pixels.",
        )
        self.add_mi_parameters()
        self.add(
            QgsProcessingParameterRasterDestination(self.OUTPUT, "Reflectance"),
            "GeoTIFF, Float32, eight bands, with overviews. With a name ending in .vrt: a small "
            "file that refers to the tiles and holds the DN as they are; the tiles have to stay "
            "where they are, and shadow is masked when the plugin reads it.",
        )
        self.addOutput(QgsProcessingOutputNumber(self.VALID_PIXELS, "Valid pixels"))

    def check(self) -> None:
        """Refuse what does not go together."""
        if not self.value(self.INPUT) and not self.value(self.FOLDER):
            raise RasterError("Give the tiles in INPUT, or the folder that holds them as FOLDER.")
        folder = self.file(self.FOLDER)
        if folder and not os.path.isdir(folder):  # noqa: PTH112 - Path raises for long names
            raise RasterError(
                f"FOLDER {folder} is not a folder. Choose the one with the MI products."
            )
        if self.value(self.RESOLUTION) is not None:
            if self.value(self.RESOLUTION) == 0:
                raise RasterError(
                    "RESOLUTION has to be above 0 pixels per degree, for example 512."
                )
            # Asking QGIS for the path would have it load a layer there in the end.
            if _is_vrt(str(plain_value(self.value(self.OUTPUT)))):
                raise RasterError(
                    "A .vrt refers to the tiles' own pixels and cannot have another RESOLUTION. "
                    "Leave it empty, or give OUTPUT a name ending in .tif."
                )

    def compute(self, watch: FeedbackWatch) -> dict[str, Any]:
        """Open the tiles, then copy, average or refer to them."""
        output = self.output_path(self.OUTPUT)
        extent = self.extent(self.EXTENT, watch)
        resolution = self.number(self.RESOLUTION)
        around, margin = extent, 0.0
        if extent and resolution:
            if not extent.wkt:
                raise RasterError(
                    "EXTENT needs its CRS when there is a RESOLUTION, as "
                    "-50,-49,43,44 [IAU_2015:30100]."
                )
            # The mean of a pixel needs all of its area, also where that leaves the extent.
            margin = 1 / resolution
            extent = extent.to(GEOGRAPHIC_WKT)
            around = extent.grown(margin, margin)
        mosaic = Mosaic(self._sources(around, watch), extent, margin)
        raster: Mosaic | Resampled = mosaic
        if resolution:
            raster = Resampled(mosaic, resolution, extent, watch.check)
        with self.output_files(mosaic) as files:
            run = Run(files, self.provenance(mosaic), watch=watch)
            valid = write_reflectance(run, raster, output)
        return {self.OUTPUT: output, **({} if valid is None else {self.VALID_PIXELS: valid})}

    def _sources(
        self,
        extent: Extent | None,
        watch: FeedbackWatch,
    ) -> list[MiSource]:
        """The tiles of INPUT, then those of FOLDER."""
        paths = list(self.input_paths(self.INPUT))
        folder = self.file(self.FOLDER)
        if folder:
            given = {Path(str(path)).stem.upper() for path in paths}
            # Without its CRS an extent cannot be compared with names.
            found = mi_products(folder, extent if extent and extent.wkt else None)
            paths += [Location(path) for path in found if Path(path).stem.upper() not in given]
        return open_mi_sources(paths, **self.mi_options(), check=watch.check)


def _is_vrt(path: str) -> bool:
    return path.lower().endswith(".vrt")
