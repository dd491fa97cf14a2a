"""Fixtures of the panel tests. Every test here runs under the thread guard and fails on errors that Qt or VTK hide."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest

from bench import panel

REPOSITORY = Path(__file__).resolve().parents[2]

slicer = panel.boot()

from bench.hidden_errors import HiddenErrors  # noqa: E402 - after boot: Qt is adapted first
from bench.messages import Messages, messages  # noqa: E402
from bench.thread_guard import ThreadGuard  # noqa: E402


@pytest.fixture()
def a_scene() -> Any:
    """Return an empty scene; slicer.dicomDatabase and the settings are empty too."""
    slicer.mrmlScene.Clear(0)
    slicer.dicomDatabase.clear()
    slicer.app.settings().clear()
    return slicer.mrmlScene


@pytest.fixture()
def shown() -> Messages:
    """Return what the user is told during the test."""
    messages.clear()
    return messages


@pytest.fixture(autouse=True)
def hidden_errors() -> Iterator[HiddenErrors]:
    """Fail the test on an exception in a slot or observer; a test that expects one calls ``clear``."""
    with HiddenErrors() as errors:
        yield errors
    assert not errors.found, "hidden errors:\n" + "\n".join(errors.found)


@pytest.fixture(autouse=True)
def thread_guard() -> Iterator[ThreadGuard]:
    """Fail the test if MRML or a widget is touched from a worker thread; a test that expects it calls ``clear``."""
    with ThreadGuard() as guard:
        yield guard
    assert not guard.trespasses, "\n".join(map(str, guard.trespasses))


@pytest.fixture()
def open_module(
    a_scene: Any, shown: Messages, hidden_errors: HiddenErrors, thread_guard: ThreadGuard
) -> Iterator[Callable[..., panel.Panel]]:
    """Return a function that opens a module by name (or by path) and closes it when the test ends.

    ``open_module("QMRIAnalysis")`` opens ``<repository>/QMRIAnalysis/QMRIAnalysis.py``; it returns a `Panel`.
    """
    opened: list[panel.Panel] = []

    def open_(name: str | Path) -> panel.Panel:
        path = Path(name) if str(name).endswith(".py") else REPOSITORY / name / f"{name}.py"
        opened.append(panel.openModule(path))
        return opened[-1]

    yield open_
    for module in opened:
        module.close()


@pytest.fixture()
def wait_until() -> Callable[..., None]:
    """Return `bench.panel.waitUntil`."""
    return panel.waitUntil


@pytest.fixture()
def no_unknown_widgets() -> Callable[[Path], None]:
    """Return a function that fails where a .ui names anything unknown (opening a module does the same)."""
    from bench.ui_loader import UiLoader

    def check(path: Path) -> None:
        UiLoader().load(str(path)).delete()

    return check


@pytest.fixture(scope="session")
def slices() -> Any:
    """Return simulated raw slices: six inversion and six echo times, regions, true maps."""
    from gliomamri.phantom.raw_slices import simulate_raw_slices

    return simulate_raw_slices(seed=5)


@pytest.fixture()
def own_temporary_folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """Let jobs lie in a folder of the test's own, so that it sees what they leave behind."""
    monkeypatch.setattr("tempfile.tempdir", str(tmp_path))
    return tmp_path


@pytest.fixture()
def qmri(open_module: Callable[..., panel.Panel], own_temporary_folder: Path) -> panel.Panel:
    """Return the opened panel of QMRIAnalysis on an empty scene."""
    return open_module("QMRIAnalysis")


@pytest.fixture()
def patient(qmri: panel.Panel, slices: Any) -> Any:
    """Put the raw slices into the scene, named but not assigned; return their segmentation."""
    from gliomamri.phantom.raw_slices import ECHO_TIMES, INVERSION_TIMES, SEGMENTS
    from gliomamri.result import LabelMap
    from gliomamri.study import Segments
    from gliomamri_slicer.segmentations import addSegmentation
    from gliomamri_slicer.volumes import addImageVolume

    nodes = []
    for prefix, images, times in (
        ("TI", slices.inversion_recovery, INVERSION_TIMES),
        ("TE", slices.spin_echo, ECHO_TIMES),
    ):
        for image, time in zip(images, times, strict=True):
            nodes.append(addImageVolume(image, f"{prefix}_{time:g}ms"))
    regions = Segments(slices.segmentation, dict(enumerate(SEGMENTS, start=1)))
    return addSegmentation(LabelMap("Regions", regions, ""), nodes[0])


@pytest.fixture(scope="session")
def simulated_result() -> Any:
    """Return what the task ``simulate`` gives for a small patient with MAGIC before and after contrast agent."""
    from gliomamri.study import Study
    from gliomamri.tasks import Context, find_task

    task = find_task("simulate")
    settings = task.settings.from_dict(
        {
            "kind": "high-grade-glioma",
            "magic": True,
            "matrix": [48, 60, 20],
            "spacing": [4, 4, 8],
            "artifacts": "off",
            "truth_maps": False,
        }
    )
    return task.run(Study(), settings, Context(seed=3))


@pytest.fixture()
def sample_patient(qmri: panel.Panel, simulated_result: Any) -> Any:
    """Put the small simulated patient into the scene as GliomaMRISetup does; return its nodes."""
    from gliomamri_slicer.results import importResult
    from gliomamri_slicer.simulated_patient import arrangePatient

    imported = importResult(simulated_result, {"task": "simulate"}, {})
    return arrangePatient(imported, "Simulated glioma (seed 3)")
