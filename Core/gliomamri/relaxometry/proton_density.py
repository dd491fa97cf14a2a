"""Proton density in percent of water: M0 without the receive profile, on water's scale.

The profile is found in receive_profile.py, the scale in water_scale.py.

Which voxels tell what: white and gray matter and mixtures of these for the profile, by the lookup of
tissue_fractions.py in (R1, R2) around the patient's own tissues; white matter near its peak in R1, and all voxels that
are mostly fluid, for the scale.

Called by magic_task.py; tested by Testing/unit/relaxometry/test_proton_density.py.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from gliomamri.relaxometry.receive_profile import receive_profile
from gliomamri.relaxometry.signals import FloatArray
from gliomamri.relaxometry.tissue_centers import NEARNESS, patient_centers
from gliomamri.relaxometry.tissue_fractions import NAMES, fraction_arrays
from gliomamri.relaxometry.water_scale import (
    WaterScale,
    blocks_of,
    combined,
    scale_from_fluid,
    scale_from_white_matter,
)

METHODS = ("auto", "water", "tissue", "none")
"""What may set the scale: ``auto`` takes water and tissue."""

_TISSUE_R1, _TISSUE_R2 = (0.45, 2.2), (6.0, 30.0)
_MOST_FLUID = 0.1
"""Share of fluid and of what is no healthy tissue below which a voxel is white and gray matter [our choice]."""

_FLUID_R1, _FLUID_R2 = (0.1, 1 / 3.0), 1 / 0.3
FEWEST_FLUID, _FEWEST_TISSUE = 30, 500
# Our choices: T1 above 3 s and T2 above 0.3 s are mostly fluid; fluid and tissue need some voxels for statistics.

_DISAGREE = 2.6
"""Standard errors between water and tissue from which they disagree: 1 % of patients by chance."""


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
        Standard error of the profile's logarithm, up to the scale.
    scale_error : float
        Relative standard error that all voxels share.
    method : str
        ``both`` (water and tissue), ``water``, ``tissue``, or ``none`` where the map is uncalibrated.
    rho : float
        B / A of receive_profile.py in s, as found; 0 where ``method`` is ``none``.
    fluid_voxels : int
        Voxels of cerebrospinal fluid found.
    disagreement : float
        Relative difference of tissue from water where it is more than their errors explain, else 0.
    """

    PD: FloatArray
    profile: FloatArray
    profile_error: FloatArray
    scale_error: float
    method: str
    rho: float
    fluid_voxels: int
    disagreement: float


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
        One of :data:`METHODS`; ``auto`` weights water and tissue by their errors and takes one where the other is not
        found.

    Returns
    -------
    ProtonDensity
        ``method`` is ``none`` where too little white and gray matter was found, or where what was to set the scale was
        not found.
    """
    if method not in METHODS:
        raise ValueError(f"The calibration of PD must be one of {', '.join(METHODS)}; got {method!r}.")
    usable = usable & (M0 > 0) & (R1 > 0)
    fluid = usable & _within(R1, _FLUID_R1) & (R2 < _FLUID_R2)
    tissue, white = _tissue(R1, R2, usable)
    none = ProtonDensity(
        M0.copy(), np.ones_like(M0), np.zeros_like(M0), 0.0, "none", 0.0, int(fluid.sum()), 0.0
    )
    if method == "none" or tissue.sum() < _FEWEST_TISSUE:
        return none
    profile, rho = receive_profile(M0, R1, tissue, mask, spacing)
    logarithm, error = profile.on_grid()[mask].astype(float), profile.sd_on_grid()[mask].astype(float)
    scales: dict[str, WaterScale] = {}
    if method != "tissue" and fluid.sum() >= FEWEST_FLUID:
        y = np.log(M0[fluid]) - logarithm[fluid]
        scales["water"] = scale_from_fluid(y, R1[fluid], R2[fluid], blocks_of(mask, spacing)[fluid])
    if method != "water" and white.sum() >= _FEWEST_TISSUE:
        scales["tissue"] = scale_from_white_matter(np.log(M0[white]) - logarithm[white])
    if not scales:
        return none
    scale = combined(list(scales.values()))
    water = np.exp(scale.logarithm + logarithm)
    used = "both" if len(scales) == 2 else next(iter(scales))
    return ProtonDensity(
        100 * M0 / water, water, error, scale.error, used, rho, int(fluid.sum()), _disagreement(scales)
    )


def _tissue(R1: FloatArray, R2: FloatArray, usable: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """Return white and gray matter that holds hardly any fluid, and the white matter of it, each bool (n,)."""
    here = usable & _within(R1, _TISSUE_R1) & _within(R2, _TISSUE_R2)
    nobody = np.zeros(R1.size, bool)
    if not here.any():
        return nobody, nobody
    found = patient_centers(R1[usable], R2[usable], None)
    shares = fraction_arrays(found.centers, R1[here].astype(np.float32), R2[here].astype(np.float32))
    foreign = shares[NAMES.index("CSF")] + shares[NAMES.index("other")]
    tissue = nobody.copy()
    tissue[here] = foreign < _MOST_FLUID
    if "WM" not in found.found:
        return tissue, nobody
    peak = 1000 / found.centers["WM"].T1
    return tissue, tissue & (np.abs(R1 - peak) < NEARNESS * peak)


def _disagreement(scales: dict[str, WaterScale]) -> float:
    """Return how much more water measures in fluid than white matter says, where that is significant."""
    if len(scales) < 2:
        return 0.0
    apart = scales["water"].logarithm - scales["tissue"].logarithm
    significant = abs(apart) > _DISAGREE * np.hypot(scales["water"].error, scales["tissue"].error)
    return float(np.expm1(apart)) if significant else 0.0


def _within(values: FloatArray, limits: tuple[float, float]) -> np.ndarray:
    return (values > limits[0]) & (values < limits[1])
