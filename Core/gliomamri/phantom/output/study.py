"""A simulated patient as the study that a reader of files would give: images, series, an expert's annotation.

An expert outlines the tumor on one of the images, so the annotation lies where the head lay during that series.

Called by the demo and by tests; tested by Testing/unit/phantom/output/test_study.py.
"""

from __future__ import annotations

import numpy as np
import SimpleITK as sitk

from gliomamri.phantom.output.products import TUMOR_COLORS, TUMOR_LABELS
from gliomamri.phantom.patient import SimulatedPatient
from gliomamri.roles import ROLES
from gliomamri.series import Series
from gliomamri.study import Segments, Study

ANNOTATION = "annotation"


def to_study(patient: SimulatedPatient, annotated_on: str = "ceT1w") -> Study:
    """Give what was acquired of a patient, and the annotation.

    Parameters
    ----------
    patient : SimulatedPatient
    annotated_on : str
        Role of the image on whose grid the tumor core is outlined; "" leaves the annotation out.

    Raises
    ------
    KeyError
        If the patient has no such image.
    """
    images, series = {}, {}
    for one in patient.series:
        if ROLES[one.role].is_series:
            series[one.role] = Series(one.images, one.parameters, one.signed)
        else:
            images[one.role] = one.images[0]
    segments = ()
    if annotated_on:
        segments = (annotation_on(patient, annotated_on),)
    return Study(images, series, segments)


def annotation_on(patient: SimulatedPatient, role: str) -> Segments:
    """Outline the tumor core on the image or series of a role: where more than half of a voxel is tumor core."""
    grid = {one.role: one.images[0] for one in patient.series}[role]
    moved = patient.truth.transforms.get(role)
    to_truth = sitk.AffineTransform(3)
    if moved is not None:
        back = np.linalg.inv(np.asarray(moved))
        to_truth.SetMatrix(back[:3, :3].ravel().tolist())
        to_truth.SetTranslation(back[:3, 3].tolist())
    share = sitk.Cast(patient.truth.annotation, sitk.sitkFloat32)
    drawn = sitk.Resample(share, grid, to_truth, sitk.sitkLinear, 0.0) > 0.5
    label, color = min(TUMOR_LABELS), TUMOR_COLORS[min(TUMOR_LABELS)]
    return Segments(sitk.Cast(drawn * label, sitk.sitkUInt8), {label: ANNOTATION}, {label: color})
