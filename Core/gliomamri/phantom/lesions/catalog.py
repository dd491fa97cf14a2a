"""The list of a patient's lesions: one entry per connected lesion, measured on a grid.

Tested by Testing/unit/phantom/lesions/test_catalog.py.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray
from scipy import ndimage

from gliomamri.phantom.grid import FloatArray, Grid
from gliomamri.phantom.lesions.labels import (
    CORE_PARTS,
    CORE_THRESHOLD,
    EDEMA_PARTS,
    ENHANCING_PARTS,
    share,
)
from gliomamri.phantom.lesions.lesion import Lesion, Part

_BODY_PARTS = (
    *CORE_PARTS,
    Part.CAVITY,
    Part.WHITE_MATTER_LESION,
    Part.ACTIVE_WHITE_MATTER_LESION,
)
"""What makes a lesion; edema belongs to the nearest one."""
_LIT_PARTS = (*ENHANCING_PARTS, Part.ACTIVE_WHITE_MATTER_LESION)
_SMALLEST_ENHANCING = 0.01
"""ml below which a lesion counts as not enhancing."""


@dataclass(frozen=True)
class CatalogedLesion:
    """One connected lesion.

    Attributes
    ----------
    kind : str
        Of its plan.
    center : (x, y, z)
        mm, LPS in the head frame: center of mass of the core.
    axes : (long, middle, short)
        mm, full lengths of the ellipsoid with the same second moments.
    core_volume, edema_volume, enhancing_volume : float
        ml, sums of shares. Edema counts for the lesion nearest to it. A cavity's or white-matter lesion's core is
        all of it.
    enhancing : bool
    voxels : int
        Number of voxels with a core share above 0.5.
    """

    kind: str
    center: tuple[float, float, float]
    axes: tuple[float, float, float]
    core_volume: float
    edema_volume: float
    enhancing_volume: float
    enhancing: bool
    voxels: int

    @property
    def long_axis(self) -> float:
        """Longest diameter in mm."""
        return self.axes[0]

    @property
    def short_axis(self) -> float:
        """Shortest of the three diameters in mm."""
        return self.axes[2]


def catalog(lesions: Iterable[Lesion], grid: Grid, smallest: int = 2) -> list[CatalogedLesion]:
    """List the connected lesions on ``grid``, largest core first.

    Parameters
    ----------
    lesions
        In the order they were planted: a later one takes over what it covers.
    grid
        Evenly spaced along each axis.
    smallest : int
        Pieces with fewer voxels are left out.
    """
    planted: list[tuple[str, dict[Part, FloatArray]]] = []
    for lesion in lesions:
        weights = dict(lesion.weights(grid))
        if not weights:
            continue
        rest = 1 - sum(weights.values())
        planted = [
            (kind, {part: values * rest for part, values in before.items()}) for kind, before in planted
        ]
        planted.append((lesion.plan.kind, weights))
    found = [entry for kind, weights in planted for entry in list_pieces(kind, weights, grid, smallest)]
    return sorted(found, key=lambda entry: -entry.core_volume)


def list_pieces(
    kind: str, weights: Mapping[Part, FloatArray], grid: Grid, smallest: int = 2
) -> list[CatalogedLesion]:
    """List the connected pieces of one lesion from its shares on ``grid``."""
    body = share(weights, _BODY_PARTS, grid.shape)
    box = _bounds(body + share(weights, EDEMA_PARTS, grid.shape))
    if box is None:
        return []
    near = Grid(*(axis[part] for axis, part in zip(grid.axes, box, strict=True)))
    body = body[box]
    cut = {part: values[box] for part, values in weights.items()}
    pieces, count = ndimage.label(body > CORE_THRESHOLD, np.ones((3, 3, 3)))
    sizes = np.bincount(pieces.ravel(), minlength=count + 1)
    keep = [number for number in range(1, count + 1) if sizes[number] >= smallest]
    if not keep:
        return []
    pieces[~np.isin(pieces, keep)] = 0
    spacing = list(grid.spacing)
    nearest = ndimage.distance_transform_edt(
        pieces == 0, sampling=spacing, return_distances=False, return_indices=True
    )
    owner = pieces[tuple(nearest)]
    milliliters = float(np.prod(spacing)) / 1000
    core, edema, lit = (
        milliliters * ndimage.sum_labels(values, owner, keep)
        for values in (
            body,
            share(cut, EDEMA_PARTS, body.shape),
            share(cut, _LIT_PARTS, body.shape),
        )
    )
    regions = ndimage.find_objects(pieces)
    return [
        CatalogedLesion(
            kind,
            *_shape(pieces, number, regions[number - 1], near, spacing),
            core_volume=float(core[index]),
            edema_volume=float(edema[index]),
            enhancing_volume=float(lit[index]),
            enhancing=bool(lit[index] >= _SMALLEST_ENHANCING),
            voxels=int(sizes[number]),
        )
        for index, number in enumerate(keep)
    ]


def _bounds(values: FloatArray) -> tuple[slice, slice, slice] | None:
    regions = ndimage.find_objects((values > 0).astype(np.uint8))
    return regions[0] if regions else None


def _shape(
    pieces: NDArray[np.int32],
    number: int,
    region: tuple[slice, slice, slice],
    grid: Grid,
    spacing: list[float],
) -> tuple[tuple[float, float, float], tuple[float, float, float]]:
    """Center (x, y, z) and axes of one piece in mm."""
    index = np.argwhere(pieces[region] == number)
    points = np.stack(
        [axis[part][column] for axis, part, column in zip(grid.axes, region, index.T, strict=True)], axis=1
    ).astype(float)
    center = points.mean(0)
    # A voxel is a box, not a point: its own second moment is added.
    moments = (points - center).T @ (points - center) / len(points) + np.diag(np.square(spacing)) / 12
    lengths = 2 * np.sqrt(5 * np.linalg.eigvalsh(moments))[::-1]
    z, y, x = (float(value) for value in center)
    return (x, y, z), (float(lengths[0]), float(lengths[1]), float(lengths[2]))
