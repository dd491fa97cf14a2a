"""Violins in the plot view: closed outlines with their region's name, colors and line style."""

from __future__ import annotations

import pytest
import slicer

from gliomamri.result import Outline, Result, Table, Violins
from gliomamri_slicer.results import importResult
from gliomamri_slicer.tables import addTable
from gliomamri_slicer.violins import addViolins, closedTable

JOB = {"task": "relaxometry"}
BLUE, ORANGE = (0.0, 0.45, 0.7), (0.84, 0.37, 0.0)
TABLE = Table(
    "R1_outlines",
    "Outlines",
    {
        "tumor x": [1.0, 0.6, 1.0],
        "tumor": [0.5, 0.8, 1.1],
        "tumor post x": [1.0, 1.4, 1.0],
        "tumor post": [0.6, 0.9, 1.2],
        "mirror x": [2.0, 1.7, 2.0],
        "mirror": [0.4, 0.7, 0.9],
    },
    {"tumor": "1/s", "tumor post": "1/s", "mirror": "1/s"},
)


def violins(**changes):
    outlines = (
        Outline("before", "tumor x", "tumor", BLUE),
        Outline("after", "tumor post x", "tumor post", ORANGE, dashed=True),
        Outline("before", "mirror x", "mirror", BLUE),
    )
    values = {"name": "R1_violins", "title": "R1 by region", "table": "R1_outlines", "outlines": outlines}
    return Violins(**values | {"ticks": {1.0: "tumor", 2.0: "mirror"}, "y_label": "R1 (1/s)"} | changes)


def series_of(node):
    return [node.GetNthPlotSeriesNode(index) for index in range(node.GetNumberOfPlotSeriesNodes())]


def values(series, which):
    table = series.GetTableNode().GetTable()
    column = table.GetColumnByName(getattr(series, f"Get{which}ColumnName")())
    return [column.GetValue(row) for row in range(column.GetNumberOfTuples())]


def test_each_outline_is_a_closed_line_of_its_region_and_color():
    found = importResult(Result(tables=(TABLE,), violins=(violins(),)), JOB, {})

    (chart,) = found.violins
    series = series_of(chart)
    assert [one.GetName() for one in series] == ["tumor: before", "tumor: after", "mirror: before"]
    for one, outline in zip(series, violins().outlines, strict=True):
        for which, column in (("X", outline.x), ("Y", outline.y)):
            cells = list(TABLE.columns[column])
            assert values(one, which) == [*cells, cells[0]]
        assert one.GetPlotType() == one.PlotTypeScatter
        assert one.GetMarkerStyle() == one.MarkerStyleNone
        assert one.GetColor() == pytest.approx(outline.color)
    assert [one.GetLineStyle() == one.LineStyleDash for one in series] == [False, True, False]
    assert (chart.GetTitle(), chart.GetYAxisTitle()) == ("R1 by region", "R1 (1/s)")
    assert chart.GetXAxisTitle() == "1 tumor, 2 mirror"
    assert found.charts == ()


def test_columns_of_the_plot_are_found_although_their_headers_carry_units():
    found = importResult(Result(tables=(TABLE,), violins=(violins(),)), JOB, {})

    assert series_of(found.violins[0])[0].GetYColumnName() == "tumor (1/s)"
    assert series_of(found.violins[0])[0].GetTableNode() is found.nodes["R1_outlines"]


def test_outline_that_is_closed_already_gets_no_more_rows():
    closed = {name: [*cells, cells[0]] for name, cells in TABLE.columns.items()}
    table = Table("R1_outlines", "Outlines", closed)

    assert closedTable(table, violins()) is table


def test_one_label_leaves_the_region_as_the_legend():
    one = violins(outlines=violins().outlines[::2])

    chart = addViolins(one, TABLE, addTable(TABLE))

    assert [series.GetName() for series in series_of(chart)] == ["tumor", "mirror"]


def test_legend_has_room_beside_the_violins():
    chart = addViolins(violins(), TABLE, addTable(TABLE))

    low, high = chart.GetXAxisRange()
    assert chart.GetLegendVisibility()
    assert not chart.GetXAxisRangeAuto()
    assert low < 0.6
    assert high > 2.0 + 0.4 * (2.0 - 0.6)


def test_many_violins_have_no_legend_that_hides_them_and_a_list_that_ends():
    ticks = {float(number): f"a long name of region {number}" for number in range(15)}

    chart = addViolins(violins(ticks=ticks, outlines=violins().outlines * 5), TABLE, addTable(TABLE))

    assert not chart.GetLegendVisibility()
    assert chart.GetXAxisRange()[1] < 2.5
    assert chart.GetXAxisTitle().startswith("0 a long name of region 0, 1 a long")
    assert chart.GetXAxisTitle().endswith(" ...")
    assert len(chart.GetXAxisTitle()) < 170


def test_violins_and_table_of_one_name_are_both_kept():
    table = Table("R1_violins", TABLE.title, TABLE.columns, TABLE.units)

    found = importResult(Result(tables=(table,), violins=(violins(table="R1_violins"),)), JOB, {})

    assert found.nodes["R1_violins"].IsA("vtkMRMLPlotChartNode")
    assert found.nodes["R1_violins table"].IsA("vtkMRMLTableNode")


def test_missing_column_is_refused_and_nothing_is_left():
    bad = violins(outlines=(Outline("a", "tumor x", "nothing", BLUE),))

    with pytest.raises(KeyError):
        importResult(Result(tables=(TABLE,), violins=(bad,)), JOB, {})
    assert slicer.mrmlScene.GetNumberOfNodesByClass("vtkMRMLTableNode") == 0
    with pytest.raises(KeyError, match="'nothing', which table"):
        addViolins(bad, TABLE, addTable(TABLE))
