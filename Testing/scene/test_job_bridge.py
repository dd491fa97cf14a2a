from __future__ import annotations

import gc
import time
import weakref
from dataclasses import dataclass

import numpy as np
import pytest
import slicer

from gliomamri.errors import UserError
from gliomamri.jobs.outcome import SENTENCES, Outcome
from gliomamri.jobs.process import JobState
from gliomamri.result import Result
from gliomamri.settings import Settings
from gliomamri_slicer.frames import listFrames
from gliomamri_slicer.inputs import SeriesInput, TaskInputs, studyFromNodes
from gliomamri_slicer.job_bridge import SCENE_CLOSED, JobBridge
from gliomamri_slicer.segmentations import addSegmentation
from scene.builders import array_of, ramp, scene_names, t1_map, volume
from scene.test_segmentations import NAMES, labels, overlapping


@dataclass
class Folder:
    """Double of a job folder."""

    result: str = "the result folder"
    removed: int = 0

    def description(self):
        return {"task": "relaxometry", "versions": {"gliomamri": "0.1.0"}}

    def remove(self):
        self.removed += 1


class FakeJob:
    """Double of a job: polls through the states it is given, then stays at the last."""

    def __init__(self, *states, fails_to_start=False):
        self.folder, self.states = Folder(), list(states)
        self.started = self.cancelled = False
        self.fails_to_start = fails_to_start

    def start(self):
        if self.fails_to_start:
            raise UserError("Python was not found.")
        self.started = True

    def poll(self):
        return self.states.pop(0) if len(self.states) > 1 else self.states[0]

    def cancel(self):
        self.cancelled = True
        return JobState(0.5, SENTENCES[Outcome.CANCELLED], Outcome.CANCELLED)


RUNNING = JobState(0.4, "Fitting")
DONE = JobState(1.0, "Done.", Outcome.SUCCEEDED)


@pytest.fixture
def run():
    """Start a bridge on a double; close it afterwards."""
    bridges = []

    def start(job, result=None, inputs=None, **options):
        given = {}

        def prepare(task, study, settings, seed):
            given.update(task=task, study=study, settings=settings, seed=seed)
            return job

        answer = result or Result(maps=(t1_map(),))
        bridge = JobBridge(
            prepare, options.get("read") or (lambda folder: answer if folder == job.folder.result else None)
        )
        bridges.append(bridge)
        bridge.start(
            "relaxometry", inputs or TaskInputs(images={"T1w": volume("T1w", ramp())}), Settings(), seed=3
        )
        bridge.given = given
        return bridge

    yield start
    for bridge in bridges:
        bridge.close()


def ended(bridge):
    """Poll until the end, as a panel's timer does; small results are there within a few looks."""
    end = time.monotonic() + 20
    while (state := bridge.poll()).outcome is None:
        assert time.monotonic() < end
    return state


def test_result_arrives_in_the_scene(run):
    job = FakeJob(RUNNING, DONE)
    bridge = run(job)
    assert job.started
    assert (bridge.given["task"], bridge.given["seed"]) == ("relaxometry", 3)

    running = bridge.poll()
    assert (running.fraction, running.message, running.outcome, running.imported) == (
        0.4,
        "Fitting",
        None,
        None,
    )
    state = ended(bridge)

    assert state.outcome is Outcome.SUCCEEDED
    assert state.imported.nodes["T1map"].GetScene() is slicer.mrmlScene
    assert job.folder.removed == 1
    assert not bridge.isRunning
    assert bridge.poll() is state
    assert len(slicer.util.getNodes("T1map*")) == 1


@pytest.mark.parametrize(
    "outcome", [Outcome.USER_ERROR, Outcome.CRASHED, Outcome.KILLED, Outcome.OUT_OF_MEMORY]
)
def test_failed_job_leaves_the_scene_and_says_why(run, outcome):
    job = FakeJob(JobState(0.7, "what happened", outcome, "the cause"))
    bridge = run(job)
    before = scene_names()

    state = bridge.poll()

    assert (state.outcome, state.message, state.details) == (outcome, "what happened", "the cause")
    assert scene_names() == before
    assert job.folder.removed == 1


def test_cancel_ends_the_job_and_removes_its_folder(run):
    job = FakeJob(RUNNING)
    bridge = run(job)

    state = bridge.cancel()

    assert job.cancelled
    assert (state.outcome, state.message) == (Outcome.CANCELLED, SENTENCES[Outcome.CANCELLED])
    assert job.folder.removed == 1
    assert bridge.cancel() is state


@pytest.mark.parametrize("which", ["image", "frame", "segmentation"])
def test_result_is_dropped_when_an_input_was_removed(run, which):
    image, frame = volume("FLAIR", ramp()), volume("TI_50ms", ramp())
    segmentation = addSegmentation_()
    inputs = TaskInputs({"FLAIR": image}, {"IRT1": SeriesInput(listFrames([frame]))}, segmentation)
    job = FakeJob(RUNNING, DONE)
    bridge = run(job, inputs=inputs)
    node = {"image": image, "frame": frame, "segmentation": segmentation}[which]
    name = node.GetName()
    slicer.mrmlScene.RemoveNode(node)
    before = scene_names()

    state = ended(bridge)

    assert state.message == f"'{name}' was removed while the computation ran; its result was dropped."
    assert state.outcome is Outcome.CANCELLED
    assert state.imported is None
    assert scene_names() == before
    assert job.folder.removed == 1


def addSegmentation_():
    from scene.builders import label_map

    return addSegmentation(label_map(labels(), NAMES), None)


def test_closing_the_scene_stops_the_job_and_drops_its_result(run):
    job = FakeJob(RUNNING, DONE)
    bridge = run(job)

    slicer.mrmlScene.Clear(0)
    state = bridge.poll()

    assert job.cancelled
    assert job.folder.removed == 1
    assert (state.message, state.outcome) == (SCENE_CLOSED, Outcome.CANCELLED)
    assert slicer.mrmlScene.GetNumberOfNodesByClass("vtkMRMLScalarVolumeNode") == 0


def test_closed_bridge_ignores_the_scene(run):
    job = FakeJob(RUNNING)
    bridge = run(job)
    bridge.close()
    state = bridge.poll()

    assert state.message == SENTENCES[Outcome.CANCELLED]
    job.cancelled = False
    slicer.mrmlScene.Clear(0)

    assert not job.cancelled
    assert bridge.poll() is state


def test_result_that_cannot_be_added_leaves_the_scene(run):
    bad = ramp()
    bad[0, 0, 0] = np.nan
    job = FakeJob(DONE)
    bridge = run(job, Result(maps=(t1_map(), t1_map(bad, name="M0map"))))
    before = scene_names()

    state = ended(bridge)

    assert state.outcome is Outcome.USER_ERROR
    assert "'M0map' was not added: 1 of its values are not numbers" in state.message
    assert scene_names() == before
    assert job.folder.removed == 1


def test_result_that_cannot_be_read_is_told_with_its_cause(run):
    def read(_folder):
        raise KeyError("maps")

    state = ended(run(FakeJob(DONE), read=read))

    assert state.outcome is Outcome.CRASHED
    assert "nothing was changed" in state.message
    assert "KeyError" in state.details


def test_job_that_cannot_start_leaves_no_folder(run):
    job = FakeJob(RUNNING, fails_to_start=True)

    with pytest.raises(UserError, match="Python was not found"):
        run(job)

    assert job.folder.removed == 1


def test_one_run_at_a_time(run):
    bridge = run(FakeJob(RUNNING))

    with pytest.raises(UserError, match="is running"):
        bridge.start("relaxometry", TaskInputs(images={"T1w": volume("T1w", ramp())}), Settings())


def test_study_holds_images_series_and_segments_and_no_names():
    nodes = [volume(f"Doe^Jane TI_{time}ms", ramp() + time) for time in (50, 400)]
    flair = volume("FLAIR", ramp())
    segmentation = addSegmentation_()

    study = studyFromNodes(
        TaskInputs({"FLAIR": flair}, {"IRT1": SeriesInput(listFrames(nodes), signed=True)}, segmentation)
    )

    assert study.roles == {"FLAIR", "IRT1", "segmentation"}
    assert study.series["IRT1"].parameters["inversion_time"] == (50, 400)
    np.testing.assert_array_equal(array_of(study.segments[0].image), labels())
    assert not any(image.GetMetaDataKeys() for image in (study.images["FLAIR"], *study.series["IRT1"].images))


def test_overlapping_segments_come_on_layers_and_join_into_a_mask():
    flair = volume("FLAIR", ramp())
    nested, whole, core = overlapping(flair)

    study = studyFromNodes(TaskInputs({"FLAIR": flair}, segmentation=nested, masks={"brain_mask": nested}))

    assert [list(layer.names.values()) for layer in study.segments] == [["Whole tumor"], ["Core"]]
    np.testing.assert_array_equal(array_of(study.segments[1].image) > 0, core > 0)
    np.testing.assert_array_equal(array_of(study.images["brain_mask"]), (whole > 0) | (core > 0))


def test_inputs_that_cannot_be_used_are_told_before_a_job_is_made():
    gone = volume("gone", ramp())
    slicer.mrmlScene.RemoveNode(gone)

    with pytest.raises(UserError, match="'gone' is no longer in the scene"):
        studyFromNodes(TaskInputs({"FLAIR": gone}))
    surface = slicer.mrmlScene.AddNewNodeByClass("vtkMRMLSegmentationNode", "surface")
    surface.GetSegmentation().SetSourceRepresentationName("Closed surface")
    surface.GetSegmentation().AddEmptySegment("ball", "ball")
    with pytest.raises(UserError, match="select a volume, too"):
        studyFromNodes(TaskInputs(segmentation=surface))


def test_mask_and_segments_are_not_cut_to_the_field_of_view_of_the_first_series():
    one_slice = volume("TI_50ms", ramp(shape=(1, 7, 11)))
    three_slices = volume("TE_12ms", ramp(shape=(3, 7, 11)))
    segmentation = addSegmentation_()
    inputs = TaskInputs(
        series={
            "IRT1": SeriesInput(listFrames([one_slice])),
            "MESE": SeriesInput(listFrames([three_slices])),
        },
        segmentation=segmentation,
        masks={"brain_mask": segmentation},
    )

    study = studyFromNodes(inputs)

    np.testing.assert_array_equal(array_of(study.images["brain_mask"]), labels() > 0)
    np.testing.assert_array_equal(array_of(study.segments[0].image), labels())


@pytest.mark.parametrize("ending", ["result", "cancel", "scene closed", "never started"])
def test_a_bridge_that_runs_nothing_is_let_go_of(ending):
    job = FakeJob(DONE)
    bridge = JobBridge(lambda *_: job, lambda _: Result(maps=(t1_map(),)))
    alive = weakref.ref(bridge)
    if ending != "never started":
        bridge.start("relaxometry", TaskInputs(images={"T1w": volume("T1w", ramp())}), Settings())
    if ending == "result":
        ended(bridge)
    elif ending == "cancel":
        bridge.cancel()
    elif ending == "scene closed":
        slicer.mrmlScene.Clear(0)

    del bridge
    gc.collect()

    assert alive() is None


def test_state_of_a_bridge_is_a_state_of_a_job_with_the_import():
    state = JobBridge().poll()

    assert isinstance(state, JobState)
    assert (state.message, state.outcome, state.imported) == ("", None, None)
