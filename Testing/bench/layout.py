"""``slicer.app.layoutManager()`` of the bench: three real slice views, drawn off screen when a test asks.

With it slicer.util.setSliceViewerLayers and resetSliceViews work, and a test can look at what the user would see.
"""

from __future__ import annotations

from typing import Any

import slicer

from bench.slice_pictures import SlicePicture, slice_picture

VIEWS = {"Red": "Axial", "Yellow": "Sagittal", "Green": "Coronal"}
SIZE = (400, 400)  # pixels


class SliceView:
    """``sliceWidget(...).sliceView()``."""

    def __init__(self, picture: SlicePicture) -> None:
        self._picture = picture

    def mrmlSliceNode(self) -> Any:
        """Return the vtkMRMLSliceNode."""
        return self._picture.node

    def forceRender(self) -> None:
        """Draw now."""
        self._picture.pixels()

    def scheduleRender(self) -> None:
        """Do nothing: the bench draws when asked."""


class SliceController:
    """``sliceWidget(...).sliceController()``."""

    def __init__(self, picture: SlicePicture) -> None:
        self._picture = picture

    def fitSliceToBackground(self) -> None:
        """Show the background's whole extent."""
        self._picture.logic.FitSliceToBackground()

    def setSliceVisible(self, visible: bool) -> None:
        """Show or hide the slice in 3-D views."""
        self._picture.node.SetSliceVisible(visible)


class SliceWidget:
    """``layoutManager().sliceWidget(name)``."""

    def __init__(self, picture: SlicePicture) -> None:
        self._picture = picture

    def sliceLogic(self) -> Any:
        """Return the vtkMRMLSliceLogic."""
        return self._picture.logic

    def mrmlSliceNode(self) -> Any:
        """Return the vtkMRMLSliceNode."""
        return self._picture.node

    def mrmlSliceCompositeNode(self) -> Any:
        """Return the vtkMRMLSliceCompositeNode."""
        return self._picture.composite

    def fitSliceToBackground(self) -> None:
        """Show the background's whole extent."""
        self._picture.logic.FitSliceToBackground()

    def sliceView(self) -> SliceView:
        """Return the view."""
        return SliceView(self._picture)

    def sliceController(self) -> SliceController:
        """Return the bar above the view."""
        return SliceController(self._picture)


class LayoutManager:
    """Slice views Red, Yellow and Green; no 3-D, table or plot widgets, though a layout may ask for them.

    Attributes
    ----------
    threeDViewCount, tableViewCount, plotViewCount : int
        Zero.
    """

    threeDViewCount = tableViewCount = plotViewCount = 0

    def __init__(self) -> None:
        self._pictures = {name: slice_picture(name, orientation, SIZE) for name, orientation in VIEWS.items()}

    @property
    def layout(self) -> int:
        """The arrangement of views, one of vtkMRMLLayoutNode's constants."""
        return self._layoutNode().GetViewArrangement()

    @layout.setter
    def layout(self, arrangement: int) -> None:
        self.setLayout(arrangement)

    def setLayout(self, arrangement: int) -> None:
        """Choose an arrangement; plot and table views then exist as nodes."""
        self._layoutNode().SetViewArrangement(arrangement)

    def layoutLogic(self) -> Any:
        """Return the vtkMRMLLayoutLogic."""
        return slicer.app.layoutLogic

    def sliceViewNames(self) -> tuple[str, ...]:
        """Return the names of the slice views."""
        return tuple(self._pictures)

    def sliceWidget(self, name: str) -> SliceWidget | None:
        """Return one slice view, or None."""
        return SliceWidget(self._pictures[name]) if name in self._pictures else None

    def mrmlSliceLogics(self) -> Any:
        """Return the vtkCollection of slice logics."""
        return slicer.app.applicationLogic().GetSliceLogics()

    def resetSliceViews(self) -> None:
        """Show the background's whole extent in every view."""
        for picture in self._pictures.values():
            picture.logic.FitSliceToBackground()

    def resetThreeDViews(self) -> None:
        """Do nothing: there are none."""

    def _layoutNode(self) -> Any:
        return slicer.app.layoutLogic.GetLayoutNode()


def install() -> LayoutManager:
    """Give the application its views; the second call returns the first's."""
    if slicer.app.layoutManager() is None:
        slicer.app.setLayoutManager(LayoutManager())
    return slicer.app.layoutManager()
