"""Change of a rate after contrast agent, and how surely it exceeds that of the patient's healthy tissue.

    d = post - pre;   z = (d - mu) / sqrt(v_noise + v_registration + tau^2)

Agent in blood raises R1 of healthy brain too (by some hundredths of 1/s), so the change is compared with mu, that of
healthy tissue of the same class in the same patient, and with how much healthy tissue varies (tau).

Called by :mod:`gliomamri.regions.analysis`; tested by Testing/unit/regions/test_change.py.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray
from scipy import optimize, special

from gliomamri.errors import UserError
from gliomamri.regions.map_noise import Correlation, estimated_noise, squared_gradient
from gliomamri.statistics.multiple import benjamini_hochberg

Spacing = tuple[float, float, float]

FEWEST_REFERENCE = 200
"""Healthy voxels of a class that its parameters are estimated from."""
OTHER = "other"
"""Class of voxels in which no healthy tissue was found."""
_PURE = 0.8
"""Fraction above which a voxel stands for its class [our choice]."""
_MEDIAN_OF_CHI2 = float(2 * special.gammaincinv(0.5, 0.5))


@dataclass(frozen=True)
class Measured:
    """A rate before and after contrast agent; arrays (z, y, x).

    Attributes
    ----------
    pre, post : ndarray of float
        1/s.
    usable : ndarray of bool
        Voxels of the brain where both are known.
    pre_error, post_error : ndarray of float or None
        Standard errors, 1/s; estimated from the maps where absent.
    pre_correlation, post_correlation : three ndarrays of float, or None
        Correlation of each voxel's noise with that of the next one along z, y, x; None where voxels are independent.
    """

    pre: NDArray
    post: NDArray
    usable: NDArray[np.bool_]
    pre_error: NDArray | None = None
    post_error: NDArray | None = None
    pre_correlation: Correlation | None = None
    post_correlation: Correlation | None = None


@dataclass(frozen=True)
class HealthyTissue:
    """How healthy tissue of one class changes: mean and standard deviation beyond the errors, 1/s."""

    mean: float
    sd: float
    voxels: int


@dataclass(frozen=True)
class Change:
    """The change of a rate; arrays (z, y, x), 0 where not usable.

    Attributes
    ----------
    difference : ndarray of float32
        post - pre, 1/s.
    z : ndarray of float32
        Above healthy tissue's change of the same class, in standard deviations.
    z_zero : ndarray of float32
        Above 0, in standard deviations of noise and registration alone.
    edge : ndarray of bool
        Where the registration error makes more than half of the variance, or a neighbor is unknown.
    significant : ndarray of bool
        Healthy tissue's change exceeded, at the false discovery rate asked for; never where a neighbor is unknown. At
        edges too, because z knows the registration error there; whoever shows it tells edges apart.
    usable : ndarray of bool
    healthy : mapping of str to HealthyTissue
        By class: WM, GM, CSF and other, or brain where no tissue is known.
    noise : (pre, post)
        Median standard error of both maps, 1/s.
    """

    difference: NDArray[np.float32]
    z: NDArray[np.float32]
    z_zero: NDArray[np.float32]
    edge: NDArray[np.bool_]
    significant: NDArray[np.bool_]
    usable: NDArray[np.bool_]
    healthy: Mapping[str, HealthyTissue]
    noise: tuple[float, float]


def measure_change(
    measured: Measured,
    reference: NDArray,
    tissue: Mapping[str, NDArray],
    spacing: Spacing,
    registration_error: float,
    false_discovery_rate: float = 0.05,
) -> Change:
    """Map the change of a rate with its z-score.

    Parameters
    ----------
    measured : Measured
    reference : ndarray of bool, shape (z, y, x)
        Healthy brain, far from the lesion.
    tissue : mapping of str to ndarray of float
        Fractions ``WM``, ``GM``, ``CSF`` in [0, 1]; empty when unknown (then all brain is one class).
    spacing : (z, y, x)
        mm.
    registration_error : float
        Root mean square distance in mm between equal places of both maps.
    false_discovery_rate : float
        Benjamini-Hochberg over the brain's voxels, one-sided: more than healthy tissue.

    Raises
    ------
    UserError
        If there is too little healthy tissue to compare with.

    Notes
    -----
    - Noise: the squared standard errors of both maps.
    - Registration: a displacement of root mean square length s has variance s^2 / 3 along each axis, and changes the
      map by displacement times gradient: ``s^2 / 3 (|grad pre|^2 + |grad post|^2) / 2``, gradients freed of noise.
    - Healthy tissue: per class, mu is the median change in pure voxels of the reference, and tau^2 solves
      ``median(e^2 / (v + tau^2)) = 0.455``, the median of chi-square with one degree of freedom: a robust method of
      moments in which vessels, which enhance, weigh no more than other voxels. Mixed voxels take the mean of the
      classes by their fractions, of mu and of tau^2.
    """
    usable = measured.usable
    difference = np.where(usable, measured.post - measured.pre, 0).astype(np.float32)
    pure = usable & reference & (tissue["WM"] > _PURE) if "WM" in tissue else usable & reference
    pre_error, post_error = (
        _errors(values, error, pure if pure.sum() >= FEWEST_REFERENCE else usable)
        for values, error in ((measured.pre, measured.pre_error), (measured.post, measured.post_error))
    )
    noise = pre_error**2 + post_error**2
    pre_gradient, unknown = squared_gradient(
        measured.pre, usable, spacing, pre_error, measured.pre_correlation
    )
    post_gradient, _ = squared_gradient(measured.post, usable, spacing, post_error, measured.post_correlation)
    registration = registration_error**2 / 3 * 0.5 * (pre_gradient + post_gradient)
    errors = (noise + registration)[usable]
    fractions = _classes(tissue, usable)
    healthy = _healthy(difference[usable], errors, fractions, reference[usable])
    mean = sum(fractions[name] * part.mean for name, part in healthy.items())
    spread = sum(fractions[name] * part.sd**2 for name, part in healthy.items())
    total = np.maximum(errors + spread, np.finfo(np.float32).tiny)
    d = difference[usable]
    z = (d - mean) / np.sqrt(total)
    z_zero = np.divide(d, np.sqrt(errors), out=np.zeros_like(z), where=errors > 0)
    edge = (registration[usable] > 0.5 * total) | unknown[usable]
    tested = ~unknown[usable]
    significant = np.zeros(z.size, bool)
    significant[tested] = benjamini_hochberg(special.ndtr(-z[tested])) <= false_discovery_rate
    return Change(
        difference,
        _spread(z, usable, np.float32),
        _spread(z_zero, usable, np.float32),
        _spread(edge, usable, bool),
        _spread(significant, usable, bool),
        usable,
        healthy,
        (float(np.median(pre_error[usable])), float(np.median(post_error[usable]))),
    )


def _errors(values: NDArray, error: NDArray | None, quiet: NDArray) -> NDArray:
    """Standard errors as given, or one for the whole map from its roughness in quiet tissue."""
    if error is None:
        return np.full(values.shape, estimated_noise(values, quiet), np.float32)
    return error


def _classes(tissue: Mapping[str, NDArray], usable: NDArray) -> dict[str, NDArray[np.float32]]:
    """Fractions of the classes, and of none of them, in the usable voxels; they sum to 1."""
    if not tissue:
        return {"brain": np.ones(int(usable.sum()), np.float32)}
    found = {name: np.clip(fraction[usable], 0, 1).astype(np.float32) for name, fraction in tissue.items()}
    total = sum(found.values())
    shares = {
        name: np.divide(own, total, out=np.zeros_like(own), where=total > 1e-3) for name, own in found.items()
    }
    # What is no healthy tissue at all is compared with all healthy tissue together.
    return {**shares, OTHER: (total <= 1e-3).astype(np.float32)}


def _healthy(
    d: NDArray, errors: NDArray, fractions: Mapping[str, NDArray], reference: NDArray
) -> dict[str, HealthyTissue]:
    """Estimate the healthy change of each class; a class with too few pure voxels takes that of all together."""
    if np.count_nonzero(reference) < FEWEST_REFERENCE:
        raise UserError(
            "There is too little healthy brain far from the annotation to compare the change after contrast agent "
            "with; check the annotation and the brain mask."
        )
    everything = _moments(d[reference], errors[reference])
    found = {}
    for name, fraction in fractions.items():
        pure = reference & (fraction > _PURE)
        enough = np.count_nonzero(pure) >= FEWEST_REFERENCE
        found[name] = _moments(d[pure], errors[pure]) if enough else everything
    return found


def _moments(d: NDArray, errors: NDArray) -> HealthyTissue:
    mean = float(np.median(d))
    squared = np.square(d - mean, dtype=np.float64)

    def excess(variance: float) -> float:
        return float(np.median(squared / np.maximum(errors + variance, 1e-30))) - _MEDIAN_OF_CHI2

    if excess(0.0) <= 0:
        return HealthyTissue(mean, 0.0, d.size)
    largest = float(np.median(squared)) / _MEDIAN_OF_CHI2
    variance = optimize.brentq(excess, 0.0, 1.01 * largest, xtol=1e-12)
    return HealthyTissue(mean, float(np.sqrt(variance)), d.size)


def _spread(values: NDArray, usable: NDArray, kind: type) -> NDArray:
    result = np.zeros(usable.shape, kind)
    result[usable] = values
    return result
