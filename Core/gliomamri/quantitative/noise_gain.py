"""What resampling does to the noise of a map: standard errors on the common grid.

Interpolation is linear in the voxels, so that independent noise of standard deviation s comes out with s sqrt(sum w^2),
w the weights. Their sum of squares is below 1, and far below where several fine voxels are averaged. It is measured by
sending white noise through the same resampling. Neighbors are correlated afterwards; the standard error of one voxel
is right nevertheless.

Called by :mod:`gliomamri.quantitative.task`; tested by Testing/unit/quantitative/test_noise_gain.py.
"""

from __future__ import annotations

from collections.abc import Mapping

import numpy as np
import SimpleITK as sitk

from gliomamri.imaging.geometry import image_on
from gliomamri.imaging.prepare import Prepared, to_template_chain
from gliomamri.imaging.resampling import resample
from gliomamri.imaging.rigid import Matrix
from gliomamri.regions.analysis_inputs import ERROR_ROLES

_SEED = 20
_SLICES = 8
"""Slices of the common grid that are enough to measure the gain."""


def noise_gain(image: sitk.Image, grid: sitk.Image, matrix: Matrix) -> float:
    """Measure the factor by which resampling changes the standard deviation of white noise.

    Parameters
    ----------
    image : SimpleITK.Image
        Gives the source's geometry.
    grid : SimpleITK.Image
        Gives the target's.
    matrix : 4 x 4 array
        In mm, LPS: the point p of the grid lies at ``matrix @ p`` of the image.

    Returns
    -------
    float
        Root mean square over the target's voxels inside the image; 1 where there are none.
    """
    shape = image.GetSize()[::-1]
    # An offset keeps the noise away from 0, which would count as "not measured".
    noise = np.random.default_rng(_SEED).standard_normal(shape).astype(np.float32) + np.float32(100)
    source = image_on(noise, image)
    middle, half = grid.GetDepth() // 2, _SLICES // 2
    slab = grid[:, :, max(0, middle - half) : min(grid.GetDepth(), middle + half)]
    values = sitk.GetArrayFromImage(resample(source, slab, matrix, "map"))
    inside = values[values > 50]
    return float(np.sqrt(np.mean((inside - 100.0) ** 2))) if inside.size else 1.0


def with_propagated_errors(
    prepared: Prepared, before: Mapping[str, sitk.Image], *, on_template: bool = False
) -> dict[str, sitk.Image]:
    """Give the images of a prepared study with standard errors that hold on its grid.

    Parameters
    ----------
    prepared : Prepared
    before : mapping of str to SimpleITK.Image
        Images by role as they were before; the grids of the standard errors are read.
    on_template : bool
        Whether the grid is the template's.
    """
    images = dict(prepared.study.images)
    gains: dict[str, float] = {}
    for role in ERROR_ROLES:
        if role not in images or prepared.interpolation.get(role, "none") == "none":
            continue
        move = prepared.move_of(role)
        if move.acquisition.leader not in gains:
            chain = to_template_chain(prepared, role)[1] if on_template else move.matrix
            gains[move.acquisition.leader] = noise_gain(before[role], images[role], chain)
        images[role] = images[role] * gains[move.acquisition.leader]
    return images
