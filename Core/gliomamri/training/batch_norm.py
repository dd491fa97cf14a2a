"""Batch normalization's means and variances, measured anew with the final weights.

While weights move, running statistics lag behind: those of paper 000's networks (momentum 0.99) by hundreds of steps,
which a short training never catches up, and averaged weights have seen no data at all. Without batch normalization
nothing changes.

Called by :mod:`gliomamri.training.runs`; tested by Testing/unit/training/test_batch_norm.py.
"""

from __future__ import annotations

from collections.abc import Iterable

import torch
from torch import nn
from torch.nn.modules.batchnorm import _BatchNorm


def measure_again(network: nn.Module, images: Iterable[torch.Tensor]) -> None:
    """Set the running statistics of a network to their means over batches.

    Parameters
    ----------
    network : torch.nn.Module
        Changed in place; its mode and number of parameters stay.
    images : iterable of torch.Tensor
        Batches as the network takes them, drawn as in training.
    """
    layers = [layer for layer in network.modules() if isinstance(layer, _BatchNorm)]
    if not layers:
        return
    was_training, momenta = network.training, [layer.momentum for layer in layers]
    # Only these layers look at batches: dropout would change what they see.
    network.eval()
    for layer in layers:
        layer.reset_running_stats()
        layer.momentum = None
        layer.train()
    with torch.no_grad():
        for one in images:
            network(one)
    for layer, momentum in zip(layers, momenta, strict=True):
        layer.momentum = momentum
    network.train(was_training)
