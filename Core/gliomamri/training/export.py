"""A trained network as a model package: what it takes and gives, what it was trained on, what it cannot do.

Called by :mod:`gliomamri.training.runs`; tested by Testing/unit/training/test_export.py.
"""

from __future__ import annotations

import json
from pathlib import Path
from typing import TYPE_CHECKING

import gliomamri
from gliomamri.imaging.channels import NORMALIZATION
from gliomamri.modelstore.metadata import NOTICE, NOTICE_SIMULATED, ModelMetadata
from gliomamri.modelstore.package import ModelPackage
from gliomamri.modelstore.parts import (
    DataSource,
    Grid,
    Inference,
    InputChannel,
    Label,
    Network,
    Training,
    ValidInputs,
)
from gliomamri.modelstore.write import write_package
from gliomamri.networks.registry import size_multiple
from gliomamri.networks.weights import weights
from gliomamri.phantom.output.dataset import RECIPE as COHORT_RECIPE
from gliomamri.training.example import CLASSES
from gliomamri.training.recipes import Recipe

if TYPE_CHECKING:
    from torch import nn

_WEIGHTS = "model.safetensors"
_TISSUE_LABELS = (
    Label(0, "No tumor"),
    Label(1, "Necrotic and non-enhancing core"),
    Label(2, "Edema", "Edema and infiltrated tissue around the core."),
    Label(4, "Enhancing tumor"),
)
_SLICE_LABELS = (Label(0, "No tumor"), Label(1, "Tumor", "Core or edema is somewhere in the slice."))
_USE = {
    "segment": "Research on MRI of gliomas: a first outline of tumor that a person checks and corrects.",
    "detect": "Research on MRI of gliomas: which slices to look at first.",
}


def export_model(recipe: Recipe, network: nn.Module, patients: int, folder: Path) -> ModelPackage:
    """Write a network's package.

    Parameters
    ----------
    recipe : Recipe
        It was trained by.
    network : torch.nn.Module
        With its final weights.
    patients : int
        Trained on.
    folder : pathlib.Path
        New or empty.

    Raises
    ------
    UserError
        If the weights are not finite or the folder cannot be written.
    """
    state = {name: tensor.cpu() for name, tensor in weights(network).items()}
    return write_package(model_metadata(recipe, patients), [state], folder)


def model_metadata(recipe: Recipe, patients: int) -> ModelMetadata:
    """Return what is known of the model that a recipe makes from a number of patients."""
    design, configuration = recipe.network, recipe.configuration
    what = {"segment": "segmentation", "detect": "detection"}[recipe.task]
    config = recipe.config.lower().replace("_", "-")
    is_segmentation = recipe.task == "segment"
    return ModelMetadata(
        name=f"tumor-{what}-{config}-{design.name}",
        version="1.0.0",
        title=f"Tumor {what} from {configuration.title}",
        task=f"tumor.{what}",
        description=f"{design.title}, trained by 'gliomamri train {recipe.task}' for {recipe.steps} steps.",
        authors=f"Trained with GliomaMRI {gliomamri.__version__}",
        copyright="Of whoever trained it",
        license=_license(recipe),
        intended_use=_USE[recipe.task],
        limits=_limits(recipe),
        inputs=tuple(
            InputChannel(role, NORMALIZATION, optional=bool(configuration.sufficient))
            for role in configuration.roles
        ),
        brain_only=True,
        grid=_grid(recipe),
        labels=_TISSUE_LABELS if is_segmentation else _SLICE_LABELS,
        inference=Inference(
            activation="softmax",
            channels=tuple((label,) for label in CLASSES) if is_segmentation else ((0,), (1,)),
            flips=("x",),
        ),
        network=Network(design.network, recipe.arguments, (_WEIGHTS,)),
        training=Training((_source(recipe, patients),), recipe.command(), (recipe.seed,)),
        valid=ValidInputs(
            notes=("Images of the whole head or brain; what is outside the brain mask is not looked at.",)
        ),
        sufficient=configuration.sufficient,
        changelog={"1.0.0": "First training."},
    )


def _grid(recipe: Recipe) -> Grid:
    design, edge = recipe.network, recipe.voxel_size
    z, y, x = recipe.patch_shape
    multiple = size_multiple(design.network, **recipe.arguments)
    if design.is_volume:
        return Grid("volume", (edge, edge, edge), (x, y, z), multiple)
    # Slices of a stack are as far apart as in training; single slices are looked at where they were acquired.
    between = edge * design.slice_step if design.slices > 1 else None
    return Grid("axial", (edge, edge, between), (x, y), multiple, design.slices)


def _limits(recipe: Recipe) -> tuple[str, ...]:
    found = [NOTICE if recipe.data else NOTICE_SIMULATED]
    if recipe.patients:
        found.append("It has been measured on nobody yet; 'gliomamri evaluate' measures it.")
        found.append(
            "Brains after surgery and tumors of children were hardly or not among those it was trained on."
        )
    if recipe.task == "segment":
        found.append("Necrosis and non-enhancing core are one label.")
    return tuple(found)


def _license(recipe: Recipe) -> str:
    return "As the training data allow; not stated" if recipe.data else "Apache-2.0"


def _source(recipe: Recipe, patients: int) -> DataSource:
    if not recipe.data:
        anatomy = (
            f"label maps of the folder '{Path(recipe.anatomy).name}'"
            if recipe.anatomy
            else "the built-in head"
        )
        last = recipe.first_patient + recipe.patients - 1
        note = (
            f"Anatomy: {anatomy}; seeds {recipe.first_patient} to {last}; voxels of {recipe.voxel_size:g} mm."
        )
        return DataSource(
            "Patients simulated by GliomaMRI", "Apache-2.0", patients, simulated=True, note=note
        )
    about = _description(Path(recipe.data))
    simulated = (Path(recipe.data) / COHORT_RECIPE).is_file()
    return DataSource(
        str(about.get("Name") or Path(recipe.data).name),
        str(about.get("License") or "not stated"),
        patients,
        simulated=simulated,
    )


def _description(dataset: Path) -> dict[str, object]:
    try:
        found = json.loads((dataset / "dataset_description.json").read_text("utf-8"))
    except (OSError, ValueError):
        return {}
    return found if isinstance(found, dict) else {}
