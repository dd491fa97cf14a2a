"""The initial search of rigid registration: a screening of many poses of the head, the best of them kept.

At 8 mm a local optimizer finds its way from about 15 degrees and 15 mm. Rotations on a lattice of 15 degrees (30 where
up to 90 are searched), times shifts that bring together the heads' centers of mass (with steps along the axes), the
images' centers, or leave both in the scanner's coordinates, are scored by the mutual information of 1500 nearest
neighbors times the share of the fixed head that the moving image covers: without that factor a sliver of overlap
scores best. SimpleITK's optimizer looks closer at the best
of them.

Used by :mod:`gliomamri.imaging.registration`; tested by Testing/unit/imaging/test_search.py.
"""

from __future__ import annotations

import itertools
from collections.abc import Iterable

import numpy as np
from numpy.typing import NDArray
from scipy.spatial.transform import Rotation

from gliomamri.imaging.alignable import Alignable, picked_points
from gliomamri.imaging.rigid import Matrix, apply, displacements, inverse, rigid_matrix

_STEP = {"30": 15.0, "90": 30.0}
_BEYOND = {"30": 36.0, "90": 95.0}
"""Largest rotation angle of the lattice in degrees: corners of the lattice that are farther are left out."""

_SHIFT_STEP = 25.0
"""mm between shifts that are tried."""

_SAMPLES = 1500
_BINS = 20
_FEWEST = 50
"""Fewer samples that both images know say nothing; their score is 0."""

_APART = 12.0
"""Poses that move the head's points by less than this many mm from each other lead to one optimum."""

_PADDING = 64.0
"""mm of zeros around a skull-stripped moving image."""


def promising_poses(
    fixed: Alignable, moving: Alignable, search: str, count: int, *, margin: float = 0.0
) -> list[Matrix]:
    """Return the ``count`` most promising poses, the best first; the last is where the scanner put the images.

    Parameters
    ----------
    fixed, moving : Alignable
        At a coarse scale.
    search : str
        A key of :data:`gliomamri.imaging.settings.SEARCHES`.
    count : int
    margin : float
        mm around the fixed head that are compared, too.
    """
    if search == "off":
        return [np.eye(4)]
    screening = _Screening(fixed, moving, margin)
    poses = [np.eye(4), *_lattice(fixed, moving, search)]
    order = np.argsort([-screening.score(pose) for pose in poses], kind="stable")
    return [*distinct((poses[place] for place in order), screening.points, _APART, count), np.eye(4)]


def distinct(poses: Iterable[Matrix], points: NDArray[np.float64], apart: float, count: int) -> list[Matrix]:
    """Return the first ``count`` poses that move points (n, 3) by more than ``apart`` mm from those before."""
    kept: list[Matrix] = []
    for pose in poses:
        if all(displacements(inverse(pose) @ other, points).mean() > apart for other in kept):
            kept.append(pose)
        if len(kept) == count:
            break
    return kept


def overlap(fixed: Alignable, moving: Alignable, matrix: Matrix) -> float:
    """Return the share of the fixed head that lies on the moving head."""
    return float(moving.on_support(apply(matrix, fixed.points())).mean())


class _Screening:
    """The fixed image at few points, and the moving image to look them up in."""

    def __init__(self, fixed: Alignable, moving: Alignable, margin: float) -> None:
        self.points = picked_points(fixed.near(margin), fixed.support_to_physical, _SAMPLES)
        index = np.rint(apply(inverse(fixed.to_physical), self.points).T).astype(np.intp)
        x, y, z = np.clip(index, 0, fixed.size[:, None] - 1)
        self._rows = _binned(fixed.values[z, y, x]) * _BINS
        self._moving = moving
        self._padded = moving.padded(_PADDING)

    def score(self, matrix: Matrix) -> float:
        """Return mutual information in nats times overlap."""
        image = self._padded
        index = np.rint(apply(inverse(image.to_physical) @ matrix, self.points).T).astype(np.intp)
        known = np.all((index >= 0) & (index < image.size[:, None]), axis=0)
        if np.count_nonzero(known) < _FEWEST:
            return 0.0
        x, y, z = index[:, known]
        pairs = self._rows[known] + _binned(image.values[z, y, x])
        p = np.bincount(pairs, minlength=_BINS**2).reshape(_BINS, _BINS) / len(pairs)
        chance = p.sum(axis=1, keepdims=True) * p.sum(axis=0, keepdims=True)
        seen = p > 0
        information = float(np.sum(p[seen] * np.log(p[seen] / chance[seen])))
        return information * float(self._moving.on_support(apply(matrix, self.points)).mean())


def _binned(values: NDArray[np.float32]) -> NDArray[np.intp]:
    return np.minimum((values * _BINS).astype(np.intp), _BINS - 1)


def _lattice(fixed: Alignable, moving: Alignable, search: str) -> list[Matrix]:
    center = fixed.center
    middle = fixed.middle()
    by_mass = moving.center - center
    steps = (sign * _SHIFT_STEP * np.eye(3)[axis] for axis in range(3) for sign in (-1, 1))
    starts = [(center, by_mass), *((center, by_mass + step) for step in steps)]
    starts += [(middle, moving.middle() - middle), (center, np.zeros(3))]
    return [
        rigid_matrix(rotation, about, shift) for rotation in _rotations(search) for about, shift in starts
    ]


def _rotations(search: str) -> list[Rotation]:
    step, limit = _STEP[search], _BEYOND[search]
    angles = np.arange(-(limit // step), limit // step + 1) * step
    rotations = [Rotation.from_euler("xyz", a, degrees=True) for a in itertools.product(angles, repeat=3)]
    return [rotation for rotation in rotations if np.degrees(rotation.magnitude()) <= limit]
