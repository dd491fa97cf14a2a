"""The command line: ``gliomamri run | job | tasks``.

Examples
--------
::

    gliomamri tasks
    gliomamri run relaxometry STUDY_FOLDER --out RESULT
    gliomamri run relaxometry --image IRT1=inversion.nii.gz --set inversion_times=50,100,200,500,2000,4000 --out RESULT
    gliomamri run relaxometry STUDY_FOLDER --prepare JOBS
    gliomamri job JOBS/job-xxxxxxxx
"""

from __future__ import annotations

import argparse
import os
import signal
import sys
from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING

import gliomamri
from gliomamri.errors import UserError
from gliomamri.roles import ROLES
from gliomamri.series import PARAMETERS
from gliomamri.settings import SettingInfo
from gliomamri.tasks import TASKS, Task, find_task

if TYPE_CHECKING:
    from gliomamri.jobs import JobFolder, JobState

_EXIT_USER_ERROR = 2
_EXIT_CANCELLED = 130


def main(arguments: Sequence[str] | None = None) -> int:
    """Run the command line; give the exit code.

    0 is success, 1 failure, 2 an error the user can mend, 130 cancelled; ``job`` has its own,
    :data:`gliomamri.jobs.outcome.EXIT_CODES`.
    """
    options = _parser().parse_args(arguments)
    try:
        return options.command(options)
    except BrokenPipeError:  # the reader of our output (head, less) has seen enough
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
        return 0
    except KeyboardInterrupt:
        _say("Error: Cancelled; nothing was changed.")
        return _EXIT_CANCELLED
    except UserError as error:
        _say(f"Error: {error.sentence}")
        if options.verbose and error.details:
            _say(error.details)
        return _EXIT_USER_ERROR


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(
        prog="gliomamri",
        description="Quantitative and explained MRI of brain tumors. For research, not for diagnosis.",
    )
    parser.add_argument("--version", action="version", version=gliomamri.__version__)
    commands = parser.add_subparsers(required=True, metavar="COMMAND")

    run = commands.add_parser("run", help="run a task on images and write the result to a folder")
    run.add_argument("task", metavar="TASK", help="see 'gliomamri tasks'")
    run.add_argument(
        "study", nargs="?", type=Path, help="folder of the patient: BIDS, DICOM, or NIfTI with sidecars"
    )
    run.add_argument("--image", action="append", default=[], metavar="ROLE=FILE", help="an input; repeatable")
    run.add_argument("--set", action="append", default=[], metavar="KEY=VALUE", help="a setting; repeatable")
    where = run.add_mutually_exclusive_group(required=True)
    where.add_argument("--out", type=Path, metavar="DIR", help="result folder; must not hold files yet")
    where.add_argument(
        "--prepare",
        type=Path,
        metavar="DIR",
        help="only make a job folder in DIR, for 'gliomamri job'; print its path",
    )
    run.add_argument("--session", default="", help="BIDS session to read when the folder holds several")
    run.add_argument("--seed", type=int, default=0, help="seed of everything random (default 0)")
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

    tasks = commands.add_parser("tasks", help="list tasks with their roles and settings")
    tasks.add_argument("task", nargs="?", metavar="TASK")
    tasks.set_defaults(command=_tasks)
    for command in (run, job, tasks):
        command.add_argument("--verbose", action="store_true", help="show the cause behind an error")
    return parser


def _run(options: argparse.Namespace) -> int:
    from gliomamri.io.publish import check_output_folder, publish
    from gliomamri.io.studies import read_study
    from gliomamri.jobs import Outcome, create_job, remove_stale_jobs

    task = find_task(options.task)
    settings = task.settings.from_text(dict(_pair(text, "--set") for text in options.set))
    images = [(role, Path(path)) for role, path in (_pair(text, "--image") for text in options.image)]
    if options.out:
        check_output_folder(options.out)
    remove_stale_jobs()
    study = read_study(options.study, images, roles=task.roles, session=options.session)
    for note in study.notes:
        _say(f"Note: {note}")
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
    from gliomamri.jobs import Job

    job = Job(folder)
    previous = signal.signal(signal.SIGTERM, _interrupt)
    bar = _ProgressLine()
    try:
        job.start()
        while (state := job.poll()).running:
            bar.show(state.fraction, state.message)
            state = job.wait(0.1)
        bar.show(state.fraction, state.message)
    except KeyboardInterrupt:
        state = job.cancel()
    finally:
        job.cancel()
        signal.signal(signal.SIGTERM, previous)
        bar.close()
    return state


def _report_end(state: JobState, options: argparse.Namespace, *, said: Sequence[str]) -> int:
    """Tell where the result is and its warnings that were not said before, or what went wrong; give the exit code."""
    from gliomamri.io.results import read_index
    from gliomamri.jobs import Outcome

    if state.outcome is Outcome.SUCCEEDED:
        for warning in read_index(options.out)["warnings"]:
            if warning not in said:
                _say(f"Warning: {warning}")
        print(options.out / "report.html")
        return 0
    _say(f"Error: {state.message}")
    if options.verbose:
        _say(state.details)
    codes = {Outcome.USER_ERROR: _EXIT_USER_ERROR, Outcome.CANCELLED: _EXIT_CANCELLED}
    return codes.get(state.outcome, 1)


def _interrupt(*_: object) -> None:
    raise KeyboardInterrupt


class _ProgressLine:
    """Progress on standard error: one line that is rewritten on a terminal, one line per step elsewhere."""

    def __init__(self) -> None:
        self._last = ""
        self._on_terminal = sys.stderr.isatty()

    def show(self, fraction: float, message: str) -> None:
        text = f"{fraction:4.0%} {message}"
        if self._on_terminal and text != self._last:
            sys.stderr.write(f"\r\x1b[2K{text}")
            sys.stderr.flush()
        elif not self._on_terminal and message != self._last[5:]:
            _say(text)
        self._last = text

    def close(self) -> None:
        if self._on_terminal and self._last:
            sys.stderr.write("\n")


def _job(options: argparse.Namespace) -> int:
    from gliomamri.jobs.execute import emit_on_private_stdout, execute
    from gliomamri.jobs.folder import JobFolder
    from gliomamri.jobs.outcome import EXIT_CODES
    from gliomamri.jobs.parent_watch import watch_parent

    if options.watch_parent:
        watch_parent(options.watch_parent)
    return EXIT_CODES[execute(JobFolder(options.folder.resolve()), emit_on_private_stdout())]


def _tasks(options: argparse.Namespace) -> int:
    chosen = [find_task(options.task)] if options.task else list(TASKS.values())
    print("\n\n".join(describe_task(task) for task in chosen), flush=True)
    return 0


def describe_task(task: Task) -> str:
    """Describe a task's roles and settings as text, with units and defaults."""
    lines = [f"{task.name}: {task.summary}", "  images (--image ROLE=FILE):"]
    required = {role: group for group in task.needs for role in group}
    for name in task.roles:
        role = ROLES[name]
        need = _need(required.get(name, ()))
        words = " and ".join(f"{key.replace('_', ' ')} ({PARAMETERS[key]})" for key in role.varying)
        varying = f"; one per {words}" if words else ""
        lines.append(f"    {name:<14}{role.title}{varying} [{need}]")
    lines.append("  settings (--set KEY=VALUE):")
    lines += [_describe_setting(info) for info in task.settings.describe()]
    return "\n".join(lines)


def _need(group: Sequence[str]) -> str:
    """Say how far a role is needed, by the group of roles of which at least one must be given."""
    if not group:
        return "optional"
    return "required" if len(group) == 1 else f"one of {', '.join(group)} is required"


def _describe_setting(info: SettingInfo) -> str:
    values = info.default if isinstance(info.default, tuple) else (info.default,)
    default = ",".join(map(str, values)) or "(empty)"
    unit = f" {info.unit}" if info.unit else ""
    choices = f" One of: {', '.join(info.choices)}." if info.choices else ""
    return f"    {info.name} = {default}{unit}\n        {info.help}{choices}"


def _pair(text: str, option: str) -> tuple[str, str]:
    key, equals, value = text.partition("=")
    if not (key and equals and value):
        raise UserError(
            f"{option} wants the form {'ROLE=FILE' if option == '--image' else 'KEY=VALUE'}, not '{text}'."
        )
    return key.strip(), value.strip()


def _say(text: str) -> None:
    sys.stderr.write(text + "\n")


__all__ = ["describe_task", "main"]
