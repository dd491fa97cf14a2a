"""Maps and label maps of a result: NIfTI with a json file beside it, exact geometry in ``result.json``.

Called by :mod:`gliomamri.io.results` and :mod:`gliomamri.io.result_studies`; tested by Testing/unit/io/test_results.py.
"""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import Any

import SimpleITK as sitk

from gliomamri.io import grids
from gliomamri.io.images import load, without_metadata, write_image
from gliomamri.io.new_files import write_json
from gliomamri.io.segmentations import from_description, to_description
from gliomamri.result import LabelMap, Map
from gliomamri.study import Segments


def write_map(one: Map, folder: Path) -> dict[str, Any]:
    """Write ``NAME.nii.gz`` (float32) and ``NAME.json`` into a folder and give the entry for ``result.json``.

    Raises
    ------
    UserError
        If a file cannot be written.
    """
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
        "main": bool(one.main),
        "role": one.role,
        "grid": grids.to_fields(one.image),
    }


def read_map(entry: Mapping[str, Any], folder: Path) -> Map:
    """Read the map of an entry; ``folder`` is the result's.

    Raises
    ------
    UserError
        If its file is missing or damaged.
    """
    texts = {
        name: entry[name]
        for name in ("name", "quantity", "unit", "description", "colormap", "reference", "main")
    }
    window, role = tuple(entry["window"]), entry.get("role", "")
    return Map(image=read_entry_image(entry, folder), window=window, role=role, **texts)


def write_labels(one: LabelMap, folder: Path) -> dict[str, Any]:
    """Write ``NAME.nii.gz`` and ``NAME.json`` (names, colors) and give the entry; errors as :func:`write_map`."""
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


def read_labels(entry: Mapping[str, Any], folder: Path) -> LabelMap:
    """Read the label map of an entry; errors as :func:`read_map`."""
    segments = Segments(read_entry_image(entry, folder), *from_description(entry))
    return LabelMap(entry["name"], segments, entry["description"], entry["reference"])


def read_entry_image(entry: Mapping[str, Any], folder: Path) -> sitk.Image:
    """Read the image of an entry with the geometry that ``result.json`` keeps; errors as :func:`read_map`."""
    image, _ = load(folder / entry["file"], f"result image {entry['name']}")
    return grids.restore(without_metadata(image), entry["grid"])
