"""Maps before and after contrast agent beside each other: a grid of linked slice views of its own.

Each row is one quantity: before, after and, where there is one, the change. The views are not the user's Red, Yellow
and Green, whose layers and positions stay as they are; they share one view group, so that moving one moves all and
nothing else. Before and after are drawn in the same colors and display range, also when the user changes it.

Called by the QMRIAnalysis panel; tested by Testing/scene/test_compare_views.py.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field

import slicer

from gliomamri.errors import UserError
from gliomamri_slicer.nodes import isInScene
from gliomamri_slicer.show import mapLabel

VIEW_GROUP = 46
"""Views of one group are linked with each other only; Slicer's own are in group 0."""

_FIRST_LAYOUT = 4600
"""Custom layouts: this, plus ten times the rows, plus the columns; far from Slicer's own numbers."""

_BEFORE_ATTRIBUTE = "GliomaMRI.layoutBefore"
_COLORS = ("#4D85C4", "#E5923C", "#7A9F4B")
_MOST_ROWS = 4
ORIENTATIONS = ("Axial", "Sagittal", "Coronal")

Volume = slicer.vtkMRMLScalarVolumeNode


@dataclass(frozen=True)
class ComparedPair:
    """One row: the same quantity before and after contrast agent, and its change."""

    pre: Volume
    post: Volume
    change: Volume | None = None

    @property
    def volumes(self) -> tuple[Volume, ...]:
        """What the row shows, from left to right."""
        return (self.pre, self.post) if self.change is None else (self.pre, self.post, self.change)


@dataclass
class ComparedViews:
    """What is shown, and how to go back.

    Attributes
    ----------
    viewNames : list of list of str
        Layout name of each view by row and column; an empty cell of a short row has none.
    """

    viewNames: list[list[str]]
    _layoutBefore: int
    _center: tuple[float, float, float]
    _displays: list[_DisplayPair] = field(default_factory=list)

    def fit(self) -> None:
        """Show the whole extent in all views; once more after the windows got their size."""
        views = [name for row in self.viewNames for name in row]
        with _unlinked(views):
            _fit(views, self._center)

    def restore(self) -> None:
        """Bring the user's layout and the display of the volumes back; safe to call twice."""
        for pair in self._displays:
            pair.restore()
        self._displays.clear()
        for name in (name for row in self.viewNames for name in row):
            composite = _composite(name)
            composite.SetLinkedControl(False)
            composite.SetBackgroundVolumeID(None)
        node = _layoutNode()
        if node.GetAttribute(_BEFORE_ATTRIBUTE) is not None:
            node.RemoveAttribute(_BEFORE_ATTRIBUTE)
            node.SetViewArrangement(self._layoutBefore)


def comparePrePost(pairs: Sequence[ComparedPair], orientation: str = "Axial") -> ComparedViews:
    """Show maps before and after contrast agent in linked views.

    Parameters
    ----------
    pairs : sequence of ComparedPair
        One to four rows.
    orientation : {"Axial", "Sagittal", "Coronal"}

    Returns
    -------
    ComparedViews
        For going back. Called again while views are compared, it still goes back to the user's layout; restore the
        first before that, or its displays stay as they are.

    Raises
    ------
    UserError
        If there is no pair or too many, or a volume is not in the scene.
    """
    pairs = list(pairs)
    _refuse(pairs, orientation)
    columns = max(len(pair.volumes) for pair in pairs)
    node = _layoutNode()
    if node.GetAttribute(_BEFORE_ATTRIBUTE) is None:
        node.SetAttribute(_BEFORE_ATTRIBUTE, str(node.GetViewArrangement()))
    names = [
        [_viewName(row, column) for column in range(len(pair.volumes))] for row, pair in enumerate(pairs)
    ]
    _arrange(node, len(pairs), columns, orientation)
    volumes = [volume for pair in pairs for volume in pair.volumes]
    views = [name for row in names for name in row]
    with _unlinked(views):
        for name, volume in zip(views, volumes, strict=True):
            sliceNode = _sliceNode(name)
            sliceNode.SetLayoutLabel(_label(volume))
            # A view that outlived a closed scene was put back to its default group.
            sliceNode.SetViewGroup(VIEW_GROUP)
            sliceNode.SetOrientation(orientation)
            composite = _composite(name)
            composite.SetDoPropagateVolumeSelection(False)  # a volume that is loaded meanwhile goes elsewhere
            composite.SetBackgroundVolumeID(volume.GetID())
    displays = [_DisplayPair(pair.pre, pair.post) for pair in pairs]
    shown = ComparedViews(names, int(node.GetAttribute(_BEFORE_ATTRIBUTE)), _middle(volumes[0]), displays)
    shown.fit()
    return shown


class _DisplayPair:
    """Keeps the display of two volumes alike, in range and colors, until ``restore``."""

    def __init__(self, pre: Volume, post: Volume) -> None:
        for volume in (pre, post):
            volume.CreateDefaultDisplayNodes()
        self._displays = (pre.GetDisplayNode(), post.GetDisplayNode())
        self._post = _Looks.of(self._displays[1])
        self._busy = False
        self._copy(*self._displays)
        event = "ModifiedEvent"
        self._observers = [
            (source, source.AddObserver(event, self._follow(source, target)))
            for source, target in (self._displays, self._displays[::-1])
        ]

    def restore(self) -> None:
        """Stop, and give the volume after contrast agent its own display back."""
        for source, tag in self._observers:
            source.RemoveObserver(tag)
        self._observers = []
        if isInScene(self._displays[1]):
            self._post.apply(self._displays[1])

    def _follow(self, source: slicer.vtkMRMLNode, target: slicer.vtkMRMLNode) -> Callable[..., None]:
        def changed(*_: object) -> None:
            self._copy(source, target)

        return changed

    def _copy(self, source: slicer.vtkMRMLNode, target: slicer.vtkMRMLNode) -> None:
        if self._busy or not (isInScene(source) and isInScene(target)):
            return
        looks = _Looks.of(source)
        if looks == _Looks.of(target):
            return
        self._busy = True
        try:
            looks.apply(target)
        finally:
            self._busy = False


@dataclass(frozen=True)
class _Looks:
    """Display range and colors of a volume."""

    window: tuple[float, float]
    automatic: int
    colors: str | None

    @classmethod
    def of(cls, display: slicer.vtkMRMLScalarVolumeDisplayNode) -> _Looks:
        window = display.GetWindowLevelMin(), display.GetWindowLevelMax()
        return cls(window, display.GetAutoWindowLevel(), display.GetColorNodeID())

    def apply(self, display: slicer.vtkMRMLScalarVolumeDisplayNode) -> None:
        modifying = display.StartModify()
        display.SetAutoWindowLevel(False)  # the range is another volume's, not found from the own voxels
        display.SetWindowLevelMinMax(*self.window)
        display.SetAutoWindowLevel(self.automatic)
        display.SetAndObserveColorNodeID(self.colors)
        display.EndModify(modifying)


def _refuse(pairs: list[ComparedPair], orientation: str) -> None:
    if not pairs:
        raise UserError("There is nothing to compare; select maps from before and after contrast agent.")
    if len(pairs) > _MOST_ROWS:
        raise UserError(
            f"{len(pairs)} rows of views would be too small; compare at most {_MOST_ROWS} quantities."
        )
    if orientation not in ORIENTATIONS:
        raise UserError(
            f"The orientation '{orientation}' is unknown; choose one of {', '.join(ORIENTATIONS)}."
        )
    for pair in pairs:
        if not all(map(isInScene, pair.volumes)):
            raise UserError("A volume to compare is not in the scene any more; select the maps again.")


def _label(volume: Volume) -> str:
    """Name of the volume, with its unit where it has one of ours."""
    quantity = volume.GetAttribute("GliomaMRI.quantity")
    return volume.GetName() if not quantity else f"{volume.GetName()}: {mapLabel(volume)}"


def _viewName(row: int, column: int) -> str:
    return f"GliomaMRICompare{row + 1}{column + 1}"


def _arrange(node: slicer.vtkMRMLLayoutNode, rows: int, columns: int, orientation: str) -> None:
    """Switch to a layout of ``rows`` x ``columns`` slice views."""
    number = _FIRST_LAYOUT + 10 * rows + columns
    description = _layoutDescription(rows, columns, orientation)
    if node.IsLayoutDescription(number):
        node.SetLayoutDescription(number, description)
    else:
        node.AddLayoutDescription(number, description)
    node.SetViewArrangement(number)


def _layoutDescription(rows: int, columns: int, orientation: str) -> str:
    lines = []
    for row in range(rows):
        views = "".join(
            f'<item><view class="vtkMRMLSliceNode" singletontag="{_viewName(row, column)}">'
            f'<property name="orientation" action="default">{orientation}</property>'
            f'<property name="viewlabel" action="default">{row + 1}{column + 1}</property>'
            f'<property name="viewcolor" action="default">{_COLORS[column]}</property>'
            f'<property name="viewgroup" action="default">{VIEW_GROUP}</property>'
            "</view></item>"
            for column in range(columns)
        )
        lines.append(f'<item><layout type="horizontal" split="true">{views}</layout></item>')
    return f'<layout type="vertical" split="true">{"".join(lines)}</layout>'


@contextmanager
def _unlinked(names: list[str]) -> Iterator[None]:
    """Set views up one by one, then link them: a linked view would hand its volume on to the others."""
    composites = [_composite(name) for name in names]
    for composite in composites:
        composite.SetLinkedControl(False)
    try:
        yield
    finally:
        for composite in composites:
            composite.SetHotLinkedControl(True)
            composite.SetLinkedControl(True)


def _fit(names: list[str], center: tuple[float, float, float]) -> None:
    """Show each view's volume whole, and the same point in the middle of all."""
    for name in names:
        logic = slicer.app.applicationLogic().GetSliceLogicByLayoutName(name)
        if logic is not None:  # a view exists only where there is a window
            logic.FitSliceToBackground()
        _sliceNode(name).JumpSliceByCentering(*center)


def _middle(volume: Volume) -> tuple[float, float, float]:
    """Center of a volume in the world, RAS mm."""
    bounds = [0.0] * 6
    volume.GetRASBounds(bounds)
    return tuple((bounds[2 * axis] + bounds[2 * axis + 1]) / 2 for axis in range(3))


def _sliceNode(name: str) -> slicer.vtkMRMLSliceNode:
    return slicer.mrmlScene.GetSingletonNode(name, "vtkMRMLSliceNode")


def _composite(name: str) -> slicer.vtkMRMLSliceCompositeNode:
    """The view's composite node, made here where no window has made it."""
    found = slicer.mrmlScene.GetSingletonNode(name, "vtkMRMLSliceCompositeNode")
    if found is None:
        found = slicer.vtkMRMLSliceCompositeNode()
        found.SetSingletonTag(name)
        found.SetLayoutName(name)
        found = slicer.mrmlScene.AddNode(found)
    return found


def _layoutNode() -> slicer.vtkMRMLLayoutNode:
    return slicer.mrmlScene.GetFirstNodeByClass("vtkMRMLLayoutNode")
