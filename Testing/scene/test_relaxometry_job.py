"""The whole way with a real child process: volumes of the scene, job, maps in the scene."""

from __future__ import annotations

import time

import numpy as np
import pytest
import slicer

from gliomamri.jobs.outcome import Outcome
from gliomamri.tasks import find_task
from gliomamri_slicer.frames import listFrames
from gliomamri_slicer.inputs import SeriesInput, TaskInputs
from gliomamri_slicer.job_bridge import JobBridge
from gliomamri_slicer.provenance import readProvenance
from gliomamri_slicer.segmentations import addSegmentation
from scene.builders import (
    SHAPE,
    folder_name,
    ijk_to_ras,
    label_map,
    linear_transform,
    matrix_of,
    rigid,
    volume,
)

TIMES = (50.0, 150.0, 400.0, 900.0, 1800.0, 4000.0)


def true_t1() -> np.ndarray:
    """T1 in ms: different in every voxel, 0 in two planes of air."""
    t1 = np.linspace(600, 1600, int(np.prod(SHAPE))).reshape(SHAPE)
    t1[:, :, :2] = 0
    return t1


def signal(inversion_time: float) -> np.ndarray:
    """Signed inversion recovery with an efficiency below one, S = M0 (1 - 1.9 exp(-TI/T1))."""
    t1 = true_t1()
    with np.errstate(divide="ignore"):
        return np.where(t1 > 0, 1000 * (1 - 1.9 * np.exp(-inversion_time / t1)), 0).astype(np.float32)


def sequence_of(nodes):
    sequence = slicer.mrmlScene.AddNewNodeByClass("vtkMRMLSequenceNode", "inversion recovery")
    sequence.SetIndexName("TI")
    sequence.SetIndexUnit("s")
    for node, inversion_time in zip(nodes, TIMES, strict=True):
        sequence.SetDataNodeAtValue(node, f"{inversion_time / 1000:g}")
        slicer.mrmlScene.RemoveNode(node)
    return [sequence]


def finish(bridge, seconds=60.0):
    """Poll as a panel's timer does, until the end."""
    end = time.monotonic() + seconds
    while bridge.poll().outcome is None:
        assert time.monotonic() < end, "the job did not end"
        time.sleep(0.05)
    return bridge.poll()


@pytest.fixture
def bridge(monkeypatch, tmp_path):
    monkeypatch.setenv("TMPDIR", str(tmp_path))
    monkeypatch.setattr("tempfile.tempdir", None)
    made = JobBridge()
    yield made
    made.close()
    assert not list(tmp_path.rglob("job-*")), "a job folder was left behind"


@pytest.mark.parametrize("given", ["volumes under a transform", "sequence"])
def test_maps_lie_where_the_images_lie(bridge, given):
    nodes = [volume(f"TI_{time_:g}ms", signal(time_), "left-handed") for time_ in TIMES]
    if given == "sequence":
        nodes = sequence_of(nodes)
    else:
        transform = linear_transform(rigid())
        for node in nodes:
            node.SetAndObserveTransformNodeID(transform.GetID())
    region = np.zeros(SHAPE, np.uint8)
    region[1:4, 2:6, 4:9] = 1
    frames = listFrames(nodes)
    reference = frames[0].volumeNode
    segmentation = addSegmentation(label_map(region, {1: "Edema"}, "left-handed"))
    if given != "sequence":
        segmentation.SetAndObserveTransformNodeID(transform.GetID())
    inputs = TaskInputs(series={"IRT1": SeriesInput(frames, signed=True)}, segmentation=segmentation)

    bridge.start("relaxometry", inputs, find_task("relaxometry").settings())
    state = finish(bridge)

    assert state.outcome is Outcome.SUCCEEDED, (state.message, state.details)
    t1 = state.imported.nodes["T1map"]
    tissue = true_t1() > 0
    np.testing.assert_allclose(slicer.util.arrayFromVolume(t1)[tissue], true_t1()[tissue], rtol=2e-3)
    np.testing.assert_array_equal(matrix_of(t1), matrix_of(reference))
    np.testing.assert_allclose(matrix_of(t1), ijk_to_ras("left-handed"), atol=1e-12)
    assert t1.GetParentTransformNode() is reference.GetParentTransformNode()
    assert t1.GetVoxelValueUnits().GetCodeValue() == "ms"
    assert folder_name(t1) == "Relaxometry from raw images"
    assert readProvenance(t1)["task"] == "relaxometry"
    for node in state.imported.nodes.values():
        if node.IsA("vtkMRMLScalarVolumeNode"):
            assert np.isfinite(slicer.util.arrayFromVolume(node)).all()


def test_what_the_child_objects_to_reaches_the_user(bridge):
    nodes = [volume(f"image {index}", signal(time_)) for index, time_ in enumerate(TIMES)]

    bridge.start(
        "relaxometry",
        TaskInputs(series={"IRT1": SeriesInput(listFrames(nodes))}),
        find_task("relaxometry").settings(),
    )
    state = finish(bridge)

    assert state.outcome is Outcome.USER_ERROR
    assert "inversion time" in state.message.lower()
    assert state.imported is None
