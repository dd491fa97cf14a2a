"""Learning-rate schedules: the factor on the initial rate as a plain function of the step.

For ``torch.optim.lr_scheduler.LambdaLR`` or a loop of one's own; a run that resumes needs the step only. Called by the
training engine; tested by Testing/unit/training/test_schedules.py.
"""

from __future__ import annotations

import math


def constant(step: int, *, steps: int) -> float:  # noqa: ARG001  (all schedules are called alike)
    """Return 1: paper 000's detection."""
    return 1.0


def warmup_cosine(step: int, *, steps: int, warmup: int = 0, floor: float = 0.0) -> float:
    """Rise in a straight line over the first steps, then fall along half a cosine.

    Parameters
    ----------
    step : int
        From 0; beyond `steps` the factor stays at `floor`.
    steps : int
        Of the whole training.
    warmup : int
        Steps of the rise; the first has the factor 1 / warmup, so that none is lost.
    floor : float
        The last factor.

    Notes
    -----
    floor + (1 - floor) (1 + cos(pi t)) / 2 with t = (step - warmup) / (steps - warmup); Loshchilov and Hutter 2017
    (SGDR, eq. 5) without restarts.
    """
    if step < warmup:
        return (step + 1) / warmup
    share = min(1.0, (step - warmup) / max(1, steps - warmup))
    return floor + (1 - floor) * 0.5 * (1 + math.cos(math.pi * share))


def polynomial(step: int, *, steps: int, power: float = 0.9) -> float:
    """Return (1 - step / steps)^power, 0 beyond: nnU-Net's, and paper 000's segmentation with steps in epochs."""
    return max(0.0, 1 - step / steps) ** power
