"""Running statistics against numpy's, and a network that answers alike in both modes afterwards."""

from __future__ import annotations

import pytest
import torch

from gliomamri.networks.registry import build
from gliomamri.training.batch_norm import measure_again


def batches(count=6, size=(9, 7)):
    generator = torch.Generator().manual_seed(0)
    return [3 + 2 * torch.randn((4, 2, *size), generator=generator) for _ in range(count)]


def test_statistics_are_means_over_batches():
    network = torch.nn.Sequential(torch.nn.BatchNorm2d(2, momentum=0.01), torch.nn.Dropout(0.5))
    network.train()
    measure_again(network, batches())
    images = torch.stack(batches())
    torch.testing.assert_close(network[0].running_mean, images.mean((0, 1, 3, 4)))
    variances = torch.stack([one.transpose(0, 1).flatten(1).var(1) for one in batches()]).mean(0)
    torch.testing.assert_close(network[0].running_var, variances)
    assert network.training
    assert network[0].momentum == 0.01


def test_a_young_network_answers_at_use_as_in_training():
    network = build("sdm4", in_channels=2, width=0.1, dropout=0.0)
    image = batches(1, (40, 32))[0]
    fresh = network.eval()(image)
    with torch.no_grad():
        in_training = network.train()(image)
    measure_again(network.eval(), [image])
    at_use = network(image)
    assert not network.training
    assert (at_use - in_training).abs().max() < 0.25 * (fresh - in_training).abs().max()


@pytest.mark.parametrize("norm", ["instance", "batch"])
def test_weights_stay(norm):
    network = build("unet", dimensions=2, in_channels=2, out_channels=2, filters=4, levels=3, norm=norm)
    before = {name: tensor.clone() for name, tensor in network.named_parameters()}
    measure_again(network, [torch.randn(2, 2, 16, 16)])
    assert all(torch.equal(before[name], tensor) for name, tensor in network.named_parameters())
