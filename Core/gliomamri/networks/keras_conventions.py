"""What Keras does otherwise than PyTorch: initial weights, and where "same" padding puts its voxels.

Paper 000's networks were written in TensorFlow 2.6. Built with these, ours start from the same distribution of
weights and look at the same voxels. Called by :mod:`~gliomamri.networks.sdm4` and
:mod:`~gliomamri.networks.unet2d`; tested by Testing/unit/networks/test_unet2d.py.
"""

from __future__ import annotations

import math

import torch
from torch import nn
from torch.nn import functional

BATCH_NORM = {"eps": 1e-3, "momentum": 0.01}
"""Keras's epsilon 0.001; its momentum 0.99 is the share kept, PyTorch's is the share renewed."""
INSTANCE_NORM = {"eps": 1e-3, "affine": True}
"""Of TensorFlow Addons."""

# Standard deviation of a unit normal cut at two standard deviations.
_CUT_AT_TWO = 0.87962566103423978


def scaled(filters: int, width: float) -> int:
    """Number of filters after the width multiplier, at least 1."""
    return max(1, round(filters * width))


def glorot_uniform(layer: nn.Conv2d | nn.Linear) -> None:
    """Draw weights uniformly in +-sqrt(6 / (fan in + fan out)) and set the bias to 0: Keras's default."""
    nn.init.xavier_uniform_(layer.weight)
    nn.init.zeros_(layer.bias)


def he_normal(layer: nn.Conv2d | nn.ConvTranspose2d) -> None:
    """Draw weights from a normal of variance 2 / fan in, cut at two standard deviations; bias 0."""
    # PyTorch stores a transposed kernel as (in, out, y, x): its dimension 1 is Keras's fan in for both kinds.
    fan_in = layer.weight.shape[1] * math.prod(layer.weight.shape[2:])
    sd = math.sqrt(2 / fan_in) / _CUT_AT_TWO
    nn.init.trunc_normal_(layer.weight, std=sd, a=-2 * sd, b=2 * sd)
    nn.init.zeros_(layer.bias)


class Halve(nn.Conv2d):
    """Convolution 3x3, stride 2, "same": on even sizes Keras pads after the last row and column only."""

    def __init__(self, channels: int) -> None:
        super().__init__(channels, channels, 3, stride=2)

    def forward(self, image: torch.Tensor) -> torch.Tensor:
        """(N, C, y, x) -> (N, C, y / 2, x / 2)."""
        return super().forward(functional.pad(image, (0, 1, 0, 1)))


class Double(nn.ConvTranspose2d):
    """Transposed convolution 3x3, stride 2, "same": Keras drops the last row and column."""

    def __init__(self, channels: int, filters: int) -> None:
        super().__init__(channels, filters, 3, stride=2)

    def forward(self, image: torch.Tensor) -> torch.Tensor:
        """(N, C, y, x) -> (N, filters, 2 y, 2 x)."""
        return super().forward(image)[..., :-1, :-1]
