"""Segmentation beside MONAI's sliding windows, and detection beside a loop over slices.

Segmentation: 240 x 240 x 155 voxels, 4 channels, two networks, each asked as is and mirrored, the same windows and
overlap. The baseline is MONAI's SlidingWindowInferer, Gaussian weights, in a plain loop over networks and mirrored
images, in inference mode, on the same threads, with a batch of windows that suits a CPU. Both are compared where
there is brain: windows that hold none of it are what ours does not ask.

Detection: 24 slices of 512 x 512, 2D-SDM4 of half the published width; the baseline asks slice by slice.
"""

from __future__ import annotations

import itertools
import time
from typing import Any

import numpy as np
import torch
from monai.inferers import SlidingWindowInferer

from gliomamri.modelstore.parts import Inference
from gliomamri.networks.registry import build
from gliomamri.tumor.inference import Layout, Options, predict

SHAPE = (155, 240, 240)
WINDOW, OVERLAP = (64, 64, 64), 0.25
LABELS = Inference("softmax", ((0,), (1,), (2,), (4,)))
TUMOR = Inference("softmax", ((0,), (1,)))
CLOSE = 1e-4
BATCH = 2
"""Windows at once of the baseline: one by one PyTorch leaves oneDNN aside, and is 1.6 times slower."""


def rows() -> list[dict[str, Any]]:
    """Return two rows: segmentation, detection."""
    return [_segmentation(), _detection()]


def _brain(shape: tuple[int, int, int]) -> np.ndarray:
    """A brain as it lies in a BraTS image: 140 x 175 x 140 mm."""
    z, y, x = np.indices(shape, np.float32)
    middle = (np.array(shape) - 1) / 2
    half = np.array([70.0, 87.0, 70.0]) * np.array(shape) / SHAPE
    inside = sum(((at - m) / h) ** 2 for at, m, h in zip((z, y, x), middle, half, strict=True))
    return inside < 1


def _segmentation() -> dict[str, Any]:
    generator = np.random.default_rng(5)
    brain = _brain(SHAPE)
    image = generator.normal(0, 1, (4, *SHAPE)).astype(np.float32) * brain
    arguments = {"dimensions": 3, "in_channels": 4, "out_channels": 4, "filters": 8, "levels": 4}
    networks = [build("unet", seed=seed, **arguments).eval() for seed in (0, 1)]
    options = Options("cpu", "windows", OVERLAP, flips=("x",), crop=False)
    start = time.perf_counter()
    found = predict(networks, image, brain, Layout(WINDOW, 8), LABELS, options).mean
    ours = time.perf_counter() - start
    start = time.perf_counter()
    expected = _monai(networks, image)
    other = time.perf_counter() - start
    start = time.perf_counter()
    predict(networks, image, brain, Layout(WINDOW, 8), LABELS, Options("cpu", "auto", OVERLAP, flips=("x",)))
    default = time.perf_counter() - start
    difference = float(np.abs(found - expected)[:, brain].max())
    return {
        "name": "segmentation 240x240x155, 4 channels, 2 networks mirrored, beside MONAI SlidingWindowInferer",
        "ours": f"{ours:.0f} s (as shipped, around the brain only: {default:.0f} s)",
        "other": f"{other:.0f} s",
        "ratio": other / ours,
        "at_least": 1.5,
        "agreement": f"probabilities within {difference:.1g} in the brain",
        "ok": difference < CLOSE,
    }


def _monai(networks: list[torch.nn.Module], image: np.ndarray) -> np.ndarray:
    inferer = SlidingWindowInferer(WINDOW, BATCH, OVERLAP, mode="gaussian")
    total = torch.zeros((4, *SHAPE))
    with torch.inference_mode():
        for network, flip in itertools.product(networks, ([], [-1])):

            def asked(part: torch.Tensor, network: torch.nn.Module = network) -> torch.Tensor:
                return network(part).softmax(1)

            given = torch.from_numpy(image)[None].flip(flip)
            total += inferer(given, asked).flip(flip)[0]
    return (total / (2 * len(networks))).numpy()


def _detection() -> dict[str, Any]:
    shape = (24, 512, 512)
    image = np.random.default_rng(6).normal(0, 1, (4, *shape)).astype(np.float32)
    network = build("sdm4", in_channels=4, width=0.5).eval()
    layout = Layout((1, 512, 512), 1, gives_voxels=False)
    brain = _brain(shape)
    start = time.perf_counter()
    found = predict([network], image, brain, layout, TUMOR, Options("cpu")).mean[:, :, 0, 0]
    ours = time.perf_counter() - start
    start = time.perf_counter()
    with torch.inference_mode():
        asked = [network(torch.from_numpy(image[None, :, z])).softmax(1)[0].numpy() for z in range(24)]
    other = time.perf_counter() - start
    there = brain.any(axis=(1, 2))
    difference = float(np.abs(found - np.stack(asked, axis=1))[:, there].max())
    return {
        "name": "detection, 24 slices 512x512, beside a loop over slices",
        "ours": f"{ours:.1f} s",
        "other": f"{other:.1f} s",
        "ratio": other / ours,
        "at_least": 0.0,
        "agreement": f"probabilities within {difference:.1g}",
        "ok": difference < CLOSE,
    }
