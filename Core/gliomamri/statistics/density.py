"""Kernel density estimates on a regular grid, by the cosine transform, with reflecting ends.

A Gaussian kernel estimate is the solution of the heat equation that starts from the binned data (Botev et al. 2010).
Its cosine series has reflecting ends, so nothing leaks below a physical limit such as R1 = 0.

Called by :mod:`gliomamri.regions.curves` and :mod:`gliomamri.regions.violins`; tested by
Testing/unit/statistics/test_density.py against the sum of Gaussians.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import ArrayLike, NDArray
from scipy import fft, optimize

_GRID = 512
_MARGIN = 0.15
"""Share of the data's range by which the grid reaches beyond it where there is no limit [our choice]."""
_STAGES = 7
"""Steps of the plug-in rule (l in Botev et al., algorithm 1)."""


@dataclass(frozen=True)
class Density:
    """A density on a regular grid.

    Attributes
    ----------
    at : ndarray of float64, shape (n,)
        Grid points, in the unit of the data.
    density : ndarray of float64, shape (n,)
        In 1/unit, not negative; sums to 1 over the grid times the grid's step.
    bandwidth : float
        Standard deviation of the kernel, in the unit of the data.
    """

    at: NDArray[np.float64]
    density: NDArray[np.float64]
    bandwidth: float


def kernel_density(
    values: ArrayLike,
    *,
    weights: ArrayLike | None = None,
    lower: float | None = None,
    upper: float | None = None,
    bandwidth: float | str = "isj",
    points: int = _GRID,
) -> Density:
    """Estimate the density of a sample.

    Parameters
    ----------
    values : array_like of finite floats
        The sample.
    weights : array_like of float, optional
        One per value, not negative; equal where absent.
    lower, upper : float, optional
        Limits that values cannot pass; the estimate is reflected there. Values beyond are counted at the limit.
    bandwidth : float or {"isj", "silverman"}
        Of the kernel, or the rule to find it: Improved Sheather-Jones (Botev et al., Ann Statist 38:2916, 2010), good
        for several peaks; where its equation has no solution Silverman's rule takes over.
    points : int
        Size of the grid.

    Raises
    ------
    ValueError
        If the sample is empty or the weights are all 0.
    """
    values = np.asarray(values, dtype=np.float64).ravel()
    weights = np.ones(values.size) if weights is None else np.asarray(weights, dtype=np.float64).ravel()
    if values.size == 0 or weights.sum() <= 0:
        raise ValueError("a density needs at least one value of positive weight")
    low, high = _limits(values, lower, upper)
    step = (high - low) / points
    share = _binned(values, weights / weights.sum(), low, step, points)
    effective = weights.sum() ** 2 / (weights**2).sum()
    coefficients = fft.dct(share, type=2)
    if bandwidth == "isj":
        width = _improved_sheather_jones(coefficients, min(effective, np.unique(values).size)) * (high - low)
        width = width or _silverman(values, weights, effective)
    elif bandwidth == "silverman":
        width = _silverman(values, weights, effective)
    else:
        width = float(bandwidth)
    width = max(width, step)  # a kernel narrower than the grid cannot be drawn on it
    frequency = np.pi * np.arange(points) * width / (high - low)
    smooth = fft.idct(coefficients * np.exp(-0.5 * frequency**2), type=2)
    smooth = np.maximum(smooth, 0.0)
    return Density(low + step * (np.arange(points) + 0.5), smooth / (smooth.sum() * step), width)


def _limits(values: NDArray, lower: float | None, upper: float | None) -> tuple[float, float]:
    smallest, largest = float(values.min()), float(values.max())
    span = largest - smallest or max(abs(largest), 1.0) * 1e-3
    low = smallest - _MARGIN * span if lower is None else lower
    high = largest + _MARGIN * span if upper is None else upper
    return (low, high) if high > low else (low, low + span)


def _binned(values: NDArray, weights: NDArray, low: float, step: float, points: int) -> NDArray[np.float64]:
    """Share each value between the two nearest grid points, by distance (linear binning)."""
    position = np.clip((values - low) / step - 0.5, 0, points - 1)
    left = np.minimum(position.astype(np.intp), points - 2)
    toward_right = position - left
    counts = np.bincount(left, weights * (1 - toward_right), minlength=points)
    counts += np.bincount(left + 1, weights * toward_right, minlength=points)[:points]
    return counts


def _silverman(values: NDArray, weights: NDArray, effective: float) -> float:
    """Silverman 1986, equation 3.31: 0.9 min(sd, IQR / 1.34) n^(-1/5)."""
    mean = np.average(values, weights=weights)
    sd = np.sqrt(np.average((values - mean) ** 2, weights=weights))
    order = np.argsort(values)
    share = np.cumsum(weights[order]) / weights.sum()
    quartiles = values[order][np.minimum(np.searchsorted(share, (0.25, 0.75)), values.size - 1)]
    spread = (quartiles[1] - quartiles[0]) / 1.34
    return float(0.9 * (min(sd, spread) if spread > 0 else sd) * effective**-0.2)


def _improved_sheather_jones(coefficients: NDArray, effective: float) -> float:
    """Solve t = zeta * gamma(t) of Botev et al., algorithm 1; gives the bandwidth in units of the grid's length.

    0 where there is no solution, or more than one scale fits.
    """
    squared = (coefficients[1:] / 2) ** 2
    index_squared = np.arange(1, squared.size + 1, dtype=np.float64) ** 2

    def excess(t: float) -> float:
        return t - _fixed_point(t, effective, index_squared, squared)

    grid = np.logspace(-8, -1, 29)
    signs = np.array([excess(t) for t in grid]) > 0
    crossings = np.flatnonzero(~signs[:-1] & signs[1:])
    if crossings.size == 0 or effective < 10:
        return 0.0
    first = crossings[0]
    return float(np.sqrt(optimize.brentq(excess, grid[first], grid[first + 1])))


def _fixed_point(t: float, effective: float, index_squared: NDArray, squared: NDArray) -> float:
    """Xi gamma^[l](t) of Botev et al., equations 28 to 30."""
    functional = _roughness(_STAGES, t, index_squared, squared)
    for stage in range(_STAGES - 1, 1, -1):
        odd = float(np.prod(np.arange(1, 2 * stage, 2))) / np.sqrt(2 * np.pi)
        constant = (1 + 0.5 ** (stage + 0.5)) / 3
        time = (2 * constant * odd / (effective * functional)) ** (2 / (3 + 2 * stage))
        functional = _roughness(stage, time, index_squared, squared)
    return (2 * effective * np.sqrt(np.pi) * functional) ** -0.4


def _roughness(order: int, t: float, index_squared: NDArray, squared: NDArray) -> float:
    """Squared norm of the derivative of ``order`` of the density smoothed over time t."""
    terms = index_squared**order * squared * np.exp(-index_squared * np.pi**2 * t)
    return float(max(2 * np.pi ** (2 * order) * terms.sum(), np.finfo(float).tiny))
