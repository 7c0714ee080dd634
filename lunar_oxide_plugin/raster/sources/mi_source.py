"""Opening MI sources, sets of band files put together, and reading them as reflectance spectra."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from contextlib import suppress
from functools import partial

import numpy as np
from numpy.typing import NDArray
from osgeo import gdal

from ...core.errors import NoValidPixelError, RasterError, SpectraError
from ...core.spectra.bands import ARCHIVE_BANDS, MODEL_BANDS, SHADOW_REFLECTANCE
from ...core.spectra.invalid_codes import invalid_codes, mask_codes
from ...core.spectra.validity import (
    LARGEST_STORED,
    Scaling,
    choose_scaling,
    declared_scaling,
    one_value,
    require_rising,
    split_of_detectors,
    valid_spectra,
)
from ..gdal_io.blocks import Window, sample_windows
from ..gdal_io.file_state import file_states
from ..gdal_io.gdal_text import metadata_item
from ..gdal_io.virtual_files import file_name, readable
from ..mi.mi_label import labels_in_archive
from .band_files import (
    BandFile,
    band_file,
    grouped,
    require_all_bands,
    require_one_grid,
    siblings,
    stack,
)
from .location import Location, rasters_in_archive
from .mirrored import refuse_mirrored
from .raster import Raster
from .wavelengths import BandChoice, checked_band_numbers, model_band_numbers

#: Fewer pixels than this may be odd ones: more are searched for.
_ENOUGH = 500


class MiSource(Raster):
    """An MI raster, read as reflectance spectra in the order of the model bands.

    Opening reads headers only.

    RasterError when it is not an MI raster on the Moon or a band is missing.

    Parameters
    ----------
    path : str or Location
        MI MAP label or image, an 8- or 9-band stack in any GDAL format, or one
        of a set of files of one wavelength each, whose names differ in the
        wavelength alone.
    bands : sequence of int, optional
        Eight band numbers in model order, when the file does not name them.
    scale : float, optional
        Factor from stored value to reflectance, instead of the file's own.
    mask_shadow : bool
        Treat shadowed pixels as invalid.
    files : sequence of BandFile
        The files of a set, one of them at `path`, when it is already known.
    check : callable
        Called before each window that is read to decide the scale; raises to stop.
    """

    def __init__(
        self,
        path: str | Location,
        bands: Sequence[int] | None = None,
        scale: float | None = None,
        mask_shadow: bool = True,
        files: Sequence[BandFile] = (),
        check: Callable[[], None] = lambda: None,
    ) -> None:
        self._files = list(files)
        self._check = check
        super().__init__(path)
        if not self._files and not self.label and self.dataset.RasterCount == 1:
            self._files = [
                band_file(Location(other, self.place.wkt)) for other in siblings(self.path)
            ]
            self.close()
        if self._files:
            require_one_grid(self._files)
            if not bands:
                require_all_bands(self._files)
            self.files = file_states(part for file in self._files for part in file.place.files)
        if not self.label:
            refuse_mirrored(self.dataset, self.grid, self.name)
        if bands:
            numbers = checked_band_numbers(bands, self.dataset.RasterCount, self.name)
            self._choice = BandChoice(numbers, "BANDS")
        else:
            self._choice = model_band_numbers(self.dataset, self.name)
        self.bands = self._choice.numbers
        self._note(self._choice.note)
        self._shadow = 0.0
        if mask_shadow:
            self._shadow = self.label.shadow_reflectance() if self.label else SHADOW_REFLECTANCE
        self._user_scale = scale
        self._scaling: Scaling | None = None
        self._invalid_codes = invalid_codes(self.label.invalid_values() if self.label else ())
        #: Those that are masked by their value; the others fail as negative reflectance.
        self._codes: Sequence[int] = self._invalid_codes

    def _open(self) -> gdal.Dataset:
        return stack(self._files) if self._files else super()._open()

    @property
    def names(self) -> list[str]:
        """The names from which `open_mi_sources` makes the same source again."""
        return [file.path for file in self._files] or [self.path]

    def location(self, number: int) -> tuple[str, int]:
        """File of a band, under the name by which GDAL opens it, and the band's number there."""
        if self._files:
            return readable(self._files[number - 1].path), 1
        return self.label.path if self.label else readable(self.path), number

    @property
    def scaling(self) -> Scaling:
        """How stored values become reflectance.

        Decided on a sample of the pixels when it is first asked for, so that opening a file needs
        its header alone. NoValidPixelError when there is no valid pixel; SpectraError when the
        values fit neither DN nor reflectance, or the bands' order is wrong.
        """
        if self._scaling is None:
            scales, offsets = self._declared()
            # Of a product with its label the scale is certain, and so is which pixels are lit.
            least = self.label.shadow_reflectance() if self.label else 0.0
            sample = self.sample(partial(self._measured, least), _ENOUGH)
            few = sample.shape[1] < _ENOUGH
            if sample.size == 0 and self._shadow == 0:
                sample = self.sample(partial(self._measured, 0.0), _ENOUGH)
            if sample.size == 0:
                raise NoValidPixelError(
                    f"{self.name} has no valid pixel: everywhere at least one of the eight bands "
                    "holds no data, infinity, one of MI's invalid codes or shadow. Use another "
                    "tile; if it was made of MI labels by gdalwarp, give the labels themselves."
                )
            if self.label and self._user_scale is None and few:
                scaling = declared_scaling(sample, scales, offsets)
            else:
                try:
                    scaling = choose_scaling(sample, scales, offsets, self._user_scale)
                except SpectraError as error:  # which knows no file; there may be thousands
                    raise SpectraError(f"{self.name}: {error}") from error
            if self._choice.note:
                self._check_assumed_order(scaling)
            self._codes = self._lifted_codes(scaling)
            self._scaling = scaling
            self._note(scaling.note)
        return self._scaling

    @property
    def scale(self) -> list[float]:
        """The factor applied to each of the eight bands."""
        return [float(value) for value in self.scaling.scale[:, 0]]

    def spectra(self, window: Window) -> tuple[NDArray[np.float32], NDArray[np.bool_]]:
        """Reflectance [8, height, width] of `bands.MODEL_BANDS`, and validity [height, width].

        Not valid is where any band has no measurement (or lies in shadow). Errors as of `scaling`.
        """
        scaling = self.scaling
        stored = self._stored(window)
        spectra = stored.reshape(len(MODEL_BANDS), -1)
        reflectance = scaling.apply(spectra, out=spectra).reshape(stored.shape)
        return reflectance, valid_spectra(reflectance, self._shadow)

    def _stored(self, window: Window) -> NDArray[np.float32]:
        """Stored values [8, height, width]; NaN where nodata or an invalid code."""
        stored = self.read(window, self.bands)
        mask_codes(stored, self._codes)
        if not self.label:  # which states its fill values, the codes
            stored[0, one_value(stored)] = np.nan
        return stored

    def report(self) -> list[str]:
        """How the source is read, a line each, for log and metadata; errors as of `scaling`."""
        numbers = ", ".join(
            f"{band.nominal} nm = {number}" for band, number in zip(MODEL_BANDS, self.bands)
        )
        scaling = self.scaling
        factors = ", ".join(dict.fromkeys(f"{value:g}" for value in self.scale))
        offsets = ", ".join(dict.fromkeys(f"{value:g}" for value in scaling.offset[:, 0]))
        masked = "no-data values, MI's invalid codes, saturation"
        if self._shadow:
            masked += f", shadow (reflectance up to {self._shadow:g})"
        alike = "" if self.label else "; or all have one value"
        return [
            f"{self.name}: {self._kind()}",
            f"Bands identified from {self._choice.told_by}: {numbers}",
            f"Reflectance = stored value x {factors} + {offsets}, {scaling.told_by}; median at "
            f"750 nm {scaling.median_750:.4g}",
            f"Invalid where any band has: {masked}{alike}",
            f"Position: {self.grid.described()}",
            *(f"Note: {note}" for note in self.notes),
        ]

    def _kind(self) -> str:
        if self.label:
            label, image = file_name(self.label.path), self.label.image_name()
            files = label if image == label else f"{label} and {image}"
            return f"{self.label.kind} {self.label.product} ({files})"
        if self._files:
            return "one file per band: " + ", ".join(file_name(file.path) for file in self._files)
        return f"{self.dataset.GetDriver().ShortName} raster of {self.dataset.RasterCount} bands"

    def _lifted_codes(self, scaling: Scaling) -> list[int]:
        """The invalid codes that an offset lifts above zero, so that only their value is left."""
        codes = np.tile(np.array(self._invalid_codes, np.float32), (len(MODEL_BANDS), 1))
        above = np.flatnonzero((scaling.apply(codes) > 0).any(axis=0))
        return [self._invalid_codes[index] for index in above]

    def _declared(self) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
        """Scale and offset of the eight bands by the metadata; 1 and 0 where they say nothing."""
        bands = [self.dataset.GetRasterBand(number) for number in self.bands]
        scales = [band.GetScale() for band in bands]
        if all(scale is None or scale == 1 for scale in scales):
            # ENVI's own keyword is the inverse, and GDAL does not apply it.
            divisor = metadata_item(self.dataset, "reflectance_scale_factor", "ENVI")
            with suppress(ValueError):  # none, or not a number
                scales = [1 / float(divisor)] * len(bands) if float(divisor) > 0 else scales
        return (
            np.array([scale or 1.0 for scale in scales], np.float64),
            np.array([band.GetOffset() or 0.0 for band in bands], np.float64),
        )

    def _check_assumed_order(self, scaling: Scaling) -> None:
        """Ask for BANDS where bands do not look to be in the order they are assumed to be in.

        As `require_rising`, and where the two bands near 1 micron cannot be distinguished.
        """
        mv5, mn1 = (1 + [b.filter for b in ARCHIVE_BANDS].index(name) for name in ("MV5", "MN1"))
        if mn1 not in self.bands:  # there are nine
            near = self._positive_pixels((mv5 - 1, mv5, mn1, mn1 + 1))
            split = split_of_detectors(near)
            # In the SCENE_AVERAGE_DN of four archive labels MV5 is by 1 to 5 % the brighter one;
            # in pixels of high latitudes it need not be.
            brighter = bool(near.size and np.median(near[2]) > np.median(near[1]))
            if split is False or (split is None and brighter):
                raise SpectraError(self._two_near_one_micron(mv5, mn1))
        split = split_of_detectors(self._positive_pixels(self.bands[3:7]))
        require_rising(scaling.medians, self.name, self.bands, split is True)

    def _two_near_one_micron(self, mv5: int, mn1: int) -> str:
        archive = " ".join(map(str, self.bands))
        exchanged = archive.replace(str(mv5), str(mn1))
        return (
            f"{self.name} does not name its nine bands, and bands {mv5} and {mn1} do not look like "
            f"MV5 (1001 nm) and MN1 (1000 nm) in this order. Set BANDS to {archive} if they are in "
            f"the archive's order, or to {exchanged} if they are sorted by wavelength."
        )

    def _positive_pixels(self, numbers: Sequence[int]) -> NDArray[np.float32]:
        """Stored values [bands, n] above zero, spread over the raster."""
        windows = sample_windows(self.grid.window)
        read = [self.read(window, numbers).reshape(len(numbers), -1) for window in windows]
        pixels = np.concatenate(read, axis=1)
        return pixels[:, ((pixels > 0) & np.isfinite(pixels)).all(axis=0)]

    def _measured(self, least: float, window: Window) -> NDArray[np.float32]:
        """Stored values [8, n] of the pixels above a reflectance by the metadata, and no code.

        Nor infinite, or a fill value beyond any way to store reflectance: masked as saturated
        where spectra are read, they would hide here what the scale is.
        """
        self._check()
        scales, offsets = self._declared()
        stored = self._stored(window).reshape(len(MODEL_BANDS), -1)
        stored[stored > LARGEST_STORED] = np.nan
        values = stored * scales[:, np.newaxis] + offsets[:, np.newaxis]
        return stored[:, (values > least).all(axis=0)]

    def _note(self, note: str) -> None:
        if note:
            self.notes.append(f"{self.name}: {note}" if self.name not in note else note)


def open_mi_sources(
    paths: Sequence[str | Location],
    bands: Sequence[int] | None = None,
    scale: float | None = None,
    mask_shadow: bool = True,
    check: Callable[[], None] = lambda: None,
) -> list[MiSource]:
    """Open MI sources by their headers, in the order given.

    MI products, stacks, files of one wavelength each, and archives of any number
    of these. Files of one band each that lie on the same pixels become one source,
    where the first of them stands; `bands` then counts in the order given. A single
    one of them stands for its set, whose names differ in the wavelength alone.
    Sources are closed until they are read: there may be more than files can be open.

    Arguments are as of `MiSource`; `check` is called before each file is opened,
    too. RasterError when one cannot be opened, is not on the Moon, or lacks a band.
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
