"""2D-SDM4: says per slice whether there is tumor.

Tampu et al. (paper 000), section 2.4.1 and figure 2, with the details of the published code. Built by
:mod:`gliomamri.networks.registry`; tested by Testing/unit/networks/test_sdm4.py.
"""

from __future__ import annotations

import torch
from torch import nn

from gliomamri.networks.keras_conventions import BATCH_NORM, glorot_uniform, scaled

BLOCKS = (64, 128, 256, 512)
DENSE = 128
STRIDE = 2 ** len(BLOCKS)
"""Pixels of the input per pixel of the last feature map."""


class SDM4(nn.Module):
    """Four convolution blocks, global average, two dense layers.

    Each block is 2 x [conv 3x3 -> ReLU -> batch norm -> ReLU] -> max pooling 2x2. The ReLU on both sides of the
    normalization is the paper's. Global average -> dropout -> dense 128 -> batch norm -> ReLU -> dense.

    Parameters
    ----------
    in_channels : int
        4 for cMRI, 3 for qMRI or qMRI_Gd, 6 for both.
    out_channels : int
        Classes; the paper's are no tumor, tumor.
    width : float
        Factor on the numbers of filters and of dense units; 1 is the paper's network, 4,755,970 parameters for 4
        channels.
    dropout : float
        Probability, before the first dense layer.
    """

    def __init__(
        self, in_channels: int, out_channels: int = 2, width: float = 1.0, dropout: float = 0.2
    ) -> None:
        super().__init__()
        blocks: list[nn.Module] = []
        channels = in_channels
        for filters in (scaled(filters, width) for filters in BLOCKS):
            blocks.append(nn.Sequential(*_convolution(channels, filters), *_convolution(filters, filters)))
            blocks.append(nn.MaxPool2d(2))
            channels = filters
        # Without the last pooling: Grad-CAM looks at the last convolution, 64x64 for slices of 512x512.
        self.features = nn.Sequential(*blocks[:-1])
        self.pool = blocks[-1]
        units = scaled(DENSE, width)
        self.head = nn.Sequential(
            nn.Dropout(dropout),
            nn.Linear(channels, units),
            nn.BatchNorm1d(units, **BATCH_NORM),
            nn.ReLU(),
            nn.Linear(units, out_channels),
        )
        for layer in self.modules():
            if isinstance(layer, nn.Conv2d | nn.Linear):
                glorot_uniform(layer)

    def forward(self, image: torch.Tensor) -> torch.Tensor:
        """Return logits (N, classes) of slices (N, channels, y, x), edges of 16 pixels or more."""
        return self.head(self.pool(self.features(image)).mean((2, 3)))


def _convolution(channels: int, filters: int) -> list[nn.Module]:
    return [
        nn.Conv2d(channels, filters, 3, padding=1),
        nn.ReLU(),
        nn.BatchNorm2d(filters, **BATCH_NORM),
        nn.ReLU(),
    ]
