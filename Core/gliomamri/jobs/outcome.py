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
    UNEXPLAINED = "unexplained"


EXIT_CODES: dict[Outcome, int] = {
    Outcome.SUCCEEDED: 0,
    Outcome.CRASHED: 81,
    Outcome.USER_ERROR: 82,
    Outcome.OUT_OF_MEMORY: 83,
}
"""Exit codes of the child, unusual on purpose.

Python itself gives 1 for what nobody caught, and so does a launcher (PythonSlicer) for whatever its program died of.
"""

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
    Outcome.UNEXPLAINED: (
        "The computation stopped, through an error in the program or because something outside ended it; "
        "nothing was changed. Try again."
    ),
}

_KILLING = {
    getattr(signal, name) for name in ("SIGKILL", "SIGTERM", "SIGINT", "SIGHUP") if hasattr(signal, name)
}
_FAULTS = {
    getattr(signal, name)
    for name in ("SIGSEGV", "SIGABRT", "SIGBUS", "SIGFPE", "SIGILL")
    if hasattr(signal, name)
}


def outcome_of_exit(code: int | None, *, oom_kills_during_job: int = 0) -> Outcome:
    """Tell how a child ended that said nothing itself.

    Parameters
    ----------
    code : int or None
        ``Popen.returncode``: negative is a signal, as is what a shell adds to 128; None where it is not known.
    oom_kills_during_job : int
        How many processes the kernel killed for memory while the job ran (:func:`oom_kill_count`). It is asked
        first, since a launcher between us and the killed process changes the code.
    """
    if oom_kills_during_job > 0:
        return Outcome.OUT_OF_MEMORY
    if code is None:
        return Outcome.UNEXPLAINED
    if code == EXIT_CODES[Outcome.SUCCEEDED]:
        return Outcome.CRASHED  # success would have been told
    for outcome, known in EXIT_CODES.items():
        if code == known:
            return outcome
    number = -code if code < 0 else code - 128
    if number in _KILLING:
        return Outcome.KILLED
    return Outcome.CRASHED if number in _FAULTS else Outcome.UNEXPLAINED


def oom_kill_count(vmstat: Path = Path("/proc/vmstat")) -> int:
    """Count the processes the Linux kernel has killed for memory since boot; 0 on other systems."""
    try:
        for line in vmstat.read_text().splitlines():
            if line.startswith("oom_kill "):
                return int(line.split()[1])
    except OSError:
        pass
    return 0
