"""Normal-appearing white and gray matter: what a patient's healthy tissue measures.

Called by :mod:`gliomamri.regions.catalog`; tested by Testing/unit/regions/test_normal_appearing.py.
"""

from __future__ import annotations

from collections.abc import Mapping

import numpy as np
from numpy.typing import NDArray

from gliomamri.regions.erosion import eroded

PUREST = 0.95
"""Fraction of the tissue above which a voxel counts as pure [our choice]."""
FARTHEST_LESION = 20.0
"""mm; tissue within this distance of the annotation may be infiltrated [our choice]."""
_OUTLIER = 3.0
"""Robust standard deviations beyond which a value is not the tissue's: edema, old lesions [our choice]."""


def normal_appearing(
    fraction: NDArray,
    brain: NDArray,
    distance: NDArray,
    rates: Mapping[str, tuple[NDArray, NDArray]],
    spacing: tuple[float, float, float],
    *,
    erode: bool = True,
) -> tuple[NDArray[np.bool_], list[str]]:
    """Find pure tissue far from the lesion whose values are those of the tissue.

    Parameters
    ----------
    fraction : ndarray of float, shape (z, y, x)
        Share of the tissue in each voxel, in [0, 1].
    brain : ndarray of bool, shape (z, y, x)
    distance : ndarray of float, shape (z, y, x)
        From the annotation, mm; infinite where there is none.
    rates : mapping of str to (values, usable)
        Maps before contrast agent (R1, R2); a voxel whose value lies more than 3 robust standard deviations from the
        median of the tissue is left out: edema has a low R1 and R2 although a fraction may call it white matter.
    spacing : (z, y, x)
        mm.
    erode : bool
        Whether to take the rim of one voxel off.

    Returns
    -------
    mask : ndarray of bool, shape (z, y, x)
    notes : list of str
        What has to be said, one sentence each.
    """
    found = brain & (fraction > PUREST) & (distance > FARTHEST_LESION)
    for values, usable in rates.values():
        found &= usable
        inside = values[found]
        if inside.size == 0:
            break
        middle = np.median(inside)
        deviation = 1.4826 * np.median(np.abs(inside - middle))
        found[found] = np.abs(inside - middle) <= _OUTLIER * deviation
    if not found.any():
        return found, ["There is no voxel of pure tissue, or none more than 20 mm from the annotation."]
    if not erode:
        return found, []
    result, done = eroded(found, spacing)
    return result, [] if done else ["It was too thin to take off its rim, which may mix tissues."]
