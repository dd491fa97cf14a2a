r"""What pure water measures in a patient: from cerebrospinal fluid, from white matter, or from both.

With the receive profile p removed, ``y = log(M0 / p)`` of pure water is one number w. Two measurements of it:

* Fluid. Hardly a voxel holds nothing else, least of all in thick slices, and long T1 and M0 err together. Both show in
  the rates: to first order in the share of tissue, in the noise and in an error of the transmit field, y is linear in
  R1 and R2, so that a robust regression over the voxels of fluid,

  .. math:: y = w + a (R_1 - R_1^{CSF}) + b (R_2 - R_2^{CSF}),                                                 (1)

  reads off w where a voxel is pure (two-compartment mixing, R = f R_CSF + (1 - f) R_tissue, extrapolated to f = 1).
  Its error holds the scatter (sandwich estimator over blocks, as neighbors err together) and what is not known of
  R1_CSF and R2_CSF, whose published values differ.
* White matter holds 70 % of water: 69 to 71 % as commonly cited, and 69.1 % with a standard deviation of 1.7 % in [2].
  That standard deviation is the error.

Both are weighted by their inverse variance. Without fluid, white matter alone sets the scale; without white matter that
can be recognized, fluid alone does.

References: [1] "Quantification of T1 and T2 of subarachnoid CSF: implications for water exchange between CSF and brain
tissues", PMC10696635: T1 4309 +- 147 and T2 1886 +- 68 ms around the brain, 4454 +- 188 and 2373 +- 72 ms in the
frontal horns, at 3 T. [2] Oros-Peusquens et al., Front Neurol 10:1333 (2019), doi 10.3389/fneur.2019.01333: 21
volunteers at 3 T. [3] Lu et al., J Magn Reson Imaging 22:13 (2005), doi 10.1002/jmri.20356, 3 T: T1 as it is
commonly cited, from memory.

Called by proton_density.py; tested by Testing/unit/relaxometry/test_water_scale.py.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from gliomamri.relaxometry.robust import MAD, huber_weights
from gliomamri.relaxometry.signals import FloatArray

WHITE_MATTER, WHITE_MATTER_SD = 0.70, 0.017
"""PD of white matter as a fraction of water, and its standard deviation."""

CSF_R1, CSF_R1_SD = 0.243, 0.011
"""1/s: the middle of what is published, T1 from 3817 ms [3] to 4454 ms [1], and the standard deviation of a uniform
distribution over it [our choice].

If CSF's T1 were 4380 ms, the mean of [1], PD by fluid alone would be up to 4 % too high.
"""

CSF_R2, CSF_R2_SD = 0.51, 0.06
"""1/s: the same for T2, from 1650 ms of MRzero's brain phantom to 2373 ms [1] [our choice]."""

BLOCK = 20.0
"""mm: voxels of one cube of this edge err together [our choice]."""

_ITERATIONS, _LEAST_SCATTER, _RANK = 30, 1e-4, 1e-6


@dataclass(frozen=True)
class WaterScale:
    """Logarithm w of what pure water measures without the profile, and its standard error (relative error of PD)."""

    logarithm: float
    error: float


def scale_from_fluid(y: FloatArray, R1: FloatArray, R2: FloatArray, blocks: np.ndarray) -> WaterScale:
    """Solve equation (1).

    Parameters
    ----------
    y, R1, R2
        log(M0 / p) and rates in 1/s of voxels of fluid, (n,).
    blocks
        int (n,): voxels of equal number err together.
    """
    design = np.column_stack([np.ones(y.size), R1 - CSF_R1, R2 - CSF_R2])
    weight = np.ones(y.size)
    for _ in range(_ITERATIONS):
        inverse = np.linalg.pinv((design * weight[:, None]).T @ design, rcond=_RANK, hermitian=True)
        solution = inverse @ (design.T @ (weight * y))
        residual = y - design @ solution
        scatter = max(MAD * float(np.median(np.abs(residual))), _LEAST_SCATTER)
        weight = huber_weights(residual / scatter)
    number, members = np.unique(blocks, return_inverse=True)
    scores = np.zeros((number.size, 3))
    np.add.at(scores, members, design * (weight * residual)[:, None])
    factor = number.size / max(number.size - 1, 1)
    from_scatter = factor * (inverse @ (scores.T @ scores) @ inverse)[0, 0]
    variance = from_scatter + (solution[1] * CSF_R1_SD) ** 2 + (solution[2] * CSF_R2_SD) ** 2
    return WaterScale(float(solution[0]), float(np.sqrt(variance)))


def scale_from_white_matter(y: FloatArray) -> WaterScale:
    """Return the scale that gives white matter, log(M0 / p) of its voxels (n,), its published water content."""
    return WaterScale(float(np.median(y)) - np.log(WHITE_MATTER), WHITE_MATTER_SD / WHITE_MATTER)


def combined(scales: list[WaterScale]) -> WaterScale:
    """Return the mean weighted by inverse variance."""
    precision = np.array([1 / scale.error**2 for scale in scales])
    mean = float(precision @ [scale.logarithm for scale in scales] / precision.sum())
    return WaterScale(mean, float(1 / np.sqrt(precision.sum())))


def blocks_of(mask: np.ndarray, spacing: tuple[float, float, float]) -> np.ndarray:
    """Number the cubes of :data:`BLOCK` mm for the voxels of ``mask`` (z, y, x), int (n,)."""
    index = (np.argwhere(mask) * np.asarray(spacing) // BLOCK).astype(np.int64)
    return np.ravel_multi_index(index.T, index.max(axis=0, initial=0) + 1)
