"""Low-grade glioma: a solid core that does not enhance, with little edema apart from it.

T2/FLAIR mismatch (bright on T2, dark on FLAIR but for a bright rim) is a share of cyst fluid in the middle of the
core, as the microcysts behind it are; true cysts are fluid alone.

Tested by Testing/unit/phantom/lesions/test_tumors.py.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from gliomamri.phantom.fields import LatticeField
from gliomamri.phantom.grid import FloatArray, Grid
from gliomamri.phantom.lesions.growth import (
    CORE_SPEED,
    CORTICAL_SPEED,
    EDEMA_SPEED,
    INFILTRATION_SPEED,
    Irregularity,
    core_field,
    ground_around,
    grow_core,
    grow_edema,
    growth_step,
)
from gliomamri.phantom.lesions.high_grade import INFILTRATION_LENGTH
from gliomamri.phantom.lesions.lesion import LesionPlan, Part, Terrain
from gliomamri.phantom.lesions.levels import Box, soft_step, weights_in_box
from gliomamri.phantom.lesions.priors import LesionPriors


@dataclass(frozen=True)
class Texture:
    """What is drawn once per tumor besides its fields.

    Attributes
    ----------
    border, edema_border : float
        mm, softness.
    roughness : float
        mm, amplitude of the finest irregularity of the core's surface.
    infiltration : float
        Share at the core's border.
    mismatch : float
        Share of fluid in the middle of the core; 0 without T2/FLAIR mismatch.
    bright_rim : float
        mm, thickness of the rim that has no fluid.
    cyst, spots : float or None
        Where the field ``holes`` exceeds the first is a cyst, where ``patches`` exceeds the second enhancement.
    """

    border: float
    edema_border: float
    roughness: float
    infiltration: float
    mismatch: float
    bright_rim: float
    cyst: float | None
    spots: float | None


@dataclass(frozen=True)
class LowGradeGlioma:
    """A grown low-grade glioma.

    Attributes
    ----------
    plan : LesionPlan
    box : Box
        Outside it all shares are 0.
    core, outer : LatticeField
        mm, positive inside the core and inside core with edema.
    fine, holes, patches : LatticeField
        Random fields, standard deviation 1.
    texture : Texture
    """

    plan: LesionPlan
    box: Box
    core: LatticeField
    outer: LatticeField
    fine: LatticeField
    holes: LatticeField
    patches: LatticeField
    texture: Texture

    def weights(self, grid: Grid) -> dict[Part, FloatArray]:
        """Return each part's share of every voxel of ``grid``."""
        return weights_in_box(grid, self.box, self._evaluate)

    def _evaluate(self, grid: Grid) -> dict[Part, FloatArray]:
        texture = self.texture
        fine = self.fine.at(grid)
        depth = self.core.at(grid) + texture.roughness * fine
        core = soft_step(depth, texture.border)
        edema = np.maximum(soft_step(self.outer.at(grid) + 0.4 * fine, texture.edema_border), core) - core
        invaded = edema * texture.infiltration * np.exp(np.minimum(depth, 0) / INFILTRATION_LENGTH)
        parts = {Part.EDEMA: edema - invaded, Part.INFILTRATION: invaded}
        rest = core
        if texture.spots is not None:
            spot = soft_step(self.patches.at(grid) - texture.spots, 0.1)
            parts[Part.ENHANCING] = rest * spot * soft_step(depth - 1.5, 0.4)
            rest = rest - parts[Part.ENHANCING]
        fluid = texture.mismatch * soft_step(depth - texture.bright_rim, 1.0)
        if texture.cyst is not None:
            hole = soft_step(self.holes.at(grid) - texture.cyst, 0.08) * soft_step(depth - 2, 0.4)
            fluid = np.maximum(fluid, hole)
        if texture.mismatch or texture.cyst is not None:
            parts[Part.CYST] = rest * fluid
            rest = rest - parts[Part.CYST]
        parts[Part.NON_ENHANCING] = rest
        return parts


def grow_low_grade(
    generator: np.random.Generator, plan: LesionPlan, terrain: Terrain, priors: LesionPriors
) -> LowGradeGlioma:
    """Grow a low-grade glioma at the planned place.

    Raises
    ------
    UserError
        If the core does not fit there.
    """
    radius = plan.radius
    cortical = generator.random() < priors.cortex_following
    near = ground_around(terrain, plan.center, (2.8 if cortical else 2.3) * radius + 8, growth_step(radius))
    shape = Irregularity(
        generator.uniform(0.08, 0.35),
        generator.uniform(0.03, 0.18),
        generator.uniform(0.01, 0.06),
        ratio=float(np.exp(generator.uniform(0.1, 0.9))),
    )
    speeds = CORTICAL_SPEED if cortical else CORE_SPEED
    level = grow_core(generator, near, plan.center, plan.core_volume, shape, speeds)
    core = core_field(level, near)
    wide = ground_around(terrain, plan.center, min((1.9 if cortical else 1.4) * radius + 26, 85))
    into_gray = generator.random() < 0.6
    spread = grow_edema(
        generator,
        wide,
        core.at(wide.grid),
        plan.center,
        plan.edema,
        INFILTRATION_SPEED if into_gray else EDEMA_SPEED,
        callosum=generator.choice((0.15, 0.8)),
        reach=generator.uniform(5, 24),
    )
    texture = _draw_texture(generator, priors)
    return LowGradeGlioma(
        plan=plan,
        box=Box.around(spread > -3 * texture.edema_border - 2, wide.grid, 4),
        core=core,
        outer=LatticeField.through(spread, wide.grid),
        fine=wide.noise(generator, generator.uniform(3.2, 6)),
        holes=near.noise(generator, generator.uniform(9, 20)),
        patches=near.noise(generator, generator.uniform(5, 11)),
        texture=texture,
    )


def _draw_texture(generator: np.random.Generator, priors: LesionPriors) -> Texture:
    chance, detail = generator.random(4), generator.random(4)
    return Texture(
        border=float(0.4 + 0.6 * detail[0] if chance[0] < priors.sharp_border else 1.0 + 1.6 * detail[0]),
        edema_border=generator.uniform(0.6, 2.4),
        roughness=generator.uniform(0.15, 0.7),
        infiltration=generator.uniform(*priors.infiltration),
        mismatch=float(0.25 + 0.4 * detail[1]) if chance[1] < priors.mismatch else 0.0,
        bright_rim=generator.uniform(2, 5),
        cyst=float(0.4 + 1.2 * detail[2]) if chance[2] < priors.low_grade_cyst else None,
        spots=float(1.3 + 0.9 * detail[3]) if chance[3] < priors.enhancing_spots else None,
    )
