"""One task on every patient of a data set: a job and a result folder for each, then what they have in common.

::

    OUT/cohort.json          task, settings, where further images are, version: what --resume compares
    OUT/sub-0001/            result of that patient, as `gliomamri run` writes it
    OUT/pooled/              result over all patients, where the task knows one

A patient's result appears whole or not at all, so a run that was stopped goes on where it was.

Called by the command ``cohort``; tested by Testing/unit/jobs/test_cohort.py.
"""

from __future__ import annotations

import contextlib
import json
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import gliomamri
from gliomamri.errors import UserError
from gliomamri.io.new_files import write_json
from gliomamri.io.publish import check_output_folder, publish
from gliomamri.jobs.folder import JobFolder, create_job
from gliomamri.jobs.outcome import Outcome
from gliomamri.jobs.process import Job
from gliomamri.jobs.side_by_side import PlannedJob, run_side_by_side
from gliomamri.settings import Settings
from gliomamri.tasks import Progress, Task, no_progress

RECIPE = "cohort.json"
POOLED = "pooled"


@dataclass(frozen=True)
class CohortRun:
    """What is done to every patient.

    Attributes
    ----------
    task : Task
    settings : Settings
    dataset : pathlib.Path
        BIDS data set with folders ``sub-*``.
    images : sequence of (role, text)
        Further inputs; ``{subject}`` in a text stands for the patient's folder name.
    session : str
        BIDS session to read where patients have several.
    seed : int
    """

    task: Task
    settings: Settings
    dataset: Path
    images: Sequence[tuple[str, str]] = ()
    session: str = ""
    seed: int = 0

    def recipe(self) -> dict[str, Any]:
        """JSON values that decide every result."""
        return {
            "task": self.task.name,
            "dataset": self.dataset.resolve().name,
            "settings": self.settings.to_dict(),
            "images": [list(pair) for pair in self.images],
            "session": self.session,
            "seed": self.seed,
            "version": gliomamri.__version__,
        }

    def job(self, subject: str) -> Job:
        """Make the job of one patient.

        Raises
        ------
        UserError
            If the patient's images cannot be used.
        """
        from gliomamri.io.studies import read_study

        named = [(role, Path(text.replace("{subject}", subject))) for role, text in self.images]
        study = read_study(self.dataset / subject, named, roles=self.task.roles, session=self.session)
        return Job(create_job(self.task.name, study, self.settings, seed=self.seed))


@dataclass
class CohortOutcome:
    """Which patients have a result now, and the sentence and details of each of the others."""

    whole: list[str] = field(default_factory=list)
    failed: dict[str, tuple[str, str]] = field(default_factory=dict)


def find_subjects(dataset: Path) -> list[str]:
    """List the patients of a data set by folder name, in order.

    Raises
    ------
    UserError
        If there is none.
    """
    if not dataset.is_dir():
        raise UserError(f"The data set '{dataset}' is missing; check its name.")
    subjects = sorted(path.name for path in dataset.glob("sub-*") if path.is_dir())
    if not subjects:
        raise UserError(
            f"The folder '{dataset}' holds no patient; a BIDS data set has folders sub-01, sub-02 ..."
        )
    return subjects


def run_cohort(
    run: CohortRun,
    out: Path,
    *,
    at_a_time: int = 1,
    resume: bool = False,
    progress: Progress = no_progress,
    make_job: Callable[[CohortRun, str], Job] = CohortRun.job,
) -> CohortOutcome:
    """Run the task on every patient that has no result yet.

    Parameters
    ----------
    run : CohortRun
    out : pathlib.Path
        Absent or empty; with ``resume`` begun before by the same run.
    at_a_time : int
        Patients side by side.
    resume : bool
        True keeps the results that are there.
    progress : callable
        Told how far the whole cohort is.
    make_job : callable
        Makes the job of one patient; tests give their own.

    Raises
    ------
    UserError
        If the data set or the output folder cannot be used, or the disk is full.
    """
    subjects = find_subjects(run.dataset)
    _start(out, run.recipe(), resume=resume)
    outcome = CohortOutcome(whole=[name for name in subjects if (out / name / "result.json").is_file()])
    left = [name for name in subjects if name not in outcome.whole]
    planned = [PlannedJob(name, lambda name=name: make_job(run, name)) for name in left]

    def told(fraction: float, words: str) -> None:
        progress((len(subjects) - len(left) * (1 - fraction)) / len(subjects), words)

    with contextlib.closing(run_side_by_side(planned, at_a_time, told)) as jobs:
        for ended in jobs:
            if ended.state.outcome is Outcome.SUCCEEDED and isinstance(ended.folder, JobFolder):
                publish(ended.folder.result, out / ended.name)
                outcome.whole.append(ended.name)
            else:
                outcome.failed[ended.name] = (ended.state.message, ended.state.details)
    outcome.whole.sort()
    return outcome


def _start(out: Path, recipe: dict[str, Any], *, resume: bool) -> None:
    """Make the output folder, or make sure that it was begun by the same run."""
    known = out / RECIPE
    if not (resume and known.is_file()):
        check_output_folder(out)
        out.mkdir(parents=True, exist_ok=True)
        write_json(recipe, known)
        return
    try:
        before = json.loads(known.read_text(encoding="utf-8"))
    except (OSError, ValueError) as error:
        raise UserError(f"'{known}' cannot be read; name a new result folder.", str(error)) from error
    different = [name for name in recipe if before.get(name) != json.loads(json.dumps(recipe[name]))]
    if different:
        raise UserError(
            f"The results in '{out}' were made with other {' and '.join(different)}; use the same, or a new folder."
        )
