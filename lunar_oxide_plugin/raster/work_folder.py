"""The folder beside the results in which a run makes its files, and what killed runs left in it.

lunar_oxide.partial-<machine>-<process>-<number>/
new/       files under construction, under their final names
previous/  what stood there before, until all new files stand there
gone/      the same for what belonged to an older file and goes with it
"""

from __future__ import annotations

import hashlib
import os
import platform
import secrets
import shutil
import sys
from collections.abc import Iterator
from contextlib import suppress
from functools import lru_cache
from pathlib import Path

#: Begins the name of such a folder.
PARTIAL = "lunar_oxide.partial-"


class WorkFolder:
    """A new one.

    Parameters
    ----------
    parent : Path
        The folder of the results; what killed runs left in it is removed first.

    Raises
    ------
    OSError
        When it cannot be made.
    """

    def __init__(self, parent: Path) -> None:
        clear(parent)
        self._parent = parent
        self._path = parent / f"{PARTIAL}{_machine()}-{os.getpid()}-{secrets.token_hex(4)}"
        try:
            for kind in ("new", "previous", "gone"):
                (self._path / kind).mkdir(parents=True)
        except OSError:
            shutil.rmtree(self._path, ignore_errors=True)
            raise

    def new(self, final: Path) -> Path:
        """Where a file is made."""
        return self._path / "new" / final.name

    def set_aside(self, final: Path, gone: bool) -> Path:
        """Keep what stands under a final name; where the disk can, there too until replaced."""
        kept = self._path / ("gone" if gone else "previous") / final.name
        if not gone:
            with suppress(OSError):  # on a disk that has no second names of files
                os.link(final, kept)
        if not kept.exists():
            with suppress(FileNotFoundError):
                final.replace(kept)
        return kept

    def other_process(self, final: Path) -> int | None:
        """The process of another run of this machine that is making a file; None without one."""
        for path, process in _of_this_machine(self._parent):
            if path != self._path and (path / "new" / final.name).exists() and _runs(process):
                return process
        return None

    def remove(self, ended: bool) -> None:
        """Remove it; of a run that failed only when all that was set aside is back in its place.

        Else it stays, and is taken back by `clear` once this process has ended.
        """
        aside = [*(self._path / "previous").glob("*"), *(self._path / "gone").glob("*")]
        if ended or not aside:
            shutil.rmtree(self._path, ignore_errors=True)


def clear(parent: Path) -> None:
    """Remove what killed runs of this machine left in a folder.

    A run that was killed while its files got their names is taken back: what stood there before
    stands there again, so that the files of one run are not beside those of another.
    """
    for path, process in _of_this_machine(parent):
        if _runs(process):
            continue
        try:
            _take_back(path, parent)
        except FileNotFoundError:
            pass  # another run is clearing it, too
        except OSError:
            continue  # what was set aside cannot go back yet, and must not be lost
        shutil.rmtree(path, ignore_errors=True)


def _take_back(path: Path, parent: Path) -> None:
    """Give files that were set aside their names back, unless all new ones have theirs."""
    unfinished = any((path / "new").iterdir())
    for kind in ("previous", "gone"):
        for kept in (path / kind).iterdir():
            final = parent / kept.name
            if unfinished or (kind == "previous" and not final.exists()):
                kept.replace(final)


def _of_this_machine(parent: Path) -> Iterator[tuple[Path, int]]:
    """Work folders in a folder, and their processes."""
    start = f"{PARTIAL}{_machine()}-"
    for path in list(parent.glob(f"{start}*-*")):
        process = path.name[len(start) :].split("-")[0]
        if process.isdecimal() and path.is_dir():
            yield path, int(process)


@lru_cache(1)
def _machine() -> str:
    """Eight characters for the place in which process numbers count: this machine, or container."""
    place = platform.node()
    with suppress(OSError, UnicodeError):
        place += Path("/etc/machine-id").read_text("ascii")
    with suppress(OSError):
        place += str(Path("/proc/self/ns/pid").readlink())
    return hashlib.sha256(place.encode()).hexdigest()[:8]


def _runs(process: int) -> bool:
    """Whether a process of this machine is running."""
    if sys.platform == "win32":  # where os.kill would end it
        import ctypes

        kernel = ctypes.WinDLL("kernel32", use_last_error=True)
        kernel.OpenProcess.restype = ctypes.c_void_p
        handle = kernel.OpenProcess(0x00100000, False, process)  # SYNCHRONIZE
        if not handle:
            return ctypes.get_last_error() == 5  # access denied
        try:
            return bool(kernel.WaitForSingleObject(ctypes.c_void_p(handle), 0) == 0x102)  # timeout
        finally:
            kernel.CloseHandle(ctypes.c_void_p(handle))
    try:
        os.kill(process, 0)
    except ProcessLookupError:
        return False
    except (PermissionError, OverflowError):
        return True
    return True
