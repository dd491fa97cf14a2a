"""``gliomamri simulate`` and ``gliomamri simulate-cohort``: BIDS data sets of simulated patients."""

from __future__ import annotations

import argparse
from collections.abc import Mapping, Sequence
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING, Any

from gliomamri.cli.console import EXIT_CANCELLED, ProgressLine, pair, say, termination_interrupts
from gliomamri.errors import UserError

if TYPE_CHECKING:
    from gliomamri.phantom.output.workers import PatientTask
    from gliomamri.phantom.settings import Settings


def add_commands(commands: argparse._SubParsersAction) -> list[argparse.ArgumentParser]:
    """Add both commands; give their parsers."""
    one = commands.add_parser("simulate", help="simulate a patient with known truth, as a BIDS data set")
    one.add_argument("--seed", type=int, default=0, help="draws everything about the patient (default 0)")
    one.set_defaults(command=_simulate)

    many = commands.add_parser(
        "simulate-cohort", help="simulate many patients in parallel, as a BIDS data set"
    )
    many.add_argument("--patients", type=int, required=True, metavar="N", help="how many")
    many.add_argument(
        "--kinds",
        default="",
        metavar="KIND=SHARE,...",
        help="mixture, such as glioma=0.7,metastases=0.2,healthy=0.1",
    )
    many.add_argument("--seed", type=int, default=0, help="draws the whole cohort (default 0)")
    many.add_argument(
        "--processes", type=int, default=0, metavar="P", help="side by side (default: one per core)"
    )
    many.add_argument("--resume", action="store_true", help="keep the patients that are whole; same options")
    many.set_defaults(command=_simulate_cohort)
    for parser in (one, many):
        parser.add_argument("--out", type=Path, required=True, metavar="DIR", help="data set; a new folder")
        parser.add_argument(
            "--kind", default="", help="glioma, meningioma, healthy ...: 'gliomamri tasks simulate'"
        )
        parser.add_argument("--anatomy", default="", metavar="DIR", help="folder of label maps of heads")
        parser.add_argument("--artifacts", default="", metavar="STRENGTH", help="off, clinical or hard")
        parser.add_argument("--preset", default="", help="standard or shifted")
        parser.add_argument(
            "--set", action="append", default=[], metavar="KEY=VALUE",
            help="any setting of 'gliomamri tasks simulate'; repeatable",
        )  # fmt: skip
    return [one, many]


def _simulate(options: argparse.Namespace) -> int:
    from gliomamri.phantom.output.cohort import Cohort, seed_problems
    from gliomamri.phantom.output.workers import PatientTask

    settings = _settings(options)
    _refuse([*settings.problems(), *seed_problems(options.seed)])
    task = PatientTask("sub-0001", settings.to_dict(), options.seed)
    recipe = Cohort(1, options.seed, settings).recipe() | {"seed_is_the_patients": True}
    return _make([task], recipe, options, processes=1, resume=False)


def _simulate_cohort(options: argparse.Namespace) -> int:
    from gliomamri.phantom.output.cohort import Cohort, parse_kinds

    if options.processes < 0:
        raise UserError(f"The number of processes is {options.processes}; it must be 1 or more.")
    if options.kind and options.kinds:
        raise UserError("Give either --kind or --kinds, not both.")
    cohort = Cohort(options.patients, options.seed, _settings(options), parse_kinds(options.kinds))
    _refuse(cohort.problems())
    return _make(cohort.tasks(), cohort.recipe(), options, processes=options.processes, resume=options.resume)


def _settings(options: argparse.Namespace) -> Settings:
    """Settings of ``--set``, with what has an option of its own."""
    from gliomamri.phantom.output.cohort import kind_name
    from gliomamri.phantom.settings import Settings

    values = dict(pair(text, "--set") for text in options.set)
    for name in ("kind", "anatomy", "artifacts", "preset"):
        if getattr(options, name):
            values[name] = getattr(options, name)
    settings = Settings.from_text(values)
    anatomy = str(Path(settings.anatomy).resolve()) if settings.anatomy else ""
    return replace(settings, kind=kind_name(settings.kind), anatomy=anatomy)


def _refuse(problems: Sequence[str]) -> None:
    if problems:
        raise UserError(" ".join(problems))


def _make(
    tasks: Sequence[PatientTask],
    recipe: Mapping[str, Any],
    options: argparse.Namespace,
    *,
    processes: int,
    resume: bool,
) -> int:
    from gliomamri.phantom.output.cohort import make_patients

    bar = ProgressLine()
    try:
        with termination_interrupts():
            made = make_patients(
                tasks, recipe, options.out, processes=processes, resume=resume, progress=bar.show
            )
    except KeyboardInterrupt:
        whole = len(list(options.out.glob("sub-*")))
        kept = f"whole patients are kept ({whole}), --resume goes on" if whole else "nothing was written"
        say(f"Error: Cancelled; {kept}.")
        return EXIT_CANCELLED
    finally:
        bar.close()
    for news in made.failed:
        say(f"Error: {news.subject}: {news.sentence}")
        if options.verbose and news.details:
            say(news.details)
    if made.whole:
        print(options.out)
    return 1 if made.failed else 0
