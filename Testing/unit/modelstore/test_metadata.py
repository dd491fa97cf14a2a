"""Metadata: MONAI's keys are there, ours come back as they were, and a wrong field is named."""

from __future__ import annotations

import json

import pytest

from gliomamri.errors import UserError
from gliomamri.modelstore.metadata import NOTICE, NOTICE_MIXED, NOTICE_SIMULATED, ModelMetadata, read_metadata
from gliomamri.modelstore.records import FieldError, from_plain
from unit.modelstore.example_model import FIELDS, metadata

# Source: MONAI Bundle Specification, mandatory keys of metadata.json and of a tensor's format.
MONAI_KEYS = {
    *("version", "monai_version", "pytorch_version", "numpy_version", "required_packages_version", "task"),
    *("description", "authors", "copyright", "network_data_format"),
}
TENSOR_KEYS = {
    *(
        "type",
        "format",
        "num_channels",
        "spatial_shape",
        "dtype",
        "value_range",
        "is_patch_data",
        "channel_def",
    ),
}


def test_written_and_read_is_the_same():
    made = metadata()
    assert read_metadata(made.to_bytes()) == made


def test_every_key_that_monai_demands_is_there():
    found = json.loads(metadata(grid__plane="axial", grid__window=[32, 48], grid__slices=3,
                                network__arguments={"in_channels": 9}).to_bytes())  # fmt: skip
    assert set(found) >= MONAI_KEYS | {"schema", "changelog"}
    tensors = found["network_data_format"]
    assert set(tensors["inputs"]["image"]) >= TENSOR_KEYS | {"modality"}
    assert set(tensors["outputs"]["pred"]) >= TENSOR_KEYS
    assert tensors["inputs"]["image"]["num_channels"] == 9
    assert tensors["inputs"]["image"]["channel_def"]["3"] == "FLAIR"
    assert tensors["outputs"]["pred"]["channel_def"] == {"0": "background", "1": "enhancing"}


@pytest.mark.parametrize(
    ("changes", "field", "told"),
    [
        ({"name": "Tiny Tumor"}, "name", "is 'Tiny Tumor'; expected lower-case words"),
        ({"version": "1.2"}, "version", "expected MAJOR.MINOR.PATCH"),
        ({"version": "01.2.0"}, "version", "expected MAJOR.MINOR.PATCH"),
        ({"task": "tumor.segmentatoin"}, "task", "expected one of tumor.segmentation"),
        ({"limits": []}, "limits", "at least one sentence"),
        ({"license": " "}, "license", "expected a text"),
        ({"license": 7}, "license", "is 7; expected a text"),
        ({"brain_only": 1}, "brain_only", "expected true or false"),
        ({"inputs": [{"role": "T1", "normalization": "z-score"}]}, "inputs[0].role", "is 'T1'; expected one of T1w"),
        ({"inputs": [{"role": "MAGIC", "normalization": "z-score"}]}, "inputs[0].role", "expected one of"),
        ({"inputs": [{"role": "T1w", "normalization": "minmax"}]}, "inputs[0].normalization", "expected one of perc"),
        ({"inputs": [{"role": "T1w"}]}, "inputs[0].normalization", "is missing"),
        ({"inputs": FIELDS["inputs"] + FIELDS["inputs"][:1]}, "inputs", "each role once"),
        ({"inputs": FIELDS["inputs"][2:], "network__arguments": {}}, "sufficient", "sets of roles"),
        ({"sufficient": [["ceT1w"]]}, "sufficient[0]", "all required roles (ceT1w, FLAIR)"),
        ({"sufficient": [["ceT1w", "FLAIR", "T2w"]]}, "sufficient[0]", "roles of the inputs"),
        ({"grid__plane": "oblique"}, "grid.plane", "expected one of volume"),
        ({"grid__window": [32, 48]}, "grid.window", "3 numbers"),
        ({"grid__window": [32, 44, 16]}, "grid.window", "multiples of 8"),
        ({"grid__window": [32, 48, 10**6]}, "grid.window", "8 to 1024"),
        ({"grid__voxel_size": [1, 1]}, "grid.voxel_size", "a list of 3"),
        ({"grid__voxel_size": [1, 1, 0]}, "grid.voxel_size", "0.05 to 20 mm"),
        ({"grid__orientation": "LLS"}, "grid.orientation", "three letters"),
        ({"grid__orientation": "LRS"}, "grid.orientation", "three letters"),
        ({"grid__slices": 3}, "grid.slices", "1 for a volume"),
        ({"labels": FIELDS["labels"][1:]}, "labels", "0 for the background"),
        ({"labels": [*FIELDS["labels"], {"value": 2, "name": "edema"}]}, "labels", "labels that an output channel"),
        ({"inference__channels": [[0], [3]]}, "inference.channels", "values of the labels"),
        ({"inference__channels": [[0], [0, 4]]}, "inference.channels", "each label once"),
        ({"inference__flips": ["x", "x"]}, "inference.flips", "at most once"),
        ({"inference__threshold": 1.5}, "inference.threshold", "between 0 and 1"),
        ({"network__members": ["../x.safetensors"]}, "network.members[0]", "leads out"),
        ({"network__members": ["x.json"]}, "network.members[0]", "does not end in .safetensors"),
        ({"network__arguments": {"in_channels": 4}}, "network.arguments.in_channels", "expected 3"),
        ({"network__arguments": {"out_channels": 7}}, "network.arguments.out_channels", "expected 2"),
        ({"network__arguments": {"filters": 10**9}}, "network.arguments.filters", "at most 65536"),
        ({"network__arguments": {"levels": list(range(65))}}, "network.arguments.levels", "at most 64"),
        ({"network__arguments": {"__class__": 1}}, "network.arguments", "lower-case letters"),
        ({"network__arguments": {"norm": "os.system('x')"}}, "network.arguments.norm", "a word"),
        ({"network__arguments": {"a": [[[[[1]]]]]}}, "network.arguments.a[0][0][0][0]", "short list"),
        ({"training__data": []}, "training.data", "at least one source"),
        ({"scores": [{**FIELDS["scores"][0], "kind": "phantom"}]}, "scores[0].kind", "one of simulated, shifted, real"),
        ({"scores": [{**FIELDS["scores"][0], "n": 0}]}, "scores[0].n", "1 or more"),
        ({"changelog": {"1.0.0": 3}}, "changelog['1.0.0']", "expected a text"),
        ({"autor": "x"}, "autor", "is unknown; known here are name"),
    ],
)  # fmt: skip
def test_a_wrong_field_is_named_with_what_was_expected(changes, field, told):
    with pytest.raises(FieldError) as caught:
        metadata(**changes)
    assert caught.value.field == field
    assert told in caught.value.sentence


def test_a_missing_field_is_named():
    fields = {key: value for key, value in FIELDS.items() if key != "intended_use"}
    with pytest.raises(FieldError, match="intended_use is missing"):
        from_plain(ModelMetadata, fields)


def changed(change) -> bytes:
    found = json.loads(metadata().to_bytes())
    change(found)
    return json.dumps(found).encode()


@pytest.mark.parametrize(
    ("change", "told"),
    [
        (lambda f: f.pop("monai_version"), "monai_version is missing; MONAI's bundle specification"),
        (lambda f: f.pop("gliomamri"), "gliomamri is missing"),
        (lambda f: f["gliomamri"].pop("inputs"), "gliomamri.inputs is missing"),
        (lambda f: f["gliomamri"]["inputs"][1].update(role="T9"), "gliomamri.inputs[1].role is 'T9'"),
        (lambda f: f.update(version="1"), ": version is '1'"),
        (lambda f: f["gliomamri"].update(version="1.0.0"), "gliomamri.version is unknown"),
        (
            lambda f: f["network_data_format"]["inputs"]["image"].update(num_channels=4),
            "num_channels is 4; expected 3",
        ),
        (lambda f: f.update(network_data_format=[]), "num_channels is None; expected 3"),
        (lambda f: f["gliomamri"].update(format="1"), "gliomamri.format is '1'; expected 1"),
        (lambda f: f.update(required_packages_version=[]), "required_packages_version is []"),
    ],
)
def test_wrong_files_are_refused_and_the_place_is_told(change, told):
    with pytest.raises(UserError) as caught:
        read_metadata(changed(change))
    assert told in caught.value.sentence


def test_a_newer_format_asks_for_an_update():
    with pytest.raises(UserError, match="newer version of GliomaMRI; update"):
        read_metadata(changed(lambda f: f["gliomamri"].update(format=2)))


def test_further_keys_of_monai_are_no_error():
    assert read_metadata(changed(lambda f: f.update(eval_metrics={"mean_dice": 0.9}))) == metadata()


def test_which_images_are_enough():
    needs_two = metadata()
    assert needs_two.suffices({"ceT1w", "FLAIR"})
    assert not needs_two.suffices({"ceT1w", "T1map", "T2w"})
    optional = [{**channel, "optional": True} for channel in FIELDS["inputs"]]
    dropout = metadata(inputs=optional, sufficient=[["ceT1w", "FLAIR"], ["T1map"]])
    assert dropout.suffices({"T1map", "dwi"})
    assert not dropout.suffices({"FLAIR"})
    assert not dropout.suffices(set())
    assert dropout.missing({"FLAIR"}) == (
        "The model 'Tiny tumor model' needs T1 map too; select what is missing or another model."
    )
    assert "T1-weighted after contrast agent" in needs_two.missing({"FLAIR"})


def test_numbers_of_simulated_training_say_so():
    assert metadata().notice == NOTICE_SIMULATED
    real = [{**FIELDS["training"]["data"][0], "simulated": False}]
    assert metadata(training__data=real).notice == NOTICE
    assert metadata(training__data=[*real, *FIELDS["training"]["data"]]).notice == NOTICE_MIXED
