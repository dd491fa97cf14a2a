"""Label maps with names: NIfTI or NRRD with a BIDS table or json beside it, and Slicer's ``.seg.nrrd``.

Source: BIDS specification 1.10, segmentations (``dseg.tsv``: index, name, color); 3D Slicer documentation,
segmentation file format (``Segment0_Name``, ``Segment0_LabelValue``, ``Segment0_Layer``, ``Segment0_Color``).
"""

from __future__ import annotations

import csv
import re
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import numpy as np
import SimpleITK as sitk

from gliomamri.errors import UserError
from gliomamri.io.images import load, read_one, stem, without_metadata
from gliomamri.io.sidecars import read_sidecar
from gliomamri.study import Segments

Color = tuple[float, float, float]

_WHAT = "segmentation"
_LARGEST_LABEL = 2**31 - 1


def read_segments(path: Path) -> Segments:
    """Read a label map with the names and colors that are known of it.

    Names come from the file's own segment fields (``.seg.nrrd``), else from a ``.json`` or ``.tsv`` of the
    same name, else they are "label N".

    Parameters
    ----------
    path : pathlib.Path
        NIfTI or NRRD file.

    Returns
    -------
    Segments
        Integer label map; every label that occurs has a name.

    Raises
    ------
    UserError
        If the file cannot be read, is no label map, or its segments overlap.
    """
    path = Path(path)
    image, _ = load(path, _WHAT)
    fields = {key: image.GetMetaData(key) for key in image.GetMetaDataKeys() if key.startswith("Segment")}
    if fields:
        return _from_slicer(image, fields, path)
    labels = _label_map(read_one(path, what=_WHAT).images[0], path)
    names, colors = _beside(path)
    present = _labels_present(labels)
    return Segments(
        labels,
        {label: names.get(label, f"label {label}") for label in sorted({*present, *names})},
        dict(sorted(colors.items())),
    )


def from_description(description: Mapping[str, Any]) -> tuple[dict[int, str], dict[int, Color]]:
    """Take names and colors from our json, ``{"labels": {"1": {"name": ..., "color": [r, g, b]}}}``.

    A plain ``{"1": "necrosis"}`` is understood too.
    """
    names, colors = {}, {}
    for key, value in dict(description.get("labels", description)).items():
        if not re.fullmatch(r"\d+", str(key)) or int(key) == 0:
            continue
        if isinstance(value, str):
            names[int(key)] = value
        elif isinstance(value, Mapping):
            names[int(key)] = str(value.get("name", f"label {key}"))
            if value.get("color"):
                colors[int(key)] = tuple(float(part) for part in value["color"])
    return names, colors


def to_description(segments: Segments) -> dict[str, Any]:
    """Give names and colors as :func:`from_description` reads them."""
    labels: dict[str, Any] = {}
    for label in sorted({*segments.names, *segments.colors}):
        entry: dict[str, Any] = {"name": segments.names.get(label, f"label {label}")}
        if label in segments.colors:
            entry["color"] = [float(part) for part in segments.colors[label]]
        labels[str(label)] = entry
    return {"labels": labels}


def _from_slicer(image: sitk.Image, fields: Mapping[str, str], path: Path) -> Segments:
    indices = sorted({int(m[1]) for key in fields if (m := re.match(r"Segment(\d+)_LabelValue$", key))})
    layers = {fields.get(f"Segment{index}_Layer", "0") for index in indices}
    if len(layers) > 1 or image.GetNumberOfComponentsPerPixel() > 1 or image.GetDimension() != 3:
        raise UserError(
            "The segments of the segmentation overlap, so a voxel has no single label; export it from "
            "Slicer as a "
            "label map, or make the segments exclusive.",
            str(path),
        )
    names, colors = {}, {}
    for index in indices:
        label = int(fields[f"Segment{index}_LabelValue"])
        names[label] = fields.get(f"Segment{index}_Name") or f"label {label}"
        color = tuple(float(part) for part in fields.get(f"Segment{index}_Color", "").split())
        if len(color) == 3:
            colors[label] = color
    labels = _label_map(without_metadata(image), path)
    for label in _labels_present(labels):
        names.setdefault(label, f"label {label}")
    return Segments(labels, names, colors)


def _label_map(image: sitk.Image, path: Path) -> sitk.Image:
    """Make sure that the voxels are labels; whole numbers stored as floats become integers."""
    values = sitk.GetArrayViewFromImage(image)
    if (
        values.min() < 0
        or values.max() > _LARGEST_LABEL
        or (values.dtype.kind == "f" and not np.array_equal(values, np.round(values)))
    ):
        raise UserError(
            "The segmentation holds values that are no labels (whole numbers from 0 up); choose a label map.",
            str(path),
        )
    if values.dtype.kind != "f":
        return image
    return sitk.Cast(image, sitk.sitkUInt16 if values.max() <= np.iinfo(np.uint16).max else sitk.sitkUInt32)


def _labels_present(labels: sitk.Image) -> list[int]:
    values = sitk.GetArrayViewFromImage(labels)
    if values.dtype.itemsize <= 2 and values.dtype.kind == "u":
        return [int(label) for label in np.flatnonzero(np.bincount(values.ravel())) if label]
    return [int(label) for label in np.unique(values) if label]


def _beside(path: Path) -> tuple[dict[int, str], dict[int, Color]]:
    table = path.with_name(f"{stem(path)}.tsv")
    if table.is_file():
        return _from_table(table)
    return from_description(read_sidecar(path.with_name(f"{stem(path)}.json"), what=_WHAT))


def _from_table(path: Path) -> tuple[dict[int, str], dict[int, Color]]:
    try:
        with path.open(encoding="utf-8-sig", newline="") as file:
            rows = [row for row in csv.DictReader(file, delimiter="\t") if int(row["index"]) != 0]
        names = {int(row["index"]): row["name"] for row in rows}
        colors = {
            int(row["index"]): tuple(int(row["color"].lstrip("#")[i : i + 2], 16) / 255 for i in (0, 2, 4))
            for row in rows
            if (row.get("color") or "").startswith("#")
        }
    except (OSError, KeyError, ValueError, TypeError) as error:
        raise UserError(
            "The table of label names beside the segmentation cannot be read; it needs columns 'index' and "
            "'name'.",
            f"{path}: {error}",
        ) from error
    return names, colors
