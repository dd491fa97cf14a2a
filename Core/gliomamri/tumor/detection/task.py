"""Task ``detect``: which slices show tumor.

Slices are those of the stack itself, along its axis found from geometry, or of the plane that the model wants.

Run by the job path and the command line; tested by Testing/unit/tumor/test_detect_task.py.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import SimpleITK as sitk
from numpy.typing import NDArray

from gliomamri.imaging.resampling import resample
from gliomamri.metrics.classification import detection_scores
from gliomamri.result import Chart, Number, Result, Table
from gliomamri.study import Study
from gliomamri.tasks import Context
from gliomamri.tumor.asking import Asked, ask
from gliomamri.tumor.detection.settings import Settings
from gliomamri.tumor.models import DETECTION
from gliomamri.tumor.slices import POSITION_UNITS, slice_numbers, slice_positions


def run(study: Study, settings: Settings, context: Context) -> Result:
    """Give the probability of tumor per slice.

    Parameters
    ----------
    study : Study
        The images that a model wants, on any grids; a brain mask; an annotation to compare with.
    settings : Settings
    context : Context
        Told the progress; nothing is random.

    Raises
    ------
    UserError
        See :func:`gliomamri.tumor.asking.ask`.
    """
    asked = ask(DETECTION, study, settings, context.progress)
    found = _SliceAnswers.of(asked)
    threshold = settings.threshold or asked.model.inference.threshold
    is_tumor = found.probability >= threshold
    context.progress(1.0, "Done")
    truth = _truth(asked, found.numbers)
    table = _table(asked, found, is_tumor, truth)
    tables = (table,) if truth is None else (table, _scores(truth, found.probability, threshold))
    count, largest = int(is_tumor.sum()), float(found.probability.max())
    return Result(
        tables=tables,
        charts=(_chart(found),),
        numbers={
            "slices_with_tumor": Number(count, "", "Slices said to show tumor"),
            "largest_probability": Number(largest, "", "Largest probability of tumor in a slice"),
        },
        warnings=(*_warnings(count), *asked.given.warnings),
        notes=(*asked.notes, f"A slice is said to show tumor from a probability of {threshold:g} on."),
    )


@dataclass(frozen=True)
class _SliceAnswers:
    """Per slice that shows brain: number from 0, mean probability, and of the single answers sd and range."""

    numbers: NDArray[np.intp]
    probability: NDArray[np.float64]
    deviation: NDArray[np.float64]
    smallest: NDArray[np.float64]
    largest: NDArray[np.float64]
    several: bool

    @classmethod
    def of(cls, asked: Asked) -> _SliceAnswers:
        from gliomamri.tumor.inference import foreground

        prediction, inference = asked.prediction, asked.model.inference
        numbers = np.flatnonzero(asked.given.brain.any(axis=(1, 2)))
        first = prediction.region.start[0]
        singles = np.stack(
            [foreground(one.astype(float), inference)[numbers - first, 0, 0] for one in prediction.singles]
        )
        return cls(
            numbers,
            foreground(prediction.mean, inference)[numbers, 0, 0].astype(float),
            prediction.disagreement[numbers, 0, 0].astype(float),
            singles.min(axis=0),
            singles.max(axis=0),
            len(singles) > 1,
        )


def _table(
    asked: Asked, found: _SliceAnswers, is_tumor: NDArray[np.bool_], truth: NDArray[np.bool_] | None
) -> Table:
    columns = {
        "slice": slice_numbers(asked.given.grid.image, asked.given.reference, found.numbers.tolist()),
        **slice_positions(asked.given.grid.image, 2, found.numbers.tolist()),
        "probability": np.round(found.probability, 5).tolist(),
    }
    if found.several:
        columns |= {
            "disagreement": np.round(found.deviation, 5).tolist(),
            "smallest": np.round(found.smallest, 4).tolist(),
            "largest": np.round(found.largest, 4).tolist(),
        }
    columns["shows tumor"] = ["yes" if one else "no" for one in is_tumor]
    if truth is not None:
        columns["annotated"] = ["yes" if one else "no" for one in truth]
    return Table("detection_by_slice", "Probability of tumor by slice", columns, dict(POSITION_UNITS))


def _chart(found: _SliceAnswers) -> Chart:
    lines = ("probability", "smallest", "largest") if found.several else ("probability",)
    gray = (0.6, 0.6, 0.6)
    return Chart(
        "detection_by_slice",
        "Probability that a slice shows tumor",
        "detection_by_slice",
        "slice",
        lines,
        "slice",
        "probability",
        {"smallest": gray, "largest": gray} if found.several else {},
    )


def _truth(asked: Asked, numbers: NDArray[np.intp]) -> NDArray[np.bool_] | None:
    """Tell which slices the annotation marks, where there is one."""
    if not asked.given.segments:
        return None
    marked = np.zeros(len(asked.given.brain), bool)
    for layer in asked.given.segments:
        on_grid = resample(layer.image, asked.given.grid.image, np.eye(4), "labels")
        named = np.isin(sitk.GetArrayViewFromImage(on_grid), list(layer.names))
        marked |= named.any(axis=(1, 2))
    return marked[numbers]


def _scores(truth: NDArray[np.bool_], probability: NDArray[np.float64], threshold: float) -> Table:
    scores = detection_scores(truth, probability, threshold)
    columns = {"score": list(scores), "value": [float(value) for value in scores.values()]}
    return Table("detection_scores", "Detection beside the annotation, over this patient's slices", columns)


def _warnings(count: int) -> tuple[str, ...]:
    return () if count else ("No slice was found to show tumor; that does not mean that there is none.",)
