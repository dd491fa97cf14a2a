"""Simulated MAGIC signals of an asymmetric, anisotropic head for the tests of its fit."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from gliomamri.relaxometry.magic import ECHO_TIMES, INVERSION_TIMES, magic_images

DELAYS = np.tile(INVERSION_TIMES, len(ECHO_TIMES))
ECHOES = np.repeat(ECHO_TIMES, len(INVERSION_TIMES))
REPETITION_TIME = 4000.0
SPACING = (5.0, 2.6, 2.1)


@dataclass(frozen=True)
class Head:
    """Voxels of ``mask``: truth (n,) in ms and signal units, and signals (n, 8) without noise."""

    mask: np.ndarray
    T1: np.ndarray
    T2: np.ndarray
    M0: np.ndarray
    B1: np.ndarray
    signals: np.ndarray
    sigma: float

    def noisy(self, seed: int, snr: float = 100.0) -> np.ndarray:
        """Signals with Gaussian noise at an SNR of the white-matter signal of the strongest image."""
        noise = np.random.default_rng(seed).standard_normal(self.signals.shape)
        return self.signals + self.sigma * (100.0 / snr) * noise


def head(shape=(14, 36, 44), seed=0, *, wide=False) -> Head:
    """Make a head with B1 0.85 to 1.1; tissue of two kinds, or T1 200-4500 and T2 20-1000 ms where ``wide``."""
    rng = np.random.default_rng(seed)
    z, y, x = (np.arange(n) - (n - 1) / 2 for n in shape)
    z, y, x = z[:, None, None] / shape[0], y[:, None] / shape[1], x / shape[2]
    mask = (2 * z) ** 2 + (2 * y + 0.2) ** 2 + (2 * x) ** 2 < 1 - 0.4 * y
    B1 = (0.97 + 0.13 * np.cos(2.2 * np.sqrt(z**2 + y**2 + 1.3 * x**2)) - 0.1 * y**2 + 0.06 * x)[mask]
    B1 -= B1.max() - 1.1
    count = int(mask.sum())
    if wide:
        T1 = np.exp(rng.uniform(np.log(200), np.log(4500), count))
        T2 = np.exp(rng.uniform(np.log(20), np.log(1000), count))
    else:
        white = rng.random(count) < 0.5
        T1 = np.where(white, 830, 1400) * np.exp(0.06 * rng.standard_normal(count))
        T2 = np.where(white, 72, 85) * np.exp(0.06 * rng.standard_normal(count))
    M0 = 1000 * rng.uniform(0.65, 0.9, count)
    signals = magic_images(M0, 1e3 / T1, 1e3 / T2, B1=B1).T
    sigma = float(np.abs(magic_images(700.0, 1e3 / 830, 1e3 / 72)).max()) / 100
    return Head(mask, T1, T2, M0, B1, signals, sigma)
