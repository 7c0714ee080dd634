"""What each algorithm refuses: what spoils an input or an option, and what is said then."""

from __future__ import annotations

import os
from pathlib import Path

import numpy as np
from osgeo import gdal

from tests import mi_tiles
from tests.polygons import write_units

ONNX = Path(__file__).parent / "data" / "onnx"


def translated(folder, name, **options):
    gdal.Translate(str(folder / name), str(folder / "TILE.lbl"), **options)
    return {"INPUT": name}


def without_image(folder):
    (folder / "TILE.img").unlink()


def truncated(folder):
    os.truncate(folder / "TILE.img", (folder / "TILE.img").stat().st_size - 100)


def all_invalid(folder):
    mi_tiles.write_tile(folder, np.full((9, 20, 30), -22000, np.int16), name="TILE")


def in_percent(folder):
    """Values that are neither DN nor reflectance, in a file without a scale."""
    stack = gdal.Open(str(folder / "TILE.lbl"))
    values = stack.ReadAsArray().astype(np.float32) * 2e-3
    written = gdal.GetDriverByName("GTiff").Create(
        str(folder / "percent.tif"), 60, 40, 9, gdal.GDT_Float32
    )
    written.SetProjection(stack.GetProjection())
    written.WriteArray(values)
    return {"INPUT": "percent.tif"}


def seven_bands(folder):
    return translated(folder, "seven.tif", bandList=[1, 2, 3, 4, 5, 7, 8])


def on_earth(folder):
    return translated(folder, "earth.tif", outputSRS="EPSG:32633")


def oxide_raster(folder):
    gdal.Translate(str(folder / "oxides.tif"), str(folder / "TILE.lbl"), bandList=[1, 2, 3, 4, 5])
    dataset = gdal.Open(str(folder / "oxides.tif"), gdal.GA_Update)
    for index, name in enumerate(("Al2O3", "CaO", "FeO", "MgO", "TiO2")):
        dataset.GetRasterBand(index + 1).SetDescription(name)
        dataset.GetRasterBand(index + 1).SetScale(2e-3)
    return {"INPUT": "oxides.tif"}


def weight_fractions(folder):
    oxide_raster(folder)
    dataset = gdal.Open(str(folder / "oxides.tif"), gdal.GA_Update)
    for number in range(1, 6):
        dataset.GetRasterBand(number).SetScale(2e-5)
    return {"INPUT": "oxides.tif", "STRETCH": 1}


def earth_polygons(folder):
    write_units(folder / "earth.gpkg", "EPSG:4326")
    return {**oxide_raster(folder), "ZONES": "earth.gpkg", "OUTPUT": "out.gpkg"}


def unknown_field(folder):
    write_units(folder / "units.gpkg")
    outputs = {"OUTPUT": "out.gpkg", "NAME_FIELD": "geology"}
    return {**oxide_raster(folder), "ZONES": "units.gpkg", **outputs}


def bands_without_names(folder):
    return translated(folder, "bare.tif", bandList=[1, 2, 3])


def a_folder(folder):
    (folder / "out.tif").mkdir()


#: case -> (algorithm, what spoils the tile and may give parameters, what is said)
CASES = {
    "no such file": ("predictoxides", {"INPUT": "nowhere.lbl"}, ["nowhere.lbl not found"]),
    "label without image": ("predictoxides", without_image, ["TILE.lbl", "Put the .lbl and"]),
    "truncated image": ("predictoxides", truncated, ["TILE.img is cut off", "Download it again"]),
    "truncated image, import": ("importmimap", truncated, ["Download it again"]),
    "missing band": ("predictoxides", seven_bands, ["seven.tif", "BANDS"]),
    "on Earth": ("predictoxides", on_earth, ["earth.tif", "not on the Moon"]),
    "in percent": ("predictoxides", in_percent, ["set SCALE to 0.01"]),
    "nothing valid": ("predictoxides", all_invalid, ["no valid pixel", "Use another tile"]),
    "other model": (
        "predictoxides",
        {"MODEL_FILE": ONNX / "input_rows.onnx"},
        ["input_rows.onnx is not an oxide model", "float32 [8, n]"],
    ),
    "newer model": ("predictoxides", {"MODEL_FILE": ONNX / "too_new.onnx"}, ["too_new.onnx"]),
    "unknown model": ("predictoxides", {"MODEL": 7}, ["MODEL is 7", "0 (1D-CNN"]),
    "model by a part of its name": (
        "predictoxides",
        {"MODEL": "1D-CNN"},
        ["MODEL is '1D-CNN'", "0 ("],
    ),
    "decimal comma": (
        "predictoxides",
        {"SCALE": "0,00002"},
        ["SCALE is '0,00002'", "write 0.00002 with a point"],
    ),
    "output is input": (
        "importmimap",
        lambda folder: {**translated(folder, "stack.tif"), "OUTPUT": "stack.tif"},
        ["would overwrite the input", "Choose another name"],
    ),
    "missing folder": ("predictoxides", {"OUTPUT": "no/out.tif"}, ["there is no folder"]),
    "output is a folder": ("predictoxides", a_folder, ["out.tif", "is a folder"]),
    "output is no GeoTIFF": ("predictoxides", {"OUTPUT": "out.png"}, ["give a .tif name"]),
    "Earth polygons": ("zonaloxides", earth_polygons, ["ZONES", "not on the Moon"]),
    "unknown field": (
        "zonaloxides",
        unknown_field,
        ["NAME_FIELD is geology", "has the fields fid, unit"],
    ),
    "MI by a Clementine method": (
        "empiricaloxides",
        {"METHOD": 2},
        ["TILE.lbl is Kaguya MI data", "Choose METHOD 0 or 1"],
    ),
    "unnamed bands": ("mgnumber", bands_without_names, ["bare.tif", "MGO_BAND"]),
    "custom limits": (
        "oxidergb",
        lambda folder: {**oxide_raster(folder), "STRETCH": 4, "LIMITS": "1,2"},
        ["LIMITS is '1,2'", "six numbers"],
    ),
    "weight fractions": ("oxidergb", weight_fractions, ["holds weight fractions", "-scale 100"]),
    "no uncertainty to begin with": (
        "mgnumber",
        lambda folder: {**oxide_raster(folder), "OUTPUT_UNCERTAINTY": "sigma.tif"},
        ["Give the uncertainty raster (OUTPUT_UNCERTAINTY) of Predict oxides"],
    ),
    "nothing to compare with": (
        "comparemaps",
        lambda folder: {**oxide_raster(folder), "OUTPUT": None, "TABLE": "table.csv"},
        ["Lunar Prospector GRS, 20 degree cells (Prettyman et al. 2006) have nothing"],
    ),
    "demo scene's name": (
        "demoscene",
        {"INPUT": None, "OUTPUT": "out.tif", "ZONES": "zones.gpkg"},
        ["give a .lbl name"],
    ),
}


def prepare(case, folder):
    """Write the files of a case into a folder; its algorithm and parameters."""
    mi_tiles.write_tile(folder, mi_tiles.soils(), name="TILE")
    algorithm, spoil, _ = CASES[case]
    given = spoil(folder) if callable(spoil) else spoil
    parameters = {"INPUT": "TILE.lbl", "OUTPUT": "out.tif", **(given or {})}
    parameters = {name: value for name, value in parameters.items() if value is not None}
    files = ("INPUT", "OUTPUT", "ZONES", "OUTPUT_UNCERTAINTY", "TABLE")
    return algorithm, parameters | {n: folder / parameters[n] for n in files if n in parameters}
