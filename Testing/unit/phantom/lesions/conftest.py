"""A toy brain, asymmetric on purpose: white matter with a folded cortex, one lateral ventricle larger, a falx."""

import numpy as np
import pytest

from gliomamri.phantom.grid import Grid
from gliomamri.phantom.lesions import Terrain
from gliomamri.phantom.tissues import Tissue

SEMI_AXES = (55.0, 78.0, 62.0)
STEP = 2.0


def ellipsoid(z, y, x, center, axes):
    return np.sqrt(sum(((a - c) / r) ** 2 for a, c, r in zip((z, y, x), center, axes, strict=True)))


@pytest.fixture(scope="session")
def terrain():
    axes = [np.arange(-half - 14, half + 14, STEP, dtype=np.float32) for half in SEMI_AXES]
    grid = Grid(*axes)
    z, y, x = np.meshgrid(*axes, indexing="ij", sparse=True)
    inside = ellipsoid(z, y, x, (0, 0, 0), SEMI_AXES)
    hull = ((inside - 1) * min(SEMI_AXES)).astype(np.float32)
    fold = 3 * np.sin(x / 4.5) * np.sin(y / 5.5) * np.cos(z / 5)
    tissue = np.full(hull.shape, Tissue.AIR, np.uint8)
    tissue[hull < 3] = Tissue.DURA
    tissue[hull < 0] = Tissue.CSF
    tissue[hull < -2] = Tissue.CORTEX
    tissue[hull + fold < -9] = Tissue.WHITE_MATTER
    ventricles = np.minimum(
        ellipsoid(z, y, x, (4, 4, 11), (9, 30, 7)), ellipsoid(z, y, x, (4, 4, -11), (8, 26, 5))
    )
    tissue[ventricles < 1] = Tissue.VENTRICLE
    tissue[(np.abs(x + 0 * y + 0 * z) < 1.5) & (z > 16) & (hull < 0)] = Tissue.FALX
    tissue[(ellipsoid(z, y, x, (-34, 30, 0), (14, 16, 12)) < 1) & (hull < -4)] = Tissue.BRAINSTEM
    distance = (np.maximum(ventricles - 1, 0) * 7).astype(np.float32)
    return Terrain(grid, tissue, hull, distance)


@pytest.fixture(scope="session")
def tissue_at(terrain):
    """The toy brain's tissue at the points of any grid."""

    def look_up(grid):
        index = [
            np.clip(np.rint((axis - own[0]) / STEP).astype(int), 0, len(own) - 1)
            for axis, own in zip(grid.axes, terrain.grid.axes, strict=True)
        ]
        return terrain.tissue[np.ix_(*index)]

    return look_up


@pytest.fixture(scope="session")
def head_grid():
    """Anisotropic and unequal along each axis, and not centered."""
    return Grid.centered((58, 84, 70), (2.0, 1.9, 1.8), (1.0, -2.0, 0.5))
