"""Free water inside tissue: edema has the relaxation of a mixture of tissue and CSF, but lies where no CSF is.

Called by :mod:`~gliomamri.relaxometry.tissue_fractions`; tested by
Testing/unit/relaxometry/test_tissue_fractions.py.
"""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

_MOSTLY_FLUID = 0.5
_LEAST_EXCESS = 0.1
"""Excess water below this share is the noise of the maps [our choice]."""

_REACH_MM = 2.0
"""CSF within this distance of a voxel that is mostly CSF is partial volume [our choice]; at least one voxel."""


def move_excess_water(
    fluid: NDArray[np.float32], other: NDArray[np.float32], spacing: tuple[float, float, float]
) -> None:
    """Count fluid as other where no voxel is near that is mostly fluid; both arrays change.

    Parameters
    ----------
    fluid, other : arrays, shape (z, y, x)
        Shares of the voxel.
    spacing : (z, y, x)
        Distance of neighbors in mm.
    """
    from scipy.ndimage import maximum_filter1d

    near = (fluid >= _MOSTLY_FLUID).view(np.uint8)
    for axis, step in enumerate(spacing):
        reach = max(1, int(_REACH_MM / step))
        near = maximum_filter1d(near, 2 * reach + 1, axis, mode="constant")
    excess = (near == 0) & (fluid > _LEAST_EXCESS)
    other[excess] += fluid[excess]
    fluid[excess] = 0
