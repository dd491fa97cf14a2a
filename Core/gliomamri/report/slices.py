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
    cuts = _Cuts.of(image)
    filled = np.flatnonzero(np.any(cuts.array != 0, axis=cuts.plane))
    first, last = (filled[0], filled[-1]) if filled.size else (0, cuts.array.shape[cuts.axis] - 1)
    chosen = sorted({round(first + (last - first) * (i + 1) / (count + 1)) for i in range(count)})
    return [cuts.cut(index) for index in chosen]


def slices_of_regions(image: sitk.Image, labels: sitk.Image, count: int = 3) -> list[tuple[Slice, Slice]]:
    """Cut an image and a label map on the same grid where the regions are.

    Parameters
    ----------
    image, labels : SimpleITK.Image
        3-D, on one grid.
    count : int
        How many slices: those at which the regions' voxels, counted through the stack, reach 1, 2, ... of
        ``count + 1`` equal parts, so that each holds some of them. The middle slice where there is no region.
    """
    anatomy, regions = _Cuts.of(image), _Cuts.of(labels)
    area = np.count_nonzero(regions.array, axis=regions.plane)
    chosen = [len(area) // 2]
    if area.any():
        shares = area.sum() * np.arange(1, count + 1) / (count + 1)
        chosen = sorted({int(index) for index in np.searchsorted(np.cumsum(area), shares)})
    return [(anatomy.cut(index), regions.cut(index)) for index in chosen]


@dataclass(frozen=True)
class _Cuts:
    """An image turned to the nearest patient axes, and the array axis that runs through its slices."""

    array: np.ndarray
    spacing: tuple[float, ...]
    axis: int

    @staticmethod
    def of(image: sitk.Image) -> _Cuts:
        through = int(np.argmax(np.abs(np.array(image.GetDirection()).reshape(3, 3)[:, 2])))
        oriented = sitk.DICOMOrient(image, "LPS")
        # arrays are (z, y, x)
        return _Cuts(sitk.GetArrayFromImage(oriented), oriented.GetSpacing()[::-1], 2 - through)

    @property
    def plane(self) -> tuple[int, int]:
        """Array axes of rows and columns."""
        row, column = (axis for axis in range(3) if axis != self.axis)
        return row, column

    def cut(self, index: int) -> Slice:
        row, column = self.plane
        pixels = np.take(self.array, index, self.axis)
        if self.axis != 0:  # rows run along z: put the head on top
            pixels = pixels[::-1]
        return Slice(pixels, self.spacing[row] / self.spacing[column], _LEFT_EDGE[self.axis])
