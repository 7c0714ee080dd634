"""Writing: whole or not at all, and what stood there before stays until then."""

import os
import subprocess
import sys
import tempfile
import textwrap
from pathlib import Path

import numpy as np
import pytest
from osgeo import gdal

from lunar_oxide_plugin.core.errors import CancelledError, RasterError
from lunar_oxide_plugin.raster.gdal_io.blocks import Window, blocks
from lunar_oxide_plugin.raster.moon.crs import EQUIRECTANGULAR_WKT, Grid, spatial_reference
from lunar_oxide_plugin.raster.writing.encoding import NODATA
from lunar_oxide_plugin.raster.writing.outputs import OutputFiles
from lunar_oxide_plugin.raster.writing.storage import BandInfo
from tests.folders import ROOT

STYLES = ROOT / "lunar_oxide_plugin" / "styles"
GRID = Grid(EQUIRECTANGULAR_WKT, (-1516174.92, 14.8, 0.0, 1334234.8, 0.0, -14.8), 70, 40)
BANDS = (BandInfo("FeO", "wt%"), BandInfo("MgO", "wt%"))


def values(seed=0, bands=2):
    found = np.random.default_rng(seed).uniform(0, 30, (bands, 40, 70)).astype(np.float32)
    found[:, 3, 4] = np.nan
    return found


def write(files, path, data, **options):
    writer = files.raster(path, GRID, BANDS, {"model": "cnn"}, **options)
    for window in blocks(GRID.window, 32, 16):
        writer.write(window, data[(slice(None), *window.slices)])
    return writer


def names(folder):
    return sorted(path.name for path in folder.iterdir())


def test_content_and_metadata_come_back(tmp_path):
    path, data = tmp_path / "a.tif", values()
    metadata = {"model": "cnn", "note": "Ünïcode & <signs>", "long": "x" * 5000}
    with OutputFiles() as files:
        writer = files.raster(path, GRID, BANDS, metadata)
        for window in blocks(GRID.window, 32, 16):
            writer.write(window, data[(slice(None), *window.slices)])
        writer.set_metadata({"valid_pixels": "2799"})
    assert names(tmp_path) == ["a.tif"]
    opened = gdal.Open(str(path))
    np.testing.assert_array_equal(opened.ReadAsArray(), np.where(np.isnan(data), NODATA, data))
    assert opened.GetGeoTransform() == pytest.approx(GRID.geotransform, rel=1e-15)
    found = opened.GetMetadata()
    assert {**metadata, "valid_pixels": "2799"}.items() <= found.items()
    for index, info in enumerate(BANDS):
        band = opened.GetRasterBand(index + 1)
        assert (band.GetDescription(), band.GetUnitType()) == (info.name, info.unit)
        assert band.GetNoDataValue() == NODATA
        assert band.DataType == gdal.GDT_Float32
        assert band.GetBlockSize() == [256, 256]
    reference = opened.GetSpatialRef()
    assert reference.GetSemiMajor() == 1737400
    assert reference.ExportToProj4() == spatial_reference(EQUIRECTANGULAR_WKT).ExportToProj4()
    assert found["LUNAR_OXIDE_STORAGE"] == "Float32, lossless"


def test_infinities_become_no_data(tmp_path):
    data = values()
    data[0, 0, 0], data[1, 0, 1] = np.inf, -np.inf
    with OutputFiles() as files:
        write(files, tmp_path / "a.tif", data)
    found = gdal.Open(str(tmp_path / "a.tif")).ReadAsArray()
    assert found[0, 0, 0] == found[1, 0, 1] == NODATA
    assert np.isfinite(found).all()


def test_float64_is_written_as_float32(tmp_path):
    with OutputFiles() as files:
        write(files, tmp_path / "a.tif", values().astype(np.float64))
    found = gdal.Open(str(tmp_path / "a.tif")).ReadAsArray()
    np.testing.assert_array_equal(found[:, 0], values()[:, 0])


def test_rgba(tmp_path):
    data = np.random.default_rng(0).integers(0, 255, (4, 40, 70)).astype(np.uint8)
    bands = [BandInfo(name) for name in ("FeO", "MgO", "Al2O3", "alpha")]
    with OutputFiles() as files:
        writer = files.raster(tmp_path / "a.tif", GRID, bands, {}, rgba=True)
        writer.write(GRID.window, data)
    opened = gdal.Open(str(tmp_path / "a.tif"))
    np.testing.assert_array_equal(opened.ReadAsArray(), data)
    colours = [opened.GetRasterBand(i).GetColorInterpretation() for i in (1, 2, 3, 4)]
    assert colours == [gdal.GCI_RedBand, gdal.GCI_GreenBand, gdal.GCI_BlueBand, gdal.GCI_AlphaBand]
    assert opened.GetRasterBand(1).GetNoDataValue() is None
    assert opened.GetMetadataItem("COMPRESSION", "IMAGE_STRUCTURE") == "DEFLATE"
    assert "LUNAR_OXIDE_STORAGE" not in opened.GetMetadata()
    assert names(tmp_path) == ["a.tif"]


def test_a_grid_without_crs(tmp_path):
    with OutputFiles() as files:
        writer = files.raster(tmp_path / "a.tif", GRID._replace(wkt=""), BANDS, {})
        writer.write(GRID.window, values())
    assert gdal.Open(str(tmp_path / "a.tif")).GetSpatialRef() is None


def test_nothing_has_its_name_before_the_end(tmp_path):
    (tmp_path / "style").mkdir()
    (tmp_path / "style" / "oxides.qml").write_text("<qgis/>")
    out = tmp_path / "out"
    out.mkdir()
    with OutputFiles() as files:
        write(files, out / "a.tif", values(), style=tmp_path / "style" / "oxides.qml")
        files.text(out / "a.csv", "unit;FeO\r\nmare;17,5 ± 1\n")
        assert not {"a.tif", "a.qml", "a.csv"} & set(names(out))
    assert names(out) == ["a.csv", "a.qml", "a.tif"]
    assert (out / "a.qml").read_text() == "<qgis/>"
    assert (out / "a.csv").read_bytes() == "unit;FeO\r\nmare;17,5 ± 1\n".encode()


@pytest.mark.parametrize("error", [ValueError, CancelledError, RasterError, KeyboardInterrupt])
@pytest.mark.parametrize("existing", [False, True])
def test_a_failed_run_leaves_what_was_there(tmp_path, error, existing):
    for name in ("a.tif", "b.tif", "b.csv") if existing else ():
        (tmp_path / name).write_bytes(b"before")
    before = names(tmp_path)

    def run():
        with OutputFiles() as files:
            write(files, tmp_path / "a.tif", values())
            files.text(tmp_path / "b.csv", "after")
            writer = files.raster(tmp_path / "b.tif", GRID, BANDS, {})
            writer.write(Window(0, 0, 5, 5), values()[:, :5, :5])
            raise error("stop")

    with pytest.raises(error):
        run()
    assert names(tmp_path) == before
    assert all((tmp_path / name).read_bytes() == b"before" for name in before)


def test_an_existing_file_is_replaced_with_what_belonged_to_it(tmp_path):
    """Statistics, pyramids and a mask of the older file would be shown with the new one."""
    with OutputFiles() as files:
        write(files, tmp_path / "a.tif", values(1))
    opened = gdal.Open(str(tmp_path / "a.tif"))
    opened.BuildOverviews("NEAREST", [2])
    opened.GetRasterBand(1).ComputeStatistics(False)
    opened = None
    (tmp_path / "a.tif.msk").write_bytes((tmp_path / "a.tif").read_bytes())
    assert names(tmp_path) == ["a.tif", "a.tif.aux.xml", "a.tif.msk", "a.tif.ovr"]
    with OutputFiles() as files:
        write(files, tmp_path / "a.tif", values(2))
        assert "a.tif.aux.xml" in names(tmp_path)
    assert names(tmp_path) == ["a.tif"]
    np.testing.assert_array_equal(
        gdal.Open(str(tmp_path / "a.tif")).ReadAsArray()[:, 0], values(2)[:, 0]
    )


def test_a_second_raster_that_cannot_begin(tmp_path):
    (tmp_path / "a.tif").write_bytes(b"before")

    def run():
        with OutputFiles() as files:
            write(files, tmp_path / "a.tif", values())
            files.raster(tmp_path / "none" / "b.tif", GRID, BANDS, {})

    with pytest.raises(RasterError, match="there is no folder"):
        run()
    assert names(tmp_path) == ["a.tif"]
    assert (tmp_path / "a.tif").read_bytes() == b"before"


def test_a_style_that_is_missing(tmp_path):
    def run():
        with OutputFiles() as files:
            write(files, tmp_path / "a.tif", values(), style=tmp_path / "none.qml")

    with pytest.raises((OSError, RasterError)):
        run()
    assert names(tmp_path) == []


@pytest.mark.parametrize("failing", [0, 1, 2])
@pytest.mark.parametrize("existing", [True, False])
def test_a_rename_that_fails_undoes_the_earlier_ones(tmp_path, monkeypatch, failing, existing):
    """On Windows a file that another program has open cannot be replaced."""
    finals = ["a.tif", "b.tif", "c.csv"]
    for name in finals if existing else ():
        (tmp_path / name).write_bytes(b"before")
    replace, failures = Path.replace, []

    def fails(self, target):
        if Path(target).name == finals[failing] and not failures:
            failures.append(target)
            raise PermissionError(13, "Permission denied")
        return replace(self, target)

    def run():
        with OutputFiles() as files:
            write(files, tmp_path / "a.tif", values())
            write(files, tmp_path / "b.tif", values())
            files.text(tmp_path / "c.csv", "after")
            monkeypatch.setattr(Path, "replace", fails)

    with pytest.raises(RasterError, match=rf"{finals[failing]} cannot be written: Permission"):
        run()
    assert names(tmp_path) == (finals if existing else [])
    assert all((tmp_path / name).read_bytes() == b"before" for name in names(tmp_path))


@pytest.mark.parametrize("second", ["a.tif", "./a.tif", "../{folder}/a.tif"])
def test_two_outputs_of_one_name_are_refused(tmp_path, second):
    """Else both would write into one file."""

    def run():
        with OutputFiles() as files:
            write(files, tmp_path / "a.tif", values(1))
            write(files, f"{tmp_path}/{second.format(folder=tmp_path.name)}", values(2))

    with pytest.raises(RasterError, match=r"a\.tif is named for two outputs"):
        run()
    assert names(tmp_path) == []


def test_two_rasters_with_one_style_name_are_refused(tmp_path):
    style = tmp_path / "s.qml"
    style.write_text("<qgis/>")

    def run():
        with OutputFiles() as files:
            files.raster(tmp_path / "a.tif", GRID, BANDS, {}, style=style)
            files.raster(tmp_path / "a.tiff", GRID, BANDS, {}, style=style)

    with pytest.raises(RasterError, match=r"a\.qml is named for two outputs"):
        run()
    assert names(tmp_path) == ["s.qml"]


@pytest.mark.parametrize("name", ["a.img", "a", "a.tif.gz", "a.png", "a.gpkg"])
def test_other_endings_are_refused(tmp_path, name):
    with pytest.raises(RasterError, match=r"give a \.tif name"), OutputFiles() as files:
        files.raster(tmp_path / name, GRID, BANDS, {})
    assert names(tmp_path) == []


@pytest.mark.parametrize("name", ["a.tif", "a.TIF", "a.tiff", "with space ü.tif", "two.dots.tif"])
def test_good_names(tmp_path, name):
    with OutputFiles() as files:
        write(files, str(tmp_path / name), values())
    assert names(tmp_path) == [name]


def test_a_relative_name(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    with OutputFiles() as files:
        write(files, "a.tif", values())
    assert names(tmp_path) == ["a.tif"]


def test_a_folder_as_name_and_a_missing_folder(tmp_path):
    (tmp_path / "dir.tif").mkdir()
    (tmp_path / "file").write_bytes(b"")
    for name, message in (
        ("dir.tif", "it is a folder"),
        ("none/a.tif", "there is no folder"),
        ("file/a.tif", "there is no folder"),
    ):
        with pytest.raises(RasterError, match=message), OutputFiles() as files:
            files.raster(tmp_path / name, GRID, BANDS, {})
        with pytest.raises(RasterError, match=message), OutputFiles() as files:
            files.text(tmp_path / name, "text")
    assert names(tmp_path) == ["dir.tif", "file"]


def in_another_process(code, *arguments, prepare=None):
    """Run code with the helpers of this module; its output."""
    code = "from tests.unit.raster.writing.test_outputs import *\n" + textwrap.dedent(code)
    done = subprocess.run(
        [sys.executable, "-c", code, *map(str, arguments)],
        cwd=ROOT,
        capture_output=True,
        text=True,
        check=False,
        preexec_fn=prepare,
    )
    assert done.returncode == 0, done.stderr
    return done.stdout.strip()


def as_plain_user():
    """Permissions do not bind root, under whom containers run tests."""
    if os.geteuid() == 0:
        os.setgroups([])
        os.setgid(65534)
        os.setuid(65534)


@pytest.mark.parametrize("case", ["folder", "file"])
def test_no_permission(case):
    with tempfile.TemporaryDirectory() as name:  # pytest's own folders are closed to others
        folder = Path(name) / "out"
        folder.mkdir()
        (folder / "a.tif").write_bytes(b"before")
        (folder / "a.tif").chmod(0o444)
        Path(name).chmod(0o755)
        folder.chmod(0o555 if case == "folder" else 0o777)
        code = """
            for name in ("a.tif", "new.tif") if sys.argv[2] == "folder" else ("a.tif",):
                try:
                    with OutputFiles() as files:
                        files.raster(f"{sys.argv[1]}/{name}", GRID, BANDS, {})
                except RasterError as error:
                    print(error)
        """
        found = in_another_process(code, folder, case, prepare=as_plain_user).splitlines()
        assert len(found) == (2 if case == "folder" else 1)
        assert all("no permission. Choose another place" in line for line in found)
        assert names(folder) == ["a.tif"]
        assert (folder / "a.tif").read_bytes() == b"before"


FULL_DISK = """
    import resource, signal
    signal.signal(signal.SIGXFSZ, signal.SIG_IGN)
    def may_write(size):
        resource.setrlimit(resource.RLIMIT_FSIZE, (size, resource.RLIM_INFINITY))

    folder, limit, second = Path(sys.argv[1]), int(sys.argv[2]), sys.argv[3] == "second"
    try:
        with OutputFiles() as files:
            if second:
                write(files, folder / "first.tif", values())
            writer = files.raster(folder / "a.tif", GRID, BANDS, {})
            may_write(limit or resource.RLIM_INFINITY)
            step = "write"
            for window in blocks(GRID.window, 32, 16):
                writer.write(window, values()[(slice(None), *window.slices)])
            step = "close"
            may_write(next(folder.glob("*/new/a.tif")).stat().st_size + 1000)
            writer.set_metadata({"long": "x" * 100000})
    except RasterError as error:
        print(step, error)
"""


@pytest.mark.parametrize("second", ["alone", "second"])
@pytest.mark.parametrize(
    ("limit", "step"), [(100, "write"), (1000, "write"), (0, "close")], ids=str
)
def test_a_full_disk(tmp_path, limit, step, second):
    for name in ("a.tif", "first.tif"):
        (tmp_path / name).write_bytes(b"before")
    found = in_another_process(FULL_DISK, tmp_path, limit, second)
    assert found.startswith(f"{step} ")
    assert "a.tif cannot be written (is the disk full?)" in found
    assert names(tmp_path) == ["a.tif", "first.tif"]
    assert all((tmp_path / name).read_bytes() == b"before" for name in names(tmp_path))


def test_a_full_disk_while_writing_text(tmp_path):
    code = """
        import resource, signal
        signal.signal(signal.SIGXFSZ, signal.SIG_IGN)
        resource.setrlimit(resource.RLIMIT_FSIZE, (1000, 1000))
        try:
            with OutputFiles() as files:
                files.text(sys.argv[1] + "/a.csv", "x" * 5000)
        except RasterError as error:
            print(error)
    """
    assert "a.csv cannot be written" in in_another_process(code, tmp_path)
    assert names(tmp_path) == []


def test_closing_twice_is_harmless(tmp_path):
    with OutputFiles() as files:
        writer = write(files, tmp_path / "a.tif", values())
        writer.close()
        writer.close()
    assert names(tmp_path) == ["a.tif"]


def test_only_our_own_style_is_replaced(tmp_path):
    ours = STYLES / "oxides.qml"
    for content, kept in (("<qgis>the user's</qgis>", True), (ours.read_text() + " ", False)):
        beside = tmp_path / "a.qml"
        beside.write_text(content)
        with OutputFiles() as files:
            write(files, tmp_path / "a.tif", values(), style=ours)
        assert (beside.read_text() == content) is kept


def test_every_style_is_marked_as_ours():
    styles = sorted(STYLES.glob("*.qml"))
    assert styles
    assert all("<!-- Lunar Oxide Mapper -->" in path.read_text() for path in styles)


@pytest.mark.parametrize("failing", [0, 1, 2])
@pytest.mark.parametrize("moved", [True, False])
def test_an_interrupt_between_renames_undoes_the_earlier_ones(
    tmp_path, monkeypatch, failing, moved
):
    """Ctrl+C in a notebook: files of two runs must not lie beside each other."""
    finals = ["a.tif", "b.tif", "c.csv"]
    for name in finals:
        (tmp_path / name).write_bytes(b"before")
    replace, interrupts = Path.replace, []

    def interrupted(self, target):
        last = Path(target).name == finals[failing] and not interrupts
        if last:
            interrupts.append(target)
        if last and not moved:
            raise KeyboardInterrupt
        replace(self, target)
        if last:
            raise KeyboardInterrupt

    def run():
        with OutputFiles() as files:
            write(files, tmp_path / "a.tif", values())
            write(files, tmp_path / "b.tif", values())
            files.text(tmp_path / "c.csv", "after")
            monkeypatch.setattr(Path, "replace", interrupted)

    with pytest.raises(KeyboardInterrupt):
        run()
    assert names(tmp_path) == finals
    assert all((tmp_path / name).read_bytes() == b"before" for name in finals)
