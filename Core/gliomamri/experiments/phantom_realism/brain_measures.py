"""Size and symmetry of the brain.

Tested by Testing/unit/experiments/test_measures.py.
"""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray
from scipy import ndimage, optimize
from scipy.spatial.transform import Rotation

from gliomamri.experiments.phantom_realism.case import Case, FloatArray
from gliomamri.experiments.phantom_realism.tissue_classes import TissueClasses

_COARSE = 4.0  # mm


def brain_measures(case: Case, tissue: TissueClasses) -> dict[str, tuple[float, str]]:
    """Measure volumes, extent and left-right asymmetry: name to (value, unit)."""
    extent = [(box.stop - box.start) * step for box, step in zip(_box(case), case.spacing, strict=True)]
    depth = ndimage.distance_transform_edt(case.brain, case.spacing)
    found = {
        "brain volume": (case.brain.sum() * case.voxel_volume, "ml"),
        "brain height": (extent[0], "mm"),
        "brain length": (extent[1], "mm"),
        "brain width": (extent[2], "mm"),
        "deep CSF volume": ((tissue.csf & (depth > 20)).sum() * case.voxel_volume, "ml"),
        "white share of white and gray": (
            tissue.white.sum() / max(1, tissue.white.sum() + tissue.gray.sum()),
            "share",
        ),
        "CSF share": (tissue.csf.sum() / max(1, case.healthy.sum()), "share"),
    }
    if "T1w" in case.images:
        found["left-right asymmetry"] = (asymmetry(case), "1 - correlation")
    return found


def asymmetry(case: Case) -> float:
    """Return 1 minus the correlation of healthy T1w, smoothed, with its mirror about the best mid-plane.

    The plane is found by moving and turning the head (x shift, two angles) on a 4 mm grid.
    """
    image = _coarse(case.images["T1w"], case.spacing)
    valid = _coarse(case.healthy.astype(np.float32), case.spacing)

    def mismatch(parameters: NDArray) -> float:
        moved, inside = (_moved(array, parameters) for array in (image, valid))
        both = (inside > 0.6) & (inside[:, :, ::-1] > 0.6)
        if both.sum() < 200:
            return 2.0
        return float(1 - np.corrcoef(moved[both], moved[:, :, ::-1][both])[0, 1])

    start = np.array([[0, 0, 0], [1.5, 0, 0], [0, 5, 0], [0, 0, 5]], float)
    best = optimize.minimize(
        mismatch,
        start[0],
        method="Nelder-Mead",
        options={"initial_simplex": start, "maxfev": 120, "xatol": 0.05},
    )
    return float(best.fun)


def _moved(array: FloatArray, parameters: NDArray) -> FloatArray:
    """Shift along x (voxels) and turn about z and y (degrees), about the array's center."""
    shift, about_z, about_y = parameters
    # Axes of the array are (z, y, x); the rotation's first axis is the array's z.
    matrix = Rotation.from_rotvec(np.deg2rad([about_z, about_y, 0])).as_matrix()
    center = (np.array(array.shape) - 1) / 2
    return ndimage.affine_transform(array, matrix, center - matrix @ center + [0, 0, shift], order=1)


def _coarse(array: FloatArray, spacing: tuple[float, float, float]) -> FloatArray:
    smooth = ndimage.gaussian_filter(array, [_COARSE / 2 / step for step in spacing])
    return ndimage.zoom(np.pad(smooth, 8), [step / _COARSE for step in spacing], order=1)


def _box(case: Case) -> tuple[slice, slice, slice]:
    return ndimage.find_objects(case.brain.astype(np.uint8))[0]
