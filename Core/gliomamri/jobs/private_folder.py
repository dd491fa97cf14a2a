"""The user's folder for jobs under the system's temporary folder: nobody else may own, read or prepare it."""

from __future__ import annotations

import getpass
import os
import stat
import tempfile
from pathlib import Path


def private_folder() -> Path:
    """Give the user's folder for jobs, made if need be.

    Its usual name is predictable, so somebody else may have made it first; then one with a random name is used.

    Raises
    ------
    OSError
        If no folder can be made.
    """
    for folder in _candidates():
        folder.mkdir(mode=0o700, exist_ok=True)
        if _is_private(folder):
            return folder
    return Path(tempfile.mkdtemp(prefix=f"{_name()}-"))


def private_folders() -> list[Path]:
    """Every folder that :func:`private_folder` has given and that still exists."""
    return [folder for folder in _candidates() if _is_private(folder)]


def _candidates() -> list[Path]:
    temporary = Path(tempfile.gettempdir())
    return [temporary / _name(), *sorted(temporary.glob(f"{_name()}-*"))]


def _is_private(folder: Path) -> bool:
    try:
        found = folder.lstat()
    except OSError:
        return False
    if not stat.S_ISDIR(found.st_mode):
        return False
    # On Windows the temporary folder is the user's own, and modes say nothing.
    return os.name == "nt" or (found.st_uid == os.getuid() and stat.S_IMODE(found.st_mode) == 0o700)


def _name() -> str:
    try:
        return f"gliomamri-jobs-{getpass.getuser()}"
    except (KeyError, OSError, ImportError):
        return "gliomamri-jobs-user"
