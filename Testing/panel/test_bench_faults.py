"""Faults that a module may have, each put into a copy of the demo module: the bench must catch every one."""

from __future__ import annotations

import pathlib
import shutil

import numpy as np
import pytest
import slicer

from bench import panel
from bench.ui_loader import UiError

DEMO = pathlib.Path(__file__).parent / "demo_module" / "BenchDemo"


@pytest.fixture()
def faulty(tmp_path, open_module):
    """Return a function that opens the demo module with one text replaced in its code or its .ui."""

    def open_(before: str, after: str, file: str = "BenchDemo.py"):
        folder = tmp_path / "BenchDemo"
        shutil.copytree(DEMO, folder)
        path = folder / ("Resources/UI/BenchDemo.ui" if file.endswith(".ui") else file)
        text = path.read_text(encoding="utf-8")
        assert before in text, "the fault no longer fits the demo module"
        path.write_text(text.replace(before, after), encoding="utf-8")
        return open_module(folder / "BenchDemo.py")

    return open_


def in_code(before: str, after: str, error: type, says: str):
    return pytest.param("BenchDemo.py", before, after, error, says)


def in_ui(before: str, after: str, error: type, says: str):
    return pytest.param("BenchDemo.ui", before, after, error, says)


@pytest.mark.parametrize(
    ("file", "before", "after", "error", "says"),
    [
        in_code('"clicked(bool)"', '"clickd(bool)"', ValueError, "no signal clickd"),
        in_code('"checkedNodesChanged()"', '"checkedNodesChanged(bool)"', ValueError, "checkedNodesChanged"),
        in_code("self.timer.interval = POLL_INTERVAL", "self.timer.interval(POLL_INTERVAL)", TypeError, "callable"),
        in_code("self.timer.interval =", "self.timer.intervall =", AttributeError, "no property 'intervall'"),
        in_code("class Side(", "changed = qt.Signal()\n\n\nclass Side(", AttributeError, "Signal"),
        in_code("self.ui.applyButton.connect", "self.ui.aplyButton.connect", AttributeError, "aplyButton"),
        in_code(
            "self.timer.interval =", "self.ui.inputSelector.currentText\n        self.timer.interval =",
            AttributeError, "neither the bench nor the real class",
        ),
        in_code(
            "self.timer.interval =", "self.ui.inputSelector.nodTypes = ()\n        self.timer.interval =",
            AttributeError, "neither the bench nor the real class",
        ),
        in_code(
            "self.timer.interval =", "self.ui.inputSelector.renameCurrentNode()\n        self.timer.interval =",
            NotImplementedError, "does not model",
        ),
        in_ui("<string>mask.threshold</string>", "<string>mask.treshold</string>", ValueError, "treshold"),
        in_ui("<string>smooth</string>", "<string>smoth</string>", ValueError, "smoth"),
        in_ui("<slot>setMRMLScene(vtkMRMLScene*)", "<slot>setMrmlScene(vtkMRMLScene*)", UiError, "setMrmlScene"),
        in_ui("mrmlSceneChanged(", "mrmlScenChanged(", UiError, "mrmlScenChanged"),
        in_ui("<receiver>inputSelector<", "<receiver>inputSelectr<", UiError, "no such object"),
        in_ui('class="ctkRangeWidget" name', 'class="ctkRangeWigdet" name', UiError, "no class of Slicer or CTK"),
        in_ui('class="ctkRangeWidget" name', 'class="ctkThumbnailLabel" name', UiError, "not modelled"),
        in_ui('property name="noneEnabled"', 'property name="noneEnable"', UiError, "noneEnable"),
    ],
)  # fmt: skip
def test_fault_is_caught_when_the_module_opens(faulty, file, before, after, error, says):
    with pytest.raises(error, match=says):
        faulty(before, after, file)


def test_scene_touched_from_a_worker_is_caught(faulty, thread_guard, wait_until):
    module = faulty("self.progress = 1.0", "self.progress = 1.0 if volume.GetName() else 0.5")
    volume = slicer.util.addVolumeFromArray(np.arange(24.0).reshape(2, 3, 4) * 100, name="T1")
    module.widget.ui.inputSelector.setCurrentNode(volume)

    module.widget.ui.applyButton.click()
    wait_until(lambda: not module.widget.logic.running)

    assert [trespass.call for trespass in thread_guard.trespasses] == ["vtkMRMLScalarVolumeNode.GetName"]
    assert "BenchDemo.py" in thread_guard.trespasses[0].stack
    thread_guard.clear()


def test_widget_touched_from_a_worker_is_caught(demo_label, thread_guard):
    import threading

    worker = threading.Thread(target=lambda: setattr(demo_label, "text", "from a worker"))
    worker.start()
    worker.join()

    assert any(trespass.call.startswith("QLabel.") for trespass in thread_guard.trespasses)
    thread_guard.clear()


@pytest.fixture()
def demo_label():
    import qt

    return qt.QLabel("text")


def test_forgotten_observers_are_caught(faulty, hidden_errors):
    module = faulty("self.removeObservers()", "pass")

    with pytest.raises(AssertionError, match="left observers"):
        module.close()
    assert "already deleted" in hidden_errors.found[0]
    hidden_errors.clear()
    module.widget.removeObservers()


def test_forgotten_gui_connection_is_caught(faulty, hidden_errors):
    module = faulty("self.setParameterNode(None)\n        self.removeObservers()", "self.removeObservers()")

    module.close()

    assert any("already deleted" in error for error in hidden_errors.found)
    hidden_errors.clear()
    module.widget._parameterNode.parameterNode.RemoveAllObservers()


def test_node_of_another_class_cannot_be_selected(faulty):
    module = faulty("POLL_INTERVAL = 10", "POLL_INTERVAL = 11")
    table = slicer.mrmlScene.AddNewNodeByClass("vtkMRMLTableNode", "not a volume")

    module.widget.ui.inputSelector.setCurrentNode(table)

    assert module.widget.ui.inputSelector.currentNode() is None
    with pytest.raises(TypeError):
        module.widget.logic.getParameterNode().inputVolume = table


def test_exception_in_a_slot_is_caught(faulty, hidden_errors):
    module = faulty("self.timer.start()\n        self.updatePanel()", "raise KeyError('in a slot')")
    module.widget.ui.inputSelector.setCurrentNode(
        slicer.util.addVolumeFromArray(np.ones((2, 3, 4)), name="T1")
    )

    module.widget.ui.applyButton.click()
    panel.waitUntil(lambda: not module.widget.logic.running)

    assert len(hidden_errors.found) == 1
    assert "in a slot" in hidden_errors.found[0]
    hidden_errors.clear()


def test_exception_in_a_worker_is_caught(faulty, hidden_errors, wait_until):
    module = faulty("self.progress = 1.0", "raise MemoryError('in a worker')")
    module.widget.ui.inputSelector.setCurrentNode(
        slicer.util.addVolumeFromArray(np.ones((2, 3, 4)), name="T1")
    )

    module.widget.logic.start(module.widget._parameterNode.inputVolume, 0.0, "Above")
    wait_until(lambda: hidden_errors.found)

    assert "in a worker" in hidden_errors.found[0]
    hidden_errors.clear()


def test_error_told_to_the_user_is_not_hidden(faulty, shown, hidden_errors):
    module = faulty("pack = self._parameterNode.mask", "raise RuntimeError('scanner on fire')")
    module.widget.ui.inputSelector.setCurrentNode(
        slicer.util.addVolumeFromArray(np.ones((2, 3, 4)), name="T1")
    )

    module.widget.ui.applyButton.click()

    assert shown.texts("error") == ["Failed to start.\n\nscanner on fire"]
    assert "Traceback" in shown.shown[0].details
    assert hidden_errors.found == []
