"""The same network, faster: what does nothing new at inference is taken out, and memory is laid out for convolutions.

    batch normalization      melts into the convolution before it: w' = w g / s, b' = b g / s + shift - m g / s
    instance normalization   keeps channels-last memory, which PyTorch's own reorders
    memory                   channels last: convolutions need no reordering of their inputs and outputs

Measured on one CPU core, U-Net of 8 filters, two windows of 64 x 64 x 64 voxels at once: 0.16 s per window instead of
0.30 s; probabilities within 3e-6 of the network in double precision, as are those of the network as it was.

Called by :mod:`gliomamri.tumor.inference`; tested by Testing/unit/tumor/test_acceleration.py.
"""

from __future__ import annotations

import copy
import itertools

import torch
from torch import nn
from torch.nn.utils.fusion import fuse_conv_bn_eval

_INSTANCE = (nn.InstanceNorm2d, nn.InstanceNorm3d)
_BATCH = (nn.BatchNorm2d, nn.BatchNorm3d)
_CONVOLUTIONS = (nn.Conv2d, nn.Conv3d)


def accelerated(network: nn.Module, dimensions: int) -> nn.Module:
    """Return a copy of a network that gives the same answers in less time.

    Parameters
    ----------
    network : torch.nn.Module
        In evaluation mode; stays as it is.
    dimensions : int
        2 for slices, 3 for volumes.
    """
    made = copy.deepcopy(network).eval().requires_grad_(False)
    _melt(made)
    _replace_instance_norms(made)
    return made.to(memory_format=layout(dimensions))


def layout(dimensions: int) -> torch.memory_format:
    """Return how the memory of an input is laid out."""
    return torch.channels_last if dimensions == 2 else torch.channels_last_3d


def _melt(module: nn.Module) -> None:
    """Melt batch norms into the convolutions right before them; only a sequence tells what follows what."""
    if isinstance(module, nn.Sequential):
        children = list(module.named_children())
        for (name, first), (following, second) in itertools.pairwise(children):
            if isinstance(first, _CONVOLUTIONS) and isinstance(second, _BATCH) and second.track_running_stats:
                setattr(module, name, fuse_conv_bn_eval(first, second))
                setattr(module, following, nn.Identity())
    for child in module.children():
        _melt(child)


def _replace_instance_norms(module: nn.Module) -> None:
    for name, child in module.named_children():
        if isinstance(child, _INSTANCE) and not child.track_running_stats:
            setattr(module, name, _InstanceNorm(child))
        else:
            _replace_instance_norms(child)


class _InstanceNorm(nn.Module):
    """Instance normalization that keeps the layout of memory; two passes, so that nearly empty windows stay exact."""

    def __init__(self, norm: nn.InstanceNorm2d | nn.InstanceNorm3d) -> None:
        super().__init__()
        self.weight, self.bias, self.eps = norm.weight, norm.bias, norm.eps

    def forward(self, image: torch.Tensor) -> torch.Tensor:
        """(N, C, *space) -> the same shape."""
        centered = image - _mean(image)
        scale = (_mean(centered.square()) + self.eps).rsqrt_()
        if self.weight is None:
            return centered.mul_(scale)
        shape = (1, -1, *(1,) * (image.ndim - 2))
        return centered.mul_(scale * self.weight.view(shape)).add_(self.bias.view(shape))


def _mean(image: torch.Tensor) -> torch.Tensor:
    """Mean over space, axis by axis: one long sum in channels-last memory loses digits."""
    for axis in range(image.ndim - 1, 1, -1):
        image = image.mean(axis, keepdim=True)
    return image
