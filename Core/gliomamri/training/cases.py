"""Patients that a trained model is measured on, with what is true of them.

Called by :mod:`gliomamri.training.evaluation`; tested by Testing/unit/training/test_evaluation.py.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from pathlib import Path

import SimpleITK as sitk

from gliomamri.errors import UserError
from gliomamri.imaging.geometry import describe_difference, image_on
from gliomamri.io.studies import read_study
from gliomamri.jobs.cohort import find_subjects
from gliomamri.phantom.patient import simulate_patient
from gliomamri.phantom.settings import Settings
from gliomamri.study import Segments, Study
from gliomamri.training.configurations import CONTRAST_ENHANCED, QUANTITATIVE
from gliomamri.training.real import brats_labels
from gliomamri.training.simulated import flawed_maps, kind_of

FIRST_PATIENT = 1_000_000
"""Seed of the first simulated patient that models are measured on: none that trained one is as high."""

_NAMES = {1: "non-enhancing core", 2: "edema", 4: "enhancing tumor"}


@dataclass(frozen=True)
class Case:
    """One patient.

    Attributes
    ----------
    name, kind : str
    study : Study
        Images on one grid, and the true labels (1, 2, 4) as its only segments.
    """

    name: str
    kind: str
    study: Study


def dataset_cases(dataset: Path, roles: Sequence[str], subjects: Sequence[str] = ()) -> Iterator[Case]:
    """Read the patients of a BIDS data set, one after another.

    Raises
    ------
    UserError
        Naming the patient, if there is no segmentation, or images and segmentation do not lie on one grid.
    """
    for name in subjects or find_subjects(dataset):
        try:
            study = read_study(dataset / name, roles=(*roles, "brain_mask", "segmentation"))
            yield Case(name, "real", _with_truth(study))
        except UserError as error:
            raise UserError(f"{name}: {error.sentence}", error.details) from error


def simulated_cases(
    settings: Settings, roles: Sequence[str], patients: int, first: int = FIRST_PATIENT
) -> Iterator[Case]:
    """Simulate patients, one after another; maps are the true ones with the flaws of fitted maps."""
    maps = bool(set(roles) & {*QUANTITATIVE, *CONTRAST_ENHANCED})
    for seed in range(first, first + patients):
        kind = kind_of(seed)
        patient = simulate_patient(replace(settings, kind=kind, truth_maps=maps), seed)
        images = {one.role: one.images[0] for one in patient.series if one.role in roles}
        if maps:
            grid, brain = patient.truth.given_mask, sitk.GetArrayFromImage(patient.truth.given_mask) > 0
            made = flawed_maps(patient, settings.spacing[0])
            images |= {role: image_on(made[role] * brain, grid) for role in made if role in roles}
        images["brain_mask"] = sitk.Cast(patient.truth.given_mask > 0, sitk.sitkUInt8)
        truth = patient.truth.labels * images["brain_mask"]
        yield Case(f"simulated-{seed}", kind, Study(images, {}, (Segments(truth, _NAMES),)))


def _with_truth(study: Study) -> Study:
    if not study.segments:
        raise UserError("There is no segmentation of the tumor to compare with.")
    labels = brats_labels(study.segments)
    grid = study.segments[0].image
    for image in study.images.values():
        difference = describe_difference(grid, image)
        if difference:
            raise UserError(
                "The images and the segmentation do not lie on one grid; prepare them first ('gliomamri run prepare').",
                difference,
            )
    return Study(study.images, {}, (Segments(image_on(labels, grid), _NAMES),))
