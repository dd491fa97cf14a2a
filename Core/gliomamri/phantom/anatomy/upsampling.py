"""Labels at half the voxel edge, with boundaries that are smoother than stairs.

Each small voxel is a vote of the eight large voxels around its center with their trilinear weights (27, 9, 9, 9, 3,
3, 3, 1 of 64): the label with the largest sum wins, the nearer one where two are level.

Tested by Testing/unit/phantom/anatomy/test_upsampling.py.
"""

from __future__ import annotations

from itertools import product

import numpy as np
from numpy.typing import NDArray

from gliomamri.phantom.anatomy.sampling import by_slabs

_BLOCK = 1 << 16
"""Voxels voted on at once, so that the work stays in the processor's cache."""


def upsample_labels(labels: NDArray[np.uint8]) -> NDArray[np.uint8]:
    """Return ``labels`` (z, y, x) at twice the resolution, uint8 (2z, 2y, 2x).

    Output voxels 2i and 2i + 1 lie in input voxel i. Beyond the border the border's labels continue.
    """
    result = np.repeat(np.repeat(np.repeat(labels, 2, 0), 2, 1), 2, 2)
    padded = np.pad(labels, 1, mode="edge")

    def vote(first: int, last: int) -> None:
        slab = padded[first : last + 2]
        index = np.flatnonzero(_mixed(slab))
        shape = tuple(n - 2 for n in slab.shape)
        z, y, x = np.unravel_index(index, shape)
        here = np.ravel_multi_index((z + 1, y + 1, x + 1), slab.shape)
        flat, strides = slab.reshape(-1), (slab.shape[1] * slab.shape[2], slab.shape[2], 1)
        target = result[2 * first : 2 * last]
        for octant in product((0, 1), repeat=3):
            steps = [stride if up else -stride for up, stride in zip(octant, strides, strict=True)]
            out = np.empty(len(index), np.uint8)
            for start in range(0, len(index), _BLOCK):
                part = slice(start, start + _BLOCK)
                out[part] = _winner(flat, here[part], steps)
            target[2 * z + octant[0], 2 * y + octant[1], 2 * x + octant[2]] = out

    by_slabs(vote, 0, labels.shape[0])
    return result


def _mixed(slab: NDArray[np.uint8]) -> NDArray[np.bool_]:
    """Inner voxels of a padded slab that have another label among their 26 neighbors."""
    low = high = slab
    for axis in range(3):
        views = [low.take(range(k, low.shape[axis] - 2 + k), axis) for k in range(3)]
        low = np.minimum(np.minimum(views[0], views[1]), views[2])
        views = [high.take(range(k, high.shape[axis] - 2 + k), axis) for k in range(3)]
        high = np.maximum(np.maximum(views[0], views[1]), views[2])
    return low != high


def _winner(flat: NDArray[np.uint8], here: NDArray[np.intp], steps: list[int]) -> NDArray[np.uint8]:
    """Return the label with the largest sum of trilinear weights among the eight neighbors of one octant."""
    corners = sorted(product((0, 1), repeat=3), key=sum)
    weights = [3 ** (3 - sum(corner)) for corner in corners]
    labels = [flat[here + sum(s for s, c in zip(steps, corner, strict=True) if c)] for corner in corners]
    votes = [np.full(len(here), weight, np.uint8) for weight in weights]
    for i in range(8):
        for j in range(i + 1, 8):
            same = (labels[i] == labels[j]).view(np.uint8)
            votes[i] += same * np.uint8(weights[j])
            votes[j] += same * np.uint8(weights[i])
    best, most = labels[0].copy(), votes[0]
    for label, vote in zip(labels[1:], votes[1:], strict=True):
        better = vote > most
        np.copyto(best, label, where=better)
        most = np.maximum(most, vote)
    return best
