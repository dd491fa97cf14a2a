"""A bundle's configuration is data: literals and references are understood, programs are refused."""

from __future__ import annotations

import json

import pytest

from gliomamri.errors import UserError
from gliomamri.modelstore.bundle_config import plain, read_config, slug, target
from gliomamri.modelstore.bundle_networks import translate
from gliomamri.modelstore.bundle_settings import describe

CONFIG = {
    "channels": [16, 32],
    "nested": {"list": [1, {"x": "$(2, 3)"}]},
    "loop": "@loop",
    "evil": "$print('ran')",
}


@pytest.mark.parametrize(
    ("value", "expected"),
    [
        (3, 3),
        ("word", "word"),
        ("@channels", [16, 32]),
        ("$@channels", [16, 32]),
        ("@channels#1", 32),
        ("@nested::list::1::x", [2, 3]),
        ("$[1, 2.5, 'a', None, True]", [1, 2.5, "a", None, True]),
        ("$-4", -4),
        ({"a": ["@channels#0"]}, {"a": [16]}),
    ],
)
def test_plain_values(value, expected):
    assert plain(CONFIG, value, "field") == expected


@pytest.mark.parametrize(
    ("value", "told"),
    [
        ("$__import__('os').system('true')", "is a program"),
        ("$[n for n in (1, 2)]", "is a program"),
        ("$@channels + [1]", "is a program"),
        ("@evil", "is a program"),
        ({"a": ["$1 + 1"]}, "'field.a[0]' is a program"),
        ("${1, 2}", "is a program"),
        ("$" + "(" * 5000 + ")" * 5000, "is a program"),
        ("%other.json#a", "taken from another file"),
        ("@nowhere", "which is not there"),
        ("@channels#7", "which is not there"),
        ("@loop", "refers to itself"),
    ],
)
def test_anything_else_is_refused(value, told):
    with pytest.raises(UserError) as caught:
        plain(CONFIG, value, "field")
    assert told in caught.value.sentence


def test_class_names():
    assert target({"_target_": "monai.networks.nets.segresnet.SegResNet"}, "x") == "SegResNet"
    for wrong in ({}, {"_target_": "$SegResNet"}, {"_target_": 3}, [], {"_target_": "os.system('x')"}):
        with pytest.raises(UserError, match="names no class"):
            target(wrong, "x")


@pytest.mark.parametrize(
    ("text", "name"),
    [("brats_mri_segmentation", "brats-mri-segmentation"), ("3D seg!", "model-3d-seg"), ("", "model")],
)
def test_names_of_models_from_folders(text, name):
    assert slug(text) == name


def test_configurations_are_read_as_strictly_as_metadata(tmp_path):
    folder = tmp_path / "configs"
    with pytest.raises(UserError, match=r"no MONAI bundle: it has no 'configs/inference.json'"):
        read_config(tmp_path, "inference")
    folder.mkdir()
    (folder / "inference.yaml").write_text("a: 1")
    with pytest.raises(UserError, match="is YAML; save it as"):
        read_config(tmp_path, "inference")
    (folder / "metadata.json").write_text('{"a": NaN}')
    with pytest.raises(UserError, match="holds NaN"):
        read_config(tmp_path, "metadata")
    (folder / "inference.json").symlink_to(folder / "metadata.json")
    with pytest.raises(UserError, match="is a link"):
        read_config(tmp_path, "inference")
    (folder / "inference.json").unlink()
    with (folder / "inference.json").open("wb") as file:
        file.truncate(10**9)
    with pytest.raises(UserError, match="more than 1 MB"):
        read_config(tmp_path, "inference")


def test_segresnet_of_the_model_zoo():
    given = {"_target_": "SegResNet", "blocks_down": [1, 2, 2, 4], "blocks_up": [1, 1, 1], "init_filters": 16}
    name, found = translate("SegResNet", {**given, "in_channels": 4, "out_channels": 3, "dropout_prob": 0.2})
    assert name == "segresnet"
    assert found == {
        "dimensions": 3,
        "filters": 16,
        "in_channels": 4,
        "out_channels": 3,
        "blocks_down": [1, 2, 2, 4],
        "blocks_up": [1, 1, 1],
        "dropout": 0.2,
        "norm": "group",
        "upsampling": "linear",
    }


STRIDES = {"strides": [1, 2, [2, 2, 2]], "kernel_size": [3, [3, 3, 3], 3], "upsample_kernel_size": [2, 2]}


def test_dynunet():
    name, found = translate(
        "DynUNet", {**STRIDES, "in_channels": 4, "filters": [8, 16, 16], "deep_supervision": True}
    )
    assert name == "dynunet"
    assert found["filters"], found["most_filters"] == (8, 16)
    assert found["levels"] == 3
    usual = translate("DynUNet", {**STRIDES, "in_channels": 4, "norm_name": "batch"})[1]
    assert (usual["filters"], usual["most_filters"], usual["norm"]) == (32, 128, "batch")


@pytest.mark.parametrize(
    ("name", "given", "told"),
    [
        ("UNet", {}, "'UNet' is not on the list of GliomaMRI; it has DynUNet, SegResNet"),
        ("system", {}, "not on the list"),
        ("SegResNet", {"act": "gelu"}, "act = gelu"),
        ("SegResNet", {"norm": ["GROUP", {"num_groups": 4}]}, "norm = "),
        ("SegResNet", {"norm_name": "GROUP", "num_groups": 4}, "norm = "),
        ("SegResNet", {"norm": "instance"}, "norm = instance"),
        ("SegResNet", {"upsample_mode": "pixelshuffle"}, "upsample_mode"),
        ("SegResNet", {"vae_nz": 3}, "argument 'vae_nz'"),
        ("DynUNet", {**STRIDES, "strides": [1, 2, 1]}, "strides"),
        ("DynUNet", {**STRIDES, "strides": "@x"}, "strides"),
        ("DynUNet", {**STRIDES, "kernel_size": [3, 3, [1, 3, 3]]}, "kernel_size"),
        ("DynUNet", {**STRIDES, "filters": [8, 24, 48]}, "filters that do not double"),
        ("DynUNet", {**STRIDES, "norm_name": "instance"}, "norm_name"),
    ],
)
def test_networks_that_ours_are_not(name, given, told):
    with pytest.raises(UserError) as caught:
        translate(name, given)
    assert told in caught.value.sentence


BRATS = {
    "network_data_format": {
        "inputs": {"image": {"channel_def": {"0": "T1c", "1": "T1", "2": "T2", "3": "FLAIR"}}},
        "outputs": {"pred": {"channel_def": {"0": "Tumor core", "1": "Whole tumor", "2": "Enhancing tumor"}}},
    }
}


def inference(*steps) -> dict:
    return {
        "size": [96, 96, 64],
        "preprocessing": {
            "_target_": "Compose",
            "transforms": [{"_target_": "LoadImaged", "keys": "image"}, *steps],
        },
        "inferer": {"_target_": "SlidingWindowInferer", "roi_size": "@size", "overlap": 0.5},
        "postprocessing": {"transforms": [{"_target_": "Activationsd", "keys": "pred", "sigmoid": True}]},
    }


NORMALIZE = {"_target_": "NormalizeIntensityd", "keys": "image", "nonzero": True, "channel_wise": True}


def test_what_a_bundle_tells_of_images_and_labels():
    steps = (
        {"_target_": "Spacingd", "pixdim": [1.0, 1.0, 2.0]},
        {"_target_": "Orientationd", "axcodes": "RAS"},
    )
    found = describe(inference(*steps, NORMALIZE), json.loads(json.dumps(BRATS)))
    assert [channel["role"] for channel in found["inputs"]] == ["ceT1w", "T1w", "T2w", "FLAIR"]
    assert {channel["normalization"] for channel in found["inputs"]} == {"z-score"}
    assert found["grid"] == {
        "plane": "volume",
        "window": [96, 96, 64],
        "voxel_size": [1.0, 1.0, 2.0],
        "orientation": "RAS",
    }
    assert found["inference"] == {
        "activation": "sigmoid",
        "channels": [[1, 4], [1, 2, 4], [4]],
        "overlap": 0.5,
    }
    assert [label["value"] for label in found["labels"]] == [0, 1, 2, 4]


def test_what_is_not_understood_is_left_out():
    unknown = {"network_data_format": {"inputs": {"image": {"channel_def": {"0": "CT"}}}, "outputs": []}}
    found = describe(inference(NORMALIZE), unknown)
    assert "inputs" not in found
    assert "labels" not in found
    assert "inputs" not in describe(inference(), BRATS)


@pytest.mark.parametrize(
    ("step", "told"),
    [
        (
            {"_target_": "ScaleIntensityRanged", "a_min": -57},
            "by 'ScaleIntensityRange', which GliomaMRI does not do",
        ),
        ({**NORMALIZE, "nonzero": False}, "normalizes intensities over all voxels"),
        ({**NORMALIZE, "subtrahend": 3}, "fixed numbers"),
        ({**NORMALIZE, "nonzero": "$1 > 0"}, "is a program"),
        ({"_target_": "Lambdad", "func": "$lambda x: x"}, "by 'Lambda'"),
    ],
)
def test_preparation_that_ours_is_not(step, told):
    with pytest.raises(UserError) as caught:
        describe(inference(step), BRATS)
    assert told in caught.value.sentence
