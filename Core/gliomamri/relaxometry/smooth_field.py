r"""A smooth field over the head: tensor products of cubic B-splines, with the smoothness that the data ask for.

The field is ``B(r) = sum_k c_k phi_k(r)`` with splines over the box of a mask, in mm along the axes of the grid. From
values d_v with information h_v (inverse variance) at voxels v, the coefficients minimize

.. math:: \sum_v h_v (d_v - B(r_v))^2 + \lambda \int |\nabla\nabla B|^2 \, dr,                                  (1)

the bending energy of a thin plate, which costs nothing for linear fields. lambda is chosen by restricted maximum
likelihood (REML; Wood, J R Stat Soc B 73:3, 2011, doi 10.1111/j.1467-9868.2010.00749.x), which for a field with prior
precision lambda P reads, up to constants,

.. math:: 2 \ell = -(\text{minimum of (1)}) - \log|M + \lambda P| + \mathrm{rank}(P) \log\lambda,                (2)

where M is the information of the coefficients. Their posterior covariance ``(M + lambda P)^-1`` gives the field's
standard deviation (Wahba, J R Stat Soc B 45:133, 1983; Nychka, J Am Stat Assoc 83:1134, 1988).

Voxels lie on a lattice, so that all sums are done axis by axis (Currie et al., J R Stat Soc B 68:259, 2006).

Called by transmit_field.py and receive_profile.py; tested by Testing/unit/relaxometry/test_smooth_field.py.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from scipy.interpolate import make_interp_spline
from scipy.linalg import LinAlgError, cho_solve, cholesky, solve_triangular
from scipy.optimize import minimize_scalar
from scipy.sparse import csr_array, kron

from gliomamri.relaxometry.signals import FloatArray
from gliomamri.relaxometry.splines import SplineSpace

_WEAKEST, _STRONGEST, _SEARCH, _NEAR = 1e-9, 1e6, 16, 1.5
_SD_LATTICE, _FEWEST_SD_POINTS = 10.0, 7


@dataclass(frozen=True)
class SmoothField:
    """A fitted field.

    Attributes
    ----------
    space : SplineSpace
    coefficients : ndarray (count,)
    root : ndarray (count, r)
        Columns whose products sum to the posterior covariance of the coefficients.
    smoothness : float
        lambda of equation (1), REML's choice.
    freedom : float
        Effective degrees of freedom.
    """

    space: SplineSpace
    coefficients: FloatArray
    root: FloatArray
    smoothness: float
    freedom: float

    def at(self, lattice: tuple[np.ndarray, ...]) -> FloatArray:
        """Return the field on a lattice of voxel indices, (z, y, x)."""
        return _expand(self.space.bases(lattice), self.coefficients)

    def on_grid(self) -> np.ndarray:
        """Return the field on the whole grid, float32."""
        return self.at(tuple(np.arange(n) for n in self.space.shape)).astype(np.float32)

    def sd_on_grid(self) -> np.ndarray:
        """Return its posterior standard deviation on the whole grid, float32, interpolated from a coarser lattice."""
        coarse, between = zip(
            *(_coarse(n, step) for n, step in zip(self.space.shape, self.space.spacing, strict=True)),
            strict=True,
        )
        z, y, x = (csr_array(basis) for basis in self.space.bases(coarse))
        plane = kron(y, x, format="csr")
        variance = np.empty([index.size for index in coarse])
        for i, values in enumerate(variance):
            rows = kron(z[[i]], plane, format="csr") @ self.root
            values[...] = np.einsum("vk,vk->v", rows, rows).reshape(values.shape)
        # The logarithm, as the error rises steeply beyond the voxels that carry information.
        logarithm = 0.5 * np.log(np.maximum(variance, np.finfo(float).tiny))
        return np.exp(_expand(list(between), logarithm.ravel())).astype(np.float32)


def fit_field(
    space: SplineSpace,
    lattice: tuple[np.ndarray, ...],
    values: FloatArray,
    information: FloatArray,
    near: float | None = None,
) -> SmoothField:
    """Fit equation (1) to values at voxels of a lattice.

    Parameters
    ----------
    space
        Splines of the field.
    lattice
        Voxel indices per axis (z, y, x).
    values, information
        d and h on the lattice, (z, y, x); h is 0 where there is no value.
    near
        Smoothness of a fit to nearly the same values, which shortens the search.

    Raises
    ------
    ValueError
        If no voxel carries information.
    """
    if not (information > 0).any():
        raise ValueError("No voxel carries information on the smooth field.")
    bases = space.bases(lattice)
    gram = _weighted_gram(bases, information)
    right = _project(bases, information * values)
    energy = float((information * values**2).sum())
    penalty = space.bending_energy()
    unit = np.trace(gram) / max(np.trace(penalty), np.finfo(float).tiny)
    rank = space.count - space.flat_dimensions

    def solved(log_smoothness: float) -> tuple[FloatArray, FloatArray, float]:
        """Return the Cholesky factor, the coefficients, and -2 REML of equation (2)."""
        factor = _factor(gram + np.exp(log_smoothness) * penalty)
        coefficients = cho_solve((factor, True), right)
        logarithm = 2 * np.log(np.diag(factor)).sum()
        cost = energy - float(right @ coefficients) + logarithm - rank * log_smoothness
        return factor, coefficients, cost

    log_smoothness = np.log(_WEAKEST * unit)
    if rank > 0:
        if near is None:
            steps = np.linspace(log_smoothness, np.log(_STRONGEST * unit), _SEARCH)
            best = int(np.argmin([solved(step)[2] for step in steps]))
            ends = steps[max(best - 1, 0)], steps[min(best + 1, steps.size - 1)]
        else:
            ends = np.log(near) - _NEAR, np.log(near) + _NEAR
        found = minimize_scalar(lambda x: solved(x)[2], bounds=ends, method="bounded", options={"xatol": 0.1})
        log_smoothness = float(found.x)
    factor, coefficients, _ = solved(log_smoothness)
    inverse = solve_triangular(factor, np.eye(space.count), lower=True)
    freedom = float(np.einsum("ki,ij,kj->", inverse, gram, inverse, optimize=True))
    return SmoothField(space, coefficients, inverse.T, float(np.exp(log_smoothness)), freedom)


def _factor(matrix: FloatArray) -> FloatArray:
    """Return the lower Cholesky factor; a matrix that rounding made singular is lifted by rounding's size."""
    lift = 1e-14 * np.trace(matrix) / len(matrix)
    while True:
        try:
            return cholesky(matrix + lift * np.eye(len(matrix)), lower=True)
        except LinAlgError:
            lift *= 10


def _coarse(count: int, step: float) -> tuple[np.ndarray, FloatArray]:
    """Return indices about 10 mm apart that span an axis, and the matrix of the splines through them."""
    points = min(count, max(_FEWEST_SD_POINTS, int(np.ceil((count - 1) * step / _SD_LATTICE)) + 1))
    coarse = np.linspace(0, count - 1, points)
    if points == 1:
        return coarse, np.ones((count, 1))
    between = make_interp_spline(coarse, np.eye(points), k=min(3, points - 1))
    return coarse, between(np.arange(count))


def _expand(bases: list[FloatArray], coefficients: FloatArray) -> FloatArray:
    """Multiply coefficients by the bases of the three axes."""
    z, y, x = bases
    cube = coefficients.reshape(z.shape[1], y.shape[1], x.shape[1])
    cube = np.tensordot(z, cube, axes=(1, 0))
    cube = np.matmul(y, cube)
    return cube @ x.T


def _project(bases: list[FloatArray], values: FloatArray) -> FloatArray:
    """Sum values (z, y, x) times every tensor product, (count,)."""
    z, y, x = bases
    return np.einsum("za,zbc->abc", z, np.matmul(y.T, values @ x), optimize=True).ravel()


def _weighted_gram(bases: list[FloatArray], weights: FloatArray) -> FloatArray:
    """Sum weights (z, y, x) times products of every two tensor products, (count, count)."""
    z, y, x = ((basis[:, :, None] * basis[:, None, :]).reshape(len(basis), -1) for basis in bases)
    partial = np.matmul(y.T, weights @ x)
    total = np.tensordot(z.T, partial, axes=(1, 0))
    counts = [basis.shape[1] for basis in bases]
    total = total.reshape(*(n for count in counts for n in (count, count)))
    size = int(np.prod(counts))
    return total.transpose(0, 2, 4, 1, 3, 5).reshape(size, size)
