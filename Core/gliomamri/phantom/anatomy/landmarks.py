"""How MNI coordinates lie in a head: an affine map through the centers of its structures.

Tested by Testing/unit/phantom/anatomy/test_label_maps.py.
"""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

MNI_CENTERS: dict[int, tuple[float, float, float]] = {
    2: (-27, -18, 20),
    3: (-32, -23, 14),
    10: (-11, -19, 7),
    11: (-14, 9, 10),
    12: (-25, 1, 0),
    13: (-20, -5, -1),
    16: (0, -30, -36),
    17: (-26, -23, -14),
    18: (-23, -5, -19),
    8: (-26, -63, -36),
    7: (-19, -58, -34),
}
"""Approximate centers (mm, x to the right) of the left structures of FreeSurfer's labels in MNI space."""

_RIGHT_OF = {2: 41, 3: 42, 10: 49, 11: 50, 12: 51, 13: 52, 17: 53, 18: 54, 8: 47, 7: 46}


def mni_affine(centers: dict[int, tuple[float, float, float]], middle_extent: float) -> NDArray[np.float64]:
    """Return the affine map (3, 4) from MNI mm (RAS) to the head frame (LPS).

    Parameters
    ----------
    centers
        Center x, y, z (head frame, mm) of each FreeSurfer label that the head has.
    middle_extent
        mm, half the brain's length; used for a plain scaling where the head lacks too many structures for a fit.
    """
    pairs = [(_mni(label), center) for label, center in centers.items() if _mni(label) is not None]
    if len(pairs) < 8:
        scale = middle_extent / 88.0
        turn = np.diag([-scale, -scale, scale])
        return np.column_stack([turn, -turn @ np.array([0.0, -20.0, 6.0])])
    source = np.array([[*mni, 1.0] for mni, _ in pairs])
    target = np.array([center for _, center in pairs])
    return np.linalg.lstsq(source, target, rcond=None)[0].T


def _mni(label: int) -> tuple[float, float, float] | None:
    if label in MNI_CENTERS:
        return MNI_CENTERS[label]
    for left, right in _RIGHT_OF.items():
        if right == label:
            x, y, z = MNI_CENTERS[left]
            return -x, y, z
    return None
