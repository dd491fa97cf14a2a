"""Checks shared by the fits, each failing with one sentence, and the cutting of many voxels into batches.

Tested by Testing/unit/relaxometry/test_bad_inputs.py.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator

import numpy as np
from numpy.typing import ArrayLike

from gliomamri.relaxometry.signals import FloatArray

Progress = Callable[[float], None]


def checked_times(times: ArrayLike, name: str, minimum_distinct: int) -> FloatArray:
    """Return ``times`` (m,) in ms as floats; ``name`` is plural, as in "inversion times"."""
    times = np.asarray(times, float)
    if times.ndim != 1 or times.size == 0:
        raise ValueError(
            f"The {name} must be a list of numbers, one per image; got an array of shape {times.shape}."
        )
    if not np.all(np.isfinite(times)) or np.any(times <= 0):
        raise ValueError(f"All {name} must be positive numbers in ms; got {_listed(times)}.")
    if times.size < minimum_distinct:
        raise ValueError(
            f"This fit needs at least {minimum_distinct} images; got {times.size}. Select all of the series."
        )
    distinct = np.unique(times).size
    if distinct < minimum_distinct:
        raise ValueError(
            f"This fit needs at least {minimum_distinct} different {name}; got {distinct}: "
            f"{_listed(times)} ms."
        )
    return times


def checked_signals(signals: ArrayLike, images: int) -> tuple[np.ndarray, np.ndarray]:
    """Return the signals (n, m) and usable (n,): finite in every image and not zero in all of them."""
    signals = np.asarray(signals)
    if signals.ndim != 2:
        raise ValueError(f"Signals must have the shape (voxels, images); got {signals.shape}.")
    if signals.shape[1] != images:
        raise ValueError(
            f"There are {signals.shape[1]} images but {images} times; each image needs its own time."
        )
    if signals.dtype.kind not in "fiu":
        raise ValueError(f"Signals must be real numbers; got the type {signals.dtype}.")
    return signals, np.isfinite(signals).all(axis=1) & (signals != 0).any(axis=1)


def checked_bounds(bounds: tuple[float, float], name: str) -> tuple[float, float]:
    """Return (low, high) in ms as floats."""
    low, high = (float(b) for b in bounds)
    if not (np.isfinite(low) and np.isfinite(high) and 0 < low < high):
        raise ValueError(
            f"The bounds of {name} must be two positive numbers in ms, low before high; got {bounds}."
        )
    return low, high


def checked_noise_sd(noise_sd: float | None) -> float | None:
    """Return the noise standard deviation as a float, or None where it is to be estimated."""
    if noise_sd is None:
        return None
    if not np.isfinite(noise_sd) or noise_sd <= 0:
        raise ValueError(
            f"The noise standard deviation must be a positive number in signal units; got {noise_sd}."
        )
    return float(noise_sd)


def checked_choice(value: str, choices: tuple[str, ...], name: str) -> str:
    """Return ``value`` if it is one of ``choices``."""
    if value not in choices:
        raise ValueError(f"{name} must be one of {', '.join(choices)}; got {value!r}.")
    return value


def checked_mask(mask: ArrayLike | None, voxels: int) -> np.ndarray:
    """Return the voxels (n,) whose residuals are pooled for the noise; all of them when None."""
    if mask is None:
        return np.ones(voxels, dtype=bool)
    mask = np.asarray(mask, dtype=bool)
    if mask.shape != (voxels,):
        raise ValueError(
            f"The noise mask must have one value per voxel, shape ({voxels},); got {mask.shape}."
        )
    return mask


def batches(voxels: np.ndarray, size: int, progress: Progress | None) -> Iterator[np.ndarray]:
    """Yield the indices of ``voxels`` in pieces of ``size``; report the finished fraction after each piece."""
    for start in range(0, voxels.size, size):
        yield voxels[start : start + size]
        if progress is not None:
            progress(min(1.0, (start + size) / voxels.size))
    if progress is not None and voxels.size == 0:
        progress(1.0)


def _listed(times: FloatArray) -> str:
    return ", ".join(f"{time:g}" for time in times)
