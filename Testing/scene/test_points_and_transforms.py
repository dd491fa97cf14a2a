"""Points lie where they should and stay there; transforms go the right way, applied and from the file alike."""

from __future__ import annotations

import dataclasses

import numpy as np
import pytest
import SimpleITK as sitk
import slicer
import vtk

from gliomamri.io.results import write_result
from gliomamri.result import Points, Result, Transform
from gliomamri_slicer.geometry import imageFromNode
from gliomamri_slicer.points import addPoints
from gliomamri_slicer.results import importResult
from gliomamri_slicer.transforms import FIXED_ATTRIBUTE, MOVING_ATTRIBUTE, addTransform
from scene.builders import ijk_to_ras, image_of, rotation, volume

JOB = {"task": "relaxometry"}
POINTS = Points(
    "biopsy",
    "Candidates for a biopsy",
    ("B1", "near, the rim"),
    ((-10.5, 22.25, 31.125), (4.0, -5.5, 60.25)),
    {"R1": (0.82, float("nan")), "dR1": (0.11, 0.05)},
    {"R1": "1/s", "dR1": "1/s"},
    "Where R1 changed most.",
)


def matrix_lps(shift=(4.5, -7.0, 11.0), stretch=(1.0, 1.0, 1.0)):
    matrix = np.eye(4)
    matrix[:3, :3] = rotation((9, -14, 23)) @ np.diag(stretch)
    matrix[:3, 3] = shift
    return matrix


def transform(matrix=None):
    rows = tuple(map(tuple, (matrix_lps() if matrix is None else matrix).tolist()))
    return Transform("ceT1map_to_ceT1w", rows, "ceT1map", "ceT1w", "Rigid registration.")


def itk_transform(matrix):
    affine = sitk.AffineTransform(3)
    affine.SetMatrix(matrix[:3, :3].ravel().tolist())
    affine.SetTranslation(matrix[:3, 3].tolist())
    return affine


def from_parent(node, ras):
    general = vtk.vtkGeneralTransform()
    node.GetTransformFromWorld(general)
    return np.array(general.TransformPoint(*ras))


def flipped(point):
    """LPS to RAS and back."""
    return np.array(point) * (-1, -1, 1)


@pytest.mark.parametrize("stretch", [(1.0, 1.0, 1.0), (1.1, 0.9, 1.05)])
def test_node_maps_points_in_ras_as_itk_does_in_lps(stretch):
    matrix = matrix_lps(stretch=stretch)
    node = addTransform(transform(matrix))

    for point in np.random.default_rng(0).uniform(-90, 90, (6, 3)):
        expected = itk_transform(matrix).TransformPoint(point.tolist())
        np.testing.assert_allclose(from_parent(node, flipped(point)), flipped(expected), atol=1e-10)


def test_node_says_what_it_connects_and_is_applied_to_nothing():
    reference = volume("ceT1w", np.ones((5, 7, 11), np.float32))

    found = importResult(Result(transforms=(transform(),)), JOB, {"ceT1w": reference})

    (node,) = found.transforms
    assert node is found.nodes["ceT1map_to_ceT1w"]
    assert (node.GetAttribute(MOVING_ATTRIBUTE), node.GetAttribute(FIXED_ATTRIBUTE)) == ("ceT1map", "ceT1w")
    assert node.GetDescription() == "Rigid registration."
    assert reference.GetParentTransformNode() is None
    assert node.GetParentTransformNode() is None


def test_moving_volume_under_the_node_lies_on_the_fixed_one():
    """The direction, end to end: what ITK resamples to p is what Slicer shows at p."""
    moving = volume("ceT1map", np.zeros((9, 13, 17), np.float32))
    spot = (3, 8, 11)  # z, y, x
    slicer.util.arrayFromVolume(moving)[spot] = 1
    image = imageFromNode(moving)
    q_lps = image.TransformIndexToPhysicalPoint(spot[::-1])
    p_lps = itk_transform(matrix_lps()).GetInverse().TransformPoint(q_lps)

    moving.SetAndObserveTransformNodeID(addTransform(transform()).GetID())

    place = [0.0, 0.0, 0.0]
    moving.TransformPointToWorld(flipped(q_lps), place)
    np.testing.assert_allclose(place, flipped(p_lps), atol=1e-9)
    assert np.linalg.norm(np.subtract(p_lps, q_lps)) > 10


def test_slicer_reads_the_file_as_the_same_node(tmp_path):
    write_result(Result(transforms=(transform(),)), tmp_path, provenance={})
    ours = addTransform(transform())
    read = slicer.mrmlScene.AddNewNodeByClass("vtkMRMLLinearTransformNode", "read")
    storage = slicer.vtkMRMLTransformStorageNode()
    storage.SetFileName(str(tmp_path / "transforms" / "ceT1map_to_ceT1w.tfm"))

    assert storage.ReadData(read)

    for point in np.random.default_rng(1).uniform(-90, 90, (4, 3)):
        np.testing.assert_allclose(from_parent(read, point), from_parent(ours, point), atol=1e-6)


def place_of(node, index):
    place = [0.0, 0.0, 0.0]
    node.GetNthControlPointPositionWorld(index, place)
    return place


def assert_points(node):
    assert node.GetNumberOfControlPoints() == 2
    np.testing.assert_allclose(place_of(node, 0), (10.5, -22.25, 31.125), atol=1e-9)
    np.testing.assert_allclose(place_of(node, 1), (-4.0, 5.5, 60.25), atol=1e-9)
    assert [node.GetNthControlPointLabel(index) for index in range(2)] == ["B1", "near, the rim"]
    assert node.GetNthControlPointDescription(0) == "R1 0.82 1/s, dR1 0.11 1/s"
    assert node.GetNthControlPointDescription(1) == "dR1 0.05 1/s"
    assert node.GetLocked()
    assert node.GetNthControlPointLocked(1)


def test_points_have_places_labels_values_and_are_locked():
    node = addPoints(POINTS)

    assert_points(node)
    assert node.GetDescription() == "Candidates for a biopsy. Where R1 changed most."
    assert node.GetDisplayNode() is not None


def test_slicer_opens_the_markups_file_as_the_same_points(tmp_path):
    write_result(Result(points=(POINTS,)), tmp_path, provenance={})
    node = slicer.mrmlScene.AddNewNodeByClass("vtkMRMLMarkupsFiducialNode", "read")
    storage = slicer.vtkMRMLMarkupsJsonStorageNode()
    storage.SetFileName(str(tmp_path / "points" / "biopsy.mrk.json"))

    assert storage.ReadData(node)

    assert_points(node)


def test_point_of_a_voxel_lies_on_that_voxel_of_the_map():
    """Across the layers: a voxel's place by SimpleITK is where Slicer puts the mark."""
    image = image_of(np.zeros((5, 7, 11), np.float32), ijk_to_ras("oblique"))
    position = image.TransformIndexToPhysicalPoint((8, 2, 3))
    one = dataclasses.replace(POINTS, labels=("a",), positions=(position,), values={}, units={})

    node = addPoints(one)

    np.testing.assert_allclose(place_of(node, 0), (ijk_to_ras("oblique") @ (8, 2, 3, 1))[:3], atol=1e-9)


def test_points_bring_a_table_in_ras():
    found = importResult(Result(points=(POINTS,)), JOB, {})

    table = found.nodes["biopsy table"].GetTable()
    names = [table.GetColumnName(index) for index in range(table.GetNumberOfColumns())]
    assert found.points == (found.nodes["biopsy"],)
    assert names == ["label", "R (mm)", "A (mm)", "S (mm)", "R1 (1/s)", "dR1 (1/s)"]
    assert [table.GetValue(0, index).ToDouble() for index in (1, 2, 3, 5)] == [10.5, -22.25, 31.125, 0.11]
