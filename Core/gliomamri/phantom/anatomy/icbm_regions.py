"""Which part of the brain a voxel of the ICBM template belongs to.

The template has tissue probabilities but no structures. Nuclei are found from intensity inside envelopes around their
well-known MNI coordinates; cerebellum and cerebrum are parted by a watershed on the T1 template, whose dark fluid
lies between them.

Tested by Testing/unit/phantom/anatomy/test_icbm.py.
"""

from __future__ import annotations

from enum import IntEnum

import numpy as np
import SimpleITK as sitk
from numpy.typing import NDArray
from scipy import ndimage

from gliomamri.phantom.anatomy.curves import Curve, mirrored, tube_depth
from gliomamri.phantom.grid import FloatArray, Grid
from gliomamri.phantom.tissues import Tissue


class Kind(IntEnum):
    """Parts of the brain that share a rule for what their white, gray and fluid voxels are."""

    CEREBRUM = 0
    CEREBELLUM = 1
    BRAINSTEM = 2
    STRIATUM = 3
    PALLIDUM = 4
    THALAMUS = 5
    HIPPOCAMPUS = 6
    VENTRICLE = 7  # around the ventricles: gray there is only blur between fluid and white matter
    HIND_VENTRICLE = 8  # the same around the fourth


WHITE_OF = np.array(
    [
        Tissue.WHITE_MATTER,
        Tissue.CEREBELLAR_WHITE_MATTER,
        Tissue.BRAINSTEM,
        Tissue.STRIATUM,
        Tissue.PALLIDUM,
        Tissue.THALAMUS,
        Tissue.WHITE_MATTER,
        Tissue.WHITE_MATTER,
        Tissue.BRAINSTEM,
    ],
    np.uint8,
)
"""Tissue of a white voxel per kind."""

GRAY_OF = np.array(
    [
        Tissue.CORTEX,
        Tissue.CEREBELLAR_CORTEX,
        Tissue.BRAINSTEM,
        Tissue.STRIATUM,
        Tissue.PALLIDUM,
        Tissue.THALAMUS,
        Tissue.HIPPOCAMPUS,
        Tissue.WHITE_MATTER,
        Tissue.BRAINSTEM,
    ],
    np.uint8,
)
"""Tissue of a gray voxel per kind."""

FLUID_OF = np.array(
    [
        Tissue.CSF,
        Tissue.CSF,
        Tissue.CSF,
        Tissue.VENTRICLE,
        Tissue.PALLIDUM,
        Tissue.VENTRICLE,
        Tissue.CSF,
        Tissue.VENTRICLE,
        Tissue.VENTRICLE,
    ],
    np.uint8,
)
"""Tissue of a fluid voxel per kind."""

_LATERAL: Curve = (
    (7, 32, 2, 8),
    (9, 18, 12, 9),
    (11, 0, 21, 8),
    (15, -18, 24, 9),
    (23, -36, 17, 11),
    (27, -46, 6, 11),
    (26, -66, 4, 6),
)
_TEMPORAL_HORN: Curve = ((28, -46, 4, 9), (36, -36, -6, 5), (35, -22, -14, 4), (32, -12, -20, 4))
_THIRD: Curve = ((0, 0, -4, 4.5), (0, -10, 2, 4.5), (0, -24, 4, 4))
_FORAMEN: Curve = ((0, 0, 4, 4), (6, 4, 10, 5))
_AQUEDUCT: Curve = ((0, -28, -2, 2.5), (0, -34, -14, 2.5), (0, -38, -24, 4))
_FOURTH: Curve = ((0, -40, -26, 7), (0, -43, -34, 10), (0, -46, -44, 7), (0, -47, -54, 4))
_STEM: Curve = (
    (0, -26, -4, 12),
    (0, -25, -12, 14),
    (0, -26, -24, 16),
    (0, -28, -36, 16),
    (0, -37, -50, 11),
    (0, -44, -72, 9),
)
_MIDBRAIN_TOP = -5.0

_THALAMUS: Curve = ((8, -7, 7, 7), (11, -17, 8, 10), (15, -26, 8, 9.5))
_CAUDATE: Curve = ((10, 14, -4, 7), (13, 14, 8, 9), (15, 2, 17, 7), (18, -14, 22, 5.5), (22, -28, 20, 4))
_PUTAMEN: Curve = ((20, 13, -4, 8), (26, 4, 0, 9.5), (29, -10, 3, 7), (30, -20, 4, 4))
_PALLIDUM: Curve = ((15, 3, -1, 5), (19, -4, -1, 6.5), (23, -11, 1, 5))
_HIPPOCAMPUS: Curve = ((22, -6, -21, 8.5), (25, -16, -17, 7), (30, -28, -10, 6.5), (27, -37, -2, 5))


def find_regions(
    T1: FloatArray,
    gray: FloatArray,
    white: FloatArray,
    z: FloatArray,
    y: FloatArray,
    x: FloatArray,
) -> NDArray[np.uint8]:
    """Return the :class:`Kind` of each voxel.

    Parameters
    ----------
    T1, gray, white : float32 arrays (z, y, x)
        The template maps (0..255, 0..1, 0..1).
    z, y, x : 1-D arrays
        MNI coordinates in mm along the axes; they may fall.
    """
    # Curves are searched on growing axes.
    flip = tuple(slice(None, None, 1 if axis[1] > axis[0] else -1) for axis in (z, y, x))
    grid = Grid(*(axis[part] for axis, part in zip((z, y, x), flip, strict=True)))
    T1, gray, white = (a[flip] for a in (T1, gray, white))
    kind = np.zeros(T1.shape, np.uint8)
    kind[_cerebellum(T1, grid)] = Kind.CEREBELLUM
    _fill(kind, grid, (_STEM,), Kind.BRAINSTEM, (grid.z < _MIDBRAIN_TOP)[:, None, None])
    for curve in (_LATERAL, _TEMPORAL_HORN, _FORAMEN):
        _fill(kind, grid, (curve, mirrored(curve)), Kind.VENTRICLE)
    _fill(kind, grid, (_THIRD,), Kind.VENTRICLE)
    _fill(kind, grid, (_AQUEDUCT, _FOURTH), Kind.HIND_VENTRICLE)
    _fill(kind, grid, (_HIPPOCAMPUS, mirrored(_HIPPOCAMPUS)), Kind.HIPPOCAMPUS, gray > 0.45)
    _fill(kind, grid, (_THALAMUS, mirrored(_THALAMUS)), Kind.THALAMUS, (white < 0.8) & (T1 > 125))
    nucleus = (gray > 0.4) & (T1 > 120)
    for curve in (_CAUDATE, _PUTAMEN):
        _fill(kind, grid, (curve, mirrored(curve)), Kind.STRIATUM, nucleus)
    _fill(kind, grid, (_PALLIDUM, mirrored(_PALLIDUM)), Kind.PALLIDUM, (white < 0.93) & (gray < 0.72))
    return np.ascontiguousarray(kind[flip])


def _fill(
    kind: NDArray[np.uint8],
    grid: Grid,
    curves: tuple[Curve, ...],
    value: Kind,
    where: NDArray[np.bool_] | None = None,
) -> None:
    """Give ``value`` to what lies inside ``curves`` and, if given, ``where``."""
    for curve in curves:
        box, depth = tube_depth(curve, grid)
        inside = depth > 0
        if where is not None:
            inside &= np.broadcast_to(where, kind.shape)[box]
        kind[box][inside] = value


def _cerebellum(T1: FloatArray, grid: Grid) -> NDArray[np.bool_]:
    """Part the brain below z = 15 mm by a watershed whose basins are bright tissue."""
    low = slice(0, int(np.searchsorted(grid.z, 15)))
    z, y, side = grid.z[low, None, None], grid.y[None, :, None], np.abs(grid.x)[None, None, :]
    cerebellum = (side < 35) & (y < -48) & (y > -78) & (z < -30) & (z > -48)
    cerebellum |= (z < -36) & ((y < -50) | (y < -36) & (side < 28))
    cerebellum |= (side < 6) & (y < -54) & (y > -66) & (z < -12)
    cerebrum = (z > 8) | (y > -20) | ((side > 28) & (z > -12))
    cerebrum |= (y < -20) & (y > -50) & (side > 38) & (z > -26)
    cerebrum |= (y < -80) & (z > -8) | (y < -60) & (z > -2)
    stem = (side < 10) & (y > -34) & (z < -8)
    markers = np.where(cerebellum, 1, 0) + np.where((cerebrum | stem) & ~cerebellum, 2, 0)
    markers = np.where(T1[low] > 0, markers, 0).astype(np.uint8)
    height = (255 - ndimage.gaussian_filter(T1[low], 1.0)).astype(np.uint8)
    basins = sitk.MorphologicalWatershedFromMarkers(
        sitk.GetImageFromArray(height), sitk.GetImageFromArray(markers), markWatershedLine=False
    )
    result = np.zeros(T1.shape, bool)
    result[low] = sitk.GetArrayViewFromImage(basins) == 1
    return result
