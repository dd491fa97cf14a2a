"""What the tests of QMRIAnalysis share beside the fixtures of conftest.py."""

from __future__ import annotations

import os
import tempfile
from pathlib import Path
from typing import Any

import slicer

from bench import panel as bench

LONG = 400
"""Seconds that a job may take on a busy machine."""


def rows(table: Any) -> list[list[str]]:
    """Texts of a QTableWidget."""
    return [[table.item(r, c).text() for c in range(table.columnCount)] for r in range(table.rowCount)]


def show_acquisition(widget: Any, role: str) -> None:
    """Choose the kind of acquisition whose images the panel shows."""
    choice = widget._parameterNode.acquisition
    choice.role = type(choice.role)[role]


def setting(widget: Any, name: str) -> Any:
    """Widget of a setting, in whichever section it is."""
    return next(
        section.form.widgets[name] for section in widget.tasks.values() if name in section.form.widgets
    )


def finish(widget: Any, task: str, wait_until: Any) -> str:
    """Wait for the end of a job; give the status line."""
    controls = widget.tasks[task].jobControls
    wait_until(lambda: not controls.isRunning, LONG)
    return getattr(widget.ui, f"{task}StatusLabel").text


def take_picture(opened: Any, name: str) -> None:
    """Draw the panel where GLIOMAMRI_PICTURES names a folder."""
    folder = os.environ.get("GLIOMAMRI_PICTURES")
    if folder:
        bench.picture(opened.host, f"{folder}/{name}.png")


def jobs_left() -> list[Path]:
    """Job folders that were not removed."""
    return list(Path(tempfile.gettempdir()).glob("gliomamri-jobs-*/job-*"))


def volume_names() -> list[str]:
    """Names of all volumes of the scene."""
    return [node.GetName() for node in slicer.util.getNodesByClass("vtkMRMLScalarVolumeNode")]
