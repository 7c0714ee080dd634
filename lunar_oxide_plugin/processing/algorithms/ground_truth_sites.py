"""Algorithm `groundtruthsites`."""

from __future__ import annotations

from typing import Any

from qgis.core import (
    QgsProcessingParameterVectorDestination,
)

from ...about import style
from ...core.oxides.oxides import OXIDES
from ...core.sites.ground_truth import GroundTruthSite, load_ground_truth
from ...raster.moon.crs import GEOGRAPHIC_WKT
from ...raster.writing.geopackage import write_points
from ...raster.writing.outputs import OutputFiles
from ..base import LunarOxideAlgorithm
from ..progress import FeedbackWatch

_COLUMNS: dict[str, type] = {
    "site": str,
    "mission": str,
    **dict.fromkeys(OXIDES, float),
    "Mg_number": float,
    "longitude": float,
    "latitude": float,
    "frame": str,
    "position_quality": str,
    "position_source": str,
    "clementine_longitude": float,
    "clementine_latitude": float,
    "chemistry_source": str,
    "note": str,
}


class GroundTruthSites(LunarOxideAlgorithm):
    """The sites of known chemistry as points."""

    NAME = "groundtruthsites"
    TITLE = "Ground-truth sites"
    GROUP = "Data"
    SUMMARY = "Writes the 40 sample sites of Zhang et al. (2023) with their chemistry as points."
    DETAILS = (
        "Table 1 of the paper (Icarus 397, 115505): Al2O3, CaO, FeO, MgO and TiO2 in wt% of soils "
        "of Apollo, Luna, Chang'E-3 and Chang'E-5, with Mg#. Positions are in two frames. Landers "
        "(frame LRO) are accurate to some tens of metres. Stations (frame Clementine) may be "
        "kilometres off: find the place on an image before you read a pixel there. Two stations "
        "of Apollo 16 share a latitude that is probably wrong, and Apollo17S4 has no position; it "
        "is in the table without a geometry. Fields of each site say so."
    )
    TAGS = ("apollo", "luna", "chang'e", "samples", "stations", "ground truth", "points")

    OUTPUT = "OUTPUT"

    def initAlgorithm(self, configuration: dict[str, Any] | None = None) -> None:
        """Declare the parameters."""
        self.add(
            QgsProcessingParameterVectorDestination(self.OUTPUT, "Ground-truth sites"),
            "GeoPackage with a point per site, its chemistry, and the sources of both.",
        )

    def compute(self, watch: FeedbackWatch) -> dict[str, Any]:
        """Write the points and their style."""
        output = self.output_path(self.OUTPUT)
        sites = load_ground_truth()
        with OutputFiles() as files:
            write_points(
                files.path(output),
                "sites",
                GEOGRAPHIC_WKT,
                _COLUMNS,
                [(site.position, _values(site)) for site in sites],
                f"{output} cannot be written",
                self.provenance(),
            )
            files.style(output, style("sites"))
        for quality in dict.fromkeys(site.position_quality for site in sites):
            names = [site.site for site in sites if site.position_quality == quality]
            watch.note(f"{quality}: {', '.join(names)}")
        return {self.OUTPUT: output}


def _values(site: GroundTruthSite) -> list[Any]:
    values = {
        **site._asdict(),
        **site.oxides,
        "Mg_number": round(site.mg_number, 4),
        **dict(zip(("longitude", "latitude"), site.position or ())),
        **dict(zip(("clementine_longitude", "clementine_latitude"), site.clementine or ())),
    }
    return [None if (value := values.get(name)) == "" else value for name in _COLUMNS]
