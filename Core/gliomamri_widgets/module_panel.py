"""The shell of a module's panel: its life from setup to cleanup, and its parameter node through scene changes."""

import importlib
import sys

import slicer
import vtk
from slicer.ScriptedLoadableModule import ScriptedLoadableModuleWidget
from slicer.util import VTKObservationMixin

_RELOADED = ("gliomamri_slicer", "gliomamri_widgets")


class ModulePanel(ScriptedLoadableModuleWidget, VTKObservationMixin):
    """Base of every ``<Module>Widget`` of GliomaMRI.

    A module defines :meth:`makeLogic` and :meth:`buildPanel`; :meth:`bindings`, :meth:`update`,
    :meth:`onParameterNode` and :meth:`closePanel` where it needs them. The .ui is ``Resources/UI/<Module>.ui``.
    """

    def __init__(self, parent=None):
        ScriptedLoadableModuleWidget.__init__(self, parent)
        VTKObservationMixin.__init__(self)
        self.ui = None
        self.logic = None
        self._parameterNode = None
        self._parameterNodeGuiTags = []

    def makeLogic(self):
        """Give the module's logic."""
        raise NotImplementedError

    def buildPanel(self):
        """Make the panel's sections; ``ui`` and ``logic`` are there, a parameter node is not yet."""

    def bindings(self):
        """Widgets beside those of the .ui, each by its parameter; a parameter of the .ui may have a second one here."""
        return {}

    def update(self, caller=None, event=None):
        """Show the parameter node; called whenever it changes."""

    def onParameterNode(self, parameterNode):
        """Hand another parameter node, or None, to the sections; :meth:`update` follows."""

    def closePanel(self):
        """Stop what runs, before the panel goes away."""

    def setup(self):
        """Build the panel."""
        ScriptedLoadableModuleWidget.setup(self)
        uiWidget = slicer.util.loadUI(self.resourcePath(f"UI/{self.moduleName}.ui"))
        self.layout.addWidget(uiWidget)
        self.ui = slicer.util.childWidgetVariables(uiWidget)
        uiWidget.setMRMLScene(slicer.mrmlScene)
        self.logic = self.makeLogic()
        self.buildPanel()
        scene = slicer.mrmlScene
        self.addObserver(scene, scene.StartCloseEvent, self.onSceneStartClose)
        self.addObserver(scene, scene.EndCloseEvent, self.onSceneReady)
        self.addObserver(scene, scene.EndImportEvent, self.onSceneReady)
        self.initializeParameterNode()

    def cleanup(self):
        """Stop what runs and let go of the scene when the panel is destroyed."""
        if self.ui is None:  # setup failed before anything was built
            return
        self.closePanel()
        self.setParameterNode(None)
        self.removeObservers()

    def enter(self):
        """Bind the panel each time the user opens the module."""
        self.initializeParameterNode()

    def exit(self):
        """Stop listening to parameters while another module is open; a job goes on."""
        self.setParameterNode(None)

    def onSceneStartClose(self, caller, event):
        """Forget the parameter node before its scene goes."""
        self.setParameterNode(None)

    def onSceneReady(self, caller, event):
        """Show what a closed or loaded scene holds, where the panel is on screen."""
        if self.parent.isEntered:
            self.initializeParameterNode()

    def initializeParameterNode(self):
        """Make sure that a parameter node exists and is bound to the panel."""
        self.setParameterNode(self.logic.getParameterNode())

    def setParameterNode(self, parameterNode):
        """Bind the panel to a parameter node, or to nothing."""
        if self._parameterNode:
            for tag in self._parameterNodeGuiTags:
                self._parameterNode.disconnectGui(tag)
            self._parameterNodeGuiTags = []
            self.removeObserver(self._parameterNode, vtk.vtkCommand.ModifiedEvent, self.update)
        self._parameterNode = parameterNode
        if self._parameterNode:
            self._parameterNodeGuiTags = [
                self._parameterNode.connectGui(self.ui),
                self._parameterNode.connectParametersToGui(self.bindings()),
            ]
            self.addObserver(self._parameterNode, vtk.vtkCommand.ModifiedEvent, self.update)
        self.onParameterNode(parameterNode)
        self.update()

    def onReload(self):
        """Reload scene layer, shared widgets, the module's parts and the module, in that order (developer mode).

        All parts are forgotten first: importing the module then brings each in when it is needed, after what it
        stands on. The core stays, because other open panels and their errors must go on meaning the same; jobs
        run in new processes, with the core's files as they are.
        """
        packages = (*_RELOADED, f"{self.moduleName}Lib")
        for name in [name for name in sys.modules if name.split(".")[0] in packages]:
            del sys.modules[name]
        importlib.invalidate_caches()
        ScriptedLoadableModuleWidget.onReload(self)
