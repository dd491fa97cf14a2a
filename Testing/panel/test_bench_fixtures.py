"""The fixtures that watch every panel test do fail it: run on tests that must not pass."""

from __future__ import annotations

import os
import pathlib
import subprocess
import sys

CONFTEST = """
import importlib.util
spec = importlib.util.spec_from_file_location("panel_conftest", {path!r})
module = importlib.util.module_from_spec(spec)
spec.loader.exec_module(module)
globals().update({{name: value for name, value in vars(module).items() if not name.startswith("__")}})
"""

TESTS = """
import threading
import qt
import slicer


def test_clean(a_scene):
    qt.QPushButton().click()


def test_worker_reads_the_scene(a_scene):
    worker = threading.Thread(target=lambda: slicer.mrmlScene.GetNumberOfNodes())
    worker.start()
    worker.join()


def test_slot_raises(a_scene):
    button = qt.QPushButton()
    button.connect("clicked()", lambda: 1 / 0)
    button.click()


def test_observer_raises(a_scene):
    a_scene.AddObserver(a_scene.NodeAddedEvent, lambda *_: 1 / 0)
    a_scene.AddNewNodeByClass("vtkMRMLTextNode")
    a_scene.RemoveAllObservers()


def test_module_leaves_observers(open_module):
    open_module({demo!r}).widget.removeObservers = lambda: None


def test_unknown_widget_is_told(no_unknown_widgets):
    no_unknown_widgets({ui!r})
"""

UI = """<ui version="4.0"><class>Top</class><widget class="QWidget" name="Top"><layout class="QVBoxLayout" name="l">
<item><widget class="qMRMLNoSuchWidget" name="odd"/></item></layout></widget></ui>"""


def test_watching_fixtures_fail_what_they_watch(tmp_path):
    here = pathlib.Path(__file__).parent
    demo = here / "demo_module" / "BenchDemo" / "BenchDemo.py"
    (tmp_path / "odd.ui").write_text(UI)
    (tmp_path / "conftest.py").write_text(CONFTEST.format(path=str(here / "conftest.py")))
    (tmp_path / "test_faults.py").write_text(TESTS.format(demo=str(demo), ui=str(tmp_path / "odd.ui")))
    environment = os.environ | {"PYTHONPATH": os.pathsep.join(sys.path)}

    done = subprocess.run(
        [sys.executable, "-m", "pytest", "-q", "-rA", "-p", "no:cacheprovider", "--rootdir", tmp_path, tmp_path],
        capture_output=True, text=True, env=environment, cwd=tmp_path, check=False, timeout=120,
    )  # fmt: skip

    outcome = done.stdout
    for name, says in (
        ("test_worker_reads_the_scene", "vtkMRMLScene.GetNumberOfNodes called in thread"),
        ("test_slot_raises", "ZeroDivisionError"),
        ("test_observer_raises", "ZeroDivisionError"),
        ("test_module_leaves_observers", "cleanup left observers"),
    ):
        assert f"ERROR test_faults.py::{name}" in outcome, outcome
        assert says in outcome
    assert "FAILED test_faults.py::test_unknown_widget_is_told" in outcome
    assert "qMRMLNoSuchWidget is no class of Slicer or CTK" in outcome
    assert "PASSED test_faults.py::test_clean" in outcome
    assert "ERROR test_faults.py::test_clean" not in outcome
