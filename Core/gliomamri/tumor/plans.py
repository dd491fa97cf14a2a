"""How an ensemble is run: on what device, on the whole brain or in windows, and what is tried when memory ends.

    whole brain on the device -> windows, several at once -> windows, one by one -> the same on the CPU

A plan is skipped beforehand where the estimate says that it does not fit; the last one is always tried.

Called by :mod:`gliomamri.tumor.inference`; tested by Testing/unit/tumor/test_inference.py.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Iterator
from dataclasses import dataclass

import numpy as np
import torch
from numpy.typing import NDArray

from gliomamri.errors import UserError
from gliomamri.tumor.memory import free_memory
from gliomamri.tumor.windows import Region, Shape, brain_region, image_region

WHOLE, WINDOWS, AUTO = "whole", "windows", "auto"
_BATCH_VOXELS = 400_000
"""Voxels of windows that are worked on at once [our choice]; more brings nothing on a CPU."""
_GPU_FACTOR = 8


@dataclass(frozen=True)
class Options:
    """What the user decides.

    Attributes
    ----------
    device : str
        ``auto`` (a GPU where there is one), ``cpu`` or ``cuda``.
    extent : str
        ``whole`` brain at once, ``windows``, or ``auto``: whole where it fits into memory.
    overlap : float
        Part of a window that its neighbor covers too.
    flips : tuple of str
        Axes x, y, z that are mirrored along, in all combinations.
    half : bool
        Half precision on a GPU.
    crop : bool
        Windows lie around the brain, not over the whole image.
    """

    device: str = AUTO
    extent: str = AUTO
    overlap: float = 0.5
    flips: tuple[str, ...] = ()
    half: bool = False
    crop: bool = True


@dataclass(frozen=True)
class Layout:
    """What a network sees at once.

    Attributes
    ----------
    window : (slice, row, column)
        Voxels; one slice for a network that sees slices.
    multiple : int
        Edges are multiples of it.
    neighbors, step : int
        Slices per input, and slices of the grid from one to the next.
    gives_voxels : bool
        False for a network that gives one answer per slice; it is shown windows of whole slices.
    """

    window: Shape
    multiple: int
    neighbors: int = 1
    step: int = 1
    gives_voxels: bool = True

    @property
    def dimensions(self) -> int:
        """Axes the network sees: 2 for slices, 3 for volumes."""
        return 2 if self.window[0] == 1 else 3

    @property
    def multiples(self) -> Shape:
        """Of each axis."""
        return (1 if self.dimensions == 2 else self.multiple, self.multiple, self.multiple)


@dataclass(frozen=True)
class Plan:
    """One way to run the ensemble.

    Attributes
    ----------
    device : torch.device
    region : Region
    window : (slice, row, column)
        The region itself, or of one slice, where the brain is seen whole.
    batch : int
        Windows at once.
    extent : str
        ``whole`` or ``windows``.
    """

    device: torch.device
    region: Region
    window: Shape
    batch: int
    extent: str

    @property
    def words(self) -> str:
        """What is said of it."""
        where = "the GPU" if self.device.type == "cuda" else "the CPU"
        if self.extent == WHOLE:
            return f"whole on {where}"
        return f"in windows of {' x '.join(map(str, self.window[::-1]))} voxels on {where}"


def choose_device(wanted: str) -> torch.device:
    """Return the device.

    Raises
    ------
    UserError
        If a GPU is wanted and there is none that PyTorch can use.
    """
    has_gpu = torch.cuda.is_available()
    if wanted == "cuda" and not has_gpu:
        raise UserError("PyTorch finds no GPU; choose the device 'auto' or 'cpu'.")
    return torch.device("cuda" if has_gpu and wanted != "cpu" else "cpu")


def plans(
    brain: NDArray[np.bool_],
    layout: Layout,
    options: Options,
    needed: Callable[[Shape, int], int],
    notes: list[str],
) -> Iterator[Plan]:
    """Give the plans in the order in which they are tried.

    Parameters
    ----------
    brain : bool array (slice, row, column)
    layout : Layout
    options : Options
    needed : callable
        Memory in bytes for windows of a shape, that many at once.
    notes : list of str
        What was skipped, and why, is added, a sentence each.

    Raises
    ------
    UserError
        If a GPU is wanted and there is none.
    """
    device = choose_device(options.device)
    devices = [device] if device.type == "cpu" else [device, torch.device("cpu")]
    every = [plan for one in devices for plan in _on(one, brain, layout, options)]
    for number, plan in enumerate(every):
        bytes_needed, free = needed(plan.window, plan.batch), free_memory(plan.device)
        if free is not None and bytes_needed > free and number < len(every) - 1:
            sizes = f"{bytes_needed / 1e9:.1f} GB of memory, and {free / 1e9:.1f} GB are free"
            notes.append(f"Seen {plan.words} the brain would take {sizes}; smaller windows were taken.")
            continue
        yield plan


def _on(device: torch.device, brain: NDArray[np.bool_], layout: Layout, options: Options) -> list[Plan]:
    most = _BATCH_VOXELS * (_GPU_FACTOR if device.type == "cuda" else 1)
    found = []
    if options.extent != WINDOWS or not layout.gives_voxels:
        # The lowest level of a network has to keep two voxels along each axis for its normalization.
        least = (
            tuple(2 * n if n > 1 else 1 for n in layout.multiples) if layout.gives_voxels else layout.window
        )
        region = brain_region(brain, layout.multiples, least)
        window = (1, *region.shape[1:]) if layout.dimensions == 2 else region.shape
        found += [Plan(device, region, window, n, WHOLE) for n in _batches(region.shape, window, most)]
    if options.extent != WHOLE and layout.gives_voxels:
        least = layout.window
        region = brain_region(brain, (1, 1, 1), least) if options.crop else image_region(brain.shape, least)
        batches = _batches(region.shape, layout.window, most)
        found += [Plan(device, region, layout.window, n, WINDOWS) for n in batches]
    return found


def _batches(shape: Shape, window: Shape, most: int) -> list[int]:
    """Return numbers of windows at once, falling; no more than cover the region side by side."""
    # PyTorch convolves a single small volume without oneDNN, at a third of the speed: two at least.
    count = min(max(most // math.prod(window), 2), math.ceil(math.prod(shape) / math.prod(window)))
    return sorted({max(1, count), max(1, count // 4), 1}, reverse=True)
