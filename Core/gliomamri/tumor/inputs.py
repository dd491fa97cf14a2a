"""What a network is given of a patient: the images its model wants, on its grid, scaled as it was trained.

    study -> images registered, brain found (imaging/prepare.py) -> model's grid -> each image resampled once, from
    its own grid -> scaled over the brain -> channels, in the model's order

Called by the tasks ``segment`` and ``detect``; tested by Testing/unit/tumor/test_inputs.py.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np
import SimpleITK as sitk
from numpy.typing import NDArray

from gliomamri.errors import UserError
from gliomamri.imaging.acquisitions import MAPS
from gliomamri.imaging.channels import NORMALIZATION, channel
from gliomamri.imaging.geometry import same_grid
from gliomamri.imaging.normalization import normalize
from gliomamri.imaging.prepare import Prepared, prepare_study
from gliomamri.imaging.resampling import resample
from gliomamri.imaging.rigid import apply, index_to_physical, inverse, points_inside
from gliomamri.imaging.settings import Settings as PrepareSettings
from gliomamri.modelstore.metadata import ModelMetadata
from gliomamri.modelstore.parts import InputChannel
from gliomamri.roles import ROLES
from gliomamri.study import Segments, Study
from gliomamri.tasks import Progress, no_progress
from gliomamri.tumor.grids import NetworkGrid, network_grid
from gliomamri.tumor.validity import range_doubts, voxel_doubts

_LEAST_COVERED = 0.95
"""Share of the brain that an image has to show, else the user is told [our choice]."""
_FEWEST_BRAIN = 100


@dataclass(frozen=True)
class NetworkInput:
    """A patient as the network sees it, and what it takes to bring an answer back.

    Attributes
    ----------
    channels : float32 array (channels, slice, row, column)
        In the model's order; (channels, z, y, x) of a volume.
    brain : bool array (slice, row, column)
    fill : tuple of float
        Per channel, what lies beyond the images' border.
    grid : NetworkGrid
        Of the channels.
    reference : SimpleITK.Image
        The image on whose grid results are given.
    reference_role : str
    brain_mask : SimpleITK.Image
        UInt8, on the grid of the reference.
    segments : tuple of Segments
        The study's, on the grid of the reference.
    notes, warnings : tuple of str
    """

    channels: NDArray[np.float32]
    brain: NDArray[np.bool_]
    fill: tuple[float, ...]
    grid: NetworkGrid
    reference: sitk.Image
    reference_role: str
    brain_mask: sitk.Image
    segments: tuple[Segments, ...] = ()
    notes: tuple[str, ...] = ()
    warnings: tuple[str, ...] = ()


def network_input(study: Study, model: ModelMetadata, progress: Progress = no_progress) -> NetworkInput:
    """Make a network's input.

    Parameters
    ----------
    study : Study
        On any grids; images on different grids are registered.
    model : ModelMetadata
    progress : callable, optional
        Told how far it is; what it raises ends the work.

    Raises
    ------
    UserError
        If an image is not 3-D, shows nothing or is the same everywhere, or no brain is found.
    """
    used = {role: study.images[role] for role in model.roles if role in study.images}
    images, doubts = _finite(used)
    if "brain_mask" in study.images:
        images["brain_mask"] = study.images["brain_mask"]
    prepared = _prepare(Study(images, {}, study.segments), progress)
    brain_mask = _brain(prepared)
    reference = prepared.study.images[prepared.reference]
    grid = network_grid(reference, model.grid)
    brain = sitk.GetArrayFromImage(resample(brain_mask, grid.image, np.eye(4), "labels")) > 0
    if np.count_nonzero(brain) < _FEWEST_BRAIN:
        raise UserError("There is no brain on the images; check the images and the brain mask.")
    warnings = [*doubts, *prepared.warnings, *voxel_doubts(used, model)]
    made = np.empty((len(model.inputs), *brain.shape), np.float32)
    for place, wanted in enumerate(model.inputs):
        progress(0.8 + 0.2 * place / len(model.inputs), f"Scaling the {ROLES[wanted.role].title}")
        if wanted.role not in used:
            made[place] = wanted.missing_value
            continue
        matrix = prepared.move_of(wanted.role).matrix
        kind = "map" if wanted.role in MAPS else "image"
        image = resample(images[wanted.role], grid.image, matrix, kind)
        warnings += range_doubts(wanted, sitk.GetArrayViewFromImage(image)[brain])
        warnings += _coverage(wanted.role, brain_mask, images[wanted.role], matrix)
        made[place] = _scaled(wanted, image, brain, brain_only=model.brain_only)
    return NetworkInput(
        channels=made,
        brain=brain,
        fill=tuple(_fill(wanted, wanted.role in used) for wanted in model.inputs),
        grid=grid,
        reference=reference,
        reference_role=prepared.reference,
        brain_mask=brain_mask,
        segments=prepared.study.segments,
        notes=(*_what_was_done(prepared, model, used), *prepared.notes),
        warnings=tuple(dict.fromkeys(warnings)),
    )


def _finite(images: Mapping[str, sitk.Image]) -> tuple[dict[str, sitk.Image], list[str]]:
    """Return the images without values that are no numbers, and what to say of them."""
    made, doubts = {}, []
    for role, image in images.items():
        title = ROLES[role].title
        if image.GetDimension() != 3 or image.GetNumberOfComponentsPerPixel() != 1:
            raise UserError(f"The {title} is not a volume of single values; choose another image.")
        values = sitk.GetArrayViewFromImage(image)
        is_number = np.isfinite(values) if values.dtype.kind == "f" else np.ones((), bool)
        if not np.any((values != 0) & is_number):
            raise UserError(f"The {title} shows nothing; choose another image.")
        if not is_number.all():
            count = int(is_number.size - np.count_nonzero(is_number))
            doubts.append(f"The {title} has {count} voxels that are not numbers; they count as 0.")
            cleaned = sitk.GetImageFromArray(np.where(is_number, values, values.dtype.type(0)))
            cleaned.CopyInformation(image)
            image = cleaned
        made[role] = image
    return made, doubts


def _prepare(study: Study, progress: Progress) -> Prepared:
    images = [image for role, image in study.images.items() if role != "brain_mask"]
    together = all(same_grid(image, images[0]) for image in images)
    settings = PrepareSettings(registration="off" if together else "auto")
    return prepare_study(study, settings, lambda share, words: progress(0.8 * share, words))


def _brain(prepared: Prepared) -> sitk.Image:
    mask = prepared.brain_mask.image if prepared.brain_mask is not None else None
    if mask is None or not sitk.GetArrayViewFromImage(mask).any():
        raise UserError("No brain was found in the images; give a brain mask.")
    return mask


def _coverage(role: str, brain: sitk.Image, image: sitk.Image, matrix: NDArray[np.float64]) -> list[str]:
    """Say that an image does not show the whole brain."""
    index = apply(inverse(index_to_physical(image)) @ matrix, points_inside(brain))
    inside = np.all((index > -1) & (index < np.array(image.GetSize())), axis=1)
    if inside.mean() >= _LEAST_COVERED:
        return []
    return [f"The {ROLES[role].title} shows only {inside.mean():.0%} of the brain; the rest counts as 0."]


def _scaled(
    wanted: InputChannel, image: sitk.Image, brain: NDArray[np.bool_], *, brain_only: bool
) -> NDArray[np.float32]:
    values = sitk.GetArrayFromImage(image)
    if wanted.normalization == NORMALIZATION:
        return channel(wanted.role, values, brain)
    if brain_only:
        values = np.where(brain, values, np.float32(0))
    mask = sitk.GetImageFromArray(brain.astype(np.uint8))
    try:
        scaled = normalize(sitk.GetImageFromArray(values), mask, wanted.normalization)
    except UserError as error:
        raise UserError(f"The {ROLES[wanted.role].title}: {error.sentence}", error.details) from error
    return sitk.GetArrayFromImage(scaled)


def _fill(wanted: InputChannel, is_there: bool) -> float:
    if not is_there:
        return wanted.missing_value
    return -1.0 if wanted.normalization.endswith("percentiles") else 0.0


def _what_was_done(prepared: Prepared, model: ModelMetadata, used: Mapping[str, sitk.Image]) -> list[str]:
    titles = [ROLES[role].title for role in model.roles if role in used]
    said = [f"The model saw the {', '.join(titles)}."]
    absent = [ROLES[role].title for role in model.roles if role not in used]
    if absent:
        said.append(f"It did without the {', '.join(absent)}.")
    if prepared.brain_mask is not None and prepared.brain_mask.source != "given":
        source = {"support": "where the skull-stripped images are not 0", "found": "found in the images"}
        said.append(f"The brain is {source[prepared.brain_mask.source]}.")
    return said
