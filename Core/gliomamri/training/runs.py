"""Training from a recipe to a model package, in one folder that a killed run goes on in.

    folder/recipe.json      what is trained; another recipe is refused
    folder/patients/*.npz   examples
    folder/checkpoint.pt, folder/log.csv
    folder/model/           the package, at the end

Called by the commands ``train`` and ``crossvalidate``; tested by Testing/unit/training/test_runs.py.
"""

from __future__ import annotations

import contextlib
import shutil
from collections.abc import Callable, Iterator
from pathlib import Path

import torch

from gliomamri.errors import UserError
from gliomamri.io.new_files import write_text
from gliomamri.jobs import locks
from gliomamri.modelstore.names import MANIFEST
from gliomamri.modelstore.package import ModelPackage, read_package
from gliomamri.networks.registry import size_multiple
from gliomamri.tasks import Progress, no_progress
from gliomamri.training.batch_norm import measure_again
from gliomamri.training.batches import Batch, BatchPlan, Stock
from gliomamri.training.checkpoint import NAME as CHECKPOINT
from gliomamri.training.cohort import load_stock, make_examples
from gliomamri.training.designs import Design
from gliomamri.training.engine import Engine, Loss, Plan
from gliomamri.training.export import export_model
from gliomamri.training.losses import nested_dice_cross_entropy
from gliomamri.training.published_losses import published_detection_loss
from gliomamri.training.recipes import Recipe

RECIPE, PATIENTS, MODEL = "recipe.json", "patients", "model"
_LOCK = ".lock"
_EXAMPLES_SHARE = 0.3
_EVERY = 50
_MEASURED = 50
"""Batches that batch normalization is measured on at the end."""
_DECAY = 0.998

LOSSES: dict[str, Loss] = {"segment": nested_dice_cross_entropy, "detect": published_detection_loss}


def train(
    recipe: Recipe,
    folder: Path,
    progress: Progress = no_progress,
    *,
    device: str = "cpu",
    processes: int = 0,
    examples: Path | None = None,
    until: Callable[[], bool] | None = None,
) -> ModelPackage | None:
    """Train a network, or go on where an earlier run of the same recipe was stopped.

    Parameters
    ----------
    recipe : Recipe
    folder : pathlib.Path
        Absent, empty, or begun by the same recipe.
    progress : callable
        Told how far it is.
    device : str
        ``cpu``, or ``cuda``, where the network runs in bfloat16.
    processes : int
        That simulate patients side by side; 0 for one per processor.
    examples : pathlib.Path, optional
        Folder of examples of the same data, images and voxel size, shared by several runs; its own by default.
    until : callable, optional
        True ends the run before its last step.

    Returns
    -------
    ModelPackage or None
        In ``folder/model``; None when ``until`` ended the run.

    Raises
    ------
    UserError
        If the recipe is impossible, the folder is in use or holds something else, or the data cannot be used.
    """
    recipe.check()
    _check_patch(recipe)
    with _own_folder(folder, recipe):
        if (folder / MODEL / MANIFEST).exists():
            return read_package(folder / MODEL)
        paths = make_examples(
            recipe,
            examples or folder / PATIENTS,
            processes=processes,
            progress=lambda share, words: progress(_EXAMPLES_SHARE * share, words),
        )
        stock = load_stock(recipe, paths, device)
        batch_of = batches_of(recipe, stock)
        engine = Engine(
            _plan(recipe, device),
            batch_of,
            LOSSES[recipe.task],
            folder,
            device,
            about=recipe.to_json(),
        )
        network = engine.run(
            lambda share, words: progress(_EXAMPLES_SHARE + (1 - _EXAMPLES_SHARE) * share, words), until
        )
        if engine.step < recipe.steps:
            return None
        further = range(recipe.steps, recipe.steps + _MEASURED)
        measure_again(network, (batch_of(number).channels.to(engine.device) for number in further))
        return export_model(recipe, network, len(paths), folder / MODEL)


def batches_of(recipe: Recipe, stock: Stock) -> Callable[[int], Batch]:
    """Return what gives the batch of each step, as the recipe's network takes it."""
    plan, design = batch_plan(recipe), recipe.network
    return lambda number: as_shown(design, stock.batch(plan, recipe.seed, number))


def batch_plan(recipe: Recipe) -> BatchPlan:
    """Return how batches are drawn."""
    design, configuration = recipe.network, recipe.configuration
    return BatchPlan(
        roles=configuration.roles,
        size=recipe.batch or design.batch,
        shape=recipe.patch_shape,
        steps=(float(design.slice_step), 1.0, 1.0),
        per_example=design.per_example,
        tumor_share=design.tumor_share,
        configurations=configuration.sets,
        missing=configuration.missing,
        slices=recipe.task == "detect",
    )


def as_shown(design: Design, batch: Batch) -> Batch:
    """Return a batch of patches as a network takes it.

    Slices become channels, a role's slices one after another; their answer is that of the middle one. A slice is
    labeled 1 for detection if any of its voxels is labeled.
    """
    if design.is_volume:
        return batch
    middle = batch.classes[:, batch.classes.shape[1] // 2]
    if design.task == "detect":
        middle = (middle > 0).flatten(1).any(1).long()
    return Batch(batch.channels.flatten(1, 2), middle)


def _plan(recipe: Recipe, device: str) -> Plan:
    design = recipe.network
    return Plan(
        network=design.network,
        arguments=recipe.arguments,
        steps=recipe.steps,
        learning_rate=recipe.learning_rate or design.learning_rate,
        optimizer=design.optimizer,
        warmup=min(100, recipe.steps // 10),
        decay=_DECAY,
        half=torch.device(device).type == "cuda",
        seed=recipe.seed,
        every=_EVERY,
    )


def _check_patch(recipe: Recipe) -> None:
    multiple = size_multiple(recipe.network.network, **recipe.arguments)
    edges = recipe.patch_shape if recipe.network.is_volume else recipe.patch_shape[1:]
    if any(edge % multiple or edge < 2 * multiple for edge in edges):
        raise UserError(
            f"The network takes patches whose edges are multiples of {multiple}, from {2 * multiple} voxels on, not "
            f"{' x '.join(map(str, edges))}."
        )


@contextlib.contextmanager
def _own_folder(folder: Path, recipe: Recipe) -> Iterator[None]:
    """Hold the folder, and make sure that it is of this recipe."""
    try:
        folder.mkdir(parents=True, exist_ok=True)
        lock = folder / _LOCK
        if not locks.hold(lock):
            raise UserError(f"Another training is running in '{folder}'; wait for it or name another folder.")
        try:
            _check_recipe(folder, recipe)
            yield
        finally:
            _forget_what_never_began(folder)
            locks.release(lock)
            _remove_empty(folder)
    except OSError as error:
        raise UserError(
            f"The folder '{folder}' cannot be written; free space or name another.", str(error)
        ) from error


def _forget_what_never_began(folder: Path) -> None:
    """Remove the recipe of a run that failed before there was an example, so that it can be mended."""
    kept = [*folder.glob(f"{PATIENTS}/*.npz"), *folder.glob(CHECKPOINT), *folder.glob(MODEL)]
    if not kept:
        shutil.rmtree(folder / PATIENTS, ignore_errors=True)
        (folder / RECIPE).unlink(missing_ok=True)


def _remove_empty(folder: Path) -> None:
    """Remove a folder in which there is nothing but the lock."""
    if [path.name for path in folder.iterdir()] == [_LOCK]:
        (folder / _LOCK).unlink(missing_ok=True)
        with contextlib.suppress(OSError):
            folder.rmdir()


def _check_recipe(folder: Path, recipe: Recipe) -> None:
    known = folder / RECIPE
    if not known.exists():
        if any(path.name != _LOCK for path in folder.iterdir()):
            raise UserError(f"The folder '{folder}' holds files that are not of a training; name a new one.")
        write_text(recipe.to_json(), known)
        return
    before = Recipe.from_json(known.read_text("utf-8"))
    if before != recipe:
        different = [name for name in vars(recipe) if getattr(before, name) != getattr(recipe, name)]
        raise UserError(
            f"The folder '{folder}' holds a training with other {', '.join(different)}; use the same, or a new folder."
        )
