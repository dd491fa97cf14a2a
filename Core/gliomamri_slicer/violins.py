"""Violins in the plot view: one closed outline per violin.

Slicer's plot view draws lines, bars and points; it neither fills an outline nor writes words on a numeric axis. So the
name of each region stands in the legend (``tumor: after contrast agent``), for which the axis leaves room on the right,
and below the axis with its position. A legend of more than 14 lines would hide the violins: it is off then, and the
plot view tells the name when the pointer rests on an outline. The report has filled violins with all names.

Called by :mod:`gliomamri_slicer.results`; tested by Testing/scene/test_violins.py.
"""

from __future__ import annotations

from dataclasses import replace

import slicer

from gliomamri.report.violins import outline_points, region_of
from gliomamri.result import Outline, Table, Violins
from gliomamri_slicer.nodes import addNode

_MOST_LETTERS = 160
"""Letters of region names that fit below the axis."""
_MOST_ENTRIES = 14
"""Lines of a legend that leave the violins visible."""
_ROOM = 0.5
"""Width for the legend, as a share of the violins' width."""


def closedTable(table: Table, violins: Violins) -> Table:
    """Table whose outlines end where they begin: its first row is repeated unless every curve is closed already."""
    if all(_isClosed(outline, table) for outline in violins.outlines):
        return table
    columns = {name: [*cells, *cells[:1]] for name, cells in table.columns.items()}
    return replace(table, columns=columns)


def addViolins(
    violins: Violins, table: Table, tableNode: slicer.vtkMRMLTableNode, name: str = ""
) -> slicer.vtkMRMLPlotChartNode:
    """Add a chart of outlines over a table that is in the scene already.

    Parameters
    ----------
    violins : Violins
        Its axis label carries the unit.
    table : Table
        The table it names, as it is in the scene (:func:`closedTable`).
    tableNode : vtkMRMLTableNode
        That table as made by :func:`~gliomamri_slicer.tables.addTable`.

    Raises
    ------
    KeyError
        If the chart names a column the table lacks.
    """
    for outline in violins.outlines:
        for column in (outline.x, outline.y):
            if column not in table.columns:
                raise KeyError(
                    f"violins {violins.name!r} name column {column!r}, which table {table.name!r} lacks"
                )
    node = addNode("vtkMRMLPlotChartNode", name or violins.name)
    node.SetTitle(violins.title)
    node.SetXAxisTitle(_axisWords(violins))
    node.SetYAxisTitle(violins.y_label)
    _arrange(node, violins, table)
    hasOneLabel = len({outline.label for outline in violins.outlines}) == 1
    for outline in violins.outlines:
        region = region_of(outline, table, violins)
        words = [region] if region and hasOneLabel else [part for part in (region, outline.label) if part]
        series = _addSeries(outline, table, tableNode, ": ".join(words))
        node.AddAndObservePlotSeriesNodeID(series.GetID())
    return node


def _arrange(node: slicer.vtkMRMLPlotChartNode, violins: Violins, table: Table) -> None:
    """Show the legend where it has room, and make the room."""
    hasLegend = len(violins.outlines) <= _MOST_ENTRIES
    node.SetLegendVisibility(hasLegend)
    curves = [outline_points(outline, table)[0] for outline in violins.outlines]
    ends = [float(end) for x in curves if x.size for end in (x.min(), x.max())]
    if ends:
        low, high = min(ends) - 0.2, max(ends) + 0.2
        node.SetXAxisRangeAuto(False)
        node.SetXAxisRange(low, high + (_ROOM * (high - low) if hasLegend else 0.0))


def _isClosed(outline: Outline, table: Table) -> bool:
    x, y = table.columns[outline.x], table.columns[outline.y]
    return len(x) == 0 or (x[0], y[0]) == (x[-1], y[-1])


def _axisWords(violins: Violins) -> str:
    """``1 tumor, 2 mirror``; cut off where that is too long."""
    words = ", ".join(f"{position:g} {region}" for position, region in violins.ticks.items())
    return words if len(words) <= _MOST_LETTERS else f"{words[:_MOST_LETTERS].rpartition(',')[0]} ..."


def _addSeries(
    outline: Outline, table: Table, tableNode: slicer.vtkMRMLTableNode, legend: str
) -> slicer.vtkMRMLPlotSeriesNode:
    # The name is the legend, so it must not get a number when another node is called the same.
    node = slicer.mrmlScene.AddNewNodeByClass("vtkMRMLPlotSeriesNode", legend or outline.y)
    node.SetAndObserveTableNodeID(tableNode.GetID())
    node.SetPlotType(node.PlotTypeScatter)  # a "line" ignores the x column
    node.SetXColumnName(table.header(outline.x))
    node.SetYColumnName(table.header(outline.y))
    node.SetMarkerStyle(node.MarkerStyleNone)
    node.SetLineStyle(node.LineStyleDash if outline.dashed else node.LineStyleSolid)
    node.SetLineWidth(2)
    node.SetColor(*map(float, outline.color))
    return node
