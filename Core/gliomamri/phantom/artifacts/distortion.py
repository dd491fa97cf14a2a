"""EPI distortion: air in sinuses and ears bends the field, and slow phase encoding turns it into a shift.

Tested by Testing/unit/phantom/artifacts/test_distortion.py.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from gliomamri.phantom.artifacts.severity import DistortionPriors, happens
from gliomamri.phantom.fields import LatticeField, random_field
from gliomamri.phantom.grid import FloatArray, Grid

EPI_ROLES = ("dwi", "ADC")
"""Series that are read out by echo planar imaging, or computed from one."""

_LOBES = (
    # center z, y, x and half widths z, y, x in mm, part of the peak shift
    ((-32.0, -48.0, 0.0), (18.0, 22.0, 20.0), 1.0),
    ((-36.0, 0.0, 52.0), (14.0, 18.0, 16.0), 0.7),
    ((-36.0, 0.0, -52.0), (14.0, 18.0, 16.0), 0.7),
)
"""Frontal base above the sphenoid and ethmoid sinuses, and both temporal bones."""

_STEEPEST = 0.8
"""Bound on the shift's slope, mm per mm: beyond 1 the image would fold, which is not modeled."""


@dataclass(frozen=True)
class Distortion:
    """Shift of one EPI series along its phase encoding.

    Attributes
    ----------
    axis : int
        1 (front to back) or 2 (left to right) of (z, y, x).
    peak : float
        mm at the frontal base; negative where the phase encoding runs the other way.
    irregular : LatticeField
        mm, added everywhere (imperfect shim).
    """

    axis: int
    peak: float
    irregular: LatticeField

    def shift(self, grid: Grid) -> FloatArray:
        """Return by how many mm the signal seen at each point of ``grid`` has been moved, (z, y, x)."""
        total = self.irregular.at(grid)
        for center, width, part in _LOBES:
            z, y, x = (
                np.exp(-0.5 * ((axis - middle) / half) ** 2).astype(np.float32)
                for axis, middle, half in zip(grid.axes, center, width, strict=True)
            )
            total += np.float32(self.peak * part) * z[:, None, None] * y[:, None] * x
        return total

    def apply(self, image: FloatArray, grid: Grid) -> FloatArray:
        """Return the distorted ``image`` on its ``grid``: shifted, and brighter where signal piles up.

        The signal between two edges of distorted voxels is that between their true places, so the sum along the
        phase encoding is kept. The shift fades to 0 at both ends of the field of view.
        """
        axis = grid.axes[self.axis]
        count, step = len(axis), float(axis[1] - axis[0])
        edges = np.append(axis - step / 2, axis[-1] + step / 2).astype(np.float32)
        edge_axes = list(grid.axes)
        edge_axes[self.axis] = edges
        shift = np.moveaxis(self.shift(Grid(*edge_axes)), self.axis, -1)
        place = np.arange(count + 1, dtype=np.float32) - _bounded(shift / step)
        place = np.clip(place, 0, count)
        lower = np.minimum(place.astype(np.int32), count - 1)
        signal = np.moveaxis(image, self.axis, -1)
        cumulative = np.zeros(place.shape, np.float64)
        np.cumsum(signal, axis=-1, out=cumulative[..., 1:])
        at_edges = np.take_along_axis(cumulative, lower, -1) + (place - lower) * np.take_along_axis(
            signal, lower, -1
        )
        return np.ascontiguousarray(np.moveaxis(np.diff(at_edges, axis=-1), -1, self.axis), dtype=np.float32)


def draw_distortion(generator: np.random.Generator, priors: DistortionPriors) -> Distortion | None:
    """Draw the distortion of one EPI series; most are encoded from front to back."""
    if not happens(generator, priors.probability):
        return None
    axis = 1 if generator.random() < 0.85 else 2
    peak = generator.uniform(*priors.peak) * generator.choice((-1, 1))
    irregular = random_field(generator, 70.0).times(generator.uniform(*priors.irregular_sd))
    return Distortion(axis, float(peak), irregular)


def _bounded(shift: FloatArray) -> FloatArray:
    """Fade ``shift`` (voxels, along the last axis) at both ends and scale lines down whose slope is too steep."""
    count = shift.shape[-1]
    fade = np.minimum(np.minimum(np.arange(count), np.arange(count)[::-1]) / 8.0, 1).astype(np.float32)
    shift = shift * fade
    steepest = np.abs(np.diff(shift, axis=-1)).max(axis=-1, keepdims=True)
    return shift * np.minimum(1, _STEEPEST / np.maximum(steepest, 1e-6)).astype(np.float32)
