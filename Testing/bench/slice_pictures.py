"""Off-screen slice pictures by Slicer's own slice logic and displayable managers: no X server, no browser.

What a slice view of the desktop application draws (image layers, segment fills and outlines, markups, ruler, color
legend) is drawn here into an off-screen render window. Used by tests that look at pixels, by `bench.layout` for
``slicer.app.layoutManager()``, and by the documentation's pictures.
"""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np
import slicer
import vtk
from vtkmodules.util.numpy_support import vtk_to_numpy

DISPLAYABLE_MANAGERS = (
    "vtkMRMLModelSliceDisplayableManager",
    "vtkMRMLSegmentationsDisplayableManager2D",
    "vtkMRMLMarkupsDisplayableManager",
    "vtkMRMLRulerDisplayableManager",
    "vtkMRMLOrientationMarkerDisplayableManager",
    "vtkMRMLColorLegendDisplayableManager",
    "vtkMRMLScalarBarDisplayableManager",
)


class SlicePicture:
    """One slice view without a window.

    Parameters
    ----------
    name : str
        Layout name of the view; ``Red``, ``Yellow`` and ``Green`` are Slicer's. The same name finds the same slice
        node again, so make one `SlicePicture` per name and keep it: `slice_picture` does.
    orientation : str
        Name of a slice orientation preset: ``Axial``, ``Sagittal``, ``Coronal``.
    size : tuple of int
        Width and height in pixels.
    """

    def __init__(
        self, name: str = "Red", orientation: str = "Axial", size: tuple[int, int] = (512, 512)
    ) -> None:
        self.size = tuple(size)
        self.logic = slicer.vtkMRMLSliceLogic()
        self._window = _offScreenWindow(size)
        self._interactor = vtk.vtkRenderWindowInteractor()
        self._interactor.SetRenderWindow(self._window)
        self._interactor.SetInteractorStyle(vtk.vtkInteractorStyleUser())
        self._renderer = self._window.GetRenderers().GetFirstRenderer()
        self._mapper = _backgroundImage(self._renderer)
        self._managers = _managerGroup(self._renderer)
        applicationLogic = slicer.app.applicationLogic()
        self.logic.SetMRMLApplicationLogic(applicationLogic)
        self.logic.SetMRMLScene(slicer.mrmlScene)
        applicationLogic.GetSliceLogics().AddItem(self.logic)
        self.node = _sliceNode(self.logic, name)
        self.node.SetOrientation(orientation)
        self._managers.SetMRMLDisplayableNode(self.node)
        self.resize(size)

    def resize(self, size: tuple[int, int]) -> None:
        """Make the view larger or smaller (width, height in pixels); it shows the same part as before."""
        self.size = tuple(size)
        self._window.SetSize(*size)
        self.logic.ResizeSliceNode(*size)

    @property
    def composite(self) -> Any:
        """The vtkMRMLSliceCompositeNode: which volumes lie in background, foreground and label layer."""
        return self.logic.GetSliceCompositeNode()

    def show(
        self, background: Any = None, foreground: Any = None, foregroundOpacity: float = 0.5, fit: bool = True
    ) -> None:
        """Put volume nodes (or nothing) into the layers; `fit` then shows the background's whole extent."""
        self.composite.SetBackgroundVolumeID(background.GetID() if background else None)
        self.composite.SetForegroundVolumeID(foreground.GetID() if foreground else None)
        self.composite.SetForegroundOpacity(foregroundOpacity)
        if fit:
            self.logic.FitSliceToBackground()

    def jump(self, ras: tuple[float, float, float]) -> None:
        """Center the view on a point (RAS, mm)."""
        self.node.JumpSliceByCentering(*ras)

    def pixels(self) -> np.ndarray:
        """Draw the view as it stands now.

        Returns
        -------
        numpy.ndarray
            uint8, shape (height, width, 3), first row on top. Two calls on one state give the same bytes on one
            machine; between machines compare with a tolerance (antialiased text and lines).
        """
        image = self._image()
        width, height, _ = image.GetDimensions()
        # VTK's first row is the lowest; the copy outlives the window's buffer.
        return vtk_to_numpy(image.GetPointData().GetScalars()).reshape(height, width, -1)[::-1].copy()

    def save(self, path: str | Path) -> Path:
        """Write the view as PNG and return its path."""
        writer = vtk.vtkPNGWriter()
        writer.SetFileName(str(path))
        writer.SetInputData(self._image())
        writer.Write()
        return Path(path)

    def _image(self) -> Any:
        # A scene that was loaded brings the slice node of another window.
        self.logic.ResizeSliceNode(*self.size)
        self.logic.UpdatePipeline()
        self._mapper.SetInputConnection(self.logic.GetImageDataConnection())
        self._window.Render()
        grabber = vtk.vtkWindowToImageFilter()
        grabber.SetInput(self._window)
        grabber.ReadFrontBufferOff()
        grabber.Update()
        return grabber.GetOutput()


_pictures: dict[str, SlicePicture] = {}


def slice_picture(
    name: str = "Red", orientation: str | None = None, size: tuple[int, int] | None = None
) -> SlicePicture:
    """Return the one `SlicePicture` of that name, made on first use (axial, 512 x 512).

    Orientation and size are changed where they are given.
    """
    if name not in _pictures:
        _pictures[name] = SlicePicture(name)
    picture = _pictures[name]
    if orientation is not None:
        picture.node.SetOrientation(orientation)
    if size is not None:
        picture.resize(size)
    return picture


def _sliceNode(logic: Any, name: str) -> Any:
    """Return the scene's slice node of that layout name, made where the layout logic has not made it before."""
    node = slicer.mrmlScene.GetNodeByID(f"vtkMRMLSliceNode{name}")
    if node is None:
        return logic.AddSliceNode(name)
    # AddSliceNode would give the logic a second node, outside the scene.
    logic.SetSliceNode(node)
    return node


def _offScreenWindow(size: tuple[int, int]) -> Any:
    window = vtk.vtkRenderWindow()
    window.SetOffScreenRendering(True)
    window.SetMultiSamples(0)
    window.SetNumberOfLayers(2)
    window.SetSize(*size)
    for layer in range(2):
        renderer = vtk.vtkRenderer()
        renderer.SetLayer(layer)
        renderer.GetActiveCamera().ParallelProjectionOn()
        window.AddRenderer(renderer)
    return window


def _backgroundImage(renderer: Any) -> Any:
    mapper = vtk.vtkImageMapper()
    mapper.SetColorWindow(255)
    mapper.SetColorLevel(127.5)
    actor = vtk.vtkActor2D()
    actor.SetMapper(mapper)
    actor.GetProperty().SetDisplayLocationToBackground()
    renderer.AddViewProp(actor)
    return mapper


def _managerGroup(renderer: Any) -> Any:
    applicationLogic = slicer.app.applicationLogic()
    factory = slicer.vtkMRMLSliceViewDisplayableManagerFactory.GetInstance()
    factory.SetMRMLApplicationLogic(applicationLogic)
    group = slicer.vtkMRMLDisplayableManagerGroup()
    group.SetRenderer(renderer)
    for className in DISPLAYABLE_MANAGERS:
        manager = getattr(slicer, className)()
        manager.SetMRMLApplicationLogic(applicationLogic)
        group.AddDisplayableManager(manager)
    return group
