"""Fits the slice views to a sample patient."""

from __future__ import annotations

import slicer

from gliomamri_slicer.simulated_patient import PatientNodes, jumpToLesion


def fitToPatient(patient: PatientNodes) -> None:
    """Fit the slice views to the shown image and move them to the lesion; without views only the latter."""
    if slicer.app.layoutManager() is not None:
        slicer.util.resetSliceViews()
    jumpToLesion(patient)
