"""MAGIC signals of a batch of voxels, signed or with their sign to be restored.

After the saturation the magnetization is negative until its null, so that in magnitude images the k shortest delays
are negative, the same at every echo. Each k that the grid of starts does not rule out is fitted, and the smallest
residual is kept (Nekolla et al., J Comput Assist Tomogr 16:327, 1992, for inversion recovery). With few images a
rival may fit as well within the noise; how much worse it is and what R1 it means are handed on.

Called by magic_fit.py and transmit_field.py; tested by Testing/unit/relaxometry/test_magic_fit.py.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from gliomamri.relaxometry.magic_voxels import (
    Atoms,
    MagicProblem,
    VoxelFit,
    atoms,
    grid_start,
    refine,
    solution,
)
from gliomamri.relaxometry.signals import FloatArray

_RIVAL_FACTOR, _GRID_ERROR = 3.0, 0.02
"""Patterns are fitted whose residual on the grid is below this multiple of the best, plus this share of y.y."""


@dataclass(frozen=True)
class PolarizedFit:
    """The fit of a batch of n voxels.

    Attributes
    ----------
    voxels : VoxelFit
    table : ndarray (I, J, n)
        Signed signals it was made from.
    energy : ndarray (n,)
        Sum of squared signals.
    negative : ndarray of int (n,)
        Number of delays taken as negative in magnitude data; 0 in signed data.
    rival_gap, rival_log_R1 : ndarray (n,)
        How much larger the sum of squared residuals of the next best pattern is (inf without one), and its log R1.
    """

    voxels: VoxelFit
    table: FloatArray
    energy: FloatArray
    negative: np.ndarray
    rival_gap: FloatArray
    rival_log_R1: FloatArray


def fit_signals(
    problem: MagicProblem,
    signals: FloatArray,
    B1: FloatArray,
    *,
    magnitude: bool,
    start: PolarizedFit | None = None,
) -> PolarizedFit:
    """Fit signals (m, n), finite, at given B1 (n,) (unless the problem has it as unknown).

    Parameters
    ----------
    problem, signals, B1
        See above; the B1 of one call should not vary too much, as one grid of starts serves all.
    magnitude
        Restore the sign.
    start
        An earlier fit of the same signed signals to start from.
    """
    table, energy = problem.protocol.table(signals), (signals**2).sum(axis=0)
    nothing = np.zeros(energy.size)
    if start is not None and not magnitude:
        first = start.voxels.unknowns
    else:
        grid = atoms(problem, float(B1.mean()))
        if magnitude:
            return _restored(problem, table, energy, B1, grid)
        first = grid_start(table, grid)[0]
    unknowns = refine(problem, table, energy, first, B1)
    voxels = solution(problem, table, energy, unknowns, B1)
    return PolarizedFit(
        voxels, table, energy, nothing.astype(int), np.full(energy.size, np.inf), voxels.unknowns[0]
    )


def _restored(
    problem: MagicProblem, table: FloatArray, energy: FloatArray, B1: FloatArray, grid: Atoms
) -> PolarizedFit:
    """Fit magnitudes with every sign pattern that has a chance."""
    delays = problem.protocol.delays.size
    signs = np.where(np.arange(delays)[None] < np.arange(delays)[:, None], -1.0, 1.0)
    starts, left = [], np.empty((delays, energy.size))
    for k, sign in enumerate(signs):
        first, explained = grid_start(table * sign[None, :, None], grid)
        starts.append(first)
        left[k] = np.maximum(energy - explained, 0)
    rivals = left <= _RIVAL_FACTOR * left.min(axis=0) + _GRID_ERROR * energy
    pattern, voxel = np.nonzero(rivals)
    candidates = table[..., voxel] * signs[pattern].T[None]
    first = np.stack(starts)[pattern, :, voxel].T
    unknowns = refine(problem, candidates, energy[voxel], np.ascontiguousarray(first), B1[voxel])
    fit = solution(problem, candidates, energy[voxel], unknowns, B1[voxel])
    cost = np.full(rivals.shape, np.inf)
    cost[pattern, voxel] = fit.sse
    place = np.zeros(rivals.shape, int)
    place[pattern, voxel] = np.arange(voxel.size)
    order, everyone = np.argsort(cost, axis=0, kind="stable"), np.arange(energy.size)
    winner, second = place[order[0], everyone], place[order[min(1, delays - 1)], everyone]
    gap = cost[order[min(1, delays - 1)], everyone]
    gap = np.where(np.isfinite(gap), gap - fit.sse[winner], np.inf)
    return PolarizedFit(
        fit.taken(winner), candidates[..., winner], energy, order[0], gap, fit.unknowns[0][second]
    )
