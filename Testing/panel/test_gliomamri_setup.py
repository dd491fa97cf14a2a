"""GliomaMRISetup on the bench: it shows the environment, and installs only on a click."""

from __future__ import annotations

import os

import pytest
import slicer

from bench import panel as bench


@pytest.fixture()
def setup(open_module):
    return open_module("GliomaMRISetup")


def test_panel_lists_the_environment_and_installs_nothing_by_itself(setup, monkeypatch):
    ui = setup.widget.ui

    names = [ui.environmentTable.item(row, 0).text() for row in range(ui.environmentTable.rowCount)]

    assert {"numpy", "scipy", "SimpleITK"} <= set(names)
    assert ui.verdictLabel.text
    if folder := os.environ.get("GLIOMAMRI_PICTURES"):
        bench.picture(setup.host, f"{folder}/setup.png")


def test_install_asks_the_logic_and_tells_the_end(setup, monkeypatch):
    asked = []
    monkeypatch.setattr(setup.widget.logic, "install", asked.append)
    setup.widget.ui.includeNetworksCheckBox.checked = True

    setup.widget.ui.installButton.click()

    assert asked == [True]
    assert setup.widget.ui.messageLabel.text == "Installed."


def test_failed_installation_is_told_in_one_sentence(setup, monkeypatch):
    from gliomamri.errors import UserError

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
