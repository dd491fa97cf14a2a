"""The child's side of a job: read the folder, run the task, put the result there in one step."""

from __future__ import annotations

import errno
import os
import random
import shutil
import sys
import traceback
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

import numpy as np

from gliomamri.errors import UserError
from gliomamri.jobs.events import Event
from gliomamri.jobs.folder import JobFolder, versions
from gliomamri.jobs.outcome import SENTENCES, Outcome
from gliomamri.tasks import Context, find_task

Emit = Callable[[Event], None]

_WORK_SHARE = 0.9
"""Share of the progress bar given to the task itself; the rest is reading and writing."""


def execute(folder: JobFolder, emit: Emit) -> Outcome:
    """Run the job in this process.

    The result folder appears whole, by one rename, or not at all.

    Parameters
    ----------
    folder : JobFolder
        A prepared job.
    emit : callable
        Receives progress events and, last, one event of kind "ended".
    """
    outcome, sentence, details = Outcome.SUCCEEDED, SENTENCES[Outcome.SUCCEEDED], ""
    try:
        _run(folder, emit)
    except UserError as error:
        outcome, sentence, details = Outcome.USER_ERROR, error.sentence, error.details
    except OSError as error:
        outcome, sentence = _describe_system_error(error, folder.path)
        details = traceback.format_exc()
    except Exception as error:  # noqa: BLE001  (the child's outermost frame: everything becomes a sentence)
        outcome = Outcome.OUT_OF_MEMORY if _is_memory_error(error) else Outcome.CRASHED
        sentence, details = SENTENCES[outcome], traceback.format_exc()
    if outcome is not Outcome.SUCCEEDED:
        shutil.rmtree(folder.unfinished_result, ignore_errors=True)
    emit(Event("ended", 1.0, sentence, outcome.value, details))
    return outcome


def _run(folder: JobFolder, emit: Emit) -> None:
    from gliomamri.io.job_inputs import read_inputs
    from gliomamri.io.results import write_result
    from gliomamri.report.page import write_report

    emit(Event("progress", 0.0, "Reading images"))
    folder.check_not_done()
    description = folder.description()
    task = find_task(description["task"])
    settings = task.settings.from_dict(description["settings"])
    study = read_inputs(folder.inputs, description["inputs"])
    seed = int(description["seed"])
    random.seed(seed)
    np.random.seed(seed % 2**32)  # noqa: NPY002  (for libraries that use the global generators)

    def progress(fraction: float, message: str) -> None:
        emit(Event("progress", 0.02 + _WORK_SHARE * min(max(fraction, 0.0), 1.0), message))

    result = task.run(study, settings, Context(progress, seed))
    warnings = dict.fromkeys((*description.get("notes", ()), *result.warnings))
    result = replace(result, warnings=tuple(warnings))
    emit(Event("progress", 0.93, "Writing results"))
    shutil.rmtree(folder.unfinished_result, ignore_errors=True)
    folder.unfinished_result.mkdir(mode=0o700)
    provenance = description | {"versions": versions()}
    write_result(result, folder.unfinished_result, provenance=provenance)
    write_report(result, study, folder.unfinished_result / "report.html", provenance=provenance)
    folder.unfinished_result.rename(folder.result)


def _is_memory_error(error: Exception) -> bool:
    text = f"{type(error).__name__}: {error}".lower()
    return isinstance(error, MemoryError) or any(
        phrase in text for phrase in ("outofmemoryerror", "out of memory", "failed to allocate", "bad_alloc")
    )


def _describe_system_error(error: OSError, folder: Path) -> tuple[Outcome, str]:
    if error.errno in (errno.ENOSPC, errno.EDQUOT, errno.EFBIG):
        free = shutil.disk_usage(folder).free / 1e6
        return Outcome.USER_ERROR, f"The disk is full ({free:.0f} MB free); free some space, then try again."
    if error.errno in (errno.EACCES, errno.EPERM, errno.EROFS):
        return Outcome.USER_ERROR, "A folder cannot be written; check its permissions or choose another one."
    if error.errno == errno.ENOMEM:
        return Outcome.OUT_OF_MEMORY, SENTENCES[Outcome.OUT_OF_MEMORY]
    return Outcome.CRASHED, SENTENCES[Outcome.CRASHED]


def emit_on_private_stdout() -> Emit:
    """Keep standard output for events alone: whatever libraries print goes to standard error.

    Returns
    -------
    callable
        Writes one event per line to the descriptor that was standard output.
    """
    stream = os.fdopen(os.dup(sys.stdout.fileno()), "w", encoding="utf-8", buffering=1)
    os.dup2(sys.stderr.fileno(), sys.stdout.fileno())

    def emit(event: Event) -> None:
        stream.write(event.to_line() + "\n")
        stream.flush()

    return emit
