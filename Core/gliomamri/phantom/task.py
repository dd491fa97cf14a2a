"""Task ``simulate``: one simulated patient as a result, for Slicer and the job path.

In: nothing but settings and the seed. Out: the images, what is true of them, lesions and parameters as tables. For
data sets on disk see :mod:`gliomamri.phantom.output`.

Run by the job path; tested by Testing/unit/phantom/output/test_task.py.
"""

from __future__ import annotations

import math
from typing import TYPE_CHECKING, Any

import numpy as np
import SimpleITK as sitk

from gliomamri.phantom.output.lesion_table import Columns, lesion_columns, parameter_columns
from gliomamri.phantom.output.products import (
    HONESTY,
    TUMOR_COLORS,
    TUMOR_LABELS,
    label_volumes,
    truth_map,
    tumor_volumes,
)
from gliomamri.phantom.settings import Settings
from gliomamri.result import LabelMap, Map, Number, Result, Table
from gliomamri.roles import ROLES
from gliomamri.series import image_names
from gliomamri.study import Segments, Study
from gliomamri.tasks import Context

if TYPE_CHECKING:
    from gliomamri.phantom.patient import SimulatedPatient, SimulatedSeries, Truth

_MAIN = ("T1w", "ceT1w", "T2w", "FLAIR", "lowdose_ceT1w", "ADC")


def run(study: Study, settings: Settings, context: Context) -> Result:  # noqa: ARG001  (every task is called so)
    """Simulate one patient.

    Parameters
    ----------
    study : Study
        Not used: nothing is needed.
    settings : Settings
        See the fields.
    context : Context
        Told the progress; its seed draws the patient.

    Returns
    -------
    Result
        A map per image and, if asked for, per truth; label maps of the tumor, its parts and the brain.

    Raises
    ------
    UserError
        If the anatomy cannot be used.
    """
    from gliomamri.phantom.patient import simulate_patient

    return to_result(simulate_patient(settings, context.seed, context.progress))


def to_result(patient: SimulatedPatient) -> Result:
    """Make a result of a simulated patient."""
    maps = [one for series in patient.series for one in _image_maps(series)]
    if patient.settings.truth_maps:
        maps += [_truth_map(key, image) for key, image in patient.truth.maps.items()]
    labels = {label: name for label, name in TUMOR_LABELS.items() if name in _occurring(patient)}
    numbers = {
        f"volume_{label}": Number(tumor_volumes(patient)[name], "ml", f"Volume of the {name}")
        for label, name in labels.items()
    }
    lesions, units = lesion_columns(patient.truth.lesions)
    parameters, parameter_units = parameter_columns(patient.series)
    tables = [Table("images", "Images and their parameters", _filled(parameters), parameter_units)]
    if patient.truth.lesions:
        tables.insert(0, Table("lesions", "Lesions (positions LPS)", _filled(lesions), units))
    return Result(
        maps=tuple(maps),
        labels=_label_maps(patient.truth, labels),
        tables=tuple(tables),
        numbers=numbers,
        warnings=(HONESTY, *_missing(patient)),
    )


def _occurring(patient: SimulatedPatient) -> set[str]:
    return {name for name, volume in tumor_volumes(patient).items() if volume > 0}


def _missing(patient: SimulatedPatient) -> list[str]:
    """Name the series that are not there although they were asked for: the artifact "missing series"."""
    there = {series.role for series in patient.series}
    missing = [ROLES[role].title for role in patient.settings.roles if role not in there]
    return [f"Missing, as it happens in the clinic: {', '.join(missing)}."] if missing else []


def _image_maps(series: SimulatedSeries) -> list[Map]:
    role = ROLES[series.role]
    quantity = series.role if role.unit else "signal"
    names = image_names(series.role, series.parameters, len(series.images))
    return [
        Map(
            name=name,
            image=image,
            quantity=quantity,
            unit=role.unit or "a.u.",
            description=f"Simulated: {role.title}.",
            colormap="gray",
            window=_window(image, signed=series.signed),
            main=series.role in _MAIN,
            role=series.role,
        )
        for name, image in zip(names, series.images, strict=True)
    ]


def _truth_map(key: str, image: sitk.Image) -> Map:
    about = truth_map(key)
    window = tuple(map(float, about.window))
    name = f"true_{key.replace(' ', '_')}"
    return Map(name, image, about.quantity, about.unit, about.description, about.colormap, window)


def _window(image: sitk.Image, *, signed: bool) -> tuple[float, float]:
    """Range to display: from 0 (signed images: symmetric) to what 99.5 % of the voxels with signal stay below."""
    values = np.abs(sitk.GetArrayViewFromImage(image).astype(np.float32, copy=False))
    values = values[values > 0]
    high = float(np.percentile(values, 99.5)) if values.size else 1.0
    return (-high if signed else 0.0), high


def _label_maps(truth: Truth, labels: dict[int, str]) -> tuple[LabelMap, ...]:
    colors = {label: TUMOR_COLORS[label] for label in labels}
    brain = Segments(sitk.Cast(truth.brain_mask != 0, sitk.sitkUInt8), {1: "brain"})
    parts = {label: truth.part_names[label] for label in label_volumes(truth.parts)}
    return (
        LabelMap("tumor", Segments(truth.labels, labels, colors), "True tumor, BraTS labels 1, 2 and 4."),
        LabelMap("parts", Segments(truth.parts, parts), "True parts of all lesions."),
        LabelMap("brain_mask", brain, "True brain."),
    )


def _filled(columns: Columns) -> Columns:
    """Fill what is missing, by the column's own type: undefined (an empty cell) in numbers, a dash in texts."""
    filled: Columns = {}
    for name, values in columns.items():
        known = [value for value in values if value is not None]
        if any(isinstance(value, str | bool) for value in known):
            filled[name] = ["-" if value is None else _word(value) for value in values]
        elif len(known) < len(values) or any(isinstance(value, float) for value in known):
            filled[name] = [math.nan if value is None else float(value) for value in values]
        else:
            filled[name] = values
    return filled


def _word(value: Any) -> str:
    return {True: "yes", False: "no"}.get(value, str(value)) if isinstance(value, bool) else str(value)
