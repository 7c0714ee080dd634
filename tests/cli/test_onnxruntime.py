"""A QGIS whose Python has no onnxruntime: installed by it, found in all places, broken."""

import shutil
import sys

import pytest

from tests import mi_tiles
from tests.onnxruntime_wheel import write_wheel

from .conftest import bands, contents, small_files_only


@pytest.fixture(scope="module")
def wheel(tmp_path_factory):
    return write_wheel(tmp_path_factory.mktemp("wheel"))


@pytest.fixture(scope="module")
def tile(tmp_path_factory):
    return mi_tiles.write_tile(tmp_path_factory.mktemp("tile"), mi_tiles.soils(), name="TILE")


def test_installed_broken_and_installed_again(bare, wheel, tile, tmp_path):
    """From the wheel, with what pip says in the log; afterwards another process maps with it."""
    assert "READY:\tfalse" in bare.succeed("checkinstallation", {})
    output = tmp_path / "out" / "oxides.tif"
    output.parent.mkdir()
    map_it = ("predictoxides", {"INPUT": tile, "OUTPUT": output})
    install = ("checkinstallation", {"INSTALL": "true", "WHEEL": wheel})
    done = bare.run(*map_it)
    assert done.code != 0
    assert "INSTALL ticked, or this command" in done.text
    text = bare.succeed(*install)
    assert "Successfully installed onnxruntime" in text
    assert "READY:\ttrue" in text
    folder = bare.python_folder
    assert not list(folder.glob("numpy*"))
    bare.succeed(*map_it)
    assert bands(output).shape[0] == 5
    # Its library is cut off, as by a disk that was full: loaded, it would end QGIS (SIGBUS).
    library = max(folder.glob("onnxruntime/capi/*.so*"), key=lambda path: path.stat().st_size)
    library.write_bytes(library.read_bytes()[:1_000_000])
    before = contents(output.parent)
    done = bare.run(*map_it)
    assert done.code != 0
    assert "onnxruntime, which runs the models, cannot be loaded" in done.text
    assert f"{library} is cut off: 1000000 of" in done.text
    assert "INSTALL ticked, or this command" in done.text
    assert "Traceback" not in done.text
    assert contents(output.parent) == before
    assert "READY:\ttrue" in bare.succeed(*install)
    bare.succeed(*map_it)


def test_where_qpip_installs_beside_a_numpy_that_breaks_qgis(bare, wheel, tile, tmp_path):
    version = f"{sys.version_info.major}.{sys.version_info.minor}"
    folder = bare.python_folder / "dependencies" / version
    shutil.unpack_archive(wheel, folder, "zip")
    (folder / "numpy").mkdir()
    (folder / "numpy" / "__init__.py").write_text("raise ImportError('numpy of another QGIS')\n")
    bare.succeed("predictoxides", {"INPUT": tile, "OUTPUT": tmp_path / "oxides.tif"})
    assert bands(tmp_path / "oxides.tif").shape[0] == 5


def test_no_room_for_it(bare, wheel):
    done = bare.run(
        "checkinstallation",
        {"INSTALL": "true", "WHEEL": wheel},
        prepare=small_files_only(1_000_000),
    )
    assert done.code != 0
    assert "Nothing was changed" in done.text
    assert "Traceback" not in done.text
    folder = bare.python_folder
    assert [path.name for path in folder.glob("*onnx*")] == ["lunar_oxide_onnxruntime.log"]
