"""Patches of examples at random places and poses, and one that covers a whole brain.

A patch is sampled straight from the volume: place, rotation, scale, shear, reflection and the distance between its
slices are one affine map, so that the image is interpolated once. A stack of a few slices several millimeters apart
(2.5-D) is a patch like any other.

The volume's axes are (z, y, x); positions are in voxels from the volume's middle.

Called by :mod:`gliomamri.training.batches`; tested by Testing/unit/training/test_patches.py.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import torch
from numpy.typing import NDArray
from torch.nn import functional

Shape = tuple[int, int, int]


@dataclass(frozen=True)
class PosePriors:
    """How patches are turned and stretched; angles in degrees, standard deviations of logarithms else.

    Attributes
    ----------
    rotation : (z, y, x)
        Largest angle about each axis, uniform.
    scale : float
        Of all axes together.
    stretch : float
        Of each axis alone.
    shear : float
        Standard deviation of the shears.
    flip : float
        Probability of left-right reflection.
    """

    rotation: tuple[float, float, float] = (20.0, 12.0, 12.0)
    scale: float = 0.08
    stretch: float = 0.03
    shear: float = 0.02
    flip: float = 0.5


STILL = PosePriors((0.0, 0.0, 0.0), 0.0, 0.0, 0.0, 0.0)


@dataclass(frozen=True)
class Patch:
    """A patch's grid.

    Attributes
    ----------
    center : array (3,)
        Voxels from the volume's middle.
    matrix : array (3, 3)
        From voxels of the patch (from its middle) to voxels of the volume.
    shape : (z, y, x)
    """

    center: NDArray[np.float64]
    matrix: NDArray[np.float64]
    shape: Shape

    def of(self, volume: torch.Tensor, *, nearest: bool = False) -> torch.Tensor:
        r"""Sample ``volume`` (channels, z, y, x): float32 (channels, \*shape), 0 beyond its edges."""
        grid = self._grid(volume.shape[1:], volume.device)
        made = functional.grid_sample(
            volume[None].float(),
            grid[None],
            "nearest" if nearest else "bilinear",
            "zeros",
            align_corners=True,
        )
        return made[0]

    def _grid(self, size: torch.Size, device: torch.device) -> torch.Tensor:
        r"""Return positions as grid_sample takes them: (\*shape, 3), last axis x, y, z in [-1, 1]."""
        half = torch.tensor([max(edge - 1, 1) / 2 for edge in size], device=device)
        axes = [torch.arange(edge, device=device) - (edge - 1) / 2 for edge in self.shape]
        own = torch.stack(torch.meshgrid(*axes, indexing="ij"), -1)
        matrix = torch.as_tensor(self.matrix, dtype=torch.float32, device=device)
        center = torch.as_tensor(self.center, dtype=torch.float32, device=device)
        return ((own @ matrix.T + center) / half).flip(-1)


def draw_patch(
    generator: np.random.Generator,
    center: NDArray[np.float64],
    shape: Shape,
    steps: tuple[float, float, float] = (1.0, 1.0, 1.0),
    priors: PosePriors | None = None,
) -> Patch:
    """Draw a patch.

    Parameters
    ----------
    generator
        Of the pose.
    center
        Voxels from the volume's middle.
    shape
        Voxels of the patch.
    steps
        Voxels of the volume from one of the patch's to the next, along z, y, x.
    priors
        Of the pose.
    """
    priors = priors or PosePriors()
    angles = np.deg2rad(generator.uniform(-1, 1, 3) * priors.rotation)
    scales = np.exp(generator.normal(0, priors.scale) + generator.normal(0, priors.stretch, 3))
    shear = np.eye(3) + np.triu(generator.normal(0, 1, (3, 3)) * priors.shear, 1)
    mirror = np.diag([1.0, 1.0, -1.0 if generator.random() < priors.flip else 1.0])
    matrix = _rotation(angles) @ shear @ np.diag(scales) @ mirror @ np.diag(steps)
    return Patch(np.asarray(center, float), matrix, shape)


def whole(shape: Shape, steps: tuple[float, float, float] = (1.0, 1.0, 1.0)) -> Patch:
    """Return the upright patch of ``shape`` about the volume's middle."""
    return Patch(np.zeros(3), np.diag(steps), shape)


def draw_center(
    generator: np.random.Generator, places: NDArray[np.integer], shape: Shape, spread: float = 0.0
) -> NDArray[np.float64]:
    """Draw one of ``places``, moved by a normal deviate of ``spread`` voxels; from the volume's middle.

    Parameters
    ----------
    generator
        Of the choice.
    places : int array (n,)
        Flat indices into the volume; where there are none, its middle.
    shape
        Of the volume.
    spread
        Voxels.
    """
    if len(places) == 0:
        return np.zeros(3)
    at = np.unravel_index(places[generator.integers(len(places))], shape)
    return np.array(at) - (np.array(shape) - 1) / 2 + generator.normal(0, 1, 3) * spread


def _rotation(angles: NDArray[np.float64]) -> NDArray[np.float64]:
    """Return the rotation about z, then y, then x; axes (z, y, x)."""
    matrix = np.eye(3)
    for axis, (first, second) in enumerate(((1, 2), (2, 0), (0, 1))):
        turn = np.eye(3)
        sine, cosine = np.sin(angles[axis]), np.cos(angles[axis])
        turn[first, first] = turn[second, second] = cosine
        turn[first, second], turn[second, first] = -sine, sine
        matrix = turn @ matrix
    return matrix
