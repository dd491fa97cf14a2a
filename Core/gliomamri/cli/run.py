"""``gliomamri run`` and ``gliomamri job``: a task on a patient's images, in a job folder and a child process."""

from __future__ import annotations

import argparse
from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING

from gliomamri.cli.console import (
    EXIT_CANCELLED,
    EXIT_USER_ERROR,
    ProgressLine,
    add_settings,
    pair,
    say,
    termination_interrupts,
)
from gliomamri.tasks import find_task

if TYPE_CHECKING:
    from gliomamri.jobs import JobFolder, JobState


_EXAMPLES = """\
examples:
  gliomamri run quantitative PATIENT --out RESULT \\
      --image segmentation=tumor.nii.gz
  gliomamri run quantitative --out RESULT \\
      --image T1map=T1.nii.gz --image T2map=T2.nii.gz \\
      --image ceT1map=T1_Gd.nii.gz --image segmentation=tumor.nii.gz
  gliomamri run prepare PATIENT --set search=90 --out RESULT

read RESULT/report.html first; RESULT holds maps, labels, tables, points and
transforms as files
"""


def add_commands(commands: argparse._SubParsersAction) -> list[argparse.ArgumentParser]:
    """Add both commands; give their parsers."""
    title = "run a task on a patient's images and write the result to a folder"
    run = commands.add_parser(
        "run",
        help=title,
        description=title,
        epilog=_EXAMPLES,
        formatter_class=argparse.RawDescriptionHelpFormatter,
    )
    run.add_argument("task", metavar="TASK", help="see 'gliomamri tasks'")
    run.add_argument(
        "study",
        nargs="?",
        type=Path,
        metavar="PATIENT",
        help="folder with the images: BIDS, DICOM, NIfTI with sidecars, or an earlier result",
    )
    run.add_argument(
        "--image",
        action="append",
        default=[],
        metavar="ROLE=FILE",
        help="an input by its role, such as T1map; repeatable",
    )
    where = run.add_mutually_exclusive_group(required=True)
    where.add_argument("--out", type=Path, metavar="DIR", help="result folder; must not hold files yet")
    where.add_argument(
        "--prepare",
        type=Path,
        metavar="DIR",
        help="only make a job folder in DIR, for 'gliomamri job'; print its path",
    )
    add_settings(run)
    run.set_defaults(command=_run)

    job = commands.add_parser(
        "job", help="execute a job folder made by 'run --prepare'; its result goes there"
    )
    job.add_argument("folder", type=Path, metavar="FOLDER")
    job.add_argument(
        "--watch-parent",
        metavar="SIGN",
        help="end when standard input is closed (stdin), or with the process SIGN",
    )
    job.set_defaults(command=_job)
    return [run, job]


def _run(options: argparse.Namespace) -> int:
    from gliomamri.io.publish import check_output_folder, publish
    from gliomamri.io.studies import read_study
    from gliomamri.jobs import Outcome, create_job, remove_stale_jobs

    task = find_task(options.task)
    settings = task.settings.from_text(dict(pair(text, "--set") for text in options.set))
    images = [(role, Path(path)) for role, path in (pair(text, "--image") for text in options.image)]
    if options.out:
        check_output_folder(options.out)
    remove_stale_jobs()
    study = read_study(options.study, images, roles=task.roles, session=options.session)
    for note in study.notes:
        say(f"Note: {note}")
    folder = create_job(task.name, study, settings, seed=options.seed, parent=options.prepare)
    if options.prepare:
        print(folder.path)
        return 0
    try:
        state = _follow(folder)
        if state.outcome is Outcome.SUCCEEDED:
            publish(folder.result, options.out)
    finally:
        folder.remove()
    return _report_end(state, options, said=study.notes)


def _follow(folder: JobFolder) -> JobState:
    """Start the job and show its progress until it ends; Ctrl-C and SIGTERM cancel it."""
    from gliomamri.jobs import Job, Outcome

    job = Job(folder)
    bar = ProgressLine()
    with termination_interrupts():
        try:
            job.start()
            while (state := job.poll()).running:
                bar.show(state.fraction, state.message)
                state = job.wait(0.1)
            if state.outcome is Outcome.SUCCEEDED:
                bar.show(state.fraction, state.message)
        except KeyboardInterrupt:
            state = job.cancel()
        finally:
            job.cancel()
            bar.close()
    return state


def _report_end(state: JobState, options: argparse.Namespace, *, said: Sequence[str]) -> int:
    """Tell where the result is and its warnings that were not said before, or what went wrong; give the exit code."""
    from gliomamri.io.results import read_index
    from gliomamri.jobs import Outcome

    if state.outcome is Outcome.SUCCEEDED:
        index = read_index(options.out)
        for word, key in (("Warning", "warnings"), ("Note", "notes")):
            for sentence in index.get(key, ()):
                if sentence not in said:
                    say(f"{word}: {sentence}")
        print(options.out / "report.html")
        return 0
    say(f"Error: {state.message}")
    if options.verbose:
        say(state.details)
    codes = {Outcome.USER_ERROR: EXIT_USER_ERROR, Outcome.CANCELLED: EXIT_CANCELLED}
    return codes.get(state.outcome, 1)


def _job(options: argparse.Namespace) -> int:
    from gliomamri.jobs.execute import emit_on_private_stdout, execute
    from gliomamri.jobs.folder import JobFolder
    from gliomamri.jobs.outcome import EXIT_CODES
    from gliomamri.jobs.parent_watch import watch_parent

    if options.watch_parent:
        watch_parent(options.watch_parent)
    return EXIT_CODES[execute(JobFolder(options.folder.resolve()), emit_on_private_stdout())]
