"""Resection cavity: fluid with a thin wall that enhances in places, in scarred, swollen white matter.

Tested by Testing/unit/phantom/lesions/test_tumors.py.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from gliomamri.phantom.fields import LatticeField
from gliomamri.phantom.grid import FloatArray, Grid
from gliomamri.phantom.lesions.growth import (
    Irregularity,
    core_field,
    ground_around,
    grow_core,
    grow_edema,
    growth_step,
)
from gliomamri.phantom.lesions.lesion import LesionPlan, Part, Terrain
from gliomamri.phantom.lesions.levels import Box, smooth_spline, soft_step, weights_in_box
from gliomamri.phantom.lesions.priors import LesionPriors


@dataclass(frozen=True)
class Cavity:
    """A resection cavity.

    Attributes
    ----------
    plan : LesionPlan
    box : Box
        Outside it all shares are 0.
    core, outer : LatticeField
        mm, positive inside the cavity with its wall, and inside the gliosis around.
    thickness : LatticeField
        mm, of the wall.
    gaps : LatticeField
        Random field; the wall enhances where it is below ``gap``.
    fine : LatticeField
        Random field, standard deviation 1.
    gap : float
    blood : float
        Share of blood in the lowest fluid; 0 for none.
    border : float
        mm, softness of the gliosis.
    """

    plan: LesionPlan
    box: Box
    core: LatticeField
    outer: LatticeField
    thickness: LatticeField
    gaps: LatticeField
    fine: LatticeField
    gap: float
    blood: float
    border: float

    def weights(self, grid: Grid) -> dict[Part, FloatArray]:
        """Return each part's share of every voxel of ``grid``."""
        return weights_in_box(grid, self.box, self._evaluate)

    def _evaluate(self, grid: Grid) -> dict[Part, FloatArray]:
        fine = self.fine.at(grid)
        depth = self.core.at(grid) + 0.4 * fine
        whole = soft_step(depth, 0.5)
        fluid = whole * soft_step(depth - self.thickness.at(grid), 0.3)
        wall = whole - fluid
        lit = soft_step(self.gap - self.gaps.at(grid), 0.12)
        outer = np.maximum(soft_step(self.outer.at(grid) + 0.4 * fine, self.border), whole)
        parts = {
            Part.ENHANCING: wall * lit,
            Part.EDEMA: outer - whole + wall * (1 - lit),
            Part.CAVITY: fluid,
        }
        if self.blood > 0:
            # Blood lies at the back: patients are scanned on their back.
            back = np.clip((grid.y - self.plan.center[1]) / self.plan.radius, 0, 1)[None, :, None]
            parts[Part.HEMORRHAGE] = fluid * (self.blood * back).astype(np.float32)
            parts[Part.CAVITY] = fluid - parts[Part.HEMORRHAGE]
        return parts


def grow_cavity(
    generator: np.random.Generator, plan: LesionPlan, terrain: Terrain, priors: LesionPriors
) -> Cavity:
    """Cut a resection cavity at the planned place.

    Raises
    ------
    UserError
        If it does not fit there.
    """
    del priors  # same signature for every lesion
    near = ground_around(terrain, plan.center, 2.2 * plan.radius + 8, growth_step(plan.radius))
    shape = Irregularity(generator.uniform(0.1, 0.3), generator.uniform(0.08, 0.18), 0.03)
    level = grow_core(generator, near, plan.center, plan.core_volume, shape)
    core = core_field(level, near)
    wide = ground_around(terrain, plan.center, min(1.3 * plan.radius + 30, 80))
    spread = grow_edema(
        generator, wide, core.at(wide.grid), plan.center, plan.edema, reach=generator.uniform(4, 25)
    )
    nodular = generator.random() < 0.3
    uneven = (0.8 if nodular else 0.3) * near.noise(generator, 9.0).at(near.grid)
    border = generator.uniform(0.8, 2.2)
    return Cavity(
        plan=plan,
        box=Box.around(spread > -3 * border - 2, wide.grid, 4),
        core=core,
        outer=LatticeField.through(spread, wide.grid),
        thickness=smooth_spline(generator.uniform(1.2, 2.2) * np.exp(uneven).clip(0.5, 4), near.grid),
        gaps=near.noise(generator, 11.0),
        fine=wide.noise(generator, 5.0),
        gap=generator.uniform(-0.8, 1.2),
        blood=float(generator.uniform(0.3, 0.9)) if generator.random() < 0.2 else 0.0,
        border=border,
    )
