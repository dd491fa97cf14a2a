"""A patient on a coarse oblique grid: maps before and after contrast agent, with infiltration beyond the annotation."""

from __future__ import annotations

from dataclasses import dataclass, field

import numpy as np
import SimpleITK as sitk
from scipy.spatial.transform import Rotation

from gliomamri.study import Segments
from unit.regions.symmetric_head import grid_of, head, image_of, points_of

TUMOR = ((30.0, 10.0, 8.0), 16.0)
HEALTHY_CHANGE, INFILTRATION = 0.04, 0.15
ERROR = 0.01


@dataclass
class SmallPatient:
    """What :func:`gliomamri.regions.analysis.analyze_regions` takes, and what is true."""

    maps: dict[str, sitk.Image]
    segments: tuple[Segments, ...]
    brain: sitk.Image
    tissue: dict[str, sitk.Image]
    grid: sitk.Image
    masks: dict[str, np.ndarray] = field(default_factory=dict)

    def arguments(self, **changes):
        """Give keyword arguments, some of them changed."""
        own = {"maps": self.maps, "segments": self.segments, "brain_mask": self.brain, "tissue": self.tissue}
        return {**own, "registration_error": 0.3, **changes}


def make_patient():
    grid = grid_of((66, 76, 24), (2.2, 2.3, 5.0), (6, -4, 9), (-75.0, -80.0, -50.0))
    turn, shift = (2, -3, 6), (2, 3, -2)
    middle = np.array(grid.TransformContinuousIndexToPhysicalPoint([(n - 1) / 2 for n in grid.GetSize()]))
    shift = np.array(shift) + middle
    values, mask, _ = head(grid, turn, shift, TUMOR)
    plain, _, (_, normal) = head(grid, turn, shift)
    generator = np.random.default_rng(9)

    frame = Rotation.from_euler("xyz", turn, degrees=True).as_matrix()
    center = frame @ np.array(TUMOR[0]) + shift
    radius = np.linalg.norm(points_of(grid) - center, axis=-1)
    tumor = radius < TUMOR[1]
    change = HEALTHY_CHANGE + np.where(
        radius < 40, INFILTRATION * np.exp(-(np.maximum(radius - 16, 0)) / 6), 0
    )
    change[tumor] = 0.6
    change[values < 0.3] = 0.0
    pre = values + ERROR * generator.standard_normal(values.shape)
    post = values + change + ERROR * generator.standard_normal(values.shape)
    error = np.where(mask, ERROR, 0).astype(np.float32)
    T2 = np.where(mask, 80 + 2 * generator.standard_normal(values.shape), 0)
    arrays = {
        "T1map": np.where(mask, 1000 / np.maximum(pre, 0.1), 0),
        "ceT1map": np.where(mask, 1000 / np.maximum(post, 0.1), 0),
        "T2map": T2,
        "ceT2map": T2 * (1 - 0.01 * generator.random(values.shape)),
        "PDmap": np.where(mask, 75 + generator.standard_normal(values.shape), 0),
        "R1error": error,
        "ceR1error": error,
    }
    csf = mask & (values < 0.35)
    gm = mask & (np.abs(values - 0.7) < 1e-3)
    wm = mask & ~csf & ~gm & ~tumor
    label = image_of(tumor.astype(np.uint8) + 2 * (tumor & (radius < 5)), grid)
    return SmallPatient(
        {role: image_of(a.astype(np.float32), grid) for role, a in arrays.items()},
        (Segments(label, {1: "tumor", 3: "necrosis"}),),
        image_of(mask.astype(np.uint8), grid),
        {name: image_of(m.astype(np.float32), grid) for name, m in {"WM": wm, "GM": gm, "CSF": csf}.items()},
        grid,
        {"tumor": tumor & (radius >= 5), "brain": mask, "radius": radius, "plain": plain, "normal": normal},
    )
