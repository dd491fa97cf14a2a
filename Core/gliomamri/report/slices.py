"""Slices of a volume for a picture: in the plane of acquisition, in radiological view, with the edge named."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import SimpleITK as sitk

_LEFT_EDGE = ("R", "R", "A")
"""What lies at the left edge of axial, coronal and sagittal slices in radiological view."""


@dataclass(frozen=True)
class Slice:
    """One slice.

    Attributes
    ----------
    pixels : ndarray of shape (rows, columns)
        Head or anterior side on top.
    aspect : float
        Pixel height over pixel width.
    left_edge : str
        Side of the patient at the left edge: R, or A in sagittal slices.
    """

    pixels: np.ndarray
    aspect: float
    left_edge: str


def slices_for_display(image: sitk.Image, count: int = 3) -> list[Slice]:
    """Cut slices in the plane in which the image was acquired.

    Parameters
    ----------
    image : SimpleITK.Image
        3-D scalar image of any orientation, whose third axis runs through the slices. Axes are permuted and flipped
        to the nearest patient axes, not resampled.
    count : int
        How many slices, spread over the part that is not empty.
    """
    through = int(np.argmax(np.abs(np.array(image.GetDirection()).reshape(3, 3)[:, 2])))
    oriented = sitk.DICOMOrient(image, "LPS")
    array = sitk.GetArrayFromImage(oriented)
    spacing = oriented.GetSpacing()[::-1]
    axis = 2 - through  # arrays are (z, y, x)
    row, column = (a for a in range(3) if a != axis)
    filled = np.flatnonzero(np.any(array != 0, axis=(row, column)))
    first, last = (filled[0], filled[-1]) if filled.size else (0, array.shape[axis] - 1)
    chosen = sorted({round(first + (last - first) * (i + 1) / (count + 1)) for i in range(count)})
    cuts = [np.take(array, index, axis) for index in chosen]
    if axis != 0:  # rows run along z: put the head on top
        cuts = [cut[::-1] for cut in cuts]
    return [Slice(cut, spacing[row] / spacing[column], _LEFT_EDGE[axis]) for cut in cuts]
