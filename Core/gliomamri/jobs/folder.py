"""The job folder: ``job.json``, the inputs, and after success the result.

::

    gliomamri-jobs-<user>/job-xxxx/      private (0700), no patient name, id or file name inside
        job.json                         task, settings, inputs with checksums, seed, versions
        inputs/*.nii                     images under neutral names
        log.txt                          what the child wrote on standard error
        lock                             held by the process that made the folder, as long as it lives
        result/                          appears at once, whole, when the task has succeeded
"""

from __future__ import annotations

import datetime
import importlib.metadata
import json
import platform
import shutil
import sys
import tempfile
import time
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import gliomamri
from gliomamri.errors import UserError
from gliomamri.io.new_files import make_folder, write_error, write_json
from gliomamri.jobs import locks
from gliomamri.jobs.private_folder import private_folder, private_folders
from gliomamri.settings import Settings
from gliomamri.study import Study
from gliomamri.tasks import find_task

FORMAT = 1
_PACKAGES = ("numpy", "scipy", "SimpleITK", "pydicom", "torch", "monai", "scikit-image", "matplotlib")


@dataclass(frozen=True)
class JobFolder:
    """Paths inside one job folder, and its ``job.json``."""

    path: Path

    @property
    def job_file(self) -> Path:
        """``job.json``: everything needed to run the job, and its provenance afterwards."""
        return self.path / "job.json"

    @property
    def inputs(self) -> Path:
        """Folder of the input images."""
        return self.path / "inputs"

    @property
    def result(self) -> Path:
        """Folder of the result; exists only when the job has succeeded."""
        return self.path / "result"

    @property
    def unfinished_result(self) -> Path:
        """Where the child collects the result before it is renamed to :attr:`result`."""
        return self.path / ".result.partial"

    @property
    def log_file(self) -> Path:
        """What the child wrote on standard error."""
        return self.path / "log.txt"

    @property
    def lock_file(self) -> Path:
        """Locked by the owner of the folder."""
        return self.path / "lock"

    def check_not_done(self) -> None:
        """Make sure that the job has no result yet.

        Raises
        ------
        UserError
            If it has; a result is never overwritten.
        """
        if self.result.exists():
            raise UserError(
                "This job has been run and its folder holds the result; make a new job to run it again.",
                str(self.result),
            )

    def description(self) -> dict[str, Any]:
        """Read ``job.json``.

        Raises
        ------
        UserError
            If the folder holds no job this version can read.
        """
        try:
            description = json.loads(self.job_file.read_text(encoding="utf-8"))
        except (OSError, ValueError) as error:
            raise UserError(
                "The folder holds no readable job.json, so there is no job to run.", str(error)
            ) from error
        if not isinstance(description, dict) or description.get("format") != FORMAT:
            raise UserError(
                "The job was written by another version of GliomaMRI; create it again with this one."
            )
        return description

    def remove(self) -> None:
        """Delete the folder with everything in it; silent when it is gone already."""
        locks.release(self.lock_file)
        shutil.rmtree(self.path, ignore_errors=True)


def create_job(
    task: str, study: Study, settings: Settings, *, seed: int = 0, parent: Path | None = None
) -> JobFolder:
    """Write a job folder.

    Parameters
    ----------
    task : str
        Name of a task.
    study : Study
        Inputs; written as NIfTI under neutral names.
    settings : Settings
        Settings of that task.
    seed : int
        Seed of everything random in the task, 0 or more.
    parent : Path, optional
        Where to make the folder; a private folder of the user under the system's temporary folder by default.

    Raises
    ------
    UserError
        If inputs are missing, settings are wrong, or the inputs cannot be written.
    """
    from gliomamri.io.job_inputs import write_inputs

    problems = (find_task(task).missing(study.roles), *settings.problems(), _problem_of_seed(seed))
    wrong = [text for text in problems if text]
    if wrong:
        raise UserError(" ".join(wrong))
    folder = JobFolder(_new_folder(parent))
    try:
        locks.hold(folder.lock_file)
        make_folder(folder.inputs)
        description = {
            "format": FORMAT,
            "task": task,
            "settings": settings.to_dict(),
            "seed": seed,
            "inputs": write_inputs(study, folder.inputs),
            "notes": list(study.notes),
            "versions": versions(),
            "created": datetime.datetime.now(datetime.UTC).isoformat(timespec="seconds"),
        }
        write_json(description, folder.job_file)
    except OSError as error:
        told = write_error(error, folder.path)
        folder.remove()
        raise told from error
    except BaseException:
        folder.remove()
        raise
    return folder


def _problem_of_seed(seed: int) -> str:
    return "" if seed >= 0 else f"The seed is {seed}; it must be 0 or more."


def versions() -> dict[str, str]:
    """Versions of what the result depends on."""
    found = {
        "gliomamri": gliomamri.__version__,
        "python": platform.python_version(),
        "system": platform.platform(),
    }
    for package in _PACKAGES:
        try:
            found[package] = importlib.metadata.version(package)
        except importlib.metadata.PackageNotFoundError:
            module = sys.modules.get(package)
            if module is not None:
                found[package] = str(getattr(module, "__version__", "unknown"))
    return found


def remove_stale_jobs(parent: Path | None = None) -> int:
    """Remove job folders whose owner process is gone; give their number. Called at every start."""
    removed = 0
    for jobs in [parent] if parent else private_folders():
        for path in sorted(jobs.glob("job-*")):
            folder = JobFolder(path)
            if _is_stale(folder):
                folder.remove()
                removed += 1
    return removed


def _is_stale(folder: JobFolder) -> bool:
    """Say that nobody holds a folder's lock; a folder without ``job.json`` may be one that is just being made."""
    made = folder.job_file.exists() or _older_than_an_hour(folder.path)
    return made and not locks.is_held(folder.lock_file)


def _new_folder(parent: Path | None) -> Path:
    advice = "choose another one" if parent else "free some space or set TMPDIR to another folder"
    try:
        parent = parent or private_folder()
        parent.mkdir(mode=0o700, parents=True, exist_ok=True)
        return Path(tempfile.mkdtemp(prefix="job-", dir=parent))
    except OSError as error:
        raise UserError(f"The folder for jobs cannot be written; {advice}.", str(error)) from error


def _older_than_an_hour(path: Path) -> bool:
    try:
        age = time.time() - path.stat().st_mtime
    except OSError:
        return False
    return age > 3600
