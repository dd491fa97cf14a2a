"""A small simulated patient as the task ``simulate`` gives it, and the double of the job that makes it."""

from __future__ import annotations

import numpy as np

from gliomamri.errors import UserError
from gliomamri.jobs.outcome import SENTENCES, Outcome
from gliomamri.jobs.process import JobState
from gliomamri.result import LabelMap, Map, Number, Result, Table
from gliomamri.study import Segments
from scene.builders import SHAPE, ijk_to_ras, image_of, ramp

ROLES = ("T1w", "ceT1w", "T2w", "FLAIR")
PARTS = {1: "necrotic and non-enhancing core", 2: "edema", 4: "enhancing tumor"}
COLORS = {1: (0.9, 0.6, 0.0), 2: (0.3, 0.75, 0.35), 4: (0.95, 0.85, 0.2)}
HONESTY = "This patient is simulated, for research and tests; it is not a real patient."
LARGEST = (slice(1, 4), slice(3, 6), slice(5, 10))
"""Where the largest lesion lies, in voxels (z, y, x)."""


def tumor() -> np.ndarray:
    """Labels of one large lesion of three parts and a small one far from it."""
    labels = np.zeros(SHAPE, np.uint8)
    labels[LARGEST] = 2
    labels[2, 4, 6:9] = (4, 1, 4)
    labels[4, 0, 0] = 4
    return labels


def images_table() -> Table:
    return Table(
        "images",
        "Images and their parameters",
        {
            "image": list(ROLES),
            "inversion_time": [float("nan")] * 3 + [2500.0],
            "echo_time": [3.0, 3.25, 90.0, 120.0],
        },
        {"inversion_time": "ms", "echo_time": "ms"},
    )


def simulated(*, healthy: bool = False, roles: tuple[str, ...] = ROLES) -> Result:
    """Result of the task; a healthy patient has empty tumor labels and no lesion."""
    labels = np.zeros(SHAPE, np.uint8) if healthy else tumor()
    names = {} if healthy else PARTS
    matrix = ijk_to_ras("oblique")
    images = [
        Map(
            role, image_of(ramp() + 7 * i, matrix), "signal", "a.u.", "Simulated.", "gray", (0.0, 400.0 + i), main=True
        )
        for i, role in enumerate(roles)
    ]  # fmt: skip
    truth = Map("true_T1map", image_of(ramp() * 3, matrix), "T1", "ms", "True T1.", "lipari", (0.0, 3000.0))
    lesions = Table(
        "lesions", "Lesions (positions LPS)", {"lesion": [1, 2], "volume": [3.5, 0.1]}, {"volume": "ml"}
    )
    return Result(
        maps=(*images, truth),
        labels=(
            LabelMap(
                "tumor", Segments(image_of(labels, matrix), names, COLORS if names else {}), "True tumor."
            ),
            LabelMap("parts", Segments(image_of(labels, matrix), names), "True parts."),
            LabelMap("brain_mask", Segments(image_of(np.ones(SHAPE, np.uint8), matrix), {1: "brain"}), ""),
        ),
        tables=(*(() if healthy else (lesions,)), images_table()),
        numbers={} if healthy else {"volume_2": Number(3.0, "ml", "Volume of the edema")},
        warnings=(HONESTY,),
    )


class Folder:
    """Double of a job folder."""

    result = "the result folder"

    def __init__(self) -> None:
        self.removed = 0

    def description(self) -> dict:
        return {"task": "simulate", "seed": 7, "versions": {"gliomamri": "0.2.0"}}

    def remove(self) -> None:
        self.removed += 1


class FakeJob:
    """Double of a job: runs until :meth:`finish` or :meth:`fail`."""

    def __init__(self) -> None:
        self.folder = Folder()
        self.state = JobState(0.4, "Drawing the head")
        self.started = self.cancelled = False

    def start(self) -> None:
        self.started = True

    def finish(self) -> None:
        self.state = JobState(1.0, "Done.", Outcome.SUCCEEDED)

    def fail(self, sentence: str, details: str = "") -> None:
        self.state = JobState(0.4, sentence, Outcome.USER_ERROR, details)

    def poll(self) -> JobState:
        return self.state

    def cancel(self) -> JobState:
        self.cancelled = True
        self.state = JobState(0.4, SENTENCES[Outcome.CANCELLED], Outcome.CANCELLED)
        return self.state


class FakeJobs:
    """Stands for making jobs and reading their results; remembers what was asked for."""

    def __init__(self) -> None:
        self.jobs: list[FakeJob] = []
        self.asked: list[tuple] = []
        self.result = simulated()
        self.error: UserError | None = None

    def prepare(self, task, study, settings, seed) -> FakeJob:
        if self.error:
            raise self.error
        self.asked.append((task, study.roles, settings, seed))
        self.jobs.append(FakeJob())
        return self.jobs[-1]

    def read(self, _folder) -> Result:
        return self.result

    @property
    def last(self) -> FakeJob:
        return self.jobs[-1]
