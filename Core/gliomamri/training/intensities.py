"""Random changes of intensity, on top of what the simulation draws: cheap, on the fly, on any device.

Channels are z-scores or scaled maps, 0 outside the brain; outside stays 0.

    gain, offset   x -> a x + b per channel                    (normalization shifted by a tumor or a poor brain mask)
    gamma          the sign-keeping power of x per channel     (another contrast of the same tissues)
    shading        x -> x exp(smooth field)
    blur           along one axis, some channels               (thick slices, motion)
    noise          Gaussian, correlated over 1 to 2 voxels

Quantitative maps get noise and offsets of a few percent only: their values mean something.

Called by :mod:`gliomamri.training.batches`; tested by Testing/unit/training/test_intensities.py.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import torch
from torch.nn import functional

from gliomamri.imaging.channels import is_quantitative


@dataclass(frozen=True)
class IntensityPriors:
    """Standard deviations (of logarithms for gain, gamma, shading) and probabilities.

    Attributes
    ----------
    gain, offset, gamma : float
        Of weighted images.
    shading : float
        Largest standard deviation of the field.
    blur, blur_width : float
        Probability per channel; largest standard deviation in voxels.
    noise : float
        Largest standard deviation in units of the channel.
    map_gain, map_offset : float
        Of quantitative maps.
    """

    gain: float = 0.10
    offset: float = 0.10
    gamma: float = 0.12
    shading: float = 0.10
    blur: float = 0.25
    blur_width: float = 1.3
    noise: float = 0.12
    map_gain: float = 0.02
    map_offset: float = 0.04


def randomize(
    channels: torch.Tensor,
    roles: Sequence[str],
    generator: np.random.Generator,
    priors: IntensityPriors | None = None,
) -> torch.Tensor:
    """Return changed channels.

    Parameters
    ----------
    channels : tensor (roles, z, y, x)
        Not changed.
    roles
        Names of the channels.
    generator
        Of everything.
    priors
        How much.
    """
    priors = priors or IntensityPriors()
    inside = channels != 0
    made = torch.empty_like(channels)
    shading = generator.uniform(0, priors.shading)
    for place, role in enumerate(roles):
        one = channels[place]
        if is_quantitative(role):
            one = one * _normal(generator, 1.0, priors.map_gain) + _normal(generator, 0.0, priors.map_offset)
        else:
            one = _gamma(one, float(np.exp(generator.normal(0, priors.gamma))))
            one = one * float(np.exp(generator.normal(0, priors.gain))) + _normal(
                generator, 0.0, priors.offset
            )
            field = _smooth_field(generator, one.shape, one.device) * shading
            # A field multiplies signals, and a z-score has lost its zero, which lies 2 to 3 deviations below its mean.
            one = (one + 2.5) * torch.exp(field) - 2.5
        if generator.random() < priors.blur:
            one = _blurred(one, int(generator.integers(3)), float(generator.uniform(0.3, priors.blur_width)))
        made[place] = one + _noise(generator, one.shape, one.device) * float(
            generator.uniform(0, priors.noise)
        )
    return torch.where(inside, made, torch.zeros_like(made))


def _normal(generator: np.random.Generator, mean: float, deviation: float) -> float:
    return float(generator.normal(mean, deviation))


def _gamma(values: torch.Tensor, gamma: float) -> torch.Tensor:
    """Return the power of the distance from 2.5 below the mean, scaled to keep the mean and the slope there."""
    base = ((values + 2.5) / 2.5).clamp_min(1e-3)
    return (base**gamma - 1) * (2.5 / gamma)


def _smooth_field(generator: np.random.Generator, shape: torch.Size, device: torch.device) -> torch.Tensor:
    """Return a field of about unit standard deviation that varies over a third of the patch's longest edge."""
    nodes = [max(2, round(4 * edge / max(shape))) for edge in shape]
    coarse = torch.as_tensor(generator.standard_normal((1, 1, *nodes)), dtype=torch.float32, device=device)
    return functional.interpolate(coarse, tuple(shape), mode="trilinear", align_corners=True)[0, 0] * 1.5


def _noise(generator: np.random.Generator, shape: torch.Size, device: torch.device) -> torch.Tensor:
    """Return noise of unit standard deviation, white or interpolated from a coarser grid."""
    source = torch.Generator(device).manual_seed(int(generator.integers(2**62)))
    factor = float(generator.choice((1.0, 1.0, 0.6)))
    coarse = [max(1, round(edge * factor)) for edge in shape]
    noise = torch.randn((1, 1, *coarse), generator=source, device=device)
    if factor < 1:
        noise = functional.interpolate(noise, tuple(shape), mode="trilinear", align_corners=False)
        noise = noise / noise.std().clamp_min(1e-6)
    return noise[0, 0]


def _blurred(values: torch.Tensor, axis: int, width: float) -> torch.Tensor:
    """Return ``values`` (z, y, x) smoothed along one axis by a Gaussian of ``width`` voxels."""
    reach = max(1, int(3 * width + 0.5))
    offsets = torch.arange(-reach, reach + 1, device=values.device, dtype=values.dtype)
    kernel = torch.exp(-0.5 * (offsets / width) ** 2)
    shape = [1, 1, 1, 1, 1]
    shape[2 + axis] = len(kernel)
    padding = [0] * 6
    padding[4 - 2 * axis] = padding[5 - 2 * axis] = reach
    weights = (kernel / kernel.sum()).reshape(shape)
    padded = functional.pad(values[None, None], padding, mode="replicate")
    return functional.conv3d(padded, weights)[0, 0]
