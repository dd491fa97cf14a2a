"""Build a network on PyTorch's "meta" device: shapes without memory.

Called by :mod:`gliomamri.networks.registry` to count parameters; tested by Testing/unit/networks/test_registry.py.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Any

import torch
from torch.overrides import TorchFunctionMode


class _Undrawn(TorchFunctionMode):
    # On this device `normal_` is a decomposition whose import takes seconds, to draw nothing.
    def __torch_function__(
        self, func: Callable, types: Any, args: tuple = (), kwargs: dict | None = None
    ) -> Any:
        if func is torch.Tensor.normal_:
            return args[0]
        return func(*args, **(kwargs or {}))


@contextmanager
def without_memory() -> Iterator[None]:
    """Inside, modules are built with shapes but without numbers; PyTorch's random stream stays untouched."""
    with torch.device("meta"), _Undrawn():
        yield
