"""Metastasis: a round enhancing focus at the border of gray and white matter, ringed when large, with edema.

Tested by Testing/unit/phantom/lesions/test_tumors.py.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from gliomamri.phantom.fields import LatticeField
from gliomamri.phantom.grid import FloatArray, Grid
from gliomamri.phantom.lesions.blobs import Blobs, random_shapes
from gliomamri.phantom.lesions.growth import ground_around, grow_edema
from gliomamri.phantom.lesions.lesion import LesionPlan, Part, Terrain
from gliomamri.phantom.lesions.levels import Box, soft_step, weights_in_box
from gliomamri.phantom.lesions.priors import LesionPriors

_REACH = 4.0
"""mm outside the ellipsoid up to which its level is kept."""


@dataclass(frozen=True)
class Metastasis:
    """A grown metastasis.

    Attributes
    ----------
    plan : LesionPlan
    box : Box
        Outside it all shares are 0.
    focus : Blobs
        One ellipsoid.
    bumps : LatticeField
        mm, added to its surface.
    wall : float
        mm, thickness of the enhancing wall; beneath it is necrosis. Infinite for a solid focus.
    unevenness : LatticeField
        Random field that varies the wall.
    outer : LatticeField or None
        mm, positive inside the edema.
    border, edema_border : float
        mm, softness.
    """

    plan: LesionPlan
    box: Box
    focus: Blobs
    bumps: LatticeField
    wall: float
    unevenness: LatticeField
    outer: LatticeField | None
    border: float
    edema_border: float

    def weights(self, grid: Grid) -> dict[Part, FloatArray]:
        """Return each part's share of every voxel of ``grid``."""
        return weights_in_box(grid, self.box, self._evaluate)

    def _evaluate(self, grid: Grid) -> dict[Part, FloatArray]:
        depth = self.focus.level(grid, _REACH) + self.bumps.at(grid)
        core = soft_step(depth, self.border)
        parts = {}
        if np.isfinite(self.wall):
            wall = self.wall * np.exp(0.35 * self.unevenness.at(grid))
            parts[Part.NECROSIS] = core * soft_step(depth - wall, 0.5)
            parts[Part.ENHANCING] = core - parts[Part.NECROSIS]
        else:
            parts[Part.ENHANCING] = core
        if self.outer is not None:
            parts[Part.EDEMA] = np.maximum(soft_step(self.outer.at(grid), self.edema_border), core) - core
        return parts


def grow_metastasis(
    generator: np.random.Generator, plan: LesionPlan, terrain: Terrain, priors: LesionPriors
) -> Metastasis:
    """Grow one metastasis at the planned place; ``plan.edema`` is its edema in ml."""
    radius = plan.radius
    near = ground_around(terrain, plan.center, radius + _REACH + 2, 1.0)
    shapes = random_shapes(generator, 1, 0.15)
    focus = Blobs(np.array([plan.center], float), np.array([radius]), shapes)
    amplitude = min(0.07 * radius, 0.8)
    bumps = near.noise(generator, max(3.0, 0.6 * radius)).times(amplitude)
    unevenness = near.noise(generator, 7.0)
    ring = generator.random() < priors.metastasis_ring
    wall = min(priors.rim.draw(generator) * 0.8, 0.7 * radius)
    border, edema_border = generator.uniform(0.3, 0.6), generator.uniform(0.5, 1.6)
    box = focus.box(_REACH)
    outer = None
    if plan.edema > 0:
        half = radius + 8 + 2.2 * (plan.edema * 240) ** (1 / 3)
        ground = ground_around(terrain, plan.center, min(half, 50), 1.5 if half < 25 else None)
        level = focus.level(ground.grid, 100.0)
        spread = grow_edema(generator, ground, level, plan.center, plan.edema, reach=26.0)
        outer = LatticeField.through(spread, ground.grid)
        box = box.union(Box.around(spread > -3 * edema_border - 1, ground.grid, 2))
    return Metastasis(
        plan,
        box,
        focus,
        bumps,
        wall if ring and radius > 4 else np.inf,
        unevenness,
        outer,
        border,
        edema_border,
    )
