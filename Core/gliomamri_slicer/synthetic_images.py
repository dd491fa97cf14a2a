"""A weighted image computed from map volumes, as a volume that follows sliders.

The equations are in :mod:`gliomamri.relaxometry.weighted_images`. Called by the QMRIAnalysis panel; tested by
Testing/scene/test_synthetic_images.py.
"""

from __future__ import annotations

import json
import re

import numpy as np
import slicer
import slicer.util

from gliomamri.errors import UserError
from gliomamri.relaxometry.synthetic import FULL_WATER, SyntheticMaps
from gliomamri.relaxometry.weighted_images import WeightedImage, display_window, weighted_image
from gliomamri_slicer.coded_quantities import quantityCode, unitCode
from gliomamri_slicer.geometry import refuseUnlessScalar, sameGridSentence
from gliomamri_slicer.grid import localGrid, setNodeGrid
from gliomamri_slicer.nodes import addNode, isInScene

KIND_ATTRIBUTE = "GliomaMRI.synthetic"
TIMES_ATTRIBUTE = "GliomaMRI.times"

_ROLE_ATTRIBUTE = "GliomaMRI.role"
_MAPS = {"T1": "ms", "T2": "ms", "PD": "%"}
_REFERENCE = "GliomaMRI.map."
_OWN_NAME = re.compile(r"(\w+_synthetic)(?:_\d+)?")
_SHORTEST_TYPICAL_MS = 20.0
"""A map of T1 or T2 whose median is below this cannot be in ms."""


class SyntheticImage:
    """One synthetic volume and the maps behind it.

    Parameters
    ----------
    kind : str
        A name of :data:`gliomamri.relaxometry.weighted_images.WEIGHTED_IMAGES`.
    T1Node, T2Node : vtkMRMLScalarVolumeNode
        Maps in ms, on one grid.
    PDNode : vtkMRMLScalarVolumeNode, optional
        In percent of water; 100 % everywhere without it, which :attr:`notes` say.
    node : vtkMRMLScalarVolumeNode, optional
        An earlier synthetic volume to write to; a new one without it.
    postContrast : bool
        Whether the maps are from after contrast agent, where their role does not say; then the name begins with
        ``ce``.

    Attributes
    ----------
    node : vtkMRMLScalarVolumeNode
        Signal in percent of water's, 0 where the maps hold nothing.
    times : dict of str to float
        In ms (degrees), as last computed.
    notes : tuple of str
        Sentences for the user.

    Raises
    ------
    UserError
        If a map is missing, empty, another quantity or unit, or on another grid, if pre- and post-contrast maps are
        mixed, or if ``node`` is no synthetic image of ours. The scene is as before then.
    """

    def __init__(
        self,
        kind: str,
        T1Node: slicer.vtkMRMLScalarVolumeNode,
        T2Node: slicer.vtkMRMLScalarVolumeNode,
        PDNode: slicer.vtkMRMLScalarVolumeNode | None = None,
        *,
        node: slicer.vtkMRMLScalarVolumeNode | None = None,
        postContrast: bool = False,
    ) -> None:
        if node is not None and not node.GetAttribute(KIND_ATTRIBUTE):
            raise UserError(
                f"'{node.GetName()}' is no synthetic image and would be overwritten; select another output volume."
            )
        self._choose(kind, {"T1": T1Node, "T2": T2Node, "PD": PDNode}, postContrast)
        self._prepareMaps()
        self.node = node or addNode("vtkMRMLScalarVolumeNode", self._name())
        self._rename()
        self._prepareNode()
        self.update()
        self.fitWindow()

    @classmethod
    def fromNode(cls, node: slicer.vtkMRMLScalarVolumeNode) -> SyntheticImage:
        """Take up a synthetic volume again, as after loading a scene: same kind, maps, times and voxels.

        Raises
        ------
        UserError
            If the volume is not ours or its maps are not in the scene any more.
        """
        kind = node.GetAttribute(KIND_ATTRIBUTE)
        if not kind:
            raise UserError(f"'{node.GetName()}' is no synthetic image of GliomaMRI.")
        image = cls.__new__(cls)
        maps = {name: node.GetNodeReference(_REFERENCE + name) for name in _MAPS}
        image._choose(kind, maps, _isPost(node))  # noqa: SLF001  (the constructor would compute it anew)
        image.node = node
        image.times |= json.loads(node.GetAttribute(TIMES_ATTRIBUTE) or "{}")
        data = node.GetImageData()
        if data is None or data.GetDimensions() != maps["T1"].GetImageData().GetDimensions():
            image.update()  # it was saved without its voxels
        return image

    def _choose(
        self, kind: str, maps: dict[str, slicer.vtkMRMLScalarVolumeNode | None], postContrast: bool
    ) -> None:
        """Set kind and maps; their voxels are read when they are needed."""
        self._image = weighted_image(kind)
        self._mapNodes = maps
        self._maps: SyntheticMaps | None = None
        self._mapsTime: tuple[int, ...] = ()
        self.times = self._image.defaults
        _refuseWrongMaps(maps)
        self._postContrast = postContrast or _isAfterAgent(maps["T1"])

    @property
    def kind(self) -> str:
        """Name of the kind of image."""
        return self._image.name

    @property
    def maps(self) -> dict[str, slicer.vtkMRMLScalarVolumeNode | None]:
        """Nodes that it is computed from, by T1, T2 and PD."""
        return dict(self._mapNodes)

    @property
    def isPostContrast(self) -> bool:
        """Whether the maps are from after contrast agent."""
        return self._postContrast

    @property
    def equation(self) -> WeightedImage:
        """What is computed: title, equation, parameters with their ranges."""
        return self._image

    @property
    def notes(self) -> tuple[str, ...]:
        """What the user should know about this image."""
        found = []
        if self._mapNodes["PD"] is None:
            found.append(
                f"No proton density map was given; {FULL_WATER:g} % was assumed everywhere, so that tissues differ by "
                "T1 and T2 alone."
            )
        if self._postContrast:
            found.append("The maps are from after contrast agent; so is this image.")
        return tuple(found)

    def setKind(self, kind: str) -> None:
        """Show another kind of image at its default times; the display range follows."""
        self._image = weighted_image(kind)
        self._rename()
        self.times = self._image.defaults
        self.update()
        self.fitWindow()

    def update(self, **times: float) -> None:
        """Compute the image with these times (those left out stay); cheap enough for every move of a slider.

        The voxels change in place; the node tells its observers once. The display range stays.

        Raises
        ------
        UserError
            If a time does not fit, the volume or a map was removed, or the maps were changed to what cannot be used.
        """
        if not isInScene(self.node):
            raise UserError("The synthetic image was removed from the scene; make a new one.")
        self._prepareMaps()
        values = self._image.checked({**self.times, **times})
        wasModifying = self.node.StartModify()
        try:
            voxels = self._voxels()
            self._maps.synthesize(self._image.name, voxels, **values)
            self.times = values
            self._describe()
            self.node.GetImageData().GetPointData().GetScalars().Modified()
            self.node.GetImageData().Modified()
        finally:
            self.node.EndModify(wasModifying)

    def fitWindow(self) -> None:
        """Set the display range to what healthy tissue shows at the present times."""
        self.node.GetDisplayNode().SetWindowLevelMinMax(*display_window(self._image.name, **self.times))

    def _prepareMaps(self) -> None:
        """Take the maps' voxels over, again if they were changed meanwhile."""
        given = [node for node in self._mapNodes.values() if node is not None]
        if not all(map(isInScene, given)):
            raise UserError(
                "A map behind the synthetic image was removed from the scene; select the maps again."
            )
        changed = tuple(node.GetImageData().GetMTime() for node in given)
        if self._maps is None or changed != self._mapsTime:
            arrays = {
                name: None if node is None else slicer.util.arrayFromVolume(node)
                for name, node in self._mapNodes.items()
            }
            self._maps = SyntheticMaps(arrays["T1"], arrays["T2"], arrays["PD"])
            self._mapsTime = changed

    def _prepareNode(self) -> None:
        reference = self._mapNodes["T1"]
        slicer.util.updateVolumeFromArray(self.node, np.zeros(self._maps.shape, np.float32))
        setNodeGrid(self.node, localGrid(reference))
        self.node.SetAndObserveTransformNodeID(reference.GetTransformNodeID())
        for name, mapNode in self._mapNodes.items():
            self.node.SetNodeReferenceID(_REFERENCE + name, mapNode.GetID() if mapNode is not None else None)
        self.node.CreateDefaultDisplayNodes()
        self.node.GetDisplayNode().AutoWindowLevelOff()

    def _voxels(self) -> np.ndarray:
        """The node's own voxels, made anew if something else replaced them."""
        voxels = slicer.util.arrayFromVolume(self.node) if self.node.GetImageData() is not None else None
        if voxels is None or voxels.shape != self._maps.shape or voxels.dtype != np.float32:
            self._prepareNode()
            voxels = slicer.util.arrayFromVolume(self.node)
        return voxels

    def _name(self) -> str:
        return f"{'ce' if self._postContrast else ''}{self._image.name}_synthetic"

    def _rename(self) -> None:
        """Let the volume's name follow kind and contrast, unless the user has chosen one."""
        own = _OWN_NAME.fullmatch(self.node.GetName() or "")
        if own and own[1] != self._name():
            self.node.SetName(slicer.mrmlScene.GenerateUniqueName(self._name()))

    def _describe(self) -> None:
        """Write kind, times and equation on the node, so that a saved scene says what it is."""
        image, node = self._image, self.node
        names = [mapNode.GetName() for mapNode in self._mapNodes.values() if mapNode is not None]
        node.SetDescription(
            f"Computed from {', '.join(names)}, not acquired: {image.title}, {image.describe(self.times)}; "
            f"S = {image.equation}. {' '.join(self.notes)}".strip()
        )
        node.SetAttribute(KIND_ATTRIBUTE, image.name)
        node.SetAttribute(TIMES_ATTRIBUTE, json.dumps(self.times))
        node.SetAttribute("GliomaMRI.quantity", f"{image.name} signal")
        node.SetAttribute("GliomaMRI.unit", "%")
        node.SetAttribute("GliomaMRI.contrast", "post" if self._postContrast else "pre")
        node.SetVoxelValueQuantity(quantityCode(f"{image.name} signal"))
        node.SetVoxelValueUnits(unitCode("%"))


def _isPost(node: slicer.vtkMRMLScalarVolumeNode) -> bool:
    return node.GetAttribute("GliomaMRI.contrast") == "post"


def _refuseWrongMaps(maps: dict[str, slicer.vtkMRMLScalarVolumeNode | None]) -> None:
    """Raise a UserError unless the nodes are T1, T2 and perhaps PD of one examination on one grid."""
    for name, unit in _MAPS.items():
        node = maps[name]
        if node is None:
            if name == "PD":
                continue
            raise UserError(f"A synthetic image needs a {name} map; select one.")
        refuseUnlessScalar(node)
        _refuseOtherQuantity(node, name, unit)
        sentence = "" if node is maps["T1"] else sameGridSentence(maps["T1"], node)
        if sentence:
            raise UserError(sentence)
    given = [node for node in maps.values() if node is not None and node.GetAttribute(_ROLE_ATTRIBUTE)]
    if len(set(map(_isAfterAgent, given))) > 1:
        raise UserError("The maps mix before and after contrast agent; select maps of one acquisition.")


def _isAfterAgent(mapNode: slicer.vtkMRMLScalarVolumeNode) -> bool:
    return (mapNode.GetAttribute(_ROLE_ATTRIBUTE) or "").startswith("ce")


def _refuseOtherQuantity(node: slicer.vtkMRMLScalarVolumeNode, name: str, unit: str) -> None:
    quantity, found = node.GetAttribute("GliomaMRI.quantity"), node.GetAttribute("GliomaMRI.unit")
    if quantity and quantity != name:
        raise UserError(f"'{node.GetName()}' holds {quantity}, not {name}; select a {name} map.")
    if found and found != unit:
        raise UserError(f"'{node.GetName()}' is in {found}; a {name} map in {unit} is needed.")
    if unit == "ms":
        values = slicer.util.arrayFromVolume(node)
        positive = values[values > 0]
        if positive.size and np.median(positive) < _SHORTEST_TYPICAL_MS:
            raise UserError(
                f"'{node.GetName()}' has a median of {np.median(positive):.3g}, which cannot be {name} in ms; "
                "multiply it by 1000 if it is in seconds, or select another map."
            )
