r"""Batched least squares of MAGIC voxel by voxel: grid start, then Levenberg-Marquardt on the reduced problem.

For the unknowns p (some of log R1, log R2, B1) and the amplitude alpha of magic_model.py this minimizes

.. math:: \sum_k (y_k - \alpha\,\phi_k(p))^2, \qquad \alpha \ge 0, \; p_{min} \le p \le p_{max}.

alpha is eliminated (Golub and Pereyra, SIAM J Numer Anal 10:413, 1973, doi 10.1137/0710036), so that the reduced sum is
``y.y - (y.phi)^2 / (phi.phi)``; its Gauss-Newton matrix is that of Kaufman (BIT 15:49, 1975). Steps are damped after
Marquardt and taken only where the sum does not grow; an unknown at its bound whose slope points outside stays there.

Called by magic_fit.py and transmit_field.py; tested by Testing/unit/relaxometry/test_magic_fit.py.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from gliomamri.relaxometry.magic_model import MagicProtocol
from gliomamri.relaxometry.signals import FloatArray
from gliomamri.relaxometry.small_systems import cholesky, solve

STEP_TOLERANCE = 1e-9
MAX_ITERATIONS = 60
_FIRST_DAMPING, _MOST_DAMPING = 1e-3, 1e10
_R1_RATIO, _R2_RATIO, _B1_STEP = 1.25, 1.6, 0.1
_ROUNDING = 1e-14


@dataclass(frozen=True)
class MagicProblem:
    """A protocol, which unknowns are fitted, and their bounds.

    Attributes
    ----------
    protocol : MagicProtocol
    unknowns : tuple of str
        Some of :data:`~gliomamri.relaxometry.magic_model.UNKNOWNS`, in that order. Without ``log_R2`` the echoes play
        no part; without ``B1`` it is given.
    bounds : mapping of str to (low, high)
    """

    protocol: MagicProtocol
    unknowns: tuple[str, ...]
    bounds: dict[str, tuple[float, float]]

    @property
    def fits_field(self) -> bool:
        """Whether B1 is fitted in every voxel."""
        return "B1" in self.unknowns

    @property
    def fits_decay(self) -> bool:
        """Whether R2 is fitted."""
        return "log_R2" in self.unknowns

    @property
    def limits(self) -> tuple[FloatArray, FloatArray]:
        """Lower and upper bounds of the unknowns, each (p, 1)."""
        low, high = zip(*(self.bounds[name] for name in self.unknowns), strict=True)
        return np.array(low)[:, None], np.array(high)[:, None]


@dataclass(frozen=True)
class VoxelFit:
    """Solution of a batch.

    Attributes
    ----------
    unknowns : ndarray (p, n)
    amplitude : ndarray (n,)
        alpha.
    sse : ndarray (n,)
    at_bound : ndarray of bool (p, n)
    """

    unknowns: FloatArray
    amplitude: FloatArray
    sse: FloatArray
    at_bound: np.ndarray

    def taken(self, index: np.ndarray) -> VoxelFit:
        """Return the voxels at ``index``."""
        return VoxelFit(
            self.unknowns[:, index], self.amplitude[index], self.sse[index], self.at_bound[:, index]
        )


@dataclass(frozen=True)
class Products:
    """Sums over images that least squares needs: phi.phi, y.phi (n,), their like with d phi (p, n), and d phi.d phi."""

    norm: FloatArray
    data: FloatArray
    norm_slope: FloatArray
    data_slope: FloatArray
    slopes: FloatArray

    @property
    def amplitude(self) -> FloatArray:
        """The best alpha, never negative."""
        return np.maximum(self.data, 0) / self.norm

    @property
    def explained(self) -> FloatArray:
        """What alpha phi explains of y.y."""
        return np.maximum(self.data, 0) * self.amplitude

    def downhill(self) -> FloatArray:
        """Return minus half the gradient of the reduced sum of squares (p, n)."""
        amplitude = self.amplitude
        return amplitude * (self.data_slope - amplitude * self.norm_slope)

    def curvature(self) -> FloatArray:
        """Return half its Gauss-Newton matrix (p, p, n)."""
        projected = self.slopes - self.norm_slope[:, None] * self.norm_slope[None] / self.norm
        return self.amplitude**2 * projected

    def taken(self, index: np.ndarray) -> Products:
        """Return the voxels at ``index``."""
        return Products(*(values[..., index] for values in vars(self).values()))


def products(problem: MagicProblem, table: FloatArray, unknowns: FloatArray, B1: FloatArray) -> Products:
    """Return the sums over images of ``table`` (I, J, n) at ``unknowns`` (p, n), and B1 (n,) if not among them."""
    return _Sums(problem, table, dict(zip(problem.unknowns, unknowns, strict=True)), B1).products()


class _Sums:
    """Sums over echoes first, then over delays, which both factors allow."""

    def __init__(
        self, problem: MagicProblem, table: FloatArray, named: dict[str, FloatArray], B1: FloatArray
    ) -> None:
        protocol, weights = problem.protocol, problem.protocol.weights
        B1 = named.get("B1", B1)
        self.u, *self.by_delay = protocol.delay_factor(named["log_R1"], B1, with_B1=problem.fits_field)
        self.fits_decay = problem.fits_decay
        if self.fits_decay:
            self.f, slope = protocol.echo_factor(named["log_R2"])
            self.weighted = weights.T @ (self.f * self.f)
            self.weighted_slope = weights.T @ (self.f * slope)
            self.weighted_slopes = weights.T @ (slope * slope)
            self.z = np.einsum("in,ijn->jn", self.f, table)
            self.z_slope = np.einsum("in,ijn->jn", slope, table)
        else:
            self.weighted = np.broadcast_to(weights.sum(axis=0)[:, None], self.u.shape)
            self.z = table.sum(axis=0)

    def products(self) -> Products:
        """Put the sums together in the order of the unknowns: R1, R2, B1."""
        weighted_u = self.weighted * self.u
        norm_slope = [_dot(weighted_u, slope) for slope in self.by_delay]
        data_slope = [_dot(self.z, slope) for slope in self.by_delay]
        count = len(self.by_delay)
        slopes = np.empty((count + self.fits_decay, count + self.fits_decay, self.u.shape[1]))
        places = [0, 2][:count] if self.fits_decay else [0, 1][:count]
        for place, slope in zip(places, self.by_delay, strict=True):
            weighted = self.weighted * slope
            for other_place, other in zip(places, self.by_delay, strict=True):
                slopes[place, other_place] = _dot(weighted, other)
        if self.fits_decay:
            square = self.u * self.u
            turned = self.weighted_slope * self.u
            norm_slope.insert(1, _dot(self.weighted_slope, square))
            data_slope.insert(1, _dot(self.z_slope, self.u))
            slopes[1, 1] = _dot(self.weighted_slopes, square)
            for place, slope in zip(places, self.by_delay, strict=True):
                slopes[1, place] = slopes[place, 1] = _dot(turned, slope)
        return Products(
            _dot(weighted_u, self.u),
            _dot(self.z, self.u),
            np.stack(norm_slope),
            np.stack(data_slope),
            slopes,
        )


def _dot(a: FloatArray, b: FloatArray) -> FloatArray:
    return np.einsum("jn,jn->n", a, b)


@dataclass(frozen=True)
class Atoms:
    """The grid of starts: unknowns (p, a) and unit signals in a table, float32 (I J, a)."""

    unknowns: FloatArray
    signals: np.ndarray


def atoms(problem: MagicProblem, B1: float) -> Atoms:
    """Return the grid of the unknowns within their bounds, at ``B1`` where that is not one of them."""
    axes = [_grid(name, *problem.bounds[name]) for name in problem.unknowns]
    unknowns = np.stack([axis.ravel() for axis in np.meshgrid(*axes, indexing="ij")])
    named = dict(zip(problem.unknowns, unknowns, strict=True))
    B1 = named.get("B1", np.full(unknowns.shape[1], B1))
    u = problem.protocol.delay_factor(named["log_R1"], B1, with_B1=False)[0]
    weights = problem.protocol.weights[:, :, None]
    f = (
        problem.protocol.echo_factor(named["log_R2"])[0]
        if problem.fits_decay
        else np.ones((weights.shape[0], 1))
    )
    signals = f[:, None] * u[None]
    signals = signals / np.sqrt((weights * signals**2).sum(axis=(0, 1)))
    return Atoms(unknowns, signals.reshape(-1, unknowns.shape[1]).astype(np.float32))


def grid_start(table: FloatArray, grid: Atoms) -> tuple[FloatArray, FloatArray]:
    """Return the unknowns (p, n) of the best atom for ``table`` (I, J, n), and what it explains of y.y (n,)."""
    flat = np.ascontiguousarray(table.reshape(-1, table.shape[2]).T, dtype=np.float32)
    scores = flat @ grid.signals
    best = scores.argmax(axis=1)
    score = np.maximum(scores[np.arange(best.size), best].astype(float), 0)
    return grid.unknowns[:, best], score**2


def refine(
    problem: MagicProblem, table: FloatArray, energy: FloatArray, start: FloatArray, B1: FloatArray
) -> FloatArray:
    """Minimize from ``start`` (p, n) and return the unknowns found.

    Parameters
    ----------
    problem
    table
        Signals (I, J, n) of :meth:`~gliomamri.relaxometry.magic_model.MagicProtocol.table`.
    energy
        Sum of the squared signals (n,).
    start
        First unknowns.
    B1
        (n,), used where B1 is not one of the unknowns.
    """
    low, high = problem.limits
    result = np.clip(start, low, high)
    open_voxels, point = np.arange(start.shape[1]), result.copy()
    here = products(problem, table, point, B1)
    damping = np.full(point.shape[1], _FIRST_DAMPING)
    slack = _ROUNDING * energy
    for _ in range(MAX_ITERATIONS):
        step = np.clip(point + _step(here, point, damping, low, high), low, high) - point
        there = products(problem, table, point + step, B1)
        better = there.explained >= here.explained - slack
        size = np.abs(step).max(axis=0)
        point = np.where(better, point + step, point)
        here = Products(
            *(
                np.where(better, new, old)
                for new, old in zip(vars(there).values(), vars(here).values(), strict=True)
            )
        )
        damping = np.where(better, np.maximum(damping / 10, 1e-9), damping * 10)
        result[:, open_voxels] = point
        moving = (size > STEP_TOLERANCE) & (damping < _MOST_DAMPING)
        if not moving.any():
            break
        if moving.mean() < 0.8:
            kept = np.flatnonzero(moving)
            open_voxels, point, damping, slack = open_voxels[kept], point[:, kept], damping[kept], slack[kept]
            here, table, B1 = here.taken(kept), np.ascontiguousarray(table[..., kept]), B1[kept]
    return result


def solution(
    problem: MagicProblem, table: FloatArray, energy: FloatArray, unknowns: FloatArray, B1: FloatArray
) -> VoxelFit:
    """Return the fit at ``unknowns`` (p, n), which :func:`refine` found; other arguments as there."""
    low, high = problem.limits
    found = products(problem, table, unknowns, B1)
    slope = found.downhill()
    at_bound = ((unknowns <= low) & (slope <= 0)) | ((unknowns >= high) & (slope >= 0))
    return VoxelFit(unknowns, found.amplitude, np.maximum(energy - found.explained, 0), at_bound)


def _step(
    here: Products, point: FloatArray, damping: FloatArray, low: FloatArray, high: FloatArray
) -> FloatArray:
    """Return the damped Gauss-Newton step (p, n); unknowns held by a bound do not move."""
    slope, matrix = here.downhill(), here.curvature()
    held = ((point <= low) & (slope <= 0)) | ((point >= high) & (slope >= 0))
    for i in range(len(point)):
        matrix[i, i] *= 1 + damping
        matrix[i, i] += np.where(matrix[i, i] > 0, 0.0, 1.0)
        if held[i].any():
            matrix[i, :, held[i]] = 0
            matrix[:, i, held[i]] = 0
            matrix[i, i, held[i]] = 1
    factor, regular = cholesky(matrix)
    step = solve(factor, np.where(held, 0.0, slope))
    return np.clip(np.where(regular, step, 0.0), -1.0, 1.0)


def _grid(name: str, low: float, high: float) -> FloatArray:
    step = {"log_R1": np.log(_R1_RATIO), "log_R2": np.log(_R2_RATIO), "B1": _B1_STEP}[name]
    return np.linspace(low, high, max(2, int(np.ceil((high - low) / step)) + 1))
