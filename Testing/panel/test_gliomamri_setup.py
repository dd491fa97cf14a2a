"""GliomaMRISetup on the bench: it shows the environment, and installs only on a click."""

from __future__ import annotations

import os

import pytest
import slicer

from bench import panel as bench
from gliomamri.errors import UserError
from gliomamri_slicer.job_bridge import SCENE_CLOSED
from scene.sample_result import HONESTY, FakeJobs, simulated


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


@pytest.fixture()
def absent(setup, monkeypatch):
    """Packages that are not there; the installation is a double that a test may replace."""
    names = {"nilearn"}
    patient = setup.widget.logic.samplePatient
    monkeypatch.setattr(patient, "_findVersion", lambda name: "" if name in names else "1.0")
    monkeypatch.setattr(patient, "_install", names.clear)
    setup.widget.showEnvironment()
    return names


def take_picture(opened, name):
    if folder := os.environ.get("GLIOMAMRI_PICTURES"):
        bench.picture(opened.host, f"{folder}/{name}.png")


def volumes():
    return [node.GetName() for node in slicer.util.getNodesByClass("vtkMRMLScalarVolumeNode")]


def test_panel_lists_the_environment_and_installs_nothing_by_itself(setup, monkeypatch):
    ui = setup.widget.ui

    names = [ui.environmentTable.item(row, 0).text() for row in range(ui.environmentTable.rowCount)]

    assert {"numpy", "scipy", "SimpleITK"} <= set(names)
    assert ui.verdictLabel.text
    take_picture(setup, "setup")


def test_install_asks_the_logic_and_tells_the_end(setup, monkeypatch):
    asked = []
    monkeypatch.setattr(setup.widget.logic, "install", asked.append)
    setup.widget.ui.includeNetworksCheckBox.checked = True

    setup.widget.ui.installButton.click()

    assert asked == [True]
    assert setup.widget.ui.messageLabel.text == "Installed."


def test_failed_installation_is_told_in_one_sentence(setup, monkeypatch):
    def fail(_):
        raise UserError("There is no connection to the package index.", "timeout")

    monkeypatch.setattr(setup.widget.logic, "install", fail)

    setup.widget.ui.installButton.click()

    assert setup.widget.ui.messageLabel.text == "There is no connection to the package index."
    assert setup.widget.ui.messageLabel.toolTip == "timeout"


def test_leftover_jobs_are_removed_and_counted(setup, monkeypatch):
    monkeypatch.setattr("gliomamri.jobs.folder.remove_stale_jobs", lambda: 3)

    setup.widget.ui.removeJobsButton.click()

    assert setup.widget.ui.messageLabel.text == "Leftover job folders removed: 3."


def test_choice_survives_saving_and_reloading(setup, tmp_path):
    box = setup.widget.ui.includeNetworksCheckBox
    box.checked = True

    slicer.util.saveScene(str(tmp_path / "case.mrb"))
    slicer.mrmlScene.Clear(0)
    assert not box.checked
    slicer.util.loadScene(str(tmp_path / "case.mrb"))

    assert box.checked


def test_loading_a_sample_patient_fills_the_scene_and_says_that_it_is_simulated(setup, jobs, wait_until):
    ui = setup.widget.ui
    ui.patientKindComboBox.currentText = "low-grade glioma"
    ui.patientSeedSpinBox.value = 7

    ui.loadPatientButton.click()
    wait_until(lambda: ui.patientProgressBar.value == 400)
    take_picture(setup, "setup-running")
    jobs.last.finish()
    wait_until(lambda: not setup.widget.samplePatient.jobControls.isRunning)

    (task, roles, settings, seed), *others = jobs.asked
    assert (task, roles, seed, others) == ("simulate", set(), 7, [])
    assert (settings.kind, settings.truth_maps, settings.missing_series) == ("low-grade-glioma", False, "off")
    assert {"T1w", "ceT1w", "T2w", "FLAIR"} <= set(volumes())
    assert ui.patientStatusLabel.text == f"Simulated low-grade glioma (seed 7) is loaded.\n{HONESTY}"
    hierarchy = slicer.vtkMRMLSubjectHierarchyNode.GetSubjectHierarchyNode(slicer.mrmlScene)
    folder = hierarchy.GetItemByName("Simulated low-grade glioma (seed 7)")
    assert hierarchy.GetItemParent(hierarchy.GetItemByDataNode(slicer.util.getNode("FLAIR"))) == folder
    red = slicer.mrmlScene.GetNodeByID("vtkMRMLSliceCompositeNodeRed")
    assert red.GetBackgroundVolumeID() == slicer.util.getNode("FLAIR").GetID()
    assert jobs.last.folder.removed == 1
    take_picture(setup, "setup-loaded")


@pytest.mark.parametrize("quantitative", [True, False])
def test_quantitative_images_are_simulated_on_a_grid_that_is_quick(setup, jobs, quantitative):
    ui = setup.widget.ui
    assert ui.quantitativeCheckBox.checked
    ui.quantitativeCheckBox.checked = quantitative

    ui.loadPatientButton.click()

    settings = jobs.asked[0][2]
    assert settings.problems() == []
    assert ("MAGIC" in settings.roles, "ceMAGIC" in settings.roles) == (quantitative, quantitative)
    assert {"T1w", "ceT1w", "T2w", "FLAIR"} <= set(settings.roles)
    extent = [count * size for count, size in zip(settings.matrix, settings.spacing, strict=True)]
    assert all(at_least <= found <= 200 for found, at_least in zip(extent, (160, 190, 160), strict=True))
    assert (settings.spacing == (1, 1, 1)) is not quantitative
    for number in settings.spacing if quantitative else ():
        assert f"{number:g}" in ui.quantitativeCheckBox.toolTip


def test_while_a_patient_is_made_the_button_cancels_and_the_panel_stays_usable(setup, jobs, wait_until):
    ui = setup.widget.ui
    ui.loadPatientButton.click()
    assert ui.loadPatientButton.text == "Cancel"
    wait_until(lambda: ui.patientStatusLabel.text == "Drawing the head")

    ui.nextSeedButton.click()
    ui.includeNetworksCheckBox.click()
    assert ui.patientStatusLabel.text == "Drawing the head"
    jobs.last.finish()
    wait_until(lambda: not setup.widget.samplePatient.jobControls.isRunning)

    assert len(jobs.asked) == 1
    assert "(seed 1)" in ui.patientStatusLabel.text
    assert ui.patientSeedSpinBox.value == 2
    assert ui.loadPatientButton.text == "Load sample patient"
    assert not ui.patientProgressBar.visible


def test_cancelled_patient_leaves_nothing(setup, jobs):
    ui = setup.widget.ui
    before = slicer.mrmlScene.GetNumberOfNodes()

    ui.loadPatientButton.click()
    ui.loadPatientButton.click()

    assert jobs.last.cancelled
    assert ui.patientStatusLabel.text == "Cancelled; nothing was changed."
    assert slicer.mrmlScene.GetNumberOfNodes() == before
    assert ui.loadPatientButton.enabled


def test_failed_patient_is_told_in_one_sentence(setup, jobs, wait_until):
    ui = setup.widget.ui
    ui.loadPatientButton.click()

    jobs.last.fail("The brain template cannot be read: install nilearn again.", "zlib.error")
    wait_until(lambda: not setup.widget.samplePatient.jobControls.isRunning)

    assert ui.patientStatusLabel.text == "The brain template cannot be read: install nilearn again."
    assert ui.patientStatusLabel.toolTip == "zlib.error"
    assert volumes() == []


def test_patient_that_cannot_be_started_is_told(setup, jobs):
    jobs.error = UserError("The disk is full.", "errno 28")

    setup.widget.ui.loadPatientButton.click()

    assert setup.widget.ui.patientStatusLabel.text == "The disk is full."
    assert setup.widget.ui.loadPatientButton.text == "Load sample patient"


def test_scene_closed_meanwhile_drops_the_patient(setup, jobs, wait_until):
    ui = setup.widget.ui
    ui.loadPatientButton.click()

    slicer.mrmlScene.Clear(0)
    wait_until(lambda: not setup.widget.samplePatient.jobControls.isRunning)

    assert jobs.last.cancelled
    assert ui.patientStatusLabel.text == SCENE_CLOSED
    assert volumes() == []


def test_unloading_the_module_ends_the_job(setup, jobs):
    setup.widget.ui.loadPatientButton.click()

    setup.close()

    assert jobs.last.cancelled


def test_another_one_counts_and_starts_again_at_the_end(setup):
    ui = setup.widget.ui
    ui.patientSeedSpinBox.value = 99998

    ui.nextSeedButton.click()
    assert ui.patientSeedSpinBox.value == 99999
    ui.nextSeedButton.click()

    assert ui.patientSeedSpinBox.value == 0


def test_kind_and_seed_survive_saving_and_reloading(setup, tmp_path):
    ui = setup.widget.ui
    ui.patientKindComboBox.currentText = "meningioma"
    ui.patientSeedSpinBox.value = 31
    ui.quantitativeCheckBox.checked = False

    slicer.util.saveScene(str(tmp_path / "case.mrb"))
    slicer.mrmlScene.Clear(0)
    assert (ui.patientKindComboBox.currentText, ui.patientSeedSpinBox.value) == ("glioma", 1)
    assert ui.quantitativeCheckBox.checked
    slicer.util.loadScene(str(tmp_path / "case.mrb"))

    assert (ui.patientKindComboBox.currentText, ui.patientSeedSpinBox.value) == ("meningioma", 31)
    assert not ui.quantitativeCheckBox.checked


def test_missing_package_is_said_beforehand_and_installed_on_the_click(setup, absent, jobs):
    ui = setup.widget.ui
    assert ui.patientStatusLabel.text == (
        "Needs nilearn, not installed yet; you are asked before anything is downloaded."
    )
    take_picture(setup, "setup-missing")

    ui.loadPatientButton.click()

    assert absent == set()
    assert len(jobs.asked) == 1


def test_package_installed_by_the_other_button_takes_the_sentence_away(setup, absent, monkeypatch):
    monkeypatch.setattr(setup.widget.logic, "install", lambda _networks: absent.clear())

    setup.widget.ui.installButton.click()

    assert setup.widget.ui.patientStatusLabel.text == ""


def test_declined_installation_starts_nothing(setup, absent, jobs, monkeypatch):
    def decline():
        raise UserError("Nothing was installed, as you chose.")

    monkeypatch.setattr(setup.widget.logic.samplePatient, "_install", decline)

    setup.widget.ui.loadPatientButton.click()

    assert setup.widget.ui.patientStatusLabel.text == "Nothing was installed, as you chose."
    assert jobs.asked == []


def test_installation_without_effect_is_told(setup, absent, jobs, monkeypatch):
    monkeypatch.setattr(setup.widget.logic.samplePatient, "_install", lambda: None)

    setup.widget.ui.loadPatientButton.click()

    assert setup.widget.ui.patientStatusLabel.text.startswith("Sample patients need nilearn, still not")
    assert jobs.asked == []


def test_all_kinds_are_kinds_of_the_simulator_and_healthy_has_no_tumor(setup, jobs, wait_until):
    from gliomamri.phantom.settings import KINDS as simulated_kinds
    from GliomaMRISetupLib.SamplePatient import KINDS

    ui = setup.widget.ui
    assert set(KINDS) <= set(simulated_kinds)
    assert [ui.patientKindComboBox.itemText(i) for i in range(ui.patientKindComboBox.count)] == list(
        KINDS.values()
    )
    jobs.result = simulated(healthy=True)
    ui.patientKindComboBox.currentText = "healthy brain"

    ui.loadPatientButton.click()
    jobs.last.finish()
    wait_until(lambda: not setup.widget.samplePatient.jobControls.isRunning)

    assert ui.patientStatusLabel.text.startswith("Simulated healthy brain (seed 1) is loaded.")


def test_script_waits_for_a_patient(setup, jobs, monkeypatch):
    from GliomaMRISetupLib.SelfTest import loadSamplePatient
    from scene.sample_result import FakeJob

    monkeypatch.setattr(FakeJob, "start", FakeJob.finish)

    patient = loadSamplePatient(setup.widget.logic.samplePatient, "meningioma", 3)

    assert patient.title == "Simulated meningioma (seed 3)"
    assert set(patient.images) == {"T1w", "ceT1w", "T2w", "FLAIR"}


def test_script_is_told_why_there_is_no_patient(setup, jobs, monkeypatch):
    from GliomaMRISetupLib.SelfTest import loadSamplePatient
    from scene.sample_result import FakeJob

    monkeypatch.setattr(FakeJob, "start", lambda job: job.fail("No memory.", "MemoryError"))

    with pytest.raises(RuntimeError, match=r"No memory\. MemoryError"):
        loadSamplePatient(setup.widget.logic.samplePatient, "meningioma", 3)
