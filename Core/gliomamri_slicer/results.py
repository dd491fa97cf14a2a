"""A task's whole result put into the scene at once, or not at all.

Called by the job bridge of every panel; tested by Testing/scene/test_results.py.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

import slicer

from gliomamri.errors import UserError
from gliomamri.point_table import points_table
from gliomamri.result import Result
from gliomamri.tasks import find_task
from gliomamri_slicer.folders import addResultFolder, moveToFolder
from gliomamri_slicer.nodes import allOrNothing, isInScene
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
    task = str(description.get("task", "result"))
    added = _Added()
    with allOrNothing():
        _addImages(result, references, added)
        _addDrawings(result, added)
        nodes = added.nodes
        if result.numbers:
            nodes["numbers"] = addNumbers(result.numbers, f"{task} numbers")
        provenance = addProvenance(description, f"{task} provenance", result.warnings)
        markNodes(nodes.values(), provenance)
        nodes["provenance"] = provenance
        folder = addResultFolder(
            _title(task), inputNode or next(filter(isInScene, references.values()), None)
        )
        moveToFolder(_withSeries(nodes), folder)
    kinds = {kind: tuple(found) for kind, found in added.kinds.items()}
    return ImportedResult(nodes, folder=folder, warnings=tuple(result.warnings), **kinds)


class _Added:
    """Nodes by the name they go by, and by kind."""

    def __init__(self) -> None:
        self.nodes: dict[str, slicer.vtkMRMLNode] = {}
        self.kinds: dict[str, list[slicer.vtkMRMLNode]] = {}

    def key(self, name: str, word: str) -> str:
        """Name, or ``NAME word`` where another kind has taken it."""
        return f"{name} {word}" if name in self.nodes else name

    def keep(self, key: str, node: slicer.vtkMRMLNode, kind: str = "") -> None:
        self.nodes[key] = node
        if kind:
            self.kinds.setdefault(kind, []).append(node)


def _addImages(result: Result, references: Mapping[str, slicer.vtkMRMLVolumeNode], added: _Added) -> None:
    """Add maps, weighted images and segmentations."""
    for resultMap in result.maps:
        node = addMapVolume(resultMap, references.get(resultMap.reference))
        markRole(node, resultMap)
        kind = "images" if isImage(resultMap) else "maps"
        added.keep(resultMap.name, node, kind if resultMap.main else "")
    for labels in result.labels:
        key = added.key(labels.name, "segmentation")
        added.keep(key, addSegmentation(labels, references.get(labels.reference), key))


def _addDrawings(result: Result, added: _Added) -> None:
    """Add tables, charts, violins, transforms and points; of one name, charts come before their tables."""
    tables = {table.name: table for table in result.tables}
    for violins in result.violins:
        tables[violins.table] = closedTable(tables[violins.table], violins)
    keys = _tableKeys(result, added)
    tableNodes = {name: addTable(tables[name], key) for name, key in keys.items()}
    for chart in result.charts:
        key = added.key(chart.name, "chart")
        added.keep(key, addChart(chart, tables[chart.table], tableNodes[chart.table], key), "charts")
    for violins in result.violins:
        key = added.key(violins.name, "violins")
        node = addViolins(violins, tables[violins.table], tableNodes[violins.table], key)
        added.keep(key, node, "violins")
    for name, node in tableNodes.items():
        added.keep(keys[name], node)
    for transform in result.transforms:
        key = added.key(transform.name, "transform")
        added.keep(key, addTransform(transform, key), "transforms")
    for points in result.points:
        key = added.key(points.name, "points")
        added.keep(key, addPoints(points, key), "points")
        added.keep(f"{key} table", addTable(points_table(points), f"{key} table"))


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


def _withSeries(nodes: Mapping[str, slicer.vtkMRMLNode]) -> list[slicer.vtkMRMLNode]:
    """Nodes of the result and the plot series behind its charts."""
    found = list(nodes.values())
    for node in nodes.values():
        if node.IsA("vtkMRMLPlotChartNode"):
            found += [node.GetNthPlotSeriesNode(index) for index in range(node.GetNumberOfPlotSeriesNodes())]
    return found
