"""Jobs: a task executed in a child process over a private folder.

:class:`JobFolder` holds what goes in and what comes out, :func:`execute` is what the child runs and
:class:`Job` is what the parent holds: start, poll, cancel. Desktop, command line and cluster use this one path.
"""

from gliomamri.jobs.execute import execute
from gliomamri.jobs.folder import JobFolder, create_job, remove_stale_jobs
from gliomamri.jobs.outcome import Outcome
from gliomamri.jobs.process import Job, JobState

__all__ = ["Job", "JobFolder", "JobState", "Outcome", "create_job", "execute", "remove_stale_jobs"]
