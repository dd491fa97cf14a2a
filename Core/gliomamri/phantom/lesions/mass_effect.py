"""How a growing lesion pushes the brain away: the displacement from the patient to the healthy anatomy.

A lesion, core and edema together a ball of volume ``V`` and radius ``R`` around ``c``, holds the volume
``W = push core + 0.3 edema`` more than the brain did there before: edematous white matter has about 80 % water
instead of 70 %, with the same dry mass, and so is swollen by up to a half. Its border has moved by

    u = 1.5 R (1 - (1 - W / V)^(1/3)),   at most 0.35 R,

where 1.5 stands for the skull on one side, which does not yield (our choice), and a point ``p`` at ``r = |p - c|``
shows what was at ``p + d(p)``,

    d(p) = - u  x (2 / (1 + x^6))^(1/2)  exp(-(r - R)^2 / (2 s^2) for r > R)  h(p)  (p - c) / r,   x = r / R.    (1)

Inside (1) stretches evenly; outside it decays as 1/r^2, which keeps volumes, and somewhat faster (``s`` = 45 mm and
``h``, which falls to 0 at the skull), as CSF makes room. (1) is smooth, and monotone along every ray. Ventricles
yield more than tissue does: within about 8 mm of them their walls move inward by a share of |d|,

    d_v(p) = 0.7 |d(p)| exp(-v(p)^2 / (2 (8 mm)^2)) grad v(p),       v the (smoothed) distance to the ventricles.

Tested by Testing/unit/phantom/lesions/test_mass_effect.py.
"""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray
from scipy import ndimage

from gliomamri.phantom.fields import LatticeField, determinant
from gliomamri.phantom.grid import FloatArray, Grid
from gliomamri.phantom.lesions.lesion import LesionPlan, Terrain

SMALLEST_JACOBIAN = 0.1
"""The push is scaled down until space is squeezed less than this; inside the core (1) alone reaches 0.13."""
_EDEMA_PUSH = 0.3
_CONFINEMENT = 1.5
_LARGEST_STRAIN = 0.35
_RANGE = 45.0
_VENTRICLE_SHARE = 0.7
_VENTRICLE_RANGE = 8.0
_SKULL_FADE = 12.0
"""mm below the brain's hull over which the push fades, at least."""


def push_field(
    plans: Sequence[LesionPlan], terrain: Terrain
) -> tuple[LatticeField, LatticeField, LatticeField] | None:
    """Return the displacement (z, y, x) in mm of all lesions together; None where nothing pushes.

    Parameters
    ----------
    plans
        All lesions of the patient.
    terrain
        The healthy brain.
    """
    grid, hull = _coarser(terrain)
    total = np.zeros((3, *grid.shape), np.float32)
    for plan in plans:
        shift = border_shift(plan)
        if shift > 0.02:
            total += _displacement(plan, shift, grid, hull)
    if not total.any():
        return None
    total += _ventricle_squeeze(total, terrain, grid)
    while smallest_jacobian(total, grid) < SMALLEST_JACOBIAN:
        total *= 0.9
    z, y, x = (LatticeField.through(axis, grid) for axis in total)
    return z, y, x


def border_shift(plan: LesionPlan) -> float:
    """Return ``u``, how far the border of core and edema has moved, in mm."""
    if plan.push <= 0:
        return 0.0
    whole = plan.core_volume + plan.edema
    added = plan.push * plan.core_volume + _EDEMA_PUSH * plan.edema
    strain = _CONFINEMENT * (1 - (1 - added / whole) ** (1 / 3))
    return whole_radius(plan) * min(strain, _LARGEST_STRAIN)


def whole_radius(plan: LesionPlan) -> float:
    """Return ``R``, the radius in mm of a ball with the volume of core and edema."""
    return float(((plan.core_volume + plan.edema) * 750 / np.pi) ** (1 / 3))


def smallest_jacobian(displacement: FloatArray, grid: Grid) -> float:
    """Return the smallest determinant of the gradient of ``p + d(p)``; array (3, z, y, x) on ``grid``, mm."""
    rows = [list(np.gradient(component, *grid.axes)) for component in displacement]
    for number, row in enumerate(rows):
        row[number] = row[number] + 1
    return float(determinant(rows).min())


def _coarser(terrain: Terrain) -> tuple[Grid, FloatArray]:
    """Every second point of the terrain, with the hull distance there."""
    return Grid(*(axis[::2] for axis in terrain.grid.axes)), terrain.hull_distance[::2, ::2, ::2]


def _ventricle_squeeze(displacement: FloatArray, terrain: Terrain, grid: Grid) -> FloatArray:
    """``d_v`` on ``grid`` for the push of all lesions."""
    distance = ndimage.gaussian_filter(terrain.ventricle_distance[::2, ::2, ::2], 1.0, mode="nearest")
    size = np.sqrt(np.square(displacement).sum(0))
    size *= _VENTRICLE_SHARE * np.exp(-(distance**2) / (2 * _VENTRICLE_RANGE**2))
    return size * np.stack(np.gradient(distance, *grid.axes))


def _displacement(plan: LesionPlan, shift: float, grid: Grid, hull: FloatArray) -> NDArray[np.float32]:
    """Equation (1) at the points of ``grid``."""
    offsets = [
        (axis - np.float32(middle)).reshape(form)
        for axis, middle, form in zip(
            grid.axes, plan.center, ((-1, 1, 1), (1, -1, 1), (1, 1, -1)), strict=True
        )
    ]
    square = sum(offset * offset for offset in offsets)
    # The fade is wider where the push is large: space must not fold between skull and tumor.
    depth = np.clip(-hull / max(_SKULL_FADE, 3 * shift), 0, 1)
    radius = whole_radius(plan)
    x = np.sqrt(square) / radius
    beyond = np.maximum(x - 1, 0) * radius / _RANGE
    factor = depth * depth * (3 - 2 * depth) * np.exp(-(beyond**2) / 2)
    factor *= -shift / radius * np.sqrt(2 / (1 + x**6))
    return np.stack([factor * offset for offset in offsets]).astype(np.float32)
