"""Bootstrap intervals: of blocks within a patient, of patients in a cohort.

A bootstrap draws units with replacement: blocks of a region, or patients. Because every statistic here is one of
summed histograms (or of a mean), a draw is a row of multiplicities, and thousands of draws are one matrix product.

Called by :mod:`gliomamri.regions.comparison` and cohorts; tested by Testing/unit/statistics/test_intervals.py
and test_coverage.py.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray
from scipy import stats

FEWEST_UNITS = 5
"""Effective units below which no interval is given: five values have a known spread at best [our choice]."""


@dataclass(frozen=True)
class Interval:
    """An estimate and its confidence interval; ``units`` is the effective number of units drawn."""

    estimate: float
    low: float
    high: float
    units: float

    def excludes(self, value: float) -> bool:
        """Tell whether a value lies outside."""
        return not self.low <= value <= self.high


def multiplicities(units: int, samples: int, generator: np.random.Generator) -> NDArray[np.float32]:
    """Draw how often each of ``units`` comes in each of ``samples`` bootstrap samples; shape (samples, units)."""
    drawn = generator.integers(units, size=(samples, units), dtype=np.int32)
    drawn += (units * np.arange(samples, dtype=np.int32))[:, None]
    return np.bincount(drawn.ravel(), minlength=samples * units).reshape(samples, units).astype(np.float32)


def percentile_interval(
    estimate: float, draws: NDArray, units: float, confidence: float = 0.95
) -> Interval | None:
    """Return the expanded percentile interval of bootstrap draws.

    Parameters
    ----------
    estimate : float
        Of the sample itself.
    draws : ndarray of float, shape (samples,)
        Bootstrap draws of the statistic.
    units : float
        Effective number of units that were drawn.
    confidence : float
        Nominal coverage, in (0, 1).

    Returns
    -------
    Interval or None
        None below :data:`FEWEST_UNITS` units.

    Notes
    -----
    Draws of n units have a variance that is too small by (n - 1) / n, and normal quantiles are narrower than Student's.
    The percentiles are therefore taken at ``Phi(-t sqrt(n / (n - 1)))`` with t the quantile of Student's distribution
    of n - 1 degrees of freedom (Hesterberg, Am Stat 69:371, 2015, section 5.3); for large n these are the usual ones.
    """
    if units < FEWEST_UNITS:
        return None
    tail = expanded_tail(units, confidence)
    low, high = np.quantile(draws, (tail, 1 - tail))
    return Interval(float(estimate), float(low), float(high), float(units))


def block_interval(
    estimate: float,
    draws: NDArray,
    units: float,
    half_draws: NDArray,
    half_units: float,
    confidence: float = 0.95,
) -> Interval | None:
    """Return the interval from blocks, corrected for the correlation that the blocks' borders cut.

    Parameters
    ----------
    estimate : float
        Of the sample itself.
    draws, half_draws : ndarray of float, shape (samples,)
        Bootstrap draws of the statistic from blocks of edge L and of edge L / 2.
    units, half_units : float
        Effective numbers of blocks of each.
    confidence : float
        Nominal coverage.

    Returns
    -------
    Interval or None
        None below :data:`FEWEST_UNITS` blocks of edge L.

    Notes
    -----
    The variance from blocks is ``v(L) = v (1 - b / L + ...)``, hence ``2 v(L) - v(L / 2)`` is free of the first-order
    term: the flat-top correction of Politis and Romano (J Time Ser Anal 16:67, 1995). The draws are spread about the
    estimate to that variance, never below v(L), before :func:`percentile_interval`.
    """
    if units < FEWEST_UNITS:
        return None
    variance = np.var(draws) * units / (units - 1)
    half_variance = np.var(half_draws) * half_units / (half_units - 1)
    if variance > 0:
        corrected = max(2 * variance - half_variance, variance)
        draws = estimate + (draws - estimate) * np.sqrt(corrected / variance)
    return percentile_interval(estimate, draws, units, confidence)


def expanded_tail(units: float, confidence: float) -> float:
    """Return the probability below the lower end of :func:`percentile_interval`."""
    t = stats.t.ppf(0.5 + 0.5 * confidence, units - 1)
    return float(stats.norm.cdf(-t * np.sqrt(units / (units - 1))))


def patient_interval(
    values: Sequence[float],
    generator: np.random.Generator,
    *,
    statistic: Callable[..., NDArray] = np.mean,
    samples: int = 2000,
    confidence: float = 0.95,
) -> Interval | None:
    """Return the interval of a cohort's statistic when patients are drawn, one value each.

    Voxels of one patient are not independent of each other, patients are. What is uncertain within each patient is
    already in the spread between patients, so only patients are drawn (Davison and Hinkley, Bootstrap Methods, 1997,
    section 3.8).

    Parameters
    ----------
    values : sequence of float
        One per patient.
    generator : numpy.random.Generator
    statistic : callable
        Called as ``statistic(array, axis=-1)``.
    samples, confidence
        Number of draws; nominal coverage.

    Returns
    -------
    Interval or None
        None for fewer than :data:`FEWEST_UNITS` patients.
    """
    values = np.asarray(values, dtype=np.float64)
    if values.size < FEWEST_UNITS:
        return None
    drawn = values[generator.integers(values.size, size=(samples, values.size))]
    return percentile_interval(
        float(statistic(values, axis=-1)), statistic(drawn, axis=-1), values.size, confidence
    )
