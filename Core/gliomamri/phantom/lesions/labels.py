"""From shares to label maps: what an annotator would draw, and one value per part.

BraTS convention (Menze 2015, Baid 2021): 1 necrosis and non-enhancing core, 2 edema, 4 enhancing tumor.
A voxel is tumor where the shares of all tumor parts exceed 0.3, core where those of the core exceed 0.5: edema is
outlined generously, rims are not (one threshold of 0.3 for all thickened rims in first experiments).

Decisions the convention leaves open:

- infiltration counts as edema, which it looks like; it is given apart as a soft map.
- meningioma is 4, as in the BraTS meningioma task.
- white-matter lesions, enhancing or not, are 0: they are no tumor.
- a resection cavity's fluid is 0; its enhancing wall is 4 and the gliosis around it 2, which is what networks for
  tumors meet after surgery.

Tested by Testing/unit/phantom/lesions/test_labels.py.
"""

from __future__ import annotations

from collections.abc import Mapping

import numpy as np
from numpy.typing import NDArray

from gliomamri.phantom.grid import FloatArray
from gliomamri.phantom.lesions.lesion import Part

NECROTIC_CORE, EDEMA, ENHANCING_TUMOR = 1, 2, 4

ENHANCING_PARTS = (Part.ENHANCING, Part.MENINGIOMA)
DARK_CORE_PARTS = (Part.NECROSIS, Part.CYST, Part.NON_ENHANCING, Part.HEMORRHAGE)
CORE_PARTS = (*DARK_CORE_PARTS, *ENHANCING_PARTS)
EDEMA_PARTS = (Part.EDEMA, Part.INFILTRATION)

TUMOR_THRESHOLD = 0.3
CORE_THRESHOLD = 0.5

PART_VALUES: dict[Part, int] = {part: number for number, part in enumerate(Part, start=1)}
"""Voxel value of each part in :func:`part_labels`."""


def share(weights: Mapping[Part, FloatArray], parts: tuple[Part, ...], shape: tuple[int, ...]) -> FloatArray:
    """Return the sum of the shares of ``parts``; 0 where none is there."""
    total = np.zeros(shape, np.float32)
    for part in parts:
        if part in weights:
            total += weights[part]
    return total


def brats_labels(weights: Mapping[Part, FloatArray], shape: tuple[int, ...]) -> NDArray[np.uint8]:
    """Return 1, 2, 4 or 0 per voxel.

    Parameters
    ----------
    weights
        Shares of the parts of all lesions, arrays of ``shape``.
    """
    enhancing = share(weights, ENHANCING_PARTS, shape)
    core = enhancing + share(weights, DARK_CORE_PARTS, shape)
    whole = core + share(weights, EDEMA_PARTS, shape)
    label = np.zeros(shape, np.uint8)
    label[whole > TUMOR_THRESHOLD] = EDEMA
    in_core = core > CORE_THRESHOLD
    label[in_core] = NECROTIC_CORE
    label[in_core & (enhancing >= 0.5 * core)] = ENHANCING_TUMOR
    return label


def part_labels(weights: Mapping[Part, FloatArray], shape: tuple[int, ...]) -> NDArray[np.uint8]:
    """Return :data:`PART_VALUES` of the largest share where all shares together exceed 0.3; 0 elsewhere."""
    label = np.zeros(shape, np.uint8)
    largest = np.zeros(shape, np.float32)
    total = np.zeros(shape, np.float32)
    for part, value in PART_VALUES.items():
        if part not in weights:
            continue
        total += weights[part]
        larger = weights[part] > largest
        label[larger] = value
        np.maximum(largest, weights[part], out=largest)
    label[total <= TUMOR_THRESHOLD] = 0
    return label


def annotation(weights: Mapping[Part, FloatArray], shape: tuple[int, ...]) -> NDArray[np.bool_]:
    """Return the tumor core as an expert outlines it: necrosis, non-enhancing and enhancing parts, no edema."""
    return share(weights, CORE_PARTS, shape) > CORE_THRESHOLD


def infiltration(weights: Mapping[Part, FloatArray], shape: tuple[int, ...]) -> FloatArray:
    """Return the share of infiltration, which is not in the annotation."""
    return share(weights, (Part.INFILTRATION,), shape)
