r"""Proton density in percent of water: M0 without the receive profile, and on water's scale.

M0 is proton density times a smooth profile of coil and gain. In white and gray matter PD follows R1 closely,

.. math:: 1/PD = A + B\,R_1 \quad (PD \text{ as a fraction of water}),                                        (1)

so that ``log M0 = p(r) - log(1 + rho R1) + e`` with ``rho = B / A``, a smooth p and scatter e. p and rho are estimated
together from the voxels of white and gray matter: p as in smooth_field.py, rho by regression on what p leaves of it,
scatter by Tukey's weights (so that a tumor, whose PD has its own relation to R1, does not bend the profile).
The scale that is still free comes from

* ``water``: cerebrospinal fluid is water, PD = 100 % [our choice: T1 above 3 s, T2 above 0.3 s, at least 30 voxels
  all of whose neighbors in the thin plane are fluid too], or
* ``tissue``: white matter, the part of higher R1, holds 70 % of water (0.69 to 0.71 in the literature). A and B
  themselves depend on the field strength and are not used.

References: Gutteridge et al., Magn Reson Med 47:871 (2002), doi 10.1002/mrm.10136 for (1); Volz et al., NeuroImage
63:540 (2012), doi 10.1016/j.neuroimage.2012.06.076 for the profile from (1); Mezer et al., Nat Med 19:1667 (2013),
doi 10.1038/nm.3390 for its constants left free.

Called by magic_task.py; tested by Testing/unit/relaxometry/test_receive_profile.py.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from scipy import ndimage

from gliomamri.relaxometry.signals import FloatArray
from gliomamri.relaxometry.smooth_field import SmoothField, fit_field
from gliomamri.relaxometry.splines import SplineSpace, lattice_of

METHODS = ("auto", "water", "tissue", "none")
WHITE_MATTER = 0.70
"""PD of white matter as a fraction of water, from the literature."""

KNOT_SPACING = 45.0
"""mm between the knots of the profile [our choice]."""

_SUBSET = 40_000
_TISSUE_R1, _TISSUE_R2 = (0.45, 2.2), (6.0, 30.0)
_FLUID_R1, _FLUID_R2 = (0.1, 1 / 3.0), 1 / 0.3
_FEWEST_FLUID, _FEWEST_TISSUE = 30, 500
_FIRST_RHO, _RHO_RANGE = 0.45, (0.0, 2.0)
_ITERATIONS, _TUKEY, _MAD = 8, 4.685, 1.4826
_FEWEST_SCATTER = 1e-4


@dataclass(frozen=True)
class ProtonDensity:
    """PD of every voxel.

    Attributes
    ----------
    PD : ndarray (n,)
        Percent of water; in arbitrary units where ``method`` is ``none``.
    profile : ndarray (n,)
        M0 of pure water, in signal units; 1 where ``method`` is ``none``.
    profile_error : ndarray (n,)
        Standard error of the profile's logarithm.
    method : str
        ``water``, ``tissue``, or ``none`` where the map is uncalibrated.
    rho : float
        B / A of equation (1) in s, as found; 0 where ``method`` is ``none``.
    fluid_voxels : int
        Voxels of cerebrospinal fluid found.
    """

    PD: FloatArray
    profile: FloatArray
    profile_error: FloatArray
    method: str
    rho: float
    fluid_voxels: int


def proton_density(
    M0: FloatArray,
    R1: FloatArray,
    R2: FloatArray,
    usable: np.ndarray,
    mask: np.ndarray,
    spacing: tuple[float, float, float],
    method: str = "auto",
) -> ProtonDensity:
    """Divide M0 by the receive profile and bring it to percent of water.

    Parameters
    ----------
    M0, R1, R2
        Signal units and 1/s, (n,): voxels of ``mask`` in its order.
    usable
        bool (n,), where they are measured.
    mask
        bool (z, y, x).
    spacing
        mm along z, y, x.
    method
        One of :data:`METHODS`; ``auto`` takes water where there is enough of it, otherwise tissue.

    Returns
    -------
    ProtonDensity
        ``method`` is ``none`` where too little white and gray matter was found, or no fluid was although it was to set
        the scale.
    """
    if method not in METHODS:
        raise ValueError(f"The calibration of PD must be one of {', '.join(METHODS)}; got {method!r}.")
    usable = usable & (M0 > 0) & (R1 > 0)
    tissue = usable & _within(R1, _TISSUE_R1) & _within(R2, _TISSUE_R2)
    fluid = _inner_fluid(usable & _within(R1, _FLUID_R1) & (R2 < _FLUID_R2), mask, spacing)
    count = int(fluid.sum())
    if method == "none" or tissue.sum() < _FEWEST_TISSUE or (method == "water" and count < _FEWEST_FLUID):
        return ProtonDensity(M0.copy(), np.ones_like(M0), np.zeros_like(M0), "none", 0.0, count)
    profile, rho = _profile(M0, R1, tissue, mask, spacing)
    logarithm, error = profile.on_grid()[mask].astype(float), profile.sd_on_grid()[mask].astype(float)
    relative = M0 * np.exp(-logarithm)
    if method != "tissue" and count >= _FEWEST_FLUID:
        method, water = "water", float(np.median(relative[fluid]))
    else:
        method, water = "tissue", _white_matter(relative[tissue], R1[tissue]) / WHITE_MATTER
    return ProtonDensity(100 * relative / water, water * np.exp(logarithm), error, method, rho, count)


def _white_matter(relative: FloatArray, R1: FloatArray) -> float:
    """Return the median relative PD of white matter, the part above the best division of R1 in two (2-means)."""
    middle = float(np.median(R1))
    for _ in range(50):
        high = middle <= R1
        if high.all() or not high.any():
            break
        before, middle = middle, 0.5 * float(R1[high].mean() + R1[~high].mean())
        if abs(middle - before) < 1e-6:
            break
    return float(np.median(relative[middle <= R1]))


def _profile(
    M0: FloatArray, R1: FloatArray, tissue: np.ndarray, mask: np.ndarray, spacing: tuple[float, float, float]
) -> tuple[SmoothField, float]:
    """Return the profile's logarithm (up to a constant) and rho of equation (1)."""
    where = np.zeros(mask.shape, bool)
    where[mask] = tissue
    lattice = lattice_of(where, spacing, _SUBSET)
    cut = np.ix_(*lattice)
    inside = where[cut]
    values = [np.zeros(mask.shape, np.float32) for _ in range(2)]
    values[0][mask], values[1][mask] = np.log(np.where(tissue, M0, 1.0)), R1
    log_M0, rate = (volume[cut][inside].astype(float) for volume in values)
    space = SplineSpace.over(where, spacing, KNOT_SPACING)
    rho, weight, scatter = _FIRST_RHO, np.ones(rate.size), 0.05
    field = slope_field = None

    def smoothed(of: FloatArray, information: FloatArray, near: SmoothField | None) -> SmoothField:
        cubes = [np.zeros(inside.shape) for _ in range(2)]
        cubes[0][inside], cubes[1][inside] = of, information
        return fit_field(space, lattice, *cubes, near=None if near is None else near.smoothness)

    for step in range(_ITERATIONS):
        information = weight / scatter**2
        field = smoothed(log_M0 + np.log1p(rho * rate), information, field)
        residual = log_M0 + np.log1p(rho * rate) - field.at(lattice)[inside]
        slope = rate / (1 + rho * rate)
        slope_field = smoothed(slope, information, field)
        unexplained = slope - slope_field.at(lattice)[inside]
        power = float((weight * unexplained**2).sum())
        change = -float((weight * unexplained * residual).sum()) / power if power > 0 else 0.0
        rho = float(np.clip(rho + np.clip(change, -0.3, 0.3), *_RHO_RANGE))
        residual += change * unexplained
        scatter = max(_MAD * float(np.median(np.abs(residual))), _FEWEST_SCATTER)
        weight = _weights(residual / scatter, redescending=step > 0)
        if step > 2 and abs(change) < 1e-3:
            break
    return smoothed(log_M0 + np.log1p(rho * rate), weight / scatter**2, field), rho


def _weights(standardized: FloatArray, *, redescending: bool) -> FloatArray:
    """Return Huber's weights, or Tukey's, which leave out what lies far away."""
    size = np.abs(standardized)
    if not redescending:
        return np.minimum(1.0, 1.345 / np.maximum(size, 1e-12))
    return np.clip(1 - (size / _TUKEY) ** 2, 0, None) ** 2


def _within(values: FloatArray, limits: tuple[float, float]) -> np.ndarray:
    return (values > limits[0]) & (values < limits[1])


def _inner_fluid(fluid: np.ndarray, mask: np.ndarray, spacing: tuple[float, float, float]) -> np.ndarray:
    """Return the fluid (n,) whose neighbors in the plane across the thickest axis are fluid."""
    volume = np.zeros(mask.shape, bool)
    volume[mask] = fluid
    neighbors = ndimage.generate_binary_structure(3, 1)
    if max(spacing) > 1.5 * min(spacing):
        thick = int(np.argmax(spacing))
        neighbors = np.moveaxis(neighbors, thick, 0).copy()
        neighbors[[0, 2]] = False
        neighbors = np.moveaxis(neighbors, 0, thick)
    return ndimage.binary_erosion(volume, neighbors)[mask]
