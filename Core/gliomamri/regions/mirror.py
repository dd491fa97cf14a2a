"""The mid-sagittal plane of a brain: the plane at which its image is most like its own reflection.

    coarse: a lattice of directions and offsets on an image smoothed by 6 mm
    fine:   Nelder-Mead from the best few, at 4, 3 and 2 mm

Called by :mod:`gliomamri.regions.analysis`; tested by Testing/unit/regions/test_mirror.py.
"""

from __future__ import annotations

import itertools
from dataclasses import dataclass, replace

import numpy as np
import SimpleITK as sitk
from numpy.typing import NDArray
from scipy import ndimage, optimize

from gliomamri.errors import UserError
from gliomamri.regions.reflection import Plane, index_to_point, reflection_matrix
from gliomamri.regions.shells import box_around

FEWEST_VOXELS = 500
"""Brain voxels that a plane can be fitted to."""
TRUSTED = 0.2
"""Quality below which the plane is doubtful [our choice]."""
_LARGEST_TILT = 50.0
"""Degrees from the patient's left-right axis; heads lie within 30."""
_LEVELS = ((4.0, 3000), (3.0, 10000), (2.0, 100000))
"""Smoothing in mm, and points that are compared."""
_STARTS = 3
_LARGEST_OFFSET = 24.0
"""mm between the plane and the brain's middle: a field of view that shows one side more."""


def fit_midsagittal_plane(
    image: sitk.Image, brain: NDArray, ignored: NDArray | None = None, seed: int = 0
) -> Plane:
    """Fit the mid-sagittal plane.

    Parameters
    ----------
    image : SimpleITK.Image
        3-D map or image with tissue contrast, on any grid; a quantitative map (R1) has no shading and suits best.
    brain : ndarray of bool, shape (z, y, x)
        Brain mask on its grid; errors of skull stripping and a field of view that ends inside the brain are borne.
    ignored : ndarray of bool, optional
        Voxels that say nothing, such as the annotation.
    seed : int
        Of the points that are compared.

    Returns
    -------
    Plane
        Its normal points to the patient's left; ``quality`` is 1 minus the ratio of the median difference between
        mirror images to that between points paired at random, at 4 mm.

    Raises
    ------
    UserError
        If the brain mask is too small.

    Notes
    -----
    Minimizes the mean over brain points p of ``rho(I(p) - I(p'))`` with p' the mirror image and
    ``rho(r) = r^2 / (r^2 + c^2)`` (Geman and McClure, 1987): a tumor and what it pushes aside differ from the other
    side by much, and then by how much does not count. c is 1.5 robust standard deviations of the differences at the
    level before. A mirror image inside the field of view but outside of the brain counts as the largest loss; one
    outside the field of view does not count, as long as half of the points remain. Robust symmetry as in Prima,
    Ourselin and Ayache, IEEE Trans Med Imaging 21:122 (2002); loss, lattice and levels are [our choice].
    """
    if np.count_nonzero(brain) < FEWEST_VOXELS:
        raise UserError("The brain mask is too small to find the brain's symmetry plane.")
    generator = np.random.default_rng(seed)
    levels = [
        _Level.of(image, brain, ignored, smoothing, points, generator)
        for smoothing, points in ((6.0, 1000), *_LEVELS)
    ]
    candidates = _lattice(levels[0])
    best = candidates[:_STARTS]
    for number, level in enumerate(levels[1:]):
        step, tolerance = ((4.0, 0.2), (2.0, 0.1), (1.5, 0.02))[number]
        found = [_refined(level.with_scale_at(start), start, step, tolerance) for start in best]
        best = [x for _, x in sorted(found, key=lambda pair: pair[0])][: (2, 1, 1)[number]]
    return replace(levels[-1].plane_of(best[0]), quality=levels[1].quality(best[0]))


@dataclass(frozen=True)
class _Level:
    """An image at one smoothing, and the points that are compared in it."""

    values: NDArray[np.float32]
    inside: NDArray[np.bool_]
    points: NDArray[np.float64]  # (n, 4), homogeneous, mm
    at_points: NDArray[np.float64]
    to_index: NDArray[np.float64]
    middle: NDArray[np.float64]
    scale: float

    @classmethod
    def of(
        cls,
        image: sitk.Image,
        brain: NDArray,
        ignored: NDArray | None,
        smoothing: float,
        points: int,
        generator: np.random.Generator,
    ) -> _Level:
        spacing = image.GetSpacing()[::-1]
        box = box_around(brain, spacing, 3 * smoothing)
        values = sitk.GetArrayViewFromImage(image)[box].astype(np.float32)
        mask = brain[box]
        inside_values = values[mask]
        center = float(np.median(inside_values))
        spread = 1.4826 * float(np.median(np.abs(inside_values - center)))
        if spread <= 0:
            spread = float(np.std(inside_values)) or 1.0
        normed = np.where(mask, np.clip((values - center) / spread, -3, 3), 0).astype(np.float32)
        sigma = [smoothing / 2.355 / step for step in spacing]
        weight = ndimage.gaussian_filter(mask.astype(np.float32), sigma)
        smooth = ndimage.gaussian_filter(normed, sigma) / np.maximum(weight, 1e-3)
        to_point = index_to_point(image)
        to_point[:3, 3] += to_point[:3, :3] @ [s.start for s in box]
        used = mask if ignored is None else mask & ~ignored[box]
        index = np.argwhere(used if used.any() else mask)
        chosen = index[generator.integers(len(index), size=points)]
        jittered = chosen + generator.uniform(-0.5, 0.5, chosen.shape) * (np.array(mask.shape) > 1)
        homogeneous = np.c_[jittered, np.ones(points)]
        at_points = ndimage.map_coordinates(smooth, jittered.T, order=1, mode="nearest")
        middle = (np.r_[index.mean(axis=0), 1] @ to_point.T)[:3]
        return cls(
            smooth,
            mask,
            homogeneous @ to_point.T,
            at_points,
            np.linalg.inv(to_point),
            middle,
            1.0,
        )

    def plane_of(self, x: NDArray) -> Plane:
        """Plane of two angles in degrees from left-right, and the offset of the brain's middle in mm."""
        turn, tilt = np.radians(x[:2])
        normal = np.array([np.cos(turn) * np.cos(tilt), np.sin(turn) * np.cos(tilt), np.sin(tilt)])
        return Plane(tuple(self.middle + x[2] * normal), tuple(normal))

    def losses(self, x: NDArray) -> tuple[NDArray, NDArray, NDArray]:
        """Differences of the points from their mirror images; which are in the field of view; which in the brain."""
        matrix = self.to_index @ reflection_matrix(self.plane_of(x))
        at = (self.points @ matrix[:3].T).T
        shape = np.array(self.values.shape)[:, None]
        seen = ((at > -0.5) & (at < shape - 0.5)).all(axis=0)
        there = ndimage.map_coordinates(self.values, at, order=1, mode="nearest")
        nearest = np.clip(np.rint(at).astype(np.intp), 0, shape - 1)
        brain = seen & self.inside[tuple(nearest)]
        return there - self.at_points, seen, brain

    def loss(self, x: NDArray) -> float:
        """Mean robust loss of a plane; 1 where less than half of the points can be compared."""
        if np.abs(x[:2]).max() > _LARGEST_TILT or abs(x[2]) > 2 * _LARGEST_OFFSET:
            return 1.0 + 1e-3 * float(np.abs(x).max())
        difference, seen, brain = self.losses(x)
        counted = int(seen.sum())
        if counted < 0.5 * seen.size:
            return 1.0 + 1e-3 * float(np.abs(x).max())
        squared = np.square(difference[seen & brain])
        return float(((squared / (squared + self.scale**2)).sum() + (seen & ~brain).sum()) / counted)

    def with_scale_at(self, x: NDArray) -> _Level:
        """Set the loss's scale from the differences at a plane."""
        difference, seen, brain = self.losses(x)
        both = np.abs(difference[seen & brain])
        scale = 1.5 * 1.4826 * float(np.median(both)) if both.size else 1.0
        return replace(self, scale=max(scale, 0.05))

    def quality(self, x: NDArray) -> float:
        """1 - median difference of mirror images / median difference of points paired at random, in [0, 1]."""
        difference, seen, brain = self.losses(x)
        both = np.abs(difference[seen & brain])
        chance = float(np.median(np.abs(self.at_points - np.roll(self.at_points, self.at_points.size // 2))))
        if both.size == 0 or chance <= 0:
            return 0.0
        return float(np.clip(1 - np.median(both) / chance, 0, 1))


def _lattice(level: _Level) -> list[NDArray]:
    """Planes of a coarse lattice of directions and offsets, the best first."""
    angles = np.arange(-40.0, 41.0, 10.0)
    offsets = np.arange(-_LARGEST_OFFSET, _LARGEST_OFFSET + 1, 6.0)
    planes = [np.array(x) for x in itertools.product(angles, angles, offsets)]
    return sorted(planes, key=level.loss)


def _refined(level: _Level, start: NDArray, step: float, tolerance: float) -> tuple[float, NDArray]:
    """Loss and parameters of the best plane near ``start``, by Nelder and Mead to a tolerance in degrees and mm."""
    simplex = np.vstack([start, *(start + step * row for row in np.eye(3))])
    found = optimize.minimize(
        level.loss, start, method="Nelder-Mead",
        options={"initial_simplex": simplex, "xatol": tolerance, "fatol": 1e-6, "maxiter": 150},
    )  # fmt: skip
    return float(found.fun), found.x


def share_across(mask: NDArray, plane: Plane, grid: sitk.Image) -> float:
    """Return the smaller share of a region's voxels on either side of the plane, 0 to 0.5.

    Parameters
    ----------
    mask : ndarray of bool, shape (z, y, x) of ``grid``
    """
    index = np.argwhere(mask)
    if index.size == 0:
        return 0.0
    points = np.c_[index, np.ones(len(index))] @ index_to_point(grid).T
    left = float((plane.side(points[:, :3]) > 0).mean())
    return min(left, 1 - left)
