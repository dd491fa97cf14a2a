"""``gliomamri evaluate``: how good a model is on patients it has not seen.

Tested by Testing/unit/cli/test_evaluate.py.
"""

from __future__ import annotations

import argparse
import math
from pathlib import Path
from typing import TYPE_CHECKING

from gliomamri.cli.console import EXIT_CANCELLED, ProgressLine, say, termination_interrupts
from gliomamri.errors import UserError

if TYPE_CHECKING:
    from gliomamri.modelstore.package import ModelPackage
    from gliomamri.result import Table

_EXAMPLES = """\
examples:
  gliomamri evaluate RUN/model --simulate 60 --out SCORES
  gliomamri evaluate RUN/model --simulate 60 --preset shifted --out SHIFTED
  gliomamri evaluate tumor-segmentation-cmri-stack --data DATASET --out SCORES

DATASET has folders sub-* with images and a segmentation (1 core, 2 edema,
4 enhancing) on one grid. SCORES/summary.csv is what is printed, patients.csv
every score of each patient, baseline.csv those of a threshold on FLAIR.
Scores on simulated patients hold for simulated patients only
"""


def add_commands(commands: argparse._SubParsersAction) -> list[argparse.ArgumentParser]:
    """Add the command; give its parser."""
    title = "measure a model on patients with known tumor"
    parser = commands.add_parser(
        "evaluate",
        help=title,
        description=title,
        epilog=_EXAMPLES,
        formatter_class=argparse.RawDescriptionHelpFormatter,
    )
    parser.add_argument(
        "model", metavar="MODEL", help="folder of a model package, or name of an installed one"
    )
    data = parser.add_mutually_exclusive_group(required=True)
    data.add_argument("--data", type=Path, metavar="DATASET", help="BIDS data set with folders sub-*")
    data.add_argument("--simulate", type=int, metavar="N", help="simulated patients")
    parser.add_argument(
        "--preset", choices=("standard", "shifted"), default="standard", help="of simulated patients"
    )
    parser.add_argument("--anatomy", type=Path, metavar="DIR", help="label maps of heads, with --simulate")
    parser.add_argument("--first-patient", type=int, metavar="S", help="seed of the first simulated patient")
    parser.add_argument(
        "--voxel-size", type=float, default=1.0, metavar="MM", help="of simulated images (default 1)"
    )
    parser.add_argument("--device", choices=("auto", "cpu", "cuda"), default="auto", help="default auto")
    parser.add_argument("--out", type=Path, required=True, metavar="SCORES", help="tables; a new folder")
    parser.set_defaults(command=_evaluate)
    return [parser]


def _evaluate(options: argparse.Namespace) -> int:
    from gliomamri.io.publish import check_output_folder
    from gliomamri.networks.packages import require

    require("torch")
    from gliomamri.training.cases import FIRST_PATIENT, dataset_cases, simulated_cases
    from gliomamri.training.evaluation import evaluate, write_scores

    package = _package(options.model)
    check_output_folder(options.out)
    roles = package.metadata.roles
    if options.data:
        from gliomamri.jobs.cohort import find_subjects

        count, cases = len(find_subjects(options.data)), dataset_cases(options.data, roles)
    else:
        count = options.simulate
        if count < 1:
            raise UserError(f"The number of simulated patients is {count}; it must be 1 or more.")
        from gliomamri.training.simulated import training_settings

        anatomy = str(options.anatomy.resolve()) if options.anatomy else ""
        settings = training_settings(anatomy, preset=options.preset, voxel_size=options.voxel_size)
        first = FIRST_PATIENT if options.first_patient is None else options.first_patient
        cases = simulated_cases(settings, roles, count, first)
    bar = ProgressLine()
    try:
        with termination_interrupts():
            scores = evaluate(package, cases, count, bar.show, device=options.device)
    except KeyboardInterrupt:
        say("Error: Cancelled; nothing was written.")
        return EXIT_CANCELLED
    finally:
        bar.close()
    write_scores(scores, options.out)
    print("\n".join([*lines(scores.summary()), package.metadata.notice, str(options.out)]))
    return 0


def lines(table: Table) -> list[str]:
    """Return a table as lines of aligned columns."""
    rows = [
        list(table.columns),
        *([_cell(cell) for cell in row] for row in zip(*table.columns.values(), strict=True)),
    ]
    widths = [max(len(row[place]) for row in rows) for place in range(len(rows[0]))]
    return [
        "  ".join(cell.ljust(width) for cell, width in zip(row, widths, strict=True)).rstrip() for row in rows
    ]


def _cell(value: float | str) -> str:
    if isinstance(value, float):
        return "" if math.isnan(value) else f"{value:.3f}"
    return str(value)


def _package(model: str) -> ModelPackage:
    from gliomamri.modelstore.catalog import find_model
    from gliomamri.modelstore.package import read_package

    return read_package(Path(model)) if Path(model).is_dir() else find_model(model)
