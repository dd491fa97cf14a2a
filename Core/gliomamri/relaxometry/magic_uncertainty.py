"""Standard errors of MAGIC from the Jacobian, and how the results follow B1.

For the unknowns log alpha, log R1, log R2 (and B1 where it is free) with normal matrix N, a result with gradient g has

    se^2 = sigma^2 g' N^-1 g + (dq/dB1)^2 var B1,                                                              (1)

the second part where B1 is an estimated smooth field (delta method). Both parts are independent to first order even in
voxels that the field was fitted to: one comes from the noise inside, the other from the noise across the span of the
voxel's own Jacobian.

Called by magic_fit.py; tested by Testing/unit/relaxometry/test_magic_coverage.py.
"""

from __future__ import annotations

from dataclasses import replace

import numpy as np

from gliomamri.relaxometry.magic_polarity import PolarizedFit
from gliomamri.relaxometry.magic_voxels import MagicProblem, products
from gliomamri.relaxometry.signals import FloatArray
from gliomamri.relaxometry.small_systems import cholesky, forward, solve


def unit_errors(
    problem: MagicProblem, fit: PolarizedFit, B1: FloatArray, by_R1: FloatArray, by_B1: FloatArray
) -> tuple[dict[str, FloatArray], dict[str, FloatArray], np.ndarray]:
    """Return standard errors for sigma = 1 of log R1, log R2, log M0 and B1, their slopes by B1, and where they exist.

    The unknowns are log alpha and those of the problem; ``by_R1`` and ``by_B1`` are the slopes of log q.
    """
    voxels, with_R2 = fit.voxels, problem.fits_decay
    names = tuple(name for name in problem.unknowns if name != "B1")
    whole = replace(problem, unknowns=(*names, "B1"))
    point = np.vstack(
        [voxels.unknowns[: len(names)], voxels.unknowns[-1:] if problem.fits_field else B1[None]]
    )
    found = products(whole, fit.table, point, B1)
    matrix = np.empty((len(names) + 2, len(names) + 2, B1.size))
    matrix[0, 0], matrix[1:, 1:] = found.norm, found.slopes
    matrix[0, 1:] = matrix[1:, 0] = found.norm_slope
    matrix *= voxels.amplitude**2
    size = 1 + len(problem.unknowns)
    cross = -matrix[:size, -1] if not problem.fits_field else np.zeros((size, B1.size))
    matrix, cross = np.ascontiguousarray(matrix[:size, :size]), cross.copy()
    for i, held in enumerate(voxels.at_bound, start=1):
        if held.any():
            matrix[i, :, held] = 0
            matrix[:, i, held] = 0
            matrix[i, i, held] = 1
            cross[i, held] = 0
    length = np.sqrt(np.maximum(np.einsum("iin->in", matrix), 1e-300))
    factor, regular = cholesky(matrix / (length[:, None] * length[None]))
    follows = solve(factor, cross / length) / length
    gradients = {"R1": np.eye(size)[1][:, None] + np.zeros(B1.size), "M0": np.zeros((size, B1.size))}
    gradients["M0"][0], gradients["M0"][1] = 1.0, -by_R1
    if with_R2:
        gradients["R2"] = np.eye(size)[2][:, None] + np.zeros(B1.size)
    if problem.fits_field:
        gradients["B1"] = np.eye(size)[-1][:, None] + np.zeros(B1.size)
        gradients["M0"][-1] = -by_B1
    errors, slopes = {}, {}
    for name, gradient in gradients.items():
        errors[name] = np.where(regular, np.sqrt((forward(factor, gradient / length) ** 2).sum(axis=0)), 0.0)
        if name != "B1":
            direct = by_B1 if name == "M0" and not problem.fits_field else 0.0
            slopes[name] = (gradient * follows).sum(axis=0) - direct
    return errors, slopes, regular
