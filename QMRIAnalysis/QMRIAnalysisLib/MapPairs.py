"""Which maps of the scene are one quantity before and after contrast agent, and its change; no widget in here."""

import re

import slicer

from gliomamri_slicer.compare_views import ComparedPair
from gliomamri_slicer.provenance import PROVENANCE_ROLE
from gliomamri_slicer.roles import ROLE_ATTRIBUTE

_CONTRAST = "ce"
_NUMBERED = re.compile(r"_\d+$")
"""What MRML adds to a name that another node has already."""
_CHANGE = re.compile(r"d([A-Z]\w*)")
"""Name of a change, ``dR1``."""


def pairOf(mapNode):
    """
    Find what a map can be compared with: maps of the same run go before others of the scene, newer before older.

    :param mapNode: vtkMRMLScalarVolumeNode, before or after contrast agent, or the change itself
    :return: :class:`gliomamri_slicer.compare_views.ComparedPair`, or None without a partner
    """
    found = _byName(mapNode)
    stem = _stemOf(nameOf(mapNode))
    before, after = found.get(stem), found.get(_CONTRAST + stem)
    if before is None or after is None:
        return None
    return ComparedPair(before, after, found.get(_changeOf(stem)))


def _byName(mapNode):
    run = mapNode.GetNodeReferenceID(PROVENANCE_ROLE)
    nodes = [
        node
        for node in slicer.util.getNodesByClass("vtkMRMLScalarVolumeNode")
        if node.GetAttribute("GliomaMRI.quantity") or node.GetAttribute(ROLE_ATTRIBUTE)
    ]
    found = {}
    for node in sorted(
        nodes, key=lambda node: run is not None and node.GetNodeReferenceID(PROVENANCE_ROLE) == run
    ):
        found[nameOf(node)] = node
    found[nameOf(mapNode)] = mapNode
    return found


def nameOf(node):
    """Role of a node, or the name its task gave it."""
    return node.GetAttribute(ROLE_ATTRIBUTE) or _NUMBERED.sub("", node.GetName() or "")


def _changeOf(stem):
    """Name of the change of a map: ``dR1`` of ``R1map``."""
    return f"d{stem.removesuffix('map')}"


def _stemOf(name):
    """Name before contrast agent of a map, of the same map after it, or of their change."""
    change = _CHANGE.fullmatch(name)
    return f"{change[1]}map" if change else name.removeprefix(_CONTRAST)
