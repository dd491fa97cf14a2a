"""Lookahead: k steps of an optimizer forward, one step back.

Zhang et al. 2019 (arXiv 1907.08610); paper 000 trains both its networks with Lookahead(Adam), k = 5, alpha = 0.5.
Called by the training engine; tested by Testing/unit/training/test_lookahead.py.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import torch


class Lookahead(torch.optim.Optimizer):
    """Wrap an optimizer; every `sync_period` steps its weights return part of the way.

    The fast weights theta follow the inner optimizer. After each `sync_period` steps the slow weights phi follow,

        phi <- phi + slow_step * (theta - phi),    theta <- phi,

    where phi starts as the weights before the first step. The inner optimizer's moments are kept, as in TensorFlow
    Addons. Learning rates, parameter groups and gradient scaling work as on the inner optimizer: the groups are shared.

    Parameters
    ----------
    inner : torch.optim.Optimizer
        Steps the fast weights; step only this wrapper from now on.
    sync_period : int
        k, at least 1.
    slow_step : float
        alpha in (0, 1].

    Raises
    ------
    ValueError
        If `sync_period` or `slow_step` is out of range.

    Examples
    --------
    >>> weight = torch.nn.Parameter(torch.tensor([1.0]))
    >>> optimizer = Lookahead(torch.optim.SGD([weight], lr=0.1), sync_period=2)
    >>> for _ in range(2):
    ...     weight.grad = torch.tensor([1.0])
    ...     optimizer.step()
    >>> round(weight.item(), 6)
    0.9
    """

    def __init__(self, inner: torch.optim.Optimizer, sync_period: int = 5, slow_step: float = 0.5) -> None:
        if sync_period < 1 or not 0 < slow_step <= 1:
            raise ValueError(f"sync_period {sync_period} must be >= 1 and slow_step {slow_step} in (0, 1]")
        super().__init__(inner.param_groups, inner.defaults)
        self.inner = inner
        self.param_groups = inner.param_groups
        self.sync_period = sync_period
        self.slow_step = slow_step
        self.steps = 0

    def step(self, closure: Callable[[], float] | None = None) -> float | None:  # type: ignore[override]
        """Step the inner optimizer, and the slow weights when it is their turn; returns the closure's loss."""
        for parameter in self._parameters():
            if parameter not in self.state:
                self.state[parameter]["slow"] = parameter.detach().clone()
        loss = self.inner.step(closure)
        self.steps += 1
        if self.steps % self.sync_period == 0:
            with torch.no_grad():
                for parameter in self._parameters():
                    slow = self.state[parameter]["slow"].lerp_(parameter, self.slow_step)
                    parameter.copy_(slow)
        return loss

    def state_dict(self) -> dict[str, Any]:
        """Return the inner optimizer's state, the slow weights (empty before the first step) and the step."""
        slow = [self.state[parameter]["slow"] for parameter in self._parameters() if parameter in self.state]
        return {"inner": self.inner.state_dict(), "slow": slow, "steps": self.steps}

    def load_state_dict(self, state_dict: dict[str, Any]) -> None:
        """Go on where :meth:`state_dict` was taken; the network's weights are loaded apart.

        Raises
        ------
        ValueError
            If the slow weights do not fit the parameters.
        """
        parameters, slow = self._parameters(), state_dict["slow"]
        if slow and [tensor.shape for tensor in slow] != [parameter.shape for parameter in parameters]:
            raise ValueError("the slow weights do not fit the parameters of the optimizer")
        self.inner.load_state_dict(state_dict["inner"])
        # The inner optimizer has made itself new groups.
        self.param_groups = self.inner.param_groups
        self.state.clear()
        for parameter, tensor in zip(parameters, slow, strict=False):
            self.state[parameter]["slow"] = tensor.detach().to(parameter, copy=True)
        self.steps = state_dict["steps"]

    def _parameters(self) -> list[torch.Tensor]:
        return [parameter for group in self.param_groups for parameter in group["params"]]
