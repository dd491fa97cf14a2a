"""A result on disk, and back, exactly.

::

    result.json               numbers with units, versions, settings, warnings, index of all files
    maps/T1map.nii.gz         float32, with T1map.json beside it (Quantity, Units, Description)
    labels/NAME.nii.gz        with NAME.json beside it (names and colors)
    tables/NAME.csv           units in the header row
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
from gliomamri.io import grids
from gliomamri.io.images import load, without_metadata, write_image
from gliomamri.io.new_files import check_free_space, in_temporary_folder, make_folder, write_json
from gliomamri.io.result_tables import read_table, write_table
from gliomamri.io.segmentations import from_description, to_description
from gliomamri.result import Chart, LabelMap, Map, Number, Result
from gliomamri.study import Segments

FORMAT = 1
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
        "numbers": {
            name: {"value": _number(number.value), "unit": number.unit, "label": number.label}
            for name, number in result.numbers.items()
        },
        "maps": [_write_map(one, _subfolder(folder, "maps")) for one in result.maps],
        "labels": [_write_labels(one, _subfolder(folder, "labels")) for one in result.labels],
        "tables": [
            {
                "file": f"tables/{one.name}.csv",
                **write_table(one, _subfolder(folder, "tables") / f"{one.name}.csv"),
            }
            for one in result.tables
        ],
        "charts": [_chart_fields(one) for one in result.charts],
    }
    write_json(index, folder / "result.json")


def read_result(folder: Path) -> Result:
    """Read a result folder; equal to what was written, but for maps being float32.

    Raises
    ------
    UserError
        If the folder holds no complete result of this version.
    """
    folder = Path(folder)
    index = read_index(folder)
    try:
        return Result(
            maps=tuple(_read_map(entry, folder) for entry in index["maps"]),
            labels=tuple(_read_labels(entry, folder) for entry in index["labels"]),
            tables=tuple(read_table(folder / entry["file"], entry) for entry in index["tables"]),
            charts=tuple(_read_chart(entry) for entry in index["charts"]),
            numbers={name: Number(**fields) for name, fields in index["numbers"].items()},
            warnings=tuple(index["warnings"]),
        )
    except (KeyError, TypeError, ValueError) as error:
        raise UserError("The result is damaged; run the task again.", f"{folder}: {error!r}") from error


def read_index(folder: Path) -> dict[str, Any]:
    """Read ``result.json``, which holds the provenance too.

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
    if not isinstance(index, dict) or index.get("format") != FORMAT:
        raise UserError(
            "The result was written by another version of GliomaMRI; run the task again.", str(folder)
        )
    return index


def _check(result: Result) -> None:
    """Find what would not survive the way to disk before anything is written."""
    for kind in (result.maps, result.labels, result.tables):
        names = [one.name for one in kind]
        wrong = [name for name in names if not re.fullmatch(r"\w[\w.-]*", name)]
        if wrong or len({name.lower() for name in names}) < len(names):
            raise ValueError(f"names must be file names, each used once: {names}")
    for one in result.maps:
        if not np.isfinite(sitk.GetArrayViewFromImage(one.image).astype(np.float32)).all():
            raise ValueError(f"map {one.name!r} holds NaN or infinity; give 0 there and a validity mask")
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


def _write_map(one: Map, folder: Path) -> dict[str, Any]:
    write_image(sitk.Cast(one.image, sitk.sitkFloat32), folder / f"{one.name}.nii.gz")
    write_json(
        {"Quantity": one.quantity, "Units": one.unit, "Description": one.description},
        folder / f"{one.name}.json",
    )
    return {
        "name": one.name,
        "file": f"maps/{one.name}.nii.gz",
        "quantity": one.quantity,
        "unit": one.unit,
        "description": one.description,
        "colormap": one.colormap,
        "window": [float(end) for end in one.window],
        "reference": one.reference,
        "main": one.main,
        "grid": grids.to_fields(one.image),
    }


def _read_map(entry: Mapping[str, Any], folder: Path) -> Map:
    texts = {
        name: entry[name]
        for name in ("name", "quantity", "unit", "description", "colormap", "reference", "main")
    }
    return Map(image=_read_image(entry, folder), window=tuple(entry["window"]), **texts)


def _write_labels(one: LabelMap, folder: Path) -> dict[str, Any]:
    write_image(one.segments.image, folder / f"{one.name}.nii.gz")
    description = to_description(one.segments)
    write_json({"Description": one.description, **description}, folder / f"{one.name}.json")
    return {
        "name": one.name,
        "file": f"labels/{one.name}.nii.gz",
        "description": one.description,
        "reference": one.reference,
        "grid": grids.to_fields(one.segments.image),
        **description,
    }


def _read_labels(entry: Mapping[str, Any], folder: Path) -> LabelMap:
    segments = Segments(_read_image(entry, folder), *from_description(entry))
    return LabelMap(entry["name"], segments, entry["description"], entry["reference"])


def _read_image(entry: Mapping[str, Any], folder: Path) -> sitk.Image:
    image, _ = load(folder / entry["file"], f"result image {entry['name']}")
    return grids.restore(without_metadata(image), entry["grid"])


def _chart_fields(chart: Chart) -> dict[str, Any]:
    return {
        "name": chart.name,
        "title": chart.title,
        "table": chart.table,
        "x": chart.x,
        "y": list(chart.y),
        "x_label": chart.x_label,
        "y_label": chart.y_label,
        "colors": {name: [float(part) for part in color] for name, color in chart.colors.items()},
    }


def _read_chart(entry: Mapping[str, Any]) -> Chart:
    colors = {name: tuple(color) for name, color in entry["colors"].items()}
    return Chart(**{**entry, "y": tuple(entry["y"]), "colors": colors})


def _number(value: float) -> float | int:
    """Turn numpy's numbers into Python's, keeping whole ones whole."""
    return value.item() if isinstance(value, np.generic) else value
