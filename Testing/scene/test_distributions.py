"""Distributions drawn in the scene, against numpy on the same voxels."""

from __future__ import annotations

import numpy as np
import pytest
import slicer

from gliomamri.errors import UserError
from gliomamri.result import Map
from gliomamri_slicer.distributions import drawDistribution, readableOnWhite, summarizeRegions
from gliomamri_slicer.volumes import addMapVolume
from scene.builders import ijk_to_ras, image_of, ramp
from scene.test_segmentations import overlapping


@pytest.fixture
def rate_map():
    values = ramp() / 100
    values[0] = 0  # no measurement
    return addMapVolume(
        Map("R1map", image_of(values, ijk_to_ras("oblique")), "R1", "1/s", "", "lipari", (0, 2.5))
    )


def table_of(chart):
    table = chart.GetNthPlotSeriesNode(0).GetTableNode()
    columns = [table.GetColumnName(i) for i in range(table.GetNumberOfColumns())]
    return {name: slicer.util.arrayFromTableColumn(table, name) for name in columns}


def test_whole_map_without_a_segmentation(rate_map):
    chart, _ = drawDistribution(rate_map, None)

    table = table_of(chart)
    assert chart.GetXAxisTitle() == "R1 (1/s)"
    centers, density = list(table.values())
    measured = ramp()[1:] / 100
    assert density.sum() * (centers[1] - centers[0]) == pytest.approx(1.0)
    assert np.average(centers, weights=density) == pytest.approx(measured.mean(), rel=0.01)


def test_overlapping_segments_get_one_line_each_and_rows_of_numbers(rate_map):
    node, whole, core = overlapping(rate_map)

    chart, _ = drawDistribution(rate_map, node)

    assert chart.GetNumberOfPlotSeriesNodes() == 2
    summary = next(
        table
        for table in slicer.util.getNodesByClass("vtkMRMLTableNode")
        if table.GetColumnName(1) and table.GetColumnName(1).startswith("voxels")
    )
    measured = ramp() > ramp()[0].max()
    expected = [int((whole.astype(bool) & measured).sum()), int((core.astype(bool) & measured).sum())]
    assert slicer.util.arrayFromTableColumn(summary, summary.GetColumnName(1)).tolist() == expected


def test_summary_holds_the_quartiles_and_adds_nothing_to_the_scene(rate_map):
    node, whole, _ = overlapping(rate_map)
    before = slicer.mrmlScene.GetNumberOfNodes()

    summary = summarizeRegions(rate_map, node)

    inside = slicer.util.arrayFromVolume(rate_map)[whole.astype(bool)]
    inside = inside[inside > 0]
    assert summary.columns["region"][0] == "Whole tumor"
    found = [summary.columns[name][0] for name in ("p25", "median", "p75")]
    np.testing.assert_allclose(found, np.percentile(inside, (25, 50, 75)))
    assert summary.units["median"] == "1/s"
    assert slicer.mrmlScene.GetNumberOfNodes() == before


def test_lines_have_their_segments_colors_and_light_ones_are_darkened(rate_map):
    node, _, _ = overlapping(rate_map)
    segmentation = node.GetSegmentation()
    segmentation.GetNthSegment(0).SetColor(0.1, 0.3, 0.9)
    segmentation.GetNthSegment(1).SetColor(1.0, 1.0, 0.6)

    chart, _ = drawDistribution(rate_map, node)

    first, second = (chart.GetNthPlotSeriesNode(index).GetColor() for index in range(2))
    assert first == pytest.approx((0.1, 0.3, 0.9))
    assert second[0] == pytest.approx(second[1])
    assert second[2] == pytest.approx(0.6 * second[0])
    assert np.dot(second, (0.2126, 0.7152, 0.0722)) == pytest.approx(0.5)
    segmentation.GetNthSegment(1).SetName("Whole tumor")
    chosen, summary = drawDistribution(rate_map, node, [segmentation.GetNthSegmentID(1)])
    assert summary.columns["region"] == ["Whole tumor (2)"]
    assert chosen.GetNthPlotSeriesNode(0).GetColor() == pytest.approx(second)
    assert readableOnWhite((0.0, 1.0, 0.0)) == (0.0, 1.0, 0.0)


def test_only_chosen_segments_are_drawn(rate_map):
    node, _, _ = overlapping(rate_map)
    second = node.GetSegmentation().GetNthSegmentID(1)

    chart, _ = drawDistribution(rate_map, node, [second])

    assert chart.GetNumberOfPlotSeriesNodes() == 1
    assert "Core" in chart.GetNthPlotSeriesNode(0).GetName()


def test_segments_without_measurement_are_told_and_add_nothing(rate_map):
    slicer.util.updateVolumeFromArray(rate_map, np.zeros_like(ramp()))
    before = slicer.mrmlScene.GetNumberOfNodes()

    with pytest.raises(UserError, match="None of the segments covers a measured voxel"):
        drawDistribution(rate_map, None)

    assert slicer.mrmlScene.GetNumberOfNodes() == before
