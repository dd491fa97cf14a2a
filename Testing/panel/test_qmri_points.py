"""QMRIAnalysis, own points: measured in the maps of a run, live while they are moved, kept with the scene."""

from __future__ import annotations

import numpy as np
import pytest
import slicer

from gliomamri.point_table import ras
from gliomamri_slicer.point_measurement import valuesOf
from gliomamri_slicer.tables import readTable
from panel.qmri_helpers import rows, take_picture
from panel.test_qmri_results import SHAPE, analysis, analyzed  # noqa: F401  (a fixture)

ORIGIN, SPACING = (20.0, 30.0, 7.0), (2.0, 1.5, 5.0)
"""Of the maps in RAS and mm; x and y run to the left and back."""


def place_of(k, j, i):
    """RAS of a voxel."""
    return (
        ORIGIN[0] - SPACING[0] * i,
        ORIGIN[1] - SPACING[1] * j,
        ORIGIN[2] + SPACING[2] * k,
    )


def around(values, k, j, i):
    """Mean of the voxels within 3 mm of a voxel, by hand."""
    kk, jj, ii = np.indices(SHAPE)
    squared = (2.0 * (ii - i)) ** 2 + (1.5 * (jj - j)) ** 2 + (5.0 * (kk - k)) ** 2
    return float(values[squared <= 9.0 + 1e-6].mean(dtype=float))


@pytest.fixture()
def own(analyzed):  # noqa: F811
    """The panel after an analysis, and a list of two points of the user."""
    qmri, imported = analyzed
    points = slicer.mrmlScene.AddNewNodeByClass("vtkMRMLMarkupsFiducialNode", "Biopsies")
    for label, place in (("rim", place_of(2, 9, 8)), ("white matter", place_of(1, 4, 15))):
        points.AddControlPoint(*place)
        points.SetNthControlPointLabel(points.GetNumberOfControlPoints() - 1, label)
    return qmri, imported, points


def array_of(imported, name):
    return slicer.util.arrayFromVolume(imported.nodes[name])


def test_nothing_is_measured_before_points_and_map_are_chosen(own):
    qmri, _imported, points = own
    ui = qmri.widget.ui
    assert not ui.measurePointsButton.enabled
    assert ui.measurePointsButton.toolTip.startswith("Select a list of points")

    ui.ownPointsSelector.setCurrentNode(points)
    assert ui.measurePointsButton.enabled
    ui.resultMapSelector.setCurrentNode(None)

    assert ui.measurePointsButton.toolTip == "Select a map above."
    assert not ui.ownPointsTable.visible
    assert not ui.ownPointsStatusLabel.visible


def test_own_points_are_measured_in_the_maps_of_the_run(own):
    qmri, imported, points = own
    ui = qmri.widget.ui
    ui.ownPointsSelector.setCurrentNode(points)

    ui.measurePointsButton.click()

    assert [row[0] for row in rows(ui.ownPointsTable)] == ["rim", "white matter"]
    headers = [ui.ownPointsTable.horizontalHeaderItem(column).text() for column in range(4)]
    assert headers == ["Point", "R1 (1/s)", "R2 (1/s)", "dR1 (1/s)"]
    kept = readTable(valuesOf(points)).columns
    for row, index in enumerate(((2, 9, 8), (1, 4, 15))):
        assert kept["R1"][row] == pytest.approx(around(array_of(imported, "R1map"), *index), rel=1e-5)
        assert kept["R2"][row] == pytest.approx(
            around(1000 / array_of(imported, "T2map").astype(float), *index), rel=1e-5
        )
        assert kept["dR1"][row] == pytest.approx(around(array_of(imported, "dR1"), *index), rel=1e-4)
        assert rows(ui.ownPointsTable)[row][1] == f"{kept['R1'][row]:#.3g}"
    assert "ceR1 (1/s): " in ui.ownPointsTable.item(0, 0).toolTip()
    assert ui.ownPointsStatusLabel.text == "Means within 3 mm in R1map, T2map, ceR1map, ceT2map, dR1."


def test_errors_are_shown_where_they_are_known(own):
    qmri, imported, points = own
    ui = qmri.widget.ui
    node = slicer.modules.volumes.logic().CloneVolume(
        slicer.mrmlScene, imported.nodes["R1map"], "R1_standard_error"
    )
    node.SetAttribute("GliomaMRI.role", "R1error")
    node.SetNodeReferenceID(
        "GliomaMRI.provenance", imported.nodes["R1map"].GetNodeReferenceID("GliomaMRI.provenance")
    )
    slicer.util.updateVolumeFromArray(node, np.full(SHAPE, 0.0312, np.float32))
    ui.ownPointsSelector.setCurrentNode(points)

    ui.measurePointsButton.click()

    take_picture(qmri, "qmri-own-points")
    assert rows(ui.ownPointsTable)[0][1].endswith(" ± 0.031")
    assert ui.ownPointsStatusLabel.text.endswith("; errors are those of one voxel.")
    assert "±" not in rows(ui.ownPointsTable)[0][3]
    assert readTable(valuesOf(points)).columns["R1 error"] == pytest.approx([0.0312] * 2, rel=1e-4)


def test_numbers_follow_a_point_that_is_moved_added_and_removed(own):
    qmri, imported, points = own
    ui = qmri.widget.ui
    ui.ownPointsSelector.setCurrentNode(points)
    ui.measurePointsButton.click()
    before = rows(ui.ownPointsTable)

    points.SetNthControlPointPositionWorld(0, *place_of(3, 15, 20))
    after = rows(ui.ownPointsTable)
    assert after[0][1:] != before[0][1:]
    assert after[1] == before[1]
    kept = readTable(valuesOf(points)).columns
    assert kept["R1"][0] == pytest.approx(around(array_of(imported, "R1map"), 3, 15, 20), rel=1e-5)

    points.AddControlPoint(500.0, 0.0, 0.0)
    points.SetNthControlPointLabel(2, "too far")
    assert rows(ui.ownPointsTable)[2][1:] == ["-", "-", "-"]
    assert ui.ownPointsStatusLabel.text == (
        "'too far' lies where nothing was measured (outside of the brain?); move it."
    )
    points.RemoveNthControlPoint(2)
    assert len(rows(ui.ownPointsTable)) == 2
    assert len([n for n in slicer.util.getNodesByClass("vtkMRMLTableNode") if "Biopsies" in n.GetName()]) == 1


def test_changed_maps_are_told_instead_of_measured_by_halves(own):
    qmri, imported, points = own
    ui = qmri.widget.ui
    ui.ownPointsSelector.setCurrentNode(points)
    ui.measurePointsButton.click()
    slicer.util.updateVolumeFromArray(imported.nodes["R1map"], array_of(imported, "R1map") * 2)

    points.SetNthControlPointPositionWorld(0, *place_of(3, 15, 20))
    assert ui.ownPointsStatusLabel.text == "The maps have changed; press the button again."
    ui.measurePointsButton.click()

    kept = readTable(valuesOf(points)).columns
    assert kept["R1"][0] == pytest.approx(around(array_of(imported, "R1map"), 3, 15, 20), rel=1e-5)


def test_numbers_stay_while_the_user_is_in_another_module_but_do_not_follow(own):
    qmri, _imported, points = own
    ui = qmri.widget.ui
    ui.ownPointsSelector.setCurrentNode(points)
    ui.measurePointsButton.click()
    before = rows(ui.ownPointsTable)

    qmri.host.exit()
    points.SetNthControlPointPositionWorld(0, *place_of(3, 15, 20))
    qmri.host.enter()

    assert rows(ui.ownPointsTable) == before
    assert ui.ownPointsStatusLabel.text == (
        "The points were moved since they were measured; press the button again."
    )
    slicer.mrmlScene.RemoveNode(points)
    assert not ui.ownPointsTable.visible
    assert not ui.measurePointsButton.enabled


def test_points_and_numbers_survive_saving_and_reloading(own, tmp_path):
    qmri, _imported, points = own
    ui = qmri.widget.ui
    ui.ownPointsSelector.setCurrentNode(points)
    ui.measurePointsButton.click()
    before, said = rows(ui.ownPointsTable), ui.ownPointsStatusLabel.text

    slicer.util.saveScene(str(tmp_path / "case.mrb"))
    slicer.mrmlScene.Clear(0)
    assert not ui.ownPointsTable.visible
    slicer.util.loadScene(str(tmp_path / "case.mrb"))

    assert ui.ownPointsSelector.currentNode().GetName() == "Biopsies"
    assert rows(ui.ownPointsTable) == before
    assert ui.ownPointsStatusLabel.text == said


def test_a_click_moves_the_views_and_candidates_can_be_measured_too(own):
    qmri, imported, _points = own
    ui = qmri.widget.ui
    ui.ownPointsSelector.setCurrentNode(imported.points[0])

    ui.measurePointsButton.click()
    ui.ownPointsTable.itemClicked.emit(ui.ownPointsTable.item(1, 1))

    assert [row[0] for row in rows(ui.ownPointsTable)] == ["B1", "B2"]
    red = slicer.mrmlScene.GetNodeByID("vtkMRMLSliceNodeRed").GetSliceToRAS()
    assert red.GetElement(2, 3) == pytest.approx(ras(analysis().points[0])[1][2])


def test_a_list_without_points_is_told(own):
    qmri, _imported, _points = own
    ui = qmri.widget.ui
    empty = slicer.mrmlScene.AddNewNodeByClass("vtkMRMLMarkupsFiducialNode", "empty")
    ui.ownPointsSelector.setCurrentNode(empty)

    ui.measurePointsButton.click()

    assert ui.ownPointsStatusLabel.text == "The list has no point yet; place some with the Markups tools."
    empty.AddControlPoint(*place_of(2, 9, 8))
    assert len(rows(ui.ownPointsTable)) == 1
