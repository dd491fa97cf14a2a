"""Sample patients in Slicer's Sample Data module: registered at the start, made on a click, nothing downloaded."""

from __future__ import annotations

import os
import sys
import types
from pathlib import Path
from typing import ClassVar

import pytest
import slicer

from bench import panel as bench
from scene.sample_result import FakeJobs


@pytest.fixture()
def jobs(monkeypatch):
    """Doubles of jobs: nothing is simulated, and the test says when a job ends."""
    fake = FakeJobs()
    monkeypatch.setattr("gliomamri_slicer.job_bridge._prepareJob", fake.prepare)
    monkeypatch.setattr("gliomamri_slicer.job_bridge._readResult", fake.read)
    return fake


@pytest.fixture()
def setup(open_module, jobs):
    return open_module("GliomaMRISetup")


def volumes():
    return [node.GetName() for node in slicer.util.getNodesByClass("vtkMRMLScalarVolumeNode")]


class SampleDataLogic:
    """Stands for Slicer's: keeps what is registered, refuses what Slicer refuses."""

    sources: ClassVar[dict[str, list[types.SimpleNamespace]]] = {}
    titles: ClassVar[dict[str, str]] = {}

    @classmethod
    def registerCustomSampleDataCategory(cls, category, title):
        cls.titles[category] = title

    @classmethod
    def sampleDataSourcesByCategory(cls, category):
        return cls.sources.get(category, [])

    @classmethod
    def registerCustomSampleDataSource(
        cls,
        category="Custom",
        sampleName=None,
        uris=None,
        fileNames=None,
        nodeNames=None,
        customDownloader=None,
        thumbnailFileName=None,
    ):
        assert len(uris) == len(fileNames) == len(nodeNames)
        source = types.SimpleNamespace(
            sampleName=sampleName, uris=uris, customDownloader=customDownloader, thumbnail=thumbnailFileName
        )
        cls.sources.setdefault(category, []).append(source)


@pytest.fixture()
def sample_data(monkeypatch, jobs):
    """Sample Data's logic as the module finds it at the end of Slicer's start."""
    monkeypatch.setattr(SampleDataLogic, "sources", {})
    monkeypatch.setattr(SampleDataLogic, "titles", {})
    module = types.ModuleType("SampleData")
    module.SampleDataLogic = SampleDataLogic
    monkeypatch.setitem(sys.modules, "SampleData", module)
    return SampleDataLogic


@pytest.fixture()
def sources(setup, sample_data):
    """The registered entries by name."""
    setup.module._sampleData.register()
    return {source.sampleName: source for source in sample_data.sources["GliomaMRI"]}


def window_of(setup):
    return setup.module._sampleData.window()


def test_sample_data_entries_are_registered_when_slicer_has_started(setup, sample_data):
    assert sample_data.sources == {}

    slicer.app.completeStartup()
    setup.module._sampleData.register()

    names = [source.sampleName for source in sample_data.sources["GliomaMRI"]]
    assert names == [
        "Simulated glioma",
        "Simulated low-grade glioma",
        "Simulated metastases",
        "Simulated meningioma",
        "Simulated MS",
    ]
    assert all(source.uris == [] for source in sample_data.sources["GliomaMRI"])
    thumbnails = {source.thumbnail for source in sample_data.sources["GliomaMRI"]}
    assert len(thumbnails) == 5
    assert all(Path(path).is_file() for path in thumbnails)
    assert sample_data.titles == {"GliomaMRI": "GliomaMRI (simulated)"}


def test_older_slicer_without_category_titles_registers_too(setup, sample_data, monkeypatch):
    monkeypatch.delattr(sample_data, "registerCustomSampleDataCategory")

    setup.module._sampleData.register()

    assert len(sample_data.sources["GliomaMRI"]) == 5


def test_slicer_without_sample_data_starts_as_usual(setup, monkeypatch):
    monkeypatch.setitem(sys.modules, "SampleData", None)

    setup.module._sampleData.register()


def test_click_in_sample_data_returns_at_once_and_the_patient_follows(setup, sources, jobs, wait_until):
    answer = sources["Simulated metastases"].customDownloader(sources["Simulated metastases"])
    window = window_of(setup)
    assert (answer, window.dialog.visible, window.dialog.modal) == ([], True, False)
    assert window.dialog.windowTitle == "Simulated metastases (seed 7)"
    wait_until(lambda: window.statusLabel.text == "Drawing the head")
    if folder := os.environ.get("GLIOMAMRI_PICTURES"):
        bench.picture(window.dialog, f"{folder}/setup-window.png")
    jobs.last.finish()
    wait_until(lambda: not window.jobControls.isRunning)

    assert not window.dialog.visible
    assert (jobs.asked[0][2].kind, jobs.asked[0][3]) == ("metastases", 7)
    assert "FLAIR" in volumes()


def test_second_click_in_sample_data_starts_no_second_job(setup, sources, jobs):
    sources["Simulated glioma"].customDownloader()
    sources["Simulated MS"].customDownloader()

    assert len(jobs.asked) == 1
    assert window_of(setup).dialog.windowTitle == "Simulated glioma (seed 3)"
    window_of(setup).dialog.reject()


def test_closing_the_window_cancels(setup, sources, jobs):
    sources["Simulated glioma"].customDownloader()

    window_of(setup).dialog.reject()

    assert jobs.last.cancelled
    assert volumes() == []


def test_failure_stays_in_the_window_and_can_be_tried_again(setup, sources, jobs, wait_until):
    sources["Simulated glioma"].customDownloader()
    window = window_of(setup)
    jobs.last.fail("There is not enough memory.")
    wait_until(lambda: not window.jobControls.isRunning)
    assert (window.statusLabel.text, window.button.text) == ("There is not enough memory.", "Try again")

    window.button.click()
    jobs.last.finish()
    wait_until(lambda: not window.jobControls.isRunning)

    assert len(jobs.asked) == 2
    assert not window.dialog.visible


def test_patient_after_a_cancelled_one_is_the_one_asked_for(setup, sources, jobs):
    sources["Simulated glioma"].customDownloader()
    window_of(setup).dialog.reject()

    sources["Simulated MS"].customDownloader()

    assert jobs.asked[-1][2].kind == "multiple-sclerosis"
    assert window_of(setup).dialog.visible
    window_of(setup).dialog.reject()
