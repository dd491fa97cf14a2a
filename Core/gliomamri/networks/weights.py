"""Take a network's tensors out by name, each once, and put them back.

``state_dict`` of some networks lists one tensor under several names (MONAI's DynUNet: its skip layers hold the blocks
again), which safetensors refuses to store. Here each tensor has its first name only. Called by the model store and by
checkpoints; tested by Testing/unit/networks/test_segmentation_networks.py.
"""

from __future__ import annotations

import itertools
from collections.abc import Mapping
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    import torch
    from torch import nn


def weights(network: nn.Module) -> dict[str, torch.Tensor]:
    """Return parameters and stored buffers by name, each once; the tensors are the network's own, detached."""
    stored = network.state_dict(keep_vars=True)
    named = itertools.chain(network.named_parameters(), network.named_buffers())
    return {name: tensor.detach() for name, tensor in named if name in stored}


def load_weights(network: nn.Module, tensors: Mapping[str, torch.Tensor]) -> None:
    """Copy tensors into a network, converted to its own number format and device.

    Parameters
    ----------
    network : torch.nn.Module
        Changed in place, and only if every name and shape fits.
    tensors : mapping of str to torch.Tensor
        As :func:`weights` returns them.

    Raises
    ------
    ValueError
        If a name is missing or not known, or a shape differs.
    """
    own = weights(network)
    missing, unknown = sorted(own.keys() - tensors.keys()), sorted(tensors.keys() - own.keys())
    if missing or unknown:
        raise ValueError(f"weights do not fit the network: missing {missing[:5]}, not known {unknown[:5]}")
    for name, tensor in own.items():
        if tensors[name].shape != tensor.shape:
            raise ValueError(
                f"weights do not fit the network: {name} is {tuple(tensors[name].shape)}, "
                f"must be {tuple(tensor.shape)}"
            )
    for name, tensor in own.items():
        tensor.copy_(tensors[name])
