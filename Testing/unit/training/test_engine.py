"""The loop: learns, goes on bitwise where it was killed, tells a loss that is no number."""

from __future__ import annotations

import csv
import math
import os
import signal
import subprocess
import sys
import time
from pathlib import Path

import pytest
import torch

from gliomamri.errors import UserError
from gliomamri.training.batches import Batch
from gliomamri.training.checkpoint import load_checkpoint
from gliomamri.training.engine import LOG, Engine, Plan
from gliomamri.training.losses import cross_entropy

ARGUMENTS = {"dimensions": 2, "in_channels": 1, "out_channels": 2, "filters": 4, "levels": 3, "dropout": 0.3}
CORE = str(Path(sys.modules[Engine.__module__].__file__).parents[2])


def batch_of(number):
    """Bright is class 1."""
    generator = torch.Generator().manual_seed(number)
    image = torch.randn((2, 1, 16, 16), generator=generator)
    return Batch(image, (image[:, 0] > 0.3).long())


def plan(**changes):
    return Plan(
        **{"network": "unet", "arguments": ARGUMENTS, "steps": 12, "warmup": 2, "every": 5, **changes}
    )


def weights(engine):
    return {**engine.average.state_dict(), **{f"own {n}": t for n, t in engine.network.state_dict().items()}}


def same(one, other):
    return one.keys() == other.keys() and all(torch.equal(one[name], other[name]) for name in one)


def test_it_learns(tmp_path):
    calm = {**ARGUMENTS, "dropout": 0.0}
    engine = Engine(plan(arguments=calm, steps=80, learning_rate=1e-2), batch_of, cross_entropy, tmp_path)

    def loss(network):
        with torch.no_grad():
            return float(cross_entropy(network(batch_of(99).channels), batch_of(99).classes))

    before = loss(engine.network)
    network = engine.run()
    assert loss(network) < 0.4 * before
    assert network is engine.average.module


@pytest.mark.parametrize("optimizer", ["adamw", "lookahead"])
@pytest.mark.parametrize("stop", [3, 5, 7])
def test_stopped_and_resumed_is_the_same_to_the_bit(tmp_path, optimizer, stop):
    through = Engine(plan(optimizer=optimizer), batch_of, cross_entropy, tmp_path / "through")
    through.run()
    first = Engine(plan(optimizer=optimizer), batch_of, cross_entropy, tmp_path / "stopped")
    first.run(until=lambda: first.step == stop)
    torch.manual_seed(123)
    second = Engine(plan(optimizer=optimizer), batch_of, cross_entropy, tmp_path / "stopped")
    assert second.step == stop
    second.run()
    assert same(weights(through), weights(second))


_CHILD = """
import sys, time
from pathlib import Path
import torch
torch.set_num_threads(1)
from gliomamri.training.batches import Batch
from gliomamri.training.engine import Engine, Plan
from gliomamri.training.losses import cross_entropy
def batch_of(number):
    time.sleep(float(sys.argv[2]))
    image = torch.randn((2, 1, 16, 16), generator=torch.Generator().manual_seed(number))
    return Batch(image, (image[:, 0] > 0.3).long())
arguments = {"dimensions": 2, "in_channels": 1, "out_channels": 2, "filters": 4, "levels": 3, "dropout": 0.3}
plan = Plan("unet", arguments, steps=40, warmup=2, every=3)
Engine(plan, batch_of, cross_entropy, Path(sys.argv[1])).run()
"""


def child(folder, pause=0.0):
    environment = {**os.environ, "PYTHONPATH": CORE, "OMP_NUM_THREADS": "1"}
    return subprocess.Popen([sys.executable, "-P", "-c", _CHILD, str(folder), str(pause)], env=environment)


@pytest.mark.slow
@pytest.mark.skipif(not hasattr(signal, "SIGKILL"), reason="kill -9 is of POSIX")
def test_killed_at_any_moment_and_resumed_is_the_same_to_the_bit(tmp_path):
    killed = tmp_path / "killed"
    process = child(killed, 0.05)
    deadline = time.monotonic() + 60
    while not (killed / LOG).exists() and time.monotonic() < deadline:
        time.sleep(0.01)
    process.send_signal(signal.SIGKILL)
    process.wait()
    (killed / "checkpoint.pt.1.part").write_bytes(b"of an earlier kill")
    stopped = load_checkpoint(killed)["step"]
    assert 0 < stopped < 40
    assert child(killed).wait(60) == 0
    Engine(plan(steps=40, every=3), batch_of, cross_entropy, tmp_path / "through").run()

    one, other = load_checkpoint(tmp_path / "through"), load_checkpoint(killed)
    assert one["step"] == other["step"] == 40
    for part in ("network", "average"):
        assert same(one[part], other[part])
    assert not list(killed.glob("*.part"))


def test_a_finished_run_is_not_trained_further(tmp_path):
    first = Engine(plan(), batch_of, cross_entropy, tmp_path)
    first.run()
    again = Engine(plan(), lambda number: pytest.fail("was trained"), cross_entropy, tmp_path)
    again.run()
    assert same(weights(first), weights(again))


def test_progress_and_log(tmp_path):
    told = []
    Engine(plan(), batch_of, cross_entropy, tmp_path).run(lambda share, words: told.append((share, words)))
    with (tmp_path / LOG).open(newline="") as file:
        rows = list(csv.DictReader(file))
    assert [int(row["step"]) for row in rows] == [5, 10, 12]
    assert [share for share, _ in told] == pytest.approx([5 / 12, 10 / 12, 1])
    assert told[0][1].startswith("Step 5 of 12, loss ")


def test_the_rate_follows_the_schedule(tmp_path):
    rates = []

    def seen(number):
        rates.append(engine.optimizer.param_groups[0]["lr"])
        return batch_of(number)

    engine = Engine(plan(learning_rate=0.01), seen, cross_entropy, tmp_path)
    engine.run()
    rates.append(engine.optimizer.param_groups[0]["lr"])
    cosine = [0.5 * (1 + math.cos(math.pi * (n - 2) / 10)) for n in range(2, 12)]
    assert rates[1:] == pytest.approx([0.005, 0.01, *(0.01 * factor for factor in cosine)])


def test_dropout_leaves_the_processs_random_stream_alone(tmp_path):
    torch.manual_seed(4)
    expected = torch.rand(3)
    torch.manual_seed(4)
    Engine(plan(steps=3), batch_of, cross_entropy, tmp_path).run()
    assert torch.equal(torch.rand(3), expected)


@pytest.mark.parametrize("bad", [math.nan, math.inf])
def test_a_loss_that_is_no_number_ends_the_run_and_is_not_saved(tmp_path, bad):
    def loss(logits, target):
        factor = bad if engine.step == 7 else 1.0
        return cross_entropy(logits, target) * factor

    engine = Engine(plan(), batch_of, loss, tmp_path)
    with pytest.raises(UserError, match="diverged"):
        engine.run()
    state = load_checkpoint(tmp_path)
    assert state["step"] == 5
    assert all(torch.isfinite(tensor).all() for tensor in state["network"].values())


def test_a_loss_that_is_no_number_is_told_when_the_run_is_stopped(tmp_path):
    engine = Engine(
        plan(), batch_of, lambda logits, target: cross_entropy(logits, target) * math.nan, tmp_path
    )
    with pytest.raises(UserError, match="diverged"):
        engine.run(until=lambda: engine.step == 2)
    assert load_checkpoint(tmp_path) is None


@pytest.mark.parametrize(
    "changes",
    [
        {"seed": 1},
        {"learning_rate": 1e-4},
        {"steps": 13},
        {"arguments": {**ARGUMENTS, "filters": 8}},
        {"decay": 0.5},
    ],
)
def test_other_settings_in_the_folder_are_refused(tmp_path, changes):
    Engine(plan(steps=12), batch_of, cross_entropy, tmp_path).run(until=lambda: True)
    Engine(plan(), batch_of, cross_entropy, tmp_path).save()
    with pytest.raises(UserError, match="other settings"):
        Engine(plan(**changes), batch_of, cross_entropy, tmp_path)


def test_other_data_in_the_folder_are_refused(tmp_path):
    Engine(plan(), batch_of, cross_entropy, tmp_path, about="one").save()
    with pytest.raises(UserError, match="other settings"):
        Engine(plan(), batch_of, cross_entropy, tmp_path, about="other")
    Engine(plan(), batch_of, cross_entropy, tmp_path, about="one")


def test_clipping_limits_the_gradient(tmp_path):
    norms = []

    def loss(logits, target):
        return 1e4 * cross_entropy(logits, target)

    engine = Engine(plan(steps=2, clip=0.5, weight_decay=0.0), batch_of, loss, tmp_path)
    step = engine.optimizer.step
    engine.optimizer.step = lambda: (
        norms.append(torch.norm(torch.stack([p.grad.norm() for p in engine.network.parameters()]))),
        step(),
    )
    engine.run()
    assert [float(norm) for norm in norms] == pytest.approx([0.5, 0.5], rel=1e-3)


def test_unknown_optimizer_is_refused(tmp_path):
    with pytest.raises(UserError, match="no optimizer 'sgd'"):
        Engine(plan(optimizer="sgd"), batch_of, cross_entropy, tmp_path)
