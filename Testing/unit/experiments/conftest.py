"""Synthetic heads for the experiments' tests."""

from __future__ import annotations

import numpy as np
import pytest

from gliomamri.experiments.phantom_realism.case import Case
from unit.experiments.synthetic_head import INTENSITIES, SHAPE, head_images, head_tissue


@pytest.fixture(scope="session")
def tissue():
    return head_tissue()


@pytest.fixture(scope="session")
def a_case(tissue):
    labels = np.zeros(SHAPE, np.uint8)
    z, y, x = np.meshgrid(*[np.arange(n) - (n - 1) / 2 for n in SHAPE], indexing="ij")
    distance = np.sqrt((z - 12) ** 2 + (y + 22) ** 2 + (x - 18) ** 2)
    labels[(distance < 10) & (tissue > 0)] = 2
    labels[distance < 6] = 3
    labels[distance < 4] = 1
    images = head_images(tissue, noise=0.03)
    for role, edema in {"T1w": 640, "ceT1w": 690, "T2w": 540, "FLAIR": 900}.items():
        images[role][labels == 2] += edema - INTENSITIES[role][0]
    return Case.from_arrays("synthetic", images, labels=labels)
