"""QMRIAnalysis, section Inputs: what is found, typed, kept and missing. No job runs here."""

from __future__ import annotations

import numpy as np
import slicer

from gliomamri.phantom.raw_slices import ECHO_TIMES, INVERSION_TIMES
from panel.qmri_helpers import rows, setting, show_acquisition, take_picture


def selector(widget, role):
    """Node selector of an image role."""
    found = widget.inputs.bindings()
    return found[f"images.{role}"]


def test_nothing_selected_every_button_is_disabled_and_says_what_is_missing(qmri):
    ui = qmri.widget.ui

    assert not any(button.enabled for button in (ui.prepareButton, ui.fitButton, ui.analyzeButton))
    assert ui.analyzeButton.toolTip == "Choose images, maps or raw acquisitions under Inputs."
    assert ui.quantitativeStatusLabel.text == ui.analyzeButton.toolTip
    assert ui.fitButton.toolTip.startswith("Choose the raw images of an acquisition under Inputs")
    assert ui.relaxometryStatusLabel.text == ui.fitButton.toolTip
    for button in (ui.distributionButton, ui.showMapButton, ui.compareButton):
        assert not button.enabled
        assert button.toolTip == "Select a map."
    assert not ui.syntheticButton.enabled
    assert "a map of T1 and T2" in ui.syntheticButton.toolTip
    assert not ui.restoreLayoutButton.enabled
    assert not ui.regionsTable.visible
    assert not ui.pointsContents.visible
    assert not ui.relaxometryProgressBar.visible
    take_picture(qmri, "qmri-empty")


def test_assign_finds_both_series_and_their_times(qmri, patient):
    import qt

    ui = qmri.widget.ui

    ui.assignByNameButton.click()

    assert ui.inputsStatusLabel.text == (
        "Found annotation; 6 inversion-recovery images, 6 multi-echo spin-echo images."
    )
    assert ui.seriesSummaryLabel.text == "6 inversion-recovery images, 6 multi-echo spin-echo images"
    assert not ui.rawGroupBox.collapsed
    assert ui.acquisitionComboBox.currentText == "inversion-recovery images"
    assert [row[1] for row in rows(ui.seriesTable)] == [f"{t:g}" for t in INVERSION_TIMES]
    show_acquisition(qmri.widget, "MESE")
    assert ui.seriesTable.horizontalHeaderItem(1).text() == "TE (ms)"
    assert [row[1] for row in rows(ui.seriesTable)] == [f"{t:g}" for t in ECHO_TIMES]
    assert {row[3] for row in rows(ui.seriesTable)} == {"name (guess)"}
    assert ui.fitButton.enabled
    assert "can take minutes" in ui.fitButton.toolTip
    guessed = ui.seriesTable.item(0, 1)
    assert guessed.toolTip() == "guessed from the name: please check"
    assert guessed.foreground().color().red() > guessed.foreground().color().blue() + 100
    guessed.setText("12.5")
    assert ui.seriesTable.item(0, 1).toolTip() == "12.5"
    assert ui.seriesTable.item(0, 1).data(qt.Qt.ForegroundRole) is None


def test_assign_by_name_says_so_when_it_finds_nothing(qmri):
    slicer.util.addVolumeFromArray(np.ones((2, 3, 4), np.float32), name="Brain")

    qmri.widget.ui.assignByNameButton.click()

    assert "No volume says by header or name what it is" in qmri.widget.ui.inputsStatusLabel.text


def test_all_choices_survive_saving_and_reloading(qmri, patient, tmp_path):
    widget, ui = qmri.widget, qmri.widget.ui
    ui.assignByNameButton.click()
    ui.segmentationSelector.setCurrentNode(patient)
    setting(qmri.widget, "ir_model").currentText = "perfect inversion"
    setting(qmri.widget, "longest_T2").value = 900
    setting(qmri.widget, "skip_first_echo").checked = True
    ui.seriesTable.item(0, 1).setText("60")
    ui.seriesTable.item(0, 2).setText("8000")
    before = rows(ui.seriesTable)
    selector(widget, "T2w").setCurrentNode(slicer.util.getNode("TE_50ms"))

    slicer.util.saveScene(str(tmp_path / "case.mrb"))
    slicer.mrmlScene.Clear(0)
    assert ui.seriesTable.rowCount == 0
    slicer.util.loadScene(str(tmp_path / "case.mrb"))

    assert rows(ui.seriesTable) == before
    assert before[0][1:] == ["60", "8000", "typed"]
    assert before[5][2] == "8000"
    assert selector(widget, "T2w").currentNode().GetName() == "TE_50ms"
    assert selector(widget, "T1w").currentNode() is None
    show_acquisition(widget, "MESE")
    assert len(rows(ui.seriesTable)) == 6
    assert ui.segmentationSelector.currentNode().GetName() == "Regions"
    assert setting(qmri.widget, "ir_model").currentText == "perfect inversion"
    assert setting(qmri.widget, "longest_T2").value == 900
    assert setting(qmri.widget, "skip_first_echo").checked
    settings = widget.logic.adapters["relaxometry"].settings(widget.logic.getParameterNode())
    assert (settings.ir_model, settings.longest_T2, settings.skip_first_echo) == (
        "full_inversion",
        900.0,
        True,
    )


def test_typed_times_are_checked_and_an_emptied_cell_goes_back(qmri, patient):
    ui = qmri.widget.ui
    ui.assignByNameButton.click()
    cell = ui.seriesTable.item(1, 1)

    cell.setText("fast")
    assert ui.inputsStatusLabel.text == "The inversion time must be a positive number in ms, not 'fast'."
    assert ui.seriesTable.item(1, 1).text() == "150"
    ui.seriesTable.item(1, 1).setText("155,5")
    assert ui.seriesTable.item(1, 1).text() == "155.5"
    ui.seriesTable.item(1, 1).setText("")
    assert ui.seriesTable.item(1, 1).text() == "150"


def test_images_without_times_disable_apply_until_they_are_typed(qmri):
    ui = qmri.widget.ui
    show_acquisition(qmri.widget, "MESE")
    nodes = [slicer.util.addVolumeFromArray(np.ones((2, 3, 4), np.float32), name=f"image {n}") for n in "abc"]

    for node in nodes:
        ui.seriesSelector.setCheckState(node, 2)
    assert ui.fitButton.toolTip == "Type the echo time of 'image a', 'image b' and 1 more in the table."
    for row, time in enumerate(("10", "20", "20")):
        ui.seriesTable.item(row, 1).setText(time)
    assert "at least 3 different echo times; these have 2" in ui.fitButton.toolTip
    ui.seriesTable.item(2, 1).setText("40")

    assert ui.fitButton.enabled
    assert ui.relaxometryStatusLabel.text == ""


def test_apply_asks_for_as_many_times_as_the_fit_needs(qmri, patient):
    ui = qmri.widget.ui
    three = [slicer.util.getNode(f"TI_{time:g}ms") for time in INVERSION_TIMES[:3]]

    for node in three:
        ui.seriesSelector.setCheckState(node, 2)
    assert not ui.fitButton.enabled
    assert "at least 4 different inversion times; these have 3" in ui.relaxometryStatusLabel.text
    setting(qmri.widget, "ir_model").currentText = "perfect inversion"

    assert ui.fitButton.enabled


def test_an_unrelated_setting_reads_no_header_and_leaves_the_tables(qmri, patient, monkeypatch):
    from gliomamri_slicer import header_memory

    ui = qmri.widget.ui
    ui.assignByNameButton.click()
    show_acquisition(qmri.widget, "MESE")
    read, changed = [], []
    original = header_memory.acquisitionParameters
    monkeypatch.setattr(
        header_memory, "acquisitionParameters", lambda node: read.append(node) or original(node)
    )
    ui.seriesTable.connect("itemChanged(QTableWidgetItem*)", changed.append)

    setting(qmri.widget, "longest_T1").value = 4500
    assert read == changed == []
    slicer.util.getNode("TE_12ms").SetAttribute("GliomaMRI.echo_time", "13")
    setting(qmri.widget, "longest_T1").value = 4000

    assert [node.GetName() for node in read] == ["TE_12ms"]
    assert ui.seriesTable.item(0, 1).text() == "13"


def test_contradicting_settings_disable_apply_with_the_reason(qmri, patient):
    ui = qmri.widget.ui
    ui.assignByNameButton.click()

    setting(qmri.widget, "skip_first_echo").checked = True
    setting(qmri.widget, "stimulated_echo").checked = True

    assert not ui.fitButton.enabled
    assert "Either skip the first echo or model stimulated echoes" in ui.fitButton.toolTip
    assert ui.relaxometryStatusLabel.text == ui.fitButton.toolTip
    setting(qmri.widget, "skip_first_echo").checked = False
    assert ui.relaxometryStatusLabel.text == ""


def test_leaving_and_entering_the_module_keeps_everything_in_step(qmri, patient):
    widget, ui = qmri.widget, qmri.widget.ui
    ui.assignByNameButton.click()
    show_acquisition(widget, "MESE")

    widget.exit()
    slicer.mrmlScene.RemoveNode(slicer.util.getNode("TE_12ms"))
    widget.enter()

    assert ui.seriesTable.rowCount == 5
    assert ui.fitButton.enabled


def test_one_press_finds_everything_of_a_sample_patient(qmri, sample_patient):
    widget, ui = qmri.widget, qmri.widget.ui

    ui.assignByNameButton.click()

    assert ui.inputsStatusLabel.text == (
        "Found T1w, ceT1w, T2w, FLAIR, brain mask, annotation;"
        " 8 MAGIC images, 8 MAGIC images after contrast agent."
    )
    for role in ("T1w", "ceT1w", "T2w", "FLAIR"):
        assert selector(widget, role).currentNode() is sample_patient.images[role]
    assert ui.segmentationSelector.currentNode() is sample_patient.lesions
    assert ui.brainMaskSelector.currentNode().GetName() == "brain_mask"
    assert ui.acquisitionComboBox.currentText == "MAGIC images"
    assert [row[1:3] for row in rows(ui.seriesTable)][:2] == [["170", "22"], ["170", "95"]]
    show_acquisition(widget, "ceMAGIC")
    assert all(row[0].startswith("ceMAGIC") for row in rows(ui.seriesTable))
    assert ui.inputMapsGroupBox.collapsed
    assert ui.analyzeButton.enabled
    take_picture(qmri, "qmri-assigned")


def test_a_chosen_volume_that_is_removed_leaves_its_selector(qmri, sample_patient):
    widget, ui = qmri.widget, qmri.widget.ui
    ui.assignByNameButton.click()

    slicer.mrmlScene.RemoveNode(sample_patient.images["FLAIR"])
    slicer.mrmlScene.RemoveNode(slicer.util.getNode("MAGIC_TI170_TE22"))

    assert selector(widget, "FLAIR").currentNode() is None
    assert ui.seriesTable.rowCount == 7
    assert ui.seriesSummaryLabel.text.startswith("7 MAGIC images")


def test_a_long_name_is_whole_in_the_tool_tip(qmri):
    name = "5: AX T1 MPRAGE 3D ISO with a description that no selector has room for"
    node = slicer.util.addVolumeFromArray(np.ones((2, 3, 4), np.float32), name=name)

    selector(qmri.widget, "T1w").setCurrentNode(node)

    assert selector(qmri.widget, "T1w").toolTip == f"T1-weighted: {name}"


def mask_volume(className="vtkMRMLLabelMapVolumeNode", name="brain_mask"):
    """A volume on the grid of the raw slices, 1 in a part of it."""
    like = slicer.util.getNode("TI_50ms")
    node = slicer.mrmlScene.AddNewNodeByClass(className, name)
    mask = np.zeros(slicer.util.arrayFromVolume(like).shape, np.uint8)
    mask[:, 5:30, 4:40] = 1
    slicer.util.updateVolumeFromArray(node, mask)
    node.CopyOrientation(like)
    return node


def test_a_brain_mask_may_be_a_label_map_or_a_volume_and_is_kept(qmri, patient, tmp_path):
    ui = qmri.widget.ui
    labels, plain = mask_volume(), mask_volume("vtkMRMLScalarVolumeNode", "bet")

    ui.assignByNameButton.click()
    assert ui.brainMaskSelector.currentNode() is labels
    assert "brain mask" in ui.inputsStatusLabel.text
    ui.brainMaskSelector.setCurrentNode(plain)
    assert ui.fitButton.enabled
    inputs = qmri.widget.logic.adapters["relaxometry"].inputs(qmri.widget._parameterNode)
    assert inputs.masks == {"brain_mask": plain}

    slicer.util.saveScene(str(tmp_path / "case.mrb"))
    slicer.mrmlScene.Clear(0)
    assert ui.brainMaskSelector.currentNode() is None
    slicer.util.loadScene(str(tmp_path / "case.mrb"))

    assert ui.brainMaskSelector.currentNode().GetName() == "bet"
    ui.brainMaskSelector.setCurrentNode(slicer.util.getNode("Regions"))
    assert qmri.widget._parameterNode.brainMask.GetName() == "Regions"


def test_a_brain_mask_that_is_an_image_is_told_before_anything_starts(qmri, patient):
    ui = qmri.widget.ui
    slicer.util.getNode("TE_12ms").SetName("brain mask of the scanner")
    ui.assignByNameButton.click()
    assert ui.brainMaskSelector.currentNode() is None

    ui.brainMaskSelector.setCurrentNode(slicer.util.getNode("TI_50ms"))
    assert not ui.fitButton.enabled
    assert ui.relaxometryStatusLabel.text.startswith("'TI_50ms' is an image, not a mask")
    ui.brainMaskSelector.setCurrentNode(None)

    assert ui.fitButton.enabled
    assert ui.relaxometryStatusLabel.text == ""
