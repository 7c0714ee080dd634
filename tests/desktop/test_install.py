"""From the zip to a map in QGIS's own window, by QGIS's own installer, in a new profile."""

import json
import shutil
import subprocess
from pathlib import Path

import pytest
from osgeo import gdal

from scripts.release import package
from tests import mi_tiles
from tests.onnxruntime_wheel import write_wheel
from tests.qgis.test_provider import CONTRACT

HERE = Path(__file__).resolve().parent


@pytest.fixture(scope="module")
def wheel(tmp_path_factory):
    return write_wheel(tmp_path_factory.mktemp("wheel"))


@pytest.fixture(scope="module")
def found(tmp_path_factory, wheel):
    """What QGIS says of each step."""
    folder = tmp_path_factory.mktemp("desktop")
    profile = folder / "profiles" / "default" / "QGIS"
    profile.mkdir(parents=True)
    # Else QGIS greets, and asks about its news.
    settings = "[app]\nfirstRunVersionFlag=99999\nnewsFeed\\disabled=true\n"
    (profile / "QGIS3.ini").write_text(settings)
    tile = mi_tiles.write_tile(folder, mi_tiles.scene(64, 64))
    result = folder / "found.json"
    environment = {
        **{"PATH": "/usr/bin:/bin", "LANG": "C.UTF-8", "HOME": str(folder)},
        "XDG_RUNTIME_DIR": str(folder),
        # Layers of files in it would be temporary, and named in another way.
        "TMPDIR": str(folder / "temporary"),
        "ZIP": str(package.pack(folder / "lunar_oxide_plugin.zip")),
        "WHEEL": str(wheel),
        "TILE": str(tile),
        "OUTPUT": str(folder / "oxides.tif"),
        "DIALOG": str(folder / "dialog.png"),
        "FOUND": str(result),
    }
    folder.chmod(0o700)
    (folder / "temporary").mkdir()
    qgis = shutil.which("qgis", path=environment["PATH"])
    done = subprocess.run(
        [
            *("xvfb-run", "-a", "-s", "-screen 0 1600x1000x24"),
            *(qgis, "--nologo", "--noversioncheck"),
            *("--profiles-path", str(folder), "--profile", "default"),
            *("--code", str(HERE / "in_qgis.py")),
        ],
        env=environment,
        cwd=folder,
        capture_output=True,
        text=True,
        timeout=180,
        check=False,
    )
    assert result.is_file(), done.stderr
    told = json.loads(result.read_text(encoding="utf-8"))
    assert "error" not in told, told["error"]
    return {**told, "folder": folder}


def test_installed_and_in_the_toolbox(found):
    assert found["loaded"]
    assert found["algorithms"] == sorted(CONTRACT)
    (entries,) = found["menu"].values()
    assert entries == ["Check installation...", "Install onnxruntime...", "Documentation"]


def test_onnxruntime_missing_then_installed(found):
    """From a wheel, by the Python in QGIS's window; no restart is needed."""
    assert found["at start"] is False
    ready, report = found["without"]
    assert not ready
    assert "INSTALL ticked, or this command" in report
    assert found["entry"]["parameters"]["INSTALL"] is True
    assert "Check installation" in found["entry"]["title"]
    ready, report = found["with"]
    assert ready
    python = found["folder"] / "profiles" / "default" / "python"
    assert f"in {python / 'onnxruntime'}" in report
    assert {path.name for path in python.iterdir() if "numpy" in path.name} == set()


def test_maps_a_tile(found):
    assert found["layers"] == ["oxides"]
    assert gdal.Open(found["output"]).RasterCount == 5


def test_uninstalled_without_a_trace(found):
    assert found["uninstalled"] == [None, {}, False]
    assert Path(found["output"]).stat().st_size > 0
