"""One run at a time in a folder."""

from __future__ import annotations

import os
import platform
import sys
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path

from ..core.errors import RasterError

#: Name of the file that is locked.
LOCK = "run.lock"

#: Where Windows locks a byte, which others then cannot read: behind what is written.
_FAR = 1 << 20


#: How the file begins, if it says anything: another one of its name is somebody's own.
_BEGINNING = b"process "


class _TakenError(Exception):
    """Another process holds it."""


@contextmanager
def sole_use(folder: Path) -> Iterator[None]:
    """Hold a folder for this process.

    The operating system's lock, which ends with the process however that ends. Where a file system
    has none, the file itself is the lock: one that a killed run leaves has to be removed by hand.

    Raises
    ------
    RasterError
        When another process has it.
    """
    path = folder / LOCK
    try:
        number = _locked(path)
    except _TakenError:
        raise RasterError(
            f"Another run{_holder(path)} is using {folder}. Wait until it ends, stop it, or choose "
            "another folder."
        ) from None
    except FileExistsError:
        raise RasterError(
            f"Another run{_holder(path)} may be using {folder}; its file system does not support "
            f"locks. Wait until that run ends; if it is not running any more, delete {path}."
        ) from None
    except OSError as error:
        raise RasterError(f"{folder} cannot be used: {error}") from error
    try:
        with suppress(OSError):
            os.ftruncate(number, 0)
            os.write(number, f"process {os.getpid()} on {platform.node()}\n".encode())
        yield
    finally:
        if sys.platform == "win32":  # no open file can be removed
            os.close(number)
            with suppress(OSError):
                path.unlink()
        else:  # while it is held, so that it is no other run's
            with suppress(OSError):
                path.unlink()
            os.close(number)


def _locked(path: Path) -> int:
    """Open and lock the file: its descriptor, which programs that are started do not get."""
    while True:
        try:
            number, new = os.open(path, os.O_RDWR | os.O_CREAT | os.O_EXCL, 0o644), True
        except FileExistsError:
            try:
                # No link that another user may have laid: what it leads to would be written to.
                number, new = os.open(path, os.O_RDWR | getattr(os, "O_NOFOLLOW", 0)), False
            except FileNotFoundError:
                continue
        try:
            _lock(number)
        except _TakenError:
            os.close(number)
            raise
        except OSError:  # there are no locks
            if new:
                return number
            os.close(number)
            raise FileExistsError(path) from None
        with suppress(FileNotFoundError):
            if os.path.samestat(os.fstat(number), path.stat()):
                _require_of_a_run(number, path)
                return number
        os.close(number)  # the one who held it has just removed it


def _require_of_a_run(number: int, path: Path) -> None:
    """Refuse a file that no run made, and close it; else it would be overwritten and removed."""
    if os.fstat(number).st_size and os.read(number, len(_BEGINNING)) != _BEGINNING:
        os.close(number)
        raise OSError(f"{path} is not a file of a run. Choose another folder.")
    os.lseek(number, 0, os.SEEK_SET)


def _lock(number: int) -> None:
    """Lock an open file, or raise _TakenError; another OSError where that is not possible."""
    if sys.platform == "win32":
        import msvcrt

        os.lseek(number, _FAR, os.SEEK_SET)
        try:
            msvcrt.locking(number, msvcrt.LK_NBLCK, 1)
        except PermissionError:
            raise _TakenError from None
        finally:
            os.lseek(number, 0, os.SEEK_SET)
        return
    import fcntl

    try:
        fcntl.flock(number, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except BlockingIOError:
        raise _TakenError from None


def _holder(path: Path) -> str:
    """Which process says that it holds the file."""
    try:
        said = path.read_text("utf-8", "replace").strip()
    except OSError:
        return ""
    return f" ({said})" if said else ""
