"""The published 2D U-Net against its count, and Keras's conventions against their definitions."""

from __future__ import annotations

import pytest
import torch
from torch.nn import functional

from gliomamri.networks.keras_conventions import Double, Halve, he_normal
from gliomamri.networks.registry import build, parameters


def test_published_number_of_parameters():
    assert parameters("unet2d", in_channels=4, out_channels=2) == 2_337_986


def by_hand(convolution, image, at):
    """Output of a 3x3 kernel whose first row and column lie at ``2 * at``, zero outside."""
    row, column = at
    total = convolution.bias.clone()
    for y in range(3):
        for x in range(3):
            if 2 * row + y < image.shape[2] and 2 * column + x < image.shape[3]:
                total += convolution.weight[:, :, y, x] @ image[0, :, 2 * row + y, 2 * column + x]
    return total


def test_halving_starts_at_even_voxels_and_pads_the_end():
    layer = Halve(2).double()
    image = torch.randn(1, 2, 6, 8, dtype=torch.float64)

    found = layer(image)

    assert found.shape == (1, 2, 3, 4)
    for at in ((0, 0), (1, 2), (2, 3)):
        torch.testing.assert_close(found[0, :, at[0], at[1]], by_hand(layer, image, at))


def test_doubling_is_the_transpose_of_halving():
    """Keras defines one as the gradient of the other: <halve(x), y> = <x, double(y)> without biases."""
    down, up = Halve(3).double(), Double(3, 3).double()
    torch.nn.init.zeros_(down.bias)
    torch.nn.init.zeros_(up.bias)
    with torch.no_grad():
        up.weight.copy_(down.weight)
    x = torch.randn(1, 3, 8, 6, dtype=torch.float64)
    y = torch.randn(1, 3, 4, 3, dtype=torch.float64)

    assert up(y).shape == x.shape
    assert (down(x) * y).sum().item() == pytest.approx((x * up(y)).sum().item(), rel=1e-10)


@pytest.mark.parametrize(("layer", "fan_in"), [(torch.nn.Conv2d(64, 128, 3), 576), (Double(128, 64), 576)])
def test_he_normal_has_its_variance_and_is_cut(layer, fan_in):
    torch.manual_seed(0)
    he_normal(layer)

    sd = (2 / fan_in) ** 0.5
    assert layer.weight.std().item() == pytest.approx(sd, rel=0.01)
    assert 2.2 * sd < layer.weight.abs().max() <= 2 / 0.8796 * sd


def written_out(parameters, image):
    """The network at inference from plain functions; parameters in the order of the layers."""
    p = iter(parameters)

    def normalized(x):
        mean, variance = x.mean((2, 3), keepdim=True), x.var((2, 3), unbiased=False, keepdim=True)
        scale, shift = next(p).view(1, -1, 1, 1), next(p).view(1, -1, 1, 1)
        return (x - mean) / torch.sqrt(variance + 1e-3) * scale + shift

    def pair(x):
        for _ in range(2):
            x = normalized(functional.conv2d(x, next(p), next(p), padding=1))
            x = torch.where(x > 0, x, 0.01 * x)
        return x

    passed = []
    for _ in range(3):
        passed.append(pair(image))
        image = functional.conv2d(functional.pad(passed[-1], (0, 1, 0, 1)), next(p), next(p), stride=2)
    image = pair(image)
    for encoder in reversed(passed):
        image = functional.conv_transpose2d(image, next(p), next(p), stride=2)[..., :-1, :-1]
        image = pair(torch.cat([normalized(image), encoder], 1))
    return functional.conv2d(image, next(p), next(p))


def test_layers_come_in_the_published_order():
    network = build("unet2d", in_channels=3, out_channels=2, width=0.125, seed=2).double().eval()
    generator = torch.Generator().manual_seed(1)
    for tensor in network.parameters():
        tensor.data += 0.1 * torch.randn(tensor.shape, generator=generator, dtype=tensor.dtype)
    down, up = (
        zip(network.pairs_down, network.downsamplings, strict=True),
        zip(network.upsamplings, network.pairs_up, strict=True),
    )
    layers = [
        *[m for two in down for m in two],
        network.bridge,
        *[m for two in up for m in two],
        network.last,
    ]
    image = torch.randn(2, 3, 24, 40, generator=generator, dtype=torch.float64)

    with torch.no_grad():
        found = network(image)
        expected = written_out([tensor for layer in layers for tensor in layer.parameters()], image)

    torch.testing.assert_close(found, expected, rtol=1e-9, atol=1e-9)


def test_dropout_acts_on_both_sides_of_the_bridge_in_training_only():
    network = build("unet2d", in_channels=3, out_channels=2, width=0.1)
    kinds = [type(layer).__name__ for layer in network.bridge]
    assert kinds == ["Dropout", "Sequential", "Dropout"]
    assert {layer.p for layer in network.modules() if isinstance(layer, torch.nn.Dropout)} == {0.3}
    image = torch.randn(1, 3, 32, 32)
    assert not torch.equal(network(image), network(image))
    network.eval()
    assert torch.equal(network(image), network(image))
