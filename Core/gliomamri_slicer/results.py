"""A task's whole result put into the scene at once, or not at all."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

import slicer

from gliomamri.errors import UserError
from gliomamri.result import Result, Table
from gliomamri.tasks import find_task
from gliomamri_slicer.folders import addResultFolder, moveToFolder
from gliomamri_slicer.nodes import allOrNothing, isInScene
from gliomamri_slicer.plots import addChart
from gliomamri_slicer.provenance import addProvenance, markNodes
from gliomamri_slicer.segmentations import addSegmentation
from gliomamri_slicer.tables import addNumbers, addTable
from gliomamri_slicer.volumes import addMapVolume


@dataclass(frozen=True)
class ImportedResult:
    """What was added to the scene.

    Attributes
    ----------
    nodes : dict of str to vtkMRMLNode
        By the names the result gives its maps, labels, tables and charts (node names may carry a number);
        ``numbers`` is the table of single numbers and ``provenance`` the text node. A table named like its chart
        goes by ``NAME table``.
    maps : tuple of vtkMRMLScalarVolumeNode
        The result's main maps, what the user asked for, in its order.
    charts : tuple of vtkMRMLPlotChartNode
        Its charts, in its order.
    folder : int
        Subject hierarchy item that holds them.
    warnings : tuple of str
        Sentences the task has for the user.
    """

    nodes: dict[str, slicer.vtkMRMLNode] = field(default_factory=dict)
    maps: tuple[slicer.vtkMRMLScalarVolumeNode, ...] = ()
    charts: tuple[slicer.vtkMRMLPlotChartNode, ...] = ()
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
    nodes: dict[str, slicer.vtkMRMLNode] = {}
    with allOrNothing():
        for resultMap in result.maps:
            nodes[resultMap.name] = addMapVolume(resultMap, references.get(resultMap.reference))
        for labels in result.labels:
            nodes[labels.name] = addSegmentation(labels, references.get(labels.reference))
        tables = {}
        for table, key in _tableKeys(result, nodes):
            nodes[key] = tables[table.name] = addTable(table, key)
        charts = _addCharts(result, tables)
        nodes |= charts
        if result.numbers:
            nodes["numbers"] = addNumbers(result.numbers, f"{task} numbers")
        provenance = addProvenance(description, f"{task} provenance", result.warnings)
        markNodes(nodes.values(), provenance)
        nodes["provenance"] = provenance
        folder = addResultFolder(
            _title(task), inputNode or next(filter(isInScene, references.values()), None)
        )
        moveToFolder(_withSeries(nodes), folder)
    maps = tuple(nodes[each.name] for each in result.maps if each.main)
    return ImportedResult(nodes, maps, tuple(charts.values()), folder, tuple(result.warnings))


def _tableKeys(result: Result, nodes: Mapping[str, slicer.vtkMRMLNode]) -> list[tuple[Table, str]]:
    """Each table with the name it goes by: ``R1_histogram table`` where its chart or a map is called the same."""
    taken = {chart.name for chart in result.charts} | set(nodes)
    return [(table, f"{table.name} table" if table.name in taken else table.name) for table in result.tables]


def _addCharts(
    result: Result, tableNodes: Mapping[str, slicer.vtkMRMLTableNode]
) -> dict[str, slicer.vtkMRMLNode]:
    tables = {table.name: table for table in result.tables}
    return {
        chart.name: addChart(chart, tables[chart.table], tableNodes[chart.table]) for chart in result.charts
    }


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
