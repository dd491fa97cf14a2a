"""Rigid registration finds known motions between contrasts that nothing was interpolated in."""

from __future__ import annotations

import os
from pathlib import Path

import numpy as np
import pytest
import SimpleITK as sitk

from gliomamri.errors import UserError
from gliomamri.imaging.registration import register
from gliomamri.imaging.rigid import apply, displacements, matrix_of, points_inside

FAR = ((18.0, -15.0, 14.0), (22.0, -15.0, 10.0))


def pair(head, contrasts, moving_grid, motion, fixed_grid=None):
    fixed = head.image(contrasts[0], fixed_grid or head.grid())
    return head.image(contrasts[1], moving_grid, motion, seed=1), fixed


@pytest.mark.parametrize("contrasts", [("T1w", "T2w"), ("T2w", "T1map"), ("FLAIR", "T1w")])
def test_contrasts_are_aligned_over_30_degrees_and_30_millimeters(head, contrasts):
    motion = head.rigid(*FAR)
    grid = head.grid((70, 66, 60), (2.7, 3.1, 2.9), (20.0, -12.0, 12.0))
    moving, fixed = pair(head, contrasts, grid, motion)

    found = register(moving, fixed)

    assert head.error(found.matrix, motion) < 0.5
    assert found.similarity_after > 2 * found.similarity_before
    np.testing.assert_allclose(matrix_of(found.transform), found.matrix, atol=1e-9)


@pytest.mark.parametrize("thick", ["moving", "fixed", "both"])
def test_thick_oblique_slices_of_fine_pixels(head, thick):
    motion = head.rigid((6.0, -9.0, 11.0), (-9.0, 12.0, 7.0))
    slices = head.grid((75, 90, 24), (2.0, 1.8, 5.0), (-5.0, 8.0, 4.0), (8.0, 3.0, 0.0))
    others = head.grid((72, 85, 24), (2.0, 2.1, 5.5), (0.0, 0.0, 0.0), (-6.0, 2.0, 4.0))
    thin = head.grid()
    moving_grid = slices if thick in ("moving", "both") else thin
    fixed_grid = {"moving": thin, "fixed": slices, "both": others}[thick]
    moving, fixed = pair(head, ("T1w", "T2w"), moving_grid, motion, fixed_grid)

    assert head.error(register(moving, fixed).matrix, motion) < 1.0


def test_half_a_head_is_found_on_a_whole_one(head):
    motion = head.rigid((10.0, 5.0, -8.0), (12.0, -10.0, 20.0))
    moving, fixed = pair(
        head, ("T1w", "T2w"), head.grid((70, 70, 20), (3, 3, 3), (12.0, -10.0, 50.0)), motion
    )

    found = register(moving, fixed)

    assert head.error(found.matrix, motion) < 1.0
    assert found.overlap < 0.75


def test_quarter_turn_needs_the_wider_search(head):
    motion = head.rigid((0.0, 0.0, 80.0), (5.0, 0.0, 0.0))
    moving, fixed = pair(head, ("T1w", "T2w"), head.grid((70, 70, 60)), motion)

    assert head.error(register(moving, fixed, search="90").matrix, motion) < 0.5
    assert head.error(register(moving, fixed, search="off").matrix, motion) > 20


def test_same_input_gives_the_same_transform_to_the_last_bit(head):
    moving, fixed = pair(head, ("T1w", "T2w"), head.grid(), head.rigid((5.0, 5.0, 5.0), (3.0, 3.0, 3.0)))

    first, second = (register(moving, fixed, search="off").matrix for _ in range(2))

    assert np.array_equal(first, second)


def test_given_mask_keeps_what_moved_differently_out(head):
    motion = head.rigid((4.0, 0.0, 3.0), (5.0, -4.0, 2.0))
    moving, fixed = pair(head, ("T1w", "T2w"), head.grid(), motion)
    spoiled = sitk.GetArrayFromImage(fixed)
    spoiled[:, :, :20] = np.random.default_rng(0).uniform(0, 400, spoiled[:, :, :20].shape)
    mask = np.zeros(spoiled.shape, np.uint8)
    mask[:, 5:-5, 22:] = sitk.GetArrayViewFromImage(fixed)[:, 5:-5, 22:] > 0
    images = [sitk.GetImageFromArray(a) for a in (spoiled, mask)]
    for image in images:
        image.CopyInformation(fixed)

    found = register(moving, images[0], fixed_mask=images[1], search="off")

    assert head.error(found.matrix, motion) < 0.7


def test_not_a_number_does_not_spread(head):
    motion = head.rigid((4.0, 0.0, 3.0), (5.0, -4.0, 2.0))
    moving, fixed = pair(head, ("T1w", "T2w"), head.grid(), motion)
    values = sitk.GetArrayFromImage(moving)
    values[:3] = np.nan
    values[10, 20, 30] = np.inf
    broken = sitk.GetImageFromArray(values)
    broken.CopyInformation(moving)

    assert head.error(register(broken, fixed, search="off").matrix, motion) < 0.5


def test_what_cannot_be_registered_is_said_in_a_sentence(head):
    fixed = head.image("T1w", head.grid(), parts=1)
    empty = sitk.Image(fixed.GetSize(), sitk.sitkUInt8)
    empty.CopyInformation(fixed)

    with pytest.raises(UserError, match="the same everywhere"):
        register(sitk.Image(20, 20, 20, sitk.sitkFloat32) + 7, fixed)
    with pytest.raises(UserError, match="only one slice"):
        register(fixed[:, :, 24:25], fixed)
    with pytest.raises(UserError, match="mask of the fixed image is empty"):
        register(fixed, fixed, fixed_mask=empty)


def test_no_overlap_in_scanner_coordinates_is_no_obstacle(head):
    motion = head.rigid((3.0, 2.0, 1.0), (600.0, 0.0, -400.0))
    moving, fixed = pair(head, ("T1w", "T2w"), head.grid(center=(600.0, 0.0, -400.0)), motion)

    found = register(moving, fixed)

    assert head.error(found.matrix, motion) < 0.5
    assert found.similarity_before == 0.0


def test_image_stays_where_it_agrees_and_contrast_may_be_inverted(head):
    fixed = head.image("T1w", head.grid())
    inverted = sitk.Cast(fixed > 0, sitk.sitkFloat32) * 500 - fixed

    found = register(inverted, fixed, search="off")

    assert head.error(found.matrix, np.eye(4)) < 0.1
    assert found.overlap == found.overlap_before > 0.99


def test_left_handed_grid(head):
    motion = head.rigid((12.0, -9.0, 8.0), (7.0, 12.0, -6.0))
    moving, fixed = pair(head, ("T1w", "FLAIR"), head.grid((62, 66, 52)), motion)
    flipped = sitk.Flip(moving, (True, False, False))

    assert np.linalg.det(np.reshape(flipped.GetDirection(), (3, 3))) < 0
    assert head.error(register(flipped, fixed, search="off").matrix, motion) < 0.5


def test_whole_head_onto_a_brain_of_another_contrast(head):
    motion = head.rigid((6.0, -5.0, 9.0), (8.0, -6.0, 10.0))
    moving, fixed = pair(head, ("T1w", "T2w"), head.grid((62, 66, 52)), motion)
    rng = np.random.default_rng(0)
    air = sitk.GetImageFromArray(rng.rayleigh(3.0, moving.GetSize()[::-1]).astype(np.float32))
    air.CopyInformation(moving)

    # No longer skull-stripped: its surroundings are not zero.
    assert head.error(register(moving + air, fixed).matrix, motion) < 0.6


def test_swapped_images_give_the_inverse(head):
    motion = head.rigid((6.0, -5.0, 9.0), (8.0, -6.0, 10.0))
    moving, fixed = pair(head, ("T1w", "T2w"), head.grid((62, 66, 52)), motion)

    there, back = register(moving, fixed).matrix, register(fixed, moving).matrix

    assert head.error(back @ there, np.eye(4)) < 0.4


@pytest.mark.real_data
@pytest.mark.slow
def test_real_contrasts_of_a_glioma_agree_with_their_unmoved_result(head):
    folder = os.environ.get("GLIOMAMRI_TEST_DATA")
    if not folder:
        pytest.skip("GLIOMAMRI_TEST_DATA is not set: no real images to read")
    cases = sorted((Path(folder) / "glioma").glob("BraTS2021_*"))
    if not cases:
        pytest.skip("no BraTS2021 case in the folder of real images")
    fixed, moving = (
        sitk.ReadImage(str(cases[-1] / f"{name}.nii.gz"), sitk.sitkFloat32) for name in ("t1ce", "t2")
    )
    points = points_inside(sitk.Cast(fixed > 0, sitk.sitkUInt8))
    motion = head.rigid((14.0, -11.0, 17.0), (15.0, -20.0, 8.0))
    axes = np.reshape(moving.GetDirection(), (3, 3))
    moved = sitk.Image(moving)
    moved.SetDirection((motion[:3, :3] @ axes).ravel().tolist())
    moved.SetOrigin(apply(motion, np.array([moving.GetOrigin()]))[0].tolist())

    still, found = register(moving, fixed, search="off").matrix, register(moved, fixed).matrix

    assert displacements(still, points).mean() < 1.0
    assert np.linalg.norm(apply(found, points) - apply(motion @ still, points), axis=1).mean() < 0.5
