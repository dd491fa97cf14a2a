"""Growth of a lesion through the brain: cost-weighted distance, and the region of a wanted volume.

The time ``t(p)`` at which a front reaches ``p`` solves the eikonal equation |grad t| = 1 / speed(p); a tumor's core
is slowed by sulci and stopped by falx and dura, edema runs along white matter. Where tissue is easy to enter, the
front's time is a distance in mm.

Sources
-------
J. A. Sethian, "A fast marching level set method for monotonically advancing fronts", PNAS 93 (1996) 1591-1595.

Tested by Testing/unit/phantom/lesions/test_growth.py.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import SimpleITK as sitk
from numpy.typing import NDArray
from scipy import ndimage

from gliomamri.errors import UserError
from gliomamri.phantom.fields import LatticeField, random_field
from gliomamri.phantom.grid import FloatArray, Grid
from gliomamri.phantom.lesions.blobs import Blobs, elongated
from gliomamri.phantom.lesions.lesion import Terrain
from gliomamri.phantom.lesions.levels import smooth_spline
from gliomamri.phantom.tissues import Tissue

Point = tuple[float, float, float]

_BLOCKED = 0.02
_LEAST_SHARE = 0.6
"""Of the wanted volume, that the brain around must be able to hold."""


def _speeds(**by_name: float) -> FloatArray:
    table = np.full(len(Tissue), _BLOCKED, np.float32)
    for name, value in by_name.items():
        table[Tissue[name]] = value
    return table


CORE_SPEED = _speeds(
    WHITE_MATTER=1.0,
    CORTEX=0.8,
    STRIATUM=0.75,
    PALLIDUM=0.75,
    THALAMUS=0.75,
    HIPPOCAMPUS=0.8,
    BRAINSTEM=0.6,
    CEREBELLAR_WHITE_MATTER=0.8,
    CEREBELLAR_CORTEX=0.6,
    CSF=0.45,
    VENTRICLE=0.12,
    CHOROID_PLEXUS=0.15,
    VEIN=0.1,
    ARTERY=0.1,
)
"""Speed of a solid tumor. A sulcus only slows it: a tumor fills the sulci it grows around."""

CORTICAL_SPEED = _speeds(
    WHITE_MATTER=0.4,
    CORTEX=1.8,
    STRIATUM=0.5,
    PALLIDUM=0.4,
    THALAMUS=0.4,
    HIPPOCAMPUS=1.6,
    BRAINSTEM=0.3,
    CEREBELLAR_WHITE_MATTER=0.5,
    CEREBELLAR_CORTEX=1.0,
    CSF=0.6,
    VENTRICLE=0.06,
    CHOROID_PLEXUS=0.1,
    VEIN=0.1,
    ARTERY=0.1,
)
"""Speed of a tumor that follows the cortex."""

EDEMA_SPEED = _speeds(
    WHITE_MATTER=1.0,
    CORTEX=0.22,
    STRIATUM=0.25,
    PALLIDUM=0.25,
    THALAMUS=0.25,
    HIPPOCAMPUS=0.2,
    BRAINSTEM=0.35,
    CEREBELLAR_WHITE_MATTER=0.6,
    CEREBELLAR_CORTEX=0.2,
    CSF=0.04,
)
"""Speed of edema: along white matter."""

INFILTRATION_SPEED = _speeds(
    WHITE_MATTER=1.0,
    CORTEX=0.4,
    STRIATUM=0.5,
    PALLIDUM=0.5,
    THALAMUS=0.5,
    HIPPOCAMPUS=0.5,
    BRAINSTEM=0.4,
    CEREBELLAR_WHITE_MATTER=0.6,
    CEREBELLAR_CORTEX=0.3,
    CSF=0.03,
)
"""Speed of the rim of a low-grade tumor, which enters gray matter too."""


@dataclass(frozen=True)
class Ground:
    """The part of a terrain around a lesion.

    Attributes
    ----------
    grid : Grid
        Isotropic points.
    tissue : uint8 array (z, y, x)
    hull_distance : float32 array (z, y, x)
        mm, negative inside the brain.
    """

    grid: Grid
    tissue: NDArray[np.uint8]
    hull_distance: FloatArray

    @property
    def step(self) -> float:
        """Distance of its points in mm."""
        return float(self.grid.z[1] - self.grid.z[0])

    def noise(self, generator: np.random.Generator, width: float) -> LatticeField:
        """Draw a random field (mean 0, standard deviation 1) over this ground; ``width`` in mm."""
        half = tuple(float(axis[-1] - axis[0]) / 2 + 2 * self.step for axis in self.grid.axes)
        middle = tuple(float(axis[-1] + axis[0]) / 2 for axis in self.grid.axes)
        return random_field(generator, width, half, middle)


def ground_around(terrain: Terrain, center: Point, half_size: float, step: float | None = None) -> Ground:
    """Cut the cube of ``half_size`` mm around ``center`` out of a terrain.

    ``step`` is the distance of points in mm; None takes the terrain's own points. Beyond the terrain is air.
    """
    own = float(terrain.grid.z[1] - terrain.grid.z[0])
    step = own if step is None else min(step, own)
    axes, indices, valid = [], [], []
    for axis, middle in zip(terrain.grid.axes, center, strict=True):
        count = int(np.ceil(half_size / step))
        nearest = float(axis[0]) + round((middle - float(axis[0])) / own) * own
        points = (nearest + np.arange(-count, count + 1) * step).astype(np.float32)
        index = np.rint((points - axis[0]) / own).astype(int)
        inside = (index >= 0) & (index < len(axis))
        axes.append(points)
        indices.append(np.clip(index, 0, len(axis) - 1))
        valid.append(inside)
    where = np.ix_(*indices)
    known = valid[0][:, None, None] & valid[1][None, :, None] & valid[2][None, None, :]
    return Ground(
        Grid(*axes),
        np.where(known, terrain.tissue[where], np.uint8(Tissue.AIR)),
        np.where(known, terrain.hull_distance[where], np.float32(60)),
    )


def growth_step(radius: float) -> float:
    """Return the distance of points in mm that a lesion of ``radius`` mm needs."""
    return 1.0 if radius < 10 else 1.5 if radius < 16 else 2.0


def arrival(speed: FloatArray, ground: Ground, seed: Point, limit: float) -> FloatArray:
    """Return when a front from ``seed`` (mm) reaches each point: mm at speed 1, at most ``limit``."""
    image = sitk.GetImageFromArray(np.maximum(speed, 1e-3).astype(np.float32))
    image.SetSpacing((ground.step,) * 3)
    index = [
        int(np.clip(round((middle - float(axis[0])) / ground.step), 0, len(axis) - 1))
        for axis, middle in zip(ground.grid.axes, seed, strict=True)
    ]
    front = sitk.FastMarching(image, trialPoints=[index[::-1]], stoppingValue=float(limit))
    return np.minimum(sitk.GetArrayFromImage(front), np.float32(limit))


def core_speed(ground: Ground, speeds: FloatArray = CORE_SPEED) -> FloatArray:
    """Return the speed of a core: that of the tissue; CSF at the brain's surface stops it, deep sulci do not."""
    speed = speeds[ground.tissue]
    surface = (ground.tissue == Tissue.CSF) & (ground.hull_distance > -2.5)
    speed[surface] = _BLOCKED
    return speed


@dataclass(frozen=True)
class Irregularity:
    """How far a core is from a ball.

    Attributes
    ----------
    cost : float
        Standard deviation of the logarithm of the local speed.
    lobes, bumps : float
        Standard deviation of the surface as a fraction of the radius, at widths of about one radius and a third.
    ratio : float
        How many times faster the core grows along one axis than across; more often front to back than sideways,
        as the tracts run.
    """

    cost: float = 0.3
    lobes: float = 0.12
    bumps: float = 0.06
    ratio: float = 1.0


def core_field(level: FloatArray, ground: Ground) -> LatticeField:
    """Return the field through a core's ``level`` (mm, from :func:`grow_core`), flat far from the surface."""
    return smooth_spline(np.clip(level, -30, 40), ground.grid)


def grow_core(
    generator: np.random.Generator,
    ground: Ground,
    center: Point,
    volume: float,
    shape: Irregularity,
    speeds: FloatArray = CORE_SPEED,
) -> FloatArray:
    """Grow a solid core of ``volume`` ml from ``center``; somewhat less where the brain around holds less.

    Returns
    -------
    array
        Signed distance in mm to the core's surface at the ground's points, positive inside.

    Raises
    ------
    UserError
        If the brain around the center cannot hold the volume.
    """
    radius = (volume * 750 / np.pi) ** (1 / 3)
    rough = shape.cost * ground.noise(generator, max(8.0, 0.9 * radius)).at(ground.grid)
    bumps = shape.lobes * ground.noise(generator, max(5.0, radius)).at(ground.grid)
    bumps += shape.bumps * ground.noise(generator, max(3.0, radius / 3)).at(ground.grid)
    base = core_speed(ground, speeds)
    limit = 4 * radius + 10
    score = arrival(base * np.exp(rough), ground, center, limit)
    ndimage.gaussian_filter(score, 0.8, output=score, mode="nearest")
    score *= _stretch(generator, ground.grid, center, shape.ratio)
    score -= radius * bumps
    score[base < 0.1] = limit
    inside = _smallest(score, volume, ground.step, limit)
    return _volume_level(inside, ground)


_LONG_AXIS = (0.8, 1.3, 0.6)
"""Standard deviations (z, y, x) of the direction of a core's long axis."""


def _stretch(generator: np.random.Generator, grid: Grid, center: Point, ratio: float) -> FloatArray:
    """Factor of the front's time at each point: an ellipsoid's length over the distance from ``center``."""
    axis = _LONG_AXIS * generator.standard_normal(3)
    shape = elongated(axis[None], np.array([ratio]))
    round_, long = (
        -Blobs(np.array([center], float), np.zeros(1), form).level(grid, 1e3)
        for form in (np.eye(3)[None], shape)
    )
    return (long + 1) / (round_ + 1)


def _smallest(score: FloatArray, volume: float, step: float, limit: float) -> NDArray[np.bool_]:
    wanted = max(1, round(volume * 1000 / step**3))
    room = np.count_nonzero(score < limit - 1e-3)
    if room < _LEAST_SHARE * wanted:
        raise UserError(
            f"A lesion with a core of {volume:.0f} ml does not fit in this place of the brain; "
            "choose a smaller volume."
        )
    count = min(wanted, room, score.size - 1)
    return score <= np.partition(score, count - 1, axis=None)[count - 1]


def _volume_level(inside: NDArray[np.bool_], ground: Ground) -> FloatArray:
    """Signed distance to ``inside`` without its loose crumbs and holes, shifted so that the volume stays."""
    count = np.count_nonzero(inside)
    pieces, number = ndimage.label(inside)
    if number > 1:
        inside = pieces == 1 + np.argmax(np.bincount(pieces.ravel())[1:])
    level = signed_distance(ndimage.binary_fill_holes(inside), ground.step)
    ndimage.gaussian_filter(level, 0.8, output=level, mode="nearest")
    level -= np.partition(level, level.size - count, axis=None)[level.size - count]
    return level


def signed_distance(inside: NDArray[np.bool_], step: float) -> FloatArray:
    """Return the distance in mm to the border of ``inside``, positive inside."""
    image = sitk.GetImageFromArray(inside.astype(np.uint8))
    image.SetSpacing((step,) * 3)
    return sitk.GetArrayFromImage(
        sitk.SignedMaurerDistanceMap(
            image, insideIsPositive=True, squaredDistance=False, useImageSpacing=True
        )
    )


def grow_edema(
    generator: np.random.Generator,
    ground: Ground,
    core: FloatArray,
    seed: Point,
    volume: float,
    speeds: FloatArray = EDEMA_SPEED,
    callosum: float = 0.5,
    reach: float = 45.0,
) -> FloatArray:
    """Spread edema of ``volume`` ml from the border of a core.

    Parameters
    ----------
    core : array
        Signed distance in mm of the core at the ground's points, positive inside.
    seed : (z, y, x)
        mm, a point of the core.
    callosum : float
        Speed factor within 5 mm of the midline, where only the corpus callosum leads across.
    reach : float
        mm, greatest distance along white matter.

    Returns
    -------
    array
        mm along white matter from the edema's border, positive inside, cut at +-12.
    """
    speed = speeds[ground.tissue]
    speed *= np.exp(0.3 * ground.noise(generator, 16.0).at(ground.grid))
    speed[:, :, np.abs(ground.grid.x) < 5] *= callosum
    solid = core > 0
    speed[solid] = 40
    time = arrival(speed, ground, seed, reach + 12)
    # Leaving the core costs its radius at speed 40; the front starts at its surface.
    time -= time[solid].max(initial=0) if solid.any() else 0
    closed = (time > reach + 10) | (~solid & (speeds[ground.tissue] < 0.05))
    fingers = np.clip(ground.noise(generator, 9.0).at(ground.grid), -2, 2)
    time -= 0.12 * np.maximum(time, 0) * fingers
    time[closed] = reach + 12
    soaked = time[~solid & ~closed]
    count = round(volume * 1000 / ground.step**3)
    border = reach if count >= soaked.size else float(np.partition(soaked, max(count, 1))[max(count, 1)])
    level = np.clip(min(border, reach) - time, -12, 12)
    ndimage.gaussian_filter(level, 0.7, output=level, mode="nearest")
    return np.maximum(level, np.clip(core, -12, 12))
