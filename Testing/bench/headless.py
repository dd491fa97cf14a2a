"""Boot of a Slicer-like process on PyPI's slicer-core: scene, application logic, module logics, file input and output.

No Qt is imported here. Tests of the scene layer (``Testing/scene``) need only this; the panel rig builds on it.

Examples
--------
>>> from bench.headless import boot
>>> slicer = boot()
>>> slicer.mrmlScene.GetClassName()
'vtkMRMLScene'
"""

from __future__ import annotations

import sys
import types
from typing import Any

from bench import environment

environment.prepare()

import slicer  # noqa: E402
import slicer.util  # noqa: E402
import vtk  # noqa: E402

from bench.application import Application  # noqa: E402

# Terminologies and colors are left to the application logic: their own logics print errors where Slicer's
# share folder (not in the wheel) is absent.
MODULE_LOGICS = {
    "Cameras": "vtkSlicerCamerasModuleLogic",
    "CropVolume": "vtkSlicerCropVolumeLogic",
    "Data": "vtkSlicerDataModuleLogic",
    "Markups": "vtkSlicerMarkupsLogic",
    "Models": "vtkSlicerModelsLogic",
    "Plots": "vtkSlicerPlotsLogic",
    "SceneViews": "vtkSlicerSceneViewsModuleLogic",
    "Segmentations": "vtkSlicerSegmentationsModuleLogic",
    "Sequences": "vtkSlicerSequencesLogic",
    "SubjectHierarchy": "vtkSlicerSubjectHierarchyModuleLogic",
    "Tables": "vtkSlicerTablesLogic",
    "Texts": "vtkSlicerTextsLogic",
    "Transforms": "vtkSlicerTransformLogic",
    "Units": "vtkSlicerUnitsLogic",
    "Volumes": "vtkSlicerVolumesLogic",
}


class LoadedModule:
    """What ``slicer.modules.<name>`` gives for a loadable module: its name and its logic."""

    def __init__(self, name: str, logic: Any) -> None:
        self.name = name
        self.title = name
        self.path = ""
        self._logic = logic

    def logic(self) -> Any:
        """Return the module's logic, as ``qSlicerAbstractCoreModule::logic`` does."""
        return self._logic


def boot() -> types.ModuleType:
    """Make `slicer` look like a running application without views; safe to call any number of times.

    Returns
    -------
    module
        The `slicer` package with ``mrmlScene``, ``app``, ``modules`` and ``moduleNames`` set. The scene holds the
        built-in color nodes, the default slice orientations, a crosshair, a layout node and a subject hierarchy.

    Raises
    ------
    AttributeError
        If the installed slicer-core lacks a logic named in `MODULE_LOGICS`.
    """
    if getattr(slicer, "mrmlScene", None) is not None:
        return slicer
    scene = slicer.vtkMRMLScene()
    logic = slicer.vtkSlicerApplicationLogic()
    logic.SetMRMLScene(scene)
    slicer.mrmlScene = scene
    slicer.app = Application(scene, logic)
    _addModules(scene, logic)
    _fillScene(scene, logic)
    return slicer


def clear() -> None:
    """Empty the scene as File > Close Scene does: nodes go, singletons (color tables, views, selection) stay."""
    slicer.mrmlScene.Clear(0)


def _addModules(scene: Any, applicationLogic: Any) -> None:
    slicer.modules = sys.modules["slicer.modules"] = types.ModuleType("slicer.modules")
    slicer.moduleNames = sys.modules["slicer.moduleNames"] = types.ModuleType("slicer.moduleNames")
    for name, className in MODULE_LOGICS.items():
        logic = getattr(slicer, className)()
        # The application logic first: some logics look for it while the scene is being set.
        logic.SetMRMLApplicationLogic(applicationLogic)
        logic.SetMRMLScene(scene)
        addModule(LoadedModule(name, logic))
        applicationLogic.SetModuleLogic(name, logic)
    colors = applicationLogic.GetColorLogic()
    colors.SetMRMLScene(scene)
    colors.AddDefaultColorNodes()
    applicationLogic.SetModuleLogic("Colors", colors)
    addModule(LoadedModule("Colors", colors))


def addModule(module: Any) -> None:
    """Register `module` (anything with a ``name``) as ``slicer.modules.<name in lower case>``."""
    setattr(slicer.modules, module.name.lower(), module)
    setattr(slicer.moduleNames, module.name, module.name)


def _fillScene(scene: Any, applicationLogic: Any) -> None:
    scene.AddNode(slicer.vtkMRMLCrosshairNode())
    applicationLogic.SetSliceLogics(vtk.vtkCollection())
    applicationLogic.SetViewLogics(vtk.vtkCollection())
    slicer.vtkMRMLSliceNode.AddDefaultSliceOrientationPresets(scene, True)
    slicer.vtkMRMLSubjectHierarchyNode.ResolveSubjectHierarchy(scene)
    # Without a layout node ShowChartInLayout does nothing, silently.
    layoutLogic = slicer.vtkMRMLLayoutLogic()
    layoutLogic.SetMRMLScene(scene)
    slicer.app.layoutLogic = layoutLogic
