"""What a voxel holds, as the signal equations need it.

Every voxel has one tissue compartment, in which the rates of what it holds are mixed in proportion to their water,
and fluid compartments (CSF; cysts and cavities), whose spins keep their own rates. Signals of compartments add.
Mixing the rates of CSF with those of cortex instead would make a bright rim on every FLAIR image, which real
images do not have.

Tested by Testing/unit/phantom/test_head.py.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field

import numpy as np
from numpy.typing import NDArray

from gliomamri.phantom.grid import FloatArray
from gliomamri.phantom.lesions import Part

AMOUNTS = ("R1", "R2", "R2_prime", "tissue_agent", "blood_agent")
"""Properties mixed in proportion to water, in the order of their rows in an amount table after the water itself."""
DIFFUSION_AMOUNTS = ("f", "Dv", "Dt", "K", "T2v")


@dataclass(frozen=True)
class Fluid:
    """A fluid compartment.

    Attributes
    ----------
    share : array
        Volume fraction of each voxel.
    PD, R1, R2 : float
        Water content (fraction) and rates in 1/s, the same everywhere.
    diffusivity : float
        um2/ms.
    """

    share: FloatArray
    PD: float
    R1: float
    R2: float
    diffusivity: float = 3.0


@dataclass(frozen=True)
class Voxels:
    """Contents of every voxel of a grid; arrays (z, y, x), float32.

    Attributes
    ----------
    PD : array
        Water of the tissue compartment, as a fraction of the whole voxel's volume of water.
    R1, R2, R2_prime : arrays
        1/s, tissue compartment without contrast agent; R2' is the extra decay of a gradient echo.
    tissue_agent, blood_agent : arrays
        mmol/L at the reference dose and time, where it sits in tissue and in blood.
    fluids : tuple of Fluid
        Compartments beside the tissue.
    parts : mapping of Part to array
        Volume fraction of each lesion part.
    tissue : uint8 array
        Healthy tissue at the voxel's middle.
    diffusion : mapping of str to array
        ``f``, ``Dv`` and ``Dt`` (um2/ms), ``K``, ``T2v`` (ms); empty unless asked for.
    """

    PD: FloatArray
    R1: FloatArray
    R2: FloatArray
    R2_prime: FloatArray
    tissue_agent: FloatArray
    blood_agent: FloatArray
    fluids: tuple[Fluid, ...]
    parts: Mapping[Part, FloatArray]
    tissue: NDArray[np.uint8]
    diffusion: Mapping[str, FloatArray] = field(default_factory=dict)

    def mean_rate(self, name: str, agent_rate: FloatArray | None = None) -> FloatArray:
        """Return ``R1`` or ``R2`` in 1/s averaged over all water of the voxel, the truth of a map; 0 in air.

        ``agent_rate`` is added to the tissue's rate.
        """
        rate = getattr(self, name)
        total = self.PD * (rate if agent_rate is None else rate + agent_rate)
        water = self.PD.copy()
        for fluid in self.fluids:
            total += fluid.share * np.float32(fluid.PD * getattr(fluid, name))
            water += fluid.share * np.float32(fluid.PD)
        return np.divide(total, water, out=np.zeros_like(total), where=water > 0.02)

    @property
    def water(self) -> FloatArray:
        """All water of the voxel, as a fraction of pure water."""
        water = self.PD.copy()
        for fluid in self.fluids:
            water += fluid.share * np.float32(fluid.PD)
        return water
