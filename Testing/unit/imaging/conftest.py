"""A head known in closed form, seen by any contrast on any grid after any motion: nothing in it is interpolated."""

from __future__ import annotations

import numpy as np
import pytest
import SimpleITK as sitk
from scipy.spatial.transform import Rotation

CONTRASTS = {
    "T1w": (0.0, 300.0, 180.0, 240.0),
    "T2w": (0.0, 120.0, 200.0, 420.0),
    "FLAIR": (0.0, 150.0, 230.0, 60.0),
    "T1map": (0.0, 850.0, 1400.0, 3000.0),
}
"""Value of air, white matter, gray matter, fluid; T1w fluid is set below."""
CONTRASTS["T1w"] = (0.0, 300.0, 190.0, 70.0)

AXES = np.array([62.0, 78.0, 56.0])
"""mm, half axes of the brain."""


def rigid(angles=(0.0, 0.0, 0.0), shift=(0.0, 0.0, 0.0)):
    """4 x 4 matrix, degrees about x, y, z through the origin and mm."""
    matrix = np.eye(4)
    matrix[:3, :3] = Rotation.from_euler("xyz", angles, degrees=True).as_matrix()
    matrix[:3, 3] = shift
    return matrix


class ClosedFormHead:
    rigid = staticmethod(rigid)

    @staticmethod
    def grid(size=(56, 64, 48), spacing=(3.0, 3.0, 3.0), center=(0.0, 0.0, 0.0), angles=(0.0, 0.0, 0.0)):
        image = sitk.Image(list(size), sitk.sitkFloat32)
        axes = rigid(angles)[:3, :3]
        image.SetSpacing(list(spacing))
        image.SetDirection(axes.ravel().tolist())
        half = (np.array(size) - 1) / 2 * np.array(spacing)
        image.SetOrigin((np.array(center) - axes @ half).tolist())
        return image

    @staticmethod
    def tissue(points):
        """0 air, 1 white, 2 gray, 3 fluid at points (n, 3) of the head's own frame."""
        x, y, z = points.T
        depth = 1 - np.sqrt((x / AXES[0]) ** 2 + (y / AXES[1]) ** 2 + (z / AXES[2]) ** 2)
        folds = np.sin(x / 9 + np.sin(y / 13)) * np.cos(y / 11 + z / 17) + 0.6 * np.sin(z / 8 + x / 23 + 1)
        ventricle = ((x - 9) / 8) ** 2 + ((y + 6) / 27) ** 2 + ((z - 4) / 11) ** 2 < 1
        lump = np.linalg.norm(points - (28, -30, 18), axis=1) < 14  # makes the head asymmetric
        tissue = np.where(folds > 0.35, 2, 1)
        tissue[depth < 0.07] = 3
        tissue[ventricle] = 3
        tissue[lump] = 2
        tissue[depth < 0] = 0
        return tissue

    def image(self, contrast, grid, pose=None, noise=0.02, seed=0, parts=2):
        """The head after ``pose`` (head to scanner), averaged over ``parts`` points per voxel and axis."""
        pose = np.eye(4) if pose is None else pose
        back = np.linalg.inv(pose)
        levels = np.array(CONTRASTS[contrast])
        total = 0.0
        index = np.indices(grid.GetSize()).reshape(3, -1).T
        step = np.reshape(grid.GetDirection(), (3, 3)) * np.array(grid.GetSpacing())
        offsets = (np.arange(parts) + 0.5) / parts - 0.5
        for offset in np.stack(np.meshgrid(offsets, offsets, offsets), -1).reshape(-1, 3):
            points = (index + offset) @ step.T + np.array(grid.GetOrigin())
            total = total + levels[self.tissue(points @ back[:3, :3].T + back[:3, 3])]
        values = (total / parts**3).reshape(grid.GetSize()).T
        rng = np.random.default_rng(seed)
        noisy = np.where(
            values > 0, np.abs(values + noise * levels.max() * rng.standard_normal(values.shape)), 0
        )
        image = sitk.GetImageFromArray(noisy.astype(np.float32))
        image.CopyInformation(grid)
        return image

    @staticmethod
    def points(count=500):
        """Points of the brain in the head's frame."""
        return np.random.default_rng(5).normal(size=(4 * count, 3))[:count] * AXES / 2.5

    def error(self, matrix, truth):
        """Mean distance in mm over the brain between where two matrices lead."""
        p = self.points()
        return float(np.linalg.norm(p @ (matrix - truth)[:3, :3].T + (matrix - truth)[:3, 3], axis=1).mean())


@pytest.fixture(scope="session")
def head():
    return ClosedFormHead()
