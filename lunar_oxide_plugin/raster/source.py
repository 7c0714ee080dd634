"""Reading rasters: any MI source as reflectance, any other raster as its bands."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

import numpy as np
from numpy.typing import NDArray
from osgeo import gdal

from ..core.bands import INVALID_DN, MODEL_BANDS, SHADOW_REFLECTANCE
from ..core.errors import RasterError
from ..core.spectra import Scaling, choose_scaling, valid_spectra
from .blocks import Window, blocks
from .gdal_errors import gdal_errors
from .mi_label import MiLabel, find_label
from .moon import Grid, require_moon
from .wavelengths import checked_band_numbers, model_band_numbers

#: A scale is judged on at most this many blocks of this size, spread over the raster.
_SAMPLE_BLOCKS, _SAMPLE_SIZE = 8, 64


class Raster:
    """A raster opened for reading by blocks.

    Parameters
    ----------
    path : str
        Anything GDAL opens, or the label or image of an MI product.

    Raises
    ------
    RasterError
        When it cannot be opened or does not lie on the Moon.
    """

    def __init__(self, path: str) -> None:
        self.path = path
        self.name = Path(path).name or path
        label_path = find_label(path)
        self.label = MiLabel(label_path) if label_path else None
        self.dataset = self.label.dataset() if self.label else _opened(path)
        reference = self.dataset.GetSpatialRef()
        wkt = reference.ExportToWkt(["FORMAT=WKT2_2019"]) if reference else ""
        self.grid = Grid(
            wkt,
            self.dataset.GetGeoTransform(),
            self.dataset.RasterXSize,
            self.dataset.RasterYSize,
        )
        #: What the user should know of how the file was read.
        self.notes: list[str] = []
        if wkt:
            require_moon(wkt, self.name)
        else:
            self.notes.append(f"{self.name} has no coordinate reference system; nor have results.")

    @property
    def synthetic(self) -> bool:
        """Whether the file says it is a synthetic scene, not a measurement."""
        product = self.dataset.GetMetadataItem("PRODUCT_ID") or ""
        return "SYNTHETIC" in product.upper() or self.dataset.GetMetadataItem("SYNTHETIC") == "YES"

    def model_metadata(self) -> dict[str, str]:
        """What a raster of ours says of the model behind it, for what is derived from it."""
        items: dict[str, str] = self.dataset.GetMetadata() or {}
        return {key: text for key, text in items.items() if key.startswith("LUNAR_OXIDE_MODEL")}

    @property
    def band_names(self) -> list[str]:
        """Band descriptions, empty where a band has none."""
        count = self.dataset.RasterCount
        return [self.dataset.GetRasterBand(i + 1).GetDescription() or "" for i in range(count)]

    def read(self, window: Window, numbers: Sequence[int]) -> NDArray[np.float32]:
        """Stored values of some bands, float32 [bands, height, width], NaN where no data."""
        values = np.empty((len(numbers), window.height, window.width), np.float32)
        with gdal_errors(f"{self.name} cannot be read at {tuple(window)}"):
            for index, number in enumerate(numbers):
                band = self.dataset.GetRasterBand(number)
                _read(band, window, values[index])
                if band.GetMaskFlags() != gdal.GMF_ALL_VALID:
                    mask = np.empty(values.shape[1:], np.uint8)
                    _read(band.GetMaskBand(), window, mask)
                    values[index][mask == 0] = np.nan
            # Else GDAL keeps what was read until its cache (5 % of memory) is full.
            self.dataset.FlushCache()
        return values

    def values(self, window: Window, numbers: Sequence[int]) -> NDArray[np.float32]:
        """Values of some bands as QGIS shows them: with the scale and offset of each band.

        For rasters of oxides, which others store as scaled integers. Float32
        [bands, height, width], NaN where no data or one of MI's invalid codes.
        """
        values = self.read(window, numbers)
        if self.label:
            values[np.isin(values, INVALID_DN)] = np.nan
        for index, number in enumerate(numbers):
            band = self.dataset.GetRasterBand(number)
            scale, offset = band.GetScale(), band.GetOffset()
            values[index] *= np.float32(1 if scale is None else scale)
            values[index] += np.float32(0 if offset is None else offset)
        return values


def _read(band: gdal.Band, window: Window, buffer: NDArray[np.generic]) -> None:
    if band.ReadAsArray(*window, buf_obj=buffer) is None:
        raise RuntimeError(gdal.GetLastErrorMsg())


def _opened(path: str) -> gdal.Dataset:
    with gdal_errors(f"{path} cannot be opened as a raster{_hint(path)}. GDAL says"):
        dataset = gdal.OpenEx(path, gdal.OF_RASTER | gdal.OF_READONLY | gdal.OF_VERBOSE_ERROR)
    if dataset.GetDriver().ShortName == "PDS":
        raise RasterError(
            f"{path} is an MI tile that is not a plain file (in an archive, or remote). Unpack or "
            "download it first: GDAL alone would put tiles of version 2 in the wrong place."
        )
    return dataset


def _hint(path: str) -> str:
    try:
        if not Path(path).exists():
            return " (there is no such file)"
    except (OSError, ValueError):  # not a file name: a URL, a VRT's text, a database table
        return ""
    if path.lower().endswith(".img"):
        return ": an MI tile needs its label (.lbl) beside it"
    return ""


class MiSource(Raster):
    """An MI raster, read as reflectance spectra in the order of the model bands.

    Parameters
    ----------
    path : str
        MI MAP label or image, or an 8- or 9-band stack in any GDAL format.
    bands : sequence of int, optional
        Eight band numbers in model order, when the file does not tell.
    scale : float, optional
        Factor from stored value to reflectance, instead of the file's own.
    mask_shadow : bool
        Treat shadowed pixels as invalid.

    Raises
    ------
    RasterError, SpectraError
        When it is no MI raster on the Moon, a band is missing, nothing is
        valid, or the values fit neither DN nor reflectance.
    """

    def __init__(
        self,
        path: str,
        bands: Sequence[int] | None = None,
        scale: float | None = None,
        mask_shadow: bool = True,
    ) -> None:
        super().__init__(path)
        if bands:
            self.bands = checked_band_numbers(bands, self.dataset.RasterCount, self.name)
        else:
            self.bands, note = model_band_numbers(self.dataset, self.name)
            self._note(note)
        self._shadow = 0.0
        if mask_shadow:
            self._shadow = self.label.shadow_reflectance() if self.label else SHADOW_REFLECTANCE
        self._scaling = self._chosen_scaling(scale)
        self._note(self._scaling.note)

    @property
    def scale(self) -> list[float]:
        """The factor applied to each of the eight bands."""
        return [float(value) for value in self._scaling.scale[:, 0]]

    def spectra(self, window: Window) -> tuple[NDArray[np.float32], NDArray[np.bool_]]:
        """Reflectance and validity of a window.

        Returns
        -------
        reflectance : ndarray of float32, shape (8, height, width)
            Bands in the order of `bands.MODEL_BANDS`.
        valid : ndarray of bool, shape (height, width)
            False where any band has no measurement (or lies in shadow).
        """
        stored = self.read(window, self.bands)
        reflectance = self._scaling.apply(stored.reshape(len(MODEL_BANDS), -1))
        reflectance = reflectance.reshape(stored.shape)
        return reflectance, valid_spectra(reflectance, self._shadow)

    def _chosen_scaling(self, scale: float | None) -> Scaling:
        declared = [self.dataset.GetRasterBand(number) for number in self.bands]
        scales = np.array([band.GetScale() or 1.0 for band in declared], np.float64)
        offsets = np.array([band.GetOffset() or 0.0 for band in declared], np.float64)
        return choose_scaling(self._sample(), scales, offsets, scale)

    def _sample(self) -> NDArray[np.float32]:
        """Stored values [8, n] of pixels spread over the raster, not all of them invalid."""
        found = []
        for window in self._sample_windows():
            stored = self.read(window, self.bands).reshape(len(MODEL_BANDS), -1)
            positive = (stored > 0).all(axis=0)
            if positive.any():
                found.append(stored[:, positive])
        if found:
            return np.concatenate(found, axis=1)
        for window in blocks(self.grid.window):
            stored = self.read(window, self.bands).reshape(len(MODEL_BANDS), -1)
            positive = (stored > 0).all(axis=0)
            if positive.any():
                return stored[:, positive]
        raise RasterError(
            f"{self.name} has no valid pixel: everywhere at least one of the eight bands holds "
            "no data or one of MI's invalid codes. Use another tile."
        )

    def _sample_windows(self) -> list[Window]:
        width, height = self.grid.width, self.grid.height
        size_x, size_y = min(_SAMPLE_SIZE, width), min(_SAMPLE_SIZE, height)
        columns = np.unique(np.linspace(0, width - size_x, _SAMPLE_BLOCKS).astype(int))
        rows = np.unique(np.linspace(0, height - size_y, _SAMPLE_BLOCKS).astype(int))
        return [Window(int(x), int(y), size_x, size_y) for y in rows for x in columns]

    def _note(self, note: str) -> None:
        if note:
            self.notes.append(f"{self.name}: {note}" if self.name not in note else note)
