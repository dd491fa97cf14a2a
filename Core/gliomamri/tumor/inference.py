"""Probabilities from an ensemble of networks, each asked as it is and mirrored.

    answer_mf = activation(network_m(image mirrored by f)) mirrored back, over windows blended by their weights
    mean = sum answer_mf / n,   disagreement = sd over (m, f) of the probability of tumor
    entropy = -sum p log p / log K of the mean

The disagreement is called so, and not uncertainty: whether it tells errors is another question.

Called by the tasks ``segment`` and ``detect``; tested by Testing/unit/tumor/test_inference.py against the networks
themselves and MONAI's sliding windows.
"""

from __future__ import annotations

import itertools
import math
from collections.abc import Iterator, Sequence
from contextlib import AbstractContextManager, nullcontext
from dataclasses import dataclass

import numpy as np
import torch
from numpy.typing import NDArray
from torch import nn

from gliomamri.errors import UserError
from gliomamri.modelstore.metadata import ModelMetadata
from gliomamri.modelstore.parts import Inference
from gliomamri.tasks import Progress, no_progress
from gliomamri.tumor.acceleration import accelerated
from gliomamri.tumor.acceleration import layout as memory_layout
from gliomamri.tumor.memory import memory_per_voxel
from gliomamri.tumor.plans import Layout, Options, Plan, plans
from gliomamri.tumor.windows import Region, Shape, window_starts, window_weight, with_brain

_AXES = {"z": -3, "y": -2, "x": -1}


@dataclass(frozen=True)
class Prediction:
    """What an ensemble says.

    Attributes
    ----------
    mean : float32 array (outputs, slice, row, column)
        Probabilities; 0 where no window was asked. Of a network that answers per slice rows and columns are 1.
    disagreement : float32 array (slice, row, column)
        Standard deviation of the probability of tumor over the single answers; 0 of a single one.
    entropy : float32 array (slice, row, column)
        Of the mean, in [0, 1].
    singles : tuple of float16 arrays (outputs, *region.shape)
        Each answer, within ``region``.
    region : Region
    names : tuple of str
        Of the answers.
    notes : tuple of str
        How it was run, and what did not fit into memory.
    """

    mean: NDArray[np.float32]
    disagreement: NDArray[np.float32]
    entropy: NDArray[np.float32]
    singles: tuple[NDArray[np.float16], ...]
    region: Region
    names: tuple[str, ...]
    notes: tuple[str, ...] = ()


def layout_of(model: ModelMetadata, step: int = 1) -> Layout:
    """Return what a model's network sees at once; ``step`` is the grid's."""
    grid = model.grid
    window = grid.window[::-1] if grid.plane == "volume" else (1, *grid.window[::-1])
    return Layout(window, grid.multiple, grid.slices, step, gives_voxels=model.task == "tumor.segmentation")


def foreground(probabilities: NDArray, inference: Inference) -> NDArray:
    """Return the probability of tumor, of whatever kind: (outputs, ...) -> (...)."""
    tumor = [place for place, labels in enumerate(inference.channels) if any(labels)]
    if inference.activation == "softmax":
        return probabilities[tumor].sum(axis=0)
    return probabilities[tumor].max(axis=0)


def predict(
    networks: Sequence[nn.Module],
    channels: NDArray[np.float32],
    brain: NDArray[np.bool_],
    layout: Layout,
    inference: Inference,
    options: Options,
    fill: tuple[float, ...] | None = None,
    progress: Progress = no_progress,
) -> Prediction:
    """Ask an ensemble.

    Parameters
    ----------
    networks : sequence of torch.nn.Module
        (N, channels * neighbors, *space) -> logits; they stay as they are.
    channels : float32 array (channels, slice, row, column)
    brain : bool array (slice, row, column)
        Windows that hold none of it are not asked.
    layout : Layout
    inference : Inference
        Activation and channels; flips and overlap are those of the options.
    options : Options
    fill : tuple of float, optional
        Per channel, beyond the image's border; 0 by default.
    progress : callable
        What it raises ends the work.

    Raises
    ------
    UserError
        If there is no brain, no such device, or memory does not suffice for a single window.
    """
    if not brain.any():
        raise UserError("There is no brain on the images; check the images and the brain mask.")
    notes: list[str] = []
    quick = [accelerated(network, layout.dimensions) for network in networks]

    per_voxel = memory_per_voxel(quick[0], _smallest_input(len(channels), layout))

    def needed(window: Shape, batch: int) -> int:
        return int(per_voxel * math.prod(window) * batch)

    fill = fill or (0.0,) * len(channels)
    for plan in plans(brain, layout, options, needed, notes):
        try:
            progress(0.0, f"Asking the model, {plan.words}")
            run = _Run(quick, channels, brain, layout, inference, options, plan, fill)
            return run.prediction(progress, notes)
        except (MemoryError, RuntimeError) as error:
            if not _is_out_of_memory(error):
                raise
            run = None  # its tensors are in the way of the next plan's
            notes.append(f"Memory ended when the brain was seen {plan.words}; something smaller was tried.")
        if plan.device.type == "cuda":
            torch.cuda.empty_cache()
    raise UserError(
        "The model needs more memory than there is; close other programs or choose a smaller model.",
        " ".join(notes),
    )


def _smallest_input(count: int, layout: Layout) -> tuple[int, ...]:
    edge = 2 * layout.multiple if layout.gives_voxels else layout.window[-1]
    return (1, count * layout.neighbors, *(edge,) * layout.dimensions)


def _is_out_of_memory(error: BaseException) -> bool:
    if isinstance(error, MemoryError | torch.OutOfMemoryError):
        return True
    words = str(error).lower()
    return any(
        part in words for part in ("out of memory", "can't allocate memory", "not enough memory", "bad_alloc")
    )


class _Run:
    """One plan, carried out."""

    def __init__(
        self,
        networks: Sequence[nn.Module],
        channels: NDArray[np.float32],
        brain: NDArray[np.bool_],
        layout: Layout,
        inference: Inference,
        options: Options,
        plan: Plan,
        fill: tuple[float, ...],
    ) -> None:
        self._networks = [network.to(plan.device) for network in networks]
        self._layout, self._inference, self._options, self._plan = layout, inference, options, plan
        self._size, self._fill = brain.shape, fill
        self._image = torch.from_numpy(plan.region.cut(channels, fill)).to(plan.device)
        self._brain = plan.region.cut(brain, 0.0)
        self._weight = torch.from_numpy(window_weight(plan.window)).to(plan.device)

    def prediction(self, progress: Progress, notes: list[str]) -> Prediction:
        """Ask every network, every way round."""
        flips = [
            f
            for n in range(len(self._options.flips) + 1)
            for f in itertools.combinations(self._options.flips, n)
        ]
        count = len(flips) * len(self._networks)
        moments, singles, names = _Moments(self._inference), [], []
        for number, (flip, place) in enumerate(itertools.product(flips, range(len(self._networks)))):
            answer = self._answer(self._networks[place], flip, _part(progress, number / count, 1 / count))
            moments.add(answer)
            singles.append(answer.astype(np.float16))
            names.append(f"network {place + 1}" + (f", mirrored along {', '.join(flip)}" if flip else ""))
        full = (*self._size[:1], *(self._size[1:] if self._layout.gives_voxels else (1, 1)))
        region = self._plan.region
        if not self._layout.gives_voxels:
            region = Region((region.start[0], 0, 0), (region.shape[0], 1, 1))
        mean, deviation = moments.mean(), moments.deviation()
        return Prediction(
            mean=_whole(region, mean, full),
            disagreement=_whole(region, deviation, full),
            entropy=_whole(region, _entropy(mean, self._inference), full),
            singles=tuple(singles),
            region=region,
            names=tuple(names),
            notes=(*notes, f"The brain was seen {self._plan.words}, {count} answers."),
        )

    def _answer(self, network: nn.Module, flip: tuple[str, ...], progress: Progress) -> NDArray[np.float32]:
        """Ask one network one way round: (outputs, slice, row, column) of the region."""
        axes = [_AXES[axis] for axis in flip]
        image, brain = self._image.flip(axes), np.flip(self._brain, axes)
        window = self._plan.window
        starts = with_brain(
            window_starts(self._plan.region.shape, window, self._options.overlap), window, brain
        )
        total = weights = None
        with torch.inference_mode(), self._precision():
            image = self._widened(image)
            for done, part in _chunks(starts, self._plan.batch):
                progress(done / len(starts), "Asking the model")
                given = torch.stack([self._window(image, start) for start in part])
                given = given.contiguous(memory_format=memory_layout(self._layout.dimensions))
                answers = self._activated(network(given).float())
                if total is None:
                    shape = self._plan.region.shape if self._layout.gives_voxels else (len(self._brain), 1, 1)
                    total = torch.zeros((answers.shape[1], *shape), device=self._plan.device)
                    weights = torch.zeros(shape, device=self._plan.device)
                self._add(total, weights, answers, part)
        return (total / weights.clamp_min(torch.finfo(torch.float32).tiny)).flip(axes).cpu().numpy()

    def _precision(self) -> AbstractContextManager:
        if self._options.half and self._plan.device.type == "cuda":
            return torch.autocast("cuda", torch.float16)
        return nullcontext()

    def _widened(self, image: torch.Tensor) -> torch.Tensor:
        """Put slices before the first and after the last, for the neighbors of 2.5-D inputs."""
        margin = self._margin
        if not margin:
            return image
        wide = image.new_empty((image.shape[0], image.shape[1] + 2 * margin, *image.shape[2:]))
        wide[:] = torch.tensor(self._fill, dtype=image.dtype, device=image.device)[:, None, None, None]
        wide[:, margin:-margin] = image
        return wide

    @property
    def _margin(self) -> int:
        return self._layout.neighbors // 2 * self._layout.step

    def _window(self, image: torch.Tensor, start: Shape) -> torch.Tensor:
        z, y, x = (slice(at, at + edge) for at, edge in zip(start, self._plan.window, strict=True))
        if self._layout.dimensions == 3:
            return image[:, z, y, x]
        near = slice(start[0], start[0] + 2 * self._margin + 1, self._layout.step)
        return image[:, near, y, x].flatten(0, 1)

    def _activated(self, logits: torch.Tensor) -> torch.Tensor:
        if self._inference.activation == "softmax":
            return logits.softmax(1)
        return logits.sigmoid() if self._inference.activation == "sigmoid" else logits.clamp(0, 1)

    def _add(
        self, total: torch.Tensor, weights: torch.Tensor, answers: torch.Tensor, starts: Sequence[Shape]
    ) -> None:
        if not self._layout.gives_voxels:
            for answer, (z, _, _) in zip(answers, starts, strict=True):
                total[:, z, 0, 0] += answer
                weights[z] += 1
            return
        if self._layout.dimensions == 2:
            answers = answers.unsqueeze(2)
        for answer, start in zip(answers, starts, strict=True):
            z, y, x = (slice(at, at + edge) for at, edge in zip(start, self._plan.window, strict=True))
            total[:, z, y, x] += answer * self._weight
            weights[z, y, x] += self._weight


class _Moments:
    """Mean of the answers, and deviation of their probability of tumor (Welford 1962)."""

    def __init__(self, inference: Inference) -> None:
        self._inference, self._count = inference, 0
        self._sum = self._middle = self._squares = None

    def add(self, answer: NDArray[np.float32]) -> None:
        tumor = foreground(answer, self._inference)
        self._count += 1
        if self._sum is None:
            self._sum, self._middle, self._squares = answer.copy(), tumor.copy(), np.zeros_like(tumor)
            return
        self._sum += answer
        change = tumor - self._middle
        self._middle += change / self._count
        self._squares += change * (tumor - self._middle)

    def mean(self) -> NDArray[np.float32]:
        return self._sum / np.float32(self._count)

    def deviation(self) -> NDArray[np.float32]:
        return np.sqrt(self._squares / np.float32(self._count))


def _entropy(mean: NDArray[np.float32], inference: Inference) -> NDArray[np.float32]:
    if inference.activation == "softmax":
        parts = mean
    else:
        tumor = foreground(mean, inference)
        parts = np.stack([tumor, 1 - tumor])
    positive = np.clip(parts, 1e-12, 1)
    found = -(positive * np.log(positive)).sum(axis=0) / math.log(max(len(parts), 2))
    return np.where(mean.any(axis=0), np.clip(found, 0, 1), 0).astype(np.float32)


def _whole(region: Region, part: NDArray, size: Shape) -> NDArray[np.float32]:
    made = np.zeros((*part.shape[:-3], *size), np.float32)
    region.put(part, made)
    return made


def _chunks(starts: list[Shape], count: int) -> Iterator[tuple[int, list[Shape]]]:
    for first in range(0, len(starts), count):
        yield first, starts[first : first + count]


def _part(progress: Progress, start: float, share: float) -> Progress:
    return lambda fraction, words: progress(start + share * fraction, words)
