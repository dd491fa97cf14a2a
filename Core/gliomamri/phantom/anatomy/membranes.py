"""Dura, falx, tentorium and the sinuses in them, laid where the brain leaves room for them.

Three coordinates tell where a point is: across (mm left of the surface midway between the hemispheres), above (mm
above the surface midway between cerebellum and cerebrum) and outside (mm outside the inner face of the dura). The
falx is a thin sheet at across = 0, the tentorium one at above = 0, sinuses run where two of these surfaces meet.

Tested by Testing/unit/phantom/anatomy/test_membranes.py.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from gliomamri.phantom.anatomy.draft import DURA_THICKNESS, Draft
from gliomamri.phantom.anatomy.sampling import (
    at_points,
    by_slabs,
    centered_grid,
    interpolate,
    nearest,
    points_of,
)
from gliomamri.phantom.grid import FloatArray
from gliomamri.phantom.tissues import Tissue

SHEET = 1.0
"""mm, thickness of falx and tentorium with the fluid's share that a reader sees as one dark line."""

_FLOOR = ((60, -20), (30, -14), (20, 12), (-30, 20), (-55, -10), (-95, -32))
"""MNI y and z in mm, below which neither falx nor sagittal sinus reach: crista galli, around the callosum, torcular."""

INCISURA = 7.0
"""mm that the tentorium's edge keeps away from the middle of the brainstem's flanks."""


@dataclass(frozen=True)
class _Place:
    """The coordinates of points, mm; ``progress`` runs from 0 at the falx's front to 1 at its back."""

    across: FloatArray
    above: FloatArray
    outside: FloatArray
    z: FloatArray
    y: FloatArray
    progress: FloatArray


def add_dura(draft: Draft) -> None:
    """Lay the dura around the fluid: under the skull or, where none is known, around the hull."""
    grid = centered_grid(draft.tissue.shape, draft.step)
    field = draft.outside

    def lay(first: int, last: int) -> None:
        part = draft.tissue[first:last]
        outside = interpolate(field, draft.source_step, grid.slab(first, last))
        fluid = part == Tissue.CSF
        if draft.bone is not None:
            part[fluid & (outside > 0)] = Tissue.DURA
            return
        fluid |= part == Tissue.AIR
        part[fluid] = Tissue.CSF
        part[fluid & (outside > 0)] = Tissue.DURA
        part[fluid & (outside > DURA_THICKNESS)] = Tissue.AIR

    by_slabs(lay, 0, grid.shape[0])


def add_membranes(draft: Draft) -> None:
    """Add falx, tentorium and the venous sinuses to ``draft``."""
    grid = centered_grid(draft.tissue.shape, draft.step)
    marks = _Marks(
        front=draft.coordinates((0, 45, 0))[1],
        back=draft.coordinates((0, -80, 0))[1],
        floor=np.array([draft.coordinates((0, y, z))[1:] for y, z in _FLOOR]),
        stem=draft.coordinates((0, -38, 0))[1],
    )
    near = _near(draft)
    soft, room = np.zeros(256, bool), np.zeros(256, bool)
    soft[[Tissue.CSF, Tissue.CORTEX, Tissue.CEREBELLAR_CORTEX]] = True
    room[[Tissue.CSF, Tissue.CORTEX, Tissue.CEREBELLAR_CORTEX, Tissue.DURA]] = True

    def lay(first: int, last: int) -> None:
        slab = grid.slab(first, last)
        part = draft.tissue[first:last].reshape(-1)
        index = np.flatnonzero(room[part] & nearest(near, draft.source_step, slab).reshape(-1))
        if not len(index):
            return
        place = _place(draft, points_of(slab, index), marks)
        tissue = part[index]
        sheet = soft[tissue] & (_falx(place, marks) | _tentorium(place, marks))
        tissue[sheet] = Tissue.FALX
        tissue[_sinuses(place, marks)] = Tissue.VEIN
        part[index] = tissue

    by_slabs(lay, 0, grid.shape[0])


@dataclass(frozen=True)
class _Marks:
    """Landmarks in the head frame, mm: y of the falx's front and back, (y, z) of its floor, y of the stem's back."""

    front: float
    back: float
    floor: NDArray[np.float64]
    stem: float


def _near(draft: Draft) -> NDArray[np.bool_]:
    """Where a sheet or a sinus can be, at the source's step: a cheap first choice."""
    outside = draft.outside
    middle, under = np.abs(draft.across), np.abs(draft.above)
    near = (middle < 3) | (under < 3)
    near |= (outside > -7) & ((middle < 7) | (under < 5))
    near &= outside < 2
    return near


def _place(draft: Draft, points: FloatArray, marks: _Marks) -> _Place:
    return _Place(
        across=at_points(draft.across, draft.source_step, points),
        above=at_points(draft.above, draft.source_step, points),
        outside=at_points(draft.outside, draft.source_step, points),
        z=points[0],
        y=points[1],
        progress=np.clip((points[1] - marks.front) / (marks.back - marks.front), 0, 1),
    )


def _falx(place: _Place, marks: _Marks) -> NDArray[np.bool_]:
    """Sheet between the hemispheres, 14 mm deep in front and growing to 45 mm at the back, above the tentorium."""
    depth = 14 + 31 * place.progress
    sheet = (np.abs(place.across) < SHEET / 2) & (place.outside > -depth) & (place.outside < 0)
    return sheet & (place.above > 0) & (place.z > np.interp(place.y, *marks.floor.T))


def _tentorium(place: _Place, marks: _Marks) -> NDArray[np.bool_]:
    """Sheet between cerebellum and cerebrum, open around the brainstem."""
    sheet = (np.abs(place.above) < SHEET / 2) & (place.outside < 0)
    flank = np.maximum(0, np.abs(place.across) - 8) + np.maximum(0, place.y - marks.stem)
    return sheet & (flank > INCISURA)


def _sinuses(place: _Place, marks: _Marks) -> NDArray[np.bool_]:
    """Superior sagittal (a triangle widening to the back), straight, and transverse sinus."""
    size = 0.45 + 0.55 * place.progress
    middle, under = np.abs(place.across), np.abs(place.above)
    inward = place.outside + 6 * size  # 0 at the sagittal sinus's lower edge
    sagittal = (inward > 0) & (place.outside < 0.6) & (middle < np.minimum(0.6 + 0.62 * inward, 5.5 * size))
    sagittal &= (place.z > np.interp(place.y, *marks.floor.T)) & (place.above > 2)
    straight = (middle < 1.8) & (under < 2.0) & (place.outside < 0)
    inward = place.outside + 5
    transverse = (inward > 0) & (place.outside < 0.6) & (under < 1.0 + 0.5 * inward)
    return sagittal | ((straight | transverse) & (place.y > marks.stem + 12))
