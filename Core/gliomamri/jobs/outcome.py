"""How a job can end, and the sentence the user reads for each end."""

from __future__ import annotations

import enum
import signal
from pathlib import Path


class Outcome(enum.Enum):
    """How a job ended."""

    SUCCEEDED = "succeeded"
    USER_ERROR = "user error"
    CANCELLED = "cancelled"
    OUT_OF_MEMORY = "out of memory"
    KILLED = "killed"
    CRASHED = "crashed"


EXIT_CODES: dict[Outcome, int] = {
    Outcome.SUCCEEDED: 0,
    Outcome.CRASHED: 1,
    Outcome.USER_ERROR: 2,
    Outcome.OUT_OF_MEMORY: 3,
}
"""Exit codes of the child; an unhandled exception of Python itself also gives 1."""

SENTENCES: dict[Outcome, str] = {
    Outcome.SUCCEEDED: "Done.",
    Outcome.USER_ERROR: "The inputs or settings could not be used.",
    Outcome.CANCELLED: "Cancelled; nothing was changed.",
    Outcome.OUT_OF_MEMORY: (
        "The computer ran out of memory; close other programs or use smaller images, then try again. "
        "Nothing was changed."
    ),
    Outcome.KILLED: "Something outside the program ended the job; nothing was changed. Try again.",
    Outcome.CRASHED: "The computation failed because of an error in the program; nothing was changed.",
}

_KILLING = {
    -getattr(signal, name) for name in ("SIGKILL", "SIGTERM", "SIGINT", "SIGHUP") if hasattr(signal, name)
}


def outcome_of_exit(code: int, *, oom_kills_during_job: int = 0) -> Outcome:
    """Tell how a child ended that said nothing itself.

    Parameters
    ----------
    code : int
        ``Popen.returncode``: negative is a signal.
    oom_kills_during_job : int
        How many processes the kernel killed for memory while the job ran (:func:`oom_kill_count`).
    """
    for outcome, known in EXIT_CODES.items():
        if code == known:
            return outcome
    if code in _KILLING:
        return Outcome.OUT_OF_MEMORY if oom_kills_during_job > 0 else Outcome.KILLED
    return Outcome.CRASHED


def oom_kill_count(vmstat: Path = Path("/proc/vmstat")) -> int:
    """Count the processes the Linux kernel has killed for memory since boot; 0 on other systems."""
    try:
        for line in vmstat.read_text().splitlines():
            if line.startswith("oom_kill "):
                return int(line.split()[1])
    except OSError:
        pass
    return 0
