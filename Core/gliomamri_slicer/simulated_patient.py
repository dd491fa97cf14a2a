"""A simulated patient in the scene as a clinician expects one: images, named tumor, lesion list in one folder.

In: what :func:`gliomamri_slicer.results.importResult` added for the task ``simulate``. Here its images learn their
acquisition parameters and are shown with the tumor outlined.

Used by GliomaMRISetup (panel and Sample Data); tested by Testing/scene/test_sample_patient.py.
"""

from __future__ import annotations

import math
from collections.abc import Iterator
from dataclasses import dataclass, field

import slicer

from gliomamri.series import PARAMETERS
from gliomamri_slicer.dicom_headers import writeParameters
from gliomamri_slicer.results import ImportedResult
from gliomamri_slicer.roles import ROLE_ATTRIBUTE
from gliomamri_slicer.segment_masks import segmentMasks
from gliomamri_slicer.show import showOverlay

TASK = "simulate"
_IMAGES_TABLE = "images"
_BACKGROUNDS = ("FLAIR", "ceT1w", "T2w", "T1w")
_FOREGROUNDS = ("ceT1w", "T1w", "T2w")
_OUTLINED = ("tumor", "parts")


@dataclass(frozen=True)
class PatientNodes:
    """The nodes of a patient that a user works with.

    Attributes
    ----------
    title : str
        Name of the folder, ``Simulated glioma (seed 7)``.
    images : dict of str to vtkMRMLScalarVolumeNode
        By role.
    lesions : vtkMRMLSegmentationNode or None
        What is outlined; None for a healthy patient.
    """

    title: str
    images: dict[str, slicer.vtkMRMLScalarVolumeNode] = field(default_factory=dict)
    lesions: slicer.vtkMRMLSegmentationNode | None = None


def arrangePatient(imported: ImportedResult, title: str) -> PatientNodes:
    """Name the folder, note the images' parameters and leave one segmentation visible.

    Parameters
    ----------
    imported : ImportedResult
        Result of the task ``simulate``.
    title : str
        What to call the folder; a number is added where a sibling has the name already.

    Returns
    -------
    PatientNodes
        Segmentations without a segment are removed from the scene: a healthy patient has no tumor.
    """
    title = _nameFolder(imported.folder, title)
    images = {}
    for role, node in _imageNodes(imported):
        images.setdefault(role, node)
    for name, values in _acquisitionParameters(imported.nodes.get(_IMAGES_TABLE)):
        if name in imported.nodes:
            writeParameters(imported.nodes[name], values)
    return PatientNodes(title, images, _outline(imported))


def showPatient(patient: PatientNodes) -> None:
    """Show the patient in all slice views: FLAIR, and the image after contrast agent ready to be faded in.

    Segmentations of patients simulated earlier are hidden: they would lie over this one.
    """
    for node in slicer.util.getNodesByClass("vtkMRMLSegmentationNode"):
        if node is not patient.lesions and node.GetAttribute("GliomaMRI.task") == TASK:
            node.SetDisplayVisibility(False)
    background = next((patient.images[role] for role in _BACKGROUNDS if role in patient.images), None)
    if background is None:
        return
    others = [patient.images[role] for role in _FOREGROUNDS if role in patient.images]
    foreground = next((node for node in others if node is not background), background)
    showOverlay(foreground, background, opacity=0.0, legend=False)


def jumpToLesion(patient: PatientNodes) -> None:
    """Move all slice views to the middle of the largest lesion; call it after the views have been fitted."""
    if patient.lesions is None or not patient.images:
        return
    place = largestLesionCenter(patient.lesions, next(iter(patient.images.values())))
    if place is not None:
        slicer.vtkMRMLSliceNode.JumpAllSlices(slicer.mrmlScene, *place)


def largestLesionCenter(
    segmentationNode: slicer.vtkMRMLSegmentationNode, reference: slicer.vtkMRMLScalarVolumeNode
) -> tuple[float, float, float] | None:
    """Center of the largest connected region of all segments together (mm, RAS); None where they are empty."""
    import SimpleITK as sitk

    masks = list(segmentMasks(segmentationNode, reference).values())
    whole = masks[0]
    for mask in masks[1:]:
        whole = sitk.Or(whole, mask)
    regions = sitk.LabelShapeStatisticsImageFilter()
    regions.Execute(sitk.ConnectedComponent(whole, True))
    if not regions.GetLabels():
        return None
    left, posterior, superior = regions.GetCentroid(max(regions.GetLabels(), key=regions.GetPhysicalSize))
    return -left, -posterior, superior


def _nameFolder(folder: int, title: str) -> str:
    hierarchy = slicer.vtkMRMLSubjectHierarchyNode.GetSubjectHierarchyNode(slicer.mrmlScene)
    parent, name, number = hierarchy.GetItemParent(folder), title, 1
    while hierarchy.GetItemChildWithName(parent, name) not in (0, folder):
        number += 1
        name = f"{title} {number}"
    hierarchy.SetItemName(folder, name)
    return name


def _imageNodes(imported: ImportedResult) -> Iterator[tuple[str, slicer.vtkMRMLScalarVolumeNode]]:
    """Weighted images with their role, or their name where they have none."""
    for name, node in imported.nodes.items():
        if node.IsA("vtkMRMLScalarVolumeNode") and not node.GetAttribute("GliomaMRI.quantity"):
            yield node.GetAttribute(ROLE_ATTRIBUTE) or name, node


def _acquisitionParameters(
    tableNode: slicer.vtkMRMLTableNode | None,
) -> Iterator[tuple[str, dict[str, float]]]:
    """Acquisition parameters of each image, from the table with one row per image (``echo_time (ms)`` ...)."""
    if tableNode is None:
        return
    table = tableNode.GetTable()
    columns = {table.GetColumnName(i).split(" (")[0]: i for i in range(table.GetNumberOfColumns())}
    if "image" not in columns:
        return
    for row in range(table.GetNumberOfRows()):
        cells = {
            name: table.GetValue(row, columns[name]).ToDouble() for name in PARAMETERS if name in columns
        }
        image = table.GetValue(row, columns["image"]).ToString()
        yield image, {name: value for name, value in cells.items() if math.isfinite(value)}


def _outline(imported: ImportedResult) -> slicer.vtkMRMLSegmentationNode | None:
    """Leave the first segmentation of lesions visible; hide the others and remove empty ones."""
    found = {name: node for name, node in imported.nodes.items() if node.IsA("vtkMRMLSegmentationNode")}
    for name, node in list(found.items()):
        if node.GetSegmentation().GetNumberOfSegments() == 0:
            slicer.mrmlScene.RemoveNode(found.pop(name))
    shown = next((found[name] for name in _OUTLINED if name in found), None)
    for node in found.values():
        node.CreateDefaultDisplayNodes()
        node.SetDisplayVisibility(node is shown)
        node.GetDisplayNode().SetVisibility2DFill(False)  # a fill would hide what is to be seen
    return shown
