"""From the files a user names to MI sources: sets of band files put together."""

from __future__ import annotations

from collections.abc import Callable, Sequence

from ...core.errors import RasterError
from ..mi.mi_label import labels_in_archive
from .band_files import BandFile, band_file, grouped
from .location import Location, rasters_in_archive
from .mi_source import MiSource
from .raster import Raster


def open_mi_sources(
    paths: Sequence[str | Location],
    bands: Sequence[int] | None = None,
    scale: float | None = None,
    mask_shadow: bool = True,
    check: Callable[[], None] = lambda: None,
) -> list[MiSource]:
    """Open MI sources by their headers, in the order given.

    Files of one band each that lie on the same pixels become one source, where
    the first of them stands. A single one of them stands for its set, whose
    names differ in the wavelength alone. Sources are closed until they are read:
    there may be more than files can be open. RasterError when one cannot be
    opened, is not on the Moon, or lacks a band.

    Parameters
    ----------
    paths : sequence of str or Location
        MI products, stacks, files of one wavelength each, and archives of any
        number of these.
    bands, scale, mask_shadow
        As of `MiSource`. Of files of one band each, `bands` counts in the order given.
    check : callable
        Called before each file is opened, and as of `MiSource`; raises to stop.
    """

    def opened(place: Location, files: Sequence[BandFile] = ()) -> MiSource:
        source = MiSource(place, bands, scale, mask_shadow, files, check)
        source.close()
        return source

    sources: list[MiSource | BandFile] = []
    for place in _unpacked(paths):
        check()
        if not place.label and place.dataset_of_gdal().RasterCount == 1:
            sources.append(band_file(place))
        else:
            sources.append(opened(place))
    singles = [source for source in sources if isinstance(source, BandFile)]
    sets = [singles] if bands and len(singles) > 1 else grouped(singles)
    firsts = {
        files[0].path: opened(files[0].place, files if len(files) > 1 else ()) for files in sets
    }
    found = [firsts.get(one.path) if isinstance(one, BandFile) else one for one in sources]
    return [source for source in found if source is not None]


def open_mi_source(
    path: str | Location,
    bands: Sequence[int] | None = None,
    scale: float | None = None,
    mask_shadow: bool = True,
    check: Callable[[], None] = lambda: None,
) -> MiSource:
    """Open one MI source, as `open_mi_sources` does; refuse a path to several, as an archive."""
    sources = open_mi_sources([path], bands, scale, mask_shadow, check)
    if len(sources) > 1:
        names = ", ".join(source.path for source in sources[:5])
        raise RasterError(
            f"{path} holds {len(sources)} products ({names} ...). Name one of them, or make them "
            "one raster with Import MI MAP tiles."
        )
    return sources[0]


def check_openable(path: str | Location) -> None:
    """Refuse a file or an archive in which there is nothing to open on the Moon (RasterError)."""
    for place in _unpacked([path]):
        Raster(place)


def _unpacked(paths: Sequence[str | Location]) -> list[Location]:
    """The paths with archives replaced by what they hold; twice the same file is once."""
    found: list[Location] = []
    for place in map(Location.of, paths):
        if place.is_archive:
            members = labels_in_archive(place.name) or rasters_in_archive(place.name)
            found += [Location(name, place.wkt) for name in members]
        else:
            found.append(place)
    return list(dict.fromkeys(found))
