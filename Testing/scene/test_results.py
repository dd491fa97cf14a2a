"""A whole result in the scene: added in one folder, or not at all; saved and reloaded with everything it says."""

from __future__ import annotations

import dataclasses
import zipfile

import numpy as np
import pytest
import slicer

from gliomamri.errors import UserError
from gliomamri.result import Number, Outline, Points, Result, Table, Transform, Violins
from gliomamri_slicer.dicom_headers import acquisitionParameters, writeParameters
from gliomamri_slicer.folders import itemOf
from gliomamri_slicer.found_parameters import Source
from gliomamri_slicer.heatmaps import addDivergingHeatMap
from gliomamri_slicer.provenance import readProvenance
from gliomamri_slicer.results import importResult
from gliomamri_slicer.roles import ROLE_ATTRIBUTE
from gliomamri_slicer.show import addLegend
from scene.builders import (
    SHAPE,
    array_of,
    folder_name,
    label_map,
    matrix_of,
    ramp,
    scene_names,
    segments_on,
    t1_map,
    volume,
)
from scene.test_tables_and_plots import HISTOGRAM, chart

JOB = {"task": "relaxometry", "versions": {"gliomamri": "0.1.0"}}


def regions():
    array = np.zeros(SHAPE, np.uint8)
    array[1:4, 2:5, 3:9] = 2
    array[2, 3, 4:6] = 5
    return array


def result(**changes):
    values = {
        "maps": (t1_map(), t1_map(name="R1map", quantity="R1", unit="1/s", window=(0.2, 2.0))),
        "labels": (label_map(regions(), {2: "Edema", 5: "Necrosis"}, reference="T1w"),),
        "tables": (HISTOGRAM,),
        "charts": (chart(),),
        "numbers": {"wm": Number(830.0, "ms", "White-matter T1")},
        "warnings": ("3 voxels could not be fitted.",),
    } | changes
    return Result(**values)


def test_everything_is_added_by_name_in_one_folder():
    reference = volume("T1w", ramp())

    found = importResult(result(), JOB, {"T1w": reference})

    assert set(found.nodes) == {
        "T1map",
        "R1map",
        "tumor",
        "histogram",
        "R1 histogram",
        "numbers",
        "provenance",
    }
    assert {folder_name(node) for node in found.nodes.values()} == {"Relaxometry from raw images"}
    assert folder_name(reference) == ""
    assert found.warnings == ("3 voxels could not be fitted.",)
    assert readProvenance(found.nodes["tumor"])["task"] == "relaxometry"
    np.testing.assert_array_equal(matrix_of(found.nodes["R1map"]), matrix_of(reference))


def test_table_and_chart_of_one_name_are_both_kept():
    found = importResult(result(charts=(chart(name="histogram"),)), JOB, {})

    assert found.nodes["histogram"].IsA("vtkMRMLPlotChartNode")
    assert found.nodes["histogram table"].IsA("vtkMRMLTableNode")
    assert found.nodes["histogram"].GetNthPlotSeriesNode(0).GetTableNode() is found.nodes["histogram table"]
    assert [found.nodes[key].GetName() for key in ("histogram", "histogram table")] == [
        "histogram",
        "histogram table",
    ]
    assert folder_name(found.nodes["histogram table"]) == "Relaxometry from raw images"


def test_folder_lies_beside_the_input_that_is_in_the_scene():
    sh = slicer.vtkMRMLSubjectHierarchyNode.GetSubjectHierarchyNode(slicer.mrmlScene)
    frame = volume("frame", ramp())
    sequence = slicer.mrmlScene.AddNewNodeByClass("vtkMRMLSequenceNode", "echoes")
    sequence.SetDataNodeAtValue(frame, "10")
    slicer.mrmlScene.RemoveNode(frame)
    study = sh.CreateStudyItem(sh.GetSceneItemID(), "study")
    sh.SetItemParent(itemOf(sequence), study)
    inside = sequence.GetNthDataNode(0)

    found = importResult(result(), JOB, {"T1w": inside}, sequence)

    assert sh.GetItemParent(found.folder) == study
    role = slicer.vtkMRMLSegmentationNode.GetReferenceImageGeometryReferenceRole()
    assert found.nodes["tumor"].GetNodeReference(role) is None
    np.testing.assert_array_equal(matrix_of(found.nodes["T1map"]), matrix_of(inside))


def test_views_refresh_once():
    scene = slicer.mrmlScene
    ends = []
    tag = scene.AddObserver(scene.EndBatchProcessEvent, lambda *_: ends.append(1))

    importResult(result(), JOB, {})

    scene.RemoveObserver(tag)
    assert ends == [1]
    assert not scene.IsBatchProcessing()


def every_kind():
    """A result with one of each kind, all called alike: nothing may replace anything."""
    name = "R1"
    points = Points(name, "P", ("a",), ((1.0, 2.0, 3.0),))
    rows = tuple(tuple(float(i == j) for j in range(4)) for i in range(4))
    outlines = (Outline("all", "x", "y", (0.1, 0.2, 0.3)),)
    table = Table(name, "T", {"x": [1.0, 2.0, 1.5], "y": [0.1, 0.2, 0.3], "R1": [1.0, 2.0, 3.0]})
    return Result(
        maps=(t1_map(name=name, main=True, role="T1map"),),
        labels=(dataclasses.replace(label_map(regions(), {2: "Edema"}), name=name),),
        tables=(table,),
        charts=(chart(name=name, table=name, x="x", y=("y",)),),
        violins=(Violins(name, "V", name, outlines, {1.5: "all"}, "R1 (1/s)"),),
        transforms=(Transform(name, rows, "ceT1w", "T1w", ""),),
        points=(points,),
    )


def test_every_kind_of_one_name_is_kept_and_lies_in_the_folder():
    found = importResult(every_kind(), JOB, {})

    classes = {key: node.GetClassName().removeprefix("vtkMRML") for key, node in found.nodes.items()}
    assert classes == {
        "R1": "ScalarVolumeNode",
        "R1 segmentation": "SegmentationNode",
        "R1 table": "TableNode",
        "R1 chart": "PlotChartNode",
        "R1 violins": "PlotChartNode",
        "R1 transform": "LinearTransformNode",
        "R1 points": "MarkupsFiducialNode",
        "R1 points table": "TableNode",
        "provenance": "TextNode",
    }
    assert {folder_name(node) for node in found.nodes.values()} == {"Relaxometry from raw images"}
    series = slicer.util.getNodesByClass("vtkMRMLPlotSeriesNode")
    assert {folder_name(node) for node in series} == {"Relaxometry from raw images"}
    assert (len(found.maps), len(found.charts), len(found.violins)) == (1, 1, 1)
    assert all(readProvenance(node) for node in (*found.points, *found.transforms))


def test_role_is_written_on_the_node():
    maps = (t1_map(role="ceT1map"), t1_map(name="R1map", quantity="R1", unit="1/s"))

    found = importResult(result(maps=maps), JOB, {})

    assert found.nodes["T1map"].GetAttribute(ROLE_ATTRIBUTE) == "ceT1map"
    assert found.nodes["R1map"].GetAttribute(ROLE_ATTRIBUTE) is None
    assert found.nodes["T1map"].GetAttribute("GliomaMRI.quantity") == "T1"


@pytest.mark.parametrize("quantity", ["image", "signal"])
def test_weighted_images_of_any_task_are_plain_images(quantity):
    maps = (
        t1_map(name="prepared_FLAIR", quantity=quantity, unit="a.u.", main=True, role="FLAIR"),
        t1_map(main=True),
    )

    found = importResult(result(maps=maps), JOB, {})

    image, quantitative = found.nodes["prepared_FLAIR"], found.nodes["T1map"]
    assert (found.images, found.maps) == ((image,), (quantitative,))
    assert image.GetAttribute("GliomaMRI.quantity") is None
    assert image.GetAttribute("GliomaMRI.unit") is None
    assert image.GetVoxelValueQuantity() is None
    assert image.GetAttribute(ROLE_ATTRIBUTE) == "FLAIR"
    assert image.GetDisplayNode().GetInterpolate()
    assert not quantitative.GetDisplayNode().GetInterpolate()
    assert (image.GetDisplayNode().GetWindowLevelMin(), image.GetDisplayNode().GetWindowLevelMax()) == (
        0,
        2000,
    )


@pytest.mark.parametrize("last", ["map", "chart", "segmentation", "points", "transform"])
def test_nothing_stays_of_a_result_that_fails_half_way(last):
    volume("T1w", ramp())
    sh = slicer.vtkMRMLSubjectHierarchyNode.GetSubjectHierarchyNode(slicer.mrmlScene)
    items = sh.GetNumberOfItems()
    before = scene_names()
    bad = ramp()
    bad[0, 0, 0] = np.inf
    broken = {
        "map": result(maps=(t1_map(), t1_map(bad, name="M0map"))),
        "chart": result(charts=(chart(), chart(y=("missing",)))),
        "segmentation": result(labels=(label_map(regions(), {}), label_map(ramp(), {}))),
        "points": result(points=(Points("p", "P", ("a",), ()),)),
        "transform": result(transforms=(Transform("t", ((1.0,),), "a", "b", ""),)),
    }[last]

    with pytest.raises((UserError, KeyError, ValueError, IndexError)):
        importResult(broken, JOB, {})

    assert scene_names() == before
    assert sh.GetNumberOfItems() == items
    assert not slicer.mrmlScene.IsBatchProcessing()


def save_and_reload(folder):
    """Write the scene as .mrb, close it, unzip and load it again."""
    scene = slicer.mrmlScene
    path = folder / "case.mrb"
    assert scene.WriteToMRB(str(path))
    scene.Clear(0)
    with zipfile.ZipFile(path) as archive:
        archive.extractall(folder / "unzipped")
    scene.SetURL(str(next((folder / "unzipped").rglob("*.mrml"))))
    assert scene.Import(None)


def segmentation_node():
    """The one segmentation; a plot series has the same name."""
    return slicer.mrmlScene.GetFirstNodeByClass("vtkMRMLSegmentationNode")


@pytest.fixture
def reloaded(tmp_path):
    reference = volume("T1w", ramp(), "oblique")
    writeParameters(reference, {"inversion_time": 50.25})
    found = importResult(result(), JOB, {"T1w": reference})
    addLegend(found.nodes["T1map"])
    addDivergingHeatMap(t1_map(ramp() - 150, name="relevance", quantity="relevance", unit=""))
    save_and_reload(tmp_path)
    return slicer.util.getNode


def test_reloaded_maps_keep_voxels_geometry_unit_colors_and_window(reloaded):
    node, reference = reloaded("T1map"), reloaded("T1w")

    np.testing.assert_array_equal(slicer.util.arrayFromVolume(node), ramp() * 5)
    np.testing.assert_allclose(matrix_of(node), matrix_of(reference), atol=1e-10)
    assert node.GetVoxelValueUnits().GetCodeValue() == "ms"
    assert node.GetVoxelValueQuantity().GetCodeValue() == "113063"
    assert node.GetAttribute("GliomaMRI.unit") == "ms"
    display = node.GetDisplayNode()
    assert (display.GetWindowLevelMin(), display.GetWindowLevelMax()) == (0, 2000)
    colors = display.GetColorNode()
    assert colors.GetName() == "T1 lipari (0-2000 ms)"
    assert colors.GetNumberOfColors() == 256
    assert colors.GetAttribute("Category") == "GliomaMRI"
    legend = slicer.vtkSlicerColorLogic.GetColorLegendDisplayNode(node)
    assert legend.GetTitleText() == "T1 (ms)"


def test_reloaded_heat_map_is_still_transparent_at_zero(reloaded):
    colors = reloaded("relevance").GetDisplayNode().GetColorNode()
    rgba = [0.0] * 4

    colors.GetColor(128, rgba)
    assert rgba[3] == 0
    colors.GetColor(255, rgba)
    assert rgba[3] == 1


def test_main_maps_and_charts_are_named_in_order():
    shown = result(
        maps=(t1_map(name="noise"), t1_map(name="R1map", main=True), t1_map(name="T1map", main=True))
    )

    found = importResult(shown, JOB, {"T1w": volume("T1w", ramp())})

    assert found.maps == (found.nodes["R1map"], found.nodes["T1map"])
    assert found.charts == tuple(n for n in found.nodes.values() if n.IsA("vtkMRMLPlotChartNode"))
    assert len(found.charts) == 1


def test_reloaded_segmentation_keeps_names_terms_labels_and_reference(reloaded):
    node, reference = segmentation_node(), reloaded("T1w")

    segments = segments_on(node, reference)

    np.testing.assert_array_equal(array_of(segments.image), regions())
    assert dict(segments.names) == {2: "Edema", 5: "Necrosis"}
    entry = node.GetSegmentation().GetNthSegment(1).GetTerminology()
    assert "~SCT^6574001^Necrosis~" in entry
    assert node.GetNodeReference(node.GetReferenceImageGeometryReferenceRole()) is reference


def test_reloaded_table_and_chart_are_whole(reloaded):
    table, plot = reloaded("histogram"), reloaded("R1 histogram")

    assert table.GetTable().GetColumnName(0) == "R1 (1/s)"
    assert [table.GetTable().GetValue(row, 0).ToDouble() for row in range(3)] == [0.5, 0.7, 0.9]
    assert table.GetColumnUnitLabel("R1 (1/s)") == "1/s"
    assert plot.GetXAxisTitle() == "R1 (1/s)"
    series = plot.GetNthPlotSeriesNode(1)
    assert series.GetTableNode() is table
    assert series.GetYColumnName() == "brain"
    assert series.GetColor() == pytest.approx((0.1, 0.2, 0.3))


def test_reloaded_folder_provenance_and_parameters(reloaded):
    assert folder_name(reloaded("T1map")) == "Relaxometry from raw images"
    assert folder_name(reloaded("relaxometry provenance")) == "Relaxometry from raw images"
    assert readProvenance(reloaded("R1map"))["warnings"] == ["3 voxels could not be fitted."]
    found = acquisitionParameters(reloaded("T1w"))["inversion_time"]
    assert (found.value, found.source) == (50.25, Source.TYPED)


def test_reloaded_color_table_is_shared_with_new_maps(reloaded):
    from gliomamri_slicer.volumes import addMapVolume

    old = reloaded("T1map").GetDisplayNode().GetColorNode()

    assert addMapVolume(t1_map()).GetDisplayNode().GetColorNode() is old


@pytest.mark.parametrize("kind", ["left-handed", "sagittal"])
def test_other_grids_survive_the_file(tmp_path, kind):
    """Slicer turns a left-handed volume right-handed when it reads it; each value stays at its place in mm."""
    reference = volume("T1w", ramp(), kind)
    shown = result(
        maps=(t1_map(kind=kind),),
        labels=(label_map(regions(), {2: "Edema", 5: "Cyst"}, kind, reference="T1w"),),
    )
    importResult(shown, JOB, {"T1w": reference})
    matrix = matrix_of(reference)

    save_and_reload(tmp_path)

    node = slicer.util.getNode("T1map")
    k, j, i = (index.ravel() for index in np.indices(SHAPE))
    ras = matrix @ np.stack([i, j, k, np.ones_like(i)])
    found = (np.linalg.inv(matrix_of(node)) @ ras)[:3]
    np.testing.assert_allclose(found, np.round(found), atol=1e-9)
    i, j, k = np.round(found).astype(int)
    np.testing.assert_array_equal(slicer.util.arrayFromVolume(node)[k, j, i], ramp().ravel() * 5)
    segments = segments_on(segmentation_node(), node)
    np.testing.assert_array_equal(array_of(segments.image)[k, j, i], regions().ravel())
