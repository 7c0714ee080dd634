"""What is compared is what is used: models, code and tiles by content, not by their names."""

import json
import os
import shutil
import signal
import threading
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

import numpy as np
import pytest
from osgeo import gdal

from lunar_oxide_plugin.core.errors import ModelError, RasterError
from lunar_oxide_plugin.core.models.model import bundled_path
from lunar_oxide_plugin.raster.gdal_io.blocks import Window
from lunar_oxide_plugin.raster.writing.storage import Kind
from lunar_oxide_plugin.scaleout import lock, models, window
from lunar_oxide_plugin.scaleout.job import Part, code_sha256, make_job, open_mosaic
from lunar_oxide_plugin.scaleout.results import Results
from lunar_oxide_plugin.scaleout.tiles import Reading
from lunar_oxide_plugin.scaleout.window import predict_window
from tests import mi_tiles

from .conftest import (
    ENVIRONMENT,
    ROOT,
    SIZE,
    STEP,
    assert_same_pixels,
    pixels,
    records,
    run,
    tile_name,
    truth,
    until,
    windows,
)
from .test_run import here

#: The tile in the north-east, and the pixels of the mosaic that it alone covers.
LAST = tile_name(0, 3)
ITS_PIXELS = np.s_[:, :STEP, 2 * STEP + SIZE :]
OF_TILE = np.s_[:, :STEP, SIZE - STEP :]

#: A worker that has imported the plugin before it is asked anything.
READY = "import lunar_oxide_plugin.scaleout.cluster\n"


@pytest.fixture
def tiles(scene, tmp_path):
    """A copy of the scene's tiles."""
    return shutil.copytree(scene.folder, tmp_path / "tiles")


def replace(tiles, empty=False, halved=False):
    """Put another tile under the same names, of the same sizes and times; its DN.

    On request stored as half of them, with twice the scale in the label.
    """
    dn = mi_tiles.scene(SIZE, SIZE, seed=77) // 2 * 2
    if empty:
        dn[:] = -30000
    new = tiles / "new"
    new.mkdir()
    stored = dn // 2 if halved else dn
    mi_tiles.write_tile(new, stored, name=LAST, north=10, west=181, resolution=STEP)
    if halved:
        label = new / f"{LAST}.lbl"
        label.write_bytes(label.read_bytes().replace(b"2e-05", b"4e-05"))
    for file in new.iterdir():
        before = (tiles / file.name).stat()
        os.utime(file, ns=(before.st_atime_ns, before.st_mtime_ns))
        assert file.stat().st_size == before.st_size
        file.replace(tiles / file.name)
    new.rmdir()
    return dn


def assert_has_the_new_tile(folder, scene, dn):
    """Nothing of the old one, and all others as before."""
    found = pixels(folder / "oxides.vrt")
    np.testing.assert_array_equal(found[ITS_PIXELS], truth(dn)[0][OF_TILE])
    west = np.s_[..., : 3 * STEP]
    np.testing.assert_array_equal(found[west], scene.oxides[west])
    assert not np.array_equal(found[ITS_PIXELS], scene.oxides[ITS_PIXELS], equal_nan=True)


def test_a_model_exchanged_between_runs_of_one_worker(scene, tmp_path, cluster):
    """The worker lives on, and has the earlier model in its memory."""
    cluster.worker()
    model = tmp_path / "my.onnx"
    dn = mi_tiles.scene(SIZE, SIZE, seed=3)
    for name in ("plsr", "mlp"):
        shutil.copyfile(bundled_path(name), model)
        label = scene.folder / f"{LAST}.lbl"
        folder = tmp_path / name
        run(label, "--output", folder, "--model", model, "--scheduler-file", cluster.file)
        np.testing.assert_array_equal(pixels(folder / "oxides.vrt"), truth(dn, name)[0])


def test_a_model_exchanged_during_a_run(tmp_path, monkeypatch):
    """Who has loaded it goes on; who has not refuses the other one."""
    monkeypatch.setattr(models, "_loaded", [])
    path = tmp_path / "my.onnx"
    shutil.copyfile(bundled_path("plsr"), path)
    first = models.load_model(path)
    shutil.copyfile(bundled_path("mlp"), path)
    assert models.model_of(path, first.sha256) is first
    models._loaded.clear()
    with pytest.raises(ModelError, match=r"my\.onnx has changed since this run began"):
        models.model_of(path, first.sha256)


def test_a_worker_that_imported_older_code_is_refused(scene, tmp_path, cluster):
    """The disk has the new code by then: the worker has to say what it runs."""
    other = tmp_path / "other"
    shutil.copytree(ROOT / "lunar_oxide_plugin", other / "lunar_oxide_plugin")
    environment = {**ENVIRONMENT, "PYTHONPATH": str(other)}
    cluster.worker(READY + f"open({str(tmp_path / 'ready')!r}, 'w')", environment=environment)
    until((tmp_path / "ready").exists)
    with (other / "lunar_oxide_plugin" / "about.py").open("a") as file:
        file.write("# newer\n")
    arguments = scene.folder, "--output", tmp_path / "out", "--scheduler-file", cluster.file
    said = run(*arguments, environment=environment, code=1)
    assert "plugin: " in said
    assert not records(tmp_path / "out")


def test_code_is_the_same_with_other_line_endings(tmp_path):
    found = []
    for name, content in (("a", b"x = 1\n"), ("b", b"x = 1\r\n"), ("c", b"x = 2\n")):
        (tmp_path / name / "core").mkdir(parents=True)
        (tmp_path / name / "core" / "x.py").write_bytes(content)
        found.append(code_sha256(tmp_path / name))
    assert found[0] == found[1] != found[2]


@pytest.mark.parametrize("options", [(), ("--verify",)])
def test_a_tile_replaced_before_a_run_is_resumed(scene, tiles, tmp_path, capsys, options):
    """Windows on it are computed again, and no others."""
    folder = tmp_path / "out"
    arguments = tiles, "--output", folder, "--window", 40
    here(*arguments)
    before = windows(folder)
    records(folder)[0].unlink()
    dn = replace(tiles)
    here(*arguments, *options)
    said = capsys.readouterr().err
    assert "4 windows are computed again because their tiles have changed" in said
    assert_has_the_new_tile(folder, scene, dn)
    kept = {name for name, state in windows(folder).items() if before[name] == state}
    again = {"R0000C0000", "R0000C0003", "R0000C0004", "R0001C0003", "R0001C0004"}
    assert kept == {name for name in before if name[:10] not in again}


def as_geotiff(scene, path, seed):
    """A tile as a stack of the eight bands; its DN."""
    mosaic = open_mosaic([str(scene.folder / f"{LAST}.lbl")], None, Reading(), lambda: None)
    dn = mi_tiles.scene(SIZE, SIZE, seed=seed)
    made = gdal.GetDriverByName("GTiff").Create(str(path), SIZE, SIZE, 8, gdal.GDT_Int16)
    made.SetProjection(mosaic.grid.wkt)
    made.SetGeoTransform(mosaic.grid.geotransform)
    made.WriteArray(dn[list(mi_tiles.MODEL_PLANES)])
    made = None  # closes it
    return dn


#: For `as_geotiff`.
STACK = ("--bands", "1,2,3,4,5,6,7,8", "--scale", "2e-5", "--window", 100)


def test_what_qgis_lays_beside_tiles_changes_nothing(scene, tmp_path):
    """Statistics and overviews, when the tiles are looked at."""
    folder, path = tmp_path / "out", tmp_path / "map.tif"
    as_geotiff(scene, path, 4)
    here(path, "--output", folder, *STACK)
    before = windows(folder)
    looked_at = gdal.Open(str(path))
    looked_at.GetRasterBand(1).ComputeStatistics(False)
    looked_at.BuildOverviews("AVERAGE", [2])
    looked_at = None  # closes it
    assert {file.name for file in tmp_path.glob("map.*")} == {
        "map.tif",
        "map.tif.aux.xml",
        "map.tif.ovr",
    }
    here(path, "--output", folder, *STACK)
    assert windows(folder) == before


def test_a_tile_replaced_between_two_runs_of_one_process(scene, tiles, tmp_path):
    """Which has decided how the earlier one is read."""
    arguments = tiles, "--window", 200, "--output"
    here(*arguments, tmp_path / "one")
    dn = replace(tiles, halved=True)
    here(*arguments, tmp_path / "two")
    assert_same_pixels(tmp_path / "one", scene, ["oxides"])
    assert_has_the_new_tile(tmp_path / "two", scene, dn)


def test_a_tile_changed_during_a_run(scene, tiles, tmp_path, monkeypatch):
    """The rest of its windows fail; the next run computes all of them from the new one."""
    folder = tmp_path / "out"
    arguments = tiles, "--output", folder, "--window", 40
    replaced = []

    def predict(job, part, *others):
        if part.row == 1 and not replaced:
            replaced.append(replace(tiles))
            os.utime(tiles / f"{LAST}.img")
        return predict_window(job, part, *others)

    monkeypatch.setattr(window, "predict_window", predict)
    here(*arguments, "--attempts", 2, code=1)
    listed = json.loads((folder / "failures.json").read_text())
    assert {entry["window"] for entry in listed} == {"R0001C0003", "R0001C0004"}
    for entry in listed:
        assert f"{LAST}.lbl has changed since this run began" in entry["error"]
    indexed = []

    def predict_again(*given):
        indexed.append((folder / "oxides.vrt").exists())
        return predict_window(*given)

    monkeypatch.setattr(window, "predict_window", predict_again)
    here(*arguments)
    # An index over windows of both tiles would be of neither.
    assert indexed
    assert not any(indexed)
    assert_has_the_new_tile(folder, scene, replaced[0])
    assert not (folder / "failures.json").exists()


def test_a_window_that_is_valid_no_more_loses_its_rasters(tiles, tmp_path):
    folder = tmp_path / "out"
    arguments = tiles, "--output", folder, "--window", 40
    here(*arguments)
    raster = folder / "windows" / "R0000" / "R0000C0004_oxides.tif"
    assert raster.exists()
    replace(tiles, empty=True)
    here(*arguments)
    assert not raster.exists()
    assert json.loads(raster.with_name("R0000C0004.json").read_text())["assets"] == {}
    assert np.isnan(pixels(folder / "oxides.vrt")[:, :STEP, 4 * STEP :]).all()


@pytest.mark.parametrize("key", ["code_sha256", "onnxruntime", "format"])
def test_what_was_computed_otherwise_is_not_gone_on_with(scene, tmp_path, capsys, key):
    """By other code, by another onnxruntime, or before records said what they were computed of."""
    folder = tmp_path / "out"
    arguments = scene.folder / f"{LAST}.lbl", "--output", folder
    here(*arguments)
    described = json.loads((folder / "job.json").read_text())
    described[key] = "other"
    if key == "format":
        del described[key]
    (folder / "job.json").write_text(json.dumps(described))
    before = windows(folder)
    here(*arguments, code=1)
    said = capsys.readouterr().err
    assert ("of another version of the plugin" if key == "format" else f"{key}: ") in said
    assert "choose a new folder" in said.lower()
    assert windows(folder) == before


def test_a_worker_of_a_killed_run_writes_nothing_into_that_of_another(scene, tmp_path):
    """It still computes a window when another run has begun in a folder of the same name."""
    inputs = [str(scene.folder / f"{LAST}.lbl")]
    mosaic = open_mosaic(inputs, None, Reading(), lambda: None)
    jobs = [
        make_job(mosaic, inputs, None, Reading(), model, ["oxides"], Kind.FLOAT32, 100)
        for model in ("plsr", "mlp")
    ]
    (old, (part,)), (new, _) = jobs
    results = Results(tmp_path / "out")
    results.begin(new)
    with pytest.raises(RasterError, match="another job"):
        predict_window(old, part, str(results.folder), 1)
    assert not records(results.folder)
    # Nor is a record of another job's taken for a finished window.
    predict_window(new, part, str(results.folder), 1)
    assert results.finished(new, part)
    assert results.finished(old, part) is None
    assert results.finished(new, Part(0, 0, Window(0, 0, 1, 1), part.tiles)) is None


def test_two_runs_in_one_folder(scene, tmp_path, start):
    """The second is refused; when the first is killed, another one goes on."""
    folder = tmp_path / "out"
    arguments = scene.folder, "--output", folder, "--window", 28, "--workers", 0
    first = start(*arguments)
    until(lambda: records(folder))
    first.process.send_signal(signal.SIGSTOP)
    said = run(*arguments, code=1)
    assert f"Another run (process {first.process.pid} on " in said
    assert f"is using {folder}" in said
    first.process.send_signal(signal.SIGKILL)
    first.process.wait()
    run(*arguments)
    assert_same_pixels(folder, scene, ["oxides"])
    assert not (folder / lock.LOCK).exists()


@pytest.mark.parametrize("is_link", [True, False])
def test_a_file_of_the_name_of_the_lock_is_kept(tmp_path, is_link):
    folder = tmp_path / "out"
    folder.mkdir()
    own = tmp_path / "own.txt" if is_link else folder / lock.LOCK
    own.write_text("not of a run")
    if is_link:
        (folder / lock.LOCK).symlink_to(own)
    with pytest.raises(RasterError, match="cannot be used"), lock.sole_use(folder):
        pass
    assert own.read_text() == "not of a run"
    assert (folder / lock.LOCK).is_symlink() == is_link


def test_a_file_system_without_locks(tmp_path, monkeypatch):
    def no_locks(number):
        raise OSError(37, "No locks available")

    monkeypatch.setattr(lock, "_lock", no_locks)
    with (
        lock.sole_use(tmp_path),
        pytest.raises(RasterError, match=rf"\(process {os.getpid()} on .*delete .*run\.lock"),
        lock.sole_use(tmp_path),
    ):
        pass
    assert not (tmp_path / lock.LOCK).exists()
    with lock.sole_use(tmp_path):
        assert (tmp_path / lock.LOCK).exists()


class Server(BaseHTTPRequestHandler):
    """One file, in ranges, without a time of last change."""

    content = b""
    protocol_version = "HTTP/1.1"

    def do_HEAD(self):
        self.do_GET()

    def do_GET(self):
        found = self.path.endswith("map.tif")
        part = whole = self.content if found else b""
        asked = self.headers["Range"]
        if found and asked:
            first, last = (int(text) for text in asked.removeprefix("bytes=").split("-"))
            part = whole[first : last + 1]
        self.send_response((206 if asked else 200) if found else 404)
        if found and asked:
            end = first + len(part) - 1
            self.send_header("Content-Range", f"bytes {first}-{end}/{len(whole)}")
        self.send_header("Content-Length", str(len(part)))
        self.end_headers()
        if self.command == "GET":
            self.wfile.write(part)

    def log_message(self, *arguments):
        pass


def test_a_tile_replaced_on_a_server(scene, tmp_path, cluster):
    """A worker that lives on has the earlier one in GDAL's cache."""
    cluster.worker()
    server = ThreadingHTTPServer(("127.0.0.1", 0), Server)
    threading.Thread(target=server.serve_forever, daemon=True).start()
    try:
        for seed in (5, 6):
            path = tmp_path / f"{seed}.tif"
            dn = as_geotiff(scene, path, seed)
            Server.content = path.read_bytes()
            folder = tmp_path / f"out{seed}"
            run(
                f"/vsicurl/http://127.0.0.1:{server.server_port}/map.tif",
                *("--output", folder, "--scheduler-file", cluster.file, *STACK),
            )
            np.testing.assert_array_equal(pixels(folder / "oxides.vrt"), truth(dn)[0])
    finally:
        server.shutdown()
        server.server_close()
