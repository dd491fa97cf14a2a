"""The faster network gives the same answers, and the given one stays as it is."""

from __future__ import annotations

import pytest
import torch
from torch import nn

from gliomamri.networks.registry import build
from gliomamri.tumor.acceleration import accelerated, layout

CASES = {
    "unet-instance": ("unet", 3, {"filters": 4, "levels": 3}),
    "unet-batch": ("unet", 3, {"filters": 4, "levels": 3, "norm": "batch", "blocks": 2}),
    "unet-slices": ("unet", 2, {"filters": 4, "levels": 3}),
    "segresnet": ("segresnet", 3, {"filters": 8, "blocks_down": (1, 1), "blocks_up": (1,)}),
    "dynunet-batch": ("dynunet", 3, {"filters": 4, "levels": 3, "norm": "batch"}),
    "unet2d": ("unet2d", 2, {"width": 0.2}),
    "sdm4": ("sdm4", 2, {"width": 0.1}),
}


@pytest.mark.parametrize("case", CASES)
def test_same_answers(case):
    name, dimensions, arguments = CASES[case]
    if name in ("unet", "segresnet", "dynunet"):
        arguments = {"dimensions": dimensions, **arguments}
    network = build(name, in_channels=2, out_channels=3, **arguments).eval()
    generator = torch.Generator().manual_seed(1)
    for tensor in (*network.parameters(), *network.buffers()):
        if tensor.ndim == 1 and tensor.is_floating_point():
            tensor.data = 0.5 + torch.rand(tensor.shape, generator=generator)
    before = {key: value.clone() for key, value in network.state_dict().items()}
    image = torch.randn((2, 2, *(16, 24, 32)[-dimensions:]), generator=generator)

    with torch.inference_mode():
        expected = network(image)
        quick = accelerated(network, dimensions)
        found = quick(image.contiguous(memory_format=layout(dimensions)))

    assert expected.std() > 0.05
    assert torch.allclose(found, expected, atol=1e-4 * float(expected.abs().max()))
    assert all(torch.equal(network.state_dict()[key], value) for key, value in before.items())
    assert not any(isinstance(part, nn.InstanceNorm2d | nn.InstanceNorm3d) for part in quick.modules())
    if case == "unet-batch":
        assert not any(isinstance(part, nn.BatchNorm3d) for part in quick.modules())
