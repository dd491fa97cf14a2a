"""Cohorts: many simulated patients in parallel processes, the same whatever their number.

The seed and kind of patient k come from the cohort's seed S and k alone (numpy's SeedSequence with spawn key k), so
patient 17 is the same in a cohort of 20 and of 2000.

Called by the command line; tested by Testing/unit/phantom/output/test_cohort.py.
"""

from __future__ import annotations

import contextlib
import os
import time
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any

import numpy as np

import gliomamri
from gliomamri.errors import UserError
from gliomamri.jobs import locks
from gliomamri.phantom.output.bids_files import settings_to_share
from gliomamri.phantom.output.dataset import clear_dataset, participant, start_dataset, write_participants
from gliomamri.phantom.output.patient_folder import remove_partial_patient, remove_partial_patients
from gliomamri.phantom.output.workers import News, PatientTask, Workers
from gliomamri.phantom.settings import KINDS, Settings
from gliomamri.tasks import Progress, no_progress

_LOCK = ".gliomamri-lock"
_ROUNDED = 0.015
"""Fractions may miss a sum of 1 by that: three thirds written as 0.33."""


@dataclass(frozen=True)
class Cohort:
    """What a cohort is made from.

    Attributes
    ----------
    patients : int
        How many.
    seed : int
        Of the whole cohort, 0 or more.
    settings : Settings
        Of every patient; its kind counts where ``kinds`` is empty.
    kinds : mapping of str to float
        Share of each kind of :data:`~gliomamri.phantom.settings.KINDS`: fractions that add to 1, or whole numbers,
        which are scaled to that.
    """

    patients: int
    seed: int
    settings: Settings
    kinds: Mapping[str, float] = field(default_factory=dict)

    def problems(self) -> list[str]:
        """List what is wrong, one sentence each."""
        found = []
        if self.patients < 1:
            found.append(f"The number of patients is {self.patients}; it must be 1 or more.")
        found += seed_problems(self.seed)
        for kind in sorted(self.kinds) or [self.settings.kind]:
            if kind in KINDS:
                found += replace(self.settings, kind=kind).problems()
            else:
                found.append(f"There is no kind of patient '{kind}'; known are {', '.join(KINDS)}.")
        found += _problems_of_shares(self.kinds)
        return list(dict.fromkeys(found))

    def tasks(self) -> list[PatientTask]:
        """One task per patient."""
        return [
            PatientTask(
                f"sub-{index + 1:04d}",
                replace(self.settings, kind=self._kind(index)).to_dict(),
                patient_seed(self.seed, index),
            )
            for index in range(self.patients)
        ]

    def recipe(self) -> dict[str, Any]:
        """JSON values that decide every patient; their number does not, so that a cohort can grow."""
        return {
            "seed": self.seed,
            "kinds": dict(sorted(self.kinds.items())),
            "settings": settings_to_share(self.settings),
            "version": gliomamri.__version__,
        }

    def _kind(self, index: int) -> str:
        if not self.kinds:
            return self.settings.kind
        names = sorted(self.kinds)
        shares = np.array([self.kinds[name] for name in names])
        generator = np.random.default_rng(np.random.SeedSequence(self.seed, spawn_key=(index, 1)))
        return names[int(generator.choice(len(names), p=shares / shares.sum()))]


@dataclass(frozen=True)
class Made:
    """What became of a cohort: names of whole patients, and what went wrong with each of the others."""

    whole: tuple[str, ...]
    failed: tuple[News, ...]


def patient_seed(seed: int, index: int) -> int:
    """Seed of patient ``index`` (from 0) of the cohort with ``seed``; 63 bits."""
    state = np.random.SeedSequence(seed, spawn_key=(index,)).generate_state(1, np.uint64)
    return int(state[0] >> np.uint64(1))


def seed_problems(seed: int) -> list[str]:
    """Say what is wrong with a seed; it is a column of the participants' table, so that it fits 64 bits."""
    if seed < 0:
        return [f"The seed is {seed}; it must be 0 or more."]
    return [] if seed < 2**63 else [f"The seed {seed} is too large; it must be below 2^63."]


def _problems_of_shares(kinds: Mapping[str, float]) -> list[str]:
    shares = list(kinds.values())
    if not shares:
        return []
    if not np.isfinite(shares).all() or min(shares) < 0 or sum(shares) <= 0:
        return ["The shares of the kinds must be 0 or more, and one of them above 0."]
    if all(share == int(share) for share in shares) or abs(sum(shares) - 1) <= _ROUNDED:
        return []
    return [
        (
            f"The shares of the kinds add to {sum(shares):g}; fractions must add to 1 "
            "(or give whole numbers, such as glioma=2,healthy=1)."
        )
    ]


def parse_kinds(text: str) -> dict[str, float]:
    """Read ``glioma=0.7,healthy=0.3``; a kind without a share counts 1.

    Raises
    ------
    UserError
        If a share is no number.
    """
    kinds: dict[str, float] = {}
    for part in filter(None, (part.strip() for part in text.split(","))):
        name, _, share = part.partition("=")
        try:
            kinds[kind_name(name)] = float(share or 1)
        except ValueError as error:
            raise UserError(
                f"The share of '{name}' must be a number, not '{share}'; write --kinds glioma=0.7,healthy=0.3."
            ) from error
    return kinds


def kind_name(text: str) -> str:
    """Spell a kind as the settings do: ``High-grade glioma`` is ``high-grade-glioma``."""
    return text.strip().lower().replace(" ", "-").replace("_", "-")


def usable_cores() -> int:
    """Cores that this process may use."""
    return len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count() or 1


def make_patients(
    tasks: Sequence[PatientTask],
    recipe: Mapping[str, Any],
    folder: Path,
    *,
    processes: int = 0,
    resume: bool = False,
    progress: Progress = no_progress,
    simulate: Callable[..., Any] | None = None,
) -> Made:
    """Simulate patients into a BIDS data set.

    Whatever happens (also Ctrl-C, as KeyboardInterrupt), the data set holds whole patients only, and their table.

    Parameters
    ----------
    tasks : sequence of PatientTask
        The patients.
    recipe : mapping
        JSON values that they come from, compared when resuming.
    folder : pathlib.Path
        Root of the data set: absent or empty, or with ``resume`` begun before with the same recipe.
    processes : int
        Side by side; 0 takes one per core.
    resume : bool
        True keeps the patients that are whole.
    progress : callable
        Told how far everything is.
    simulate : callable, optional
        Replaces :func:`gliomamri.phantom.patient.simulate_patient`.

    Raises
    ------
    UserError
        If the folder cannot be used or the disk is full.
    """
    folder, existed = folder.resolve(), folder.is_dir()
    lock = folder / _LOCK
    if existed and lock.exists() and locks.is_held(lock):
        raise UserError(
            f"Another process is writing to the folder '{folder}'; wait for it or choose another."
        )
    is_new = start_dataset(folder, recipe, resume=resume)
    locks.hold(lock)
    rows = _whole_patients(folder)
    waiting = [task for task in tasks if task.subject not in rows]
    count = min(processes or usable_cores(), max(len(waiting), 1))
    threads = max(1, usable_cores() // count)
    run = _Run(folder, rows, len(tasks) - len(waiting), len(tasks), progress)
    try:
        with Workers(count, folder, threads, simulate) as workers:
            run.make(waiting, workers)
    finally:
        remove_partial_patients(folder)
        locks.release(lock)
        lock.unlink(missing_ok=True)
        rows = _whole_patients(folder)  # one may have become whole unheard, just before an interruption
        if rows:
            with contextlib.suppress(UserError):  # the disk is full: the reason is on its way already
                write_participants(folder, rows)
        elif is_new:
            clear_dataset(folder, existed=existed)
    return Made(tuple(sorted(rows)), tuple(run.failed))


def _whole_patients(folder: Path) -> dict[str, dict[str, Any]]:
    rows = {path.name: participant(folder, path.name) for path in sorted(folder.glob("sub-*"))}
    return {subject: row for subject, row in rows.items() if row}


class _Run:
    """The parent's side: hands out patients, keeps the table of those that are whole."""

    def __init__(
        self, folder: Path, rows: dict[str, dict[str, Any]], kept: int, total: int, progress: Progress
    ) -> None:
        self.failed: list[News] = []
        self._folder, self._rows, self._total, self._progress = folder, rows, total, progress
        self._ended, self._kept = kept, kept
        self._running: dict[str, float] = {}
        self._start = time.monotonic()

    def make(self, waiting: Sequence[PatientTask], workers: Workers) -> None:
        """Make the patients.

        Raises
        ------
        UserError
            If a patient cannot be written.
        """
        left = list(reversed(waiting))
        self._tell()
        while left or workers.busy:
            while left and workers.free:
                task = left.pop()
                self._running[task.subject] = 0.0
                workers.begin(task)
            for news in workers.news():
                self._hear(news)

    def _hear(self, news: News) -> None:
        if news.kind == "progress":
            self._running[news.subject] = news.fraction
            self._tell()
            return
        self._running.pop(news.subject, None)
        self._ended += 1
        if news.kind == "whole":
            self._rows[news.subject] = participant(self._folder, news.subject)
            write_participants(self._folder, self._rows)
        else:
            remove_partial_patient(self._folder, news.subject)
            if news.kind == "unwritable":
                raise UserError(news.sentence, news.details)
            self.failed.append(news)
        self._tell()

    def _tell(self) -> None:
        done = self._ended + sum(self._running.values())
        failed = len(self.failed)
        words = f"{self._ended - failed} of {self._total} patients"
        words += f", {failed} failed" if failed else ""
        newly = done - self._kept
        if self._ended > self._kept and self._ended < self._total:
            left = (time.monotonic() - self._start) / newly * (self._total - done)
            words += f", about {left / 60:.0f} min left" if left >= 90 else f", about {left:.0f} s left"
        self._progress(done / self._total, words)
