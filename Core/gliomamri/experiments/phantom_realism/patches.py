"""Patches of 16 x 16 voxels of known tissue, and what can be seen in them.

Tested by Testing/unit/experiments/test_classifier.py.
"""

from __future__ import annotations

from itertools import combinations, pairwise

import numpy as np
from numpy.typing import NDArray
from scipy import ndimage

from gliomamri.experiments.phantom_realism.case import SEQUENCES, Case
from gliomamri.experiments.phantom_realism.tissue_classes import TissueClasses

PATCH = 16
TISSUES = ("white", "gray", "tumor")
_LAGS = (1, 2, 4)
_BANDS = (0.0, 0.125, 0.25, 0.375, 0.75)  # cycles per voxel
_SMALL = 1e-3


def sample_patches(
    case: Case, tissue: TissueClasses, rng: np.random.Generator, count: int = 60
) -> dict[str, NDArray[np.float32]]:
    """Draw patches (n, 4, 2, 16, 16) around voxels of each tissue, wholly inside the brain.

    Axes are patch, sequence, slice (its own and the next), y, x. Intensities are z-scores inside the brain, as a
    network gets them. A case that lacks a sequence gives none.
    """
    if set(case.images) != set(SEQUENCES):
        return {}
    normal = np.stack([_z_score(case.images[role], case.brain) for role in SEQUENCES])
    half = PATCH // 2
    fits = ndimage.minimum_filter(case.brain, (1, PATCH + 1, PATCH + 1), mode="constant")
    fits[:, :half] = fits[:, -half:] = fits[:, :, :half] = fits[:, :, -half:] = False
    fits[:-1] &= case.brain[1:]
    fits[-1] = False
    masks = {"white": tissue.white, "gray": tissue.gray, "tumor": case.labels > 0}
    found = {}
    for name, mask in masks.items():
        options = np.argwhere(mask & fits)
        if len(options) < count:
            continue
        chosen = options[rng.choice(len(options), count, replace=False)]
        found[name] = np.stack(
            [normal[:, z : z + 2, y - half : y + half, x - half : x + half] for z, y, x in chosen]
        )
    return found


def patch_features(patches: NDArray[np.float32]) -> tuple[NDArray[np.float64], list[str]]:
    """Return features (n, features) of patches (n, 4, 2, 16, 16) and their names, ``kind: sequence what``.

    Kinds: ``contrast`` (mean, spread, tails), ``detail`` (differences between voxels, spectrum, direction),
    ``relation`` (correlations between sequences).
    """
    columns: dict[str, NDArray] = {}
    fine = {}
    for index, role in enumerate(SEQUENCES):
        plane, following = patches[:, index, 0].astype(float), patches[:, index, 1].astype(float)
        columns |= _contrast(role, plane)
        columns |= _detail(role, plane, following)
        columns |= _spectrum(role, plane)
        fine[role] = plane - ndimage.uniform_filter(plane, (0, 3, 3))
    for first, second in combinations(range(len(SEQUENCES)), 2):
        names = f"{SEQUENCES[first]}-{SEQUENCES[second]}"
        columns[f"relation: {names} coarse"] = _correlation(patches[:, first, 0], patches[:, second, 0])
        columns[f"relation: {names} fine"] = _correlation(fine[SEQUENCES[first]], fine[SEQUENCES[second]])
    return np.stack(list(columns.values()), 1), list(columns)


def _contrast(role: str, plane: NDArray) -> dict[str, NDArray]:
    flat = plane.reshape(len(plane), -1)
    low, middle, high = np.percentile(flat, (2, 50, 98), axis=1)
    centered = flat - flat.mean(1, keepdims=True)
    spread = flat.std(1) + _SMALL
    return {
        f"contrast: {role} median": middle,
        f"contrast: {role} low tail": middle - low,
        f"contrast: {role} high tail": high - middle,
        f"contrast: {role} skewness": (centered**3).mean(1) / spread**3,
        f"contrast: {role} kurtosis": (centered**4).mean(1) / spread**4,
    }


def _detail(role: str, plane: NDArray, following: NDArray) -> dict[str, NDArray]:
    across = {lag: abs(plane[:, :, lag:] - plane[:, :, :-lag]).mean((1, 2)) + _SMALL for lag in _LAGS}
    down = {lag: abs(plane[:, lag:] - plane[:, :-lag]).mean((1, 2)) + _SMALL for lag in _LAGS}
    through = abs(following - plane).mean((1, 2)) + _SMALL
    bend = (
        plane[:, 1:-1, 1:-1] * 4
        - plane[:, :-2, 1:-1]
        - plane[:, 2:, 1:-1]
        - plane[:, 1:-1, :-2]
        - plane[:, 1:-1, 2:]
    )
    quiet = np.percentile(abs(bend).reshape(len(bend), -1), 25, axis=1) + _SMALL
    return {
        f"detail: {role} strength": np.log(across[1] + down[1]),
        f"detail: {role} lag 1 / 2": np.log((across[1] + down[1]) / (across[2] + down[2])),
        f"detail: {role} lag 2 / 4": np.log((across[2] + down[2]) / (across[4] + down[4])),
        f"detail: {role} x / y": np.log(across[1] / down[1]),
        f"detail: {role} through / in plane": np.log(2 * through / (across[1] + down[1])),
        f"detail: {role} noise floor": np.log(quiet),
        f"detail: {role} bend / slope": np.log((abs(bend).mean((1, 2)) + _SMALL) / (across[1] + down[1])),
    }


def _spectrum(role: str, plane: NDArray) -> dict[str, NDArray]:
    window = np.outer(np.hanning(PATCH), np.hanning(PATCH))
    power = abs(np.fft.fft2((plane - plane.mean((1, 2), keepdims=True)) * window)) ** 2
    frequency = np.hypot(*np.meshgrid(np.fft.fftfreq(PATCH), np.fft.fftfreq(PATCH)))
    bands = [
        power[:, (frequency > low) & (frequency <= high)].mean(1) + _SMALL**2
        for low, high in pairwise(_BANDS)
    ]
    return {
        f"detail: {role} spectrum {index} / {index + 1}": np.log(bands[index] / bands[index + 1])
        for index in range(len(bands) - 1)
    }


def _correlation(first: NDArray, second: NDArray) -> NDArray:
    a, b = (p.reshape(len(p), -1) - p.reshape(len(p), -1).mean(1, keepdims=True) for p in (first, second))
    return (a * b).sum(1) / (np.sqrt((a**2).sum(1) * (b**2).sum(1)) + _SMALL)


def _z_score(image: NDArray, brain: NDArray) -> NDArray[np.float32]:
    inside = image[brain]
    return np.where(brain, (image - inside.mean()) / inside.std(), 0).astype(np.float32)
