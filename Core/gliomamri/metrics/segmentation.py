"""All scores of one patient's segmentation in one call, and the table of a cohort.

Called by the evaluation of tumor segmentation and the comparison with an annotation; tested by
Testing/unit/metrics/test_segmentation.py.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping

import numpy as np
from numpy.typing import NDArray

from gliomamri.errors import UserError
from gliomamri.metrics.lesions import lesion_scores
from gliomamri.metrics.overlap import REGIONS, Spacing, joint_box, overlap, region_mask
from gliomamri.metrics.slices import slice_scores
from gliomamri.metrics.surface import surface_distances
from gliomamri.result import Table

TOLERANCE = 2.0
"""mm within which surfaces count as equal in the surface Dice [our choice]."""

_UNITS = {"ml": "ml", "mm": "mm"}
"""Units by the end of a score's name."""


def segmentation_scores(
    truth: NDArray,
    prediction: NDArray,
    spacing: Spacing,
    *,
    regions: Mapping[str, Iterable[int]] = REGIONS,
    slice_axis: int = 0,
    tolerance: float = TOLERANCE,
) -> dict[str, float]:
    """Score a segmentation region by region.

    Parameters
    ----------
    truth, prediction : ndarray of int, shape (z, y, x)
        Label maps on one grid; 0 is no tumor.
    spacing : (z, y, x)
        mm.
    regions : mapping of str to labels
        What to score; BraTS's regions and its single labels by default. Leave out what the truth does not tell apart.
    slice_axis : int
        Axis that counts the slices; the thickest for a stack.
    tolerance : float
        mm, for the surface Dice.

    Returns
    -------
    dict of str to float
        ``<region>_<score>`` with, per region: ``dice``, ``jaccard``, ``sensitivity``, ``precision``,
        ``truth_ml``, ``prediction_ml``, ``false_positive_ml``, ``false_negative_ml``; ``hd95_mm``,
        ``mean_surface_distance_mm``, ``surface_dice``; ``tumor_slices``, ``tumor_free_slices``,
        ``tumor_slice_dice``, ``false_positive_slices``, ``false_positive_in_tumor_free_slices_ml``,
        ``published_slice_dice``; ``lesions``, ``lesions_found``, ``lesions_missed``, ``lesions_invented``,
        ``lesion_dice``, ``lesion_hd95_mm``, ``published_lesion_hd95_mm``, ``missed_lesions_ml``,
        ``invented_lesions_ml``. NaN where a score is not defined, see each score's own docstring.

    Raises
    ------
    UserError
        If a label belongs to no region, or shapes differ.
    """
    truth, prediction = np.asarray(truth), np.asarray(prediction)
    if truth.shape != prediction.shape:
        raise UserError(
            "The segmentation and the annotation are not on the same grid; resample one to the other first.",
            f"shapes {prediction.shape} and {truth.shape}",
        )
    slices = truth.shape[slice_axis]
    box = joint_box(truth, prediction) or tuple(slice(0, 0 if axis else 1) for axis in range(truth.ndim))
    truth, prediction = truth[box], prediction[box]
    _check_labels(truth, prediction, regions)
    found = {}
    for region, labels in regions.items():
        labels = tuple(labels)
        scores = mask_scores(
            region_mask(truth, labels),
            region_mask(prediction, labels),
            spacing,
            slice_axis=slice_axis,
            slices=slices,
            tolerance=tolerance,
        )
        found |= {f"{region}_{name}": value for name, value in scores.items()}
    return found


def mask_scores(
    truth: NDArray,
    prediction: NDArray,
    spacing: Spacing,
    *,
    slice_axis: int = 0,
    slices: int | None = None,
    tolerance: float = TOLERANCE,
) -> dict[str, float]:
    """Score one region; the scores that :func:`segmentation_scores` names, without the region's name.

    Parameters
    ----------
    truth, prediction : ndarray of bool, shape (z, y, x)
    spacing : (z, y, x)
        mm.
    slice_axis, slices, tolerance
        As for :func:`gliomamri.metrics.slices.slice_scores`; mm, for the surface Dice.

    Raises
    ------
    ValueError
        If shapes differ or a mask is not boolean.
    """
    common = overlap(truth, prediction, spacing)
    distances = surface_distances(truth, prediction, spacing)
    by_slice = slice_scores(truth, prediction, spacing, slice_axis, slices)
    lesions = lesion_scores(truth, prediction, spacing)
    return {
        "dice": common.dice,
        "jaccard": common.jaccard,
        "sensitivity": common.sensitivity,
        "precision": common.precision,
        "truth_ml": common.truth_volume,
        "prediction_ml": common.prediction_volume,
        "false_positive_ml": common.false_positive_volume,
        "false_negative_ml": common.false_negative_volume,
        "hd95_mm": distances.hausdorff(95),
        "mean_surface_distance_mm": distances.mean,
        "surface_dice": distances.surface_dice(tolerance),
        "tumor_slices": by_slice.tumor_slices,
        "tumor_free_slices": by_slice.tumor_free_slices,
        "tumor_slice_dice": by_slice.tumor_slice_dice,
        "false_positive_slices": by_slice.false_positive_slices,
        "false_positive_in_tumor_free_slices_ml": by_slice.false_positive_volume,
        "published_slice_dice": by_slice.published_slice_dice,
        "lesions": len(lesions.lesions),
        "lesions_found": lesions.true_positives,
        "lesions_missed": lesions.false_negatives,
        "lesions_invented": lesions.false_positives,
        "lesion_dice": lesions.dice,
        "lesion_hd95_mm": lesions.hd95,
        "published_lesion_hd95_mm": lesions.published_hd95,
        "missed_lesions_ml": lesions.false_negative_volume,
        "invented_lesions_ml": lesions.false_positive_volume,
    }


def scores_table(
    name: str, title: str, scores: Mapping[str, Mapping[str, float]], first: str = "patient"
) -> Table:
    """Lay out the scores of many patients, one row each; a score that a patient lacks is an empty cell.

    Parameters
    ----------
    name, title : str
        Of the table.
    scores : mapping of str to mapping of str to float
        Per patient, from :func:`segmentation_scores` or
        :func:`gliomamri.metrics.classification.detection_scores`.
    first : str
        Title of the column of names.
    """
    names = list(dict.fromkeys(column for row in scores.values() for column in row))
    columns = {first: list(scores)}
    columns |= {column: [row.get(column, float("nan")) for row in scores.values()] for column in names}
    ends = {column: column.rpartition("_")[2] for column in names}
    return Table(name, title, columns, {column: _UNITS[end] for column, end in ends.items() if end in _UNITS})


def _check_labels(truth: NDArray, prediction: NDArray, regions: Mapping[str, Iterable[int]]) -> None:
    known = {0, *(int(label) for labels in regions.values() for label in labels)}
    for labels, what in ((truth, "annotation"), (prediction, "segmentation")):
        # a histogram of small labels is much faster than sorting every voxel
        small = labels.size and labels.dtype.kind in "iu" and labels.min() >= 0 and labels.max() < 65536
        values = np.flatnonzero(np.bincount(labels.ravel())) if small else np.unique(labels)
        unknown = sorted(set(values.tolist()) - known)
        if unknown:
            raise UserError(
                f"The {what} holds the label {unknown[0]:g}, which belongs to no region that is scored; "
                "rename its labels to 1 (necrosis or non-enhancing core), 2 (edema) and 4 (enhancing tumor).",
                f"labels {unknown} in the {what}; known: {sorted(known)}",
            )
