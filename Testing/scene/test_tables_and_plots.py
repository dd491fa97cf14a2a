import pytest
import slicer

from gliomamri.result import Chart, Number, Table
from gliomamri_slicer.plots import addChart, restoreLayout, showChart
from gliomamri_slicer.tables import addNumbers, addTable

HISTOGRAM = Table(
    "histogram",
    "Distribution of R1",
    {"R1": [0.5, 0.7, 0.9], "tumor": [3, 9, 1], "brain": [1, 2, 8], "class": ["low", "mid", "high"]},
    {"R1": "1/s"},
)


def chart(**changes):
    values = {
        "name": "R1 histogram",
        "title": "Distribution of R1",
        "table": "histogram",
        "x": "R1",
        "y": ("tumor", "brain"),
        "x_label": "R1 (1/s)",
        "y_label": "voxels",
        "colors": {"brain": (0.1, 0.2, 0.3)},
    } | changes
    return Chart(**values)


def test_columns_keep_type_values_and_unit():
    node = addTable(HISTOGRAM)

    table = node.GetTable()
    assert [table.GetColumnName(i) for i in range(4)] == ["R1 (1/s)", "tumor", "brain", "class"]
    assert [table.GetColumn(i).GetClassName() for i in range(4)] == [
        "vtkDoubleArray",
        "vtkIntArray",
        "vtkIntArray",
        "vtkStringArray",
    ]
    assert [table.GetValue(row, 0).ToDouble() for row in range(3)] == [0.5, 0.7, 0.9]
    assert node.GetCellText(1, 3) == "mid"
    assert node.GetColumnUnitLabel("R1 (1/s)") == "1/s"


def test_large_whole_numbers_become_doubles():
    node = addTable(Table("t", "t", {"count": [1, 3 * 10**9]}))

    assert node.GetTable().GetValue(1, 0).ToDouble() == 3e9


def test_columns_of_different_length_are_refused_before_anything_is_added():
    with pytest.raises(ValueError, match="differ in length"):
        addTable(Table("t", "t", {"a": [1], "b": [1, 2]}))
    assert slicer.mrmlScene.GetNumberOfNodesByClass("vtkMRMLTableNode") == 0


def test_numbers_become_rows():
    node = addNumbers({"t1": Number(830.5, "ms", "White-matter T1")}, "numbers")

    assert [node.GetCellText(0, column) for column in (0, 2)] == ["White-matter T1", "ms"]
    assert node.GetTable().GetValue(0, 1).ToDouble() == 830.5


def test_chart_draws_lines_over_the_x_column():
    table = addTable(HISTOGRAM)

    node = addChart(chart(), HISTOGRAM, table)

    tumor, brain = (node.GetNthPlotSeriesNode(index) for index in range(2))
    assert (node.GetXAxisTitle(), node.GetYAxisTitle(), node.GetTitle()) == (
        "R1 (1/s)",
        "voxels",
        "Distribution of R1",
    )
    assert (tumor.GetName(), brain.GetName()) == ("tumor", "brain")
    assert tumor.GetTableNode() is table
    assert (tumor.GetXColumnName(), tumor.GetYColumnName()) == ("R1 (1/s)", "tumor")
    assert tumor.GetPlotType() == tumor.PlotTypeScatter
    assert tumor.GetLineStyle() == tumor.LineStyleSolid
    assert brain.GetColor() == pytest.approx((0.1, 0.2, 0.3))
    assert tumor.GetColor() != brain.GetColor()


def test_legend_is_the_column_name_whatever_else_is_called_so():
    slicer.mrmlScene.AddNewNodeByClass("vtkMRMLSegmentationNode", "tumor")

    node = addChart(chart(), HISTOGRAM, addTable(HISTOGRAM))

    assert node.GetNthPlotSeriesNode(0).GetName() == "tumor"


def test_chart_over_names_draws_bars():
    node = addChart(chart(x="class", y=("tumor",)), HISTOGRAM, addTable(HISTOGRAM))

    series = node.GetNthPlotSeriesNode(0)
    assert series.GetPlotType() == series.PlotTypeBar
    assert series.GetLabelColumnName() == "class"


def test_chart_over_a_missing_column_is_refused():
    with pytest.raises(KeyError, match="edema"):
        addChart(chart(y=("edema",)), HISTOGRAM, addTable(HISTOGRAM))
    assert slicer.mrmlScene.GetNumberOfNodesByClass("vtkMRMLPlotChartNode") == 0


def test_layout_changes_only_when_asked_and_comes_back():
    layout = slicer.mrmlScene.GetFirstNodeByClass("vtkMRMLLayoutNode")
    layout.SetViewArrangement(layout.SlicerLayoutFourUpView)
    node = addChart(chart(), HISTOGRAM, addTable(HISTOGRAM))
    assert layout.GetViewArrangement() == layout.SlicerLayoutFourUpView

    before = showChart(node)

    assert before == layout.SlicerLayoutFourUpView
    assert layout.GetViewArrangement() != before
    view = slicer.mrmlScene.GetFirstNodeByClass("vtkMRMLPlotViewNode")
    assert view.GetPlotChartNodeID() == node.GetID()
    assert showChart(node) is None
    restoreLayout(before)
    assert layout.GetViewArrangement() == layout.SlicerLayoutFourUpView
