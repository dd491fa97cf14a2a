"""Thermal noise: Gaussian in both channels of the receiver, Rician in magnitude images.

It is white on the acquired voxels; the window on k-space and the interpolation that follow give it the correlation
that reconstructed images have. Each plane along z has a stream of its own (a counter-based generator, Philox),
so a slice has the same noise whether it is asked for alone or with the volume.

Tested by Testing/unit/phantom/artifacts/test_noise.py.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from gliomamri.phantom.artifacts.severity import NoisePriors, happens
from gliomamri.phantom.grid import FloatArray, Grid

LONG_ECHO_ROLES = ("T2w", "FLAIR", "dwi", "ADC")
"""Series whose white-matter signal is weak for their noise."""

_HEAD_HALF_SIZE = (75.0, 95.0, 80.0)


@dataclass(frozen=True)
class NoiseKey:
    """What an image's noise is drawn from: the patient's seed, the series' number in it, the image's in the series."""

    seed: int
    series: int
    image: int = 0


@dataclass(frozen=True)
class Noise:
    """Noise of one series.

    Attributes
    ----------
    level : float
        Standard deviation per channel over the white-matter signal, on acquired voxels at the head's rim.
    g_factor : float
        Relative rise of the standard deviation in the head's middle (parallel imaging).
    """

    level: float
    g_factor: float

    def standard_deviation(self, grid: Grid, white_matter_signal: float) -> FloatArray:
        """Return sigma on ``grid`` (z, y, x), or with single-point axes where it is the same everywhere."""
        sigma = np.float32(self.level * white_matter_signal)
        if self.g_factor == 0:
            return np.full((1, 1, 1), sigma, np.float32)
        squares = [(axis / half) ** 2 for axis, half in zip(grid.axes, _HEAD_HALF_SIZE, strict=True)]
        z, y, x = (np.exp(-square * 1.5).astype(np.float32) for square in squares)
        return sigma * (1 + np.float32(self.g_factor) * z[:, None, None] * y[:, None] * x)


def draw_noise(generator: np.random.Generator, priors: NoisePriors, role: str = "T1w") -> Noise | None:
    """Draw level (log-uniform, as scans differ by factors) and g-factor of the series ``role``."""
    if not happens(generator, priors.probability):
        return None
    level = np.exp(generator.uniform(*np.log(priors.level)))
    weakness = generator.uniform(*priors.long_echo)
    if role in LONG_ECHO_ROLES:
        level *= weakness
    return Noise(float(level), float(generator.uniform(*priors.g_factor)))


def white_noise(key: NoiseKey, z: FloatArray, shape: tuple[int, int], channels: int = 2) -> FloatArray:
    """Return unit Gaussian noise (channels, len(z), *shape) that depends only on the key and each plane's z.

    Parameters
    ----------
    key
        Patient and series.
    z
        mm, position of each plane; planes within 0.01 mm are the same plane.
    shape
        Points (y, x) of a plane.
    channels
        2 for real and imaginary, 1 where only the real channel is needed; the first is the same in both.
    """
    entropy = (key.seed, key.series, key.image)
    philox_key = np.random.SeedSequence(entropy).generate_state(2, np.uint64)
    planes = np.round(np.asarray(z, np.float64) * 100).astype(np.int64).view(np.uint64)
    noise = np.empty((channels, len(planes), *shape), np.float32)
    for index, plane in enumerate(planes):
        stream = np.random.Generator(
            np.random.Philox(key=philox_key, counter=np.array([0, 0, 0, plane], np.uint64))
        )
        for channel in range(channels):
            stream.standard_normal(out=noise[channel, index], dtype=np.float32)
    return noise


def magnitude(real: FloatArray, imaginary: FloatArray) -> FloatArray:
    """Return the magnitude image; with noise in both channels its values are Rice-distributed."""
    squared = real * real
    squared += imaginary * imaginary
    return np.sqrt(squared, out=squared)
