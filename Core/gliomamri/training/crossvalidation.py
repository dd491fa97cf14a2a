"""Cross-validation by patient: train on some, measure on the others, every patient once per repetition.

    folder/splits.json              who is in which part, with seeds
    folder/patients/*.npz           examples, shared by all folds
    folder/fold-R-F/                one training (:mod:`gliomamri.training.runs`) and scores.json of its test patients

A run that was stopped goes on: folds that are whole are kept. Folds run in processes of their own, side by side.

Called by the command ``crossvalidate``; tested by Testing/unit/training/test_crossvalidation.py.
"""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping, Sequence
from concurrent.futures import ProcessPoolExecutor, as_completed
from dataclasses import dataclass, replace
from multiprocessing import get_context
from pathlib import Path

import numpy as np

from gliomamri.errors import UserError
from gliomamri.io.bids import find_files
from gliomamri.io.new_files import write_text
from gliomamri.jobs.cohort import find_subjects
from gliomamri.tasks import Progress, no_progress
from gliomamri.training.cases import dataset_cases
from gliomamri.training.cohort import make_examples
from gliomamri.training.evaluation import Scores, evaluate
from gliomamri.training.fingerprints import patient_fingerprints
from gliomamri.training.recipes import Recipe
from gliomamri.training.runs import PATIENTS, train
from gliomamri.training.splits import Split, check_no_leak, grouped_folds, published_folds

SPLITS, SCORES = "splits.json", "scores.json"


@dataclass(frozen=True)
class Scheme:
    """How patients are split.

    Attributes
    ----------
    folds, repetitions : int
        With ``published`` there are five folds of the patients that are not tested.
    seed : int
    published : bool
        As in paper 000: one test part of three patients per repetition.
    """

    folds: int = 5
    repetitions: int = 1
    seed: int = 0
    published: bool = False

    def splits(self, patients: Sequence[str]) -> list[Split]:
        """Return the splits; nobody validates, since a run's length is fixed beforehand."""
        if self.published:
            return published_folds(patients, self.repetitions)
        return grouped_folds(patients, self.folds, self.repetitions, self.seed, validation_share=0.0)


def crossvalidate(
    recipe: Recipe,
    folder: Path,
    scheme: Scheme,
    progress: Progress = no_progress,
    *,
    device: str = "cpu",
    at_a_time: int = 1,
) -> Scores:
    """Train and measure every fold that has no scores yet; return the scores of all patients.

    Parameters
    ----------
    recipe : Recipe
        Of real data (``data``).
    folder : pathlib.Path
        Absent, empty, or begun by the same recipe and scheme.
    scheme : Scheme
    progress : callable
    device : str
        ``cpu`` or ``cuda``.
    at_a_time : int
        Folds side by side; 1 works in this process.

    Raises
    ------
    UserError
        If patients are too few, are the same under two names, or the folder holds something else.
    """
    recipe.check()
    if not recipe.data:
        raise UserError(
            "Cross-validation is for a data set; of simulated patients, evaluate on ones not trained on."
        )
    subjects = list(recipe.subjects) or find_subjects(Path(recipe.data))
    splits = scheme.splits(subjects)
    _keep(folder, recipe, splits)
    _check_leaks(recipe, subjects, splits)
    make_examples(
        replace(recipe, subjects=tuple(subjects)), folder / PATIENTS, progress=_part(progress, 0.0, 0.1)
    )
    waiting = [split for split in splits if not (_fold(folder, split) / SCORES).exists()]
    told = _part(progress, 0.1, 1.0)
    for done, name in enumerate(_run(recipe, folder, waiting, device, at_a_time, told), 1):
        told((len(splits) - len(waiting) + done) / len(splits), f"Fold {name} is done")
    found = [Scores.from_json((_fold(folder, split) / SCORES).read_text("utf-8")) for split in splits]
    return merged(found)


def merged(scores: Sequence[Scores]) -> Scores:
    """Return scores per patient, the mean where a patient was tested several times; slices one after another."""
    first = scores[0]
    kinds = {name: kind for one in scores for name, kind in one.kinds.items()}
    slices: dict[str, tuple[np.ndarray, np.ndarray]] = {}
    for one in scores:
        for name, pair in one.slices.items():
            slices[name] = (
                tuple(map(np.concatenate, zip(slices[name], pair, strict=True))) if name in slices else pair
            )
    return Scores(
        task=first.task,
        patients=_means([one.patients for one in scores]),
        baseline=_means([one.baseline for one in scores]),
        kinds=dict(sorted(kinds.items())),
        slices=dict(sorted(slices.items())),
        threshold=first.threshold,
    )


def _means(rows: Sequence[Mapping[str, Mapping[str, float]]]) -> dict[str, Mapping[str, float]]:
    found: dict[str, list[Mapping[str, float]]] = {}
    for one in rows:
        for patient, values in one.items():
            found.setdefault(patient, []).append(values)
    made = {}
    for patient in sorted(found):
        made[patient] = {}
        for score in found[patient][0]:
            values = np.array([row[score] for row in found[patient]], float)
            known = values[~np.isnan(values)]
            made[patient][score] = float(known.mean()) if known.size else float("nan")
    return made


def _run(
    recipe: Recipe, folder: Path, splits: Sequence[Split], device: str, at_a_time: int, progress: Progress
) -> Iterator[str]:
    """Run folds, here or in other processes; give the name of each that is done."""
    if at_a_time == 1:
        for number, split in enumerate(splits):
            share = 1 / len(splits)
            _one_fold(recipe, folder, split, device, _part(progress, number * share, (number + 1) * share))
            yield _fold(folder, split).name
        return
    pool = ProcessPoolExecutor(at_a_time, get_context("spawn"))
    try:
        for finished in as_completed(
            [pool.submit(_one_fold, recipe, folder, split, device) for split in splits]
        ):
            yield finished.result()
    finally:
        pool.shutdown(cancel_futures=True)


def _one_fold(
    recipe: Recipe, folder: Path, split: Split, device: str, progress: Progress = no_progress
) -> str:
    own = _fold(folder, split)
    trained = replace(recipe, subjects=split.train)
    package = train(trained, own, _part(progress, 0.0, 0.9), device=device, examples=folder / PATIENTS)
    cases = dataset_cases(Path(recipe.data), recipe.configuration.roles, split.test)
    scores = evaluate(package, cases, len(split.test), _part(progress, 0.9, 1.0), device=device)
    write_text(scores.to_json(), own / SCORES)
    return own.name


def _fold(folder: Path, split: Split) -> Path:
    return folder / f"fold-{split.repetition}-{split.fold}"


def _keep(folder: Path, recipe: Recipe, splits: Sequence[Split]) -> None:
    """Write recipe and splits, or make sure that the folder was begun with the same."""
    text = (
        json.dumps({"recipe": recipe.to_json(), "splits": [split.to_json() for split in splits]}, indent=1)
        + "\n"
    )
    path = folder / SPLITS
    try:
        folder.mkdir(parents=True, exist_ok=True)
        if path.exists():
            if path.read_text("utf-8") != text:
                raise UserError(
                    f"The folder '{folder}' holds a cross-validation with other settings or patients; use the same, or "
                    "a new folder."
                )
            return
        if any(folder.iterdir()):
            raise UserError(f"The folder '{folder}' holds other files; name a new one.")
        write_text(text, path)
    except OSError as error:
        raise UserError(f"The folder '{folder}' cannot be written; name another.", str(error)) from error


def _check_leaks(recipe: Recipe, subjects: Sequence[str], splits: Sequence[Split]) -> None:
    """Raise if two patients share an image: one patient under two names would be in two parts."""
    roles = recipe.configuration.roles
    found = {name: find_files(Path(recipe.data) / name, roles) for name in subjects}
    fingerprints = patient_fingerprints(
        {name: [p for paths in one.values() for p in paths] for name, one in found.items()}
    )
    for split in splits:
        check_no_leak(split, fingerprints)


def _part(progress: Progress, start: float, end: float) -> Progress:
    return lambda share, words: progress(start + (end - start) * share, words)
