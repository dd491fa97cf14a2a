"""``gliomamri cohort``: a task on every patient of a data set, and what the patients have in common."""

from __future__ import annotations

import argparse
from pathlib import Path
from typing import TYPE_CHECKING

from gliomamri.cli.console import (
    EXIT_CANCELLED,
    ProgressLine,
    add_settings,
    pair,
    say,
    termination_interrupts,
)
from gliomamri.errors import UserError
from gliomamri.tasks import find_task

if TYPE_CHECKING:
    from gliomamri.jobs.cohort import CohortOutcome, CohortRun

_EXAMPLES = """\
examples:
  gliomamri cohort quantitative DATASET --out RESULTS
  gliomamri cohort quantitative DATASET --out RESULTS --processes 4 --resume \\
      --image segmentation=DATASET/derivatives/annotations/{subject}.nii.gz

RESULTS/sub-* are the results of the patients; RESULTS/pooled/report.html is
about all of them, where the task can pool (quantitative)
"""


def add_commands(commands: argparse._SubParsersAction) -> list[argparse.ArgumentParser]:
    """Add the command; give its parser."""
    title = "run a task on every patient of a BIDS data set and pool the results"
    parser = commands.add_parser(
        "cohort",
        help=title,
        description=title,
        epilog=_EXAMPLES,
        formatter_class=argparse.RawDescriptionHelpFormatter,
    )
    parser.add_argument("task", metavar="TASK", help="see 'gliomamri tasks'")
    parser.add_argument("dataset", type=Path, metavar="DATASET", help="folder with sub-* folders")
    parser.add_argument("--out", type=Path, required=True, metavar="DIR", help="results; a new folder")
    parser.add_argument(
        "--image", action="append", default=[], metavar="ROLE=FILE",
        help="a further input of every patient; {subject} stands for the name of the patient's folder; repeatable",
    )  # fmt: skip
    add_settings(parser)
    parser.add_argument(
        "--processes", type=int, default=1, metavar="P", help="patients side by side (default 1)"
    )
    parser.add_argument("--resume", action="store_true", help="keep the results that are there; same options")
    parser.set_defaults(command=_cohort)
    return [parser]


def _cohort(options: argparse.Namespace) -> int:
    from gliomamri.jobs import remove_stale_jobs
    from gliomamri.jobs.cohort import CohortRun, run_cohort

    task = find_task(options.task)
    settings = task.settings.from_text(dict(pair(text, "--set") for text in options.set))
    problems = settings.problems()
    if options.processes < 1:
        problems.append(f"The number of processes is {options.processes}; it must be 1 or more.")
    if problems:
        raise UserError(" ".join(problems))
    images = [pair(text, "--image") for text in options.image]
    run = CohortRun(task, settings, options.dataset, images, options.session, options.seed)
    remove_stale_jobs()
    bar = ProgressLine()
    try:
        with termination_interrupts():
            outcome = run_cohort(
                run, options.out, at_a_time=options.processes, resume=options.resume, progress=bar.show
            )
    except KeyboardInterrupt:
        say("Error: Cancelled; results that are whole are kept, --resume goes on.")
        return EXIT_CANCELLED
    finally:
        bar.close()
    _tell_failures(outcome, verbose=options.verbose)
    return _pool(run, options.out, outcome)


def _tell_failures(outcome: CohortOutcome, *, verbose: bool) -> None:
    for name, (sentence, details) in outcome.failed.items():
        say(f"Error: {name}: {sentence}")
        if verbose and details:
            say(details)


def _pool(run: CohortRun, out: Path, outcome: CohortOutcome) -> int:
    """Write what all patients have in common, where the task knows that; say where everything is."""
    from gliomamri.jobs.pooled import write_pooled

    code = 1 if outcome.failed else 0
    if not outcome.whole:
        return 1
    report = write_pooled(run, out, outcome.whole)
    print(report or out)
    return code
