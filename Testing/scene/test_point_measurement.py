"""Points of the user measured in maps: oblique grid, moved points and maps, unknown errors, outside of the brain."""

from __future__ import annotations

import math
import time

import numpy as np
import pytest
import slicer

from gliomamri.errors import UserError
from gliomamri_slicer.point_measurement import (
    MeasuredMap,
    PointMeasurement,
    isUpToDate,
    keepValues,
    valuesOf,
)
from gliomamri_slicer.tables import readTable
from scene.builders import SHAPE, folder_name, ijk_to_ras, scene_names, volume

MATRIX = ijk_to_ras("oblique")


def place_of(k, j, i):
    """RAS of a voxel."""
    return (MATRIX @ [i, j, k, 1])[:3]


def points(*places, labels=()):
    node = slicer.mrmlScene.AddNewNodeByClass("vtkMRMLMarkupsFiducialNode", "Mine")
    for place in places:
        node.AddControlPoint(*map(float, place))
    for row, label in enumerate(labels):
        node.SetNthControlPointLabel(row, label)
    return node


def mean_within(values, place, known, power=1):
    """Mean over the known voxels whose centers lie within 3 mm of a place, and the voxel that it lies in, by hand."""
    index = np.indices(SHAPE).reshape(3, -1)[::-1]
    centers = (MATRIX[:3, :3] @ index).T + MATRIX[:3, 3]
    distance = np.linalg.norm(centers - place, axis=1).reshape(SHAPE)
    near = distance <= 3.0 + 1e-6
    near.flat[np.argmin(distance)] = True
    near &= known
    return float((values[near].astype(float) ** power).mean() ** (1 / power)) if near.any() else math.nan


@pytest.fixture()
def rates():
    """R1 before and after, change and errors, unknown in one part of the volume: arrays by name."""
    generator = np.random.default_rng(2)
    known = np.ones(SHAPE, bool)
    known[:, :, 7:] = False
    made = {name: (0.5 + generator.random(SHAPE)).astype(np.float32) for name in ("R1", "ceR1")}
    made["dR1"] = made["ceR1"] - made["R1"]
    made |= {
        f"{name}error": (0.01 + 0.05 * generator.random(SHAPE)).astype(np.float32) for name in ("R1", "ceR1")
    }
    return {name: values * known for name, values in made.items()}, known


def measured(arrays):
    nodes = {name: volume(name, values) for name, values in arrays.items()}
    return [
        MeasuredMap("R1", "1/s", nodes["R1"], nodes["R1error"]),
        MeasuredMap("ceR1", "1/s", nodes["ceR1"], nodes["ceR1error"]),
        MeasuredMap("dR1", "1/s", nodes["dR1"]),
    ]


def test_values_and_errors_are_those_of_the_voxels_around(rates):
    arrays, known = rates
    places = [place_of(2, 3, 4) + 0.3, place_of(1.4, 2.6, 6.2)]
    node = points(*places, labels=("rim", "edge"))

    table, sentences = PointMeasurement(measured(arrays)).measure(node)

    assert sentences == []
    assert table.columns["label"] == ["rim", "edge"]
    np.testing.assert_allclose(np.array([table.columns[axis] for axis in "RAS"]).T, places, atol=1e-6)
    for row, place in enumerate(places):
        for name in ("R1", "ceR1", "dR1"):
            expected = mean_within(arrays[name], place, known & (arrays[name] != 0))
            assert table.columns[name][row] == pytest.approx(expected, rel=1e-5)
        errors = [mean_within(arrays[f"{name}error"], place, known, power=2) for name in ("R1", "ceR1")]
        assert table.columns["R1 error"][row] == pytest.approx(errors[0], rel=1e-5)
        assert table.columns["dR1 error"][row] == pytest.approx(np.hypot(*errors), rel=1e-5)
    assert table.header("dR1 error") == "dR1 error (1/s)"


def test_rates_are_measured_in_maps_of_times_without_errors():
    times = np.full(SHAPE, 800, np.float32)
    times[:, :, :3] = 0

    table, _ = PointMeasurement([MeasuredMap("R1", "1/s", volume("T1map", times), isTime=True)]).measure(
        points(place_of(2, 3, 6))
    )

    assert table.columns["R1"] == [pytest.approx(1.25)]
    assert "R1 error" not in table.columns


def test_points_outside_are_told_by_their_label_and_unplaced_ones_left_out(rates):
    arrays, _known = rates
    node = points(place_of(2, 3, 10), (900, 0, 0), place_of(2, 3, 4), labels=("skull", "nowhere", "rim"))
    node.AddControlPoint(0.0, 0.0, 0.0)
    node.UnsetNthControlPointPosition(3)

    table, sentences = PointMeasurement(measured(arrays)).measure(node)

    assert [sentence.split(" lies where")[0] for sentence in sentences] == ["'skull'", "'nowhere'"]
    assert table.columns["label"] == ["skull", "nowhere", "rim"]
    assert math.isnan(table.columns["R1"][0])
    assert math.isnan(table.columns["dR1 error"][1])
    assert table.columns["R1"][2] > 0


def test_points_and_maps_lie_where_their_transforms_put_them(rates):
    arrays, _known = rates
    maps, node = measured(arrays), points(place_of(2, 3, 4))
    before = PointMeasurement(maps).measure(node)[0].columns
    moved = np.eye(4)
    moved[:3, 3] = (25, -10, 5)
    transform = slicer.mrmlScene.AddNewNodeByClass("vtkMRMLLinearTransformNode")
    transform.SetMatrixTransformToParent(slicer.util.vtkMatrixFromArray(moved))

    for each in (node, *(one.node for one in maps), *(one.errorNode for one in maps if one.errorNode)):
        each.SetAndObserveTransformNodeID(transform.GetID())
    after = PointMeasurement(maps).measure(node)[0].columns

    assert after["R"][0] == pytest.approx(before["R"][0] + 25)
    for name in ("R1", "R1 error", "dR1"):
        assert after[name] == pytest.approx(before[name], rel=1e-6)


def test_values_are_kept_in_one_table_beside_the_points(rates):
    arrays, _known = rates
    from gliomamri_slicer.folders import addResultFolder, moveToFolder

    measurement, node = PointMeasurement(measured(arrays)), points(place_of(2, 3, 4))
    moveToFolder([node], addResultFolder("biopsy"))
    assert valuesOf(node) is None

    kept = keepValues(node, measurement.measure(node)[0])
    assert isUpToDate(node, readTable(kept))
    names = scene_names()
    node.SetNthControlPointPositionWorld(0, *place_of(1, 2, 5))
    assert not isUpToDate(node, readTable(kept))
    again = keepValues(node, measurement.measure(node)[0])

    assert again is kept is valuesOf(node)
    assert scene_names() == names
    assert kept.GetName() == "Mine values"
    assert folder_name(kept) == "biopsy"
    table = readTable(kept)
    assert table.columns["R"] == [pytest.approx(place_of(1, 2, 5)[0], abs=1e-4)]
    assert table.units["R1 error"] == "1/s"
    assert "R1, ceR1, dR1" in kept.GetDescription()


def test_a_measurement_knows_when_its_maps_have_changed(rates):
    arrays, _known = rates
    maps = measured(arrays)
    measurement = PointMeasurement(maps)
    assert measurement.isCurrent

    slicer.util.updateVolumeFromArray(maps[0].node, arrays["R1"] * 2)
    assert not measurement.isCurrent
    measurement = PointMeasurement(maps)
    slicer.mrmlScene.RemoveNode(maps[2].node)
    assert not measurement.isCurrent


def test_an_empty_map_is_told():
    node = slicer.mrmlScene.AddNewNodeByClass("vtkMRMLScalarVolumeNode", "nothing")

    with pytest.raises(UserError, match="'nothing' is empty"):
        PointMeasurement([MeasuredMap("R1", "1/s", node)])


def test_many_points_are_measured_while_one_is_dragged():
    shape = (24, 256, 256)
    maps = [
        MeasuredMap(name, "1/s", volume(name, np.ones(shape, np.float32)), None)
        for name in ("R1", "R2", "dR1")
    ]
    node = points(*[(float(n), 0.0, 0.0) for n in range(30)])
    measurement = PointMeasurement(maps)

    start = time.perf_counter()
    measurement.measure(node)

    assert time.perf_counter() - start < 1.0
