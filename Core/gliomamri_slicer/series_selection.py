"""The images a user has chosen for one series, kept in a parameter node.

A parameter node binds no list of images and no table of times to widgets. The choice is kept as node references
of the parameter node (saved with the scene, followed by MRML when ids change); typed times are kept with the
images themselves (:func:`gliomamri_slicer.dicom_headers.writeParameters`).
"""

from __future__ import annotations

from collections.abc import Sequence

import slicer

from gliomamri.errors import UserError
from gliomamri.roles import ROLES
from gliomamri.series import PARAMETERS
from gliomamri_slicer.dicom_headers import writeParameters
from gliomamri_slicer.frames import Frame, listFrames


class SeriesSelection:
    """Choice of the images of one role.

    Parameters
    ----------
    parameterNode : vtkMRMLScriptedModuleNode
        The module's parameter node (the MRML node, not its wrapper).
    role : str
        A series role, such as ``IRT1``.
    """

    def __init__(self, parameterNode: slicer.vtkMRMLScriptedModuleNode, role: str) -> None:
        self._parameterNode = parameterNode
        self.role = ROLES[role]
        self._reference = f"{role}.image"

    def nodes(self) -> list[slicer.vtkMRMLNode]:
        """Chosen nodes that are in the scene, in order of choice."""
        count = self._parameterNode.GetNumberOfNodeReferences(self._reference)
        found = (self._parameterNode.GetNthNodeReference(self._reference, index) for index in range(count))
        return [node for node in found if node is not None]

    def setNodes(self, nodes: Sequence[slicer.vtkMRMLNode]) -> None:
        """Choose these nodes; those chosen before keep their place, new ones come behind."""
        wanted = {node.GetID() for node in nodes}
        kept = [node for node in self.nodes() if node.GetID() in wanted]
        known = {node.GetID() for node in kept}
        ordered = [*kept, *(node for node in nodes if node.GetID() not in known)]
        if [node.GetID() for node in ordered] == [node.GetID() for node in self.nodes()]:
            return
        wasModifying = self._parameterNode.StartModify()
        self._parameterNode.RemoveNodeReferenceIDs(self._reference)
        for node in ordered:
            self._parameterNode.AddNodeReferenceID(self._reference, node.GetID())
        self._parameterNode.EndModify(wasModifying)

    def frames(self) -> list[Frame]:
        """Images of the chosen nodes with what is known of their acquisition.

        Raises
        ------
        UserError
            If a node holds no volume.
        """
        return listFrames(self.nodes())

    def setTyped(self, frame: Frame, name: str, text: str) -> None:
        """Keep a typed value with an image.

        Parameters
        ----------
        frame : Frame
            One of :meth:`frames`.
        name : str
            A name of :data:`gliomamri.series.PARAMETERS`.
        text : str
            The value in that parameter's unit; a comma is taken as decimal point. Empty goes back to the header.

        Raises
        ------
        UserError
            If the text is no positive number, or the frame is part of a multi-volume.
        """
        if frame.component is not None:
            raise UserError(
                f"'{frame.volumeNode.GetName()}' holds all images in one volume, which keeps one time only; "
                "load the images as separate volumes or as a sequence to type times."
            )
        if not text.strip():
            frame.volumeNode.RemoveAttribute(f"GliomaMRI.{name}")
        else:
            writeParameters(frame.volumeNode, {name: _positive(name, text)})
        self._parameterNode.Modified()

    def missing(self) -> str:
        """Say what a chosen series still lacks, in one sentence; empty when it can be fitted or nothing is chosen."""
        try:
            frames = self.frames()
        except UserError as error:
            return error.sentence
        words = self.role.varying.replace("_", " ")
        without = [frame.name for frame in frames if self.role.varying not in frame.parameters]
        if without:
            return f"Type the {words} of {_some(without)} in the table."
        times = [frame.parameters[self.role.varying].value for frame in frames]
        if 0 < len(set(times)) < _FEWEST:
            return f"Select {self.role.title} with at least {_FEWEST} different {words}s; these have {len(set(times))}."
        return ""


_FEWEST = 3
"""A decay or recovery with noise needs three points."""


def _positive(name: str, text: str) -> float:
    try:
        value = float(text.strip().replace(",", "."))
    except ValueError:
        value = -1.0
    if not 0 < value < float("inf"):
        raise UserError(
            f"The {name.replace('_', ' ')} must be a positive number in {PARAMETERS[name]}, not '{text}'."
        )
    return value


def _some(names: Sequence[str]) -> str:
    shown = ", ".join(f"'{name}'" for name in names[:2])
    return shown if len(names) <= 2 else f"{shown} and {len(names) - 2} more"
