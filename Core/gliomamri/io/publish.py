"""Putting a finished result where the user wants it: whole, in one step, never over existing files."""

from __future__ import annotations

import errno
import os
import shutil
import tempfile
from pathlib import Path

from gliomamri.errors import UserError


def check_output_folder(folder: Path) -> None:
    """Make sure that a result can be written to ``folder`` before any work is done.

    Raises
    ------
    UserError
        If it holds files, or it or its parent cannot be written.
    """
    if folder.exists() and (not folder.is_dir() or any(folder.iterdir())):
        raise UserError(
            f"The result folder '{folder}' holds files already; name a new one, nothing is overwritten."
        )
    try:
        folder.parent.mkdir(parents=True, exist_ok=True)
        with tempfile.TemporaryDirectory(prefix=".gliomamri-", dir=folder.parent):
            pass
    except OSError as error:
        raise _cannot_write(folder, error) from error


def publish(result: Path, folder: Path) -> None:
    """Move a finished result folder to ``folder``; on any error ``folder`` stays as it was.

    Raises
    ------
    UserError
        If the disk is full or the folder cannot be written.
    """
    partial = Path(tempfile.mkdtemp(prefix=".gliomamri-", dir=folder.parent))
    try:
        shutil.copytree(result, partial, dirs_exist_ok=True)
        partial.chmod(0o777 & ~_umask())
        if folder.exists():
            folder.rmdir()
        partial.rename(folder)
    except OSError as error:
        raise _cannot_write(folder, error) from error
    finally:
        shutil.rmtree(partial, ignore_errors=True)


def _cannot_write(folder: Path, error: OSError | shutil.Error) -> UserError:
    text = str(error)
    if getattr(error, "errno", None) in (errno.ENOSPC, errno.EDQUOT) or "No space left" in text:
        free = shutil.disk_usage(folder.parent).free / 1e6
        return UserError(
            f"The disk of '{folder}' is full ({free:.0f} MB free); free some space, then try again.", text
        )
    return UserError(
        f"The folder '{folder}' cannot be written; check its permissions or choose another one.", text
    )


def _umask() -> int:
    current = os.umask(0)
    os.umask(current)
    return current
