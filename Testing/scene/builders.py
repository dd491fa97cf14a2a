"""Test data of the scene layer: asymmetric voxels on oblique, anisotropic and left-handed grids."""

from __future__ import annotations

import numpy as np
import SimpleITK as sitk
import slicer

from gliomamri.result import LabelMap, Map
from gliomamri.study import Segments

SHAPE = (5, 7, 11)  # (z, y, x): no two axes alike


def rotation(degrees: tuple[float, float, float]) -> np.ndarray:
    """Product of rotations about R, A and S."""
    a, b, c = np.deg2rad(degrees)
    about_r = np.array([[1, 0, 0], [0, np.cos(a), -np.sin(a)], [0, np.sin(a), np.cos(a)]])
    about_a = np.array([[np.cos(b), 0, np.sin(b)], [0, 1, 0], [-np.sin(b), 0, np.cos(b)]])
    about_s = np.array([[np.cos(c), -np.sin(c), 0], [np.sin(c), np.cos(c), 0], [0, 0, 1]])
    return about_r @ about_a @ about_s


def ijk_to_ras(kind: str) -> np.ndarray:
    """One of four kinds of grid, shape (4, 4)."""
    directions = {
        "axial": np.eye(3),
        "oblique": rotation((13, -21, 34)),
        "left-handed": rotation((13, -21, 34)) @ np.diag([1, 1, -1]),
        "sagittal": np.array([[0, 0, 1], [-1, 0, 0], [0, -1, 0]], float),
    }[kind]
    matrix = np.eye(4)
    matrix[:3, :3] = directions * np.array([0.9, 1.3, 4.2])
    matrix[:3, 3] = (-31.7, 12.3, 57.1)
    return matrix


KINDS = ("axial", "oblique", "left-handed", "sagittal")


def ramp(dtype: type = np.float32, shape: tuple[int, int, int] = SHAPE) -> np.ndarray:
    """Array in which every voxel differs from every other."""
    return np.arange(np.prod(shape)).reshape(shape).astype(dtype)


def volume(name: str, array: np.ndarray, kind: str = "oblique") -> slicer.vtkMRMLScalarVolumeNode:
    return slicer.util.addVolumeFromArray(array, ijkToRAS=ijk_to_ras(kind), name=name)


def image_of(array: np.ndarray, matrix: np.ndarray) -> sitk.Image:
    """SimpleITK image by the textbook formula, on its own: LPS = diag(-1, -1, 1, 1) RAS."""
    lps = np.diag([-1.0, -1.0, 1.0, 1.0]) @ matrix
    spacing = np.linalg.norm(lps[:3, :3], axis=0)
    image = sitk.GetImageFromArray(array)
    image.SetSpacing(spacing.tolist())
    image.SetOrigin(lps[:3, 3].tolist())
    image.SetDirection((lps[:3, :3] / spacing).ravel().tolist())
    return image


def array_of(image: sitk.Image) -> np.ndarray:
    return sitk.GetArrayFromImage(image)


def t1_map(array: np.ndarray | None = None, kind: str = "oblique", **changes) -> Map:
    values = {
        "name": "T1map",
        "image": image_of(ramp() * 5 if array is None else array, ijk_to_ras(kind)),
        "quantity": "T1",
        "unit": "ms",
        "description": "Longitudinal relaxation time.",
        "colormap": "lipari",
        "window": (0.0, 2000.0),
        "reference": "T1w",
    } | changes
    return Map(**values)


def label_map(array: np.ndarray, names: dict, kind: str = "oblique", **changes) -> LabelMap:
    return LabelMap(
        "tumor", Segments(image_of(array, ijk_to_ras(kind)), names), "Regions of the tumor.", **changes
    )


def linear_transform(matrix: np.ndarray, name: str = "moved") -> slicer.vtkMRMLLinearTransformNode:
    node = slicer.mrmlScene.AddNewNodeByClass("vtkMRMLLinearTransformNode", name)
    node.SetMatrixTransformToParent(slicer.util.vtkMatrixFromArray(matrix))
    return node


def rigid(degrees: tuple[float, float, float] = (5, 7, -11), shift: tuple = (3.5, -2.0, 9.0)) -> np.ndarray:
    matrix = np.eye(4)
    matrix[:3, :3] = rotation(degrees)
    matrix[:3, 3] = shift
    return matrix


def matrix_of(node: slicer.vtkMRMLVolumeNode) -> np.ndarray:
    import vtk

    matrix = vtk.vtkMatrix4x4()
    node.GetIJKToRASMatrix(matrix)
    return slicer.util.arrayFromVTKMatrix(matrix)


def scene_names() -> set[str]:
    """IDs of all nodes, to tell that nothing was added."""
    return {slicer.mrmlScene.GetNthNode(i).GetID() for i in range(slicer.mrmlScene.GetNumberOfNodes())}


def segments_on(node: slicer.vtkMRMLSegmentationNode, reference: slicer.vtkMRMLVolumeNode) -> Segments:
    """Segments that do not overlap as one label map on a volume's grid, from their masks."""
    from gliomamri_slicer.segment_masks import segmentLayers, segmentMasks

    (layer,) = segmentLayers(node, reference)
    masks = segmentMasks(node, reference)
    values = {name: value for value, name in layer.names.items()}
    array = sum(array_of(mask) * values[name] for name, mask in masks.items())
    image = sitk.GetImageFromArray(array)
    image.CopyInformation(next(iter(masks.values())))
    return Segments(image, dict(layer.names), dict(layer.colors))


def folder_name(node: slicer.vtkMRMLNode) -> str:
    """Name of the subject hierarchy folder that a node lies in; empty at the top."""
    hierarchy = slicer.vtkMRMLSubjectHierarchyNode.GetSubjectHierarchyNode(slicer.mrmlScene)
    parent = hierarchy.GetItemParent(hierarchy.GetItemByDataNode(node))
    return hierarchy.GetItemName(parent) if parent not in (0, hierarchy.GetSceneItemID()) else ""
