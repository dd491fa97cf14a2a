"""Normal equations of a few unknowns for many voxels at once, by an elementwise Cholesky factorization.

Matrices have shape (p, p, n), vectors (p, n): p <= 4 unknowns, n voxels on the contiguous axis.
Used by uncertainty.py and likelihood_fit.py; tested by Testing/unit/relaxometry/test_small_systems.py.
"""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from gliomamri.relaxometry.signals import FloatArray

SINGULAR = 1e-13


def normal_matrix(columns: Sequence[FloatArray], weights: FloatArray | None = None) -> FloatArray:
    """Return ``J' W J`` (p, p, n) from the p columns of J, each (m, n), and optional weights (m, n)."""
    count = len(columns)
    matrix = np.empty((count, count, columns[0].shape[1]))
    for i in range(count):
        weighted = columns[i] if weights is None else columns[i] * weights
        for j in range(i + 1):
            matrix[i, j] = matrix[j, i] = np.einsum("kn,kn->n", weighted, columns[j])
    return matrix


def cholesky(matrix: FloatArray) -> tuple[FloatArray, np.ndarray]:
    """Return the lower factor L (p, p, n) with ``L L' = matrix``, and regular (n,).

    Where a pivot falls below 1e-13 of its diagonal entry the matrix counts as singular: regular is False and the
    pivot is replaced by 1, so that nothing becomes NaN.
    """
    count = matrix.shape[0]
    factor = np.zeros_like(matrix)
    regular = np.ones(matrix.shape[2], dtype=bool)
    for j in range(count):
        pivot = matrix[j, j] - (factor[j, :j] ** 2).sum(axis=0)
        sound = pivot > SINGULAR * np.abs(matrix[j, j])
        regular &= sound
        factor[j, j] = np.sqrt(np.where(sound, pivot, 1.0))
        for i in range(j + 1, count):
            factor[i, j] = (matrix[i, j] - (factor[i, :j] * factor[j, :j]).sum(axis=0)) / factor[j, j]
    return factor, regular


def forward(factor: FloatArray, vector: FloatArray) -> FloatArray:
    """Solve ``L z = vector``; both (p, n)."""
    solution = np.empty_like(vector)
    for i in range(vector.shape[0]):
        solution[i] = (vector[i] - (factor[i, :i] * solution[:i]).sum(axis=0)) / factor[i, i]
    return solution


def solve(factor: FloatArray, vector: FloatArray) -> FloatArray:
    """Solve ``L L' x = vector``; both (p, n)."""
    solution = forward(factor, vector)
    for i in reversed(range(vector.shape[0])):
        later = (factor[i + 1 :, i] * solution[i + 1 :]).sum(axis=0)
        solution[i] = (solution[i] - later) / factor[i, i]
    return solution
