"""A study comes out on one grid, each image moved as it must be, and everything done to it is told."""

from __future__ import annotations

import numpy as np
import pytest
import SimpleITK as sitk

from gliomamri.errors import UserError
from gliomamri.imaging.geometry import same_grid
from gliomamri.imaging.prepare import prepare_study
from gliomamri.imaging.prepared_result import what_was_done
from gliomamri.imaging.settings import Settings
from gliomamri.series import Series
from gliomamri.study import Segments, Study

OFF = Settings(registration="off")


@pytest.fixture(scope="module")
def motion(head):
    return head.rigid((8.0, -6.0, 10.0), (9.0, -7.0, 5.0))


@pytest.fixture(scope="module")
def study(head, motion):
    stack = head.grid((90, 100, 24), (2.0, 2.0, 5.0), (4.0, 2.0, 1.0), (6.0, 0.0, -4.0))
    lump = sitk.Cast(head.image("T1map", stack, motion, noise=0) > 2000, sitk.sitkUInt8)
    maps = {
        "T2map": head.image("T2w", stack, motion, seed=2),
        "T1map": head.image("T1map", stack, motion, seed=1),
    }
    images = {"T1w": head.image("T1w", head.grid()), **maps}
    raw = head.image("FLAIR", head.grid((60, 62, 50)), head.rigid((0, 5, 0), (0, 6, -4)), seed=3)
    series = Series(
        (raw * 0.2, raw), {"inversion_time": (170.0, 670.0), "echo_time": (22.0, 22.0)}, signed=False
    )
    return Study(images, {"MAGIC": series}, (Segments(lump, {1: "fluid"}),))


@pytest.fixture(scope="module")
def prepared(study):
    return prepare_study(study)


def test_everything_lies_on_the_references_grid(study, prepared):
    everything = [*prepared.study.images.values(), *prepared.study.series["MAGIC"].images]
    everything += [one.image for one in prepared.study.segments]

    assert prepared.reference == "T1w"
    assert all(same_grid(image, study.images["T1w"]) for image in everything)
    assert all(np.isfinite(sitk.GetArrayViewFromImage(image)).all() for image in everything)


def test_maps_of_one_acquisition_share_the_true_transform(head, prepared, motion):
    moves = [prepared.move_of(role) for role in ("T1map", "T2map")]

    assert moves[0] is moves[1]
    assert moves[0].acquisition.leader == "T1map"
    assert head.error(moves[0].matrix, motion) < 0.6
    assert head.error(prepared.move_of("MAGIC").matrix, head.rigid((0, 5, 0), (0, 6, -4))) < 0.6
    assert prepared.residual_of("T1w") == 0
    assert prepared.move_of("T1map").shifts.known
    assert prepared.residual_of("T1map") < 1.0
    assert not any("mm off after registration" in warning for warning in prepared.warnings)


def test_an_empty_segmentation_is_told(study):
    image = study.images["T1w"]
    empty = sitk.Image(image.GetSize(), sitk.sitkUInt8)
    empty.CopyInformation(image)

    found = prepare_study(Study({"T1w": image}, segments=(Segments(empty, {}),)), OFF)

    assert any("segmentation is empty" in warning for warning in found.warnings)


def test_segments_follow_the_image_on_whose_grid_they_lie(head, study, prepared):
    truth = sitk.GetArrayFromImage(head.image("T1map", head.grid(), noise=0)) > 2000
    found = sitk.GetArrayFromImage(prepared.study.segments[0].image) == 1

    assert 2 * (found & truth).sum() / (found.sum() + truth.sum()) > 0.75
    assert any("moved with the T1 map" in note or "moved with the T2 map" in note for note in prepared.notes)


def test_table_says_what_was_done(prepared):
    table = what_was_done(prepared).columns
    row = {name: dict(zip(table["image"], column, strict=True)) for name, column in table.items()}

    assert row["registered to"]["T1map"] == "T1w"
    assert row["note"]["T2map"] == "moved with T1map"
    assert row["interpolation"]["T1w"] == "none"
    assert row["similarity after"]["MAGIC"] > row["similarity before"]["MAGIC"]
    assert row["rotation"]["MAGIC"] == pytest.approx(5, abs=0.5)


def test_brain_mask_of_stripped_images_is_their_support(head, prepared):
    mask = sitk.GetArrayFromImage(prepared.study.images["brain_mask"]) > 0
    truth = sitk.GetArrayFromImage(head.image("T1w", head.grid(), noise=0)) > 0

    assert prepared.brain_mask.source == "support"
    assert 2 * (mask & truth).sum() / (mask.sum() + truth.sum()) > 0.95


def test_images_that_agree_are_not_resampled(head):
    images = {"T1w": head.image("T1w", head.grid()), "T2w": head.image("T2w", head.grid(), seed=1)}

    prepared = prepare_study(Study(images))

    assert np.array_equal(
        sitk.GetArrayFromImage(prepared.study.images["T2w"]), sitk.GetArrayFromImage(images["T2w"])
    )
    assert prepared.move_of("T2w").note == "agreed already"


def test_same_grid_is_no_proof_of_agreement(head):
    motion = head.rigid((0, 0, 3), (3, 0, 0))
    images = {"T1w": head.image("T1w", head.grid()), "T2w": head.image("T2w", head.grid(), motion, seed=1)}

    assert head.error(prepare_study(Study(images)).move_of("T2w").matrix, motion) < 0.4


def test_given_mask_moves_with_its_image_and_is_used(head, motion):
    grid = head.grid((90, 100, 24), (2.0, 2.0, 5.0))
    half = sitk.Cast(head.image("T1w", grid, noise=0) > 0, sitk.sitkUInt8)
    images = {"T1w": head.image("T1w", head.grid()), "T2w": head.image("T2w", grid), "brain_mask": half}

    prepared = prepare_study(Study(images), OFF)

    assert prepared.brain_mask.source == "given"
    assert same_grid(prepared.study.images["brain_mask"], images["T1w"])
    assert "The brain mask moved with the T2-weighted, on whose grid it lies." in prepared.notes


def test_isotropic_spacing_covers_the_same_box(head):
    image = head.image("T1w", head.grid((90, 100, 24), (2.0, 2.0, 5.0), angles=(5.0, 3.0, 2.0)), parts=1)

    made = prepare_study(Study({"T1w": image}), Settings(spacing=3.0)).study.images["T1w"]

    assert made.GetSpacing() == (3.0, 3.0, 3.0)
    centers = [
        i.TransformContinuousIndexToPhysicalPoint([(n - 1) / 2 for n in i.GetSize()]) for i in (image, made)
    ]
    np.testing.assert_allclose(*centers, atol=1e-6)


def test_single_slices_are_left_in_scanner_coordinates(head):
    images = {
        "T1w": head.image("T1w", head.grid((56, 64, 1), (3, 3, 5)), parts=1),
        "T2w": head.image("T2w", head.grid((64, 56, 1), (2.5, 3, 5)), parts=1),
    }

    prepared = prepare_study(Study(images))

    assert "too few slices" in prepared.move_of("T2w").note
    assert prepared.study.images["T2w"].GetSize() == (56, 64, 1)


def test_image_that_shows_nothing_is_named(head):
    images = {"T1w": head.image("T1w", head.grid(), parts=1), "T2w": head.grid((30, 30, 30))}

    assert any("the same everywhere" in warning for warning in prepare_study(Study(images)).warnings)


def test_something_else_than_the_head_is_doubted(head):
    noise = sitk.GetImageFromArray(np.random.default_rng(0).uniform(0, 100, (48, 64, 56)).astype(np.float32))
    noise.CopyInformation(head.grid())
    images = {"T1w": head.image("T1w", head.grid(), parts=1), "T2w": noise}

    assert any("hardly resembles" in warning for warning in prepare_study(Study(images)).warnings)


def test_missing_reference_is_asked_for(head):
    with pytest.raises(UserError, match="select the FLAIR"):
        prepare_study(Study({"T1w": head.grid()}), Settings(reference="FLAIR"))


def test_cancel_leaves_the_study_as_it_was(head, study):
    before = {role: sitk.GetArrayFromImage(image) for role, image in study.images.items()}

    def cancel(fraction, message):
        raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        prepare_study(study, OFF, cancel)
    assert all(np.array_equal(sitk.GetArrayFromImage(study.images[role]), a) for role, a in before.items())
