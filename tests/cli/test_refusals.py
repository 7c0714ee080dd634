"""What goes wrong on the command line: an exit code, what to do about it, and no file left."""

import os
import shutil
import subprocess
import tempfile
from pathlib import Path

import numpy as np
import pytest
from osgeo import gdal

from tests import mi_tiles

from .conftest import (
    ROOT,
    QgisProcess,
    bands,
    contents,
    side_by_side,
    small_files_only,
    soils,
    write_units,
)

ONNX = ROOT / "tests" / "data" / "onnx"
COMMAND = "pip install --no-deps --only-binary :all: --target"


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
    "demo scene's name": (
        "demoscene",
        {"INPUT": None, "OUTPUT": "out.tif", "ZONES": "zones.gpkg"},
        ["give a .lbl name"],
    ),
}


@pytest.fixture(scope="session")
def refusals(qgis, tmp_path_factory):
    """Every case, in a folder of its own: its run, and the files before and after."""

    def try_case(case):
        folder = tmp_path_factory.mktemp("case")
        mi_tiles.write_tile(folder, soils(), name="TILE")
        algorithm, spoil, _ = CASES[case]
        given = spoil(folder) if callable(spoil) else spoil
        parameters = {"INPUT": "TILE.lbl", "OUTPUT": "out.tif", **(given or {})}
        parameters = {name: value for name, value in parameters.items() if value is not None}
        files = ("INPUT", "OUTPUT", "ZONES")
        parameters.update({n: folder / parameters[n] for n in files if n in parameters})
        before = contents(folder)
        done = qgis.run(algorithm, parameters)
        return done, before, contents(folder)

    return side_by_side(try_case, CASES)


@pytest.mark.parametrize("case", CASES)
def test_refused(refusals, case):
    (code, text), before, after = refusals[case]
    assert code != 0
    for part in CASES[case][2]:
        assert part in text
    assert "Traceback" not in text
    assert after == before


@pytest.fixture()
def tile(tmp_path):
    """A tile that gives an oxide raster of about 2 MB."""
    (tmp_path / "in").mkdir()
    (tmp_path / "out").mkdir()
    return mi_tiles.write_tile(tmp_path / "in", soils(400, 400), name="TILE")


def test_without_onnxruntime(qgis, tile, tmp_path):
    (tmp_path / "broken").mkdir()
    (tmp_path / "broken" / "onnxruntime.py").write_text("raise ImportError('not here')\n")
    environment = {"PYTHONPATH": str(tmp_path / "broken")}
    calls = {
        "list": ["list"],
        "check": ["run", "lunaroxide:checkinstallation"],
        "predict": [
            *("run", "lunaroxide:predictoxides"),
            *(f"--INPUT={tile}", f"--OUTPUT={tmp_path / 'out' / 'oxides.tif'}"),
        ],
        "rgb": ["help", "lunaroxide:oxidergb"],
    }
    found = side_by_side(lambda name: qgis(*calls[name], environment=environment), calls)
    assert {name for name, done in found.items() if done.code != 0} == {"predict"}
    assert "lunaroxide:predictoxides\t" in found["list"].text
    assert "READY:\tfalse" in found["check"].text
    profile = qgis.profile / "profiles" / "default" / "python"
    for name in ("check", "predict"):
        assert f'{COMMAND} "{profile}" onnxruntime' in found[name].text
        assert "not here" in found[name].text
    assert not contents(tmp_path / "out")


@pytest.mark.parametrize("output", ["OUTPUT", "OUTPUT_DOMAIN"])
def test_file_cannot_grow(qgis, tile, tmp_path, output):
    """What was there before stays, also when only the second, smaller output still fits."""
    folder = tmp_path / "out"
    (folder / "OUTPUT.tif").write_bytes(b"before")
    outputs = {name: folder / f"{name}.tif" for name in {"OUTPUT", output}}
    done = qgis.run(
        "predictoxides", {"INPUT": tile, **outputs}, prepare=small_files_only(1_000_000)
    )
    assert done.code != 0
    assert "OUTPUT.tif cannot be written (is the disk full?)" in done.text
    assert "Traceback" not in done.text
    assert {str(name): data for name, data in contents(folder).items()} == {"OUTPUT.tif": b"before"}


@pytest.mark.parametrize("free", [0, 12, 400])
def test_disk_full(qgis, tile, tmp_path, free):
    """A real file system with no room (in KiB) for the style, the first blocks, or all of them."""
    folder = tmp_path / "out"
    mount = f"mount -t tmpfs -o size={free + 4}k none {folder}"
    probe = ["unshare", "--mount", "mount", "-t", "tmpfs", "none", str(folder)]
    if subprocess.run(probe, check=False, capture_output=True).returncode != 0:
        pytest.skip("only root can mount a small file system")
    # The mount ends with this one command: it has to look for leftovers itself.
    script = (
        f'{mount} && head -c 4096 /dev/zero >{folder}/a || exit; "$@"; code=$?; '
        f"ls -A {folder} >{folder}.left; exit $code"
    )
    done = qgis.run(
        "predictoxides",
        {"INPUT": tile, "OUTPUT": folder / "oxides.tif"},
        before=["unshare", "--mount", "sh", "-c", script, "sh"],
    )
    assert done.code != 0
    assert f"{folder / 'oxides'}" in done.text.split("cannot be written")[0].splitlines()[-1]
    assert "No space left on device" in done.text
    assert "Traceback" not in done.text
    assert (tmp_path / "out.left").read_text() == "a\n"


def as_plain_user():
    """Permissions do not bind root, under whom containers run tests."""
    if os.geteuid() == 0:
        os.setgroups([])
        os.setgid(65534)
        os.setuid(65534)


def test_no_permission(qgis):
    with tempfile.TemporaryDirectory() as name:  # pytest's own folders are closed to others
        top = Path(name)
        shutil.copytree(qgis.profile, top / "profile")
        for folder in ("in", "out"):
            (top / folder).mkdir()
        tile = mi_tiles.write_tile(top / "in", soils(), name="TILE")
        (top / "out" / "oxides.tif").write_bytes(b"before")
        for path in (top, *(top / "profile").rglob("*"), top / "profile"):
            path.chmod(0o777 if path.is_dir() else 0o666)
        (top / "out").chmod(0o555)
        other = QgisProcess(top / "profile")
        done = other.run(
            "predictoxides",
            {"INPUT": tile, "OUTPUT": top / "out" / "oxides.tif"},
            prepare=as_plain_user,
        )
        assert done.code != 0
        assert "no permission. Choose another place" in done.text
        assert [path.name for path in (top / "out").iterdir()] == ["oxides.tif"]
        (top / "out").chmod(0o777)
        # The same user may read the tile and write elsewhere: it was the folder.
        other.succeed(
            "predictoxides",
            {"INPUT": tile, "OUTPUT": top / "out" / "new.tif"},
            prepare=as_plain_user,
        )
        assert bands(top / "out" / "new.tif").shape == (5, 40, 60)
