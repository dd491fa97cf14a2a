"""A head from a label map: FreeSurfer's structures at 1 mm become tissue at 0.5 mm.

What such maps lack is added: fat under the skin and behind the eyes, marrow in the calvaria, dura, falx, tentorium,
sinuses, vessels, pituitary, and a choroid plexus where there is none.

Tested by Testing/unit/phantom/anatomy/test_label_maps.py.
"""

from __future__ import annotations

from pathlib import Path

import numpy as np
from numpy.typing import NDArray
from scipy import ndimage

from gliomamri.imaging.boxes import bounding_box
from gliomamri.io.images import stem
from gliomamri.phantom.anatomy import label_table
from gliomamri.phantom.anatomy.anatomy import Anatomy
from gliomamri.phantom.anatomy.distances import signed_distance
from gliomamri.phantom.anatomy.draft import Draft
from gliomamri.phantom.anatomy.finish import finish
from gliomamri.phantom.anatomy.label_files import SOURCE_STEP, read_labels
from gliomamri.phantom.anatomy.landmarks import mni_affine
from gliomamri.phantom.anatomy.sampling import (
    at_points,
    centered_grid,
    points_of,
    symmetric_crop,
)
from gliomamri.phantom.anatomy.upsampling import upsample_labels
from gliomamri.phantom.fields import random_field
from gliomamri.phantom.tissues import BRAIN, Tissue

STEP = 0.5
"""mm, voxel edge of the tissue."""

_BELOW = 110
"""mm below the brain's middle at which a neck is cut off."""

_AROUND = 14
"""mm kept around a brain without a head."""

_FAT = 4.5
"""mm, mean thickness of the fat under the skin."""

_TABLE = 1.4
"""mm, mean thickness of the compact tables of the calvaria around its marrow."""

_VAULT = 10.0
"""mm above the brain's middle where the calvaria begins; the base of the skull is left as it is."""


def label_map_head(path: Path) -> Anatomy:
    """Return the head of a label map at 0.5 mm; about 4 s.

    Its middle (the head frame's origin) is the centroid of the brain (without spinal cord).

    Parameters
    ----------
    path
        Label map with FreeSurfer labels, any orientation and spacing.

    Raises
    ------
    UserError
        If the file cannot be read, is no label map, or has no cortex.
    """
    path = Path(path)
    labels, has_head = _cropped(read_labels(path))
    tissue = label_table.tissue_table()[labels]
    _settle_unknown(tissue)
    _part_septum(tissue, labels)
    _wall_sinuses(tissue)
    if has_head:
        _clean_surface(tissue)
        _lay_fat(tissue)
        _lay_diploe(tissue)
    left, right = (table[labels] for table in label_table.side_tables())
    brain = _brain(tissue, labels)
    plexus = tissue == Tissue.CHOROID_PLEXUS
    draft = Draft(
        name=stem(path),
        tissue=upsample_labels(tissue),
        step=STEP,
        brain=brain,
        left=left,
        right=right,
        hindbrain=(tissue == Tissue.CEREBELLAR_CORTEX) | (tissue == Tissue.CEREBELLAR_WHITE_MATTER),
        lateral=label_table.table_of(label_table.LATERAL_VENTRICLES)[labels] | plexus,
        source_step=SOURCE_STEP,
        from_mni=_affine(labels, brain),
        has_head=has_head,
        bone=(tissue == Tissue.CORTICAL_BONE) | (tissue == Tissue.MARROW) if has_head else None,
    )
    return finish(draft, plexus=np.count_nonzero(plexus) < 200)


def _cropped(labels: NDArray[np.uint16]) -> tuple[NDArray[np.uint16], bool]:
    """Cut to the head around the brain's centroid; tell whether there is skull and skin."""
    tissue = label_table.tissue_table()[labels]
    brain = _brain(tissue, labels)
    count = np.bincount(tissue.ravel(), minlength=256)
    has_head = min(count[Tissue.CORTICAL_BONE] + count[Tissue.MARROW], count[Tissue.SKIN]) > 1e4
    kept = tissue != Tissue.AIR if has_head else brain
    box = bounding_box(kept)
    margin = 2 if has_head else _AROUND
    profile = [brain.sum(axis=tuple(a for a in range(3) if a != axis)) for axis in range(3)]
    center = [round(float((np.arange(len(p)) * p).sum() / p.sum()) + 0.5) for p in profile]
    half = [max(c - b.start, b.stop - c) + margin for c, b in zip(center, box, strict=True)]
    half[0] = max(min(center[0] - box[0].start + margin, _BELOW), box[0].stop - center[0] + margin)
    return symmetric_crop(labels, tuple(center), tuple(half)), bool(has_head)


def _brain(tissue: NDArray[np.uint8], labels: NDArray[np.uint16]) -> NDArray[np.bool_]:
    inside = np.zeros(256, bool)
    inside[[*BRAIN, Tissue.VENTRICLE, Tissue.CHOROID_PLEXUS]] = True
    return inside[tissue] & (labels != label_table.SPINAL_CORD)


def _settle_unknown(tissue: NDArray[np.uint8]) -> None:
    """Give labels of no table the tissue of the nearest known voxel."""
    unknown = tissue == label_table.UNKNOWN
    if unknown.any():
        box = bounding_box(unknown, margin=10)
        part = tissue[box]
        near = ndimage.distance_transform_edt(unknown[box], return_distances=False, return_indices=True)
        part[...] = part[tuple(near)]


def _part_septum(tissue: NDArray[np.uint8], labels: NDArray[np.uint16]) -> None:
    """Turn plexus between the two lateral ventricles into septum (white matter) and its thin lining into fluid."""
    plexus = label_table.table_of(label_table.PLEXUS_OR_SEPTUM)[labels]
    if not plexus.any():
        return
    box = bounding_box(plexus, margin=4)
    part, labels, plexus = tissue[box], labels[box], plexus[box]
    reach = np.ones((1, 1, 7), bool)
    left, right = (ndimage.binary_dilation(labels == label, reach) for label in (4, 43))
    septum = plexus & left & right
    thick = ndimage.uniform_filter(plexus.astype(np.float32), 3) > 7.5 / 27
    part[plexus & ~thick] = Tissue.VENTRICLE
    part[septum] = Tissue.WHITE_MATTER


def _wall_sinuses(tissue: NDArray[np.uint8]) -> None:
    """Turn the outer voxel of thick veins, which such maps draw with their walls, into dura; thin ones stay."""
    vein = tissue == Tissue.VEIN
    if not vein.any():
        return
    box = bounding_box(vein, margin=3)
    part, vein = tissue[box], vein[box]
    lumen = ndimage.binary_erosion(vein)
    part[vein & ~lumen & ndimage.binary_dilation(lumen, iterations=2)] = Tissue.DURA


def _clean_surface(tissue: NDArray[np.uint8]) -> None:
    """Take away specks outside the skin and fill specks of air inside soft tissue."""
    full = tissue != Tissue.AIR
    share = ndimage.uniform_filter(full.astype(np.float32), 5)
    tissue[full & (share < 0.45)] = Tissue.AIR
    solid = tissue != Tissue.AIR
    parts, count = ndimage.label(solid)
    if count > 1:
        sizes = np.bincount(parts.ravel())
        sizes[0] = 0
        tissue[solid & (parts != sizes.argmax())] = Tissue.AIR


def _lay_fat(tissue: NDArray[np.uint8], seed: int = 11) -> None:
    """Turn soft tissue under the skin and behind the eyes into fat."""
    grid = centered_grid(tissue.shape, SOURCE_STEP)
    soft = tissue == Tissue.MUSCLE
    thickness = random_field(np.random.default_rng(seed), 25.0)
    lattice = centered_grid(tuple(n // 4 + 2 for n in tissue.shape), 4.0)
    values = np.float32(_FAT) * np.exp(np.float32(0.25) * thickness.at(lattice))
    from_skin = signed_distance(tissue == Tissue.SKIN, SOURCE_STEP)
    index = np.flatnonzero(soft & (from_skin < 3 * _FAT))
    points = points_of(grid, index)
    fat = from_skin.reshape(-1)[index] < at_points(values, 4.0, points)
    flat = tissue.reshape(-1)
    flat[index[fat]] = Tissue.FAT
    _lay_orbital_fat(tissue, soft)


def _lay_orbital_fat(tissue: NDArray[np.uint8], soft: NDArray[np.bool_]) -> None:
    """Fill the eyes, and turn soft tissue in a ball of 17 mm around a point 9 mm behind each eye into fat."""
    eye = tissue == Tissue.EYE
    middle = tissue.shape[2] // 2
    z, y, x = np.ogrid[tuple(slice(0, n) for n in tissue.shape)]
    for first, last in ((0, middle), (middle, tissue.shape[2])):
        where = np.argwhere(eye[:, :, first:last])
        if len(where):
            z0, y0, x0 = where.mean(0)
            x0 += first
            across = (z - z0) ** 2 + (x - x0) ** 2
            tissue[(across + (y - y0) ** 2 < 10**2) & (tissue == Tissue.AIR)] = Tissue.EYE
            tissue[(across + (y - y0 - 9) ** 2 < 17**2) & soft] = Tissue.FAT


def _lay_diploe(tissue: NDArray[np.uint8], seed: int = 12) -> None:
    """Turn the middle of the calvaria's bone into marrow, where it is thick enough for two compact tables."""
    grid = centered_grid(tissue.shape, SOURCE_STEP)
    vault = slice(int(np.searchsorted(grid.z, _VAULT)), None)
    part = tissue[vault]
    bone = np.isin(part, (Tissue.CORTICAL_BONE, Tissue.MARROW))
    depth = signed_distance(bone, SOURCE_STEP)
    lattice = centered_grid(tuple(n // 4 + 2 for n in tissue.shape), 4.0)
    table = np.float32(_TABLE) * np.exp(
        np.float32(0.3) * random_field(np.random.default_rng(seed), 18.0).at(lattice)
    )
    index = np.flatnonzero(bone & (depth < -np.float32(0.5 * _TABLE)))
    points = points_of(grid.slab(vault.start, len(grid.z)), index)
    deep = -depth.reshape(-1)[index] > at_points(table, 4.0, points)
    part.reshape(-1)[index[deep]] = Tissue.MARROW


def _affine(labels: NDArray[np.uint16], brain: NDArray[np.bool_]) -> NDArray[np.float64]:
    """Fit MNI coordinates to the centers of the structures."""
    box = bounding_box(brain)
    part = np.where(brain[box], labels[box], 0)
    part[part > 60] = 0
    counts = np.bincount(part.ravel(), minlength=61).astype(float)
    middle = [(n - 1) / 2 for n in labels.shape]
    found = [label for label in range(1, 61) if counts[label] > 50]
    sums = []
    for axis in range(3):
        # Sums along the axis cost less than a weight per voxel: count each label per slice.
        slices = np.moveaxis(part, axis, 0)
        per_slice = np.stack([np.bincount(one.ravel(), minlength=61) for one in slices])
        mean = np.arange(len(slices)) @ per_slice / np.maximum(counts, 1)
        sums.append((mean + box[axis].start - middle[axis]) * SOURCE_STEP)
    centers = {label: (sums[2][label], sums[1][label], sums[0][label]) for label in found}
    length = (box[1].stop - box[1].start) * SOURCE_STEP / 2
    return mni_affine(centers, length)
