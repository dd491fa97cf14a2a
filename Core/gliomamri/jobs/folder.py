"""The job folder: ``job.json``, the inputs, and after success the result.

::

    gliomamri-jobs-<user>/job-xxxx/      private (0700), no patient name, id or file name inside
        job.json                         task, settings, inputs with checksums, seed, versions
        inputs/*.nii                     images under neutral names
        log.txt                          what the child wrote on standard error
        result/                          appears at once, whole, when the task has succeeded
"""

from __future__ import annotations

import datetime
import getpass
import importlib.metadata
import json
import os
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
        Seed of everything random in the task.
    parent : Path, optional
        Where to make the folder; a private folder of the user under the system's temporary folder by default.

    Raises
    ------
    UserError
        If inputs are missing, settings are wrong, or the inputs cannot be written.
    """
    from gliomamri.io.job_inputs import write_inputs

    wrong = [text for text in (find_task(task).missing(study.roles), *settings.problems()) if text]
    if wrong:
        raise UserError(" ".join(wrong))
    folder = JobFolder(_new_private_folder(parent))
    try:
        folder.inputs.mkdir()
        description = {
            "format": FORMAT,
            "task": task,
            "settings": settings.to_dict(),
            "seed": seed,
            "inputs": write_inputs(study, folder.inputs),
            "notes": list(study.notes),
            "versions": versions(),
            "created": datetime.datetime.now(datetime.UTC).isoformat(timespec="seconds"),
            "owner": os.getpid(),
        }
        folder.job_file.write_text(json.dumps(description, indent=1), encoding="utf-8")
    except BaseException:
        folder.remove()
        raise
    return folder


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
    for path in sorted((parent or _jobs_folder()).glob("job-*")):
        folder = JobFolder(path)
        try:
            owner = int(folder.description()["owner"])
        except (UserError, KeyError, ValueError):
            owner = 0 if _older_than_an_hour(path) else os.getpid()
        if owner != os.getpid() and not _is_running(owner):
            folder.remove()
            removed += 1
    return removed


def _jobs_folder() -> Path:
    return Path(tempfile.gettempdir()) / f"gliomamri-jobs-{_user()}"


def _user() -> str:
    try:
        return getpass.getuser()
    except (KeyError, OSError, ImportError):
        return "user"


def _new_private_folder(parent: Path | None) -> Path:
    parent = parent or _jobs_folder()
    try:
        parent.mkdir(mode=0o700, parents=True, exist_ok=True)
        return Path(tempfile.mkdtemp(prefix="job-", dir=parent))
    except OSError as error:
        raise UserError(
            "The folder for temporary files cannot be written; free some space or set TMPDIR to another folder.",
            str(error),
        ) from error


def _older_than_an_hour(path: Path) -> bool:
    try:
        age = time.time() - path.stat().st_mtime
    except OSError:
        return False
    return age > 3600


def _is_running(pid: int) -> bool:
    if pid <= 0:
        return False
    if os.name == "nt":  # os.kill(pid, 0) would end the process on Windows
        import ctypes

        handle = ctypes.windll.kernel32.OpenProcess(0x1000, False, pid)
        if handle:
            ctypes.windll.kernel32.CloseHandle(handle)
        return bool(handle)
    try:
        os.kill(pid, 0)
    except ProcessLookupError:
        return False
    except PermissionError:
        return True
    return True
