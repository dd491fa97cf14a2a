"""The moving average against its recursion, and after it was stopped and went on."""

from __future__ import annotations

import pytest
import torch

from gliomamri.training.ema import averaged


def moved(network, value):
    with torch.no_grad():
        for parameter in network.parameters():
            parameter.fill_(value)


def test_hand_computed_recursion_with_growing_decay():
    """Copy 1; then decays 2/11, 3/12, 4/13 and so on, never above the limit 0.3."""
    network = torch.nn.Linear(1, 1)
    average = averaged(network, decay=0.3)
    expected, found = [], []
    a = 1.0
    for n, value in enumerate([1.0, 5.0, -2.0, 4.0, 3.0, 0.0]):
        moved(network, value)
        average.update_parameters(network)
        found.append(average.module.weight.item())
        if n:
            d = min(0.3, (1 + n) / (10 + n))
            a = d * a + (1 - d) * value
        expected.append(a)

    assert found == pytest.approx(expected, rel=1e-5)
    assert (1 + 5) / (10 + 5) > 0.3  # the limit was reached


def test_running_statistics_are_averaged_and_counts_copied():
    network = torch.nn.BatchNorm1d(2)
    average = averaged(network, decay=0.9)
    for step in range(4):
        network(torch.randn(8, 2) + 3 * step)
        before = average.module.running_mean.clone()
        average.update_parameters(network)

    decay = 4 / 13
    expected = decay * before + (1 - decay) * network.running_mean
    torch.testing.assert_close(average.module.running_mean, expected)
    assert average.module.num_batches_tracked == network.num_batches_tracked == 4


def test_average_is_a_copy_that_no_gradient_reaches():
    network = torch.nn.Linear(2, 1)
    average = averaged(network)
    average.update_parameters(network)
    moved(network, 100.0)
    assert average.module.weight.max() < 10
    assert not any(parameter.requires_grad for parameter in average.parameters())
    assert all(parameter.requires_grad for parameter in network.parameters())
    torch.testing.assert_close(average(torch.ones(1, 2)), average.module(torch.ones(1, 2)))


def test_average_that_was_stopped_goes_on_to_the_same_bits():
    def run(stop):
        torch.manual_seed(1)
        network = torch.nn.Sequential(torch.nn.Linear(3, 2), torch.nn.BatchNorm1d(2))
        average = averaged(network, decay=0.5)
        for step in range(8):
            if step == stop:
                state = {name: tensor.clone() for name, tensor in average.state_dict().items()}
                average = averaged(network, decay=0.5)
                average.load_state_dict(state)
            moved(network, float(step) ** 0.5)
            network(torch.randn(4, 3, generator=torch.Generator().manual_seed(step)))
            average.update_parameters(network)
        return average.state_dict()

    through, stopped = run(None), run(3)
    assert all(torch.equal(through[name], stopped[name]) for name in through)


@pytest.mark.parametrize("decay", [-0.1, 1.0])
def test_impossible_decay_is_refused(decay):
    with pytest.raises(ValueError, match="decay"):
        averaged(torch.nn.Linear(1, 1), decay=decay)
