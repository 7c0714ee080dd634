"""Installing onnxruntime into a profile by QGIS's own Python, without a network."""

import base64
import hashlib
import locale
import logging
import sys
import zipfile

import pytest

from lunar_oxide_plugin.core.errors import OnnxruntimeError
from lunar_oxide_plugin.core.onnx_runtime import import_onnxruntime
from lunar_oxide_plugin.processing import onnxruntime_install, runtime
from lunar_oxide_plugin.processing.onnxruntime_install import LOG, install

#: A module in the place of the real one: what is tested here is where it lies and what is said.
MODULE = """
__version__ = "{version}"
InferenceSession = None
def disable_telemetry_events(): pass
def set_default_logger_severity(level): pass
"""


@pytest.fixture()
def wheel(tmp_path):
    """Make a wheel that pip takes for one of onnxruntime."""

    def make(module=MODULE, version="1.30.0", tag="py3-none-any", name="onnxruntime"):
        path = tmp_path / "wheels" / f"{name}-{version}-{tag}.whl"
        path.parent.mkdir(exist_ok=True)
        info = f"{name}-{version}.dist-info"
        files = {
            f"{name}/__init__.py": module.replace("{version}", version),
            f"{info}/METADATA": f"Metadata-Version: 2.1\nName: {name}\nVersion: {version}\n"
            "Requires-Dist: numpy (>=2)\n",
            f"{info}/WHEEL": f"Wheel-Version: 1.0\nRoot-Is-Purelib: true\nTag: {tag}\n",
        }
        record = "".join(f"{name},{_digest(text)},{len(text)}\n" for name, text in files.items())
        files[f"{info}/RECORD"] = f"{record}{info}/RECORD,,\n"
        with zipfile.ZipFile(path, "w") as archive:
            for file, text in files.items():
                archive.writestr(file, text)
        return str(path)

    return make


def _digest(text):
    digest = hashlib.sha256(text.encode()).digest()
    return "sha256=" + base64.urlsafe_b64encode(digest).decode().rstrip("=")


@pytest.fixture()
def profile(tmp_path, monkeypatch):
    """The `python` folder of a profile, in a process that has not loaded onnxruntime."""
    folder = tmp_path / "profile with spaces" / "python"
    for module in (runtime, onnxruntime_install):
        monkeypatch.setattr(module, "profile_folder", lambda: folder)
    loaded = {name: sys.modules[name] for name in sys.modules if _is_ours(name)}
    for name in loaded:
        monkeypatch.delitem(sys.modules, name)
    # Where the real one lies, with pytest: to be looked at last.
    monkeypatch.setattr(sys, "path", [str(folder), *sys.path])
    yield folder
    for name in [name for name in sys.modules if _is_ours(name)]:
        del sys.modules[name]
    sys.modules.update(loaded)


def _is_ours(module):
    return module.split(".")[0] == "onnxruntime"


def never():
    return False


def version_in(folder):
    return next(folder.glob("onnxruntime-*.dist-info")).name.split("-")[1].removesuffix(".dist")


def test_into_an_empty_profile(profile, wheel):
    said = []
    before = locale.setlocale(locale.LC_ALL), logging.getLogger().handlers[:], sys.stdout
    result = install(wheel(), said.append, never)
    assert (locale.setlocale(locale.LC_ALL), logging.getLogger().handlers, sys.stdout) == before
    assert str(profile) in result
    assert "Restart" not in result
    assert import_onnxruntime().__file__ == str(profile / "onnxruntime" / "__init__.py")
    names = sorted(path.name for path in profile.iterdir())
    assert names == [LOG, "onnxruntime", "onnxruntime-1.30.0.dist-info"]  # no numpy
    assert any("Successfully installed onnxruntime-1.30.0" in line for line in said)
    assert "Successfully installed" in (profile / LOG).read_text(encoding="utf-8")


def test_over_an_old_one_and_a_run_that_was_killed(profile, wheel):
    install(wheel(version="1.20.0"), print, never)
    (profile / "onnxruntime" / "of_old.py").touch()
    (profile / "onnxruntime_partial_xyz").mkdir()
    (profile / "other.py").touch()
    sys.modules.pop("onnxruntime")
    install(wheel(version="1.31.0"), print, never)
    names = sorted(path.name for path in profile.iterdir())
    assert names == [LOG, "onnxruntime", "onnxruntime-1.31.0.dist-info", "other.py"]
    assert not (profile / "onnxruntime" / "of_old.py").exists()


def test_one_in_use_is_replaced_at_the_next_start(profile, wheel):
    install(wheel(version="1.20.0"), print, never)
    result = install(wheel(version="1.31.0"), print, never)
    assert "Restart QGIS" in result
    assert sys.modules["onnxruntime"].__version__ == "1.20.0"


@pytest.mark.parametrize(
    ("given", "words"),
    [
        ({"module": "raise ImportError('DLL load failed')"}, "DLL load failed"),
        ({"module": "__version__ = '1.30.0'"}, "has no attribute 'InferenceSession'"),
        ({"version": "1.18.0"}, "too old"),
        ({"tag": "cp27-cp27m-win32"}, "not a supported wheel on this platform"),
        ({"name": "other"}, "A wheel must be one of onnxruntime"),
    ],
)
def test_what_does_not_work_changes_nothing(profile, wheel, given, words):
    install(wheel(version="1.20.0"), print, never)
    sys.modules.pop("onnxruntime")
    with pytest.raises(OnnxruntimeError, match=words) as raised:
        install(wheel(**given), print, never)
    assert "Nothing was changed" in str(raised.value)
    assert str(profile / LOG) in str(raised.value)
    assert import_onnxruntime().__version__ == "1.20.0"
    assert not list(profile.glob("onnxruntime_partial_*"))


def test_no_wheel_there(profile, tmp_path):
    with pytest.raises(OnnxruntimeError, match="was not installed"):
        install(str(tmp_path / "onnxruntime-1.30.0-py3-none-any.whl"), print, never)


def test_cancelled(profile, wheel):
    with pytest.raises(OnnxruntimeError, match="Cancelled"):
        install(wheel(), print, lambda: True)
    assert [path.name for path in profile.iterdir()] == [LOG]


def test_without_pip(profile, wheel, monkeypatch):
    monkeypatch.setitem(sys.modules, "pip._internal.cli.main", None)
    with pytest.raises(OnnxruntimeError, match="sudo apt install python3-pip"):
        install(wheel(), print, never)


def test_no_room_for_what_is_new(profile, wheel, monkeypatch):
    """It stops between two files: what was moved goes back."""
    install(wheel(version="1.20.0"), print, never)
    sys.modules.pop("onnxruntime")
    (profile / "onnxruntime-1.30.0.dist-info").write_text("in the way")
    monkeypatch.setattr(onnxruntime_install.Path, "rename", _refusing(onnxruntime_install.Path))
    with pytest.raises(OnnxruntimeError, match="close QGIS and run this command"):
        install(wheel(), print, never)
    monkeypatch.undo()
    assert (profile / "onnxruntime").is_dir()
    assert "1.20.0" in (profile / "onnxruntime" / "__init__.py").read_text()


def _refusing(path):
    rename = path.rename

    def refuse(self, target):
        if "new" in self.parts and self.suffix == ".dist-info":
            raise PermissionError(13, "Permission denied", str(self))
        return rename(self, target)

    return refuse


def test_through_the_algorithm(run, profile, wheel):
    """What pip says is in the log of the run, and why it failed at its end."""
    _, ok, feedback = run("checkinstallation", {"WHEEL": wheel()})
    assert not ok
    assert any("without INSTALL" in text for text in feedback.errors)
    _, ok, feedback = run("checkinstallation", {"INSTALL": True, "WHEEL": wheel("raise OSError")})
    assert not ok
    assert any("Successfully installed" in text for text in feedback.info)
    assert any("does not load here" in text for text in feedback.errors)
