"""Stand-ins offer no name that the real class lacks, and behave as the real widget does where modules rely on it."""

from __future__ import annotations

import inspect

import ctk
import numpy as np
import pytest
import qt
import slicer

from bench import manifest, widgets

MODELLED = sorted(widgets.modelled())


def qt_base(cls):
    return next(base for base in cls.__mro__ if base.__module__.startswith("PySide6"))


@pytest.mark.parametrize("name", MODELLED)
def test_stand_in_offers_only_names_of_the_real_class(name):
    cls = widgets.modelled()[name]
    own = [base for base in cls.__mro__ if base.__module__.startswith("bench.")]
    offered = {attribute for base in own for attribute in vars(base) if not attribute.startswith("_")}

    extra = {
        attribute for attribute in offered if not hasattr(qt_base(cls), attribute)
    } - manifest.exposedNames(name)

    assert extra == set()


@pytest.mark.parametrize("name", MODELLED)
def test_stand_in_derives_from_the_same_qt_class(name):
    cls = widgets.modelled()[name]
    qtName = manifest.classes()[manifest.lineage(name)[-1]]["base"]

    assert qtName in [base.__name__ for base in cls.__mro__]
    assert cls().className() == name


@pytest.mark.parametrize("name", MODELLED)
def test_unknown_names_fail_for_reading_and_for_writing(name):
    widget = widgets.modelled()[name]()

    with pytest.raises(AttributeError, match="neither the bench nor the real class"):
        widget.noSuchName  # noqa: B018
    with pytest.raises(AttributeError, match="neither the bench nor the real class"):
        widget.noSuchName = 1


def test_names_not_modelled_fail_differently():
    assert "browse" in manifest.exposedNames("ctkPathLineEdit")
    with pytest.raises(NotImplementedError, match="does not model"):
        ctk.ctkPathLineEdit().browse()
    with pytest.raises(NotImplementedError, match="does not model"):
        ctk.ctkRangeWidget().symmetricMoves = True


def test_classes_not_modelled_exist_and_cannot_be_made():
    assert inspect.isclass(slicer.qMRMLPlotView)
    with pytest.raises(NotImplementedError, match="qMRMLPlotView"):
        slicer.qMRMLPlotView()
    assert not hasattr(ctk, "ctkNoSuchWidget")


def test_classes_of_a_module_may_carry_their_own_attributes():
    class Section(slicer.qMRMLWidget):
        pass

    section = Section()
    section.entries = [1]

    assert section.entries == [1]
    with pytest.raises(AttributeError):
        section.missing  # noqa: B018


def test_setters_exist_only_where_they_are_slots():
    ctk.ctkSliderWidget().setValue(3.0)
    with pytest.raises(AttributeError):
        ctk.ctkCollapsibleButton().setCollapsed(True)


@pytest.fixture()
def selector(a_scene):
    combo = slicer.qMRMLNodeComboBox()
    combo.nodeTypes = ["vtkMRMLScalarVolumeNode"]
    combo.setMRMLScene(a_scene)
    return combo


def add(className, name):
    return slicer.mrmlScene.AddNewNodeByClass(className, name)


def test_selector_offers_nodes_of_its_types(selector):
    volume = add("vtkMRMLScalarVolumeNode", "T1")
    label = add("vtkMRMLLabelMapVolumeNode", "tumor")
    hidden = add("vtkMRMLScalarVolumeNode", "hidden")
    hidden.SetHideFromEditors(True)
    add("vtkMRMLTableNode", "table")

    assert [selector.nodeFromIndex(i) for i in range(selector.nodeCount())] == [volume, label]
    assert selector.currentNode() is None  # a first node is not selected by itself
    selector.showChildNodeTypes = False
    assert selector.nodeCount() == 1
    selector.showHidden = True
    assert selector.nodeCount() == 2


def test_selector_filters_by_attribute(selector):
    raw, other = add("vtkMRMLScalarVolumeNode", "raw"), add("vtkMRMLScalarVolumeNode", "other")
    raw.SetAttribute("Kind", "IR")
    other.SetAttribute("Kind", "SE")

    selector.addAttribute("vtkMRMLScalarVolumeNode", "Kind", "IR")

    assert [selector.nodeFromIndex(i) for i in range(selector.nodeCount())] == [raw]


def test_selector_emits_node_and_id_once_per_change(selector):
    volume = add("vtkMRMLScalarVolumeNode", "T1")
    seen = []
    selector.connect("currentNodeChanged(vtkMRMLNode*)", seen.append)
    selector.connect("currentNodeIDChanged(QString)", seen.append)

    selector.setCurrentNode(volume)
    selector.setCurrentNode(volume)
    selector.setCurrentNode(None)

    assert seen == [volume, volume.GetID(), None, ""]


def test_removed_node_gives_way(selector):
    first, second = add("vtkMRMLScalarVolumeNode", "a"), add("vtkMRMLScalarVolumeNode", "b")
    selector.setCurrentNode(second)

    slicer.mrmlScene.RemoveNode(second)
    assert selector.currentNode() is first
    selector.noneEnabled = True
    slicer.mrmlScene.RemoveNode(first)
    assert selector.currentNode() is None


def test_node_requested_before_the_scene_is_selected_with_it(a_scene):
    volume = add("vtkMRMLScalarVolumeNode", "T1")
    combo = slicer.qMRMLNodeComboBox()
    combo.nodeTypes = ["vtkMRMLScalarVolumeNode"]

    combo.setCurrentNodeID(volume.GetID())
    assert combo.currentNode() is None
    combo.setMRMLScene(a_scene)

    assert combo.currentNode() is volume


def test_new_node_is_made_and_selected(selector):
    selector.baseName = "T1 map"

    node = selector.addNode()

    assert node.GetName() == "T1 map"
    assert selector.currentNode() is node


def test_dead_selector_lets_the_scene_go_on(a_scene):
    combo = slicer.qMRMLNodeComboBox()
    combo.nodeTypes = ["vtkMRMLScalarVolumeNode"]
    combo.setMRMLScene(a_scene)
    combo.delete()

    add("vtkMRMLScalarVolumeNode", "T1")  # the autouse fixture would see an exception of its observer


def test_checkable_selector_keeps_what_is_checked(a_scene):
    combo = slicer.qMRMLCheckableNodeComboBox()
    combo.nodeTypes = ["vtkMRMLScalarVolumeNode"]
    combo.setMRMLScene(a_scene)
    nodes = [add("vtkMRMLScalarVolumeNode", name) for name in "abc"]
    changes = []
    combo.connect("checkedNodesChanged()", lambda: changes.append(len(combo.checkedNodes())))

    combo.check(nodes[2])
    combo.setCheckState(nodes[0], qt.Qt.Checked)
    combo.check(nodes[0])
    assert combo.checkedNodes() == (nodes[0], nodes[2])
    assert combo.uncheckedNodes() == (nodes[1],)
    combo.uncheck(nodes[0])
    slicer.mrmlScene.RemoveNode(nodes[2])

    assert combo.noneChecked()
    assert changes == [1, 2, 1, 0]


def test_slider_keeps_its_value_in_range(a_scene):
    slider = ctk.ctkSliderWidget()
    values = []
    slider.connect("valueChanged(double)", values.append)

    slider.maximum = 10
    slider.value = 25
    slider.value = 10
    slider.maximum = 4

    assert values == [10.0, 4.0]


def test_range_keeps_its_values_in_order():
    window = ctk.ctkRangeWidget()
    seen = []
    window.connect("valuesChanged(double,double)", lambda low, high: seen.append((low, high)))

    window.setRange(0, 2000)
    window.setValues(300, 1500)
    window.minimumValue = 1800
    window.maximum = 1000

    assert seen == [(300.0, 1500.0), (1500.0, 1500.0), (1000.0, 1000.0)]


def test_collapsed_contents_are_hidden_and_come_back():
    button = ctk.ctkCollapsibleButton("Advanced")
    layout = qt.QVBoxLayout(button)
    shown, hidden = qt.QLabel("shown"), qt.QLabel("hidden")
    layout.addWidget(shown)
    layout.addWidget(hidden)
    hidden.visible = False
    button.show()
    events = []
    button.connect("contentsCollapsed(bool)", events.append)

    button.collapsed = True
    assert not shown.visible
    button.click()

    assert shown.visible
    assert not hidden.visible
    assert not button.collapsed
    assert events == [True, False]


def test_segments_table_follows_the_segmentation(a_scene):
    table = slicer.qMRMLSegmentsTableView()
    table.setMRMLScene(a_scene)
    segmentation = add("vtkMRMLSegmentationNode", "regions")
    segmentation.CreateDefaultDisplayNodes()
    table.setSegmentationNode(segmentation)
    segments = segmentation.GetSegmentation()
    selections = []
    table.connect("selectionChanged(QItemSelection,QItemSelection)", lambda *_: selections.append(1))

    segments.AddEmptySegment("core", "Tumor core", [1.0, 0.5, 0.0])
    segments.AddEmptySegment("edema", "Edema", [0.0, 1.0, 0.0])
    table.setSelectedSegmentIDs(["edema", "unknown"])
    assert table.selectedSegmentIDs() == ("edema",)
    assert selections
    segments.GetSegment("core").SetName("Core")
    inner = table.findChild("QTableWidget")
    assert [inner.item(row, 3).text() for row in range(inner.rowCount)] == ["Core", "Edema"]
    np.testing.assert_allclose(
        inner.item(0, 1).background().color().getRgbF()[:3], (1.0, 0.5, 0.0), atol=0.01
    )

    segments.RemoveSegment("edema")
    assert table.selectedSegmentIDs() == ()
    table.setSegmentationNode(None)
    assert inner.rowCount == 0
