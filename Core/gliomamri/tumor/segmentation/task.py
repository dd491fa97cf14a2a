"""Task ``segment``: the tumor in three dimensions.

    model's answers -> probabilities of whole tumor, core, enhancing on the reference's grid -> rules -> label map,
    volumes with the range over the single answers, tumor by slice, comparison with an annotation

Run by the job path and the command line; tested by Testing/unit/tumor/test_segment_task.py.
"""

from __future__ import annotations

from dataclasses import dataclass, replace

import numpy as np
from numpy.typing import NDArray

from gliomamri.result import Chart, LabelMap, Number, Result, Table, joined
from gliomamri.study import Segments, Study
from gliomamri.tasks import Context
from gliomamri.tumor.asking import Asked, ask
from gliomamri.tumor.comparison import annotated_regions, comparison_map, comparison_table
from gliomamri.tumor.detection.settings import Settings as DetectionSettings
from gliomamri.tumor.detection.task import run as detect
from gliomamri.tumor.grids import slice_axis
from gliomamri.tumor.models import SEGMENTATION
from gliomamri.tumor.native import NativeBox, native_box
from gliomamri.tumor.postprocess import Rules, label_map
from gliomamri.tumor.regions import (
    COLORS,
    LABELS,
    WHOLE_TUMOR,
    known_labels,
    known_regions,
    region_probabilities,
)
from gliomamri.tumor.segmentation.maps import result_maps
from gliomamri.tumor.segmentation.settings import Settings
from gliomamri.tumor.slices import POSITION_UNITS, array_axis, by_slice, slice_positions

_ASKED, _DECIDED = 0.8, 0.95


def run(study: Study, settings: Settings, context: Context) -> Result:
    """Segment the tumor.

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

    def progress(fraction: float, words: str) -> None:
        context.progress(_ASKED * fraction, words)

    asked = ask(SEGMENTATION, study, settings, progress, extent=settings.extent)
    context.progress(_ASKED, "Deciding what is tumor")
    box = native_box(asked.given.brain_mask)
    rules = settings.own_rules
    if settings.rules == "model":
        rules = rules.of_model(asked.model.inference)
    decision = _Decision(asked, box, rules)
    probabilities = decision.probabilities(asked.prediction.mean)
    labels = decision.labels(probabilities)
    volumes = decision.volumes(labels)
    ranges = _ranges(decision, context)
    context.progress(_DECIDED, "Measuring")
    parts = [
        Result(
            maps=result_maps(asked, box, probabilities),
            labels=(_segmentation(labels, asked, box),),
            tables=(_volume_table(volumes, ranges),),
            numbers=_numbers(volumes),
            warnings=(*study_warnings(labels), *asked.given.warnings),
            notes=(*asked.notes, *_notes(rules, ranges)),
        ),
        _by_slice(asked, box, probabilities[WHOLE_TUMOR], labels),
        _compared(asked, box, labels, settings),
        _detected(study, settings),
    ]
    return joined(parts)


@dataclass(frozen=True)
class _Decision:
    """The way from outputs to labels, the same for the mean and for each single answer."""

    asked: Asked
    box: NativeBox
    rules: Rules

    def probabilities(self, outputs: NDArray[np.float32]) -> dict[str, NDArray[np.float32]]:
        """Return the probability of each region in the box."""
        found = region_probabilities(outputs, self.asked.model)
        return {name: self.box.bring(one, self.asked.given.grid.image) for name, one in found.items()}

    def labels(self, probabilities: dict[str, NDArray[np.float32]]) -> NDArray[np.uint8]:
        """Return the label map in the box."""
        nested = self.asked.model.inference.activation == "softmax"
        volume, known = self.box.voxel_volume, known_labels(self.asked.model)
        return label_map(probabilities, self.box.brain, volume, self.rules, known, are_nested=nested)

    def volumes(self, labels: NDArray[np.uint8]) -> dict[str, float]:
        """Return the volume in ml of each label and region."""
        names = label_names(self.asked)
        groups = {name: (label,) for label, name in names.items()}
        groups |= known_regions(self.asked.model)
        counts = np.bincount(labels.ravel(), minlength=256)
        return {
            name: float(counts[list(values)].sum()) * self.box.voxel_volume / 1000
            for name, values in groups.items()
        }

    def of_single(self, place: int) -> dict[str, float]:
        """Return the volumes that a single answer gives."""
        prediction = self.asked.prediction
        outputs = np.zeros(prediction.mean.shape, np.float32)
        prediction.region.put(prediction.singles[place].astype(np.float32), outputs)
        return self.volumes(self.labels(self.probabilities(outputs)))


def label_names(asked: Asked) -> dict[int, str]:
    """Return the names of the model's labels: ours where it has BraTS's, in our order; else its own."""
    known = known_labels(asked.model)
    if set(known) <= set(LABELS):
        return {label: name for label, name in LABELS.items() if label in known}
    return {label.value: label.name for label in asked.model.labels if label.value}


def study_warnings(labels: NDArray[np.uint8]) -> tuple[str, ...]:
    """Say that nothing was found."""
    if labels.any():
        return ()
    return ("No tumor was found; that does not mean that there is none.",)


def _ranges(decision: _Decision, context: Context) -> dict[str, tuple[float, float]]:
    """Return the smallest and largest volume over the single answers; nothing where there is one only."""
    count = len(decision.asked.prediction.singles)
    if count < 2:
        return {}
    found = []
    for place in range(count):
        share = _ASKED + (_DECIDED - _ASKED) * place / count
        context.progress(share, f"Measuring answer {place + 1} of {count}")
        found.append(decision.of_single(place))
    return {name: (min(one[name] for one in found), max(one[name] for one in found)) for name in found[0]}


def _segmentation(labels: NDArray[np.uint8], asked: Asked, box: NativeBox) -> LabelMap:
    names = label_names(asked)
    colors = {label: COLORS[label] for label in names if label in COLORS}
    about = f"Tumor as the model {asked.model.title} sees it. {asked.model.notice}"
    return LabelMap("tumor", Segments(box.image(labels), names, colors), about, asked.given.reference_role)


def _volume_table(volumes: dict[str, float], ranges: dict[str, tuple[float, float]]) -> Table:
    columns: dict[str, list] = {"region": list(volumes), "volume": [round(v, 3) for v in volumes.values()]}
    title = "Volumes"
    if ranges:
        columns["smallest"] = [round(ranges[name][0], 3) for name in volumes]
        columns["largest"] = [round(ranges[name][1], 3) for name in volumes]
        title = "Volumes, and their range over the single answers of the ensemble"
    units = {name: "ml" for name in ("volume", "smallest", "largest") if name in columns}
    return Table("volumes", title, columns, units)


def _numbers(volumes: dict[str, float]) -> dict[str, Number]:
    return {
        f"{name.replace(' ', '_').replace('-', '_')}_volume": Number(value, "ml", f"Volume of {name}")
        for name, value in volumes.items()
    }


def _notes(rules: Rules, ranges: dict[str, tuple[float, float]]) -> list[str]:
    decided = (
        f"Tumor is where its probability is {rules.whole:g} or more; parts below {rules.smallest:g} ml or "
        f"{rules.share:.0%} of the largest were left out; less than {rules.least_enhancing:g} ml of enhancing tumor "
        "counts as non-enhancing core."
    )
    said = [decided]
    if ranges:
        said.append(
            "Smallest and largest volume are those of the single answers: each network of the ensemble, as it is and "
            "mirrored. They tell how far the answers differ, not how far they are from the truth."
        )
    return said


def _by_slice(
    asked: Asked, box: NativeBox, probability: NDArray[np.float32], labels: NDArray[np.uint8]
) -> Result:
    """Chart the tumor by slice of the reference."""
    axis = slice_axis(asked.given.reference)
    inside = np.where(box.brain, probability, np.float32(0))
    found = by_slice(inside, labels > 0, box.spacing, array_axis(axis))
    along = box.slices[array_axis(axis)]
    numbers = range(along.start, along.stop)
    columns = {
        "slice": [number + 1 for number in numbers],
        **slice_positions(asked.given.reference, axis, numbers),
        **found,
    }
    units = {**POSITION_UNITS, "expected area": "cm2", "segmented area": "cm2"}
    table = Table("tumor_by_slice", "Tumor by slice", columns, units)
    charts = (
        Chart(
            "tumor_probability_by_slice",
            "Probability of tumor by slice",
            table.name,
            "slice",
            ("largest probability",),
            "slice",
            "largest probability in the slice",
        ),
        Chart(
            "tumor_area_by_slice",
            "Area of tumor by slice",
            table.name,
            "slice",
            ("expected area", "segmented area"),
            "slice",
            "area (cm2)",
        ),
    )
    return Result(tables=(table,), charts=charts)


def _compared(asked: Asked, box: NativeBox, labels: NDArray[np.uint8], settings: Settings) -> Result:
    """Compare with the annotation, if there is one."""
    if not asked.given.segments:
        return Result()
    annotation = annotated_regions(asked.given.segments, settings.annotation)
    full = box.image(labels)
    values = np.zeros(full.GetSize()[::-1], np.uint8)
    values[box.slices] = labels
    found = {name: np.isin(values, members) for name, members in known_regions(asked.model).items()}
    both = [name for name in annotation if name in found]
    if not both:
        sentence = (
            "The annotation's regions have no counterpart in the model's; set what the annotation means."
        )
        return Result(warnings=(sentence,))
    first = both[0]
    return Result(
        labels=(comparison_map(first, annotation[first], found[first], full, asked.given.reference_role),),
        tables=(comparison_table(annotation, found, box.spacing),),
        notes=(f"The annotation was compared as {', '.join(both)}.",),
    )


def _detected(study: Study, settings: Settings) -> Result:
    """Chart a detection model's probability per slice too, where one is wanted."""
    if settings.detection_model == "off":
        return Result()
    wanted = DetectionSettings(
        model=settings.detection_model, device=settings.device, flips=settings.flips, half=settings.half
    )
    found = detect(replace(study, segments=()), wanted, Context())
    return Result(tables=found.tables, charts=found.charts, warnings=found.warnings, notes=found.notes)
