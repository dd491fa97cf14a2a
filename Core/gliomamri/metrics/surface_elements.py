"""The surface of a mask as elements: one place and one area for each corner that eight voxels share.

Called by :mod:`gliomamri.metrics.surface`; tested by Testing/unit/metrics/test_surface_elements.py against planes and
spheres.
"""

from __future__ import annotations

import functools

import numpy as np
from numpy.typing import NDArray
from scipy import ndimage

Spacing = tuple[float, float, float]


def surface_elements(mask: NDArray, spacing: Spacing) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
    """Find the elements of a mask's surface.

    Parameters
    ----------
    mask : ndarray of bool, shape (z, y, x)
        It ends at the border of the grid.
    spacing : (z, y, x)
        mm.

    Returns
    -------
    points : ndarray of float64, shape (n, 3)
        In mm along z, y, x from the center of voxel (0, 0, 0), one near each corner whose eight voxels are not all
        alike.
    areas : ndarray of float64, shape (n,)
        mm2.

    Notes
    -----
    Elements of the mixed 2 x 2 x 2 neighborhoods, as in Nikolov et al. (J Med Internet Res 23:e26151, 2021), but for
    two choices of ours. Places: the mean of the midpoints of neighboring voxel pairs that differ (surface nets:
    Gibson, MICCAI 1998, LNCS 1496:888). The corners themselves, which that paper takes, lie up to half a voxel to
    both sides of a slanted surface, and the nearest of scattered points is too near: two spheres 5 mm apart would
    have a mean distance of 4.5 mm on voxels of 1 mm. Areas: each face between an inside and an outside voxel gives a
    quarter of itself to each of its corners, and at a corner the faces of one sheet add up as vectors. So faces
    parallel to the axes and stairs of one cubic voxel per step have their true area, other slants are up to 10 % too
    large, where the sum of all faces would be up to 73 %. Slices of long voxels end in terraces that are really in
    the mask: up to 40 % more.
    """
    codes = _corner_codes(mask)
    corners = np.nonzero((codes > 0) & (codes < 255))
    codes = codes[corners]
    points = np.stack(corners, axis=1) + _places()[codes]
    points *= spacing
    z, y, x = spacing
    sheets = _sheets() * (0.25 * np.array([y * x, z * x, z * y]))
    area_of_code = np.linalg.norm(sheets, axis=2).sum(axis=1)
    return points, area_of_code[codes]


def _corner_codes(mask: NDArray) -> NDArray[np.uint8]:
    """Which of the eight voxels around each corner are inside, one bit each; shape (z + 1, y + 1, x + 1)."""
    padded = np.pad(mask.view(np.uint8), 1)
    along_x = padded[:, :, :-1] | padded[:, :, 1:] << 1
    along_y = along_x[:, :-1] | along_x[:, 1:] << 2
    return along_y[:-1] | along_y[1:] << 4


def _neighborhood(code: int) -> NDArray[np.bool_]:
    """Which of the eight voxels are inside: voxel (z, y, x) is bit 4 z + 2 y + x."""
    return (code >> np.arange(8) & 1).astype(bool).reshape(2, 2, 2)


@functools.cache
def _places() -> NDArray[np.float64]:
    """Place of the element, in voxels from the last of its eight voxels' centers; shape (256, 3).

    That voxel has the index of the corner in the grid of corners, which begins half a voxel before the first voxel.
    """
    table = np.zeros((256, 3))
    for code in range(1, 255):
        inside = _neighborhood(code)
        midpoints = []
        for axis in range(3):
            pairs = np.argwhere(inside.take([0], axis) != inside.take([1], axis)).astype(np.float64)
            pairs[:, axis] = 0.5
            midpoints.append(pairs)
        table[code] = np.concatenate(midpoints).mean(axis=0) - 1.0
    return table


@functools.cache
def _sheets() -> NDArray[np.float64]:
    """Area vectors of the sheets at a corner in units of a quarter face; shape (256, 4, 3), unused sheets are 0.

    A sheet bounds one face-connected part of the inside or of the outside, whichever has fewer voxels (of 4 and 4, the
    one in fewer parts), so that two surfaces that meet in a corner do not cancel.
    """
    table = np.zeros((256, 4, 3))
    for code in range(1, 255):
        inside = _neighborhood(code)
        parts = min((ndimage.label(side) for side in (inside, ~inside)), key=_voxels_and_parts)
        for number in range(1, parts[1] + 1):
            part = parts[0] == number
            # neighbors of a part are all on the other side: its faces point along or against the axis
            table[code, number - 1] = [
                part.take(1, axis).sum(dtype=int) - part.take(0, axis).sum(dtype=int) for axis in range(3)
            ]
    return table


def _voxels_and_parts(labeled: tuple[NDArray, int]) -> tuple[int, int]:
    return int(np.count_nonzero(labeled[0])), labeled[1]
