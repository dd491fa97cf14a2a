"""Whether the images fit into memory, asked before they are read: the system ends a program that takes too much."""

from __future__ import annotations

import ctypes
import os
import re
import sys
from pathlib import Path

import SimpleITK as sitk

from gliomamri.errors import UserError
from gliomamri.io.nifti_header import IncompleteFileError, is_compressed, is_nifti, read_header

COPIES = 3
"""Times the size of the images that a task takes: reading them, a copy for the job, the fit."""

_MOST_COMPRESSED = 1100
"""Deflate never makes data smaller than by this factor (1032); a file that claims more is damaged."""
_DETACHED = (".nhdr", ".mhd")


def check_memory(needed: int) -> None:
    """Make sure that images of ``needed`` bytes can be read and worked on.

    Raises
    ------
    UserError
        If the memory that is free is less than :data:`COPIES` times that. Nothing where it is unknown.
    """
    available = available_memory()
    if available is not None and COPIES * needed > available:
        raise UserError(
            f"The images need about {_gigabytes(COPIES * needed)} of memory, but {_gigabytes(available)} are free; "
            "close other programs, or choose fewer or smaller images.",
            f"{needed} bytes of images",
        )


def available_memory() -> int | None:
    """Bytes of memory that a program can still take; on macOS all there is; None when unknown."""
    try:
        if sys.platform == "win32":
            return _available_on_windows()
        if sys.platform == "darwin":
            return os.sysconf("SC_PHYS_PAGES") * os.sysconf("SC_PAGE_SIZE")
        found = re.search(r"^MemAvailable: +(\d+) kB", Path("/proc/meminfo").read_text(), re.MULTILINE)
    except (OSError, ValueError, AttributeError):
        return None
    return int(found[1]) * 1024 if found else None


def image_bytes(path: Path) -> int:
    """Bytes of a file's voxels in memory, by its header; 0 when it cannot be read, which reading it will tell."""
    reader = sitk.ImageFileReader()
    reader.SetFileName(str(path))
    try:
        if is_nifti(path) and _is_cut_off(path):
            return 0
        reader.ReadImageInformation()
        voxel = sitk.Image([1, 1, 1], reader.GetPixelID(), max(reader.GetNumberOfComponents(), 1))
        size = voxel.GetSizeOfPixelComponent() * voxel.GetNumberOfComponentsPerPixel()
        for length in reader.GetSize():
            size *= length
        if path.suffix.lower() not in _DETACHED and size > _MOST_COMPRESSED * path.stat().st_size:
            return 0
    except (OSError, RuntimeError, IncompleteFileError):
        return 0
    return size


def _is_cut_off(path: Path) -> bool:
    return not is_compressed(path) and path.stat().st_size < read_header(path).file_length


def _gigabytes(count: int) -> str:
    return f"{count / 1e9:.1f} GB"


def _available_on_windows() -> int | None:
    """Ask GlobalMemoryStatusEx (Windows API, sysinfoapi.h) for the physical memory that is free."""

    class Status(ctypes.Structure):
        _fields_ = (
            ("dwLength", ctypes.c_uint32),
            ("dwMemoryLoad", ctypes.c_uint32),
            *((name, ctypes.c_uint64) for name in (
                "ullTotalPhys", "ullAvailPhys", "ullTotalPageFile", "ullAvailPageFile", "ullTotalVirtual",
                "ullAvailVirtual", "ullAvailExtendedVirtual",
            )),
        )  # fmt: skip

    status = Status(dwLength=ctypes.sizeof(Status))
    if not ctypes.windll.kernel32.GlobalMemoryStatusEx(ctypes.byref(status)):
        return None
    return int(status.ullAvailPhys)
