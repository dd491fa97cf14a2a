"""What headers say of a volume, remembered until the volume changes: a panel asks often, files are slow."""

from __future__ import annotations

from collections import OrderedDict

import slicer

from gliomamri_slicer.dicom_headers import acquisitionParameters, signalHasSign
from gliomamri_slicer.found_parameters import FoundParameter

_MOST = 1000
"""Volumes remembered; the one asked for longest ago goes first."""

_memory: OrderedDict[tuple, tuple[dict[str, FoundParameter], bool | None]] = OrderedDict()


def nodeState(node: slicer.vtkMRMLNode) -> tuple:
    """Id and time stamps of a node, its storage and the nodes of a sequence: equal while none has changed.

    VTK's time stamps count every change of any object, so that no two nodes share one.
    """
    isStorable = node.IsA("vtkMRMLStorableNode")
    storage = node.GetStorageNode() if isStorable else None
    stamps = [node.GetMTime(), storage.GetMTime() if storage is not None else 0]
    if node.IsA("vtkMRMLSequenceNode"):
        stamps += [node.GetNthDataNode(index).GetMTime() for index in range(node.GetNumberOfDataNodes())]
    return (node.GetID(), *stamps)


def headerFacts(volumeNode: slicer.vtkMRMLVolumeNode) -> tuple[dict[str, FoundParameter], bool | None]:
    """Acquisition parameters of a volume and whether its signal has a sign, as the headers say.

    See :func:`~gliomamri_slicer.dicom_headers.acquisitionParameters` and
    :func:`~gliomamri_slicer.dicom_headers.signalHasSign`; files are read once per state of the node.
    """
    key = (nodeState(volumeNode), id(getattr(slicer, "dicomDatabase", None)))
    if key not in _memory:
        _memory[key] = (acquisitionParameters(volumeNode), signalHasSign(volumeNode))
        if len(_memory) > _MOST:
            _memory.popitem(last=False)
    _memory.move_to_end(key)
    parameters, signed = _memory[key]
    return dict(parameters), signed


def forgetHeaders() -> None:
    """Read every header anew from now on: a file or the DICOM database may have changed beside the scene."""
    _memory.clear()
