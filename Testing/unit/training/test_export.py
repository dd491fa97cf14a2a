"""A trained network as a package: what inference needs is in the metadata, and true."""

from __future__ import annotations

import json

import pytest
import torch

from gliomamri.errors import UserError
from gliomamri.imaging.channels import NORMALIZATION
from gliomamri.modelstore.package import read_package
from gliomamri.networks.registry import build
from gliomamri.training.designs import DESIGNS
from gliomamri.training.export import export_model, model_metadata
from gliomamri.training.recipes import Recipe

SIMULATED = "simulated brains, for research, not for diagnosis"


@pytest.mark.parametrize("config", ["cMRI", "qMRI_Gd", "any"])
@pytest.mark.parametrize("design", DESIGNS)
def test_every_design_makes_sound_metadata(design, config):
    recipe = Recipe(DESIGNS[design].task, config, design, patients=4)
    found = model_metadata(recipe, 4)
    assert found.roles == recipe.configuration.roles
    assert {channel.normalization for channel in found.inputs} == {NORMALIZATION}
    assert SIMULATED in found.notice
    assert any(SIMULATED in limit for limit in found.limits)
    assert found.suffices(
        set(recipe.configuration.sufficient[0] if config == "any" else recipe.configuration.roles)
    )
    assert not found.suffices({"T1w"})
    assert found.training.command == recipe.command()


def test_grids_are_those_of_the_training():
    stack = model_metadata(Recipe(patients=1), 1).grid
    assert (stack.plane, stack.voxel_size, stack.window, stack.slices) == (
        "axial",
        (1.5, 1.5, 3.0),
        (128, 160),
        5,
    )
    volume = model_metadata(Recipe(patients=1, design="volume", patch=(32, 64, 48), voxel_size=2), 1).grid
    assert (volume.plane, volume.voxel_size, volume.window) == ("volume", (2, 2, 2), (48, 64, 32))
    slices = model_metadata(Recipe("detect", patients=1), 1).grid
    assert (slices.voxel_size, slices.slices) == ((1.5, 1.5, None), 1)


def test_outputs_are_brats_labels_or_tumor():
    segmentation, detection = (
        model_metadata(Recipe(patients=1), 1),
        model_metadata(Recipe("detect", patients=1), 1),
    )
    assert segmentation.inference.channels == ((0,), (1,), (2,), (4,))
    assert detection.inference.channels == ((0,), (1,))
    assert (segmentation.task, detection.task) == ("tumor.segmentation", "tumor.detection")


def test_real_data_are_told_apart_from_simulated(tmp_path):
    (tmp_path / "dataset_description.json").write_text(
        json.dumps({"Name": "Clinic", "License": "CC0"}), "utf-8"
    )
    found = model_metadata(Recipe(data=str(tmp_path)), 7)
    (source,) = found.training.data
    assert (source.name, source.license, source.patients, source.simulated) == ("Clinic", "CC0", 7, False)
    assert "simulated" not in found.notice
    (tmp_path / "dataset_description.json").write_text("[", "utf-8")
    assert model_metadata(Recipe(data=str(tmp_path)), 7).training.data[0].name == tmp_path.name


def test_the_weights_in_the_package_are_the_networks(tmp_path):
    recipe = Recipe("detect", width=0.05, patients=2)
    network = build("sdm4", **recipe.arguments)
    export_model(recipe, network, 2, tmp_path / "model")
    package = read_package(tmp_path / "model")
    package.verify()
    (found,) = package.build()
    image = torch.randn(2, 4, 32, 48, generator=torch.Generator().manual_seed(0))
    with torch.inference_mode():
        torch.testing.assert_close(found.eval()(image), network.eval()(image), atol=2e-2, rtol=2e-2)
    assert SIMULATED in package.card()


def test_weights_that_are_no_numbers_are_not_written(tmp_path):
    recipe = Recipe("detect", width=0.05, patients=2)
    network = build("sdm4", **recipe.arguments)
    next(network.parameters()).data.fill_(float("nan"))
    with pytest.raises(UserError):
        export_model(recipe, network, 2, tmp_path / "model")
    assert not (tmp_path / "model").exists()
