"""The training loop: batches, optimizer, schedule, moving average of the weights, checkpoints, log.

    for each step n:  batch n  ->  network  ->  loss  ->  clipped gradient  ->  optimizer at rate(n)  ->  average

Everything random in step n follows from (seed, n): batches and dropout. So a run that was killed and started again
ends with bitwise the same weights on a CPU.

Called by the training commands; tested by Testing/unit/training/test_engine.py.
"""

from __future__ import annotations

import contextlib
import csv
import time
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import numpy as np
import torch
from torch import nn

from gliomamri.errors import UserError
from gliomamri.networks import registry
from gliomamri.tasks import Progress, no_progress
from gliomamri.training.batches import Batch
from gliomamri.training.checkpoint import load_checkpoint, remove_parts, save_checkpoint
from gliomamri.training.ema import averaged
from gliomamri.training.lookahead import Lookahead
from gliomamri.training.schedules import warmup_cosine

Loss = Callable[[torch.Tensor, torch.Tensor], torch.Tensor]
"""From logits and classes to a scalar."""
BatchOf = Callable[[int], Batch]
"""From the number of a step to its batch."""

LOG = "log.csv"


@dataclass(frozen=True)
class Plan:
    """What is trained and how.

    Attributes
    ----------
    network : str
        Name in :data:`gliomamri.networks.registry.NETWORKS`.
    arguments : mapping
        Of the network.
    steps : int
    learning_rate, weight_decay : float
        Of the optimizer.
    optimizer : {"adamw", "lookahead"}
        AdamW, or Lookahead around Adam (paper 000).
    warmup : int
        Steps over which the rate rises.
    clip : float
        Largest norm of the gradient; 0 for no limit.
    decay : float
        Of the moving average of weights.
    half : bool
        Run the network in bfloat16.
    seed : int
        Of weights, batches and dropout.
    every : int
        Steps from checkpoint to checkpoint, and from line to line of the log.
    """

    network: str
    arguments: Mapping[str, Any]
    steps: int
    learning_rate: float = 2e-3
    weight_decay: float = 1e-2
    optimizer: str = "adamw"
    warmup: int = 100
    clip: float = 5.0
    decay: float = 0.999
    half: bool = False
    seed: int = 0
    every: int = 100
    schedule: Callable[..., float] = field(default=warmup_cosine, compare=False)


class Engine:
    """One training run in a folder.

    Parameters
    ----------
    plan
        What is trained.
    batch_of
        Gives the batch of each step.
    loss
        Of logits and classes.
    folder
        Holds checkpoint and log; made where it is missing.
    device
        Where the network runs.
    about
        All else that the run follows from (data, loss), as text; compared when a run goes on.

    Raises
    ------
    UserError
        If the folder holds a run of another plan, or a damaged one; if the plan is impossible.
    """

    def __init__(
        self,
        plan: Plan,
        batch_of: BatchOf,
        loss: Loss,
        folder: Path,
        device: torch.device | str = "cpu",
        about: str = "",
    ) -> None:
        self.plan, self.folder, self.device = plan, folder, torch.device(device)
        self._batch_of, self._loss, self._about = batch_of, loss, about
        self.network: nn.Module = registry.build(plan.network, seed=plan.seed, **plan.arguments).to(
            self.device
        )
        self.average = averaged(self.network, plan.decay)
        self.optimizer = _optimizer(plan, self.network)
        self.step = 0
        folder.mkdir(parents=True, exist_ok=True)
        remove_parts(folder)
        self._resume()

    def run(self, progress: Progress = no_progress, until: Callable[[], bool] | None = None) -> nn.Module:
        """Train to the last step, or until ``until()`` is true; return the network with averaged weights.

        Raises
        ------
        UserError
            If the loss stops being a number, or the state cannot be saved.
        """
        plan, start, losses = self.plan, time.monotonic(), []
        self.network.train()
        while self.step < plan.steps and not (until and until()):
            losses.append(self._one_step())
            if self.step % plan.every == 0 or self.step == plan.steps:
                mean = self._checked_mean(losses)
                self.save()
                self._log(mean, time.monotonic() - start)
                progress(self.step / plan.steps, f"Step {self.step} of {plan.steps}, loss {mean:.3f}")
                losses = []
        if losses:
            self._checked_mean(losses)
            self.save()
        return self.average.module

    def _one_step(self) -> torch.Tensor:
        plan, number = self.plan, self.step
        batch = self._batch_of(number)
        rate = plan.learning_rate * plan.schedule(number, steps=plan.steps, warmup=plan.warmup)
        for group in self.optimizer.param_groups:
            group["lr"] = rate
        with (
            self._own_random_stream(number),
            torch.autocast(self.device.type, torch.bfloat16, enabled=plan.half),
        ):
            logits = self.network(batch.channels.to(self.device))
        loss = self._loss(logits, batch.classes.to(self.device))
        self.optimizer.zero_grad()
        loss.backward()
        if plan.clip:
            nn.utils.clip_grad_norm_(self.network.parameters(), plan.clip)
        self.optimizer.step()
        self.average.update_parameters(self.network)
        self.step += 1
        return loss.detach()

    @contextlib.contextmanager
    def _own_random_stream(self, number: int) -> Iterator[None]:
        """Inside, dropout follows from (seed, number); the process's own random stream is left as it was."""
        with torch.random.fork_rng([self.device] if self.device.type == "cuda" else []):
            torch.manual_seed(int(np.random.SeedSequence((self.plan.seed, number)).generate_state(1)[0]))
            yield

    def save(self) -> None:
        """Write the state of the run."""
        save_checkpoint(
            self.folder,
            {
                "step": self.step,
                "plan": self._fingerprint(),
                "network": self.network.state_dict(),
                "average": self.average.state_dict(),
                "optimizer": self.optimizer.state_dict(),
            },
        )

    def _resume(self) -> None:
        state = load_checkpoint(self.folder)
        if state is None:
            return
        if state["plan"] != self._fingerprint():
            raise UserError(
                "The folder holds a training with other settings; name another folder, or the same settings.",
                f"{self.folder}: {state['plan']} instead of {self._fingerprint()}",
            )
        self.network.load_state_dict(state["network"])
        self.average.load_state_dict(state["average"])
        self.optimizer.load_state_dict(state["optimizer"])
        self.step = state["step"]

    def _fingerprint(self) -> str:
        plan = self.plan
        arguments = sorted(registry.complete_arguments(plan.network, **plan.arguments).items())
        rates = (plan.steps, plan.learning_rate, plan.weight_decay, plan.optimizer, plan.warmup, plan.clip)
        shape = (plan.decay, plan.half, plan.seed, plan.schedule.__name__, self._about)
        return repr((plan.network, arguments, rates, *shape))

    def _checked_mean(self, losses: list[torch.Tensor]) -> float:
        """Mean over the last steps; what is no number is told before it can be saved."""
        mean = float(torch.stack(losses).mean())
        if not np.isfinite(mean):
            raise UserError(
                "The training diverged (its loss is no number); begin anew with a lower learning rate.",
                f"at step {self.step} of {self.folder}",
            )
        return mean

    def _log(self, loss: float, seconds: float) -> None:
        """Append a line; a run that was killed between saving and logging lacks one."""
        path = self.folder / LOG
        new = not path.exists()
        with path.open("a", newline="") as file:
            writer = csv.writer(file)
            if new:
                writer.writerow(["step", "loss", "seconds in this run"])
            writer.writerow([self.step, f"{loss:.6f}", f"{seconds:.1f}"])


def _optimizer(plan: Plan, network: nn.Module) -> torch.optim.Optimizer:
    if plan.optimizer == "adamw":
        return torch.optim.AdamW(network.parameters(), plan.learning_rate, weight_decay=plan.weight_decay)
    if plan.optimizer == "lookahead":
        return Lookahead(torch.optim.Adam(network.parameters(), plan.learning_rate))
    raise UserError(f"There is no optimizer '{plan.optimizer}'; choose adamw or lookahead.")
