"""What the user sees: maps with legends, outlines, heat maps, drawn off-screen by Slicer's own code.

Set GLIOMAMRI_PICTURES to a folder to keep the pictures and look at them.
"""

from __future__ import annotations

import os
from pathlib import Path

import numpy as np
import pytest
import slicer

from bench.slice_pictures import slice_picture
from gliomamri.errors import UserError
from gliomamri.report.colormaps import colormap, relaxation_colormap
from gliomamri_slicer.heatmaps import addDivergingHeatMap, addOneSidedHeatMap, divergingColors, setThreshold
from gliomamri_slicer.segmentations import addSegmentation
from gliomamri_slicer.show import addLegend, restoreLayers, showMap, showOverlay
from gliomamri_slicer.volumes import addMapVolume
from scene.builders import image_of, label_map, t1_map

SIZE = 400
SHAPE = (6, 100, 100)
MATRIX = np.diag([-2.0, -2.0, 5.0, 1.0])  # i to the left, j to the front of the picture
MATRIX[:3, 3] = (99.0, 99.0, -12.5)


@pytest.fixture
def view():
    picture = slice_picture("Red", "Axial", (SIZE, SIZE))
    yield picture
    picture.show(None, None)


def keep(picture, name):
    folder = os.environ.get("GLIOMAMRI_PICTURES")
    if folder:
        picture.save(Path(folder) / f"{name}.png")


def fit(picture):
    picture.logic.FitSliceToBackground()
    picture.node.SetFieldOfView(200, 200, 1)
    picture.jump((0, 0, 0))
    return picture.pixels().astype(int)


def pixel(pixels, i, j):
    """Color at the middle of voxel (i, j): 100 voxels fill the 400 pixels."""
    return pixels[j * 4 + 2, i * 4 + 2]


def anatomy():
    """A gray ellipse with a brighter, off-center disc."""
    y, x = np.mgrid[:100, :100]
    plane = np.where(((x - 50) / 40) ** 2 + ((y - 50) / 46) ** 2 < 1, 120.0, 0.0)
    plane[(x - 62) ** 2 + (y - 38) ** 2 < 100] = 200
    node = addMapVolume(
        brain_map(np.broadcast_to(plane, SHAPE), quantity="T1w", colormap="gray", window=(0, 255))
    )
    node.SetName("T1w")
    return node


def brain_map(array, **changes):
    return t1_map(image=image_of(np.ascontiguousarray(array, dtype=np.float32), MATRIX), **changes)


def relaxation_times():
    y, x = np.mgrid[:100, :100]
    plane = np.where(((x - 50) / 40) ** 2 + ((y - 50) / 46) ** 2 < 1, 900.0, 0.0)
    plane[:, :45] *= 1.6
    return np.broadcast_to(plane, SHAPE)


def test_map_with_legend_and_segmentation_outline(view):
    node = addMapVolume(brain_map(relaxation_times()))
    mask = np.zeros(SHAPE, np.uint8)
    mask[:, 30:60, 60:80] = 1
    mask[:, 60:75, 60:80] = 2
    labels = label_map(mask, {1: "Enhancing tumor", 2: "Edema"})
    labels = type(labels)("tumor", type(labels.segments)(image_of(mask, MATRIX), labels.segments.names), "")
    segmentation = addSegmentation(labels, node)
    segmentation.GetDisplayNode().SetAllSegmentsVisibility2DFill(False)
    before = showMap(node)

    pixels = fit(view)
    keep(view, "map_legend_segmentation")

    table = np.round(relaxation_colormap("T1", 0, 2000) * 255)
    for i, j, value in ((60, 15, 900), (30, 50, 1440), (2, 2, 0)):
        expected = table[int(value / 2000 * 255 + 0.5)]
        assert np.abs(pixel(pixels, i, j) - expected).max() <= 6
    outline = pixels[30 * 4 - 4 : 30 * 4 + 4, 65 * 4 : 75 * 4].reshape(-1, 3)
    assert np.abs(outline - [0.95 * 255, 0.85 * 255, 0.2 * 255]).max(axis=1).min() < 30
    inside = pixels[40 * 4 : 50 * 4, 65 * 4 : 75 * 4].reshape(-1, 3)
    assert len(np.unique(inside, axis=0)) == 1
    slicer.vtkSlicerColorLogic.GetColorLegendDisplayNode(node).SetVisibility(False)
    without = fit(view)
    changed = np.abs(pixels - without).sum(axis=2) > 60
    assert changed[:, 300:].sum() > 500
    assert not changed[:, :280].any()
    assert len(before) >= 1


def test_diverging_heat_map_is_transparent_at_zero_and_safe_for_the_color_blind(view):
    background = anatomy()
    y, x = np.mgrid[:100, :100]
    heat = 1.5 * np.exp(-((x - 62) ** 2 + (y - 38) ** 2) / 120) - np.exp(
        -((x - 35) ** 2 + (y - 65) ** 2) / 120
    )
    node = addDivergingHeatMap(
        brain_map(np.broadcast_to(heat, SHAPE), name="relevance", quantity="relevance", unit=""),
        background,
        limit=1.0,
    )
    view.show(background)
    plain = fit(view)

    showOverlay(node, background, opacity=1.0)
    pixels = fit(view)
    keep(view, "diverging_over_anatomy")

    np.testing.assert_array_equal(pixel(pixels, 50, 90), pixel(plain, 50, 90))
    np.testing.assert_array_equal(pixel(plain, 50, 90), [120, 120, 120])
    colors = np.round(colormap("diverging") * 255)
    assert np.abs(pixel(pixels, 62, 38) - colors[-1]).max() <= 3
    assert np.abs(pixel(pixels, 35, 65) - colors[0]).max() <= 8
    alpha = divergingColors(0.1)[:, 3]
    assert alpha[127] == alpha[128] == 0
    assert alpha[0] == alpha[-1] == 1
    for i, j in ((62, 22), (35, 49)):  # heat 0.18 and -0.12: a tint, no white rim
        rim = pixel(pixels, i, j)
        assert rim.max() - rim.min() > 40
    np.testing.assert_allclose(alpha, alpha[::-1], atol=1e-12)


def test_one_sided_heat_map_is_drawn_above_its_threshold_only(view):
    background = anatomy()
    share = np.broadcast_to(np.linspace(0, 1, 100), SHAPE)
    node = addOneSidedHeatMap(
        brain_map(share, name="probability", quantity="probability", unit="", colormap="heat"),
        background,
        threshold=0.4,
        maximum=1.0,
    )
    view.show(background)
    plain = fit(view)

    showOverlay(node, background, opacity=1.0)
    pixels = fit(view)
    keep(view, "one_sided_over_anatomy")

    np.testing.assert_array_equal(pixel(pixels, 37, 60), pixel(plain, 37, 60))
    lowest = pixel(pixels, 42, 60)
    assert lowest.max() > 90  # a color, not the black of the background
    assert lowest.max() - lowest.min() > 60
    shown = pixel(pixels, 80, 60).copy()
    setThreshold(node, 0.6)
    higher = fit(view)
    np.testing.assert_array_equal(pixel(higher, 45, 60), pixel(plain, 45, 60))
    np.testing.assert_array_equal(pixel(higher, 80, 60), shown)


def test_heat_maps_refuse_what_cannot_be_drawn():
    bad = np.zeros(SHAPE)
    bad[0, 0, 0] = np.nan
    before = slicer.mrmlScene.GetNumberOfNodesByClass("vtkMRMLScalarVolumeNode")

    with pytest.raises(UserError, match="not numbers"):
        addDivergingHeatMap(brain_map(bad))
    with pytest.raises(UserError, match="must be above zero"):
        addDivergingHeatMap(brain_map(np.zeros(SHAPE)), limit=0.0)
    with pytest.raises(UserError, match="display range"):
        addOneSidedHeatMap(brain_map(np.zeros(SHAPE), colormap="heat"), threshold=0.5, maximum=0.5)
    with pytest.raises(ValueError, match="transparentShare"):
        addDivergingHeatMap(brain_map(np.zeros(SHAPE)), transparentShare=1.0)

    assert slicer.mrmlScene.GetNumberOfNodesByClass("vtkMRMLScalarVolumeNode") == before


@pytest.mark.parametrize("values", [0.0, 1e9])
def test_constant_heat_maps_are_drawn(values):
    array = np.full(SHAPE, values)

    diverging = addDivergingHeatMap(brain_map(array))
    one_sided = addOneSidedHeatMap(brain_map(array, colormap="heat"), threshold=0.5)

    for node in (diverging, one_sided):
        assert node.GetDisplayNode().GetWindow() > 0


def test_overlay_shows_one_legend(view):
    background = anatomy()
    addLegend(background)
    heat = addDivergingHeatMap(brain_map(np.ones(SHAPE)), background)

    showOverlay(heat, background)

    logic = slicer.vtkSlicerColorLogic
    assert logic.GetColorLegendDisplayNode(heat).GetVisibility()
    assert not logic.GetColorLegendDisplayNode(background).GetVisibility()


def test_views_go_back_to_what_they_showed(view):
    first, second = anatomy(), addMapVolume(brain_map(relaxation_times()))
    view.show(first, second, 0.3)

    before = showMap(second)
    assert view.composite.GetBackgroundVolumeID() == second.GetID()
    assert view.composite.GetForegroundVolumeID() is None
    slicer.mrmlScene.RemoveNode(second)
    restoreLayers(before)

    assert view.composite.GetBackgroundVolumeID() == first.GetID()
    assert view.composite.GetForegroundVolumeID() is None
    assert view.composite.GetForegroundOpacity() == pytest.approx(0.3)


def test_legend_is_made_once_and_titled_with_the_unit():
    node = addMapVolume(brain_map(relaxation_times()))

    legend = addLegend(node)

    assert addLegend(node) is legend
    assert legend.GetTitleText() == "T1 (ms)"


def test_letters_of_a_legend_do_not_grow_with_short_numbers(view):
    covered = []
    for limit, quantity in ((6.0, "z of dR1"), (0.6, "dR1")):
        node = addMapVolume(brain_map(np.zeros(SHAPE), quantity=quantity, unit="", window=(-limit, limit)))
        showMap(node)
        shown = fit(view)
        slicer.vtkSlicerColorLogic.GetColorLegendDisplayNode(node).SetVisibility(False)
        covered.append(int((np.abs(shown.astype(int) - fit(view)).sum(axis=2) > 60).sum()))

    assert max(covered) < 1.3 * min(covered)
    assert max(covered) < 0.05 * shown.shape[0] * shown.shape[1]
