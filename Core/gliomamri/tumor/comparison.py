"""A segmentation beside an annotation: which regions the annotation has, scores, and where both differ.

Names tell the regions of an annotation; where they are numbers only, the labels are BraTS's (3 means enhancing tumor
too, as in its later years).

Called by the task ``segment``; tested by Testing/unit/tumor/test_comparison.py.
"""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence

import numpy as np
import SimpleITK as sitk
from numpy.typing import NDArray

from gliomamri.metrics.overlap import overlap
from gliomamri.metrics.surface import surface_distances
from gliomamri.result import LabelMap, Table
from gliomamri.study import Segments
from gliomamri.tumor.regions import CORE, ENHANCING_TUMOR, WHOLE_TUMOR

AUTO, BRATS = "auto", "BraTS"
MEANINGS = {
    AUTO: "what its names say",
    BRATS: "BraTS labels 1, 2, 4 (or 3)",
    WHOLE_TUMOR: "all of it is the whole tumor",
    CORE: "all of it is the tumor core",
}

TRUE_POSITIVE, FALSE_POSITIVE, FALSE_NEGATIVE = 1, 2, 3
_NAMES = {TRUE_POSITIVE: "in both", FALSE_POSITIVE: "model only", FALSE_NEGATIVE: "annotation only"}
_COLORS = {
    TRUE_POSITIVE: (0.0, 0.62, 0.451),
    FALSE_POSITIVE: (0.0, 0.447, 0.698),
    FALSE_NEGATIVE: (0.835, 0.369, 0.0),
}
"""Green, blue and red (Okabe and Ito's bluish green, blue and vermilion)."""

_EDEMA, _NECROSIS = "edema", "non-enhancing core"
_BY_LABEL = {1: _NECROSIS, 2: _EDEMA, 3: ENHANCING_TUMOR, 4: ENHANCING_TUMOR}
_NUMBERED = re.compile(r"(label|segment|region|class)?[ _-]*\d+", re.IGNORECASE)
_WORDS = (
    (_EDEMA, ("edema", "oedema", "infiltrat")),
    (_NECROSIS, ("necro", "non-enhanc", "nonenhanc", "non enhanc", "unenhanc")),
    (ENHANCING_TUMOR, ("enhanc",)),
    (CORE, ("core",)),
    (WHOLE_TUMOR, ("tumor", "tumour", "glioma", "lesion", "annotation")),
)
"""The first that occurs in a name counts."""


def annotated_regions(segments: Sequence[Segments], meaning: str = AUTO) -> dict[str, NDArray[np.bool_]]:
    """Return the regions that an annotation tells, of whole tumor, core and enhancing tumor.

    Parameters
    ----------
    segments : sequence of Segments
        On one grid.
    meaning : str
        Key of :data:`MEANINGS`.

    Returns
    -------
    dict of str to bool array (z, y, x)
        Empty where no name is understood. The whole tumor is there if it or edema was annotated, the core if it or a
        part of it was.
    """
    parts: dict[str, NDArray[np.bool_]] = {}
    for layer in segments:
        values = sitk.GetArrayViewFromImage(layer.image)
        numbered = meaning == BRATS or all(_NUMBERED.fullmatch(n.strip()) for n in layer.names.values())
        for label, name in layer.names.items():
            kind = _kind(label, name, meaning, numbered=numbered, alone=len(layer.names) == 1)
            if kind:
                mask = values == label
                parts[kind] = parts[kind] | mask if kind in parts else mask
    found = {}
    core = [parts[kind] for kind in (CORE, _NECROSIS, ENHANCING_TUMOR) if kind in parts]
    if WHOLE_TUMOR in parts or _EDEMA in parts:
        found[WHOLE_TUMOR] = np.any([*core, *(parts[k] for k in (WHOLE_TUMOR, _EDEMA) if k in parts)], axis=0)
    if core:
        found[CORE] = np.any(core, axis=0)
    if ENHANCING_TUMOR in parts:
        found[ENHANCING_TUMOR] = parts[ENHANCING_TUMOR]
    return found


def _kind(label: int, name: str, meaning: str, *, numbered: bool, alone: bool) -> str:
    if meaning in (WHOLE_TUMOR, CORE):
        return meaning
    if numbered:
        return WHOLE_TUMOR if alone and meaning == AUTO else _BY_LABEL.get(label, "")
    known = next((kind for kind, words in _WORDS if any(word in name.lower() for word in words)), "")
    return known or (WHOLE_TUMOR if alone else "")


def comparison_table(
    annotation: Mapping[str, NDArray[np.bool_]],
    found: Mapping[str, NDArray[np.bool_]],
    spacing: tuple[float, float, float],
) -> Table:
    """Return Dice, HD95 and volumes per region that both sides have; a score that is not defined is an empty cell.

    Parameters
    ----------
    annotation, found : mapping of str to bool array (z, y, x)
    spacing : (z, y, x)
        mm.
    """
    names = [name for name in annotation if name in found]
    rows = []
    for name in names:
        common = overlap(annotation[name], found[name], spacing)
        distance = surface_distances(annotation[name], found[name], spacing)
        rows.append(
            {
                "Dice": common.dice,
                "HD95": distance.hausdorff(95),
                "sensitivity": common.sensitivity,
                "precision": common.precision,
                "annotated volume": common.truth_volume,
                "found volume": common.prediction_volume,
                "model only": common.false_positive_volume,
                "annotation only": common.false_negative_volume,
            }
        )
    volumes = ("annotated volume", "found volume", "model only", "annotation only")
    units = {"HD95": "mm"} | dict.fromkeys(volumes, "ml")
    columns = {key: [row[key] for row in rows] for key in (rows[0] if rows else ())}
    return Table("comparison", "Segmentation beside the annotation", {"region": names, **columns}, units)


def comparison_map(
    region: str, annotation: NDArray[np.bool_], found: NDArray[np.bool_], grid: sitk.Image, reference: str
) -> LabelMap:
    """Return where model and annotation agree and where one of them stands alone."""
    values = np.zeros(annotation.shape, np.uint8)
    values[annotation & found] = TRUE_POSITIVE
    values[found & ~annotation] = FALSE_POSITIVE
    values[annotation & ~found] = FALSE_NEGATIVE
    image = sitk.GetImageFromArray(values)
    image.CopyInformation(grid)
    about = (
        f"The {region}: green in both, blue where only the model sees it, red where only the annotation does."
    )
    return LabelMap("comparison", Segments(image, dict(_NAMES), dict(_COLORS)), about, reference)
