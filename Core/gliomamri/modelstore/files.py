"""Reading a package's files: regular ones only, no larger than expected, each as long as it says.

A file is opened once, what is checked is what was opened, and a link is not followed. Used by
:mod:`gliomamri.modelstore.package` and :mod:`gliomamri.modelstore.importing`; tested by
Testing/unit/modelstore/test_malicious_folders.py.
"""

from __future__ import annotations

import errno
import os
import stat
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import BinaryIO

from gliomamri.errors import UserError
from gliomamri.modelstore.limits import FILES, PACKAGE_BYTES, file_limit
from gliomamri.modelstore.names import check_names, is_litter

CHUNK = 1 << 20
_NO_LINKS = getattr(os, "O_NOFOLLOW", 0) | getattr(os, "O_NONBLOCK", 0) | getattr(os, "O_BINARY", 0)


def list_package(folder: Path) -> dict[str, int]:
    """Return the size in bytes of each file of a package folder by name; reads no file.

    Raises
    ------
    UserError
        If there is no folder, or it holds a folder, a link, a device, a name that is not plain, too many files, a file
        too large, or too much altogether.
    """
    sizes: dict[str, int] = {}
    for entry in _entries(folder):
        if is_litter(entry.name):
            continue
        if entry.is_symlink():
            raise UserError(
                f"The model package is refused: its file '{entry.name}' is a link to another place."
            )
        if entry.is_dir(follow_symlinks=False):
            raise UserError(
                f"The model package is refused: it holds the folder '{entry.name}', and files only may be."
            )
        found = entry.stat(follow_symlinks=False)
        if not stat.S_ISREG(found.st_mode):
            raise UserError(f"The model package is refused: its file '{entry.name}' is no ordinary file.")
        sizes[entry.name] = found.st_size
        if len(sizes) > FILES:
            raise UserError(f"The model package is refused: it has more than {FILES} files.")
    check_names(sorted(sizes))
    check_sizes(sizes)
    return sizes


def check_sizes(sizes: dict[str, int]) -> None:
    """Refuse files, and packages, that are too large.

    Raises
    ------
    UserError
    """
    for name, size in sizes.items():
        if size > file_limit(name):
            raise UserError(
                f"The model package is refused: its file '{name}' has {size / 1e6:.1f} MB, and "
                f"{file_limit(name) / 1e6:g} MB is the most."
            )
    if sum(sizes.values()) > PACKAGE_BYTES:
        raise UserError(
            f"The model package is refused: it has {sum(sizes.values()) / 1e9:.1f} GB, and "
            f"{PACKAGE_BYTES / 1e9:g} GB is the most."
        )


@contextmanager
def open_file(folder: Path, name: str, size: int) -> Iterator[BinaryIO]:
    """Open a file of a package that has ``size`` bytes, for reading.

    Raises
    ------
    UserError
        If it is gone, is a link or device by now, has another size, or cannot be read.
    """
    try:
        number = os.open(folder / name, os.O_RDONLY | _NO_LINKS)
    except OSError as error:
        if error.errno == errno.ELOOP:
            raise UserError(
                f"The model package is refused: its file '{name}' is a link to another place."
            ) from error
        raise UserError(f"The model's file '{name}' cannot be read.", str(error)) from error
    with os.fdopen(number, "rb") as file:
        found = os.fstat(file.fileno())
        if not stat.S_ISREG(found.st_mode) or found.st_size != size:
            raise UserError(
                f"The model's file '{name}' is not as long as its manifest says; copy the package again."
            )
        try:
            yield file
        except OSError as error:
            raise UserError(f"The model's file '{name}' cannot be read.", str(error)) from error


def chunks(file: BinaryIO, size: int) -> Iterator[bytes]:
    """Yield the ``size`` bytes of an open file piece by piece, never more."""
    left = size
    while left > 0:
        chunk = file.read(min(CHUNK, left))
        if not chunk:
            return
        left -= len(chunk)
        yield chunk


def _entries(folder: Path) -> list[os.DirEntry[str]]:
    """List a folder, at most a little more than a package can have."""
    entries = []
    try:
        with os.scandir(folder) as found:
            for entry in found:
                entries.append(entry)  # a folder of millions of files is not read to its end
                if len(entries) > 2 * FILES:
                    break
    except OSError as error:
        raise UserError(f"There is no readable model package at '{folder}'.", str(error)) from error
    return sorted(entries, key=lambda entry: entry.name)
