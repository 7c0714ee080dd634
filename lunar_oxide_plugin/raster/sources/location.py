"""Where a raster comes from: one value for what was many questions to the text of its name."""

from __future__ import annotations

import re
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path

import numpy as np
from osgeo import gdal

from ...core.errors import RasterError
from ..gdal_io.files_behind import disk_files, files_behind, require_plain
from ..gdal_io.network import is_address
from ..gdal_io.virtual_files import (
    archive_members,
    file_name,
    is_archive,
    is_file,
    opening,
    reaching,
    readable,
    split_ending,
)
from ..mi.mi_label import MiLabel, find_label, labels_in_archive
from ..moon.crs import Grid, Transform, grid_of, spatial_reference
from ..moon.require_moon import is_moon

#: What can be the name of a file in a folder: no markup, no colon but after a drive's letter.
_FILE_NAME = re.compile(r"([A-Za-z]:)?[^<>:\n]+")

#: Degrees up to which two CRSs put a pixel at the same place.
_SAME_PLACE = 1e-7


@dataclass(frozen=True)
class Location:
    """A raster as a user names it: a file, plain or compressed, a member of an archive, an address.

    What is asked for is found out once and kept.
    """

    #: Anything GDAL opens, or the label or image of an MI product.
    name: str
    #: CRS that the user set for it in QGIS; empty: the file's own.
    wkt: str = ""

    @classmethod
    def of(cls, given: str | Location) -> Location:
        """From a name, or what already is one."""
        return given if isinstance(given, Location) else cls(given)

    def __str__(self) -> str:
        return self.name

    @cached_property
    def is_address(self) -> bool:
        """Whether the user named a place on a network."""
        return is_address(self.name)

    @cached_property
    def is_archive(self) -> bool:
        """Whether it is a whole .zip, .tar, .tgz or .tar.gz."""
        return is_archive(self.name)

    @cached_property
    def label(self) -> MiLabel | None:
        """The label of the MI product that it is; None for other rasters.

        RasterError when the label is damaged, or it is an archive that holds several.
        """
        require_plain(self.name, file_name(self.name) or self.name)
        path = find_label(self.name)
        return MiLabel(path) if path else None

    @cached_property
    def gdal_name(self) -> str:
        """The name under which GDAL's own drivers open it; of an archive, that of its one raster.

        RasterError when an archive cannot be read or does not hold one raster.
        """
        if not self.is_archive:
            return readable(self.name)
        members = rasters_in_archive(self.name)
        if len(members) != 1:
            raise RasterError(
                f"{self.name} holds {len(members)} rasters. Name one of them: "
                f"{', '.join(members[:5])}{' ...' if len(members) > 5 else ''}"
            )
        return members[0]

    @cached_property
    def files(self) -> list[str]:
        """All files on disk from which it is read, none of which may be replaced meanwhile.

        RasterError when one of them is a pipe or a device, or when it refers to a network.
        """
        if self.is_address:
            return disk_files(self.name)
        if self.is_archive:
            rasters = [] if labels_in_archive(self.name) else rasters_in_archive(self.name)
            inner = files_behind(rasters[0]) if len(rasters) == 1 else []
            return list(dict.fromkeys([*disk_files(self.name), *inner]))
        if self.label:
            return [self.label.path, self.label.image_path()]
        return files_behind(self.gdal_name)

    def dataset(self) -> gdal.Dataset:
        """Open it, an MI product by its label.

        RasterError as of `files`, when GDAL cannot, or when GDAL would misplace an MI product.
        """
        return self.label.dataset() if self.label else self.dataset_of_gdal()

    def dataset_of_gdal(self) -> gdal.Dataset:
        """Open it by GDAL's own drivers; errors as of `dataset`."""
        path = self.gdal_name
        # Before it is opened: this refuses what may not be.
        _ = self.files
        with opening(f"{path} cannot be opened as a raster{_hint(path)}. GDAL says", self.name):
            dataset = gdal.OpenEx(path, gdal.OF_RASTER | gdal.OF_READONLY | gdal.OF_VERBOSE_ERROR)
        if dataset.GetDriver().ShortName == "PDS":
            raise RasterError(
                f"{path} is a PDS3 product that is read by its own label only, as GDAL places some "
                "of them on the wrong side of the Moon, and its label was not found. Give its .lbl "
                "file."
            )
        return dataset

    def grid(self, dataset: gdal.Dataset) -> Grid:
        """Where it lies: as it says itself, in the CRS that the user set for it."""
        return self._placed(dataset)[0]

    def note(self, dataset: gdal.Dataset) -> str:
        """What became of the CRS that the user set for it; empty where that changes nothing."""
        return self._placed(dataset)[1]

    def _placed(self, dataset: gdal.Dataset) -> tuple[Grid, str]:
        own = grid_of(dataset)
        if not self.wkt or _same_places(own, self.wkt):
            return own, ""
        name = file_name(self.name) or self.name
        said = _title(own.wkt) if own.wkt else "none"
        note = f"{name}: CRS of the layer in the project: {_title(self.wkt)} (the file says {said})"
        if self.label:
            return own, f"{note}. It is not used: the label says where an MI product lies."
        if not own.wkt and not is_moon(self.wkt):
            return own, f"{note}. It is not used: it is not on the Moon."
        return own._replace(wkt=self.wkt), f"{note}."


def rasters_in_archive(path: str) -> list[str]:
    """Names for GDAL of the rasters in a .zip, .tar, .tgz or .tar.gz; RasterError without any."""
    found = [name for name in archive_members(path) if _is_raster(name)]
    if not found:
        raise RasterError(f"{path} holds no MI label and no raster that GDAL knows.")
    return found


def _is_raster(path: str) -> bool:
    gdal.PushErrorHandler("CPLQuietErrorHandler")
    try:
        with reaching(path):
            return gdal.IdentifyDriverEx(path, gdal.OF_RASTER) is not None
    finally:
        gdal.PopErrorHandler()


def _hint(path: str) -> str:
    if path.startswith("/vsi") or not _FILE_NAME.fullmatch(path):
        return ""  # on a server or in an archive; a VRT's text, a database table
    if Path(path).is_dir():
        return " (it is a folder; name the files in it)"
    if not is_file(path):
        return " (there is no such file)"
    if split_ending(path)[1] == ".img":
        return ": an MI tile needs its label (.lbl) beside it"
    return ""


def _same_places(grid: Grid, wkt: str) -> bool:
    """Whether a raster's pixels lie at the same longitudes and latitudes in another CRS.

    QGIS and GDAL have several names and definitions for one CRS.
    """
    if not grid.wkt or not is_moon(grid.wkt) or not is_moon(wkt):
        return False
    columns, rows = np.meshgrid(np.linspace(0, grid.width, 5), np.linspace(0, grid.height, 5))
    places = grid.position(columns, rows)
    (lon, lat), (other_lon, other_lat) = (Transform(one)(*places) for one in (grid.wkt, wkt))
    known = np.isfinite(lon)
    if not np.array_equal(known, np.isfinite(other_lon)):
        return False
    turned = (lon - other_lon + 180) % 360 - 180
    # At a pole every longitude is the same place.
    away = np.hypot(turned * np.cos(np.radians(lat)), lat - other_lat)
    return not known.any() or bool(np.nanmax(away) <= _SAME_PLACE)


def _title(wkt: str) -> str:
    reference = spatial_reference(wkt)
    name = reference.GetName()
    return name if name and name != "unknown" else reference.ExportToProj4() or "unnamed"
