"""QMRIAnalysis: maps and raw images of the same, which of them an analysis takes. No job runs here."""

from __future__ import annotations

import numpy as np
import pytest
import SimpleITK as sitk
import slicer

from gliomamri.result import Map, Result
from panel.qmri_helpers import setting, show_acquisition

MAPS = (("T1map", "T1", "ms"), ("T2map", "T2", "ms"), ("PDmap", "PD", "%"), ("B1map", "B1", ""))


def fitted(names=MAPS, prefix=""):
    """Result of a fit."""
    image = sitk.GetImageFromArray(np.full((3, 4, 5), 900, np.float32))
    maps = [
        Map(
            f"{prefix}{name}", image, quantity, unit, "", "lipari", (0.0, 2000.0), "", True, f"{prefix}{name}"
        )
        for name, quantity, unit in names
    ]
    error = Map(
        "R1_standard_error", image, "R1 standard error", "1/s", "", "gray", (0.0, 1.0), "", False, "R1error"
    )
    return Result(maps=(*maps, error) if not prefix else tuple(maps))


@pytest.fixture()
def chosen(qmri, sample_patient):
    """The panel with a patient's raw images, as if they had been fitted just now."""
    from gliomamri_slicer.results import importResult
    from QMRIAnalysisLib.FittedMaps import recipesOf
    from QMRIAnalysisLib.InputChoices import InputChoices

    widget = qmri.widget
    widget.ui.assignByNameButton.click()
    adapter = widget.logic.adapters["relaxometry"]
    adapter.recipes = recipesOf(InputChoices(widget._parameterNode), adapter.settings(widget._parameterNode))
    widget.onFitted(importResult(fitted(), {"task": "relaxometry"}, {}))
    return widget


def given(widget):
    """Roles that the analysis would be handed, without the weighted images."""
    inputs = widget.logic.adapters["quantitative"].inputs(widget._parameterNode)
    return {*inputs.images, *inputs.series} - {"T1w", "ceT1w", "T2w", "FLAIR"}


def test_fresh_maps_save_the_second_fit_and_bring_their_errors(chosen):
    assert given(chosen) == {"T1map", "T2map", "PDmap", "R1error", "ceMAGIC"}
    assert chosen.ui.seriesSummaryLabel.text == (
        "8 MAGIC images, 8 MAGIC images after contrast agent\n"
        "Analyze takes the chosen maps and leaves out MAGIC images."
    )


def test_a_changed_setting_of_the_fit_makes_it_anew(chosen):
    setting(chosen, "longest_T1").value = 5000

    assert given(chosen) == {"MAGIC", "ceMAGIC"}
    setting(chosen, "longest_T1").value = 6000
    assert "T1map" in given(chosen)


def test_a_typed_time_makes_the_fit_anew(chosen):
    show_acquisition(chosen, "MAGIC")
    chosen.ui.seriesTable.item(0, 2).setText("23")

    assert {"MAGIC", "T1map"} & given(chosen) == {"MAGIC"}


def test_other_images_make_the_fit_anew(chosen):
    show_acquisition(chosen, "MAGIC")
    chosen.ui.seriesSelector.setCheckState(slicer.util.getNode("MAGIC_TI170_TE22"), 0)

    assert {"MAGIC", "T1map"} & given(chosen) == {"MAGIC"}


def test_maps_from_elsewhere_go_before_raw_images_when_they_are_complete(qmri, sample_patient):
    widget = qmri.widget
    widget.ui.assignByNameButton.click()
    T1, T2 = (slicer.util.addVolumeFromArray(np.ones((3, 4, 5), np.float32), name=name) for name in "ab")

    widget._parameterNode.images.T1map = T1
    assert given(widget) == {"MAGIC", "ceMAGIC"}
    widget._parameterNode.images.T2map = T2
    assert given(widget) == {"T1map", "T2map", "ceMAGIC"}


def test_the_b1_map_of_a_fit_is_not_chosen_and_that_of_the_user_stays(chosen):
    assert chosen._parameterNode.images.B1map is None
    chosen.ui.assignByNameButton.click()
    assert chosen._parameterNode.images.B1map is None
    own = slicer.util.addVolumeFromArray(np.ones((3, 4, 5), np.float32), name="own")
    chosen._parameterNode.images.B1map = own

    inputs = chosen.logic.adapters["relaxometry"].inputs(chosen._parameterNode)

    assert inputs.images["B1map"] is own
    assert set(inputs.series) == {"MAGIC", "ceMAGIC"}


def test_maps_of_an_analysis_are_not_assigned_beside_their_raw_images(qmri, sample_patient):
    from gliomamri_slicer.results import importResult

    importResult(fitted(), {"task": "quantitative"}, {})

    qmri.widget.ui.assignByNameButton.click()

    assert qmri.widget._parameterNode.images.T1map is None
    assert given(qmri.widget) >= {"MAGIC", "ceMAGIC"}
