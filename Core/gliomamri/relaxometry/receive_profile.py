r"""The receive profile in M0: smooth, and told from proton density by what PD has to do with R1.

In white and gray matter PD follows R1 closely,

.. math:: 1/PD = A + B\,R_1 \quad (PD \text{ as a fraction of water}),                                        (1)

so that ``log M0 = p(r) - log(1 + rho R1) + e`` with ``rho = B / A``, a smooth p and scatter e. p and rho are estimated
together from voxels of white and gray matter and of mixtures of these: p as in smooth_field.py, rho by regression on
what p leaves of it, scatter by Tukey's weights (so that a tumor, whose PD has its own relation to R1, does not bend the
profile). A and B themselves depend on the field strength and are not used.

Voxels that are partly fluid do not belong there: their signals decay with two rates, so that one rate for both reads M0
several percent too low, and most of them lie at the brain's surface.

References: Gutteridge et al., Magn Reson Med 47:871 (2002), doi 10.1002/mrm.10136 for (1); Volz et al., NeuroImage
63:540 (2012), doi 10.1016/j.neuroimage.2012.06.076 for the profile from (1); Mezer et al., Nat Med 19:1667 (2013),
doi 10.1038/nm.3390 for its constants left free.

Called by proton_density.py; tested by Testing/unit/relaxometry/test_proton_density.py.
"""

from __future__ import annotations

import numpy as np

from gliomamri.relaxometry.robust import MAD, huber_weights, tukey_weights
from gliomamri.relaxometry.signals import FloatArray
from gliomamri.relaxometry.smooth_field import SmoothField, fit_field
from gliomamri.relaxometry.splines import SplineSpace, lattice_of

KNOT_SPACING = 45.0
"""mm between the knots of the profile [our choice]."""

_SUBSET = 40_000
_FIRST_RHO, _RHO_RANGE = 0.45, (0.0, 2.0)
_ITERATIONS, _LEAST_SCATTER = 8, 1e-4


def receive_profile(
    M0: FloatArray, R1: FloatArray, tissue: np.ndarray, mask: np.ndarray, spacing: tuple[float, float, float]
) -> tuple[SmoothField, float]:
    """Find the profile.

    Parameters
    ----------
    M0, R1
        Signal units and 1/s, (n,): voxels of ``mask`` in its order.
    tissue
        bool (n,): white and gray matter.
    mask
        bool (z, y, x).
    spacing
        mm along z, y, x.

    Returns
    -------
    SmoothField
        Logarithm of the profile, up to a constant.
    float
        rho of equation (1) in s.
    """
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
    field = None

    def smoothed(of: FloatArray, information: FloatArray, near: SmoothField | None) -> SmoothField:
        cubes = [np.zeros(inside.shape) for _ in range(2)]
        cubes[0][inside], cubes[1][inside] = of, information
        return fit_field(space, lattice, *cubes, near=None if near is None else near.smoothness)

    for step in range(_ITERATIONS):
        information = weight / scatter**2
        field = smoothed(log_M0 + np.log1p(rho * rate), information, field)
        residual = log_M0 + np.log1p(rho * rate) - field.at(lattice)[inside]
        slope = rate / (1 + rho * rate)
        unexplained = slope - smoothed(slope, information, field).at(lattice)[inside]
        power = float((weight * unexplained**2).sum())
        change = -float((weight * unexplained * residual).sum()) / power if power > 0 else 0.0
        rho = float(np.clip(rho + np.clip(change, -0.3, 0.3), *_RHO_RANGE))
        residual += change * unexplained
        scatter = max(MAD * float(np.median(np.abs(residual))), _LEAST_SCATTER)
        weight = (tukey_weights if step else huber_weights)(residual / scatter)
        if step > 2 and abs(change) < 1e-3:
            break
    return smoothed(log_M0 + np.log1p(rho * rate), weight / scatter**2, field), rho
