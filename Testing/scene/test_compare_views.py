"""Maps before and after contrast agent side by side: own linked views, one display, and the way back.

Set GLIOMAMRI_PICTURES to a folder to keep the pictures and look at them.
"""

import os
import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest
import slicer

from bench.slice_pictures import slice_picture
from gliomamri.errors import UserError
from gliomamri_slicer.compare_views import VIEW_GROUP, ComparedPair, comparePrePost
from gliomamri_slicer.volumes import addMapVolume
from scene.builders import image_of, t1_map

_ALONE = "GLIOMAMRI_COMPARE_ALONE"
SHAPE = (6, 60, 80)
MATRIX = np.diag([-2.0, -2.0, 5.0, 1.0])
MATRIX[:3, 3] = (79.0, 59.0, -12.5)


@pytest.fixture
def layout():
    node = slicer.mrmlScene.GetFirstNodeByClass("vtkMRMLLayoutNode")
    node.SetViewArrangement(node.SlicerLayoutFourUpView)
    yield node
    node.RemoveAttribute("GliomaMRI.layoutBefore")
    node.SetViewArrangement(node.SlicerLayoutFourUpView)


def rate(name, bright, window=(0.0, 2.0), quantity="R1", tissue=0.7):
    array = np.full(SHAPE, tissue, np.float32)
    array[:, 20:40, 10:30] = bright
    image = image_of(array, MATRIX)
    return addMapVolume(
        t1_map(name=name, image=image, quantity=quantity, unit="1/s", colormap="gray", window=window)
    )


def rows():
    R1 = ComparedPair(
        rate("R1map", 0.7), rate("ceR1map", 1.4, (0.0, 9.0)), rate("dR1", 0.7, (-1, 1), "dR1", 0.0)
    )
    R2 = ComparedPair(rate("R2map", 9.0, (0, 25), "R2"), rate("ceR2map", 12.0, (3, 11), "R2"))
    return [R1, R2]


def composite(name):
    return slicer.mrmlScene.GetSingletonNode(name, "vtkMRMLSliceCompositeNode")


def view(name):
    return slicer.mrmlScene.GetSingletonNode(name, "vtkMRMLSliceNode")


def window(node):
    display = node.GetDisplayNode()
    return display.GetWindowLevelMin(), display.GetWindowLevelMax()


def test_each_view_shows_its_volume_linked_and_alone_in_its_group(layout):
    pairs = rows()

    shown = comparePrePost(pairs, "Coronal")

    assert [len(row) for row in shown.viewNames] == [3, 2]
    for names, pair in zip(shown.viewNames, pairs, strict=True):
        for name, volume in zip(names, pair.volumes, strict=True):
            assert composite(name).GetBackgroundVolumeID() == volume.GetID()
            assert composite(name).GetLinkedControl()
            assert composite(name).GetHotLinkedControl()
            assert view(name).GetViewGroup() == VIEW_GROUP
            assert view(name).GetOrientation() == "Coronal"
            assert volume.GetName() in view(name).GetLayoutLabel()
    description = layout.GetLayoutDescription(layout.GetViewArrangement())
    assert description.count("vtkMRMLSliceNode") == 6
    assert layout.GetViewArrangement() != layout.SlicerLayoutFourUpView
    assert view("Red").GetViewGroup() == 0


def test_before_and_after_share_range_and_colors_until_restored(layout):
    (R1, R2) = rows()
    own, change = window(R1.post), window(R1.change)

    shown = comparePrePost([R1, R2])

    assert window(R1.post) == window(R1.pre) == (0, 2)
    assert window(R2.post) == window(R2.pre) == (0, 25)
    assert window(R1.change) == change
    R1.pre.GetDisplayNode().SetWindowLevelMinMax(0.2, 1.1)
    assert window(R1.post) == pytest.approx((0.2, 1.1))
    R1.post.GetDisplayNode().SetWindowLevelMinMax(0.4, 1.9)
    assert window(R1.pre) == pytest.approx((0.4, 1.9))
    R1.pre.GetDisplayNode().SetAndObserveColorNodeID("vtkMRMLColorTableNodeRed")
    assert R1.post.GetDisplayNode().GetColorNodeID() == "vtkMRMLColorTableNodeRed"
    shown.restore()
    assert window(R1.post) == own
    assert window(R1.pre) == pytest.approx((0.4, 1.9))
    R1.pre.GetDisplayNode().SetWindowLevelMinMax(0, 3)
    assert window(R1.post) == own


def test_the_users_layout_and_layers_come_back(layout):
    pairs = rows()
    red = slice_picture("Red")
    red.show(pairs[1].pre, pairs[1].post, 0.3)

    shown = comparePrePost(pairs)
    assert red.composite.GetBackgroundVolumeID() == pairs[1].pre.GetID()
    again = comparePrePost(pairs[:1])
    assert layout.GetViewArrangement() != layout.SlicerLayoutFourUpView
    again.restore()

    assert layout.GetViewArrangement() == layout.SlicerLayoutFourUpView
    assert red.composite.GetBackgroundVolumeID() == pairs[1].pre.GetID()
    assert red.composite.GetForegroundVolumeID() == pairs[1].post.GetID()
    assert red.composite.GetForegroundOpacity() == pytest.approx(0.3)
    layout.SetViewArrangement(layout.SlicerLayoutOneUpRedSliceView)
    again.restore()
    shown.restore()
    assert layout.GetViewArrangement() == layout.SlicerLayoutOneUpRedSliceView
    red.show(None, None)


def test_a_volume_loaded_meanwhile_does_not_push_the_others_out(layout):
    (pair, _) = rows()
    shown = comparePrePost([pair])

    slicer.app.applicationLogic().GetSelectionNode().SetActiveVolumeID(rate("T2w", 3.0).GetID())
    slicer.app.applicationLogic().PropagateVolumeSelection()

    for name, volume in zip(shown.viewNames[0], pair.volumes, strict=True):
        assert composite(name).GetBackgroundVolumeID() == volume.GetID()
    shown.restore()


def test_volumes_that_go_while_compared_do_no_harm(layout):
    pairs = rows()
    shown = comparePrePost(pairs)

    slicer.mrmlScene.RemoveNode(pairs[0].post)
    pairs[0].pre.GetDisplayNode().SetWindowLevelMinMax(0, 1)
    shown.restore()

    assert layout.GetViewArrangement() == layout.SlicerLayoutFourUpView


def test_refusals_are_one_sentence(layout):
    pairs = rows()
    slicer.mrmlScene.RemoveNode(pairs[1].post)
    with pytest.raises(UserError, match="nothing to compare"):
        comparePrePost([])
    with pytest.raises(UserError, match="not in the scene"):
        comparePrePost(pairs)
    with pytest.raises(UserError, match="at most 4"):
        comparePrePost(pairs[:1] * 5)
    with pytest.raises(UserError, match="orientation 'axial'"):
        comparePrePost(pairs[:1], "axial")
    assert layout.GetViewArrangement() == layout.SlicerLayoutFourUpView


def test_what_the_user_sees(layout):
    (pair, other) = rows()
    # The second row: tests of the panel have drawn the first, and the bench's drawings outlive their scene.
    shown = comparePrePost([other, pair])
    names = shown.viewNames[1]
    pictures = [slice_picture(name, size=(320, 240)) for name in names]

    shown.fit()  # now there are views with a size
    before, after, _ = (picture.pixels().astype(int) for picture in pictures)
    if os.environ.get("GLIOMAMRI_PICTURES"):
        for name, picture in zip(("pre", "post", "change"), pictures, strict=True):
            picture.save(Path(os.environ["GLIOMAMRI_PICTURES"]) / f"compare_{name}.png")

    fields = {tuple(np.round(view(name).GetFieldOfView(), 6)) for name in names}
    assert len(fields) == 1
    tissue, lesion = (200, 200), (120, 80)  # pixels of 0.5 mm
    assert abs(before[tissue] - after[tissue]).max() <= 1
    assert after[lesion].mean() > 1.6 * before[lesion].mean()
    shown.restore()


@pytest.mark.skipif(
    not os.environ.get(_ALONE), reason="runs in a process of its own, started by the next test"
)
def test_a_step_of_one_view_moves_the_others(layout):
    (pair, _) = rows()
    shown = comparePrePost([pair])
    names = shown.viewNames[0]
    pictures = [slice_picture(name, size=(320, 240)) for name in names]
    shown.fit()

    red = view("Red").GetSliceOffset()
    first = pictures[0]
    first.logic.StartSliceOffsetInteraction()
    first.logic.SetSliceOffset(7.5)
    first.logic.EndSliceOffsetInteraction()
    assert [view(name).GetSliceOffset() for name in names] == pytest.approx([7.5] * 3)
    assert view("Red").GetSliceOffset() == red


def test_linked_views_step_together_and_leave_the_users_views():
    """In a fresh process: where panels of the Qt bench were open, MRML's link logic has lost its views."""
    test = f"{__file__}::test_a_step_of_one_view_moves_the_others"
    others = {name: value for name, value in os.environ.items() if name != "GLIOMAMRI_REQUIRE_REAL_DATA"}
    found = subprocess.run(
        [sys.executable, "-m", "pytest", "-q", test],
        env={**others, _ALONE: "1"},
        capture_output=True,
        text=True,
    )
    assert found.returncode == 0, found.stdout
    assert "1 passed" in found.stdout
