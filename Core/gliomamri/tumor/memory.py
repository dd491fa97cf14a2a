"""How much memory a network takes for one input, known before it runs.

The network is run on the smallest input that it takes, and every tensor that lives meanwhile is counted; what it takes
at most grows with the number of voxels. Convolutions need work space besides: on CPU 1.2 to 1.8 times as much was
measured in all (U-Net, slices and volumes), so twice is planned with.

Called by :mod:`gliomamri.tumor.inference`; tested by Testing/unit/tumor/test_memory.py.
"""

from __future__ import annotations

import math
import weakref
from collections.abc import Callable
from typing import Any

import torch
from torch import nn
from torch.utils._python_dispatch import TorchDispatchMode

from gliomamri.io.memory import available_memory

WORK_SPACE = 2.0
"""Factor on the bytes of tensors for what convolutions take besides."""
USABLE = 0.8
"""Share of the free memory that is planned with [our choice]."""


def memory_per_voxel(network: nn.Module, shape: tuple[int, ...]) -> float:
    """Return the bytes that a network needs per voxel of its input, float32, at its peak.

    Parameters
    ----------
    network : torch.nn.Module
        In evaluation mode.
    shape : tuple of int
        (1, channels, *space), as small as the network takes.
    """
    given = torch.zeros(shape, device=next(network.parameters()).device)
    # Inference mode hides storages that are views from the counter.
    with torch.no_grad(), _Counter() as counter:
        network(given)
    return WORK_SPACE * (counter.peak + given.nbytes) / math.prod(shape[2:])


def free_memory(device: torch.device) -> int | None:
    """Return the bytes that may be planned with; None where unknown."""
    if device.type == "cuda":
        return int(torch.cuda.mem_get_info(device)[0] * USABLE)
    available = available_memory()
    return None if available is None else int(available * USABLE)


class _Counter(TorchDispatchMode):
    """Adds up the memory of the tensors that live; parameters, which are there before, do not count."""

    def __init__(self) -> None:
        super().__init__()
        self.peak = 0
        self._now = 0
        self._known: set[int] = set()

    @classmethod
    def _should_skip_dynamo(cls) -> bool:
        # Else PyTorch's compiler is imported, which takes seconds, to be told that it has nothing to do.
        return False

    def __torch_dispatch__(
        self, func: Callable, types: Any, args: tuple = (), kwargs: dict[str, Any] | None = None
    ) -> Any:
        result = func(*args, **(kwargs or {}))
        for tensor in result if isinstance(result, tuple | list) else (result,):
            if isinstance(tensor, torch.Tensor):
                self._count(tensor.untyped_storage())
        return result

    def _count(self, storage: torch.UntypedStorage) -> None:
        key = storage._cdata  # noqa: SLF001  (views share it; Python's objects come and go)
        if key in self._known:
            return
        size = storage.nbytes()
        self._known.add(key)
        self._now += size
        self.peak = max(self.peak, self._now)
        weakref.finalize(storage, self._forget, key, size)

    def _forget(self, key: int, size: int) -> None:
        self._known.discard(key)
        self._now -= size
