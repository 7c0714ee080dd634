"""A lock that lets only one run work in a folder."""

from __future__ import annotations

import os
import platform
import sys
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path

from ..core.errors import RasterError

#: Name of the lock file.
LOCK = "run.lock"

#: The byte that is locked on Windows, behind the text, as others cannot read a locked byte.
_FAR = 1 << 20

#: Start of the text of a lock file; a file with other text was not made by a run.
_BEGINNING = b"process "


class _TakenError(Exception):
    """Another process holds the lock."""


@contextmanager
def sole_use(folder: Path) -> Iterator[None]:
    """Lock a folder for this process.

    The lock is that of the operating system, which releases it when the process ends in any way.
    On file systems without locks the file itself is the lock; after a killed run it must be
    deleted by hand.

    Raises
    ------
    RasterError
        When another process uses the folder.
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
            f"locks. Wait until that run ends; if it is no longer running, delete {path}."
        ) from None
    except OSError as error:
        raise RasterError(f"{folder} cannot be used: {error}") from error
    try:
        with suppress(OSError):
            os.ftruncate(number, 0)
            os.write(number, f"process {os.getpid()} on {platform.node()}\n".encode())
        yield
    finally:
        if sys.platform == "win32":  # where an open file cannot be removed
            os.close(number)
            with suppress(OSError):
                path.unlink()
        else:  # while locked, so that it is not the file of another run
            with suppress(OSError):
                path.unlink()
            os.close(number)


def _locked(path: Path) -> int:
    """Open and lock the file; returns its descriptor, which child processes do not inherit."""
    while True:
        try:
            number, new = os.open(path, os.O_RDWR | os.O_CREAT | os.O_EXCL, 0o644), True
        except FileExistsError:
            try:
                # Not through a link of another user: its target would be overwritten.
                number, new = os.open(path, os.O_RDWR | getattr(os, "O_NOFOLLOW", 0)), False
            except FileNotFoundError:
                continue
        try:
            _lock(number)
        except _TakenError:
            os.close(number)
            raise
        except OSError:  # the file system has no locks
            if new:
                return number
            os.close(number)
            raise FileExistsError(path) from None
        with suppress(FileNotFoundError):
            if os.path.samestat(os.fstat(number), path.stat()):
                _require_of_a_run(number, path)
                return number
        os.close(number)  # its holder has just removed it


def _require_of_a_run(number: int, path: Path) -> None:
    """Close and refuse a file not made by a run, which would be overwritten and removed."""
    if os.fstat(number).st_size and os.read(number, len(_BEGINNING)) != _BEGINNING:
        os.close(number)
        raise OSError(f"{path} was not made by a run. Choose another folder.")
    os.lseek(number, 0, os.SEEK_SET)


def _lock(number: int) -> None:
    """Lock an open file; raises _TakenError, or OSError where locks are not available."""
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
    """The process named in the lock file, in parentheses."""
    try:
        text = path.read_text("utf-8", "replace").strip()
    except OSError:
        return ""
    return f" ({text})" if text else ""
