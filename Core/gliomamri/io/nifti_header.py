"""The few fields of a NIfTI header that tell whether the file is complete and how its numbers are scaled.

ITK reads a truncated NIfTI file without complaint and leaves the missing voxels zero or undefined, so the length
is checked here. Source: NIfTI-1.1 (nifti1.h, 2007) and NIfTI-2 (nifti2.h, 2011) header layouts.
"""

from __future__ import annotations

import contextlib
import gzip
import math
import struct
import zlib
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import BinaryIO

CHUNK = 1 << 20
"""Bytes that are read at once."""

_LONGEST = 540


class IncompleteFileError(Exception):
    """The file is damaged or shorter than its header says."""


@dataclass(frozen=True)
class NiftiHeader:
    """What the header says of the voxel data.

    Attributes
    ----------
    shape : tuple of int
        Sizes along all dimensions, x first.
    datatype : int
        NIfTI code of the stored number type (4: int16, 512: uint16, 2: uint8 ...).
    bits : int
        Bits per voxel.
    offset : int
        Byte at which the voxels start.
    slope, intercept : float
        Value = slope * stored + intercept; slope 0 means unscaled.
    order : str
        Byte order as :mod:`struct` writes it: "<" or ">".
    """

    shape: tuple[int, ...]
    datatype: int
    bits: int
    offset: int
    slope: float
    intercept: float
    order: str

    @property
    def file_length(self) -> int:
        """Bytes the (uncompressed) file must have at least."""
        return self.offset + math.prod(self.shape) * self.bits // 8


def is_nifti(path: Path) -> bool:
    """Tell by its name whether the file is a single-file NIfTI."""
    return path.name.lower().endswith((".nii", ".nii.gz"))


def check_complete(path: Path) -> NiftiHeader:
    """Read the header and make sure that all voxels are there.

    A compressed file is decompressed once, chunk by chunk, which also verifies its checksum.

    Raises
    ------
    IncompleteFileError
        If the file is truncated or damaged.
    """
    header = read_header(path)
    if not is_compressed(path):
        check_length(path.stat().st_size, header)
        return header
    with opened(path) as file:
        check_length(drain(file), header)
    return header


def read_header(path: Path) -> NiftiHeader:
    """Read the header only.

    Raises
    ------
    IncompleteFileError
        If there is none.
    """
    with opened(path) as file:
        return parse_header(file.read(_LONGEST))


def check_length(length: int, header: NiftiHeader) -> None:
    """Raise IncompleteFileError if the uncompressed file has fewer bytes than its header says."""
    if length < header.file_length:
        raise IncompleteFileError(f"{length} bytes of {header.file_length}")


@contextlib.contextmanager
def opened(path: Path) -> Iterator[BinaryIO]:
    """Open a file, decompressed where it is compressed; what is damaged in it raises IncompleteFileError."""
    try:
        with gzip.open(path, "rb") if is_compressed(path) else path.open("rb") as file:
            yield file
    except (EOFError, zlib.error, gzip.BadGzipFile) as error:
        raise IncompleteFileError(str(error)) from error


def drain(file: BinaryIO) -> int:
    """Read to the end, which verifies the checksum of a compressed file; give the number of bytes."""
    length = 0
    while chunk := file.read(CHUNK):
        length += len(chunk)
    return length


def is_compressed(path: Path) -> bool:
    """Tell by its first bytes whether a file is compressed (gzip)."""
    with path.open("rb") as file:
        return file.read(2) == b"\x1f\x8b"


def parse_header(start: bytes) -> NiftiHeader:
    """Read a header from the first bytes of an uncompressed file.

    Raises
    ------
    IncompleteFileError
        If the bytes are no NIfTI header.
    """
    for order in "<>":
        size = struct.unpack(order + "i", start[:4])[0] if len(start) >= 4 else 0
        if size == 348 and len(start) >= 348:
            dim = struct.unpack_from(order + "8h", start, 40)
            datatype, bits = struct.unpack_from(order + "2h", start, 70)
            offset, slope, intercept = struct.unpack_from(order + "3f", start, 108)
            return _header(dim, datatype, bits, max(offset, size), slope, intercept, order)
        if size == 540 and len(start) >= 540:
            datatype, bits = struct.unpack_from(order + "2h", start, 12)
            dim = struct.unpack_from(order + "8q", start, 16)
            offset = struct.unpack_from(order + "q", start, 168)[0]
            slope, intercept = struct.unpack_from(order + "2d", start, 176)
            return _header(dim, datatype, bits, max(offset, size), slope, intercept, order)
    raise IncompleteFileError("no NIfTI header")


def _header(
    dim: tuple[int, ...],
    datatype: int,
    bits: int,
    offset: float,
    slope: float,
    intercept: float,
    order: str,
) -> NiftiHeader:
    count = dim[0]
    if not 1 <= count <= 7 or any(size < 0 for size in dim[1 : count + 1]):
        raise IncompleteFileError(f"impossible sizes {dim}")
    if not math.isfinite(offset):
        raise IncompleteFileError(f"voxels start at byte {offset}")
    return NiftiHeader(tuple(dim[1 : count + 1]), datatype, bits, int(offset), slope, intercept, order)
