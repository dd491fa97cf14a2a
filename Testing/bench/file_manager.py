"""Stands for ``slicer.app.coreIOManager()``: files to nodes and back, by Slicer's own module logics and storage nodes.

slicer.util.loadVolume, loadSegmentation, loadScene, saveNode, saveScene ... work through it.
"""

from __future__ import annotations

import os
import tempfile
from pathlib import Path
from typing import Any

import slicer

# First match wins, so compound endings stand before their tails.
FILE_TYPES = (
    ((".mrb", ".mrml"), "SceneFile"),
    ((".seg.nrrd", ".seg.nhdr", ".seg.nii.gz"), "SegmentationFile"),
    ((".mrk.json", ".fcsv"), "MarkupsFile"),
    ((".vtp", ".vtk", ".stl", ".ply", ".obj"), "ModelFile"),
    ((".h5", ".tfm", ".mat"), "TransformFile"),
    ((".tsv", ".csv"), "TableFile"),
    ((".ctbl", ".cxml"), "ColorTableFile"),
    ((".txt", ".json"), "TextFile"),
)
LABELMAP, CENTERED, SINGLE_FILE = 1, 2, 4  # bits of vtkSlicerVolumesLogic's loading options


class FileManager:
    """Reads and writes nodes and scenes.

    Parameters
    ----------
    applicationLogic : vtkSlicerApplicationLogic
    """

    def __init__(self, applicationLogic: Any) -> None:
        self._applicationLogic = applicationLogic

    def fileType(self, path: str) -> str:
        """Return Slicer's name of the file's kind, by its ending; what is unknown is taken for a volume."""
        name = str(path).lower()
        return next((kind for endings, kind in FILE_TYPES if name.endswith(endings)), "VolumeFile")

    def loadNodes(self, fileType: str, properties: dict, loaded: Any = None, messages: Any = None) -> bool:
        """Load one file and put its nodes into the vtkCollection `loaded`.

        Parameters
        ----------
        fileType : str
            One of the kinds in `FILE_TYPES` or ``VolumeFile``.
        properties : dict
            ``fileName``; optional ``name``, and for volumes ``labelmap``, ``center``, ``singleFile``.
        loaded : vtkCollection, optional
        messages : vtkMRMLMessageCollection, optional

        Returns
        -------
        bool
            False where the file is absent or cannot be read.

        Raises
        ------
        NotImplementedError
            For a kind that the bench cannot read.
        """
        path = Path(properties["fileName"])
        if not path.exists():
            return False
        if fileType == "SceneFile":
            return self._loadScene(path)
        reader = getattr(self, f"_load{fileType.removesuffix('File')}", None)
        if reader is None:
            raise NotImplementedError(f"the bench cannot read files of kind {fileType}")
        node = reader(str(path), properties.get("name") or path.name.split(".")[0], properties)
        if node is None:
            if messages is not None:
                messages.AddMessage(0x10000, f"{path.name} could not be read")
            return False
        if loaded is not None:
            loaded.AddItem(node)
        return True

    def _loadScene(self, path: Path) -> bool:
        if path.suffix.lower() == ".mrb":
            folder = tempfile.mkdtemp(dir=slicer.app.temporaryPath)
            return bool(self._applicationLogic.OpenSlicerDataBundle(str(path), folder))
        slicer.mrmlScene.SetURL(str(path))
        return bool(slicer.mrmlScene.Import())

    def _logic(self, module: str) -> Any:
        return self._applicationLogic.GetModuleLogic(module)

    def _loadVolume(self, path: str, name: str, properties: dict) -> Any:
        options = LABELMAP if properties.get("labelmap") else 0
        options |= CENTERED if properties.get("center") else 0
        options |= SINGLE_FILE if properties.get("singleFile") else 0
        return self._logic("Volumes").AddArchetypeVolume(path, name, options)

    def _loadSegmentation(self, path: str, name: str, _properties: dict) -> Any:
        return self._logic("Segmentations").LoadSegmentationFromFile(path, True, name)

    def _loadMarkups(self, path: str, name: str, _properties: dict) -> Any:
        nodeID = self._logic("Markups").LoadMarkups(path, name)
        return slicer.mrmlScene.GetNodeByID(nodeID) if nodeID else None

    def _loadModel(self, path: str, _name: str, _properties: dict) -> Any:
        return self._logic("Models").AddModel(path)

    def _loadTransform(self, path: str, _name: str, _properties: dict) -> Any:
        return self._logic("Transforms").AddTransform(path, slicer.mrmlScene)

    def _loadTable(self, path: str, name: str, _properties: dict) -> Any:
        return self._logic("Tables").AddTable(path, name)

    def _loadColorTable(self, path: str, name: str, _properties: dict) -> Any:
        return self._logic("Colors").LoadColorFile(path, name)

    def _loadText(self, path: str, name: str, _properties: dict) -> Any:
        node = slicer.mrmlScene.AddNewNodeByClass("vtkMRMLTextNode", name)
        node.SetText(Path(path).read_text(encoding="utf-8"))
        return node

    def fileWriterFileType(self, node: Any) -> str:
        """Return a name for the writer of `node`; the bench has one writer for all, the node's storage node."""
        return node.GetClassName()

    def saveNodes(self, fileType: str, properties: dict, _messages: Any = None) -> bool:
        """Write one node (``nodeID``) or, for kind ``SceneFile``, the scene to ``fileName``; False on failure."""
        path = str(properties["fileName"])
        if fileType == "SceneFile":
            return self._saveScene(path)
        node = slicer.mrmlScene.GetNodeByID(properties["nodeID"])
        node.AddDefaultStorageNode(path)
        storage = node.GetStorageNode()
        if storage is None:
            return False
        storage.SetFileName(path)
        storage.SetUseCompression(int(properties.get("useCompression", True)))
        return bool(storage.WriteData(node))

    def _saveScene(self, path: str) -> bool:
        scene = slicer.mrmlScene
        scene.SetURL(path)
        scene.SetRootDirectory(os.path.dirname(os.path.abspath(path)))  # noqa: PTH100, PTH120 - the C++ side wants str
        return bool(scene.WriteToMRB(path)) if path.endswith(".mrb") else bool(scene.Commit())
