"""The images a user has chosen for one series, kept in a parameter node.

A parameter node binds no list of images and no table of times to widgets. The choice is kept as node references
of the parameter node (saved with the scene, followed by MRML when ids change); typed times are kept with the
images themselves (:func:`gliomamri_slicer.dicom_headers.writeParameters`).
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence

import slicer

from gliomamri.errors import UserError
from gliomamri.roles import ROLES
from gliomamri.series import PARAMETERS
from gliomamri_slicer.dicom_headers import writeParameters
from gliomamri_slicer.found_parameters import Source
from gliomamri_slicer.frames import Frame, listFrames
from gliomamri_slicer.header_memory import nodeState


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

    def state(self) -> tuple:
        """Something that is equal as long as :meth:`frames` gives the same; quick, reads no file."""
        return tuple(map(nodeState, self.nodes()))

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

        A parameter that does not vary within the series, such as the repetition time, belongs to all its images: the
        value is kept with every other one, too, whose header or file does not say it.

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
        value = _positive(name, text) if text.strip() else None
        others = () if name in self.role.varying else _withoutHeader(self.frames(), name)
        for volume in (frame.volumeNode, *others):
            if value is None:
                volume.RemoveAttribute(f"GliomaMRI.{name}")
            else:
                writeParameters(volume, {name: value})
        self._parameterNode.Modified()

    def missing(self, fewest: int = 1) -> str:
        """Say what a chosen series still lacks, in one sentence; empty when it can be fitted or nothing is chosen.

        Parameters
        ----------
        fewest : int
            Number of different times (b-values, ...) that the fit needs.
        """
        try:
            frames = self.frames()
        except UserError as error:
            return error.sentence
        for name in self.role.varying:
            without = [frame.name for frame in frames if name not in frame.parameters]
            if without:
                return f"Type the {name.replace('_', ' ')} of {_some(without)} in the table."
        taken = {tuple(frame.parameters[name].value for name in self.role.varying) for frame in frames}
        if 0 < len(taken) < fewest:
            words = " and ".join(f"{name.replace('_', ' ')}s" for name in self.role.varying)
            return (
                f"Select {self.role.title} with at least {fewest} different {words}; these have {len(taken)}."
            )
        return ""


def _withoutHeader(frames: Iterable[Frame], name: str) -> list[slicer.vtkMRMLVolumeNode]:
    """Volumes of one image each of which neither header nor file says a value."""
    unsure = (Source.TYPED, Source.NAME)
    return [
        frame.volumeNode
        for frame in frames
        if frame.component is None
        and (name not in frame.parameters or frame.parameters[name].source in unsure)
    ]


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
