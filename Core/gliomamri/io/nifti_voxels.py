"""Voxels of NIfTI files that are no number, found in the file itself.

The NIfTI library that ITK reads with turns NaN and infinity into 0 without a word, so they have to be counted
before it does. Source: NIfTI-1.1 (nifti1.h, 2007): voxels follow the header with x fastest, volume by volume.
"""

from __future__ import annotations

import math
from pathlib import Path

import numpy as np

from gliomamri.io.nifti_header import (
    CHUNK,
    NiftiHeader,
    check_complete,
    check_length,
    drain,
    opened,
    read_header,
)

_FLOAT_TYPES = {16: "f4", 64: "f8"}
"""NIfTI datatype codes of real numbers."""


def check_voxels(path: Path) -> tuple[NiftiHeader, tuple[int, ...]]:
    """Check as :func:`gliomamri.io.nifti_header.check_complete` and count voxels without a number on the way.

    The file is read (and decompressed) once; the voxels of an uncompressed file of integers are not read at all.

    Returns
    -------
    NiftiHeader
        The header.
    tuple of int
        Voxels that are NaN or infinite as stored, one count per 3-D volume; empty for a file of integers.

    Raises
    ------
    IncompleteFileError
        If the file is truncated or damaged.
    """
    header = read_header(path)
    if header.datatype not in _FLOAT_TYPES or 0 in header.shape:
        return check_complete(path), ()
    kind = np.dtype(header.order + _FLOAT_TYPES[header.datatype])
    size = math.prod(header.shape[:3])
    counts: dict[int, int] = {}
    left = math.prod(header.shape) * kind.itemsize
    with opened(path) as file:
        length = len(file.read(header.offset))
        while chunk := file.read(min(CHUNK, left)):
            first = (length - header.offset) // kind.itemsize
            values = np.frombuffer(chunk, kind, count=len(chunk) // kind.itemsize)
            finite = np.isfinite(values)
            if not finite.all():
                volumes, found = np.unique((first + np.flatnonzero(~finite)) // size, return_counts=True)
                for volume, count in zip(volumes.tolist(), found.tolist(), strict=True):
                    counts[volume] = counts.get(volume, 0) + count
            length += len(chunk)
            left -= len(chunk)
        length += drain(file)
    check_length(length, header)
    return header, tuple(counts.get(volume, 0) for volume in range(math.prod(header.shape[3:])))
