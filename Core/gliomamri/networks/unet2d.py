"""The published 2D U-Net: tumor core per pixel of a slice.

Tampu et al. (paper 000), section 2.4.2 and figure 2, with the details of the published code. Built by
:mod:`gliomamri.networks.registry`; tested by Testing/unit/networks/test_unet2d.py.
"""

from __future__ import annotations

import torch
from torch import nn

from gliomamri.networks.keras_conventions import (
    INSTANCE_NORM,
    Double,
    Halve,
    glorot_uniform,
    he_normal,
    scaled,
)

FILTERS = (32, 64, 128, 256)


class UNet2D(nn.Module):
    """U-Net of depth 4 with instance normalization and strided convolutions.

    A pair is 2 x [conv 3x3 -> instance norm -> leaky ReLU .01]. Down: pair, then conv 3x3 stride 2 of the same
    width, bare. Bridge: dropout, pair, dropout. Up: transposed conv 3x3 stride 2, instance norm, concatenated with
    the encoder's pair (decoder first), pair. Last: conv 1x1.

    Parameters
    ----------
    in_channels : int
        4 for cMRI, 3 for qMRI or qMRI_Gd, 6 for both.
    out_channels : int
        Classes; the paper's are no tumor, tumor core.
    width : float
        Factor on the numbers of filters; 1 is the paper's network, 2,337,986 parameters for 4 channels, 2 classes.
    dropout : float
        Probability, before and after the bridge.
    """

    def __init__(self, in_channels: int, out_channels: int, width: float = 1.0, dropout: float = 0.3) -> None:
        super().__init__()
        *encoder, bridge = (scaled(filters, width) for filters in FILTERS)
        self.pairs_down, self.downsamplings = nn.ModuleList(), nn.ModuleList()
        channels = in_channels
        for filters in encoder:
            self.pairs_down.append(_pair(channels, filters))
            self.downsamplings.append(Halve(filters))
            channels = filters
        self.bridge = nn.Sequential(nn.Dropout(dropout), _pair(channels, bridge), nn.Dropout(dropout))
        self.upsamplings, self.pairs_up = nn.ModuleList(), nn.ModuleList()
        channels = bridge
        for filters in reversed(encoder):
            self.upsamplings.append(
                nn.Sequential(Double(channels, filters), nn.InstanceNorm2d(filters, **INSTANCE_NORM))
            )
            self.pairs_up.append(_pair(2 * filters, filters))
            channels = filters
        self.last = nn.Conv2d(channels, out_channels, 1)
        for layer in self.modules():
            if isinstance(layer, nn.Conv2d | nn.ConvTranspose2d):
                he_normal(layer)
        glorot_uniform(self.last)

    def forward(self, image: torch.Tensor) -> torch.Tensor:
        """Return logits (N, classes, y, x) of slices (N, channels, y, x); y and x are multiples of 8."""
        passed = []
        for pair, halve in zip(self.pairs_down, self.downsamplings, strict=True):
            passed.append(pair(image))
            image = halve(passed[-1])
        image = self.bridge(image)
        for double, pair in zip(self.upsamplings, self.pairs_up, strict=True):
            image = pair(torch.cat([double(image), passed.pop()], dim=1))
        return self.last(image)


def _pair(channels: int, filters: int) -> nn.Sequential:
    layers: list[nn.Module] = []
    for count in (channels, filters):
        layers += [
            nn.Conv2d(count, filters, 3, padding=1),
            nn.InstanceNorm2d(filters, **INSTANCE_NORM),
            nn.LeakyReLU(0.01),
        ]
    return nn.Sequential(*layers)
