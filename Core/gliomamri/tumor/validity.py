"""Images a model was not made for: voxel sizes and values outside the valid range in its metadata.

Called by :mod:`gliomamri.tumor.inputs`; tested by Testing/unit/tumor/test_inputs.py.
"""

from __future__ import annotations

from collections.abc import Mapping

import numpy as np
import SimpleITK as sitk
from numpy.typing import NDArray

from gliomamri.modelstore.metadata import ModelMetadata
from gliomamri.modelstore.parts import InputChannel
from gliomamri.roles import ROLES
from gliomamri.tumor.grids import slice_axis

_MOST_OUTSIDE = 0.05
"""Share of the brain's voxels that may lie outside of the range unsaid [our choice]: fluid and vessels are extremes."""
_ROUNDING = 0.01


def voxel_doubts(images: Mapping[str, sitk.Image], model: ModelMetadata) -> list[str]:
    """Say which images have slices or pixels (mm) of sizes that the model does not know, one sentence each."""
    found = []
    for role, image in images.items():
        spacing, axis = image.GetSpacing(), slice_axis(image)
        pixels = [edge for place, edge in enumerate(spacing) if place != axis]
        for sizes, ends, what in (
            ([spacing[axis]], model.valid.slice_thickness, "slices"),
            (pixels, model.valid.voxel_size_in_plane, "pixels"),
        ):
            if ends is None:
                continue
            outside = [s for s in sizes if not ends[0] * (1 - _ROUNDING) <= s <= ends[1] * (1 + _ROUNDING)]
            if outside:
                found.append(
                    f"The {ROLES[role].title} has {what} of {outside[0]:.2g} mm, and the model knows {ends[0]:g} to "
                    f"{ends[1]:g} mm: its answer is a guess."
                )
    return found


def range_doubts(wanted: InputChannel, values: NDArray[np.floating]) -> list[str]:
    """Say that a brain's ``values``, shape (n,) in the unit of the role, lie outside of what the model knows."""
    if wanted.valid_range is None or not values.size:
        return []
    low, high = wanted.valid_range
    outside = float(np.mean((values < low) | (values > high)))
    if outside <= _MOST_OUTSIDE:
        return []
    unit = f" {ROLES[wanted.role].unit}" if ROLES[wanted.role].unit else ""
    known = f"{low:g} to {high:g}{unit}, which is what the model knows"
    return [f"In {outside:.0%} of the brain the {ROLES[wanted.role].title} lies outside of {known}: a guess."]
