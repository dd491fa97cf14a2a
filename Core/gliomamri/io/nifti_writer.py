"""Write NIfTI-1 files quickly, always with the same bytes for the same image.

Beside :func:`gliomamri.io.images.write_image` (ITK's writer), this one stores signals as scaled integers, as scanners
do, and compresses at the fastest level without a time stamp or a file name, several times faster. It is for cohorts
of thousands of files; the caller makes the folder visible when all are there.

Source: NIfTI-1.1 (nifti1.h, 2007): header layout, method 2 (qform) and method 3 (sform), scl_slope, vector intent.

Tested by Testing/unit/io/test_nifti_writer.py.
"""

from __future__ import annotations

import struct
import zlib
from collections.abc import Sequence
from pathlib import Path

import numpy as np
import SimpleITK as sitk
from numpy.typing import NDArray

from gliomamri.io.new_files import write_error

_LEVEL = 1
"""Of zlib: higher levels take several times longer for a tenth of the size."""
_GZIP = 31  # window bits: 32 KiB, gzip header without time and name
_CHUNK = 1 << 22
_OFFSET = 352
_LARGEST = 32767
_STEPS = 16383
"""Largest stored integer of a scaled signal: finer than any scanner's, far from the ends that look like clipping."""
_KEPT_BITS = np.uint32(0xFFFFF000)
"""Sign, exponent and 11 bits of the fraction of a float32: a relative error of at most 2^-12."""
_HALF_STEP = np.uint32(0x800)
_STEPS_PER_MM = np.float32(128)
_DATATYPES = {"uint8": 2, "int16": 4, "int32": 8, "float32": 16, "uint16": 512}
_VECTOR = 1007


def write_signals(images: Sequence[sitk.Image], path: Path) -> None:
    """Write acquired images as integers of 16 bits.

    Images of whole numbers stay exact; others get a scale (``slope * integer``) with an error of at most 1/32766 of the
    largest magnitude, far below the noise of any scanner.

    Parameters
    ----------
    images : sequence of SimpleITK.Image
        3-D images on one grid; several make a 4-D file.
    path : pathlib.Path
        Ends in ``.nii.gz``.

    Raises
    ------
    UserError
        If the file cannot be written.
    ValueError
        If a voxel is NaN or infinite: an error in the caller.
    """
    arrays = [_array(image) for image in images]
    peak = max(float(np.abs(array).max(initial=0.0)) for array in arrays)
    slope = np.float32(1.0)
    if peak > _LARGEST or not all(np.array_equal(array, np.rint(array)) for array in arrays):
        slope = np.float32(peak / _STEPS)
    stored = [np.rint(array * np.float32(1.0 / slope)).astype(np.int16) for array in arrays]
    _write(np.stack(stored) if len(stored) > 1 else stored[0], images[0], path, slope=float(slope))


def write_quantity(image: sitk.Image, path: Path) -> None:
    """Write a 3-D map as float32, each value within a relative error of 2^-12, so that it compresses well.

    Raises
    ------
    UserError, ValueError
        As :func:`write_signals`.
    """
    _write(rounded(_array(image)), image, path)


def write_labels(image: sitk.Image, path: Path) -> None:
    """Write a 3-D label map or mask as unsigned integers of 8 or 16 bits.

    Raises
    ------
    UserError
        As :func:`write_signals`.
    ValueError
        If a label is negative or above 65535.
    """
    array = sitk.GetArrayViewFromImage(image)
    low, high = int(array.min()), int(array.max())
    if low < 0 or high > np.iinfo(np.uint16).max:
        raise ValueError(f"labels from {low} to {high} do not fit into 16 bits")
    _write(array.astype(np.uint8 if high < 256 else np.uint16), image, path)


def write_vectors(image: sitk.Image, path: Path) -> None:
    """Write a field of vectors (mm, components along x, y, z in LPS, as ITK keeps them) with the vector intent.

    Components are rounded to 1/128 mm.

    Raises
    ------
    UserError, ValueError
        As :func:`write_signals`.
    """
    array = sitk.GetArrayViewFromImage(image).astype(np.float32, copy=False)
    if not np.isfinite(array).all():
        raise ValueError("the field holds NaN or infinity")
    array = np.rint(array * _STEPS_PER_MM) / _STEPS_PER_MM
    _write(np.moveaxis(array, -1, 0)[:, None], image, path, intent=_VECTOR)


def rounded(array: NDArray[np.float32]) -> NDArray[np.float32]:
    """Round float32 values to 12 significant bits (relative error at most 2^-12); 0 stays 0."""
    bits = np.ascontiguousarray(array, np.float32).view(np.uint32)
    return ((bits + _HALF_STEP) & _KEPT_BITS).view(np.float32)


def _array(image: sitk.Image) -> NDArray[np.float32]:
    array = sitk.GetArrayViewFromImage(image).astype(np.float32, copy=False)
    if not np.isfinite(array).all():
        raise ValueError("the image holds NaN or infinity")
    return array


def _write(array: np.ndarray, grid: sitk.Image, path: Path, *, slope: float = 1.0, intent: int = 0) -> None:
    """Write an array ([components, [time,]] z, y, x) with the geometry of ``grid``."""
    header = _header(array, grid, slope, intent)
    voxels = memoryview(np.ascontiguousarray(array, array.dtype.newbyteorder("<"))).cast("B")
    packer = zlib.compressobj(_LEVEL, zlib.DEFLATED, _GZIP)
    try:
        with path.open("wb") as file:
            file.write(packer.compress(header))
            for start in range(0, len(voxels), _CHUNK):
                file.write(packer.compress(voxels[start : start + _CHUNK]))
            file.write(packer.flush())
    except OSError as error:
        raise write_error(error, path.parent) from error


def _header(array: np.ndarray, grid: sitk.Image, slope: float, intent: int) -> bytes:
    """NIfTI-1 header of 348 bytes and an empty extension mark."""
    sizes = [*array.shape[::-1], 1, 1, 1, 1][:7]
    matrix = _ras_matrix(grid)
    spacing = np.asarray(grid.GetSpacing())
    quaternion, handedness = _quaternion(matrix[:, :3] / spacing)
    header = struct.pack("<i35xb", 348, 0)
    header += struct.pack("<8h", array.ndim, *sizes)
    header += struct.pack("<3f4h", 0, 0, 0, intent, _DATATYPES[array.dtype.name], array.dtype.itemsize * 8, 0)
    header += struct.pack("<8f", handedness, *spacing, 1, 1, 1, 1)
    header += struct.pack("<3fhbb4f2i", _OFFSET, slope, 0, 0, 0, 2, 0, 0, 0, 0, 0, 0)  # 2: lengths in mm
    header += struct.pack("<80s24s", b"GliomaMRI: simulated, not a real patient", b"")
    header += struct.pack("<2h3f3f", 1, 1, *quaternion, *matrix[:, 3])
    header += struct.pack("<12f", *matrix.ravel())
    return header + struct.pack("<16s4s4x", b"", b"n+1\0")


def _ras_matrix(grid: sitk.Image) -> NDArray[np.float64]:
    """Index to position in mm, RAS as NIfTI wants it, shape (3, 4); SimpleITK is LPS."""
    steps = np.reshape(grid.GetDirection(), (3, 3)) * np.asarray(grid.GetSpacing())
    return np.diag([-1.0, -1.0, 1.0]) @ np.column_stack([steps, grid.GetOrigin()])


def _quaternion(axes: NDArray[np.float64]) -> tuple[tuple[float, float, float], float]:
    """Components b, c, d of the axes' rotation and -1 where the third axis has to be turned around (qfac)."""
    from scipy.spatial.transform import Rotation

    handedness = 1.0 if np.linalg.det(axes) > 0 else -1.0
    b, c, d, _ = Rotation.from_matrix(axes * [1, 1, handedness]).as_quat(canonical=True)
    return (b, c, d), handedness
