"""The smallest box around a mask, so that work is done where something is.

Called by training, tumor and the phantom's anatomy; tested by Testing/unit/imaging/test_boxes.py.
"""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray


def bounding_box(mask: NDArray[np.bool_], margin: int = 0) -> tuple[slice, slice, slice]:
    """Return the smallest box around the true voxels, ``margin`` voxels wider but inside the array."""
    box = []
    for axis in range(3):
        hit = np.flatnonzero(mask.any(axis=tuple(a for a in range(3) if a != axis)))
        if not len(hit):
            return (slice(0, 0),) * 3
        box.append(slice(max(0, int(hit[0]) - margin), min(mask.shape[axis], int(hit[-1]) + 1 + margin)))
    return tuple(box)
