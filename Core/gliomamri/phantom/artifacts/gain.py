"""Scanner units: each series has its own gain, a slightly curved scale, whole numbers and a largest value.

Tested by Testing/unit/phantom/artifacts/test_gain.py.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import Self

import numpy as np

from gliomamri.phantom.artifacts.severity import GainPriors, happens
from gliomamri.phantom.grid import FloatArray

_UNCLIPPED = 32767.0


@dataclass(frozen=True)
class Gain:
    """Scale of one series.

    Attributes
    ----------
    white_matter : float
        Scanner units that the white-matter signal becomes.
    log_gamma : float
        Natural logarithm of the exponent; 0 is linear. White matter stays where it is.
    whole_numbers : bool
        Round to integers, as DICOM stores them.
    largest : float
        Scanner units above which values are clipped.
    """

    white_matter: float
    log_gamma: float
    whole_numbers: bool
    largest: float

    def linear(self) -> Self:
        """Return the gain with a straight scale that clips nothing."""
        return replace(self, log_gamma=0.0, largest=_UNCLIPPED)

    def apply(self, image: FloatArray, white_matter_signal: float) -> FloatArray:
        """Return ``image`` in scanner units; the sign of real-channel images is kept."""
        scaled = np.multiply(image, np.float32(1 / white_matter_signal))
        if self.log_gamma != 0:
            curved = np.abs(scaled)
            curved **= np.float32(np.exp(self.log_gamma))
            scaled = np.copysign(curved, scaled, out=curved)
        scaled *= np.float32(self.white_matter)
        np.clip(scaled, -self.largest, self.largest, out=scaled)
        return np.rint(scaled, out=scaled) if self.whole_numbers else scaled


def draw_gain(generator: np.random.Generator, priors: GainPriors) -> Gain | None:
    """Draw the scale of one series; the units of white matter are log-uniform."""
    if not happens(generator, priors.probability):
        return None
    white_matter = float(np.exp(generator.uniform(*np.log(priors.white_matter))))
    log_gamma = float(generator.uniform(-priors.log_gamma, priors.log_gamma))
    whole_numbers = happens(generator, priors.whole_numbers)
    clipped, ratio = happens(generator, priors.clipped), generator.uniform(1.8, 3.0)
    return Gain(white_matter, log_gamma, whole_numbers, ratio * white_matter if clipped else _UNCLIPPED)
