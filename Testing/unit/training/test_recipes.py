"""Recipes: JSON and back, problems in words, networks that can be built."""

from __future__ import annotations

import pytest

from gliomamri.cli.train import _CONFIGS, _NETWORKS
from gliomamri.errors import UserError
from gliomamri.networks.registry import complete_arguments, parameters, size_multiple
from gliomamri.training.configurations import CONFIGURATIONS
from gliomamri.training.designs import DEFAULT_DESIGN, DESIGNS
from gliomamri.training.recipes import Recipe


def test_json_and_back():
    recipe = Recipe("detect", "both", data="/d", subjects=("sub-1", "sub-2"), patch=(1, 64, 96), width=0.5)
    assert Recipe.from_json(recipe.to_json()) == recipe
    for text in ("{}", "[1]", "no json", recipe.to_json().replace("width", "depth")):
        with pytest.raises(UserError, match="does not hold a recipe"):
            Recipe.from_json(text)


@pytest.mark.parametrize(
    ("changes", "words"),
    [
        ({"task": "guess"}, "no training 'guess'"),
        ({"config": "MRI"}, "no configuration 'MRI'"),
        ({"design": "sdm4"}, "no network 'sdm4' to segment"),
        ({"patients": 0}, "either a number of simulated patients or a folder"),
        ({"data": "folder"}, "either"),
        ({"patients": -1}, "1 or more"),
        ({"width": 0.0}, "width"),
        ({"steps": 0}, "steps"),
        ({"seed": -1}, "seed"),
        ({"patch": (1, 2)}, "three numbers"),
        ({"task": "detect", "batch": 1}, "at least 2 slices"),
    ],
)
def test_what_is_wrong_is_told(changes, words):
    recipe = Recipe(**{"patients": 3, **changes})
    with pytest.raises(UserError, match=words):
        recipe.check()


@pytest.mark.parametrize("config", CONFIGURATIONS)
@pytest.mark.parametrize("design", DESIGNS)
def test_networks_can_be_built_and_take_the_patches(config, design):
    recipe = Recipe(DESIGNS[design].task, config, design, patients=3)
    recipe.check()
    name, arguments = recipe.network.network, recipe.arguments
    complete_arguments(name, **arguments)
    slices = max(recipe.network.slices, 1)
    assert arguments["in_channels"] == slices * len(recipe.configuration.roles)
    multiple = size_multiple(name, **arguments)
    edges = recipe.patch_shape if recipe.network.is_volume else recipe.patch_shape[1:]
    assert all(edge % multiple == 0 for edge in edges)
    if not recipe.network.is_volume:
        assert recipe.patch_shape[0] == slices


def test_published_networks_have_the_published_sizes():
    assert parameters("sdm4", **Recipe("detect", "cMRI", patients=1).arguments) == 4_755_970
    assert parameters("sdm4", **Recipe("detect", "qMRI", patients=1).arguments) == 4_755_394


def test_width_scales_the_network_within_what_can_be_built():
    counts = [parameters("unet", **Recipe(width=width, patients=1).arguments) for width in (0.1, 0.5, 1, 2)]
    assert counts == sorted(counts)
    for width in (0.05, 4):
        complete_arguments("unet", **Recipe(width=width, patients=1).arguments)


def test_configurations_are_the_papers():
    assert CONFIGURATIONS["cMRI"].roles == ("ceT1w", "T1w", "FLAIR", "T2w")
    assert CONFIGURATIONS["both"].roles == CONFIGURATIONS["qMRI"].roles + CONFIGURATIONS["qMRI_Gd"].roles
    every = CONFIGURATIONS["any"]
    assert set(every.roles) == {role for one in CONFIGURATIONS.values() for role in one.roles}
    assert all(set(kept) <= set(every.roles) for kept in (*every.sets, *every.sufficient))


def test_missing_images_are_named():
    assert CONFIGURATIONS["cMRI"].missing_sentence({"T1w", "ceT1w", "T2w", "FLAIR", "ADC"}) == ""
    assert (
        CONFIGURATIONS["cMRI"].missing_sentence({"T1w", "T2w", "ceT1w"})
        == "The configuration cMRI needs FLAIR too."
    )
    assert CONFIGURATIONS["any"].missing_sentence({"T1map", "T2map", "PDmap"}) == ""
    assert "T2 map" in CONFIGURATIONS["any"].missing_sentence({"T1map", "PDmap"})


def test_the_command_makes_the_same_recipe_and_names_no_folder_above():
    recipe = Recipe(
        "segment", "any", "volume", patients=9, anatomy="/secret/heads", voxel_size=2.0, patch=(32, 32, 48)
    )
    words = recipe.command()
    assert "/secret" not in words
    assert "--simulate 9" in words
    assert "--voxel-size 2" in words
    assert "--patch 32,32,48" in words
    assert "--anatomy heads" in words


def test_the_command_line_offers_what_there_is():
    assert set(_CONFIGS) == set(CONFIGURATIONS)
    for task, names in _NETWORKS.items():
        assert set(names) == {name for name, design in DESIGNS.items() if design.task == task}
        assert names[0] == DEFAULT_DESIGN[task]
