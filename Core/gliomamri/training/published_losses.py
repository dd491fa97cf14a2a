"""The losses of paper 000 as its published code computes them, for who wants to repeat it.

Called by the training engine in the mode "as published"; tested by Testing/unit/training/test_losses.py.
"""

from __future__ import annotations

import torch
from torch.nn import functional

from gliomamri.training.losses import cross_entropy, memberships

PUBLISHED_EPSILON = 1e-5


def published_detection_loss(logits: torch.Tensor, labels: torch.Tensor) -> torch.Tensor:
    """Return the binary cross-entropy of a softmax of two units, mean over units and images.

    With p_0 + p_1 = 1 both units have the same binary cross-entropy, -log p of the true class: it is the ordinary
    cross-entropy, which needs no logarithm of a rounded probability.

    Parameters
    ----------
    logits : torch.Tensor, shape (N, 2)
    labels : torch.Tensor of int, shape (N,)
        1 where the slice has tumor.

    Raises
    ------
    ValueError
        If there are not two units.
    """
    if logits.shape[1] != 2:
        raise ValueError(f"the published detection loss is for 2 units, not {logits.shape[1]}")
    return cross_entropy(logits, labels)


def published_tumor_weight(background: int, tumor: int) -> float:
    """Return w = int((background / tumor)^2) from the numbers of pixels in the training masks.

    Raises
    ------
    ValueError
        If the masks hold no tumor.
    """
    if tumor <= 0:
        raise ValueError("the published weight needs training masks with tumor")
    return float(int((background / tumor) ** 2))


def published_unet_loss(logits: torch.Tensor, labels: torch.Tensor, tumor_weight: float) -> torch.Tensor:
    """Return (1 - D) + B, the loss of the published 2D U-Net.

    D = 2 sum_c w_c sum(y p) / (sum_c w_c sum(y + p) + 1e-5) with w = (1, tumor_weight), inner sums over batch and
    pixels; B = sum over batch, pixels and classes of the binary cross-entropy, unweighted. B grows with the number of
    pixels: at the start it is about a million times larger than 1 - D, so that training follows B.

    Parameters
    ----------
    logits : torch.Tensor, shape (N, 2, y, x)
    labels : torch.Tensor of int, shape (N, y, x)
        1 in the tumor core.
    tumor_weight : float
        Of :func:`published_tumor_weight`.

    Raises
    ------
    ValueError
        If there are not two classes.

    Notes
    -----
    Two differences without effect on training: the published tape differentiates a vector of one loss per class, so
    that 1 - D counts twice in its gradient, each from a forward pass with its own dropout; and it cuts p at 1e-7, where
    its gradient vanishes, while ours is exact.
    """
    if logits.shape[1] != 2:
        raise ValueError(f"the published U-Net loss is for 2 classes, not {logits.shape[1]}")
    logits = logits.float()
    log_p = functional.log_softmax(logits, dim=1)
    p, y = log_p.exp(), memberships(labels, 2)
    axes = (0, *range(2, p.ndim))
    weights = p.new_tensor([1.0, tumor_weight])
    overlap = (weights * (y * p).sum(axes)).sum()
    size = (weights * (y + p).sum(axes)).sum()
    dice = 2 * overlap / (size + PUBLISHED_EPSILON)
    # 1 - p of one class is p of the other: each voxel counts -log p of its class once per class.
    entropy = -2 * (y * log_p).sum()
    return 1 - dice + entropy
