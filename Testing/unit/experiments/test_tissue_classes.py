"""Tissue found without labels, against the head's own."""

from __future__ import annotations

import numpy as np
import pytest

from gliomamri.experiments.phantom_realism.case import Case
from gliomamri.experiments.phantom_realism.tissue_classes import find_tissue_classes
from unit.experiments.synthetic_head import INTENSITIES, head_images


@pytest.mark.parametrize("roles", [("T1w", "ceT1w", "T2w", "FLAIR"), ("T1w", "T2w")])
def test_medians_are_those_of_the_tissue(tissue, roles):
    images = head_images(tissue, noise=0.03)
    case = Case.from_arrays("head", {role: images[role] for role in roles})

    found = find_tissue_classes(case)

    for role in roles:
        for name, truth in zip(("white", "gray", "csf"), INTENSITIES[role], strict=True):
            assert found.median(case.images[role], name) == pytest.approx(truth, rel=0.06)


def test_smooth_gain_is_found(tissue):
    images = head_images(tissue, noise=0.02)
    gain = np.exp(0.2 * np.linspace(-1, 1, tissue.shape[2]))
    case = Case.from_arrays("head", {role: image * gain for role, image in images.items()})

    found = find_tissue_classes(case)

    slope = np.log(found.gain["T2w"][40, 50, 10] / found.gain["T2w"][40, 50, 80])
    assert slope == pytest.approx(-0.4 * 70 / 89, abs=0.06)


def test_same_case_gives_the_same_tissue(a_case):
    first, second = (find_tissue_classes(a_case) for _ in range(2))

    assert np.array_equal(first.white, second.white)
    assert not (first.white & (a_case.labels > 0)).any()
