"""Peritumoral shells: voxels by their distance from the annotation's surface.

Called by :mod:`gliomamri.regions.catalog`; tested by Testing/unit/regions/test_shells.py against
bodies whose surface is known.
"""

from __future__ import annotations

import itertools
from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray
from scipy import ndimage

from gliomamri.regions.erosion import eroded_axes
from gliomamri.regions.surface import distance_from_surface

Spacing = tuple[float, float, float]


def surface_distance(mask: NDArray, spacing: Spacing, reach: float) -> NDArray[np.float32]:
    """Return each voxel center's distance from the surface of a region, on anisotropic grids too.

    Parameters
    ----------
    mask : ndarray of bool, shape (z, y, x)
        The region.
    spacing : (z, y, x)
        mm.
    reach : float
        Distances up to this many mm are found.

    Returns
    -------
    ndarray of float32, shape (z, y, x)
        mm; 0 inside the region, infinite beyond ``reach``.

    Notes
    -----
    The surface lies between voxels, see :mod:`gliomamri.regions.surface`. From the centers of the outermost voxels,
    slices of 5 mm would begin at 5 mm, and a shell of 0 to 5 mm would hold nothing above and below the region. From
    the faces of voxels, corners would stick out, and the shell of 0 to 5 mm around a ball of 15 mm radius would be a
    fifth too large.
    """
    distance = np.full(mask.shape, np.inf, np.float32)
    box = box_around(mask, spacing, reach)
    if box is not None:
        distance[box] = distance_from_surface(mask[box], spacing, reach)
    return distance


def without_holes(mask: NDArray, spacing: Spacing) -> NDArray[np.bool_]:
    """Fill what a region encloses: a ring of enhancing tumor has necrosis inside, which is no brain around it.

    Holes are what cannot be reached from outside, within each slice where slices are thick, in space otherwise.
    """
    small = eroded_axes(spacing)
    structure = ndimage.generate_binary_structure(3, 1)
    for axis, is_small in enumerate(small):
        if not is_small:
            at = [slice(None)] * 3
            for side in (0, 2):
                at[axis] = side
                structure[tuple(at)] = False
    return ndimage.binary_fill_holes(mask, structure)


def box_around(mask: NDArray, spacing: Spacing, margin: float) -> tuple[slice, slice, slice] | None:
    """Return slices of the smallest box that holds a region and ``margin`` mm around it; None for an empty region."""
    box = []
    for axis, step in enumerate(spacing):
        rest = tuple(other for other in range(3) if other != axis)
        found = np.flatnonzero(mask.any(axis=rest))
        if found.size == 0:
            return None
        room = int(np.ceil(margin / step)) + 1 if margin > 0 else 0
        box.append(slice(max(int(found[0]) - room, 0), min(int(found[-1]) + room + 1, mask.shape[axis])))
    return tuple(box)


def shells(distance: NDArray, brain: NDArray, edges: Sequence[float]) -> dict[str, NDArray[np.bool_]]:
    """Cut the brain around a region into shells.

    Parameters
    ----------
    distance : ndarray of float, shape (z, y, x)
        Of :func:`surface_distance` with a reach of at least the last edge, mm.
    brain : ndarray of bool, shape (z, y, x)
        Shells are clipped to it.
    edges : sequence of float
        Rising distances in mm, such as 0, 5, 10, 20.

    Returns
    -------
    dict of str to ndarray of bool
        By names such as ``0-5 mm``: voxels with lower edge < distance <= upper edge. The region itself, at distance 0,
        belongs to none.
    """
    found = {}
    for low, high in itertools.pairwise(edges):
        found[f"{low:g}-{high:g} mm"] = brain & (distance > low) & (distance <= high)
    return found
