"""Block matching gives a known shift back, whatever the contrasts, and says so where it cannot know."""

from __future__ import annotations

import numpy as np
import pytest
import SimpleITK as sitk

from gliomamri.imaging.alignable import alignable
from gliomamri.imaging.alignment_quality import local_shifts
from gliomamri.imaging.block_peaks import lead, peaks


@pytest.fixture(scope="module")
def fixed(head):
    return alignable(head.image("T1w", head.grid((70, 86, 64), (1.9, 2.0, 2.0), angles=(5.0, -8.0, 12.0))))


@pytest.fixture(scope="module")
def moving(head):
    """Images on an oblique stack, by contrast, with noise of their own."""
    stack = head.grid((72, 90, 58), (2.0, 1.9, 2.2), (3.0, -2.0, 4.0), (-6.0, 3.0, 9.0))
    contrasts = ("T1w", "FLAIR", "T1map")
    return {one: alignable(head.image(one, stack, seed=7)) for one in contrasts}


@pytest.mark.parametrize("contrast", ["FLAIR", "T1map"])
def test_other_contrast_at_its_place_is_near(moving, fixed, contrast):
    found = local_shifts(moving[contrast], fixed, np.eye(4))

    assert found.known
    assert found.median < 0.7
    assert found.errors.max() <= 0.5


def test_known_shift_is_found_along_each_axis_in_scanner_coordinates(head, moving, fixed):
    found = local_shifts(moving["FLAIR"], fixed, head.rigid(shift=(-2.0, 1.0, 1.5)))

    np.testing.assert_allclose(np.median(found.shifts, axis=0), (2.0, -1.0, -1.5), atol=0.35)
    assert found.median == pytest.approx(np.sqrt(7.25), abs=0.3)


def test_shift_of_one_contrast_is_precise(head, moving, fixed):
    still = local_shifts(moving["T1w"], fixed, np.eye(4))
    moved = local_shifts(moving["T1w"], fixed, head.rigid(shift=(0.0, 1.5, 0.0)))

    assert still.median < 0.45
    assert np.linalg.norm(np.median(still.shifts, axis=0)) < 0.2
    assert moved.median == pytest.approx(1.5, rel=0.2)


def test_turned_head_is_shifted_most_far_from_the_middle(head, moving, fixed):
    turn = head.rigid((0.0, 0.0, 2.5))

    found = local_shifts(moving["T1w"], fixed, turn)

    truth = found.points - found.points @ turn[:3, :3].T  # what undoes the turn, to first order
    assert np.abs(found.shifts - truth).mean() < 0.4
    assert found.percentile_95 > found.median + 0.5


def test_what_shows_nothing_in_common_is_not_known(fixed):
    noise = sitk.GetImageFromArray(np.random.default_rng(0).uniform(50, 100, (60, 80, 70)).astype(np.float32))
    noise.SetSpacing((2.0, 2.0, 2.0))
    noise.SetOrigin((-70.0, -80.0, -60.0))

    found = local_shifts(alignable(noise), fixed, np.eye(4))

    assert not found.known
    assert found.median == found.percentile_95 == 0.0


def test_peak_of_a_quadratic_likelihood_is_exact_and_its_error_is_that_of_the_hessian():
    z, y, x = np.indices((7, 7, 7)) - 3.0
    hessian = np.array([[4.0, 1.0, 0.5], [1.0, 3.0, -0.7], [0.5, -0.7, 9.0]])  # x, y, z
    apart = np.stack([x - 0.3, y + 1.2, z - 0.6], axis=-1)
    likelihood = -0.5 * np.einsum("...i,ij,...j", apart, hessian, apart)
    at_edge = -0.5 * ((x - 3) ** 2 + y**2 + z**2)

    shifts, errors = peaks(np.stack([likelihood, at_edge, 0 * likelihood]))

    np.testing.assert_allclose(shifts[0], (0.3, -1.2, 0.6), atol=1e-9)
    assert errors[0] == pytest.approx(1 / np.sqrt(np.linalg.eigvalsh(hessian)[0]))
    assert np.isinf(errors[1:]).all()


def test_second_peak_takes_the_lead_away():
    likelihood = np.zeros((2, 7, 7, 7))
    likelihood[:, 3, 3, 3], likelihood[:, 3, 3, 4] = 20.0, 15.0  # a neighbor belongs to the peak
    likelihood[1, 0, 1, 3] = 18.0

    np.testing.assert_allclose(lead(likelihood), (20.0, 2.0))
