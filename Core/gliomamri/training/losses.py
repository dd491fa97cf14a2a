"""Losses of detection and segmentation, from logits; all finite where a mask is empty.

Sums run in float32 whatever the network's number format. Called by the training engine; the published losses of paper
000 are in :mod:`gliomamri.training.published_losses`. Tested by Testing/unit/training/test_losses.py.
"""

from __future__ import annotations

from collections.abc import Sequence

import torch
from torch.nn import functional

# Keeps 0 / 0 away; a present class has a denominator of at least its own voxels.
_TINY = 1e-6


def memberships(labels: torch.Tensor, classes: int) -> torch.Tensor:
    """Turn class numbers (N, *space) into memberships 0 or 1, float32 (N, classes, *space)."""
    empty = torch.zeros((labels.shape[0], classes, *labels.shape[1:]), device=labels.device)
    return empty.scatter_(1, labels.long().unsqueeze(1), 1.0)


def region_memberships(labels: torch.Tensor, regions: Sequence[Sequence[int]]) -> torch.Tensor:
    """Turn label values into memberships of overlapping regions.

    Parameters
    ----------
    labels : torch.Tensor of int, shape (N, *space)
    regions : sequence of sequence of int
        The label values of each region, in the order of the network's outputs. With BraTS's values: whole tumor
        (1, 2, 4), core (1, 4), enhancing (4,).

    Returns
    -------
    torch.Tensor of float32, shape (N, regions, *space)
    """
    values = [torch.tensor(list(region), device=labels.device) for region in regions]
    return torch.stack([torch.isin(labels, value) for value in values], dim=1).float()


def soft_dice_loss(
    probabilities: torch.Tensor, target: torch.Tensor, *, joint: bool = True, background: bool = True
) -> torch.Tensor:
    """Return 1 - mean over present classes of 2 sum(p y) / (sum(p) + sum(y)).

    A class without a voxel in the target has no Dice: it is left out of the mean (its false positives are the
    cross-entropy's business). If no class is present the loss is 0 and has gradient 0.

    Parameters
    ----------
    probabilities : torch.Tensor, shape (N, C, *space)
        In [0, 1].
    target : torch.Tensor, shape (N, C, *space)
        Memberships in [0, 1], hard or soft.
    joint : bool
        Sums over the batch as over one image (nnU-Net's batch Dice); otherwise per image, then the mean over all
        present classes of all images.
    background : bool
        False leaves channel 0 out.

    Returns
    -------
    torch.Tensor
        Scalar in [0, 1].

    References
    ----------
    Milletari et al. 2016 (V-Net), with sums instead of sums of squares; Isensee et al. 2021 (batch Dice).
    """
    first = 0 if background else 1
    p, y = probabilities[:, first:].float(), target[:, first:].float()
    axes = (0, *range(2, p.ndim)) if joint else tuple(range(2, p.ndim))
    overlap, size = (p * y).sum(axes), y.sum(axes)
    present = (size > 0).float()
    dice = 2 * overlap / (p.sum(axes) + size).clamp_min(_TINY)
    return (present * (1 - dice)).sum() / present.sum().clamp_min(1)


def cross_entropy(
    logits: torch.Tensor,
    target: torch.Tensor,
    *,
    class_weights: torch.Tensor | None = None,
    smoothing: float = 0.0,
) -> torch.Tensor:
    """Return -sum(w_c y_c log p_c) / sum(w_c y_c) over classes, voxels and images.

    Parameters
    ----------
    logits : torch.Tensor, shape (N, C, *space)
    target : torch.Tensor
        Class numbers (N, *space), or memberships (N, C, *space) of partial volumes.
    class_weights : torch.Tensor, shape (C,), optional
        w; absent: 1.
    smoothing : float
        s in [0, 1): y is replaced by (1 - s) y + s / C.
    """
    logits = logits.float()
    if target.ndim == logits.ndim - 1 and not smoothing:
        return _present_mean(logits, target.long(), class_weights)
    classes = logits.shape[1]
    y = target.float() if target.ndim == logits.ndim else memberships(target, classes)
    y = (1 - smoothing) * y + smoothing / classes
    if class_weights is not None:
        y = y * class_weights.to(y).view(-1, *[1] * (y.ndim - 2))
    return -(y * functional.log_softmax(logits, dim=1)).sum() / y.sum().clamp_min(_TINY)


def _present_mean(
    logits: torch.Tensor, labels: torch.Tensor, class_weights: torch.Tensor | None
) -> torch.Tensor:
    if class_weights is None:
        return functional.cross_entropy(logits, labels)
    # PyTorch's own mean is 0 / 0 where every class that is present weighs 0.
    weights = class_weights.to(logits)
    total = functional.cross_entropy(logits, labels, weight=weights, reduction="sum")
    return total / weights[labels].sum().clamp_min(_TINY)


def dice_cross_entropy(
    logits: torch.Tensor,
    target: torch.Tensor,
    *,
    class_weights: torch.Tensor | None = None,
    smoothing: float = 0.0,
    joint: bool = True,
    background: bool = False,
) -> torch.Tensor:
    """Return soft Dice loss + cross-entropy of exclusive classes (softmax).

    Arguments as in :func:`cross_entropy` and :func:`soft_dice_loss`; weights and smoothing act on the cross-entropy.
    """
    y = target if target.ndim == logits.ndim else memberships(target, logits.shape[1])
    dice = soft_dice_loss(logits.float().softmax(1), y, joint=joint, background=background)
    return dice + cross_entropy(logits, target, class_weights=class_weights, smoothing=smoothing)


NESTED = ((1, 2, 3), (1, 3), (3,))
"""Whole tumor, core and enhancing tumor as class numbers of :data:`gliomamri.training.example.CLASSES`."""


def nested_dice_cross_entropy(
    logits: torch.Tensor,
    target: torch.Tensor,
    *,
    regions: Sequence[Sequence[int]] = NESTED,
    smoothing: float = 0.0,
    joint: bool = True,
) -> torch.Tensor:
    """Return cross-entropy of exclusive classes + soft Dice loss of regions that are unions of them (softmax).

    Scores are those of whole tumor, core and enhancing tumor, so these are what the Dice is asked of; a region's
    probability is the sum of its classes'. [Our choice] the default of tumor segmentation.

    Parameters
    ----------
    logits : torch.Tensor, shape (N, C, *space)
    target : torch.Tensor of int, shape (N, *space)
        Class numbers.
    regions : sequence of sequence of int
        Class numbers of each region.
    smoothing, joint
        As in :func:`cross_entropy` and :func:`soft_dice_loss`.
    """
    p = logits.float().softmax(1)
    inside = torch.stack([p[:, list(region)].sum(1) for region in regions], dim=1)
    dice = soft_dice_loss(inside, region_memberships(target, regions), joint=joint)
    return dice + cross_entropy(logits, target, smoothing=smoothing)


def region_loss(
    logits: torch.Tensor,
    target: torch.Tensor,
    *,
    region_weights: torch.Tensor | None = None,
    smoothing: float = 0.0,
    joint: bool = True,
) -> torch.Tensor:
    """Return soft Dice loss + binary cross-entropy of overlapping regions (sigmoid).

    Parameters
    ----------
    logits : torch.Tensor, shape (N, R, *space)
    target : torch.Tensor, shape (N, R, *space)
        Memberships, of :func:`region_memberships` or soft.
    region_weights : torch.Tensor, shape (R,), optional
        Weights of the regions in the mean of the binary cross-entropy; absent: equal.
    smoothing : float
        s in [0, 1): in the cross-entropy y is replaced by (1 - s) y + s / 2.
    joint : bool
        As in :func:`soft_dice_loss`.
    """
    logits, y = logits.float(), target.float()
    smooth = (1 - smoothing) * y + smoothing / 2
    each = functional.binary_cross_entropy_with_logits(logits, smooth, reduction="none").mean(
        (0, *range(2, logits.ndim))
    )
    weights = torch.ones_like(each) if region_weights is None else region_weights.to(each)
    entropy = (weights * each).sum() / weights.sum().clamp_min(_TINY)
    return entropy + soft_dice_loss(logits.sigmoid(), y, joint=joint)
