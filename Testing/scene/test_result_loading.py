"""A result that is loaded while the window answers: read by a thread, added in pieces, given up half-way."""

from __future__ import annotations

import threading
import time

import numpy as np
import pytest
import slicer

from gliomamri.jobs.outcome import SENTENCES, Outcome
from gliomamri.result import Result, Table
from gliomamri.settings import Settings
from gliomamri_slicer import result_loading
from gliomamri_slicer.folders import addResultFolder, itemOf, moveToFolder
from gliomamri_slicer.inputs import TaskInputs
from gliomamri_slicer.job_bridge import LOADING, SCENE_CLOSED, JobBridge
from gliomamri_slicer.results import importResult
from scene.builders import folder_name, ramp, scene_names, t1_map, volume
from scene.test_job_bridge import DONE, FakeJob, ended

LONGEST_LOOK = 1.0
"""Seconds that one poll may take on a busy machine; its own limit is a tenth of that."""


def three_maps(last=None):
    maps = [t1_map(name=f"{name}map") for name in ("T1", "M0")]
    return Result(maps=(*maps, t1_map(last, name="B1map")), tables=(Table("numbers of it", "", {"n": [1]}),))


@pytest.fixture()
def one_by_one(monkeypatch):
    """Let every poll add one piece."""
    monkeypatch.setattr(result_loading, "SLICE_SECONDS", 0.0)


@pytest.fixture()
def loading():
    """Start a bridge whose job has ended; ``read`` is told to go on by the returned event."""
    bridges, events = [], []

    def start(result=None, waits=False):
        job, go = FakeJob(DONE), threading.Event()
        threads = []

        def read(_folder):
            threads.append(threading.current_thread())
            assert not waits or go.wait(20)
            return result or three_maps()

        bridge = JobBridge(lambda *_: job, read)
        bridges.append(bridge)
        events.append(go)
        given = volume("T1w", ramp())
        bridge.start("relaxometry", TaskInputs(images={"T1w": given}), Settings())
        bridge.job, bridge.threads, bridge.given = job, threads, given
        return bridge, go

    yield start
    for event in events:
        event.set()
    for bridge in bridges:
        bridge.close()


def items():
    return slicer.vtkMRMLSubjectHierarchyNode.GetSubjectHierarchyNode(slicer.mrmlScene).GetNumberOfItems()


def half_way(bridge, count=2):
    """Poll until some maps are there; say how the bridge stands."""
    end = time.monotonic() + 20
    while len(slicer.util.getNodes("*map*")) < count:
        state = bridge.poll()
        assert state.outcome is None
        assert time.monotonic() < end
    return state


def test_reading_is_done_by_a_thread_and_holds_nobody_up(loading):
    bridge, go = loading(waits=True)
    before = scene_names()

    for _ in range(3):
        start = time.monotonic()
        state = bridge.poll()
        assert time.monotonic() - start < LONGEST_LOOK
        assert (state.message, state.outcome, bridge.isRunning) == (LOADING, None, True)
    assert scene_names() == before
    go.set()

    assert ended(bridge).outcome is Outcome.SUCCEEDED
    assert bridge.threads[0] is not threading.main_thread()


def test_nodes_come_piece_by_piece_into_their_folder(loading, one_by_one):
    bridge, _go = loading()
    fractions = [half_way(bridge, count).fraction for count in (1, 2)]

    assert 0.5 < fractions[0] < fractions[1] < 1
    assert folder_name(slicer.util.getNode("T1map")) == "Relaxometry from raw images"
    assert slicer.util.getNode("T1map").GetAttribute("GliomaMRI.task") is None
    state = ended(bridge)

    assert set(state.imported.nodes) == {"T1map", "M0map", "B1map", "numbers of it", "provenance"}
    assert {node.GetAttribute("GliomaMRI.task") for node in state.imported.nodes.values() if node.IsA(
        "vtkMRMLVolumeNode")} == {"relaxometry"}  # fmt: skip
    assert bridge.job.folder.removed == 1


def test_piece_by_piece_gives_what_one_go_gives(loading, one_by_one):
    whole = importResult(three_maps(), {"task": "relaxometry"}, {})

    bridge, _go = loading()
    pieces = ended(bridge).imported

    assert list(pieces.nodes) == list(whole.nodes)
    for name, node in whole.nodes.items():
        assert pieces.nodes[name].GetClassName() == node.GetClassName()
    np.testing.assert_array_equal(
        slicer.util.arrayFromVolume(pieces.nodes["B1map"]), slicer.util.arrayFromVolume(whole.nodes["B1map"])
    )


@pytest.mark.parametrize("ending", ["cancel", "input removed"])
def test_given_up_half_way_nothing_stays_but_what_the_user_has_made(loading, one_by_one, ending):
    bridge, _go = loading()
    before, count = scene_names(), items()
    half_way(bridge)
    there = scene_names()
    mine = volume("mine", ramp())
    moveToFolder([mine], addResultFolder("my folder"))
    made = scene_names() - there

    if ending == "cancel":
        state = bridge.cancel()
        assert state.message == SENTENCES[Outcome.CANCELLED]
    else:
        slicer.mrmlScene.RemoveNode(bridge.given)
        before &= scene_names()
        state = bridge.poll()
        assert state.message == "'T1w' was removed while the computation ran; its result was dropped."

    assert (state.outcome, state.imported, bridge.isRunning) == (Outcome.CANCELLED, None, False)
    assert scene_names() == before | made
    assert items() == count + 2
    assert folder_name(mine) == "my folder"
    assert bridge.job.folder.removed == 1


def test_what_the_user_moved_into_the_folder_stays(loading, one_by_one):
    bridge, _go = loading()
    mine = volume("mine", ramp())
    half_way(bridge)
    hierarchy = slicer.vtkMRMLSubjectHierarchyNode.GetSubjectHierarchyNode(slicer.mrmlScene)
    moveToFolder([mine], hierarchy.GetItemParent(itemOf(slicer.util.getNode("T1map"))))

    bridge.cancel()

    assert hierarchy.GetItemByDataNode(mine)
    assert hierarchy.GetItemParent(itemOf(mine)) == hierarchy.GetSceneItemID()
    assert slicer.util.getNodes("*map*") == {}


def test_cancelled_while_reading_the_files_stay_until_nobody_reads_them(loading):
    bridge, go = loading(waits=True)
    bridge.poll()
    before = scene_names()

    assert bridge.cancel().outcome is Outcome.CANCELLED
    assert bridge.job.folder.removed == 0
    go.set()
    bridge.threads[0].join(20)

    assert bridge.job.folder.removed == 1
    assert scene_names() == before


def test_a_piece_that_fails_takes_out_those_of_earlier_polls(loading, one_by_one):
    broken = ramp()
    broken[0, 0, 0] = np.nan
    bridge, _go = loading(three_maps(broken))
    before, count = scene_names(), items()
    half_way(bridge)

    state = ended(bridge)

    assert state.outcome is Outcome.USER_ERROR
    assert "'B1map' was not added" in state.message
    assert (scene_names(), items()) == (before, count)
    assert bridge.job.folder.removed == 1


def test_scene_closed_half_way_drops_the_result(loading, one_by_one):
    bridge, _go = loading()
    half_way(bridge)

    slicer.mrmlScene.Clear(0)

    assert bridge.poll().message == SCENE_CLOSED
    assert not bridge.isRunning
    assert slicer.util.getNodes("*map*") == {}
    assert bridge.job.folder.removed == 1
