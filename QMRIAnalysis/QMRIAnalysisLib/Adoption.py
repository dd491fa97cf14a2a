"""What a task has made becomes the input of the next step; no widget in here."""

from gliomamri_slicer.dicom_headers import writeParameters
from gliomamri_slicer.roles import ROLE_ATTRIBUTE


def adopt(choices, imported):
    """
    Choose every volume of a result that knows its role, its raw series, its brain mask and its annotation.

    :param choices: :class:`QMRIAnalysisLib.InputChoices.InputChoices`
    :param imported: :class:`gliomamri_slicer.results.ImportedResult`
    """
    volumes = [node for node in imported.nodes.values() if node.IsA("vtkMRMLScalarVolumeNode")]
    found = {node.GetAttribute(ROLE_ATTRIBUTE): node for node in volumes}
    if any(node.GetAttribute("GliomaMRI.task") == "relaxometry" for node in volumes):
        found.pop("B1map", None)  # the next fit must find its own, or it would not be the same fit
    choices.setImages(found)
    for role, selection in choices.chosenSeries().items():
        _adoptSeries(selection, [node for node in volumes if node.GetAttribute(ROLE_ATTRIBUTE) == role])
    choices.setMasks(_segmentation(imported, "brain_mask"), _annotation(imported))


def _adoptSeries(selection, nodes):
    """Choose the images that were made of the chosen ones, in the same order, with the same times."""
    frames = selection.frames()
    if len(nodes) != len(frames):
        return
    for node, frame in zip(nodes, frames, strict=True):
        writeParameters(node, {name: found.value for name, found in frame.parameters.items()})
    selection.setNodes(nodes)


def _annotation(imported):
    """The annotation on the common grid; segments that overlap come as layers, which are put together again."""
    first, number = _segmentation(imported, "segmentation"), 2
    while first is not None and (layer := _segmentation(imported, f"segmentation_{number}")) is not None:
        source = layer.GetSegmentation()
        for segmentId in source.GetSegmentIDs():
            first.GetSegmentation().CopySegmentFromSegmentation(source, segmentId)
        number += 1
    return first


def _segmentation(imported, name):
    node = imported.nodes.get(name)
    return node if node is not None and node.IsA("vtkMRMLSegmentationNode") else None
