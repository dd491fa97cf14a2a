"""Transforms of a result as files that ITK, SimpleITK and Slicer read, and as exact matrices in ``result.json``.

Direction: the file says, as ITK's resampling does, where a point of the FIXED image lies in the MOVING image, in mm
and LPS. ``SimpleITK.Resample(moving, fixed, transform)`` thus puts the moving image onto the fixed one; Slicer reads
the file as a transform that, applied to the moving image, does the same.

Called by :mod:`gliomamri.io.results`; tested by Testing/unit/io/test_result_kinds.py.
"""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import Any

import numpy as np

from gliomamri.io.new_files import write_text
from gliomamri.result import Transform

_DIRECTION = "from a point of the fixed image to the same point of the moving image, in mm, LPS"
_SMALLEST_VOLUME = 1e-12
"""Determinant below which a transform cannot be inverted: it would flatten space."""


def check_transform(transform: Transform) -> None:
    """Make sure that a matrix is affine and can be inverted.

    Raises
    ------
    ValueError
        If it is not: an error in the task.
    """
    matrix = np.asarray(transform.matrix, dtype=float)
    if matrix.shape != (4, 4) or not np.isfinite(matrix).all():
        raise ValueError(f"transform {transform.name!r} needs 4 x 4 finite numbers")
    if not np.array_equal(matrix[3], (0, 0, 0, 1)):
        raise ValueError(f"the last row of transform {transform.name!r} must be 0 0 0 1, not {matrix[3]}")
    if abs(np.linalg.det(matrix[:3, :3])) < _SMALLEST_VOLUME:
        raise ValueError(f"transform {transform.name!r} cannot be inverted")


def write_transform(transform: Transform, folder: Path) -> dict[str, Any]:
    """Write ``NAME.tfm`` into a folder and give the entry for ``result.json``.

    Raises
    ------
    UserError
        If the file cannot be written.
    """
    matrix = np.asarray(transform.matrix, dtype=float)
    numbers = [*matrix[:3, :3].ravel(), *matrix[:3, 3]]
    lines = (
        "#Insight Transform File V1.0",
        f"# fixed: {transform.fixed}, moving: {transform.moving}; {_DIRECTION}",
        "#Transform 0",
        "Transform: AffineTransform_double_3_3",
        f"Parameters: {' '.join(repr(float(number)) for number in numbers)}",
        "FixedParameters: 0 0 0",
    )
    write_text("\n".join(lines) + "\n", folder / f"{transform.name}.tfm")
    return {
        "name": transform.name,
        "file": f"transforms/{transform.name}.tfm",
        "moving": transform.moving,
        "fixed": transform.fixed,
        "direction": _DIRECTION,
        "matrix": matrix.tolist(),
        "description": transform.description,
    }


def read_transform(entry: Mapping[str, Any]) -> Transform:
    """Give the transform of an entry, with all digits."""
    matrix = tuple(tuple(float(number) for number in row) for row in entry["matrix"])
    return Transform(entry["name"], matrix, entry["moving"], entry["fixed"], entry["description"])
