r"""B1 from MAGIC itself: the smooth field under which all voxels together fit best.

A single voxel knows its B1 poorly, and its R1 suffers; but B1 is smooth. With R1, R2 and the amplitude of every voxel
eliminated, the sum of squared residuals as a function of B1 is, near a field B, that of values

.. math:: d_v = B_v + g_v / h_v,\qquad h_v / \sigma^2 = \text{information of voxel } v \text{ on } B1,          (1)

with g_v the downhill slope and h_v the Gauss-Newton curvature of the reduced sum (profile likelihood). A smooth field
is fitted to them (smooth_field.py), and this repeated until it stands still: Gauss-Newton for the joint penalized
likelihood of field and voxels. Voxels that no field explains (two tissues in a voxel, flow) are left out where
their residual is above the 99.9 % quantile of chi-square plus 0.2 % of the signal [our choice]. Where noise
leaves the field an error below 2e-4, about what splines leave of it, the knots are set closer.

Called by magic_fit.py; tested by Testing/unit/relaxometry/test_magic_fit.py.
"""

from __future__ import annotations

from dataclasses import dataclass, replace

import numpy as np
from scipy.stats import chi2

from gliomamri.relaxometry.magic_polarity import PolarizedFit, fit_signals
from gliomamri.relaxometry.magic_voxels import MagicProblem, products
from gliomamri.relaxometry.signals import FloatArray
from gliomamri.relaxometry.small_systems import cholesky, forward
from gliomamri.relaxometry.smooth_field import fit_field
from gliomamri.relaxometry.splines import KNOT_SPACING, SplineSpace, lattice_of
from gliomamri.relaxometry.trimmed_noise import trimmed_noise_sd

SUBSET = 30_000
"""Voxels that the field is fitted to [our choice]."""

_FIRST_LOOK = 2000
_MAX_ITERATIONS, _STANDSTILL, _SETTLED = 15, 2e-5, 5e-3
_OUTLIER, _MISFIT = 0.999, 2e-3
_SPLINE_ERROR, _CLOSER, _FINEST_KNOTS, _MOST_SPLINES = 2e-4, 0.6, 20.0, 2200
_EXACT = 1e-7  # float32 images of a noiseless object still differ from the model by this share of the signal
FIELD_RANGE = (0.4, 1.6)
_NO_FIELD = (
    "B1 could not be found in these images, as no voxel agrees with the MAGIC model; check the times and the sign "
    "of the signal, or take B1 as nominal."
)


@dataclass(frozen=True)
class TransmitField:
    """B1 of voxels.

    Attributes
    ----------
    B1, sd : ndarray (n,)
        B1 as a fraction of the nominal field, and its standard deviation.
    settled : bool
        False where the search for a smooth field ended while it still moved by more than its own typical error.
    """

    B1: FloatArray
    sd: FloatArray
    settled: bool


def estimate_transmit_field(
    signals: np.ndarray,
    mask: np.ndarray,
    spacing: tuple[float, float, float],
    problem: MagicProblem,
    *,
    magnitude: bool,
    noise_sd: float | None,
) -> TransmitField:
    """Find the smooth B1 of a MAGIC series.

    Parameters
    ----------
    signals
        (n, m), voxels of ``mask`` in its order.
    mask
        bool (z, y, x).
    spacing
        mm along z, y, x.
    problem
        With B1 given; it is this that is found.
    magnitude
        Whether the sign of the signals must be restored.
    noise_sd
        Noise in signal units, None to take it from the residuals.

    Raises
    ------
    ValueError
        If no voxel agrees with the model.
    """
    lattice = lattice_of(mask, spacing, SUBSET)
    inside = mask[np.ix_(*lattice)]
    order = np.full(mask.shape, -1, np.int32)
    order[mask] = np.arange(len(signals), dtype=np.int32)
    chosen = np.ascontiguousarray(signals[order[np.ix_(*lattice)][inside]].T, dtype=float)
    usable = np.isfinite(chosen).all(axis=0) & (chosen != 0).any(axis=0)
    chosen[:, ~usable] = 0
    del order
    knot_spacing = KNOT_SPACING
    space = SplineSpace.over(mask, spacing, knot_spacing)
    B1 = np.full(chosen.shape[1], _typical_field(chosen[:, usable], problem, magnitude))
    fit, field, moved, typical_sd = None, None, np.inf, 0.0
    for _ in range(_MAX_ITERATIONS):
        fit = fit_signals(problem, chosen, B1, magnitude=magnitude, start=None if magnitude else fit)
        values, information = _information(problem, fit, B1, usable, noise_sd)
        if not information.any():
            raise ValueError(_NO_FIELD)
        on_lattice = [np.zeros(inside.shape) for _ in range(2)]
        on_lattice[0][inside], on_lattice[1][inside] = values, information
        # Far from the solution the values are off by more than their information says: search smoothness anew.
        near = field.smoothness if moved < _SETTLED else None
        field = fit_field(space, lattice, *on_lattice, near=near)
        updated = np.clip(field.at(lattice)[inside], *FIELD_RANGE)
        moved, B1 = float(np.abs(updated - B1)[usable].max()), updated
        finer = SplineSpace.over(mask, spacing, knot_spacing * _CLOSER)
        typical_sd = float(np.sqrt(field.freedom / information.sum()))  # as sum of h var B is the freedom
        wanted = typical_sd < _SPLINE_ERROR and finer.count <= _MOST_SPLINES
        if moved < _SETTLED and wanted and knot_spacing > _FINEST_KNOTS:
            knot_spacing, space, moved = knot_spacing * _CLOSER, finer, np.inf
        elif moved < _STANDSTILL:
            break
    return TransmitField(
        np.clip(field.on_grid()[mask].astype(float), *FIELD_RANGE),
        field.sd_on_grid()[mask].astype(float),
        settled=moved < max(_STANDSTILL, typical_sd),
    )


def _typical_field(signals: FloatArray, problem: MagicProblem, magnitude: bool) -> float:
    """Return the median B1 of some voxels fitted alone, weighted by what each knows of it."""
    few = signals[:, :: max(1, signals.shape[1] // _FIRST_LOOK)]
    free = replace(problem, unknowns=(*problem.unknowns, "B1"))
    fit = fit_signals(free, few, np.ones(few.shape[1]), magnitude=magnitude)
    B1 = fit.voxels.unknowns[-1]
    weight = _curvatures(problem, fit, B1)[1] * ~fit.voxels.at_bound.any(axis=0)
    if not weight.sum() > 0:
        return 1.0
    order = np.argsort(B1)
    share = np.cumsum(weight[order]) / weight.sum()
    return float(B1[order][np.searchsorted(share, 0.5)])


def _information(
    problem: MagicProblem, fit: PolarizedFit, B1: FloatArray, usable: np.ndarray, noise_sd: float | None
) -> tuple[FloatArray, FloatArray]:
    """Return d and h / sigma^2 of equation (1), each (n,); no information where the model does not hold."""
    voxels = fit.voxels
    sound = usable & (voxels.amplitude > 0) & ~voxels.at_bound.any(axis=0)
    slope, curvature = _curvatures(problem, fit, B1)
    spare = problem.protocol.delay_of.size - len(problem.unknowns) - 1
    sigma = noise_sd or trimmed_noise_sd(voxels.sse, spare, sound)
    sigma = max(
        sigma, _EXACT * float(np.sqrt(np.median(fit.energy[usable]) / problem.protocol.delay_of.size))
    )
    tolerated = sigma**2 + _MISFIT**2 * fit.energy / problem.protocol.delay_of.size
    sound &= voxels.sse < chi2.ppf(_OUTLIER, max(spare, 1)) * tolerated
    sound &= curvature > 0
    step = np.divide(slope, curvature, out=np.zeros_like(slope), where=sound)
    return B1 + np.clip(step, -0.5, 0.5), np.where(sound, curvature / sigma**2, 0.0)


def _curvatures(problem: MagicProblem, fit: PolarizedFit, B1: FloatArray) -> tuple[FloatArray, FloatArray]:
    """Return g and h of equation (1): slope and curvature by B1 once the other unknowns have followed, each (n,)."""
    names = tuple(name for name in problem.unknowns if name != "B1")
    free = replace(problem, unknowns=(*names, "B1"))
    unknowns = np.vstack([fit.voxels.unknowns[: len(names)], B1])
    found = products(free, fit.table, unknowns, B1)
    matrix, slope = found.curvature(), found.downhill()
    factor, regular = cholesky(matrix)
    left = factor[-1, -1] ** 2  # the last pivot is the Schur complement of the others
    reduced = forward(factor, slope)[-1] * factor[-1, -1]
    return np.where(regular, reduced, 0.0), np.where(regular, left, 0.0)
