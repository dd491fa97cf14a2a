"""The result over all patients of a cohort, written beside theirs.

Called by the command ``cohort``; tested by Testing/unit/jobs/test_cohort.py.
"""

from __future__ import annotations

import shutil
import tempfile
from collections.abc import Sequence
from pathlib import Path

from gliomamri.io.new_files import write_error
from gliomamri.io.results import read_result, write_result
from gliomamri.jobs.cohort import POOLED, CohortRun
from gliomamri.jobs.folder import versions
from gliomamri.report.page import write_report
from gliomamri.study import Study
from gliomamri.tasks import Context, Progress, no_progress


def write_pooled(
    run: CohortRun, out: Path, subjects: Sequence[str], progress: Progress = no_progress
) -> Path | None:
    """Pool the results of patients into ``out/pooled``, in place of an older one.

    Parameters
    ----------
    run : CohortRun
        That made the results.
    out : pathlib.Path
        Folder with one result folder per subject.
    subjects : sequence of str
        Folder names of the results.

    Returns
    -------
    pathlib.Path or None
        The report page; None for a task that cannot pool.

    Raises
    ------
    UserError
        If a result cannot be read or the pooled one cannot be written; an older one then stays.
    """
    if not run.task.pools:
        return None
    results = ((name, read_result(out / name, images=False)) for name in subjects)
    pooled = run.task.pool(results, run.settings, Context(progress, run.seed))
    provenance = run.recipe() | {"subjects": list(subjects), "versions": versions()}
    try:
        partial = Path(tempfile.mkdtemp(prefix=".gliomamri-", dir=out))
        try:
            write_result(pooled, partial, provenance=provenance)
            write_report(pooled, Study(), partial / "report.html", provenance=provenance)
            partial.chmod(0o755)
            _replace(out / POOLED, partial)
        finally:
            shutil.rmtree(partial, ignore_errors=True)
    except OSError as error:
        raise write_error(error, out) from error
    return out / POOLED / "report.html"


def _replace(folder: Path, new: Path) -> None:
    """Put ``new`` in the place of ``folder``; whatever fails, one of both is there whole."""
    old = folder.with_name(f".{folder.name}-old")
    shutil.rmtree(old, ignore_errors=True)
    if folder.exists():
        folder.rename(old)
    try:
        new.rename(folder)
    except OSError:
        if old.exists():
            old.rename(folder)
        raise
    shutil.rmtree(old, ignore_errors=True)
