"""How good a model is on patients it has not seen: scores per patient, their summary, and the opponent's.

Segmentation: every score of :func:`gliomamri.metrics.segmentation.segmentation_scores` per patient in three
dimensions, beside it a threshold on FLAIR. Detection: scores over all slices, and per patient.

Called by the commands ``evaluate`` and ``crossvalidate``; tested by Testing/unit/training/test_evaluation.py.
"""

from __future__ import annotations

import json
import math
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from pathlib import Path

import numpy as np
import SimpleITK as sitk

from gliomamri.errors import UserError
from gliomamri.imaging.brain_mask import find_brain
from gliomamri.metrics.classification import detection_scores, mean_and_sd
from gliomamri.metrics.segmentation import mask_scores, scores_table, segmentation_scores
from gliomamri.modelstore.package import ModelPackage
from gliomamri.result import Result, Table
from gliomamri.study import Study
from gliomamri.tasks import Context, Progress, no_progress
from gliomamri.training.baseline import BASELINE_ROLES, flair_threshold
from gliomamri.training.cases import Case
from gliomamri.tumor.grids import slice_axis

BASELINE = "FLAIR threshold"
_PER_SLICE = "detection_by_slice"

SHOWN = {
    "tumor.segmentation": (
        "whole_dice",
        "core_dice",
        "enhancing_dice",
        "whole_hd95_mm",
        "core_hd95_mm",
        "whole_tumor_slice_dice",
        "whole_false_positive_in_tumor_free_slices_ml",
        "whole_lesions_found",
        "whole_lesions_missed",
        "whole_lesions_invented",
    ),
    "tumor.detection": ("mcc", "f1", "auc", "accuracy", "precision", "average_precision", "recall"),
}
"""Scores of the summary by the model's task."""


@dataclass
class Scores:
    """Scores of a model.

    Attributes
    ----------
    patients, baseline : dict of str to dict of str to float
        Per patient; the threshold's where there is FLAIR and T2w.
    kinds : dict of str to str
        Per patient.
    slices : dict of str to (truth, probability)
        Of detection: per patient, arrays over its slices.
    """

    task: str
    patients: dict[str, Mapping[str, float]] = field(default_factory=dict)
    baseline: dict[str, Mapping[str, float]] = field(default_factory=dict)
    kinds: dict[str, str] = field(default_factory=dict)
    slices: dict[str, tuple[np.ndarray, np.ndarray]] = field(default_factory=dict)
    threshold: float = 0.5

    def to_json(self) -> str:
        """Return text that :meth:`from_json` reads."""
        slices = {name: [one.tolist() for one in pair] for name, pair in self.slices.items()}
        return json.dumps({**vars(self), "slices": slices}) + "\n"

    @classmethod
    def from_json(cls, text: str) -> Scores:
        """Return the scores of :meth:`to_json`."""
        values = json.loads(text)
        slices = {name: tuple(map(np.array, pair)) for name, pair in values.pop("slices").items()}
        return cls(**values, slices=slices)

    def tables(self) -> tuple[Table, ...]:
        """Return all scores of each patient, and the summary."""
        made = [self.summary(), scores_table("patients", "Scores of each patient", self.patients)]
        if self.baseline:
            made.append(scores_table("baseline", f"Scores of each patient: {BASELINE}", self.baseline))
        return tuple(made)

    def summary(self) -> Table:
        """Return mean and standard deviation over patients, and over all slices for detection."""
        rows = [row for score in SHOWN[self.task] for row in self._rows(score)]
        names = ("method", "score", "mean", "sd", "patients")
        columns = {name: [row[place] for row in rows] for place, name in enumerate(names)}
        return Table("summary", "Scores over patients", columns)

    def _rows(self, score: str) -> list[tuple[str, str, float, float, int]]:
        made = []
        if self.slices:
            every = [np.concatenate(parts) for parts in zip(*self.slices.values(), strict=True)]
            pooled = detection_scores(*every, self.threshold)
            made.append(("model, all slices together", score, pooled[score], math.nan, len(self.slices)))
        sources = {"model": self.patients, BASELINE: self.baseline}
        for method, rows in sources.items():
            values = [row[score] for row in rows.values() if score in row and not math.isnan(row[score])]
            if values:
                made.append((method, score, *mean_and_sd(values), len(values)))
        return made


def evaluate(
    package: ModelPackage,
    cases: Iterable[Case],
    count: int,
    progress: Progress = no_progress,
    *,
    device: str = "auto",
) -> Scores:
    """Run a model on patients and compare with the truth.

    Parameters
    ----------
    package : ModelPackage
    cases : iterable of Case
        Read or simulated as they are asked for.
    count : int
        How many there are.
    progress : callable
    device : str
        ``auto``, ``cpu`` or ``cuda``.

    Raises
    ------
    UserError
        If a patient lacks images that the model needs, naming it.
    """
    scores = Scores(package.metadata.task, threshold=package.metadata.inference.threshold)
    progress(0.0, f"Patient 1 of {count}")
    for number, case in enumerate(cases, 1):
        lacking = package.metadata.missing(case.study.roles)
        if lacking:
            raise UserError(f"{case.name}: {lacking}")
        scores.kinds[case.name] = case.kind
        if scores.task == "tumor.segmentation":
            _segment(package, case, device, scores)
        else:
            _detect(package, case, device, scores)
        progress(number / count, f"Patient {min(number + 1, count)} of {count}")
    if not scores.patients:
        raise UserError("There is no patient to measure the model on.")
    return scores


def _segment(package: ModelPackage, case: Case, device: str, scores: Scores) -> None:
    from gliomamri.tumor.segmentation.settings import Settings
    from gliomamri.tumor.segmentation.task import run

    images_only = Study(case.study.images)
    result = run(images_only, Settings(model_folder=str(package.folder), device=device), Context())
    truth_image = case.study.segments[0].image
    truth, found = sitk.GetArrayFromImage(truth_image), _labels(result, truth_image)
    spacing = truth_image.GetSpacing()[::-1]
    along = 2 - slice_axis(truth_image)
    scores.patients[case.name] = segmentation_scores(truth, found, spacing, slice_axis=along)
    if set(BASELINE_ROLES) <= set(case.study.images):
        threshold = flair_threshold(case.study, _brain(case.study))
        whole = mask_scores(truth > 0, threshold, spacing, slice_axis=along)
        scores.baseline[case.name] = {f"whole_{name}": value for name, value in whole.items()}


def _detect(package: ModelPackage, case: Case, device: str, scores: Scores) -> None:
    from gliomamri.tumor.detection.settings import Settings
    from gliomamri.tumor.detection.task import run

    result = run(case.study, Settings(model_folder=str(package.folder), device=device), Context())
    table = next(table for table in result.tables if table.name == _PER_SLICE)
    truth = np.array([cell == "yes" for cell in table.columns["annotated"]])
    probability = np.array(table.columns["probability"], float)
    scores.slices[case.name] = (truth, probability)
    scores.patients[case.name] = detection_scores(truth, probability, scores.threshold)


def _labels(result: Result, like: sitk.Image) -> np.ndarray:
    """Labels on the grid of the truth, which is that of the images."""
    segments = next(one.segments for one in result.labels if one.name == "tumor")
    return sitk.GetArrayFromImage(
        sitk.Resample(segments.image, like, sitk.Transform(), sitk.sitkNearestNeighbor)
    )


def _brain(study: Study) -> sitk.Image:
    if "brain_mask" in study.images:
        return study.images["brain_mask"]
    return find_brain([study.images[role] for role in ("T2w", "FLAIR")], "auto").image


def write_scores(scores: Scores, folder: Path) -> None:
    """Write one CSV file per table into a folder, which is made.

    Raises
    ------
    UserError
        If it cannot be written.
    """
    from gliomamri.io.result_tables import write_table

    try:
        folder.mkdir(parents=True, exist_ok=True)
    except OSError as error:
        raise UserError(f"The folder '{folder}' cannot be written; name another.", str(error)) from error
    for table in scores.tables():
        write_table(table, folder / f"{table.name}.csv")
