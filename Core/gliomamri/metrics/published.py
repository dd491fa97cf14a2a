"""Scores as paper 000's results were computed, under names of their own: to compare with, not to conclude from.

What the paper's tables call precision is the macro average of average precision, spreads are population standard
deviations, and slices without tumor that are left empty count as a Dice of 1. Called by the evaluation "as published"
and :mod:`gliomamri.metrics.slices`; tested by Testing/unit/metrics/test_published.py.
"""

from __future__ import annotations

import numpy as np
from numpy.typing import ArrayLike

from gliomamri.metrics.classification import UNDEFINED, confusion, defined
from gliomamri.metrics.curves import area_under_roc, average_precision, binary

EMPTY_DICE = 1.0
"""Dice of a slice that is empty in both truth and prediction, as published."""


def published_detection_scores(truth: ArrayLike, scores: ArrayLike) -> dict[str, float]:
    """Return the columns of paper 000's Table 1 for one fold.

    Parameters
    ----------
    truth : array_like of bool, shape (n,)
        Slices with tumor.
    scores : array_like of float, shape (n,)
        Probability of tumor, the second output of the two-class softmax; the first is 1 - p.

    Returns
    -------
    dict of str to float
        ``published_mcc``, ``published_accuracy``, ``published_f1`` (macro), ``published_recall`` (macro),
        ``published_auc`` (macro, one class versus rest), ``published_precision`` (macro AVERAGE precision, the area
        below the precision-recall curve), ``published_specificity`` (which the paper's scripts also call precision).

    Notes
    -----
    The class is the larger of both outputs; at p = 1/2 the first, which is "no tumor". A macro mean runs over the
    classes that occur in truth or prediction; recall of one that is only predicted counts as 0, scikit-learn's
    default.
    """
    truth, scores = binary(truth), np.asarray(scores, dtype=np.float64)
    counts = confusion(truth, scores > 1 - scores)
    both = ((truth, scores), (~truth, 1 - scores))
    return {
        "published_mcc": counts.mcc,
        "published_accuracy": counts.accuracy,
        "published_f1": counts.macro_f1,
        "published_recall": _macro_recall(truth, scores > 1 - scores),
        "published_auc": float(np.mean([area_under_roc(*case) for case in both])),
        "published_precision": float(np.mean([average_precision(*case) for case in both])),
        "published_specificity": counts.specificity,
    }


def _macro_recall(truth: ArrayLike, predicted: ArrayLike) -> float:
    counts = confusion(truth, predicted)
    occurring = [
        (counts.recall, counts.true_positives + counts.false_positives + counts.false_negatives),
        (counts.specificity, counts.true_negatives + counts.false_positives + counts.false_negatives),
    ]
    return float(np.mean([np.nan_to_num(recall) for recall, cases in occurring if cases]))


def mean_and_population_sd(values: ArrayLike) -> tuple[float, float]:
    """Return mean and population standard deviation (n in its denominator) of the values that are defined."""
    known = defined(values)
    return (float(known.mean()), float(known.std(ddof=0))) if known.size else (UNDEFINED, UNDEFINED)
