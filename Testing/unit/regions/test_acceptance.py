"""A simulated patient with infiltration beyond the annotation: what the z-score and the shells say of it.

Truth maps with noise, the later ones moved by a known small rigid motion and interpolated.
"""

from __future__ import annotations

import numpy as np
import pytest
import SimpleITK as sitk
from scipy import ndimage, stats

from gliomamri.phantom.patient import simulate_patient
from gliomamri.phantom.settings import Settings as PhantomSettings
from gliomamri.phantom.tissues import FLUIDS, GRAY_MATTER, WHITE_MATTER, Tissue
from gliomamri.regions.analysis import analyze_regions
from gliomamri.regions.settings import Settings
from gliomamri.study import Segments

NOISE = 0.013
"""Relative standard error of R1."""
ENHANCING_HEALTHY = (
    Tissue.VEIN, Tissue.ARTERY, Tissue.DURA, Tissue.FALX, Tissue.CHOROID_PLEXUS, Tissue.PITUITARY,
)  # fmt: skip
VESSEL_CHANGE = 0.15
"""1/s; a tenth of the change of blood: a voxel whose true change is larger holds a piece of vessel."""

pytestmark = pytest.mark.slow


def array(image):
    return sitk.GetArrayFromImage(image)


def image_like(values, grid, kind=np.float32):
    image = sitk.GetImageFromArray(values.astype(kind))
    image.CopyInformation(grid)
    return image


def rate(times):
    return np.where(times > 0, 1000 / np.maximum(times, 1), 0)


class Patient:
    """Truth, measured maps, tissue fractions and the true registration error of one simulated patient."""

    def __init__(self, seed):
        self.truth = simulate_patient(
            PhantomSettings(
                kind="high-grade-glioma", artifacts="off", field_strength=3.0,
                matrix=(80.0, 96.0, 80.0), spacing=(2.0, 2.0, 2.0),
            ),
            seed,
        ).truth  # fmt: skip
        self.grid = self.truth.annotation
        self.brain = array(self.truth.brain_mask) > 0
        self.tissue = array(self.truth.tissue)
        self.R1, self.ceR1 = (rate(array(self.truth.maps[role])) for role in ("T1map", "ceT1map"))
        motion = sitk.Euler3DTransform()
        motion.SetRotation(*np.radians((0.2, -0.3, 0.3)))
        motion.SetTranslation((0.3, -0.4, 0.2))
        moved = sitk.Resample(image_like(self.ceR1, self.grid), self.grid, motion, sitk.sitkBSpline, 0.0)
        self.maps = self._measured(array(moved), np.random.default_rng(seed))
        places = [
            self.grid.TransformIndexToPhysicalPoint(i[::-1].tolist()) for i in np.argwhere(self.brain)[::101]
        ]
        lengths = [np.linalg.norm(np.subtract(motion.TransformPoint(p), p)) for p in places]
        self.registration_error = float(np.sqrt(np.mean(np.square(lengths))))

    def _measured(self, later, generator):
        maps = {}
        for prefix, values in (("", self.R1), ("ce", later)):
            error = NOISE * np.maximum(values, 0.2)
            noisy = np.maximum(values + error * generator.standard_normal(values.shape), 0.02)
            maps[f"{prefix}T1map"] = image_like(np.where(self.brain, 1000 / noisy, 0), self.grid)
            maps[f"{prefix}R1error"] = image_like(np.where(self.brain, error, 0), self.grid)
        return maps

    def fractions(self):
        groups = {"WM": WHITE_MATTER, "GM": GRAY_MATTER, "CSF": FLUIDS}
        found = {
            name: ndimage.gaussian_filter(np.isin(self.tissue, members).astype(np.float32), 0.3)
            for name, members in groups.items()
        }
        total = np.maximum(sum(found.values()), 1e-3)
        return {name: image_like(own / total, self.grid) for name, own in found.items()}

    def healthy(self):
        """Brain without lesion part, infiltration, vessel, dura or plexus, also not as a piece of a voxel."""
        enhancing = np.isin(self.tissue, ENHANCING_HEALTHY)
        beside = ndimage.binary_dilation(enhancing, np.ones((3, 3, 3)))
        clean = (array(self.truth.parts) == 0) & (array(self.truth.maps["infiltration"]) < 0.01) & ~beside
        return self.brain & clean & (self.ceR1 - self.R1 < VESSEL_CHANGE)


@pytest.fixture(scope="module", params=[1, 3])
def analyzed(request):
    pytest.importorskip("nilearn")
    patient = Patient(request.param)
    segments = (Segments(sitk.Cast(patient.grid, sitk.sitkUInt8), {1: "tumor core"}),)
    result = analyze_regions(
        patient.maps,
        segments,
        patient.truth.brain_mask,
        patient.fractions(),
        patient.registration_error,
        Settings(bootstrap_samples=500),
    )
    return patient, result


def test_false_positives_in_healthy_tissue_are_at_most_nominal_plus_one_point(analyzed):
    patient, result = analyzed
    z = array(next(m.image for m in result.maps if m.name == "dR1_z"))
    valid = array(next(m.image for m in result.maps if m.name == "dR1_valid")) > 0

    found = z[patient.healthy() & valid]

    assert found.size > 50_000
    for nominal in (0.05, 0.01):
        assert (found > stats.norm.isf(nominal)).mean() <= nominal + 0.01


def test_infiltration_shows_in_the_shells_and_the_mirror_does_not(analyzed):
    _, result = analyzed
    for name in ("dR1_regions", "dR1_z_regions"):
        table = next(table for table in result.tables if table.name == name)
        row = {n: {c: v[i] for c, v in table.columns.items()} for i, n in enumerate(table.columns["region"])}
        assert row["shell 0-5 mm"]["mirror delta low"] > 0
    # z knows the mixture of tissues, which the shell and its mirror need not share
    assert row["shell 0-5 mm"]["median low"] > 0
    assert abs(row["mirror of shell 0-5 mm"]["median"]) < 0.3


def test_enhancing_tumor_is_significant_and_healthy_tissue_is_not(analyzed):
    patient, result = analyzed
    label = (
        array(next(label.segments.image for label in result.labels if label.name == "dR1_significant")) > 0
    )

    enhancing = (array(patient.truth.labels) == 4) & patient.brain
    assert label[enhancing].mean() > 0.7
    assert label[patient.healthy()].mean() < 0.01
