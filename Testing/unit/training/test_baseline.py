"""The threshold on FLAIR finds the bright part, not the rim, on anisotropic images."""

from __future__ import annotations

import numpy as np
import pytest
import SimpleITK as sitk

from gliomamri.study import Study
from gliomamri.training.baseline import flair_threshold

SPACING = (1.0, 1.2, 3.0)
SIZE = (60, 56, 24)


def image(values):
    made = sitk.GetImageFromArray(values.astype(np.float32))
    made.SetSpacing(SPACING)
    return made


@pytest.fixture
def head():
    """Brain, an edema of about 12 ml with a hole, a bright spot, and a bright rim."""
    z, y, x = np.meshgrid(
        *(np.arange(n) * s for n, s in zip(SIZE[::-1], SPACING[::-1], strict=True)), indexing="ij"
    )
    radius = np.sqrt(((x - 30) / 26) ** 2 + ((y - 33) / 30) ** 2 + ((z - 36) / 33) ** 2)
    brain = radius < 1
    distance = np.sqrt((x - 22) ** 2 + (y - 38) ** 2 + (z - 36) ** 2)
    edema = distance < 14
    bright = edema & (distance > 3)
    spot = np.sqrt((x - 45) ** 2 + (y - 25) ** 2 + (z - 30) ** 2) < 4
    noise = np.random.default_rng(0).normal(0, 4, brain.shape)
    flair = brain * (100 + 60 * (bright | spot) + 80 * (radius > 0.96) + noise)
    t2 = brain * (100 + 40 * (edema | spot) + noise[::-1])
    return flair, t2, brain, edema


def test_largest_bright_part_with_its_hole_filled(head):
    flair, t2, brain, edema = head
    found = flair_threshold(Study({"FLAIR": image(flair), "T2w": image(t2)}), image(brain))
    assert found.dtype == bool
    dice = 2 * (found & edema).sum() / (found.sum() + edema.sum())
    assert 0.7 < dice < 0.95  # the threshold cuts the soft border off
    assert found[12, 31, 22]


def test_what_is_dark_on_t2_is_no_tumor(head):
    flair, t2, brain, edema = head
    dark = np.where(edema, 40, t2) * brain
    found = flair_threshold(Study({"FLAIR": image(flair), "T2w": image(dark)}), image(brain))
    assert not (found & edema).any()


def test_nothing_is_found_in_an_even_brain(head):
    _, _, brain, _ = head
    even = brain * (100 + np.random.default_rng(1).normal(0, 3, brain.shape))
    assert not flair_threshold(Study({"FLAIR": image(even), "T2w": image(even)}), image(brain)).any()
