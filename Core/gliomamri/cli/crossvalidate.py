"""``gliomamri crossvalidate``: train and measure on a data set, every patient tested by a model that never saw it.

Tested by Testing/unit/cli/test_crossvalidate.py.
"""

from __future__ import annotations

import argparse
from pathlib import Path

from gliomamri.cli.console import EXIT_CANCELLED, ProgressLine, say, termination_interrupts
from gliomamri.cli.evaluate import lines
from gliomamri.cli.train import add_parts, device_of, recipe_of
from gliomamri.errors import UserError

_EXAMPLES = """\
examples:
  gliomamri crossvalidate segment --data DATASET --config cMRI --out CV
  gliomamri crossvalidate detect --data DATASET --config both --folds 5 \\
      --repetitions 10 --processes 2 --out CV
  gliomamri crossvalidate detect --data DATASET --config both \\
      --scheme published --repetitions 10 --out CV

CV/summary.csv is what is printed; CV/patients.csv has the scores of each
patient, from models trained without that patient. The published scheme (paper
000) tests three patients per repetition, so its folds are not independent
"""


def add_commands(commands: argparse._SubParsersAction) -> list[argparse.ArgumentParser]:
    """Add the command; give the parsers of its parts."""
    title = "train and measure on a data set, patients in folds"
    parser = commands.add_parser(
        "crossvalidate",
        help=title,
        description=title,
        epilog=_EXAMPLES,
        formatter_class=argparse.RawDescriptionHelpFormatter,
    )
    made = add_parts(parser, _crossvalidate)
    for part in made:
        part.add_argument("--folds", type=int, default=5, metavar="K", help="default 5")
        part.add_argument("--repetitions", type=int, default=1, metavar="R", help="default 1")
        part.add_argument(
            "--scheme", choices=("grouped", "published"), default="grouped", help="default grouped"
        )
        part.add_argument("--out", type=Path, required=True, metavar="CV", help="folder; new")
        part.add_argument("--resume", action="store_true", help="keep folds that are whole; same options")
    return made


def _crossvalidate(options: argparse.Namespace) -> int:
    from gliomamri.networks.packages import require

    require("torch")
    from gliomamri.training.crossvalidation import SPLITS, Scheme, crossvalidate
    from gliomamri.training.evaluation import write_scores

    recipe, device = recipe_of(options), device_of(options)
    scheme = Scheme(options.folds, options.repetitions, options.seed, options.scheme == "published")
    if (options.out / SPLITS).exists() and not options.resume:
        raise UserError(
            f"The folder '{options.out}' holds a cross-validation already; add --resume to go on, or name a new one."
        )
    bar = ProgressLine()
    try:
        with termination_interrupts():
            scores = crossvalidate(
                recipe, options.out, scheme, bar.show, device=device, at_a_time=max(1, options.processes)
            )
    except KeyboardInterrupt:
        say("Error: Cancelled; folds that are whole are kept, --resume goes on.")
        return EXIT_CANCELLED
    finally:
        bar.close()
    write_scores(scores, options.out)
    print("\n".join([*lines(scores.summary()), str(options.out)]))
    return 0
