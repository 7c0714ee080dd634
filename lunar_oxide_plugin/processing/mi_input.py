"""What all algorithms share that read an MI raster with the user's own ideas of it."""

from __future__ import annotations

import re
from typing import Any

from qgis.core import (
    QgsProcessingParameterBoolean,
    QgsProcessingParameterNumber,
    QgsProcessingParameterString,
)

from ..core.errors import RasterError
from ..raster.sources.mi_source import check_openable
from .base import LunarOxideAlgorithm


class MiAlgorithm(LunarOxideAlgorithm):
    """An algorithm with the parameters BANDS, SCALE and MASK_SHADOW."""

    BANDS = "BANDS"
    SCALE = "SCALE"
    MASK_SHADOW = "MASK_SHADOW"

    def add_mi_parameters(self, more_on_bands: str = "") -> None:
        """Declare how an MI raster is to be read; what else BANDS may hold is its help's end."""
        self.add(
            QgsProcessingParameterString(self.BANDS, "Band numbers", optional=True),
            "Eight band numbers for 415 750 900 950 1001 1050 1250 1550 nm, in this order, for "
            "example 1,2,3,4,5,7,8,9. Empty: found by the wavelengths in the file." + more_on_bands,
            advanced=True,
        )
        self.add(
            QgsProcessingParameterNumber(
                self.SCALE,
                "Scale factor",
                QgsProcessingParameterNumber.Type.Double,
                optional=True,
                minValue=0,
            ),
            "Reflectance per stored value, for example 0.00002 for MI DN. Empty: from the file.",
            advanced=True,
        )
        self.add(
            QgsProcessingParameterBoolean(self.MASK_SHADOW, "Mask shadow", defaultValue=True),
            "Pixels in shadow (any band at or below reflectance 0.01, or the label's own limit) "
            "become nodata.",
            advanced=True,
        )

    def check_input(self, path: str) -> None:
        """Refuse an MI file that cannot be read; which bands it has is told with the others."""
        check_openable(path)

    def mi_options(self) -> dict[str, Any]:
        """How MI rasters are to be read, for `open_mi_source` and `open_mi_sources`."""
        return {
            "bands": _band_numbers(self.text(self.BANDS)),
            "scale": self.value(self.SCALE),
            "mask_shadow": self.flag(self.MASK_SHADOW),
        }


def _band_numbers(text: str) -> list[int] | None:
    words = [word for word in re.split(r"[\s,;]+", text.strip()) if word]
    if not all(word.isascii() and word.isdigit() for word in words):
        raise RasterError(f"BANDS holds '{text}'; it needs whole numbers, as 1,2,3,4,5,7,8,9.")
    return [int(word) for word in words] or None
