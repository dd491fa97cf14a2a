"""Yes-or-no predictions against the truth: confusion counts and the scores that follow from them.

The curves over all thresholds are in :mod:`gliomamri.metrics.curves`, the names and conventions of the published
results in :mod:`gliomamri.metrics.published`. Called by the evaluation of tumor detection; tested by
Testing/unit/metrics/test_classification.py.
"""

from __future__ import annotations

import math
from dataclasses import dataclass

import numpy as np
from numpy.typing import ArrayLike, NDArray

from gliomamri.metrics.curves import area_under_roc, average_precision, binary

UNDEFINED = math.nan
"""Value of a score whose denominator is 0; an empty cell in tables."""


@dataclass(frozen=True)
class Confusion:
    """Counts of a yes-or-no prediction; all scores are plain numbers without a unit.

    Attributes
    ----------
    true_positives, false_positives, false_negatives, true_negatives : int

    Notes
    -----
    Definitions of Sokolova and Lapalme, Inf Process Manag 45:427 (2009), which paper 000 names. A score whose
    denominator is 0 is NaN: without a positive case there is no recall. Only MCC has a convention for it.
    """

    true_positives: int
    false_positives: int
    false_negatives: int
    true_negatives: int

    @property
    def total(self) -> int:
        """Number of cases."""
        return self.true_positives + self.false_positives + self.false_negatives + self.true_negatives

    @property
    def accuracy(self) -> float:
        """(TP + TN) / all."""
        return ratio(self.true_positives + self.true_negatives, self.total)

    @property
    def precision(self) -> float:
        """TP / (TP + FP)."""
        return ratio(self.true_positives, self.true_positives + self.false_positives)

    @property
    def recall(self) -> float:
        """TP / (TP + FN), also called sensitivity."""
        return ratio(self.true_positives, self.true_positives + self.false_negatives)

    @property
    def specificity(self) -> float:
        """TN / (TN + FP)."""
        return ratio(self.true_negatives, self.true_negatives + self.false_positives)

    @property
    def f1(self) -> float:
        """2 TP / (2 TP + FP + FN) of the positive class."""
        twice = 2 * self.true_positives
        return ratio(twice, twice + self.false_positives + self.false_negatives)

    @property
    def macro_f1(self) -> float:
        """Mean of both classes' F1; a class that is neither in the truth nor in the prediction is left out."""
        return _mean_of_defined(self.f1, self.reversed.f1)

    @property
    def macro_recall(self) -> float:
        """Mean of recall and specificity (balanced accuracy); a class that is not in the truth is left out."""
        return _mean_of_defined(self.recall, self.specificity)

    @property
    def mcc(self) -> float:
        """Matthews correlation coefficient, in [-1, 1]; 0 when a factor of its denominator is 0.

        (TP TN - FP FN) / sqrt((TP + FP)(TP + FN)(TN + FP)(TN + FN)); Chicco and Jurman, BMC Genomics 21:6 (2020).
        """
        tp, fp, fn, tn = self.true_positives, self.false_positives, self.false_negatives, self.true_negatives
        # Python's integers: the product of four counts of voxels does not fit 64 bits
        product = (tp + fp) * (tp + fn) * (tn + fp) * (tn + fn)
        return (tp * tn - fp * fn) / math.sqrt(product) if product else 0.0

    @property
    def reversed(self) -> Confusion:
        """The counts with the negative class as the one that is looked for."""
        return Confusion(self.true_negatives, self.false_negatives, self.false_positives, self.true_positives)


def confusion(truth: ArrayLike, predicted: ArrayLike) -> Confusion:
    """Count right and wrong answers.

    Parameters
    ----------
    truth, predicted : array_like of bool or of 0 and 1
        Of equal shape.

    Raises
    ------
    ValueError
        If the shapes differ, or a value is neither 0 nor 1.

    Examples
    --------
    >>> confusion([1, 1, 0, 0], [1, 0, 0, 0])
    Confusion(true_positives=1, false_positives=0, false_negatives=1, true_negatives=2)
    """
    truth, predicted = binary(truth), binary(predicted)
    if truth.shape != predicted.shape:
        raise ValueError(f"truth has shape {truth.shape}, prediction {predicted.shape}")
    both = int(np.count_nonzero(truth & predicted))
    positive, called = int(np.count_nonzero(truth)), int(np.count_nonzero(predicted))
    return Confusion(both, called - both, positive - both, truth.size - positive - called + both)


def detection_scores(truth: ArrayLike, scores: ArrayLike, threshold: float = 0.5) -> dict[str, float]:
    """Return all scores of a detection at once, as the evaluation writes them.

    Parameters
    ----------
    truth : array_like of bool, shape (n,)
        Slices (or patients) with tumor.
    scores : array_like of float, shape (n,)
        Probability of tumor.
    threshold : float
        A case is called positive at this score or above.

    Returns
    -------
    dict of str to float
        ``mcc``, ``accuracy``, ``f1``, ``macro_f1``, ``precision``, ``recall``, ``specificity``, ``auc``,
        ``average_precision``; and the counts ``true_positives``, ``false_positives``, ``false_negatives``,
        ``true_negatives``. NaN where undefined.
    """
    scores = np.asarray(scores, dtype=np.float64)
    counts = confusion(truth, scores >= threshold)
    names = ("mcc", "accuracy", "f1", "macro_f1", "precision", "recall", "specificity")
    found = {name: float(getattr(counts, name)) for name in names}
    found["auc"] = area_under_roc(truth, scores)
    found["average_precision"] = average_precision(truth, scores)
    kinds = ("true_positives", "false_positives", "false_negatives", "true_negatives")
    return found | {kind: getattr(counts, kind) for kind in kinds}


def ratio(part: float, whole: float) -> float:
    """Return part / whole; NaN when the whole is 0."""
    return part / whole if whole else UNDEFINED


def mean_and_sd(values: ArrayLike) -> tuple[float, float]:
    """Return mean and sample standard deviation (n - 1) of the values that are defined.

    NaN for the mean of none and for the standard deviation of fewer than two. The published tables use
    :func:`gliomamri.metrics.published.mean_and_population_sd`.
    """
    known = defined(values)
    return (
        float(known.mean()) if known.size else UNDEFINED,
        float(known.std(ddof=1)) if known.size > 1 else UNDEFINED,
    )


def defined(values: ArrayLike) -> NDArray[np.float64]:
    """Return the values that are not NaN; shape (m,)."""
    values = np.asarray(values, dtype=np.float64).ravel()
    return values[~np.isnan(values)]


def _mean_of_defined(*values: float) -> float:
    return mean_and_sd(values)[0]
