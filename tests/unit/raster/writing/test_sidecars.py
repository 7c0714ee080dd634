"""What belonged to an earlier file is not applied to the one that replaces it."""

import os
import socket
import sqlite3
import stat
import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest
from osgeo import gdal, ogr

from lunar_oxide_plugin.core.errors import CancelledError, RasterError
from lunar_oxide_plugin.raster.gdal_io.file_state import file_states
from lunar_oxide_plugin.raster.moon.crs import GEOGRAPHIC_WKT
from lunar_oxide_plugin.raster.writing.geopackage import write_polygons
from lunar_oxide_plugin.raster.writing.outputs import OutputFiles

from .test_outputs import BANDS, GRID, names, values, write
from .test_work_folder import refusing

#: Makes a database whose last rows lie in its -wal alone, or in the middle of a change that its
#: -journal takes back, and is killed.
KILLED = """
import os, signal, sqlite3, sys
base = sqlite3.connect(sys.argv[1], isolation_level=None)
base.execute("PRAGMA cache_size=5")
base.execute(f"PRAGMA journal_mode={sys.argv[2]}")
base.execute("CREATE TABLE old (a)")
base.execute("BEGIN")
for number in range(2000):
    base.execute("INSERT INTO old VALUES (?)", ("x" * 500,))
if sys.argv[2] == "wal":
    base.execute("COMMIT")
else:
    base.execute("COMMIT")
    base.execute("BEGIN")
    base.execute("UPDATE old SET a = 'y'")
os.kill(os.getpid(), signal.SIGKILL)
"""


def units(path, numbers):
    """A GeoPackage of square units."""
    square = ogr.CreateGeometryFromWkt("POLYGON((0 0,1 0,1 1,0 1,0 0))").ExportToWkb()
    rows = [(bytes(square), [number]) for number in numbers]
    write_polygons(path, "units", GEOGRAPHIC_WKT, {"number": int}, rows, "failed")


def numbers_in(path):
    opened = gdal.OpenEx(str(path), gdal.OF_VECTOR)
    return [feature.GetField("number") for feature in opened.GetLayer(0)]


def changed(path, more):
    """A connection as QGIS has to a layer, through which numbers were changed: in the -wal."""
    base = sqlite3.connect(path, isolation_level=None)
    for function in ("IsEmpty", "MinX", "MaxX", "MinY", "MaxY"):  # GDAL's triggers name them
        base.create_function(f"ST_{function}", 1, lambda _: 0)
    base.execute("PRAGMA journal_mode=wal")
    base.execute("UPDATE units SET number = number + ?", (more,))
    return base


def contents(folder):
    return {path.name: path.read_bytes() for path in folder.iterdir()}


def rerun(path, fail=None):
    with OutputFiles(alone=True) as files:
        units(files.path(path), [7, 8, 9])
        if fail:
            raise fail("stop")


@pytest.mark.parametrize("mode", ["wal", "delete"])
def test_journals_of_a_database_that_was_killed(tmp_path, mode):
    path = tmp_path / "units.gpkg"
    subprocess.run([sys.executable, "-c", KILLED, str(path), mode], check=False)
    before = contents(tmp_path)
    assert set(before) - {"units.gpkg"} == (
        {"units.gpkg-wal", "units.gpkg-shm"} if mode == "wal" else {"units.gpkg-journal"}
    )
    with pytest.raises(CancelledError):
        rerun(path, CancelledError)
    assert contents(tmp_path) == before
    rerun(path)
    assert names(tmp_path) == ["units.gpkg"]
    assert numbers_in(path) == [7, 8, 9]
    check = sqlite3.connect(path).execute("PRAGMA integrity_check").fetchall()
    assert check == [("ok",)]


def test_a_database_that_another_program_has_open(tmp_path):
    """As QGIS holds a layer, with changes that lie in the -wal: it goes on with the older file."""
    path = tmp_path / "units.gpkg"
    units(path, [1, 2])
    reader = changed(path, 10)
    assert names(tmp_path) == ["units.gpkg", "units.gpkg-shm", "units.gpkg-wal"]
    with pytest.raises(CancelledError):
        rerun(path, CancelledError)
    assert names(tmp_path) == ["units.gpkg", "units.gpkg-shm", "units.gpkg-wal"]
    assert numbers_in(path) == [11, 12]
    rerun(path)
    assert names(tmp_path) == ["units.gpkg"]
    assert numbers_in(path) == [7, 8, 9]
    assert reader.execute("SELECT number FROM units").fetchall() == [(11,), (12,)]
    # A layer of the new file is changed, then the reader of the older one is closed.
    writer = changed(path, 20)
    reader.close()
    writer.close()
    assert numbers_in(path) == [27, 28, 29]


def test_a_rename_that_fails_gives_a_database_its_journal_back(tmp_path, monkeypatch):
    path = tmp_path / "units.gpkg"
    units(path, [1, 2])
    reader = changed(path, 10)

    def run():
        with OutputFiles() as files:
            units(files.path(path), [7])
            files.text(tmp_path / "a.csv", "x")
            refusing(monkeypatch, "a.csv")

    with pytest.raises(RasterError, match=r"a\.csv cannot be written"):
        run()
    assert names(tmp_path) == ["units.gpkg", "units.gpkg-shm", "units.gpkg-wal"]
    assert numbers_in(path) == [11, 12]
    reader.close()


def test_a_raster_without_a_place_takes_none_from_an_older_world_file(tmp_path):
    for name in ("a.tfw", "A.TFW"):
        (tmp_path / name).write_text("20\n0\n0\n-20\n1000\n2000\n")
    nowhere = GRID._replace(wkt="", geotransform=(0.0, 1.0, 0.0, 0.0, 0.0, 1.0))
    for name in ("a.tif", "A.TIF"):
        with OutputFiles() as files:
            files.raster(tmp_path / name, nowhere, BANDS, {}).write(GRID.window, values())
    assert names(tmp_path) == ["A.TIF", "a.tif"]
    for name in names(tmp_path):
        assert gdal.Open(str(tmp_path / name)).GetGeoTransform() == (0, 1, 0, 0, 0, 1)


def test_column_types_of_an_older_table(tmp_path):
    """GDAL, and so QGIS, would read the new numbers as whole ones."""
    (tmp_path / "a.csv").write_text("a\n1\n")
    (tmp_path / "a.csvt").write_text('"Integer"\n')
    with OutputFiles() as files:
        files.text(tmp_path / "a.csv", "a\n1.75\n")
    assert names(tmp_path) == ["a.csv"]


@pytest.mark.parametrize("ending", [".ovr", ".OVR", ".msk", ".msk.ovr", ".vat.dbf", ".aux.xml"])
def test_what_belongs_to_an_older_raster(tmp_path, ending):
    for name in ("a.tif", f"a.tif{ending}"):
        (tmp_path / name).write_bytes(b"before")
    before = contents(tmp_path)

    def run(error=None):
        with OutputFiles() as files:
            write(files, tmp_path / "a.tif", values())
            if error:
                raise error("stop")

    with pytest.raises(CancelledError):
        run(CancelledError)
    assert contents(tmp_path) == before
    run()
    assert names(tmp_path) == ["a.tif"]
    np.testing.assert_array_equal(
        gdal.Open(str(tmp_path / "a.tif")).ReadAsArray()[:, 0], values()[:, 0]
    )


def test_two_rasters_that_share_a_world_file(tmp_path, monkeypatch):
    """A run that fails gives it back once."""
    for name in ("a.tif", "a.tiff", "a.tfw"):
        (tmp_path / name).write_bytes(b"before")
    before = contents(tmp_path)

    def run():
        with OutputFiles() as files:
            write(files, tmp_path / "a.tif", values())
            write(files, tmp_path / "a.tiff", values())
            files.text(tmp_path / "b.csv", "x")
            refusing(monkeypatch, "b.csv")

    with pytest.raises(RasterError, match=r"b\.csv cannot be written"):
        run()
    assert contents(tmp_path) == before


def test_what_belongs_to_other_files_stays(tmp_path):
    """To a shapefile, a picture, a user's style and description, and a folder of such a name."""
    kept = ["a.prj", "a.cpg", "a.wld", "a.qml", "a.qmd", "a.tif.xml", "b.tif.ovr", "ab.gpkg-wal"]
    for name in kept:
        (tmp_path / name).write_bytes(b"before")
    (tmp_path / "a.tif.msk").mkdir()
    with OutputFiles() as files:
        write(files, tmp_path / "a.tif", values())
        files.text(tmp_path / "a.csv", "x")
        units(files.path(tmp_path / "a.gpkg"), [1])
    assert names(tmp_path) == sorted([*kept, "a.tif", "a.csv", "a.gpkg", "a.tif.msk"])
    assert all((tmp_path / name).read_bytes() == b"before" for name in kept)


def test_an_input_beside_the_output_is_not_removed_with_it(tmp_path):
    (tmp_path / "a.tif.ovr").write_bytes(b"before")
    inputs = file_states([str(tmp_path / "a.tif.ovr"), str(tmp_path / "a.tif.msk")])
    inputs[str(tmp_path / "a.tif.ovr")] = None
    with pytest.raises(RasterError, match="would overwrite the input"), OutputFiles(inputs) as out:
        write(out, tmp_path / "a.tif", values())
    assert contents(tmp_path) == {"a.tif.ovr": b"before"}


def special(path, kind, target):
    """What is no plain file under a name."""
    if kind == "pipe":
        os.mkfifo(path)
    elif kind == "socket":
        server = socket.socket(socket.AF_UNIX)
        server.bind(str(path))
        server.close()
    elif kind == "folder":
        path.mkdir()
    else:
        path.symlink_to({"link": target, "dangling link": "none", "loop": path.name}[kind])


@pytest.mark.parametrize(
    ("kind", "words"),
    [
        ("pipe", "it is a device, pipe"),
        ("socket", "it is a device, pipe"),
        ("folder", "it is a folder"),
        ("link", r"it is a link to .*real.* Give the name of the file itself"),
        ("dangling link", "it is a link to none"),
        ("loop", "it is a link to a"),
    ],
)
@pytest.mark.parametrize("name", ["a.tif", "a.csv"])
def test_special_files_are_not_replaced(tmp_path, monkeypatch, kind, words, name):
    monkeypatch.chdir(tmp_path)  # the name of a socket must be short
    real = tmp_path / "real"
    real.write_bytes(b"before")
    special(Path(name), kind, real)
    before = os.lstat(name)
    with pytest.raises(RasterError, match=words), OutputFiles(alone=True) as files:
        if name == "a.tif":
            write(files, tmp_path / name, values())
        else:
            files.text(tmp_path / name, "after")
    after = os.lstat(name)
    assert (stat.S_IFMT(after.st_mode), after.st_ino) == (
        stat.S_IFMT(before.st_mode),
        before.st_ino,
    )
    assert names(tmp_path) == sorted([name, "real"])
    assert real.read_bytes() == b"before"


def test_a_folder_laid_there_during_the_run_stays(tmp_path):
    with pytest.raises(RasterError, match="it is a folder"), OutputFiles() as files:
        files.text(tmp_path / "a.csv", "x")
        files.text(tmp_path / "b.csv", "x")
        (tmp_path / "b.csv").mkdir()
    assert names(tmp_path) == ["b.csv"]


def test_devices_are_not_replaced(tmp_path, monkeypatch):
    """Not tried on a real one: a fault would cost root, under whom containers test, his /dev."""
    device, lstat = tmp_path / "null", Path.lstat
    device.write_bytes(b"before")

    def as_device(self):
        info = list(lstat(self))
        return os.stat_result([stat.S_IFCHR | 0o666, *info[1:]] if self == device else info)

    monkeypatch.setattr(Path, "lstat", as_device)
    with pytest.raises(RasterError, match="it is a device"), OutputFiles() as files:
        files.text(device, "after")
    assert contents(tmp_path) == {"null": b"before"}


def test_a_folder_that_is_a_link(tmp_path):
    (tmp_path / "real").mkdir()
    (tmp_path / "link").symlink_to("real")
    with OutputFiles() as files:
        write(files, tmp_path / "link" / "a.tif", values())
        files.text(tmp_path / "real" / "b.csv", "x")
    assert names(tmp_path / "real") == ["a.tif", "b.csv"]
    with pytest.raises(RasterError, match="named for two outputs"), OutputFiles() as files:
        files.text(tmp_path / "link" / "b.csv", "x")
        files.text(tmp_path / "real" / "B.csv", "x")
    assert names(tmp_path / "real") == ["a.tif", "b.csv"]


@pytest.mark.parametrize("name", ["a.csv.", "a.csv ", " a.csv", "a..csv", "...csv"])
def test_odd_names(tmp_path, name):
    with OutputFiles() as files:
        files.text(tmp_path / name, "x")
    assert contents(tmp_path) == {name: b"x"}


def test_one_name_in_two_letter_cases(tmp_path):
    """One file on macOS and Windows; in two folders they are two everywhere."""
    for folder in ("out", "OUT"):
        (tmp_path / folder).mkdir()
    with OutputFiles() as files:
        files.text(tmp_path / "out" / "a.csv", "x")
        files.text(tmp_path / "OUT" / "a.csv", "x")
    for one, other in (("a.csv", "A.csv"), ("\u30ac.csv", "\u30ab\u3099.csv")):
        with pytest.raises(RasterError, match="named for two outputs"), OutputFiles() as files:
            files.text(tmp_path / one, "x")
            files.text(tmp_path / other, "x")
    assert names(tmp_path) == ["OUT", "out"]
