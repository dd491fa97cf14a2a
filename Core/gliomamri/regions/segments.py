"""Regions as boolean arrays on the grid of a map."""

from __future__ import annotations

import numpy as np
import SimpleITK as sitk

from gliomamri.imaging.geometry import same_grid
from gliomamri.study import Segments


def segment_masks(segments: Segments, grid: sitk.Image) -> tuple[dict[str, np.ndarray], bool]:
    """Give each segment as a mask on the grid of an image.

    Parameters
    ----------
    segments : Segments
        Named regions, on any grid.
    grid : SimpleITK.Image
        The image whose voxels are asked about.

    Returns
    -------
    masks : dict of str to ndarray of bool, shape (z, y, x) of ``grid``
        One per named segment, empty ones included.
    resampled : bool
        True when the segments were on another grid and had to be resampled (nearest neighbor).
    """
    resampled = not same_grid(segments.image, grid)
    image = segments.image
    if resampled:
        image = sitk.Resample(image, grid, sitk.Transform(), sitk.sitkNearestNeighbor, 0)
    labels = sitk.GetArrayViewFromImage(image)
    masks: dict[str, np.ndarray] = {}
    for value, name in segments.names.items():
        masks[_unused(name, masks)] = labels == value
    return masks, resampled


def _unused(name: str, taken: dict[str, np.ndarray]) -> str:
    """Number the second and later segments of one name, so that none is lost."""
    count, unused = 2, name
    while unused in taken:
        count, unused = count + 1, f"{name} ({count})"
    return unused
