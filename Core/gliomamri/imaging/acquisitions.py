"""Which images come from one acquisition and so share one transform, and which of them is registered for all.

Maps of one acquisition lie on each other by themselves; registering each would only add scatter. The T1 map shows most,
so it leads; of a raw series the strongest image does: of MAGIC series of four simulated patients (slices of 5 mm)
it registered to 0.04 to 0.38 mm, the other images to 0.03 to 0.69, their root mean square to 0.04 to 0.37.

Used by :mod:`gliomamri.imaging.prepare`; tested by Testing/unit/imaging/test_acquisitions.py.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np
import SimpleITK as sitk

from gliomamri.imaging.geometry import same_grid
from gliomamri.study import Study

MAP_GROUPS = (
    ("T1map", "PDmap", "T2map", "R1error", "R2error", "B1map"),
    ("ceT1map", "cePDmap", "ceT2map", "ceR1error", "ceR2error"),
)
"""Maps of one acquisition, the leading one first; before and after contrast agent."""

MAPS = (*MAP_GROUPS[0], *MAP_GROUPS[1], "ADC")
"""Roles whose voxels are numbers with a unit, 0 where not measured."""

NOT_IMAGES = ("brain_mask", "segmentation")

REFERENCE_ORDER = ("ceT1w", "T1w", "ceT1map", "T1map", "FLAIR", "T2w")
"""What the reference is chosen from."""


@dataclass(frozen=True)
class Acquisition:
    """Images that move together.

    Attributes
    ----------
    leader : str
        Role that is registered.
    image : SimpleITK.Image
        What is registered: the leader's image, of a series its strongest one.
    roles : tuple of str
        All roles that move with it.
    """

    leader: str
    image: sitk.Image
    roles: tuple[str, ...]


def acquisitions(study: Study) -> tuple[Acquisition, ...]:
    """Sort the images and series of a study into acquisitions, in the study's order.

    Maps of one kind that lie on different grids do not come from one acquisition as they are; each grid makes one.
    """
    found: list[Acquisition] = []
    taken: set[str] = set(NOT_IMAGES)
    for role, image in study.images.items():
        if role in taken:
            continue
        group = _group_of(role, study.images)
        members = tuple(other for other in group if same_grid(study.images[other], study.images[group[0]]))
        if role not in members:
            members = (role,)
        taken |= set(members)
        leader = members[0]
        found.append(Acquisition(leader, image if leader == role else study.images[leader], members))
    for role, series in study.series.items():
        found.append(Acquisition(role, strongest(series.images), (role,)))
    return tuple(found)


def choose_reference(study: Study, wanted: str) -> str:
    """Return the role of the reference: the wanted one if given, else the best there is; empty for no image at all."""
    there = [role for role in (*study.images, *study.series) if role not in NOT_IMAGES]
    if wanted != "auto":
        return wanted if wanted in there else ""
    return next((role for role in REFERENCE_ORDER if role in there), there[0] if there else "")


def strongest(images: tuple[sitk.Image, ...]) -> sitk.Image:
    """Return the image of the largest mean magnitude: the one that shows most above its noise."""
    means = [float(np.abs(sitk.GetArrayViewFromImage(image)).mean(dtype=np.float64)) for image in images]
    return images[int(np.nanargmax(means))]


def _group_of(role: str, images: Mapping[str, sitk.Image]) -> tuple[str, ...]:
    for group in MAP_GROUPS:
        if role in group:
            return tuple(other for other in group if other in images)
    return (role,)
