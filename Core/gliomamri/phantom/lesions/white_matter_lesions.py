"""Lesions of white matter that are no tumor: multiple-sclerosis-like and vascular hyperintensities.

All lesions of a patient are one object: ellipsoids (Dawson's fingers stand on the ventricles, others lie beneath
the cortex, in brainstem and cerebellum) and, for vascular ones, caps and rims along the ventricles and confluent
patches. Some multiple-sclerosis lesions enhance, as nodule or ring.

Tested by Testing/unit/phantom/lesions/test_white_matter_lesions.py.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray
from scipy import ndimage

from gliomamri.phantom.fields import LatticeField, random_field
from gliomamri.phantom.grid import FloatArray, Grid
from gliomamri.phantom.lesions.blobs import Blobs, elongated, random_shapes
from gliomamri.phantom.lesions.lesion import LesionPlan, Part, Terrain
from gliomamri.phantom.lesions.levels import Box, soft_step, weights_in_box
from gliomamri.phantom.lesions.priors import LesionPriors
from gliomamri.phantom.tissues import GRAY_MATTER, Tissue

_REACH = 3.5
"""mm outside an ellipsoid up to which its level is kept."""
_ROUGHNESS = 0.35
_RIM = 0.25
"""Thickness of rims along the bodies of the ventricles as a fraction of the caps on their horns."""
_SHEET_SOFTNESS = 1.2
"""Caps, rims and confluent patches fade out over a wider border than spots do."""
_LEAST_CAP = 1.3
"""mm; thinner caps and rims are not seen."""


@dataclass(frozen=True)
class WhiteMatterLesions:
    """All white-matter lesions of a patient.

    Attributes
    ----------
    plan : LesionPlan
        Center and radius are those of a typical one.
    box : Box
        Outside it all shares are 0.
    spots, active : Blobs
        Without and with enhancement.
    walls : array (active,)
        mm, thickness of the enhancing rim; infinite for a nodule.
    sheets : LatticeField or None
        mm, positive inside caps, rims and confluent patches.
    white : LatticeField or None
        mm, positive inside cerebral white matter; limits ``sheets``.
    fine : LatticeField
        Random field, standard deviation 1.
    border : float
        mm, softness.
    """

    plan: LesionPlan
    box: Box
    spots: Blobs
    active: Blobs
    walls: NDArray[np.float64]
    sheets: LatticeField | None
    white: LatticeField | None
    fine: LatticeField
    border: float

    def weights(self, grid: Grid) -> dict[Part, FloatArray]:
        """Return each part's share of every voxel of ``grid``."""
        return weights_in_box(grid, self.box, self._evaluate)

    def _evaluate(self, grid: Grid) -> dict[Part, FloatArray]:
        rough = _ROUGHNESS * self.fine.at(grid)
        whole = soft_step(self.spots.level(grid, _REACH) + rough, self.border)
        if self.sheets is not None:
            sheets = soft_step(self.sheets.at(grid) + rough, _SHEET_SOFTNESS * self.border)
            np.minimum(sheets, soft_step(self.white.at(grid), self.border), out=sheets)
            np.maximum(whole, sheets, out=whole)
        parts = {Part.WHITE_MATTER_LESION: whole}
        if len(self.active):
            lit, inside = self._active_shares(grid, rough)
            np.maximum(whole, inside, out=whole)
            parts[Part.ACTIVE_WHITE_MATTER_LESION] = lit
            parts[Part.WHITE_MATTER_LESION] = np.maximum(whole - lit, 0)
        return parts

    def _active_shares(self, grid: Grid, rough: FloatArray) -> tuple[FloatArray, FloatArray]:
        """Share that enhances, and share of the whole of the enhancing lesions."""
        lit = np.zeros(grid.shape, np.float32)
        inside = np.zeros(grid.shape, np.float32)
        for number, wall in enumerate(self.walls):
            pick = slice(number, number + 1)
            one = Blobs(self.active.centers[pick], self.active.radii[pick], self.active.shapes[pick])
            level = one.level(grid, _REACH) + rough
            own = soft_step(level, self.border)
            np.maximum(inside, own, out=inside)
            np.maximum(lit, own * soft_step(wall - level, 0.4) if np.isfinite(wall) else own, out=lit)
        return lit, inside


def grow_multiple_sclerosis(
    generator: np.random.Generator, plan: LesionPlan, terrain: Terrain, priors: LesionPriors
) -> WhiteMatterLesions:
    """Scatter multiple-sclerosis-like lesions over the brain."""
    count = round(priors.sclerosis_count.draw(generator))
    places = generator.choice(4, size=count, p=(0.5, 0.22, 0.2, 0.08))
    candidates = _sclerosis_places(terrain)
    size = np.exp(0.2 * generator.standard_normal())
    diameters = np.array([priors.sclerosis_diameter.draw(generator, size) for _ in range(count)])
    diameters = np.where(places == 0, diameters, np.maximum(2.5, 0.8 * diameters))
    centers, shapes = np.zeros((count, 3)), np.zeros((count, 3, 3))
    gradient = np.gradient(terrain.ventricle_distance)
    for number, place in enumerate(places):
        options = candidates[place] if len(candidates[place]) else candidates[2]
        index = tuple(options[generator.integers(len(options))])
        centers[number] = _position(generator, terrain.grid, index)
        outward = np.array([part[index] for part in gradient]) + 1e-6
        ratio = np.exp(generator.normal(0.55 if place == 0 else 0.2, 0.25))
        # Dawson's fingers follow the veins: away from the ventricle and mostly sideways.
        direction = outward if place == 0 else generator.standard_normal(3)
        shapes[number] = elongated(direction[None], np.array([max(ratio, 1.0)]))[0]
    blobs = Blobs(centers, diameters / 2, shapes)
    return _collect(generator, plan, terrain, blobs, _draw_active(generator, count, priors))


def grow_hyperintensities(
    generator: np.random.Generator, plan: LesionPlan, terrain: Terrain, priors: LesionPriors
) -> WhiteMatterLesions:
    """Grow vascular hyperintensities: caps and rims, punctate spots, sometimes confluent patches."""
    white = ndimage.gaussian_filter((terrain.tissue == Tissue.WHITE_MATTER).astype(np.float32), 0.5)
    step = _step(terrain.grid)
    cap = priors.vascular_cap.draw(generator)
    level = _caps(generator, terrain, cap)
    if generator.random() < priors.vascular_confluent:
        start = generator.uniform(1.0, 1.8)
        patch = 4 * (random_field(generator, 14.0).at(terrain.grid) - start)
        patch -= np.maximum(terrain.ventricle_distance - generator.uniform(10, 20), 0)
        level = np.maximum(level, patch)
    level = np.clip(level, -8, 8)
    count = round(priors.vascular_count.draw(generator))
    options = np.argwhere(_deep_white(terrain, 2))
    if not len(options):
        count = 0
    chosen = options[generator.integers(max(len(options), 1), size=count)] if count else np.zeros((0, 3), int)
    centers = np.array([_position(generator, terrain.grid, tuple(index)) for index in chosen]).reshape(-1, 3)
    radii = np.exp(generator.normal(np.log(1.7), 0.35, count)).clip(1.25, 5)
    blobs = Blobs(centers, radii, random_shapes(generator, count, 0.35))
    inside = (level > -5) & (white > 0.05)
    # Steep enough to be beyond the softest border in gray matter and fluid: nothing leaks there.
    limit = (white - 0.5) * 4 * step
    sheets = (LatticeField.through(level, terrain.grid), LatticeField.through(limit, terrain.grid), inside)
    return _collect(generator, plan, terrain, blobs, np.zeros(0), sheets)


def _caps(generator: np.random.Generator, terrain: Terrain, cap: float) -> FloatArray:
    """Level in mm of caps ``cap`` mm thick on the horns of the ventricles, and of thin, broken rims along the bodies.

    The midline (septum, fornix, corpus callosum) is spared, as it is supplied by other vessels.
    """
    y, x = np.abs(terrain.grid.y)[None, :, None], np.abs(terrain.grid.x)[None, None, :]
    horns = np.clip((y - 12) / 25, 0, 1)
    sides = np.clip((x - 4) / 6, 0, 1)
    uneven = np.exp(0.6 * random_field(generator, 18.0).at(terrain.grid))
    thickness = cap * (_RIM + (1 - _RIM) * horns) * sides * uneven
    return thickness - _LEAST_CAP - terrain.ventricle_distance


def _collect(
    generator: np.random.Generator,
    plan: LesionPlan,
    terrain: Terrain,
    blobs: Blobs,
    walls: NDArray[np.float64],
    sheets: tuple[LatticeField, LatticeField, NDArray[np.bool_]] | None = None,
) -> WhiteMatterLesions:
    """Make one object; the largest of the first ``len(walls)`` ellipsoids are the enhancing ones."""
    first = np.arange(len(blobs)) < len(walls)
    active, spots = (
        Blobs(blobs.centers[pick], blobs.radii[pick], blobs.shapes[pick]) for pick in (first, ~first)
    )
    boxes = [part.box(_REACH) for part in (active, spots) if len(part)]
    if sheets is not None:
        boxes.append(Box.around(sheets[2], terrain.grid, 4))
    box = boxes[0] if boxes else Box((0, 0, 0), (0, 0, 0))
    for other in boxes[1:]:
        box = box.union(other)
    half = tuple((high - low) / 2 for low, high in zip(box.low, box.high, strict=True))
    middle = tuple((high + low) / 2 for low, high in zip(box.low, box.high, strict=True))
    fine = random_field(generator, 4.0, half, middle)
    border = generator.uniform(0.4, 0.9)
    field, white = (None, None) if sheets is None else sheets[:2]
    return WhiteMatterLesions(plan, box, spots, active, walls, field, white, fine, border)


def _draw_active(generator: np.random.Generator, count: int, priors: LesionPriors) -> NDArray[np.float64]:
    """Wall thickness in mm of each enhancing lesion, infinite for nodules."""
    number = min(int(generator.integers(1, 5)), count)
    rings = generator.random(number) < 0.4
    walls = np.where(rings, generator.uniform(1.0, 1.8, number), np.inf)
    return walls if generator.random() < priors.active_sclerosis else np.zeros(0)


def _sclerosis_places(terrain: Terrain) -> list[NDArray[np.int64]]:
    """Candidate points: beside the ventricles, beneath the cortex, deep white matter, infratentorial."""
    tissue, distance = terrain.tissue, terrain.ventricle_distance
    white = tissue == Tissue.WHITE_MATTER
    cortex = ndimage.binary_dilation(tissue == Tissue.CORTEX)
    below = np.isin(tissue, (Tissue.BRAINSTEM, Tissue.CEREBELLAR_WHITE_MATTER))
    masks = (
        white & (distance > 1) & (distance < 10),
        white & cortex & (distance > 8),
        white & ~cortex,
        below,
    )
    return [np.argwhere(mask) for mask in masks]


def _deep_white(terrain: Terrain, margin: int) -> NDArray[np.bool_]:
    """White matter at least ``margin`` points from gray matter."""
    gray = np.isin(terrain.tissue, GRAY_MATTER)
    near = ndimage.binary_dilation(gray, iterations=margin - 1) if margin > 1 else gray
    return (terrain.tissue == Tissue.WHITE_MATTER) & ~near


def _position(generator: np.random.Generator, grid: Grid, index: tuple[int, ...]) -> NDArray[np.float64]:
    """Return a random position in mm within the cell of a grid point."""
    point = np.array([axis[number] for axis, number in zip(grid.axes, index, strict=True)], float)
    return point + generator.uniform(-0.5, 0.5, 3) * _step(grid)


def _step(grid: Grid) -> float:
    return float(grid.z[1] - grid.z[0])
