"""Transmit field B1+: flip angles are larger in the middle of the head than at its rim at 3 T.

The radio wave is about 26 cm long in tissue at 3 T, so a standing wave brightens the center; at 1.5 T the effect
is a fourth of that (it grows with the frequency squared).

Tested by Testing/unit/phantom/artifacts/test_fields.py.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from gliomamri.phantom.artifacts.severity import TransmitPriors, happens
from gliomamri.phantom.fields import LatticeField, random_field
from gliomamri.phantom.grid import FloatArray, Grid

_BRAIN_HALF_SIZE = (65.0, 85.0, 70.0)
_IRREGULAR_WIDTH = 130.0


@dataclass(frozen=True)
class TransmitField:
    """Actual over nominal flip angle of one scan.

    Attributes
    ----------
    center_excess : float
        Relative excess in the head's middle. It turns into a deficit of six tenths of it at the brain's rim.
    irregular : LatticeField
        Added to it.
    """

    center_excess: float
    irregular: LatticeField

    def at(self, grid: Grid) -> FloatArray:
        """Return the ratio on ``grid``, float32 of its shape, never below 0.3."""
        z, y, x = ((axis / half) ** 2 for axis, half in zip(grid.axes, _BRAIN_HALF_SIZE, strict=True))
        squared_radius = np.minimum(z[:, None, None] + y[:, None] + x, 2)
        standing_wave = np.float32(self.center_excess) * np.cos(
            np.float32(np.pi / 2) * np.sqrt(squared_radius * 2)
        )
        return np.maximum(1 + standing_wave + self.irregular.at(grid), np.float32(0.3))


def draw_transmit_field(
    generator: np.random.Generator, priors: TransmitPriors, field_strength: float = 3.0
) -> TransmitField | None:
    """Draw the field of one scan; ``field_strength`` in tesla. None where it is uniform."""
    if not happens(generator, priors.probability):
        return None
    growth = (field_strength / 3.0) ** 2
    excess = generator.uniform(*priors.center_excess) * growth
    sd = generator.uniform(*priors.irregular_sd) * min(growth, 1.0)
    return TransmitField(float(excess), random_field(generator, _IRREGULAR_WIDTH).times(sd))
