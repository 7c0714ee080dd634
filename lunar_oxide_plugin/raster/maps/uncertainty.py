"""The model's 1-sigma uncertainty of a raster's bands, from a second raster."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

import numpy as np
from numpy.typing import NDArray

from ...core.errors import RasterError
from ...core.oxides.uncertainty import error_correlation, uncertainty_name
from ...core.oxides.valid_range import valid_range
from ..gdal_io.blocks import Window
from ..sources.raster import Raster
from ..sources.same_run import require_same_run

_CORRELATION = "LUNAR_OXIDE_MODEL_ERROR_CORRELATION"

_GIVE = "Give the uncertainty raster (OUTPUT_UNCERTAINTY) of the same run of Predict oxides"


class Uncertainty:
    """1-sigma uncertainties of bands of a raster, pixel by pixel.

    The band of "FeO" is the one described as "FeO 1 sigma". Where no band is described, the order
    is that of the raster they belong to.

    Parameters
    ----------
    raster : Raster
        Holds the uncertainties. One with other pixels, of another model or without such a band is
        refused.
    of : Raster
        What they belong to.
    names : mapping of int to str
        The bands of that raster, by number.
    every : bool
        Whether each of them must have an uncertainty, or only one.
    """

    def __init__(
        self, raster: Raster, of: Raster, names: Mapping[int, str], every: bool = False
    ) -> None:
        self.raster = raster
        #: What the user should know.
        self.notes: list[str] = []
        require_same_run(raster, of, "UNCERTAINTY", _GIVE)
        #: Band with the uncertainty, by number of the band it belongs to.
        self.bands = self._found(of, names)
        missing = [name for number, name in names.items() if number not in self.bands]
        if missing and (every or not self.bands):
            listed = ", ".join(f"{i} '{text}'" for i, text in enumerate(raster.band_names, start=1))
            raise RasterError(
                f"{raster.name} (UNCERTAINTY) has no single band described as "
                f"'{uncertainty_name(missing[0])}'; it has {listed}. {_GIVE}, or describe its "
                "bands this way."
            )
        if missing:
            self.notes.append(f"{raster.name} holds no uncertainty of {', '.join(missing)}.")
        sigmas = {band: uncertainty_name(names[number]) for number, band in self.bands.items()}
        raster.expect({band: valid_range(name) for band, name in sigmas.items()})

    def _found(self, of: Raster, names: Mapping[int, str]) -> dict[int, int]:
        described = self.raster.band_names
        if not any(described) and len(described) == len(of.band_names):
            self.notes.append(
                f"The bands of {self.raster.name} have no descriptions; they are taken in the "
                f"order of {of.name}."
            )
            return {number: number for number in names}
        wanted = {number: uncertainty_name(name) for number, name in names.items()}
        return {
            number: described.index(name) + 1
            for number, name in wanted.items()
            if described.count(name) == 1
        }

    def values(self, window: Window, numbers: Sequence[int]) -> NDArray[np.float32]:
        """Uncertainties [bands, height, width] by numbers in the raster they belong to, or NaN."""
        planes = np.full((len(numbers), window.height, window.width), np.nan, np.float32)
        known = [index for index, number in enumerate(numbers) if number in self.bands]
        # All at once: bands of a file may share its blocks.
        read = self.raster.values(window, [self.bands[numbers[index]] for index in known])
        planes[known] = read
        return planes

    def correlation(self, one: str, other: str) -> tuple[float, str]:
        """Correlation of the model's errors in two oxides, 0 where not stated, and its source."""
        stated = self.raster.model_metadata().get(_CORRELATION)
        if not stated:
            return 0.0, f"0, assumed, as {self.raster.name} does not state it"
        try:
            value = error_correlation(stated, one, other)
        except ValueError as error:
            raise RasterError(
                f"{self.raster.name} (UNCERTAINTY): its metadata {_CORRELATION} {error}. Correct "
                f'it in the model, or leave it out with: gdal_edit.py -mo "{_CORRELATION}=" '
                f"{self.raster.name} (the errors then count as uncorrelated)."
            ) from error
        return value, f"{value:g}, as stated in {self.raster.name}"
