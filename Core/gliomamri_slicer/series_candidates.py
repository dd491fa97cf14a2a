"""Which volumes of a scene look like the images of one series, for "assign by name".

Used by the panels' input sections; tested by Testing/scene/test_series_selection.py and test_series_candidates.py.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass

import slicer

from gliomamri.role_names import says_contrast
from gliomamri.roles import ROLES, Role
from gliomamri.series import PARAMETERS
from gliomamri_slicer.found_parameters import Parameters
from gliomamri_slicer.header_memory import headerFacts
from gliomamri_slicer.roles import ROLE_ATTRIBUTE

_FEWEST_IMAGES = 3
"""Fewer images than this are not a series to fit."""
_FEWEST = {"VFA": 2}
"""Two flip angles of one protocol are a known way to T1; no clinical protocol repeats an image with another one."""
_BOTH_VARY = ("inversion_time", "echo_time")
"""What tells MAGIC from inversion recovery: several echo times for several inversion times."""


@dataclass(frozen=True)
class _Candidate:
    """A volume with what is known of its acquisition."""

    node: slicer.vtkMRMLScalarVolumeNode
    parameters: Parameters

    def times(self, names: Iterable[str]) -> tuple[float, ...]:
        return tuple(self.parameters[name].value for name in names)

    def traits(self, varying: tuple[str, ...]) -> tuple:
        """What the images of one series have in common: size and all parameters but the varying ones."""
        others = (name for name in PARAMETERS if name in self.parameters and name not in varying)
        image = self.node.GetImageData()
        size = image.GetDimensions() if image else None
        return size, *((name, round(self.parameters[name].value, 3)) for name in others)


def seriesCandidates(role: str, scene: slicer.vtkMRMLScene) -> list[slicer.vtkMRMLNode]:
    """Find the volumes that can be the series of a role, by role attribute, header or name.

    Volumes that carry the role go before all others, those of another role are passed over. Otherwise images with an
    inversion time can be inversion recovery, or MAGIC where echo times vary as well; images with an echo time and no
    inversion time spin echoes; images that differ by their flip angle alone a variable flip angle series. Whether MAGIC
    images are from after contrast agent, their names say. Candidates share size and every other parameter; of several
    such groups the one with most times wins, and of equal ones the last.

    Returns
    -------
    list of vtkMRMLScalarVolumeNode
        Ordered by the role's varying parameters; empty when there is no group of at least three (VFA: two) times.
    """
    wanted = ROLES[role]
    volumes = [_Candidate(node, headerFacts(node)[0]) for node in _images(scene)]
    complete = [one for one in volumes if all(name in one.parameters for name in wanted.varying)]
    marked = [one for one in complete if one.node.GetAttribute(ROLE_ATTRIBUTE) == role]
    if marked:
        groups = _grouped(marked, wanted.varying, byFolder=True)
    else:
        unmarked = [one for one in complete if not one.node.GetAttribute(ROLE_ATTRIBUTE)]
        groups = _grouped([one for one in unmarked if _fits(one, wanted)], wanted.varying)
        groups = [group for group in groups if _isKind(group, wanted, unmarked)]
    largest = max(reversed(groups), key=len, default={})
    fewest = 1 if marked else _FEWEST.get(role, _FEWEST_IMAGES)
    return [largest[times] for times in sorted(largest)] if len(largest) >= fewest else []


def _images(scene: slicer.vtkMRMLScene) -> Iterable[slicer.vtkMRMLScalarVolumeNode]:
    for node in slicer.util.getNodesByClass("vtkMRMLScalarVolumeNode", scene):
        if node.GetClassName() == "vtkMRMLScalarVolumeNode" and not node.GetAttribute("GliomaMRI.quantity"):
            yield node


def _grouped(
    candidates: Iterable[_Candidate], varying: tuple[str, ...], *, byFolder: bool = False
) -> list[dict[tuple[float, ...], slicer.vtkMRMLNode]]:
    """Volumes with common traits, by their times; of two with the same times the first counts."""
    groups: dict[tuple, dict[tuple[float, ...], slicer.vtkMRMLNode]] = {}
    for one in candidates:
        folder = _folder(one.node) if byFolder else 0
        group = groups.setdefault((folder, *one.traits(varying)), {})
        group.setdefault(one.times(varying), one.node)
    return list(groups.values())


def _folder(node: slicer.vtkMRMLNode) -> int:
    """Folder of a simulated or computed series: each patient has one of its own."""
    hierarchy = slicer.vtkMRMLSubjectHierarchyNode.GetSubjectHierarchyNode(slicer.mrmlScene)
    item = hierarchy.GetItemByDataNode(node) if hierarchy is not None else 0
    return hierarchy.GetItemParent(item) if item else 0


def _fits(one: _Candidate, wanted: Role) -> bool:
    """Whether one image can be of a series of the role."""
    isInverted = "inversion_time" in one.parameters and one.parameters["inversion_time"].value > 0
    if isInverted != ("inversion_time" in wanted.varying):
        return False
    if set(wanted.varying) == set(_BOTH_VARY):
        return says_contrast(one.node.GetName() or "") == (wanted.entities.get("ce") is not None)
    return True


def _isKind(
    group: dict[tuple[float, ...], slicer.vtkMRMLNode], wanted: Role, everything: list[_Candidate]
) -> bool:
    """Whether a group is of the kind of series that the role means, among those that look alike."""
    if set(wanted.varying) == set(_BOTH_VARY):
        return all(len({times[index] for times in group}) > 1 for index in range(2))
    if "inversion_time" not in wanted.varying:
        return True
    known = [one for one in everything if all(name in one.parameters for name in _BOTH_VARY)]
    ids = {node.GetID() for node in group.values()}
    for both in _grouped(known, _BOTH_VARY):
        isMagic = all(len({times[index] for times in both}) > 1 for index in range(2))
        if isMagic and ids & {node.GetID() for node in both.values()}:
            return False
    return True
