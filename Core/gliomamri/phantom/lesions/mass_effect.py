"""How a growing lesion pushes the brain away: the displacement from the patient to the healthy anatomy.

A lesion's core, a ball of radius ``R`` around ``c``, is pictured as holding brain of a smaller volume before:
``(1 - f)`` of it, ``f = push + 0.15 edema / core`` (at most 0.8). Its border has then moved by

    u = R (1 - (1 - f)^(1/3)),

and a point ``p`` at ``r = |p - c|`` shows what was at ``p + d(p)``,

    d(p) = - u  x (2 / (1 + x^4))^(1/4)  exp(-(r - R)^2 / (2 s^2) for r > R)  h(p)  (p - c) / r,             (1)

with ``x = r / R`` and ``s = 25 mm + R``. ``h`` falls to 0 at the skull, which does not yield. Inside the core (1)
squeezes evenly, outside it fades; it is monotone along every ray. Ventricles are compressed and the midline shifts
without further rules. Brain tissue would keep its volume exactly with a decay of 1/r^2; the slower decay stands for
the CSF that makes room, and is our choice.

Tested by Testing/unit/phantom/lesions/test_mass_effect.py.
"""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray

from gliomamri.phantom.fields import LatticeField
from gliomamri.phantom.grid import FloatArray, Grid
from gliomamri.phantom.lesions.lesion import LesionPlan, Terrain

SMALLEST_JACOBIAN = 0.3
_EDEMA_PUSH = 0.15
_LARGEST_FRACTION = 0.8
_RANGE = 25.0
"""mm that the range of the push exceeds the core's radius."""
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
    while smallest_jacobian(total, grid) < SMALLEST_JACOBIAN:
        total *= 0.9
    z, y, x = (LatticeField.through(axis, grid) for axis in total)
    return z, y, x


def border_shift(plan: LesionPlan) -> float:
    """Return ``u``, how far the core's border has moved, in mm."""
    if plan.push <= 0:
        return 0.0
    fraction = min(plan.push + _EDEMA_PUSH * plan.edema / plan.core_volume, _LARGEST_FRACTION)
    return plan.radius * (1 - (1 - fraction) ** (1 / 3))


def smallest_jacobian(displacement: FloatArray, grid: Grid) -> float:
    """Return the smallest determinant of the gradient of ``p + d(p)``; array (3, z, y, x) on ``grid``, mm."""
    rows = [list(np.gradient(component, *grid.axes)) for component in displacement]
    for number, row in enumerate(rows):
        row[number] = row[number] + 1
    (a, b, c), (d, e, f), (g, h, i) = rows
    return float((a * (e * i - f * h) - b * (d * i - f * g) + c * (d * h - e * g)).min())


def _coarser(terrain: Terrain) -> tuple[Grid, FloatArray]:
    """Every second point of the terrain, with the hull distance there."""
    return Grid(*(axis[::2] for axis in terrain.grid.axes)), terrain.hull_distance[::2, ::2, ::2]


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
    x = np.sqrt(square) / plan.radius
    beyond = np.maximum(x - 1, 0) * plan.radius / (_RANGE + plan.radius)
    factor = depth * depth * (3 - 2 * depth) * np.exp(-(beyond**2) / 2)
    factor *= -shift / plan.radius * (2 / (1 + x**4)) ** 0.25
    return np.stack([factor * offset for offset in offsets]).astype(np.float32)
