"""Acquired voxels: in-plane resolution, slices with thickness and gap, and interpolation to the common grid.

Every step is separable, so it is one matrix (points out, points in) per axis; :func:`multiply_axes` applies three.
Positions are in the head frame, so a slab of the head meets the same slices as the whole.

Tested by Testing/unit/phantom/artifacts/test_acquisition.py.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Protocol

import numpy as np
from scipy import fft
from scipy.special import ndtr

from gliomamri.phantom.artifacts.severity import AcquisitionPriors, happens
from gliomamri.phantom.grid import FloatArray, Grid

_NEGLIGIBLE = 1e-6
"""Weights of a profile below this are 0."""
_SLICE_AXES = {"axial": 0, "coronal": 1, "sagittal": 2}
_THIN = 2.5
"""mm from slice to slice, below which a series is 3-D or nearly so."""


class Slices(Protocol):
    """What a sequence says of its voxels (mm); see :class:`~gliomamri.phantom.sequences.Sequence`."""

    @property
    def in_plane(self) -> float: ...  # noqa: D102

    @property
    def slice_thickness(self) -> float: ...  # noqa: D102

    @property
    def slice_gap(self) -> float: ...  # noqa: D102

    @property
    def orientation(self) -> str: ...  # noqa: D102


@dataclass(frozen=True)
class Acquisition:
    """Sampling of one series.

    Attributes
    ----------
    spacing : (z, y, x)
        mm between acquired voxels; along the slice axis thickness and gap together.
    slice_axis : int
        0, 1, 2 for axial, coronal, sagittal slices.
    thickness : float
        mm, width of the slice profile; in 3-D series the partition.
    gaussian_profile : bool
        Gaussian instead of box-shaped slice profile (3-D partitions, short pulses).
    offset : float
        mm, position of one slice along the slice axis.
    cubic : bool
        Cubic instead of linear interpolation to the common grid.
    """

    spacing: tuple[float, float, float]
    slice_axis: int
    thickness: float
    gaussian_profile: bool
    offset: float
    cubic: bool

    @property
    def is_thin(self) -> bool:
        """Whether the series is 3-D or nearly so."""
        return self.spacing[self.slice_axis] < _THIN

    @property
    def in_plane(self) -> float:
        """Voxel edge in mm in the plane of the slices."""
        return self.spacing[1 if self.slice_axis == 0 else 0]


def draw_acquisitions(
    generator: np.random.Generator, priors: AcquisitionPriors, scans: Mapping[str, Slices]
) -> dict[str, Acquisition | None]:
    """Draw where each series' slices lie and how they are interpolated; its voxels are those of its sequence.

    Parameters
    ----------
    generator
        Source of randomness.
    priors
        ``coarser`` multiplies all voxels of the scan.
    scans
        Sequence of each series by role.
    """
    if not happens(generator, priors.probability):
        return dict.fromkeys(scans)
    factor = float(generator.uniform(*priors.coarser))
    cubic = happens(generator, priors.cubic)
    return {role: _draw_acquisition(generator, slices, factor, cubic) for role, slices in scans.items()}


def _draw_acquisition(
    generator: np.random.Generator, slices: Slices, factor: float, cubic: bool
) -> Acquisition:
    axis = _SLICE_AXES[slices.orientation]
    pitch = factor * (slices.slice_thickness + slices.slice_gap)
    gaussian = happens(generator, 0.7 if pitch < _THIN else 0.3)
    spacing = [factor * slices.in_plane] * 3
    spacing[axis] = pitch
    offset = float(generator.uniform(0, pitch))
    return Acquisition(tuple(spacing), axis, factor * slices.slice_thickness, gaussian, offset, cubic)


def slice_positions(axis: FloatArray, pitch: float, offset: float) -> FloatArray:
    """Return positions ``offset + k pitch`` in mm that cover ``axis``, one beyond each end."""
    first = int(np.floor((float(axis[0]) - offset) / pitch))
    last = int(np.ceil((float(axis[-1]) - offset) / pitch))
    return (offset + pitch * np.arange(first, last + 1)).astype(np.float32)


def divided_positions(axis: FloatArray, spacing: float, multiple: int = 1) -> FloatArray:
    """Return evenly spaced points that divide the field of view of ``axis`` into voxels near ``spacing`` mm.

    Parameters
    ----------
    axis
        mm, evenly spaced points; the field of view goes half a step beyond both ends.
    spacing
        mm, wanted voxel; it becomes a little smaller so that the number of voxels suits the FFT.
    multiple
        Points per voxel (zero-filling); the first voxel's field of view is kept.
    """
    step = float(axis[1] - axis[0])
    field_of_view = step * len(axis)
    count = fft.next_fast_len(max(2, round(field_of_view / spacing))) * multiple
    start = float(axis[0]) - step / 2
    return (start + (np.arange(count) + 0.5) * field_of_view / count).astype(np.float32)


def profile_matrix(
    points_in: FloatArray, points_out: FloatArray, width: float, gaussian: bool = False
) -> FloatArray:
    """Return the matrix (points out, points in) that averages the input over a profile; rows sum to 1.

    Parameters
    ----------
    points_in
        mm, evenly spaced; each stands for the interval of one step around it.
    points_out
        mm, middles of the profiles. What lies outside the input is left out of the average.
    width
        mm, full width (box) or full width at half maximum (Gaussian).
    gaussian
        Shape of the profile.
    """
    step = float(points_in[1] - points_in[0]) if len(points_in) > 1 else 1.0
    edges = np.append(points_in - step / 2, points_in[-1] + step / 2).astype(np.float64)
    distance = edges[None, :] - np.asarray(points_out, np.float64)[:, None]
    cumulative = ndtr(distance * 2.3548 / width) if gaussian else np.clip(distance / width + 0.5, 0, 1)
    matrix = np.diff(cumulative, axis=1)
    matrix[matrix < _NEGLIGIBLE] = 0  # far tails become denormal numbers, which are a hundred times slower
    total = matrix.sum(axis=1, keepdims=True)
    nearest = np.argmin(np.abs(points_in[None, :] - points_out[:, None]), axis=1)
    lost = total[:, 0] < 1e-3
    matrix[lost] = np.eye(len(points_in))[nearest[lost]]
    return (matrix / matrix.sum(axis=1, keepdims=True)).astype(np.float32)


def interpolation_matrix(points_in: FloatArray, points_out: FloatArray, cubic: bool = False) -> FloatArray:
    """Return the matrix (points out, points in) of linear or cubic (Keys 1981, a = -1/2) interpolation.

    ``points_in`` are evenly spaced, in mm; beyond them the border's value continues. Rows sum to 1.
    """
    count = len(points_in)
    if count == 1:
        return np.ones((len(points_out), 1), np.float32)
    step = float(points_in[-1] - points_in[0]) / (count - 1)
    position = np.clip((np.asarray(points_out, np.float64) - float(points_in[0])) / step, 0, count - 1)
    reach = 2 if cubic else 1
    distance = np.abs(position[:, None] - np.arange(-reach, count + reach)[None, :])
    near = 1.5 * distance**3 - 2.5 * distance**2 + 1
    far = -0.5 * distance**3 + 2.5 * distance**2 - 4 * distance + 2
    keys = np.where(distance < 1, near, np.where(distance < 2, far, 0.0))
    weights = keys if cubic else np.clip(1 - distance, 0, None)
    matrix = weights[:, reach : reach + count].copy()
    matrix[:, 0] += weights[:, :reach].sum(axis=1)
    matrix[:, -1] += weights[:, reach + count :].sum(axis=1)
    return matrix.astype(np.float32)


def multiply_axes(image: FloatArray, matrices: tuple[FloatArray | None, ...]) -> FloatArray:
    """Multiply each axis (z, y, x) of ``image`` by its matrix (points out, points in); None leaves it.

    Each axis is one large product: many small ones wait for each other's threads on a busy machine.
    """
    along_z, along_y, along_x = matrices
    if along_z is not None:
        image = np.tensordot(along_z, image, axes=(1, 0))
    if along_x is not None:
        planes, rows, columns = image.shape
        image = (image.reshape(planes * rows, columns) @ along_x.T).reshape(planes, rows, -1)
    if along_y is not None:
        image = np.ascontiguousarray(np.tensordot(along_y, image, axes=(1, 1)).transpose(1, 0, 2))
    return image


def acquired_axis(acquisition: Acquisition, grid: Grid, axis: int) -> FloatArray:
    """Return the acquired positions in mm along ``axis`` of a whole-head ``grid``."""
    points = grid.axes[axis]
    if axis == acquisition.slice_axis:
        return slice_positions(points, acquisition.spacing[axis], acquisition.offset)
    if axis == 0:
        return slice_positions(points, acquisition.spacing[axis], 0.0)
    return divided_positions(points, acquisition.spacing[axis])
