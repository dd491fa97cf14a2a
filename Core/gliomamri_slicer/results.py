"""A task's whole result put into the scene, at once or piece by piece, or not at all.

Called by the job bridge of every panel; tested by Testing/scene/test_results.py and test_result_loading.py.
"""

from __future__ import annotations

import math
import time
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from typing import Any

import slicer

from gliomamri.errors import UserError
from gliomamri.point_table import points_table
from gliomamri.result import Result
from gliomamri.tasks import find_task
from gliomamri_slicer.folders import addResultFolder, moveToFolder
from gliomamri_slicer.nodes import SceneAdditions, isInScene
from gliomamri_slicer.plots import addChart
from gliomamri_slicer.points import addPoints
from gliomamri_slicer.provenance import addProvenance, markNodes
from gliomamri_slicer.roles import isImage, markRole
from gliomamri_slicer.segmentations import addSegmentation
from gliomamri_slicer.tables import addNumbers, addTable
from gliomamri_slicer.transforms import addTransform
from gliomamri_slicer.violins import addViolins, closedTable
from gliomamri_slicer.volumes import addMapVolume


@dataclass(frozen=True)
class ImportedResult:
    """What was added to the scene.

    Attributes
    ----------
    nodes : dict of str to vtkMRMLNode
        By the names the result gives its maps, labels, tables, charts, violins, transforms and points (node names
        may carry a number); ``numbers`` is the table of single numbers and ``provenance`` the text node. A table
        named like its chart goes by ``NAME table``, and so does the table of points.
    maps : tuple of vtkMRMLScalarVolumeNode
        The result's main quantitative maps, what the user asked for, in its order.
    images : tuple of vtkMRMLScalarVolumeNode
        Its main weighted images, in its order.
    charts : tuple of vtkMRMLPlotChartNode
        Its line charts, in its order.
    violins : tuple of vtkMRMLPlotChartNode
        Its violin charts, in its order.
    points : tuple of vtkMRMLMarkupsFiducialNode
        Its points, in its order.
    transforms : tuple of vtkMRMLLinearTransformNode
        Its transforms, in its order; applied to nothing.
    folder : int
        Subject hierarchy item that holds them.
    warnings : tuple of str
        Sentences the task has for the user.
    """

    nodes: dict[str, slicer.vtkMRMLNode] = field(default_factory=dict)
    maps: tuple[slicer.vtkMRMLScalarVolumeNode, ...] = ()
    images: tuple[slicer.vtkMRMLScalarVolumeNode, ...] = ()
    charts: tuple[slicer.vtkMRMLPlotChartNode, ...] = ()
    violins: tuple[slicer.vtkMRMLPlotChartNode, ...] = ()
    points: tuple[slicer.vtkMRMLMarkupsFiducialNode, ...] = ()
    transforms: tuple[slicer.vtkMRMLLinearTransformNode, ...] = ()
    folder: int = 0
    warnings: tuple[str, ...] = ()


def importResult(
    result: Result,
    description: Mapping[str, Any],
    references: Mapping[str, slicer.vtkMRMLVolumeNode],
    inputNode: slicer.vtkMRMLNode | None = None,
) -> ImportedResult:
    """Add everything a result holds, in one folder beside the input.

    Parameters
    ----------
    result : Result
        As the task gave it.
    description : mapping
        Content of ``job.json``, kept as provenance.
    references : mapping of str to vtkMRMLVolumeNode
        Input volumes by role; a map or label map takes the geometry of the one it names.
    inputNode : vtkMRMLNode, optional
        Node beside which the folder is made; by default the first reference that is in the scene.

    Raises
    ------
    UserError
        If a map holds values that are not finite, and the like; the scene is then as it was.
    """
    adding = ResultImport(result, description, references, inputNode)
    adding.advance()
    return adding.imported


class ResultImport:
    """Adds a result in pieces, so that the window can answer in between.

    Parameters are those of :func:`importResult`.

    Attributes
    ----------
    imported : ImportedResult or None
        What was added, once everything is there.
    """

    def __init__(
        self,
        result: Result,
        description: Mapping[str, Any],
        references: Mapping[str, slicer.vtkMRMLVolumeNode],
        inputNode: slicer.vtkMRMLNode | None = None,
    ) -> None:
        self.imported: ImportedResult | None = None
        self._result, self._description, self._references = result, description, references
        self._inputNode = inputNode or next(filter(isInScene, references.values()), None)
        self._additions = SceneAdditions()
        self._pieces = self._add()
        self._done, self._count = 0, _countPieces(result)

    @property
    def fraction(self) -> float:
        """How much has been added, in [0, 1]."""
        return min(self._done / self._count, 1.0)

    def advance(self, seconds: float = math.inf) -> bool:
        """Add pieces for so long, but at least one; say whether everything is there.

        Raises
        ------
        UserError
            As :func:`importResult`; what had been added is taken out again.
        """
        end = time.monotonic() + seconds
        try:
            with self._additions.adding():
                for _ in self._pieces:
                    self._done += 1
                    if time.monotonic() >= end:
                        break
        except BaseException:
            self.undo()
            raise
        return self.imported is not None

    def undo(self) -> None:
        """Take out what has been added; nothing more can be added then."""
        self._pieces.close()
        self._additions.remove()

    def _add(self) -> Iterator[None]:
        """Add the result; yields after each piece."""
        task = str(self._description.get("task", "result"))
        folder = addResultFolder(_title(task), self._inputNode)
        added, result = _Added(folder), self._result
        yield from _addImages(result, self._references, added)
        yield from _addDrawings(result, added)
        nodes = added.nodes
        if result.numbers:
            added.keep("numbers", addNumbers(result.numbers, f"{task} numbers"))
        provenance = addProvenance(self._description, f"{task} provenance", result.warnings)
        markNodes(nodes.values(), provenance)
        added.keep("provenance", provenance)
        kinds = {kind: tuple(found) for kind, found in added.kinds.items()}
        self.imported = ImportedResult(nodes, folder=folder, warnings=tuple(result.warnings), **kinds)


def _countPieces(result: Result) -> int:
    """Number of pieces that :class:`ResultImport` adds, and the last one, which describes them."""
    kinds = (
        *(result.maps, result.labels, result.tables, result.charts, result.violins),
        *(result.transforms, result.points),
    )
    return sum(map(len, kinds)) + 1


class _Added:
    """Nodes by the name they go by, and by kind; all in one folder."""

    def __init__(self, folder: int) -> None:
        self._folder = folder
        self.nodes: dict[str, slicer.vtkMRMLNode] = {}
        self.kinds: dict[str, list[slicer.vtkMRMLNode]] = {}

    def key(self, name: str, word: str) -> str:
        """Name, or ``NAME word`` where another kind has taken it."""
        return f"{name} {word}" if name in self.nodes else name

    def keep(self, key: str, node: slicer.vtkMRMLNode, kind: str = "") -> None:
        self.nodes[key] = node
        moveToFolder(_withSeries(node), self._folder)
        if kind:
            self.kinds.setdefault(kind, []).append(node)


def _addImages(
    result: Result, references: Mapping[str, slicer.vtkMRMLVolumeNode], added: _Added
) -> Iterator[None]:
    """Add maps, weighted images and segmentations, one after the other."""
    for resultMap in result.maps:
        node = addMapVolume(resultMap, references.get(resultMap.reference))
        markRole(node, resultMap)
        kind = "images" if isImage(resultMap) else "maps"
        added.keep(resultMap.name, node, kind if resultMap.main else "")
        yield
    for labels in result.labels:
        key = added.key(labels.name, "segmentation")
        added.keep(key, addSegmentation(labels, references.get(labels.reference), key))
        yield


def _addDrawings(result: Result, added: _Added) -> Iterator[None]:
    """Add tables, charts, violins, transforms and points; of one name, charts come before their tables."""
    tables = {table.name: table for table in result.tables}
    for violins in result.violins:
        tables[violins.table] = closedTable(tables[violins.table], violins)
    keys = _tableKeys(result, added)
    tableNodes = {}
    for name, key in keys.items():
        tableNodes[name] = addTable(tables[name], key)
        yield
    for chart in result.charts:
        key = added.key(chart.name, "chart")
        added.keep(key, addChart(chart, tables[chart.table], tableNodes[chart.table], key), "charts")
        yield
    for violins in result.violins:
        key = added.key(violins.name, "violins")
        node = addViolins(violins, tables[violins.table], tableNodes[violins.table], key)
        added.keep(key, node, "violins")
        yield
    for name, node in tableNodes.items():
        added.keep(keys[name], node)
    for transform in result.transforms:
        key = added.key(transform.name, "transform")
        added.keep(key, addTransform(transform, key), "transforms")
        yield
    for points in result.points:
        key = added.key(points.name, "points")
        added.keep(key, addPoints(points, key), "points")
        added.keep(f"{key} table", addTable(points_table(points), f"{key} table"))
        yield


def _tableKeys(result: Result, added: _Added) -> dict[str, str]:
    """What each table goes by: ``R1_histogram table`` where its chart or a map is called the same."""
    taken = {one.name for one in (*result.charts, *result.violins)} | set(added.nodes)
    names = [table.name for table in result.tables]
    return {name: f"{name} table" if name in taken else name for name in names}


def _title(task: str) -> str:
    try:
        return find_task(task).title
    except UserError:
        return task


def _withSeries(node: slicer.vtkMRMLNode) -> list[slicer.vtkMRMLNode]:
    """A node, and the plot series behind a chart."""
    if not node.IsA("vtkMRMLPlotChartNode"):
        return [node]
    return [
        node,
        *(node.GetNthPlotSeriesNode(index) for index in range(node.GetNumberOfPlotSeriesNodes())),
    ]
