"""Batches of patches: which examples, where, in which pose, with which channels.

Batch number n of a training run follows from (seed, n) and the examples alone, so that a resumed run goes on with the
same batches, whatever the process drew before.

Called by the training engine; tested by Testing/unit/training/test_batches.py.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field

import numpy as np
import torch
from numpy.typing import NDArray

from gliomamri.training.example import Example
from gliomamri.training.intensities import IntensityPriors, randomize
from gliomamri.training.patches import PosePriors, Shape, draw_center, draw_patch


@dataclass(frozen=True)
class BatchPlan:
    """How batches are drawn.

    Attributes
    ----------
    roles : tuple of str
        The network's channels, in order.
    size : int
        Patches per batch.
    shape : (z, y, x)
        Voxels of a patch.
    steps : (z, y, x)
        Voxels of the example from one voxel of the patch to the next.
    per_example : int
        Patches taken of an example before the next.
    tumor_share : float
        Share of patches centered on a tumor, where the example has one.
    spread : float
        Voxels by which a patch's center is moved about.
    configurations : tuple of tuples of str
        Sets of roles, one of which every patch keeps, the rest being set to 0 (sequence dropout); empty keeps all.
    missing : float
        Probability that a patch loses one more of its roles.
    slices : bool
        True centers patches on the volume's middle in plane, and moves them by ``spread`` in plane only: slices as
        they are, for detection. ``tumor_share`` then is that of slices through a tumor.
    """

    roles: tuple[str, ...]
    size: int
    shape: Shape
    steps: tuple[float, float, float] = (1.0, 1.0, 1.0)
    per_example: int = 1
    tumor_share: float = 0.67
    spread: float = 8.0
    configurations: tuple[tuple[str, ...], ...] = ()
    missing: float = 0.0
    slices: bool = False
    pose: PosePriors = field(default_factory=PosePriors)
    intensity: IntensityPriors = field(default_factory=IntensityPriors)


@dataclass(frozen=True)
class Batch:
    """One batch.

    Attributes
    ----------
    channels : float32 tensor (patches, roles, z, y, x)
    classes : int64 tensor (patches, z, y, x)
    """

    channels: torch.Tensor
    classes: torch.Tensor


class Stock:
    """Examples kept in the memory of a device, ready to be sampled; may grow.

    Parameters
    ----------
    roles
        Channels kept, in order; what an example lacks is 0.
    device
        Where they are kept.
    """

    def __init__(self, roles: Sequence[str], device: torch.device | str = "cpu") -> None:
        self.roles = tuple(roles)
        self.device = torch.device(device)
        self._volumes: list[torch.Tensor] = []
        self._classes: list[torch.Tensor] = []
        self._tumors: list[NDArray[np.int32]] = []
        self._brains: list[NDArray[np.int32]] = []

    def __len__(self) -> int:
        return len(self._volumes)

    def add(self, example: Example) -> None:
        """Keep an example."""
        volume = np.zeros((len(self.roles), *example.classes.shape), np.float16)
        for place, role in enumerate(self.roles):
            if role in example.roles:
                volume[place] = example.channels[example.roles.index(role)]
        self._volumes.append(torch.from_numpy(volume).to(self.device))
        self._classes.append(torch.from_numpy(example.classes[None]).to(self.device))
        self._tumors.append(np.flatnonzero(example.classes).astype(np.int32))
        self._brains.append(np.flatnonzero(example.brain).astype(np.int32))

    def batch(self, plan: BatchPlan, seed: int, number: int) -> Batch:
        """Return batch ``number`` of the run with ``seed``.

        Raises
        ------
        ValueError
            If there is no example, or the plan's roles are not the stock's.
        """
        if not self._volumes:
            raise ValueError("there is no example to draw from")
        if plan.roles != self.roles:
            raise ValueError(f"the plan's roles {plan.roles} are not the stock's {self.roles}")
        generator = np.random.default_rng((seed, number))
        channels, classes = [], []
        while len(channels) < plan.size:
            which = int(generator.integers(len(self)))
            for _ in range(min(plan.per_example, plan.size - len(channels))):
                image, label = self._patch(which, plan, generator)
                channels.append(image)
                classes.append(label)
        return Batch(torch.stack(channels), torch.stack(classes))

    def _patch(
        self, which: int, plan: BatchPlan, generator: np.random.Generator
    ) -> tuple[torch.Tensor, torch.Tensor]:
        tumor, brain = self._tumors[which], self._brains[which]
        on_tumor = generator.random() < plan.tumor_share and len(tumor) > 0
        shape = self._classes[which].shape[1:]
        places = tumor if on_tumor else brain
        if plan.slices:
            center = draw_center(generator, places, shape)
            center[1:] = generator.normal(0, plan.spread, 2)
        else:
            center = draw_center(generator, places, shape, plan.spread)
        patch = draw_patch(generator, center, plan.shape, plan.steps, plan.pose)
        image = patch.of(self._volumes[which])
        label = patch.of(self._classes[which], nearest=True)[0].long()
        image = randomize(image, plan.roles, generator, plan.intensity)
        return image * self._kept(plan, generator), label

    def _kept(self, plan: BatchPlan, generator: np.random.Generator) -> torch.Tensor:
        """Return 1 for the channels that the patch keeps, 0 for the others; shape (roles, 1, 1, 1)."""
        kept = np.ones(len(plan.roles), bool)
        if plan.configurations:
            chosen = plan.configurations[generator.integers(len(plan.configurations))]
            kept = np.array([role in chosen for role in plan.roles])
        if generator.random() < plan.missing and kept.sum() > 1:
            kept[generator.choice(np.flatnonzero(kept))] = False
        return torch.as_tensor(kept, dtype=torch.float32, device=self.device)[:, None, None, None]
