"""2D-SDM4 against the published counts and against its layers written out by hand."""

from __future__ import annotations

import pytest
import torch
from torch.nn import functional

from gliomamri.networks.registry import build, parameters, running_statistics
from gliomamri.networks.sdm4 import STRIDE


@pytest.mark.parametrize(("channels", "number"), [(3, 4_755_394), (4, 4_755_970), (6, 4_757_122)])
def test_published_number_of_parameters(channels, number):
    assert parameters("sdm4", in_channels=channels) == number
    assert running_statistics("sdm4", in_channels=channels) == 4_096


def written_out(tensors, image):
    """The network at inference in Keras's order, from plain functions; `tensors` in the order of the layers."""
    tensors = iter(tensors)

    def normalized(x):
        scale, shift, mean, variance = (next(tensors) for _ in range(4))
        next(tensors)  # count of batches
        shape = (1, -1, *[1] * (x.ndim - 2))
        x = (x - mean.view(shape)) / torch.sqrt(variance.view(shape) + 1e-3)
        return x * scale.view(shape) + shift.view(shape)

    for _ in range(4):
        for _ in range(2):
            image = functional.conv2d(image, next(tensors), next(tensors), padding=1).clamp_min(0)
            image = normalized(image).clamp_min(0)
        image = functional.max_pool2d(image, 2)
    hidden = image.mean((2, 3)) @ next(tensors).T + next(tensors)
    hidden = normalized(hidden).clamp_min(0)
    return hidden @ next(tensors).T + next(tensors)


def test_layers_come_in_the_published_order():
    network = build("sdm4", in_channels=3, width=0.125, seed=4).double().eval()
    generator = torch.Generator().manual_seed(1)
    for tensor in [*network.parameters(), *network.buffers()]:
        if tensor.is_floating_point():
            tensor.data += torch.rand(tensor.shape, generator=generator, dtype=tensor.dtype)
    image = torch.randn(2, 3, 48, 32, generator=generator, dtype=torch.float64)

    with torch.no_grad():
        found, expected = network(image), written_out(network.state_dict().values(), image)

    torch.testing.assert_close(found, expected, rtol=1e-10, atol=1e-10)
    assert found.abs().max() > 1e-3


def test_running_statistics_move_by_a_hundredth():
    network = build("sdm4", in_channels=3, width=0.05)
    norm = network.features[0][2]
    image = torch.randn(4, 3, 16, 16)
    seen = network.features[0][:2](image)

    network(image)

    torch.testing.assert_close(norm.running_mean, 0.01 * seen.mean((0, 2, 3)))


def test_initial_weights_are_glorot_uniform():
    network = build("sdm4", in_channels=4, seed=3)
    convolution, dense = network.features[2][0], network.head[1]

    for layer, fans in ((convolution, 9 * (64 + 128)), (dense, 512 + 128)):
        limit = (6 / fans) ** 0.5
        assert 0.99 * limit < layer.weight.abs().max() <= limit
        assert layer.weight.std().item() == pytest.approx(limit / 3**0.5, rel=0.02)
        assert torch.all(layer.bias == 0)


def test_features_are_those_of_the_last_convolution():
    network = build("sdm4", in_channels=3, width=0.05).eval()
    with torch.inference_mode():
        features = network.features(torch.zeros(1, 3, 64, 96))
    assert features.shape[2:] == (64 * 2 // STRIDE, 96 * 2 // STRIDE)


def test_dropout_acts_in_training_only():
    network = build("sdm4", in_channels=3, width=0.1, dropout=0.5)
    image = torch.randn(4, 3, 16, 16)
    assert not torch.equal(network(image), network(image))
    network.eval()
    assert torch.equal(network(image), network(image))
