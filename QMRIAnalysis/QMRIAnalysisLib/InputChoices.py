"""What the user has chosen in the panel's section Inputs, read from the parameter node; no widget in here."""

import slicer

from gliomamri.roles import ROLES
from gliomamri.tasks import find_task
from gliomamri_slicer.inputs import SeriesInput, TaskInputs
from gliomamri_slicer.provenance import PROVENANCE_ROLE
from gliomamri_slicer.role_assignment import assignByName
from gliomamri_slicer.roles import ROLE_ATTRIBUTE
from gliomamri_slicer.series_candidates import seriesCandidates
from gliomamri_slicer.series_selection import SeriesSelection
from gliomamri_slicer.volume_masks import maskProblem
from QMRIAnalysisLib.FittedMaps import FITS

WEIGHTED = (("T1w", "T1w", "ceT1w"), ("T2w", "T2w", ""), ("FLAIR", "FLAIR", ""))
MAPS = (
    ("T1", "T1map", "ceT1map"),
    ("T2", "T2map", "ceT2map"),
    ("PD", "PDmap", "cePDmap"),
    ("B1", "B1map", ""),
)
"""Rows of the panel: label, role before, role after contrast agent."""

ERRORS = {"T1map": "R1error", "T2map": "R2error", "ceT1map": "ceR1error", "ceT2map": "ceR2error"}
"""Role of the standard errors that belong to a map; they come with it, where the same fit gave both."""

IMAGE_ROLES = tuple(role for _label, *roles in (*WEIGHTED, *MAPS) for role in roles if role)

SERIES_ROLES = tuple(role for role in find_task("relaxometry").roles if ROLES[role].is_series)
"""Kinds of raw acquisitions that can be fitted."""


class InputChoices:
    """Reads and changes the choices of one parameter node.

    The parameter node is the wrapper of the module; it has the fields ``images`` (pack of volumes by role),
    ``brainMask`` and ``segmentation``.
    """

    def __init__(self, parameterNode):
        self._parameterNode = parameterNode
        self.series = {role: SeriesSelection(parameterNode.parameterNode, role) for role in SERIES_ROLES}

    def images(self):
        """Chosen volumes by role."""
        chosen = ((role, getattr(self._parameterNode.images, role)) for role in IMAGE_ROLES)
        return {role: node for role, node in chosen if node is not None}

    def mapOf(self, role):
        """The chosen map of a role; where none is chosen, the newest that a task has made; None without one."""
        chosen = getattr(self._parameterNode.images, role)
        if chosen is not None:
            return chosen
        made = [
            node
            for node in slicer.util.getNodesByClass("vtkMRMLScalarVolumeNode")
            if node.GetAttribute(ROLE_ATTRIBUTE) == role and node.GetAttribute("GliomaMRI.quantity")
        ]
        return made[-1] if made else None

    def _errors(self):
        """Standard errors of the chosen maps, by role."""
        made = {
            (node.GetAttribute(ROLE_ATTRIBUTE), node.GetNodeReferenceID(PROVENANCE_ROLE)): node
            for node in slicer.util.getNodesByClass("vtkMRMLScalarVolumeNode")
        }
        chosen = self.images()
        found = {
            error: made.get((error, chosen[role].GetNodeReferenceID(PROVENANCE_ROLE) or ""))
            for role, error in ERRORS.items()
            if role in chosen
        }
        return {role: node for role, node in found.items() if node is not None}

    def chosenSeries(self):
        """Selections by role of the acquisitions of which images are chosen."""
        return {role: selection for role, selection in self.series.items() if selection.nodes()}

    def roles(self):
        """Every role that is filled."""
        parameterNode = self._parameterNode
        filled = {*self.images(), *self.chosenSeries()}
        filled |= {"brain_mask"} if parameterNode.brainMask is not None else set()
        return filled | ({"segmentation"} if parameterNode.segmentation is not None else set())

    def setImages(self, nodes):
        """Choose volumes by role; roles that are not named stay as they are."""
        with slicer.util.NodeModify(self._parameterNode):
            for role, node in nodes.items():
                if role in IMAGE_ROLES:
                    setattr(self._parameterNode.images, role, node)

    def setMasks(self, brainMask, annotation):
        """Choose brain mask and annotation; None leaves what is chosen."""
        with slicer.util.NodeModify(self._parameterNode):
            if brainMask is not None:
                self._parameterNode.brainMask = brainMask
            if annotation is not None:
                self._parameterNode.segmentation = annotation

    def assignByName(self, scene):
        """Choose images, raw acquisitions and masks by header and name; give the roles that were found."""
        series = {role: seriesCandidates(role, scene) for role in self.series}
        single = assignByName(scene, (*IMAGE_ROLES, "brain_mask", "segmentation"))
        fitted = {role for name, nodes in series.items() if nodes for role in FITS.get(name, ())}
        single = {role: node for role, node in single.items() if not _isNeedless(role, node, fitted)}
        with slicer.util.NodeModify(self._parameterNode):
            found = [role for role in single if self._choose(role, single[role])]
            for role, nodes in series.items():
                if nodes:
                    self.series[role].setNodes(nodes)
                    found.append(role)
        return found

    def _choose(self, role, node):
        """Choose a node for a single role; False where the panel has no place for such a node."""
        if role in IMAGE_ROLES:
            setattr(self._parameterNode.images, role, node)
        elif role == "brain_mask":
            if _maskProblem(node):
                return False  # called so, but an image
            self._parameterNode.brainMask = node
        else:
            self._parameterNode.segmentation = node
        return True

    def maskProblem(self):
        """Say why the chosen brain mask is none; empty when it is one, or none is chosen."""
        return _maskProblem(self._parameterNode.brainMask)

    def inputs(self, roles):
        """The chosen nodes of some roles, as a job takes them."""
        parameterNode = self._parameterNode
        series = {
            role: SeriesInput(selection.frames())
            for role, selection in self.chosenSeries().items()
            if role in roles
        }
        images = {role: node for role, node in (self.images() | self._errors()).items() if role in roles}
        masks = {}
        if parameterNode.brainMask is not None and "brain_mask" in roles:
            masks["brain_mask"] = parameterNode.brainMask
        segmentation = parameterNode.segmentation if "segmentation" in roles else None
        return TaskInputs(images=images, series=series, masks=masks, segmentation=segmentation)


def _maskProblem(node):
    """Say why a node is no brain mask; a segmentation always is one."""
    return "" if node is None or node.IsA("vtkMRMLSegmentationNode") else maskProblem(node)


def _isNeedless(role, node, fitted):
    """Whether a map is a by-product of a fit, or of an analysis that reads the raw images themselves."""
    task = node.GetAttribute("GliomaMRI.task")
    return (role == "B1map" and task in ("relaxometry", "quantitative")) or (
        role in fitted and task == "quantitative"
    )
