"""Draw the demo's maps as one PNG, and print its unit table.

usage: python -m scripts.demo_figure FOLDER NAME
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

from lunar_oxide_plugin.core.oxides.colours import SCALES
from lunar_oxide_plugin.core.oxides.oxides import MG_NUMBER, OXIDES
from lunar_oxide_plugin.report.figures import colour_map

#: What to show, in degrees (west, east, south, north): the Sosigenes patch is small.
VIEWS = {"mairan": (-50.0, -49.0, 43.0, 44.0), "sosigenes": (18.998, 19.24, 8.22, 8.46)}
PIXELS = 700
METRES_PER_DEGREE = float(np.radians(1) * 1737400)

View = tuple[float, float, float, float]


def picture(path: Path, view: View) -> tuple[np.ndarray, View]:
    """Bands of the part in view [rows, columns, bands], NaN where nodata, and its exact extent."""
    dataset = gdal.Open(str(path))
    x0, dx, _, y0, _, dy = (value / METRES_PER_DEGREE for value in dataset.GetGeoTransform())
    west, east, south, north = view
    left, top = max(0, round((west - x0) / dx)), max(0, round((north - y0) / dy))
    width = min(dataset.RasterXSize, round((east - x0) / dx)) - left
    height = min(dataset.RasterYSize, round((south - y0) / dy)) - top
    size = min(PIXELS, width), min(PIXELS, height)
    values = dataset.ReadAsArray(left, top, width, height, buf_xsize=size[0], buf_ysize=size[1])
    nodata = dataset.GetRasterBand(1).GetNoDataValue()
    values = np.where(values == nodata, np.nan, values.astype(float))
    values = np.moveaxis(values.reshape(-1, *values.shape[-2:]), 0, -1)
    west, north = x0 + left * dx, y0 + top * dy
    return values, (west, west + width * dx, north + height * dy, north)


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
    view = VIEWS[name]
    units = outlines(folder / "units.gpkg")
    oxides, place = picture(folder / "oxides.tif", view)
    panels = [
        (f"{oxide} (wt%)", oxides[..., i], colour_map(SCALES[oxide]))
        for i, oxide in enumerate(OXIDES)
    ]
    for title, file, colours in (
        (MG_NUMBER, "mg_number.tif", colour_map(SCALES[MG_NUMBER])),
        ("Domain distance (> 1: outside)", "domain.tif", {"cmap": "magma", "vmin": 0, "vmax": 4}),
    ):
        panels.append((title, picture(folder / file, view)[0][..., 0], colours))

    # A degree of longitude is shorter than one of latitude.
    aspect = 1 / np.cos(np.radians((place[2] + place[3]) / 2))
    figure, axes = plt.subplots(2, 4, figsize=(17, 7.6 * aspect**0.7), layout="constrained")
    figure.suptitle(
        f"{name.capitalize()}: SYNTHETIC scene, predicted by the default model", fontsize=15
    )
    for axis, (title, values, colours) in zip([*axes.flat[:6], axes.flat[7]], panels):
        image = axis.imshow(values, extent=place, aspect=aspect, **colours)
        figure.colorbar(image, ax=axis, shrink=0.8, extend="both")
        axis.set_title(title)
    rgb = axes.flat[6]
    colours, place = picture(folder / "rgb.tif", view)
    rgb.imshow(colours.astype(np.uint8), extent=place, aspect=aspect)
    rgb.set_title("R FeO, G MgO, B Al2O3")
    for axis in axes.flat:
        for unit, ring in units:
            axis.plot(*ring.T, color="white", linewidth=1)
            lon, lat = ring.mean(axis=0)
            if axis is rgb and view[0] < lon < view[1] and view[2] < lat < view[3]:
                axis.annotate(unit, (lon, lat), color="white", ha="center", fontsize=9)
        axis.set_xlim(view[:2])
        axis.set_ylim(view[2:])
        axis.set_xlabel("longitude (deg E)")
    for axis in axes[:, 0]:
        axis.set_ylabel("latitude (deg N)")
    target = folder / "maps.png"
    figure.savefig(target, dpi=80)
    return target


def show_table(path: Path) -> None:
    """Print the table's first columns."""
    with path.open(newline="", encoding="utf-8") as file:
        rows = [row[:9] for row in csv.reader(file)]
    widths = [max(map(len, column)) for column in zip(*rows)]
    for row in rows:
        print("  ".join(cell.ljust(width) for cell, width in zip(row, widths)))


if __name__ == "__main__":
    draw(Path(sys.argv[1]), sys.argv[2])
    show_table(Path(sys.argv[1]) / "units.csv")
