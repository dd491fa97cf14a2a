"""Polarity restoration of magnitude inversion recovery.

After an inversion the signal of every voxel is negative before its null and positive after it, so that only
``number of different TIs + 1`` sign patterns are possible: the images with the k shortest TIs negative. Each is
fitted, and the one with the smallest residual is kept (Nekolla et al., J Comput Assist Tomogr 16:327, 1992;
Barral et al., Magn Reson Med 64:1057, 2010, doi 10.1002/mrm.22497).

With few images, three free unknowns let a wrong pattern fit the noise by an inversion that no pulse produces.
Patterns are therefore compared by the least squares under the physical constraint on kappa, the cosine of the
inversion angle; the reported unknowns stay those of the unconstrained fit, so that their standard errors hold.

Called by inversion_recovery.py; tested by Testing/unit/relaxometry/test_polarity.py.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

import numpy as np

from gliomamri.relaxometry.separable import SeparableFit, SeparableModel, fit_separable, grid_sse
from gliomamri.relaxometry.signals import FloatArray

RIVAL_FACTOR = 3.0
GRID_ERROR = 1e-3


@dataclass(frozen=True)
class PolarityFit:
    """The winning fit, the signed signals (m, n) it was made from, and its best rival.

    ``rival_gap`` (n,) is how much larger the rival's sum of squared residuals is, inf where there is none;
    ``rival_log_time`` (n,) is the rival's log T1.
    """

    fit: SeparableFit
    signals: FloatArray
    rival_gap: FloatArray
    rival_log_time: FloatArray


def sign_patterns(inversion_times: FloatArray) -> np.ndarray:
    """Return the possible sign patterns, (k, m) of +-1, for ``inversion_times`` (m,) in any order.

    Images of equal TI share their sign.
    """
    thresholds = np.concatenate([[-np.inf], np.unique(inversion_times)])
    return np.where(inversion_times[None, :] <= thresholds[:, None], -1.0, 1.0)


def fit_magnitude(
    magnitudes: FloatArray,
    inversion_times: FloatArray,
    model: SeparableModel,
    constrained_sse: Callable[[FloatArray, SeparableFit], FloatArray],
) -> PolarityFit:
    """Fit ``model`` to magnitudes (m, n) with the best polarity.

    Parameters
    ----------
    magnitudes
        Finite magnitude signals, image by voxel.
    inversion_times
        In ms, (m,).
    model
        The separable model of the signed signal.
    constrained_sse
        Returns, from signed signals (m, k) and their unconstrained fit, the sum of squared residuals (k,) of the
        best physical solution; inf where there is none.
    """
    patterns = sign_patterns(inversion_times)
    screened = np.stack([grid_sse(magnitudes * signs[:, None], model) for signs in patterns])
    energy = (magnitudes**2).sum(axis=0)
    rivals = screened <= RIVAL_FACTOR * screened.min(axis=0) + GRID_ERROR * energy
    pattern_index, voxel = np.nonzero(rivals)
    candidates = magnitudes[:, voxel] * patterns[pattern_index].T
    fit = fit_separable(candidates, model)

    cost = np.full(rivals.shape, np.inf)
    cost[pattern_index, voxel] = constrained_sse(candidates, fit)
    position = np.zeros(rivals.shape, dtype=int)
    position[pattern_index, voxel] = np.arange(voxel.size)
    order = np.argsort(np.where(rivals, cost, np.nan), axis=0, kind="stable")
    everyone = np.arange(magnitudes.shape[1])
    winner, second = position[order[0], everyone], position[order[1], everyone]
    best, next_best = cost[order[0], everyone], cost[order[1], everyone]
    gap = np.where(np.isfinite(next_best), next_best - np.where(np.isfinite(best), best, 0), np.inf)
    return PolarityFit(_taken(fit, winner), candidates[:, winner], gap, fit.log_time[second])


def _taken(fit: SeparableFit, index: np.ndarray) -> SeparableFit:
    return SeparableFit(
        fit.log_time[index], fit.amplitude[index], fit.offset[index], fit.sse[index], fit.hit_bound[index]
    )
