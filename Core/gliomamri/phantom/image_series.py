"""Series that one acquisition gives: the eight images of MAGIC, and diffusion-weighted images.

Tested by Testing/unit/phantom/test_sequences.py.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import ArrayLike, NDArray

from gliomamri.diffusion.signals import t2_ivim_kurtosis
from gliomamri.phantom.sequence_problems import impossible_angles, impossible_geometry, raise_first
from gliomamri.relaxometry.magic import ECHO_TIMES, INVERSION_TIMES, magic_images


@dataclass(frozen=True)
class MagicSeries:
    """The eight signed images of MAGIC; see :mod:`gliomamri.relaxometry.magic`.

    Attributes
    ----------
    role : str
        ``MAGIC`` or ``ceMAGIC``.
    inversion_times, echo_times : tuples of float
        ms.
    repetition_time : float
        ms.
    saturation_angle, flip_angle : float
        Degrees.
    in_plane, slice_thickness, slice_gap, orientation
        As for :class:`~gliomamri.phantom.sequences.Sequence`.
    """

    role: str = "MAGIC"
    inversion_times: tuple[float, ...] = INVERSION_TIMES
    echo_times: tuple[float, ...] = ECHO_TIMES
    repetition_time: float = 4000.0
    saturation_angle: float = 120.0
    flip_angle: float = 90.0
    in_plane: float = 0.43
    slice_thickness: float = 4.0
    slice_gap: float = 1.0
    orientation: str = "axial"

    @property
    def parameters(self) -> tuple[tuple[float, float], ...]:
        """Pairs of inversion time and echo time in ms, in the order of the images."""
        return tuple((TI, TE) for TE in self.echo_times for TI in self.inversion_times)

    def problems(self) -> list[str]:
        """List what is wrong, one sentence each."""
        found = []
        if not self.inversion_times or not self.echo_times:
            found.append(f"{self.role}: at least one inversion time and one echo time are needed.")
        for TI, TE in self.parameters:
            if not (TI > 0 and TE > 0):
                found.append(f"{self.role}: TI {TI:g} ms and TE {TE:g} ms must be above 0.")
            elif not self.repetition_time > TI + TE:
                found.append(
                    f"{self.role}: TI {TI:g} ms and TE {TE:g} ms do not fit in TR {self.repetition_time:g} ms."
                )
        angles = {"saturation angle": self.saturation_angle, "flip angle": self.flip_angle}
        found += impossible_angles(self.role, angles)
        return found + impossible_geometry(self)

    def check(self) -> None:
        """Raise :class:`~gliomamri.errors.UserError` with the first of :meth:`problems`; the rest as details."""
        raise_first(self.problems())

    def images(
        self, PD: ArrayLike, R1: ArrayLike, R2: ArrayLike, B1: ArrayLike = 1.0
    ) -> NDArray[np.floating]:
        """Return the signed images (number, ...) without noise; arguments as for a weighted image."""
        return magic_images(
            *(PD, R1, R2),
            inversion_times=self.inversion_times,
            echo_times=self.echo_times,
            repetition_time=self.repetition_time,
            saturation_angle=self.saturation_angle,
            flip_angle=self.flip_angle,
            B1=B1,
        )


@dataclass(frozen=True)
class DiffusionSeries:
    """Diffusion-weighted spin echoes at several b-values and echo times, TR long.

    Attributes
    ----------
    role : str
        ``dwi``.
    b_values : tuple of float
        s/mm2.
    echo_times : tuple of float
        ms; every b-value is measured at each.
    in_plane, slice_thickness, slice_gap, orientation
        As for :class:`~gliomamri.phantom.sequences.Sequence`.
    """

    role: str = "dwi"
    b_values: tuple[float, ...] = (0.0, 1000.0)
    echo_times: tuple[float, ...] = (80.0,)
    in_plane: float = 1.8
    slice_thickness: float = 4.0
    slice_gap: float = 1.0
    orientation: str = "axial"

    @property
    def parameters(self) -> tuple[tuple[float, float], ...]:
        """Pairs of b-value (s/mm2) and echo time (ms), in the order of the images."""
        return tuple((b, TE) for TE in self.echo_times for b in self.b_values)

    def problems(self) -> list[str]:
        """List what is wrong, one sentence each."""
        found = []
        if len(set(self.b_values)) < 2 or not self.echo_times:
            found.append(f"{self.role}: at least two b-values and one echo time are needed.")
        found += [
            f"{self.role}: the b-value is {b:g} s/mm2; it must be between 0 and 10000."
            for b in self.b_values
            if not 0 <= b <= 10000
        ]
        found += [
            f"{self.role}: the echo time is {TE:g} ms; it must be above 0 and at most 1000."
            for TE in self.echo_times
            if not 0 < TE <= 1000
        ]
        return found + impossible_geometry(self)

    def check(self) -> None:
        """Raise :class:`~gliomamri.errors.UserError` with the first of :meth:`problems`; the rest as details."""
        raise_first(self.problems())

    def images(
        self,
        PD: ArrayLike,
        R2: ArrayLike,
        f: ArrayLike,
        Dv: ArrayLike,
        Dt: ArrayLike,
        K: ArrayLike,
        T2v: ArrayLike,
    ) -> NDArray[np.floating]:
        """Return the images (number, ...) without noise, in the units of ``PD``; arguments broadcast.

        R2 in 1/s, Dv and Dt in um2/ms, T2v in ms; see :func:`~gliomamri.diffusion.signals.t2_ivim_kurtosis`. T1 does
        not enter (TR >> T1).
        """
        T2t = np.divide(1000, R2)
        return np.stack([t2_ivim_kurtosis(b, TE, PD, f, Dv, Dt, K, T2v, T2t) for b, TE in self.parameters])
