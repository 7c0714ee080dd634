"""The folder beside the results in which a run makes its files, and what killed runs left in it.

lunar_oxide.partial-<number>/
<machine>-<process>.lock   locked while the run lives
new/       files under construction, under their final names
previous/  what stood there before, until all new files stand there
gone/      the same for what belonged to an older file and goes with it
"""

from __future__ import annotations

import ctypes
import hashlib
import os
import platform
import secrets
import shutil
import stat
import sys
from collections.abc import Iterator
from contextlib import suppress
from functools import lru_cache
from pathlib import Path

from .lock import Lock

#: Begins the name of such a folder.
PARTIAL = "lunar_oxide.partial-"

_KINDS = ("new", "previous", "gone")

#: How often a folder is made: another run may remove it before its lock is held.
_TRIES = 5


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
        self._path, self._lock = _made(parent)
        try:
            for kind in _KINDS:
                (self._path / kind).mkdir()
        except OSError:
            self._remove()
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

    def put_back(self, final: Path, kept: Path) -> None:
        """Undo `set_aside`, and what got the name since.

        Raises
        ------
        OSError
            When it cannot go back; it stays where it is kept.
        """
        if _is_same(final, kept):  # nothing got the name
            with suppress(OSError):  # in use on Windows
                kept.unlink()
            return
        final.unlink(missing_ok=True)
        with suppress(FileNotFoundError):
            kept.replace(final)

    def other_process(self, final: Path) -> int | None:
        """The process of another run of this machine that is making a file; None without one."""
        for path, lock_file, process in _of_this_machine(self._parent):
            if path != self._path and (path / "new" / final.name).exists():
                try:
                    Lock(lock_file).release()
                except BlockingIOError:
                    return process
                except OSError:
                    continue  # it has ended meanwhile
        return None

    def remove(self, ended: bool) -> None:
        """Remove it; of a run that failed only when all that was set aside is back in its place.

        Else it stays, and is taken back by `clear` of a later run.
        """
        aside = [
            kept
            for kind in ("previous", "gone")
            for kept in (self._path / kind).glob("*")
            if not _is_same(self._parent / kept.name, kept)
        ]
        if ended or not aside:
            self._remove()
        else:
            self._lock.release()

    def _remove(self) -> None:
        _remove(self._path, self._lock)


def clear(parent: Path) -> None:
    """Remove what killed runs of this machine left in a folder.

    A run that was killed while its files got their names is taken back: what stood there before
    stands there again, so that the files of one run are not beside those of another.
    """
    for path, lock_file, _ in _of_this_machine(parent):
        try:
            lock = Lock(lock_file)
        except OSError:
            continue  # a run is at work in it, or another one is clearing it
        if not lock.certain:
            lock.release()
            continue
        try:
            _take_back(path, parent)
        except FileNotFoundError:
            pass  # it was killed before all of the folder was there, or while it removed it
        except OSError:
            lock.release()
            continue  # what was set aside cannot go back yet, and must not be lost
        _remove(path, lock)


def _made(parent: Path) -> tuple[Path, Lock]:
    """A new folder with its lock."""
    for left in reversed(range(_TRIES)):
        path = parent / f"{PARTIAL}{secrets.token_hex(3)}"
        try:
            path.mkdir(mode=0o755)  # others may not lay anything in it, whatever the umask
            return path, Lock(path / f"{_machine()}-{os.getpid()}.lock", new=True)
        except OSError:
            with suppress(OSError):
                path.rmdir()
            if not left:
                raise
    raise AssertionError


def _remove(path: Path, lock: Lock) -> None:
    """Remove a folder; the lock last, as without it nobody would dare to."""
    for kind in _KINDS:
        shutil.rmtree(path / kind, ignore_errors=True)
    lock.release()  # on Windows an open file cannot be removed
    if not any((path / kind).exists() for kind in _KINDS):
        with suppress(OSError):
            for file in path.glob("*.lock"):
                file.unlink()
            path.rmdir()


def _take_back(path: Path, parent: Path) -> None:
    """Give files that were set aside their names back, unless all new ones have theirs."""
    unfinished = any((path / "new").iterdir())
    for kept in (path / "previous").iterdir():
        if unfinished or not (parent / kept.name).exists():
            kept.replace(parent / kept.name)
    for kept in (path / "gone").iterdir():
        # What was laid beside the file since is not mixed with what was there before.
        if unfinished and not (parent / kept.name).exists():
            kept.replace(parent / kept.name)


def _of_this_machine(parent: Path) -> Iterator[tuple[Path, Path, int]]:
    """Work folders of this user and machine in a folder, with their locks and processes.

    Anyone can lay a folder of such a name into one that all may write to: no word of another
    user's is believed.
    """
    start = f"{_machine()}-"
    for path in list(parent.glob(f"{PARTIAL}*")):
        if not _is_own_folder(path):
            continue
        for lock_file in list(path.glob(f"{start}*.lock")):
            process = lock_file.stem[len(start) :]
            if process.isdecimal():
                yield path, lock_file, int(process)
        with suppress(OSError):  # killed before there was a lock: it is empty
            path.rmdir()


def _is_own_folder(path: Path) -> bool:
    """Whether it is a folder, no link to one, that this user made."""
    try:
        info = path.lstat()
    except OSError:
        return False
    # On Windows all are of owner 0: there folders of one user are closed to others.
    owner = getattr(os, "geteuid", int)()
    return stat.S_ISDIR(info.st_mode) and info.st_uid == owner


def _is_same(one: Path, other: Path) -> bool:
    with suppress(OSError):
        return one.samefile(other)
    return False


@lru_cache(1)
def _machine() -> str:
    """Eight characters for this machine, or container.

    Locks of another one on a shared disk cannot be seen everywhere.
    """
    place = _number_of_machine() or platform.node()
    with suppress(OSError):
        place += str(Path("/proc/self/ns/pid").readlink())
    return hashlib.sha256(place.encode()).hexdigest()[:8]


def _number_of_machine() -> str:
    """What the system calls the machine, "" when unknown: its name may change with the network."""
    if sys.platform == "darwin":
        number, no_waiting = ctypes.create_string_buffer(16), (ctypes.c_long * 2)(0, 0)
        with suppress(OSError, AttributeError):
            if ctypes.CDLL(None).gethostuuid(number, no_waiting) == 0:
                return number.raw.hex()
    else:
        with suppress(OSError, UnicodeError):
            return Path("/etc/machine-id").read_text("ascii").strip()
    return ""
