"""Which node of the scene fills which single role, guessed from what it says of itself: the button "assign by name".

A node is asked in this order: the attribute that GliomaMRI's own results carry, the series description of its DICOM
header, its name. Where several nodes speak for one role, the winner is, in this order: the one with the attribute; the
one whose name says least against it (not synthetic, not reformatted; FLAIR and T2 before contrast agent); the one with
the finest resolution (smallest largest spacing); the one added to the scene last.

A quantitative map never fills the role of a weighted image. Used by the panels' input sections; tested by
Testing/scene/test_role_assignment.py.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass

import slicer

from gliomamri.role_names import Guess, denies_contrast, guess_role
from gliomamri.roles import ROLES
from gliomamri.tasks import PATIENT_TASKS
from gliomamri_slicer.dicom_headers import DicomDatabase
from gliomamri_slicer.roles import ROLE_ATTRIBUTE

_DESCRIPTION, _AGENT = "0008,103e", "0018,0010"
"""DICOM tags: series description, contrast bolus agent."""
_NO_AGENT = ("", "none", "no", "n", "0")
_SEGMENTED = ("brain_mask", "segmentation")


@dataclass(frozen=True)
class _Candidate:
    """A node that may fill a role; of several, the smallest ``rank`` wins."""

    node: slicer.vtkMRMLNode
    role: str
    rank: tuple[float, ...]
    agent: bool = False


def assignByName(
    scene: slicer.vtkMRMLScene, roles: Iterable[str], database: DicomDatabase | None = None
) -> dict[str, slicer.vtkMRMLNode]:
    """Find a node for each role.

    Parameters
    ----------
    scene : vtkMRMLScene
        Volumes without voxels and hidden nodes are passed over.
    roles : iterable of str
        Names of :data:`gliomamri.roles.ROLES`; those of a series are passed over, as a series is found by its
        parameters.
    database : DicomDatabase, optional
        By default ``slicer.dicomDatabase`` where it exists.

    Returns
    -------
    dict of str to vtkMRMLNode
        Roles that were found, in the order asked. ``segmentation`` is a segmentation node; ``brain_mask`` a
        segmentation or, where there is none, a label map or volume; the others are scalar volumes. No node is given
        twice.
    """
    wanted = [role for role in roles if not ROLES[role].is_series]
    database = database or getattr(slicer, "dicomDatabase", None)
    candidates = _byAgent(list(_volumes(scene, database))) + list(_segmentations(scene))
    found = {}
    for role in wanted:
        own = [candidate for candidate in candidates if candidate.role == role]
        if own:
            found[role] = min(own, key=lambda candidate: candidate.rank).node
    return found


def _volumes(scene: slicer.vtkMRMLScene, database: DicomDatabase | None) -> Iterator[_Candidate]:
    for order, node in enumerate(_nodes(scene, "vtkMRMLScalarVolumeNode")):
        isLabelMap = node.IsA("vtkMRMLLabelMapVolumeNode")
        if node.GetImageData() is None:
            continue
        own = node.GetAttribute(ROLE_ATTRIBUTE)
        if own:
            yield _Candidate(node, own, (0, 0, 0, -order))
            continue
        description = _header(node, _DESCRIPTION, database)
        guess, text = _guess(description, node.GetName() or "")
        if guess is None or not _fits(node, guess.role, text, isLabelMap=isLabelMap):
            continue
        agent = not denies_contrast(text) and _header(node, _AGENT, database).lower() not in _NO_AGENT
        rank = (1, guess.doubts, round(max(node.GetSpacing()), 2), -order)
        yield _Candidate(node, guess.role, rank, agent)


def _segmentations(scene: slicer.vtkMRMLScene) -> Iterator[_Candidate]:
    """Brain masks and annotations; a segmentation whose name says nothing is taken for an annotation if it is alone."""
    nodes = list(_nodes(scene, "vtkMRMLSegmentationNode"))
    guesses = [guess_role(node.GetName() or "") for node in nodes]
    roles = [guess.role if guess and guess.role in _SEGMENTED else "" for guess in guesses]
    roles = [node.GetAttribute(ROLE_ATTRIBUTE) or role for node, role in zip(nodes, roles, strict=True)]
    # What an analysis found (shells, mirrors) was no input of it, and is none of the next one.
    roles = [
        "" if role == "segmentation" and _isFinding(node) else role
        for node, role in zip(nodes, roles, strict=True)
    ]
    unknown = [index for index, role in enumerate(roles) if not (role or _isFinding(nodes[index]))]
    if "segmentation" not in roles and len(unknown) == 1:
        roles[unknown[0]] = "segmentation"
    for order, (node, role) in enumerate(zip(nodes, roles, strict=True)):
        if role:
            yield _Candidate(node, role, (0 if node.GetAttribute(ROLE_ATTRIBUTE) else 0.5, 0, 0, -order))


def _isFinding(node: slicer.vtkMRMLSegmentationNode) -> bool:
    task = node.GetAttribute("GliomaMRI.task")
    return bool(task) and task not in PATIENT_TASKS


def _nodes(scene: slicer.vtkMRMLScene, className: str) -> list[slicer.vtkMRMLNode]:
    found = [
        scene.GetNthNodeByClass(index, className) for index in range(scene.GetNumberOfNodesByClass(className))
    ]
    return [node for node in found if not node.GetHideFromEditors()]


def _guess(description: str, name: str) -> tuple[Guess | None, str]:
    """Guess from the header, else from the name; give the text that was understood too."""
    for text in (description, name):
        guess = guess_role(text)
        if guess is not None:
            return guess, text
    return None, ""


def _fits(node: slicer.vtkMRMLScalarVolumeNode, role: str, text: str, *, isLabelMap: bool) -> bool:
    """Whether a node can be what its name says: no map is a weighted image, no label map an image and so on."""
    if role == "segmentation":
        return False
    if role == "brain_mask":
        return isLabelMap or "mask" in text.lower()  # a volume called "brain" is a brain, not its mask
    isMap = bool(node.GetAttribute("GliomaMRI.quantity"))
    return not isLabelMap and not (isMap and not ROLES[role].unit and role != "B1map")


def _byAgent(candidates: list[_Candidate]) -> list[_Candidate]:
    """Tell T1-weighted images of one name apart by the agent in their headers, where that differs between them."""
    plain = [one for one in candidates if one.role == "T1w" and one.rank[0]]
    if len({one.agent for one in plain}) < 2:
        return candidates
    return [
        _Candidate(one.node, "ceT1w", one.rank) if one in plain and one.agent else one for one in candidates
    ]


def _header(node: slicer.vtkMRMLScalarVolumeNode, tag: str, database: DicomDatabase | None) -> str:
    uids = (node.GetAttribute("DICOM.instanceUIDs") or "").split()
    if not uids or database is None:
        return ""
    return (database.instanceValue(uids[0], tag) or "").strip()
