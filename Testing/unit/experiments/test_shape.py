"""Shapes of known bodies."""

from __future__ import annotations

import numpy as np
import pytest

from gliomamri.experiments.phantom_realism.shape import (
    axis_ratio,
    mean_thickness,
    shape_measures,
    solidity,
    surface_area,
    surface_roughness,
)


def points(shape, spacing=(1, 1, 1)):
    return np.meshgrid(
        *[(np.arange(n) - (n - 1) / 2) * s for n, s in zip(shape, spacing, strict=True)], indexing="ij"
    )


@pytest.mark.parametrize("spacing", [(1, 1, 1), (2, 0.8, 1)])
def test_ball_has_roughness_one(spacing):
    z, y, x = points([int(50 / s) for s in spacing], spacing)
    ball = z**2 + y**2 + x**2 < 18**2

    assert surface_roughness(ball, spacing) == pytest.approx(1, abs=0.03)
    assert surface_area(ball, spacing) == pytest.approx(4 * np.pi * 18**2, rel=0.03)


def test_bumps_finer_than_the_scale_fade():
    z, y, x = points((60, 60, 60))
    bumpy = np.sqrt(z**2 + y**2 + x**2) < 18 + 4 * np.sin(x) * np.sin(y) * np.sin(z)

    assert surface_roughness(bumpy, (1, 1, 1), 1.0) > 1.08
    assert surface_roughness(bumpy, (1, 1, 1), 3.0) == pytest.approx(1, abs=0.05)


def test_axis_ratio_of_an_ellipsoid_on_thick_slices():
    z, y, x = points((20, 60, 40), (3, 1, 1))

    assert axis_ratio((z / 10) ** 2 + (y / 24) ** 2 + (x / 12) ** 2 < 1, (3, 1, 1)) == pytest.approx(
        2.4, rel=0.03
    )


def test_solidity_of_a_cube_and_of_an_l():
    cube = np.zeros((20, 20, 20), bool)
    cube[3:13, 3:13, 3:13] = True
    bent = cube.copy()
    bent[3:13, 3:8, 3:8] = False

    assert solidity(cube) == pytest.approx(1)
    assert solidity(bent) == pytest.approx(0.75 / 0.875)


@pytest.mark.parametrize("thickness", [1, 2, 3, 6])
def test_thickness_of_a_plate(thickness):
    plate = np.zeros((20, 40, 40), bool)
    plate[5 : 5 + thickness, 2:-2, 2:-2] = True

    assert mean_thickness(plate, (1, 1, 1)) == pytest.approx(thickness, rel=0.03)


def test_parts_of_a_case_are_measured(a_case):
    found = shape_measures(a_case)

    assert found["whole tumor volume"][0] == pytest.approx(4 / 3 * np.pi * 1.0, rel=0.03)
    assert found["core volume"][0] == pytest.approx(4 / 3 * np.pi * 0.216, rel=0.05)
    assert found["whole tumor components"][0] == 1
    assert "core solidity" not in found  # 0.9 ml
