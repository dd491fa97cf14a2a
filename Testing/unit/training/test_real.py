"""Patients of a data set as examples: values, places and labels against the images they were read from."""

from __future__ import annotations

import numpy as np
import pytest
import SimpleITK as sitk

from gliomamri.errors import UserError
from gliomamri.study import Segments, Study
from gliomamri.training.configurations import CONFIGURATIONS
from gliomamri.training.real import patient_example, study_example, tumor_classes

CMRI = CONFIGURATIONS["cMRI"]
SIZE = (40, 48, 20)
"""x, y, z."""
SPACING = (1.5, 1.5, 3.0)


def grid(direction=(1, 0, 0, 0, 1, 0, 0, 0, 1), size=SIZE, spacing=SPACING):
    image = sitk.Image(size, sitk.sitkUInt8)
    image.SetSpacing(spacing)
    image.SetDirection(direction)
    image.SetOrigin((-20.0, 7.0, 3.0))
    return image


def on(values, like):
    image = sitk.GetImageFromArray(values)
    image.CopyInformation(like)
    return image


def a_study(direction=(1, 0, 0, 0, 1, 0, 0, 0, 1)):
    """Skull-stripped images of an ellipsoid; a tumor on the side of small x, near the feet."""
    like = grid(direction)
    x, y, z = np.meshgrid(*(np.arange(n) for n in SIZE), indexing="ij")
    x, y, z = (axis.transpose(2, 1, 0) for axis in (x, y, z))
    brain = ((x - 20) / 16) ** 2 + ((y - 25) / 20) ** 2 + ((z - 10) / 8) ** 2 < 1
    distance = np.sqrt((1.5 * (x - 12)) ** 2 + (1.5 * (y - 22)) ** 2 + (3 * (z - 7)) ** 2)
    labels = np.select([distance < 4, distance < 7, distance < 10], [1, 4, 2], 0).astype(np.uint8)
    noise = np.random.default_rng(0)
    images = {}
    for number, role in enumerate(CMRI.roles):
        values = brain * (100 + 10 * number + 50 * (labels == 4) + noise.normal(0, 3, brain.shape))
        images[role] = on(values.astype(np.float32), like)
    images["brain_mask"] = on(brain.astype(np.uint8), like)
    return Study(images, {}, (Segments(on(labels, like), {1: "a", 2: "b", 4: "c"}),))


def volume_ml(classes, number, voxel):
    return np.count_nonzero(classes == number) * voxel**3 / 1000


def test_labels_keep_volume_and_place():
    example = study_example(a_study(), "sub-1", CMRI, 1.5)
    labels = sitk.GetArrayFromImage(a_study().segments[0].image)
    for number, label in enumerate((0, 1, 2, 4)):
        if number:
            truth = np.count_nonzero(labels == label) * np.prod(SPACING) / 1000
            assert volume_ml(example.classes, number, 1.5) == pytest.approx(truth, rel=0.15)
    assert example.roles == CMRI.roles
    assert (example.name, example.voxel_size) == ("sub-1", 1.5)
    middle = np.argwhere(example.brain).mean(0)
    tumor = np.argwhere(example.classes > 0).mean(0)
    assert (tumor - middle) * 1.5 == pytest.approx([-9, -4.5, -12], abs=1.0)


def test_channels_are_bright_where_the_image_is():
    example = study_example(a_study(), "sub-1", CMRI, 1.5)
    for values in example.channels.astype(float):
        assert values[example.classes == 3].mean() > 3
        assert abs(values[example.brain].mean()) < 0.01
        assert not values[~example.brain].any()


def test_orientation_is_that_of_the_body_not_of_the_file():
    """Files whose axes run the other way, or in another order, give the tumor on the same side of the body."""
    flipped = (-1, 0, 0, 0, -1, 0, 0, 0, 1)
    one = study_example(a_study(flipped), "a", CMRI, 1.5)
    middle = np.argwhere(one.brain).mean(0)
    tumor = np.argwhere(one.classes > 0).mean(0)
    assert (tumor - middle) * 1.5 == pytest.approx([-9, 4.5, 12], abs=1.0)

    study = a_study()
    turned = Study(
        {role: sitk.PermuteAxes(image, (2, 0, 1)) for role, image in study.images.items()},
        {},
        (Segments(sitk.PermuteAxes(study.segments[0].image, (2, 0, 1)), study.segments[0].names),),
    )
    straight, other = (study_example(s, "a", CMRI, 1.5) for s in (study, turned))
    tumors = [np.argwhere(e.classes > 0).mean(0) - np.argwhere(e.brain).mean(0) for e in (straight, other)]
    assert tumors[0] == pytest.approx(tumors[1], abs=0.5)


def test_newer_brats_labels_are_read():
    study = a_study()
    labels = sitk.GetArrayFromImage(study.segments[0].image)
    newer = np.where(labels == 4, 3, labels).astype(np.uint8)
    assert np.array_equal(tumor_classes([Segments(on(newer, grid()), {})]), tumor_classes(study.segments))


def test_other_labels_and_layers_are_refused():
    values = np.zeros(SIZE[::-1], np.uint8)
    values[3, 4, 5] = 7
    with pytest.raises(UserError, match="other labels than"):
        tumor_classes([Segments(on(values, grid()), {})])
    one = Segments(on(np.zeros_like(values), grid()), {})
    with pytest.raises(UserError, match="overlap"):
        tumor_classes([one, one])


def test_missing_images_and_annotation_are_named():
    study = a_study()
    lacking = {role: image for role, image in study.images.items() if role != "FLAIR"}
    with pytest.raises(UserError, match="needs FLAIR"):
        study_example(Study(lacking, {}, study.segments), "a", CMRI, 1.5)
    with pytest.raises(UserError, match="no segmentation"):
        study_example(Study(study.images), "a", CMRI, 1.5)


@pytest.mark.parametrize("which", ["image", "segmentation"])
def test_several_grids_are_sent_to_prepare(which):
    study = a_study()
    other = grid(size=(40, 48, 19))
    if which == "image":
        images = {**study.images, "FLAIR": on(np.ones((19, 48, 40), np.float32), other)}
        study = Study(images, {}, study.segments)
    else:
        study = Study(study.images, {}, (Segments(on(np.ones((19, 48, 40), np.uint8), other), {}),))
    with pytest.raises(UserError, match="one grid; prepare them first"):
        study_example(study, "a", CMRI, 1.5)


def test_files_of_a_folder(tmp_path):
    study = a_study()
    folder = tmp_path / "sub-07"
    folder.mkdir()
    names = {"ceT1w": "ce-gad_T1w", "T1w": "T1w", "FLAIR": "FLAIR", "T2w": "T2w"}
    for role, name in names.items():
        sitk.WriteImage(study.images[role], str(folder / f"sub-07_{name}.nii.gz"))
    with pytest.raises(UserError, match=r"^sub-07: There is no segmentation"):
        patient_example(folder, CMRI, 1.5)
    sitk.WriteImage(study.segments[0].image, str(folder / "sub-07_dseg.nii.gz"))
    found, expected = patient_example(folder, CMRI, 1.5), study_example(study, "sub-07", CMRI, 1.5)
    assert found.name == "sub-07"
    assert np.count_nonzero(found.classes != 0) == pytest.approx(np.count_nonzero(expected.classes), rel=0.02)
