"""How a head is turned: label maps lie as the subject lay in the scanner, up to 30 degrees from upright.

Middles of structures that every head has are compared with those of the ICBM 2009a head by the rotation that brings
them closest (Kabsch, Acta Crystallogr A 32:922, 1976), so that all patients start upright and tilt by what is drawn.

Called by :func:`gliomamri.phantom.anatomy.heads.load_head`; tested by Testing/unit/phantom/anatomy/test_pose.py.
"""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray
from scipy import ndimage
from scipy.spatial.transform import Rotation

from gliomamri.phantom.tissues import Tissue

_SAMPLED = 2.0
"""mm between the voxels that are looked at."""
_FEWEST = 20
"""Sampled voxels that a structure must have to be trusted."""

# Middle of each structure's left (+x) and right part in the ICBM 2009a head: (z, y, x) in mm from the brain's middle.
_UPRIGHT: dict[tuple[Tissue, int], tuple[float, float, float]] = {
    (Tissue.STRIATUM, 1): (-4.8, -20.4, 17.9),
    (Tissue.STRIATUM, -1): (-4.8, -20.4, -17.9),
    (Tissue.THALAMUS, 1): (-1.6, 1.3, 10.9),
    (Tissue.THALAMUS, -1): (-1.6, 1.3, -10.9),
    (Tissue.HIPPOCAMPUS, 1): (-23.1, -1.2, 22.6),
    (Tissue.HIPPOCAMPUS, -1): (-23.1, -1.2, -22.6),
    (Tissue.PALLIDUM, 1): (-9.0, -12.5, 17.4),
    (Tissue.PALLIDUM, -1): (-9.0, -12.5, -17.4),
    (Tissue.CEREBELLAR_WHITE_MATTER, 1): (-42.5, 35.4, 19.6),
    (Tissue.CEREBELLAR_WHITE_MATTER, -1): (-42.5, 35.4, -19.6),
    (Tissue.VENTRICLE, 1): (-2.8, 2.7, 12.4),
    (Tissue.VENTRICLE, -1): (-2.8, 2.7, -12.4),
}
_STEM = (-38.1, 11.3, 0.0)


def upright_pose(tissue: NDArray[np.uint8], step: float) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
    """Return rotation (3, 3) and shift (3,) in mm, on (z, y, x), from the upright head to this one.

    Parameters
    ----------
    tissue : uint8 array (z, y, x)
        A :class:`~gliomamri.phantom.tissues.Tissue` per voxel.
    step : float
        mm.

    Returns
    -------
    turn, shift : arrays
        The identity and zeros where fewer than four structures are found.
    """
    every = max(1, round(_SAMPLED / step))
    coarse = tissue[::every, ::every, ::every]
    side = np.sign(np.arange(coarse.shape[2]) - (coarse.shape[2] - 1) / 2 + 1e-6)
    wanted, found = [], []
    middle = (np.array(coarse.shape) - 1) / 2
    marks = [(_STEM, coarse == Tissue.BRAINSTEM)]
    marks += [(place, (coarse == kind) & (side == sign)) for (kind, sign), place in _UPRIGHT.items()]
    for place, mask in marks:
        if mask.sum() >= _FEWEST:
            wanted.append(place)
            found.append((np.array(ndimage.center_of_mass(mask)) - middle) * step * every)
    if len(found) < 4:
        return np.eye(3), np.zeros(3)
    upright, here = np.array(wanted), np.array(found)
    # Rotation works on (x, y, z).
    rotation, _ = Rotation.align_vectors((here - here.mean(0))[:, ::-1], (upright - upright.mean(0))[:, ::-1])
    turn = np.ascontiguousarray(rotation.as_matrix()[::-1, ::-1])
    return turn, here.mean(0) - turn @ upright.mean(0)
