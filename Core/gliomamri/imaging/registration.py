"""Rigid registration of two images of one head, of any contrasts, by mutual information.

    maximize over rotation R and shift t    MI( fixed(p), moving(R (p - c) + c + t) ),   p inside the head

Screening of many poses at 8 mm (:mod:`gliomamri.imaging.search`), then SimpleITK's optimizer
(:mod:`gliomamri.imaging.mattes`) at 8, 4 and 2 mm and at the finest scale that both images have. The fixed image of the
optimization is the one whose samples say most: the skull-stripped one, else the one with thick slices (its voxels are
taken as they are, the thin image is interpolated), else the one given; where that is the moving image the result is
inverted. Samples reach a little beyond the head's outline where both images show it: without the outline the position
of real skull-stripped images with thick slices drifts by 2 mm.

Source: Mattes et al., IEEE Trans Med Imaging 2003;22:120-128, as implemented in ITK; the schedule is our choice.

Used by :mod:`gliomamri.imaging.prepare`; tested by Testing/unit/imaging/test_registration.py, timed by
Testing/benchmarks/registration.py.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import SimpleITK as sitk

from gliomamri.errors import UserError
from gliomamri.imaging.alignable import Alignable, alignable
from gliomamri.imaging.mattes import Comparison
from gliomamri.imaging.rigid import (
    Matrix,
    displacements,
    inverse,
    matrix_of,
    rotation_angle,
    transform_of,
    versor_of,
)
from gliomamri.imaging.search import distinct, overlap, promising_poses


@dataclass(frozen=True)
class _Level:
    """One level of the optimization.

    Scale in mm, margin in mm around the head that is compared where both images show its outline, number of samples,
    first step in mm, most steps, optima kept.
    """

    scale: float
    margin: float
    samples: int
    step: float
    steps: int
    kept: int


_LEVELS = (
    _Level(8.0, 8.0, 2_000, 8.0, 40, 2),
    _Level(4.0, 4.0, 10_000, 3.0, 40, 1),
    _Level(2.0, 4.0, 30_000, 1.0, 25, 1),
    _Level(1.0, 4.0, 40_000, 0.5, 20, 1),
)
_STARTS = 6

_FINER = 1.5
"""A level is left out where voxels are larger than its scale by more than this factor."""

_APART = 4.0
"""Poses that move the head's points by less than this many mm from each other are one optimum."""

_THICKER, _SMALLER = 1.3, 0.8
"""Ratios of slice thickness and of the volume shown from which on it matters which image is sampled."""

FEWEST_SLICES = 4


@dataclass(frozen=True)
class RigidAlignment:
    """Where the moving image lies relative to the fixed one.

    Attributes
    ----------
    matrix : 4 x 4 array
        In mm, LPS: the point p of the fixed image lies at ``matrix @ p`` of the moving one.
    similarity_before, similarity_after : float
        Mutual information in nats inside the fixed head, in scanner coordinates and aligned.
    overlap_before, overlap : float
        Share of the fixed head that lies on the moving head, in scanner coordinates and aligned.
    displacement : float
        Mean distance in mm by which the transform moves the fixed head.
    translation : float
        Distance in mm by which it moves the center of the fixed head.
    rotation : float
        Angle in degrees.
    search : str
        A key of :data:`gliomamri.imaging.settings.SEARCHES`.
    """

    matrix: Matrix
    similarity_before: float
    similarity_after: float
    overlap_before: float
    overlap: float
    displacement: float
    translation: float
    rotation: float
    search: str

    @property
    def transform(self) -> sitk.AffineTransform:
        """The same as a SimpleITK transform, to resample the moving image onto the fixed grid."""
        return transform_of(self.matrix)


def register(
    moving: sitk.Image,
    fixed: sitk.Image,
    *,
    moving_mask: sitk.Image | None = None,
    fixed_mask: sitk.Image | None = None,
    search: str = "30",
) -> RigidAlignment:
    """Find the rigid transform that lays the moving image on the fixed one.

    Parameters
    ----------
    moving, fixed : SimpleITK.Image
        3-D scalar images of one head on any grids, any contrast; at least 4 slices.
    moving_mask, fixed_mask : SimpleITK.Image, optional
        Where to compare, each on the grid of its image; the head or brain is found when absent.
    search : {"30", "90", "off"}
        Largest rotation in degrees that is searched; off starts from scanner coordinates only.

    Raises
    ------
    UserError
        If an image is constant or has too few slices, or the images do not show the same part of the head.
    """
    for image, title in ((moving, "moving image"), (fixed, "fixed image")):
        _check_slices(image, title)
    return align(
        alignable(moving, moving_mask, "moving image"),
        alignable(fixed, fixed_mask, "fixed image"),
        search=search,
    )


def align(moving: Alignable, fixed: Alignable, *, search: str = "30") -> RigidAlignment:
    """Do the same as :func:`register` for images that are ready for registration."""
    swapped = _better_fixed(moving, fixed)
    pair = (moving, fixed) if swapped else (fixed, moving)
    matrix = _optimum(*pair, search)
    if swapped:
        matrix = inverse(matrix)
    return _judged(matrix, moving, fixed, search)


def refine(moving: Alignable, fixed: Alignable) -> RigidAlignment:
    """Find the optimum next to scanner coordinates at the finest scale, for images that should lie right already."""
    return align(moving, fixed, search="off")


def _check_slices(image: sitk.Image, title: str) -> None:
    fewest = min(image.GetSize())
    if fewest < FEWEST_SLICES:
        words = "one slice" if fewest == 1 else f"{fewest} slices"
        raise UserError(
            f"The {title} has only {words}, too few to find a position in space; switch registration off."
        )


def _better_fixed(moving: Alignable, fixed: Alignable) -> bool:
    """Tell whether the moving image had better be the one that is sampled."""
    if moving.stripped != fixed.stripped:
        return moving.stripped
    thickness = moving.spacing.max() / fixed.spacing.max()
    if not 1 / _THICKER < thickness < _THICKER:
        return thickness > 1
    return _volume(moving) < _SMALLER * _volume(fixed)


def _volume(one: Alignable) -> float:
    """Volume in ml of the head that the image shows."""
    return float(one.support.sum() * abs(np.linalg.det(one.support_to_physical[:3, :3])) / 1000)


def _optimum(fixed: Alignable, moving: Alignable, search: str) -> Matrix:
    finest = max(np.median(fixed.spacing), np.median(moving.spacing))
    outline = float(fixed.stripped == moving.stripped and not fixed.masked)
    coarsest = _LEVELS[0]
    coarse = fixed.at_scale(coarsest.scale), moving.at_scale(coarsest.scale)
    poses = promising_poses(*coarse, search, _STARTS, margin=outline * coarsest.margin)
    for level in _LEVELS:
        if _FINER * level.scale < finest and level is not coarsest:
            break
        pair = Comparison.at(fixed, moving, level.scale, level.samples, margin=outline * level.margin)
        poses = _best(poses, pair, fixed, moving, level)
    return poses[0]


def _best(
    poses: list[Matrix], pair: Comparison, fixed: Alignable, moving: Alignable, level: _Level
) -> list[Matrix]:
    """Follow each pose to its optimum at one level; return the best of them, the best first."""
    ends, scores = [], []
    for pose in poses:
        transform, similarity = pair.climb(versor_of(pose, fixed.center), level.step, level.steps)
        ends.append(matrix_of(transform))
        scores.append(similarity * overlap(fixed, moving, ends[-1]))
    order = np.argsort(np.negative(scores), kind="stable")
    return distinct((ends[place] for place in order), fixed.points(500), _APART, level.kept)


def _judged(matrix: Matrix, moving: Alignable, fixed: Alignable, search: str) -> RigidAlignment:
    pair = Comparison.at(fixed, moving, 2.0, 20_000)
    center = fixed.center[None]
    return RigidAlignment(
        matrix=matrix,
        similarity_before=pair.similarity(np.eye(4)),
        similarity_after=pair.similarity(matrix),
        overlap_before=overlap(fixed, moving, np.eye(4)),
        overlap=overlap(fixed, moving, matrix),
        displacement=float(displacements(matrix, fixed.points()).mean()),
        translation=float(displacements(matrix, center)[0]),
        rotation=rotation_angle(matrix),
        search=search,
    )
