"""Distances (mm) inside a head: to the brain's hull, to the ventricles, below the pial surface.

Tested by Testing/unit/phantom/anatomy/test_distances.py.
"""

from __future__ import annotations

import numpy as np
import SimpleITK as sitk
from numpy.typing import NDArray
from scipy import ndimage

from gliomamri.imaging.boxes import bounding_box
from gliomamri.phantom.anatomy.sampling import by_slabs, centered_grid, interpolate
from gliomamri.phantom.grid import FloatArray, Grid
from gliomamri.phantom.tissues import BRAIN, FLUIDS, Tissue

COARSE_STEP = 2.0
"""mm, voxel edge of the distances that an anatomy carries."""

CLOSING_RADIUS = 10.0
"""mm: sulci and fissures narrower than twice this lie inside the hull."""

DEEPEST = 6.0
"""mm, pial depths are exact up to here and equal to it beyond; cortex is hardly ever so thick."""


def signed_distance(mask: NDArray[np.bool_], step: float) -> FloatArray:
    """Return mm from each voxel center to the border of ``mask`` (z, y, x): negative inside, positive outside."""
    if not mask.any():
        return np.full(mask.shape, np.float32(1e3))
    image = sitk.GetImageFromArray(mask.view(np.uint8))
    distance = sitk.SignedMaurerDistanceMap(
        image, insideIsPositive=False, squaredDistance=False, useImageSpacing=False
    )
    result = sitk.GetArrayFromImage(distance)
    # The filter measures to the centers of the object's outermost voxels; the border is half a voxel further out.
    result -= np.float32(0.5)
    result *= np.float32(step)
    return result


def near_box(mask: NDArray[np.bool_], step: float, box: tuple[slice, slice, slice]) -> FloatArray:
    """Return :func:`signed_distance` inside ``box``; beyond it the border's value goes on."""
    inside = signed_distance(np.ascontiguousarray(mask[box]), step)
    return np.pad(inside, [(b.start, n - b.stop) for b, n in zip(box, mask.shape, strict=True)], mode="edge")


def hull_distance(brain: NDArray[np.bool_], step: float, radius: float = CLOSING_RADIUS) -> FloatArray:
    """Return mm to the hull of the brain on the coarse grid: negative inside, positive outside.

    The hull is the closing of ``brain`` (z, y, x; voxel edge ``step`` mm) by a ball of ``radius`` mm: what such a
    ball cannot reach without touching the brain.
    """
    margin = int(np.ceil((radius + 4) / step))
    padded = np.pad(brain, margin)
    grid = coarse_grid(brain.shape, step)
    room = int(np.ceil((radius + 4) / COARSE_STEP))
    wide = centered_grid(tuple(n + 2 * room for n in grid.shape), COARSE_STEP)
    reach = interpolate(signed_distance(padded, step), step, wide)
    closed = _opened_back(reach, radius)
    # Above a hollow that the ball bridges, the closing's own level lies flat: there the true distance rules.
    closed = np.maximum(closed, np.where(closed > 0, signed_distance(closed <= 0, COARSE_STEP) - 1, closed))
    closed = ndimage.gaussian_filter(closed, 1.0, truncate=2.5)
    return np.ascontiguousarray(closed[(slice(room, -room),) * 3])


def _opened_back(reach: FloatArray, radius: float) -> FloatArray:
    """Return the signed distance to the closing, from the distance ``reach`` to the brain, both at the coarse step.

    A point that is less than ``radius`` from the brain lies ``radius`` minus its distance to the surface
    ``reach = radius`` outside the closing. That surface lies between voxels: how far before the nearest voxel beyond
    it, that voxel's own reach tells.
    """
    index = ndimage.distance_transform_edt(reach < radius, return_distances=False, return_indices=True)
    position = np.indices(reach.shape, dtype=np.float32, sparse=True)
    squared = sum((p - i) ** 2 for p, i in zip(position, index, strict=True))
    to_surface = np.float32(COARSE_STEP) * np.sqrt(squared) - (reach[tuple(index)] - np.float32(radius))
    return np.where(reach < radius, np.float32(radius) - to_surface, reach).astype(np.float32)


def ventricle_distance(ventricles: NDArray[np.bool_], step: float) -> FloatArray:
    """Return mm to ``ventricles`` (z, y, x; voxel edge ``step`` mm) on the coarse grid, 0 inside."""
    return np.maximum(
        interpolate(signed_distance(ventricles, step), step, coarse_grid(ventricles.shape, step)), 0
    )


def coarse_grid(shape: tuple[int, ...], step: float) -> Grid:
    """Return the grid of the distances for an array of ``shape`` and voxel edge ``step`` mm."""
    return centered_grid(tuple(round(n * step / COARSE_STEP) for n in shape), COARSE_STEP)


def pial_depth(tissue: NDArray[np.uint8], step: float) -> NDArray[np.uint8]:
    """Return the distance from the border of brain and fluid in tenths of a mm, uint8 (z, y, x).

    In cortex it is the depth below the pial surface, in CSF and ventricles the distance from the brain; 0 elsewhere.
    The pial surface lies between cortex and anything that is no brain; half a voxel is taken off, since a voxel's
    center lies that far inside it. Exact up to 6 mm.
    """
    result = np.zeros(tissue.shape, np.uint8)
    cortex = (tissue == Tissue.CORTEX) | (tissue == Tissue.CEREBELLAR_CORTEX)
    reach = int(DEEPEST / step)
    box = bounding_box(cortex, margin=reach)
    if not cortex.any():
        return result
    outside = np.ones(256, bool)
    outside[[*BRAIN, Tissue.VENTRICLE, Tissue.CHOROID_PLEXUS]] = False
    squared = squared_distance(outside[tissue[box]], reach)
    tenths = np.clip(np.rint(10 * step * (np.sqrt(np.arange(256)) - 0.5)), 1, 255).astype(np.uint8)
    result[box] = np.where(cortex[box], tenths[squared], 0)
    brain = np.zeros(256, bool)
    brain[[*BRAIN, Tissue.CHOROID_PLEXUS]] = True
    fluid = np.isin(tissue[box], FLUIDS)
    from_brain = squared_distance(brain[tissue[box]], reach)
    result[box][fluid] = tenths[from_brain[fluid]]
    return result


def squared_distance(target: NDArray[np.bool_], reach: int) -> NDArray[np.uint8]:
    """Return the squared distance, in voxels, from each voxel to the nearest true one, at most 255.

    One minimum over ``reach`` (at most 15) neighbors along each axis in turn: exact up to ``reach`` voxels.
    """
    reach = min(reach, 15)
    first = np.where(target, np.uint8(0), np.uint8(255))
    second = np.empty_like(first)
    by_slabs(lambda a, b: _lower_envelopes(first[a:b], second[a:b], reach), 0, first.shape[0])
    # Along z the slabs run over y: each thread needs whole columns.
    by_slabs(lambda a, b: _lower(second[:, a:b], first[:, a:b], reach, 0), 0, first.shape[1])
    return first


def _lower_envelopes(values: NDArray[np.uint8], out: NDArray[np.uint8], reach: int) -> None:
    partly = np.empty_like(values)
    _lower(values, partly, reach, 2)
    _lower(partly, out, reach, 1)


def _lower(values: NDArray[np.uint8], out: NDArray[np.uint8], reach: int, axis: int) -> None:
    """Write min over |k| <= reach of ``values`` shifted by k along ``axis``, plus k squared, into ``out``."""
    np.copyto(out, values)
    values, out = np.moveaxis(values, axis, 0), np.moveaxis(out, axis, 0)
    capped = np.empty_like(values)
    for k in range(1, min(reach, len(values) - 1) + 1):
        np.minimum(values, np.uint8(255 - k * k), out=capped)
        capped += np.uint8(k * k)
        np.minimum(out[k:], capped[:-k], out=out[k:])
        np.minimum(out[:-k], capped[k:], out=out[:-k])
