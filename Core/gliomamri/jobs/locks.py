"""Locks that end with the process that holds them: how a job folder shows that its owner is alive.

A process number would not do: numbers are used again, and two containers that share a temporary folder count apart.
"""

from __future__ import annotations

import contextlib
import os
from pathlib import Path
from typing import IO

_HELD: dict[Path, IO[bytes]] = {}
"""Lock files this process holds, until they are released or the process ends."""


def hold(path: Path) -> bool:
    """Lock a file, made if need be, for as long as this process lives.

    Returns
    -------
    bool
        False when another holds the lock; True also where the file system knows no locks.

    Raises
    ------
    OSError
        If the file cannot be made.
    """
    with contextlib.suppress(_NoLocksError):
        file = _try_lock(path)
        if file is None:
            return False
        _HELD[path] = file
    return True


def release(path: Path) -> None:
    """Give a lock back; silent when it is not held."""
    file = _HELD.pop(path, None)
    if file is not None:
        file.close()


def is_held(path: Path) -> bool:
    """Tell whether any process holds the lock; True when that cannot be told."""
    try:
        file = _try_lock(path)
    except OSError:
        return True
    if file is None:
        return True
    file.close()
    return False


class _NoLocksError(OSError):
    """The file system knows no locks."""


def _try_lock(path: Path) -> IO[bytes] | None:
    """Give the locked file, or None when another holds the lock."""
    file = path.open("ab")
    try:
        if os.name == "nt":
            import msvcrt

            file.seek(0)
            msvcrt.locking(file.fileno(), msvcrt.LK_NBLCK, 1)
        else:
            import fcntl

            fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except (BlockingIOError, PermissionError):
        file.close()
        return None
    except OSError as error:
        file.close()
        raise _NoLocksError(*error.args) from error
    return file
