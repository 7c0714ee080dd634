"""A file that stays locked as long as its run lives: the system unlocks it when that is killed."""

from __future__ import annotations

import os
import sys
from contextlib import suppress
from pathlib import Path

#: Beyond the end of the file: Windows lets nobody read what is locked.
_LOCKED_BYTE = 1 << 30


class Lock:
    """A locked file.

    The lock belongs to this object, not to the process (flock; on Windows LockFile): of two
    in one process the second is refused, too. Not inherited by programs that are started.

    Parameters
    ----------
    path : Path
        The file.
    new : bool
        Make it; else it is there.

    Raises
    ------
    BlockingIOError
        When another one holds it.
    OSError
        When it cannot be opened or made.

    Attributes
    ----------
    certain : bool
        False on a disk that has no locks, as some network disks: others are not kept out.
    """

    def __init__(self, path: Path, *, new: bool = False) -> None:
        flags = os.O_RDWR | getattr(os, "O_NOFOLLOW", 0)
        self._file = os.open(path, flags | (os.O_CREAT | os.O_EXCL if new else 0), 0o644)
        try:
            self.certain = _lock(self._file)
            # Between opening and locking another run may have found it unlocked, and removed it.
            if not os.path.samestat(os.fstat(self._file), path.stat()):
                raise FileNotFoundError(path)
        except OSError:
            os.close(self._file)
            raise

    def release(self) -> None:
        """Unlock and close it."""
        _unlock(self._file)  # also where a copy of this process (fork) has it open, too
        os.close(self._file)


if sys.platform == "win32":
    import msvcrt

    def _lock(file: int) -> bool:
        os.lseek(file, _LOCKED_BYTE, os.SEEK_SET)
        try:
            msvcrt.locking(file, msvcrt.LK_NBLCK, 1)
        except PermissionError as error:
            raise BlockingIOError(*error.args) from error
        except OSError:
            return False
        return True

    def _unlock(file: int) -> None:
        os.lseek(file, _LOCKED_BYTE, os.SEEK_SET)
        with suppress(OSError):  # it was not locked: the disk has no locks
            msvcrt.locking(file, msvcrt.LK_UNLCK, 1)
else:
    import fcntl

    def _lock(file: int) -> bool:
        try:
            fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            raise
        except OSError:
            return False
        return True

    def _unlock(file: int) -> None:
        with suppress(OSError):
            fcntl.flock(file, fcntl.LOCK_UN)
