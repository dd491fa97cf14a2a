"""The table of networks: what it counts, what it refuses, and that it builds the same network twice."""

from __future__ import annotations

import json
import subprocess
import sys

import pytest
import torch

from gliomamri.errors import UserError
from gliomamri.networks import packages, registry
from gliomamri.networks.registry import MOST_PARAMETERS, NETWORKS, build, parameters, size_multiple

SMALLEST = {
    "sdm4": {"in_channels": 3, "width": 0.1},
    "unet2d": {"in_channels": 3, "out_channels": 2, "width": 0.1},
    "unet": {"dimensions": 2, "in_channels": 3, "out_channels": 2, "filters": 4},
    "segresnet": {"dimensions": 2, "in_channels": 3, "out_channels": 2, "filters": 8},
    "dynunet": {"dimensions": 2, "in_channels": 3, "out_channels": 2, "filters": 4},
}


def test_every_network_has_a_smallest_one_here():
    assert SMALLEST.keys() == NETWORKS.keys()


@pytest.mark.parametrize("name", NETWORKS)
def test_built_network_has_as_many_parameters_as_counted(name):
    network = build(name, **SMALLEST[name])

    assert parameters(name, **SMALLEST[name]) == sum(tensor.numel() for tensor in network.parameters())
    assert all(tensor.device.type == "cpu" for tensor in network.state_dict().values())
    assert network.training


@pytest.mark.parametrize("name", NETWORKS)
def test_seed_decides_the_weights_and_no_other_random_number(name):
    torch.manual_seed(5)
    expected = torch.rand(3)

    torch.manual_seed(5)
    first = build(name, seed=1, **SMALLEST[name]).state_dict()
    drawn = torch.rand(3)
    torch.manual_seed(6)
    again = build(name, seed=1, **SMALLEST[name]).state_dict()
    other = build(name, seed=2, **SMALLEST[name]).state_dict()

    assert torch.equal(drawn, expected)
    assert all(torch.equal(first[key], again[key]) for key in first)
    assert any(not torch.equal(first[key], other[key]) for key in first)


def test_counting_leaves_the_random_stream():
    torch.manual_seed(5)
    expected = torch.rand(3)
    torch.manual_seed(5)
    for name in NETWORKS:
        parameters(name, **SMALLEST[name])
    assert torch.equal(torch.rand(3), expected)


@pytest.mark.parametrize("name", NETWORKS)
def test_arguments_survive_json_and_give_logits_of_the_size_that_is_promised(name):
    arguments = json.loads(json.dumps(registry.complete_arguments(name, **SMALLEST[name])))
    multiple = size_multiple(name, **arguments)
    space = (3 * max(multiple, 16), 2 * max(multiple, 16))
    network = build(name, **arguments).eval()

    with torch.inference_mode():
        logits = network(torch.randn(2, 3, *space))

    assert logits.shape == ((2, 2) if NETWORKS[name].output == "image" else (2, 2, *space))


@pytest.mark.parametrize(
    ("name", "arguments", "words"),
    [
        ("resnet", {}, "no network 'resnet'; known are sdm4, unet2d"),
        (["sdm4"], {}, "no network ['sdm4']"),
        (
            "sdm4",
            {"in_channels": 4, "layers": 3},
            "no argument 'layers'; known are in_channels, out_channels",
        ),
        ("sdm4", {}, "needs in_channels: a whole number between 1 and 64"),
        (
            "sdm4",
            {"in_channels": 10**9},
            "in_channels = 1000000000: it must be a whole number between 1 and 64",
        ),
        ("sdm4", {"in_channels": True}, "in_channels = True"),
        ("sdm4", {"in_channels": 4.0}, "in_channels = 4.0"),
        ("sdm4", {"in_channels": None}, "in_channels = None"),
        (
            "sdm4",
            {"in_channels": 4, "width": float("nan")},
            "width = nan: it must be a number between 0.05 and 4",
        ),
        ("sdm4", {"in_channels": 4, "width": "1"}, "width = '1'"),
        ("unet", SMALLEST["unet"] | {"norm": "layer"}, "norm = 'layer': it must be one of instance, batch"),
        ("unet", SMALLEST["unet"] | {"norm": ["batch"]}, "norm = ['batch']"),
        ("unet", SMALLEST["unet"] | {"dimensions": 4}, "between 2 and 3"),
        ("dynunet", SMALLEST["dynunet"] | {"residual": 1}, "residual = 1: it must be true or false"),
        ("segresnet", SMALLEST["segresnet"] | {"blocks_down": [1] * 7}, "a list of 2 to 6 whole numbers"),
        ("segresnet", SMALLEST["segresnet"] | {"blocks_down": [1, 10**6, 1, 1]}, "between 1 and 8"),
        ("segresnet", SMALLEST["segresnet"] | {"blocks_down": "12"}, "blocks_down = '12'"),
        ("segresnet", SMALLEST["segresnet"] | {"blocks_up": [1, 1]}, "blocks_up must list 3 numbers, not 2"),
        ("segresnet", SMALLEST["segresnet"] | {"filters": 12}, "multiples of 8, not 12"),
    ],
)
def test_what_cannot_be_built_is_refused_in_a_sentence(name, arguments, words):
    with pytest.raises(UserError) as refusal:
        build(name, **arguments)
    assert words in refusal.value.sentence


def test_refusal_of_an_enormous_value_stays_short():
    with pytest.raises(UserError) as refusal:
        build("sdm4", in_channels="4" * 10**6)
    assert len(refusal.value.sentence) < 300


def test_arguments_that_are_too_much_together_are_refused_before_memory_is_taken(monkeypatch):
    arguments = {"dimensions": 3, "in_channels": 4, "out_channels": 4, "filters": 64, "levels": 7}
    arguments |= {"most_filters": 512, "blocks": 6}
    assert parameters("unet", **arguments) > MOST_PARAMETERS
    monkeypatch.setattr(torch, "manual_seed", lambda seed: pytest.fail("went on to build"))

    with pytest.raises(UserError, match="at most 200,000,000 are allowed"):
        build("unet", **arguments)


def test_width_scales_the_parameters_by_about_its_square():
    whole = parameters("sdm4", in_channels=4)
    assert parameters("sdm4", in_channels=4, width=0.5) / whole == pytest.approx(0.25, rel=0.01)


def test_missing_package_is_told_in_a_sentence(monkeypatch):
    monkeypatch.setitem(sys.modules, "monai", None)  # makes `import monai` fail

    with pytest.raises(UserError, match="need the Python package MONAI, which is not installed"):
        build("segresnet", **SMALLEST["segresnet"])


def test_library_that_does_not_load_is_told_in_a_sentence(monkeypatch):
    def broken(name):
        raise OSError("libcudart.so: cannot open shared object file")

    monkeypatch.setattr(packages, "import_module", broken)
    with pytest.raises(UserError, match="PyTorch") as refusal:
        build("sdm4", in_channels=4)
    assert "libcudart" in refusal.value.details


def test_checking_arguments_loads_neither_torch_nor_monai(repository):
    program = (
        "import sys; sys.path.insert(0, sys.argv[1]); from gliomamri.networks import registry as r;"
        "r.complete_arguments('segresnet', dimensions=3, in_channels=4, out_channels=3);"
        "import gliomamri.training.schedules;"
        "print(sorted({'torch', 'monai'} & set(sys.modules)))"
    )
    done = subprocess.run(
        [sys.executable, "-c", program, str(repository / "Core")], capture_output=True, text=True, check=True
    )
    assert done.stdout.strip() == "[]"


def test_counting_does_not_load_the_slow_decompositions(repository):
    program = (
        "import sys; sys.path.insert(0, sys.argv[1]); from gliomamri.networks import registry as r;"
        "r.parameters('unet', dimensions=2, in_channels=4, out_channels=3); print('sympy' in sys.modules)"
    )
    done = subprocess.run(
        [sys.executable, "-c", program, str(repository / "Core")], capture_output=True, text=True, check=True
    )
    assert done.stdout.strip() == "False"
