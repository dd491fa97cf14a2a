"""Unpacking a zip file of unknown origin.

Everything that its table of contents says is checked before a byte is unpacked, and what comes out is counted: names,
links, devices, passwords, sizes, the ratio of a zip bomb, files that overlap. Source: PKWARE APPNOTE 6.3.10.

Used by :mod:`gliomamri.modelstore.importing`; tested by Testing/unit/modelstore/test_malicious_archives.py.
"""

from __future__ import annotations

import stat
import zipfile
import zlib
from pathlib import Path

from gliomamri.errors import UserError
from gliomamri.io.new_files import check_free_space, write_error
from gliomamri.modelstore.files import CHUNK, check_sizes
from gliomamri.modelstore.limits import (
    ARCHIVE_LISTING_BYTES,
    ARCHIVE_RATIO,
    ARCHIVE_RATIO_FROM,
    FILES,
    NAME_CHARACTERS,
    PACKAGE_BYTES,
)
from gliomamri.modelstore.names import check_names, is_litter

_END, _END64_LOCATOR = b"PK\x05\x06", b"PK\x06\x07"
_END_BYTES, _LOCATOR_BYTES, _LONGEST_COMMENT = 22, 20, 65535
_ENCRYPTED = 0x1


def unpack(archive: Path, folder: Path) -> None:
    """Unpack a zip file of a model package into an empty folder; the files lie at its top, or in one folder.

    Raises
    ------
    UserError
        If it is no zip file, is damaged, or holds anything a package must not; ``folder`` may hold files then.
    """
    try:
        _check_listing_size(archive)
        with zipfile.ZipFile(archive) as opened:
            files = _checked(opened, archive.stat().st_size)
            check_free_space(folder.parent, sum(info.file_size for info in files.values()))
            for name, info in files.items():
                _unpack_file(opened, info, folder / name)
    except (zipfile.BadZipFile, zlib.error, EOFError, NotImplementedError, RuntimeError, ValueError) as error:
        raise UserError(
            f"The file '{archive.name}' is no readable zip file; it is damaged.", str(error)
        ) from error
    except OSError as error:
        raise UserError(f"The file '{archive.name}' cannot be read.", str(error)) from error


def _check_listing_size(archive: Path) -> None:
    """Look at the end of the file for the size of the table of contents, which is read into memory as a whole."""
    if not archive.is_file():
        raise UserError(f"There is no model package at '{archive}'; name a folder or a zip file.")
    size = archive.stat().st_size
    if size > PACKAGE_BYTES:
        raise UserError(
            f"The file '{archive.name}' has {size / 1e9:.1f} GB, and {PACKAGE_BYTES / 1e9:g} GB is the most."
        )
    tail = _LOCATOR_BYTES + _END_BYTES + _LONGEST_COMMENT
    with archive.open("rb") as file:
        file.seek(max(0, size - tail))
        end = file.read(tail)
    place = end.rfind(_END)
    if place < 0 or len(end) - place < _END_BYTES:
        raise UserError(f"The file '{archive.name}' is no readable zip file; it is damaged.")
    listing = int.from_bytes(end[place + 12 : place + 16], "little")
    is_64 = end[max(0, place - _LOCATOR_BYTES) : place].startswith(_END64_LOCATOR)
    if is_64 or listing > ARCHIVE_LISTING_BYTES:
        raise UserError(f"The file '{archive.name}' is refused: it lists far more files than a model has.")


def _checked(opened: zipfile.ZipFile, archive_size: int) -> dict[str, zipfile.ZipInfo]:
    """Return what is to be unpacked, by name in the package."""
    infos = [
        info for info in opened.infolist() if not is_litter(_base(info)) and not is_litter(info.filename)
    ]
    for info in infos:
        _check_kind(info)
    infos = [info for info in infos if not info.is_dir()]
    if len(infos) > FILES:
        raise UserError(f"The model package is refused: it has more than {FILES} files.")
    names = _without_top([info.filename for info in infos])
    check_names(names)
    files = dict(zip(names, infos, strict=True))
    for name, info in files.items():
        if info.file_size > ARCHIVE_RATIO_FROM and info.file_size > ARCHIVE_RATIO * max(
            info.compress_size, 1
        ):
            raise UserError(
                f"The model package is refused: '{name}' grows {info.file_size / max(info.compress_size, 1):.0f}-fold "
                "when unpacked, as a zip bomb does."
            )
    if sum(info.compress_size for info in infos) > archive_size:
        raise UserError("The model package is refused: its files overlap in the zip file, as in a zip bomb.")
    check_sizes({name: info.file_size for name, info in files.items()})
    return files


def _check_kind(info: zipfile.ZipInfo) -> None:
    shown = info.orig_filename[:NAME_CHARACTERS]
    if "\x00" in info.orig_filename:
        raise UserError(f"The model package is refused: the name of its file {shown!r} is cut by a zero.")
    mode = info.external_attr >> 16
    if stat.S_ISLNK(mode):
        raise UserError(f"The model package is refused: its file '{shown}' is a link to another place.")
    if stat.S_IFMT(mode) and not (stat.S_ISREG(mode) or stat.S_ISDIR(mode)):
        raise UserError(f"The model package is refused: its file '{shown}' is no ordinary file.")
    if info.flag_bits & _ENCRYPTED:
        raise UserError("The model package is refused: its zip file is locked with a password.")
    if info.compress_type not in (zipfile.ZIP_STORED, zipfile.ZIP_DEFLATED):
        raise UserError(
            "The model package is refused: its zip file is packed in an unusual way; zip it again."
        )


def _without_top(names: list[str]) -> list[str]:
    """Take away the one folder that all files lie in, if they do; ``..`` is never taken for one."""
    tops = {name.partition("/")[0] for name in names}
    if len(tops) != 1 or not all("/" in name for name in names) or tops & {"", ".", ".."} or ":" in min(tops):
        return names
    return [name.partition("/")[2] for name in names]


def _base(info: zipfile.ZipInfo) -> str:
    return info.filename.rstrip("/").rpartition("/")[2]


def _unpack_file(opened: zipfile.ZipFile, info: zipfile.ZipInfo, target: Path) -> None:
    """Unpack one file piece by piece; never more than its table of contents said."""
    written = 0
    with opened.open(info) as packed:
        try:
            with target.open("xb") as file:
                while chunk := packed.read(CHUNK):
                    written += len(chunk)
                    if written > info.file_size:
                        raise UserError(
                            "The model package is refused: a file is longer than its zip file says."
                        )
                    file.write(chunk)
        except OSError as error:
            raise write_error(error, target.parent.parent) from error
    if written != info.file_size:
        raise zipfile.BadZipFile(f"{info.filename}: {written} of {info.file_size} bytes")
