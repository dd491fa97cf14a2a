"""White matter, gray matter and CSF from the images alone, the same way in real and simulated patients.

A mixture of normal distributions of the sequences' intensities (expectation maximization, deterministic start),
learned between mid-brain and vertex away from tumor, in alternation with a smooth gain per sequence. Beside the
three tissues there are voxels half gray matter, half CSF (sulci), and a broad distribution that takes vessels and
what else fits nowhere.

References
----------
.. [1] Wells WM et al., Adaptive segmentation of MRI data, IEEE Trans Med Imaging 15, 1996.

Tested by Testing/unit/experiments/test_tissue_classes.py.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray
from scipy import ndimage

from gliomamri.experiments.phantom_realism.case import SEQUENCES, BoolArray, Case, FloatArray

WHITE, GRAY, CSF, _MIXED, _OTHER = range(5)
_WEIGHTS = (
    0.43,
    0.34,
    0.08,
    0.12,
    0.03,
)  # fixed: free ones let one tissue swallow another where contrast is low
_ITERATIONS = 40
_CONVERGED = 0.003  # sd of the brain's intensities
_LEARNED_FROM = 60_000  # voxels
_ROUNDS = 3
_BRIGHTNESS = {  # of white against gray matter, and of CSF against both
    "T1w": (1.0, -1.0),
    "ceT1w": (1.0, -1.0),
    "T2w": (-1.0, 1.0),
    "FLAIR": (-0.5, -0.3),
}


@dataclass(frozen=True)
class TissueClasses:
    """Where healthy tissue is.

    Attributes
    ----------
    white, gray, csf : bool arrays (z, y, x)
        Voxels of one tissue with a probability above .9, in the healthy brain.
    region : bool array
        The healthy brain between mid-brain and vertex, 6 mm and deeper.
    gain : dict of str to float32 array
        Smooth gain per sequence; its logarithm is a polynomial of second order with mean 0 in white matter.
    """

    white: BoolArray
    gray: BoolArray
    csf: BoolArray
    region: BoolArray
    gain: dict[str, FloatArray]

    def median(self, image: FloatArray, tissue: str) -> float:
        """Return the median of ``image`` in ``white``, ``gray`` or ``csf`` of the region; nan where there is none."""
        where = getattr(self, tissue) & self.region
        if tissue == "csf":  # ventricles rather than sulci, where there are any
            core = ndimage.binary_erosion(where)
            where = core if core.sum() >= 200 else where
        found = image[where]
        return float(np.median(found)) if found.size >= 50 else float("nan")


def find_tissue_classes(case: Case) -> TissueClasses:
    """Find tissue from all sequences of a case; see the module."""
    roles = [role for role in SEQUENCES if role in case.images]
    healthy = case.healthy & ndimage.binary_erosion(case.brain, iterations=2)
    # Remnants of skull and dura lie at the rim; enough cortex lies deeper.
    region = (
        _upper_brain(case.brain) & healthy & (ndimage.distance_transform_edt(case.brain, case.spacing) > 6)
    )
    where = np.nonzero(healthy)
    values = np.stack([case.images[role][where] for role in roles], 1).astype(np.float64)
    learn = np.flatnonzero(region[where])
    learn = learn[:: max(1, len(learn) // _LEARNED_FROM)]
    every = np.arange(0, len(values), max(1, len(values) // _LEARNED_FROM))
    basis = _quadratic(where, case.brain.shape)
    coefficients = np.zeros((basis.shape[1], len(roles)))
    for _ in range(_ROUNDS):
        mixture = _learn_mixture(values[learn] / np.exp(basis[learn] @ coefficients), roles)
        some = values[every] / np.exp(basis[every] @ coefficients)
        white = mixture.shares(some)[:, WHITE] > 0.9
        coefficients = _fit_log_gain(values[every][white], basis[every][white])
    shares = mixture.shares(values / np.exp(basis @ coefficients))

    def mask(tissue: int) -> BoolArray:
        found = np.zeros(case.brain.shape, bool)
        found[where] = shares[:, tissue] > 0.9
        return found

    every = np.nonzero(case.brain)
    gain = {}
    for index, role in enumerate(roles):
        gain[role] = np.ones(case.brain.shape, np.float32)
        gain[role][every] = np.exp(_quadratic(every, case.brain.shape) @ coefficients[:, index])
    return TissueClasses(mask(WHITE), mask(GRAY), mask(CSF), region, gain)


def _upper_brain(brain: BoolArray) -> BoolArray:
    """Return the slices from 45 to 92 % of the way from the brain's bottom to its top."""
    slices = np.flatnonzero(brain.any((1, 2)))
    bottom, top = slices[0], slices[-1]
    upper = np.zeros_like(brain)
    first = bottom + int(0.45 * (top - bottom))
    last = bottom + int(0.92 * (top - bottom))
    upper[first : last + 1] = True
    return upper & brain


def _quadratic(where: tuple[NDArray, ...], shape: tuple[int, ...]) -> NDArray:
    z, y, x = ((index / (size - 1) * 2 - 1) for index, size in zip(where, shape, strict=True))
    return np.stack([np.ones(len(z)), z, y, x, z * z, y * y, x * x, z * y, z * x, y * x], 1)


def _fit_log_gain(values: NDArray, basis: NDArray) -> NDArray:
    """Fit log intensity of white matter by the basis, the second time without outliers; mean 0 there."""
    target = np.log(np.maximum(values, 1e-3 * np.median(values, axis=0)))
    target = target - np.median(target, axis=0)
    coefficients = np.linalg.lstsq(basis, target, rcond=None)[0]
    for column in range(values.shape[1]):
        residual = target[:, column] - basis @ coefficients[:, column]
        kept = abs(residual) < 3 * 1.4826 * np.median(abs(residual)) + 1e-9
        coefficients[:, column] = np.linalg.lstsq(basis[kept], target[kept, column], rcond=None)[0]
    coefficients[0] -= (basis @ coefficients).mean(0)
    return coefficients


@dataclass(frozen=True)
class _Mixture:
    center: NDArray
    spread: NDArray
    means: NDArray
    covariances: list[NDArray]

    def scaled(self, values: NDArray) -> NDArray:
        return np.clip((values - self.center) / self.spread, -6, 12)

    def shares(self, values: NDArray) -> NDArray:
        """Return the probability (voxels, components) of each component."""
        return _expect(self.scaled(values), self.means, self.covariances)


def _learn_mixture(values: NDArray, roles: list[str]) -> _Mixture:
    center = np.median(values, axis=0)
    spread = 1.4826 * np.median(abs(values - center), axis=0) + 1e-6
    start = _Mixture(center, spread, np.zeros((0,)), [])
    data = start.scaled(values)
    shares = _first_guess(data, roles)
    wide = 4 * np.diag(data.var(0))
    previous = np.inf
    for _ in range(_ITERATIONS):
        weights = shares.sum(0) + 1e-6
        means = shares.T @ data / weights[:, None]
        means[_MIXED], means[_OTHER] = (means[GRAY] + means[CSF]) / 2, data.mean(0)
        if np.max(abs(means - previous)) < _CONVERGED:
            break
        previous = means
        covariances = [
            (data - mean).T @ ((data - mean) * share[:, None]) / weight + 0.01 * np.eye(len(mean))
            for mean, share, weight in zip(means, shares.T, weights, strict=True)
        ]
        covariances[_OTHER] = wide
        shares = _expect(data, means, covariances)
    return _Mixture(center, spread, means, covariances)


def _first_guess(data: NDArray, roles: list[str]) -> NDArray:
    white_score = sum(_BRIGHTNESS[role][0] * data[:, i] for i, role in enumerate(roles))
    fluid_score = sum(_BRIGHTNESS[role][1] * data[:, i] for i, role in enumerate(roles))
    mixed, fluid = (fluid_score > np.quantile(fluid_score, level) for level in (0.82, 0.92))
    white = (white_score > np.median(white_score[~mixed])) & ~mixed
    shares = np.zeros((len(data), len(_WEIGHTS)))
    for component, found in ((WHITE, white), (GRAY, ~white & ~mixed), (CSF, fluid), (_MIXED, mixed & ~fluid)):
        shares[:, component] = found
    return 0.94 * shares + 0.012


def _expect(data: NDArray, means: NDArray, covariances: list[NDArray]) -> NDArray:
    logs = []
    for weight, mean, covariance in zip(_WEIGHTS, means, covariances, strict=True):
        whiten = np.linalg.inv(np.linalg.cholesky(covariance))
        distance = (((data - mean) @ whiten.T) ** 2).sum(1)
        logs.append(np.log(weight) - 0.5 * distance + np.log(np.diag(whiten)).sum())
    stack = np.stack(logs, 1)
    likelihood = np.exp(stack - stack.max(1, keepdims=True))
    return likelihood / likelihood.sum(1, keepdims=True)
