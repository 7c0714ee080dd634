"""Algorithm `importmimap`."""

from __future__ import annotations

from typing import Any

from qgis.core import (
    QgsCoordinateReferenceSystem,
    QgsProcessing,
    QgsProcessingContext,
    QgsProcessingFeedback,
    QgsProcessingOutputNumber,
    QgsProcessingParameterBoolean,
    QgsProcessingParameterExtent,
    QgsProcessingParameterMultipleLayers,
    QgsProcessingParameterRasterDestination,
)

from ...about import style
from ...core.bands import MODEL_BANDS
from ...core.errors import RasterError
from ...raster.blocks import Window
from ...raster.guard import require_moon
from ...raster.moon import Grid, full_turn
from ...raster.mosaic import Mosaic
from ...raster.outputs import BandInfo, OutputFiles
from ...raster.source import MiSource
from ..base import LunarOxideAlgorithm
from ..progress import blocks_with_progress


class ImportMiMap(LunarOxideAlgorithm):
    """MI MAP tiles as one georeferenced reflectance raster."""

    NAME = "importmimap"
    TITLE = "Import MI MAP tiles"
    GROUP = "Data"
    SUMMARY = (
        "Reads one or more Kaguya MI MAP tiles and writes their reflectance as one 8-band GeoTIFF "
        "on the Moon."
    )
    DETAILS = (
        "The bands are 415, 750, 900, 950, 1001, 1050, 1250 and 1550 nm; the second micron band of "
        "the archive (MN1, 1000 nm) is left out. A pixel with one of MI's invalid codes in any "
        "band becomes no data in all bands. Longitudes run from 180 W to 180 E. Where tiles "
        "overlap, the first one with a valid pixel is taken. Importing is not needed before "
        "predicting: Predict oxides reads a label directly."
    )
    TAGS = ("selene", "pds", "mosaic", "reflectance")

    INPUT = "INPUT"
    EXTENT = "EXTENT"
    MASK_SHADOW = "MASK_SHADOW"
    OUTPUT = "OUTPUT"
    VALID_PIXELS = "VALID_PIXELS"

    def initAlgorithm(self, configuration: dict[str, Any] | None = None) -> None:
        """Declare the parameters."""
        self.add(
            QgsProcessingParameterMultipleLayers(
                self.INPUT, "MI MAP labels or rasters", QgsProcessing.SourceType.TypeRaster
            ),
            "The .lbl files of the tiles (each with its .img beside it), or MI rasters in any "
            "format GDAL reads.",
        )
        self.add(
            QgsProcessingParameterExtent(self.EXTENT, "Extent", optional=True),
            "Only this part is written, in whole pixels. Empty: everything.",
        )
        self.add(
            QgsProcessingParameterBoolean(self.MASK_SHADOW, "Mask shadow", defaultValue=True),
            "Pixels that the archive counts as shadow (DN up to 500 in V3) become no data.",
        )
        self.add(
            QgsProcessingParameterRasterDestination(self.OUTPUT, "Reflectance"),
            "GeoTIFF, Float32, eight bands.",
        )
        self.addOutput(QgsProcessingOutputNumber(self.VALID_PIXELS, "Valid pixels"))

    def compute(
        self,
        parameters: dict[str, Any],
        context: QgsProcessingContext,
        feedback: QgsProcessingFeedback,
    ) -> dict[str, Any]:
        """Copy block by block."""
        mask_shadow = self.parameterAsBool(parameters, self.MASK_SHADOW, context)
        sources = [MiSource(p, mask_shadow=mask_shadow) for p in self.input_paths(self.INPUT)]
        for source in sources:
            _ = source.scaling  # refused before work starts
            for note in source.notes:
                feedback.pushInfo(note)
        mosaic = Mosaic(sources)
        area = self._area(parameters, context, mosaic.grid)
        output = self.output_path(parameters, self.OUTPUT, context)
        metadata = self.provenance(parameters, *sources)
        metadata["SOURCE_PRODUCTS"] = " ".join(
            source.label.product if source.label else source.name for source in sources
        )
        bands = [BandInfo(f"{band.filter} {band.nominal} nm") for band in MODEL_BANDS]
        valid_pixels = 0
        with OutputFiles() as files:
            writer = files.raster(
                output, mosaic.grid.part(area), bands, metadata, style=style("reflectance")
            )
            # Blocks of the output, which then is written tile by tile.
            for window in blocks_with_progress(Window(0, 0, area.width, area.height), feedback):
                reflectance, valid = mosaic.spectra(window.relative_to(-area.x, -area.y))
                reflectance[:, ~valid] = float("nan")
                writer.write(window, reflectance)
                valid_pixels += int(valid.sum())
        feedback.pushInfo(f"{valid_pixels} of {area.size} pixels are valid.")
        return {self.OUTPUT: output, self.VALID_PIXELS: valid_pixels}

    def _area(
        self, parameters: dict[str, Any], context: QgsProcessingContext, grid: Grid
    ) -> Window:
        """The pixels to write: all, or those that the extent touches."""
        if not parameters.get(self.EXTENT):
            return grid.window
        extent_crs = self.parameterAsExtentCrs(parameters, self.EXTENT, context)
        if extent_crs.isValid():
            require_moon(
                extent_crs.toWkt(QgsCoordinateReferenceSystem.WktVariant.WKT2_2019), "EXTENT"
            )
        crs = QgsCoordinateReferenceSystem.fromWkt(grid.wkt)
        extent = self.parameterAsExtent(parameters, self.EXTENT, context, crs)
        # A mosaic across 180 degrees goes on beyond it, an extent may lie on either side.
        turn = full_turn(grid.wkt) if grid.wkt else 0.0
        for shift in (0.0, turn, -turn):
            left, right = extent.xMinimum() + shift, extent.xMaximum() + shift
            area = grid.touched(left, extent.yMinimum(), right, extent.yMaximum())
            if area is not None:
                return area
        raise RasterError("EXTENT does not touch the tiles. Draw it over them, or leave it empty.")
