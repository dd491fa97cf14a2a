import numpy as np
import pytest
import slicer

from gliomamri.errors import UserError
from gliomamri.report.colormaps import relaxation_colormap
from gliomamri_slicer.colors import colorTable, tableColors
from gliomamri_slicer.volumes import addMapVolume
from scene.builders import image_of, matrix_of, ramp, scene_names, t1_map, volume


def test_map_has_values_unit_quantity_window_and_colors():
    reference = volume("T1w", ramp())

    node = addMapVolume(t1_map(), reference)

    assert node.GetName() == "T1map"
    np.testing.assert_array_equal(slicer.util.arrayFromVolume(node), ramp() * 5)
    np.testing.assert_array_equal(matrix_of(node), matrix_of(reference))
    quantity, unit = node.GetVoxelValueQuantity(), node.GetVoxelValueUnits()
    assert (quantity.GetCodeValue(), quantity.GetCodingSchemeDesignator()) == ("113063", "DCM")
    assert (unit.GetCodeValue(), unit.GetCodingSchemeDesignator()) == ("ms", "UCUM")
    display = node.GetDisplayNode()
    assert not display.GetAutoWindowLevel()
    assert (display.GetWindowLevelMin(), display.GetWindowLevelMax()) == (0, 2000)
    expected = relaxation_colormap("T1", 0, 2000)
    np.testing.assert_allclose(tableColors(display.GetColorNode())[:, :3], expected, atol=0.5 / 255)


@pytest.mark.parametrize(
    ("quantity", "unit", "value", "scheme", "ucum"),
    [
        ("T2", "ms", "113065", "DCM", "ms"),
        ("R1", "1/s", "126393", "DCM", "/s"),
        ("R2", "1/s", "126394", "DCM", "/s"),
        ("PD", "%", "113058", "DCM", "%"),
        ("T1 standard error", "ms", "T1_standard_erro", "99GLIOMAMRI", "ms"),
        ("validity", "", "validity", "99GLIOMAMRI", "1"),
    ],
)
def test_codes_of_the_standard_or_our_own_scheme(quantity, unit, value, scheme, ucum):
    node = addMapVolume(t1_map(quantity=quantity, unit=unit, colormap="gray"))

    assert node.GetVoxelValueQuantity().GetCodeValue() == value
    assert node.GetVoxelValueQuantity().GetCodingSchemeDesignator() == scheme
    assert node.GetVoxelValueUnits().GetCodeValue() == ucum


def test_refused_map_leaves_the_scene_as_it_was():
    array = ramp()
    array[0, 0, 0] = np.nan
    addMapVolume(t1_map())  # its color table stays
    before = scene_names()

    with pytest.raises(UserError, match="not numbers"):
        addMapVolume(t1_map(array))
    with pytest.raises(UserError, match="display range"):
        addMapVolume(t1_map(window=(5.0, 5.0), colormap="gray"))

    assert {n for n in scene_names() - before if "ColorTable" not in n} == set()


def test_second_run_gets_its_own_name():
    first, second = addMapVolume(t1_map()), addMapVolume(t1_map())

    assert (first.GetName(), second.GetName()) == ("T1map", "T1map_1")
    assert first.GetDisplayNode().GetColorNode() is second.GetDisplayNode().GetColorNode()


def test_colors_are_shared_only_when_equal():
    colors = np.linspace(0, 1, 30).reshape(10, 3)

    first, same, other = (
        colorTable("ours", colors),
        colorTable("ours", colors),
        colorTable("ours", colors[::-1]),
    )

    assert same is first
    assert other is not first
    np.testing.assert_allclose(tableColors(other)[:, :3], colors[::-1], atol=0.5 / 255)
    assert first.GetAttribute("Category") == "GliomaMRI"


@pytest.mark.parametrize(
    "wrong", [np.zeros((4, 2)), np.zeros((1, 3)), np.full((4, 3), 1.5), np.full((4, 3), np.nan)]
)
def test_wrong_color_arrays_are_refused(wrong):
    with pytest.raises(ValueError, match="colors must"):
        colorTable("wrong", wrong)


def test_label_image_keeps_whole_numbers():
    node = addMapVolume(t1_map(image=image_of(ramp(np.int64), np.eye(4)), colormap="gray"))

    assert slicer.util.arrayFromVolume(node).dtype == np.int32
