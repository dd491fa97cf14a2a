"""Cases from BraTS, Lesjak and BIDS folders."""

from __future__ import annotations

import numpy as np
import pytest
import SimpleITK as sitk

from gliomamri.errors import UserError
from gliomamri.experiments.phantom_realism.case import Case
from gliomamri.experiments.phantom_realism.loading import read_case, read_cases


def write(array, path, *, flip_y=False, spacing=(1.0, 1.0, 1.0)):
    path.parent.mkdir(parents=True, exist_ok=True)
    image = sitk.GetImageFromArray(array)
    image.SetSpacing(spacing)
    sitk.WriteImage(sitk.Flip(image, (False, True, False)) if flip_y else image, str(path))


@pytest.fixture
def volumes():
    rng = np.random.default_rng(0)
    image = np.zeros((20, 24, 28), np.float32)
    image[4:16, 5:20, 6:25] = 100 + 10 * rng.random((12, 15, 19))
    labels = np.zeros(image.shape, np.uint8)
    labels[8:11, 9:12, 10:14] = 3
    labels[8, 9, 10] = 1
    return image, labels


def test_brats_label_3_means_enhancing_and_the_brain_is_where_images_are(volumes, tmp_path):
    image, labels = volumes
    for name in ("t1", "t1ce", "t2", "flair"):
        write(image, tmp_path / "patient" / f"patient_{name}.nii.gz")
    write(labels, tmp_path / "patient" / "patient_seg.nii.gz")

    [case] = read_cases([tmp_path])

    assert case.name == "patient"
    assert set(case.images) == {"T1w", "ceT1w", "T2w", "FLAIR"}
    assert case.brain.sum() == 12 * 15 * 19
    assert np.array_equal(np.unique(case.labels), [0, 1, 4])


def test_orientation_is_made_one(volumes, tmp_path):
    image, labels = volumes
    for name in ("T1", "T1POST", "T2", "FLAIR"):
        write(image, tmp_path / f"{name}.nii.gz", flip_y=True)
    write(labels, tmp_path / "LESIONS.nii.gz", flip_y=True)

    case = read_case(tmp_path)

    assert np.array_equal(case.images["T1w"][3:-3, 3:-3, 3:-3], image[4:16, 5:20, 6:25])
    assert np.array_equal(case.lesions[3:-3, 3:-3, 3:-3], labels[4:16, 5:20, 6:25] > 0)
    assert not case.labels.any()


def test_bids_subject_with_brain_mask_and_segmentation_on_thick_slices(volumes, tmp_path):
    image, labels = volumes
    subject, derived = tmp_path / "sub-01", tmp_path / "derivatives" / "truth" / "sub-01" / "anat"
    for name in ("T1w", "ce-gad_T1w", "T2w", "FLAIR"):
        write(image + 7, subject / "anat" / f"sub-01_{name}.nii.gz", spacing=(1, 1, 2))
    write(labels, derived / "sub-01_dseg.nii.gz", spacing=(1, 1, 2))
    write((image > 0).astype(np.uint8), derived / "sub-01_label-brain_mask.nii.gz", spacing=(1, 1, 2))

    [case] = read_cases([tmp_path])

    assert case.spacing == (1, 1, 1)
    assert case.brain.sum() == pytest.approx(2 * 12 * 15 * 19, rel=0.1)
    assert (case.images["ceT1w"][~case.brain] == 0).all()
    assert (case.labels == 4).sum() == pytest.approx(2 * 35, rel=0.1)


def test_bids_subject_has_the_mask_it_was_stripped_with(volumes, tmp_path):
    image, _ = volumes
    subject, derived = tmp_path / "sub-01", tmp_path / "derivatives" / "truth" / "sub-01" / "anat"
    for name in ("T1w", "ce-gad_T1w", "T2w", "FLAIR"):
        write(image + 7, subject / "anat" / f"sub-01_{name}.nii.gz")
    brain = (image > 0).astype(np.uint8)
    stripped = brain.copy()
    stripped[:10] = 0
    write(brain, derived / "sub-01_label-brain_mask.nii.gz")
    write(stripped, derived / "sub-01_desc-skullstrip_mask.nii.gz")

    [case] = read_cases([tmp_path])

    assert case.brain.sum() == stripped.sum() < brain.sum()


def test_folder_without_patient_is_told(tmp_path):
    with pytest.raises(UserError, match="no patient"):
        read_cases([tmp_path])


def test_healthy_brain_keeps_5_mm_from_tumor(volumes):
    image, labels = volumes

    case = Case.from_arrays("x", {"T1w": image}, labels=labels)

    far = np.argwhere(case.healthy)[:, None] - np.argwhere(case.labels > 0)[None]
    assert np.sqrt((far**2).sum(-1)).min() > 5
