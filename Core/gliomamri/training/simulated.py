"""Simulated patients as training examples: conventional images, and maps before and after contrast agent.

Called by :mod:`gliomamri.training.pool` and :mod:`gliomamri.training.cases`; tested by
Testing/unit/training/test_simulated.py.
"""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import SimpleITK as sitk
from numpy.typing import NDArray

from gliomamri.imaging.channels import channel
from gliomamri.phantom.patient import SimulatedPatient, simulate_patient
from gliomamri.phantom.settings import Settings
from gliomamri.phantom.streams import Streams
from gliomamri.threads import one_blas_thread
from gliomamri.training.configurations import CONTRAST_ENHANCED, CONVENTIONAL, QUANTITATIVE
from gliomamri.training.example import CLASSES, Example
from gliomamri.training.fitted_maps import as_fitted, draw_flaws

SHARES: dict[str, float] = {
    "glioma": 0.72,
    "resection-cavity": 0.05,
    "metastases": 0.05,
    "meningioma": 0.03,
    "multiple-sclerosis": 0.04,
    "white-matter-hyperintensities": 0.05,
    "healthy": 0.06,
}
"""Kinds of patients trained on [our choice]: mostly gliomas, and what must not be taken for one."""

VOXEL_SIZE = 1.5
"""mm; edges between structures of the brain are 1 to 2 voxels wide in clinical images."""
_EXTENT = (192.0, 216.0, 168.0)
_FINEST = 0.7
"""Smallest acquired voxel in voxels of the example: k-space windows down to 0.7 of it still cut what they cut."""


def training_settings(
    anatomy: str = "", *, preset: str = "standard", voxel_size: float = VOXEL_SIZE
) -> Settings:
    """Return the settings that all training patients share.

    Parameters
    ----------
    anatomy
        Folder of label maps, or empty for the built-in head.
    preset
        ``standard``, or ``shifted`` for tests.
    voxel_size
        mm.
    """
    x, y, z = (float(round(edge / voxel_size / 2) * 2) for edge in _EXTENT)
    return Settings(
        preset=preset, anatomy=anatomy, matrix=(x, y, z), spacing=(voxel_size,) * 3, truth_maps=True
    )


def kind_of(seed: int, shares: dict[str, float] | None = None) -> str:
    """Return the kind of patient that a seed stands for."""
    shares = SHARES if shares is None else shares
    kinds, weights = list(shares), np.array(list(shares.values()), float)
    return str(Streams(seed).generator("kind").choice(kinds, p=weights / weights.sum()))


def simulated_example(settings: Settings, seed: int, *, maps: bool = True) -> Example:
    """Simulate one patient as a training example.

    Parameters
    ----------
    settings
        As :func:`training_settings` gives them; the kind is drawn from the seed (:func:`kind_of`).
    seed
        Of everything.
    maps
        Also T1, T2 and PD before and after contrast agent, with the flaws of fitted maps.

    Raises
    ------
    UserError
        If the anatomy cannot be read.
    """
    kind = kind_of(seed)
    settings = replace(settings, kind=kind, truth_maps=maps)
    patient = simulate_patient(settings, seed, finest=_FINEST * settings.spacing[0])
    brain = sitk.GetArrayFromImage(patient.truth.given_mask) > 0
    voxel_size = settings.spacing[0]
    images = {one.role: sitk.GetArrayFromImage(one.images[0]) for one in patient.series}
    if maps:
        images |= flawed_maps(patient, voxel_size)
    roles = tuple(role for role in (*CONVENTIONAL, *QUANTITATIVE, *CONTRAST_ENHANCED) if role in images)
    channels = np.stack([channel(role, images[role], brain).astype(np.float16) for role in roles])
    labels = sitk.GetArrayFromImage(patient.truth.labels)
    classes = np.searchsorted(CLASSES, labels).astype(np.uint8)
    made = Example(f"simulated-{seed}", kind, roles, channels, np.where(brain, classes, 0), brain, voxel_size)
    return made.cut_to_brain()


def flawed_maps(patient: SimulatedPatient, voxel_size: float) -> dict[str, NDArray[np.float32]]:
    """Return the patient's maps before and after contrast agent, with the flaws of fitted ones, (z, y, x) by role.

    Parameters
    ----------
    patient
        Simulated with true maps.
    voxel_size
        mm.
    """
    truth = {name: sitk.GetArrayFromImage(image) for name, image in patient.truth.maps.items()}
    truth["cePDmap"] = truth["PDmap"]
    generator = Streams(patient.seed).generator("fitted maps")
    before = draw_flaws(generator)
    # One scanner, one protocol: thickness and noise are the same after contrast agent.
    after = replace(before, shift=draw_flaws(generator).shift)
    made: dict[str, NDArray[np.float32]] = {}
    for names, flaws in ((QUANTITATIVE, before), (CONTRAST_ENHANCED, after)):
        with one_blas_thread():
            made |= as_fitted({name: truth[name] for name in names}, flaws, voxel_size, generator)
    return made
