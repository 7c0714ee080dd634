"""Reading Clementine UVVIS reflectance: three bands for the equations made for it."""

from __future__ import annotations

from collections.abc import Callable, Sequence

import numpy as np
from numpy.typing import NDArray

from ...core.errors import NoValidPixelError, RasterError, SpectraError
from ...core.spectra.bands import SHADOW_REFLECTANCE
from ...core.spectra.empirical import WAVELENGTHS
from ...core.spectra.validity import LARGEST_STORED, PLAUSIBLE_750, one_value, valid_spectra
from ..gdal_io.blocks import Window
from .location import Location
from .raster import Raster
from .wavelengths import bands_of_wavelengths, checked_band_numbers, sign_of_mi

_LISTED = " ".join(map(str, WAVELENGTHS))


class ClementineSource(Raster):
    """A Clementine UVVIS raster, read as reflectance at 415, 750 and 950 nm.

    Any raster that GDAL opens with these three bands, as reflectance by its own scale and offset.
    Arguments are as of `MiSource`: `bands` are three numbers, shadow is a reflectance up to 0.01 in
    any of the three, and `check` is called before each window that is read to check the medians.

    RasterError when it is an MI product, is not on the Moon or lacks a band; NoValidPixelError when
    no pixel has a value above zero; SpectraError when the values are not lunar reflectance.
    """

    def __init__(
        self,
        path: str | Location,
        bands: Sequence[int] | None = None,
        scale: float | None = None,
        mask_shadow: bool = True,
        check: Callable[[], None] = lambda: None,
    ) -> None:
        self._check = check
        super().__init__(path)
        self._refuse_mi()
        if bands:
            count, data = self.dataset.RasterCount, " for Clementine data"
            self.bands = checked_band_numbers(bands, count, self.name, WAVELENGTHS, data)
        else:
            self.bands = self._named()
        self._told_by = "BANDS" if bands else "their names"
        self._user_scale = scale
        self._shadow = SHADOW_REFLECTANCE if mask_shadow else 0.0
        self._medians = self._checked_medians()

    @property
    def scale(self) -> list[float]:
        """The factor applied to each of the three bands."""
        if self._user_scale is not None:
            return [self._user_scale] * len(self.bands)
        scales = [self.dataset.GetRasterBand(number).GetScale() for number in self.bands]
        return [1.0 if scale is None else float(scale) for scale in scales]

    def spectra(self, window: Window) -> tuple[NDArray[np.float32], NDArray[np.bool_]]:
        """Reflectance [3, height, width] at 415, 750 and 950 nm, and validity [height, width].

        Not valid is where any of the three has no measurement (or lies in shadow).
        """
        reflectance = self._reflectance(window)
        return reflectance, valid_spectra(reflectance, self._shadow)

    def report(self) -> list[str]:
        """How the source is read, a line each: for the log and the metadata of results."""
        numbers = ", ".join(f"{nm} nm = {n}" for nm, n in zip(WAVELENGTHS, self.bands))
        factors = ", ".join(dict.fromkeys(f"{value:g}" for value in self.scale))
        told_by = "from SCALE" if self._user_scale is not None else "as the metadata say"
        masked = "no-data values, saturation"
        if self._shadow:
            masked += f", shadow (reflectance up to {self._shadow:g})"
        return [
            f"{self.name}: taken for Clementine UVVIS reflectance",
            f"Bands identified from {self._told_by}: {numbers}",
            f"Reflectance = stored value x {factors}, {told_by}; median at 750 nm "
            f"{self._medians[1]:.4g}",
            f"Invalid where any band has: {masked}; or all have one value",
            f"Position: {self.grid.described()}",
            *(f"Note: {note}" for note in self.notes),
        ]

    def _refuse_mi(self) -> None:
        sign = "an MI label" if self.label else sign_of_mi(self.dataset)
        if sign:
            raise RasterError(
                f"{self.name} is Kaguya MI data: it has {sign}. The reflectance of MI and "
                "Clementine is not interchangeable, and METHOD 2 and 3 are for Clementine UVVIS. "
                "Choose METHOD 0 or 1."
            )

    def _named(self) -> tuple[int, ...]:
        numbers = bands_of_wavelengths(self.dataset, WAVELENGTHS)
        if numbers is None:
            raise RasterError(
                f"{self.name} does not name a band each of {_LISTED} nm; it has "
                f"{self.listed_bands}. Give their three numbers in BANDS. Files of one band each "
                "can be put together by gdalbuildvrt -separate."
            )
        return numbers

    def _reflectance(self, window: Window) -> NDArray[np.float32]:
        if self._user_scale is None:
            reflectance = self.values(window, self.bands)
        else:
            reflectance = self.read(window, self.bands) * np.float32(self._user_scale)
        reflectance[0, one_value(reflectance)] = np.nan
        return reflectance

    def _checked_medians(self) -> NDArray[np.float32]:
        """Median reflectance of a sample of pixels, refused when it is not the Moon's."""
        sample = self.sample(self._above_zero, 1)
        if not sample.size:
            raise NoValidPixelError(
                f"{self.name} has no pixel above zero in all of its bands {_LISTED} nm. Use "
                "another raster."
            )
        medians = np.median(sample, axis=1)
        low, high = PLAUSIBLE_750
        if not low <= medians[1] <= high:
            raise SpectraError(
                f"{self.name}: with the scale {self.scale[1]:g} the median at 750 nm is a "
                f"reflectance of {medians[1]:.4g}; the Moon's lies between {low} and {high}. Give "
                "the factor from stored value to reflectance in SCALE."
            )
        if medians[0] >= medians[1]:
            raise SpectraError(
                f"{self.name}: the median at 415 nm, {medians[0]:.4g}, is not below that at 750 "
                f"nm, {medians[1]:.4g}; the Moon is darker at 415 nm. Give the band numbers of "
                f"{_LISTED} nm in BANDS, in this order."
            )
        return medians

    def _above_zero(self, window: Window) -> NDArray[np.float32]:
        """Reflectance [3, n] of the pixels above zero, none of them infinite or a fill value."""
        self._check()
        found = self._reflectance(window).reshape(len(self.bands), -1)
        return found[:, ((found > 0) & (found < LARGEST_STORED)).all(axis=0)]
