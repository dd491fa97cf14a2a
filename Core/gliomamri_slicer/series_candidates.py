"""Which volumes of a scene look like the images of one series, for "assign by name"."""

from __future__ import annotations

import slicer

from gliomamri.roles import ROLES
from gliomamri.series import PARAMETERS
from gliomamri_slicer.dicom_headers import acquisitionParameters
from gliomamri_slicer.found_parameters import Parameters

_FEWEST_TIMES = 3
"""Fewer images than this are not a series to fit."""


def seriesCandidates(role: str, scene: slicer.vtkMRMLScene) -> list[slicer.vtkMRMLNode]:
    """Find the volumes that can be the series of a role, by header or name.

    Images with an inversion time can be inversion recovery, images with an echo time and no inversion time spin
    echoes. Candidates share size and every other parameter; of several such groups the one with most times wins.

    Returns
    -------
    list of vtkMRMLScalarVolumeNode
        Ordered by inversion or echo time; empty when there is no group of at least three times.
    """
    varying = ROLES[role].varying
    groups: dict[tuple, dict[tuple[float, ...], slicer.vtkMRMLNode]] = {}
    for node in slicer.util.getNodesByClass("vtkMRMLScalarVolumeNode", scene):
        if node.GetClassName() != "vtkMRMLScalarVolumeNode" or node.GetAttribute("GliomaMRI.quantity"):
            continue
        parameters = acquisitionParameters(node)
        isInversionRecovery = "inversion_time" in parameters and parameters["inversion_time"].value > 0
        isComplete = all(name in parameters for name in varying)
        if isComplete and isInversionRecovery == ("inversion_time" in varying):
            group = groups.setdefault(_sharedTraits(node, parameters, varying), {})
            group.setdefault(tuple(parameters[name].value for name in varying), node)
    largest = max(groups.values(), key=len, default={})
    return [largest[time] for time in sorted(largest)] if len(largest) >= _FEWEST_TIMES else []


def _sharedTraits(
    node: slicer.vtkMRMLScalarVolumeNode, parameters: Parameters, varying: tuple[str, ...]
) -> tuple:
    """What the images of one series have in common: size and all parameters but the varying ones."""
    others = (name for name in PARAMETERS if name in parameters and name not in varying)
    size = node.GetImageData().GetDimensions() if node.GetImageData() else None
    return size, *((name, round(parameters[name].value, 3)) for name in others)
