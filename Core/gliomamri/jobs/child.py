"""The child process of a job: which program, how it is started, watched and ended with all it has started."""

from __future__ import annotations

import contextlib
import os
import shutil
import signal
import subprocess
import sys
from pathlib import Path
from typing import IO, Any

import gliomamri
from gliomamri.errors import UserError
from gliomamri.jobs.parent_watch import STANDARD_INPUT

_ON_WINDOWS = os.name == "nt"
_NEW_PROCESS_GROUP, _NO_WINDOW = 0x00000200, 0x08000000
"""CREATE_NEW_PROCESS_GROUP and CREATE_NO_WINDOW, which :mod:`subprocess` has on Windows alone."""


def child_python() -> str:
    """Path of the Python that runs jobs: PythonSlicer inside Slicer (whose own executable is the application).

    Raises
    ------
    UserError
        If there is none; the application itself must never be started a second time.
    """
    running = Path(sys.executable or "unknown")
    if running.stem.lower().startswith("python"):
        return str(running)
    found = shutil.which("PythonSlicer", path=str(running.parent)) or shutil.which("PythonSlicer")
    if found is None:
        raise UserError(
            "The computation could not be started: Slicer's Python (PythonSlicer) was not found; install Slicer again.",
            f"searched beside {running} and on PATH",
        )
    return found


def child_command(python: str, job_folder: Path, *, on_windows: bool = _ON_WINDOWS) -> list[str]:
    """Command line of the child; ``-P`` keeps modules of the current folder from being imported."""
    sign = str(os.getpid()) if on_windows else STANDARD_INPUT
    return [python, "-P", "-m", "gliomamri", "job", "--watch-parent", sign, str(job_folder)]


def start_options(*, on_windows: bool = _ON_WINDOWS) -> dict[str, Any]:
    """Arguments of :class:`subprocess.Popen` that give the child a group of its own and a way to watch its parent."""
    if on_windows:
        return {"creationflags": _NEW_PROCESS_GROUP | _NO_WINDOW, "stdin": subprocess.DEVNULL}
    return {"start_new_session": True, "stdin": subprocess.PIPE}


def start_child(python: str, job_folder: Path, log: IO[str]) -> subprocess.Popen[str]:
    """Start a job's child; its standard output holds events, its standard error goes to ``log``.

    Raises
    ------
    UserError
        If ``python`` cannot be started.
    """
    environment = dict(os.environ)
    core = str(Path(gliomamri.__file__).resolve().parent.parent)
    environment["PYTHONPATH"] = os.pathsep.join(filter(None, (core, environment.get("PYTHONPATH"))))
    environment["PYTHONUNBUFFERED"] = "1"
    try:
        return subprocess.Popen(
            child_command(python, job_folder),
            stdout=subprocess.PIPE,
            stderr=log,
            text=True,
            encoding="utf-8",
            errors="replace",
            env=environment,
            cwd=job_folder,
            **start_options(),
        )
    except OSError as error:
        raise UserError("The computation could not be started: Python was not found.", str(error)) from error


def has_exited(child: subprocess.Popen[str]) -> bool:
    """Tell whether the child has exited, and leave it unreaped, so that its number stays taken.

    Where the system cannot do that (macOS before Python 3.13), the child is reaped here.
    """
    if child.returncode is None and hasattr(os, "waitid"):
        with contextlib.suppress(ChildProcessError):  # somebody else has reaped it: Popen.poll copes
            return os.waitid(os.P_PID, child.pid, os.WEXITED | os.WNOWAIT | os.WNOHANG) is not None
    return child.poll() is not None


def end_group(child: subprocess.Popen[str]) -> None:
    """End the child, if it is still there, and what it has started; nothing once it was reaped.

    After that its number may be that of a process, or a group, which has nothing to do with us.
    """
    if child.returncode is not None:
        return
    if _ON_WINDOWS:
        taskkill = ["taskkill", "/F", "/T", "/PID", str(child.pid)]
        subprocess.run(taskkill, capture_output=True, check=False, creationflags=_NO_WINDOW)
    else:
        with contextlib.suppress(ProcessLookupError, PermissionError):
            os.killpg(child.pid, signal.SIGKILL)


def reap(child: subprocess.Popen[str]) -> int | None:
    """Wait for a child that was ended; give its exit code, None if it does not go away within 10 s."""
    with contextlib.suppress(subprocess.TimeoutExpired):
        return child.wait(timeout=10)
    return None
