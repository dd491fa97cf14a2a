"""A folder of simulated training examples, filled by several processes; resumable, since an example is one file.

Patients of one head are made one after another by one process, so that the head stays in its memory.

Called by the training commands; tested by Testing/unit/training/test_pool.py.
"""

from __future__ import annotations

import json
import os
from collections.abc import Iterator, Sequence
from concurrent.futures import ProcessPoolExecutor, as_completed
from multiprocessing import get_context
from pathlib import Path

from gliomamri.errors import UserError
from gliomamri.io.new_files import write_text
from gliomamri.phantom.anatomy import find_heads
from gliomamri.phantom.settings import Settings
from gliomamri.phantom.streams import Streams
from gliomamri.tasks import Progress, no_progress
from gliomamri.training.simulated import simulated_example

SETTINGS = "settings.json"
_THREADS = ("GLIOMAMRI_THREADS", "ITK_GLOBAL_DEFAULT_NUMBER_OF_THREADS")
_RUN = 8
"""Patients of one head that a process makes before the next head."""


def example_path(folder: Path, seed: int) -> Path:
    """Return the file of the example with ``seed``."""
    return folder / f"simulated-{seed:08d}.npz"


def fill_pool(
    folder: Path,
    settings: Settings,
    seeds: Sequence[int],
    *,
    processes: int = 1,
    maps: bool = True,
    progress: Progress = no_progress,
) -> list[Path]:
    """Make the examples of ``seeds`` that the folder lacks.

    Parameters
    ----------
    folder
        Made where it is missing.
    settings
        Of every patient (:func:`gliomamri.training.simulated.training_settings`).
    seeds
        One patient each.
    processes
        Side by side, one thread each; 1 works in this process.
    maps
        Also quantitative maps.
    progress
        Told after every run of patients.

    Returns
    -------
    list of Path
        One file per seed, in their order.

    Raises
    ------
    UserError
        If the anatomy cannot be read, or the folder holds patients of other settings or cannot be written.

    Notes
    -----
    One caller at a time: what killed processes have left half-written is removed first.
    """
    try:
        folder.mkdir(parents=True, exist_ok=True)
        _check_settings(folder, {**settings.to_dict(), "maps": maps})
        for part in folder.glob("*.part"):
            part.unlink(missing_ok=True)
    except OSError as error:
        raise UserError(
            "The folder of simulated patients cannot be written; choose another.", str(error)
        ) from error
    missing = [seed for seed in seeds if not example_path(folder, seed).exists()]
    runs = list(_runs(missing, settings))
    done = len(seeds) - len(missing)
    for made in _made(runs, folder, settings, processes, maps):
        done += made
        progress(done / len(seeds), f"{done} of {len(seeds)} patients simulated")
    return [example_path(folder, seed) for seed in seeds]


def _check_settings(folder: Path, wanted: dict[str, object]) -> None:
    """Write the settings of all patients beside them; refuse a folder that has others."""
    path = folder / SETTINGS
    text = json.dumps(wanted, indent=1, sort_keys=True) + "\n"
    if path.exists():
        if path.read_text("utf-8") != text:
            raise UserError(
                "The folder holds patients simulated with other settings; name another folder, or the same settings.",
                f"{path}: {path.read_text('utf-8')} instead of {text}",
            )
        return
    write_text(text, path)


def _runs(seeds: Sequence[int], settings: Settings) -> Iterator[list[int]]:
    """Group seeds by the head they draw, in runs that keep all processes busy to the end."""
    heads = len(find_heads(Path(settings.anatomy))) if settings.anatomy else 1
    of_head: dict[int, list[int]] = {}
    for seed in seeds:
        of_head.setdefault(int(Streams(seed).generator("anatomy").integers(heads)), []).append(seed)
    pieces = [group[at : at + _RUN] for group in of_head.values() for at in range(0, len(group), _RUN)]
    # First pieces of all heads first: an early reader of the folder sees every head.
    order = [at for group in of_head.values() for at in range(0, len(group), _RUN)]
    yield from (piece for _, piece in sorted(zip(order, pieces, strict=True), key=lambda pair: pair[0]))


def _made(
    runs: Sequence[Sequence[int]], folder: Path, settings: Settings, processes: int, maps: bool
) -> Iterator[int]:
    """Make all patients, here or in other processes; give how many as they are done."""
    if processes == 1:
        for run in runs:
            for seed in run:
                yield _make(folder, settings, [seed], maps)
        return
    pool = ProcessPoolExecutor(processes, get_context("spawn"), _one_thread)
    try:
        waiting = [pool.submit(_make, folder, settings, run, maps) for run in runs]
        for finished in as_completed(waiting):
            yield finished.result()
    finally:
        # After an error, or Ctrl-C, nothing that waits is begun.
        pool.shutdown(cancel_futures=True)


def _make(folder: Path, settings: Settings, seeds: Sequence[int], maps: bool) -> int:
    for seed in seeds:
        simulated_example(settings, seed, maps=maps).save(example_path(folder, seed))
    return len(seeds)


def _one_thread() -> None:
    for name in _THREADS:
        os.environ[name] = "1"
