"""Motion while a series is acquired: parts of k-space see the head in other poses, which blurs and ghosts it.

A shift of the head by d multiplies its spectrum by exp(-2 pi i k d); a rotation rotates the spectrum. So the
acquired spectrum is put together from strips along the phase encoding, each from one pose.

Tested by Testing/unit/phantom/artifacts/test_ghosts.py.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray
from scipy import fft

from gliomamri.phantom.artifacts.motion import RigidMotion
from gliomamri.phantom.artifacts.severity import GhostPriors, happens
from gliomamri.phantom.grid import FloatArray, Grid

_MOST_ROTATED = 1
"""Rotated copies of a series cost time; further poses only shift."""


@dataclass(frozen=True)
class Ghosts:
    """Poses during one series.

    Attributes
    ----------
    phase_axis : int
        1 or 2: axis (z, y, x) of the phase encoding; the other of the two is the readout.
    starts : tuple of float
        Where in k-space each pose begins along the phase encoding, 0..1, the first 0.
    shifts : tuple of (y, x)
        mm, of each pose against the one at the middle of k-space.
    rotations : tuple of float
        Degrees about z, likewise.
    """

    phase_axis: int
    starts: tuple[float, ...]
    shifts: tuple[tuple[float, float], ...]
    rotations: tuple[float, ...]

    def apply(self, image: FloatArray, grid: Grid) -> NDArray[np.complex64]:
        """Return the complex image (z, y, x) that is reconstructed as if nothing had moved.

        Parameters
        ----------
        image
            Signal on the acquired voxels.
        grid
            Their positions; evenly spaced along y and x.
        """
        spectrum = fft.fft2(image, workers=2)
        order = fft.fftfreq(image.shape[self.phase_axis])
        pose = np.searchsorted(self.starts, order + 0.5, side="right") - 1
        result = np.empty_like(spectrum)
        spacing = [float(axis[1] - axis[0]) for axis in (grid.y, grid.x)]
        cycles_y, cycles_x = (
            fft.fftfreq(count, step).astype(np.float32)
            for count, step in zip(image.shape[1:], spacing, strict=True)
        )
        for number, (shift, rotation) in enumerate(zip(self.shifts, self.rotations, strict=True)):
            lines = np.flatnonzero(pose == number)
            if len(lines) == 0:
                continue
            source = spectrum if rotation == 0 else fft.fft2(_rotated(image, grid, rotation), workers=2)
            phase_y, phase_x = (
                np.exp(-2j * np.pi * cycles * distance).astype(np.complex64)
                for cycles, distance in zip((cycles_y, cycles_x), shift, strict=True)
            )
            if self.phase_axis == 1:
                result[:, lines] = source[:, lines] * phase_y[lines, None] * phase_x
            else:
                result[:, :, lines] = source[:, :, lines] * phase_y[:, None] * phase_x[lines]
        return fft.ifft2(result, workers=2, overwrite_x=True)


def draw_ghosts(generator: np.random.Generator, priors: GhostPriors) -> Ghosts | None:
    """Draw the poses of one series: a few sudden ones, or a periodic motion (breathing, pulsation)."""
    if not happens(generator, priors.probability):
        return None
    phase_axis = int(generator.integers(1, 3))
    if happens(generator, priors.periodic):
        return _draw_periodic(generator, priors, phase_axis)
    count = int(generator.integers(*priors.poses, endpoint=True))
    starts = np.concatenate([[0.0], np.sort(generator.uniform(0.05, 0.95, count - 1))])
    central = int(np.searchsorted(starts, 0.5, side="right") - 1)
    size = generator.uniform(*priors.shift)
    shifts = size * generator.standard_normal((count, 2))
    rotations = generator.uniform(*priors.rotation) * generator.standard_normal(count)
    rotations[_MOST_ROTATED + (central <= _MOST_ROTATED - 1) :] = 0
    shifts[central], rotations[central] = 0, 0
    return Ghosts(phase_axis, tuple(map(float, starts)), _pairs(shifts), tuple(map(float, rotations)))


def _draw_periodic(generator: np.random.Generator, priors: GhostPriors, phase_axis: int) -> Ghosts:
    """Draw a sinusoidal shift over k-space, half as large as a sudden one, as a row of short strips."""
    count = 64
    cycles, phase = generator.uniform(4, 14), generator.uniform(0, 2 * np.pi)
    direction = generator.standard_normal(2) * 0.5 * generator.uniform(*priors.shift)
    wave = np.sin(phase + 2 * np.pi * cycles * np.arange(count) / count)
    shifts = (wave - wave[count // 2])[:, None] * direction
    return Ghosts(phase_axis, tuple(np.arange(count) / count), _pairs(shifts), (0.0,) * count)


def _pairs(shifts: NDArray[np.float64]) -> tuple[tuple[float, float], ...]:
    return tuple((float(y), float(x)) for y, x in shifts)


def _rotated(image: FloatArray, grid: Grid, degrees: float) -> FloatArray:
    planes = Grid(np.arange(len(grid.z), dtype=np.float32), grid.y, grid.x)
    return RigidMotion(rotation=(0.0, 0.0, -degrees)).resample(image, planes, planes)
