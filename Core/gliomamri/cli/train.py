"""``gliomamri train``: a network of one's own, from simulated patients or a BIDS data set.

Tested by Testing/unit/cli/test_train.py.
"""

from __future__ import annotations

import argparse
from collections.abc import Callable
from pathlib import Path
from typing import TYPE_CHECKING

from gliomamri.cli.console import EXIT_CANCELLED, ProgressLine, say, termination_interrupts
from gliomamri.errors import UserError

if TYPE_CHECKING:
    from gliomamri.training.recipes import Recipe

_CONFIGS = ("cMRI", "qMRI", "qMRI_Gd", "both", "any")
_NETWORKS = {"segment": ("stack", "volume", "unet2d"), "detect": ("sdm4",)}
"""First of each the default; :data:`gliomamri.training.designs.DESIGNS` needs too long to import for a line of help."""
_TASKS = {"detect": "which slices show tumor", "segment": "core, edema and enhancing tumor"}
_STEPS = 3500
_EXAMPLES = """\
examples:
  gliomamri train segment --simulate 144 --config cMRI --out RUN
  gliomamri train segment --simulate 144 --config any --network volume \\
      --anatomy HEADS --out RUN
  gliomamri train detect --data DATASET --config both --out RUN
  gliomamri train detect --data DATASET --config both --out RUN --resume

cMRI: T1w before and after contrast agent, T2w, FLAIR; qMRI, qMRI_Gd: maps of
T1, T2 and proton density before, after contrast agent; both: these six; any:
one network that does with any of these sets.
A data set has folders sub-*, each with the images and a segmentation of the
tumor (1 core, 2 edema, 4 enhancing) on one grid ('gliomamri run prepare').
RUN/model is the model package at the end ('gliomamri models import RUN/model');
a run that was stopped goes on with --resume
"""


def add_commands(commands: argparse._SubParsersAction) -> list[argparse.ArgumentParser]:
    """Add the command; give the parsers of its parts."""
    title = "train a network to detect or segment tumors"
    train = commands.add_parser(
        "train",
        help=title,
        description=title,
        epilog=_EXAMPLES,
        formatter_class=argparse.RawDescriptionHelpFormatter,
    )
    made = add_parts(train, _train)
    for part in made:
        part.add_argument("--out", type=Path, required=True, metavar="RUN", help="folder of the run; new")
        part.add_argument("--resume", action="store_true", help="go on in the folder; same options")
    return made


def add_parts(
    parser: argparse.ArgumentParser, command: Callable[[argparse.Namespace], int]
) -> list[argparse.ArgumentParser]:
    """Add what can be trained, ``detect`` and ``segment``, each with the options of a recipe; give their parsers."""
    parts = parser.add_subparsers(required=True, metavar="WHAT")
    made = []
    for task, words in _TASKS.items():
        part = parts.add_parser(task, help=words, description=words)
        _add_recipe(part, task)
        part.set_defaults(command=command, task=task)
        made.append(part)
    return made


def _add_recipe(parser: argparse.ArgumentParser, task: str) -> None:
    """Add the options that say what is trained, and on what machine."""
    data = parser.add_mutually_exclusive_group(required=True)
    data.add_argument("--data", type=Path, metavar="DATASET", help="BIDS data set with folders sub-*")
    data.add_argument("--simulate", type=int, metavar="N", help="simulated patients")
    parser.add_argument("--config", choices=_CONFIGS, default="cMRI", help="images (default cMRI)")
    networks = _NETWORKS[task]
    parser.add_argument("--network", choices=networks, default=networks[0], help=f"default {networks[0]}")
    parser.add_argument(
        "--width", type=float, default=1.0, metavar="F", help="factor on the numbers of filters (default 1)"
    )
    parser.add_argument("--steps", type=int, default=_STEPS, metavar="N", help=f"default {_STEPS}")
    parser.add_argument("--seed", type=int, default=0, metavar="S", help="seed of the training (default 0)")
    parser.add_argument("--anatomy", type=Path, metavar="DIR", help="label maps of heads, with --simulate")
    parser.add_argument(
        "--first-patient", type=int, default=1, metavar="S", help="seed of the first simulated patient"
    )
    parser.add_argument("--voxel-size", type=float, default=1.5, metavar="MM", help="default 1.5")
    parser.add_argument(
        "--learning-rate", type=float, default=0.0, metavar="R", help="default: the network's own"
    )
    parser.add_argument(
        "--batch", type=int, default=0, metavar="N", help="patches per step (default: the network's own)"
    )
    parser.add_argument(
        "--patch", default="", metavar="Z,Y,X", help="voxels of a patch (default: the network's own)"
    )
    parser.add_argument("--device", choices=("auto", "cpu", "cuda"), default="auto", help="default auto")
    parser.add_argument(
        "--processes", type=int, default=0, metavar="P", help="side by side (patients, or folds)"
    )


def recipe_of(options: argparse.Namespace) -> Recipe:
    """Return the recipe that the options stand for.

    Raises
    ------
    UserError
        With everything that is wrong.
    """
    from gliomamri.training.recipes import Recipe

    if options.anatomy and options.data:
        raise UserError("--anatomy is for simulated patients; give --simulate, or leave it out.")
    try:
        patch = tuple(int(edge) for edge in options.patch.split(",") if edge)
    except ValueError as error:
        raise UserError(
            f"--patch wants three whole numbers such as 5,160,128, not '{options.patch}'."
        ) from error
    recipe = Recipe(
        task=options.task,
        config=options.config,
        design=options.network,
        width=options.width,
        steps=options.steps,
        seed=options.seed,
        patients=options.simulate or 0,
        first_patient=options.first_patient,
        anatomy=str(options.anatomy.resolve()) if options.anatomy else "",
        data=str(options.data.resolve()) if options.data else "",
        voxel_size=options.voxel_size,
        learning_rate=options.learning_rate,
        batch=options.batch,
        patch=patch,
    )
    recipe.check()
    return recipe


def device_of(options: argparse.Namespace) -> str:
    """Return the device to train on.

    Raises
    ------
    UserError
        If a GPU is wanted that PyTorch does not find.
    """
    import torch

    has_gpu = torch.cuda.is_available()
    if options.device == "cuda" and not has_gpu:
        raise UserError("PyTorch finds no GPU; choose --device cpu.")
    return "cuda" if has_gpu and options.device != "cpu" else "cpu"


def _train(options: argparse.Namespace) -> int:
    from gliomamri.networks.packages import require

    require("torch")
    from gliomamri.training.runs import RECIPE, train

    recipe, device = recipe_of(options), device_of(options)
    if (options.out / RECIPE).exists() and not options.resume:
        raise UserError(
            f"The folder '{options.out}' holds a training already; add --resume to go on, or name a new one."
        )
    bar = ProgressLine()
    try:
        with termination_interrupts():
            package = train(recipe, options.out, bar.show, device=device, processes=options.processes)
    except KeyboardInterrupt:
        say("Error: Cancelled; --resume goes on.")
        return EXIT_CANCELLED
    finally:
        bar.close()
    if package is not None:
        print(package.folder)
    return 0
