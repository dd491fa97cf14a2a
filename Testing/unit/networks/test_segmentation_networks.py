"""The modern segmentation networks: shapes, learning, and weights that come back from safetensors."""

from __future__ import annotations

import pytest
import torch
from safetensors.torch import load, save

from gliomamri.networks.registry import build, parameters, size_multiple
from gliomamri.networks.weights import load_weights, weights

NETWORKS = {
    "unet": {"filters": 4, "levels": 3},
    "unet-batch": {
        "filters": 4,
        "levels": 4,
        "norm": "batch",
        "blocks": 2,
        "dropout": 0.1,
        "most_filters": 16,
    },
    "segresnet": {"filters": 8, "blocks_down": (1, 1, 2), "blocks_up": (1, 1)},
    "segresnet-batch": {
        "filters": 4,
        "blocks_down": (1, 1, 2),
        "blocks_up": (1, 1),
        "norm": "batch",
        "upsampling": "transposed",
    },
    "segresnet-instance": {"filters": 4, "blocks_down": (1, 1), "blocks_up": (1,), "norm": "instance"},
    "dynunet": {"filters": 4, "levels": 3},
    "dynunet-batch": {"filters": 4, "levels": 3, "norm": "batch", "residual": True},
}


def arguments(key, dimensions):
    return {"dimensions": dimensions, "in_channels": 2, "out_channels": 3, **NETWORKS[key]}


@pytest.mark.parametrize("dimensions", [2, 3])
@pytest.mark.parametrize("key", NETWORKS)
def test_output_has_the_grid_of_the_input_and_every_parameter_a_gradient(key, dimensions):
    name = key.split("-")[0]
    multiple = size_multiple(name, **arguments(key, dimensions))
    space = tuple(multiple * count for count in (2, 3, 4)[-dimensions:])
    network = build(name, **arguments(key, dimensions))

    logits = network(torch.randn(2, 2, *space))
    logits.square().mean().backward()

    assert logits.shape == (2, 3, *space)
    # A bias before a normalization has no effect; none is left in these.
    assert all(tensor.grad is not None and tensor.grad.abs().sum() > 0 for tensor in network.parameters())


@pytest.mark.parametrize("key", NETWORKS)
def test_weights_come_back_from_safetensors(key):
    name = key.split("-")[0]
    trained, fresh = (build(name, seed=seed, **arguments(key, 2)) for seed in (1, 2))
    image = torch.randn(2, 2, 32, 32)
    trained(image)  # moves running statistics
    stored = save({name: tensor.contiguous() for name, tensor in weights(trained).items()})

    load_weights(fresh, load(stored))

    trained.eval()
    fresh.eval()
    with torch.inference_mode():
        assert torch.equal(trained(image), fresh(image))


def test_each_tensor_is_named_once():
    network = build("dynunet", **arguments("dynunet", 2))
    found = weights(network)

    assert len(found) < len(network.state_dict())
    assert sum(t.numel() for t in found.values()) == parameters("dynunet", **arguments("dynunet", 2))


def test_weights_that_do_not_fit_leave_the_network_as_it_was():
    network = build("unet", **arguments("unet", 2))
    before = {name: tensor.clone() for name, tensor in weights(network).items()}
    other = {name: tensor + 1 for name, tensor in before.items()}
    last = list(other)[-1]

    for wrong, words in (
        ({name: other[name] for name in other if name != last}, "missing"),
        (other | {"extra": torch.zeros(1)}, "not known"),
        (other | {last: torch.zeros(7)}, "must be"),
    ):
        with pytest.raises(ValueError, match=words):
            load_weights(network, wrong)
    assert all(torch.equal(tensor, before[name]) for name, tensor in weights(network).items())


def test_half_precision_weights_are_converted():
    network = build("unet", **arguments("unet", 2))
    load_weights(network, {name: tensor.half() for name, tensor in weights(network).items()})
    assert {tensor.dtype for tensor in network.parameters()} == {torch.float32}


@pytest.mark.parametrize("key", ["unet", "segresnet", "dynunet"])
def test_network_learns_a_blob_that_only_context_tells(key):
    """Two equal squares; only the one beside a bright bar is the target, so single voxels are not enough."""
    generator = torch.Generator().manual_seed(0)
    images, labels = torch.zeros(8, 1, 32, 32), torch.zeros(8, 32, 32, dtype=torch.long)
    for image, label in zip(images, labels, strict=True):
        row, column, far = torch.randint(2, 10, (3,), generator=generator).tolist()
        image[0, row : row + 6, column : column + 6] = 1
        image[0, row : row + 6, column + 7] = 3
        image[0, 20:26, far + 8 : far + 14] = 1
        label[row : row + 6, column : column + 6] = 1
    images += 0.05 * torch.randn(images.shape, generator=generator)
    network = build(key, **arguments(key, 2) | {"in_channels": 1, "out_channels": 2, "filters": 8})
    optimizer = torch.optim.AdamW(network.parameters(), lr=1e-2)

    for _ in range(25):
        optimizer.zero_grad()
        torch.nn.functional.cross_entropy(network(images), labels).backward()
        optimizer.step()

    found = network(images).argmax(1)
    dice = 2 * ((found == 1) & (labels == 1)).sum() / ((found == 1).sum() + (labels == 1).sum())
    assert dice > 0.9
