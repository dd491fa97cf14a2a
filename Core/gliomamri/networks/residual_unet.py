"""U-Net with a residual encoder, for slices or volumes: small enough for a CPU, and without further packages.

The plan of nnU-Net's ResEnc (Isensee et al. 2024, arXiv 2404.09556): residual blocks downward, one plain convolution
per level upward. MONAI has no such network; its SegResNet and DynUNet stand beside it in the registry. Built by
:mod:`gliomamri.networks.registry`; tested by Testing/unit/networks/test_segmentation_networks.py.
"""

from __future__ import annotations

from typing import Any

import torch
from torch import nn

SLOPE = 0.01
_LAYERS: dict[int, dict[str, Any]] = {
    2: {
        "conv": nn.Conv2d,
        "double": nn.ConvTranspose2d,
        "mean": nn.AvgPool2d,
        "instance": nn.InstanceNorm2d,
        "batch": nn.BatchNorm2d,
        "dropout": nn.Dropout2d,
    },
    3: {
        "conv": nn.Conv3d,
        "double": nn.ConvTranspose3d,
        "mean": nn.AvgPool3d,
        "instance": nn.InstanceNorm3d,
        "batch": nn.BatchNorm3d,
        "dropout": nn.Dropout3d,
    },
}


class ResidualUNet(nn.Module):
    """U-Net whose encoder learns residuals [our choice of sizes].

    Neighbor slices of a 2.5D input are channels like any other.

    Parameters
    ----------
    dimensions : int
        2 or 3.
    in_channels, out_channels : int
        Channels of the input; classes or regions of the output.
    filters, most_filters : int
        Filters at full resolution, doubled per level up to `most_filters`.
    levels : int
        Resolutions; the lowest is 2 ** (levels - 1) times coarser than the input.
    blocks : int
        Residual blocks per level of the encoder.
    norm : str
        "instance" (affine) or "batch". Batch normalization melts into the convolutions at inference.
    dropout : float
        Probability that a channel of the lowest level is dropped.
    """

    def __init__(
        self,
        dimensions: int,
        in_channels: int,
        out_channels: int,
        filters: int = 16,
        levels: int = 5,
        most_filters: int = 256,
        blocks: int = 1,
        norm: str = "instance",
        dropout: float = 0.0,
    ) -> None:
        super().__init__()
        layers = _LAYERS[dimensions]
        widths = [min(filters * 2**level, max(filters, most_filters)) for level in range(levels)]
        self.stem = _convolution(layers, in_channels, widths[0], norm)
        self.encoder = nn.ModuleList()
        channels = widths[0]
        for level, width in enumerate(widths):
            first = _Residual(layers, channels, width, norm, stride=1 if level == 0 else 2)
            rest = [_Residual(layers, width, width, norm) for _ in range(blocks - 1)]
            self.encoder.append(nn.Sequential(first, *rest))
            channels = width
        self.dropout = layers["dropout"](dropout)
        self.upsamplings, self.decoder = nn.ModuleList(), nn.ModuleList()
        for width in reversed(widths[:-1]):
            self.upsamplings.append(layers["double"](channels, width, 2, stride=2))
            self.decoder.append(_convolution(layers, 2 * width, width, norm))
            channels = width
        self.last = layers["conv"](channels, out_channels, 1)
        for layer in self.modules():
            if isinstance(layer, layers["conv"] | layers["double"]):
                nn.init.kaiming_normal_(layer.weight, a=SLOPE)
                if layer.bias is not None:
                    nn.init.zeros_(layer.bias)

    def forward(self, image: torch.Tensor) -> torch.Tensor:
        """Return logits (N, out_channels, *space) of (N, in_channels, *space).

        Every edge is a multiple of 2 ** (levels - 1), and more than one voxel is left at the lowest level.
        """
        image = self.stem(image)
        passed = []
        for stage in self.encoder:
            image = stage(image)
            passed.append(image)
        image = self.dropout(passed.pop())
        for double, stage in zip(self.upsamplings, self.decoder, strict=True):
            image = stage(torch.cat([double(image), passed.pop()], dim=1))
        return self.last(image)


class _Residual(nn.Module):
    """LeakyReLU(x' + norm(conv(LeakyReLU(norm(conv(x)))))); x' is x, averaged and projected where shapes differ."""

    def __init__(
        self, layers: dict[str, Any], channels: int, filters: int, norm: str, stride: int = 1
    ) -> None:
        super().__init__()
        self.change = nn.Sequential(
            _convolution(layers, channels, filters, norm, stride),
            *_convolution(layers, filters, filters, norm)[:2],
        )
        kept: list[nn.Module] = []
        if stride > 1:
            kept.append(layers["mean"](stride))
        if channels != filters:
            kept += [layers["conv"](channels, filters, 1, bias=False), _norm(layers, norm, filters)]
        self.kept = nn.Sequential(*kept)
        self.activation = nn.LeakyReLU(SLOPE, inplace=True)

    def forward(self, image: torch.Tensor) -> torch.Tensor:
        return self.activation(self.kept(image) + self.change(image))


def _norm(layers: dict[str, Any], norm: str, filters: int) -> nn.Module:
    return layers[norm](filters, affine=True)


def _convolution(
    layers: dict[str, Any], channels: int, filters: int, norm: str, stride: int = 1
) -> nn.Sequential:
    # The normalization's shift makes a bias of the convolution idle.
    return nn.Sequential(
        layers["conv"](channels, filters, 3, stride=stride, padding=1, bias=False),
        _norm(layers, norm, filters),
        nn.LeakyReLU(SLOPE, inplace=True),
    )
