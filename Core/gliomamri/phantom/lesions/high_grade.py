"""High-grade glioma: an irregular enhancing rim around necrosis, edema along white matter, infiltration beyond.

The core's level set ``c`` (mm, positive inside) carries everything else: the rim is where ``c`` is below the rim's
thickness, which varies and is broken in places; infiltration is the share ``s exp(c / 5 mm)`` of the edema outside
(continuous, and not in the annotation).

Tested by Testing/unit/phantom/lesions/test_tumors.py.
"""

from __future__ import annotations

from dataclasses import dataclass, field

import numpy as np

from gliomamri.phantom.fields import LatticeField
from gliomamri.phantom.grid import FloatArray, Grid
from gliomamri.phantom.lesions.blobs import Blobs, random_shapes
from gliomamri.phantom.lesions.growth import (
    Ground,
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
from gliomamri.phantom.tissues import Tissue

INFILTRATION_LENGTH = 5.0
"""mm over which infiltration decays to 1/e."""


@dataclass(frozen=True)
class Pattern:
    """What is drawn once per tumor besides its fields.

    Attributes
    ----------
    border, rim_border, edema_border : float
        mm, softness.
    roughness : float
        mm, amplitude of the finest irregularity of the core's surface.
    gap : float
        Where the field ``gaps`` exceeds this, the rim does not enhance.
    wet : float
        Where the field ``wet`` exceeds this, the inside is solid instead of necrotic.
    septum : float or None
        Half width of enhancing sheets inside, as a value of the field ``septa``.
    bleeding, cyst : float or None
        Where the field ``wet`` exceeds it (cyst: ``gaps`` falls below its negative).
    infiltration : float
        Share at the core's border.
    """

    border: float
    rim_border: float
    edema_border: float
    roughness: float
    gap: float
    wet: float
    infiltration: float
    septum: float | None = None
    bleeding: float | None = None
    cyst: float | None = None


@dataclass(frozen=True)
class HighGradeGlioma:
    """A grown high-grade glioma.

    Attributes
    ----------
    plan : LesionPlan
    box : Box
        Outside it all shares are 0.
    core, outer : LatticeField
        mm, positive inside the core and inside core with edema.
    thickness : LatticeField
        mm, of the enhancing rim.
    offset : LatticeField
        mm, depth at which the rim begins: above 0 where a part without enhancement lies outside it, -2.5 elsewhere.
    fine, gaps, wet, septa : LatticeField
        Random fields, standard deviation 1.
    satellites : Blobs
    pattern : Pattern
    """

    plan: LesionPlan
    box: Box
    core: LatticeField
    outer: LatticeField
    thickness: LatticeField
    offset: LatticeField
    fine: LatticeField
    gaps: LatticeField
    wet: LatticeField
    septa: LatticeField
    pattern: Pattern
    satellites: Blobs = field(default_factory=Blobs.none)

    def weights(self, grid: Grid) -> dict[Part, FloatArray]:
        """Return each part's share of every voxel of ``grid``."""
        return weights_in_box(grid, self.box, self._evaluate)

    def _evaluate(self, grid: Grid) -> dict[Part, FloatArray]:
        pattern = self.pattern
        fine = self.fine.at(grid)
        depth = self.core.at(grid) + pattern.roughness * fine
        core = soft_step(depth, pattern.border)
        outer = np.maximum(soft_step(self.outer.at(grid) + 0.4 * fine, pattern.edema_border), core)
        edema = outer - core
        invaded = edema * pattern.infiltration * np.exp(np.minimum(depth, 0) / INFILTRATION_LENGTH)
        parts = self._fill(grid, depth, core, fine)
        parts[Part.EDEMA] = edema - invaded
        parts[Part.INFILTRATION] = invaded
        if len(self.satellites):
            focus = soft_step(self.satellites.level(grid, 4.0) + 0.5 * fine, 0.5)
            for values in parts.values():
                values *= 1 - focus
            parts[Part.ENHANCING] += focus
        return parts

    def _fill(
        self, grid: Grid, depth: FloatArray, core: FloatArray, fine: FloatArray
    ) -> dict[Part, FloatArray]:
        """Divide the core into rim, necrosis, solid rest, blood and cyst."""
        pattern = self.pattern
        gaps, wet = self.gaps.at(grid), self.wet.at(grid)
        offset = self.offset.at(grid)
        inner = depth - offset
        beneath = depth - np.maximum(offset, 0) - self.thickness.at(grid) - 0.4 * fine
        shell = soft_step(inner, 0.6) * soft_step(-beneath, pattern.rim_border)
        if pattern.septum is not None:
            width = pattern.septum * np.exp(0.9 * wet)
            sheet = soft_step(6 * (width - np.abs(self.septa.at(grid))), 0.5)
            shell = np.maximum(shell, 0.8 * sheet * soft_step(beneath, 0.6))
        shell *= 1 - soft_step(gaps - pattern.gap, 0.1)
        enhancing = core * shell
        rest = core - enhancing
        parts = {Part.ENHANCING: enhancing}
        if pattern.cyst is not None:
            parts[Part.CYST] = rest * soft_step(-gaps - pattern.cyst, 0.08) * soft_step(beneath - 1, 0.5)
            rest = rest - parts[Part.CYST]
        if pattern.bleeding is not None:
            parts[Part.HEMORRHAGE] = rest * soft_step(wet - pattern.bleeding, 0.1) * soft_step(depth - 2, 0.5)
            rest = rest - parts[Part.HEMORRHAGE]
        parts[Part.NECROSIS] = rest * soft_step(pattern.wet - wet, 0.3) * soft_step(beneath + 0.5, 0.5)
        parts[Part.NON_ENHANCING] = rest - parts[Part.NECROSIS]
        return parts


def grow_high_grade(
    generator: np.random.Generator, plan: LesionPlan, terrain: Terrain, priors: LesionPriors
) -> HighGradeGlioma:
    """Grow a high-grade glioma at the planned place.

    Raises
    ------
    UserError
        If the core does not fit there.
    """
    radius = plan.radius
    near = ground_around(terrain, plan.center, 2.2 * radius + 8, growth_step(radius))
    shape = Irregularity(
        generator.uniform(0.12, 0.35),
        generator.uniform(0.05, 0.18),
        generator.uniform(0.02, 0.07),
        ratio=float(np.exp(generator.uniform(0.1, 0.75))),
    )
    level = grow_core(generator, near, plan.center, plan.core_volume, shape)
    core = core_field(level, near)
    wide = ground_around(terrain, plan.center, min(1.3 * radius + 42, 85))
    spread = grow_edema(
        generator,
        wide,
        core.at(wide.grid),
        plan.center,
        plan.edema,
        callosum=generator.choice((0.15, 0.8)),
        reach=generator.uniform(22, 42),
    )
    kind = generator.choice(("ring", "solid", "mixed"), p=(priors.ring, priors.solid, priors.mixed))
    pattern = _draw_pattern(generator, kind, priors)
    satellites = _draw_satellites(generator, wide, core, spread, priors)
    box = Box.around(spread > -3 * pattern.edema_border - 2, wide.grid, 4)
    thickness = _draw_thickness(generator, near, radius, kind, priors)
    offset = _draw_offset(generator, near, radius, priors)
    return HighGradeGlioma(
        plan=plan,
        box=box.union(satellites.box(4)) if len(satellites) else box,
        core=core,
        outer=LatticeField.through(spread, wide.grid),
        thickness=thickness,
        offset=offset,
        fine=wide.noise(generator, generator.uniform(3.2, 5)),
        gaps=near.noise(generator, generator.uniform(9, 17)),
        wet=near.noise(generator, generator.uniform(7, 14)),
        septa=near.noise(generator, generator.uniform(9, 18)),
        pattern=pattern,
        satellites=satellites,
    )


def _draw_pattern(generator: np.random.Generator, kind: str, priors: LesionPriors) -> Pattern:
    gap = {"ring": (1.5, 3.0), "solid": (1.0, 2.4), "mixed": (0.2, 1.0)}[kind]
    chance = generator.random(3)
    details = generator.uniform(size=3)
    return Pattern(
        border=generator.uniform(0.3, 0.8),
        rim_border=generator.uniform(0.4, 1.0),
        edema_border=generator.uniform(0.5, 2.0),
        roughness=generator.uniform(0.15, 0.5),
        gap=generator.uniform(*gap),
        wet=generator.uniform(-0.6 if kind == "mixed" else 0.0, 1.8),
        infiltration=generator.uniform(*priors.infiltration),
        septum=0.06 + 0.12 * details[0] if chance[0] < priors.septa else None,
        bleeding=0.8 + 0.8 * details[1] if chance[1] < priors.hemorrhage else None,
        cyst=0.3 + 0.7 * details[2] if chance[2] < priors.high_grade_cyst else None,
    )


def _draw_thickness(
    generator: np.random.Generator, ground: Ground, radius: float, kind: str, priors: LesionPriors
) -> LatticeField:
    """Rim thickness in mm: nodes at the scale of the tumor, unevenness at 8 mm."""
    base = 3 * radius if kind == "solid" else min(priors.rim.draw(generator), 0.75 * radius)
    nodes = generator.uniform(0.2, 0.45) * ground.noise(generator, max(14.0, 1.2 * radius)).at(ground.grid)
    nodes += generator.uniform(0.15, 0.35) * ground.noise(generator, 8.0).at(ground.grid)
    return smooth_spline(np.maximum(base * np.exp(nodes), 1.6), ground.grid)


def _draw_offset(
    generator: np.random.Generator, ground: Ground, radius: float, priors: LesionPriors
) -> LatticeField:
    """Depth of the rim's outer border: 0, or up to half a radius on one side."""
    side = ground.noise(generator, max(20.0, 2 * radius)).at(ground.grid)
    start, depth = generator.uniform(0, 0.8), generator.uniform(0.2, 0.55) * radius
    if generator.random() >= priors.outer_non_enhancing:
        depth = 0.0
    # Without an offset the shell reaches into the soft border of the core.
    return smooth_spline(depth * np.clip((side - start) / 0.7, 0, 1) - 2.5, ground.grid)


def _draw_satellites(
    generator: np.random.Generator,
    ground: Ground,
    core: LatticeField,
    spread: FloatArray,
    priors: LesionPriors,
) -> Blobs:
    """Small enhancing foci in the edema, up to 22 mm from the core."""
    count = int(generator.integers(1, 5))
    wanted = generator.random() < priors.satellites
    distance = -core.at(ground.grid)
    places = np.argwhere((spread > 2) & (distance > 4) & (distance < 22) & (ground.tissue != Tissue.CSF))
    if not wanted or not len(places):
        return Blobs.none()
    chosen = places[generator.integers(len(places), size=count)]
    centers = np.stack([axis[index] for axis, index in zip(ground.grid.axes, chosen.T, strict=True)], axis=1)
    radii = np.exp(generator.normal(np.log(2.2), 0.4, count)).clip(1.2, 5)
    return Blobs(centers.astype(float), radii, random_shapes(generator, count, 0.3))
