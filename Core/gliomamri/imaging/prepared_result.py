"""A prepared study as a result: maps with units and colors, label maps, transforms, the table of what was done.

Used by :mod:`gliomamri.imaging.task`; tested by Testing/unit/imaging/test_task.py.
"""

from __future__ import annotations

import numpy as np
import SimpleITK as sitk

from gliomamri.imaging.moves import Move
from gliomamri.imaging.prepare import Prepared
from gliomamri.imaging.rigid import Matrix
from gliomamri.imaging.template import NAME as TEMPLATE
from gliomamri.result import LabelMap, Map, Number, Result, Table, Transform
from gliomamri.roles import ROLES
from gliomamri.series import image_names
from gliomamri.study import Segments

_QUANTITIES: dict[str, tuple[str, str, tuple[float, float] | None]] = {
    "T1map": ("T1", "lipari", (0.0, 3000.0)),
    "T2map": ("T2", "navia", (0.0, 200.0)),
    "PDmap": ("PD", "gray", (0.0, 100.0)),
    "R1error": ("R1 standard error", "gray", None),
    "R2error": ("R2 standard error", "gray", None),
    "B1map": ("B1", "diverging", (0.7, 1.3)),
    "ADC": ("ADC", "gray", (0.0, 3.0)),
}
"""Quantity, colors and window (None: by the values) of maps, before and after contrast agent."""

_SOURCES = {"given": "Given brain mask.", "support": "Where the skull-stripped images are not zero.",
            "found": "Brain found in the images; validated on simulated heads only."}  # fmt: skip


def to_result(prepared: Prepared) -> Result:
    """Make a result of a prepared study."""
    maps = []
    for role, image in prepared.study.images.items():
        if role != "brain_mask":
            maps.append(_map(role, role, image, _done_to(prepared, role), main=True))
    for role, series in prepared.study.series.items():
        names = image_names(role, series.parameters, len(series))
        maps += [
            _map(name, "", image, _done_to(prepared, role))
            for name, image in zip(names, series.images, strict=True)
        ]
    return Result(
        maps=tuple(maps),
        labels=_labels(prepared),
        tables=(what_was_done(prepared),),
        transforms=_transforms(prepared),
        numbers=_numbers(prepared),
        warnings=prepared.warnings,
        notes=prepared.notes,
    )


def what_was_done(prepared: Prepared) -> Table:
    """Return the table with one row per image or series."""
    rows = [(role, move) for move in prepared.moves for role in move.acquisition.roles]
    columns: dict[str, list] = {
        "image": [role for role, _ in rows],
        "registered to": [_target(prepared, role, move) for role, move in rows],
        "translation": [_measure(move, "translation") for _, move in rows],
        "rotation": [_measure(move, "rotation") for _, move in rows],
        "similarity before": [_similarity(move, "similarity_before") for _, move in rows],
        "similarity after": [_similarity(move, "similarity_after") for _, move in rows],
        "residual shift": [_shift(move, "median") for _, move in rows],
        "largest residual shift": [_shift(move, "percentile_95") for _, move in rows],
        "interpolation": [prepared.interpolation[role] for role, _ in rows],
        "note": [_note(role, move) for role, move in rows],
    }
    units = {
        "translation": "mm", "rotation": "degree", "similarity before": "nat", "similarity after": "nat",
        "residual shift": "mm", "largest residual shift": "mm",
    }  # fmt: skip
    return Table("prepared_images", "What was done to each image", columns, units)


def _target(prepared: Prepared, role: str, move: Move) -> str:
    if role == prepared.reference or move.alignment is None:
        return "-"
    return prepared.reference


def _measure(move: Move, name: str) -> float:
    moved = move.alignment is not None and not np.array_equal(move.matrix, np.eye(4))
    return float(getattr(move.alignment, name)) if moved else 0.0


def _similarity(move: Move, name: str) -> float:
    return float("nan") if move.alignment is None else float(getattr(move.alignment, name))


def _shift(move: Move, name: str) -> float:
    return (
        float(getattr(move.shifts, name)) if move.shifts is not None and move.shifts.known else float("nan")
    )


def _note(role: str, move: Move) -> str:
    if role != move.acquisition.leader:
        return f"moved with {move.acquisition.leader}"
    return move.note or "registered"


def _done_to(prepared: Prepared, role: str) -> str:
    move = prepared.move_of(role)
    words = prepared.interpolation[role]
    interpolation = "voxels as they were" if words == "none" else f"interpolation {words}"
    title = ROLES[role].title
    return f"{title[0].upper()}{title[1:]}: {_note(role, move)}; {interpolation}."


def _map(name: str, role: str, image: sitk.Image, description: str, *, main: bool = False) -> Map:
    about = _QUANTITIES.get(role.removeprefix("ce"))
    quantity, colormap, window = about or ("image", "gray", None)
    unit = ROLES[role].unit if role else ""
    return Map(
        name, image, quantity, unit, description, colormap, window or _window(image), main=main, role=role
    )


def _window(image: sitk.Image) -> tuple[float, float]:
    """Range to display: from 0, or the negative of the upper end for signed images, to the 99.5th percentile."""
    values = sitk.GetArrayViewFromImage(image)
    some = np.abs(values[values != 0])
    high = float(np.percentile(some[:: max(1, some.size // 200_000)], 99.5)) if some.size else 1.0
    negative = some.size and np.count_nonzero(values < -0.05 * high) > 0.01 * some.size
    return (-high if negative else 0.0), high


def _labels(prepared: Prepared) -> tuple[LabelMap, ...]:
    found = [
        LabelMap(
            f"segmentation_{number}" if number > 1 else "segmentation",
            one,
            "Segmentation on the common grid.",
        )
        for number, one in enumerate(prepared.study.segments, 1)
    ]
    if prepared.brain_mask is not None:
        segments = Segments(prepared.brain_mask.image, {1: "brain"})
        found.append(LabelMap("brain_mask", segments, _SOURCES[prepared.brain_mask.source]))
    return tuple(found)


def _transforms(prepared: Prepared) -> tuple[Transform, ...]:
    reference = prepared.reference
    found = []
    for move in prepared.moves:
        leader = move.acquisition.leader
        if leader != reference and move.alignment is not None:
            about = f"Rigid; for {', '.join(move.acquisition.roles)}; {move.note or 'registered'}."
            found.append(_transform(f"{leader}_to_{reference}", move.matrix, leader, reference, about))
    if prepared.template is not None:
        about = f"Affine registration to {TEMPLATE}"
        there, back = prepared.template.matrix, prepared.template.inverse
        found.append(_transform(f"template_to_{reference}", there, "template", reference, f"{about}."))
        found.append(
            _transform(f"{reference}_to_template", back, reference, "template", f"{about}, inverse.")
        )
    return tuple(found)


def _transform(name: str, matrix: Matrix, moving: str, fixed: str, about: str) -> Transform:
    rows = tuple(tuple(float(value) for value in row) for row in matrix)
    return Transform(name, rows, moving, fixed, about)


def _numbers(prepared: Prepared) -> dict[str, Number]:
    numbers = {
        f"{move.acquisition.leader}_residual_shift": Number(
            move.shifts.median,
            "mm",
            f"Residual shift of {ROLES[move.acquisition.leader].title} (median of blocks)",
        )
        for move in prepared.moves
        if move.shifts is not None and move.shifts.known
    }
    if prepared.brain_mask is not None:
        mask = prepared.brain_mask.image
        volume = float(np.count_nonzero(sitk.GetArrayViewFromImage(mask)) * np.prod(mask.GetSpacing()) / 1000)
        numbers["brain_volume"] = Number(volume, "ml", "Volume of the brain mask")
    return numbers
