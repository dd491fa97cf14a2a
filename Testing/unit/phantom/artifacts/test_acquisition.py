"""Slices, voxels and interpolation as matrices."""

from __future__ import annotations

from types import SimpleNamespace

import numpy as np
import pytest

from gliomamri.phantom.artifacts.acquisition import (
    divided_positions,
    draw_acquisitions,
    interpolation_matrix,
    multiply_axes,
    profile_matrix,
    slice_positions,
)
from gliomamri.phantom.artifacts.severity import CLINICAL, HARD

Z = np.arange(-60, 61, dtype=np.float32)


@pytest.mark.parametrize("gaussian", [False, True])
def test_rows_sum_to_one_also_beyond_the_ends(gaussian):
    slices = slice_positions(Z, 6.5, 1.7)
    matrix = profile_matrix(Z, slices, 5.0, gaussian)
    np.testing.assert_allclose(matrix.sum(axis=1), 1, atol=1e-6)
    assert matrix.min() >= 0
    for cubic in (False, True):
        back = interpolation_matrix(slices, Z, cubic)
        np.testing.assert_allclose(back @ matrix @ np.full(len(Z), 7.0), 7.0, rtol=1e-5)


def test_a_thick_slice_across_an_edge_holds_the_part_it_covers():
    edge = (Z > 0.5).astype(np.float32)  # the step is between the voxels at 0 and 1
    middles = np.array([-2.5, -1.0, 0.5, 2.0, 3.5], np.float32)
    expected = np.clip((middles + 2.5 - 0.5) / 5, 0, 1)
    np.testing.assert_allclose(profile_matrix(Z, middles, 5.0) @ edge, expected, atol=1e-6)


def test_a_gaussian_profile_has_its_width():
    impulse = (Z == 0).astype(np.float32)
    response = profile_matrix(Z, Z, 6.0, gaussian=True) @ impulse
    sd = np.sqrt((response * Z**2).sum() / response.sum())
    assert abs(sd - np.hypot(6.0 / 2.3548, 1 / np.sqrt(12))) < 0.02


@pytest.mark.parametrize(("cubic", "power"), [(False, 1), (True, 2)])
def test_interpolation_is_exact_for_polynomials(cubic, power):
    inside = np.linspace(-40, 40, 37, dtype=np.float32)
    values = interpolation_matrix(Z, inside, cubic) @ (Z / 10) ** power
    np.testing.assert_allclose(values, (inside / 10) ** power, atol=2e-5)


def test_axes_are_multiplied_in_their_order():
    generator = np.random.default_rng(0)
    image = generator.random((4, 6, 5)).astype(np.float32)
    matrices = tuple(generator.random((n + 3, n)).astype(np.float32) for n in image.shape)
    expected = np.einsum("az,by,cx,zyx->abc", *matrices, image)
    np.testing.assert_allclose(multiply_axes(image, matrices), expected, rtol=1e-5)


def test_slices_do_not_depend_on_the_slab():
    whole, slab = slice_positions(Z, 4.3, 2.0), slice_positions(Z[40:70], 4.3, 2.0)
    assert np.isin(slab, whole).all()


def test_divided_positions_keep_the_field_of_view():
    points = divided_positions(Z, 0.83, multiple=2)
    step = points[1] - points[0]
    np.testing.assert_allclose([points[0] - step / 2, points[-1] + step / 2], [-60.5, 60.5], atol=1e-3)


@pytest.mark.parametrize(("orientation", "axis"), [("axial", 0), ("coronal", 1), ("sagittal", 2)])
def test_a_series_has_the_voxels_of_its_sequence(orientation, axis):
    scans = {
        "T2w": SimpleNamespace(in_plane=0.7, slice_thickness=4.0, slice_gap=1.0, orientation=orientation)
    }

    drawn = [
        draw_acquisitions(np.random.default_rng(n), CLINICAL.acquisition, scans)["T2w"] for n in range(20)
    ]

    for series in drawn:
        assert series.slice_axis == axis
        assert series.spacing == tuple(5.0 if number == axis else 0.7 for number in range(3))
        assert (series.thickness, series.in_plane, series.is_thin) == (4.0, 0.7, False)
        assert 0 <= series.offset < 5
    assert len({series.offset for series in drawn}) == 20


def test_hard_sampling_makes_all_voxels_of_a_scan_coarser_alike():
    scan = SimpleNamespace(in_plane=1.0, slice_thickness=1.0, slice_gap=0.0, orientation="axial")

    drawn = draw_acquisitions(np.random.default_rng(1), HARD.acquisition, {"T1w": scan, "FLAIR": scan})

    assert drawn["T1w"].spacing == drawn["FLAIR"].spacing
    assert drawn["T1w"].spacing[0] > 1.1
