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
from collections.abc import Callable, Iterator
from contextlib import contextmanager, redirect_stderr, redirect_stdout
from pathlib import Path

from ..core.errors import OnnxruntimeError
from ..core.onnx_runtime import OLDEST, import_onnxruntime
from .runtime import extend_path, install_command, profile_folder

#: Log of the last installation, in the profile's folder for Python.
LOG = "lunar_oxide_onnxruntime.log"

#: Begins the folder that pip writes to; one that is left was of a run that was killed.
_PARTIAL = "onnxruntime_partial_"

_PIP = ("install", "--no-deps", "--only-binary", ":all:", "--no-input", "--progress-bar", "off")


def install(wheel: str, say: Callable[[str], None], cancelled: Callable[[], bool]) -> str:
    """Install onnxruntime, and see whether it loads.

    What was installed there before stays until the new one is complete, and comes back when the
    new one does not load. Without dependencies: a numpy beside it would break QGIS's GDAL.

    Parameters
    ----------
    wheel : str
        A wheel (.whl) that was downloaded before; "" to fetch the newest from the package index
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
        When it could not be installed or does not load; says where the log is.
    """
    folder = profile_folder()
    log = folder / LOG
    loaded = sys.modules.get("onnxruntime") is not None
    try:
        folder.mkdir(parents=True, exist_ok=True)
        for left in folder.glob(f"{_PARTIAL}*"):
            shutil.rmtree(left, ignore_errors=True)
        with tempfile.TemporaryDirectory(prefix=_PARTIAL, dir=folder) as partial:
            new, old = Path(partial) / "new", Path(partial) / "old"
            _fetch(new, wheel, log, say, cancelled)
            _exchange(folder, new, old)
            problem = "" if loaded else _problem()
            if problem:
                _exchange(folder, old, Path(partial) / "broken")
                raise OnnxruntimeError(
                    f"onnxruntime was fetched but does not load here ({problem}). Nothing was "
                    f"changed. The log is {log}."
                )
    except OSError as error:
        raise OnnxruntimeError(
            f"{error.filename or folder} cannot be written: {error.strerror}. Where QGIS holds an "
            f"onnxruntime open, close QGIS and run this command:\n  {install_command()}"
        ) from error
    restart = " Restart QGIS: another onnxruntime is in use until then." if loaded else ""
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
                code = main([*_PIP, "--target", str(target), *what])
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


def _exchange(folder: Path, new: Path, old: Path) -> None:
    """Move what is new into the folder, and what was there out of it; all of it or nothing."""
    old.mkdir()
    moves = [
        (path, old / path.name)
        for path in sorted(folder.glob("onnxruntime*"))
        if path.name == "onnxruntime" or path.suffix == ".dist-info"
    ]
    moves += [(path, folder / path.name) for path in sorted(new.glob("onnxruntime*"))]
    done = []
    try:
        for source, target in moves:
            source.rename(target)
            done.append((source, target))
    except OSError:
        for source, target in reversed(done):
            target.rename(source)
        raise


def _problem() -> str:
    """Why the onnxruntime that was just installed does not load; "" when it does."""
    importlib.invalidate_caches()
    extend_path()
    _forget()
    try:
        import_onnxruntime()
    except OnnxruntimeError as error:
        _forget()
        return str(error)
    return ""


def _forget() -> None:
    """Let Python look for onnxruntime anew: parts of one that did not load may be left."""
    for name in [name for name in sys.modules if name.split(".")[0] == "onnxruntime"]:
        del sys.modules[name]


@contextmanager
def _as_before() -> Iterator[None]:
    """Undo what pip does to the process that calls it: its log handlers and the locale."""
    root = logging.getLogger()
    handlers, level = root.handlers[:], root.level
    numbers = locale.setlocale(locale.LC_ALL)
    try:
        yield
    finally:
        root.handlers[:], root.level = handlers, level
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
