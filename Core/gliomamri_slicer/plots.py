"""Result charts as plot series and chart nodes; shown only when the user asks."""

from __future__ import annotations

import slicer

from gliomamri.report.colormaps import LINE_COLORS
from gliomamri.result import Chart, Table
from gliomamri_slicer.nodes import addNode
from gliomamri_slicer.tables import isText


def addChart(
    chart: Chart, table: Table, tableNode: slicer.vtkMRMLTableNode, name: str = ""
) -> slicer.vtkMRMLPlotChartNode:
    """Add a line chart over a table that is in the scene already.

    Parameters
    ----------
    chart : Chart
        Its axis labels carry the units.
    table : Table
        The table it names, needed for its units.
    tableNode : vtkMRMLTableNode
        That table as made by :func:`~gliomamri_slicer.tables.addTable`.

    Raises
    ------
    KeyError
        If the chart names a column the table lacks.
    """
    for column in (chart.x, *chart.y):
        if column not in table.columns:
            raise KeyError(f"chart {chart.name!r} names column {column!r}, which table {table.name!r} lacks")
    node = addNode("vtkMRMLPlotChartNode", name or chart.name)
    node.SetTitle(chart.title)
    node.SetXAxisTitle(chart.x_label)
    node.SetYAxisTitle(chart.y_label)
    for order, column in enumerate(chart.y):
        series = _addSeries(
            chart, table, tableNode, column, chart.colors.get(column) or LINE_COLORS[order % len(LINE_COLORS)]
        )
        node.AddAndObservePlotSeriesNodeID(series.GetID())
    return node


def _addSeries(
    chart: Chart,
    table: Table,
    tableNode: slicer.vtkMRMLTableNode,
    column: str,
    color: tuple[float, float, float],
) -> slicer.vtkMRMLPlotSeriesNode:
    # The name is the legend, so it must not get a number when another node is called the same.
    node = slicer.mrmlScene.AddNewNodeByClass("vtkMRMLPlotSeriesNode", column)
    node.SetAndObserveTableNodeID(tableNode.GetID())
    node.SetYColumnName(table.header(column))
    if isText(table.columns[chart.x]):
        node.SetPlotType(node.PlotTypeBar)
        node.SetLabelColumnName(table.header(chart.x))
    else:
        # In Slicer a "line" ignores the x column; a scatter plot joined by lines is what is meant.
        node.SetPlotType(node.PlotTypeScatter)
        node.SetXColumnName(table.header(chart.x))
        node.SetMarkerStyle(node.MarkerStyleNone)
    node.SetLineStyle(node.LineStyleSolid)
    node.SetLineWidth(2)
    node.SetColor(*map(float, color))
    return node


def showChart(chartNode: slicer.vtkMRMLPlotChartNode) -> int | None:
    """Show a chart in a plot view, switching to a layout that has one if need be.

    Returns
    -------
    int or None
        The layout the user had, for :func:`restoreLayout`; None if it was not changed.
    """
    before = _layout()
    slicer.modules.plots.logic().ShowChartInLayout(chartNode)
    after = _layout()
    return before if after != before else None


def restoreLayout(layout: int | None) -> None:
    """Go back to the layout that :func:`showChart` returned."""
    node = slicer.mrmlScene.GetFirstNodeByClass("vtkMRMLLayoutNode")
    if layout is not None and node is not None:
        node.SetViewArrangement(layout)


def _layout() -> int | None:
    node = slicer.mrmlScene.GetFirstNodeByClass("vtkMRMLLayoutNode")
    return node.GetViewArrangement() if node is not None else None
