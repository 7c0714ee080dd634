"""Installing onnxruntime into the QGIS profile, from inside QGIS.

By pip, which is called and not started: on macOS and Windows the program that runs is QGIS itself
(`sys.executable`), and would open a second window.
"""

from __future__ import annotations

import importlib
import io
import locale
import logging
import shutil
import sys
import tempfile
import warnings
from collections.abc import Callable, Iterator
from contextlib import contextmanager, redirect_stderr, redirect_stdout
from pathlib import Path
from urllib.parse import quote

from qgis.core import QgsNetworkAccessManager
from qgis.PyQt.QtNetwork import QNetworkProxy

from ..core.errors import ModelError, OnnxruntimeError
from ..core.models.model import BUNDLED, OxideModel, bundled_path
from ..core.models.onnx_runtime import OLDEST
from .runtime import extend_path, install_command, profile_folder

#: Log of the last installation, in the profile's folder for Python.
LOG = "lunar_oxide_onnxruntime.log"

#: Begins the folder that pip writes to; one that is left was of a run that was killed.
_PARTIAL = "onnxruntime_partial_"

_PIP = ("install", "--no-deps", "--only-binary", ":all:", "--no-input", "--progress-bar", "off")


def install(wheel: str, say: Callable[[str], None], cancelled: Callable[[], bool]) -> str:
    """Install onnxruntime, and see whether it runs a model.

    What was installed there before stays until the new one is complete, and comes back when the
    new one does not work, also after QGIS was killed in between (at the next installation).
    Without dependencies: a numpy beside it would break QGIS's GDAL. One that works and is in use
    stays: another one cannot be tried in the same process.

    Parameters
    ----------
    wheel : str
        A wheel (.whl) that was downloaded before; "" to download the newest from the package index
        that pip is set up for.
    say : callable
        Told what pip says, line by line.
    cancelled : callable
        Asked at each line.

    Returns
    -------
    str
        What was done, and what to do next.

    Raises
    ------
    OnnxruntimeError
        When it could not be installed or does not work; says where the log is.
    """
    in_use = sys.modules.get("onnxruntime")
    if in_use is not None and not (trouble := _trouble()):
        return (
            f"Nothing was installed: onnxruntime {in_use.__version__} works and is in use. To "
            f"have another one, restart QGIS and install it before the first map."
        )
    folder = profile_folder()
    log = folder / LOG
    try:
        folder.mkdir(parents=True, exist_ok=True)
        for left in folder.glob(f"{_PARTIAL}*"):
            _undo(folder, left)
            shutil.rmtree(left)
        partial = Path(tempfile.mkdtemp(prefix=_PARTIAL, dir=folder))
        try:
            _fetch(partial / "new", wheel, log, say, cancelled)
            _exchange(folder, partial)
            if in_use is None and (trouble := _trouble()):
                raise OnnxruntimeError(
                    f"onnxruntime was downloaded but does not load here ({trouble}). Nothing was "
                    f"changed. The log is {log}."
                )
        except BaseException:
            _undo(folder, partial)  # when it fails, `partial` stays, for the next installation
            shutil.rmtree(partial, ignore_errors=True)
            raise
        (partial / "old").rename(partial / "replaced")  # from here on nothing is undone
        shutil.rmtree(partial, ignore_errors=True)
    except OSError as error:
        raise OnnxruntimeError(
            f"{error.filename or folder} cannot be written: {error.strerror}. Where QGIS holds an "
            f"onnxruntime open, close QGIS and run this command:\n  {install_command()}"
        ) from error
    restart = f" Restart QGIS: until then one is in use that fails ({trouble})" if in_use else ""
    return f"onnxruntime is installed in {folder}. The log is {log}.{restart}"


def _fetch(
    target: Path, wheel: str, log: Path, say: Callable[[str], None], cancelled: Callable[[], bool]
) -> None:
    """Let pip install into a folder."""
    try:
        from pip._internal.cli.main import main
    except ImportError as error:
        raise OnnxruntimeError(
            "The Python of this QGIS has no pip. Install it (Debian and Ubuntu: sudo apt install "
            "python3-pip; Debian 13 and newer has onnxruntime itself: sudo apt install "
            "python3-onnxruntime) and try again."
        ) from error
    oldest = ".".join(map(str, OLDEST))
    what = ["--no-index", wheel] if wheel else [f"onnxruntime>={oldest}"]
    with log.open("w", encoding="utf-8") as file, _as_before():
        lines = _Lines(file, say, cancelled)
        with redirect_stdout(lines), redirect_stderr(lines):
            try:
                code = main([*_PIP, *_proxy(), "--target", str(target), *what])
            except (KeyboardInterrupt, SystemExit):  # as `_Lines` asked, or an argument was wrong
                code = 1
    if cancelled():
        raise OnnxruntimeError("Cancelled. Nothing was changed.")
    if code or not (target / "onnxruntime").is_dir():
        reason = next(iter(lines.said), f"pip ended with code {code}")
        hint = (
            f"A wheel must be one of onnxruntime for Python {sys.version_info[0]}."
            f"{sys.version_info[1]} on this system."
            if wheel
            else "Without a network, download the wheel elsewhere and give it as WHEEL."
        )
        raise OnnxruntimeError(
            f"onnxruntime was not installed: {reason}. Nothing was changed. {hint} "
            f"The log is {log}."
        )


def _proxy() -> list[str]:
    """The proxy of QGIS's settings (Options > Network), which pip does not read."""
    proxy = QgsNetworkAccessManager.instance().fallbackProxy()
    kinds = {
        QNetworkProxy.ProxyType.HttpProxy: "http",
        QNetworkProxy.ProxyType.Socks5Proxy: "socks5h",
    }
    kind = kinds.get(proxy.type())
    if kind is None or not proxy.hostName():
        return []
    user = f"{quote(proxy.user(), '')}:{quote(proxy.password(), '')}@" if proxy.user() else ""
    return ["--proxy", f"{kind}://{user}{proxy.hostName()}:{proxy.port()}"]


def _installed(folder: Path) -> list[Path]:
    """What pip wrote of onnxruntime into a folder; the package itself comes first."""
    return [
        path
        for path in sorted(folder.glob("onnxruntime*"))
        if path.name == "onnxruntime" or path.suffix == ".dist-info"
    ]


def _exchange(folder: Path, partial: Path) -> None:
    """Move what was in the folder to `old`, then what is in `new` into the folder."""
    new, old = partial / "new", partial / "old"
    old.mkdir()
    for path in _installed(folder):
        path.rename(old / path.name)
    for path in _installed(new):
        path.rename(folder / path.name)


def _undo(folder: Path, partial: Path) -> None:
    """Take an exchange back, wherever it stopped; once more where this was stopped too."""
    new, old = partial / "new", partial / "old"
    if not old.is_dir():
        return  # it had not begun, or had ended
    if not (new / "onnxruntime").exists():  # it was moved first, and is moved back last
        for path in reversed(_installed(folder)):
            path.rename(new / path.name)
    for path in _installed(old):
        path.rename(folder / path.name)


def _trouble() -> str:
    """Why the onnxruntime that is found does not run a model; "" when it does."""
    importlib.invalidate_caches()
    extend_path()
    unused = "onnxruntime" not in sys.modules
    if unused:
        _forget()
    try:
        OxideModel(bundled_path(BUNDLED[0][0]))
    except (OnnxruntimeError, ModelError) as error:
        if unused:
            _forget()
        return str(error)
    return ""


def _forget() -> None:
    """Let Python look for onnxruntime again: parts of one that did not load may be left."""
    for name in [name for name in sys.modules if name.split(".")[0] == "onnxruntime"]:
        del sys.modules[name]


@contextmanager
def _as_before() -> Iterator[None]:
    """Undo what pip does to the process that calls it: log handlers, warnings and the locale."""
    root, show = logging.getLogger(), warnings.showwarning
    handlers, level = root.handlers[:], root.level
    numbers = locale.setlocale(locale.LC_ALL)
    try:
        yield
    finally:
        root.handlers[:], root.level, warnings.showwarning = handlers, level, show
        locale.setlocale(locale.LC_ALL, numbers)


class _Lines(io.TextIOBase):
    """Passes text on line by line, to a file and to a function; stops pip on request."""

    def __init__(
        self, file: io.TextIOBase, say: Callable[[str], None], cancelled: Callable[[], bool]
    ) -> None:
        self._file, self._say, self._cancelled = file, say, cancelled
        self._begun = ""
        self._stdout = sys.stdout
        #: What pip calls errors, without their mark.
        self.said: list[str] = []

    def writable(self) -> bool:
        return True

    def write(self, text: str) -> int:
        *lines, self._begun = (self._begun + text).split("\n")
        for line in lines:
            self._file.write(f"{line}\n")
            with redirect_stdout(self._stdout):  # where it may lead
                self._say(line)
            if line.startswith("ERROR: "):
                self.said.append(line[len("ERROR: ") :].rstrip("."))
        if self._cancelled():
            raise KeyboardInterrupt  # which ends pip, as at a terminal
        return len(text)
