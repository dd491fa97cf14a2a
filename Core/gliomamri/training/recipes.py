"""A recipe: everything that a trained model follows from, as plain values that are kept beside it.

Same recipe, same machine and number of threads: same weights.

Examples
--------
>>> recipe = Recipe(task="segment", config="cMRI", patients=144)
>>> recipe.problems()
[]
>>> Recipe.from_json(recipe.to_json()) == recipe
True

Called by :mod:`gliomamri.training.runs`; tested by Testing/unit/training/test_recipes.py.
"""

from __future__ import annotations

import json
from dataclasses import asdict, dataclass, fields
from typing import Any

from gliomamri.errors import UserError
from gliomamri.training.configurations import CONFIGURATIONS, Configuration
from gliomamri.training.designs import DEFAULT_DESIGN, DESIGNS, Design

TASKS = ("segment", "detect")
_NUMBERS: dict[str, tuple[float, float, str]] = {
    "width": (0.05, 4, "The width of the network"),
    "steps": (1, 10_000_000, "The number of steps"),
    "voxel_size": (0.4, 5, "The voxel size in mm"),
    "seed": (0, 2**31, "The seed"),
    "first_patient": (0, 2**31, "The seed of the first patient"),
    "learning_rate": (0, 1, "The learning rate"),
    "batch": (0, 1024, "The number of patches per step"),
}
"""Lowest, highest, words."""


@dataclass(frozen=True)
class Recipe:
    """What is trained, on whom, how long.

    Attributes
    ----------
    task : {"segment", "detect"}
    config : str
        Key of :data:`gliomamri.training.configurations.CONFIGURATIONS`.
    design : str
        Key of :data:`gliomamri.training.designs.DESIGNS`; empty for the task's default.
    width : float
        Factor on the network's numbers of filters.
    steps : int
    seed : int
        Of weights, batches and dropout.
    patients, first_patient : int
        Simulated patients and the seed of the first; 0 patients for real data.
    anatomy : str
        Folder of label maps that simulated patients are made of; empty for the built-in head.
    data : str
        Folder of a BIDS data set, in place of simulated patients.
    subjects : tuple of str
        Of the data set; empty for all.
    voxel_size : float
        mm, of what the network sees.
    learning_rate : float
        0 for the design's.
    batch : int
        Patches per step; 0 for the design's.
    patch : (z, y, x)
        Voxels per patch; empty for the design's.
    """

    task: str = "segment"
    config: str = "cMRI"
    design: str = ""
    width: float = 1.0
    steps: int = 3500
    seed: int = 0
    patients: int = 0
    first_patient: int = 1
    anatomy: str = ""
    data: str = ""
    subjects: tuple[str, ...] = ()
    voxel_size: float = 1.5
    learning_rate: float = 0.0
    batch: int = 0
    patch: tuple[int, ...] = ()

    def problems(self) -> list[str]:
        """List what is wrong, one sentence each."""
        found = []
        if self.task not in TASKS:
            return [f"There is no training '{self.task}'; choose {' or '.join(TASKS)}."]
        if self.config not in CONFIGURATIONS:
            found.append(
                f"There is no configuration '{self.config}'; choose one of {', '.join(CONFIGURATIONS)}."
            )
        own = [name for name, design in DESIGNS.items() if design.task == self.task]
        if self.design and self.design not in own:
            found.append(
                f"There is no network '{self.design}' to {self.task}; choose one of {', '.join(own)}."
            )
        if bool(self.patients) == bool(self.data):
            found.append("Give either a number of simulated patients or a folder of data.")
        if self.patients < 0:
            found.append(f"The number of simulated patients is {self.patients}; it must be 1 or more.")
        for name, (low, high, words) in _NUMBERS.items():
            if not low <= getattr(self, name) <= high:
                found.append(f"{words} is {getattr(self, name):g}; it must be between {low:g} and {high:g}.")
        if self.task == "detect" and self.batch == 1:
            found.append("Batch normalization needs at least 2 slices per step.")
        if self.patch and (len(self.patch) != 3 or min(self.patch) < 1):
            found.append("A patch has three numbers of voxels, of 1 or more.")
        return found

    def check(self) -> None:
        """Raise :class:`~gliomamri.errors.UserError` with all :meth:`problems`."""
        if found := self.problems():
            raise UserError(" ".join(found))

    @property
    def configuration(self) -> Configuration:
        """Images the network is given."""
        return CONFIGURATIONS[self.config]

    @property
    def network(self) -> Design:
        """Network and its training."""
        return DESIGNS[self.design or DEFAULT_DESIGN[self.task]]

    @property
    def patch_shape(self) -> tuple[int, int, int]:
        """Voxels per patch (z, y, x); as many slices as the network sees."""
        z, y, x = self.patch or self.network.patch
        return (z if self.network.is_volume else self.network.slices, y, x)

    @property
    def arguments(self) -> dict[str, Any]:
        """Arguments of the network."""
        return self.network.network_arguments(len(self.configuration.roles), self.width)

    @property
    def needs_maps(self) -> bool:
        """Whether quantitative maps are among the images."""
        return self.config != "cMRI"

    def to_json(self) -> str:
        """Return text that :meth:`from_json` reads."""
        return json.dumps(asdict(self), indent=1) + "\n"

    @classmethod
    def from_json(cls, text: str) -> Recipe:
        """Return the recipe of :meth:`to_json`.

        Raises
        ------
        UserError
            If it is none.
        """
        try:
            values = json.loads(text)
            if set(values) != {field.name for field in fields(cls)}:
                raise ValueError(f"has {sorted(values)}")
            return cls(**{name: tuple(v) if isinstance(v, list) else v for name, v in values.items()})
        except (ValueError, TypeError) as error:
            raise UserError("The file does not hold a recipe of a training.", str(error)) from error

    def command(self) -> str:
        """Return the command that makes the model again; folders by their last name only."""
        words = ["gliomamri train", self.task, f"--config {self.config}", f"--network {self.network.name}"]
        words.append(f"--data {_last(self.data)}" if self.data else f"--simulate {self.patients}")
        words += [f"--anatomy {_last(self.anatomy)}"] if self.anatomy else []
        words += [f"--width {self.width:g} --steps {self.steps} --seed {self.seed}"]
        usual = Recipe()
        for name in ("first_patient", "voxel_size", "learning_rate", "batch"):
            if getattr(self, name) != getattr(usual, name):
                words.append(f"--{name.replace('_', '-')} {getattr(self, name):g}")
        if self.patch:
            words.append(f"--patch {','.join(map(str, self.patch))}")
        return " ".join(words)


def _last(folder: str) -> str:
    return folder.replace("\\", "/").rstrip("/").rpartition("/")[2]
