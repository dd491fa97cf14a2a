"""Real patients, or any of a BIDS data set, as training examples.

All images of a patient and the annotation lie on one grid (``gliomamri run prepare`` sees to it); they are brought to
isotropic voxels by the same steps as when a network is used.

Called by :mod:`gliomamri.training.cohort`; tested by Testing/unit/training/test_real.py.
"""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

import numpy as np
import SimpleITK as sitk
from numpy.typing import NDArray

from gliomamri.errors import UserError
from gliomamri.imaging.channels import channel
from gliomamri.imaging.geometry import describe_difference, image_on
from gliomamri.imaging.prepare import prepare_study
from gliomamri.imaging.settings import Settings as PrepareSettings
from gliomamri.io.studies import read_study
from gliomamri.study import Segments, Study
from gliomamri.training.configurations import Configuration
from gliomamri.training.example import CLASSES, Example

_KIND = "real"
_ENHANCING_NOW = 3
"""Value of enhancing tumor in BraTS files since 2023; 4 before."""


def patient_example(folder: Path, configuration: Configuration, voxel_size: float) -> Example:
    """Read a patient's folder as an example.

    Parameters
    ----------
    folder : pathlib.Path
        BIDS subject, or any folder that :func:`gliomamri.io.studies.read_study` reads.
    configuration : Configuration
        Images that are needed.
    voxel_size : float
        mm.

    Raises
    ------
    UserError
        Naming the folder, if images or the annotation are missing, lie on several grids, or cannot be read.
    """
    try:
        study = read_study(folder, roles=(*configuration.roles, "brain_mask", "segmentation"))
        return study_example(study, folder.name, configuration, voxel_size)
    except UserError as error:
        raise UserError(f"{folder.name}: {error.sentence}", error.details) from error


def study_example(study: Study, name: str, configuration: Configuration, voxel_size: float) -> Example:
    """Turn a study into an example named ``name``; see :func:`patient_example`."""
    lacking = configuration.missing_sentence(study.roles)
    if lacking:
        raise UserError(lacking)
    if not study.segments:
        raise UserError(
            "There is no segmentation of the tumor to learn from; add one, empty where there is no tumor."
        )
    _check_grid(study)
    settings = PrepareSettings(registration="off", spacing=voxel_size)
    prepared = prepare_study(study, settings)
    mask = prepared.brain_mask.image if prepared.brain_mask is not None else None
    if mask is None or not sitk.GetArrayViewFromImage(mask).any():
        raise UserError("No brain was found in the images; add a brain mask.")
    brain = _array(mask) > 0
    roles = tuple(role for role in configuration.roles if role in prepared.study.images)
    channels = np.stack([channel(role, _array(prepared.study.images[role]), brain) for role in roles])
    classes = np.where(brain, tumor_classes(prepared.study.segments), 0).astype(np.uint8)
    return Example(name, _KIND, roles, channels.astype(np.float16), classes, brain, voxel_size).cut_to_brain()


def tumor_classes(segments: Sequence[Segments]) -> NDArray[np.uint8]:
    """Return the class of each voxel of an annotation, (z, y, x) in LPS; see :func:`brats_labels`."""
    labels = brats_labels(segments)
    return np.searchsorted(CLASSES, _array(image_on(labels, segments[0].image))).astype(np.uint8)


def brats_labels(segments: Sequence[Segments]) -> NDArray[np.uint8]:
    """Return the labels of BraTS of an annotation, (z, y, x) on its own grid.

    Labels are 1 (necrotic and non-enhancing core), 2 (edema) and 4, or 3, (enhancing). An annotation of one region
    with the value 1 is the core, as in paper 000.

    Raises
    ------
    UserError
        If there are several layers or other labels.
    """
    if len(segments) != 1:
        raise UserError(
            "The segmentation has regions that overlap; give one label map with the values 1, 2 and 4."
        )
    labels = sitk.GetArrayFromImage(segments[0].image)
    values = set(np.unique(labels).tolist())
    if _ENHANCING_NOW in values and 4 not in values:
        labels = np.where(labels == _ENHANCING_NOW, 4, labels)
        values = values - {_ENHANCING_NOW} | {4}
    if not values <= set(CLASSES):
        raise UserError(
            "The segmentation has other labels than 1 (core), 2 (edema) and 4 (enhancing); change its values.",
            f"values {sorted(values)}",
        )
    return labels.astype(np.uint8)


def _check_grid(study: Study) -> None:
    images = {**study.images, **{f"segmentation {n}": one.image for n, one in enumerate(study.segments)}}
    first = next(iter(study.images.values()))
    for role, image in images.items():
        difference = describe_difference(first, image)
        if difference:
            raise UserError(
                "The images and the segmentation do not lie on one grid; prepare them first ('gliomamri run prepare').",
                f"{role}: {difference}",
            )


def _array(image: sitk.Image) -> NDArray:
    return sitk.GetArrayFromImage(sitk.DICOMOrient(image, "LPS"))
