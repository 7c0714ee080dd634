"""Algorithm `classifyterrain`."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np
from qgis.core import (
    QgsProcessingOutputNumber,
    QgsProcessingParameterBand,
    QgsProcessingParameterEnum,
    QgsProcessingParameterFileDestination,
    QgsProcessingParameterNumber,
    QgsProcessingParameterRasterDestination,
    QgsProcessingParameterVectorDestination,
)

from ...core.errors import RasterError
from ...core.oxides.oxides import OXIDES
from ...core.results.terrain import DEFAULT_MG, NEEDED, SCHEMES, Scheme, summary_table
from ...core.tables import csv_text
from ...raster.maps.run import Run
from ...raster.maps.terrain import extent
from ...raster.maps.terrain_classes import TerrainResult, Threshold, write_terrain
from ...raster.sources.raster import Raster
from ...report.terrain_report import Picture, Terrain, html_report
from ..base import LunarOxideAlgorithm
from ..inputs import RasterParameter
from ..progress import FeedbackWatch

_FIXED, _FIT = 0, 1
METHODS = ("Fixed FeO", "Two-component fit of FeO")


class ClassifyTerrain(LunarOxideAlgorithm):
    """Classes of terrain from an oxide raster."""

    NAME = "classifyterrain"
    TITLE = "Classify terrain"
    GROUP = "Analysis"
    SUMMARY = (
        "Divides an oxide raster into mare and highlands, basalt types or terranes, with the mean "
        "oxides of each class beside the published ones."
    )
    DETAILS = (
        "Mare and highlands are divided by FeO: at 10.6 wt%, the middle between the means of "
        "maria and highlands in Table 2 of Zhang et al. (2023, Icarus 397, 115505), at a value of "
        "your own, or where a fit says. The fit finds the two Gaussians whose mixture is likeliest "
        "for the area-weighted histogram of FeO (expectation and maximisation) and divides where "
        "both are equally probable. It is refused where FeO does not show two populations: "
        "Ashman's D below 2 (Ashman et al. 1994, Astronomical Journal 108, 2348), one of them "
        "below 1 % of the area, or no valley between them.\n\n"
        "Basalt types divide mare by TiO2 after Neal and Taylor (1992, Geochim. Cosmochim. Acta "
        "56, 2177): very-low-Ti below 1 wt%, low-Ti up to 6 wt%, high-Ti above.\n\n"
        "Terranes are compositions that resemble the feldspathic highlands (FHT), Procellarum "
        "KREEP (PKT) and South Pole-Aitken (SPAT) terranes of Jolliff et al. (2000, JGR 105, "
        "4197), not the terranes themselves: those are regions drawn from thorium, FeO and "
        "position, and no numbers of Fig. 4f of Zhang et al. are available. The rule is this "
        "project's own: feldspathic where FeO is below and Mg# above the means of the whole "
        "Moon in Table 2 (7.42 wt%, 0.675), mafic where both are on the other side, undecided "
        "where they disagree. Mafic ground inside the ellipse of the South Pole-Aitken basin "
        "(Garrick-Bethell and Zuber 2009, Icarus 204, 399: 2400 x 2050 km around 53 S 191 E) is "
        "SPAT-like, all other PKT-like, any mare outside both among it.\n\n"
        "Means are weighted by area on the sphere. A pixel without one of the oxides that the "
        "classes need is nodata."
    )
    TAGS = ("mare", "highlands", "basalt", "terrane", "pkt", "fht", "spat", "report")

    INPUT = "INPUT"
    SCHEME = "SCHEME"
    METHOD = "METHOD"
    THRESHOLD = "THRESHOLD"
    MG_THRESHOLD = "MG_THRESHOLD"
    BANDS = {"FeO": "FEO_BAND", "MgO": "MGO_BAND", "TiO2": "TIO2_BAND"}  # noqa: RUF012
    MINIMUM_AREA = "MINIMUM_AREA"
    OUTPUT = "OUTPUT"
    POLYGONS = "POLYGONS"
    TABLE = "TABLE"
    REPORT = "REPORT"
    FEO_THRESHOLD = "FEO_THRESHOLD"
    MARE_PERCENT = "MARE_PERCENT"

    def initAlgorithm(self, configuration: dict[str, Any] | None = None) -> None:
        """Declare the parameters."""
        number = QgsProcessingParameterNumber.Type.Double
        self.add(
            RasterParameter(self.INPUT, "Oxide raster"),
            "Oxides in wt%, such as the result of Predict oxides. FeO is needed, for basalt types "
            "TiO2 and for terranes MgO; means are given of all five.",
        )
        self.add(
            QgsProcessingParameterEnum(self.SCHEME, "Classes", list(SCHEMES), defaultValue=0),
            "Mare and highlands: by FeO. Basalt types: highlands, and very-low-Ti, low-Ti and "
            "high-Ti mare. Terranes: compositions like those of FHT, PKT and SPAT.",
        )
        self.add(
            QgsProcessingParameterEnum(
                self.METHOD, "FeO is divided by", list(METHODS), defaultValue=_FIXED
            ),
            "Fixed FeO: at THRESHOLD. Two-component fit: where the two populations in the "
            "raster's own FeO are equally probable; the raster must show both.",
        )
        self.add(
            QgsProcessingParameterNumber(
                self.THRESHOLD, "FeO threshold (wt%)", number, optional=True, minValue=0
            ),
            "FeO from which a pixel is mare, of terranes mafic. Empty: 10.6 wt%, the middle "
            "between the means of Table 2 of Zhang et al. (2023); of terranes 7.42 wt%, its mean "
            "of the whole Moon. Not to be given with the fit.",
        )
        self.add(
            QgsProcessingParameterNumber(
                self.MG_THRESHOLD,
                "Mg# threshold of terranes",
                number,
                DEFAULT_MG,
                minValue=0,
                maxValue=1,
            ),
            "Mg# (a molar fraction) below which a pixel is on the mafic side; used for terranes "
            "only. 0.675 is the mean of the whole Moon in Zhang et al. (2023).",
            advanced=True,
        )
        for oxide, name in self.BANDS.items():
            self.add(
                QgsProcessingParameterBand(
                    name, f"{oxide} band", parentLayerParameterName=self.INPUT, optional=True
                ),
                f"Empty: the band described as {oxide}.",
                advanced=True,
            )
        self.add(
            QgsProcessingParameterNumber(
                self.MINIMUM_AREA, "Smallest polygon (km2)", number, optional=True, minValue=0
            ),
            "For POLYGONS: connected areas below this become part of their largest neighbour, "
            "counted in pixels of the raster's mean size. Empty: all are kept.",
            advanced=True,
        )
        self.add(
            QgsProcessingParameterRasterDestination(self.OUTPUT, "Terrain classes"),
            "GeoTIFF, one band of bytes: numbers of the classes from 1 on, 0 where there is none. "
            "Names and colours are in the style beside it and in its categories.",
        )
        self.add(
            QgsProcessingParameterVectorDestination(
                self.POLYGONS, "Class polygons", optional=True, createByDefault=False
            ),
            "GeoPackage: the connected areas of each class, with its number and name and the area "
            "on the sphere. Refused where the classes are too scattered.",
        )
        self.add(
            QgsProcessingParameterFileDestination(
                self.TABLE, "Table", "CSV (*.csv)", optional=True, createByDefault=False
            ),
            "Area, means and standard deviations of each class as CSV, with Table 2 beside them.",
        )
        self.add(
            QgsProcessingParameterFileDestination(
                self.REPORT, "Report", "HTML (*.html)", optional=True, createByDefault=False
            ),
            "The same as a page to read, with the map and the histogram of FeO.",
        )
        self.addOutput(QgsProcessingOutputNumber(self.FEO_THRESHOLD, "FeO threshold (wt%)"))
        self.addOutput(QgsProcessingOutputNumber(self.MARE_PERCENT, "Mare (% of area)"))

    def compute(self, watch: FeedbackWatch) -> dict[str, Any]:
        """Fit if wanted, classify block by block, then draw polygons and write what was found."""
        scheme = Scheme(self.choice(self.SCHEME))
        threshold = self._given_threshold(scheme)
        outputs = self.output_paths()
        raster = Raster(self.input_paths(self.INPUT)[0])
        with self.output_files(raster) as files:
            run = Run(
                files,
                self.provenance(raster),
                threads=self.threads(),
                watch=watch,
            )
            result = write_terrain(
                run,
                raster,
                self._bands(raster, scheme),
                scheme,
                outputs[self.OUTPUT],
                threshold=threshold,
                mg_number=self.number(self.MG_THRESHOLD),
                polygons=outputs.get(self.POLYGONS, ""),
                minimum_area=self.number(self.MINIMUM_AREA),
            )
            totals = result.summary.totals
            summaries = totals.summaries()
            if self.TABLE in outputs:
                files.text(outputs[self.TABLE], csv_text(*summary_table(summaries)))
            if self.REPORT in outputs:
                files.text(outputs[self.REPORT], _page(raster, scheme, result, self.remarks()))
        for one in summaries:
            watch.note(f"{one.name}: {one.percent:.2f} % of the area, {one.pixels} pixels.")
        results = {**outputs, self.FEO_THRESHOLD: result.threshold.feo}
        if scheme is not Scheme.TERRANES:
            results[self.MARE_PERCENT] = totals.mare_percent()
        return results

    def _given_threshold(self, scheme: Scheme) -> Threshold | None:
        """The user's or the default; None when it has to be fitted."""
        given = self.value(self.THRESHOLD) is not None
        if self.choice(self.METHOD) == _FIT:
            if given:
                raise RasterError(
                    "THRESHOLD is given, but METHOD is the fit, which finds it. Leave THRESHOLD "
                    f"empty or choose METHOD {_FIXED} ({METHODS[_FIXED]})."
                )
            return None
        if given:
            feo = self.number(self.THRESHOLD)
            return Threshold(feo, "as given (THRESHOLD)")
        return Threshold.default(scheme)

    def _bands(
        self,
        raster: Raster,
        scheme: Scheme,
    ) -> dict[str, int]:
        """Band of each oxide: those that are needed, and what else is given or described."""
        names, found = raster.band_names, {}
        for oxide in OXIDES:
            parameter = self.BANDS.get(oxide, "")
            if self.value(parameter) is not None or oxide in NEEDED[scheme]:
                found[oxide] = self.oxide_band(parameter, raster, oxide)
        for oxide in OXIDES:
            if oxide not in found and names.count(oxide) == 1:
                number = names.index(oxide) + 1
                if number not in found.values():
                    found[oxide] = number
        return found


def _page(raster: Raster, scheme: Scheme, result: TerrainResult, remarks: Sequence[str]) -> str:
    """The report."""
    _, dx, rx, _, ry, dy = raster.grid.geotransform
    aspect = float(np.hypot(rx, dy) / np.hypot(dx, ry))
    terrain = Terrain(
        scheme,
        result.limits,
        result.summary.totals.summaries(),
        result.summary.histogram,
        result.threshold.mixture,
        Picture(result.summary.picture, extent(raster.grid), aspect),
    )
    warnings = [*remarks]
    if raster.synthetic:
        warnings.append("SYNTHETIC scene: these numbers are not measurements of the Moon.")
    notes = [
        f"{scheme.title} of {raster.name}.",
        f"FeO is divided at {result.threshold}.",
    ]
    return html_report(terrain, notes, warnings, result.metadata)
