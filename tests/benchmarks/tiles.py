"""The synthetic tile that is mapped, and larger rasters made of it."""

from __future__ import annotations

from pathlib import Path

import numpy as np
from numpy.typing import NDArray
from osgeo import gdal

from lunar_oxide_plugin.core.demo.scene import SCENES
from lunar_oxide_plugin.core.demo.surface import Surface
from lunar_oxide_plugin.raster.gdal_io.blocks import blocks
from lunar_oxide_plugin.raster.maps.demo_tile import write_tile
from lunar_oxide_plugin.raster.sources.mi_source import MiSource
from lunar_oxide_plugin.raster.writing.outputs import OutputFiles
from tests.cli.conftest import soils
from tests.mi_tiles import write_tile as write_small_tile


def full_tile(folder: Path) -> Path:
    """Label of a full tile in the archive's format, 2048 x 2048 pixels and nine bands."""
    label = folder / "bench_SYNTHETIC.lbl"
    with OutputFiles() as files:
        write_tile(files, label, Surface(SCENES["Mairan"]))
    return label


def small_tile(folder: Path) -> Path:
    """Label of a tile of 256 x 256 pixels, in the same format."""
    return Path(write_small_tile(folder, soils(256, 256)))


def repeated(stack: Path, times: int) -> Path:
    """A virtual raster of copies of a GeoTIFF, so many in each direction, each in its place."""
    source = gdal.Open(str(stack))
    width, height = source.RasterXSize, source.RasterYSize
    west, step, _, north, _, down = source.GetGeoTransform()
    copies = []
    for row in range(times):
        for column in range(times):
            left, top = west + column * width * step, north + row * height * down
            bounds = [left, top, left + width * step, top + height * down]
            copies.append(str(stack.with_name(f"{times}x{times}_{row}_{column}.vrt")))
            gdal.Translate(copies[-1], source, format="VRT", outputBounds=bounds)
    path = stack.with_name(f"{times}x{times}.vrt")
    gdal.BuildVRT(str(path), copies)
    return path


def as_stack(source: MiSource, path: Path, size: int | None = None) -> Path:
    """The first rows and columns of a tile as a GeoTIFF of nine bands of DN, or all of it."""
    window = [0, 0, size or source.grid.width, size or source.grid.height]
    options = ["TILED=YES", "INTERLEAVE=BAND"]
    gdal.Translate(str(path), source.dataset, srcWin=window, creationOptions=options)
    return path


def spectra_in_memory(source: MiSource) -> NDArray[np.float32]:
    """All valid spectra (8, n), block by block as they are predicted."""
    parts = []
    for window in blocks(source.grid.window):
        reflectance, valid = source.spectra(window)
        parts.append(reflectance[:, valid])
    return np.concatenate(parts, axis=1)
