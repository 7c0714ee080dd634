"""Whole runs in one process: pixels, resuming, damage, refusals."""

import json
import shutil
import subprocess
import sys

import numpy as np
import pytest
from osgeo import gdal

from lunar_oxide_plugin.core.models.model import OxideModel, bundled_path
from lunar_oxide_plugin.raster.maps.prediction import OXIDE_MAP, predict_area
from lunar_oxide_plugin.raster.mi.mi_folder import mi_products
from lunar_oxide_plugin.raster.sources.mi_source import open_mi_sources
from lunar_oxide_plugin.raster.sources.mosaic import Mosaic
from lunar_oxide_plugin.raster.writing.outputs import OutputFiles
from lunar_oxide_plugin.scaleout.__main__ import main, parser
from tests import mi_tiles

from .conftest import (
    COLUMNS,
    ENVIRONMENT,
    NORTH,
    ROWS,
    SIZE,
    STEP,
    WEST,
    assert_same_pixels,
    pixels,
    records,
    run,
    tile_name,
    truth,
    windows,
)

EVERYTHING = ("--uncertainty", "--domain")


def here(*arguments, code=0):
    """Run in this very process."""
    assert main([*map(str, arguments), "--workers", "0"]) == code


@pytest.mark.parametrize(("window", "threads"), [(1000, 1), (64, 2), (31, 3)])
def test_pixels_do_not_depend_on_windows_and_threads(scene, tmp_path, window, threads):
    """Tiles that overlap, holes, shadow, an empty and a missing tile, across 180 degrees."""
    folder = tmp_path / "out"
    here(scene.folder, "--output", folder, "--window", window, "--threads", threads, *EVERYTHING)
    assert_same_pixels(folder, scene)


def test_pixels_are_those_of_one_machine(scene, tmp_path):
    """As `predict_area` writes the whole mosaic into one file, all tiles examined before."""
    mosaic = Mosaic(open_mi_sources(mi_products(scene.folder)))
    assert sum(1 for _ in mosaic.examine()) == ROWS * COLUMNS - 1
    model = OxideModel(bundled_path("gaussian_process"))
    with OutputFiles() as files:
        writer = files.raster(tmp_path / "one.tif", mosaic.grid, OXIDE_MAP.bands, {})
        predict_area(mosaic, mosaic.grid.window, model, {OXIDE_MAP: writer}, 2, lambda done: None)
    here(scene.folder, "--output", tmp_path / "out", "--window", 32)
    one, many = (gdal.Open(str(tmp_path / name)) for name in ("one.tif", "out/oxides.vrt"))
    np.testing.assert_array_equal(one.ReadAsArray(), many.ReadAsArray())
    assert one.GetGeoTransform() == many.GetGeoTransform()
    assert one.GetSpatialRef().IsSame(many.GetSpatialRef())


@pytest.mark.parametrize("model", ["zhang2023_cnn", "random_forest"])
def test_other_models_and_extent(scene, tmp_path, model):
    """A part across 180 degrees, of the tile in the south-west and the hole beside it."""
    folder = tmp_path / "out"
    east, south = WEST + 2.6, NORTH - 1.5
    here(
        *(scene.folder, "--output", folder, "--window", 30, "--model", model),
        *("--extent", WEST, south, east, NORTH - 1.25),
    )
    found = pixels(folder / "oxides.vrt")
    (dn,) = (mi_tiles.scene(SIZE, SIZE, seed=10),)
    first = round(1.25 * STEP + 0.5) - STEP  # of the extent, in rows of the tile
    expected, _, _ = truth(dn[:, first : first + found.shape[1], :STEP], model)
    np.testing.assert_array_equal(found[..., :STEP], expected)
    assert np.isnan(found[..., 2 * STEP + SIZE - STEP :]).all()


def test_windows_are_cloud_optimised(scene, tmp_path):
    folder = tmp_path / "out"
    here(scene.folder, "--output", folder, "--window", 64)
    for path in folder.rglob("*.tif"):
        assert gdal.Open(str(path)).GetMetadataItem("LAYOUT", "IMAGE_STRUCTURE") == "COG"


@pytest.mark.parametrize(("kind", "type_name"), [("lerc", "Float32"), ("uint16", "UInt16")])
def test_smaller_files(scene, tmp_path, kind, type_name):
    """The VRT and the items say how values are made of the numbers in the files."""
    folder = tmp_path / "out"
    here(scene.folder, "--output", folder, "--window", 64, "--storage", kind, "--domain")
    for product, unit in (("oxides", "wt%"), ("domain_distance", "")):
        vrt = gdal.Open(str(folder / f"{product}.vrt"))
        band = vrt.GetRasterBand(1)
        assert gdal.GetDataTypeName(band.DataType) == type_name
        assert band.GetUnitType() == unit
        (item,) = [path for path in records(folder) if path.stem == "R0000C0000"]
        described = json.loads(item.read_text())["assets"][product]["raster:bands"][0]
        assert described["nodata"] == band.GetNoDataValue()
        scale = described.get("scale", 1)
        assert scale == (0.001 if kind == "uint16" else 1)
        assert (band.GetScale() or 1, band.GetOffset() or 0) == (scale, 0)
        stored = vrt.ReadAsArray().reshape(getattr(scene, product).shape)
        values = np.where(stored == band.GetNoDataValue(), np.nan, stored * scale)
        expected = getattr(scene, product)
        assert np.array_equal(np.isnan(values), np.isnan(expected))
        reach = np.nan_to_num(expected) < 65  # above it domain distances are kept as the highest
        error = np.abs(values - expected)[reach & np.isfinite(expected)].max()
        assert 0 < error <= 0.001


def test_windows_that_no_tile_touches_cost_nothing(scene, tmp_path):
    """In the south there is a hole from pixel 88 to 120; an empty tile is read, and not written."""
    folder, step = tmp_path / "out", 20
    here(scene.folder, "--output", folder, "--window", step)
    assert scene.shape == (STEP + SIZE, 3 * STEP + SIZE)
    every = {
        f"R{row:04}C{column:04}": scene.oxides[
            0, step * row : step * (row + 1), step * column : step * (column + 1)
        ]
        for row in range(5)
        for column in range(9)
    }
    done = {path.stem: json.loads(path.read_text()) for path in records(folder)}
    assert every.keys() - done.keys() == {"R0003C0005", "R0004C0005"}
    written = {name for name, record in done.items() if record["assets"]}
    assert written == {name for name, part in every.items() if np.isfinite(part).any()}
    assert done.keys() - written == {"R0000C0003", "R0001C0003"}
    assert {path.name[:10] for path in folder.rglob("*.tif")} == written
    for name, record in done.items():
        valid = record["properties"]["lunaroxide:valid_pixels"]
        assert valid == np.isfinite(every[name]).sum()
    assert_same_pixels(folder, scene, ["oxides"])


def test_one_raster_over_all_and_sets_of_bands(scene, tmp_path):
    """A VRT of eight bands, made by another tool, and eight files of one band each."""
    mosaic = Mosaic(open_mi_sources(mi_products(scene.folder)))
    reflectance, valid = mosaic.spectra(mosaic.grid.window)
    height, width = scene.shape
    files = []
    for band, wavelength in enumerate((415, 750, 900, 950, 1001, 1050, 1250, 1550)):
        files.append(str(tmp_path / f"map_{wavelength}nm.tif"))
        made = gdal.GetDriverByName("GTiff").Create(files[-1], width, height, 1, gdal.GDT_Float32)
        made.SetProjection(mosaic.grid.wkt)
        made.SetGeoTransform(mosaic.grid.geotransform)
        made.GetRasterBand(1).SetNoDataValue(0)
        made.GetRasterBand(1).SetDescription(f"{wavelength} nm")
        made.WriteArray(np.where(valid, reflectance[band], 0))
        made = None  # closes it
    vrt = str(tmp_path / "map.vrt")
    assert gdal.BuildVRT(vrt, files, separate=True) is not None
    numbers = ("--bands", "1,2,3,4,5,6,7,8")
    for name, inputs in (("stack", [vrt, *numbers]), ("set", files[:1])):
        here(*inputs, "--output", tmp_path / name, "--window", 60)
        assert_same_pixels(tmp_path / name, scene, ["oxides"])


def test_a_finished_run_computes_nothing_again(scene, tmp_path):
    folder = tmp_path / "out"
    arguments = scene.folder, "--output", folder, "--window", 64
    first = run(*arguments, "--workers", 0)
    before = windows(folder)
    assert "6 windows of 64 pixels over 168 x 88, 0 of them already finished" in first
    (folder / "oxides.vrt").unlink()
    again = run(*arguments, "--workers", 2)  # starts no workers: there is nothing to do
    assert "6 of them already finished" in again
    assert "Dashboard" not in again
    assert windows(folder) == before
    assert_same_pixels(folder, scene, ["oxides"])


def cut_off(path):
    path.write_bytes(path.read_bytes()[:-10])


def flip(path):
    content = bytearray(path.read_bytes())
    content[len(content) // 2] ^= 255
    path.write_bytes(content)


@pytest.mark.parametrize(
    ("ending", "damage", "options"),
    [
        (".json", cut_off, ()),
        (".json", lambda path: path.write_text("[]"), ()),
        (".json", lambda path: path.unlink(), ()),
        ("_oxides.tif", cut_off, ()),
        ("_oxides.tif", lambda path: path.unlink(), ()),
        ("_oxides.tif", flip, ("--verify",)),
    ],
)
def test_what_is_damaged_is_computed_again(scene, tmp_path, ending, damage, options):
    folder = tmp_path / "out"
    arguments = scene.folder, "--output", folder, "--window", 64
    here(*arguments)
    before = windows(folder)
    damage(folder / "windows" / "R0000" / f"R0000C0001{ending}")
    here(*arguments, *options)
    after = windows(folder)
    changed = {name for name in before if before[name] != after[name]}
    assert changed == {"R0000C0001.json", "R0000C0001_oxides.tif"}
    assert_same_pixels(folder, scene, ["oxides"])


def test_partial_files_of_killed_processes_are_removed(scene, tmp_path):
    folder = tmp_path / "out"
    arguments = scene.folder, "--output", folder, "--window", 64
    here(*arguments)
    left = folder / "windows" / "R0000" / "lunar_oxide.partial-0123abcd-17-0123abcd"
    (left / "new").mkdir(parents=True)
    (left / "new" / "R0000C0000_oxides.tif").write_bytes(b"half")
    here(*arguments)
    assert not left.exists()
    assert_same_pixels(folder, scene, ["oxides"])


def test_another_job_in_the_folder_is_refused_with_what_differs(scene, tmp_path):
    folder = tmp_path / "out"
    here(scene.folder, "--output", folder, "--window", 64)
    before = windows(folder)
    said = run(
        *(scene.folder, "--output", folder, "--window", 32, "--model", "plsr", "--workers", 0),
        code=1,
    )
    assert "another job" in said
    assert "window: 64 there, 32 now" in said
    assert 'model: "gaussian_process" there, "plsr" now' in said
    assert windows(folder) == before


def test_a_tile_that_came_later_makes_another_job(scene, tmp_path):
    tiles = tmp_path / "tiles"
    tiles.mkdir()
    for file in scene.folder.iterdir():
        (tiles / file.name).write_bytes(file.read_bytes())
    here(tiles, "--output", tmp_path / "out", "--window", 64)
    mi_tiles.write_tile(
        tiles,
        mi_tiles.scene(SIZE, SIZE),
        name=tile_name(1, 2),
        north=NORTH - 1,
        west=(WEST + 2) % 360,
        resolution=STEP,
    )
    said = run(tiles, "--output", tmp_path / "out", "--window", 64, "--workers", 0, code=1)
    assert "tiles_sha256" in said
    assert "grid" not in said


def test_a_folder_that_holds_something_else_is_refused(scene, tmp_path):
    (tmp_path / "oxides.vrt").write_text("mine")
    said = run(scene.folder, "--output", tmp_path, "--workers", 0, code=1)
    assert "is not empty and has no job.json" in said
    assert (tmp_path / "oxides.vrt").read_text() == "mine"


@pytest.mark.parametrize(
    ("arguments", "reason"),
    [
        (("--model", "/nowhere.onnx"), "/nowhere.onnx does not exist"),
        (("--scale", "1"), "MI DN: if so, set SCALE to 2e-05"),
        (("--extent", "10", "0", "11", "1"), "touches EXTENT"),
        (("--bands", "1,2"), "BANDS"),
    ],
)
def test_what_is_wrong_for_all_windows_is_said_before_any(scene, tmp_path, arguments, reason):
    folder = tmp_path / "out"
    said = run(scene.folder, "--output", folder, "--workers", 0, *arguments, code=1)
    assert reason in said
    assert "Traceback" not in said
    assert not folder.exists()


@pytest.mark.parametrize(
    "arguments", [("--window", "0"), ("--bands", "a"), ("--workers", "1", "--scheduler", "tcp://a")]
)
def test_wrong_options(scene, tmp_path, arguments):
    assert "usage:" in run(scene.folder, "--output", tmp_path / "out", *arguments, code=2)


def test_list_of_tiles_in_a_file(scene, tmp_path):
    """With an empty line, as editors leave one at the end, and line ends of Windows."""
    (tmp_path / "list.txt").write_bytes("\r\n".join([*mi_products(scene.folder), "", ""]).encode())
    here(f"@{tmp_path / 'list.txt'}", "--output", tmp_path / "out", "--window", 64)
    assert_same_pixels(tmp_path / "out", scene, ["oxides"])


def test_neither_qgis_nor_dask_is_needed(scene, tmp_path):
    """One process, with both made impossible to import."""
    code = (
        "import sys; sys.modules.update(qgis=None, dask=None, distributed=None)\n"
        "from lunar_oxide_plugin.scaleout.__main__ import main\n"
        "sys.exit(main(sys.argv[1:]))"
    )
    arguments = [str(scene.folder), "--output", str(tmp_path / "out"), "--window", "64"]
    for workers, expected in (("0", 0), ("1", 0), ("1", 1)):
        if expected:
            arguments[2] = str(tmp_path / "other")
        done = subprocess.run(
            [sys.executable, "-c", code, *arguments, "--workers", workers],
            cwd="/",
            env=ENVIRONMENT,
            capture_output=True,
            text=True,
            check=False,
        )
        assert done.returncode == expected, done.stderr
    assert "Dask is not installed" in done.stderr


def broken_tiles(scene, folder):
    """Copies of the tiles; the one in the south-east as a GeoTIFF of which the end is missing."""
    folder.mkdir()
    for file in scene.folder.iterdir():
        if tile_name(1, 3) not in file.name:
            (folder / file.name).write_bytes(file.read_bytes())
    grid = Mosaic(open_mi_sources([str(scene.folder / f"{tile_name(1, 3)}.lbl")])).grid
    dn = mi_tiles.scene(SIZE, SIZE, seed=13)[list(mi_tiles.MODEL_PLANES)]
    path = folder / "last.tif"
    made = gdal.GetDriverByName("GTiff").Create(str(path), SIZE, SIZE, 8, gdal.GDT_Int16)
    made.SetProjection(grid.wkt)
    made.SetGeoTransform(grid.geotransform)
    made.WriteArray(dn)
    made = None  # closes it
    whole = path.read_bytes()
    path.write_bytes(whole[: len(whole) // 2])
    return path, whole


@pytest.mark.parametrize("workers", [0, 2])
def test_windows_that_fail_are_listed_and_the_others_finished(scene, tmp_path, workers):
    path, whole = broken_tiles(scene, tmp_path / "tiles")
    folder = tmp_path / "out"
    arguments = [path, path.parent, "--output", folder, "--window", 64, "--workers", workers]
    said = run(*arguments, "--attempts", 2, code=1)
    listed = json.loads((folder / "failures.json").read_text())
    assert {entry["window"] for entry in listed} == {
        "R0000C0001",
        "R0000C0002",
        "R0001C0001",
        "R0001C0002",
    }
    for entry in listed:
        assert entry["attempts"] == 2
        assert str(path) in entry["tiles"]
        assert "last.tif cannot be read" in entry["error"]
        assert entry["window"] in said
    assert [record.stem for record in records(folder)] == ["R0000C0000", "R0001C0000"]
    np.testing.assert_array_equal(pixels(folder / "oxides.vrt")[..., :64], scene.oxides[..., :64])
    if workers == 0:
        before = windows(folder)
        path.write_bytes(whole)
        here(*arguments[:-2])
        assert before.items() <= windows(folder).items()
        assert not (folder / "failures.json").exists()
        assert_same_pixels(folder, scene, ["oxides"])


def test_a_tile_that_is_cut_off_is_said_before_any_window(scene, tmp_path):
    shutil.copytree(scene.folder, tmp_path / "tiles")
    image = tmp_path / "tiles" / f"{tile_name(1, 3)}.img"
    image.write_bytes(image.read_bytes()[:-5000])
    said = run(tmp_path / "tiles", "--output", tmp_path / "out", "--workers", 0, code=1)
    assert f"{image.name} is cut off" in said
    assert not (tmp_path / "out").exists()


def test_a_tile_without_a_plausible_scale_fails_loudly(scene, tmp_path):
    tiles = tmp_path / "tiles"
    tiles.mkdir()
    for file in scene.folder.iterdir():
        (tiles / file.name).write_bytes(file.read_bytes())
    label = tiles / f"{tile_name(1, 3)}.lbl"
    label.write_bytes(label.read_bytes().replace(b"2e-05", b"2e-04"))
    run(tiles, "--output", tmp_path / "out", "--window", 100, "--workers", 0, code=1)
    listed = json.loads((tmp_path / "out" / "failures.json").read_text())
    assert [entry["window"] for entry in listed] == ["R0000C0001"]
    assert listed[0]["error"].startswith(f"{label.name}: The values fit neither")


@pytest.mark.parametrize("encoding", ["utf-8", "utf-8-sig"])
def test_a_list_of_inputs_may_begin_with_a_mark(tmp_path, encoding):
    (tmp_path / "list.txt").write_text("月.lbl\n\nb.lbl\n", encoding=encoding)
    options = parser().parse_args([f"@{tmp_path / 'list.txt'}", "--output", "out"])
    assert options.input == ["月.lbl", "b.lbl"]


@pytest.mark.parametrize("encoding", ["utf-16", "cp1252"])
def test_a_list_of_inputs_in_another_encoding_is_refused(tmp_path, encoding, capsys):
    (tmp_path / "list.txt").write_text("ü.lbl\n", encoding=encoding)
    with pytest.raises(SystemExit):
        parser().parse_args([f"@{tmp_path / 'list.txt'}", "--output", "out"])
    assert "not in UTF-8" in capsys.readouterr().err
