"""The root of a data set."""

from __future__ import annotations

import json

import pytest

from gliomamri.errors import UserError
from gliomamri.phantom.output.dataset import clear_dataset, participant, start_dataset, write_participants
from gliomamri.phantom.output.patient_folder import write_patient

RECIPE = {"seed": 1, "settings": {"kind": "glioma"}}


def test_a_new_data_set_says_what_it_is(tmp_path):
    assert start_dataset(tmp_path / "new", RECIPE, resume=False)

    raw, truth = (
        json.loads((tmp_path / "new" / path / "dataset_description.json").read_text())
        for path in (".", "derivatives/truth")
    )
    assert (raw["DatasetType"], truth["DatasetType"]) == ("raw", "derivative")
    assert "simulated" in raw["GeneratedBy"][0]["Description"]
    assert "MAGIC" in (tmp_path / "new" / ".bidsignore").read_text()
    assert "none is a real patient" in (tmp_path / "new" / "README").read_text()


def test_a_folder_with_files_is_left_alone(tmp_path):
    (tmp_path / "mine.txt").write_text("precious")

    for resume in (False, True):
        with pytest.raises(UserError, match="holds files already"):
            start_dataset(tmp_path, RECIPE, resume=resume)

    assert [path.name for path in tmp_path.iterdir()] == ["mine.txt"]


def test_resuming_wants_the_same_recipe(tmp_path):
    start_dataset(tmp_path / "new", RECIPE, resume=True)

    assert not start_dataset(tmp_path / "new", RECIPE, resume=True)
    with pytest.raises(UserError, match=r"another recipe \(seed differ\)"):
        start_dataset(tmp_path / "new", RECIPE | {"seed": 2}, resume=True)
    with pytest.raises(UserError, match=r"another recipe \(noise differ\)"):
        start_dataset(
            tmp_path / "new", RECIPE | {"settings": {"kind": "glioma", "noise": "hard"}}, resume=True
        )


@pytest.mark.parametrize("existed", [True, False])
def test_what_was_begun_in_vain_goes(existed, tmp_path):
    start_dataset(tmp_path / "new", RECIPE, resume=False)

    clear_dataset(tmp_path / "new", existed=existed)

    assert (tmp_path / "new").exists() is existed
    assert not existed or list((tmp_path / "new").iterdir()) == []


def test_participants_are_listed_in_order_with_their_volumes(a_patient, tmp_path):
    rows = {}
    for subject in ("sub-0010", "sub-0002"):
        write_patient(a_patient, tmp_path, subject)
        rows[subject] = participant(tmp_path, subject)

    write_participants(tmp_path, rows)

    header, *lines = [line.split("\t") for line in (tmp_path / "participants.tsv").read_text().splitlines()]
    assert header[:4] == ["participant_id", "kind", "preset", "field_strength"]
    assert [line[0] for line in lines] == ["sub-0002", "sub-0010"]
    assert float(lines[0][header.index("volume_edema")]) > 0
    assert lines[0][header.index("seed")] == "7"
    assert lines[0][header.index("missing")] == "T1w"
    assert participant(tmp_path, "sub-0099") == {}
