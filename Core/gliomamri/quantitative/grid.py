"""The common grid of the analysis: that of the reference, unless it has more voxels than memory should hold.

Some thirty maps leave the analysis. On the grid of a thin-slice volume of 512 x 512 x 200 voxels they would take over
6 GB, without holding more than the thick slices they come from.

Called by :mod:`gliomamri.quantitative.task`; tested by Testing/unit/quantitative/test_grid.py.
"""

from __future__ import annotations

import math
from dataclasses import replace

from gliomamri.imaging.acquisitions import choose_reference
from gliomamri.quantitative.settings import Settings
from gliomamri.roles import ROLES
from gliomamri.study import Study

MOST_VOXELS = 12_000_000
"""Largest common grid that is taken over from the reference [our choice]: thirty maps on it take 1.4 GB."""


def bounded(study: Study, settings: Settings) -> tuple[Settings, tuple[str, ...]]:
    """Give the settings with a voxel size where the reference's grid is too fine, and what to say of it.

    Parameters
    ----------
    study : Study
        What will be prepared.
    settings : Settings
        A voxel size that is set stays.
    """
    role = choose_reference(study, settings.reference)
    image = study.images.get(role)
    if settings.spacing > 0 or settings.template == "grid" or image is None:
        return settings, ()
    voxels = math.prod(image.GetSize())
    if voxels <= MOST_VOXELS:
        return settings, ()
    volume = voxels * math.prod(image.GetSpacing())
    spacing = math.ceil(10 * (volume / MOST_VOXELS) ** (1 / 3)) / 10
    note = (
        f"The {ROLES[role].title} has {voxels / 1e6:.0f} million voxels, so the common grid has voxels of "
        f"{spacing:g} mm; set the voxel size for another."
    )
    return replace(settings, spacing=spacing), (note,)
