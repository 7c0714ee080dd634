"""Size and time of the ways to keep an oxide map; prints the table of docs/outputs.md.

`python -m tests.benchmarks.storage`: the five oxides of a full synthetic tile by the default model.
Machines differ and are noisy, so the fastest of a few runs counts.
"""

from __future__ import annotations

import tempfile
import time
from collections.abc import Callable
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from lunar_oxide_plugin.core.demo.scene import SCENES
from lunar_oxide_plugin.core.demo.surface import Surface
from lunar_oxide_plugin.core.models.model import BUNDLED, DEFAULT_MODEL, OxideModel, bundled_path
from lunar_oxide_plugin.raster.gdal_io.blocks import blocks
from lunar_oxide_plugin.raster.maps.demo_tile import write_tile
from lunar_oxide_plugin.raster.maps.prediction import OXIDE_MAP
from lunar_oxide_plugin.raster.moon.crs import Grid
from lunar_oxide_plugin.raster.sources.mi_source import open_mi_source
from lunar_oxide_plugin.raster.sources.raster import Raster
from lunar_oxide_plugin.raster.writing.encoding import Encoding, encoding_of
from lunar_oxide_plugin.raster.writing.geotiff import RasterWriter
from lunar_oxide_plugin.raster.writing.outputs import OutputFiles
from lunar_oxide_plugin.raster.writing.storage import Codec, Kind, Layout

REPEATS = 5

#: Title, kind, codec if another than the kind's own, layout.
CASES = (
    ("**0 Float32, lossless** (ZSTD level 1)", Kind.FLOAT32, None, Layout.GEOTIFF),
    ("the same with ZSTD level 9", Kind.FLOAT32, Codec("ZSTD", 9), Layout.GEOTIFF),
    ("**1 Float32, DEFLATE** (level 1)", Kind.DEFLATE, None, Layout.GEOTIFF),
    ("the same with level 6", Kind.DEFLATE, Codec("DEFLATE", 6), Layout.GEOTIFF),
    ("**2 Float32, LERC** (0.001 wt%)", Kind.LERC, None, Layout.GEOTIFF),
    ("the same, then ZSTD", Kind.LERC, Codec("LERC_ZSTD", max_error=0.00099), Layout.GEOTIFF),
    ("**3 UInt16, scaled** (0.001 wt%, ZSTD level 1)", Kind.UINT16, None, Layout.GEOTIFF),
    ("0 with overviews", Kind.FLOAT32, None, Layout.OVERVIEWS),
    ("0 as a cloud-optimised GeoTIFF", Kind.FLOAT32, None, Layout.COG),
    ("3 as a cloud-optimised GeoTIFF", Kind.UINT16, None, Layout.COG),
)


def oxides_of_a_tile(folder: Path) -> tuple[Grid, NDArray[np.float32], float]:
    """Grid of a tile, its oxides [5, height, width] and the seconds that predicting them took."""
    tile = folder / "bench_SYNTHETIC.lbl"
    with OutputFiles() as files:
        write_tile(files, tile, Surface(SCENES["Mairan"]))
    source = open_mi_source(str(tile))
    model = OxideModel(bundled_path(BUNDLED[DEFAULT_MODEL][0]))
    window = source.grid.window
    oxides = np.full((5, window.height, window.width), np.nan, np.float32)
    seconds = 0.0
    for block in blocks(window):
        reflectance, valid = source.spectra(block)
        start = time.perf_counter()
        oxides[(slice(None), *block.slices)][:, valid] = model.predict(reflectance[:, valid]).oxides
        seconds += time.perf_counter() - start
    return source.grid, oxides, seconds


def fastest(work: Callable[[], object]) -> float:
    """Seconds of the fastest of a few runs."""
    times = []
    for _ in range(REPEATS):
        start = time.perf_counter()
        work()
        times.append(time.perf_counter() - start)
    return min(times)


def write(
    path: Path, grid: Grid, oxides: NDArray[np.float32], encoding: Encoding, layout: Layout
) -> None:
    """Write a map as the algorithms do."""
    writer = RasterWriter(path, path, grid, len(oxides), encoding, layout)
    writer.describe(grid, OXIDE_MAP.bands, {})
    for block in blocks(grid.window):
        writer.write(block, oxides[(slice(None), *block.slices)])
    writer.finish()


def read(path: Path) -> None:
    """Read a map as the algorithms do."""
    raster = Raster(str(path))
    for block in blocks(raster.grid.window):
        raster.values(block, range(1, 6))


def main() -> None:
    """Measure and print."""
    with tempfile.TemporaryDirectory() as name:
        grid, oxides, predicting = oxides_of_a_tile(Path(name))
        path = Path(name) / "oxides.tif"
        print(f"{oxides.nbytes / 1e6:.0f} MB uncompressed, predicted in {predicting:.1f} s\n")
        print("| storage | MB | of Float32 uncompressed | s to write | s to read |")
        print("|---|---|---|---|---|")
        for title, kind, codec, layout in CASES:
            encoding = encoding_of(kind, OXIDE_MAP.bands)
            encoding.codec = codec or encoding.codec
            writing = fastest(lambda: write(path, grid, oxides, encoding, layout))  # noqa: B023
            reading = fastest(lambda: read(path))
            size = path.stat().st_size
            share = f"{100 * size / oxides.nbytes:.0f} %"
            print(f"| {title} | {size / 1e6:.1f} | {share} | {writing:.2f} | {reading:.2f} |")


if __name__ == "__main__":
    main()
