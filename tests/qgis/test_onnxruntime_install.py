"""Installing onnxruntime into a profile by QGIS's own Python, without a network."""

import base64
import hashlib
import locale
import logging
import sys
import warnings
import zipfile

import onnxruntime
import pytest
from qgis.core import QgsNetworkAccessManager
from qgis.PyQt.QtNetwork import QNetworkProxy

from lunar_oxide_plugin.core.errors import OnnxruntimeError
from lunar_oxide_plugin.core.models.onnx_runtime import import_onnxruntime
from lunar_oxide_plugin.processing import onnxruntime_install, runtime
from lunar_oxide_plugin.processing.onnxruntime_install import LOG, install

#: A module in the place of the real one, whose sessions it has.
MODULE = """
__version__ = "{version}"
from real_onnxruntime import InferenceSession, SessionOptions
def disable_telemetry_events(): pass
def set_default_logger_severity(level): pass
"""

#: As one built for another numpy: it loads, and computes nothing.
NO_NUMBERS = (
    MODULE
    + """
class InferenceSession(InferenceSession):
    def run(self, *_): raise RuntimeError("numpy.core.multiarray failed to import")
"""
)


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
    monkeypatch.setitem(sys.modules, "real_onnxruntime", onnxruntime)
    # Where the real one lies, with pytest: to be looked at last.
    monkeypatch.setattr(sys, "path", [str(folder), *sys.path])
    yield folder
    for name in [name for name in sys.modules if _is_ours(name)]:
        del sys.modules[name]
    sys.modules.update(loaded)


def _is_ours(module):
    return module.split(".")[0] == "onnxruntime"


def _of_the_process():
    handlers = logging.getLogger().handlers[:]
    return locale.setlocale(locale.LC_ALL), handlers, sys.stdout, warnings.showwarning


def never():
    return False


def version_in(folder):
    return next(folder.glob("onnxruntime-*.dist-info")).name.split("-")[1].removesuffix(".dist")


def test_into_an_empty_profile(profile, wheel):
    said = []
    before = _of_the_process()
    result = install(wheel(), said.append, never)
    assert _of_the_process() == before
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


def test_one_that_works_and_is_in_use_stays(profile, wheel):
    """Another one could not be tried beside it, and would be found broken at the next start."""
    install(wheel(version="1.20.0"), print, never)
    result = install(wheel("raise OSError", version="1.31.0"), print, never)
    assert "Nothing was installed: onnxruntime 1.20.0 works" in result
    assert "restart QGIS" in result
    assert version_in(profile) == "1.20.0"


def test_one_that_is_too_old_and_in_use_is_replaced_at_the_next_start(profile, wheel):
    install(wheel(version="1.20.0"), print, never)
    sys.modules["onnxruntime"].__version__ = "1.18.0"
    result = install(wheel(version="1.31.0"), print, never)
    assert "Restart QGIS: until then one is in use that fails" in result
    assert "1.18.0 is too old" in result
    assert version_in(profile) == "1.31.0"


@pytest.mark.parametrize(
    ("given", "words"),
    [
        ({"module": "raise ImportError('DLL load failed')"}, "DLL load failed"),
        ({"module": "__version__ = '1.30.0'"}, "has no attribute 'InferenceSession'"),
        ({"module": NO_NUMBERS}, "numpy.core.multiarray failed to import"),
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


class Killed(BaseException):
    """Stands for the end of the process: nothing after it runs."""


@pytest.mark.parametrize("before", ["1.20.0", None])
def test_killed_at_any_moment(profile, wheel, monkeypatch, before):
    """The next installation, though it fails, brings back what was there."""
    path = onnxruntime_install.Path
    rename, undo, rmtree = path.rename, onnxruntime_install._undo, onnxruntime_install.shutil.rmtree
    for moment in range(6):
        if before:
            install(wheel(version=before), print, never)
        moves = []

        def move(self, target, moves=moves, moment=moment):
            if len(moves) == moment:
                raise Killed
            moves.append(self)
            return rename(self, target)

        for name in [name for name in sys.modules if _is_ours(name)]:
            del sys.modules[name]
        monkeypatch.setattr(path, "rename", move)
        monkeypatch.setattr(onnxruntime_install, "_undo", lambda *_: None)
        monkeypatch.setattr(onnxruntime_install.shutil, "rmtree", lambda *_, **__: None)
        ended = False
        try:
            install(wheel(version="1.31.0"), print, never)
            ended = True
        except Killed:
            pass
        monkeypatch.setattr(path, "rename", rename)
        monkeypatch.setattr(onnxruntime_install, "_undo", undo)
        monkeypatch.setattr(onnxruntime_install.shutil, "rmtree", rmtree)
        for name in [name for name in sys.modules if _is_ours(name)]:
            del sys.modules[name]
        with pytest.raises(OnnxruntimeError, match="Nothing was changed"):
            install(wheel(tag="cp27-cp27m-win32"), print, never)
        names = sorted(item.name for item in profile.iterdir())
        there = "1.31.0" if ended else before
        package = ["onnxruntime", f"onnxruntime-{there}.dist-info"] if there else []
        assert names == [LOG, *package], moment
        if there:
            assert there in (profile / "onnxruntime" / "__init__.py").read_text()
            rmtree(profile)
    assert ended


def test_what_cannot_be_put_back_is_kept(profile, wheel, monkeypatch):
    """Where the folder turns read-only in the middle, the next installation puts it back."""
    install(wheel(version="1.20.0"), print, never)
    sys.modules.pop("onnxruntime")
    path = onnxruntime_install.Path
    rename = path.rename

    def refuse(self, target):
        if "new" in self.parts or "old" in self.parts:
            raise PermissionError(13, "Permission denied", str(self))
        return rename(self, target)

    monkeypatch.setattr(path, "rename", refuse)
    with pytest.raises(OnnxruntimeError, match="Permission denied"):
        install(wheel(), print, never)
    assert not (profile / "onnxruntime").exists()
    monkeypatch.setattr(path, "rename", rename)
    with pytest.raises(OnnxruntimeError, match="Nothing was changed"):
        install(wheel(tag="cp27-cp27m-win32"), print, never)
    assert version_in(profile) == "1.20.0"
    assert import_onnxruntime().__version__ == "1.20.0"


@pytest.fixture()
def proxy():
    manager = QgsNetworkAccessManager.instance()
    before, excluded, none = (manager.fallbackProxy(), manager.excludeList(), manager.noProxyList())
    yield lambda proxy: manager.setFallbackProxyAndExcludes(proxy, [], [])
    manager.setFallbackProxyAndExcludes(before, excluded, none)


def test_proxy_of_the_settings(profile, proxy):
    """As pip wants to be told; a password with signs of its own."""
    kind = QNetworkProxy.ProxyType
    assert onnxruntime_install._proxy() == []
    proxy(QNetworkProxy(kind.Socks5Proxy, "proxy.example", 1080))
    assert onnxruntime_install._proxy() == ["--proxy", "socks5h://proxy.example:1080"]
    proxy(QNetworkProxy(kind.HttpProxy, "127.0.0.1", 9, "me", "p@ss:word"))
    assert onnxruntime_install._proxy() == ["--proxy", "http://me:p%40ss%3Aword@127.0.0.1:9"]


def test_through_the_algorithm(run, profile, wheel):
    """What pip says is in the log of the run, and why it failed at its end."""
    _, ok, feedback = run("checkinstallation", {"WHEEL": wheel()})
    assert not ok
    assert any("without INSTALL" in text for text in feedback.errors)
    _, ok, feedback = run("checkinstallation", {"INSTALL": True, "WHEEL": wheel("raise OSError")})
    assert not ok
    assert any("Successfully installed" in text for text in feedback.info)
    assert any("does not load here" in text for text in feedback.errors)
