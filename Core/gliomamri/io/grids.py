"""Geometry as JSON, since NIfTI keeps only seven digits of it."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import SimpleITK as sitk

from gliomamri.imaging.geometry import take_geometry


def to_fields(image: sitk.Image) -> dict[str, list[float]]:
    """Give spacing and origin in mm and the direction cosines (LPS, row by row) with all digits."""
    return {
        "spacing": list(image.GetSpacing()),
        "origin": list(image.GetOrigin()),
        "direction": list(image.GetDirection()),
    }


def restore(image: sitk.Image, fields: Mapping[str, Any]) -> sitk.Image:
    """Return the image with the geometry of :func:`to_fields`, if it is the same within 1e-4 mm.

    Raises
    ------
    UserError
        If the image lies elsewhere.
    """
    exact = sitk.Image(image)
    exact.SetSpacing(fields["spacing"])
    exact.SetOrigin(fields["origin"])
    exact.SetDirection(fields["direction"])
    return take_geometry(image, exact)
