"""A simulated patient with raw MAGIC before and after contrast agent, and what is healthy of it.

Small grids keep a patient below a minute: a slab of 112 mm, voxels of 1.9 x 1.8 x 4 mm. Images lie as acquired:
oblique, moved between series, each with its own noise, window on k-space, coil profile and B1.

Called by :mod:`gliomamri.experiments.change_map.rates` and its command; tested by
Testing/unit/experiments/test_change_map.py.
"""

from __future__ import annotations

from dataclasses import dataclass, replace

import numpy as np
import SimpleITK as sitk
from numpy.typing import NDArray
from scipy import ndimage

from gliomamri.imaging.geometry import image_on
from gliomamri.phantom.draw import draw_patient
from gliomamri.phantom.grid import Grid
from gliomamri.phantom.output.study import to_study
from gliomamri.phantom.patient import simulate_patient
from gliomamri.phantom.settings import Settings
from gliomamri.phantom.tissues import BRAIN, FLUIDS, Tissue
from gliomamri.phantom.truth import map_arrays
from gliomamri.phantom.voxels import AMOUNTS
from gliomamri.study import Study

PRESETS = ("standard", "shifted")

MATRIX, SPACING = (92.0, 112.0, 28.0), (1.9, 1.8, 4.0)
"""Voxels and mm along x, y, z [our choice]."""

ENHANCING_HEALTHY = (
    Tissue.VEIN, Tissue.ARTERY, Tissue.DURA, Tissue.FALX, Tissue.CHOROID_PLEXUS, Tissue.PITUITARY,
)  # fmt: skip
"""Healthy tissues that take up agent, or hold it in blood, as brain does not."""

_REFERENCE = "ceT1w"
_LEAST_VESSEL = 0.01
"""1/s that vessels may add to a voxel's R1 and it still counts as without them: too little to be measured."""
_LEAST_INFILTRATION = 0.01
_BLUR = (0.25, 0.5, 0.25)
"""Of interpolation half a voxel off, twice."""


@dataclass(frozen=True)
class Case:
    """A simulated patient.

    Attributes
    ----------
    name : str
    study : Study
        Raw MAGIC before and after contrast agent, ceT1w, the annotation on it.
    without_vessels, by_label : SimpleITK.Image
        Healthy tissue of the brain on the grid of the truth: without any enhancement by vessels, dura or plexus; and
        all that is labeled brain or CSF, with the vessels in it.
    change : SimpleITK.Image
        True dR1 on the grid of the truth, 1/s.
    to_truth : SimpleITK.AffineTransform
        From points of the reference (ceT1w) to those of the truth, mm, LPS.
    """

    name: str
    study: Study
    without_vessels: sitk.Image
    by_label: sitk.Image
    change: sitk.Image
    to_truth: sitk.AffineTransform

    def on(self, mask: sitk.Image, grid: sitk.Image) -> NDArray[np.bool_]:
        """Bring a mask of the truth to a grid on which the reference lies."""
        moved = sitk.Resample(mask, grid, self.to_truth, sitk.sitkNearestNeighbor, 0.0)
        return sitk.GetArrayFromImage(moved) > 0

    def true_change_on(self, grid: sitk.Image) -> NDArray[np.float32]:
        """Bring the true dR1 (1/s) to a grid on which the reference lies."""
        return sitk.GetArrayFromImage(sitk.Resample(self.change, grid, self.to_truth, sitk.sitkLinear, 0.0))


def make_case(preset: str, seed: int, **changes: object) -> Case:
    """Simulate a patient with a high-grade glioma of 30 ml.

    Parameters
    ----------
    preset : {"standard", "shifted"}
    seed : int
    **changes
        Settings of the phantom to change.
    """
    given = {"matrix": MATRIX, "spacing": SPACING, "core_volume": 30.0, **changes}
    settings = Settings(
        kind="high-grade-glioma",
        preset=preset,
        field_strength=3.0,
        magic=True,
        geometry="acquired",
        slice_thickness="off",
        **given,
    )
    patient = simulate_patient(settings, seed)
    truth = patient.truth
    tissue, parts, infiltration = (
        sitk.GetArrayViewFromImage(image) for image in (truth.tissue, truth.parts, truth.maps["infiltration"])
    )
    brain = sitk.GetArrayViewFromImage(truth.brain_mask) > 0
    sound = brain & (parts == 0) & (infiltration < _LEAST_INFILTRATION)
    free = sound & ~np.isin(tissue, ENHANCING_HEALTHY) & (vessel_change(settings, seed) < _LEAST_VESSEL)
    labeled = sound & np.isin(tissue, (*BRAIN, *FLUIDS))
    before, after = (_rate(sitk.GetArrayViewFromImage(truth.maps[role])) for role in ("T1map", "ceT1map"))
    study = to_study(patient, _REFERENCE)
    moved = np.linalg.inv(np.asarray(truth.transforms.get(_REFERENCE, np.eye(4))))
    to_truth = sitk.AffineTransform(3)
    to_truth.SetMatrix(moved[:3, :3].ravel().tolist())
    to_truth.SetTranslation(moved[:3, 3].tolist())
    return Case(
        f"{preset} {seed}",
        replace(study, images={_REFERENCE: study.images[_REFERENCE]}),
        image_on(free.astype(np.uint8), truth.tissue),
        image_on(labeled.astype(np.uint8), truth.tissue),
        image_on((after - before).astype(np.float32), truth.tissue),
        to_truth,
    )


def vessel_change(settings: Settings, seed: int) -> NDArray[np.float32]:
    """Return what vessels, dura and plexus add to the change of R1 of each voxel and its neighbors, 1/s, (z, y, x).

    The patient is drawn once more, without agent in these tissues; the difference is blurred as interpolation does.
    """
    drawn = draw_patient(settings, seed)
    table = drawn.head.contents.table.copy()
    for name in ("tissue_agent", "blood_agent"):
        table[1 + AMOUNTS.index(name), list(ENHANCING_HEALTHY)] = 0
    bare = replace(drawn.head, contents=replace(drawn.head.contents, table=table))
    grid = Grid.centered(settings.shape, tuple(reversed(settings.spacing)))
    with_agent, without = (
        map_arrays(drawn, head.voxels(grid), grid)["ceT1map"] for head in (drawn.head, bare)
    )
    change = _rate(with_agent) - _rate(without)
    for axis in range(3):
        change = ndimage.convolve1d(change, _BLUR, axis=axis, mode="nearest")
    return change.astype(np.float32)


def _rate(times: NDArray) -> NDArray:
    return np.divide(1000.0, times, out=np.zeros(times.shape), where=times > 0)
