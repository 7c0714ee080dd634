"""Algorithm `demoscene`."""

from __future__ import annotations

from pathlib import Path
from typing import Any

from qgis.core import (
    QgsGeometry,
    QgsPointXY,
    QgsProcessingParameterEnum,
    QgsProcessingParameterFileDestination,
    QgsProcessingParameterVectorDestination,
)

from ...core.demo.scene import SCENES, unit_spectra
from ...core.demo.surface import Surface
from ...raster.maps.demo_tile import require_label_name, write_tile
from ...raster.moon.crs import GEOGRAPHIC_WKT
from ...raster.writing.geopackage import write_polygons
from ...raster.writing.outputs import OutputFiles
from ..base import LunarOxideAlgorithm
from ..progress import FeedbackWatch


class DemoScene(LunarOxideAlgorithm):
    """A synthetic MI tile with polygons, to try everything on."""

    NAME = "demoscene"
    TITLE = "Synthetic demo scene"
    GROUP = "Data"
    SUMMARY = (
        "Writes a SYNTHETIC MI MAP tile in the archive's own format, with polygons of its units."
    )
    DETAILS = (
        "To try the plugin without downloading anything. The spectra are mixtures of real MI "
        "spectra of sample sites, chosen so that the units' oxides come near Tables 5 and 6 of "
        "Zhang et al. (2023); shapes, relief and noise are invented. No number made from it says "
        "anything about the Moon. The real tiles of the same places are "
        "MI_MAP_03_N44E310N43E311SC (Mairan) and MI_MAP_03_N09E019N08E020SC (Sosigenes)."
    )
    TAGS = ("demo", "synthetic", "example", "sample data", "mairan", "sosigenes")

    SCENE = "SCENE"
    OUTPUT = "OUTPUT"
    ZONES = "ZONES"

    def initAlgorithm(self, configuration: dict[str, Any] | None = None) -> None:
        """Declare the parameters."""
        self.add(
            QgsProcessingParameterEnum(self.SCENE, "Scene", list(SCENES), defaultValue=0),
            "Mairan: domes between mare and highlands. Sosigenes: an irregular mare patch.",
        )
        self.add(
            QgsProcessingParameterFileDestination(
                self.OUTPUT, "Synthetic MI MAP label", "PDS3 label (*.lbl)"
            ),
            "The tile's label (.lbl). Its image (88 MiB) is written beside it, with SYNTHETIC in "
            "its name.",
        )
        self.add(
            QgsProcessingParameterVectorDestination(self.ZONES, "Units of the scene"),
            "GeoPackage with the units' polygons and, in the field unit, their names.",
        )

    def compute(self, watch: FeedbackWatch) -> dict[str, Any]:
        """Write label, image and polygons."""
        scene = list(SCENES.values())[self.choice(self.SCENE)]
        label = self.output_path(self.OUTPUT)
        zones = self.output_path(self.ZONES)
        require_label_name(Path(label))

        rings = {unit.name: unit.ring for unit in scene.units}
        with OutputFiles() as files:
            image = write_tile(files, label, Surface(scene), watch.progress)
            write_polygons(
                files.path(zones),
                "units",
                GEOGRAPHIC_WKT,
                {"unit": str, "note": str},
                [(_polygon(rings[name]), (name, "SYNTHETIC")) for name in unit_spectra(scene)],
                f"{zones} cannot be written",
            )
        watch.note(f"SYNTHETIC tile: {label} with {image.name}; not a measurement of the Moon.")
        return {self.OUTPUT: label, self.ZONES: zones}


def _polygon(ring: Any) -> bytes:
    """Make WKB of a closed ring [n, 2] of longitudes and latitudes."""
    points = [QgsPointXY(lon, lat) for lon, lat in ring]
    return bytes(QgsGeometry.fromPolygonXY([points]).asWkb())
