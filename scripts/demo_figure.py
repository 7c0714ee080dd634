"""Draw the demo's maps as one PNG, and print its unit table.

usage: demo_figure.py FOLDER NAME
"""

from __future__ import annotations

import csv
import sys
from pathlib import Path

import matplotlib as mpl

mpl.use("Agg")
import matplotlib.pyplot as plt
import numpy as np
from osgeo import gdal, ogr

#: One scale per quantity for all scenes, so that maps can be compared by eye.
SCALES = {"Al2O3": (8, 30), "CaO": (9, 17), "FeO": (2, 24), "MgO": (4, 12), "TiO2": (0, 11)}
PIXELS = 700


def picture(path: Path) -> np.ndarray:
    """Bands of a raster, reduced to a picture's size, NaN where no data."""
    dataset = gdal.Open(str(path))
    shape = [min(PIXELS, size) for size in (dataset.RasterXSize, dataset.RasterYSize)]
    values = dataset.ReadAsArray(buf_xsize=shape[0], buf_ysize=shape[1]).astype(float)
    nodata = dataset.GetRasterBand(1).GetNoDataValue()
    return np.atleast_3d(np.where(values == nodata, np.nan, values))


def extent(path: Path) -> tuple[float, float, float, float]:
    """West, east, south, north in degrees."""
    dataset = gdal.Open(str(path))
    x0, dx, _, y0, _, dy = dataset.GetGeoTransform()
    per_degree = np.radians(1) * 1737400
    right, bottom = x0 + dx * dataset.RasterXSize, y0 + dy * dataset.RasterYSize
    return tuple(value / per_degree for value in (x0, right, bottom, y0))


def outlines(path: Path) -> list[tuple[str, np.ndarray]]:
    """Name and ring of each polygon."""
    dataset = ogr.Open(str(path))
    rings = []
    for feature in dataset.GetLayer(0):
        polygon = feature.GetGeometryRef().GetGeometryRef(0)
        rings.append((feature["unit"], np.array(polygon.GetGeometryRef(0).GetPoints())[:, :2]))
    return rings


def draw(folder: Path, name: str) -> Path:
    """Draw all products of a scene."""
    oxides = picture(folder / "oxides.tif")
    place = extent(folder / "oxides.tif")
    units = outlines(folder / "units.gpkg")
    # A degree of longitude is shorter than one of latitude.
    aspect = 1 / np.cos(np.radians((place[2] + place[3]) / 2))
    figure, axes = plt.subplots(2, 4, figsize=(17, 11.5), constrained_layout=True)
    figure.suptitle(
        f"{name.capitalize()}: SYNTHETIC scene, predicted by the bundled 1D-CNN", fontsize=15
    )
    panels = [
        (f"{oxide} (wt%)", oxides[i], limits) for i, (oxide, limits) in enumerate(SCALES.items())
    ]
    panels.append(("Mg#", picture(folder / "mg_number.tif")[..., 0], (0.3, 0.8)))
    panels.append(
        ("Domain distance (above 1: extrapolated)", picture(folder / "domain.tif")[..., 0], (0, 2))
    )
    for axis, (title, values, limits) in zip([*axes.flat[:6], axes.flat[7]], panels):
        colours = "magma" if title.startswith("Domain") else "viridis"
        image = axis.imshow(
            values, cmap=colours, vmin=limits[0], vmax=limits[1], extent=place, aspect=aspect
        )
        figure.colorbar(image, ax=axis, shrink=0.8, extend="both")
        axis.set_title(title)
    rgb = axes.flat[6]
    rgb.imshow(
        np.moveaxis(picture(folder / "rgb.tif"), 0, -1).astype(np.uint8),
        extent=place,
        aspect=aspect,
    )
    rgb.set_title("R FeO, G MgO, B Al2O3")
    for axis in axes.flat:
        for unit, ring in units:
            axis.plot(*ring.T, color="white", linewidth=1)
            if axis is rgb:
                axis.annotate(unit, ring.mean(axis=0), color="white", ha="center", fontsize=8)
        axis.set_xlabel("longitude (deg E)")
    for axis in axes[:, 0]:
        axis.set_ylabel("latitude (deg N)")
    target = folder / "maps.png"
    figure.savefig(target, dpi=80)
    return target


def show_table(path: Path) -> None:
    """Print the table's first columns."""
    with path.open(newline="", encoding="utf-8") as file:
        rows = [row[:8] for row in csv.reader(file)]
    widths = [max(map(len, column)) for column in zip(*rows)]
    for row in rows:
        print("  ".join(cell.ljust(width) for cell, width in zip(row, widths)))


if __name__ == "__main__":
    draw(Path(sys.argv[1]), sys.argv[2])
    show_table(Path(sys.argv[1]) / "units.csv")
