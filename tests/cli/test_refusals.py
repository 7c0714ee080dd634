"""What goes wrong on the command line: an exit code, what to do about it, and no file left."""

import os
import shutil
import subprocess
import tempfile
from pathlib import Path

import pytest

from tests import mi_tiles
from tests.refusals import CASES, prepare

from .conftest import QgisProcess, bands, contents, side_by_side, small_files_only

COMMAND = "pip install --no-deps --only-binary :all: --target"

#: Of the cases one of each kind, as each starts QGIS: said by QGIS, by GDAL's reading, by a label,
#: by a model, by an option, by a vector file, and by the place of the output.
SPOKEN = (
    "no such file",
    "truncated image, import",
    "in percent",
    "other model",
    "decimal comma",
    "custom limits",
    "unknown field",
    "output is input",
)


@pytest.fixture(scope="session")
def refusals(qgis, tmp_path_factory):
    """Each case in a folder of its own: its run, and the files before and after."""

    def try_case(case):
        folder = tmp_path_factory.mktemp("case")
        algorithm, parameters = prepare(case, folder)
        before = contents(folder)
        done = qgis.run(algorithm, parameters)
        return done, before, contents(folder)

    return side_by_side(try_case, SPOKEN)


@pytest.mark.parametrize("case", SPOKEN)
def test_refused(refusals, case):
    (code, text), before, after = refusals[case]
    assert code != 0
    for part in CASES[case][2]:
        assert part in text
    assert "Traceback" not in text
    assert after == before


def test_a_pipe_is_refused_before_qgis_opens_it(qgis, tmp_path):
    """QGIS itself would wait for ever: it loads each layer to see whether it can."""
    os.mkfifo(tmp_path / "pipe.tif")
    os.mkfifo(tmp_path / "pipe.gpkg")
    raster, zones = f"--INPUT={tmp_path / 'pipe.tif'}", f"--ZONES={tmp_path / 'pipe.gpkg'}"
    rest = [f"--OUTPUT={tmp_path / 'out.gpkg'}", raster, zones]
    calls = {
        "INPUT": ["run", "lunaroxide:mgnumber", raster, f"--OUTPUT={tmp_path / 'out.tif'}"],
        "ZONES": ["run", "lunaroxide:zonaloxides", *rest],
    }
    found = side_by_side(lambda name: qgis(*calls[name]), calls)
    for done in found.values():
        assert done.code != 0
        assert "is a pipe, not a file" in done.text
    assert "ZONES" in found["ZONES"].text


@pytest.fixture()
def tile(tmp_path):
    """A tile that gives an oxide raster of about 2 MB."""
    (tmp_path / "in").mkdir()
    (tmp_path / "out").mkdir()
    return mi_tiles.write_tile(tmp_path / "in", mi_tiles.soils(400, 400), name="TILE")


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
    profile = qgis.python_folder
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
        tile = mi_tiles.write_tile(top / "in", mi_tiles.soils(), name="TILE")
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
