"""New files appear whole or not at all, and a full disk or a read-only folder gives one sentence.

The sentence names the user's own folder; a folder that the user never sees is "the folder for temporary files"
(:func:`in_temporary_folder`).
"""

from __future__ import annotations

import contextlib
import errno
import json
import os
import shutil
import uuid
from collections.abc import Iterator
from contextvars import ContextVar
from pathlib import Path
from typing import Any

from gliomamri.errors import UserError

_FULL = (errno.ENOSPC, errno.EDQUOT, errno.EFBIG)
_DENIED = (errno.EACCES, errno.EPERM, errno.EROFS)
_is_temporary = ContextVar("is_temporary", default=False)


@contextlib.contextmanager
def in_temporary_folder() -> Iterator[None]:
    """Within it (a ``with`` block or a decorated function) sentences name no folder, as the user chose none."""
    token = _is_temporary.set(True)
    try:
        yield
    finally:
        _is_temporary.reset(token)


@contextlib.contextmanager
def new_file(path: Path) -> Iterator[Path]:
    """Give a temporary name beside ``path``; on success it becomes ``path`` in one step, else it is removed.

    Raises
    ------
    UserError
        If the folder is missing or read-only or the disk is full.
    """
    suffixes = "".join(path.suffixes[-2:]) if path.name.lower().endswith(".gz") else path.suffix
    temporary = path.with_name(f".{uuid.uuid4().hex}.partial{suffixes}")
    try:
        # Opened here because the image libraries do not say why they could not.
        temporary.open("xb").close()
        yield temporary
        temporary.replace(path)
    except OSError as error:
        raise write_error(error, path.parent) from error
    finally:
        with contextlib.suppress(OSError):
            temporary.unlink()


def write_text(text: str, path: Path) -> None:
    r"""Write a UTF-8 text file at once, with ``\\n`` line ends on every system.

    Raises
    ------
    UserError
        As :func:`new_file`.
    """
    with new_file(path) as temporary, temporary.open("w", encoding="utf-8", newline="") as file:
        file.write(text)
        file.flush()
        os.fsync(file.fileno())


def write_json(value: Any, path: Path) -> None:
    """Write JSON; NaN and infinity are refused (ValueError), since JSON has no word for them."""
    write_text(json.dumps(value, indent=1, ensure_ascii=False, allow_nan=False) + "\n", path)


def make_folder(folder: Path) -> None:
    """Make a folder unless it exists.

    Raises
    ------
    UserError
        As :func:`new_file`.
    """
    try:
        folder.mkdir(exist_ok=True)
    except OSError as error:
        raise write_error(error, folder.parent) from error


def check_free_space(folder: Path, needed: int) -> None:
    """Make sure that ``needed`` bytes fit on the disk of ``folder``.

    Raises
    ------
    UserError
        If they do not, with both numbers.
    """
    try:
        free = shutil.disk_usage(folder).free
    except OSError as error:
        raise write_error(error, folder) from error
    if free < needed:
        raise UserError(
            f"The disk is too full for {_name(folder)}: {megabytes(needed)} are needed and "
            f"{megabytes(free)} are free; free some space or {_remedy()}.",
            str(folder),
        )


def write_error(error: OSError, folder: Path) -> UserError:
    """Turn a failure to write into ``folder`` into one sentence."""
    details = f"{folder}: {error}"
    name = _name(folder)
    if error.errno in _FULL:
        return disk_full(folder, details)
    if error.errno in _DENIED:
        return UserError(f"Nothing can be written to {name} (read-only); {_remedy()}.", details)
    if error.errno in (errno.ENOENT, errno.ENOTDIR):
        return UserError(f"Nothing can be written to {name}: there is no such folder; {_remedy()}.", details)
    return UserError(f"Writing to {name} failed; check the disk or {_remedy()}.", details)


def disk_full(folder: Path, details: str) -> UserError:
    """Give the sentence for a disk that filled up while writing into ``folder``."""
    try:
        space = f" ({megabytes(shutil.disk_usage(folder).free)} free)"
    except OSError:
        space = ""
    return UserError(
        f"The disk is full{space}: {_name(folder)} cannot take the file; free some space or {_remedy()}.",
        details,
    )


def _name(folder: Path) -> str:
    return "the folder for temporary files" if _is_temporary.get() else f"the folder '{folder.name}'"


def _remedy() -> str:
    return "set TMPDIR to another folder" if _is_temporary.get() else "choose another folder"


def megabytes(count: int) -> str:
    """Give a number of bytes as text, in MB."""
    return f"{count / 1e6:.1f} MB" if count < 1e8 else f"{count / 1e6:.0f} MB"
