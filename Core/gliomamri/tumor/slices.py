"""The tumor slice by slice: probability and area, and where each slice lies.

Called by the tasks ``segment`` and ``detect``; tested by Testing/unit/tumor/test_slices.py.
"""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
import SimpleITK as sitk
from numpy.typing import NDArray

from gliomamri.tumor.grids import slice_axis

POSITION_UNITS = {"R": "mm", "A": "mm", "S": "mm"}


def array_axis(axis: int) -> int:
    """Return the axis of an array (z, y, x) for one of an image (x, y, z), and the reverse."""
    return 2 - axis


def slice_positions(image: sitk.Image, axis: int, numbers: Sequence[int]) -> dict[str, list[float]]:
    """Return where the middles of slices lie, mm in the scene's RAS.

    Parameters
    ----------
    image : SimpleITK.Image
    axis : int
        Of the image (x, y, z) that counts the slices.
    numbers : sequence of int
        From 0.
    """
    index = (np.array(image.GetSize(), float) - 1) / 2
    places = []
    for number in numbers:
        index[axis] = number
        x, y, z = image.TransformContinuousIndexToPhysicalPoint(index.tolist())
        places.append((-x, -y, z))
    columns = np.array(places).reshape(-1, 3)
    return {name: [round(float(v), 3) for v in columns[:, place]] for place, name in enumerate("RAS")}


def slice_numbers(grid: sitk.Image, reference: sitk.Image, numbers: Sequence[int]) -> list[int]:
    """Return the numbers, from 1, of a grid's slices in the reference's own count, where they are its slices.

    Parameters
    ----------
    grid : SimpleITK.Image
        Its last axis counts the slices.
    reference : SimpleITK.Image
    numbers : sequence of int
        Of the grid's slices, from 0; counted by the grid where its slices are not those of the reference.
    """
    axis = slice_axis(reference)
    index = (np.array(grid.GetSize(), float) - 1) / 2
    found = []
    for number in numbers:
        index[2] = number
        place = grid.TransformContinuousIndexToPhysicalPoint(index.tolist())
        found.append(reference.TransformPhysicalPointToContinuousIndex(place)[axis])
    is_same = grid.GetSize()[2] == reference.GetSize()[axis] and np.allclose(found, np.rint(found), atol=0.01)
    return [round(one) + 1 for one in found] if is_same else [number + 1 for number in numbers]


def by_slice(
    probability: NDArray[np.float32], mask: NDArray[np.bool_], spacing: tuple[float, ...], axis: int
) -> dict[str, list[float]]:
    """Return per slice the largest probability, and the area of tumor that is expected and that is segmented.

    Parameters
    ----------
    probability : float array (z, y, x)
    mask : bool array (z, y, x)
        The segmentation.
    spacing : (z, y, x)
        mm.
    axis : int
        Of the array that counts the slices.

    Returns
    -------
    dict
        ``largest probability``; ``expected area``, the sum of probability times pixel area, and ``segmented area`` in
        cm2.
    """
    others = tuple(other for other in range(3) if other != axis)
    pixel = float(np.prod([spacing[other] for other in others])) / 100
    return {
        "largest probability": probability.max(axis=others).astype(float).tolist(),
        "expected area": (probability.sum(axis=others, dtype=float) * pixel).tolist(),
        "segmented area": (np.count_nonzero(mask, axis=others) * pixel).tolist(),
    }
