"""ROC and precision-recall curves of scores, and the areas below them.

Called by :mod:`gliomamri.metrics.classification`, the evaluation and its charts; tested by
Testing/unit/metrics/test_curves.py.
"""

from __future__ import annotations

import math
from dataclasses import dataclass

import numpy as np
from numpy.typing import ArrayLike, NDArray

from gliomamri.statistics.effect_sizes import cliffs_delta


@dataclass(frozen=True)
class RocCurve:
    """Rates at falling thresholds, from nothing called positive to everything.

    Attributes
    ----------
    thresholds : ndarray of float64, shape (n,)
        A case is called positive at this score or above. The first is infinite; then every score that occurs, once.
    false_positive_rate, true_positive_rate : ndarray of float64, shape (n,)
        From 0 to 1. The ROC curve is the straight lines between these points.
    """

    thresholds: NDArray[np.float64]
    false_positive_rate: NDArray[np.float64]
    true_positive_rate: NDArray[np.float64]


@dataclass(frozen=True)
class PrecisionRecallCurve:
    """Precision and recall at falling thresholds, every score that occurs once.

    Attributes
    ----------
    thresholds, precision, recall : ndarray of float64, shape (n,)
        A case is called positive at the threshold or above. There is no point of recall 0: with nothing called
        positive, precision is not defined. The curve is a staircase; lines between its points would promise too much
        (Davis and Goadrich, Proc 23rd ICML, 233, 2006).
    """

    thresholds: NDArray[np.float64]
    precision: NDArray[np.float64]
    recall: NDArray[np.float64]


def roc_curve(truth: ArrayLike, scores: ArrayLike) -> RocCurve:
    """Return the receiver operating characteristic; cases of equal score change sides together.

    Parameters
    ----------
    truth : array_like of bool or of 0 and 1, shape (n,)
    scores : array_like of finite floats, shape (n,)
        The higher, the more likely positive.

    Raises
    ------
    ValueError
        If shapes differ, a score is not finite, or one of the classes is missing.
    """
    thresholds, true_positives, false_positives = _cumulative_counts(truth, scores)
    if not true_positives[-1] or not false_positives[-1]:
        raise ValueError("a ROC curve needs positive and negative cases")
    return RocCurve(
        np.concatenate([[math.inf], thresholds]),
        np.concatenate([[0.0], false_positives / false_positives[-1]]),
        np.concatenate([[0.0], true_positives / true_positives[-1]]),
    )


def area_under_roc(truth: ArrayLike, scores: ArrayLike) -> float:
    """Return P(score of a positive > score of a negative) + P(equal) / 2; NaN when a class is missing.

    Notes
    -----
    This Mann-Whitney statistic is the area below the lines of :func:`roc_curve`, ties included (Hanley and McNeil,
    Radiology 143:29, 1982), and half of Cliff's delta plus one.

    Raises
    ------
    ValueError
        As :func:`roc_curve`, but for a missing class.
    """
    truth, scores = _cases(truth, scores)
    if truth.all() or not truth.any():
        return math.nan
    return 0.5 + 0.5 * cliffs_delta(scores[truth], scores[~truth])


def precision_recall_curve(truth: ArrayLike, scores: ArrayLike) -> PrecisionRecallCurve:
    """Return precision and recall at every score that occurs; arguments and errors as :func:`roc_curve`.

    Raises
    ------
    ValueError
        Also if there is no positive case.
    """
    thresholds, true_positives, false_positives = _cumulative_counts(truth, scores)
    if not true_positives[-1]:
        raise ValueError("a precision-recall curve needs positive cases")
    called = true_positives + false_positives
    return PrecisionRecallCurve(thresholds, true_positives / called, true_positives / true_positives[-1])


def average_precision(truth: ArrayLike, scores: ArrayLike) -> float:
    """Return the area below the steps of the precision-recall curve; NaN without a positive case.

    Notes
    -----
    sum over thresholds of (R_n - R_(n-1)) P_n, R_0 = 0: no interpolation.
    """
    if not binary(truth).any():
        return math.nan
    curve = precision_recall_curve(truth, scores)
    return float(np.dot(np.diff(curve.recall, prepend=0.0), curve.precision))


def binary(values: ArrayLike) -> NDArray[np.bool_]:
    """Return values as booleans.

    Raises
    ------
    ValueError
        If a value is neither 0 nor 1: a label map or a probability would otherwise pass for a class.
    """
    values = np.asarray(values)
    if values.dtype != bool and not np.isin(values, (0, 1)).all():
        raise ValueError("expected only 0 and 1")
    return values.astype(bool)


def _cases(truth: ArrayLike, scores: ArrayLike) -> tuple[NDArray[np.bool_], NDArray[np.float64]]:
    truth, scores = binary(truth), np.asarray(scores, dtype=np.float64)
    if truth.shape != scores.shape or truth.ndim != 1:
        raise ValueError(f"expected one score per case, got shapes {truth.shape} and {scores.shape}")
    if not np.isfinite(scores).all():
        raise ValueError("scores must be finite")
    return truth, scores


def _cumulative_counts(truth: ArrayLike, scores: ArrayLike) -> tuple[NDArray, NDArray, NDArray]:
    """Distinct scores, falling, and how many positives and negatives have each or more."""
    truth, scores = _cases(truth, scores)
    if not truth.size:
        raise ValueError("a curve needs at least one case")
    order = np.argsort(-scores, kind="stable")
    scores, truth = scores[order], truth[order]
    last_of_ties = np.append(np.flatnonzero(np.diff(scores)), scores.size - 1)
    true_positives = np.cumsum(truth)[last_of_ties]
    return scores[last_of_ties], true_positives, last_of_ties + 1 - true_positives
