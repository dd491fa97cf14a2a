"""The sequences a phantom can be scanned with: their parameters, what can be wrong with them, their signals.

A :class:`Sequence` gives one weighted image; series of images are in :mod:`gliomamri.phantom.image_series`. The
equations are in :mod:`gliomamri.relaxometry`. Signals are linear in PD, so that PD may be a share of a voxel.

Two effects are added to the equations here. A T2 preparation of length P before the inversion (3-D FLAIR) tips down
only what has not decayed, ``kappa exp(-P R2)``. And magnetization transfer: the pulses of other slices saturate water
bound to macromolecules, whose share b grows with R1 (Rooney et al., Magn Reson Med 57:308, 2007). What that costs is

    1 - m b,   b = 0.32 s (R1 - 0.25/s), between 0 and 0.33                                          (1)

with m the sequence's strength. White matter loses about 20 % in multi-slice turbo spin echoes (Melki and Mulkern, Magn
Reson Med 24:122, 1992), which is m = 0.65. The numbers in b are our choice: 0.30 in white and 0.15 in gray matter
at 3 T, 0 in fluids. Contrast agent raises R1 but not b, so m belongs to images before it; fat loses too, which it
does not in truth.

Tested by Testing/unit/phantom/test_sequences.py.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import ArrayLike

from gliomamri.phantom.image_series import DiffusionSeries, MagicSeries
from gliomamri.phantom.sequence_problems import (
    clashing_times,
    impossible_angles,
    impossible_geometry,
    impossible_times,
    raise_first,
    wrong_choices,
)
from gliomamri.relaxometry.gradient_echo import magnetization_prepared_gradient_echo, spoiled_gradient_echo
from gliomamri.relaxometry.spin_echo import Readout, inversion_prepared_spin_echo, spin_echo
from gliomamri.relaxometry.voxelwise import Values, decay, into, one_minus

__all__ = ["DiffusionSeries", "MagicSeries", "Sequence"]

_FREE_WATER_R1, _BOUND_PER_R1, _LARGEST_BOUND = 0.25, 0.32, 0.33


@dataclass(frozen=True)
class Sequence:
    """One weighted image.

    Attributes
    ----------
    role : str
        What the image is for: ``T1w``, ``ceT1w``, ``T2w``, ``FLAIR``, ``lowdose_ceT1w``.
    kind : str
        One of :data:`~gliomamri.phantom.sequence_problems.KINDS`.
    repetition_time, echo_time, inversion_time : float
        ms; the echo time of a train is its effective one; the inversion time is 0 without an inversion. TR of MPRAGE
        is the time between inversions.
    flip_angle : float
        Excitation in degrees.
    refocusing_angle : float
        Refocusing pulses in degrees.
    train : int
        Echoes per excitation (TSE, IR-SE) or pulses per inversion (MPRAGE).
    spacing : float
        ms between echoes or pulses of the train.
    kappa : float
        Cosine of the inversion angle, -1 for an ideal inversion.
    preparation_time : float
        ms of T2 preparation that ends in the inversion; 0 without.
    magnetization_transfer : float
        m of equation (1), 0 to 1.
    signed : bool
        True where the image keeps the sign of an inversion-prepared signal (phase-sensitive reconstruction).
    in_plane, slice_thickness, slice_gap : float
        mm, edge of a voxel in the plane, slice thickness, and space between slices.
    orientation : str
        ``axial``, ``sagittal`` or ``coronal``: the plane of the slices.
    """

    role: str
    kind: str
    repetition_time: float
    echo_time: float
    inversion_time: float = 0.0
    flip_angle: float = 90.0
    refocusing_angle: float = 180.0
    train: int = 1
    spacing: float = 0.0
    kappa: float = -1.0
    preparation_time: float = 0.0
    magnetization_transfer: float = 0.0
    signed: bool = False
    in_plane: float = 1.0
    slice_thickness: float = 1.0
    slice_gap: float = 0.0
    orientation: str = "axial"

    @property
    def is_3d(self) -> bool:
        """True where slices are the partitions of one excited slab."""
        return self.slice_gap == 0 and self.slice_thickness <= 1.6

    def problems(self) -> list[str]:
        """List what is wrong, one sentence each; empty where the sequence can be played."""
        found = wrong_choices(self.role, self.kind, self.orientation)
        found += impossible_times(self)
        if not found:
            found += clashing_times(self)
        angles = {"flip angle": self.flip_angle, "refocusing angle": self.refocusing_angle}
        found += impossible_angles(self.role, angles)
        if not -1 <= self.kappa <= 1:
            found.append(f"{self.role}: the cosine of the inversion angle is {self.kappa:g}; -1 is ideal.")
        if not 0 <= self.magnetization_transfer <= 1:
            found.append(
                f"{self.role}: the magnetization transfer is {self.magnetization_transfer:g}; it must be 0 to 1."
            )
        return found + impossible_geometry(self)

    def check(self) -> None:
        """Raise :class:`~gliomamri.errors.UserError` with the first of :meth:`problems`; the rest as details."""
        raise_first(self.problems())

    def signal(
        self, PD: ArrayLike, R1: ArrayLike, R2: ArrayLike, R2_prime: ArrayLike = 0.0, B1: ArrayLike = 1.0
    ) -> Values:
        """Return the image's value without noise, in the units of ``PD``; numbers or arrays, which broadcast.

        Parameters
        ----------
        PD
            Proton density, in any units.
        R1, R2, R2_prime
            Rates in 1/s; R2* = R2 + R2' decays gradient echoes.
        B1
            Transmit field as a fraction of the nominal one.
        """
        if self.kind == "SPGR":
            times = (self.repetition_time, self.echo_time, self.flip_angle)
            signal = spoiled_gradient_echo(PD, R1, np.add(R2, R2_prime), *times, B1)
        elif self.kind in ("SE", "TSE"):
            signal = spin_echo(PD, R1, R2, self.repetition_time, self._readout(), B1)
        else:
            signal = self._prepared(PD, R1, R2, R2_prime, B1)
        if self.magnetization_transfer > 0:
            signal = into(np.multiply, signal, self._not_transferred(R1))
        return signal

    def _not_transferred(self, R1: ArrayLike) -> Values:
        """Return equation (1)."""
        bound = np.subtract(R1, _FREE_WATER_R1)
        bound = into(
            np.minimum, into(np.maximum, into(np.multiply, bound, _BOUND_PER_R1), 0.0), _LARGEST_BOUND
        )
        return one_minus(into(np.multiply, bound, self.magnetization_transfer))

    def _readout(self) -> Readout:
        spacing = self.spacing if self.train > 1 else None
        return Readout(self.echo_time, self.train, spacing, self.flip_angle, self.refocusing_angle)

    def _prepared(
        self, PD: ArrayLike, R1: ArrayLike, R2: ArrayLike, R2_prime: ArrayLike, B1: ArrayLike
    ) -> Values:
        """Signal after an inversion, in magnitude unless :attr:`signed`."""
        TR, TE, TI, kappa = self.repetition_time, self.echo_time, self.inversion_time, self.kappa
        if self.preparation_time > 0:
            kappa = into(np.multiply, decay(R2, self.preparation_time), self.kappa)
            TR -= self.preparation_time  # in which nothing recovers
        if self.kind == "IR-SE":
            signal = inversion_prepared_spin_echo(PD, R1, R2, TR, TI, self._readout(), kappa=kappa, B1=B1)
        else:
            signal = magnetization_prepared_gradient_echo(
                *(PD, R1, np.add(R2, R2_prime), TR, TE, TI, self.flip_angle),
                pulses=self.train,
                pulse_spacing=self.spacing,
                kappa=kappa,
                B1=B1,
            )
        if self.signed:
            return signal
        return np.abs(signal, out=signal if isinstance(signal, np.ndarray) else None)
