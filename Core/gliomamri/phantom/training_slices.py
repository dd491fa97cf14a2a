"""Slices for training on the fly: a run of neighboring slices of a fresh patient, without the rest of the head.

The same drawn patient, equations and flaws as the whole volume, on a grid of few slices; slices within a patient are
neighbors, so that a network may be given two or three at once (2.5-D). Seed by seed, patients are independent: give
each worker its own seeds.

Tested by Testing/unit/phantom/test_training_slices.py.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from gliomamri.phantom.artifacts.brain_mask import given_mask
from gliomamri.phantom.artifacts.noise import NoiseKey
from gliomamri.phantom.artifacts.pipeline import apply_artifacts
from gliomamri.phantom.draw import DrawnPatient, draw_patient
from gliomamri.phantom.grid import FloatArray, Grid
from gliomamri.phantom.lesions import Part
from gliomamri.phantom.lesions.labels import annotation, brats_labels
from gliomamri.phantom.sequences import Sequence
from gliomamri.phantom.settings import Settings
from gliomamri.phantom.slabs import one_blas_thread
from gliomamri.phantom.streams import Streams

_MARGIN = 9.0
"""mm rendered beyond both ends and cut off again, so that thick slices find their neighbors."""


@dataclass(frozen=True)
class TrainingSlices:
    """A run of axial slices of one patient.

    Attributes
    ----------
    images : array (slices, roles, y, x)
        float32, scanner units; 0 outside the given brain mask, and in all of a role that the patient lacks.
    roles : tuple of str
        Names along the second axis.
    labels : uint8 array (slices, y, x)
        BraTS convention.
    annotation : uint8 array (slices, y, x)
        Tumor core.
    infiltration : array (slices, y, x)
        Share of the voxel that is infiltrated, outside the annotation.
    brain : uint8 array (slices, y, x)
        Brain mask as given, with its errors.
    z : array (slices,)
        mm in the head frame.
    """

    images: FloatArray
    roles: tuple[str, ...]
    labels: NDArray[np.uint8]
    annotation: NDArray[np.uint8]
    infiltration: FloatArray
    brain: NDArray[np.uint8]
    z: FloatArray


def training_slices(
    settings: Settings, seed: int, *, count: int = 24, step: float = 2.0, tumor_share: float = 0.67
) -> TrainingSlices:
    """Simulate ``count`` neighboring axial slices of the patient with ``seed``.

    Parameters
    ----------
    settings
        As for whole patients; matrix and voxel size are taken in the plane only. Images with several frames (MAGIC,
        diffusion) are not offered here.
    seed
        Of the patient, and of where the slices lie.
    count
        Number of slices.
    step
        mm from slice to slice; each stands for a layer of this thickness, before its sequence's own thickness.
    tumor_share
        Probability that the run is centered on the tumor; else it lies anywhere in the brain.

    Raises
    ------
    UserError
        If the anatomy cannot be read.
    """
    with one_blas_thread():
        patient = draw_patient(settings, seed)
        grid, keep = _grid(patient, settings, count, step, tumor_share)
        return _rendered(patient, grid, keep)


def _grid(
    patient: DrawnPatient, settings: Settings, count: int, step: float, tumor_share: float
) -> tuple[Grid, slice]:
    """Where the slices lie, with the margin, and which of them to keep."""
    generator = Streams(patient.seed).generator("slices")
    on_tumor, anywhere, nearby = generator.random(), generator.uniform(-45, 60), generator.normal(0, 8)
    tumors = [lesion.plan for lesion in patient.lesions if lesion.plan.core_volume > 0.001]
    middle = tumors[-1].center[0] + nearby if tumors and on_tumor < tumor_share else anywhere
    margin = int(np.ceil(_MARGIN / step))
    _, height, width = settings.shape
    edge_x, edge_y, _ = settings.spacing
    grid = Grid.centered((count + 2 * margin, height, width), (step, edge_y, edge_x), (middle, 0.0, 0.0))
    return grid, slice(margin, margin + count)


def _rendered(patient: DrawnPatient, grid: Grid, keep: slice) -> TrainingSlices:
    examination, settings = patient.examination, patient.settings
    scans = {role: scan for role, scan in examination.scans.items() if isinstance(scan, Sequence)}
    voxels = patient.head.voxels(grid)
    ideal = examination.images(voxels, grid, [role for role in examination.roles if role in scans])
    white_matter = examination.white_matter_signal(patient.values)
    brain = given_mask(patient.head.hull.at(grid), grid, examination.mask_errors)
    images = np.zeros((grid.shape[0], len(scans), *grid.shape[1:]), np.float32)
    for place, (role, scan) in enumerate(scans.items()):
        if role not in ideal:
            continue
        # The number in the whole patient, so that the noise is the whole volume's.
        key = NoiseKey(patient.seed, list(examination.scans).index(role))
        image = apply_artifacts(
            ideal[role], grid, examination.artifacts[role], key, white_matter[role], signed=scan.signed
        )
        images[:, place] = np.where(brain, image, 0) if settings.skull_stripped else image
    zero = np.zeros(grid.shape, np.float32)
    return TrainingSlices(
        images=images[keep],
        roles=tuple(scans),
        labels=brats_labels(voxels.parts, grid.shape)[keep],
        annotation=annotation(voxels.parts, grid.shape).astype(np.uint8)[keep],
        infiltration=voxels.parts.get(Part.INFILTRATION, zero)[keep],
        brain=brain.astype(np.uint8)[keep],
        z=grid.z[keep],
    )
