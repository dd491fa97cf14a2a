"""How strong each imperfection is: one table of ranges for off, clinical, hard and the shifted test cohort.

Ranges are (low, high) of uniform draws unless a name says otherwise. The clinical column was set so that noise,
noise correlation and sharpness of four real brain tumor and multiple sclerosis scans lie inside it; where no
measure exists it is our choice.

Tested by Testing/unit/phantom/artifacts/test_severity.py.
"""

from __future__ import annotations

from dataclasses import dataclass, fields, replace
from typing import Self

import numpy as np

from gliomamri.errors import UserError

Range = tuple[float, float]
_NONE: Range = (0.0, 0.0)


@dataclass(frozen=True)
class ReceivePriors:
    """Receive profile: log-sd of the smooth part, its width in mm, how much one scan's series share (0..1)."""

    probability: float = 0.0
    log_sd: Range = _NONE
    width: Range = (90.0, 160.0)
    shared: float = 0.6
    ramp_sd: float = 0.0


@dataclass(frozen=True)
class TransmitPriors:
    """Relative excess of the flip angle in the head's center at 3 T, and sd of its irregular part."""

    probability: float = 0.0
    center_excess: Range = _NONE
    irregular_sd: Range = _NONE


@dataclass(frozen=True)
class NoisePriors:
    """Noise sd over white-matter signal on the acquired voxels, and its relative rise by parallel imaging.

    Window and interpolation leave about half of it on the common grid. Long echoes have a weaker signal: there the
    level is multiplied by ``long_echo``.
    """

    probability: float = 0.0
    level: Range = _NONE
    g_factor: Range = _NONE
    long_echo: Range = (1.2, 2.8)


@dataclass(frozen=True)
class AcquisitionPriors:
    """Sampling on the voxels of each sequence: factor on their edges, and chance of cubic interpolation."""

    probability: float = 0.0
    coarser: Range = (1.0, 1.0)
    cubic: float = 0.6


@dataclass(frozen=True)
class GibbsPriors:
    """Part of k-space kept per in-plane axis and width of the taper at its edge (0 rings most)."""

    probability: float = 0.0
    keep: Range = (1.0, 1.0)
    taper: Range = (0.0, 0.6)
    zero_fill: float = 0.5


@dataclass(frozen=True)
class MotionPriors:
    """Misplacement of a series against the first: sd per axis in mm and degrees."""

    probability: float = 0.0
    translation_sd: Range = _NONE
    rotation_sd: Range = _NONE


@dataclass(frozen=True)
class GhostPriors:
    """Motion within a series: shift in mm, rotation in degrees, number of poses, chance of a periodic one."""

    probability: float = 0.0
    shift: Range = _NONE
    rotation: Range = _NONE
    poses: tuple[int, int] = (2, 4)
    periodic: float = 0.4


@dataclass(frozen=True)
class DistortionPriors:
    """EPI only: shift along the phase encoding in mm above the sinuses and ears, and elsewhere (sd)."""

    probability: float = 0.0
    peak: Range = _NONE
    irregular_sd: Range = _NONE


@dataclass(frozen=True)
class GainPriors:
    """Scanner units of white matter, half-width of log gamma, chance of whole numbers and of clipped highlights."""

    probability: float = 0.0
    white_matter: Range = (150.0, 1500.0)
    log_gamma: float = 0.0
    whole_numbers: float = 1.0
    clipped: float = 0.0


@dataclass(frozen=True)
class MaskPriors:
    """Skull-strip errors: margin around the hull in mm, its smooth sd, chance of a strong local error."""

    probability: float = 0.0
    margin: Range = _NONE
    margin_sd: float = 0.0
    strong: float = 0.0


@dataclass(frozen=True)
class MissingPriors:
    """Chance that a patient lacks series at all, and that each is then missing."""

    probability: float = 0.0
    each: float = 0.0


@dataclass(frozen=True)
class ArtifactPriors:
    """All ranges. Take one of :data:`OFF`, :data:`CLINICAL`, :data:`HARD`, :data:`SHIFTED` and change switches.

    Examples
    --------
    >>> CLINICAL.with_switch("ghosts", "off").ghosts.probability
    0.0
    """

    receive: ReceivePriors = ReceivePriors()
    transmit: TransmitPriors = TransmitPriors()
    noise: NoisePriors = NoisePriors()
    acquisition: AcquisitionPriors = AcquisitionPriors()
    gibbs: GibbsPriors = GibbsPriors()
    motion: MotionPriors = MotionPriors()
    ghosts: GhostPriors = GhostPriors()
    distortion: DistortionPriors = DistortionPriors()
    gain: GainPriors = GainPriors()
    brain_mask: MaskPriors = MaskPriors()
    missing: MissingPriors = MissingPriors()

    def with_switch(self, name: str, strength: str) -> Self:
        """Return a copy whose imperfection ``name`` has the ``strength`` of :data:`STRENGTHS`.

        Raises
        ------
        UserError
            If there is no such imperfection or strength.
        """
        names = SWITCHES
        if name not in names:
            raise UserError(f"There is no imperfection called '{name}'.", f"Known: {', '.join(names)}.")
        if strength not in STRENGTHS:
            raise UserError(f"There is no strength called '{strength}'.", f"Known: {', '.join(STRENGTHS)}.")
        return replace(self, **{name: getattr(STRENGTHS[strength], name)})


SWITCHES = tuple(field.name for field in fields(ArtifactPriors))
"""Names of all imperfections that can be switched."""

OFF = ArtifactPriors()

CLINICAL = ArtifactPriors(
    receive=ReceivePriors(1.0, log_sd=(0.02, 0.13), shared=0.35, ramp_sd=0.05),
    transmit=TransmitPriors(1.0, center_excess=(0.0, 0.14), irregular_sd=(0.01, 0.03)),
    noise=NoisePriors(1.0, level=(0.008, 0.05), g_factor=(0.0, 0.3)),
    acquisition=AcquisitionPriors(1.0),
    gibbs=GibbsPriors(1.0, keep=(0.65, 1.0)),
    motion=MotionPriors(0.7, translation_sd=(0.05, 0.7), rotation_sd=(0.05, 0.5)),
    ghosts=GhostPriors(0.15, shift=(0.2, 1.0), rotation=(0.0, 0.6)),
    distortion=DistortionPriors(1.0, peak=(2.0, 8.0), irregular_sd=(0.2, 0.6)),
    gain=GainPriors(1.0, log_gamma=0.08, clipped=0.03),
    brain_mask=MaskPriors(1.0, margin=(-1.5, 1.3), margin_sd=0.5, strong=0.4),
    missing=MissingPriors(0.1, each=0.3),
)

HARD = ArtifactPriors(
    receive=ReceivePriors(1.0, log_sd=(0.10, 0.30), width=(60.0, 140.0), shared=0.4, ramp_sd=0.15),
    transmit=TransmitPriors(1.0, center_excess=(0.05, 0.25), irregular_sd=(0.02, 0.05)),
    noise=NoisePriors(1.0, level=(0.03, 0.10), g_factor=(0.3, 1.2)),
    acquisition=AcquisitionPriors(1.0, coarser=(1.15, 1.6)),
    gibbs=GibbsPriors(1.0, keep=(0.55, 0.95), taper=(0.0, 0.5)),
    motion=MotionPriors(1.0, translation_sd=(0.3, 1.2), rotation_sd=(0.3, 1.2)),
    ghosts=GhostPriors(0.5, shift=(0.5, 3.0), rotation=(0.3, 2.0), poses=(2, 6)),
    distortion=DistortionPriors(1.0, peak=(5.0, 14.0), irregular_sd=(0.4, 1.2)),
    gain=GainPriors(1.0, log_gamma=0.16, clipped=0.15),
    brain_mask=MaskPriors(1.0, margin=(-1.0, 5.0), margin_sd=0.9, strong=0.7),
    missing=MissingPriors(0.5, each=0.4),
)

SHIFTED = ArtifactPriors(
    receive=ReceivePriors(1.0, log_sd=(0.02, 0.22), width=(70.0, 110.0), shared=0.2, ramp_sd=0.12),
    transmit=TransmitPriors(1.0, center_excess=(-0.05, 0.18), irregular_sd=(0.0, 0.04)),
    noise=NoisePriors(1.0, level=(0.015, 0.07), g_factor=(0.0, 0.6)),
    acquisition=AcquisitionPriors(1.0, cubic=0.5),
    gibbs=GibbsPriors(1.0, keep=(0.65, 0.95), taper=(0.1, 0.6)),
    motion=MotionPriors(0.9, translation_sd=(0.1, 0.6), rotation_sd=(0.1, 0.6)),
    ghosts=GhostPriors(0.25, shift=(0.3, 1.5), rotation=(0.0, 1.0)),
    distortion=DistortionPriors(1.0, peak=(3.0, 10.0), irregular_sd=(0.3, 0.8)),
    gain=GainPriors(1.0, white_matter=(80.0, 4000.0), log_gamma=0.12, whole_numbers=0.6, clipped=0.08),
    brain_mask=MaskPriors(1.0, margin=(-0.5, 4.0), margin_sd=0.7, strong=0.5),
    missing=MissingPriors(0.2, each=0.3),
)
"""For honest simulated test scores only: other ranges than any a network is trained with."""

STRENGTHS = {"off": OFF, "clinical": CLINICAL, "hard": HARD}
"""What a user may ask for by name."""


def happens(generator: np.random.Generator, probability: float) -> bool:
    """Return whether an event of this probability happens; always takes one draw, so that streams stay aligned."""
    return bool(generator.random() < probability)
