"""Speed and memory of predicting a full MI MAP tile; writes docs/performance.md.

Run by `make bench`. Machines differ and are noisy, so every speed is also given
as a ratio to a matrix product of the same run.
"""

from __future__ import annotations

import os
import platform
import resource
import shutil
import statistics
import subprocess
import sys
import tempfile
import time
import zipfile
from collections.abc import Callable
from pathlib import Path

import numpy as np

from lunar_oxide_plugin.core.demo_scene import SCENES, TILE_SIZE
from lunar_oxide_plugin.core.demo_surface import Surface
from lunar_oxide_plugin.core.model import BUNDLED, DEFAULT_MODEL, OxideModel, bundled_path
from lunar_oxide_plugin.raster.blocks import blocks
from lunar_oxide_plugin.raster.mi_sources import open_mi_source
from lunar_oxide_plugin.raster.mi_tile import write_tile
from lunar_oxide_plugin.raster.mosaic import Mosaic
from lunar_oxide_plugin.raster.outputs import OutputFiles
from lunar_oxide_plugin.raster.resampling import Resampled
from lunar_oxide_plugin.raster.source import MiSource

ROOT = Path(__file__).resolve().parents[2]
REPORT = ROOT / "docs" / "performance.md"

#: Floating-point operations of the five networks on one pixel: 44,320
#: multiply-adds each.
FLOP_PER_PIXEL = 5 * 2 * 44_320

PIXELS = TILE_SIZE * TILE_SIZE
REPEATS = 3


def median_seconds(work: Callable[[], object]) -> float:
    """Median time of a few runs."""
    times = []
    for _ in range(REPEATS):
        start = time.perf_counter()
        work()
        times.append(time.perf_counter() - start)
    return statistics.median(times)


def matrix_product_flops() -> float:
    """Operations per second of a large float32 matrix product."""
    size = 2048
    a = np.random.default_rng(0).normal(size=(size, size)).astype(np.float32)
    return 2 * size**3 / median_seconds(lambda: a @ a)


def pixels_per_second(model: OxideModel) -> float:
    """Speed of a model alone, spectra in memory."""
    pixels = 1 << 18
    spectra = np.random.default_rng(0).uniform(0.05, 0.2, (8, pixels)).astype(np.float32)
    return pixels / median_seconds(lambda: model.predict(spectra))


def reading_seconds(tile: Path, resolution: float | None = None) -> float:
    """Time to read a tile as spectra, or averaged to fewer pixels per degree."""

    def read() -> None:
        raster = source = open_mi_source(str(tile))
        if resolution:
            raster = Resampled(Mosaic([source]), resolution)
        for window in blocks(raster.grid.window):
            raster.spectra(window)

    return median_seconds(read)


def zipped(tile: Path) -> Path:
    """The tile as users keep it: label and image in a compressed .zip."""
    path = tile.with_suffix(".zip")
    with zipfile.ZipFile(path, "w", zipfile.ZIP_DEFLATED) as archive:
        for file in (tile, tile.with_suffix(".img")):
            archive.write(file, file.name)
    return path


def opening_seconds(tile: Path) -> float:
    """Time to open a tile and tell its bands, position and declared scale.

    The median leaves out what PROJ reads once per process (0.1 s).
    """
    count = 50

    def open_often() -> None:
        for _ in range(count):
            MiSource(str(tile))

    return median_seconds(open_often) / count


def qgis_process_run(tile: Path, folder: Path) -> tuple[float, float]:
    """Seconds and peak memory in MiB of `qgis_process run lunaroxide:predictoxides`."""
    program = shutil.which("qgis_process.bin") or shutil.which("qgis_process")
    environment = {
        **os.environ,
        "QGIS_PLUGINPATH": str(ROOT),
        "QGIS_CUSTOM_CONFIG_PATH": str(folder / "profile"),
        "QT_QPA_PLATFORM": "offscreen",
        "PATH": f"{Path(sys.executable).parent}:/usr/bin:/bin",
    }

    def process(*arguments: str) -> None:
        subprocess.run([program, *arguments], env=environment, check=True, capture_output=True)

    process("plugins", "enable", "lunar_oxide_plugin")
    outputs = {"OUTPUT": "oxides", "OUTPUT_UNCERTAINTY": "sigma", "OUTPUT_DOMAIN": "domain"}
    start = time.perf_counter()
    process(
        "run",
        "lunaroxide:predictoxides",
        f"--INPUT={tile}",
        *(f"--{key}={folder / name}.tif" for key, name in outputs.items()),
    )
    seconds = time.perf_counter() - start
    return seconds, resource.getrusage(resource.RUSAGE_CHILDREN).ru_maxrss / 1024


def main() -> None:
    """Measure everything and write the report."""
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        tile = folder / "bench_SYNTHETIC.lbl"
        with OutputFiles() as files:
            write_tile(files, tile, Surface(SCENES["Mairan"]))
        matrix = matrix_product_flops()
        speed = {name: pixels_per_second(OxideModel(bundled_path(name))) for name, _ in BUNDLED}
        opening = opening_seconds(tile)
        reading_zip = reading_seconds(zipped(tile))
        averaging = reading_seconds(tile, resolution=512)
        reading = reading_seconds(tile)
        seconds, memory = qgis_process_run(tile, folder)
    default, _ = BUNDLED[DEFAULT_MODEL]
    alone = PIXELS / speed[default]
    networks = speed["zhang2023_cnn"] * FLOP_PER_PIXEL
    models = "\n".join(
        f"| `{name}` alone, spectra in memory | {rate:,.0f} pixels/s | "
        f"{rate / speed[default]:.2f} of the default |"
        for name, rate in speed.items()
    )
    report = f"""# Performance

Made by `make bench`: a full synthetic MI MAP tile ({TILE_SIZE} x {TILE_SIZE} x 9), model
`{default}` where no other is named, medians of {REPEATS} runs, on {os.cpu_count()} cores
({platform.machine()}, {platform.system()}, Python {platform.python_version()}).

| what | value | relative |
|---|---|---|
| float32 matrix product (numpy), the reference | {matrix / 1e9:.0f} GFLOP/s | 1 |
| networks of `zhang2023_cnn`, uncertainty and domain included | {networks / 1e9:.0f} GFLOP/s | \
{networks / matrix:.2f} of the reference |
{models}
| opening and identifying the tile (its label alone) | {opening * 1000:.1f} ms | \
{opening / reading:.4f} of reading it |
| reading the tile as spectra | {reading:.1f} s | {reading / alone:.2f} of predicting it |
| reading it from a compressed .zip | {reading_zip:.1f} s | {reading_zip / reading:.1f} of plain |
| averaging it to 512 pixels per degree | {averaging:.1f} s | \
{averaging / reading:.1f} of reading it |
| `qgis_process run lunaroxide:predictoxides`, start-up and three outputs included | \
{seconds:.0f} s, {PIXELS / seconds:,.0f} pixels/s | {seconds / alone:.2f} of predicting it |
| its peak memory | {memory:.0f} MiB | |
"""
    REPORT.write_text(report, encoding="utf-8")
    print(report)


if __name__ == "__main__":
    main()
