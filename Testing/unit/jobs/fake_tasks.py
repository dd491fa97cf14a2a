"""Tasks that go wrong in known ways, and a Python that knows them: the other half of test_process.py.

Run as a program it is ``python -m gliomamri`` with these tasks registered.
"""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import time
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import SimpleITK as sitk

from gliomamri import tasks
from gliomamri.errors import UserError
from gliomamri.result import Map, Number, Result
from gliomamri.settings import Settings as TaskSettings
from gliomamri.settings import setting
from gliomamri.study import Study
from gliomamri.tasks import Context, Task


@dataclass(frozen=True)
class Settings(TaskSettings):
    """How to go wrong."""

    way: str = setting("succeed", label="Way", help="What happens.")
    note: str = setting("", label="Note", help="Where to leave the number of a process.")
    seconds: float = setting(0.0, label="Time", unit="s", minimum=0.0, help="Work before it happens.")


def run(study: Study, settings: Settings, context: Context) -> Result:
    """Work a while, then do what the settings say."""
    steps = 20
    for step in range(steps):
        context.progress(step / steps, "Working")
        time.sleep(settings.seconds / steps)
    _WAYS[settings.way](settings)
    image = study.images["T1w"]
    doubled = Map("doubled", image * 2, "signal", "", "Twice the input.", "gray", (0.0, 2.0), "T1w")
    own = np.random.default_rng(context.seed)
    numbers = {
        "answer": Number(42.0, "ms", "The answer"),
        "drawn": Number(own.random(), "", "Drawn from the task's own generator"),
        "drawn_globally": Number(np.random.random(), "", "Drawn globally"),  # noqa: NPY002
    }
    return Result(maps=(doubled,), numbers=numbers, warnings=("Something is odd.",))


def _print_rubbish(_: Settings) -> None:
    print("not json")
    os.write(1, b'{"kind": "ended", "outcome": "succeeded"}\n')


def _raise_user_error(_: Settings) -> None:
    raise UserError("The moon is in the wrong house.", "astrology")


def _raise(_: Settings) -> None:
    raise ZeroDivisionError("cause")


def _exhaust_memory(_: Settings) -> None:
    import resource

    resource.setrlimit(resource.RLIMIT_AS, (2_000_000_000, 2_000_000_000))
    np.ones(10**9)


def _die(_: Settings) -> None:
    os.kill(os.getpid(), signal.SIGSEGV)


def _kill(_: Settings) -> None:
    os.kill(os.getpid(), signal.SIGKILL)


def _exit_silently(_: Settings) -> None:
    os._exit(0)


def _leave_someone_outside(settings: Settings) -> None:
    outside = subprocess.Popen([sys.executable, "-c", "import time; time.sleep(120)"], start_new_session=True)
    Path(settings.note).write_text(str(outside.pid))
    os._exit(7)


def _close_output_and_stay(_: Settings) -> None:
    os.closerange(0, 256)
    time.sleep(120)


def _have_children(settings: Settings) -> None:
    child = subprocess.Popen([sys.executable, "-c", "import time; time.sleep(120)"])
    Path(settings.note).write_text(str(child.pid))
    time.sleep(120)


_WAYS = {
    "succeed": lambda _: None,
    "print": _print_rubbish,
    "user_error": _raise_user_error,
    "crash": _raise,
    "memory": _exhaust_memory,
    "segfault": _die,
    "kill": _kill,
    "exit": _exit_silently,
    "children": _have_children,
    "outsider": _leave_someone_outside,
    "mute": _close_output_and_stay,
}

# The registry asks for `fake_tasks.settings` and `fake_tasks.task`: both are this file.
for _part in ("settings", "task"):
    sys.modules[f"fake_tasks.{_part}"] = sys.modules[__name__]

TASK = Task("misbehave", "Misbehave", "Go wrong in a known way.", "fake_tasks", (("T1w",),))


def one_image_study() -> Study:
    """Study with one small T1w image."""
    image = sitk.Image(5, 4, 3, sitk.sitkFloat32)
    image.SetSpacing((1.0, 2.0, 3.0))
    image[1, 2, 1] = 1.0
    return Study(images={"T1w": image})


if __name__ == "__main__":
    tasks.TASKS[TASK.name] = TASK
    from gliomamri.cli import main

    sys.exit(main(sys.argv[sys.argv.index("gliomamri") + 1 :]))
