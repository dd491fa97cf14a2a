"""Networks that are trained, each with what it is shown and how it is trained [our choice, unless as published].

    stack    2.5-D: five axial slices 3 mm apart -> the middle one, per pixel
    volume   3-D patches -> per voxel
    unet2d   the published 2D U-Net on single slices -> per pixel
    sdm4     the published 2D-SDM4 on whole slices -> tumor or not

Called by :mod:`gliomamri.training.recipes`; tested by Testing/unit/training/test_recipes.py.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

from gliomamri.networks.registry import NETWORKS

_MOST_FILTERS = 256


@dataclass(frozen=True)
class Design:
    """One network and its training.

    Attributes
    ----------
    name, title : str
    task : str
        ``segment`` or ``detect``.
    network : str
        Name in :data:`gliomamri.networks.registry.NETWORKS`.
    arguments : callable
        From channels and width factor to the network's arguments.
    slices, slice_step : int
        Neighboring slices of one input, and voxels from one to the next.
    patch : (z, y, x)
        Voxels seen at once in training.
    batch, per_example : int
        Patches per step; patches taken of one patient before the next.
    tumor_share : float
        Share of patches on a tumor.
    optimizer : str
    learning_rate : float
    """

    name: str
    title: str
    task: str
    network: str
    arguments: Callable[[int, float], dict[str, Any]]
    slices: int
    slice_step: int
    patch: tuple[int, int, int]
    batch: int
    per_example: int = 1
    tumor_share: float = 0.67
    optimizer: str = "adamw"
    learning_rate: float = 2e-3

    @property
    def is_volume(self) -> bool:
        """Whether the network sees volumes."""
        return self.slices == 0

    def network_arguments(self, roles: int, width: float) -> dict[str, Any]:
        """Return the arguments of the network for a number of roles and a factor on its numbers of filters."""
        return self.arguments(roles * max(self.slices, 1), width)


def _residual(
    dimensions: int, filters: int, levels: int, most: int
) -> Callable[[int, float], dict[str, Any]]:
    limits = NETWORKS["unet"].arguments

    def arguments(channels: int, width: float) -> dict[str, Any]:
        return {
            "dimensions": dimensions,
            "in_channels": channels,
            "out_channels": 4,
            "filters": _within(filters * width, limits["filters"]),
            "levels": levels,
            "most_filters": _within(most * width, limits["most_filters"]),
        }

    return arguments


def _within(number: float, limits: Any) -> int:
    return round(min(max(number, limits.minimum), limits.maximum))


def _published(outputs: int) -> Callable[[int, float], dict[str, Any]]:
    return lambda channels, width: {"in_channels": channels, "out_channels": outputs, "width": width}


DESIGNS: dict[str, Design] = {
    one.name: one
    for one in (
        Design(
            "stack",
            "2.5-D U-Net with a residual encoder",
            "segment",
            "unet",
            _residual(2, 24, 6, _MOST_FILTERS),
            slices=5,
            slice_step=2,
            patch=(5, 160, 128),
            batch=24,
            per_example=4,
        ),
        Design(
            "volume",
            "3-D U-Net with a residual encoder",
            "segment",
            "unet",
            _residual(3, 16, 5, 128),
            slices=0,
            slice_step=1,
            patch=(96, 112, 96),
            batch=2,
        ),
        Design(
            "unet2d",
            "2D U-Net of paper 000",
            "segment",
            "unet2d",
            _published(4),
            slices=1,
            slice_step=1,
            patch=(1, 160, 128),
            batch=16,
            per_example=4,
            optimizer="lookahead",
            learning_rate=1e-3,
        ),
        Design(
            "sdm4",
            "2D-SDM4 of paper 000",
            "detect",
            "sdm4",
            _published(2),
            slices=1,
            slice_step=1,
            patch=(1, 160, 128),
            batch=16,
            per_example=4,
            # Slices elsewhere in the brain show tumor often enough: about half of all slices do.
            tumor_share=0.3,
            optimizer="lookahead",
            # [Our choice] the published 1e-5 needs 300 epochs; the rate falls along a cosine.
            learning_rate=1e-3,
        ),
    )
}
"""Designs by name."""

DEFAULT_DESIGN = {"segment": "stack", "detect": "sdm4"}
