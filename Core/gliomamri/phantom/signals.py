"""Images without flaws from what the voxels hold: each compartment gives its signal, and signals add.

    S = S_tissue(PD, R1 + r1 C, R2 + r2 C) + sum over fluids of share * S_fluid                          (1)

The sum is taken with signs; the magnitude comes last, so that cortex and CSF of opposite sign darken the voxel between
them as they do in a real inversion-prepared image.

Tested by Testing/unit/phantom/test_signals.py.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from functools import partial

import numpy as np
from numpy.typing import NDArray

from gliomamri.phantom.agent import Agent, Uptake
from gliomamri.phantom.grid import FloatArray
from gliomamri.phantom.sequences import DiffusionSeries, MagicSeries, Sequence
from gliomamri.phantom.voxels import Voxels

_FLUID_R2_PRIME = 1.0


def agent_concentration(voxels: Voxels, uptake: Uptake) -> FloatArray:
    """Return mmol/L of contrast agent in the tissue compartment."""
    concentration = voxels.blood_agent * np.float32(uptake.blood)
    concentration += voxels.tissue_agent * np.float32(uptake.leaky)
    return concentration


def relaxation_rates(
    voxels: Voxels, agent: Agent, concentration: FloatArray | None
) -> tuple[FloatArray, FloatArray]:
    """Return R1 and R2 in 1/s of the tissue compartment, with contrast agent where there is any."""
    if concentration is None:
        return voxels.R1, voxels.R2
    return (
        voxels.R1 + np.float32(agent.r1) * concentration,
        voxels.R2 + np.float32(agent.r2) * concentration,
    )


def weighted_image(
    voxels: Voxels, sequence: Sequence, rates: tuple[FloatArray, FloatArray], B1: FloatArray | float = 1.0
) -> FloatArray:
    """Return equation (1) for a weighted image, relative to pure water; (z, y, x)."""
    with_sign = replace(sequence, signed=True)
    R1, R2 = rates
    image = with_sign.signal(voxels.PD, R1, R2, voxels.R2_prime, B1)
    for fluid in voxels.fluids:
        signal = partial(with_sign.signal, fluid.PD, fluid.R1, fluid.R2, _FLUID_R2_PRIME)
        _add_fluid(image, fluid.share, signal, B1)
    return image if sequence.signed else np.abs(image, out=image)


def magic_series(
    voxels: Voxels, series: MagicSeries, rates: tuple[FloatArray, FloatArray], B1: FloatArray | float = 1.0
) -> FloatArray:
    """Return the signed images of equation (1); (images, z, y, x)."""
    R1, R2 = rates
    images = series.images(voxels.PD, R1, R2, B1)
    for fluid in voxels.fluids:
        _add_fluid(images, fluid.share, partial(series.images, fluid.PD, fluid.R1, fluid.R2), B1)
    return images


def diffusion_series(voxels: Voxels, series: DiffusionSeries) -> FloatArray:
    """Return the images of equation (1) with diffusion weighting; (images, z, y, x).

    The voxels must have been asked for with diffusion.
    """
    named = voxels.diffusion
    images = series.images(
        voxels.PD,
        np.maximum(voxels.R2, 1e-3),
        *(named[name] for name in ("f", "Dv", "Dt", "K")),
        np.maximum(named["T2v"], 1.0),
    )
    for image, (b_value, echo_time) in zip(images, series.parameters, strict=True):
        for fluid in voxels.fluids:
            decay = np.exp(-b_value / 1000 * fluid.diffusivity - echo_time / 1000 * fluid.R2)
            image += fluid.share * np.float32(fluid.PD * decay)
    return images


def _add_fluid(
    images: FloatArray,
    share: FloatArray,
    signal: Callable[[FloatArray | float], NDArray[np.floating] | float],
    B1: FloatArray | float,
) -> None:
    """Add a fluid's part of the signal in place; ``signal`` gives that of pure fluid for transmit fields.

    Few voxels hold fluid, so a transmit field that varies is looked at only there.
    """
    if np.ndim(B1) == 0:
        pure = np.asarray(signal(B1), np.float32)
        images += share * pure[..., None, None, None]
        return
    wet = share > 0
    images[..., wet] += share[wet] * np.asarray(signal(B1[wet]), np.float32)
