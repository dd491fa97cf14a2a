"""A converted bundle answers as the bundle's own network does; whatever else a .pt file holds never runs."""

from __future__ import annotations

import json
import os
import subprocess
import sys
import zipfile

import numpy as np
import pytest

from gliomamri.errors import UserError
from gliomamri.modelstore.convert import convert_bundle
from gliomamri.modelstore.package import read_package
from gliomamri.modelstore.unpickle_child import _plain_state, main
from unit.modelstore.example_model import tree
from unit.modelstore.test_bundle import BRATS, NORMALIZE, inference

torch = pytest.importorskip("torch")
pytest.importorskip("monai")

MONAI = {
    "schema": "x",
    "version": "0.3.0",
    "monai_version": "0.9.1",
    "task": "Multimodal brain tumor segmentation",
    "description": "A pre-trained model.",
    "authors": "MONAI team",
    "copyright": "MONAI Consortium",
    "intended_use": "This is an example.",
    **BRATS,
}
TOLD = {
    "license": "Apache-2.0",
    "limits": ["Knows BraTS images only."],
    "training": {
        "data": [{"name": "BraTS 2018", "license": "see site", "patients": 200, "simulated": False}]
    },
    "grid": {"voxel_size": [1, 1, 1], "orientation": "LPS"},
}
SEGRESNET = {
    "_target_": "monai.networks.nets.SegResNet",
    "init_filters": 8,
    "in_channels": 4,
    "out_channels": "@classes",
    "blocks_down": [1, 1, 1],
    "blocks_up": [1, 1],
    "dropout_prob": 0.2,
}
DYNUNET = {
    "_target_": "DynUNet",
    "spatial_dims": 3,
    "in_channels": 4,
    "out_channels": 3,
    "kernel_size": [3, 3, 3],
    "strides": [1, 2, 2],
    "upsample_kernel_size": [2, 2],
    "filters": [4, 8, 16],
    "deep_supervision": True,
}


def monai_network(definition: dict):
    from monai.networks import nets

    torch.manual_seed(3)
    name = definition["_target_"].rpartition(".")[2]
    arguments = {
        key: 3 if value == "@classes" else value for key, value in definition.items() if key[0] != "_"
    }
    return getattr(nets, name)(**arguments).eval()


@pytest.fixture
def a_bundle(tmp_path):
    """Factory of bundles with fresh weights; gives the folder and the network."""

    def make(definition=SEGRESNET, steps=(NORMALIZE,)):
        bundle = tmp_path / "brats_mri"
        for folder in ("configs", "models"):
            (bundle / folder).mkdir(parents=True)
        network = monai_network(definition)
        torch.save(network.state_dict(), bundle / "models" / "model.pt")
        config = inference(*steps) | {"network_def": definition, "classes": 3, "imports": ["$import os"]}
        (bundle / "configs" / "inference.json").write_text(json.dumps(config))
        (bundle / "configs" / "metadata.json").write_text(json.dumps(MONAI))
        (tmp_path / "told.json").write_text(json.dumps(TOLD))
        return bundle, network

    return make


def read_here(path):
    """Read weights as the child does, without the seconds that a second PyTorch takes to start."""
    return _plain_state(torch.load(path, weights_only=True))


@pytest.mark.parametrize(
    ("definition", "child"), [(SEGRESNET, True), (DYNUNET, False)], ids=["SegResNet", "DynUNet"]
)
def test_converted_network_answers_as_monais_does(a_bundle, tmp_path, monkeypatch, definition, child):
    """On a box with three different edges: MONAI's axes are (x, y, z), ours (z, y, x)."""
    if not child:
        monkeypatch.setattr("gliomamri.modelstore.convert.read_pickled_state", read_here)
    bundle, network = a_bundle(definition)
    made = convert_bundle(bundle, tmp_path / "out", description=tmp_path / "told.json")
    image = torch.randn(1, 4, 8, 12, 16, generator=torch.Generator().manual_seed(1))

    with torch.no_grad():
        expected = network(image).permute(0, 1, 4, 3, 2)
        found = made.build()[0](image.permute(0, 1, 4, 3, 2))
        unturned = network(image.permute(0, 1, 4, 3, 2))

    np.testing.assert_allclose(found, expected, atol=1e-4)
    assert not np.allclose(unturned, expected, atol=1e-2)
    assert made.metadata.name == "brats-mri"
    assert made.metadata.roles == ("ceT1w", "T1w", "T2w", "FLAIR")
    assert made.metadata.grid.window == (96, 96, 64)
    assert made.metadata.grid.multiple == 4
    assert made.metadata.inference.channels == ((1, 4), (1, 2, 4), (4,))
    read_package(tmp_path / "out").verify()


def refuse(bundle, tmp_path, **options) -> str:
    before = tree(tmp_path)
    with pytest.raises(UserError) as caught:
        convert_bundle(bundle, tmp_path / "out", **{"description": tmp_path / "told.json", **options})
    assert tree(tmp_path) == before
    return caught.value.sentence


class Evil:
    """Makes a folder when unpickled."""

    def __init__(self, mark) -> None:
        self.mark = mark

    def __reduce__(self):
        return (os.mkdir, (str(self.mark),))


def test_program_in_the_weights_never_runs(tmp_path, monkeypatch, capsys):
    """The child's own function, called here; the control shows that the file would have done its work."""
    monkeypatch.setattr("gliomamri.modelstore.unpickle_child._limit_resources", lambda memory: None)
    monkeypatch.setattr("torch.set_num_threads", lambda number: None)
    torch.save({"state_dict": {"a": torch.ones(1)}, "x": Evil(tmp_path / "ran")}, tmp_path / "model.pt")

    assert main([str(tmp_path / "model.pt"), str(tmp_path / "out.safetensors")]) == 1

    assert "hold more than numbers, or are damaged" in json.loads(capsys.readouterr().out)["problem"]
    assert tree(tmp_path) == ["model.pt"]
    torch.load(tmp_path / "model.pt", weights_only=False)
    assert (tmp_path / "ran").exists()


def test_program_in_the_configuration_never_runs(a_bundle, tmp_path):
    program = f"$__import__('os').mkdir('{tmp_path / 'ran'}')"
    bundle, _ = a_bundle()
    config = json.loads((bundle / "configs" / "inference.json").read_text())
    config["network_def"]["init_filters"] = program
    (bundle / "configs" / "inference.json").write_text(json.dumps(config))
    assert "'network_def.init_filters' is a program" in refuse(bundle, tmp_path)


def test_what_the_bundle_does_not_tell_is_asked_for(a_bundle, tmp_path):
    bundle, _ = a_bundle()
    sentence = refuse(bundle, tmp_path, description=None)
    for field in ("license", "limits", "training", "grid.voxel_size", "grid.orientation"):
        assert field in sentence
    assert "title" not in sentence


def test_preparation_that_we_do_not_do_can_be_vouched_for(a_bundle, tmp_path):
    bundle, _ = a_bundle(steps=({"_target_": "ScaleIntensityd"},))
    assert "by 'ScaleIntensity'" in refuse(bundle, tmp_path)
    roles = ("ceT1w", "T1w", "T2w", "FLAIR")
    inputs = [{"role": role, "normalization": "percentiles"} for role in roles]
    told = tmp_path / "told.json"
    told.write_text(
        json.dumps({**TOLD, "inputs": inputs, "brain_only": False, "grid": {**TOLD["grid"], "window": 3}})
    )
    assert "grid.window is 3; expected a list" in refuse(bundle, tmp_path)


def test_weights_that_are_missing_links_or_programs(a_bundle, tmp_path):
    bundle, _ = a_bundle()
    weights = bundle / "models" / "model.pt"
    weights.rename(tmp_path / "elsewhere.pt")
    assert "has no weights 'model.pt'" in refuse(bundle, tmp_path)
    weights.symlink_to(tmp_path / "elsewhere.pt")
    assert "they are a link" in refuse(bundle, tmp_path)
    weights.unlink()
    with zipfile.ZipFile(weights, "w") as opened:
        opened.writestr("model/code/__torch__.py", "x")
    assert "are TorchScript, which is a program" in refuse(bundle, tmp_path)
    weights.write_bytes(b"\x80\x02 old pickle")
    assert "PyTorch's format before 1.6" in refuse(bundle, tmp_path)
    with weights.open("wb") as file:
        file.truncate(3_000_000_000)
    assert "larger than 2 GB" in refuse(bundle, tmp_path)


def test_weights_that_grow_beyond_memory_are_not_unrolled():
    """A tensor of 4 GB that is one number repeated: 1 kB on the disk."""
    with pytest.raises(UserError, match="need more memory than such a file may"):
        _plain_state({"a": torch.zeros(1).expand(2**30)})


@pytest.mark.skipif(not sys.platform.startswith("linux"), reason="memory is limited on Linux only")
def test_child_is_limited_before_it_reads():
    code = """
import resource
from gliomamri.modelstore.unpickle_child import _limit_resources
_limit_resources(10**8)
print(*(resource.getrlimit(n)[0] for n in (resource.RLIMIT_CPU, resource.RLIMIT_NPROC, resource.RLIMIT_FSIZE)))
try:
    bytearray(10**9)
except MemoryError:
    print("stopped")
"""
    environment = {**os.environ, "PYTHONPATH": os.pathsep.join(sys.path)}
    done = subprocess.run(
        [sys.executable, "-c", code], env=environment, capture_output=True, text=True, check=True
    )
    numbers, word = done.stdout.splitlines()
    seconds, processes, size = map(int, numbers.split())
    assert 0 < seconds <= 300
    assert processes == 0
    assert 0 < size < 2.1e9
    assert word == "stopped"


def test_a_child_that_dies_without_a_word_is_told(a_bundle, tmp_path, monkeypatch):
    bundle, _ = a_bundle()
    monkeypatch.setattr("gliomamri.modelstore.unpickle.child_python", lambda: "/bin/false")
    assert "could not be read within the memory and time" in refuse(bundle, tmp_path)


def test_checkpoints_are_unwrapped():
    state = {"module.a": torch.ones(2, dtype=torch.float16), "module.n": torch.tensor(3)}
    found = _plain_state({"epoch": 3, "state_dict": {"model": state}})
    assert {key: (t.dtype, t.tolist()) for key, t in found.items()} == {
        "a": (torch.float32, [1.0, 1.0]),
        "n": (torch.int64, 3),
    }


@pytest.mark.parametrize(
    "loaded",
    [
        {},
        [],
        {"a": 3},
        {1: torch.ones(1)},
        {"a": torch.ones(1).to_sparse()},
        {"a": torch.ones(1, dtype=torch.complex64)},
    ],
)
def test_what_is_no_state_is_refused(loaded):
    with pytest.raises(UserError, match="weights of the bundle"):
        _plain_state(loaded)
