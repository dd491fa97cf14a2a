"""Lookahead against steps computed by hand, and against itself after it was stopped and went on."""

from __future__ import annotations

import io

import pytest
import torch

from gliomamri.training.lookahead import Lookahead


def stepped(optimizer, weight, gradients):
    """Weight after each step."""
    history = []
    for gradient in gradients:
        weight.grad = torch.tensor([gradient], dtype=weight.dtype)
        optimizer.step()
        history.append(weight.item())
    return history


def test_hand_computed_steps_of_gradient_descent():
    """Rate 0.1: fast 0.9, 0.7, back to 1 - 0.25 * 0.3 = 0.925; fast 0.525, 0.625, back to 0.925 - 0.25 * 0.3 = 0.85."""
    weight = torch.nn.Parameter(torch.tensor([1.0], dtype=torch.float64))
    optimizer = Lookahead(torch.optim.SGD([weight], lr=0.1), sync_period=2, slow_step=0.25)

    found = stepped(optimizer, weight, [1.0, 2.0, 4.0, -1.0, 0.5])

    assert found == pytest.approx([0.9, 0.925, 0.525, 0.85, 0.8], abs=1e-12)


def test_hand_computed_steps_of_adam_as_published():
    """k = 5, alpha = 0.5, with Adam's formula written out; the moments go on across the step back."""
    gradients = [1.0, -0.5, 2.0, 0.3, -1.0, 0.7, 0.7, -0.2, 1.5, 0.1, 0.4]
    rate, theta, phi, m, v, expected = 1e-2, 1.0, 1.0, 0.0, 0.0, []
    for t, g in enumerate(gradients, 1):
        m, v = 0.9 * m + 0.1 * g, 0.999 * v + 0.001 * g * g
        theta -= rate * (m / (1 - 0.9**t)) / ((v / (1 - 0.999**t)) ** 0.5 + 1e-8)
        if t % 5 == 0:
            phi += 0.5 * (theta - phi)
            theta = phi
        expected.append(theta)
    weight = torch.nn.Parameter(torch.tensor([1.0], dtype=torch.float64))

    found = stepped(Lookahead(torch.optim.Adam([weight], lr=rate)), weight, gradients)

    assert found == pytest.approx(expected, abs=1e-10)


def a_training(seed=0):
    """A small network with dropout-free layers, its optimizer with two groups, and a function that makes one step."""
    torch.manual_seed(seed)
    network = torch.nn.Sequential(
        torch.nn.Linear(4, 8), torch.nn.BatchNorm1d(8), torch.nn.ReLU(), torch.nn.Linear(8, 1)
    )
    groups = [{"params": network[0].parameters()}, {"params": network[1:].parameters(), "lr": 3e-3}]
    optimizer = Lookahead(torch.optim.AdamW(groups, lr=1e-2), sync_period=5)
    schedule = torch.optim.lr_scheduler.LambdaLR(optimizer, lambda step: 1 / (1 + step))

    def step(number):
        images = torch.randn(6, 4, generator=torch.Generator().manual_seed(number))
        optimizer.zero_grad()
        network(images).square().mean().backward()
        optimizer.step()
        schedule.step()

    return network, optimizer, schedule, step


@pytest.mark.parametrize("stop", [0, 1, 5, 7])
def test_training_that_was_stopped_goes_on_to_the_same_bits(stop):
    """Stopped before the first step, between two synchronizations, and right at one."""
    network, _, _, step = a_training()
    for number in range(13):
        step(number)

    first, optimizer, schedule, step = a_training()
    for number in range(stop):
        step(number)
    file = io.BytesIO()
    torch.save([first.state_dict(), optimizer.state_dict(), schedule.state_dict()], file)
    file.seek(0)
    second, optimizer, schedule, step = a_training(seed=99)
    for part, state in zip((second, optimizer, schedule), torch.load(file, weights_only=True), strict=True):
        part.load_state_dict(state)
    for number in range(stop, 13):
        step(number)

    assert all(torch.equal(a, b) for a, b in zip(network.parameters(), second.parameters(), strict=True))


def test_state_does_not_follow_later_steps_of_another():
    _, optimizer, _, step = a_training()
    step(0)
    state = optimizer.state_dict()
    _, other, _, other_step = a_training(seed=1)
    other.load_state_dict(state)
    before = [tensor.clone() for tensor in state["slow"]]

    for number in range(1, 6):
        other_step(number)

    assert all(torch.equal(a, b) for a, b in zip(before, state["slow"], strict=True))


def test_schedule_and_groups_are_shared_with_the_inner_optimizer():
    _, optimizer, _, step = a_training()
    step(0)
    assert [group["lr"] for group in optimizer.inner.param_groups] == [0.5e-2, 1.5e-3]


def test_group_added_late_is_stepped_and_synchronized_from_where_it_started():
    early, late = (torch.nn.Parameter(torch.ones(1)) for _ in range(2))
    optimizer = Lookahead(torch.optim.SGD([early], lr=0.1), sync_period=2)
    early.grad, late.grad = torch.ones(1), torch.ones(1)
    optimizer.step()

    optimizer.add_param_group({"params": [late]})
    optimizer.step()

    assert early.item() == pytest.approx(1 - 0.5 * 0.2)
    assert late.item() == pytest.approx(1 - 0.5 * 0.1)
    optimizer.zero_grad()
    assert late.grad is None


def test_parameter_without_gradient_stays():
    used, unused = (torch.nn.Parameter(torch.ones(1)) for _ in range(2))
    optimizer = Lookahead(torch.optim.Adam([used, unused]), sync_period=1)
    used.grad = torch.ones(1)
    optimizer.step()
    assert unused.item() == 1
    assert used.item() != 1


def test_closure_is_called_once_per_step():
    weight = torch.nn.Parameter(torch.ones(1))
    optimizer = Lookahead(torch.optim.SGD([weight], lr=0.1))
    calls = []

    def closure():
        calls.append(1)
        optimizer.zero_grad()
        loss = weight.square().sum()
        loss.backward()
        return loss

    assert optimizer.step(closure).item() == 1
    assert len(calls) == 1


def test_state_of_other_parameters_is_refused():
    _, optimizer, _, step = a_training()
    step(0)
    other = Lookahead(torch.optim.AdamW([torch.nn.Parameter(torch.ones(3))]))
    with pytest.raises(ValueError, match="do not fit"):
        other.load_state_dict(optimizer.state_dict())


@pytest.mark.parametrize("arguments", [{"sync_period": 0}, {"slow_step": 0.0}, {"slow_step": 1.5}])
def test_impossible_settings_are_refused(arguments):
    with pytest.raises(ValueError, match="sync_period"):
        Lookahead(torch.optim.SGD([torch.nn.Parameter(torch.ones(1))], lr=1), **arguments)
