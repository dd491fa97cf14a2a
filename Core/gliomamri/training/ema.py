"""Exponential moving average of a network's weights.

PyTorch's ``AveragedModel`` with a decay that grows at the start, so that the random initial weights are forgotten.
Called by the training engine; tested by Testing/unit/training/test_ema.py.
"""

from __future__ import annotations

import torch
from torch import nn
from torch.optim.swa_utils import AveragedModel


def averaged(network: nn.Module, decay: float = 0.999) -> AveragedModel:
    """Return a network whose weights are the moving average of another's.

    Parameters
    ----------
    network : torch.nn.Module
        Is copied; call ``update_parameters(network)`` on the result after every step of the optimizer. Under
        DistributedDataParallel give the ``module`` inside.
    decay : float
        d in [0, 1).

    Returns
    -------
    torch.optim.swa_utils.AveragedModel
        Callable like the network; ``.module`` has the averaged weights, ``state_dict`` also the number of updates.

    Raises
    ------
    ValueError
        If `decay` is out of range.

    Notes
    -----
    The first update copies. Update n + 1 (n = 1, 2, ...) is a <- a + (1 - d_n) (w - a), d_n = min(d, (1 + n) / (10 +
    n)), as TensorFlow's ``ExponentialMovingAverage`` with ``num_updates``. Running means and variances of batch
    normalization are averaged too; its counts are copied.
    """
    if not 0 <= decay < 1:
        raise ValueError(f"the decay of a moving average is in [0, 1), not {decay}")

    def follow(average: torch.Tensor, current: torch.Tensor, updates: torch.Tensor | int) -> torch.Tensor:
        if not average.is_floating_point():
            return current
        n = torch.as_tensor(updates, dtype=average.dtype, device=average.device)
        return average + (1 - torch.clamp((1 + n) / (10 + n), max=decay)) * (current - average)

    result = AveragedModel(network, avg_fn=follow, use_buffers=True)
    result.requires_grad_(requires_grad=False)
    return result
