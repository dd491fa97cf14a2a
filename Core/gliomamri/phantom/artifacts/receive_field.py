"""Receive profile: coils near the skin make the image brighter there, and correction leaves a rest.

Tested by Testing/unit/phantom/artifacts/test_fields.py.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from gliomamri.phantom.artifacts.severity import ReceivePriors, happens
from gliomamri.phantom.fields import HEAD_HALF_SIZE, LatticeField, random_field
from gliomamri.phantom.grid import FloatArray, Grid


@dataclass(frozen=True)
class ReceiveField:
    """Smooth factor on the signal of one series.

    Attributes
    ----------
    logarithm : LatticeField
        Natural logarithm of the factor, without the ramp.
    ramp : float
        Change of the logarithm from the head's middle to its top edge.
    """

    logarithm: LatticeField
    ramp: float

    def at(self, grid: Grid) -> FloatArray:
        """Return the factor on ``grid``, float32 of its shape."""
        height = (self.ramp / HEAD_HALF_SIZE[0] * grid.z).astype(np.float32)
        return np.exp(self.logarithm.at(grid) + height[:, None, None])


def draw_receive_fields(
    generator: np.random.Generator, priors: ReceivePriors, roles: tuple[str, ...]
) -> dict[str, ReceiveField | None]:
    """Draw one profile per series; the part that is the coil's own is shared within the scan.

    Parameters
    ----------
    generator
        Source of randomness.
    priors
        Ranges of log-sd, width in mm and of the head-foot ramp.
    roles
        Names of the series.
    """
    if not happens(generator, priors.probability):
        return dict.fromkeys(roles)
    width = generator.uniform(*priors.width)
    log_sd = generator.uniform(*priors.log_sd)
    common = random_field(generator, width)
    common_ramp = generator.normal(0, priors.ramp_sd)
    profiles = {}
    for role in roles:
        own = random_field(generator, width).times(log_sd * np.sqrt(1 - priors.shared))
        ramp = np.sqrt(priors.shared) * common_ramp + np.sqrt(1 - priors.shared) * generator.normal(
            0, priors.ramp_sd
        )
        profiles[role] = ReceiveField(own.plus(common.times(log_sd * np.sqrt(priors.shared))), float(ramp))
    return profiles
