"""What all panels share: the shell of a module and the controls of a job."""

from __future__ import annotations

import importlib.util
import os
import subprocess
import sys
from pathlib import Path

import pytest
import slicer

REPOSITORY = Path(__file__).resolve().parents[2]
MODULES = sorted(path.stem for path in REPOSITORY.glob("*/*.py") if path.stem == path.parent.name)

ALONE = """
import sys
from bench import panel
panel.boot()
sys.path[:] = [folder for folder in sys.path if not (__import__("pathlib").Path(folder) / "gliomamri").is_dir()]
sys.meta_path[:] = [f for f in sys.meta_path if "editable" not in getattr(f, "__module__", type(f).__module__)]
sys.path.insert(0, sys.argv[1])
__import__(sys.argv[2])
"""


@pytest.mark.parametrize("name", MODULES)
def test_a_module_finds_the_shared_packages_from_its_own_folder(name):
    done = subprocess.run(
        [sys.executable, "-P", "-c", ALONE, str(REPOSITORY / name), name],
        env=os.environ | {"PYTHONPATH": str(REPOSITORY / "Testing"), "QT_QPA_PLATFORM": "offscreen"},
        cwd=REPOSITORY / "Docs",
        capture_output=True,
        text=True,
        timeout=120,
        check=False,
    )

    assert done.returncode == 0, done.stderr


@pytest.mark.parametrize("name", MODULES)
def test_a_loaded_scene_is_shown_by_an_open_panel(open_module, name):
    widget = open_module(name).widget
    widget.setParameterNode(None)

    slicer.mrmlScene.InvokeEvent(slicer.mrmlScene.EndImportEvent)

    shown = slicer.mrmlScene.GetSingletonNode(name, "vtkMRMLScriptedModuleNode")
    assert shown is not None
    assert widget._parameterNode.parameterNode is shown


@pytest.mark.parametrize("name", MODULES)
def test_a_panel_that_is_not_on_screen_stays_unbound(open_module, name):
    opened = open_module(name)
    opened.host.exit()

    slicer.mrmlScene.Clear(0)
    slicer.mrmlScene.InvokeEvent(slicer.mrmlScene.EndImportEvent)

    assert opened.widget._parameterNode is None


def test_reload_brings_in_changed_parts_of_scene_layer_widgets_and_module(open_module, monkeypatch):
    from slicer.ScriptedLoadableModule import ScriptedLoadableModuleWidget

    widget = open_module("QMRIAnalysis").widget
    before = dict(sys.modules)
    reloaded = []

    def reload(self):
        spec = importlib.util.spec_from_file_location("Reloaded", REPOSITORY / "QMRIAnalysis/QMRIAnalysis.py")
        module = importlib.util.module_from_spec(spec)
        spec.loader.exec_module(module)
        reloaded.append(module)

    monkeypatch.setattr(ScriptedLoadableModuleWidget, "onReload", reload, raising=False)
    try:
        widget.onReload()
        after = dict(sys.modules)
    finally:
        sys.modules.update(before)

    for name in (
        "gliomamri_slicer.job_bridge",
        "gliomamri_widgets.job_controls",
        "QMRIAnalysisLib.OutputsSection",
    ):
        assert after[name] is not before[name]
    assert after["gliomamri.errors"] is before["gliomamri.errors"]
    assert reloaded[0].shareBridge is after["gliomamri_widgets.job_controls"].shareBridge
    assert reloaded[0].JobBridge is after["gliomamri_slicer.job_bridge"].JobBridge


class Bridge:
    """Double of a job bridge that goes wrong where it is told to."""

    def __init__(self, failsAt):
        self.failsAt, self.isRunning, self.cancelled = failsAt, False, 0

    def start(self):
        if self.failsAt == "start":
            raise OSError(28, "No space left on device")
        self.isRunning = True

    def poll(self):
        from gliomamri.jobs import Outcome
        from gliomamri_slicer.job_bridge import BridgeState
        from gliomamri_slicer.results import ImportedResult

        if self.failsAt.startswith("poll"):
            raise ValueError("odd line from the child")
        self.isRunning = False
        return BridgeState(
            1.0, "Done.", Outcome.SUCCEEDED, imported=ImportedResult(warnings=("One.", "Two."))
        )

    def cancel(self):
        self.cancelled += 1
        self.isRunning = False
        if self.failsAt == "poll and cancel":
            raise OSError("gone")

    def close(self):
        self.isRunning = False


@pytest.fixture()
def controls(a_scene):
    import qt

    from gliomamri_widgets.job_controls import JobControls

    made = []

    def make(failsAt, onSuccess=lambda imported: None, name="Fit", bridge=None):
        bridge = bridge or Bridge(failsAt)
        widgets = qt.QPushButton(name), qt.QProgressBar(), qt.QLabel()
        control = JobControls(*widgets, bridge, bridge.start, onSuccess)
        control.setReadiness("")
        made.append((control, widgets))
        return control, bridge, *widgets

    yield make
    for control, _ in made:
        control.close()


def test_any_failure_to_start_is_told_with_its_cause(controls):
    control, _, button, _, label = controls("start")

    button.click()

    assert label.text == "The computation could not be started; nothing was changed."
    assert "No space left on device" in label.toolTip
    assert not control.isRunning
    assert (button.text, button.enabled) == ("Fit", True)


@pytest.mark.parametrize("failsAt", ["poll", "poll and cancel"])
def test_any_failure_to_follow_stops_timer_and_job_and_is_told(controls, failsAt, wait_until):
    control, bridge, button, bar, label = controls(failsAt)

    button.click()
    wait_until(lambda: not control.isRunning)

    assert bridge.cancelled == 1
    assert "could not be followed and was stopped" in label.text
    assert label.toolTip == "ValueError: odd line from the child"
    assert (button.text, bar.visible) == ("Fit", False)


def test_a_result_that_cannot_be_shown_is_told(controls, wait_until):
    def fail(_):
        raise KeyError("view")

    control, _, button, _, label = controls("nowhere", fail)

    button.click()
    wait_until(lambda: not control.isRunning)

    assert "is in the scene but could not be shown" in label.text
    assert "KeyError" in label.toolTip


def test_each_warning_has_its_line(controls, wait_until):
    control, _, button, _, label = controls("nowhere")

    button.click()
    wait_until(lambda: not control.isRunning)

    assert label.text == "Done.\nOne.\nTwo."


def test_what_is_missing_stands_in_the_status_line_until_it_is_there(controls):
    control, _, button, _, label = controls("nowhere")

    control.setReadiness("Select an image.")
    assert (label.text, button.toolTip, button.enabled) == ("Select an image.", "Select an image.", False)
    control.say("The time must be a number.")
    control.setReadiness("Select an image.")
    assert label.text == "The time must be a number."
    control.setReadiness("Select another image.")
    assert label.text == "Select another image."
    control.setReadiness("", isTold=False)
    control.setReadiness("")

    assert (label.text, button.enabled) == ("", True)


def test_a_status_line_without_words_takes_no_room(controls):
    import qt

    control, _, _, _, label = controls("nowhere")
    host = qt.QWidget()
    qt.QVBoxLayout(host).addWidget(label)
    host.show()

    assert not label.visible
    control.say("Words.")
    assert label.visible
    control.say("")
    assert not label.visible


@pytest.fixture()
def two(controls):
    """Two buttons of one bridge; the job of the first does not end by itself."""
    from gliomamri.jobs import Outcome
    from gliomamri_slicer.job_bridge import BridgeState
    from gliomamri_widgets.job_controls import shareBridge

    first = controls("nowhere")
    bridge = first[1]
    bridge.poll = lambda: (
        BridgeState(0.5, "Half.")
        if bridge.isRunning
        else BridgeState(0.5, "Cancelled; nothing was changed.", Outcome.CANCELLED)
    )
    second = controls("nowhere", name="Analyze", bridge=bridge)
    shareBridge(first[0], second[0])
    return first, second, bridge


def test_while_one_job_runs_the_other_button_is_disabled_and_says_why(two, wait_until):
    (control, _, button, _bar, label), (_, _, other, _otherBar, otherLabel), bridge = two

    button.click()

    assert (button.text, button.enabled) == ("Cancel", True)
    assert (other.text, other.enabled) == ("Analyze", False)
    assert other.toolTip == 'Wait until "Fit" has ended, or cancel it.'
    wait_until(lambda: label.text == "Half.")
    assert otherLabel.text == ""
    button.click()
    assert not control.isRunning
    assert (button.text, other.enabled, bridge.cancelled) == ("Fit", True, 1)
    assert label.text == "Cancelled; nothing was changed."


def test_readiness_that_changes_meanwhile_counts_after_the_job(two):
    (_, _, button, _, _), (control, _, other, _, label), _ = two
    button.click()

    control.setReadiness("Select an image.")

    assert other.toolTip == 'Wait until "Fit" has ended, or cancel it.'
    assert label.text == "Select an image."
    button.click()
    assert (other.enabled, other.toolTip) == (False, "Select an image.")


def test_closing_a_panel_ends_only_the_own_job(two):
    (first, _, button, _, _), (second, _, _, _, _), bridge = two
    button.click()

    second.close()
    assert bridge.isRunning
    first.close()
    assert not bridge.isRunning
