"""Regions as boolean arrays on the grid of a map."""

from __future__ import annotations

from collections.abc import Container, Sequence

import numpy as np
import SimpleITK as sitk

from gliomamri.imaging.geometry import same_grid
from gliomamri.study import Segments


def segment_masks(layers: Sequence[Segments], grid: sitk.Image) -> tuple[dict[str, np.ndarray], bool]:
    """Give each segment as a mask on the grid of an image.

    Parameters
    ----------
    layers : sequence of Segments
        Named regions, on any grids; regions of different layers may overlap.
    grid : SimpleITK.Image
        The image whose voxels are asked about.

    Returns
    -------
    masks : dict of str to ndarray of bool, shape (z, y, x) of ``grid``
        One per named segment, empty ones included; of two with one name the second is called ``name (2)``.
    resampled : bool
        True when the segments were on another grid and had to be resampled (nearest neighbor).
    """
    masks: dict[str, np.ndarray] = {}
    resampled = False
    for layer in layers:
        image = layer.image
        if not same_grid(image, grid):
            image = sitk.Resample(image, grid, sitk.Transform(), sitk.sitkNearestNeighbor, 0)
            resampled = True
        labels = sitk.GetArrayViewFromImage(image)
        for value, name in layer.names.items():
            masks[unused_name(name, masks)] = labels == value
    return masks, resampled


def unused_name(name: str, taken: Container[str]) -> str:
    """Number the second and later regions of one name, ``Edema (2)``, so that none is lost."""
    count, unused = 2, name
    while unused in taken:
        count, unused = count + 1, f"{name} ({count})"
    return unused
