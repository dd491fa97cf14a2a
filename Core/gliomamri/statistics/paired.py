"""Comparison of methods on the same patients: Wilcoxon's signed-rank test, Bonferroni, bootstrap over patients.

Two ways, and every result says which: on per-patient means, for patients are independent of each other; and as paper
000 published, on the values of all folds as if these were. Called by the evaluation and the experiments of paper 000;
tested by Testing/unit/statistics/test_paired.py.
"""

from __future__ import annotations

import itertools
import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import ArrayLike, NDArray
from scipy import stats

from gliomamri.result import Table
from gliomamri.statistics.intervals import Interval, patient_interval

BY_PATIENT = "patients (mean of each)"
AS_PUBLISHED = "folds as if independent (as published)"


@dataclass(frozen=True)
class PairedComparison:
    """Two methods compared.

    Attributes
    ----------
    first, second : str
        Names of the methods.
    way : str
        What counts as one observation: :data:`BY_PATIENT` or :data:`AS_PUBLISHED`.
    pairs : int
        Observations that both methods have.
    mean_difference : float
        Mean of first - second, in the unit of the score.
    interval : Interval or None
        Of the mean difference, from a bootstrap of patients; None as published, where the observations are not
        independent, and for fewer than 5 patients.
    statistic : float
        Wilcoxon's W, the smaller of both sums of ranks.
    p : float
        Two-sided; 1 when no pair differs.
    comparisons : int
        Tests made together.
    smallest_p : float
        The smallest two-sided p that so many pairs can give, 2^(1 - pairs): where it is not below ``alpha``, no
        difference however large would be called significant.
    alpha : float
        Level of all tests together.
    """

    first: str
    second: str
    way: str
    pairs: int
    mean_difference: float
    interval: Interval | None
    statistic: float
    p: float
    comparisons: int
    smallest_p: float
    alpha: float = 0.05

    @property
    def adjusted_p(self) -> float:
        """After Bonferroni: p times the number of comparisons, at most 1."""
        return min(1.0, self.p * self.comparisons)

    @property
    def significant(self) -> bool:
        """True when p is below alpha over the number of comparisons."""
        return self.p < self.alpha / self.comparisons

    @property
    def decidable(self) -> bool:
        """False when there are too few pairs for any difference to be significant."""
        return self.smallest_p < self.alpha / self.comparisons


def compare_by_patient(
    scores: Mapping[str, ArrayLike],
    patients: Sequence[str],
    *,
    seed: int = 0,
    alpha: float = 0.05,
    confidence: float = 0.95,
    samples: int = 2000,
) -> list[PairedComparison]:
    """Compare every two methods on the mean score of each patient.

    Parameters
    ----------
    scores : mapping of str to array_like of float, shape (n,)
        Per method, one score per tested patient and repetition; NaN where a score is undefined. A pair of methods is
        compared on the observations that both have.
    patients : sequence of str, length n
        Patient of each observation; the same for all methods.
    seed : int
        Of the bootstrap.
    alpha : float
        Level of all comparisons together.
    confidence : float
        Nominal coverage of each interval, not adjusted for the number of comparisons.
    samples : int
        Draws of the bootstrap.

    Raises
    ------
    ValueError
        If there are fewer than two methods, lengths differ, or a pair has no observation in common.

    Notes
    -----
    Wilcoxon, Biometrics Bull 1:80 (1945); pairs without a difference are dropped. The interval is
    :func:`gliomamri.statistics.intervals.patient_interval` of the patients' mean differences.
    """
    table = _checked(scores, len(patients))
    names = np.asarray(patients)
    generator = np.random.default_rng(seed)
    found = []
    for first, second in itertools.combinations(table, 2):
        difference = table[first] - table[second]
        known = ~np.isnan(difference)
        means = _means(difference[known], names[known])
        interval = patient_interval(means, generator, samples=samples, confidence=confidence)
        found.append(_compared((first, second), BY_PATIENT, means, len(table), interval, alpha))
    return found


def compare_as_published(scores: Mapping[str, ArrayLike], *, alpha: float = 0.05) -> list[PairedComparison]:
    """Compare every two methods on the values of all folds, as if these were independent (paper 000).

    The folds of a repetition share test patients (as published) or training patients (in any cross-validation), so p is
    too small (Nadeau and Bengio, Mach Learn 52:239, 2003). To compare with the paper only.

    Parameters
    ----------
    scores : mapping of str to array_like of float, shape (n,)
        Per method, one value per fold and repetition (50 for detection, 25 for segmentation in the paper), in the same
        order for all methods.
    alpha : float
        Level of all comparisons together.

    Raises
    ------
    ValueError
        As :func:`compare_by_patient`.
    """
    table = _checked(scores, None)
    found = []
    for pair in itertools.combinations(table, 2):
        difference = table[pair[0]] - table[pair[1]]
        known = difference[~np.isnan(difference)]
        found.append(_compared(pair, AS_PUBLISHED, known, len(table), None, alpha))
    return found


def comparison_table(name: str, title: str, comparisons: Sequence[PairedComparison], unit: str = "") -> Table:
    """Lay out comparisons, one row each; an interval that could not be given is empty.

    Parameters
    ----------
    name, title : str
        Of the table.
    comparisons : sequence of PairedComparison
    unit : str
        Of the score that was compared.
    """
    columns = {
        "first": [one.first for one in comparisons],
        "second": [one.second for one in comparisons],
        "observations": [one.way for one in comparisons],
        "pairs": [one.pairs for one in comparisons],
        "mean_difference": [one.mean_difference for one in comparisons],
        "low": [one.interval.low if one.interval else math.nan for one in comparisons],
        "high": [one.interval.high if one.interval else math.nan for one in comparisons],
        "p": [one.p for one in comparisons],
        "comparisons": [one.comparisons for one in comparisons],
        "p_bonferroni": [one.adjusted_p for one in comparisons],
        "significant": [_verdict(one) for one in comparisons],
    }
    units = dict.fromkeys(("mean_difference", "low", "high"), unit) if unit else {}
    return Table(name, title, columns, units)


def _verdict(comparison: PairedComparison) -> str:
    if comparison.significant:
        return "yes"
    return "no" if comparison.decidable else "too few pairs"


def _checked(scores: Mapping[str, ArrayLike], length: int | None) -> dict[str, NDArray[np.float64]]:
    table = {name: np.asarray(values, dtype=np.float64) for name, values in scores.items()}
    if len(table) < 2:
        raise ValueError("a comparison needs two methods")
    lengths = {values.shape for values in table.values()} | ({(length,)} if length is not None else set())
    if len(lengths) > 1 or len(next(iter(lengths))) != 1:
        raise ValueError(f"expected one score per observation, got shapes {sorted(lengths)}")
    return table


def _means(values: NDArray, names: NDArray) -> NDArray[np.float64]:
    """Mean of the values of each name, by name."""
    found, which = np.unique(names, return_inverse=True)
    return np.bincount(which, values, minlength=found.size) / np.bincount(which, minlength=found.size)


def _compared(
    pair: tuple[str, str],
    way: str,
    difference: NDArray,
    methods: int,
    interval: Interval | None,
    alpha: float,
) -> PairedComparison:
    if not difference.size:
        raise ValueError(f"{pair[0]} and {pair[1]} have no observation in common")
    statistic, p = _signed_rank(difference)
    pairs = int(difference.size)
    return PairedComparison(
        *pair,
        way=way,
        pairs=pairs,
        mean_difference=float(difference.mean()),
        interval=interval,
        statistic=statistic,
        p=p,
        comparisons=math.comb(methods, 2),
        smallest_p=math.ldexp(1.0, 1 - pairs),
        alpha=alpha,
    )


def _signed_rank(difference: NDArray) -> tuple[float, float]:
    # rounding of means must not make a difference out of none
    changed = difference[np.abs(difference) > 1e-12]
    if not changed.size:
        return 0.0, 1.0
    found = stats.wilcoxon(changed, alternative="two-sided")
    return float(found.statistic), float(found.pvalue)
