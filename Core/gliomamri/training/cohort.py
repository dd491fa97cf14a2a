"""The examples of a recipe: simulated, or read from a data set, in a folder of the run.

Called by :mod:`gliomamri.training.runs`; tested by Testing/unit/training/test_runs.py.
"""

from __future__ import annotations

import os
from collections.abc import Sequence
from pathlib import Path

from gliomamri.errors import UserError
from gliomamri.io.memory import available_memory
from gliomamri.jobs.cohort import find_subjects
from gliomamri.tasks import Progress, no_progress
from gliomamri.training.batches import Stock
from gliomamri.training.example import load_example
from gliomamri.training.pool import fill_pool
from gliomamri.training.real import patient_example
from gliomamri.training.recipes import Recipe
from gliomamri.training.simulated import training_settings

_BESIDE = 1.2
"""Memory of a kept example over its file."""


def make_examples(
    recipe: Recipe, folder: Path, *, processes: int = 0, progress: Progress = no_progress
) -> list[Path]:
    """Make the examples that the folder lacks; return the files of all.

    Parameters
    ----------
    recipe : Recipe
    folder : pathlib.Path
        Made where it is missing.
    processes : int
        That simulate side by side; 0 for one per processor.
    progress : callable

    Raises
    ------
    UserError
        If the anatomy or a patient of the data set cannot be used, or no patient has a tumor.
    """
    if recipe.patients:
        seeds = range(recipe.first_patient, recipe.first_patient + recipe.patients)
        settings = training_settings(recipe.anatomy, voxel_size=recipe.voxel_size)
        processes = processes or os.cpu_count() or 1
        return fill_pool(
            folder, settings, seeds, processes=processes, maps=recipe.needs_maps, progress=progress
        )
    return _read(recipe, folder, progress)


def _read(recipe: Recipe, folder: Path, progress: Progress) -> list[Path]:
    folder.mkdir(parents=True, exist_ok=True)
    subjects = list(recipe.subjects) or find_subjects(Path(recipe.data))
    paths = [folder / f"{name}.npz" for name in subjects]
    for number, (name, path) in enumerate(zip(subjects, paths, strict=True)):
        progress(number / len(subjects), f"Reading {name}")
        if not path.exists():
            patient_example(Path(recipe.data) / name, recipe.configuration, recipe.voxel_size).save(path)
    return paths


def load_stock(recipe: Recipe, paths: Sequence[Path], device: str = "cpu") -> Stock:
    """Load examples, in their order, to be drawn from.

    Raises
    ------
    UserError
        If they do not fit into memory, one is damaged, or none shows a tumor.
    """
    needed, free = _BESIDE * sum(path.stat().st_size for path in paths), available_memory()
    if free is not None and needed > free:
        raise UserError(
            f"The {len(paths)} patients need {needed / 1e9:.1f} GB of memory, and {free / 1e9:.1f} GB are free; "
            "train on fewer patients or on a larger machine."
        )
    stock = Stock(recipe.configuration.roles, device)
    tumors = 0
    for path in paths:
        example = load_example(path)
        tumors += example.has_tumor
        stock.add(example)
    if not tumors:
        raise UserError("None of the patients has a labeled tumor; there is nothing to learn from.")
    return stock
