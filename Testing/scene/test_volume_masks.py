"""A brain mask that comes as a volume: label map, volume of two values, and what is none."""

from __future__ import annotations

import numpy as np
import pytest
import slicer

from gliomamri.errors import UserError
from gliomamri_slicer.inputs import TaskInputs, studyFromNodes
from gliomamri_slicer.volume_masks import maskProblem, volumeMask
from scene.builders import SHAPE, array_of, ijk_to_ras, image_of, ramp, volume


def inside():
    """Where the mask is (z, y, x): an asymmetric block."""
    mask = np.zeros(SHAPE, bool)
    mask[1:3, 2:6, 1:9] = True
    return mask


def label_volume(values):
    """A label map node on the oblique grid of the other volumes."""
    from gliomamri_slicer.geometry import updateNodeFromImage

    node = slicer.mrmlScene.AddNewNodeByClass("vtkMRMLLabelMapVolumeNode", "brain-label")
    updateNodeFromImage(node, image_of(values.astype(np.int16), ijk_to_ras("oblique")))
    return node


@pytest.mark.parametrize("value", [1, 255, 0.5])
def test_a_volume_of_two_values_is_a_mask_on_its_own_grid(value):
    node = volume("bet", inside() * np.float32(value))
    other = volume("T1w", ramp(shape=(3, 7, 11)))

    study = studyFromNodes(TaskInputs(images={"T1w": other}, masks={"brain_mask": node}))

    mask = study.images["brain_mask"]
    np.testing.assert_array_equal(array_of(mask), inside())
    np.testing.assert_allclose(mask.GetOrigin(), np.array(node.GetOrigin()) * (-1, -1, 1))
    assert not mask.GetMetaDataKeys()


def test_all_labels_of_a_label_map_count_together():
    labels = inside() * 2
    labels[2] *= 1001

    np.testing.assert_array_equal(array_of(volumeMask(label_volume(labels))), inside())


def test_a_mask_lies_where_its_transform_puts_it():
    node = volume("bet", inside().astype(np.uint8))
    moved = np.eye(4)
    moved[:3, 3] = (10, -20, 30)
    transform = slicer.mrmlScene.AddNewNodeByClass("vtkMRMLLinearTransformNode")
    transform.SetMatrixTransformToParent(slicer.util.vtkMatrixFromArray(moved))
    before = volumeMask(node).GetOrigin()

    node.SetAndObserveTransformNodeID(transform.GetID())

    np.testing.assert_allclose(np.subtract(volumeMask(node).GetOrigin(), before), (-10, 20, 30))


@pytest.mark.parametrize(
    ("values", "words"),
    [
        (ramp(), "'T1w' is an image, not a mask: a mask is 0 outside of the brain"),
        (inside() * 2 + (ramp() > 5) * 1.0, "is an image, not a mask"),
        (-1.0 * inside(), "is an image, not a mask"),
        (np.zeros(SHAPE), "'T1w' marks no voxel"),
    ],
)
def test_what_is_no_mask_is_told(values, words):
    node = volume("T1w", values.astype(np.float32))

    with pytest.raises(UserError, match="T1w") as told:
        studyFromNodes(TaskInputs(masks={"brain_mask": node}))

    assert words in told.value.sentence
    assert maskProblem(node) == told.value.sentence


def test_a_verdict_follows_the_voxels_and_the_name():
    node = volume("T1w", ramp())
    assert maskProblem(node).startswith("'T1w' is an image")

    node.SetName("other")
    assert maskProblem(node).startswith("'other' is an image")
    slicer.util.updateVolumeFromArray(node, inside().astype(np.uint8))

    assert maskProblem(node) == ""


def test_an_empty_volume_is_told():
    node = slicer.mrmlScene.AddNewNodeByClass("vtkMRMLScalarVolumeNode", "not loaded")

    assert maskProblem(node).startswith("The volume 'not loaded' is empty")
