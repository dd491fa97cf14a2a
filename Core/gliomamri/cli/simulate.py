"""``gliomamri simulate`` and ``gliomamri simulate-cohort``: BIDS data sets of simulated patients."""

from __future__ import annotations

import argparse
from collections import defaultdict
from collections.abc import Mapping, Sequence
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING, Any

from gliomamri.cli.console import EXIT_CANCELLED, ProgressLine, pair, say, termination_interrupts
from gliomamri.errors import UserError

if TYPE_CHECKING:
    from gliomamri.phantom.output.workers import News, PatientTask
    from gliomamri.phantom.settings import Settings

_MOST_NAMED = 5
"""Patients that are named where many fail alike."""

_KINDS = (
    "glioma",
    "high-grade-glioma",
    "low-grade-glioma",
    "meningioma",
    "metastases",
    "multiple-sclerosis",
    "white-matter-hyperintensities",
    "resection-cavity",
    "healthy",
)
"""Keys of :data:`gliomamri.phantom.settings.KINDS`, which is too slow to import for a line of help."""

_EXAMPLES = """\
examples:
  gliomamri simulate --kind glioma --seed 7 --out patient
  gliomamri simulate --kind metastases --out patient \\
      --set adc=yes --set magic=yes
  gliomamri simulate --out patient \\
      --set skull_stripped=no --set geometry=acquired

images are in DIR/sub-0001, what is true of them in
DIR/derivatives/truth/sub-0001
"""

_COHORT_EXAMPLES = """\
examples:
  gliomamri simulate-cohort --patients 200 --seed 1 --out cohort
  gliomamri simulate-cohort --patients 200 --out cohort \\
      --kinds glioma=0.7,metastases=0.2,healthy=0.1
  gliomamri simulate-cohort --patients 300 --seed 1 --resume --out cohort

images are in DIR/sub-*, what is true of them in DIR/derivatives/truth;
DIR/participants.tsv lists the patients
"""


def add_commands(commands: argparse._SubParsersAction) -> list[argparse.ArgumentParser]:
    """Add both commands; give their parsers."""
    text = argparse.RawDescriptionHelpFormatter
    title = "simulate a patient with known truth, as a BIDS data set"
    one = commands.add_parser(
        "simulate", help=title, description=title, epilog=_EXAMPLES, formatter_class=text
    )
    one.add_argument("--seed", type=int, default=0, metavar="S", help="draws the patient (default 0)")
    _add_common(one)
    one.set_defaults(command=_simulate)

    title = "simulate many patients in parallel, as a BIDS data set"
    many = commands.add_parser(
        "simulate-cohort", help=title, description=title, epilog=_COHORT_EXAMPLES, formatter_class=text
    )
    many.add_argument("--patients", type=int, required=True, metavar="N", help="how many")
    many.add_argument("--seed", type=int, default=0, metavar="S", help="draws the whole cohort (default 0)")
    _add_common(many)
    many.add_argument(
        "--kinds",
        default="",
        metavar="KIND=SHARE,...",
        help="mixture instead of --kind; fractions that add to 1, or whole numbers",
    )
    many.add_argument("--processes", type=int, metavar="P", help="side by side (default: one per core)")
    many.add_argument("--resume", action="store_true", help="keep the patients that are whole; same options")
    many.set_defaults(command=_simulate_cohort)
    return [one, many]


def _add_common(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("--out", type=Path, required=True, metavar="DIR", help="data set; a new folder")
    parser.add_argument("--kind", default="", help=f"{', '.join(_KINDS)} (default {_KINDS[0]})")
    parser.add_argument("--artifacts", default="", metavar="STRENGTH", help="off, clinical (default) or hard")
    parser.add_argument("--preset", default="", help="standard (default); shifted is for tests, not training")
    parser.add_argument(
        "--anatomy", default="", metavar="DIR", help="label maps of heads (default: the ICBM 2009a template)"
    )
    parser.add_argument(
        "--set", action="append", default=[], metavar="KEY=VALUE",
        help="any other setting: 'gliomamri tasks simulate' lists them; repeatable",
    )  # fmt: skip


def _simulate(options: argparse.Namespace) -> int:
    from gliomamri.phantom.output.cohort import Cohort, seed_problems
    from gliomamri.phantom.output.workers import PatientTask

    settings = _settings(options)
    _refuse([*settings.problems(), *seed_problems(options.seed)])
    _check_heads(settings.anatomy)
    task = PatientTask("sub-0001", settings.to_dict(), options.seed)
    recipe = Cohort(1, options.seed, settings).recipe() | {"seed_is_the_patients": True}
    return _make([task], recipe, options, processes=1, resume=False)


def _simulate_cohort(options: argparse.Namespace) -> int:
    from gliomamri.phantom.output.cohort import Cohort, parse_kinds

    if options.processes is not None and options.processes < 1:
        raise UserError(f"The number of processes is {options.processes}; it must be 1 or more.")
    if options.kind and options.kinds:
        raise UserError("Give either --kind or --kinds, not both.")
    cohort = Cohort(options.patients, options.seed, _settings(options), parse_kinds(options.kinds))
    _refuse(cohort.problems())
    _check_heads(cohort.settings.anatomy)
    processes = options.processes or 0
    return _make(cohort.tasks(), cohort.recipe(), options, processes=processes, resume=options.resume)


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
    _tell_failures(made.failed, alone=len(tasks) == 1, verbose=options.verbose)
    if len(tasks) == 1 and made.whole:
        _tell_missing(options.out, made.whole[0])
    if made.whole:
        print(options.out)
    return 1 if made.failed else 0


def _check_heads(folder: str) -> None:
    """Read one label map of the folder: a wrong folder is told once, before anything is made."""
    if folder:
        from gliomamri.phantom.anatomy.label_files import find_heads, read_labels

        read_labels(find_heads(Path(folder))[0])


def _tell_failures(failed: Sequence[News], *, alone: bool, verbose: bool) -> None:
    """Say what went wrong, each sentence once."""
    alike = defaultdict(list)
    for news in failed:
        alike[news.sentence].append(news)
    for sentence, group in alike.items():
        names = ", ".join(news.subject for news in group[:_MOST_NAMED])
        names += f" and {len(group) - _MOST_NAMED} more" if len(group) > _MOST_NAMED else ""
        say(f"Error: {sentence}" if alone else f"Error: {names}: {sentence}")
        if verbose and group[0].details:
            say(group[0].details)


def _tell_missing(dataset: Path, subject: str) -> None:
    from gliomamri.phantom.output.patient_folder import read_provenance
    from gliomamri.roles import ROLES

    missing = read_provenance(dataset, subject).get("Drawn", {}).get("missing", ())
    if missing:
        names = ", ".join(ROLES[role].title for role in missing)
        say(f"Note: The patient lacks {names}, by the setting missing_series.")
