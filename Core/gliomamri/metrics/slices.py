"""Segmentation scores slice by slice: Dice where there is tumor, false positives where there is none.

The mean over all slices, empty ones counted as 1, is what paper 000 reports as Dice. Most slices hold no tumor, so an
empty prediction scores 0.74 on its data: that number stands beside the others, under a name of its own.

Called by :mod:`gliomamri.metrics.segmentation`; tested by Testing/unit/metrics/test_slices.py.
"""

from __future__ import annotations

import math
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from gliomamri.metrics.overlap import Spacing, check_masks
from gliomamri.metrics.published import EMPTY_DICE


@dataclass(frozen=True)
class SliceScores:
    """Scores of one patient's slices.

    Attributes
    ----------
    tumor_slices, tumor_free_slices : int
        Slices with and without truth.
    tumor_slice_dice : float
        Mean Dice of the slices with truth (0 where nothing is predicted); NaN without such slices.
    false_positive_slices : int
        Tumor-free slices in which something is predicted.
    false_positive_volume : float
        What is predicted in tumor-free slices, ml.
    published_slice_dice : float
        Mean Dice of all slices; 1 where truth and prediction are both empty.
    """

    tumor_slices: int
    tumor_free_slices: int
    tumor_slice_dice: float
    false_positive_slices: int
    false_positive_volume: float
    published_slice_dice: float


def slice_scores(
    truth: NDArray, prediction: NDArray, spacing: Spacing, axis: int = 0, slices: int | None = None
) -> SliceScores:
    """Score the slices of one patient.

    Parameters
    ----------
    truth, prediction : ndarray of bool, shape (z, y, x)
    spacing : (z, y, x)
        mm.
    axis : int
        Axis that counts the slices.
    slices : int, optional
        Number of slices of the whole volume, when the masks are cut out of it; those cut off are empty in both.

    Raises
    ------
    ValueError
        If the shapes differ, a mask is not boolean, or fewer ``slices`` are named than the masks have.
    """
    check_masks(truth, prediction)
    within = tuple(other for other in range(truth.ndim) if other != axis % truth.ndim)
    true, predicted, common = (
        np.count_nonzero(mask, axis=within) for mask in (truth, prediction, truth & prediction)
    )
    cut_off = (slices or true.size) - true.size
    if cut_off < 0:
        raise ValueError(f"the masks have {true.size} slices, more than {slices}")
    either = true + predicted
    dice = np.divide(2.0 * common, either, out=np.full(either.shape, EMPTY_DICE), where=either > 0)
    tumor = true > 0
    false = predicted[~tumor]
    return SliceScores(
        tumor_slices=int(tumor.sum()),
        tumor_free_slices=int((~tumor).sum()) + cut_off,
        tumor_slice_dice=float(dice[tumor].mean()) if tumor.any() else math.nan,
        false_positive_slices=int((false > 0).sum()),
        false_positive_volume=float(false.sum() * np.prod(spacing) / 1000.0),
        published_slice_dice=float((dice.sum() + EMPTY_DICE * cut_off) / (true.size + cut_off)),
    )
