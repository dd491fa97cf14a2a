"""A synthetic head of known tissue, blur and noise."""

from __future__ import annotations

import numpy as np
from scipy import ndimage

# white, gray, CSF
INTENSITIES = {
    "T1w": (800, 600, 200),
    "ceT1w": (850, 660, 220),
    "T2w": (300, 400, 1200),
    "FLAIR": (500, 600, 150),
}
SHAPE = (84, 100, 90)


def head_tissue():
    """Tissue 1 white, 2 gray, 3 CSF, 0 outside: an ellipsoid of white matter with cortex, folds and ventricles."""
    z, y, x = np.meshgrid(*[np.arange(n) - (n - 1) / 2 for n in SHAPE], indexing="ij")
    radius = np.sqrt((z / 37) ** 2 + (y / 46) ** 2 + (x / 41) ** 2)
    folds = 0.08 * np.sin(x / 4) * np.sin(y / 5 + 1) * np.sin(z / 4.5)
    tissue = np.zeros(SHAPE, np.uint8)
    tissue[radius < 1] = 3
    tissue[radius + folds < 0.93] = 2
    tissue[radius + 2 * folds < 0.72] = 1
    tissue[((z - 4) / 9) ** 2 + (y / 18) ** 2 + ((abs(x) - 9) / 6) ** 2 < 1] = 3
    return tissue


def head_images(tissue, *, noise=0.0, blur=(0.6, 0.6, 0.6), seed=0):
    rng = np.random.default_rng(seed)
    images = {}
    for role, values in INTENSITIES.items():
        sharp = np.array([0, *values], float)[tissue]
        smooth = ndimage.gaussian_filter(sharp, blur) + noise * values[0] * rng.standard_normal(SHAPE)
        images[role] = np.where(tissue > 0, np.maximum(smooth, 1), 0)
    return images
