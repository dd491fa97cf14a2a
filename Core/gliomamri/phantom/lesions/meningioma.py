"""Meningioma: a smooth, evenly enhancing tumor on a broad base of dura or falx, often with a dural tail.

Its level is the smallest of three: a lobulated ellipsoid that is flatter towards its base, the inside of the dura,
and one side of the falx.

Tested by Testing/unit/phantom/lesions/test_tumors.py.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from gliomamri.phantom.fields import LatticeField, random_field
from gliomamri.phantom.grid import FloatArray, Grid
from gliomamri.phantom.lesions.blobs import Blobs, elongated
from gliomamri.phantom.lesions.growth import INFILTRATION_SPEED, ground_around, grow_edema
from gliomamri.phantom.lesions.lesion import LesionPlan, Part, Terrain
from gliomamri.phantom.lesions.levels import Box, soft_step, weights_in_box
from gliomamri.phantom.lesions.priors import LesionPriors
from gliomamri.phantom.tissues import Tissue

_DURA_DEPTH = 1.5
"""mm outside the brain's hull where the tumor is attached."""
_EDEMA_SPEED = INFILTRATION_SPEED.copy()
_EDEMA_SPEED[Tissue.CSF] = 0.25
"""Edema starts behind cortex and the cleft of CSF."""


@dataclass(frozen=True)
class Meningioma:
    """A grown meningioma.

    Attributes
    ----------
    plan : LesionPlan
    box : Box
        Outside it all shares are 0.
    body : LatticeField
        mm, positive inside the tumor.
    tail : LatticeField or None
        mm, positive inside the thickened dura.
    outer : LatticeField or None
        mm, positive inside the edema.
    fine : LatticeField
        Random field, standard deviation 1.
    edema_border : float
        mm, softness.
    """

    plan: LesionPlan
    box: Box
    body: LatticeField
    tail: LatticeField | None
    outer: LatticeField | None
    fine: LatticeField
    edema_border: float

    def weights(self, grid: Grid) -> dict[Part, FloatArray]:
        """Return each part's share of every voxel of ``grid``."""
        return weights_in_box(grid, self.box, self._evaluate)

    def _evaluate(self, grid: Grid) -> dict[Part, FloatArray]:
        tumor = soft_step(self.body.at(grid) + 0.2 * self.fine.at(grid), 0.45)
        if self.tail is not None:
            tumor = np.maximum(tumor, soft_step(self.tail.at(grid), 0.3))
        parts = {Part.MENINGIOMA: tumor}
        if self.outer is not None:
            parts[Part.EDEMA] = np.maximum(soft_step(self.outer.at(grid), self.edema_border), tumor) - tumor
        return parts


def grow_meningioma(
    generator: np.random.Generator, plan: LesionPlan, terrain: Terrain, priors: LesionPriors
) -> Meningioma:
    """Grow a meningioma around the planned center, which lies beside the dura or the falx."""
    radius = plan.radius
    # Half the ball may lie behind the dura: the ball is enlarged until the rest has the wanted volume.
    ground = ground_around(terrain, plan.center, 2.3 * radius + 8, 1.0 if radius < 8 else 2.0)
    lobes = generator.uniform(0.03, 0.1) * radius * ground.noise(generator, max(6.0, radius)).at(ground.grid)
    hull = LatticeField.through(terrain.hull_distance, terrain.grid).at(ground.grid)
    allowed = np.minimum(_DURA_DEPTH - hull, _falx_side(ground.tissue, ground.grid, plan.center))
    shapes = _flat_on_base(generator, allowed, ground.grid, plan)
    body, wide = _ball_behind(plan, shapes, allowed, lobes, ground.grid)
    tail = _grow_tail(generator, ground.grid, plan, hull, wide, priors)
    outer, edema_border = None, generator.uniform(0.5, 1.8)
    box = Box.around(body > -3, ground.grid, 3)
    if tail is not None:
        box = box.union(Box.around(tail > -2, ground.grid, 2))
    if plan.edema > 0.3:
        around = ground_around(terrain, plan.center, min(1.3 * radius + 32, 75))
        level = LatticeField.through(np.clip(body, -30, 30), ground.grid).at(around.grid)
        spread = grow_edema(
            generator, around, level, plan.center, plan.edema, _EDEMA_SPEED, callosum=0.3, reach=30.0
        )
        spread = np.minimum(spread, np.clip(-around.hull_distance - 2, -12, 12))
        outer = LatticeField.through(spread, around.grid)
        box = box.union(Box.around(spread > -3 * edema_border - 1, around.grid, 3))
    return Meningioma(
        plan=plan,
        box=box,
        body=LatticeField.through(np.clip(body, -12, 30), ground.grid),
        tail=None if tail is None else LatticeField.through(np.clip(tail, -6, 6), ground.grid),
        outer=outer,
        fine=ground.noise(generator, 4.0),
        edema_border=edema_border,
    )


def _flat_on_base(
    generator: np.random.Generator, allowed: FloatArray, grid: Grid, plan: LesionPlan
) -> NDArray[np.float64]:
    """Draw the shape (1, 3, 3) of an ellipsoid that is flatter towards its base, down to 0.4 times as thick as wide."""
    near = [int(np.abs(axis - middle).argmin()) for axis, middle in zip(grid.axes, plan.center, strict=True)]
    box = tuple(slice(max(n - 2, 0), n + 3) for n in near)
    inward = np.array([part.mean() for part in np.gradient(allowed[box])])
    inward /= max(float(np.linalg.norm(inward)), 1e-6)
    tilted = inward + 0.15 * generator.standard_normal(3)
    return elongated(tilted[None], np.exp(generator.uniform([-0.95], [-0.1])))


def _ball_behind(
    plan: LesionPlan, shapes: FloatArray, allowed: FloatArray, lobes: FloatArray, grid: Grid
) -> tuple[FloatArray, float]:
    """Level of the ball cut by dura and falx with the planned volume, and the ball's radius in mm."""
    count = plan.core_volume * 1000 / float(grid.z[1] - grid.z[0]) ** 3
    low, high = plan.radius * 0.9, plan.radius * 2.2
    distance = -Blobs(np.array([plan.center], float), np.zeros(1), shapes).level(grid, 1e3)
    for _ in range(12):
        middle = (low + high) / 2
        body = np.minimum(middle - distance + lobes, allowed)
        low, high = (middle, high) if np.count_nonzero(body > 0) < count else (low, middle)
    return body, middle


def _falx_side(tissue: FloatArray, grid: Grid, center: tuple[float, float, float]) -> FloatArray:
    """Distance in mm to the falx on the center's side of it; large where there is none."""
    near = tissue == Tissue.FALX
    if not near.any():
        return np.full(grid.shape, np.float32(99))
    x = np.broadcast_to(grid.x, grid.shape)
    # The falx is nearly flat: a plane x = a + b y + c z through its points.
    z, y = np.broadcast_to(grid.z[:, None, None], grid.shape), np.broadcast_to(grid.y[:, None], grid.shape)
    columns = np.stack([np.ones(np.count_nonzero(near)), y[near], z[near]], axis=1)
    plane, *_ = np.linalg.lstsq(columns, x[near], rcond=None)
    beyond = x - (plane[0] + plane[1] * y + plane[2] * z)
    side = center[2] - (plane[0] + plane[1] * center[1] + plane[2] * center[0])
    return (beyond * np.sign(side) + 0.5).astype(np.float32)


def _grow_tail(
    generator: np.random.Generator,
    grid: Grid,
    plan: LesionPlan,
    hull: FloatArray,
    radius: float,
    priors: LesionPriors,
) -> FloatArray | None:
    """Level of the thickened dura around the base."""
    wanted = generator.random() < priors.dural_tail
    reach, half = generator.uniform(1.15, 1.6) * radius, generator.uniform(0.6, 1.2)
    uneven = 0.2 * radius * _wide_noise(generator, grid, plan, radius)
    if not wanted:
        return None
    offset = [
        (axis - c).reshape(form)
        for axis, c, form in zip(grid.axes, plan.center, ((-1, 1, 1), (1, -1, 1), (1, 1, -1)), strict=True)
    ]
    distance = np.sqrt(sum(part**2 for part in offset))
    taper = np.clip((reach + uneven - distance) / (0.6 * radius), -3, 1)
    return half * taper - np.abs(hull - _DURA_DEPTH + 0.3)


def _wide_noise(generator: np.random.Generator, grid: Grid, plan: LesionPlan, radius: float) -> FloatArray:
    half = tuple(float(axis[-1] - axis[0]) / 2 for axis in grid.axes)
    return random_field(generator, max(8.0, radius), half, plan.center).at(grid)
