"""All imperfections of a series in the order of physics.

1. Receive field: the coil weighs the magnetization before anything is sampled.
2. EPI distortion: the spins' own frequency misplaces their signal, still before sampling.
3. Sampling: slice profile and acquired resolution. 4. Motion during the scan acts on the acquired k-space.
5. Noise comes from the receiver, so it is white on acquired voxels and not weighted by the coil.
6. Window on k-space and zero-filling shape signal and noise alike; only then the magnitude is taken.
7. Gain, curve, whole numbers: what the scanner stores. 8. Resampling to the common grid, with what registration
left of the misplacement between series: it smooths the stored image, noise too.

The transmit field belongs into the signal equations, the mask errors and missing series to the patient.

Tested by Testing/unit/phantom/artifacts/test_pipeline.py.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace

import numpy as np

from gliomamri.phantom.artifacts.acquisition import (
    Acquisition,
    Slices,
    acquired_axis,
    divided_positions,
    draw_acquisitions,
    interpolation_matrix,
    multiply_axes,
    profile_matrix,
)
from gliomamri.phantom.artifacts.distortion import EPI_ROLES, Distortion, draw_distortion
from gliomamri.phantom.artifacts.gain import Gain, draw_gain
from gliomamri.phantom.artifacts.ghosts import Ghosts, draw_ghosts
from gliomamri.phantom.artifacts.gibbs import Truncation, draw_truncation, truncation_matrix
from gliomamri.phantom.artifacts.motion import RigidMotion, draw_motion
from gliomamri.phantom.artifacts.noise import Noise, NoiseKey, draw_noise, magnitude, white_noise
from gliomamri.phantom.artifacts.receive_field import ReceiveField, draw_receive_fields
from gliomamri.phantom.artifacts.severity import ArtifactPriors
from gliomamri.phantom.grid import FloatArray, Grid

QUANTITATIVE_ROLES = ("MAGIC", "ceMAGIC", "dwi", "ADC")
"""Series that maps are fitted to: their scale is linear and not clipped."""

_SMALLEST_STORED = 0.3
"""mm, edge below which zero-filling makes no voxels."""


@dataclass(frozen=True)
class SeriesArtifacts:
    """What happens to one series; None where nothing does."""

    receive: ReceiveField | None = None
    distortion: Distortion | None = None
    acquisition: Acquisition | None = None
    truncation: Truncation | None = None
    ghosts: Ghosts | None = None
    noise: Noise | None = None
    gain: Gain | None = None
    motion: RigidMotion | None = None


@dataclass(frozen=True)
class AcquiredSeries:
    """A series as the scanner stores it: array (z, y, x) in scanner units on its own ``grid``."""

    array: FloatArray
    grid: Grid


def draw_artifacts(
    generator: np.random.Generator, priors: ArtifactPriors, scans: Mapping[str, Slices]
) -> dict[str, SeriesArtifacts]:
    """Draw what happens to each series of one scan; ``scans`` are the sequences by role.

    Each imperfection has its own stream, so switching one off leaves the others as they are. The first series
    is where the patient lies: it does not move.
    """
    streams = iter(generator.spawn(7))
    receive = draw_receive_fields(next(streams), priors.receive, tuple(scans))
    acquisition = draw_acquisitions(next(streams), priors.acquisition, scans)
    truncations, noises, motions, ghosts, gains = streams
    distortions = generator.spawn(1)[0]
    artifacts = {}
    for number, role in enumerate(scans):
        motion = draw_motion(motions, priors.motion) if number else None
        sampling = acquisition[role]
        truncation = draw_truncation(truncations, priors.gibbs)
        if truncation is not None and not _zero_fills(sampling):
            truncation = replace(truncation, zero_fill=1)
        gain = draw_gain(gains, priors.gain)
        if gain is not None and role in QUANTITATIVE_ROLES:
            gain = gain.linear()
        artifacts[role] = SeriesArtifacts(
            receive[role],
            draw_distortion(distortions, priors.distortion) if role in EPI_ROLES else None,
            sampling,
            truncation,
            draw_ghosts(ghosts, priors.ghosts),
            draw_noise(noises, priors.noise, role),
            gain,
            motion,
        )
    return artifacts


def _zero_fills(sampling: Acquisition | None) -> bool:
    """Whether k-space may be zero-filled: not where that makes a huge matrix (3-D, or very fine voxels)."""
    return sampling is not None and not sampling.is_thin and sampling.in_plane >= 2 * _SMALLEST_STORED


def apply_artifacts(
    image: FloatArray,
    grid: Grid,
    artifacts: SeriesArtifacts,
    key: NoiseKey,
    white_matter_signal: float,
    *,
    signed: bool = False,
) -> FloatArray:
    """Return the series on the common grid with all its imperfections.

    Parameters
    ----------
    image
        Ideal signal (z, y, x) on ``grid``, float32.
    grid
        Evenly spaced along each axis.
    artifacts
        Drawn by :func:`draw_artifacts`.
    key
        Seed of the noise.
    white_matter_signal
        Signal of normal white matter in ``image``, the noise's and the gain's unit.
    signed
        Real channel (MAGIC, signed inversion recovery): noise is Gaussian and signs are kept.
    """
    acquired = acquire(image, grid, artifacts, key, white_matter_signal, signed=signed)
    return resample_to(acquired, grid, artifacts)


def acquire(
    image: FloatArray,
    grid: Grid,
    artifacts: SeriesArtifacts,
    key: NoiseKey,
    white_matter_signal: float,
    *,
    signed: bool = False,
) -> AcquiredSeries:
    """Return the series as stored by the scanner, on its own grid; parameters as :func:`apply_artifacts`.

    That grid is in the head frame: it moves with the head, so the misplacement between series is not in it.
    """
    if artifacts.receive is not None:
        image = image * artifacts.receive.at(grid)
    if artifacts.distortion is not None:
        image = artifacts.distortion.apply(image, grid)
    image, sampled = _sample(image, grid, artifacts)
    real, imaginary = image, None
    if artifacts.ghosts is not None:
        ghosted = artifacts.ghosts.apply(image, sampled)
        real, imaginary = ghosted.real, ghosted.imag
    if artifacts.noise is not None:
        white = white_noise(key, sampled.z, sampled.shape[1:], 1 if signed else 2)
        white *= artifacts.noise.standard_deviation(sampled, white_matter_signal)
        real = real + white[0]
        if not signed:
            imaginary = white[1] if imaginary is None else imaginary + white[1]
    matrices, stored = _reconstruction(sampled, artifacts)
    real = multiply_axes(real, matrices)
    if imaginary is not None and not signed:
        real = magnitude(real, multiply_axes(imaginary, matrices))
    elif artifacts.truncation is not None and not signed:
        real = np.abs(real)
    if artifacts.gain is not None:
        real = artifacts.gain.apply(real, white_matter_signal)
    return AcquiredSeries(real, stored)


def resample_to(acquired: AcquiredSeries, grid: Grid, artifacts: SeriesArtifacts) -> FloatArray:
    """Return an acquired series on the common ``grid``, as a registration pipeline leaves it.

    What the head shows at ``p`` is found at ``R p + t`` of the result; see
    :class:`~gliomamri.phantom.artifacts.motion.RigidMotion`. Where cubic interpolation undershoots, a magnitude image
    stays at 0.
    """
    image = _interpolated(acquired, grid, artifacts)
    if acquired.array.min() >= 0:
        np.maximum(image, 0, out=image)
    return image


def _interpolated(acquired: AcquiredSeries, grid: Grid, artifacts: SeriesArtifacts) -> FloatArray:
    back = None if artifacts.motion is None else artifacts.motion.inverse()
    cubic = artifacts.acquisition is not None and artifacts.acquisition.cubic
    if back is not None and not back.is_translation:
        return back.resample(acquired.array, acquired.grid, grid, cubic=cubic)
    place = grid if back is None else back.shifted(grid)
    matrices = [
        None if np.array_equal(source, target) else interpolation_matrix(source, target, cubic)
        for source, target in zip(acquired.grid.axes, place.axes, strict=True)
    ]
    return multiply_axes(acquired.array, tuple(matrices))


def _sample(image: FloatArray, grid: Grid, artifacts: SeriesArtifacts) -> tuple[FloatArray, Grid]:
    """Sample ``image`` on the acquired voxels: slice profile across slices, k-space or voxel average in plane."""
    acquisition, truncation = artifacts.acquisition, artifacts.truncation
    axes, matrices = list(grid.axes), [None, None, None]
    for axis, points in enumerate(grid.axes):
        if acquisition is not None:
            axes[axis] = acquired_axis(acquisition, grid, axis)
        if acquisition is not None and axis == acquisition.slice_axis:
            matrices[axis] = profile_matrix(
                points, axes[axis], acquisition.thickness, acquisition.gaussian_profile
            )
        elif axis != 0 and truncation is not None:
            voxel = float(axes[axis][1] - axes[axis][0])
            matrices[axis] = truncation_matrix(points, axes[axis], voxel, truncation.keep[axis - 1])
        elif acquisition is not None:
            matrices[axis] = profile_matrix(points, axes[axis], acquisition.spacing[axis], gaussian=True)
    return multiply_axes(image, tuple(matrices)), Grid(*axes)


def _reconstruction(grid: Grid, artifacts: SeriesArtifacts) -> tuple[tuple[FloatArray | None, ...], Grid]:
    """Return the matrices of k-space window and zero-filling along y and x, and the stored grid.

    Slices are excited one by one: across them there is no k-space.
    """
    truncation, acquisition = artifacts.truncation, artifacts.acquisition
    if truncation is None:
        return (None, None, None), grid
    axes, matrices = list(grid.axes), [None, None, None]
    for axis, keep in zip((1, 2), truncation.keep, strict=True):
        if acquisition is not None and axis == acquisition.slice_axis:
            continue
        points = grid.axes[axis]
        voxel = float(points[1] - points[0])
        if truncation.zero_fill > 1:
            axes[axis] = divided_positions(points, voxel, truncation.zero_fill)
        matrices[axis] = truncation_matrix(points, axes[axis], voxel, keep, truncation.taper)
    return tuple(matrices), Grid(*axes)
