"""Raw acquisitions of several kinds, one on screen: columns, images and times of each, summary, height."""

from __future__ import annotations

import numpy as np
import pytest
import slicer

from panel.qmri_helpers import rows


@pytest.fixture()
def chooser(a_scene):
    """Chooser, its widgets (selector, table, summary), selections of two kinds."""
    import qt

    from gliomamri_slicer.series_selection import SeriesSelection
    from gliomamri_widgets.acquisition_chooser import AcquisitionChooser

    selector = slicer.qMRMLCheckableNodeComboBox()
    selector.nodeTypes = ["vtkMRMLScalarVolumeNode"]
    selector.setMRMLScene(a_scene)
    table, summary = qt.QTableWidget(), qt.QLabel()
    node = a_scene.AddNewNodeByClass("vtkMRMLScriptedModuleNode")
    selections = {role: SeriesSelection(node, role) for role in ("MESE", "MAGIC")}
    problems = []
    return AcquisitionChooser(selector, table, summary, problems.append), selector, table, summary, selections


def images(*names):
    return [slicer.util.addVolumeFromArray(np.ones((2, 3, 4), np.float32), name=name) for name in names]


def headers(table):
    return [table.horizontalHeaderItem(column).text() for column in range(table.columnCount)]


def test_each_kind_has_its_columns_images_and_times(chooser):
    made, selector, table, summary, selections = chooser
    echoes, magic = images("TE_12ms", "TE_50ms", "TE_90ms"), images("TI_170ms_TE_22ms", "TI_670ms_TE_22ms")
    selections["MESE"].setNodes(echoes)
    selections["MAGIC"].setNodes(magic)

    made.show(selections, "MESE")
    assert headers(table) == ["Image", "TE (ms)", "TR (ms)", "Where from"]
    assert [row[1] for row in rows(table)] == ["12", "50", "90"]
    made.show(selections, "MAGIC")

    assert headers(table) == ["Image", "TI (ms)", "TE (ms)", "TR (ms)", "Where from"]
    assert [row[1:3] for row in rows(table)] == [["170", "22"], ["670", "22"]]
    assert {node.GetName() for node in selector.checkedNodes()} == {"TI_170ms_TE_22ms", "TI_670ms_TE_22ms"}
    assert summary.text == "3 multi-echo spin-echo images, 2 MAGIC images"


def test_checking_an_image_changes_only_the_kind_on_screen(chooser):
    made, selector, _table, _summary, selections = chooser
    first, second = images("TE_12ms", "TE_50ms")
    selections["MESE"].setNodes([first])
    made.show(selections, "MAGIC")

    selector.setCheckState(second, 2)

    assert selections["MAGIC"].nodes() == [second]
    assert selections["MESE"].nodes() == [first]


def test_the_table_is_as_tall_as_its_rows_and_hidden_without_any(chooser):
    made, _selector, table, summary, selections = chooser
    made.show(selections, "MESE")

    assert not table.visible
    assert summary.text == "No raw images are chosen."
    heights = {}
    for count in (3, 8, 11):
        selections["MESE"].setNodes(images(*(f"TE_{10 * n + count}ms" for n in range(1, count + 1))))
        made.show(selections, "MESE")
        heights[count] = table.maximumHeight
    assert heights[8] - heights[3] == 5 * 24
    assert heights[11] == heights[8]


def test_without_a_scene_nothing_is_shown(chooser):
    made, _selector, table, summary, selections = chooser
    selections["MESE"].setNodes(images("TE_12ms"))
    made.show(selections, "MESE")

    made.show({}, "")

    assert table.rowCount == 0
    assert summary.text == "No raw images are chosen."
