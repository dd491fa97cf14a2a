"""A result on disk, and back, exactly.

::

    result.json               numbers with units, versions, settings, warnings, index of all files
    maps/T1map.nii.gz         float32, with T1map.json beside it (Quantity, Units, Description)
    labels/NAME.nii.gz        with NAME.json beside it (names and colors)
    tables/NAME.csv           units in the header row
    transforms/NAME.tfm       ITK's file; direction in :mod:`gliomamri.io.result_transforms`
    points/NAME.csv           positions in RAS (mm) and values; NAME.mrk.json beside it for Slicer

Written by the child process of a job and read by whoever shows the result; tested by Testing/unit/io/test_results.py
and test_result_kinds.py.
"""

from __future__ import annotations

import json
import math
import re
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import numpy as np
import SimpleITK as sitk

from gliomamri.errors import UserError
from gliomamri.io.new_files import check_free_space, in_temporary_folder, make_folder, write_json
from gliomamri.io.result_charts import chart_fields, check_violins, read_chart, read_violins, violins_fields
from gliomamri.io.result_images import read_labels, read_map, write_labels, write_map
from gliomamri.io.result_points import read_points, write_points
from gliomamri.io.result_tables import read_table, write_table
from gliomamri.io.result_transforms import check_transform, read_transform, write_transform
from gliomamri.point_table import check_points
from gliomamri.result import Number, Result
from gliomamri.roles import ROLES

FORMAT = 2
"""Format 1 knew no roles, violins, transforms and points; it is read, with a sentence that says so."""
_SINCE_2 = ("violins", "transforms", "points")
_EARLIER = (
    "This result was written by an earlier version of GliomaMRI, which knew no roles, violins, transforms and "
    "points."
)
_TEXT_BYTES = 1 << 20
"""Allowance for json files and the report."""


@in_temporary_folder()
def write_result(result: Result, folder: Path, *, provenance: Mapping[str, Any]) -> None:
    """Write a result into an existing folder, which the caller makes visible when everything is there.

    Parameters
    ----------
    result : Result
        Maps are written as float32, label maps in their own integer type.
    folder : pathlib.Path
        An existing, empty folder.
    provenance : mapping
        JSON values: task, settings, seed, inputs, versions.

    Raises
    ------
    UserError
        If the disk is too full or the folder is read-only.
    ValueError
        If a number or voxel is NaN or infinite, or a name is no file name: an error in the task.
    """
    folder = Path(folder)
    _check(result)
    check_free_space(folder, _needed_bytes(result))
    index = {
        "format": FORMAT,
        "provenance": dict(provenance),
        "warnings": list(result.warnings),
        "notes": list(result.notes),
        "numbers": {
            name: {"value": _number(number.value), "unit": number.unit, "label": number.label}
            for name, number in result.numbers.items()
        },
        "maps": [write_map(one, _subfolder(folder, "maps")) for one in result.maps],
        "labels": [write_labels(one, _subfolder(folder, "labels")) for one in result.labels],
        "tables": [
            {
                "file": f"tables/{one.name}.csv",
                **write_table(one, _subfolder(folder, "tables") / f"{one.name}.csv"),
            }
            for one in result.tables
        ],
        "charts": [chart_fields(one) for one in result.charts],
        "violins": [violins_fields(one) for one in result.violins],
        "transforms": [write_transform(one, _subfolder(folder, "transforms")) for one in result.transforms],
        "points": [write_points(one, _subfolder(folder, "points")) for one in result.points],
    }
    write_json(index, folder / "result.json")


def read_result(folder: Path, *, images: bool = True) -> Result:
    """Read a result folder; equal to what was written, but for maps being float32.

    Without ``images`` maps and label maps are left out: tables alone are read in no time.

    Raises
    ------
    UserError
        If the folder holds no complete result of this version.
    """
    folder = Path(folder)
    index = read_index(folder)
    try:
        return Result(
            maps=tuple(read_map(entry, folder) for entry in index["maps"] if images),
            labels=tuple(read_labels(entry, folder) for entry in index["labels"] if images),
            tables=tuple(read_table(folder / entry["file"], entry) for entry in index["tables"]),
            charts=tuple(read_chart(entry) for entry in index["charts"]),
            violins=tuple(read_violins(entry) for entry in index["violins"]),
            transforms=tuple(read_transform(entry) for entry in index["transforms"]),
            points=tuple(read_points(entry) for entry in index["points"]),
            numbers={name: Number(**fields) for name, fields in index["numbers"].items()},
            warnings=tuple(index["warnings"]),
            notes=tuple(index.get("notes", ())),
        )
    except (KeyError, TypeError, ValueError) as error:
        raise UserError("The result is damaged; run the task again.", f"{folder}: {error!r}") from error


def read_index(folder: Path) -> dict[str, Any]:
    """Read ``result.json``, which holds the provenance too; an earlier format comes as the current one.

    Raises
    ------
    UserError
        If there is none that this version can read.
    """
    try:
        index = json.loads((Path(folder) / "result.json").read_text(encoding="utf-8"))
    except (OSError, ValueError) as error:
        raise UserError(
            "The folder holds no readable result; choose another.", f"{folder}: {error}"
        ) from error
    written = index.get("format") if isinstance(index, dict) else None
    if written == 1:
        lists: dict[str, Any] = {kind: [] for kind in _SINCE_2}
        return index | lists | {"format": FORMAT, "warnings": [*index.get("warnings", ()), _EARLIER]}
    if written != FORMAT:
        raise UserError(
            "The result was written by another version of GliomaMRI; run the task again.", str(folder)
        )
    return index


def _check(result: Result) -> None:
    """Find what would not survive the way to disk before anything is written."""
    kinds = (result.maps, result.labels, result.tables, result.violins, result.transforms, result.points)
    for kind in kinds:
        names = [one.name for one in kind]
        wrong = [name for name in names if not re.fullmatch(r"\w[\w.-]*", name)]
        if wrong or len({name.lower() for name in names}) < len(names):
            raise ValueError(f"names must be file names, each used once: {names}")
    for one in result.maps:
        if not np.isfinite(sitk.GetArrayViewFromImage(one.image).astype(np.float32)).all():
            raise ValueError(f"map {one.name!r} holds NaN or infinity; give 0 there and a validity mask")
        if one.role and one.role not in ROLES:
            raise ValueError(f"map {one.name!r} has the unknown role {one.role!r}")
    for violins in result.violins:
        check_violins(violins, result.tables)
    for transform in result.transforms:
        check_transform(transform)
    for points in result.points:
        check_points(points)
    for name, number in result.numbers.items():
        if not math.isfinite(number.value):
            raise ValueError(f"number {name!r} is {number.value}; leave it out and say why in the warnings")


def _needed_bytes(result: Result) -> int:
    """Bytes without compression: noise hardly compresses."""
    maps = sum(one.image.GetNumberOfPixels() * 4 for one in result.maps)
    labels = sum(
        one.segments.image.GetNumberOfPixels() * one.segments.image.GetSizeOfPixelComponent()
        for one in result.labels
    )
    cells = sum(len(cells) for table in result.tables for cells in table.columns.values())
    return maps + labels + 25 * cells + _TEXT_BYTES


def _subfolder(folder: Path, name: str) -> Path:
    make_folder(folder / name)
    return folder / name


def _number(value: float) -> float | int:
    """Turn numpy's numbers into Python's, keeping whole ones whole."""
    return value.item() if isinstance(value, np.generic) else value
