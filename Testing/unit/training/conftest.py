"""Small asymmetric examples, and simulated patients of a toy head, quick enough for every test."""

from __future__ import annotations

import numpy as np
import pytest
import torch

from gliomamri.phantom import draw
from gliomamri.training.example import Example
from unit.phantom import toy


@pytest.fixture(scope="session", autouse=True)
def _one_thread():
    """Bitwise equal sums, and no threads that wait for each other."""
    before = torch.get_num_threads()
    torch.set_num_threads(1)
    yield
    torch.set_num_threads(before)


@pytest.fixture
def make_example():
    """Make an example of any roles: an off-center ellipsoid of brain with a tumor of three classes on one side."""

    def make(name="a", roles=("ceT1w", "FLAIR"), shape=(20, 26, 22), seed=0, tumor=True):
        z, y, x = np.meshgrid(*(np.arange(n) for n in shape), indexing="ij")
        middle = [n / 2 - 1 for n in shape]
        brain = sum(((a - m) / (0.4 * n)) ** 2 for a, m, n in zip((z, y, x), middle, shape, strict=True)) < 1
        classes = np.zeros(shape, np.uint8)
        if tumor:
            distance = np.sqrt((z - 10) ** 2 + (y - 9) ** 2 + (x - 6) ** 2)
            for number, radius in ((2, 4.2), (3, 3.2), (1, 2.2)):
                classes[(distance < radius) & brain] = number
        noise = np.random.default_rng(seed).normal(size=(len(roles), *shape))
        channels = np.where(brain, classes[None] + 0.2 * noise, 0).astype(np.float16)
        return Example(name, "glioma", tuple(roles), channels, classes, brain, 1.5)

    return make


@pytest.fixture
def toy_head(monkeypatch):
    """Make every simulated patient of the toy head."""
    anatomy = toy.toy_anatomy()
    monkeypatch.setattr(draw, "choose_anatomy", lambda settings, streams: anatomy)
