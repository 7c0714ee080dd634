"""What all algorithms share that let the user choose how their rasters are kept."""

from __future__ import annotations

from qgis.core import QgsProcessingParameterEnum

from ..raster.writing.storage import KINDS, LAYOUTS, Kind, Layout, Storage, require_available
from .base import LunarOxideAlgorithm


class StorageAlgorithm(LunarOxideAlgorithm):
    """An algorithm with the parameters STORAGE and LAYOUT."""

    STORAGE = "STORAGE"
    LAYOUT = "LAYOUT"

    def add_storage(self, error: str, integers: str = "") -> None:
        """Declare how rasters are kept; optional, as models that users saved before lack them.

        Parameters
        ----------
        error : str
            The largest error of LERC, in words.
        integers : str
            Help on scaled integers; without it they are no choice.
        """
        self.add(
            QgsProcessingParameterEnum(
                self.STORAGE,
                "Storage",
                list(KINDS if integers else KINDS[: Kind.UINT16]),
                defaultValue=int(Kind.FLOAT32),
                optional=True,
            ),
            "What the files hold. Float32, lossless: values as computed, compressed by ZSTD where "
            "QGIS's GDAL has it, which some older software cannot read. Float32, DEFLATE: the "
            "same, for any software. Float32, LERC: about half the size, with errors of at most "
            f"{error}; not all software reads it. {integers}".rstrip(),
            advanced=True,
        )
        self.add(
            QgsProcessingParameterEnum(
                self.LAYOUT,
                "Layout",
                list(LAYOUTS),
                defaultValue=int(Layout.GEOTIFF),
                optional=True,
            ),
            "How the files are laid out. Overviews, smaller copies inside the file, show large "
            "maps faster, for a third more of size. A cloud-optimised GeoTIFF has them too, in the "
            "order that servers are read in; writing it needs room for the file twice.",
            advanced=True,
        )

    def storage(self) -> Storage:
        """What the user chose.

        Raises
        ------
        RasterError
            When QGIS's GDAL cannot write it.
        """
        kind = Kind(self.choice(self.STORAGE))
        require_available(kind)
        return Storage(kind, Layout(self.choice(self.LAYOUT)))
