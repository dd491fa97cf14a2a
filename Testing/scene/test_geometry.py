import numpy as np
import pytest
import SimpleITK as sitk
import slicer
import vtk

from gliomamri.errors import UserError
from gliomamri_slicer.geometry import castForScene, imageFromNode, sameGridSentence, updateNodeFromImage
from scene.builders import (
    KINDS,
    SHAPE,
    ijk_to_ras,
    image_of,
    linear_transform,
    matrix_of,
    ramp,
    rigid,
    volume,
)


@pytest.mark.parametrize("kind", KINDS)
def test_voxel_positions_of_image_and_node_agree(kind):
    node = volume("T1w", ramp(), kind)

    image = imageFromNode(node)

    for index in [(0, 0, 0), (10, 0, 0), (0, 6, 0), (0, 0, 4), (3, 2, 1)]:
        ras = (ijk_to_ras(kind) @ (*index, 1))[:3]
        lps = image.TransformIndexToPhysicalPoint(index)
        np.testing.assert_allclose(np.array(lps) * [-1, -1, 1], ras, atol=1e-10)
        assert image[index] == ramp()[index[::-1]]


@pytest.mark.parametrize("kind", KINDS)
def test_round_trip_is_exact_to_the_last_bit(kind):
    node = volume("T1w", ramp(np.float64) / 3, kind)
    image = imageFromNode(node)
    copy = slicer.mrmlScene.AddNewNodeByClass("vtkMRMLScalarVolumeNode", "copy")

    updateNodeFromImage(copy, image)

    again = imageFromNode(copy)
    assert again.GetOrigin() == image.GetOrigin()
    assert again.GetSpacing() == image.GetSpacing()
    assert again.GetDirection() == image.GetDirection()
    np.testing.assert_array_equal(matrix_of(copy), matrix_of(node))
    np.testing.assert_array_equal(slicer.util.arrayFromVolume(copy), slicer.util.arrayFromVolume(node))


def test_image_is_a_copy():
    node = volume("T1w", ramp())
    image = imageFromNode(node)

    slicer.util.arrayFromVolume(node)[:] = -1

    assert image[3, 2, 1] == ramp()[1, 2, 3]


def test_linear_transform_is_applied_for_reading_and_node_stays():
    node = volume("T1w", ramp(), "left-handed")
    node.SetAndObserveTransformNodeID(linear_transform(rigid()).GetID())

    image = imageFromNode(node)

    world = (rigid() @ ijk_to_ras("left-handed") @ (3, 2, 1, 1))[:3]
    np.testing.assert_allclose(
        np.array(image.TransformIndexToPhysicalPoint((3, 2, 1))) * [-1, -1, 1], world, atol=1e-10
    )
    np.testing.assert_array_equal(matrix_of(node)[:3, 3], ijk_to_ras("left-handed")[:3, 3])


def test_result_takes_geometry_of_its_reference_exactly():
    reference = volume("T1w", ramp())
    matrix = ijk_to_ras("oblique")
    matrix[:3, 3] += 2e-5  # as NIfTI's single precision would
    node = slicer.mrmlScene.AddNewNodeByClass("vtkMRMLScalarVolumeNode", "map")

    updateNodeFromImage(node, image_of(ramp(), matrix), reference)

    np.testing.assert_array_equal(matrix_of(node), matrix_of(reference))


def test_result_elsewhere_keeps_its_own_geometry():
    reference = volume("T1w", ramp())
    matrix = ijk_to_ras("oblique")
    matrix[:3, 3] += 2e-3
    node = slicer.mrmlScene.AddNewNodeByClass("vtkMRMLScalarVolumeNode", "map")

    updateNodeFromImage(node, image_of(ramp(), matrix), reference)

    np.testing.assert_allclose(matrix_of(node), matrix, atol=1e-12)


def test_result_of_transformed_input_goes_under_the_same_transform():
    reference = volume("T1w", ramp())
    transform = linear_transform(rigid())
    reference.SetAndObserveTransformNodeID(transform.GetID())
    node = slicer.mrmlScene.AddNewNodeByClass("vtkMRMLScalarVolumeNode", "map")

    updateNodeFromImage(node, imageFromNode(reference), reference)

    assert node.GetParentTransformNode() is transform
    np.testing.assert_array_equal(matrix_of(node), matrix_of(reference))


def test_single_slice_tilted_is_not_the_same_place():
    one_slice = ramp(shape=(1, 7, 11))
    reference = volume("slice", one_slice)
    thicker = ijk_to_ras("oblique") @ np.diag([1, 1, 1.5, 1])
    node = slicer.mrmlScene.AddNewNodeByClass("vtkMRMLScalarVolumeNode", "map")

    updateNodeFromImage(node, image_of(one_slice, thicker), reference)

    assert node.GetSpacing()[2] == pytest.approx(6.3)


def test_bending_transform_is_refused():
    node = volume("T1w", ramp())
    bend = slicer.mrmlScene.AddNewNodeByClass("vtkMRMLTransformNode", "bend")
    spline = vtk.vtkThinPlateSplineTransform()
    spline.SetBasisToR()
    points = vtk.vtkPoints()
    for point in [(0, 0, 0), (10, 0, 0), (0, 10, 0), (0, 0, 10)]:
        points.InsertNextPoint(point)
    moved = vtk.vtkPoints()
    moved.DeepCopy(points)
    moved.SetPoint(0, 3, 2, 1)
    spline.SetSourceLandmarks(points)
    spline.SetTargetLandmarks(moved)
    bend.SetAndObserveTransformToParent(spline)
    node.SetAndObserveTransformNodeID(bend.GetID())

    with pytest.raises(UserError, match="bends space"):
        imageFromNode(node)


def test_shearing_transform_is_refused():
    node = volume("T1w", ramp())
    shear = np.eye(4)
    shear[0, 1] = 0.1
    node.SetAndObserveTransformNodeID(linear_transform(shear).GetID())

    with pytest.raises(UserError, match="right angles"):
        imageFromNode(node)


def test_empty_vector_and_four_dimensional_data_are_refused():
    empty = slicer.mrmlScene.AddNewNodeByClass("vtkMRMLScalarVolumeNode", "nothing")
    color = slicer.util.addVolumeFromArray(
        np.zeros((*SHAPE, 3), np.uint8), nodeClassName="vtkMRMLVectorVolumeNode"
    )
    target = slicer.mrmlScene.AddNewNodeByClass("vtkMRMLScalarVolumeNode", "target")

    with pytest.raises(UserError, match="'nothing' is empty"):
        imageFromNode(empty)
    with pytest.raises(UserError, match="3 values per voxel"):
        imageFromNode(color)
    for image in (
        sitk.Image([3, 4, 5, 2], sitk.sitkFloat32),
        sitk.Image([3, 4, 5], sitk.sitkVectorFloat32, 2),
    ):
        with pytest.raises(UserError, match="not three-dimensional with one value"):
            updateNodeFromImage(target, image)
    assert target.GetImageData() is None


@pytest.mark.parametrize(
    ("given", "kept"),
    [
        (bool, np.uint8),
        (np.float16, np.float32),
        (np.int64, np.int32),
        (np.uint64, np.int32),
        (np.int16, np.int16),
        (np.float64, np.float64),
    ],
)
def test_types_that_vtk_rejects_are_cast_without_loss(given, kept):
    array = (ramp(np.int16) % 2).astype(given)

    cast = castForScene(array)

    assert cast.dtype == kept
    np.testing.assert_array_equal(cast.astype(int), ramp(int) % 2)
    volume("x", cast)


def test_large_whole_numbers_keep_their_value_or_are_refused():
    assert castForScene(np.array([[[2**40]]]))[0, 0, 0] == 2**40
    with pytest.raises(UserError, match="too large"):
        castForScene(np.array([[[2**60 + 1]]]))
    with pytest.raises(UserError, match="complex64"):
        castForScene(np.ones((1, 1, 1), np.complex64))


@pytest.mark.parametrize("bad", [np.nan, np.inf, -np.inf])
def test_values_that_are_no_number_are_refused(bad):
    array = ramp()
    array[1, 2, 3] = bad
    node = slicer.mrmlScene.AddNewNodeByClass("vtkMRMLScalarVolumeNode", "map")

    with pytest.raises(UserError, match="1 of its values are not numbers"):
        updateNodeFromImage(node, image_of(array, np.eye(4)))

    assert node.GetImageData() is None


def test_same_grid_says_nothing_and_other_grid_says_where():
    first = volume("TI 50", ramp())
    same = volume("TI 100", ramp())
    other = volume("TI 200", ramp(), "left-handed")
    smaller = volume("TI 400", ramp(shape=(4, 7, 11)))

    assert sameGridSentence(first, same) == ""
    assert "'TI 50' and 'TI 200' do not lie on the same grid (voxels up to" in sameGridSentence(first, other)
    assert "Dimension mismatch" in sameGridSentence(first, smaller)


def test_same_stored_grid_under_different_transforms_is_not_the_same():
    first, second = volume("a", ramp()), volume("b", ramp())
    second.SetAndObserveTransformNodeID(linear_transform(rigid((0, 0, 0), (3, 0, 0))).GetID())

    sentence = sameGridSentence(first, second)

    assert "voxels up to 3 mm apart; Transform mismatch" in sentence


def test_transforms_of_the_same_effect_are_the_same_grid():
    first, second = volume("a", ramp()), volume("b", ramp())
    for node in (first, second):
        node.SetAndObserveTransformNodeID(linear_transform(rigid()).GetID())

    assert sameGridSentence(first, second) == ""
