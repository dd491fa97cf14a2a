"""Putting a finished result where the user wants it: whole or not at all, never over existing files."""

from __future__ import annotations

import errno
import os
import shutil
import tempfile
from pathlib import Path

from gliomamri.errors import UserError

_TAKEN = (errno.EEXIST, errno.ENOTEMPTY)
_CLAIM = ".gliomamri-partial"
"""Collects the result inside a folder that exists; only one run can make it."""


def check_output_folder(folder: Path) -> None:
    """Make sure that a result can be written to ``folder`` before any work is done, by going the same way.

    Raises
    ------
    UserError
        If it is a file, holds files, or it or its parent cannot be written.
    """
    given, folder = folder, folder.resolve()
    try:
        if folder.is_dir():
            if any(folder.iterdir()):
                raise _not_empty(given)
            (folder / _CLAIM).mkdir()
            (folder / _CLAIM).rmdir()
        elif folder.exists():
            raise UserError(f"The result folder '{given}' is a file; name a folder.")
        else:
            folder.parent.mkdir(parents=True, exist_ok=True)
            Path(tempfile.mkdtemp(prefix=".gliomamri-", dir=folder.parent)).rename(folder)
            folder.rmdir()
    except OSError as error:
        raise _cannot_write(given, error) from error


def publish(result: Path, folder: Path) -> None:
    """Copy a finished result folder to ``folder``; on any error ``folder`` stays as it was.

    A new folder appears in one step. One that exists keeps its place (it may be the current folder or a mount
    point) and is filled when all is copied, ``result.json`` last.

    Raises
    ------
    UserError
        If the disk is full, the folder cannot be written, or it has been filled since it was checked.
    """
    given, folder = folder, folder.resolve()
    try:
        if folder.is_dir():
            _fill(folder, result)
        else:
            _appear(folder, result)
    except OSError as error:
        if error.errno in _TAKEN:
            raise _filled_meanwhile(given, error) from error
        raise _cannot_write(given, error) from error


def _appear(folder: Path, result: Path) -> None:
    partial = Path(tempfile.mkdtemp(prefix=".gliomamri-", dir=folder.parent))
    try:
        shutil.copytree(result, partial, dirs_exist_ok=True)
        partial.chmod(0o777 & ~_umask())
        if folder.is_dir():  # an empty one would be replaced by the rename, and another run may be filling it
            raise FileExistsError(errno.EEXIST, os.strerror(errno.EEXIST), str(folder))
        partial.rename(folder)
    finally:
        shutil.rmtree(partial, ignore_errors=True)


def _fill(folder: Path, result: Path) -> None:
    claim = folder / _CLAIM
    claim.mkdir()
    moved = []
    try:
        shutil.copytree(result, claim, dirs_exist_ok=True)
        if len(list(folder.iterdir())) > 1:
            raise FileExistsError(errno.EEXIST, os.strerror(errno.EEXIST), str(folder))
        for entry in sorted(claim.iterdir(), key=lambda path: path.name == "result.json"):
            moved.append(entry.rename(folder / entry.name))  # noqa: PERF401  (read when a rename fails)
    except BaseException:  # Ctrl-C too
        for path in moved:
            shutil.rmtree(path) if path.is_dir() else path.unlink()
        raise
    finally:
        shutil.rmtree(claim, ignore_errors=True)


def _not_empty(folder: Path) -> UserError:
    return UserError(
        f"The result folder '{folder}' holds files already; name a new one, nothing is overwritten."
    )


def _filled_meanwhile(folder: Path, error: OSError) -> UserError:
    return UserError(
        f"The result folder '{folder}' was filled by something else while the task ran; run it again with a new one, "
        "nothing was overwritten.",
        str(error),
    )


def _cannot_write(folder: Path, error: OSError | shutil.Error) -> UserError:
    text = str(error)
    if getattr(error, "errno", None) in (errno.ENOSPC, errno.EDQUOT) or "No space left" in text:
        free = shutil.disk_usage(folder.resolve().parent).free / 1e6
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
