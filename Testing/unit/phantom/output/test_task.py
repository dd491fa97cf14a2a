"""The task ``simulate``: a result that survives the job path and the disk."""

from __future__ import annotations

import json
from dataclasses import replace

import numpy as np
import pytest
import SimpleITK as sitk

from gliomamri.io.results import read_result
from gliomamri.jobs import Outcome, create_job, execute
from gliomamri.phantom.settings import Settings
from gliomamri.study import Study
from gliomamri.tasks import Context, find_task


@pytest.fixture
def result(fake_simulator, everything):
    return find_task("simulate").run(Study(), everything, Context(seed=7))


def test_every_image_and_truth_is_a_map_with_its_unit(result, a_patient):
    maps = {one.name: one for one in result.maps}

    assert {"T1w", "ceT1w", "lowdose_ceT1w", "MAGIC_TI170_TE22", "dwi_b50_TE93"} <= set(maps)
    assert maps["T1w"].image is not None
    assert np.array_equal(
        *(sitk.GetArrayFromImage(i) for i in (maps["FLAIR"].image, a_patient.series[3].images[0]))
    )
    assert (maps["ADC"].unit, maps["ADC"].quantity) == ("um2/ms", "ADC")
    assert (maps["true_ceT1map"].unit, maps["true_concentration"].unit) == ("ms", "mmol/L")
    assert maps["MAGIC_TI170_TE22"].window[0] < 0 == maps["T1w"].window[0]
    assert [one.name for one in result.maps if one.main] == [
        "T1w",
        "ceT1w",
        "T2w",
        "FLAIR",
        "lowdose_ceT1w",
        "ADC",
    ]


def test_labels_have_names_colors_and_volumes(result, a_patient):
    labels = {one.name: one for one in result.labels}

    assert labels["tumor"].segments.names[4] == "enhancing tumor"
    assert set(labels["tumor"].segments.colors) == {1, 2, 4}
    assert labels["parts"].segments.names == {1: "necrosis", 2: "edema", 4: "enhancing core"}
    assert labels["brain_mask"].segments.names == {1: "brain"}
    voxel = 0.9 * 1.1 * 3.0 / 1000
    wanted = np.count_nonzero(sitk.GetArrayFromImage(a_patient.truth.labels) == 2) * voxel
    assert result.numbers["volume_2"].value == pytest.approx(wanted)
    assert result.numbers["volume_2"].unit == "ml"


def test_it_says_that_nobody_has_this_tumor(result):
    assert result.warnings == (
        "This patient is simulated, for research and tests; it is not a real patient.",
    )


def test_a_missing_series_is_told(fake_simulator, a_patient):
    from gliomamri.phantom.task import to_result

    partial = replace(a_patient, series=a_patient.series[1:])

    assert to_result(partial).warnings[1] == "Missing, as it happens in the clinic: T1-weighted."


def test_a_healthy_head_has_no_empty_labels_or_numbers(fake_simulator):
    result = find_task("simulate").run(Study(), Settings(kind="healthy"), Context(seed=1))

    assert dict(result.labels[0].segments.names) == {}
    assert result.numbers == {}


def test_the_whole_job_path(fake_simulator, tmp_path):
    events = []
    settings = Settings(conventional=False, adc=True)
    folder = create_job("simulate", Study(), settings, seed=11, parent=tmp_path)

    assert execute(folder, events.append) is Outcome.SUCCEEDED, events[-1]
    found = read_result(folder.result)
    assert any(event.message == "Faking" for event in events)
    index = json.loads((folder.result / "result.json").read_text())
    assert index["provenance"]["seed"] == 11
    table = {one.name: one for one in found.tables}
    assert table["lesions"].columns["kind"] == ("high-grade glioma", "white matter lesion")
    assert table["lesions"].units["center_x"] == "mm"
    assert np.isnan(table["lesions"].columns["axes_1"][1])
    assert len(found.maps) == 1 + 11
    assert (folder.result / "report.html").stat().st_size > 1000
