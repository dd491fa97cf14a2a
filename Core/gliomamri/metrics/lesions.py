"""Lesion by lesion: which of the patient's tumors were found, and how well; which were invented.

Called by :mod:`gliomamri.metrics.segmentation`; tested by Testing/unit/metrics/test_lesions.py.
"""

from __future__ import annotations

import math
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray
from scipy import ndimage

from gliomamri.metrics.overlap import Spacing, check_masks, joint_box, overlap
from gliomamri.metrics.surface import surface_distances

REACH = 3.0
"""mm around a lesion that belong to it; 3 voxels of 1 mm in BraTS 2023 (adult glioma)."""
SMALLEST = 50.0
"""mm3 that a lesion has to have to count; 50 voxels of 1 mm3 in BraTS 2023 (adult glioma)."""
PUBLISHED_MISS = 374.0
"""mm that BraTS 2023 counts as HD95 of a missed or invented lesion: the diagonal of its volumes."""

_ALL_NEIGHBORS = np.ones((3, 3, 3), bool)


@dataclass(frozen=True)
class Lesion:
    """A lesion of the truth and what was predicted of it.

    Attributes
    ----------
    truth_volume, prediction_volume : float
        ml; the prediction's is that of all its components that touch the lesion, whole.
    dice : float
        0 for a missed lesion.
    hd95 : float
        mm; NaN for a missed lesion.
    """

    truth_volume: float
    prediction_volume: float
    dice: float
    hd95: float

    @property
    def found(self) -> bool:
        """True when any predicted component touches the lesion."""
        return self.prediction_volume > 0


@dataclass(frozen=True)
class LesionScores:
    """All lesions of one patient.

    Attributes
    ----------
    lesions : tuple of Lesion
        Of the truth, those that are large enough to count.
    false_positive_volumes : tuple of float
        ml of each predicted component that touches no lesion, those that are large enough to count.
    ignored : int
        Lesions of the truth that are too small to count.
    """

    lesions: tuple[Lesion, ...]
    false_positive_volumes: tuple[float, ...]
    ignored: int

    @property
    def true_positives(self) -> int:
        """Lesions found."""
        return sum(lesion.found for lesion in self.lesions)

    @property
    def false_negatives(self) -> int:
        """Lesions missed."""
        return len(self.lesions) - self.true_positives

    @property
    def false_positives(self) -> int:
        """Lesions invented."""
        return len(self.false_positive_volumes)

    @property
    def false_positive_volume(self) -> float:
        """In ml, of all invented lesions."""
        return float(sum(self.false_positive_volumes))

    @property
    def false_negative_volume(self) -> float:
        """In ml, of all missed lesions."""
        return float(sum(lesion.truth_volume for lesion in self.lesions if not lesion.found))

    @property
    def dice(self) -> float:
        """Sum of the lesions' Dice over lesions and invented lesions; NaN when there are none of either."""
        counted = len(self.lesions) + self.false_positives
        return sum(lesion.dice for lesion in self.lesions) / counted if counted else math.nan

    @property
    def hd95(self) -> float:
        """Mean of the found lesions' HD95, mm; NaN when none was found. Read it with the counts beside it."""
        known = [lesion.hd95 for lesion in self.lesions if lesion.found]
        return float(np.mean(known)) if known else math.nan

    @property
    def published_hd95(self) -> float:
        """Mean HD95 in mm over lesions and invented lesions, those missed or invented counting as 374 mm."""
        known = [lesion.hd95 if lesion.found else PUBLISHED_MISS for lesion in self.lesions]
        known += [PUBLISHED_MISS] * self.false_positives
        return float(np.mean(known)) if known else math.nan


def lesion_scores(
    truth: NDArray,
    prediction: NDArray,
    spacing: Spacing,
    *,
    reach: float = REACH,
    smallest: float = SMALLEST,
) -> LesionScores:
    """Match predicted components to the lesions of the truth.

    Parameters
    ----------
    truth, prediction : ndarray of bool, shape (z, y, x)
    spacing : (z, y, x)
        mm.
    reach : float
        mm; parts of the truth whose surroundings of this width meet are one lesion, and predicted components as near as
        this to a lesion touch it.
    smallest : float
        mm3; see Notes.

    Raises
    ------
    ValueError
        If the shapes differ or a mask is not boolean.

    Notes
    -----
    After the lesion-wise scores of BraTS 2023 (Moawad et al., arXiv:2306.00838): the truth is dilated, each
    component of the dilation is one lesion, all predicted components (26 neighbors) that meet the dilation are
    compared with the undilated lesion together, and missed or invented lesions score 0 in the mean.

    [Our choices] The dilation is a ball in mm instead of steps of a voxel, so that it does not leap over slices of
    5 mm. A component that touches several lesions counts for each. Lesions of the truth below ``smallest`` neither
    count as found nor as missed, and components that touch only these are not invented; neither are components
    below ``smallest``.
    """
    check_masks(truth, prediction)
    box = joint_box(truth, prediction)
    if box is None:
        return LesionScores((), (), 0)
    truth, prediction = truth[box], prediction[box]
    lesions, number = _lesions(truth, spacing, reach)
    components, components_number = ndimage.label(prediction, _ALL_NEIGHBORS)
    touching = _touching(lesions, number, components, components_number)
    voxel = float(np.prod(spacing))
    component_volumes = voxel * np.bincount(components.ravel(), minlength=components_number + 1)
    volumes = voxel * np.bincount(lesions[truth], minlength=number + 1)
    invented = (~touching.any(axis=0)) & (component_volumes >= smallest)
    invented[0] = False
    counted = [label for label in range(1, number + 1) if volumes[label] >= smallest]
    boxes = _boxes(lesions, components, touching)
    scored = [
        _score(lesions[at] == label, truth[at], touching[label][components[at]], spacing)
        for label in counted
        for at in (boxes[label],)
    ]
    false = tuple(float(volume) / 1000.0 for volume in component_volumes[invented])
    return LesionScores(tuple(scored), false, number - len(counted))


def _lesions(truth: NDArray, spacing: Spacing, reach: float) -> tuple[NDArray[np.int32], int]:
    """Number of the lesion within whose reach each voxel lies, 0 for none."""
    labels = np.zeros(truth.shape, np.int32)
    box = joint_box(truth, truth)
    if box is None:
        return labels, 0
    wide = tuple(
        slice(max(0, int(side.start - reach // step)), int(side.stop + reach // step))
        for side, step in zip(box, spacing, strict=True)
    )
    near = ndimage.distance_transform_edt(~truth[wide], spacing) <= reach
    labels[wide], number = ndimage.label(near, _ALL_NEIGHBORS)
    return labels, number


def _touching(
    lesions: NDArray, number: int, components: NDArray, components_number: int
) -> NDArray[np.bool_]:
    """Which component meets which lesion; shape (lesions + 1, components + 1), row and column 0 are False."""
    meet = np.zeros((number + 1, components_number + 1), bool)
    both = (lesions > 0) & (components > 0)
    meet[lesions[both], components[both]] = True
    return meet


def _boxes(lesions: NDArray, components: NDArray, touching: NDArray) -> dict[int, tuple[slice, ...]]:
    """Per lesion, the box that holds it and the components that touch it."""
    own, of_components = ndimage.find_objects(lesions), ndimage.find_objects(components)
    return {
        label: _around([own[label - 1], *(of_components[c - 1] for c in np.flatnonzero(touching[label]))])
        for label in range(1, len(own) + 1)
    }


def _around(boxes: list[tuple[slice, ...]]) -> tuple[slice, ...]:
    return tuple(
        slice(min(side.start for side in sides), max(side.stop for side in sides))
        for sides in zip(*boxes, strict=True)
    )


def _score(reached: NDArray, truth: NDArray, prediction: NDArray, spacing: Spacing) -> Lesion:
    lesion = reached & truth
    common = overlap(lesion, prediction, spacing)
    hd95 = surface_distances(lesion, prediction, spacing).hausdorff(95)
    return Lesion(common.truth_volume, common.prediction_volume, common.dice, hd95)
