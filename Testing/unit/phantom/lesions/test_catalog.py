from dataclasses import dataclass

import numpy as np
import pytest

from gliomamri.phantom.grid import Grid
from gliomamri.phantom.lesions import LesionPlan, Part
from gliomamri.phantom.lesions.catalog import catalog, list_pieces

GRID = Grid.centered((50, 60, 70), (1.5, 1.0, 0.8), (10.0, 0.0, -5.0))


def ellipsoid(center, axes, grid=GRID):
    z, y, x = np.meshgrid(*grid.axes, indexing="ij", sparse=True)
    return sum(((a - c) / r) ** 2 for a, c, r in zip((z, y, x), center, axes, strict=True)) < 1


@dataclass
class Painted:
    plan: LesionPlan
    shares: dict

    def weights(self, grid):
        assert grid is GRID
        return self.shares


def painted(kind, **parts):
    shares = {Part[name]: values.astype(np.float32) for name, values in parts.items()}
    return Painted(LesionPlan(kind, (0.0, 0.0, 0.0), 5.0), shares)


def test_center_axes_and_volumes_of_an_ellipsoid_with_edema():
    core = ellipsoid((12.0, 4.0, -9.0), (12.0, 8.0, 5.0))
    rim = core & ~ellipsoid((12.0, 4.0, -9.0), (9.0, 6.0, 3.0))
    whole = ellipsoid((12.0, 4.0, -9.0), (18.0, 14.0, 10.0))
    lesion = painted("high-grade glioma", ENHANCING=rim, NECROSIS=core & ~rim, EDEMA=whole & ~core)
    (entry,) = catalog([lesion], GRID)
    assert entry.center == pytest.approx((-9.0, 4.0, 12.0), abs=0.1)
    assert entry.axes == pytest.approx((24.0, 16.0, 10.0), rel=0.02)
    assert entry.long_axis > entry.short_axis
    ball = 4 / 3 * np.pi / 1000
    assert entry.core_volume == pytest.approx(ball * 12 * 8 * 5, rel=0.02)
    assert entry.edema_volume == pytest.approx(ball * (18 * 14 * 10 - 12 * 8 * 5), rel=0.02)
    assert entry.enhancing_volume == pytest.approx(ball * (12 * 8 * 5 - 9 * 6 * 3), rel=0.02)
    assert entry.enhancing
    assert entry.kind == "high-grade glioma"
    assert entry.voxels == core.sum()


def test_two_pieces_share_the_edema_by_nearness_and_crumbs_are_left_out():
    large, small = ellipsoid((0, -15, -5), (8, 8, 8)), ellipsoid((20, 15, -5), (4, 4, 4))
    wet = ellipsoid((20, 15, -5), (7, 7, 7)) & ~small
    crumb = np.zeros(GRID.shape, bool)
    crumb[-1, -1, -1] = True
    entries = list_pieces(
        "high-grade glioma",
        {Part.NON_ENHANCING: (large | small | crumb).astype(np.float32), Part.EDEMA: wet.astype(np.float32)},
        GRID,
    )
    assert len(entries) == 2
    by_size = sorted(entries, key=lambda entry: entry.core_volume)
    assert by_size[0].edema_volume == pytest.approx(wet.sum() * 1.2 / 1000, rel=1e-3)
    assert by_size[1].edema_volume == 0
    assert not any(entry.enhancing for entry in entries)


def test_a_later_lesion_takes_over_and_nothing_is_counted_twice():
    below = ellipsoid((12, 0, -5), (10, 10, 10))
    above = ellipsoid((12, 0, -5), (5, 5, 5))
    entries = catalog(
        [
            painted("white matter hyperintensity", WHITE_MATTER_LESION=below),
            painted("metastasis", ENHANCING=above),
        ],
        GRID,
    )
    assert [entry.kind for entry in entries] == ["white matter hyperintensity", "metastasis"]
    assert sum(entry.core_volume for entry in entries) == pytest.approx(below.sum() * 1.2 / 1000, rel=1e-3)


def test_nothing_there():
    assert catalog([], GRID) == []
    assert catalog([painted("metastasis")], GRID) == []
    assert list_pieces("metastasis", {Part.EDEMA: np.ones(GRID.shape, np.float32)}, GRID) == []
